//! What the fold knows of relations beside the objects themselves: which names are taken, who stands
//! under whom, and what a table's columns are when the inherited ones count.
//!
//! Knows no statement.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use model::{Column, Constraint, Kind, Name, Object, ObjectId, QualName, Rule, Schema, Table};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::reader::Reader;
use crate::{Desired, names};

/// Names taken and tables related. An entry holds only as long as the object it names is declared.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Names of `pg_class` and the objects that took them; an identity's sequence is its column's, the
    /// index of a partition that belongs to one above is the partition's.
    relations: FxHashMap<QualName, Vec<ObjectId>>,
    /// Objects by bare name.
    names: FxHashMap<Name, FxHashSet<ObjectId>>,
    /// Names of constraints, which the server keeps apart within a namespace when it chooses them.
    constraints: FxHashMap<QualName, Vec<ObjectId>>,
    /// Sequences behind identity columns.
    identities: FxHashMap<QualName, ObjectId>,
    /// Tables that inherit, by what they inherit from.
    heirs: FxHashMap<QualName, Vec<QualName>>,
    /// Copies of keys that partitions have from above, and what they are called.
    lent: FxHashMap<QualName, Vec<(Constraint, Name)>>,
    /// Foreign keys of partitions that came after an equal one above, and so stay their own.
    apart: FxHashSet<ObjectId>,
    /// Names of relations and of constraints that objects under `ignore` have: nothing else is given them.
    ignored: [HashSet<QualName>; 2],
    /// Temporary relations, which are never ours.
    temporary: HashSet<Name>,
    /// How far the numbers of a name were taken when one was last chosen, and how many objects had departed.
    numbers: RefCell<HashMap<Chosen, (u64, u32)>>,
    /// The labels of the enum that was last asked for one, as long as nothing departs.
    labels: Option<(ObjectId, u64, HashSet<String>)>,
}

/// What a name is chosen from: table, column and label, and whether names of constraints are kept away from.
type Chosen = (QualName, Option<String>, &'static str, bool);

/// The name of a constraint, which the server keeps apart within a namespace when it chooses it.
fn constraint_name(id: &ObjectId) -> Option<QualName> {
    let is_constraint = matches!(id.kind, Kind::Constraint | Kind::ForeignKey | Kind::DomainConstraint);
    let relation = id.relation().filter(|_| is_constraint)?;
    Some(id.name().clone().within(relation.namespace.clone()))
}

impl Reader<'_> {
    /// Remembers the names an object takes.
    pub(crate) fn note(&mut self, id: &ObjectId, object: &Object) {
        if !id.kind.meta().satellite {
            self.state.names.entry(id.name().clone()).or_default().insert(id.clone());
        }
        for (space, name) in object.claims(id) {
            if space == model::Space::Relation {
                self.state.relations.entry(name).or_default().push(id.clone());
            }
        }
        if let Some(name) = constraint_name(id) {
            self.state.constraints.entry(name).or_default().push(id.clone());
        }
        if let Object::Table(table) = object
            && let Some(child) = id.qual_name()
        {
            for parent in table.parents() {
                self.state.heirs.entry(parent.clone()).or_default().push(child.clone());
            }
        }
    }

    /// Everything that was declared under a bare name, taken away since or not.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &ObjectId> {
        let mut found: Vec<&ObjectId> =
            self.state.names.get(&Name::from(name)).into_iter().flatten().collect();
        found.sort();
        found.into_iter()
    }

    /// Takes a name of `pg_class` for something that is no object but lives as long as one.
    pub(crate) fn take_relation_name(&mut self, name: QualName, by: &ObjectId) {
        self.state.relations.entry(name).or_default().push(by.clone());
    }

    /// Takes a name of `pg_class` and of a constraint for a partition's copy of a key.
    pub(crate) fn take_key_name(&mut self, name: QualName, by: &ObjectId) {
        self.state.constraints.entry(name.clone()).or_default().push(by.clone());
        self.take_relation_name(name, by);
    }

    /// Remembers a partition's copy of a key.
    pub(crate) fn lend(&mut self, child: &QualName, key: Constraint, name: Name) {
        self.state.lent.entry(child.clone()).or_default().push((key, name));
    }

    /// The copies of keys a partition was given.
    pub(crate) fn lent(&self, child: &QualName) -> &[(Constraint, Name)] {
        self.state.lent.get(child).map(Vec::as_slice).unwrap_or_default()
    }

    /// Remembers that a partition's foreign key stays its own though one above is equal.
    pub(crate) fn keep_apart(&mut self, id: &ObjectId) {
        self.state.apart.insert(id.clone());
    }

    /// Forgets that of a table: as it comes under another one, what is equal becomes one.
    pub(crate) fn bring_together(&mut self, table: &QualName) {
        self.state.apart.retain(|it| it.relation() != Some(table));
    }

    /// Whether a partition's foreign key stays its own though one above is equal.
    pub(crate) fn is_apart(&self, id: &ObjectId) -> bool {
        self.state.apart.contains(id)
    }

    /// The partitions that were given copies of keys.
    pub(crate) fn lenders(&self) -> Vec<QualName> {
        self.state.lent.keys().cloned().collect()
    }

    /// Remembers the sequence behind an identity column.
    pub(crate) fn take_identity_name(&mut self, name: QualName, column: &ObjectId) {
        self.take_relation_name(name.clone(), column);
        self.state.identities.insert(name, column.clone());
    }

    /// The identity column whose sequence has that name.
    pub(crate) fn identity(&self, parts: &[Name]) -> Option<ObjectId> {
        let known = |it: &QualName| self.state.identities.get(it).cloned();
        self.lookup(parts, known).filter(|it| self.desired.schema.contains(it))
    }

    /// The sequences behind the identity columns of a namespace. They are no objects of the schema, but
    /// can be granted on.
    pub(crate) fn identity_sequences(&self, namespaces: &[Name]) -> Vec<ObjectId> {
        let ours = |(name, column): &(&QualName, &ObjectId)| {
            namespaces.contains(&name.namespace) && self.desired.schema.contains(column)
        };
        let mut found: Vec<ObjectId> =
            self.state.identities.iter().filter(ours).map(|(name, _)| Kind::Sequence.named(name)).collect();
        found.sort();
        found
    }

    /// Takes out grants on sequences behind identity columns that are gone.
    pub(crate) fn drop_stray_grants(&mut self) {
        let schema = &self.desired.schema;
        let is_there = |it: &ObjectId| {
            let column = it.qual_name().and_then(|name| self.state.identities.get(name));
            schema.contains(it) || column.is_some_and(|column| schema.contains(column))
        };
        let is_stray = |id: &ObjectId| {
            let target = id.target().filter(|it| it.kind == Kind::Sequence);
            id.kind == Kind::Grant && target.is_some_and(|it| !is_there(it))
        };
        let stray: Vec<ObjectId> = schema.iter().map(|it| it.0).filter(|it| is_stray(it)).cloned().collect();
        for id in stray {
            self.desired.schema.remove(&id);
        }
    }

    /// The sequence behind an identity column, by its own name.
    pub(crate) fn identity_sequence(&self, parts: &[Name]) -> Option<ObjectId> {
        self.identity(parts)?;
        self.lookup(parts, |it| self.state.identities.contains_key(it).then(|| Kind::Sequence.named(it)))
    }

    /// Follows a change of identities.
    pub(crate) fn renumber(&mut self, moved: &HashMap<ObjectId, ObjectId>) {
        let kept = |names: FxHashMap<QualName, Vec<ObjectId>>| -> FxHashMap<QualName, Vec<ObjectId>> {
            let of = |it: ObjectId| moved.get(&it).cloned().unwrap_or(it);
            // What an object took by its own name is taken anew below.
            let lent = |name: &QualName, id: &ObjectId| {
                matches!(id.kind, Kind::Table | Kind::Column) && id.qual_name() != Some(name)
            };
            let ids = |name: &QualName, it: Vec<ObjectId>| {
                it.into_iter().filter(|it| lent(name, it)).map(of).collect()
            };
            names.into_iter().map(|(name, it)| (name.clone(), ids(&name, it))).collect()
        };
        self.state.relations = kept(std::mem::take(&mut self.state.relations));
        self.state.constraints = kept(std::mem::take(&mut self.state.constraints));
        let identities = std::mem::take(&mut self.state.identities).into_iter();
        self.state.identities = identities
            .map(|(name, id)| {
                let id = moved.get(&id).cloned().unwrap_or(id);
                let namespace = id.relation().map_or(&name.namespace, |it| &it.namespace).clone();
                (name.name.within(namespace), id)
            })
            .collect();
        let apart = std::mem::take(&mut self.state.apart).into_iter();
        self.state.apart = apart.map(|it| moved.get(&it).cloned().unwrap_or(it)).collect();
        let lent = std::mem::take(&mut self.state.lent).into_iter();
        let of = |it: QualName| {
            moved.get(&Kind::Table.named(&it)).and_then(ObjectId::qual_name).cloned().unwrap_or(it)
        };
        self.state.lent = lent.map(|(child, keys)| (of(child), keys)).collect();
        self.state.heirs.clear();
        let schema = std::mem::take(&mut self.desired.schema);
        schema.iter().for_each(|(id, object)| self.note(id, object));
        self.desired.schema = schema;
    }

    /// Whether an enum has a label.
    pub(crate) fn has_label(&mut self, id: &ObjectId, label: &str) -> bool {
        let departures = self.desired.schema.departures();
        if !matches!(&self.state.labels, Some((of, then, _)) if of == id && *then == departures) {
            let labels = match self.desired.schema.get(id) {
                Some(Object::Enum(it)) => it.labels.iter().cloned().collect(),
                _ => HashSet::new(),
            };
            self.state.labels = Some((id.clone(), departures, labels));
        }
        self.state.labels.as_ref().is_some_and(|it| it.2.contains(label))
    }

    /// Remembers that an enum gets a label.
    pub(crate) fn note_label(&mut self, id: &ObjectId, label: &str) {
        if let Some((_, _, labels)) = self.state.labels.as_mut().filter(|it| it.0 == *id) {
            labels.insert(label.to_owned());
        }
    }

    /// Puts a schema in whole. Each counts its own departures, so that what was chosen and asked in the one
    /// before may not be taken for what holds in this one: who changes the schema otherwise than object by
    /// object does it here or in [`Self::aside`] (`cargo xtask floors` sees to that).
    pub(crate) fn put_whole(&mut self, schema: Schema) {
        self.state.numbers.take();
        self.state.labels = None;
        self.desired.schema = schema;
    }

    /// Reads into a copy of what is declared so far, and gives back what that came to. Nothing of it stays but
    /// the texts that were read and the names of temporary relations, which are never ours in any case.
    pub(crate) fn aside(&mut self, read: impl FnOnce(&mut Self)) -> Desired {
        let state = self.state.clone();
        let sources = std::mem::take(&mut self.desired.sources);
        let schema = self.desired.schema.clone();
        let before = std::mem::replace(&mut self.desired, Desired { schema, sources, ..Desired::default() });
        read(self);
        let temporary = std::mem::take(&mut self.state.temporary);
        self.state = State { temporary, ..state };
        let mut read = std::mem::replace(&mut self.desired, before);
        std::mem::swap(&mut self.desired.sources, &mut read.sources);
        read
    }

    /// Keeps the names of what was read under `ignore`: where the script has run, it is there.
    pub(crate) fn leave_names(&mut self, read: &Desired) {
        let [relations, constraints] = &mut self.state.ignored;
        for (id, object) in read.spans.keys().filter_map(|id| Some((id, read.schema.get(id)?))) {
            let claims = object.claims(id).into_iter().filter(|(space, _)| *space == model::Space::Relation);
            relations.extend(claims.map(|(_, name)| name));
            constraints.extend(constraint_name(id));
        }
    }

    /// Remembers a temporary relation.
    pub(crate) fn note_temporary(&mut self, name: &Name) {
        self.state.temporary.insert(name.clone());
    }

    /// Whether a name means a temporary relation.
    pub(crate) fn is_temporary(&self, parts: &[Name]) -> bool {
        match parts {
            [name] => self.state.temporary.contains(name),
            [namespace, _] => namespace.as_str() == "pg_temp",
            _ => false,
        }
    }

    /// Whether a relation, index or constraint's index of that name is declared.
    pub(crate) fn relation_taken(&self, name: &QualName) -> bool {
        let mut holders = self.state.relations.get(name).into_iter().flatten();
        holders.any(|it| self.desired.schema.contains(it))
    }

    /// Whether a relation has that name, be it one that is ignored.
    fn is_relation_kept(&self, name: &QualName) -> bool {
        self.relation_taken(name) || self.state.ignored[0].contains(name)
    }

    /// Whether a constraint has that name, be it one that is ignored.
    fn is_constraint_kept(&self, name: &QualName) -> bool {
        let mut holders = self.state.constraints.get(name).into_iter().flatten();
        holders.any(|it| self.desired.schema.contains(it)) || self.state.ignored[1].contains(name)
    }

    /// The constraint whose index has that name.
    pub(crate) fn constraint_behind(&self, index: &QualName) -> Option<ObjectId> {
        let mut holders = self.state.relations.get(index).into_iter().flatten();
        let found = holders.find(|it| it.kind == Kind::Constraint && self.desired.schema.contains(it));
        found.cloned()
    }

    /// The name the server chooses for a sequence or an index; a constraint's index keeps away from the
    /// names of constraints too (`ChooseRelationName`).
    pub(crate) fn choose_relation(
        &self,
        table: &QualName,
        second: Option<&str>,
        label: &'static str,
        is_constraint: bool,
    ) -> Name {
        self.choose((table, second, label, is_constraint), |name| {
            self.is_relation_kept(name) || is_constraint && self.is_constraint_kept(name)
        })
    }

    /// The name the server chooses for a check or foreign key (`ChooseConstraintName`).
    pub(crate) fn choose_constraint(
        &self,
        table: &QualName,
        second: Option<&str>,
        label: &'static str,
    ) -> Name {
        self.choose((table, second, label, true), |name| self.is_constraint_kept(name))
    }

    /// The first name of that make that is free.
    pub(crate) fn choose(
        &self,
        (table, second, label, is_constraint): (&QualName, Option<&str>, &'static str, bool),
        taken: impl Fn(&QualName) -> bool,
    ) -> Name {
        let mut numbers = self.state.numbers.borrow_mut();
        let departures = self.desired.schema.departures();
        let known = numbers.entry((table.clone(), second.map(str::to_owned), label, is_constraint));
        let (then, number) = known.or_insert((departures, 0));
        let from = if *then == departures { *number } else { 0 };
        let taken = |it: &str| taken(&Name::from(it).within(table.namespace.clone()));
        let (name, reached) = names::choose((table.name.as_str(), second, label), from, taken);
        (*then, *number) = (departures, reached);
        name.into()
    }

    /// A declared table.
    pub(crate) fn table(&self, name: &QualName) -> Option<&Table> {
        self.desired.schema.table(name)
    }

    /// What a table is a partition of or inherits from, one level up.
    pub(crate) fn parents(&self, name: &QualName) -> Vec<QualName> {
        self.table(name).into_iter().flat_map(Table::parents).cloned().collect()
    }

    /// The tables directly under a table, in order of declaration.
    pub(crate) fn heirs(&self, name: &QualName) -> Vec<QualName> {
        let mut heirs = self.state.heirs.get(name).cloned().unwrap_or_default();
        let mut seen = HashSet::new();
        heirs.retain(|it| self.parents(it).contains(name) && seen.insert(it.clone()));
        heirs
    }

    /// The heirs of a table and theirs that an end is not put to, each once.
    pub(crate) fn all_below(&self, table: &QualName, goes_on: impl Fn(&QualName) -> bool) -> Vec<QualName> {
        let (mut found, mut at) = (self.heirs(table), 0);
        found.retain(&goes_on);
        let mut seen: HashSet<QualName> = found.iter().cloned().collect();
        while let Some(table) = found.get(at).cloned() {
            let heirs = self.heirs(&table).into_iter();
            found.extend(heirs.filter(|it| goes_on(it) && seen.insert(it.clone())));
            at += 1;
        }
        found
    }

    /// The partitions directly under a table.
    pub(crate) fn partitions(&self, name: &QualName) -> Vec<QualName> {
        let mut heirs = self.heirs(name);
        heirs.retain(|it| self.table(it).is_some_and(|it| it.partition_of.is_some()));
        heirs
    }

    /// A column's own object, here or in a parent.
    pub(crate) fn column(&self, table: &QualName, name: &Name) -> Option<&Column> {
        match self.desired.schema.get(&Kind::Column.of(table, name)) {
            Some(Object::Column(it)) => Some(it),
            _ => self.parents(table).iter().find_map(|it| self.column(it, name)),
        }
    }

    /// The names of a table's columns, the inherited ones first.
    pub(crate) fn columns(&self, table: &QualName) -> Vec<Name> {
        let mut columns: Vec<Name> = self.parents(table).iter().flat_map(|it| self.columns(it)).collect();
        let id = Kind::Table.named(table);
        let children = self.desired.schema.children(&id);
        columns.extend(children.filter(|it| it.kind == Kind::Column).map(|it| it.name().clone()));
        let mut seen = HashSet::new();
        columns.retain(|it| seen.insert(it.clone()));
        columns
    }

    /// What of a kind belongs to a column, here or in a parent: its default, its NOT NULL.
    pub(crate) fn of_column(&self, kind: Kind, table: &QualName, column: &Name) -> Option<&Object> {
        let own = self.desired.schema.get(&kind.of(table, column));
        own.or_else(|| self.parents(table).iter().find_map(|it| self.of_column(kind, it, column)))
    }

    /// The columns of a table's primary key; a partition has its parent's. Of a table the file does not
    /// declare, the live one's.
    pub(crate) fn primary_key(&self, table: &QualName) -> Option<Vec<Name>> {
        let own = self.constraints_of(table).into_iter().find_map(|id| match self.desired.schema.get(&id) {
            Some(Object::Constraint(it)) => match &it.rule {
                Rule::PrimaryKey { columns, .. } => Some(columns.clone()),
                _ => None,
            },
            _ => None,
        });
        let Some(declared) = self.table(table) else { return self.facts.keys.get(table).cloned() };
        own.or_else(|| declared.partition_of.as_ref().and_then(|it| self.primary_key(&it.parent)))
    }

    /// A table's own checks and keys, in order of declaration.
    pub(crate) fn constraints_of(&self, table: &QualName) -> Vec<ObjectId> {
        self.parts_of(&Kind::Table.named(table), Kind::Constraint)
    }

    /// What of a kind lives directly on a relation, in order of declaration.
    pub(crate) fn parts_of(&self, relation: &ObjectId, kind: Kind) -> Vec<ObjectId> {
        self.desired.schema.parts(relation).filter(|it| it.kind == kind).cloned().collect()
    }

    /// Changes a declared table in place.
    pub(crate) fn change_table(&mut self, name: &QualName, change: impl FnOnce(&mut Table)) {
        if let Some(Object::Table(table)) = self.desired.schema.get_mut(&Kind::Table.named(name)) {
            change(table);
        }
    }

    /// Changes a column's own object in place; false where the table has none of that name.
    pub(crate) fn change_column(
        &mut self,
        table: &QualName,
        name: &Name,
        change: impl FnOnce(&mut Column),
    ) -> bool {
        let id = Kind::Column.of(table, name);
        let Some(Object::Column(column)) = self.desired.schema.get(&id) else { return false };
        let mut column = column.clone();
        change(&mut column);
        // Put down again, so that the sequence behind it is known by the name it gets.
        self.desired.schema.insert(id, column);
        true
    }
}
