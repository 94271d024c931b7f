//! Partitions and heirs: bounds, and what a parent gives them.
//!
//! The server keeps for a partition its own copies of the parent's keys and indexes. Copies of keys are
//! no objects here, only names taken; copies of indexes are objects that say what they are attached to.

use std::collections::HashSet;

use model::{
    Constraint, ForeignKey, Index, Kind, Name, Object, ObjectId, PartitionKey, PartitionOf, QualName, Rule,
    Span,
};
use sql::{Code, Cursor, Fault};

use crate::reader::{Reader, unknown};
use crate::{Verdict, constraint, heir, index};

/// What stands behind PARTITION BY.
pub(crate) fn key(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<PartitionKey, Fault> {
    let mark = cursor.mark();
    if cursor.eat_any(&["range", "list", "hash"]).is_none() {
        return Err(cursor.wanted("RANGE, LIST or HASH"));
    }
    cursor.parenthesised()?;
    Ok(PartitionKey { key: reader.expr(cursor, cursor.since(mark)) })
}

/// `FOR VALUES …` or `DEFAULT`
pub(crate) fn bound(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    parent: QualName,
) -> Result<PartitionOf, Fault> {
    let mark = cursor.mark();
    if !cursor.eat(&["default"]) {
        cursor.expect(&["for", "values"])?;
        match () {
            () if cursor.eat(&["in"]) => _ = cursor.parenthesised()?,
            () if cursor.eat(&["from"]) => {
                cursor.parenthesised()?;
                cursor.expect(&["to"])?;
                cursor.parenthesised()?;
            }
            () => {
                cursor.expect(&["with"])?;
                cursor.parenthesised()?;
            }
        }
    }
    Ok(PartitionOf { parent, bound: reader.expr(cursor, cursor.since(mark)) })
}

/// The table a partition is to belong to: one that is partitioned and declared.
pub(crate) fn parent(reader: &Reader<'_>, parts: &[Name], at: Span) -> Result<QualName, Fault> {
    let id = reader.relation(parts, at)?;
    let name = id.qual_name().ok_or_else(|| unknown(parts, "table", at))?;
    match reader.table(name) {
        Some(table) if table.partition_by.is_some() => Ok(name.clone()),
        _ => Err(Fault::new(Code::Conflict, at, format!("{id} is not partitioned"))),
    }
}

/// `ATTACH PARTITION name bound`, behind the first two words.
pub(crate) fn attach(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    parent: &QualName,
) -> Result<(), Fault> {
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let id = reader.relation(&parts, at)?;
    let Some(child) = id.qual_name().cloned() else { return Err(unknown(&parts, "table", at)) };
    let bound = bound(reader, cursor, parent.clone())?;
    let Some(table) = reader.table(&child).cloned() else {
        return Err(Fault::new(Code::Conflict, at, format!("{id} is no table")));
    };
    if table.partition_of.as_ref().is_some_and(|it| it.parent == *parent) {
        reader.change_table(&child, |it| it.partition_of = Some(bound));
        return Ok(());
    }
    heir::keep_without_defaults(reader, parent, &child, at);
    let table = model::Table { partition_of: Some(bound), inherits: Vec::new(), ..table };
    let span = reader.desired.spans.get(&id).copied().unwrap_or(at);
    reader.declare(&id, table, span);
    reader.bring_together(&child);
    join(reader, parent, &child, at);
    Ok(())
}

/// Gives a new partition the keys and indexes of its parent.
pub(crate) fn join(reader: &mut Reader<'_>, parent: &QualName, child: &QualName, span: Span) {
    for key in keys(reader, parent) {
        give_key(reader, child, &key);
    }
    if reader.table(child).is_some_and(|it| it.foreign.is_some()) {
        return;
    }
    for id in reader.parts_of(&Kind::Table.named(parent), Kind::Index) {
        give_index(reader, child, &id, span);
    }
}

/// The keys a table has, those from above included.
fn keys(reader: &Reader<'_>, table: &QualName) -> Vec<Constraint> {
    let above = reader.table(table).and_then(|it| it.partition_of.as_ref()).map(|it| it.parent.clone());
    let mut found = above.map(|it| keys(reader, &it)).unwrap_or_default();
    let own = reader.constraints_of(table).into_iter();
    found.extend(own.filter_map(|id| match reader.desired.schema.get(&id) {
        Some(Object::Constraint(it)) if it.rule.is_indexed() => Some(it.clone()),
        _ => None,
    }));
    found
}

/// The copies of keys that a partition has, and what they are called.
pub(crate) fn lent_keys(reader: &Reader<'_>, child: &QualName) -> Vec<(Constraint, Name)> {
    let held = keys(reader, child);
    let lent = reader.lent(child).iter();
    lent.filter(|(it, _)| held.iter().any(|held| held.rule == it.rule)).cloned().collect()
}

/// Tells each partition what it calls the keys it has from above.
pub(crate) fn note_lent(reader: &mut Reader<'_>) {
    for child in reader.lenders() {
        let above: Vec<ObjectId> =
            reader.desired.schema.above(&child).flat_map(|it| reader.constraints_of(it)).collect();
        let of = |key: &Constraint| {
            let is_it = |id: &&ObjectId| match reader.desired.schema.get(id) {
                Some(Object::Constraint(it)) => it.rule == key.rule,
                _ => false,
            };
            above.iter().find(is_it).cloned()
        };
        let keys = reader.lent(&child).iter();
        let lent = keys.filter_map(|(key, name)| Some((of(key)?, name.clone()))).collect();
        reader.change_table(&child, |it| it.also_own.lent = lent);
    }
}

/// Gives the partitions of a table their copies of a key.
pub(crate) fn spread_constraint(reader: &mut Reader<'_>, table: &QualName, id: &ObjectId) {
    let Some(Object::Constraint(key)) = reader.desired.schema.get(id).cloned() else { return };
    for child in reader.partitions(table) {
        give_key(reader, &child, &key);
    }
}

/// A partition's own key of the same rule becomes the copy; else the server makes one.
fn give_key(reader: &mut Reader<'_>, child: &QualName, key: &Constraint) {
    let rule = &key.rule;
    let same = |it: &ObjectId| match reader.desired.schema.get(it) {
        Some(Object::Constraint(it)) => it.rule == *rule,
        _ => false,
    };
    let own = reader.constraints_of(child).into_iter().find(same);
    let name = match own {
        Some(id) => {
            heir::keep_comment(reader, &id);
            reader.schema().remove(&id);
            id.name().clone()
        }
        None => constraint::chosen(reader, child, rule),
    };
    reader.lend(child, key.clone(), name.clone());
    reader.take_key_name(name.within(child.namespace.clone()), &Kind::Table.named(child));
    for below in reader.partitions(child) {
        give_key(reader, &below, key);
    }
}

/// Gives the partitions of a table their copies of an index.
pub(crate) fn spread_index(reader: &mut Reader<'_>, table: &QualName, id: &ObjectId, span: Span) {
    for child in own_partitions(reader, table) {
        give_index(reader, &child, id, span);
    }
}

/// The partitions that can be indexed: a foreign one is passed over.
fn own_partitions(reader: &Reader<'_>, table: &QualName) -> Vec<QualName> {
    let mut all = reader.partitions(table);
    all.retain(|it| reader.table(it).is_some_and(|it| it.foreign.is_none()));
    all
}

/// A partition's own index of the same definition is attached; else the server makes one.
fn give_index(reader: &mut Reader<'_>, child: &QualName, id: &ObjectId, span: Span) {
    let (Some(Object::Index(above)), Some(parent)) = (reader.desired.schema.get(id).cloned(), id.qual_name())
    else {
        return;
    };
    let relation = Kind::Table.named(child);
    let same = |it: &ObjectId| match reader.desired.schema.get(it) {
        Some(Object::Index(own)) => own.attached_to.is_none() && is_same(own, &above),
        _ => false,
    };
    let own = reader.parts_of(&relation, Kind::Index).into_iter().find(same);
    let id = match own {
        Some(id) => {
            if let Some(Object::Index(own)) = reader.desired.schema.get_mut(&id) {
                own.attached_to = Some(parent.clone());
            }
            id
        }
        None => {
            let copy =
                Index { relation, attached_to: Some(parent.clone()), only: false, valid: true, ..above };
            let name = index::chosen(reader, child, &copy).within(child.namespace.clone());
            let id = Kind::Index.named(&name);
            reader.declare(&id, copy, span);
            reader.desired.unnamed.insert(id.clone());
            id
        }
    };
    spread_index(reader, child, &id, span);
}

/// What `CompareIndexInfo` of the server looks at.
fn is_same(one: &Index, other: &Index) -> bool {
    let key = |it: &model::IndexKey| (it.expr.key.clone(), it.collation.clone(), it.opclass.clone());
    one.unique == other.unique
        && one.method == other.method
        && one.nulls_not_distinct == other.nulls_not_distinct
        && one.include == other.include
        && one.predicate == other.predicate
        && one.keys.iter().map(key).eq(other.keys.iter().map(key))
}

/// `ALTER INDEX parent ATTACH PARTITION child`
pub(crate) fn attach_index(
    reader: &mut Reader<'_>,
    parent: &[Name],
    child: &[Name],
    span: Span,
) -> Result<Verdict, Fault> {
    let taken = |it: &QualName| reader.relation_taken(it).then(|| it.clone());
    let Some(above) = reader.lookup(parent, taken) else { return Err(unknown(parent, "index", span)) };
    let Some(name) = reader.lookup(child, taken) else { return Err(unknown(child, "index", span)) };
    match index::find(reader, child) {
        Some(id) if id.kind == Kind::Index => {
            if let Some(Object::Index(it)) = reader.desired.schema.get_mut(&id) {
                it.attached_to = Some(above.clone());
            }
            validate(reader, &above);
        }
        Some(id) => {
            heir::keep_comment(reader, &id);
            reader.schema().remove(&id);
            if let Some(table) = id.relation() {
                reader.take_key_name(name, &Kind::Table.named(table));
            }
        }
        None => return Ok(Verdict::Idiom),
    }
    Ok(Verdict::Declared)
}

/// An index made ON ONLY becomes valid when every partition has its part (`validatePartitionedIndex`).
fn validate(reader: &mut Reader<'_>, name: &QualName) {
    let id = Kind::Index.named(name);
    let Some(Object::Index(index)) = reader.desired.schema.get(&id) else { return };
    let (Some(table), above) = (index.relation.qual_name().cloned(), index.attached_to.clone()) else {
        return;
    };
    let has_part = |partition: &QualName| {
        let indexes = reader.parts_of(&Kind::Table.named(partition), Kind::Index);
        indexes.iter().any(|it| match reader.desired.schema.get(it) {
            Some(Object::Index(it)) => it.valid && it.attached_to.as_ref() == Some(name),
            _ => false,
        })
    };
    if !own_partitions(reader, &table).iter().all(has_part) {
        return;
    }
    if let Some(Object::Index(index)) = reader.desired.schema.get_mut(&id) {
        index.valid = true;
    }
    if let Some(above) = above {
        validate(reader, &above);
    }
}

/// Takes out of heirs and partitions what they have from above, which the file may have said again: columns,
/// equal defaults, NOT NULLs, checks of the same name, a partition's copies of references.
pub(crate) fn merge(reader: &mut Reader<'_>) {
    // In the order of the file, in which a child says its columns again.
    let mut given: Vec<ObjectId> = Vec::new();
    for (id, object) in reader.desired.schema.iter() {
        let Some(table) = id.relation() else { continue };
        let parents = reader.parents(table);
        if parents.is_empty() {
            continue;
        }
        let from_above = match object {
            Object::Column(_) => parents.iter().any(|it| reader.column(it, id.name()).is_some()),
            Object::Default(_) if heir::is_no_default(object) => {
                !heir::has_default_above(reader, table, id.name())
            }
            Object::Default(_) | Object::NotNull(_) => parents.iter().any(|it| {
                let above = reader.of_column(id.kind, it, id.name());
                above.is_some_and(|above| id.kind == Kind::NotNull || above == object)
            }),
            Object::Constraint(it) => {
                matches!(it.rule, Rule::Check { .. })
                    && parents.iter().any(|it| has_check(reader, it, id.name()))
            }
            Object::ForeignKey(it) => {
                let of = reader.table(table).and_then(|it| it.partition_of.as_ref());
                let above = of.filter(|_| !reader.is_apart(id));
                above.is_some_and(|above| has_reference(reader, &above.parent, it))
            }
            _ => false,
        };
        if from_above {
            given.push(id.clone());
        }
    }
    let major = reader.facts.major;
    for id in &given {
        heir::keep_settings(reader, id);
        let table = id.relation().map(|it| Kind::Table.named(it));
        if let Some(Object::Table(table)) = table.and_then(|it| reader.desired.schema.get_mut(&it))
            && (table.partition_of.is_none() || id.kind == Kind::NotNull)
        {
            match id.kind {
                Kind::Column => _ = table.also_own.columns.insert(id.name().clone()),
                Kind::Constraint => _ = table.also_own.checks.insert(id.name().clone()),
                Kind::NotNull if major >= 18 => _ = table.also_own.not_nulls.insert(id.name().clone()),
                _ => (),
            }
        }
    }
    let given: HashSet<ObjectId> = given.into_iter().collect();
    if !given.is_empty() {
        reader.desired.schema.retain(|id, _| !given.contains(id));
        reader.desired.spans.retain(|id, _| !given.contains(id));
    }
    heir::keep_comments(reader);
}

fn has_check(reader: &Reader<'_>, table: &QualName, name: &Name) -> bool {
    let own = match reader.desired.schema.get(&Kind::Constraint.of(table, name)) {
        Some(Object::Constraint(it)) => matches!(it.rule, Rule::Check { no_inherit: false, .. }),
        _ => false,
    };
    own || reader.parents(table).iter().any(|it| has_check(reader, it, name))
}

/// Whether a table has a foreign key of its own or from above that is one with another's.
pub(crate) fn has_reference(reader: &Reader<'_>, table: &QualName, key: &ForeignKey) -> bool {
    let references = reader.parts_of(&Kind::Table.named(table), Kind::ForeignKey);
    let own = references.iter().any(|id| match reader.desired.schema.get(id) {
        Some(Object::ForeignKey(it)) => {
            let open = [it, key].iter().any(|it| it.target_columns.is_empty());
            let target_columns = if open { key.target_columns.clone() } else { it.target_columns.clone() };
            let (validated, enforced) = (key.validated, key.enforced);
            ForeignKey { validated, enforced, target_columns, ..it.clone() } == *key
        }
        _ => false,
    });
    let above = reader.table(table).and_then(|it| it.partition_of.as_ref());
    own || above.is_some_and(|it| has_reference(reader, &it.parent, key))
}
