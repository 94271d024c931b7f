//! Names that change inside the file: RENAME TO, SET SCHEMA, and what the renaming directive says.
//!
//! Knows where names stand in objects. Texts of expressions keep the names they were written with.

use std::collections::HashMap;
use std::sync::Arc;

use model::{Argument, Kind, Name, Object, ObjectId, Path, QualName, Schema, Span, Type};
use sql::{Code, Cursor, Fault};

use crate::Verdict;
use crate::reader::Reader;

/// Records what `-- reconcile: renamed from` above a declaration says.
pub(crate) fn said(reader: &mut Reader<'_>, id: &ObjectId, begin: Span) {
    if let Some(old) = reader.renamed_from(reader.above, begin.start) {
        let old = with_name(id, old);
        reader.desired.renames.push((old, id.clone()));
    }
}

fn with_name(id: &ObjectId, name: Name) -> ObjectId {
    let path = match &id.path {
        Path::Root(_) => Path::Root(name),
        Path::In(of) => Path::In(name.within(of.namespace.clone())),
        Path::Routine(of, types) => Path::Routine(name.within(of.namespace.clone()), types.clone()),
        Path::Of(relation, _) => Path::Of(relation.clone(), name),
        Path::On(_) | Path::To(..) | Path::Keys(_) => id.path.clone(),
    };
    ObjectId { kind: id.kind, path }
}

/// `RENAME TO name` or `SET SCHEMA namespace`, the last words of an ALTER.
pub(crate) fn clause(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    let to = match cursor.eat(&["rename", "to"]) {
        true => with_name(id, cursor.name()?),
        false => {
            cursor.expect(&["set", "schema"])?;
            let namespace = cursor.name()?;
            let path = match &id.path {
                Path::In(of) => Path::In(of.name.clone().within(namespace)),
                Path::Routine(of, types) => Path::Routine(of.name.clone().within(namespace), types.clone()),
                other => other.clone(),
            };
            ObjectId { kind: id.kind, path }
        }
    };
    cursor.expect_done()?;
    object(reader, id, &to, begin.to(cursor.previous()))?;
    Ok(Verdict::Declared)
}

/// Gives a declared object another name.
pub(crate) fn object(
    reader: &mut Reader<'_>,
    from: &ObjectId,
    to: &ObjectId,
    span: Span,
) -> Result<(), Fault> {
    if from == to {
        return Ok(());
    }
    reader.is_free(to, span)?;
    unmentioned(reader, from, span)?;
    let mut change = Change::default();
    match (from.qual_name(), to.qual_name()) {
        (Some(old), Some(new)) if matches!(from.path, Path::Routine(..)) => {
            change.routines.insert((old.clone(), from.clone()), new.clone());
        }
        (Some(old), Some(new)) => {
            change.names.insert(old.clone(), new.clone());
            if old.namespace != new.namespace {
                along(&reader.desired.schema, from, &new.namespace, &mut change);
            }
        }
        _ => change.part = Some((from.clone(), to.clone())),
    }
    change.apply(reader);
    reader.desired.spans.insert(to.clone(), span);
    reader.desired.namespaces.extend(to.namespace().cloned());
    Ok(())
}

/// Gives a declared namespace another name.
pub(crate) fn namespace(reader: &mut Reader<'_>, from: &Name, to: &Name, span: Span) -> Result<(), Fault> {
    reader.is_free(&Kind::Namespace.root(to), span)?;
    let change = Change { namespace: Some((from.clone(), to.clone())), ..Change::default() };
    change.apply(reader);
    reader.desired.namespaces.remove(from);
    reader.desired.namespaces.insert(to.clone());
    reader.path = reader.path.iter().map(|it| if it == from { to.clone() } else { it.clone() }).collect();
    Ok(())
}

/// The server follows an object whatever it is called; a text does not.
fn unmentioned(reader: &Reader<'_>, from: &ObjectId, span: Span) -> Result<(), Fault> {
    let schema = &reader.desired.schema;
    let mentions = |id: &ObjectId, object: &Object| {
        let own = id.relation().or(id.qual_name());
        object.exprs().into_iter().any(|it| schema.mentioned(it, own).contains(from))
    };
    match schema.iter().find(|(id, object)| *id != from && mentions(id, object)) {
        None => Ok(()),
        Some((user, _)) => {
            Err(Fault::new(Code::Unsupported, span, format!("{user} mentions {from} by its old name"))
                .hint("declare it under its new name, with `-- reconcile: renamed from` above"))
        }
    }
}

/// What goes to another namespace with a table: its indexes, and the sequences of its columns.
fn along(schema: &Schema, from: &ObjectId, namespace: &Name, change: &mut Change) {
    for id in schema.descendants(from) {
        if matches!(id.kind, Kind::Index | Kind::Sequence)
            && let Some(old) = id.qual_name()
        {
            change.names.insert(old.clone(), old.name.clone().within(namespace.clone()));
        }
    }
}

/// Which names become which.
#[derive(Default)]
struct Change {
    /// Relations and types.
    names: HashMap<QualName, QualName>,
    /// One routine among those of its name.
    routines: HashMap<(QualName, ObjectId), QualName>,
    /// One part of a relation.
    part: Option<(ObjectId, ObjectId)>,
    namespace: Option<(Name, Name)>,
}

impl Change {
    fn apply(&self, reader: &mut Reader<'_>) {
        let old = std::mem::take(&mut reader.desired.schema);
        for (id, object) in old.iter() {
            let mut object = object.clone();
            self.object(&mut object);
            let id = self.id(id);
            reader.note(&id, &object);
            reader.desired.schema.insert(id, object);
        }
        let spans = std::mem::take(&mut reader.desired.spans);
        reader.desired.spans = spans.into_iter().map(|(id, span)| (self.id(&id), span)).collect();
        let unnamed = std::mem::take(&mut reader.desired.unnamed);
        reader.desired.unnamed = unnamed.iter().map(|it| self.id(it)).collect();
        let granted = std::mem::take(&mut reader.desired.granted);
        reader.desired.granted = granted.iter().map(|it| self.id(it)).collect();
        reader.defaults = std::mem::take(&mut reader.defaults).iter().map(|it| self.id(it)).collect();
    }

    fn id(&self, id: &ObjectId) -> ObjectId {
        if let Some((from, to)) = &self.part
            && id == from
        {
            return to.clone();
        }
        let path = match &id.path {
            Path::Root(name) => match &self.namespace {
                Some((from, to)) if id.kind == Kind::Namespace && name == from => Path::Root(to.clone()),
                _ => Path::Root(name.clone()),
            },
            Path::In(name) => Path::In(self.name(name)),
            Path::Routine(name, types) => {
                let moved = self.routines.get(&(name.clone(), id.clone())).cloned();
                Path::Routine(moved.unwrap_or_else(|| self.in_namespace(name)), self.types(types))
            }
            Path::Of(relation, name) => Path::Of(self.name(relation), name.clone()),
            Path::On(target) => Path::On(Arc::new(self.id(target))),
            Path::To(target, role) => Path::To(Arc::new(self.id(target)), role.clone()),
            Path::Keys(keys) => Path::Keys(match (&self.namespace, &keys[..]) {
                (Some((from, to)), [owner, namespace, class, role]) if namespace == from => {
                    Arc::new([owner.clone(), to.clone(), class.clone(), role.clone()])
                }
                _ => keys.clone(),
            }),
        };
        ObjectId { kind: id.kind, path }
    }

    fn in_namespace(&self, name: &QualName) -> QualName {
        match &self.namespace {
            Some((from, to)) if name.namespace == *from => name.name.clone().within(to.clone()),
            _ => name.clone(),
        }
    }

    fn name(&self, name: &QualName) -> QualName {
        self.names.get(name).cloned().unwrap_or_else(|| self.in_namespace(name))
    }

    fn types(&self, types: &Arc<str>) -> Arc<str> {
        let namespace = self.namespace.as_ref().map(|(from, to)| (format!("{from}."), format!("{to}.")));
        let one = |it: &str| {
            let bare = it.strip_suffix("[]").unwrap_or(it);
            let named = self.names.iter().find(|(from, _)| from.to_string() == bare);
            match (&namespace, named) {
                (_, Some((from, to))) => it.replacen(&from.to_string(), &to.to_string(), 1),
                (Some((from, to)), None) if it.starts_with(from) => it.replacen(from, to, 1),
                _ => it.to_string(),
            }
        };
        types.split(", ").map(one).collect::<Vec<_>>().join(", ").into()
    }

    fn ty(&self, ty: &mut Type) {
        let Some(user) = &ty.user else { return };
        let name = self.name(user);
        if name != *user {
            ty.text = ty.text.replacen(&user.to_string(), &name.to_string(), 1).into();
            ty.user = Some(name);
        }
    }

    fn names<'a>(&self, names: impl IntoIterator<Item = &'a mut QualName>) {
        for name in names {
            *name = self.name(name);
        }
    }

    fn arguments(&self, arguments: &mut [Argument]) {
        arguments.iter_mut().for_each(|it| self.ty(&mut it.ty));
    }

    fn object(&self, object: &mut Object) {
        match object {
            Object::Sequence(it) => self.names(it.owned_by.iter_mut().map(|it| &mut it.0)),
            Object::Table(it) => {
                self.names(it.partition_of.iter_mut().map(|it| &mut it.parent));
                self.names(&mut it.inherits);
                self.names(&mut it.of_type);
            }
            Object::Column(it) => self.ty(&mut it.ty),
            Object::Domain(it) => self.ty(&mut it.base),
            Object::Composite(it) => it.attributes.iter_mut().for_each(|it| self.ty(&mut it.ty)),
            Object::Function(it) => {
                self.arguments(&mut it.arguments);
                self.ty(&mut it.returns);
            }
            Object::Procedure(it) => self.arguments(&mut it.arguments),
            Object::Index(it) => {
                it.relation = self.id(&it.relation);
                self.names(&mut it.attached_to);
            }
            Object::ForeignKey(it) => it.target = self.name(&it.target),
            Object::Trigger(it) => {
                it.relation = self.id(&it.relation);
                self.names(&mut it.from);
                let function = Kind::Function.routine(&it.function, "");
                if let Path::Routine(name, _) = self.id(&function).path {
                    it.function = name;
                }
            }
            Object::Extension(it) => {
                if let (Some((from, to)), Some(own)) = (&self.namespace, &mut it.namespace)
                    && own == from
                {
                    *own = to.clone();
                }
            }
            Object::Role(_)
            | Object::Namespace(_)
            | Object::DefaultPrivilege(_)
            | Object::Enum(_)
            | Object::DomainConstraint(_)
            | Object::NotNull(_)
            | Object::Default(_)
            | Object::Constraint(_)
            | Object::View(_)
            | Object::MaterializedView(_)
            | Object::Policy(_)
            | Object::Owner(_)
            | Object::Grant(_)
            | Object::Comment(_) => (),
        }
    }
}
