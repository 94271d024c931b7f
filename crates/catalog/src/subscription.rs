//! Reads subscriptions. Where they lead only a superuser is told, and of secrets nothing is kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::{Expr, Kind, Making, Name, Settings, Subscription};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "subscriptions", sql: include_str!("subscription.sql") };
pub(crate) const CONNECTIONS: Query =
    Query { name: "connections of subscriptions", sql: include_str!("subscription_connection.sql") };

/// Whether the session may ask where subscriptions lead.
pub(crate) fn is_told(settings: &BTreeMap<String, String>) -> bool {
    settings.get("is_superuser").is_some_and(|it| it == "on")
}

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let mut found = Vec::new();
    for row in QUERY.rows(answers)? {
        found.push((
            row.get::<u32>("oid")?,
            row.name("name")?,
            row.get::<u32>("owner")?,
            subscription(reader, &row)?,
        ));
    }
    let mut connections: HashMap<u32, String> = HashMap::new();
    if is_told(&reader.facts.settings) {
        for row in CONNECTIONS.rows(answers)? {
            connections.insert(row.get("oid")?, row.get("connection")?);
        }
    }
    for (oid, name, owner, mut subscription) in found {
        if reader.is_member(class::SUBSCRIPTION, oid) {
            continue;
        }
        if let Some(text) = connections.get(&oid) {
            subscription.connection = sql::conninfo(text, &placeholder(&name)).expr();
        }
        let id = Kind::Subscription.root(&name);
        reader.insert((class::SUBSCRIPTION, oid), id.clone(), subscription);
        reader.owned(&id, owner, None);
    }
    Ok(())
}

/// What stands for a secret that is not to be told.
fn placeholder(name: &Name) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("${{env:{}_PASSWORD}}", name.as_str().chars().map(word).collect::<String>())
}

fn subscription(reader: &Reader, row: &Record) -> Result<Subscription, Error> {
    let streaming = match row.get::<&str>("streaming")? {
        "true" | "t" => "on",
        "false" | "f" => "off",
        "p" => "parallel",
        other => return Err(row.unknown(format!("streaming {other}"))),
    };
    let two_phase = matches!(row.get::<&str>("two_phase")?, "p" | "e");
    let newest = reader.facts.major >= 18;
    let flag = |column| row.get::<bool>(column).map(|it| it.to_string());
    let all = [
        ("binary", flag("binary")?, "false"),
        ("streaming", streaming.to_owned(), if newest { "parallel" } else { "off" }),
        ("synchronous_commit", row.get("synchronous_commit")?, "off"),
        ("two_phase", two_phase.to_string(), "false"),
        ("disable_on_error", flag("disable_on_error")?, "false"),
        ("password_required", flag("password_required")?, "true"),
        ("run_as_owner", flag("run_as_owner")?, "false"),
        ("origin", row.get("origin")?, "any"),
        ("failover", flag("failover")?, "false"),
    ];
    let said = all.into_iter().filter(|(_, value, usual)| value != usual);
    let options: Settings = said.map(|(name, value, _)| (name.to_owned(), value)).collect();
    let publications: Vec<String> = row.get("publications")?;
    Ok(Subscription {
        connection: Expr { text: "".into(), key: "".into(), path: Arc::from([]), mentions: Arc::from([]) },
        publications: publications.into_iter().map(Name::from).collect(),
        enabled: row.get("enabled")?,
        slot: row.maybe_name("slot")?,
        options,
        making: Making { connect: false, create_slot: false, copy_data: false },
    })
}
