//! A schema as it is after renames: identities, the fields that name things, and the texts that do.
//!
//! Knows which fields name what. Texts are changed token by token, and only where a name can mean nothing
//! but the renamed object; what it cannot tell it leaves, and then the texts differ.

mod apart;
mod operator;
mod relation;
mod scope;
mod text;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{
    Aggregate, AlsoOwn, Argument, Attribute, Body, Column, Composite, Constraint, Default, Domain,
    DomainConstraint, Element, EnumType, Expr, Extension, ForeignKey, Function, Generated, Index, IndexKey,
    Kind, Language, MaterializedView, Name, NameSet, Object, ObjectId, PartitionKey, PartitionOf, Path,
    Policy, Procedure, QualName, ReplicaIdentity, RewriteRule, Rule, Schema, Sequence, Shape, Statistics,
    Table, Trigger, Type, View,
};

/// The schema with every `(old, new)` identity substituted everywhere. The text of a routine in another
/// language is left as it is, as the server leaves it.
pub fn renamed(schema: &Schema, renames: &[(ObjectId, ObjectId)]) -> Schema {
    if renames.is_empty() {
        return schema.clone();
    }
    let names = Names::new(schema, renames);
    let mut after = Schema::default();
    for (id, object) in schema.iter() {
        let mut object = object.clone();
        names.object(id, &mut object);
        after.insert(names.id(id), object);
    }
    for (user, used) in schema.links() {
        after.link(&names.id(user), names.id(used));
    }
    after
}

/// The schema with renames undone, the last first. Those of one kind are independent of each other.
pub fn unrenamed(schema: &Schema, renames: &[(ObjectId, ObjectId)]) -> Schema {
    let mut schema = schema.clone();
    for group in renames.chunk_by(|(a, _), (b, _)| a.kind == b.kind).rev() {
        let undone: Vec<_> = group.iter().map(|(from, to)| (to.clone(), from.clone())).collect();
        schema = renamed(&schema, &undone);
    }
    schema
}

/// The schema with labels of enums renamed: the type, the old and the new label.
pub fn relabelled(schema: &Schema, labels: &[(ObjectId, String, String)]) -> Schema {
    let mut after = schema.clone();
    for (id, from, to) in labels {
        if let Some(Object::Enum(EnumType { labels })) = after.get_mut(id) {
            labels.iter_mut().filter(|it| *it == from).for_each(|it| it.clone_from(to));
        }
        let Some(name) = id.qual_name() else { continue };
        let ids: Vec<ObjectId> = after.iter().map(|(id, _)| id.clone()).collect();
        for id in &ids {
            let is_bound = is_bound_by(id, name, &after);
            let Some(object) = after.get_mut(id) else { continue };
            object.exprs_mut().into_iter().for_each(|it| text::relabel(it, name, from, to));
            if let Object::Table(Table { partition_of: Some(it), .. }) = object
                && is_bound
            {
                text::relabel_bound(&mut it.bound, from, to);
            }
        }
    }
    after
}

/// Whether a table is a partition of one whose key has a column of that type.
fn is_bound_by(id: &ObjectId, ty: &QualName, schema: &Schema) -> bool {
    let Some(parent) = schema.partition_of(id).map(|it| &it.parent) else { return false };
    let key = schema.table(parent).and_then(|it| it.partition_by.as_ref());
    let is_of_type = |word: &str| {
        let column = schema.column(Kind::Column.of(parent, &Name::from(word.trim_matches('"'))));
        let column = column.and_then(|it| schema.get(&it));
        matches!(column, Some(Object::Column(it)) if it.ty.user.as_ref() == Some(ty))
    };
    // A server's own text carries its words, and not what they mean.
    key.is_some_and(|it| it.key.key.split(' ').any(is_of_type))
}

/// Whether nothing but the object itself goes by its name: no text and no field names it.
fn is_apart(kind: Kind) -> bool {
    matches!(kind, Kind::Statistics | Kind::Conversion) || apart::is_text_search(kind)
}

/// The renames by what a name may mean.
pub(crate) struct Names<'a> {
    /// As it is before the renames.
    schema: &'a Schema,
    /// The bare old names.
    bare: HashSet<Name>,
    ids: HashMap<ObjectId, ObjectId>,
    /// Tables, views, sequences, indexes; a table's name is also that of its row type.
    relations: HashMap<QualName, QualName>,
    types: HashMap<QualName, QualName>,
    collations: HashMap<QualName, QualName>,
    /// Routines of which every overload is renamed.
    routines: HashMap<QualName, QualName>,
    /// By the old table.
    columns: HashMap<(QualName, Name), Name>,
    namespaces: HashMap<Name, Name>,
}

/// The tables right below each table.
type Heirs<'a> = HashMap<&'a QualName, Vec<&'a QualName>>;

/// A table and those that have their columns from it, all levels down.
fn with_heirs<'a>(table: &'a QualName, heirs: &Heirs<'a>) -> Vec<&'a QualName> {
    let mut line = vec![table];
    let mut seen = HashSet::from([table]);
    let mut at = 0;
    while let Some(above) = line.get(at) {
        line.extend(heirs.get(above).into_iter().flatten().filter(|it| seen.insert(it)));
        at += 1;
    }
    line
}

/// The index of a constraint has the constraint's name, and comments on it go by that.
fn index_behind(schema: &Schema, from: &ObjectId, to: &ObjectId) -> Option<(ObjectId, ObjectId)> {
    let Object::Constraint(constraint) = schema.get(from)? else { return None };
    constraint.index_id(from).zip(constraint.index_id(to))
}

impl<'a> Names<'a> {
    fn new(schema: &'a Schema, renames: &[(ObjectId, ObjectId)]) -> Names<'a> {
        let mut names = Names {
            schema,
            bare: renames.iter().map(|(from, _)| from.name().clone()).collect(),
            ids: renames.iter().cloned().collect(),
            relations: HashMap::new(),
            types: HashMap::new(),
            collations: HashMap::new(),
            routines: HashMap::new(),
            columns: HashMap::new(),
            namespaces: HashMap::new(),
        };
        names.ids.extend(renames.iter().filter_map(|(from, to)| index_behind(schema, from, to)));
        let of_column = renames.iter().any(|(it, _)| it.kind == Kind::Column);
        let heirs = if of_column { schema.heirs() } else { Heirs::default() };
        for (from, to) in renames {
            names.learn(schema, &heirs, from, to);
        }
        names
    }

    fn learn<'s>(&mut self, schema: &'s Schema, heirs: &Heirs<'s>, from: &'s ObjectId, to: &ObjectId) {
        match (&from.path, &to.path) {
            (Path::Root(old), Path::Root(new)) if from.kind == Kind::Namespace => {
                self.namespaces.insert(old.clone(), new.clone());
            }
            (Path::In(_), Path::In(_)) if is_apart(from.kind) => (),
            (Path::In(old), Path::In(new)) => {
                let map = match from.kind {
                    Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range | Kind::Shell => {
                        &mut self.types
                    }
                    Kind::Collation => &mut self.collations,
                    _ => &mut self.relations,
                };
                map.insert(old.clone(), new.clone());
            }
            (Path::Routine(old, _), Path::Routine(new, _))
                if schema.routines(old).all(|it| self.ids.contains_key(it)) =>
            {
                self.routines.insert(old.clone(), new.clone());
            }
            (Path::Of(table, old), Path::Of(_, new)) if from.kind == Kind::Column => {
                for table in with_heirs(table, heirs) {
                    self.columns.insert((table.clone(), old.clone()), new.clone());
                }
            }
            _ => (),
        }
    }

    fn id(&self, id: &ObjectId) -> ObjectId {
        if let Some(new) = self.ids.get(id) {
            return new.clone();
        }
        let path = match &id.path {
            Path::Root(name) if id.kind == Kind::Namespace => Path::Root(self.namespace(name)),
            Path::Root(name) => Path::Root(name.clone()),
            Path::In(name)
                if matches!(
                    id.kind,
                    Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range | Kind::Shell
                ) =>
            {
                Path::In(self.type_name(name))
            }
            Path::In(name) if id.kind == Kind::Collation => Path::In(self.collation_name(name)),
            Path::In(name) if is_apart(id.kind) => Path::In(self.moved(name)),
            Path::In(name) => Path::In(self.relation(name)),
            Path::Routine(name, types) => {
                Path::Routine(self.moved(name), text::types(types, self).unwrap_or_else(|| Arc::clone(types)))
            }
            Path::Of(of, name) if id.kind == Kind::DomainConstraint => {
                Path::Of(self.type_name(of), name.clone())
            }
            Path::Of(of, name) if matches!(id.kind, Kind::Column | Kind::Default | Kind::NotNull) => {
                Path::Of(self.relation(of), self.column(of, name))
            }
            Path::Of(of, name) => Path::Of(self.relation(of), name.clone()),
            Path::On(target) => Path::On(Arc::new(self.id(target))),
            Path::To(target, role) => Path::To(Arc::new(self.id(target)), role.clone()),
            Path::Keys(keys) if id.kind == Kind::Cast => {
                let ty = |it: &Name| match text::types(it.as_str(), self) {
                    Some(new) => Name::new(new),
                    None => it.clone(),
                };
                Path::Keys(keys.iter().map(ty).collect())
            }
            Path::Keys(keys) => Path::Keys(self.keys(id.kind, keys)),
        };
        ObjectId { kind: id.kind, path }
    }

    fn namespace(&self, name: &Name) -> Name {
        self.namespaces.get(name).unwrap_or(name).clone()
    }

    /// A name that is not renamed itself, in its namespace.
    fn moved(&self, name: &QualName) -> QualName {
        name.name.clone().within(self.namespace(&name.namespace))
    }

    fn relation(&self, name: &QualName) -> QualName {
        self.relations.get(name).cloned().unwrap_or_else(|| self.moved(name))
    }

    fn type_name(&self, name: &QualName) -> QualName {
        let found = self.types.get(name).or_else(|| self.relations.get(name));
        found.cloned().unwrap_or_else(|| self.moved(name))
    }

    fn collation_name(&self, name: &QualName) -> QualName {
        self.collations.get(name).cloned().unwrap_or_else(|| self.moved(name))
    }

    fn collation(&self, collation: &mut Option<QualName>) {
        collation.iter_mut().for_each(|it| *it = self.collation_name(it));
    }

    fn routine(&self, name: &QualName) -> QualName {
        self.routines.get(name).cloned().unwrap_or_else(|| self.moved(name))
    }

    fn column(&self, table: &QualName, name: &Name) -> Name {
        self.columns.get(&(table.clone(), name.clone())).unwrap_or(name).clone()
    }

    fn columns<'n>(&self, table: Option<&QualName>, names: impl IntoIterator<Item = &'n mut Name>) {
        let Some(table) = table else { return };
        names.into_iter().for_each(|it| *it = self.column(table, it));
    }

    fn ty(&self, ty: &mut Type) {
        if let Some(user) = &mut ty.user {
            *user = self.type_name(user);
        }
        if let Some(text) = text::types(&ty.text, self) {
            ty.text = text;
        }
    }

    fn expr(&self, expr: &mut Expr, own: Option<&QualName>) {
        text::substitute(expr, own, self);
    }

    /// The name of an index or of the constraint before it, on a table.
    fn index(&self, table: Option<&QualName>, name: &mut Name) {
        let Some(table) = table else { return };
        let index = Kind::Index.named(&name.clone().within(table.namespace.clone()));
        let constraint = Kind::Constraint.of(table, name);
        if let Some(new) = [index, constraint].iter().find_map(|it| self.ids.get(it)) {
            *name = new.name().clone();
        }
    }

    fn object(&self, id: &ObjectId, object: &mut Object) {
        let own = id.relation();
        match object {
            Object::Role(_)
            | Object::Membership(_)
            | Object::RoleSetting(_)
            | Object::Namespace(_)
            | Object::Enum(_)
            | Object::Collation(_)
            | Object::Shell(_)
            | Object::DefaultPrivilege(_)
            | Object::Server(_)
            | Object::UserMapping(_)
            | Object::Owner(_)
            | Object::Grant(_)
            | Object::NotNull(_)
            | Object::Comment(_) => (),
            Object::Extension(Extension { namespace, version: _ }) => {
                namespace.iter_mut().for_each(|it| *it = self.namespace(it));
            }
            Object::Wrapper(model::Wrapper { handler, validator, options: _ }) => {
                handler.iter_mut().chain(validator).for_each(|it| *it = self.routine(it));
            }
            Object::Domain(Domain { base, collation, default, not_null: _, not_null_name: _ }) => {
                self.ty(base);
                self.collation(collation);
                default.iter_mut().for_each(|it| self.expr(it, None));
            }
            Object::Composite(Composite { attributes }) => {
                for Attribute { name: _, ty, collation } in attributes {
                    self.ty(ty);
                    self.collation(collation);
                }
            }
            Object::Range(it) => self.range(it),
            Object::Cast(it) => self.cast(it),
            Object::Conversion(it) => it.function = self.routine(&it.function),
            Object::Language(Language { trusted: _, handler, inline, validator }) => {
                [handler].into_iter().chain(inline).chain(validator).for_each(|it| *it = self.routine(it));
            }
            Object::DomainConstraint(DomainConstraint { check, validated: _ }) => self.expr(check, None),
            Object::Sequence(Sequence { options: _, owned_by, persistence: _ }) => {
                if let Some((table, column)) = owned_by {
                    (*table, *column) = (self.relation(table), self.column(table, column));
                }
            }
            Object::Table(it) => self.table(id, it),
            Object::Column(it) => self.column_object(own, it),
            Object::Function(it) => self.function(it),
            Object::Procedure(it) => self.procedure(it),
            Object::Aggregate(it) => self.aggregate(it),
            Object::Operator(it) => self.operator(it),
            Object::OperatorFamily(it) => self.operator_family(it),
            Object::OperatorClass(it) => self.operator_class(id, it),
            Object::Default(Default { expr }) => self.expr(expr, own),
            Object::Constraint(it) => self.constraint(own, it),
            Object::Index(it) => self.index_object(it),
            Object::ForeignKey(it) => self.foreign_key(own, it),
            Object::View(View { query, columns: _, options: _, shape }) => {
                self.expr(query, None);
                self.shape(shape);
            }
            Object::MaterializedView(it) => {
                let MaterializedView {
                    query, columns: _, options: _, access_method: _, tablespace: _, ..
                } = it;
                self.expr(query, None);
                self.shape(&mut it.shape);
            }
            Object::Statistics(it) => self.statistics(it),
            Object::Trigger(it) => self.trigger(it),
            Object::PublishedTable(it) => {
                let table = model::PublishedTable::of(id).map(|it| it.1);
                self.name_set(table.as_ref(), &mut it.columns);
                it.filter.iter_mut().for_each(|it| self.expr(it, table.as_ref()));
            }
            Object::SecurityLabel(_)
            | Object::Publication(_)
            | Object::Subscription(_)
            | Object::PublishedNamespace(_) => (),
            Object::TextSearchParser(_)
            | Object::TextSearchTemplate(_)
            | Object::TextSearchDictionary(_)
            | Object::TextSearchConfiguration(_) => self.text_search(object),
            Object::EventTrigger(it) => {
                let id = Kind::Function.routine(&it.function, "");
                it.function = self.id(&id).qual_name().unwrap_or(&it.function).clone();
            }
            Object::Rule(RewriteRule { relation, event: _, body, enabled: _ }) => {
                self.expr(body, relation.qual_name());
                *relation = self.id(relation);
            }
            Object::Policy(Policy { permissive: _, command: _, roles: _, using, check }) => {
                using.iter_mut().chain(check).for_each(|it| self.expr(it, own));
            }
        }
    }

    fn shape(&self, Shape(columns): &mut Shape) {
        columns.iter_mut().flatten().for_each(|(_, ty)| self.ty(ty));
    }

    fn table(&self, id: &ObjectId, table: &mut Table) {
        let own = id.qual_name();
        let Table {
            persistence: _,
            row_security: _,
            force_row_security: _,
            options: _,
            partition_by,
            partition_of,
            inherits,
            also_own,
            of_type,
            access_method: _,
            tablespace: _,
            replica_identity,
            cluster_on,
            foreign: _,
        } = table;
        if let Some(PartitionKey { key }) = partition_by {
            self.expr(key, own);
        }
        if let Some(PartitionOf { parent, bound }) = partition_of {
            self.expr(bound, None);
            *parent = self.relation(parent);
        }
        inherits.iter_mut().for_each(|it| *it = self.relation(it));
        let AlsoOwn { columns, checks: _, not_nulls, lent } = &mut **also_own;
        for names in [columns, not_nulls] {
            *names =
                own.map(|table| names.iter().map(|it| self.column(table, it)).collect()).unwrap_or_default();
        }
        lent.iter_mut().for_each(|(it, _)| *it = self.id(it));
        of_type.iter_mut().for_each(|it| *it = self.type_name(it));
        if let ReplicaIdentity::Index(name) = replica_identity {
            self.index(own, name);
        }
        cluster_on.iter_mut().for_each(|it| self.index(own, it));
    }

    fn column_object(&self, own: Option<&QualName>, column: &mut Column) {
        let Column {
            ty,
            collation,
            identity: _,
            generated,
            storage: _,
            compression: _,
            statistics: _,
            options: _,
            foreign: _,
        } = column;
        self.ty(ty);
        self.collation(collation);
        if let Some(Generated { expr, stored: _ }) = generated {
            self.expr(expr, own);
        }
    }

    fn constraint(&self, own: Option<&QualName>, constraint: &mut Constraint) {
        match &mut constraint.rule {
            Rule::Check { expr, no_inherit: _ } => self.expr(expr, own),
            Rule::PrimaryKey { columns, include, without_overlaps: _ }
            | Rule::Unique { columns, include, nulls_not_distinct: _, without_overlaps: _ } => {
                self.columns(own, columns.iter_mut().chain(include));
            }
            Rule::Exclusion { method: _, elements, include, predicate } => {
                elements.iter_mut().for_each(|Element { key, operator: _ }| self.key(own, key));
                self.columns(own, include);
                predicate.iter_mut().for_each(|it| self.expr(it, own));
            }
        }
    }

    fn key(&self, own: Option<&QualName>, key: &mut IndexKey) {
        self.columns(own, &mut key.column);
        self.collation(&mut key.collation);
        self.expr(&mut key.expr, own);
    }

    fn index_object(&self, index: &mut Index) {
        let Index {
            relation,
            unique: _,
            statistics: _,
            method,
            keys,
            include,
            predicate,
            nulls_not_distinct: _,
            options: _,
            tablespace: _,
            valid: _,
            attached_to,
            only: _,
            concurrently: _,
        } = index;
        let own = relation.qual_name();
        for key in keys.iter_mut() {
            self.key(own, key);
            self.opclass(key, method);
        }
        self.columns(own, include);
        predicate.iter_mut().for_each(|it| self.expr(it, own));
        attached_to.iter_mut().for_each(|it| *it = self.relation(it));
        *relation = self.id(relation);
    }

    fn statistics(&self, statistics: &mut Statistics) {
        let Statistics { relation, kinds: _, columns, expressions, target: _ } = statistics;
        let own = relation.qual_name();
        self.name_set(own, columns);
        expressions.iter_mut().for_each(|it| self.expr(it, own));
        *relation = self.id(relation);
    }

    fn name_set(&self, table: Option<&QualName>, names: &mut NameSet) {
        let mut renamed: Vec<Name> = names.iter().cloned().collect();
        self.columns(table, &mut renamed);
        *names = renamed.into_iter().collect();
    }

    fn foreign_key(&self, own: Option<&QualName>, key: &mut ForeignKey) {
        let ForeignKey {
            columns,
            target,
            target_columns,
            on_delete: _,
            on_delete_columns,
            on_update: _,
            matching: _,
            deferral: _,
            validated: _,
            enforced: _,
            period: _,
        } = key;
        self.columns(own, columns.iter_mut().chain(on_delete_columns));
        self.columns(Some(target), target_columns);
        *target = self.relation(target);
    }

    fn trigger(&self, trigger: &mut Trigger) {
        let Trigger {
            relation,
            timing: _,
            events: _,
            columns,
            level: _,
            when,
            function,
            arguments: _,
            old_table: _,
            new_table: _,
            constraint: _,
            from,
            enabled: _,
        } = trigger;
        let own = relation.qual_name();
        self.name_set(own, columns);
        when.iter_mut().for_each(|it| self.expr(it, own));
        let id = Kind::Function.routine(function, "");
        *function = self.id(&id).qual_name().unwrap_or(function).clone();
        from.iter_mut().for_each(|it| *it = self.relation(it));
        *relation = self.id(relation);
    }

    fn arguments(&self, arguments: &mut [Argument], body: &mut Body) {
        for Argument { mode: _, name: _, ty, default } in arguments {
            self.ty(ty);
            default.iter_mut().for_each(|it| self.expr(it, None));
        }
        if let Body::Standard(expr) = body {
            self.expr(expr, None);
        }
    }

    fn function(&self, function: &mut Function) {
        let Function { arguments, returns, body, support, transforms, language, .. } = function;
        self.language(language);
        self.arguments(arguments, body);
        self.ty(returns);
        support.iter_mut().for_each(|it| *it = self.routine(it));
        transforms.iter_mut().for_each(|it| self.ty(it));
    }

    fn aggregate(&self, aggregate: &mut Aggregate) {
        let Aggregate { arguments, direct: _, hypothetical: _, state, moving_state, functions, .. } =
            aggregate;
        arguments.iter_mut().for_each(|it| self.ty(&mut it.ty));
        [state].into_iter().chain(moving_state).for_each(|it| self.ty(it));
        functions.values_mut().for_each(|it| *it = self.routine(it));
    }

    fn procedure(&self, procedure: &mut Procedure) {
        let Procedure { arguments, body, transforms, language, .. } = procedure;
        self.language(language);
        self.arguments(arguments, body);
        transforms.iter_mut().for_each(|it| self.ty(it));
    }
}
