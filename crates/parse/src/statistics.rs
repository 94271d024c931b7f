//! CREATE STATISTICS and ALTER STATISTICS.
//!
//! Knows how the server names what the file leaves unnamed; not what is gathered.

use model::{IndexKey, Kind, Name, NameSet, Object, ObjectId, QualName, Span, Statistics, StatisticsKind};
use sql::{Code, Cursor, Fault};

use crate::alter_table::renamed_before;
use crate::reader::{Reader, unknown};
use crate::refer::Found;
use crate::{Verdict, column, index_key, names, owner, rename};

/// The highest target there is; what is above is cut to it.
const HIGHEST: i64 = 10_000;

/// `CREATE STATISTICS [[IF NOT EXISTS] name] [(kinds)] ON … FROM relation`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "statistics"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let unnamed = cursor.at(&["on"]) || cursor.at_symbol("(");
    let name = if unnamed { None } else { Some(cursor.dotted()?) };
    if unnamed && reader.facts.major < 16 {
        return Err(cursor.fault("statistics without a name are known from PostgreSQL 16 on"));
    }
    let kinds = if cursor.at_symbol("(") { Some(kinds(cursor)?) } else { None };
    cursor.expect(&["on"])?;
    let elements = elements(reader, cursor)?;
    cursor.expect(&["from"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    if reader.is_temporary(&parts) {
        return Ok(Verdict::Passed("temporary objects are never managed"));
    }
    let relation = reader.relation(&parts, at)?;
    let Some(of) = relation.qual_name().cloned() else { return Err(unknown(&parts, "relation", at)) };
    let name = match name {
        Some(parts) => reader.created(parts, span)?,
        None => chosen(reader, &of, elements.iter().map(|it| it.column.as_ref())),
    };
    let id = Kind::Statistics.named(&name);
    if guarded && reader.desired.schema.contains(&id) {
        return Ok(Verdict::Idiom);
    }
    reader.is_free(&id, span)?;
    let statistics = built(reader, relation, kinds, elements, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, statistics, span);
    if unnamed {
        reader.desired.unnamed.insert(id);
    }
    Ok(Verdict::Declared)
}

fn kinds(cursor: &mut Cursor<'_>) -> Result<Vec<StatisticsKind>, Fault> {
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut kinds = Vec::new();
    loop {
        let word = inside.eat_any(&StatisticsKind::ALL.map(StatisticsKind::word));
        let kind = StatisticsKind::ALL.into_iter().find(|it| Some(it.word()) == word);
        kinds.push(kind.ok_or_else(|| inside.wanted("NDISTINCT, DEPENDENCIES or MCV"))?);
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    kinds.sort();
    kinds.dedup();
    Ok(kinds)
}

/// Columns, calls and expressions in parentheses, as the keys of an index are written.
fn elements(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<IndexKey>, Fault> {
    let mut elements = Vec::new();
    loop {
        elements.push(index_key::plain(reader, cursor)?);
        if !cursor.eat_symbol(",") {
            return Ok(elements);
        }
    }
}

fn built(
    reader: &Reader<'_>,
    relation: ObjectId,
    kinds: Option<Vec<StatisticsKind>>,
    elements: Vec<IndexKey>,
    span: Span,
) -> Result<Statistics, Fault> {
    let mut columns: NameSet = elements.iter().filter_map(|it| it.column.clone()).collect();
    if let Some(of) = relation.qual_name().filter(|_| relation.kind == Kind::Table) {
        column::are_there(reader, of, columns.iter(), span)?;
    }
    if let Some(of) = relation.qual_name() {
        let order = reader.columns(of);
        columns.sort_by_key(|name| order.iter().position(|it| it == name));
    }
    let count = elements.len();
    let expressions: Vec<_> =
        elements.into_iter().filter(|it| it.column.is_none()).map(|it| it.expr).collect();
    let kinds = match (kinds, count) {
        (Some(_), 1) | (None, 1) if expressions.is_empty() => {
            return Err(Fault::new(
                Code::Syntax,
                span,
                "statistics take at least two columns or an expression",
            ));
        }
        (Some(_), 1) => {
            return Err(Fault::new(Code::Syntax, span, "statistics of one expression take no kinds"));
        }
        (None, 1) => Vec::new(),
        (kinds, _) => kinds.unwrap_or_else(|| StatisticsKind::ALL.to_vec()),
    };
    Ok(Statistics { relation, kinds, columns, expressions, target: None })
}

/// The name the server would choose (`ChooseExtendedStatisticName`).
fn chosen<'n>(
    reader: &Reader<'_>,
    table: &QualName,
    elements: impl Iterator<Item = Option<&'n Name>>,
) -> QualName {
    let words = elements.map(|it| it.map_or("expr", Name::as_str));
    let all = words.collect::<Vec<_>>().join("_");
    let second = names::clip(&all, names::LONGEST);
    let taken = |it: &QualName| reader.desired.schema.contains(&Kind::Statistics.named(it));
    reader.choose((table, Some(second), "stat", false), taken).within(table.namespace.clone())
}

/// What `LIKE … INCLUDING STATISTICS` copies from one table to another: not the targets.
pub(crate) fn copy(
    reader: &mut Reader<'_>,
    from: &QualName,
    to: &QualName,
    span: Span,
) -> Vec<(ObjectId, ObjectId)> {
    let mut copied = Vec::new();
    for id in reader.parts_of(&Kind::Table.named(from), Kind::Statistics) {
        let Some(Object::Statistics(it)) = reader.desired.schema.get(&id).cloned() else { continue };
        let columns = reader.columns(from).into_iter().filter(|name| it.columns.contains(name));
        let columns: Vec<Name> = columns.collect();
        let elements = columns.iter().map(Some).chain(it.expressions.iter().map(|_| None));
        let new = Kind::Statistics.named(&chosen(reader, to, elements));
        reader.declare(&new, Statistics { relation: Kind::Table.named(to), target: None, ..it }, span);
        reader.desired.unnamed.insert(new.clone());
        copied.push((id, new));
    }
    copied
}

/// `ALTER STATISTICS [IF EXISTS] name { OWNER TO … | RENAME TO … | SET SCHEMA … | SET STATISTICS … }`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "statistics"])?;
    let guarded = cursor.eat(&["if", "exists"]);
    let mark = cursor.mark();
    let id = match reader.find_plain(cursor, Kind::Statistics) {
        Ok(Found::Declared(id)) => id,
        Ok(Found::Outside) => return Ok(Verdict::Passed("it is about statistics that are not the file's")),
        Err(fault) => {
            cursor.reset(mark);
            let parts = cursor.dotted()?;
            if renamed_before(reader, cursor, &parts, Kind::Statistics)? {
                return Ok(Verdict::Declared);
            }
            return if guarded { Ok(Verdict::Idiom) } else { Err(fault) };
        }
    };
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    if !cursor.eat(&["set", "statistics"]) {
        return rename::clause(reader, cursor, &id, begin);
    }
    let target = if cursor.eat(&["default"]) { -1 } else { cursor.integer()? };
    cursor.expect_done()?;
    if let Some(Object::Statistics(it)) = reader.desired.schema.get_mut(&id) {
        it.target = i32::try_from(target.min(HIGHEST)).ok().filter(|it| *it >= 0);
    }
    Ok(Verdict::Declared)
}
