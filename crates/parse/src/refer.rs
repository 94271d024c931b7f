//! Objects as statements refer to them: by kind word and name, looked up among what is declared so far.
//!
//! Knows how each kind is addressed; not what is done to it.

use std::collections::HashMap;

use model::{Kind, Name, ObjectId, QualName, Span};
use sql::{Code, Cursor, Fault};

use crate::reader::{Reader, unknown};
use crate::signature::{self, Parameter};

/// What a reference leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// Something the file has declared.
    Declared(ObjectId),
    /// Something that is there without the file, and is not the file's.
    Outside,
}

/// A routine as referred to: its name and, if given, the parameters.
#[derive(Clone, Debug)]
pub(crate) struct RoutineName {
    pub(crate) parts: Vec<Name>,
    pub(crate) parameters: Option<Vec<Parameter>>,
    pub(crate) span: Span,
}

/// Kinds that nothing but their words and a name address, in COMMENT ON and SECURITY LABEL ON.
const ADDRESSED: &[(&[&str], Kind)] = &[
    (&["event", "trigger"], Kind::EventTrigger),
    (&["publication"], Kind::Publication),
    (&["subscription"], Kind::Subscription),
    (&["text", "search", "parser"], Kind::TextSearchParser),
    (&["text", "search", "template"], Kind::TextSearchTemplate),
    (&["text", "search", "dictionary"], Kind::TextSearchDictionary),
    (&["text", "search", "configuration"], Kind::TextSearchConfiguration),
];

/// What a name nobody has found means: its own namespace counts, else the one given.
pub(crate) fn qualified(parts: &[Name], namespace: impl FnOnce() -> Name) -> QualName {
    match parts {
        [.., namespace, name] => name.clone().within(namespace.clone()),
        _ => parts.last().cloned().unwrap_or_default().within(namespace()),
    }
}

/// The name, where something live has it.
pub(crate) fn live(names: &HashMap<Name, Vec<Name>>, it: &QualName) -> Option<QualName> {
    names.get(&it.name).is_some_and(|spaces| spaces.contains(&it.namespace)).then(|| it.clone())
}

impl Reader<'_> {
    /// An object that is the file's where the file declares it, and else somebody else's.
    pub(crate) fn declared_or_outside(&self, id: ObjectId) -> Found {
        if self.desired.schema.contains(&id) { Found::Declared(id) } else { Found::Outside }
    }

    /// As [`Reader::declared_or_outside`]; in a namespace of the file it has to be declared.
    pub(crate) fn expected(&self, id: ObjectId, span: Span) -> Result<Found, Fault> {
        let ours = id.namespace().is_some_and(|it| self.desired.namespaces.contains(it));
        match self.declared_or_outside(id.clone()) {
            Found::Outside if ours => {
                Err(Fault::new(Code::Unknown, span, format!("there is no {id} at this point of the file")))
            }
            found => Ok(found),
        }
    }

    /// Takes the words of a kind and a name, where it is a kind that nothing else addresses.
    pub(crate) fn find_addressed(&self, cursor: &mut Cursor<'_>) -> Option<Result<Found, Fault>> {
        let (_, kind) = ADDRESSED.iter().find(|(words, _)| cursor.eat(words))?;
        Some(match kind.meta().noun.starts_with("text search") {
            true => self.find_plain(cursor, *kind),
            false => self.declared_root(cursor, *kind).map(Found::Declared),
        })
    }

    /// Takes the name of something declared that stands in no namespace.
    pub(crate) fn declared_root(&self, cursor: &mut Cursor<'_>, kind: Kind) -> Result<ObjectId, Fault> {
        let name = cursor.name()?;
        let id = kind.root(&name);
        match self.desired.schema.contains(&id) {
            true => Ok(id),
            false => Err(unknown(&[name], kind.meta().noun, cursor.previous())),
        }
    }

    /// Takes the name of a table, view, materialized view or sequence.
    pub(crate) fn find_relation(&self, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
        let begin = cursor.span();
        let parts = cursor.dotted()?;
        self.find_relation_named(&parts, begin.to(cursor.previous()))
    }

    /// The table, view, materialized view or sequence of a name.
    pub(crate) fn find_relation_named(&self, parts: &[Name], span: Span) -> Result<Found, Fault> {
        match self.relation(parts, span) {
            Ok(id) => Ok(Found::Declared(id)),
            Err(_) if self.is_temporary(parts) => Ok(Found::Outside),
            Err(fault) => match self.identity_sequence(parts) {
                Some(id) => Ok(Found::Declared(id)),
                None => self.outside(parts, &self.facts.relations, fault),
            },
        }
    }

    /// Takes the name of an enum or domain.
    pub(crate) fn find_type(&self, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
        let begin = cursor.span();
        let parts = cursor.dotted()?;
        let span = begin.to(cursor.previous());
        match self.lookup(&parts, |it| self.desired.schema.type_named(it)) {
            Some(id) => Ok(Found::Declared(id)),
            None => self.outside(&parts, &self.facts.types, unknown(&parts, "type", span)),
        }
    }

    /// Takes the name of something of a kind that stands in a namespace. What is not declared in a namespace
    /// that is not the file's is taken to be there.
    pub(crate) fn find_plain(&self, cursor: &mut Cursor<'_>, kind: Kind) -> Result<Found, Fault> {
        let begin = cursor.span();
        let parts = cursor.dotted()?;
        let span = begin.to(cursor.previous());
        let declared = |it: &QualName| Some(kind.named(it)).filter(|it| self.desired.schema.contains(it));
        let elsewhere = match parts.as_slice() {
            [.., namespace, _] => !self.desired.namespaces.contains(namespace),
            _ => false,
        };
        match self.lookup(&parts, declared) {
            Some(id) => Ok(Found::Declared(id)),
            None if elsewhere => Ok(Found::Outside),
            None => Err(unknown(&parts, kind.meta().noun, span)),
        }
    }

    /// Takes the name of a namespace.
    pub(crate) fn find_namespace(&self, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
        let name = cursor.name()?;
        let id = Kind::Namespace.root(&name);
        let ours = name.as_str() == "public"
            || self.desired.schema.contains(&id)
            || self.desired.namespaces.contains(&name);
        Ok(if ours { Found::Declared(id) } else { Found::Outside })
    }

    /// Takes a routine's name with or without its parameters.
    pub(crate) fn find_routine(&self, cursor: &mut Cursor<'_>, word: &str) -> Result<Found, Fault> {
        let name = self.routine_name(cursor)?;
        self.routine(&name, kinds_of(word))
    }

    /// Takes a routine's name with or without its parameters, without looking it up.
    pub(crate) fn routine_name(&self, cursor: &mut Cursor<'_>) -> Result<RoutineName, Fault> {
        let begin = cursor.span();
        let parts = cursor.dotted()?;
        let parameters = if cursor.at_symbol("(") { Some(signature::of_any(self, cursor)?.0) } else { None };
        Ok(RoutineName { parts, parameters, span: begin.to(cursor.previous()) })
    }

    /// The routine of that name and those parameters.
    pub(crate) fn routine(&self, name: &RoutineName, kinds: &[Kind]) -> Result<Found, Fault> {
        let declared = |it: &QualName| match &name.parameters {
            Some(parameters) => {
                let inputs = signature::types(parameters);
                let all = signature::all_types(parameters);
                let ids = kinds.iter().flat_map(|kind| [kind.routine(it, &*inputs), kind.routine(it, &*all)]);
                ids.into_iter().find(|it| self.desired.schema.contains(it)).map(|it| vec![it])
            }
            None => {
                let all = self.desired.schema.routines(it).filter(|it| kinds.contains(&it.kind));
                let all: Vec<ObjectId> = all.cloned().collect();
                (!all.is_empty()).then_some(all)
            }
        };
        match self.lookup(&name.parts, declared).unwrap_or_default().as_slice() {
            [id] => Ok(Found::Declared(id.clone())),
            [] => self.outside(&name.parts, &self.facts.functions, unknown_routine(name)),
            _ => Err(Fault::new(Code::Conflict, name.span, "several routines have this name")
                .hint("write its argument types")),
        }
    }

    /// What is not declared may be there without the file: in a namespace that is not the file's.
    fn outside(&self, parts: &[Name], live: &HashMap<Name, Vec<Name>>, fault: Fault) -> Result<Found, Fault> {
        let system = |it: &Name| it.as_str() == "pg_catalog" || it.as_str() == "information_schema";
        let there = |it: &QualName| {
            self::live(live, it).filter(|it| !self.desired.namespaces.contains(&it.namespace))
        };
        let qualified = parts.len() > 1 && parts.get(parts.len() - 2).is_some_and(system);
        match qualified || self.lookup(parts, there).is_some() {
            true => Ok(Found::Outside),
            false => Err(fault),
        }
    }

    /// The qualified name of a function that is named without arguments: declared, live, or the server's own.
    pub(crate) fn function_named(&self, parts: &[Name]) -> QualName {
        let declared = |it: &QualName| self.desired.schema.routines(it).next().map(|_| it.clone());
        let live = |it: &QualName| live(&self.facts.functions, it);
        let found = self.lookup(parts, declared).or_else(|| self.lookup(parts, live));
        found.unwrap_or_else(|| qualified(parts, || "pg_catalog".into()))
    }

    /// What is live under a bare name in namespaces that are not the file's.
    pub(crate) fn outside_named(&self, live: &HashMap<Name, Vec<Name>>, name: &str) -> Vec<QualName> {
        let spaces = live.get(&Name::from(name)).into_iter().flatten();
        let outside = spaces.filter(|it| !self.desired.namespaces.contains(it));
        outside.map(|it| Name::from(name).within(it.clone())).collect()
    }

    /// The constraint of that name on a table: a check, a key, or a foreign key.
    pub(crate) fn constraint(&self, table: &QualName, name: &Name) -> Option<ObjectId> {
        let kinds = [Kind::Constraint, Kind::ForeignKey];
        let named = kinds.iter().map(|it| it.of(table, name)).find(|it| self.desired.schema.contains(it));
        named.or_else(|| self.not_null_named(table, name))
    }

    /// From 18 on a NOT NULL has a name too.
    fn not_null_named(&self, table: &QualName, name: &Name) -> Option<ObjectId> {
        let schema = &self.desired.schema;
        let table = Kind::Table.named(table);
        let columns = schema.parts(&table).filter(|it| it.kind == Kind::Column);
        let mut parts = columns.flat_map(|it| schema.parts(it)).filter(|it| it.kind == Kind::NotNull);
        let named = |it: &&ObjectId| match schema.get(it) {
            Some(model::Object::NotNull(it)) => it.name.as_ref() == Some(name),
            _ => false,
        };
        parts.find(named).cloned()
    }
}

/// The kinds of routine a word of the grammar may mean.
pub(crate) fn kinds_of(word: &str) -> &'static [Kind] {
    match word {
        "function" => &[Kind::Function, Kind::Aggregate],
        "procedure" => &[Kind::Procedure],
        "aggregate" => &[Kind::Aggregate],
        _ => &[Kind::Function, Kind::Procedure, Kind::Aggregate],
    }
}

fn unknown_routine(name: &RoutineName) -> Fault {
    let fault = unknown(&name.parts, "routine", name.span);
    match &name.parameters {
        Some(parameters) => Fault {
            message: fault.message.replacen("` at", &format!("({})` at", signature::types(parameters)), 1),
            ..fault
        },
        None => fault,
    }
}
