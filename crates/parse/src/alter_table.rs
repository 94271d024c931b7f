//! ALTER TABLE: finds the relation and takes the statement apart into its actions.
//!
//! Also holds what may be said of any relation as a whole: its owner, its name, its namespace.

use model::{Kind, Name, ObjectId, QualName, Span};
use sql::{Code, Cursor, Fault};

use crate::reader::{Reader, unknown};
use crate::{Verdict, alter_table_action, alter_table_rename, constraint, index, owner};

/// What a statement is about, and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) id: ObjectId,
    pub(crate) begin: Span,
}

/// `ALTER TABLE [IF EXISTS] [ONLY] name action [, …]`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter"])?;
    cursor.eat(&["foreign"]);
    cursor.expect(&["table"])?;
    let guarded = cursor.eat(&["if", "exists"]);
    let only = cursor.eat(&["only"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    cursor.eat_symbol("*");
    if reader.is_temporary(&parts) {
        return Ok(Verdict::Passed("temporary objects are never managed"));
    }
    let found = reader.relation(&parts, at).ok().or_else(|| index::find(reader, &parts));
    let Some(id) = found else {
        if renamed_before(reader, cursor, &parts, Kind::Table)? {
            return Ok(Verdict::Declared);
        }
        return match guarded {
            true => Ok(Verdict::Idiom),
            false => Err(unknown(&parts, "table", at)),
        };
    };
    let target = Target { id, begin };
    if let Some(verdict) = whole(reader, cursor, &target)? {
        cursor.expect_done()?;
        return Ok(verdict);
    }
    let Some(table) = target.id.qual_name().cloned() else { return Err(unknown(&parts, "table", at)) };
    if target.id.kind == Kind::Table
        && let Some(verdict) = alter_table_rename::part(reader, cursor, &table)?
    {
        cursor.expect_done()?;
        return Ok(verdict);
    }
    actions(reader, cursor, &target, &table, only)
}

/// Reads the actions one by one; a fault in one does not keep the others from being read.
fn actions(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    target: &Target,
    table: &QualName,
    only: bool,
) -> Result<Verdict, Fault> {
    let mut all = Vec::new();
    loop {
        let tokens = cursor.element();
        if tokens.is_empty() {
            return Err(cursor.wanted("an action"));
        }
        all.push(tokens);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    all.sort_by_key(|it| pass(&cursor.within(it)));
    let mut verdict = Verdict::Idiom;
    let mut faults = Vec::new();
    for tokens in all {
        let mut one = cursor.within(tokens);
        let action = alter_table_action::Action { target, table, only, begin: tokens[0].span };
        let done = action.read(reader, &mut one).and_then(|it| one.expect_done().map(|()| it));
        match done {
            Ok(Verdict::Idiom) => (),
            Ok(it) => verdict = it,
            Err(fault) => faults.push(fault),
        }
    }
    cursor.expect_done()?;
    let last = faults.pop();
    reader.desired.faults.extend(faults);
    last.map_or(Ok(verdict), Err)
}

/// The server carries the actions of one statement out in passes (`AlterTablePass`): what is dropped, new
/// types, new columns, columns' own settings, keys, and at last whatever may lean on them.
fn pass(action: &Cursor<'_>) -> u8 {
    let mut ahead = action.clone();
    if ahead.eat(&["drop"]) {
        return 0;
    }
    if ahead.at(&["alter", "constraint"]) {
        return 5;
    }
    if ahead.eat(&["alter"]) {
        ahead.eat(&["column"]);
        ahead.next();
        return match () {
            () if ahead.at(&["drop", "identity"]) => 3,
            () if ahead.at(&["drop"]) => 0,
            () if ahead.at(&["type"]) || ahead.at(&["set", "data"]) => 1,
            () if ahead.at(&["set", "default"]) => 5,
            () => 3,
        };
    }
    if !ahead.eat(&["add"]) {
        return 6;
    }
    if !constraint::begins(&ahead) {
        return 2;
    }
    if ahead.eat(&["constraint"]) {
        ahead.next();
    }
    let is_key = ["unique", "primary", "exclude"].iter().any(|it| ahead.at(&[it]));
    if is_key { 4 } else { 5 }
}

/// What may be said of any relation as a whole, if that is what stands here.
pub(crate) fn whole(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    target: &Target,
) -> Result<Option<Verdict>, Fault> {
    let Target { id, begin } = target;
    match () {
        () if cursor.eat(&["owner", "to"]) => {
            let role = reader.role_name(cursor)?;
            if id.kind == Kind::Index || id.kind == Kind::Constraint {
                return Ok(Some(Verdict::Passed("an index has its table's owner")));
            }
            owner::change(reader, id, role, begin.to(cursor.previous()));
            Ok(Some(Verdict::Declared))
        }
        () if cursor.eat(&["rename", "to"]) => {
            let name = cursor.name()?;
            alter_table_rename::whole(reader, id, &name, cursor.previous())?;
            Ok(Some(Verdict::Declared))
        }
        () if cursor.eat(&["set", "schema"]) => {
            let namespace = cursor.name()?;
            alter_table_rename::moved(reader, id, &namespace);
            Ok(Some(Verdict::Declared))
        }
        () => Ok(None),
    }
}

/// `ALTER … a RENAME TO b` where the file declares b and no a: how an idempotent script says that b was
/// called a. It stands for the directive.
pub(crate) fn renamed_before(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    parts: &[Name],
    kind: Kind,
) -> Result<bool, Fault> {
    if !cursor.eat(&["rename", "to"]) {
        return Ok(false);
    }
    let (at, new) = (cursor.span(), cursor.name()?);
    cursor.expect_done()?;
    let mut now: Vec<Name> = parts.to_vec();
    if let Some(last) = now.last_mut() {
        *last = new;
    }
    let declared = |it: &QualName| reader.desired.schema.contains(&kind.named(it)).then(|| it.clone());
    let Some(name) = reader.lookup(&now, declared) else { return Err(unknown(parts, kind.meta().noun, at)) };
    let old = parts.last().cloned().unwrap_or_default().within(name.namespace.clone());
    reader.desired.renames.push((kind.named(&old), kind.named(&name)));
    Ok(true)
}

/// A fault for what PostgreSQL can do and this program cannot say yet.
pub(crate) fn not_modelled(span: Span, what: &str) -> Fault {
    Fault::new(Code::Unsupported, span, format!("{what} is not modelled"))
        .hint("`-- reconcile: ignore` above the statement leaves it alone")
}
