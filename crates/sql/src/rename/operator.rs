//! What operators, their families and classes, casts, languages and ranges name.
//!
//! Knows which of their fields name what; the other kinds are next door.

use std::sync::Arc;

use model::{
    Cast, CastMethod, IndexKey, Kind, Member, Name, ObjectId, Operator, OperatorClass, OperatorFamily, Path,
    QualName, Range, Support,
};

use super::Names;

impl Names<'_> {
    pub(super) fn operator(&self, operator: &mut Operator) {
        let partner = |id: Option<ObjectId>| id.and_then(|it| self.id(&it).qual_name().cloned());
        let (commuted, negated) = (partner(operator.commuted()), partner(operator.negated()));
        let Operator { left, right, function, commutator, negator, restrict, join, hashes: _, merges: _ } =
            operator;
        (*commutator, *negator) = (commuted, negated);
        left.iter_mut().chain(right).for_each(|it| self.ty(it));
        restrict.iter_mut().chain(join).for_each(|it| *it = self.routine(it));
        *function = self.routine(function);
    }

    pub(super) fn operator_family(&self, family: &mut OperatorFamily) {
        for Member { slot, what } in family.members_mut() {
            match what {
                Support::Operator { name, order_by } => {
                    let id = Operator::id(name, Some(&slot.left), Some(&slot.right));
                    self.named(name, &id);
                    if let Some(family) = order_by {
                        let id = Kind::OperatorFamily.routine(family, "btree");
                        self.named(family, &id);
                    }
                }
                Support::Function { name, arguments } => {
                    let id = self.id(&Kind::Function.routine(name, Arc::clone(arguments)));
                    if let Path::Routine(new, types) = id.path {
                        (*name, *arguments) = (new, types);
                    }
                }
            }
            self.ty(&mut slot.left);
            self.ty(&mut slot.right);
        }
    }

    pub(super) fn operator_class(&self, id: &ObjectId, class: &mut OperatorClass) {
        let family = class.family(id);
        let OperatorClass { family: name, ty, default: _, storage } = class;
        self.named(name, &family);
        [ty].into_iter().chain(storage).for_each(|it| self.ty(it));
    }

    pub(super) fn opclass(&self, key: &mut IndexKey, method: &Name) {
        let Some(mut name) = key.opclass.as_deref().and_then(QualName::read) else { return };
        let id = Kind::OperatorClass.routine(&name, method.as_str());
        self.named(&mut name, &id);
        key.opclass = Some(name.to_string());
    }

    pub(super) fn range(&self, range: &mut Range) {
        let Range { subtype, opclass, collation, diff, multirange } = range;
        self.ty(subtype);
        self.collation(collation);
        if let Some(mut name) = opclass.as_deref().and_then(QualName::read) {
            let id = Kind::OperatorClass.routine(&name, "btree");
            self.named(&mut name, &id);
            *opclass = Some(name.to_string());
        }
        diff.iter_mut().for_each(|it| *it = self.routine(it));
        *multirange = self.type_name(multirange);
    }

    pub(super) fn cast(&self, cast: &mut Cast) {
        let Cast { source, target, method, context: _ } = cast;
        if let CastMethod::Function { name, arguments } = method {
            let id = self.id(&Kind::Function.routine(name, Arc::clone(arguments)));
            if let Path::Routine(new, types) = id.path {
                (*name, *arguments) = (new, types);
            }
        }
        self.ty(source);
        self.ty(target);
    }

    pub(super) fn language(&self, name: &mut Name) {
        if let Some(new) = self.ids.get(&Kind::Language.root(name)) {
            name.clone_from(new.name());
        }
    }

    /// Gives a field that names an object of its own identity the new name.
    pub(super) fn named(&self, name: &mut QualName, id: &ObjectId) {
        if let Some(new) = self.id(id).qual_name() {
            name.clone_from(new);
        }
    }
}
