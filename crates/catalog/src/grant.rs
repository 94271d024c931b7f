//! Reads who may do what: access lists of objects, and those that new objects will get.

use std::collections::BTreeMap;

use model::{DefaultPrivilege, Grant, Kind, Name, Privilege, Privileges};

use crate::Error;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query =
    Query { name: "default privileges", sql: include_str!("default_privilege.sql") };

/// PUBLIC among the roles: no role can be called that.
const PUBLIC: &str = "public";

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    grants(reader);
    for row in QUERY.rows(answers)? {
        defaults(reader, &row)?;
    }
    Ok(())
}

/// Turns the access lists that were met on the way into grants, where they say something.
fn grants(reader: &mut Reader) {
    let major = reader.facts.major;
    for (target, owner, acl) in std::mem::take(&mut reader.access) {
        let implied = Privilege::implied_on(&target, major);
        let owned =
            if target.kind == Kind::Column { Vec::new() } else { Privilege::all_of(target.kind, major) };
        let owner = reader.roles.get(&owner);
        let held = differing(&held(&acl), owner.map(|it| (it, &owned[..])), &implied);
        for (role, privileges) in held {
            reader.schema.insert(Kind::Grant.to(&target, &role), Grant { privileges });
        }
    }
}

fn defaults(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let (kind, object) = match row.get::<&str>("kind")? {
        "r" => ("TABLES", Some(Kind::Table)),
        "S" => ("SEQUENCES", Some(Kind::Sequence)),
        "f" => ("FUNCTIONS", Some(Kind::Function)),
        "T" => ("TYPES", Some(Kind::Enum)),
        "n" => ("SCHEMAS", Some(Kind::Namespace)),
        "L" => ("LARGE OBJECTS", None),
        other => return Err(row.unknown(format!("default privileges on {other}"))),
    };
    let Some(owner) = reader.roles.get(&row.get("owner")?).cloned() else { return Ok(()) };
    let namespace = match row.get::<u32>("namespace")? {
        0 => None,
        oid => match reader.namespaces.get(&oid) {
            Some(it) => Some(it.clone()),
            None => return Ok(()),
        },
    };
    let held = held(&row.get::<Vec<String>>("acl")?);
    // Those of one namespace are added to the others, so nothing stands in them by itself.
    let differing = match (&namespace, object) {
        (Some(_), _) => held,
        (None, Some(object)) => {
            let all = Privilege::all_of(object, reader.facts.major);
            differing(&held, Some((&owner, &all[..])), Privilege::implied(object))
        }
        (None, None) => {
            let all = [Privilege::Select, Privilege::Update];
            differing(&held, Some((&owner, &all[..])), &[])
        }
    };
    let namespace = namespace.unwrap_or_default();
    for (role, privileges) in differing {
        let keys = [owner.clone(), namespace.clone(), Name::from(kind), role];
        reader.schema.insert(Kind::DefaultPrivilege.keys(keys), DefaultPrivilege { privileges });
    }
    Ok(())
}

/// What differs from what the owner and PUBLIC hold by themselves; what was taken from them is an empty set.
fn differing(
    held: &BTreeMap<Name, Privileges>,
    owner: Option<(&Name, &[Privilege])>,
    implied: &[Privilege],
) -> BTreeMap<Name, Privileges> {
    let mut built_in = BTreeMap::from([(Name::from(PUBLIC), Privilege::without_option(implied))]);
    built_in.extend(owner.map(|(role, all)| (role.clone(), Privilege::without_option(all))));
    let mut differing = held.clone();
    for (role, own) in built_in {
        match differing.get(&role) {
            Some(now) if *now == own => _ = differing.remove(&role),
            None if !own.is_empty() => _ = differing.insert(role, Privileges::new()),
            Some(_) | None => (),
        }
    }
    differing
}

/// What each role holds, from whomever.
fn held(acl: &[String]) -> BTreeMap<Name, Privileges> {
    let mut held: BTreeMap<Name, Privileges> = BTreeMap::new();
    for (role, privileges) in acl.iter().filter_map(|it| item(it)) {
        let own = held.entry(role).or_default();
        for (privilege, grantable) in privileges {
            *own.entry(privilege).or_default() |= grantable;
        }
    }
    held
}

/// One `aclitem`: `role=letters/grantor`, where a star behind a letter lets the role grant it on and an
/// empty role is PUBLIC (manual, 5.8, table 5.1).
fn item(text: &str) -> Option<(Name, Privileges)> {
    let (role, rest) = match text.strip_prefix('"') {
        None => text.split_once('=').map(|(role, rest)| (role.to_owned(), rest))?,
        Some(quoted) => quoted_role(quoted)?,
    };
    let role = if role.is_empty() { PUBLIC.to_owned() } else { role };
    let (letters, _) = rest.split_once('/')?;
    let mut privileges = Privileges::new();
    let mut last = None;
    for c in letters.chars() {
        if c == '*' {
            privileges.extend(last.map(|it| (it, true)));
            continue;
        }
        last = letter(c);
        privileges.extend(last.map(|it| (it, false)));
    }
    Some((Name::from(role), privileges))
}

/// A quoted role, its quotes doubled inside, and what follows behind the `=`.
fn quoted_role(text: &str) -> Option<(String, &str)> {
    let (mut role, mut rest) = (String::new(), text);
    loop {
        let (part, behind) = rest.split_once('"')?;
        role.push_str(part);
        match behind.strip_prefix('"') {
            Some(_) => role.push('"'),
            None => return behind.strip_prefix('=').map(|it| (role, it)),
        }
        rest = &behind[1..];
    }
}

fn letter(c: char) -> Option<Privilege> {
    Some(match c {
        'r' => Privilege::Select,
        'a' => Privilege::Insert,
        'w' => Privilege::Update,
        'd' => Privilege::Delete,
        'D' => Privilege::Truncate,
        'x' => Privilege::References,
        't' => Privilege::Trigger,
        'm' => Privilege::Maintain,
        'U' => Privilege::Usage,
        'C' => Privilege::Create,
        'c' => Privilege::Connect,
        'T' => Privilege::Temporary,
        'X' => Privilege::Execute,
        's' => Privilege::Set,
        'A' => Privilege::AlterSystem,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_item_is_taken_apart() {
        let (role, privileges) = item("app=r*w/owner").unwrap_or_default();
        assert_eq!(role.as_str(), "app");
        assert_eq!(privileges, Privileges::from([(Privilege::Select, true), (Privilege::Update, false)]));
        assert_eq!(item("=X/postgres").unwrap_or_default().0.as_str(), PUBLIC);
        assert_eq!(item("\"a=\"\"b\"=U/\"x\"").unwrap_or_default().0.as_str(), "a=\"b");
    }

    #[test]
    fn what_the_owner_and_public_have_by_themselves_is_nothing() {
        let owner = Name::from("me");
        let all = [Privilege::Execute];
        let of = |acl: &[&str]| {
            let acl: Vec<String> = acl.iter().map(|it| (*it).to_owned()).collect();
            differing(&held(&acl), Some((&owner, &all)), &[Privilege::Execute])
        };
        assert!(of(&["me=X/me", "=X/me"]).is_empty());
        assert_eq!(of(&["me=X/me"]), BTreeMap::from([(Name::from(PUBLIC), Privileges::new())]));
        assert_eq!(of(&["=X/me"]).len(), 1);
        let app = of(&["me=X/me", "=X/me", "app=X/me"]);
        assert_eq!(
            app,
            BTreeMap::from([(Name::from("app"), Privileges::from([(Privilege::Execute, false)]))])
        );
    }
}
