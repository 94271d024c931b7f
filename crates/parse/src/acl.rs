//! Who holds what on a declared object, kept in the canonical form of [`Grant`]. Knows no statement.

use model::{Grant, Kind, Name, ObjectId, Owner, Privilege, Privileges, Span};

use crate::reader::Reader;

/// How GRANT and `aclexplode` call everybody.
pub(crate) const PUBLIC: &str = "public";

impl Reader<'_> {
    /// Whose an object is: as the file says, else as it is, else who runs the script.
    pub fn owner(&self, target: &ObjectId) -> Name {
        let whole = match (target.kind, target.relation()) {
            (Kind::Column, Some(relation)) => self.desired.schema.relation(relation),
            _ => None,
        };
        let target = whole.as_ref().unwrap_or(target);
        if let Some(model::Object::Owner(Owner { role })) = self.desired.schema.get(&Kind::Owner.on(target)) {
            return role.clone();
        }
        let live = self.facts.owners.get(target);
        live.cloned().unwrap_or_else(|| match is_public(target) && self.facts.major >= 15 {
            true => "pg_database_owner".into(),
            false => self.facts.role.clone(),
        })
    }

    /// What a role holds on an object without being told.
    pub fn built_in(&self, target: &ObjectId, role: &Name) -> Privileges {
        let plain = |it: &[Privilege]| it.iter().map(|it| (*it, false)).collect();
        match target.kind {
            Kind::Column => Privileges::new(),
            kind if role.as_str() == PUBLIC => plain(Privilege::implied(kind)),
            kind if *role == self.owner(target) => plain(&Privilege::all_of(kind, self.facts.major)),
            _ => Privileges::new(),
        }
    }

    /// What a role holds on an object.
    pub fn held(&self, target: &ObjectId, role: &Name) -> Privileges {
        match self.desired.schema.get(&Kind::Grant.to(target, role)) {
            Some(model::Object::Grant(it)) => it.privileges.clone(),
            _ => self.built_in(target, role),
        }
    }

    /// Says what a role holds on an object from now on.
    pub fn hold(&mut self, target: &ObjectId, role: &Name, privileges: Privileges, span: Span) {
        let id = Kind::Grant.to(target, role);
        if privileges == self.built_in(target, role) {
            self.desired.schema.remove(&id);
            self.desired.spans.remove(&id);
            return;
        }
        self.desired.spans.insert(id.clone(), span);
        self.desired.schema.insert(id, Grant { privileges });
    }

    /// The roles that hold something else than they would by themselves.
    pub fn holders(&self, target: &ObjectId) -> Vec<Name> {
        let grants = self.desired.schema.children(target).filter(|it| it.kind == Kind::Grant);
        grants.filter_map(|it| it.grantee().cloned()).collect()
    }

    /// An object that the file grants on: from here on its grants are the file's.
    pub fn granted(&mut self, target: &ObjectId, span: Span) {
        let fresh = self.desired.granted.insert(target.clone());
        if fresh && is_public(target) {
            self.open_public(target, span);
        }
    }

    /// What initdb grants on the namespace every database has (everything to PUBLIC before 15).
    fn open_public(&mut self, target: &ObjectId, span: Span) {
        let mut privileges = Privileges::from([(Privilege::Usage, false)]);
        if self.facts.major < 15 {
            privileges.insert(Privilege::Create, false);
        }
        let role = PUBLIC.into();
        if !self.desired.schema.contains(&Kind::Grant.to(target, &role)) {
            self.hold(target, &role, privileges, span);
        }
    }
}

fn is_public(target: &ObjectId) -> bool {
    target.kind == Kind::Namespace && target.name().as_str() == PUBLIC
}
