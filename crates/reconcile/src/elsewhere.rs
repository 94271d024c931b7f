//! A throw-away server that is asked in place of one that cannot be: the live schema is made there, without rows.
//!
//! It does not know what is asked. Nothing of the schema is executed there: what would run the user's code when it is
//! made (event triggers, rows of materialized views, subscriptions) is left out, and so is what no question needs.

use diff::Pair;
use model::{Facts, Kind, Object, Populated, Rule, Schema};
use plan::Step;
use postgres::Client;
use scratch::Server;

use crate::dump;

/// Settings of the session that decide what a text means, beside those that are pinned whenever anybody is asked.
const SETTINGS: [&str; 6] = [
    "timezone",
    "datestyle",
    "timezone_abbreviations",
    "array_nulls",
    "transform_null_equals",
    "lc_monetary",
];

/// A throw-away server, started when it is wanted first.
#[derive(Debug, Default)]
pub struct Elsewhere {
    server: Option<Result<Server, String>>,
    databases: usize,
}

/// A database with the live schema.
pub(crate) struct Copy {
    pub(crate) client: Client,
    /// What the server is like, as far as whoever asks cares.
    pub(crate) facts: Facts,
    /// Why only *same* is an answer there, if it is so: it is another version, or something could not be made.
    pub(crate) doubt: Option<String>,
}

impl Elsewhere {
    /// Makes the schema, under the names that are live, in a database of its own.
    ///
    /// # Errors
    /// In words, where there is no such server.
    pub(crate) fn copy(&mut self, live: &Schema, facts: &Facts) -> Result<Copy, String> {
        let server = self.server.get_or_insert_with(|| start(facts.major)).as_ref().map_err(Clone::clone)?;
        self.databases += 1;
        let name = format!("copy_{}", self.databases);
        server.create_database(&name).map_err(|it| it.to_string())?;
        let connect = || server.connect(&name).map_err(|it| it.to_string());
        let mut client = connect()?;
        let mut lost = 0;
        for statement in roles(facts).chain(settings(facts)) {
            // A role may be there, and a setting unknown: the questions that stand on it are refused.
            let _ = client.batch_execute(&statement);
        }
        for step in steps(live, facts) {
            if make(&mut client, &step).is_err() {
                lost += 1;
            }
            if client.is_closed() {
                client = connect()?;
            }
        }
        let left_out = live.iter().filter(|(_, it)| is_foreign_code(it)).count();
        let install = server.install();
        let doubt = match (u32::from(install.major) == facts.major, lost + left_out) {
            (false, _) => Some(format!("the throw-away server is PostgreSQL {}", install.version)),
            (true, 0) => None,
            (true, many) => {
                Some(format!("the throw-away server lacks {many} of the objects of the database"))
            }
        };
        let facts = Facts {
            major: install.major.into(),
            superuser: true,
            may_temp: true,
            standby: false,
            offline: false,
            ..facts.clone()
        };
        Ok(Copy { client, facts, doubt })
    }
}

/// One of the same major version, or else whatever can be had.
fn start(major: u32) -> Result<Server, String> {
    let same = u16::try_from(major).ok().and_then(|it| scratch::obtain(Some(it)).ok());
    let install = same.map_or_else(|| scratch::obtain(None), Ok).map_err(|it| it.to_string())?;
    Server::start(&install, &scratch::Options::default()).map_err(|it| it.to_string())
}

fn roles(facts: &Facts) -> impl Iterator<Item = String> + '_ {
    let ours = facts.roles.iter().filter(|it| !it.as_str().starts_with("pg_") && it.as_str() != "postgres");
    ours.map(|it| format!("CREATE ROLE {it} NOLOGIN"))
}

fn settings(facts: &Facts) -> impl Iterator<Item = String> + '_ {
    let set = |name: &str| Some(format!("SET {name} = {}", model::literal(facts.settings.get(name)?)));
    let off = "SET client_min_messages = error; SET check_function_bodies = off".to_owned();
    SETTINGS.iter().filter_map(move |name| set(name)).chain([off])
}

/// The steps from an empty database to the part of the schema that questions need.
fn steps(live: &Schema, facts: &Facts) -> Vec<Step> {
    let (mut empty, mut wanted) = (Schema::default(), live.clone());
    wanted.retain(|_, object| is_needed(object) && !is_foreign_code(object));
    for (id, object) in live.iter().filter(|(id, _)| dump::is_given(id)) {
        empty.insert(id.clone(), object.clone());
        wanted.insert(id.clone(), object.clone());
    }
    let ids: Vec<_> = wanted.iter().map(|(id, _)| id.clone()).collect();
    for id in ids {
        if let Some(object) = wanted.get_mut(&id) {
            plainer(object);
        }
    }
    dump::built(Pair { actual: &empty, desired: &wanted }, facts)
}

/// Without what depends on the machine, and without running anything.
fn plainer(object: &mut Object) {
    match object {
        Object::Extension(it) => it.version = None,
        Object::Table(it) => (it.tablespace, it.access_method) = (None, None),
        Object::MaterializedView(it) => {
            (it.tablespace, it.access_method, it.populated) = (None, None, Populated(false));
        }
        // It would check options of servers by running a function.
        Object::Wrapper(it) => it.validator = None,
        _ => (),
    }
}

/// Whether an expression or a query can stand on it. Keys are what a query may be grouped by.
fn is_needed(object: &Object) -> bool {
    use Kind::{
        Comment, Conversion, Default, DefaultPrivilege, DomainConstraint, EventTrigger, ForeignKey, Grant,
        Index, Membership, NotNull, Owner, Policy, Publication, PublishedNamespace, PublishedTable, Role,
        RoleSetting, SecurityLabel, Statistics, Subscription, Trigger, UserMapping,
    };
    match object {
        Object::Constraint(it) => matches!(it.rule, Rule::PrimaryKey { .. }),
        other => !matches!(
            other.kind(),
            Role | Membership
                | RoleSetting
                | UserMapping
                | DefaultPrivilege
                | DomainConstraint
                | Default
                | Conversion
                | Index
                | ForeignKey
                | NotNull
                | Statistics
                | Trigger
                | Kind::Rule
                | Policy
                | Publication
                | PublishedTable
                | PublishedNamespace
                | Subscription
                | EventTrigger
                | Owner
                | Grant
                | SecurityLabel
                | Comment
        ),
    }
}

/// Whether it would load a library that the live server has.
fn is_foreign_code(object: &Object) -> bool {
    match object {
        Object::Function(it) => it.language.as_str() == "c",
        Object::Procedure(it) => it.language.as_str() == "c",
        _ => false,
    }
}

fn make(client: &mut Client, step: &Step) -> Result<(), postgres::Error> {
    client.batch_execute(&format!("SET search_path = {}", plan::path_list(&step.path)))?;
    client.batch_execute(&step.sql)
}

#[cfg(test)]
mod tests {
    use model::{Extension, Name, QualName, Table};

    use super::*;

    fn doubt(live: &Schema, major: u32) -> Option<String> {
        let server = scratch::obtain(None).and_then(|it| Server::start(&it, &scratch::Options::default()));
        let server = server.unwrap_or_else(|it| panic!("{it}"));
        let own = u32::from(server.install().major);
        let mut elsewhere = Elsewhere { server: Some(Ok(server)), databases: 0 };
        let facts = Facts { major: own + major, roles: [Name::from("somebody")].into(), ..Facts::default() };
        elsewhere.copy(live, &facts).unwrap_or_else(|it| panic!("{it}")).doubt
    }

    #[test]
    fn a_copy_that_lacks_something_is_doubted() {
        let mut live = Schema::default();
        live.insert(Kind::Table.named(&QualName::new("public", "t")), Table::default());
        assert_eq!(doubt(&live, 0), None);
        assert!(doubt(&live, 1).is_some_and(|it| it.contains("is PostgreSQL")));
        let extension = Extension { namespace: Some("public".into()), version: None };
        live.insert(Kind::Extension.root(&"no_such_thing".into()), extension);
        assert_eq!(
            doubt(&live, 0).as_deref(),
            Some("the throw-away server lacks 1 of the objects of the database")
        );
    }
}
