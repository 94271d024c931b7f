//! Text search configurations: what they are made of, and the server's own, which others are copied from.

use std::collections::BTreeMap;

use model::{Kind, Name, Object, QualName, TextSearchConfiguration};
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::text_search::{OUTSIDE, altered, begun, items, made};
use crate::{Verdict, owner, rename};

type Mappings = BTreeMap<String, Vec<QualName>>;

/// `CREATE TEXT SEARCH CONFIGURATION name (PARSER = … | COPY = …)`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let id = begun(reader, cursor, Kind::TextSearchConfiguration)?;
    let at = cursor.span();
    let mut found = None;
    for (name, value) in items(cursor)? {
        let parts: Vec<Name> = value.into_iter().flatten().map(Name::from).collect();
        found = Some(match name.as_str() {
            "parser" => {
                let parser = reader.search_name(Kind::TextSearchParser, &parts);
                TextSearchConfiguration { parser, mappings: Mappings::new() }
            }
            "copy" => copied(reader, &parts).ok_or_else(|| {
                let message = "the configuration that is copied is not known";
                Fault::new(Code::Unknown, at, message).hint("declare it above, or one of the server's own")
            })?,
            _ => return Err(Fault::new(Code::Unsupported, at, format!("{name} is not understood here"))),
        });
    }
    cursor.expect_done()?;
    let found = found.ok_or_else(|| Fault::new(Code::Syntax, at, "a configuration takes PARSER or COPY"))?;
    made(reader, id, found.into(), begin.to(cursor.previous()))
}

/// A configuration of the file, or one of the server's own.
fn copied(reader: &Reader<'_>, parts: &[Name]) -> Option<TextSearchConfiguration> {
    let name = reader.search_name(Kind::TextSearchConfiguration, parts);
    match reader.desired.schema.get(&Kind::TextSearchConfiguration.named(&name)) {
        Some(Object::TextSearchConfiguration(it)) => Some(it.clone()),
        _ if name.namespace.as_str() == "pg_catalog" => built_in(name.name.as_str()),
        _ => None,
    }
}

/// Languages the server comes with (`snowball_create.sql`).
const LANGUAGES: &[&str] = &[
    "arabic",
    "armenian",
    "basque",
    "catalan",
    "danish",
    "dutch",
    "english",
    "estonian",
    "finnish",
    "french",
    "german",
    "greek",
    "hindi",
    "hungarian",
    "indonesian",
    "irish",
    "italian",
    "lithuanian",
    "nepali",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "serbian",
    "spanish",
    "swedish",
    "tamil",
    "turkish",
    "yiddish",
];
/// What is looked up as it is, in every language.
const SIMPLE: &[&str] = &[
    "email",
    "file",
    "float",
    "host",
    "hword_numpart",
    "int",
    "numhword",
    "numword",
    "sfloat",
    "uint",
    "url",
    "url_path",
    "version",
];

/// One of the server's own configurations. Words of ASCII letters are English in two of the languages.
fn built_in(language: &str) -> Option<TextSearchConfiguration> {
    let system = |name: &str| QualName::new("pg_catalog", name);
    let stem = |language: &str| match language {
        "simple" => system("simple"),
        language => system(&format!("{language}_stem")),
    };
    if language != "simple" && !LANGUAGES.contains(&language) {
        return None;
    }
    let ascii = if ["russian", "hindi"].contains(&language) { "english" } else { language };
    let simple = SIMPLE.iter().map(|it| (*it, system("simple")));
    let words = ["word", "hword_part", "hword"].map(|it| (it, stem(language)));
    let letters = ["asciiword", "hword_asciipart", "asciihword"].map(|it| (it, stem(ascii)));
    let all = simple.chain(words).chain(letters);
    let mappings = all.map(|(token, it)| (token.to_owned(), vec![it])).collect();
    Some(TextSearchConfiguration { parser: system("default"), mappings })
}

/// `ALTER TEXT SEARCH CONFIGURATION name { ADD | ALTER | DROP } MAPPING … | OWNER TO … | RENAME TO … | SET SCHEMA …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    let Some(id) = altered(reader, cursor, Kind::TextSearchConfiguration)? else { return Ok(OUTSIDE) };
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    let Some(word) = cursor.eat_any(&["add", "alter", "drop"]) else {
        return rename::clause(reader, cursor, &id, begin);
    };
    let Some(Object::TextSearchConfiguration(it)) = reader.desired.schema.get(&id) else {
        return Ok(OUTSIDE);
    };
    let mut mappings = it.mappings.clone();
    cursor.expect(&["mapping"])?;
    match word {
        "add" => add(reader, cursor, &mut mappings)?,
        "alter" => change(reader, cursor, &mut mappings)?,
        _ => {
            let guarded = cursor.eat(&["if", "exists"]);
            cursor.expect(&["for"])?;
            for token in tokens(cursor)? {
                if mappings.remove(&token).is_none() && !guarded {
                    return Err(
                        cursor.fault(format!("{id} has no mapping for {token} at this point of the file"))
                    );
                }
            }
        }
    }
    cursor.expect_done()?;
    reader.desired.spans.insert(id.clone(), begin.to(cursor.previous()));
    if let Some(Object::TextSearchConfiguration(it)) = reader.desired.schema.get_mut(&id) {
        it.mappings = mappings;
    }
    Ok(Verdict::Declared)
}

/// `FOR token, … WITH dictionary, …`
fn add(reader: &Reader<'_>, cursor: &mut Cursor<'_>, mappings: &mut Mappings) -> Result<(), Fault> {
    cursor.expect(&["for"])?;
    let at = cursor.span();
    let tokens = tokens(cursor)?;
    cursor.expect(&["with"])?;
    let dictionaries = dictionaries(reader, cursor)?;
    for token in tokens {
        if mappings.contains_key(&token) {
            let message = format!("{token} is mapped already");
            return Err(Fault::new(Code::Conflict, at, message).hint("say ALTER MAPPING"));
        }
        mappings.insert(token, dictionaries.clone());
    }
    Ok(())
}

/// `[FOR token, …] { WITH dictionary, … | REPLACE dictionary WITH dictionary }`
fn change(reader: &Reader<'_>, cursor: &mut Cursor<'_>, mappings: &mut Mappings) -> Result<(), Fault> {
    let tokens = if cursor.eat(&["for"]) { Some(tokens(cursor)?) } else { None };
    if !cursor.eat(&["replace"]) {
        cursor.expect(&["with"])?;
        let dictionaries = dictionaries(reader, cursor)?;
        for token in tokens.into_iter().flatten() {
            mappings.insert(token, dictionaries.clone());
        }
        return Ok(());
    }
    let one = |cursor: &mut Cursor<'_>| {
        cursor.dotted().map(|it| reader.search_name(Kind::TextSearchDictionary, &it))
    };
    let old = one(cursor)?;
    cursor.expect(&["with"])?;
    let new = one(cursor)?;
    let chosen = |token: &String| tokens.as_ref().is_none_or(|it| it.contains(token));
    for (_, all) in mappings.iter_mut().filter(|it| chosen(it.0)) {
        all.iter_mut().filter(|it| **it == old).for_each(|it| it.clone_from(&new));
    }
    Ok(())
}

fn tokens(cursor: &mut Cursor<'_>) -> Result<Vec<String>, Fault> {
    let mut tokens = vec![cursor.name()?.as_str().to_owned()];
    while cursor.eat_symbol(",") {
        tokens.push(cursor.name()?.as_str().to_owned());
    }
    Ok(tokens)
}

fn dictionaries(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Vec<QualName>, Fault> {
    let mut found = Vec::new();
    loop {
        found.push(reader.search_name(Kind::TextSearchDictionary, &cursor.dotted()?));
        if !cursor.eat_symbol(",") {
            return Ok(found);
        }
    }
}
