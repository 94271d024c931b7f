//! What changing the type of a column means: whether values may be lost, rows are rewritten, a cast has
//! to be written, and what must be out of the way. Does not know the values.

use model::{
    Column, IndexKey, Kind, Name, Object, ObjectId, PartitionKey, QualName, Rule, Schema, Table, Type,
};

use super::Context;
use super::depend;
use super::heir::{column_of, columns};
use super::shared::is_made_anew;

/// What becomes of the values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Retype {
    /// Some value may not fit or be cut.
    pub(super) loses: bool,
    /// The rows are written anew.
    pub(super) rewrites: bool,
    /// The cast has to be written: the server would not do it by itself.
    pub(super) using: bool,
}

/// A type apart from its modifiers: `character varying`, `[20]`.
struct Parts<'a> {
    base: &'a str,
    modifiers: Vec<i64>,
    array: bool,
}

const TEXT: [&str; 4] = ["text", "character varying", "character", "name"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const TIMES: [&str; 3] = ["date", "timestamp without time zone", "timestamp with time zone"];

/// What changing `old` into `new` does.
pub(super) fn retype(old: &Type, new: &Type) -> Retype {
    let (from, to) = (parts(old), parts(new));
    let plain = |loses, rewrites| Retype { loses, rewrites, using: false };
    if from.array || to.array || (old.user.is_some() && new.user.is_some()) {
        return Retype { loses: true, rewrites: true, using: true };
    }
    let within = |family: &[&str]| family.contains(&from.base) && family.contains(&to.base);
    let limit = |it: &Parts<'_>| it.modifiers.first().copied().unwrap_or(i64::MAX);
    match (from.base, to.base) {
        ("character varying" | "text", "text") => plain(false, false),
        ("character varying", "character varying") => {
            let shrinks = limit(&to) < limit(&from);
            plain(shrinks, shrinks)
        }
        ("text", "character varying") => plain(!to.modifiers.is_empty(), !to.modifiers.is_empty()),
        ("character", "character") => plain(limit(&to) < limit(&from), true),
        ("cidr", "inet") => plain(false, false),
        (_, "text" | "character varying") if to.modifiers.is_empty() => plain(false, true),
        (_, "text" | "character varying" | "character") => plain(true, true),
        ("numeric", "numeric") => numeric(&from, &to),
        _ if from.base == to.base => plain(limit(&to) < limit(&from), limit(&to) < limit(&from)),
        _ if within(&NUMBERS) => plain(narrows(&NUMBERS, &from, &to), true),
        _ if within(&TIMES) => plain(narrows(&TIMES, &from, &to), true),
        _ => Retype { loses: true, rewrites: true, using: true },
    }
}

/// What stands in a cast between the column and its new type, where the server has no cast from one to the other:
/// every type can be written as text and read from it.
pub(super) fn detour(old: &Type, new: &Type, cx: &Context<'_>) -> &'static str {
    let (from, to) = (parts(old), parts(new));
    let declared = || cx.desired.iter().chain(cx.actual.iter()).any(|(id, _)| id.kind == Kind::Cast);
    let user = [old, new].iter().filter(|it| it.user.is_some()).count();
    let has_cast = match (class(old, cx), class(new, cx)) {
        _ if user == 2 => false,
        (_, other) if from.array && !to.array => other == Some(Class::Text),
        (one, _) if to.array && !from.array => one == Some(Class::Text),
        (Some(Class::Text), _) | (_, Some(Class::Text)) => true,
        (Some(one), Some(other)) => is_castable((one, &from), (other, &to)) || (user == 1 && declared()),
        _ => true,
    };
    match (has_cast, from.array && to.array) {
        (true, _) => "",
        (false, true) => "::text[]",
        (false, false) => "::text",
    }
}

/// Types between which the server has the same casts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Text,
    Number,
    Boolean,
    Time,
    TimeOfDay,
    Interval,
    Json,
    Jsonb,
    Uuid,
    Network,
    User,
}

/// The class of a type, or of an array's elements, as far as its casts are known.
fn class(ty: &Type, cx: &Context<'_>) -> Option<Class> {
    if let Some(name) = &ty.user {
        let declared = cx.desired.type_named(name).or_else(|| cx.actual.type_named(name))?;
        return match cx.desired.get(&declared).or(cx.actual.get(&declared))? {
            Object::Domain(it) => class(&it.base, cx),
            Object::Enum(_) | Object::Composite(_) | Object::Range(_) => Some(Class::User),
            _ => None,
        };
    }
    match parts(ty).base {
        it if TEXT.contains(&it) => Some(Class::Text),
        it if NUMBERS.contains(&it) => Some(Class::Number),
        it if TIMES.contains(&it) => Some(Class::Time),
        "boolean" => Some(Class::Boolean),
        "time without time zone" | "time with time zone" => Some(Class::TimeOfDay),
        "interval" => Some(Class::Interval),
        "json" => Some(Class::Json),
        "jsonb" => Some(Class::Jsonb),
        "uuid" => Some(Class::Uuid),
        "inet" | "cidr" => Some(Class::Network),
        _ => None,
    }
}

fn is_castable((one, from): (Class, &Parts<'_>), (other, to): (Class, &Parts<'_>)) -> bool {
    use Class::{Boolean, Interval, Json, Jsonb, Number, Time, TimeOfDay};
    let is_integer = |it: &Parts<'_>| it.base == "integer" || !NUMBERS.contains(&it.base);
    match (one, other) {
        (Boolean, Number) => is_integer(to),
        (Number, Boolean) => is_integer(from),
        (Jsonb, Number | Boolean | Json) | (Json, Jsonb) | (Time, TimeOfDay) => true,
        (TimeOfDay, Interval) | (Interval, TimeOfDay) => true,
        _ => one == other,
    }
}

fn narrows(family: &[&str], from: &Parts<'_>, to: &Parts<'_>) -> bool {
    let place = |it: &Parts<'_>| family.iter().position(|name| *name == it.base);
    let to_real = to.base == "real" && matches!(from.base, "integer" | "bigint" | "numeric");
    let to_double = to.base == "double precision" && matches!(from.base, "bigint" | "numeric");
    place(to) < place(from) || to_real || to_double || !to.modifiers.is_empty()
}

fn numeric(from: &Parts<'_>, to: &Parts<'_>) -> Retype {
    let scale = |it: &Parts<'_>| it.modifiers.get(1).copied().unwrap_or(0);
    let wider = match (from.modifiers.first(), to.modifiers.first()) {
        (_, None) => return Retype { loses: false, rewrites: false, using: false },
        (None, Some(_)) => false,
        (Some(old), Some(new)) => new - scale(to) >= old - scale(from) && scale(to) >= scale(from),
    };
    let same_scale = scale(from) == scale(to);
    Retype { loses: !wider, rewrites: !(wider && same_scale), using: false }
}

fn parts(ty: &Type) -> Parts<'_> {
    let text = &*ty.text;
    let array = text.ends_with("[]");
    let Some((base, rest)) = text.split_once('(') else {
        return Parts { base: text.trim_end_matches("[]"), modifiers: Vec::new(), array };
    };
    let (modifiers, tail) = rest.split_once(')').unwrap_or((rest, ""));
    let modifiers = modifiers.split(',').filter_map(|it| it.trim().parse().ok()).collect();
    let base = match (base, tail.trim_end_matches("[]")) {
        ("timestamp", " with time zone") => "timestamp with time zone",
        ("timestamp", _) => "timestamp without time zone",
        (base, _) => base,
    };
    Parts { base, modifiers, array }
}

/// What PostgreSQL refuses to have around while a column is retyped, and what would keep the old type
/// in it. Indexes and constraints it rebuilds itself, but forgets statistics targets over it, and reads expressions
/// as it wrote them: with constants of the old type.
pub(super) fn in_the_way(id: &ObjectId, new: &Column, cx: &Context<'_>) -> Vec<ObjectId> {
    const DOWN: [Kind; 10] = [
        Kind::Rule,
        Kind::Statistics,
        Kind::View,
        Kind::MaterializedView,
        Kind::Policy,
        Kind::Trigger,
        Kind::Function,
        Kind::Procedure,
        Kind::Aggregate,
        Kind::Default,
    ];
    let other =
        matches!(cx.actual.get(id), Some(Object::Column(old)) if is_of_another_kind(&old.ty, &new.ty, cx));
    let falls = |user: &&ObjectId| match user.kind {
        Kind::ForeignKey => parts_from_its_pair(user, id, new, cx),
        Kind::Index | Kind::Constraint => has_targets(user, cx) || other && is_expressed(user, cx),
        Kind::Column => depend::stance(user, id, cx) == depend::Stance::Falls,
        Kind::PublishedTable => cx.actual.get(user).is_some_and(|it| !it.exprs().is_empty()),
        kind => DOWN.contains(&kind),
    };
    let mut down: Vec<ObjectId> = cx.users.of(id).filter(falls).cloned().collect();
    down.extend(standing_on(id, cx));
    down.extend(id.relation().into_iter().flat_map(|it| partitioned_by(id, &Kind::Table.named(it), cx)));
    down
}

/// The foreign keys that stand on a key which has the column beside: the server makes that anew, but not those.
pub(super) fn standing_on(column: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let keys = cx.users.of(column).filter(|it| has_beside(it, column.name(), cx.actual));
    keys.flat_map(|it| cx.users.of(it)).filter(|it| it.kind == Kind::ForeignKey).cloned().collect()
}

/// Whether a unique index, or the one behind a constraint, has a column that is no part of its key.
fn has_beside(user: &ObjectId, column: &Name, schema: &Schema) -> bool {
    match schema.get(user) {
        Some(Object::Index(it)) => it.unique && it.include.contains(column),
        Some(Object::Constraint(it)) => match &it.rule {
            Rule::PrimaryKey { include, .. } | Rule::Unique { include, .. } => include.contains(column),
            Rule::Check { .. } | Rule::Exclusion { .. } => false,
        },
        _ => false,
    }
}

/// The columns of a table that keys have beside: no new foreign key may stand on those before they have their types.
pub(super) fn beside_keys(table: &QualName, cx: &Context<'_>) -> Vec<ObjectId> {
    let whole = Kind::Table.named(table);
    let columns = cx.actual.parts(&whole).filter(|it| it.kind == Kind::Column);
    columns.filter(|it| cx.users.of(it).any(|user| has_beside(user, it.name(), cx.actual))).cloned().collect()
}

/// The tables whose partitions a column decides: its own and partitioned ones below. They are made anew.
fn partitioned_by(column: &ObjectId, table: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let Some(Object::Table(it)) = cx.actual.get(table) else { return Vec::new() };
    if it.partition_by.as_ref().is_some_and(|it| divides(column.name(), it)) {
        return vec![table.clone()];
    }
    let below = cx.users.of(table).filter(|it| it.kind == Kind::Table);
    below.flat_map(|it| partitioned_by(column, it, cx)).collect()
}

/// Whether a column decides about partitions. A server's own text carries its words, and not what they mean.
fn divides(column: &Name, key: &PartitionKey) -> bool {
    let name = column.to_string();
    key.key.key.split(' ').any(|it| it == name)
}

/// Whether a column that decides about a table's partitions gets another type, or one that is made anew.
pub(super) fn is_divided_otherwise(name: &QualName, old: &Table, cx: &Context<'_>) -> bool {
    let Some(key) = &old.partition_by else { return false };
    let of = |schema, it: &Name| column_of(schema, name, it).map(|(_, it)| (&it.ty, &it.collation));
    let columns = columns(cx.actual, name).into_iter().filter(|it| divides(it, key));
    let is_anew = |ty: &Type| {
        let ty = ty.user.as_ref().and_then(|it| cx.actual.type_named(it));
        ty.is_some_and(|it| is_made_anew(&it, cx.actual, cx.desired))
    };
    columns.into_iter().any(|it| {
        let (old, new) = (of(cx.actual, &it), of(cx.desired, &it));
        new.is_some() && (old != new || old.is_some_and(|(ty, _)| is_anew(ty)))
    })
}

/// Whether what the server wrote of an expression over a column may mean nothing with its new type.
fn is_of_another_kind(old: &Type, new: &Type, cx: &Context<'_>) -> bool {
    let (from, to) = (parts(old), parts(new));
    if from.base == to.base && from.array == to.array {
        return false;
    }
    let (one, other) = (class(old, cx), class(new, cx));
    from.array || to.array || one.is_none() || one != other || one == Some(Class::User)
}

/// Whether an index or constraint holds an expression rather than columns alone.
fn is_expressed(user: &ObjectId, cx: &Context<'_>) -> bool {
    let is_expression = |it: &IndexKey| it.column.is_none();
    match cx.actual.get(user) {
        Some(Object::Index(it)) => it.predicate.is_some() || it.keys.iter().any(is_expression),
        Some(Object::Constraint(it)) => match &it.rule {
            Rule::Check { .. } => true,
            Rule::Exclusion { elements, predicate, .. } => {
                predicate.is_some() || elements.iter().any(|it| is_expression(&it.key))
            }
            Rule::PrimaryKey { .. } | Rule::Unique { .. } => false,
        },
        _ => false,
    }
}

fn has_targets(index: &ObjectId, cx: &Context<'_>) -> bool {
    matches!(cx.actual.get(index), Some(Object::Index(it)) if !it.statistics.is_empty())
}

/// Whether a foreign key could not stand while only one of its two columns has the new type.
fn parts_from_its_pair(key: &ObjectId, id: &ObjectId, new: &Column, cx: &Context<'_>) -> bool {
    let (Some(Object::ForeignKey(it)), Some(own)) = (cx.actual.get(key), key.relation()) else {
        return false;
    };
    let pairs = it.columns.iter().zip(&it.target_columns);
    let mut others = pairs.filter_map(|(from, to)| {
        let (from, to) = (Kind::Column.of(own, from), Kind::Column.of(&it.target, to));
        match (from == *id, to == *id) {
            (true, _) => Some(to),
            (_, true) => Some(from),
            _ => None,
        }
    });
    others.any(|other| match cx.actual.get(&other) {
        Some(Object::Column(other)) => {
            let (a, b) = (parts(&other.ty), parts(&new.ty));
            let both = |family: &[&str]| family.contains(&a.base) && family.contains(&b.base);
            a.base != b.base && !both(&NUMBERS[..3]) && !both(&TEXT)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str) -> (bool, bool, bool) {
        let Retype { loses, rewrites, using } = retype(&Type::builtin(old), &Type::builtin(new));
        (loses, rewrites, using)
    }

    #[test]
    fn knows_what_is_safe() {
        assert_eq!(between("character varying(10)", "character varying(20)"), (false, false, false));
        assert_eq!(between("character varying(20)", "character varying(10)"), (true, true, false));
        assert_eq!(between("character varying(20)", "text"), (false, false, false));
        assert_eq!(between("text", "character varying"), (false, false, false));
        assert_eq!(between("numeric(10,2)", "numeric(12,2)"), (false, false, false));
        assert_eq!(between("numeric(10,2)", "numeric(12,4)"), (false, true, false));
        assert_eq!(between("numeric(10,2)", "numeric"), (false, false, false));
        assert_eq!(between("numeric(10,2)", "numeric(10,4)"), (true, true, false));
        assert_eq!(between("integer", "bigint"), (false, true, false));
        assert_eq!(between("bigint", "integer"), (true, true, false));
        assert_eq!(between("integer", "text"), (false, true, false));
        assert_eq!(between("text", "integer"), (true, true, true));
        assert_eq!(between("timestamp(3) with time zone", "timestamp with time zone"), (false, false, false));
        assert_eq!(between("date", "timestamp without time zone"), (false, true, false));
        assert_eq!(between("text[]", "integer[]"), (true, true, true));
    }
}
