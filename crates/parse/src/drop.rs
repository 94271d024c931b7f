//! DROP, of every kind: takes away what is declared so far, or declares absence.

use model::{Kind, Name, ObjectId, QualName, Span};
use sql::{Code, Cursor, Fault};

use crate::reader::{Reader, unknown};
use crate::refer::{self, kinds_of};
use crate::{Verdict, cast, operator, operator_class};

/// What DROP may name.
enum Named {
    /// Something of a namespace, of one of the kinds.
    Plain(&'static [Kind]),
    /// Something of the database.
    Root(Kind),
    Routine(&'static str),
    Operator,
    /// An operator family or class.
    OfMethod(Kind),
    Cast,
    /// Something on a relation.
    Part(Kind),
}

fn named(noun: &str) -> Option<Named> {
    Some(match noun {
        "table" | "foreign table" => Named::Plain(&[Kind::Table]),
        "server" => Named::Root(Kind::Server),
        "foreign data wrapper" => Named::Root(Kind::Wrapper),
        "view" => Named::Plain(&[Kind::View]),
        "materialized view" => Named::Plain(&[Kind::MaterializedView]),
        "sequence" => Named::Plain(&[Kind::Sequence]),
        "index" => Named::Plain(&[Kind::Index]),
        "statistics" => Named::Plain(&[Kind::Statistics]),
        "type" => Named::Plain(crate::types::ALONE),
        "domain" => Named::Plain(&[Kind::Domain]),
        "collation" => Named::Plain(&[Kind::Collation]),
        "schema" => Named::Root(Kind::Namespace),
        "extension" => Named::Root(Kind::Extension),
        "role" | "user" | "group" => Named::Root(Kind::Role),
        "function" => Named::Routine("function"),
        "procedure" => Named::Routine("procedure"),
        "aggregate" => Named::Routine("aggregate"),
        "routine" => Named::Routine("routine"),
        "operator" => Named::Operator,
        "operator class" => Named::OfMethod(Kind::OperatorClass),
        "operator family" => Named::OfMethod(Kind::OperatorFamily),
        "cast" => Named::Cast,
        "conversion" => Named::Plain(&[Kind::Conversion]),
        "language" => Named::Root(Kind::Language),
        "trigger" => Named::Part(Kind::Trigger),
        "publication" => Named::Root(Kind::Publication),
        "subscription" => Named::Root(Kind::Subscription),
        "text search parser" => Named::Plain(&[Kind::TextSearchParser]),
        "text search template" => Named::Plain(&[Kind::TextSearchTemplate]),
        "text search dictionary" => Named::Plain(&[Kind::TextSearchDictionary]),
        "text search configuration" => Named::Plain(&[Kind::TextSearchConfiguration]),
        "event trigger" => Named::Root(Kind::EventTrigger),
        "rule" => Named::Part(Kind::Rule),
        "policy" => Named::Part(Kind::Policy),
        _ => return None,
    })
}

/// Whether there is a reader for DROP of such a thing.
pub(crate) fn knows(noun: &str) -> bool {
    named(noun).is_some()
}

/// `DROP kind [CONCURRENTLY] [IF EXISTS] name, … [CASCADE | RESTRICT]`
pub(crate) fn drop(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let (_, noun) = crate::dispatch::head(cursor);
    let named = named(&noun).ok_or_else(|| cursor.wanted("a kind of object that is read"))?;
    cursor.next();
    cursor.eat(&["procedural"]);
    for _ in noun.split(' ') {
        cursor.next();
    }
    cursor.eat(&["concurrently"]);
    let guarded = cursor.eat(&["if", "exists"]);
    let mut targets = Vec::new();
    loop {
        targets.push(target(reader, cursor, &named, guarded)?);
        if !cursor.eat_symbol(",") {
            break;
        }
    }
    let cascade = cursor.eat(&["cascade"]);
    _ = !cascade && cursor.eat(&["restrict"]);
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let mut absent = false;
    for id in targets.into_iter().flatten() {
        if reader.desired.schema.contains(&id) {
            reader.take_away(&id, cascade);
        } else {
            absent = true;
        }
        for id in alike(&named, id) {
            reader.desired.spans.insert(id.clone(), span);
            reader.desired.absent.insert(id);
        }
    }
    Ok(if absent { Verdict::Declared } else { Verdict::Idiom })
}

/// The objects that may have been meant where none is declared: DROP TYPE does not say what type.
fn alike(named: &Named, id: ObjectId) -> Vec<ObjectId> {
    match (named, id.qual_name()) {
        (Named::Plain(kinds), Some(name)) => kinds.iter().map(|it| it.named(name)).collect(),
        _ => vec![id],
    }
}

/// What is declared of that name, else what is declared absent by it; nothing where the name can mean
/// nothing here.
fn target(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    named: &Named,
    guarded: bool,
) -> Result<Option<ObjectId>, Fault> {
    let begin = cursor.span();
    let (id, parts) = match named {
        Named::Root(kind) => {
            let name = cursor.name()?;
            (kind.root(&name), vec![name])
        }
        Named::Plain(kinds) => {
            let parts = cursor.dotted()?;
            (plain(reader, &parts, kinds), parts)
        }
        Named::Part(kind) => {
            let name = cursor.name()?;
            cursor.expect(&["on"])?;
            let relation = cursor.dotted()?;
            if reader.is_temporary(&relation) {
                return Ok(None);
            }
            (kind.of(&reader.reference(&relation), &name), vec![name])
        }
        Named::Routine(word) => return routine(reader, cursor, word, guarded),
        Named::OfMethod(kind) => {
            let id = operator_class::identity(reader, cursor, *kind)?;
            (
                id.clone(),
                id.qual_name().map(|it| vec![it.namespace.clone(), it.name.clone()]).unwrap_or_default(),
            )
        }
        Named::Cast => return cast_of(reader, cursor, guarded),
        Named::Operator => return operator_of(reader, cursor, guarded),
    };
    let span = begin.to(cursor.previous());
    match guarded || reader.desired.schema.contains(&id) {
        _ if matches!(named, Named::Plain(_)) && reader.is_temporary(&parts) => Ok(None),
        true => Ok(Some(id)),
        false => Err(missing(&parts, id.kind.meta().noun, span)),
    }
}

fn missing(parts: &[Name], what: &str, span: Span) -> Fault {
    unknown(parts, what, span).hint("IF EXISTS declares it absent")
}

fn plain(reader: &Reader<'_>, parts: &[Name], kinds: &[Kind]) -> ObjectId {
    let schema = &reader.desired.schema;
    let declared = |name: &QualName| kinds.iter().map(|it| it.named(name)).find(|it| schema.contains(it));
    let found = reader.lookup(parts, declared);
    found.unwrap_or_else(|| match parts {
        [.., namespace, name] => kinds[0].named(&name.clone().within(namespace.clone())),
        _ => kinds[0].named(&reader.reference(parts)),
    })
}

fn cast_of(reader: &Reader<'_>, cursor: &mut Cursor<'_>, guarded: bool) -> Result<Option<ObjectId>, Fault> {
    let (mark, at) = (cursor.mark(), cursor.span());
    match cast::identity(reader, cursor) {
        Ok(id) if guarded || reader.desired.schema.contains(&id) => Ok(Some(id)),
        Ok(id) => {
            let message = format!("there is no {id} at this point of the file");
            Err(Fault::new(Code::Unknown, at.to(cursor.previous()), message)
                .hint("IF EXISTS declares it absent"))
        }
        // A type that is not there: neither is the cast.
        Err(fault) if guarded && fault.code == Code::Unknown => {
            cursor.reset(mark);
            cursor.parenthesised()?;
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

fn operator_of(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    guarded: bool,
) -> Result<Option<ObjectId>, Fault> {
    use crate::refer::Found;
    let mark = cursor.mark();
    if !guarded {
        return operator::reference(reader, cursor).map(|it| match it {
            Found::Declared(id) => Some(id),
            Found::Outside => None,
        });
    }
    match operator::identity(reader, cursor) {
        Ok(id) => Ok(Some(id)),
        // A type that is not there: neither is the operator.
        Err(fault) if fault.code == Code::Unknown => {
            cursor.reset(mark);
            operator::Symbol::read(cursor)?;
            cursor.parenthesised()?;
            Ok(None)
        }
        Err(fault) => Err(fault),
    }
}

fn routine(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    word: &'static str,
    guarded: bool,
) -> Result<Option<ObjectId>, Fault> {
    use crate::refer::Found;
    let mark = cursor.mark();
    let name = match reader.routine_name(cursor) {
        Ok(name) => name,
        // A type that is not there: neither is the routine.
        Err(fault) if guarded && fault.code == Code::Unknown => {
            cursor.reset(mark);
            cursor.dotted()?;
            cursor.parenthesised()?;
            return Ok(None);
        }
        Err(fault) => return Err(fault),
    };
    match reader.routine(&name, kinds_of(word)) {
        Ok(Found::Declared(id)) => Ok(Some(id)),
        Err(fault) if fault.code == Code::Conflict => Err(fault),
        Ok(Found::Outside) | Err(_) if guarded => {
            let kind = kinds_of(word)[0];
            let types = name.parameters.as_deref().map(crate::signature::types);
            Ok(types.map(|it| kind.routine(&reader.routine_reference(&name.parts), it)))
        }
        Ok(Found::Outside) => Ok(None),
        Err(fault) => Err(fault),
    }
}

impl Reader<'_> {
    /// The qualified name of a routine that is not declared.
    fn routine_reference(&self, parts: &[Name]) -> QualName {
        refer::qualified(parts, || self.creation_namespace())
    }

    /// Takes a declared object away, what lives and dies with it, and by CASCADE what stands on it.
    pub(crate) fn take_away(&mut self, id: &ObjectId, cascade: bool) {
        let mut doomed = vec![id.clone()];
        if id.kind == Kind::Namespace {
            let inside = |it: &&ObjectId| it.namespace() == id.namespace() && it.target().is_none();
            doomed.extend(self.desired.schema.iter().map(|it| it.0).filter(inside).cloned());
        }
        if cascade {
            self.standing_on(&mut doomed);
        }
        for id in doomed {
            operator_class::forget_members(self, &id);
            self.desired.schema.remove(&id);
            self.desired.unnamed.remove(&id);
            if matches!(id.kind, Kind::View | Kind::MaterializedView) {
                self.forget_columns(&id);
            }
        }
    }

    fn standing_on(&self, doomed: &mut Vec<ObjectId>) {
        let users = self.desired.schema.users();
        let mut seen: std::collections::HashSet<ObjectId> = doomed.iter().cloned().collect();
        let mut at = 0;
        while at < doomed.len() {
            let parts = self.desired.schema.children(&doomed[at]).cloned();
            let above = users.of(&doomed[at]).cloned();
            let more: Vec<ObjectId> = parts.chain(above).filter(|it| seen.insert(it.clone())).collect();
            doomed.extend(more);
            at += 1;
        }
    }

    /// Comments and grants on the columns of a view, which are no objects of their own.
    fn forget_columns(&mut self, view: &ObjectId) {
        let Some(name) = view.qual_name() else { return };
        let about = |it: &ObjectId| it.kind == Kind::Column && it.relation() == Some(name);
        let schema = &self.desired.schema;
        let facts = schema.iter().map(|it| it.0).filter(|it| it.target().is_some_and(about));
        for id in facts.cloned().collect::<Vec<_>>() {
            self.desired.schema.remove(&id);
        }
    }
}
