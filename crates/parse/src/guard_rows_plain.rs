//! Rows of catalogs in which each is an object of one kind: its name, its namespace, its relation.
//!
//! Knows what the columns are called; nothing of what the objects are.

use model::{Kind, ObjectId};

use crate::guard_rows::{Row, Want, candidates, host, named, row, space};
use crate::reader::Reader;
use crate::value::Value;

/// A catalog: its name, the kind of its rows, and what its columns for the name and the namespace are called.
const CATALOGS: &[(&str, Kind, &str, &str)] = &[
    ("pg_event_trigger", Kind::EventTrigger, "evtname", ""),
    ("pg_publication", Kind::Publication, "pubname", ""),
    ("pg_subscription", Kind::Subscription, "subname", ""),
    ("pg_ts_config", Kind::TextSearchConfiguration, "cfgname", "cfgnamespace"),
    ("pg_ts_dict", Kind::TextSearchDictionary, "dictname", "dictnamespace"),
    ("pg_rules", Kind::Rule, "rulename", ""),
    ("pg_rewrite", Kind::Rule, "rulename", ""),
    ("pg_statistic_ext", Kind::Statistics, "stxname", "stxnamespace"),
];

/// The catalog's rows; `None` where it is none of these.
pub(crate) fn rows(reader: &Reader<'_>, table: &str, want: Want<'_>) -> Option<Vec<Row>> {
    let (_, kind, name, namespace) = CATALOGS.iter().find(|it| it.0 == table)?;
    let make = |id: &ObjectId| {
        let relation = id.relation();
        row([
            ("oid", Some(Value::Object(id.clone()))),
            (name, named(id.name())),
            (namespace, space(id)),
            ("schemaname", relation.and_then(|it| named(&it.namespace))),
            ("tablename", relation.and_then(|it| named(&it.name))),
            ("ev_class", host(reader, id)),
        ])
    };
    let found = candidates(reader, &[*kind], want(name), want("tablename"));
    Some(found.into_iter().map(make).collect())
}
