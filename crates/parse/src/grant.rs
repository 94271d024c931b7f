//! GRANT and REVOKE, on every kind of object that is modelled.

use model::{Kind, Name, ObjectId, Privilege, Privileges, Span};
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::refer::Found;
use crate::{Verdict, cast, foreign, role};

/// What a GRANT or REVOKE does, and for whom.
#[derive(Debug, Default)]
pub(crate) struct Act {
    revoke: bool,
    /// REVOKE GRANT OPTION FOR: the right itself stays.
    option_only: bool,
    grantable: bool,
    pub(crate) roles: Vec<Name>,
}

/// A right as written, `None` for ALL, and the columns it is about.
pub(crate) type Written = (Option<Privilege>, Vec<Name>, Span);

impl Act {
    /// GRANT or REVOKE [GRANT OPTION FOR]
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Act, Fault> {
        if cursor.eat(&["grant"]) {
            return Ok(Act::default());
        }
        cursor.expect(&["revoke"])?;
        let option_only = cursor.eat(&["grant", "option", "for"]);
        Ok(Act { revoke: true, option_only, ..Act::default() })
    }

    /// TO or FROM whom, and how.
    pub(crate) fn finish(&mut self, reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.expect(if self.revoke { &["from"] } else { &["to"] })?;
        self.roles = reader.role_list(cursor)?;
        self.grantable = !self.revoke && cursor.eat(&["with", "grant", "option"]);
        if cursor.eat(&["granted", "by"]) {
            reader.role_name(cursor)?;
        }
        if self.revoke {
            cursor.eat_any(&["cascade", "restrict"]);
        }
        Ok(())
    }

    /// Changes what is held.
    pub(crate) fn apply(&self, held: &mut Privileges, wanted: &[Privilege]) {
        for privilege in wanted {
            match (self.revoke, self.option_only) {
                (false, _) => *held.entry(*privilege).or_default() |= self.grantable,
                (true, false) => _ = held.remove(privilege),
                (true, true) => _ = held.get_mut(privilege).map(|it| *it = false),
            }
        }
    }
}

impl Reader<'_> {
    /// Takes the name of a role.
    pub(crate) fn role_name(&self, cursor: &mut Cursor<'_>) -> Result<Name, Fault> {
        if cursor.eat_any(&["current_user", "current_role"]).is_some() {
            return Ok(self.role.clone());
        }
        if cursor.eat(&["session_user"]) {
            return Ok(self.session_role.clone());
        }
        cursor.eat(&["group"]);
        let span = cursor.span();
        let name = cursor.name()?;
        match self.is_role(&name) {
            true => Ok(name),
            false => Err(Fault::new(Code::Unknown, span, format!("there is no role `{name}`"))
                .hint("declare it above by CREATE ROLE: it is made where it is missing")),
        }
    }

    /// Whether a role is there, as far as that is known.
    fn is_role(&self, name: &Name) -> bool {
        let known = !self.facts.offline && !self.facts.roles.is_empty();
        !known
            || name.as_str() == "public"
            || self.facts.roles.contains(name)
            || self.desired.schema.contains(&Kind::Role.root(name))
    }

    /// Takes names of roles with commas between; PUBLIC is the role `public`.
    pub(crate) fn role_list(&self, cursor: &mut Cursor<'_>) -> Result<Vec<Name>, Fault> {
        let mut roles = vec![self.role_name(cursor)?];
        while cursor.eat_symbol(",") {
            roles.push(self.role_name(cursor)?);
        }
        Ok(roles)
    }
}

/// Takes names with commas between.
pub(crate) fn names(cursor: &mut Cursor<'_>) -> Result<Vec<Name>, Fault> {
    let mut names = vec![cursor.name()?];
    while cursor.eat_symbol(",") {
        names.push(cursor.name()?);
    }
    Ok(names)
}

/// Takes the rights of a GRANT or REVOKE.
pub(crate) fn privileges(cursor: &mut Cursor<'_>) -> Result<Vec<Written>, Fault> {
    let mut found = Vec::new();
    loop {
        let span = cursor.span();
        let privilege = match cursor.eat(&["all"]) {
            true => {
                cursor.eat(&["privileges"]);
                None
            }
            false => Some(privilege(cursor)?),
        };
        let columns = if cursor.at_symbol("(") { cursor.name_list()? } else { Vec::new() };
        found.push((privilege, columns, span));
        if !cursor.eat_symbol(",") {
            return Ok(found);
        }
    }
}

fn privilege(cursor: &mut Cursor<'_>) -> Result<Privilege, Fault> {
    if cursor.eat(&["alter", "system"]) {
        return Ok(Privilege::AlterSystem);
    }
    let found = cursor.peek().and_then(|it| Privilege::parse(&it.value));
    let found = found.ok_or_else(|| cursor.wanted("a privilege"))?;
    cursor.next();
    Ok(found)
}

/// The rights on a whole object; those on columns are a fault here.
pub(crate) fn whole_set(
    words: &[Written],
    allowed: &[Privilege],
    cursor: &Cursor<'_>,
) -> Result<Vec<Privilege>, Fault> {
    let mut wanted = Vec::new();
    for (privilege, columns, span) in words {
        if !columns.is_empty() {
            return Err(Fault::new(Code::Syntax, *span, "only tables have columns"));
        }
        match privilege {
            None => wanted.extend(allowed),
            Some(it) if allowed.contains(it) => wanted.push(*it),
            Some(Privilege::Maintain) => {
                return Err(Fault::new(Code::Unsupported, *span, "MAINTAIN exists from PostgreSQL 17 on"));
            }
            Some(it) => {
                let message = format!("{} is no privilege of such an object", it.word());
                return Err(Fault::new(Code::Syntax, cursor.previous().to(*span), message));
            }
        }
    }
    Ok(wanted)
}

/// `GRANT …` and `REVOKE …`
pub(crate) fn grant(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    if !cursor.rest().iter().any(|it| it.is("on")) {
        return role::membership(reader, cursor);
    }
    let begin = cursor.span();
    let mut act = Act::read(cursor)?;
    let words = privileges(cursor)?;
    cursor.expect(&["on"])?;
    let found = objects(reader, cursor)?;
    act.finish(reader, cursor)?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let targets = match found {
        Objects::These(targets) => targets,
        Objects::Elsewhere(why) => return Ok(Verdict::Passed(why)),
    };
    if targets.is_empty() {
        return Ok(Verdict::Passed("nothing of that kind is declared so far"));
    }
    let mut ours = false;
    for (target, by_table) in targets {
        if let Found::Declared(target) = target {
            ours = true;
            change(reader, cursor, &target, by_table, &act, &words, span)?;
        }
    }
    Ok(if ours { Verdict::Declared } else { Verdict::Passed("it is about objects that are not the file's") })
}

enum Objects {
    /// The objects, and whether they are named as tables are (a sequence may be).
    These(Vec<(Found, bool)>),
    /// They are nothing of the schema: why.
    Elsewhere(&'static str),
}

fn objects(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Objects, Fault> {
    if cursor.eat(&["all"]) {
        return all_in_schema(reader, cursor).map(Objects::These);
    }
    if cursor.eat(&["database"]) {
        names(cursor)?;
        return Ok(Objects::Elsewhere("rights on the database itself are not managed"));
    }
    const REFUSED: &[&[&str]] = &[&["large", "object"], &["parameter"], &["tablespace"]];
    if let Some(words) = REFUSED.iter().find(|it| cursor.at(it)) {
        let message = format!("rights on a {} are not understood", words.join(" "));
        return Err(Fault::new(Code::Unsupported, cursor.span(), message));
    }
    if let Some((words, kind)) = foreign::WORDS[..2].iter().find(|(words, _)| cursor.at(words)) {
        cursor.eat(words);
        let mut found = Vec::new();
        loop {
            found.push((foreign::reference(reader, cursor, *kind)?, false));
            if !cursor.eat_symbol(",") {
                return Ok(Objects::These(found));
            }
        }
    }
    const KINDS: &[&str] =
        &["sequence", "function", "procedure", "routine", "type", "domain", "schema", "language"];
    let named = cursor.peek_at(1).is_some_and(|it| it.name().is_some());
    let word = if named { cursor.eat_any(KINDS) } else { None };
    if word.is_none() {
        _ = named && cursor.eat(&["table"]);
    }
    let mut found = Vec::new();
    loop {
        let target = match word {
            Some("function" | "procedure" | "routine") => {
                reader.find_routine(cursor, word.unwrap_or_default())?
            }
            Some("type" | "domain") => reader.find_type(cursor)?,
            Some("schema") => reader.find_namespace(cursor)?,
            Some("language") => cast::find_language(reader, cursor)?,
            _ => reader.find_relation(cursor)?,
        };
        found.push((target, word.is_none()));
        if !cursor.eat_symbol(",") {
            return Ok(Objects::These(found));
        }
    }
}

fn all_in_schema(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<(Found, bool)>, Fault> {
    let kinds: &[Kind] = match cursor.eat_any(&["tables", "sequences", "functions", "procedures", "routines"])
    {
        Some("tables") => &[Kind::Table, Kind::View, Kind::MaterializedView],
        Some("sequences") => &[Kind::Sequence],
        Some("functions") => &[Kind::Function, Kind::Aggregate],
        Some("procedures") => &[Kind::Procedure],
        Some(_) => &[Kind::Function, Kind::Procedure, Kind::Aggregate],
        None => return Err(cursor.wanted("TABLES, SEQUENCES, FUNCTIONS, PROCEDURES or ROUTINES")),
    };
    cursor.expect(&["in", "schema"])?;
    let namespaces = names(cursor)?;
    let inside = |it: &ObjectId| {
        kinds.contains(&it.kind) && it.qual_name().is_some_and(|it| namespaces.contains(&it.namespace))
    };
    let mut all: Vec<ObjectId> =
        reader.desired.schema.iter().map(|it| it.0).filter(|it| inside(it)).cloned().collect();
    if kinds.contains(&Kind::Sequence) {
        all.extend(reader.identity_sequences(&namespaces));
    }
    Ok(all.into_iter().map(|it| (Found::Declared(it), false)).collect())
}

fn change(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
    target: &ObjectId,
    by_table: bool,
    act: &Act,
    words: &[Written],
    span: Span,
) -> Result<(), Fault> {
    let allowed = Privilege::all_of(target.kind, reader.facts.major);
    // Named as a table, a sequence takes what it can and leaves the rest with a warning.
    let lenient = by_table && target.kind == Kind::Sequence;
    let whole: Vec<Written> = words.iter().filter(|it| it.1.is_empty()).cloned().collect();
    let mut wanted = match lenient {
        true => whole_set(&whole, Privilege::ALL, cursor)?,
        false => whole_set(&whole, &allowed, cursor)?,
    };
    wanted.retain(|it| allowed.contains(it));
    reader.desired.granted.insert(target.clone());
    for role in &act.roles {
        let mut held = reader.held(target, role);
        act.apply(&mut held, &wanted);
        reader.hold(target, role, held, span);
        reader.held_otherwise(target, role, |it| act.apply(it, &wanted));
        if act.revoke {
            revoke_from_columns(reader, target, role, act, &wanted, span);
        }
    }
    for (privilege, columns, at) in words.iter().filter(|it| !it.1.is_empty()) {
        let allowed = Privilege::all_of(Kind::Column, reader.facts.major);
        let wanted = whole_set(&[(*privilege, Vec::new(), *at)], &allowed, cursor)?;
        for column in columns {
            change_column(reader, target, column, act, &wanted, span);
        }
    }
    Ok(())
}

fn change_column(
    reader: &mut Reader<'_>,
    target: &ObjectId,
    column: &Name,
    act: &Act,
    wanted: &[Privilege],
    span: Span,
) {
    let Some(relation) = target.qual_name() else { return };
    let column = Kind::Column.of(relation, column);
    reader.desired.granted.insert(column.clone());
    for role in &act.roles {
        let mut held = reader.held(&column, role);
        act.apply(&mut held, wanted);
        reader.hold(&column, role, held, span);
    }
}

/// Taking a right on a table takes the same right on its columns.
fn revoke_from_columns(
    reader: &mut Reader<'_>,
    target: &ObjectId,
    role: &Name,
    act: &Act,
    wanted: &[Privilege],
    span: Span,
) {
    for column in reader.columns_granted(target) {
        if reader.desired.schema.contains(&Kind::Grant.to(&column, role)) {
            let mut held = reader.held(&column, role);
            act.apply(&mut held, wanted);
            reader.hold(&column, role, held, span);
        }
    }
}

impl Reader<'_> {
    /// The columns of a relation on which the file grants.
    fn columns_granted(&self, target: &ObjectId) -> Vec<ObjectId> {
        let Some(relation) = target.qual_name() else { return Vec::new() };
        if target.kind == Kind::Table {
            let columns = self.desired.schema.parts(target).filter(|it| it.kind == Kind::Column);
            return columns.filter(|it| self.desired.granted.contains(*it)).cloned().collect();
        }
        let granted = self.desired.granted.iter();
        granted.filter(|it| it.kind == Kind::Column && it.relation() == Some(relation)).cloned().collect()
    }
}
