//! Text search parsers, templates and dictionaries, and what is said of all kinds of text search alike.
//!
//! Knows how names of dictionaries are looked up; no language.

use std::collections::BTreeMap;

use model::{
    Kind, Name, Object, ObjectId, QualName, Settings, TextSearchDictionary, TextSearchParser,
    TextSearchTemplate,
};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::reader::Reader;
use crate::refer::{self, Found};
use crate::{Verdict, owner, rename};

/// An item of a list in parentheses: its name, and what it is set to if anything.
type Item = (String, Option<Vec<String>>);

/// `(name [= value], …)`; a value is a word, a name with dots, a string or a number.
pub(crate) fn items(cursor: &mut Cursor<'_>) -> Result<Vec<Item>, Fault> {
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut items = Vec::new();
    loop {
        let name = inside.name()?.as_str().to_owned();
        let value = if inside.eat_symbol("=") { Some(value(&mut inside)?) } else { None };
        items.push((name, value));
        if !inside.eat_symbol(",") {
            inside.expect_done()?;
            return Ok(items);
        }
    }
}

fn value(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Fault> {
    let sign = if cursor.eat_symbol("-") { "-" } else { "" };
    let mut parts = Vec::new();
    loop {
        let token = cursor.peek().filter(|it| it.kind != TokenKind::Symbol);
        let token = token.ok_or_else(|| cursor.wanted("a value"))?;
        cursor.next();
        parts.push(format!("{sign}{}", token.value));
        if token.kind == TokenKind::Text || !cursor.eat_symbol(".") {
            return Ok(parts);
        }
    }
}

/// Takes `CREATE TEXT SEARCH kind name`, and gives the identity.
pub(crate) fn begun(reader: &Reader<'_>, cursor: &mut Cursor<'_>, kind: Kind) -> Result<ObjectId, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    for word in kind.meta().noun.split(' ') {
        cursor.expect(&[word])?;
    }
    let parts = cursor.dotted()?;
    Ok(kind.named(&reader.created(parts, begin.to(cursor.previous()))?))
}

/// The functions of a parser or template, each under its word.
fn functions(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    words: &[&str],
) -> Result<BTreeMap<String, QualName>, Fault> {
    let at = cursor.span();
    let mut found = BTreeMap::new();
    for (name, value) in items(cursor)? {
        let word = name.to_uppercase();
        let parts: Vec<Name> = value.into_iter().flatten().map(Name::from).collect();
        if !words.contains(&word.as_str()) || parts.is_empty() {
            return Err(Fault::new(Code::Unsupported, at, format!("{name} is not understood here")));
        }
        found.insert(word, reader.function_named(&parts));
    }
    Ok(found)
}

/// `CREATE TEXT SEARCH PARSER name (START = …, GETTOKEN = …, END = …, LEXTYPES = … [, HEADLINE = …])`
pub(crate) fn create_parser(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let id = begun(reader, cursor, Kind::TextSearchParser)?;
    let functions = functions(reader, cursor, &["START", "GETTOKEN", "END", "LEXTYPES", "HEADLINE"])?;
    cursor.expect_done()?;
    made(reader, id, TextSearchParser { functions }.into(), begin.to(cursor.previous()))
}

/// `CREATE TEXT SEARCH TEMPLATE name ([INIT = …,] LEXIZE = …)`
pub(crate) fn create_template(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let id = begun(reader, cursor, Kind::TextSearchTemplate)?;
    let functions = functions(reader, cursor, &["INIT", "LEXIZE"])?;
    cursor.expect_done()?;
    made(reader, id, TextSearchTemplate { functions }.into(), begin.to(cursor.previous()))
}

/// `CREATE TEXT SEARCH DICTIONARY name (TEMPLATE = … [, option = value, …])`
pub(crate) fn create_dictionary(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let id = begun(reader, cursor, Kind::TextSearchDictionary)?;
    let at = cursor.span();
    let (mut template, mut options) = (None, Settings::new());
    for (name, value) in items(cursor)? {
        let value = value.ok_or_else(|| Fault::new(Code::Syntax, at, format!("{name} takes a value")))?;
        match name.as_str() {
            "template" => {
                let parts: Vec<Name> = value.into_iter().map(Name::from).collect();
                template = Some(reader.search_name(Kind::TextSearchTemplate, &parts));
            }
            _ => _ = options.insert(name, value.join(".")),
        }
    }
    cursor.expect_done()?;
    let template = template.ok_or_else(|| Fault::new(Code::Syntax, at, "a dictionary takes a TEMPLATE"))?;
    made(reader, id, TextSearchDictionary { template, options }.into(), begin.to(cursor.previous()))
}

/// Puts down what was made.
pub(crate) fn made(
    reader: &mut Reader<'_>,
    id: ObjectId,
    object: Object,
    span: model::Span,
) -> Result<Verdict, Fault> {
    reader.is_free(&id, span)?;
    rename::said(reader, &id, span);
    reader.declare(&id, object, span);
    Ok(Verdict::Declared)
}

/// Takes `ALTER TEXT SEARCH kind name`; nothing where that is not the file's.
pub(crate) fn altered(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    kind: Kind,
) -> Result<Option<ObjectId>, Fault> {
    cursor.expect(&["alter"])?;
    for word in kind.meta().noun.split(' ') {
        cursor.expect(&[word])?;
    }
    Ok(match reader.find_plain(cursor, kind)? {
        Found::Declared(id) => Some(id),
        Found::Outside => None,
    })
}

/// Why nothing is done about what is not declared.
pub(crate) const OUTSIDE: Verdict = Verdict::Passed("it is about an object that is not the file's");

/// `ALTER TEXT SEARCH { PARSER | TEMPLATE } name { RENAME TO … | SET SCHEMA … }`
pub(crate) fn alter_parser(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let is_parser = cursor.peek_at(3).is_some_and(|it| it.is("parser"));
    let kind = if is_parser { Kind::TextSearchParser } else { Kind::TextSearchTemplate };
    match altered(reader, cursor, kind)? {
        Some(id) => rename::clause(reader, cursor, &id, begin),
        None => Ok(OUTSIDE),
    }
}

/// `ALTER TEXT SEARCH DICTIONARY name { (option [= value], …) | OWNER TO … | RENAME TO … | SET SCHEMA … }`
pub(crate) fn alter_dictionary(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let Some(id) = altered(reader, cursor, Kind::TextSearchDictionary)? else { return Ok(OUTSIDE) };
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    if !cursor.at_symbol("(") {
        return rename::clause(reader, cursor, &id, begin);
    }
    let items = items(cursor)?;
    cursor.expect_done()?;
    if let Some(Object::TextSearchDictionary(it)) = reader.desired.schema.get_mut(&id) {
        for (name, value) in items {
            match value {
                Some(value) => _ = it.options.insert(name, value.join(".")),
                None => _ = it.options.shift_remove(&name),
            }
        }
    }
    Ok(Verdict::Declared)
}

impl Reader<'_> {
    /// The qualified name of a parser, template, dictionary or configuration: declared, live, of an extension
    /// to come, or the server's own.
    pub(crate) fn search_name(&self, kind: Kind, parts: &[Name]) -> QualName {
        let declared = |it: &QualName| self.desired.schema.contains(&kind.named(it)).then(|| it.clone());
        let live = |it: &QualName| {
            refer::live(&self.facts.dictionaries, it).filter(|_| kind == Kind::TextSearchDictionary)
        };
        let to_come = || {
            let name = parts.last()?;
            let extension = self.extensions_to_come.iter().find(|it| it.0 == *name)?;
            Some(name.clone().within(extension.1.clone()))
        };
        let found = self.lookup(parts, declared).or_else(|| self.lookup(parts, live)).or_else(to_come);
        found.unwrap_or_else(|| refer::qualified(parts, || "pg_catalog".into()))
    }
}
