//! What reading a file yields: the schema, and an account of every statement.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::{Name, Object, ObjectId, Privileges, Schema, SearchPath, Span, Spans};
use sql::Fault;

use crate::Sources;

/// What the file declares. Spans live beside the schema, so that equality stays pure.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// The schema.
    pub schema: Schema,
    /// Where each object is declared: the clause or statement that says it last.
    pub spans: Spans,
    /// What became of each statement, in order.
    pub ledger: Vec<Entry>,
    /// What was not understood.
    pub faults: Vec<Fault>,
    /// The files and the texts decoded from them; spans point into these.
    pub sources: Sources,
    /// Objects whose name the server would choose: they take the name of the live object of the same
    /// definition on the same relation.
    pub unnamed: HashSet<ObjectId>,
    /// `-- reconcile: renamed from`: old and new identity.
    pub renames: Vec<(ObjectId, ObjectId)>,
    /// Enum labels renamed: the type, the old and the new label.
    pub label_renames: Vec<(ObjectId, String, String)>,
    /// `-- reconcile: allow`: what is given leave to, as on the command line.
    pub allows: Vec<String>,
    /// `-- reconcile: ignore`: what is left alone.
    pub ignores: Vec<ObjectId>,
    /// Namespaces in which the file declares an object, or which it creates.
    pub namespaces: BTreeSet<Name>,
    /// Objects on which the file grants or revokes.
    pub granted: HashSet<ObjectId>,
    /// What a role would hold on an object if not the one who runs the script owned it, but this role or, where
    /// this role runs the script, another one. Only where the file does not say who owns it.
    pub otherwise: HashMap<ObjectId, BTreeMap<Name, Privileges>>,
    /// Statements that put rows in, in order.
    pub data: Vec<Data>,
    /// The file says `SET check_function_bodies = false`, as dumps do: bodies need not be valid.
    pub unchecked_bodies: bool,
    /// Memberships and settings of roles as the file has them: they count only where roles are managed.
    pub roles: BTreeMap<ObjectId, Object>,
    /// Objects declared absent by a lone `DROP … IF EXISTS`.
    pub absent: HashSet<ObjectId>,
}

/// A statement that puts rows in.
#[derive(Clone, Debug)]
pub struct Data {
    /// The statement.
    pub span: Span,
    /// The search path it was written under.
    pub path: SearchPath,
    /// It may be run again and again: INSERT … ON CONFLICT.
    pub idempotent: bool,
}

/// What became of one statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The statement.
    pub span: Span,
    /// What became of it.
    pub verdict: Verdict,
}

/// What becomes of a statement. Every statement has one; "skipped" is none of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It declares or changes objects.
    Declared,
    /// It takes away what is declared again behind it, or asks for what is there already.
    Idiom,
    /// It puts rows in and is no part of a plan.
    Data,
    /// It declares nothing lasting: why.
    Passed(&'static str),
    /// It is for a server that is not like this one: why.
    NotApplicable(String),
    /// A directive says to leave it.
    Ignored,
    /// It stands behind a psql `\if` that is off.
    Off,
    /// It was not understood; a fault says why.
    Fault,
}
