//! Who stands above whom among tables. Does not know what those above hand down.

use std::collections::HashMap;

use crate::{Kind, Object, ObjectId, PartitionOf, QualName, Schema, Table};

impl Table {
    /// What it is a partition of or inherits from, in order.
    pub fn parents(&self) -> impl Iterator<Item = &QualName> {
        self.partition_of.iter().map(|it| &it.parent).chain(&self.inherits)
    }
}

impl Schema {
    /// The table of that name.
    pub fn table(&self, name: &QualName) -> Option<&Table> {
        match self.get(&Kind::Table.named(name)) {
            Some(Object::Table(it)) => Some(it),
            _ => None,
        }
    }

    /// What a table is a partition of.
    pub fn partition_of(&self, table: &ObjectId) -> Option<&PartitionOf> {
        match self.get(table)? {
            Object::Table(it) => it.partition_of.as_ref(),
            _ => None,
        }
    }

    /// Whether the table of that name is partitioned (`pg_class.relkind` p).
    pub fn is_partitioned(&self, name: &QualName) -> bool {
        self.table(name).is_some_and(|it| it.partition_by.is_some())
    }

    /// The tables right below each table that has any.
    pub fn heirs(&self) -> HashMap<&QualName, Vec<&QualName>> {
        let mut heirs: HashMap<&QualName, Vec<&QualName>> = HashMap::new();
        for (id, object) in self.iter() {
            let (Object::Table(table), Some(name)) = (object, id.qual_name()) else { continue };
            table.parents().for_each(|it| heirs.entry(it).or_default().push(name));
        }
        heirs
    }

    /// A table and those above it, all levels up, the nearest first, each once.
    pub fn lineage<'a>(&'a self, table: &'a QualName) -> Vec<&'a QualName> {
        let mut line = vec![table];
        let mut at = 0;
        while let Some(name) = line.get(at).copied() {
            at += 1;
            for parent in self.table(name).into_iter().flat_map(Table::parents) {
                if !line.contains(&parent) {
                    line.push(parent);
                }
            }
        }
        line
    }

    /// The tables above a table, all levels up, the nearest first, each once.
    pub fn above<'a>(&'a self, table: &'a QualName) -> impl Iterator<Item = &'a QualName> {
        self.lineage(table).into_iter().skip(1)
    }

    /// The column that goes by an identity: of the relation itself, else of the tables above it.
    pub fn column(&self, id: ObjectId) -> Option<ObjectId> {
        if self.contains(&id) {
            return Some(id);
        }
        let mut columns = self.above(id.relation()?).map(|it| Kind::Column.of(it, id.name()));
        columns.find(|it| self.contains(it))
    }
}
