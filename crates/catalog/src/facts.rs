//! What the server is like: version, settings, roles, extensions. Knows no object of the schema.

use std::collections::BTreeMap;

use model::{Attributes, Extension, Facts, Kind, Membership, Name, Role, RoleSetting};

use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;
use crate::{Error, text};

pub(crate) const SETTINGS: Query = Query { name: "settings", sql: include_str!("setting.sql") };
pub(crate) const FACTS: Query = Query { name: "the database", sql: include_str!("fact.sql") };
pub(crate) const ROLES: Query = Query { name: "roles", sql: include_str!("role.sql") };
pub(crate) const MEMBERSHIPS: Query = Query { name: "memberships", sql: include_str!("membership.sql") };
pub(crate) const ROLE_SETTINGS: Query =
    Query { name: "settings of roles", sql: include_str!("role_setting.sql") };
pub(crate) const EXTENSIONS: Query = Query { name: "extensions", sql: include_str!("extension.sql") };
pub(crate) const AVAILABLE: Query =
    Query { name: "available extensions", sql: include_str!("available.sql") };
pub(crate) const MEMBERS: Query = Query { name: "members of extensions", sql: include_str!("member.sql") };

/// What the session is set to, before anything is pinned.
pub(crate) fn settings(rows: &[Record]) -> Result<BTreeMap<String, String>, Error> {
    let mut settings = BTreeMap::new();
    for row in rows {
        let name: String = row.get("name")?;
        settings.insert(name.to_lowercase(), row.get::<Option<String>>("setting")?.unwrap_or_default());
    }
    Ok(settings)
}

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in FACTS.rows(answers)? {
        let facts = &mut reader.facts;
        facts.reader = row.name("reader")?;
        facts.role = row.name("role")?;
        facts.database = row.name("database")?;
        facts.standby = row.get("standby")?;
        facts.may_temp = row.get("may_temp")?;
        facts.superuser = row.get("superuser")?;
    }
    derive(&mut reader.facts);
    roles(reader, answers)?;
    extensions(reader, answers)
}

/// What follows from the settings.
fn derive(facts: &mut Facts) {
    let number = |name: &str| facts.settings.get(name).and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
    facts.version_num = u32::try_from(number("server_version_num")).unwrap_or_default();
    facts.major = facts.version_num / 10_000;
    facts.lock_slots = number("max_locks_per_transaction")
        * (number("max_connections") + number("max_prepared_transactions"));
    facts.version = facts.settings.get("server_version").cloned().unwrap_or_default();
    let path = facts.settings.get("search_path").map(|it| text::identifiers(it)).unwrap_or_default();
    let role = &facts.role;
    let resolved = path.into_iter().map(|it| if it.as_str() == "$user" { role.clone() } else { it });
    facts.search_path = resolved.collect();
}

fn roles(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in ROLES.rows(answers)? {
        let name = row.name("name")?;
        reader.roles.insert(row.get("oid")?, name.clone());
        reader.facts.roles.insert(name.clone());
        if row.get("acts_for")? {
            reader.facts.acts_for.insert(name.clone());
        }
        if !name.as_str().starts_with("pg_") {
            let role = Role { attributes: attributes(&row)?, ..Role::default() };
            reader.schema.insert(Kind::Role.root(&name), role);
        }
    }
    for row in MEMBERSHIPS.rows(answers)? {
        let membership =
            Membership { admin: row.get("admin")?, inherit: row.get("inherit")?, set: row.get("set")? };
        reader.schema.insert(Kind::Membership.keys([row.name("role")?, row.name("member")?]), membership);
    }
    for row in ROLE_SETTINGS.rows(answers)? {
        let (name, value) = row.get::<&str>("setting")?.split_once('=').unwrap_or_default();
        let keys = [row.name("role")?, row.name("database")?, Name::from(name)];
        reader.schema.insert(Kind::RoleSetting.keys(keys), RoleSetting { value: value.to_owned() });
    }
    Ok(())
}

fn attributes(row: &Record) -> Result<Attributes, Error> {
    Ok(Attributes {
        superuser: row.get("superuser")?,
        create_db: row.get("create_db")?,
        create_role: row.get("create_role")?,
        inherit: row.get("inherit")?,
        login: row.get("login")?,
        replication: row.get("replication")?,
        bypass_rls: row.get("bypass_rls")?,
        connection_limit: row.get("connection_limit")?,
        valid_until: row.get("valid_until")?,
    })
}

fn extensions(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let mut by_oid = BTreeMap::new();
    for row in EXTENSIONS.rows(answers)? {
        let (oid, name): (u32, Name) = (row.get("oid")?, row.name("name")?);
        let (namespace, version) = (row.name("namespace")?, row.get::<String>("version")?);
        by_oid.insert(oid, Kind::Extension.root(&name));
        let extension = Extension { namespace: Some(namespace.clone()), version: Some(version.clone()) };
        reader.insert((class::EXTENSION, oid), Kind::Extension.root(&name), extension);
        reader.facts.extensions.installed.insert(name, (namespace, version));
    }
    for row in AVAILABLE.rows(answers)? {
        let name = row.name("name")?;
        let version = row.get::<Option<String>>("version")?.unwrap_or_default();
        let comment = row.get::<Option<String>>("comment")?;
        reader.facts.extensions.comments.extend(comment.map(|it| (name.clone(), it)));
        reader.facts.extensions.available.insert(name, version);
    }
    for row in MEMBERS.rows(answers)? {
        if let Some(extension) = by_oid.get(&row.get("extension")?) {
            reader.members.insert((row.get("class")?, row.get("oid")?), extension.clone());
        }
    }
    Ok(())
}
