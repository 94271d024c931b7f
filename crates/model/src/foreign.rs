//! Foreign data: wrappers, servers, user mappings, and what makes a table a foreign one.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::kind::Facets;
use crate::{Kind, Name, Object, ObjectId, Path, QualName, Schema, Settings};

/// A foreign-data wrapper (`pg_foreign_data_wrapper`): `Kind::Wrapper.root(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Wrapper {
    /// `fdwhandler`
    pub handler: Option<QualName>,
    /// `fdwvalidator`
    pub validator: Option<QualName>,
    /// `fdwoptions`
    pub options: Settings,
}

/// A foreign server (`pg_foreign_server`): `Kind::Server.root(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Server {
    /// `srvfdw`
    pub wrapper: Name,
    /// `srvtype`
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// `srvversion`
    pub version: Option<String>,
    /// `srvoptions`
    pub options: Settings,
}

/// What a role is on a foreign server (`pg_user_mappings`): `Kind::UserMapping.keys([server, role])`; the one
/// for PUBLIC is the role `public`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct UserMapping {
    /// `umoptions`, but for what is secret.
    pub options: Settings,
    /// Secret options by name: declared or absent.
    pub secrets: BTreeMap<String, Secret>,
    /// The reading role may not see the options (`umoptions` is NULL to it).
    pub unseen: bool,
}

/// A value that is never shown and never compared: the placeholder it is filled in for while it is sent.
#[derive(Clone, Default)]
pub struct Secret(String);

/// What makes a table a foreign one (`pg_foreign_table`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Foreign {
    /// `ftserver`
    pub server: Name,
    /// `ftoptions`
    pub options: Settings,
}

impl Secret {
    /// One that is filled in for a placeholder, `${env:NAME}` or `${file:PATH}`.
    pub fn placeholder(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// One that is live, and not known: whoever needs it finds it in the environment under these names.
    pub fn live(names: &[&str]) -> Secret {
        let word = |it: &&str| it.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        Secret(format!("${{env:{}}}", names.iter().map(word).collect::<Vec<_>>().join("_")))
    }

    /// What stands for it in a statement.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether an option of that name holds a secret.
    pub fn is_name(option: &str) -> bool {
        const PARTS: [&str; 7] =
            ["password", "passwd", "passphrase", "secret", "token", "private_key", "api_key"];
        let option = option.to_lowercase();
        option != "password_required" && PARTS.iter().any(|it| option.contains(it))
    }
}

impl PartialEq for Secret {
    fn eq(&self, _: &Secret) -> bool {
        true
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

impl Facets for Wrapper {
    fn uses(&self, _: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let named = self.handler.iter().chain(&self.validator);
        named.flat_map(|it| schema.routines(it)).cloned().collect()
    }
}

impl Facets for Server {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        vec![Kind::Wrapper.root(&self.wrapper)]
    }
}

impl UserMapping {
    /// The server and the role of a mapping.
    pub fn keys(id: &ObjectId) -> Option<(&Name, &Name)> {
        match &id.path {
            Path::Keys(keys) if id.kind == Kind::UserMapping => match &keys[..] {
                [server, role] => Some((server, role)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Facets for UserMapping {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let keys = UserMapping::keys(id);
        keys.map(|(server, role)| vec![Kind::Server.root(server), Kind::Role.root(role)]).unwrap_or_default()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        UserMapping::keys(id).map(|(server, _)| Kind::Server.root(server))
    }

    fn adopt(&mut self, live: &UserMapping) {
        if live.unseen {
            self.clone_from(live);
        }
    }
}

impl Object {
    /// Why a live object cannot be compared as a whole, if it cannot: what of it the role may not see.
    pub fn unseen(&self) -> Option<&'static str> {
        match self {
            Object::UserMapping(it) if it.unseen => Some("the role may not see its options"),
            _ => None,
        }
    }
}
