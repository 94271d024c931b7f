//! What has to wait for an object that stays as it is, because a change to it is put off. Knows no statement.

use model::{
    Kind, MaterializedView, Mention, Name, Object, ObjectId, QualName, Rule, Schema, Shape, Users, View,
};

use super::heir::{checks, columns, gained, is_alike};
use super::{handed, partition};

/// What cannot change while an object stays as it is: a table that would come under a parent, the key of the table
/// that it is a partition of, enums that would lose a label that it names.
pub(crate) fn held_back(id: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let mut held: Vec<ObjectId> = held_table(id, actual, desired).into_iter().collect();
    let key = |schema: &Schema, it: &QualName| schema.table(it).map(|it| it.partition_by.clone());
    let above = partition::parent(id, actual);
    held.extend(above.filter(|it| key(actual, it) != key(desired, it)).map(|it| Kind::Table.named(it)));
    let exprs = actual.get(id).map(Object::exprs).unwrap_or_default();
    if !exprs.is_empty() {
        let uses = actual.uses(id);
        let types = uses.iter().filter(|it| it.kind == Kind::Column).flat_map(|it| actual.uses(it));
        let enums = types.chain(uses.iter().cloned()).filter(|it| it.kind == Kind::Enum);
        let names = |label: &String| exprs.iter().any(|it| it.text.contains(&model::literal(label)));
        held.extend(enums.filter(|it| lost_labels(it, actual, desired).iter().any(names)));
    }
    held
}

/// The labels that an enum is not to have any more.
fn lost_labels(id: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<String> {
    match (actual.get(id), desired.get(id)) {
        (Some(Object::Enum(old)), Some(Object::Enum(new))) => {
            old.labels.iter().filter(|it| !new.labels.contains(it)).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// The table that cannot come under its new parent while it has a column of its own or another check of the same name.
fn held_table(id: &ObjectId, actual: &Schema, desired: &Schema) -> Option<ObjectId> {
    let of = id.relation()?;
    let (old, new) = actual.table(of).zip(desired.table(of))?;
    let mut gained = gained(old, new);
    let holds = match actual.get(id) {
        Some(Object::Column(_)) => {
            let above = new.partition_of.as_ref().filter(|_| old.partition_of != new.partition_of);
            above.is_some_and(|it| !columns(desired, &it.parent).contains(id.name()))
        }
        Some(Object::Constraint(own)) => gained.any(|it| {
            let mut named = checks(desired, it).into_iter().filter(|(it, _)| it.name() == id.name());
            named.any(|(_, its)| !is_alike(own, its, of, [actual, desired]))
        }),
        _ => false,
    };
    holds.then(|| Kind::Table.named(of))
}

/// What cannot come to an object that stays as it is: new columns of a partition, which can have none of its own,
/// comments on attributes that a composite type does not get or on columns that a view does not, the sequence that
/// an identity already has, a check or trigger above that has another one's name.
pub(crate) fn shut_out(id: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    match actual.get(id) {
        Some(Object::Table(it)) if it.partition_of.is_some() => {
            let new = desired.parts(id).filter(|it| it.kind == Kind::Column && !actual.contains(it));
            new.cloned().collect()
        }
        Some(Object::Composite(it)) => {
            said_of_others(id, &|name| it.attributes.iter().any(|it| it.name == *name), desired)
        }
        Some(
            Object::View(View { shape: Shape(Some(columns)), .. })
            | Object::MaterializedView(MaterializedView { shape: Shape(Some(columns)), .. }),
        ) => said_of_others(id, &|name| columns.iter().any(|it| it.0 == *name), desired),
        Some(Object::Constraint(_) | Object::Trigger(_)) => above_in_the_way(id, actual, desired),
        Some(Object::Column(it)) => {
            let sequences = desired.parts(id).filter(|it| it.kind == Kind::Sequence && !actual.contains(it));
            let new = sequences.filter(|_| it.identity.is_some()).cloned();
            new.chain(above_in_the_way(id, actual, desired)).collect()
        }
        _ => Vec::new(),
    }
}

/// What is said of columns or attributes that something does not have as it stays.
fn said_of_others(id: &ObjectId, has: &dyn Fn(&Name) -> bool, desired: &Schema) -> Vec<ObjectId> {
    let is_of_none = |it: &&ObjectId| {
        let about = it.target().filter(|it| it.kind == Kind::Column && it.relation() == id.qual_name());
        about.is_some_and(|it| !has(it.name()))
    };
    desired.iter().map(|(it, _)| it).filter(is_of_none).cloned().collect()
}

/// What is new above a table and would have to be one with what the table keeps.
fn above_in_the_way(id: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let above = id.relation().into_iter().flat_map(|it| desired.above(it));
    above
        .map(|it| id.kind.of(it, id.name()))
        .filter(|it| desired.contains(it) && !actual.contains(it))
        .collect()
}

/// What is new below a table and would be one with what the table keeps, or cannot be beside it.
fn below_in_the_way(id: &ObjectId, users: &Users, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let Some(table) = id.relation() else { return Vec::new() };
    let is_primary = |id: &ObjectId, schema: &Schema| match schema.get(id) {
        Some(Object::Constraint(it)) => matches!(it.rule, Rule::PrimaryKey { .. }),
        _ => false,
    };
    let below = with_heirs_of(&Kind::Table.named(table), users).into_iter().skip(1);
    let names = below.filter_map(|it| it.qual_name().cloned()).collect::<Vec<_>>();
    let mut waiting: Vec<ObjectId> = names.iter().map(|it| id.kind.of(it, id.name())).collect();
    if is_primary(id, actual) {
        let parts =
            names.iter().flat_map(|it| desired.parts(&Kind::Table.named(it)).cloned().collect::<Vec<_>>());
        waiting.extend(parts.filter(|it| is_primary(it, desired)));
    }
    waiting.retain(|it| desired.contains(it) && !actual.contains(it));
    waiting
}

/// What has to wait for an object that is to stay as it is, beside who uses it by name.
pub(crate) fn waiting(id: &ObjectId, users: &Users, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    match id.kind {
        Kind::Table => for_table(id, users, actual, desired),
        Kind::Column => {
            let below = below_in_the_way(id, users, actual, desired);
            let said = said_of_new_sequence(id, actual, desired);
            below.into_iter().chain(star_readers(id, users, desired)).chain(said).collect()
        }
        Kind::Constraint | Kind::NotNull | Kind::Trigger => below_in_the_way(id, users, actual, desired),
        Kind::Index => users.of(id).filter(|it| it.kind == Kind::Index).cloned().collect(),
        Kind::Owner => said_under_owner(id, actual, desired),
        Kind::Enum | Kind::Range | Kind::Domain | Kind::Composite => {
            let columns = users.of(id).filter(|it| it.kind == Kind::Column);
            columns.flat_map(|it| users.of(it)).cloned().collect()
        }
        _ => Vec::new(),
    }
}

/// What means something else while an object keeps its owner: grants to the old and the new one, on columns too, and
/// whose the sequences of its columns are.
fn said_under_owner(owner: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let role = |schema: &Schema| match schema.get(owner) {
        Some(Object::Owner(it)) => Some(it.role.clone()),
        _ => None,
    };
    let Some(target) = owner.target() else { return Vec::new() };
    let all = handed::with_columns(target, desired);
    let roles = [role(actual), role(desired)];
    let grants = all.iter().flat_map(|it| roles.iter().flatten().map(|role| Kind::Grant.to(it, role)));
    let sequences = all.iter().skip(1).filter(|it| it.kind == Kind::Sequence);
    grants.chain(sequences.map(|it| Kind::Owner.on(it))).collect()
}

/// What is said of the sequence of an identity that a column is to get.
fn said_of_new_sequence(id: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let sequence = |schema: &Schema| schema.get(id).map(|it| it.stands_behind(id));
    match (sequence(actual), sequence(desired)) {
        (Some(None), Some(Some(new))) => desired.children(&new).cloned().collect(),
        _ => Vec::new(),
    }
}

/// What is said of columns that a table does not have yet.
fn said_of_new_columns(table: &ObjectId, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let Some(name) = table.qual_name() else { return Vec::new() };
    let had = columns(actual, name);
    let new = columns(desired, name).into_iter().filter(|it| !had.contains(it));
    new.flat_map(|it| desired.children(&Kind::Column.of(name, &it)).cloned().collect::<Vec<_>>()).collect()
}

/// What is new of a table or reads it where it was to move, who was to have its place among the partitions of
/// another one, and its partitions where it was to have another key.
fn for_table(id: &ObjectId, users: &Users, actual: &Schema, desired: &Schema) -> Vec<ObjectId> {
    let Some(Object::Table(live)) = actual.get(id) else { return Vec::new() };
    let mut waiting = Vec::new();
    if let Some(place) = &live.partition_of {
        let takes = |it: &Object| match it {
            Object::Table(it) => it.partition_of.as_ref() == Some(place),
            _ => false,
        };
        let tables = desired.iter().filter(|(it, object)| *it != id && takes(object));
        waiting.extend(tables.map(|(it, _)| it.clone()));
    }
    if matches!(desired.get(id), Some(Object::Table(new)) if new.parents().ne(live.parents())) {
        waiting.extend(users.of(id).cloned());
        waiting.extend(desired.parts(id).filter(|it| !actual.contains(it)).cloned());
        waiting.extend(said_of_new_columns(id, actual, desired));
    }
    // A bound means nothing but with the key it is said for.
    if matches!(desired.get(id), Some(Object::Table(new)) if new.partition_by != live.partition_by) {
        let below = desired.children(id).filter(|it| it.kind == Kind::Table);
        let moves = |it: &&ObjectId| actual.partition_of(it) != desired.partition_of(it);
        waiting.extend(below.filter(moves).cloned());
    }
    waiting
}

/// Who reads all columns of a column's table, or of one below it: a star stands for the columns of the day.
fn star_readers(column: &ObjectId, users: &Users, desired: &Schema) -> Vec<ObjectId> {
    let Some(table) = column.relation() else { return Vec::new() };
    let tables = with_heirs_of(&Kind::Table.named(table), users);
    let readers = tables.iter().flat_map(|it| users.of(it).chain(desired.parts(it)));
    readers.filter(|it| has_star(it, desired)).cloned().collect()
}

/// An object and, if it is a table, those that are to be below it.
pub(crate) fn with_heirs_of(id: &ObjectId, users: &Users) -> Vec<ObjectId> {
    let mut line = vec![id.clone()];
    let mut at = 0;
    while let Some(table) = line.get(at).filter(|it| it.kind == Kind::Table).cloned() {
        at += 1;
        let below = users.of(&table).filter(|it| it.kind == Kind::Table && !line.contains(it));
        let below: Vec<ObjectId> = below.cloned().collect();
        line.extend(below);
    }
    line
}

fn has_star(id: &ObjectId, desired: &Schema) -> bool {
    let exprs = desired.get(id).map(Object::exprs).unwrap_or_default();
    exprs.iter().any(|it| it.mentions.contains(&Mention::Star))
}

/// Whether an index of a partition comes from above wherever its table is: one is made for the table above, which
/// both have.
pub(crate) fn comes_anyway(id: &ObjectId, actual: &Schema, desired: &Schema) -> bool {
    let Some(Object::Index(index)) = desired.get(id) else { return false };
    let is_new = partition::index_above(index).is_some_and(|it| !actual.contains(&it));
    is_new && partition::parent(&index.relation, actual) == partition::parent(&index.relation, desired)
}
