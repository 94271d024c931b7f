//! Operator families and classes: what an access method may do with a type. Does not know how it does it.

use std::sync::Arc;

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, Object, ObjectId, Operator, Path, QualName, Schema, Type};

/// An operator family (`pg_opfamily`): `Kind::OperatorFamily.routine(name, access method)`. It holds all of
/// its members, whichever class they were made with: the server says itself which go with a class.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct OperatorFamily {
    /// `pg_amop` and `pg_amproc`, sorted.
    members: Vec<Member>,
}

/// An operator class (`pg_opclass`): `Kind::OperatorClass.routine(name, access method)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct OperatorClass {
    /// `opcfamily`, under the same access method.
    pub family: QualName,
    /// `opcintype`
    #[serde(rename = "type")]
    pub ty: Type,
    /// `opcdefault`
    pub default: bool,
    /// `opckeytype`, where it is another type.
    pub storage: Option<Type>,
}

/// An operator or function at its place in a family.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Member {
    /// Where it stands.
    pub slot: Slot,
    /// What stands there.
    pub what: Support,
}

/// What is unique in a family.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Slot {
    /// `amopstrategy`, `amprocnum`
    pub number: i16,
    /// `amoplefttype`, `amproclefttype`
    pub left: Type,
    /// `amoprighttype`, `amprocrighttype`
    pub right: Type,
}

/// What an access method is given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// `amopopr`, which takes the types of its slot.
    Operator {
        /// Its name.
        name: QualName,
        /// `amopsortfamily`: a family of btree.
        order_by: Option<QualName>,
    },
    /// `amproc`
    Function {
        /// Its name.
        name: QualName,
        /// Its input types.
        arguments: Arc<str>,
    },
}

impl Member {
    fn key(&self) -> (bool, i16, &str, &str) {
        let function = matches!(self.what, Support::Function { .. });
        (function, self.slot.number, &self.slot.left.text, &self.slot.right.text)
    }

    fn uses(&self) -> ObjectId {
        match &self.what {
            Support::Operator { name, order_by: _ } => {
                Operator::id(name, Some(&self.slot.left), Some(&self.slot.right))
            }
            Support::Function { name, arguments } => Kind::Function.routine(name, Arc::clone(arguments)),
        }
    }
}

impl OperatorFamily {
    /// Every member, in a fixed order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Every member, to change what is no part of its place.
    pub fn members_mut(&mut self) -> &mut [Member] {
        &mut self.members
    }

    /// Puts a member in; says whether its place was free.
    pub fn put(&mut self, member: Member) -> bool {
        match self.members.binary_search_by(|it| it.key().cmp(&member.key())) {
            Ok(_) => false,
            Err(at) => {
                self.members.insert(at, member);
                true
            }
        }
    }

    /// Takes the operator or function at a place away; says whether there was one.
    pub fn take(&mut self, function: bool, slot: &Slot) -> bool {
        let key = (function, slot.number, &*slot.left.text, &*slot.right.text);
        let found = self.members.binary_search_by(|it| it.key().cmp(&key));
        found.map(|at| self.members.remove(at)).is_ok()
    }

    /// Keeps the members that pass.
    pub fn retain(&mut self, keep: impl FnMut(&Member) -> bool) {
        self.members.retain(keep);
    }

    /// The members that no class of the schema is made with.
    pub fn loose<'a>(&'a self, id: &ObjectId, schema: &'a Schema) -> impl Iterator<Item = &'a Member> {
        let classes: Vec<_> = schema.parts(id).filter_map(|it| Some((it, schema.get(it)?))).collect();
        let listed = move |member: &Member| {
            classes.iter().any(|(id, object)| match object {
                Object::OperatorClass(it) => it.lists(id, member),
                _ => false,
            })
        };
        self.members.iter().filter(move |it| !listed(it))
    }
}

impl OperatorClass {
    /// The identity of the family.
    pub fn family(&self, id: &ObjectId) -> ObjectId {
        Kind::OperatorFamily.routine(&self.family, method(id))
    }

    /// Whether the class is made with a member of its family: one for its own type. Members across types
    /// belong to the family alone where the access method knows such.
    pub fn lists(&self, id: &ObjectId, member: &Member) -> bool {
        let (left, right) = (member.slot.left == self.ty, member.slot.right == self.ty);
        left && (right || !matches!(&*method(id), "btree" | "hash"))
    }

    /// The members of its family that the class is made with.
    pub fn members<'s>(&self, id: &ObjectId, schema: &'s Schema) -> Vec<&'s Member> {
        match schema.get(&self.family(id)) {
            Some(Object::OperatorFamily(it)) => it.members.iter().filter(|it| self.lists(id, it)).collect(),
            _ => Vec::new(),
        }
    }
}

/// The access method of a family or class.
pub(crate) fn method(id: &ObjectId) -> Arc<str> {
    match &id.path {
        Path::Routine(_, method) => Arc::clone(method),
        _ => "".into(),
    }
}

impl Facets for OperatorFamily {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        for member in self.loose(id, schema) {
            uses.push(member.uses());
            uses.extend(member.slot.left.uses().chain(member.slot.right.uses()));
        }
        uses.extend(self.members.iter().filter_map(|it| match &it.what {
            Support::Operator { order_by, .. } => {
                order_by.as_ref().map(|it| Kind::OperatorFamily.routine(it, "btree"))
            }
            Support::Function { .. } => None,
        }));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for OperatorClass {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        uses.push(self.family(id));
        uses.extend(self.ty.uses().chain(self.storage.iter().flat_map(Type::uses)));
        for member in self.members(id, schema) {
            uses.push(member.uses());
            uses.extend(member.slot.left.uses().chain(member.slot.right.uses()));
        }
        uses
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        Some(self.family(id))
    }
}
