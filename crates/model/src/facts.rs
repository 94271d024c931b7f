//! What a server is like, apart from the schema it holds: what guards in the file, implied objects
//! and the choice of statements depend on. Knows nothing of how it was learnt.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Collation, Name, ObjectId, QualName};

/// Facts about one database and the role that reads it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `server_version_num / 10000`: 14 to 18.
    pub major: u32,
    /// `server_version_num`, such as 150020.
    pub version_num: u32,
    /// `server_version` as shown to people.
    pub version: String,
    /// `current_user`: who reads.
    pub reader: Name,
    /// Who would own what is created: the reader, or, where that may create nothing, who owns what is there.
    pub role: Name,
    /// `current_database()`
    pub database: Name,
    /// The session's search_path, `"$user"` resolved, as namespaces that may not exist.
    pub search_path: Vec<Name>,
    /// Settings a guard may ask for, by lower-case name (`pg_settings`).
    pub settings: BTreeMap<String, String>,
    /// Extensions of the database and of the server.
    pub extensions: Extensions,
    /// `pg_roles.rolname`
    pub roles: BTreeSet<Name>,
    /// Types that exist and are not ours to manage (of extensions, of unmanaged namespaces), by bare
    /// name: the namespaces that have one. pg_catalog is left out.
    pub types: HashMap<Name, Vec<Name>>,
    /// Relations of every namespace but the system's, by bare name, likewise.
    pub relations: HashMap<Name, Vec<Name>>,
    /// Primary keys of tables, whoever manages them: what a reference without columns means.
    pub keys: HashMap<QualName, Vec<Name>>,
    /// Routines of every namespace but the system's, by bare name, likewise.
    pub functions: HashMap<Name, Vec<Name>>,
    /// Text search dictionaries outside pg_catalog, by bare name, likewise.
    pub dictionaries: HashMap<Name, Vec<Name>>,
    /// Collations outside pg_catalog, by bare name, likewise.
    pub collations: HashMap<Name, Vec<Name>>,
    /// Collations of pg_catalog whose names do not say what they are.
    pub system_collations: HashMap<Name, Collation>,
    /// Estimated rows of relations (`pg_class.reltuples`; absent when never analysed) .
    pub rows: HashMap<QualName, u64>,
    /// Size on disk of relations in bytes (`pg_class.relpages` × block size).
    pub bytes: HashMap<QualName, u64>,
    /// Whether the role is a superuser.
    pub superuser: bool,
    /// Whether temporary objects may be made (`has_database_privilege(…, 'TEMP')`).
    pub may_temp: bool,
    /// Whether the server is in recovery (a standby): nothing may be written, not even rolled back.
    pub standby: bool,
    /// Roles whose rights the role has (`pg_has_role(…, 'USAGE')`): owners it may act for.
    pub acts_for: BTreeSet<Name>,
    /// `max_locks_per_transaction` × (`max_connections` + `max_prepared_transactions`).
    pub lock_slots: u64,
    /// True where nobody was asked: facts given by hand for an offline comparison.
    pub offline: bool,
    /// Objects in managed namespaces of kinds that are not modelled: what they are, in the server's words.
    pub unmodelled: Vec<Unmodelled>,
    /// Live owners by object, for what is read (`pg_class.relowner` and its like).
    pub owners: HashMap<ObjectId, Name>,
}

/// A live object of a kind that is not modelled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unmodelled {
    /// The server's word for its kind (`pg_identify_object().type`).
    pub kind: String,
    /// What the server calls it (`pg_identify_object().identity`).
    pub identity: String,
    /// The namespace it stands in, if any.
    pub namespace: Option<Name>,
}

/// Which extensions there are.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    /// `pg_extension`: name → (namespace, version).
    pub installed: BTreeMap<Name, (Name, String)>,
    /// `pg_available_extensions`: name → default version.
    pub available: BTreeMap<Name, String>,
    /// `pg_available_extensions`: name → the comment it is installed with, which is then no comment of ours.
    pub comments: BTreeMap<Name, String>,
}
