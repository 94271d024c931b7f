//! Actions of ALTER TABLE on one column.

use model::{Column, Kind, Name, Object, ObjectId, QualName, Type};
use sql::{Cursor, Fault, TypeName};

use crate::alter_table::not_modelled;
use crate::alter_table_action::Action;
use crate::column::{self, no_column};
use crate::reader::Reader;
use crate::{Verdict, column_type, foreign, sequence, table};

/// `ALTER [COLUMN] name …`, behind ALTER.
pub(crate) fn alter(
    action: &Action<'_>,
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<Verdict, Fault> {
    cursor.eat(&["column"]);
    let (at, name) = (cursor.span(), cursor.name()?);
    if action.target.id.kind == Kind::Table && reader.column(action.table, &name).is_none() {
        return Err(no_column(action.table, &name, at));
    }
    match () {
        () if cursor.eat(&["set", "default"]) => {
            let tokens = cursor.until(|_| false);
            let expr = reader.expr(cursor, tokens);
            action.keep_below(reader, Kind::Default, &name);
            column::set_default(reader, action.table, &name, expr, action.begin.to(cursor.previous()));
            action.below(reader, Kind::Default, &name);
        }
        () if cursor.eat(&["drop", "default"]) => {
            action.keep_below(reader, Kind::Default, &name);
            column::drop_default(reader, action.table, &name, action.begin);
            action.below(reader, Kind::Default, &name);
        }
        () if action.target.id.kind != Kind::Table => {
            return Err(not_modelled(action.begin, "this change of a view's column"));
        }
        () if cursor.eat(&["set", "not", "null"]) => {
            reader.require(action.table, &name, action.begin.to(cursor.previous()));
        }
        () if cursor.eat(&["drop", "not", "null"]) => {
            action.keep_below(reader, Kind::NotNull, &name);
            reader.schema().remove(&Kind::NotNull.of(action.table, &name));
            action.below(reader, Kind::NotNull, &name);
        }
        () if cursor.at(&["type"]) || cursor.at(&["set", "data", "type"]) => {
            retype(action, reader, cursor, &name)?
        }
        () => field(action, reader, cursor, &name)?,
    }
    Ok(Verdict::Declared)
}

/// `[SET DATA] TYPE type [COLLATE …] [USING …]`. How rows are converted is no part of the outcome.
fn retype(
    action: &Action<'_>,
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    name: &Name,
) -> Result<(), Fault> {
    cursor.eat(&["set", "data"]);
    cursor.expect(&["type"])?;
    let at = cursor.span();
    let written = TypeName::read(cursor)?;
    let ty = column_type::resolved(reader, &written, at.to(cursor.previous()));
    let said = if cursor.eat(&["collate"]) { Some(column_type::collation(reader, cursor)?) } else { None };
    if cursor.eat(&["using"]) {
        cursor.until(|_| false);
    }
    let collation = column_type::own_collation(reader, &ty, said);
    reader.change_column(action.table, name, |it| {
        if let Some(identity) = &mut it.identity {
            identity.sequence = sequence::Draft::of_type(ty.clone()).changed(&identity.sequence);
        }
        (it.ty, it.collation, it.storage) = (ty, collation, None);
    });
    Ok(())
}

/// What changes a field of the column.
fn field(
    action: &Action<'_>,
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    name: &Name,
) -> Result<(), Fault> {
    let recurses = ["statistics", "storage"].iter().any(|it| cursor.at(&["set", it]));
    let change: Box<dyn FnOnce(&mut Column)> = match () {
        () if cursor.eat(&["add", "generated"]) => {
            let mode = column::mode(cursor)?;
            cursor.expect(&["as", "identity"])?;
            let draft = sequence::in_parentheses(reader, cursor)?;
            let ty =
                reader.column(action.table, name).map_or_else(|| Type::builtin("bigint"), |it| it.ty.clone());
            let identity = column::identity_of(reader, action.table, name, &ty, mode, &draft)?;
            reader.require(action.table, name, action.begin.to(cursor.previous()));
            Box::new(|it| it.identity = Some(identity))
        }
        () if cursor.eat(&["drop", "identity"]) => {
            cursor.eat(&["if", "exists"]);
            Box::new(|it| it.identity = None)
        }
        () if cursor.at(&["restart"]) || is_identity_option(cursor) => {
            return identity(action, reader, cursor, name);
        }
        () if cursor.eat(&["set", "statistics"]) => {
            let target = column::statistics_target(cursor)?;
            Box::new(move |it| it.statistics = target)
        }
        () if cursor.eat(&["set", "storage"]) => {
            let word = cursor.name()?.as_str().to_uppercase();
            let ty = reader.column(action.table, name).map(|it| it.ty.clone());
            let usual = ty.is_some_and(|it| column_type::is_storage_of(reader, &it, &word));
            Box::new(move |it| it.storage = (!usual).then_some(word))
        }
        () if cursor.eat(&["set", "compression"]) => {
            let word = cursor.name()?.as_str().to_string();
            Box::new(|it| it.compression = Some(word).filter(|it| it != "default"))
        }
        () if cursor.eat(&["set", "expression", "as"]) => {
            let tokens = cursor.parenthesised()?;
            let expr = reader.expr(cursor, tokens);
            Box::new(move |it| it.generated.iter_mut().for_each(|it| it.expr = expr.clone()))
        }
        () if cursor.eat(&["drop", "expression"]) => {
            cursor.eat(&["if", "exists"]);
            Box::new(|it| it.generated = None)
        }
        () if cursor.at(&["options"]) => {
            let mut options =
                reader.column(action.table, name).map(|it| it.foreign.clone()).unwrap_or_default();
            foreign::change(cursor, &mut options)?;
            Box::new(move |it| it.foreign = options)
        }
        () if cursor.eat(&["set"]) => {
            let options = table::options(cursor)?;
            Box::new(|it| it.options.extend(options))
        }
        () if cursor.eat(&["reset"]) => {
            let options = table::options(cursor)?;
            Box::new(move |it| it.options.retain(|name, _| !options.contains_key(name)))
        }
        () => return Err(cursor.wanted("what to change of the column")),
    };
    match reader.change_column(action.table, name, change) {
        true => {
            if recurses {
                action.keep_as_above(reader, name);
            }
            Ok(())
        }
        false => Err(not_modelled(action.begin, "a setting of an inherited column")),
    }
}

fn is_identity_option(cursor: &Cursor<'_>) -> bool {
    const WORDS: &[&str] = &[
        "generated",
        "start",
        "restart",
        "increment",
        "minvalue",
        "maxvalue",
        "no",
        "cache",
        "cycle",
        "sequence",
    ];
    WORDS.iter().any(|it| cursor.at(&["set", it]))
}

/// `{ SET GENERATED … | SET option | RESTART … } …`
fn identity(
    action: &Action<'_>,
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    name: &Name,
) -> Result<(), Fault> {
    let mut mode = None;
    let mut draft = sequence::Draft::default();
    while !cursor.is_done() {
        cursor.eat(&["set"]);
        if cursor.eat(&["generated"]) {
            mode = Some(column::mode(cursor)?);
        } else if !draft.option(reader, cursor)? {
            return Err(cursor.wanted("an option of the identity"));
        }
    }
    let mut found = false;
    reader.change_column(action.table, name, |it| {
        if let Some(identity) = &mut it.identity {
            found = true;
            identity.mode = mode.unwrap_or(identity.mode);
            identity.sequence = draft.changed(&identity.sequence);
        }
    });
    match found {
        true => Ok(()),
        false => Err(cursor.fault(format!("column {name} is no identity"))),
    }
}

/// `DROP [COLUMN] [IF EXISTS] name [CASCADE | RESTRICT]`, behind DROP.
pub(crate) fn drop(
    action: &Action<'_>,
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<Verdict, Fault> {
    cursor.eat(&["column"]);
    let guarded = cursor.eat(&["if", "exists"]);
    let (at, name) = (cursor.span(), cursor.name()?);
    let cascade = cursor.eat_any(&["cascade", "restrict"]) == Some("cascade");
    let id = Kind::Column.of(action.table, &name);
    if !reader.desired.schema.contains(&id) {
        if guarded {
            reader.desired.absent.insert(id);
            return Ok(Verdict::Declared);
        }
        return Err(no_column(action.table, &name, at));
    }
    // Constraints and indexes on the column go with it.
    let table = Kind::Table.named(action.table);
    let own: Vec<ObjectId> = reader.desired.schema.children(&table).cloned().collect();
    for part in own {
        let goes = matches!(part.kind, Kind::Constraint | Kind::ForeignKey | Kind::Index | Kind::Statistics);
        let uses = |it: &Object| it.uses(&part, &reader.desired.schema).contains(&id);
        if goes && reader.desired.schema.get(&part).is_some_and(uses) {
            reader.schema().remove(&part);
        }
    }
    if cascade {
        reader.drop_users(&id);
    }
    reader.schema().remove(&id);
    if guarded {
        reader.desired.absent.insert(id);
    }
    Ok(Verdict::Declared)
}

impl Action<'_> {
    /// Under ONLY, what heirs had from above before the change becomes their own.
    fn keep_below(&self, reader: &mut Reader<'_>, kind: Kind, column: &Name) {
        let Some(old) = reader.of_column(kind, self.table, column).cloned().filter(|_| self.only) else {
            return;
        };
        for table in reader.heirs(self.table) {
            let id = kind.of(&table, column);
            if !reader.desired.schema.contains(&id) {
                reader.declare(&id, old.clone(), self.begin);
            }
        }
    }

    /// How values are kept, and how much of them is known, is told to all below.
    fn keep_as_above(&self, reader: &mut Reader<'_>, column: &Name) {
        let Some(own) = reader.column(self.table, column).cloned() else { return };
        for table in self.all_below(reader) {
            reader.change_column(&table, column, |it| {
                (it.storage, it.statistics) = (own.storage.clone(), own.statistics);
            });
        }
    }

    /// What heirs say of a column of their own accord gives way to what is said above them.
    fn below(&self, reader: &mut Reader<'_>, kind: Kind, column: &Name) {
        for table in self.all_below(reader) {
            reader.schema().remove(&kind.of(&table, column));
        }
    }

    /// The heirs of the table and theirs, unless ONLY is said.
    fn all_below(&self, reader: &Reader<'_>) -> Vec<QualName> {
        if self.only { Vec::new() } else { reader.all_below(self.table, |_| true) }
    }
}
