//! The state of the fold: what is declared so far, and the session the script would be in.
//!
//! Knows how names are looked up and objects put down; no statement.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::{Expr, Facts, Kind, Name, Object, ObjectId, QualName, Schema, SearchPath, Span, Type};
use sql::{Code, Cursor, Directive, Fault, Tok, TypeName};

use crate::psql::Branch;
use crate::table_state::State;
use crate::{
    Desired, Sources, column_type, constraint, default_privilege, heir, owner, partition, refer, types,
};

pub(crate) struct Reader<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) desired: Desired,
    /// `search_path` as the script has set it.
    pub(crate) path: SearchPath,
    /// Who runs the script at this point (SET ROLE).
    pub(crate) role: Name,
    /// Who runs the script when no SET ROLE is in force (SET SESSION AUTHORIZATION).
    pub(crate) session_role: Name,
    /// `search_path` as it was before SET LOCAL.
    pub(crate) outer_path: Option<SearchPath>,
    /// Directives of the text being read, in order of place.
    pub(crate) directives: Vec<Directive>,
    /// The `renamed from` directives that told something.
    pub(crate) heard: RefCell<HashSet<Span>>,
    /// psql's variables.
    pub(crate) variables: BTreeMap<String, String>,
    /// psql's open \if commands.
    pub(crate) branches: Vec<Branch>,
    /// The default privileges declared so far.
    pub(crate) defaults: BTreeSet<ObjectId>,
    /// Names taken and tables related.
    pub(crate) state: State,
    /// Extensions declared so far that the server does not have, and the namespace of each.
    pub(crate) extensions_to_come: Vec<(Name, Name)>,
    /// Where the piece before the one being read ends: directives stand between.
    pub(crate) above: u32,
    /// How many texts stand around the one being read.
    pub(crate) depth: usize,
    /// The psql variables whose values stand around what is being read.
    pub(crate) filling: Vec<String>,
    /// What psql variables have filled in, in bytes.
    pub(crate) filled: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(sources: &Sources, facts: &'a Facts) -> Reader<'a> {
        let desired =
            Desired { sources: sources.clone(), faults: sources.faults.clone(), ..Desired::default() };
        Reader {
            facts,
            desired,
            path: facts.search_path.as_slice().into(),
            role: facts.role.clone(),
            session_role: facts.role.clone(),
            outer_path: None,
            directives: Vec::new(),
            heard: RefCell::default(),
            variables: sources.variables.clone(),
            branches: Vec::new(),
            defaults: BTreeSet::new(),
            state: State::default(),
            extensions_to_come: Vec::new(),
            above: 0,
            depth: 0,
            filled: 0,
            filling: Vec::new(),
        }
    }

    pub(crate) fn finish(mut self) -> Desired {
        constraint::resolve_late(&mut self);
        partition::merge(&mut self);
        partition::note_lent(&mut self);
        model::pair_operators(&mut self.desired.schema);
        column_type::forget_toast(&mut self);
        self.drop_stray_grants();
        self.desired
    }

    pub(crate) fn schema(&mut self) -> &mut Schema {
        &mut self.desired.schema
    }

    /// Puts an object down. What was declared under the same identity is replaced.
    pub(crate) fn declare(&mut self, id: &ObjectId, object: impl Into<Object>, span: Span) {
        let mut object = object.into();
        heir::keep_shallow(self, id, &mut object, span);
        types::keep_grounded(self, id, &mut object, span);
        // A part takes no namespace in: its table does, unless that is not the file's.
        if let Some(namespace) = id.namespace().filter(|_| id.relation().is_none()) {
            self.desired.namespaces.insert(namespace.clone());
        }
        let fresh = !self.desired.schema.contains(id);
        self.desired.absent.remove(id);
        self.desired.spans.insert(id.clone(), span);
        self.note(id, &object);
        self.desired.schema.insert(id.clone(), object);
        if fresh {
            owner::fresh(self, id, span);
            default_privilege::fresh(self, id, span);
        }
    }

    /// Faults when something of that identity is declared already: a plain CREATE of it would fail.
    pub(crate) fn is_free(&self, id: &ObjectId, span: Span) -> Result<(), Fault> {
        match self.desired.schema.contains(id) {
            false => Ok(()),
            true => Err(Fault::new(Code::Conflict, span, format!("{id} is declared already"))
                .hint("say IF NOT EXISTS or OR REPLACE, or drop it first")),
        }
    }

    /// The namespace in which an unqualified name is created: the first of the path that exists.
    pub(crate) fn creation_namespace(&self) -> Name {
        let exists = |it: &&Name| self.namespace_exists(it);
        self.path.iter().find(exists).or(self.path.first()).cloned().unwrap_or_else(|| "public".into())
    }

    fn namespace_exists(&self, name: &Name) -> bool {
        name.as_str() == "public" || self.desired.schema.contains(&Kind::Namespace.root(name))
    }

    /// The qualified name of something about to be created. Faults when it is of another database.
    pub(crate) fn created(&self, parts: Vec<Name>, span: Span) -> Result<QualName, Fault> {
        let mut parts = parts;
        match (parts.pop(), parts.pop(), parts.pop()) {
            (Some(name), None, _) => Ok(name.within(self.creation_namespace())),
            (Some(name), Some(namespace), None) => Ok(name.within(namespace)),
            (Some(name), Some(namespace), Some(database)) if database == self.facts.database => {
                Ok(name.within(namespace))
            }
            _ => Err(Fault::new(Code::Unsupported, span, "this names an object of another database")),
        }
    }

    /// Looks a name up as the server would: each namespace of the path in turn, what the file declares
    /// before what is only live there.
    pub(crate) fn lookup<T>(&self, parts: &[Name], find: impl Fn(&QualName) -> Option<T>) -> Option<T> {
        match parts {
            [name] => self.path.iter().find_map(|it| find(&name.clone().within(it.clone()))),
            [.., namespace, name] => find(&name.clone().within(namespace.clone())),
            [] => None,
        }
    }

    /// A table, view, materialized view or sequence that the file has declared.
    pub(crate) fn relation(&self, parts: &[Name], span: Span) -> Result<ObjectId, Fault> {
        let found = self.lookup(parts, |it| self.desired.schema.relation(it));
        found.ok_or_else(|| unknown(parts, "relation", span))
    }

    /// The qualified name of a relation, declared here or only live on the server; where neither has it,
    /// the name in the namespace it would be created in.
    pub(crate) fn reference(&self, parts: &[Name]) -> QualName {
        let live = |it: &QualName| refer::live(&self.facts.relations, it);
        let declared = |it: &QualName| self.desired.schema.relation(it).map(|_| it.clone());
        let found = self.lookup(parts, declared).or_else(|| self.lookup(parts, live));
        found.unwrap_or_else(|| refer::qualified(parts, || self.creation_namespace()))
    }

    /// Takes a type and resolves it.
    pub(crate) fn data_type(&self, cursor: &mut Cursor<'_>) -> Result<Type, Fault> {
        let span = cursor.span();
        let name = TypeName::read(cursor)?;
        self.resolved(&name, span.to(cursor.previous()))
    }

    /// A type that was read, resolved to what it names here.
    pub(crate) fn resolved(&self, name: &TypeName, span: Span) -> Result<Type, Fault> {
        let found = sql::canonical_type(name, |parts| self.user_type(parts));
        found.ok_or_else(|| unknown(&name.parts, "type", span))
    }

    /// A type outside pg_catalog. Offline, an unknown one is taken to be of the first namespace of the path.
    fn user_type(&self, parts: &[Name]) -> Option<QualName> {
        let declared = |it: &QualName| self.desired.schema.type_named(it).map(|_| it.clone());
        let live = |it: &QualName| refer::live(&self.facts.types, it);
        let offline = || match parts {
            [name] => Some(name.clone().within(self.creation_namespace())),
            [.., namespace, name] => Some(name.clone().within(namespace.clone())),
            [] => None,
        };
        let found = self.lookup(parts, declared).or_else(|| self.lookup(parts, live));
        let found = found.or_else(|| self.type_to_come(parts));
        found.or_else(|| if self.facts.offline { offline() } else { None })
    }

    /// An expression or query out of tokens of the statement.
    pub(crate) fn expr(&self, cursor: &Cursor<'_>, tokens: &[Tok]) -> Expr {
        sql::expr_of(cursor.text(tokens), tokens, &self.path)
    }

    /// The directives that stand between two tokens: in the comment above what begins at `next`.
    pub(crate) fn directives_between(&self, previous: u32, next: u32) -> impl Iterator<Item = &Directive> {
        let begin = self.directives.partition_point(|it| it.span.start < previous);
        self.directives[begin..].iter().take_while(move |it| it.span.start < next)
    }
}

pub(crate) fn unknown(parts: &[Name], what: &str, span: Span) -> Fault {
    let name: Vec<String> = parts.iter().map(Name::to_string).collect();
    let message = format!("there is no {what} `{}` at this point of the file", name.join("."));
    Fault::new(Code::Unknown, span, message).hint("declare it above, or qualify its name")
}
