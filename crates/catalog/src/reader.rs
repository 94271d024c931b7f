//! What has been read so far: the schema as it grows, and by oid what later families name. Runs no query.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    Expr, Facts, Index, Kind, Name, Object, ObjectId, Owner, Persistence, QualName, Schema, SearchPath,
    SequenceOptions, Settings, Type, Unmodelled,
};
use rustc_hash::FxHashMap;

use crate::query::Record;
use crate::{Actual, Addresses, Error};

pub(crate) struct Reader {
    pub(crate) schema: Schema,
    pub(crate) facts: Facts,
    pub(crate) addresses: Addresses,
    /// Constraints that tables have from above, which are no objects: their tables and names.
    pub(crate) clones: FxHashMap<u32, (u32, Name)>,
    pub(crate) outsiders: FxHashMap<(u32, u32), Unmodelled>,
    pub(crate) namespaces: FxHashMap<u32, Name>,
    pub(crate) roles: FxHashMap<u32, Name>,
    /// What belongs to an extension, and to which.
    pub(crate) members: FxHashMap<(u32, u32), ObjectId>,
    pub(crate) relations: FxHashMap<u32, Relation>,
    pub(crate) columns: FxHashMap<u32, Vec<Column>>,
    /// How types are written, by oid and modifier.
    pub(crate) types: FxHashMap<(u32, Option<i32>), Type>,
    pub(crate) type_names: FxHashMap<u32, QualName>,
    /// Types that are rows of a relation, and arrays of a type.
    pub(crate) row_types: Vec<(u32, u32)>,
    pub(crate) array_types: Vec<(u32, u32)>,
    /// Multirange types and constructors, and their ranges.
    pub(crate) ranges: Vec<((u32, u32), u32)>,
    /// What domains are domains of.
    pub(crate) bases: FxHashMap<u32, u32>,
    pub(crate) domains: FxHashMap<u32, QualName>,
    pub(crate) collations: FxHashMap<u32, QualName>,
    /// The sequence behind an identity column and how it counts, by relation and column number.
    pub(crate) identities: FxHashMap<(u32, i32), (u32, SequenceOptions)>,
    /// Indexes in the order they were read, until constraints have taken theirs.
    pub(crate) indexes: Vec<(u32, Index)>,
    /// Access lists that are not the built-in default, with the owner.
    pub(crate) access: Vec<(ObjectId, u32, Vec<String>)>,
    path: SearchPath,
    exprs: RefCell<FxHashMap<String, Expr>>,
}

/// A row of `pg_class`, as far as others speak of it.
pub(crate) struct Relation {
    pub(crate) name: QualName,
    /// `relkind`
    pub(crate) kind: String,
    /// Its identity, where it is of a kind that has one by itself and belongs to no extension.
    pub(crate) id: Option<ObjectId>,
    pub(crate) owner: u32,
    pub(crate) persistence: Persistence,
    pub(crate) options: Settings,
    pub(crate) access_method: Option<Name>,
    pub(crate) tablespace: Option<Name>,
    pub(crate) populated: bool,
    /// `pg_inherits`, in order.
    pub(crate) parents: Vec<u32>,
    /// `relreplident = 'i'`: an index still to be named.
    pub(crate) identity_by_index: bool,
}

/// A row of `pg_attribute`, as far as others speak of it.
pub(crate) struct Column {
    pub(crate) number: i16,
    pub(crate) name: Name,
    /// `atttypid`, `atttypmod`
    pub(crate) ty: (u32, i32),
    pub(crate) collation: u32,
    pub(crate) not_null: bool,
    pub(crate) inherited: bool,
    pub(crate) options: Settings,
    pub(crate) kept: Kept,
    /// `attstattarget` where it is set.
    pub(crate) statistics: Option<i32>,
    /// Oid and text of its row in `pg_attrdef`.
    pub(crate) default: Option<(u32, String)>,
}

/// What a column is stored and computed by, where that is not its type's: an heir is made with what its parent has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Kept {
    /// `attstorage`
    pub(crate) storage: Option<String>,
    /// `attcompression`
    pub(crate) compression: Option<String>,
    /// `attfdwoptions`
    pub(crate) foreign: Settings,
    /// The expression of a generated column.
    pub(crate) generated: Option<String>,
}

impl Reader {
    pub(crate) fn new(settings: BTreeMap<String, String>) -> Reader {
        Reader {
            schema: Schema::default(),
            facts: Facts { settings, ..Facts::default() },
            addresses: FxHashMap::default(),
            clones: FxHashMap::default(),
            outsiders: FxHashMap::default(),
            namespaces: FxHashMap::default(),
            roles: FxHashMap::default(),
            members: FxHashMap::default(),
            relations: FxHashMap::default(),
            columns: FxHashMap::default(),
            types: FxHashMap::default(),
            type_names: FxHashMap::default(),
            row_types: Vec::new(),
            array_types: Vec::new(),
            ranges: Vec::new(),
            bases: FxHashMap::default(),
            domains: FxHashMap::default(),
            collations: FxHashMap::default(),
            identities: FxHashMap::default(),
            indexes: Vec::new(),
            access: Vec::new(),
            exprs: RefCell::default(),
            path: Arc::from([Name::from("pg_catalog")]),
        }
    }

    pub(crate) fn finish(self) -> Actual {
        let Reader { schema, facts, mut addresses, outsiders, members, .. } = self;
        addresses.extend(members.into_iter().map(|((class, oid), extension)| ((class, oid, 0), extension)));
        Actual { schema, facts, addresses, outsiders }
    }

    /// Puts an object in and remembers its address.
    pub(crate) fn insert(&mut self, address: (u32, u32), id: ObjectId, object: impl Into<Object>) {
        self.addresses.insert((address.0, address.1, 0), id.clone());
        self.schema.insert(id, object);
    }

    /// Records whose an object is, and who else was let in.
    pub(crate) fn owned(&mut self, id: &ObjectId, owner: u32, acl: Option<Vec<String>>) {
        if let Some(role) = self.roles.get(&owner).cloned() {
            self.facts.owners.insert(id.clone(), role.clone());
            self.schema.insert(Kind::Owner.on(id), Owner { role });
        }
        self.access.extend(acl.map(|acl| (id.clone(), owner, acl)));
    }

    /// A text the server printed in this transaction.
    pub(crate) fn expr(&self, text: &str) -> Expr {
        // Most expressions are short defaults and column names, the same few over and over.
        const SHORT: usize = 40;
        if text.len() > SHORT {
            return sql::server_expr(text, &self.path);
        }
        if let Some(known) = self.exprs.borrow().get(text) {
            return known.clone();
        }
        let expr = sql::server_expr(text, &self.path);
        self.exprs.borrow_mut().insert(text.to_owned(), expr.clone());
        expr
    }

    pub(crate) fn is_member(&self, class: u32, oid: u32) -> bool {
        self.members.contains_key(&(class, oid))
    }

    /// The name in a namespace that is not the system's, for `{namespace, name}` columns.
    pub(crate) fn qual_name(&self, row: &Record) -> Result<Option<QualName>, Error> {
        let namespace = self.namespaces.get(&row.get::<u32>("namespace")?).cloned();
        namespace.map(|it| Ok(row.name("name")?.within(it))).transpose()
    }

    /// The type as it is written. One that is missing was made after our snapshot.
    pub(crate) fn ty(&self, query: &'static str, oid: u32, modifier: Option<i32>) -> Result<Type, Error> {
        self.types.get(&(oid, modifier)).cloned().ok_or(Error::Moved { query })
    }

    /// The types of a list of oids without modifiers.
    pub(crate) fn types(&self, query: &'static str, oids: &[u32]) -> Result<Vec<Type>, Error> {
        oids.iter().map(|it| self.ty(query, *it, None)).collect()
    }

    /// The table, if it is one of ours.
    pub(crate) fn table(&self, oid: u32) -> Option<&QualName> {
        self.relations.get(&oid).filter(|it| it.is_table()).map(|it| &it.name)
    }

    pub(crate) fn column(&self, relation: u32, number: i16) -> Option<&Column> {
        self.columns.get(&relation)?.iter().find(|it| it.number == number)
    }

    /// The names of columns by number.
    pub(crate) fn column_names(
        &self,
        row: &Record,
        relation: u32,
        numbers: &[i16],
    ) -> Result<Vec<Name>, Error> {
        let names = numbers.iter().map(|it| self.column(relation, *it).map(|it| it.name.clone()));
        names.collect::<Option<_>>().ok_or(Error::Moved { query: row.query })
    }

    /// What stands for the object at an address: for a part without identity, the whole.
    pub(crate) fn put_address(&mut self, class: u32, oid: u32, part: i32, id: ObjectId) {
        self.addresses.insert((class, oid, part), id);
    }

    /// Lists a part of a relation that is not modelled.
    pub(crate) fn unmodelled(&mut self, relation: u32, kind: &str, part: &Name) {
        let Some(Relation { name: QualName { namespace, name }, .. }) = self.relations.get(&relation) else {
            return;
        };
        let identity = format!("{namespace}.{name}.{part}");
        let namespace = Some(namespace.clone());
        self.facts.unmodelled.push(Unmodelled { kind: kind.into(), identity, namespace });
    }

    /// The identity of a relation that is one of ours.
    pub(crate) fn relation_id(&self, oid: u32) -> Option<&ObjectId> {
        self.relations.get(&oid)?.id.as_ref()
    }
}

impl Relation {
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.kind.as_str(), "r" | "p" | "f")
    }
}
