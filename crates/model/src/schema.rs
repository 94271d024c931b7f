//! The map that holds a schema, and what can be asked of it. A value: `==`, serialise, fingerprint.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use serde::{Serialize, Serializer};

use crate::{Expr, Kind, Mention, Name, Object, ObjectId, Path, QualName, Rule};

/// A whole database schema, desired or actual. Order of insertion is kept and never compared.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Boxed, because a map that grows moves its entries, and some kinds of object are large.
    nodes: IndexMap<ObjectId, Box<Object>, FxBuildHasher>,
    children: FxHashMap<ObjectId, Children>,
    /// Routines by qualified name, because calls are written without types.
    routines: FxHashMap<QualName, Vec<ObjectId>>,
    /// Operator classes, because who uses one by default does not name it.
    classes: Vec<ObjectId>,
    /// Casts, because who uses one names a type at most.
    casts: Vec<ObjectId>,
    /// What others stand behind ([`Object::stands_behind`]), and who.
    behind: FxHashMap<ObjectId, ObjectId>,
    /// What the server says uses what, where it was asked.
    edges: FxHashMap<ObjectId, Vec<ObjectId>>,
    /// How often something was taken out or put elsewhere.
    departures: u64,
}

/// What lives and dies with an object. Its partitions are kept apart: of them there may be very many.
#[derive(Clone, Debug, Default)]
struct Children {
    parts: Vec<ObjectId>,
    partitions: Vec<ObjectId>,
}

impl Children {
    fn of(&mut self, kind: Kind) -> &mut Vec<ObjectId> {
        if kind == Kind::Table { &mut self.partitions } else { &mut self.parts }
    }
}

/// Who uses whom, the other way round: made once for a schema that no longer changes.
#[derive(Debug, Default)]
pub struct Users {
    users: FxHashMap<ObjectId, Vec<ObjectId>>,
}

/// Where PostgreSQL keeps names unique (a name is free or taken within one of these).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Space {
    /// `pg_class`: tables, views, sequences, indexes, also those behind constraints.
    Relation,
    /// `pg_type`: types and the row types of relations.
    Type,
    /// `pg_proc`: a routine's name, whatever its types, because a call cannot tell kinds apart.
    Routine,
}

impl Schema {
    /// Puts an object in, in the place of one of the same identity.
    pub fn insert(&mut self, id: ObjectId, object: impl Into<Object>) {
        let object = object.into();
        debug_assert_eq!(id.kind, object.kind());
        let parent = object.parent(&id);
        let also = object.stands_behind(&id);
        if let Some(old) = self.nodes.get_mut(&id) {
            // What stays where it is is not looked for among all its siblings.
            if old.parent(&id) == parent {
                let had = old.stands_behind(&id);
                **old = object;
                self.stand_behind(&id, had, also);
                return;
            }
            self.unlink(&id);
        }
        if let Some(parent) = parent {
            self.children.entry(parent).or_default().of(id.kind).push(id.clone());
        }
        if let Path::Routine(name, _) = &id.path {
            self.routines.entry(name.clone()).or_default().push(id.clone());
        }
        if id.kind == Kind::OperatorClass {
            self.classes.push(id.clone());
        }
        if id.kind == Kind::Cast {
            self.casts.push(id.clone());
        }
        self.stand_behind(&id, None, also);
        self.nodes.insert(id, Box::new(object));
    }

    /// Says what an object stands behind now, in the place of what it stood behind.
    fn stand_behind(&mut self, id: &ObjectId, had: Option<ObjectId>, has: Option<ObjectId>) {
        if let Some(had) = had.filter(|it| self.behind.get(it) == Some(id)) {
            self.behind.remove(&had);
        }
        if let Some(has) = has {
            self.behind.insert(has, id.clone());
        }
    }

    /// Takes an object out, and what lives and dies with it.
    pub fn remove(&mut self, id: &ObjectId) -> Option<Object> {
        for child in self.children(id).cloned().collect::<Vec<_>>() {
            self.remove(&child);
        }
        self.unlink(id);
        self.nodes.shift_remove(id).map(|it| *it)
    }

    fn unlink(&mut self, id: &ObjectId) {
        let Some(old) = self.nodes.get(id).map(Box::as_ref) else { return };
        self.departures += 1;
        if let Some(siblings) = old.parent(id).and_then(|it| self.children.get_mut(&it)) {
            siblings.of(id.kind).retain(|it| it != id);
        }
        if let Path::Routine(name, _) = &id.path
            && let Some(same) = self.routines.get_mut(name)
        {
            same.retain(|it| it != id);
        }
        if id.kind == Kind::OperatorClass {
            self.classes.retain(|it| it != id);
        }
        if id.kind == Kind::Cast {
            self.casts.retain(|it| it != id);
        }
        let had = old.stands_behind(id);
        self.stand_behind(id, had, None);
    }

    /// Keeps the objects that pass. Cheaper than removing one by one; does not follow children.
    pub fn retain(&mut self, mut keep: impl FnMut(&ObjectId, &Object) -> bool) {
        self.nodes.retain(|id, object| keep(id, object));
        self.departures += 1;
        let nodes = &self.nodes;
        for list in self
            .children
            .values_mut()
            .flat_map(|it| [&mut it.parts, &mut it.partitions])
            .chain(self.routines.values_mut())
            .chain([&mut self.classes, &mut self.casts])
        {
            list.retain(|it| nodes.contains_key(it));
        }
    }

    /// Gives an object another identity, and what lives and dies with it (comments, grants) along. What
    /// *mentions* it keeps the old name; `sql::renamed` sees to that.
    pub fn rename(&mut self, from: &ObjectId, to: &ObjectId) {
        let below: Vec<ObjectId> =
            self.children(from).filter(|it| it.target() == Some(from)).cloned().collect();
        for id in below {
            self.rename(&id, &id.about(to));
        }
        self.unlink(from);
        if let Some(object) = self.nodes.shift_remove(from) {
            self.insert(to.clone(), *object);
        }
    }

    /// The object of that identity.
    pub fn get(&self, id: &ObjectId) -> Option<&Object> {
        self.nodes.get(id).map(Box::as_ref)
    }

    /// The object of that identity, to change what its parent does not depend on.
    pub fn get_mut(&mut self, id: &ObjectId) -> Option<&mut Object> {
        self.nodes.get_mut(id).map(Box::as_mut)
    }

    /// Whether there is an object of that identity.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.nodes.contains_key(id)
    }

    /// Stands still as long as no object is taken out: a name that was taken is taken still.
    pub fn departures(&self) -> u64 {
        self.departures
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Every object, in order of insertion.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectId, &Object)> {
        self.nodes.iter().map(|(id, object)| (id, &**object))
    }

    /// What lives and dies with an object, one level down, in order of insertion; partitions last.
    pub fn children(&self, parent: &ObjectId) -> impl Iterator<Item = &ObjectId> {
        self.children.get(parent).into_iter().flat_map(|it| it.parts.iter().chain(&it.partitions))
    }

    /// The same without partitions: however many a table has, its columns are soon found.
    pub fn parts(&self, whole: &ObjectId) -> impl Iterator<Item = &ObjectId> {
        self.children.get(whole).into_iter().flat_map(|it| &it.parts)
    }

    /// What lives and dies with an object, all levels down.
    pub fn descendants(&self, id: &ObjectId) -> Vec<ObjectId> {
        let mut found: Vec<ObjectId> = self.children(id).cloned().collect();
        let mut at = 0;
        while at < found.len() {
            let below: Vec<ObjectId> = self.children(&found[at]).cloned().collect();
            found.extend(below);
            at += 1;
        }
        found
    }

    /// The object this one lives and dies with, if the schema holds it.
    pub fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        self.nodes.get(id)?.parent(id)
    }

    /// Every cast.
    pub(crate) fn casts(&self) -> &[ObjectId] {
        &self.casts
    }

    /// The names of a type that other objects know it by: a range goes by that of its multirange type too.
    pub fn names_of<'a>(&'a self, id: &'a ObjectId) -> Vec<&'a QualName> {
        let multirange = match self.get(id) {
            Some(Object::Range(it)) => Some(&it.multirange),
            _ => None,
        };
        id.qual_name().into_iter().chain(multirange).collect()
    }

    /// The object behind what is none of its own: the range type of a multirange type, the identity column of a
    /// sequence.
    fn behind(&self, id: ObjectId) -> ObjectId {
        let may_be = matches!(id.kind, Kind::Range | Kind::Sequence) && !self.contains(&id);
        self.behind.get(&id).filter(|_| may_be).cloned().unwrap_or(id)
    }

    /// What an object of the schema uses, among what the schema holds: what its fields and mentions
    /// tell, and what the server told ([`Schema::link`]).
    pub fn uses(&self, id: &ObjectId) -> Vec<ObjectId> {
        let Some(object) = self.nodes.get(id) else { return Vec::new() };
        let told = self.edges.get(id).into_iter().flatten().cloned();
        let mut seen = FxHashSet::default();
        let own = object.uses(id, self).into_iter().map(|it| self.behind(it));
        let own = own.filter_map(|it| if it.kind == Kind::Column { self.column(it) } else { Some(it) });
        let mut uses: Vec<ObjectId> = own.chain(told).collect();
        uses.retain(|it| it != id && self.nodes.contains_key(it) && seen.insert(it.clone()));
        uses
    }

    /// Records that the server says one object uses another.
    pub fn link(&mut self, user: &ObjectId, used: ObjectId) {
        self.edges.entry(user.clone()).or_default().push(used);
    }

    /// Every recorded use: user and used.
    pub fn links(&self) -> impl Iterator<Item = (&ObjectId, &ObjectId)> {
        self.edges.iter().flat_map(|(user, used)| used.iter().map(move |it| (user, it)))
    }

    /// Turns the uses of every object round.
    pub fn users(&self) -> Users {
        let mut users: FxHashMap<ObjectId, Vec<ObjectId>> = FxHashMap::default();
        for id in self.nodes.keys() {
            for used in self.uses(id) {
                users.entry(used).or_default().push(id.clone());
            }
        }
        Users { users }
    }

    /// The routines of a qualified name, whatever their types.
    pub fn routines(&self, name: &QualName) -> impl Iterator<Item = &ObjectId> {
        self.routines.get(name).into_iter().flatten()
    }

    /// The relation of a qualified name, of whatever kind.
    pub fn relation(&self, name: &QualName) -> Option<ObjectId> {
        const RELATIONS: [Kind; 4] = [Kind::Table, Kind::View, Kind::MaterializedView, Kind::Sequence];
        RELATIONS.iter().map(|it| it.named(name)).find(|it| self.contains(it))
    }

    /// The type of a qualified name, row types included.
    pub fn type_named(&self, name: &QualName) -> Option<ObjectId> {
        let found = crate::types::TYPES.iter().map(|it| it.named(name)).find(|it| self.contains(it));
        found.or_else(|| self.behind.get(&Kind::Range.named(name)).filter(|it| self.contains(it)).cloned())
    }

    /// The classes of the schema that are the default of an access method for a type.
    pub(crate) fn default_class(&self, access: &str, ty: &crate::Type) -> Vec<ObjectId> {
        let fits = |id: &&ObjectId| match self.get(id) {
            Some(Object::OperatorClass(it)) => {
                it.default && it.ty == *ty && *crate::operator_class::method(id) == *access
            }
            _ => false,
        };
        self.classes.iter().filter(fits).cloned().collect()
    }

    /// The classes of the schema that an access method takes for columns of a table without being told.
    pub(crate) fn default_classes<'a>(
        &self,
        access: &str,
        table: &QualName,
        columns: impl Iterator<Item = &'a Name>,
    ) -> Vec<ObjectId> {
        if self.classes.is_empty() {
            return Vec::new();
        }
        let types = columns.filter_map(|name| match self.get(&Kind::Column.of(table, name)) {
            Some(Object::Column(it)) => Some(&it.ty),
            _ => None,
        });
        types.flat_map(|it| self.default_class(access, it)).collect()
    }

    /// What an expression mentions, resolved as the server would under the expression's path. `own` is
    /// the relation whose columns bare names mean. What cannot be resolved is left out.
    pub fn mentioned(&self, expr: &Expr, own: Option<&QualName>) -> Vec<ObjectId> {
        let mut found = Vec::new();
        for mention in expr.mentions.iter() {
            match mention {
                Mention::Relation(parts) => {
                    found.extend(self.resolve(parts, expr, |it| self.relation(it)));
                }
                Mention::Type(parts) => {
                    let ty = self.resolve(parts, expr, |it| self.type_named(it));
                    found.extend(self.casts_of(parts, ty.as_ref()));
                    found.extend(ty);
                }
                Mention::Function(parts) => {
                    let all = |it: &QualName| {
                        let mut routines: Vec<ObjectId> = self.routines(it).cloned().collect();
                        if routines.is_empty() {
                            // Range types are made by functions of their own name.
                            routines.extend(self.type_named(it).filter(|it| it.kind == Kind::Range));
                        }
                        (!routines.is_empty()).then_some(routines)
                    };
                    found.extend(self.resolve(parts, expr, all).into_iter().flatten());
                }
                Mention::Collation(parts) => {
                    let named =
                        |it: &QualName| Some(Kind::Collation.named(it)).filter(|it| self.contains(it));
                    found.extend(self.resolve(parts, expr, named));
                }
                Mention::Operator(parts) => found.extend(self.mentioned_operators(parts, expr)),
                Mention::Column(parts) => {
                    let column = own.zip(parts.last()).map(|(table, name)| Kind::Column.of(table, name));
                    found.extend(column.and_then(|it| self.column(it)));
                }
                Mention::Star => {
                    let table = own.map(|it| Kind::Table.named(it));
                    let all = table.iter().flat_map(|it| self.parts(it));
                    found.extend(all.filter(|it| it.kind == Kind::Column).cloned());
                }
            }
        }
        found
    }

    fn resolve<T>(&self, parts: &[Name], expr: &Expr, find: impl Fn(&QualName) -> Option<T>) -> Option<T> {
        match parts {
            [name] => expr.path.iter().find_map(|it| find(&name.clone().within(it.clone()))),
            [.., namespace, name] => find(&name.clone().within(namespace.clone())),
            [] => None,
        }
    }

    /// The primary key, unique constraint or unique index over exactly these columns of a table.
    pub(crate) fn key(&self, table: &QualName, columns: &[Name]) -> Option<&ObjectId> {
        let table = Kind::Table.named(table);
        let same = |own: &[Name]| own.len() == columns.len() && own.iter().all(|it| columns.contains(it));
        self.parts(&table).find(|id| match self.get(id) {
            Some(Object::Constraint(it)) => it.rule.key().is_some_and(same),
            Some(Object::Index(it)) if it.unique && it.predicate.is_none() => {
                let keys: Option<Vec<Name>> = it.keys.iter().map(|it| it.column.clone()).collect();
                keys.is_some_and(|it| same(&it))
            }
            _ => false,
        })
    }

    pub(crate) fn is_key(&self, id: &ObjectId) -> bool {
        matches!(self.get(id), Some(Object::Constraint(it)) if matches!(it.rule, Rule::PrimaryKey { .. }))
    }
}

impl Users {
    /// The objects that use this one.
    pub fn of(&self, id: &ObjectId) -> impl Iterator<Item = &ObjectId> {
        self.users.get(id).into_iter().flatten()
    }
}

impl Object {
    /// The object with every expression left out: what of it can be compared without asking anyone.
    #[must_use]
    pub fn bones(&self) -> Object {
        let mut bones = self.clone();
        for expr in bones.exprs_mut() {
            expr.key = "".into();
        }
        if let Some(columns) = bones.query_columns() {
            columns.clear();
        }
        bones
    }

    /// The object with another's expressions in place of its own; none where they cannot be paired.
    pub fn with_exprs_of(&self, other: &Object) -> Option<Object> {
        let (mut kept, mut other) = (self.clone(), other.clone());
        if let (Some(own), Some(columns)) = (kept.query_columns(), other.query_columns()) {
            own.clone_from(columns);
        }
        let (mine, theirs) = (kept.exprs_mut(), other.exprs());
        if mine.len() != theirs.len() {
            return None;
        }
        mine.into_iter().zip(theirs).for_each(|(mine, theirs)| *mine = theirs.clone());
        Some(kept)
    }

    /// The names a file gives to the columns of a query, which are a part of it.
    fn query_columns(&mut self) -> Option<&mut Vec<Name>> {
        match self {
            Object::View(it) => Some(&mut it.columns),
            Object::MaterializedView(it) => Some(&mut it.columns),
            _ => None,
        }
    }

    /// The labels of an enum, in order; nothing else has any.
    pub fn labels(&self) -> &[String] {
        match self {
            Object::Enum(it) => &it.labels,
            _ => &[],
        }
    }

    /// What is no object of its own but goes with this one and can be spoken of: a multirange type, the sequence
    /// of an identity column.
    pub fn stands_behind(&self, id: &ObjectId) -> Option<ObjectId> {
        match self {
            Object::Range(it) => Some(Kind::Range.named(&it.multirange)),
            Object::Column(it) => Some(it.identity.as_ref()?.sequence_id(id.relation()?)),
            _ => None,
        }
    }

    /// The names this object takes for itself, beside its own identity.
    pub fn claims(&self, id: &ObjectId) -> Vec<(Space, QualName)> {
        let own = |spaces: &[Space]| {
            let name = id.qual_name().cloned();
            name.map(|name| spaces.iter().map(|it| (*it, name.clone())).collect()).unwrap_or_default()
        };
        match self {
            Object::Table(_) | Object::View(_) | Object::MaterializedView(_) => {
                own(&[Space::Relation, Space::Type])
            }
            Object::Sequence(_) | Object::Index(_) => own(&[Space::Relation]),
            Object::Composite(_) => own(&[Space::Relation, Space::Type]),
            Object::Enum(_) | Object::Domain(_) | Object::Shell(_) => own(&[Space::Type]),
            Object::Range(it) => {
                let mut claims = own(&[Space::Type]);
                claims.push((Space::Type, it.multirange.clone()));
                claims
            }
            Object::Function(_) | Object::Procedure(_) | Object::Aggregate(_) => own(&[Space::Routine]),
            Object::Constraint(it) => {
                let index = it.index_id(id).and_then(|it| it.qual_name().cloned());
                index.map(|it| (Space::Relation, it)).into_iter().collect()
            }
            Object::Column(_) => {
                let sequence = self.stands_behind(id).and_then(|it| it.qual_name().cloned());
                sequence.map(|it| (Space::Relation, it)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Schema) -> bool {
        self.nodes == other.nodes
    }
}

impl Eq for Schema {}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.nodes.iter().map(|(id, object)| (id.to_string(), object)))
    }
}

/// The namespace an object stands in, as a thing it uses.
pub(crate) fn namespace(id: &ObjectId) -> Vec<ObjectId> {
    id.namespace().map(|it| Kind::Namespace.root(it)).into_iter().collect()
}
