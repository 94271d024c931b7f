//! Roles: by default existence only; with leave their attributes, memberships and settings too.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, Name, ObjectId, Path, Schema};

/// A role (`pg_roles`). Created when missing, never dropped; altered only where its attributes count.
#[derive(Clone, Eq, Debug, Default, Serialize)]
pub struct Role {
    /// The options of CREATE ROLE as the file writes them (`LOGIN NOINHERIT`), used when the role is
    /// created and never compared: empty on the server's side.
    #[serde(skip)]
    pub options: Stated,
    /// The attributes that come with these options.
    #[serde(skip)]
    pub made_with: Attributes,
    /// The roles that these options name (`IN ROLE`), which are there before it.
    #[serde(skip)]
    pub made_among: Vec<Name>,
    /// What the role is and may, passwords aside.
    pub attributes: Attributes,
    /// The attributes count (`manage: roles`).
    #[serde(skip)]
    pub compared: bool,
}

/// The attributes of a role.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Attributes {
    /// `rolsuper`
    pub superuser: bool,
    /// `rolcreatedb`
    pub create_db: bool,
    /// `rolcreaterole`
    pub create_role: bool,
    /// `rolinherit`
    pub inherit: bool,
    /// `rolcanlogin`
    pub login: bool,
    /// `rolreplication`
    pub replication: bool,
    /// `rolbypassrls`
    pub bypass_rls: bool,
    /// `rolconnlimit`; -1 is none.
    pub connection_limit: i64,
    /// `rolvaliduntil` but for infinity, as printed under UTC.
    pub valid_until: Option<String>,
}

/// That a role is a member of another (`pg_auth_members`): `Kind::Membership.keys([role, member])`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Membership {
    /// `admin_option`
    pub admin: bool,
    /// `inherit_option` (from 16 on; true before)
    pub inherit: bool,
    /// `set_option` (from 16 on; true before)
    pub set: bool,
}

/// A setting of a role (`pg_db_role_setting`): `Kind::RoleSetting.keys([role, database, parameter])`. No role
/// is every role, no database every database.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RoleSetting {
    /// The value, lists of names joined as the server joins them.
    pub value: String,
}

/// Text that is used when creating and never compared.
#[derive(Clone, Debug, Default)]
pub struct Stated(pub String);

impl PartialEq for Stated {
    fn eq(&self, _: &Stated) -> bool {
        true
    }
}

impl Eq for Stated {}

impl Default for Attributes {
    fn default() -> Attributes {
        Attributes {
            superuser: false,
            create_db: false,
            create_role: false,
            inherit: true,
            login: false,
            replication: false,
            bypass_rls: false,
            connection_limit: -1,
            valid_until: None,
        }
    }
}

impl PartialEq for Role {
    fn eq(&self, other: &Role) -> bool {
        !(self.compared || other.compared) || self.attributes == other.attributes
    }
}

impl Facets for Role {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        self.made_among.iter().map(|it| Kind::Role.root(it)).collect()
    }

    /// A moment without an offset is nobody's but the session's that says it.
    fn adopt(&mut self, live: &Role) {
        let until = &mut self.attributes.valid_until;
        if until.as_ref().is_some_and(|it| !it.ends_with("+00")) {
            until.clone_from(&live.attributes.valid_until);
        }
    }
}

/// The names that address a fact about roles.
fn names(id: &ObjectId) -> &[Name] {
    match &id.path {
        Path::Keys(keys) => keys,
        _ => &[],
    }
}

impl Facets for Membership {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        names(id).iter().map(|it| Kind::Role.root(it)).collect()
    }
}

impl Facets for RoleSetting {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        names(id).first().map(|it| Kind::Role.root(it)).into_iter().collect()
    }
}
