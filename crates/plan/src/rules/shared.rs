//! What a table shares with those above it is no object of its own: which changes come about by that. Writes no
//! statement.

use diff::Change;
use model::{AlsoOwn, Column, Index, Kind, Name, Object, ObjectId, QualName, Rule, Schema, Table};
use sql::Sameness;

use super::heir::{column_of, gained, is_alike, is_no_default_by_parent, part_of};
use super::{is_type, partition, types};

/// A part of a table that is an object of its own on one side only, where its table is on both.
struct Part<'a> {
    id: &'a ObjectId,
    table: &'a QualName,
    /// Where it is.
    own: &'a Schema,
    /// Where it is not, unless the table has it from above.
    shared: &'a Schema,
    /// Whether it becomes an object of its own.
    comes: bool,
}

/// Whether a change comes about by another one: what a table shares with its parent stops being an
/// object of its own when it is attached, and becomes one again when it is detached.
pub(crate) fn by_itself(change: &Change<'_>, actual: &Schema, desired: &Schema) -> bool {
    const SHARED: [Kind; 5] =
        [Kind::Column, Kind::NotNull, Kind::Constraint, Kind::ForeignKey, Kind::Default];
    if is_no_default_by_parent(change, actual, desired)
        || partition::is_index_by_table(change, actual, desired)
    {
        return true;
    }
    let id = change.id();
    let Some(table) = id.relation().filter(|_| SHARED.contains(&id.kind)) else { return false };
    let (own, shared, comes) = match change {
        Change::Drop { .. } => (actual, desired, false),
        Change::Create { .. } => (desired, actual, true),
        Change::Alter { .. } => return false,
    };
    Part { id, table, own, shared, comes }.is_shared()
}

impl Part<'_> {
    fn is_shared(&self) -> bool {
        let (Some(alone), Some(below)) = (self.own.table(self.table), self.shared.table(self.table)) else {
            return false;
        };
        let gained: Vec<&QualName> = gained(alone, below).collect();
        let known: Vec<&QualName> = alone.parents().flat_map(|it| self.own.lineage(it)).collect();
        let mut gained_above =
            gained.iter().flat_map(|it| self.shared.lineage(it)).filter(|it| !known.contains(it));
        // Partitions have keys from above, other children have none.
        let is_partition = below.partition_of.is_some();
        if let Some(above) = gained_above.find_map(|it| self.key_of(it)).filter(|_| is_partition) {
            let mut lent = below.also_own.lent.iter().filter(|(it, _)| *it == above);
            return lent.all(|(_, name)| self.is_lent(name, &above));
        }
        if self.is_taken_over(below) {
            return true;
        }
        // What comes by a parent that moves itself stays with the table only if that declares it too.
        let AlsoOwn { columns, checks, not_nulls: _, lent: _ } = &*below.also_own;
        let declared = if self.id.kind == Kind::Constraint { checks } else { columns };
        let declares = declared.contains(self.id.name());
        let mut all = below.parents().filter(|it| gained.contains(it) || !self.comes || declares);
        all.any(|it| self.is_from(it, &known)) || self.is_split_from(below, alone, &known)
    }

    /// Whether a key of the table's own is the one that it has from above by a name, or gives or takes this one for its own.
    fn is_lent(&self, name: &Name, above: &ObjectId) -> bool {
        let Some(own) = self.own.get(self.id) else { return false };
        let alike: Vec<ObjectId> = keys_of(own, self.table, self.own).collect();
        let named = alike.iter().find(|it| it.name() == name);
        let free = || alike.iter().find(|it| !self.shared.contains(it));
        named.or_else(free) == Some(self.id)
            && (!self.comes || named.is_some() || may_be_renamed(above, self.shared))
    }

    fn key_of(&self, parent: &QualName) -> Option<ObjectId> {
        key_of(self.own.get(self.id)?, parent, self.shared)
    }

    /// Whether the table has it from a parent by its name, or from further up, but not from what has been above all the time.
    fn is_from(&self, parent: &QualName, known: &[&QualName]) -> bool {
        // A parent that is to have no default keeps that of its own from its children.
        let default = part_of(self.shared, Kind::Default, parent, self.id.name());
        if self.id.kind == Kind::Default && matches!(default, Some(Object::Default(it)) if it.is_none()) {
            return false;
        }
        let above = self.shared.lineage(parent).into_iter();
        above.filter(|it| !known.contains(it)).find_map(|it| self.at(it)).is_some_and(|it| self.is(it))
    }

    /// The part of that name that another table has.
    fn at(&self, table: &QualName) -> Option<&Object> {
        self.shared.get(&self.id.kind.of(table, self.id.name()))
    }

    /// Whether a table that is above all the time gets it, and the two become one, or gives it up, and one becomes two:
    /// that takes no statement if they do not differ in anything.
    fn is_split_from(&self, below: &Table, alone: &Table, known: &[&QualName]) -> bool {
        let Some((from, its)) = self.split_from(below, alone, known) else { return false };
        match (self.own.get(self.id), its) {
            (Some(Object::Column(own)), Object::Column(its)) if self.comes && !known.contains(&from) => {
                // What a table has left to its children is made fit there.
                let fitted = Column { ty: its.ty.clone(), collation: its.collation.clone(), ..own.clone() };
                self.is_same_column(&fitted, its)
            }
            (Some(Object::Column(own)), Object::Column(its)) => self.is_same_column(own, its),
            _ => self.is(its),
        }
    }

    /// The table above that has it on one side alone, and what it has there.
    fn split_from<'b>(
        &'b self,
        below: &'b Table,
        alone: &Table,
        known: &[&QualName],
    ) -> Option<(&'b QualName, &'b Object)> {
        let stays = |it: &&QualName| alone.parents().any(|parent| parent == *it);
        let line: Vec<&QualName> =
            below.parents().filter(stays).flat_map(|it| self.shared.lineage(it)).collect();
        let name = self.id.name();
        // A default that is dropped above is dropped here too, unless the column itself is left to the table.
        let is_dropped = self.id.kind == Kind::Default
            && alone.parents().any(|it| column_of(self.own, it, name).is_some());
        // From 18 on a partition may have a NOT NULL besides that from above.
        let is_kept = self.id.kind == Kind::NotNull && below.also_own.not_nulls.contains(name);
        let is_split = |it: &&QualName| {
            let gives_up = match known.contains(it) {
                true => !self.hands_down(it),
                // A parent that stays has left it.
                false => line.contains(it),
            };
            let is_one = self.shared.is_partitioned(it) && !is_kept;
            gives_up && !(self.comes && (is_one || is_dropped))
        };
        let mut above = below.parents().flat_map(|it| self.shared.lineage(it)).filter(is_split);
        above.find_map(|it| Some((it, self.at(it)?)))
    }

    /// Whether a column is one with its parent's, or can be, without a statement.
    fn is_same_column(&self, own: &Column, its: &Column) -> bool {
        let ty = own.ty.user.as_ref().and_then(|it| self.own.type_named(it));
        let collation = own.collation.as_ref().map(|it| Kind::Collation.named(it));
        let mut made_of = ty.into_iter().chain(collation);
        // Then only columns that are a table's own move over.
        let stays = |of: &ObjectId| !self.comes || !is_made_anew(of, self.shared, self.own);
        own == its && own.identity.is_none() && made_of.all(|it| stays(&it))
    }

    /// Whether a table has it too, on the side where it is this table's own, and its children from there.
    fn hands_down(&self, table: &QualName) -> bool {
        match self.own.get(&self.id.kind.of(table, self.id.name())) {
            Some(Object::Constraint(it)) => !matches!(it.rule, Rule::Check { no_inherit: true, .. }),
            it => it.is_some(),
        }
    }

    /// Whether the server takes a partition's key for its part of one that comes to be above: it must be the only such.
    fn is_taken_over(&self, below: &Table) -> bool {
        let (Some(own), Some(place)) = (self.own.get(self.id), &below.partition_of) else { return false };
        let above = self.shared.lineage(&place.parent).into_iter();
        let mut keys = above.filter_map(|it| key_of(own, it, self.shared));
        let is_only = || {
            keys_of(own, self.table, self.own).count() == 1 && key_of(own, self.table, self.shared).is_none()
        };
        !self.comes && keys.any(|it| !self.own.contains(&it)) && is_only()
    }

    fn is(&self, its: &Object) -> bool {
        match (self.own.get(self.id), its) {
            (Some(Object::Constraint(own)), Object::Constraint(its)) => {
                let is_check = matches!(own.rule, Rule::Check { .. });
                let alike = |one, other| is_alike(one, other, self.table, [self.own, self.shared]);
                is_check && alike(own, its) && (!self.comes || alike(its, own))
            }
            (Some(Object::Default(own)), Object::Default(its)) if self.comes => {
                // With a column that gets another type its default is taken down.
                let ty = |schema| column_of(schema, self.table, self.id.name()).map(|it| &it.1.ty);
                let columns = sql::columns_of(self.own, self.id, 0);
                ty(self.own) == ty(self.shared) && sql::same(&own.expr, &its.expr, &columns) == Sameness::Same
            }
            (Some(Object::Default(own)), Object::Default(its)) => !its.is_none() || own.is_none(),
            (Some(Object::NotNull(own)), Object::NotNull(its)) => {
                !its.no_inherit && (!self.comes || own.name.is_none() || own.name == its.name)
            }
            (Some(Object::ForeignKey(_)), _) => false,
            _ => true,
        }
    }
}

/// Whether a type or collation, or one it is made of, may be made anew.
pub(super) fn is_made_anew(id: &ObjectId, actual: &Schema, desired: &Schema) -> bool {
    if !is_type(id) && id.kind != Kind::Collation {
        return false;
    }
    let differs = match (actual.get(id), desired.get(id)) {
        (Some(Object::Enum(old)), Some(Object::Enum(new))) => types::is_made_anew(old, new),
        (old, new) => old != new,
    };
    differs || actual.uses(id).iter().any(|it| is_made_anew(it, actual, desired))
}

/// Whether a key that a partition keeps can be given its name: those on a partitioned table have parts in their own
/// table which older servers give the names that others would have.
pub(super) fn may_be_renamed(key: &ObjectId, schema: &Schema) -> bool {
    match schema.get(key) {
        Some(Object::ForeignKey(it)) => !schema.is_partitioned(&it.target),
        _ => true,
    }
}

/// The key, foreign key or index of a table that is one with another's: they are told by what they demand.
pub(super) fn key_of(own: &Object, table: &QualName, schema: &Schema) -> Option<ObjectId> {
    keys_of(own, table, schema).next()
}

/// All of those.
pub(super) fn keys_of(own: &Object, table: &QualName, schema: &Schema) -> impl Iterator<Item = ObjectId> {
    let table = Kind::Table.named(table);
    let same = |it: &&ObjectId| schema.get(it).is_some_and(|its| is_same(own, its));
    let found: Vec<ObjectId> = schema.parts(&table).filter(same).cloned().collect();
    found.into_iter()
}

/// Whether the server would take one key, foreign key or index for a part of the other.
pub(super) fn is_same(own: &Object, other: &Object) -> bool {
    match (own, other) {
        (Object::Constraint(own), Object::Constraint(its)) => own.rule.is_indexed() && own.rule == its.rule,
        (Object::ForeignKey(own), Object::ForeignKey(its)) => own == its,
        (Object::Index(own), Object::Index(its)) => own.attached_to.is_none() && is_same_index(own, its),
        _ => false,
    }
}

/// Whether two indexes differ in nothing that would have one of them built anew.
pub(super) fn is_same_index(own: &Index, other: &Index) -> bool {
    let definition = |it: &Index| {
        let Index { unique, method, keys, include, predicate, nulls_not_distinct, .. } = it.clone();
        (unique, method, keys, include, predicate, nulls_not_distinct)
    };
    definition(own) == definition(other)
}
