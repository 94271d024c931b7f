//! Who holds what on a declared object, kept in the canonical form of [`Grant`]. Knows no statement.

use model::{Grant, Kind, Name, ObjectId, Owner, Privilege, Privileges, Span};

use crate::reader::Reader;

/// How GRANT and `aclexplode` call everybody.
pub(crate) const PUBLIC: &str = "public";

impl Reader<'_> {
    /// Whose an object is: as the file says, else who runs the script.
    pub(crate) fn owner(&self, target: &ObjectId) -> Name {
        let whole = match (target.kind, target.relation()) {
            (Kind::Column, Some(relation)) => self.desired.schema.relation(relation),
            _ => None,
        };
        let target = whole.as_ref().unwrap_or(target);
        if let Some(model::Object::Owner(Owner { role })) = self.desired.schema.get(&Kind::Owner.on(target)) {
            return role.clone();
        }
        match is_public(target) {
            true => self.facts.owners.get(target).cloned().unwrap_or_else(|| match self.facts.major >= 15 {
                true => "pg_database_owner".into(),
                false => self.facts.role.clone(),
            }),
            false => self.facts.role.clone(),
        }
    }

    /// What a role holds on an object without being told.
    pub(crate) fn built_in(&self, target: &ObjectId, role: &Name) -> Privileges {
        Privilege::built_in(target, role, &self.owner(target), self.facts.major)
    }

    /// What a role holds on an object.
    pub(crate) fn held(&self, target: &ObjectId, role: &Name) -> Privileges {
        match self.desired.schema.get(&Kind::Grant.to(target, role)) {
            Some(model::Object::Grant(it)) => it.privileges.clone(),
            _ => self.built_in(target, role),
        }
    }

    /// Changes what a role would hold on an object if another one owned it than who runs the script.
    pub(crate) fn held_otherwise(
        &mut self,
        target: &ObjectId,
        role: &Name,
        change: impl FnOnce(&mut Privileges),
    ) {
        if role.as_str() == PUBLIC || self.owner(target) != self.facts.role {
            return;
        }
        let begin = || match *role == self.facts.role {
            true => Privileges::new(),
            false => Privilege::without_option(&Privilege::all_of(target.kind, self.facts.major)),
        };
        let roles = self.desired.otherwise.entry(target.clone()).or_default();
        change(roles.entry(role.clone()).or_insert_with(begin));
    }

    /// Says what a role holds on an object from now on.
    pub(crate) fn hold(&mut self, target: &ObjectId, role: &Name, privileges: Privileges, span: Span) {
        let id = Kind::Grant.to(target, role);
        if privileges == self.built_in(target, role) {
            self.desired.schema.remove(&id);
            self.desired.spans.remove(&id);
            return;
        }
        self.desired.spans.insert(id.clone(), span);
        self.desired.schema.insert(id, Grant { privileges });
    }
}

fn is_public(target: &ObjectId) -> bool {
    target.kind == Kind::Namespace && target.name().as_str() == PUBLIC
}
