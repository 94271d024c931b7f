//! ALTER DEFAULT PRIVILEGES, and what it gives to the objects declared behind it.

use model::{DefaultPrivilege, Kind, Name, Object, ObjectId, Privilege, Privileges, Span};
use sql::{Cursor, Fault};

use crate::acl::PUBLIC;
use crate::grant::{Act, privileges};
use crate::reader::Reader;
use crate::{Verdict, grant};

/// The word for the kinds of object that share a default.
fn class(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Table | Kind::View | Kind::MaterializedView => Some("TABLES"),
        Kind::Sequence => Some("SEQUENCES"),
        Kind::Function | Kind::Procedure | Kind::Aggregate => Some("FUNCTIONS"),
        Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range => Some("TYPES"),
        Kind::Namespace => Some("SCHEMAS"),
        _ => None,
    }
}

/// Gives a new object what the default privileges declared so far say (`get_user_default_acl`): the
/// global ones replace what the server gives by itself, those of the namespace are added.
pub(crate) fn fresh(reader: &mut Reader<'_>, id: &ObjectId, span: Span) {
    let Some(class) = class(id.kind) else { return };
    let owner = reader.role.clone();
    let namespace = id.namespace().filter(|_| id.kind != Kind::Namespace).cloned().unwrap_or_default();
    let mut found: Vec<(Name, Name, Privileges)> = Vec::new();
    for id in &reader.defaults {
        let object = reader.desired.schema.get(id);
        let (model::Path::Keys(keys), Some(Object::DefaultPrivilege(it))) = (&id.path, object) else {
            continue;
        };
        let [of, space, what, grantee] = &keys[..] else { continue };
        let applies = space.as_str().is_empty() || *space == namespace;
        if *of == owner && what.as_str() == class && applies {
            found.push((grantee.clone(), space.clone(), it.privileges.clone()));
        }
    }
    let mut grantees: Vec<Name> = found.iter().map(|it| it.0.clone()).collect();
    grantees.sort();
    grantees.dedup();
    for grantee in grantees {
        let of = |global: bool| {
            let mut own = found.iter().filter(|it| it.0 == grantee && it.1.as_str().is_empty() == global);
            own.next().map(|it| it.2.clone())
        };
        let mut privileges = of(true).unwrap_or_else(|| reader.built_in(id, &grantee));
        for (privilege, grantable) in of(false).unwrap_or_default() {
            *privileges.entry(privilege).or_default() |= grantable;
        }
        reader.hold(id, &grantee, privileges, span);
        reader.desired.granted.insert(id.clone());
    }
}

/// `ALTER DEFAULT PRIVILEGES [FOR ROLE …] [IN SCHEMA …] GRANT | REVOKE …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "default", "privileges"])?;
    let (mut owners, mut namespaces) = (Vec::new(), Vec::new());
    loop {
        if cursor.eat(&["for", "role"]) || cursor.eat(&["for", "user"]) {
            owners = reader.role_list(cursor)?;
        } else if cursor.eat(&["in", "schema"]) {
            namespaces = grant::names(cursor)?;
        } else {
            break;
        }
    }
    if owners.is_empty() {
        owners.push(reader.role.clone());
    }
    if namespaces.is_empty() {
        namespaces.push(Name::default());
    }
    let mut act = Act::read(cursor)?;
    let words = privileges(cursor)?;
    cursor.expect(&["on"])?;
    let (class, kind) = objects(cursor)?;
    let allowed = match kind {
        Some(kind) => Privilege::all_of(kind, reader.facts.major),
        None => vec![Privilege::Select, Privilege::Update],
    };
    let wanted = grant::whole_set(&words, &allowed, cursor)?;
    act.finish(reader, cursor)?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    for owner in &owners {
        for namespace in &namespaces {
            for grantee in &act.roles {
                let keys = [owner.clone(), namespace.clone(), class.into(), grantee.clone()];
                change(reader, keys, kind, &act, &wanted, span);
            }
        }
    }
    Ok(Verdict::Declared)
}

fn objects(cursor: &mut Cursor<'_>) -> Result<(&'static str, Option<Kind>), Fault> {
    if cursor.eat(&["large", "objects"]) {
        return Ok(("LARGE OBJECTS", None));
    }
    match cursor.eat_any(&["tables", "sequences", "functions", "routines", "types", "schemas"]) {
        Some("tables") => Ok(("TABLES", Some(Kind::Table))),
        Some("sequences") => Ok(("SEQUENCES", Some(Kind::Sequence))),
        Some("functions" | "routines") => Ok(("FUNCTIONS", Some(Kind::Function))),
        Some("types") => Ok(("TYPES", Some(Kind::Enum))),
        Some("schemas") => Ok(("SCHEMAS", Some(Kind::Namespace))),
        _ => Err(cursor.wanted("TABLES, SEQUENCES, FUNCTIONS, ROUTINES, TYPES or SCHEMAS")),
    }
}

fn change(
    reader: &mut Reader<'_>,
    keys: [Name; 4],
    kind: Option<Kind>,
    act: &Act,
    wanted: &[Privilege],
    span: Span,
) {
    let built_in = built_in(reader, &keys, kind);
    let id = Kind::DefaultPrivilege.keys(keys.to_vec());
    let mut held = match reader.desired.schema.get(&id) {
        Some(Object::DefaultPrivilege(it)) => it.privileges.clone(),
        _ => built_in.clone(),
    };
    act.apply(&mut held, wanted);
    if held == built_in {
        reader.desired.schema.remove(&id);
        reader.desired.spans.remove(&id);
        reader.defaults.remove(&id);
        // Taken back: not to be there, even where the file gives nothing else.
        reader.desired.absent.insert(id);
        return;
    }
    reader.desired.absent.remove(&id);
    reader.defaults.insert(id.clone());
    reader.desired.spans.insert(id.clone(), span);
    reader.desired.schema.insert(id, DefaultPrivilege { privileges: held });
}

/// What the server starts from: nothing inside a namespace, else what it gives by itself.
fn built_in(
    reader: &Reader<'_>,
    [owner, namespace, _, grantee]: &[Name; 4],
    kind: Option<Kind>,
) -> Privileges {
    let major = reader.facts.major;
    match kind {
        _ if !namespace.as_str().is_empty() => Privileges::new(),
        Some(kind) if grantee.as_str() == PUBLIC => Privilege::without_option(Privilege::implied(kind)),
        Some(kind) if grantee == owner => Privilege::without_option(&Privilege::all_of(kind, major)),
        None if grantee == owner => Privilege::without_option(&[Privilege::Select, Privilege::Update]),
        _ => Privileges::new(),
    }
}
