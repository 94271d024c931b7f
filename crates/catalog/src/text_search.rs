//! Reads text search parsers, templates, dictionaries and configurations. Does not know any language.

use std::collections::{BTreeMap, HashMap};

use model::{
    Object, QualName, Settings, Span, TextSearchConfiguration, TextSearchDictionary, TextSearchParser,
    TextSearchTemplate,
};
use sql::TokenKind;

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const FUNCTIONS: Query =
    Query { name: "functions of text search", sql: include_str!("text_search_function.sql") };
pub(crate) const MAPPINGS: Query =
    Query { name: "mappings of text search", sql: include_str!("text_search_mapping.sql") };
pub(crate) const QUERY: Query = Query { name: "text search", sql: include_str!("text_search.sql") };

type Mappings = BTreeMap<String, Vec<QualName>>;

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let mut functions: HashMap<u32, QualName> = HashMap::new();
    for row in FUNCTIONS.rows(answers)? {
        functions.insert(row.get("oid")?, row.name("name")?.within(row.name("namespace")?));
    }
    let mut mappings: HashMap<u32, Mappings> = HashMap::new();
    for row in MAPPINGS.rows(answers)? {
        let dictionary = row.name("name")?.within(row.name("namespace")?);
        let of = mappings.entry(row.get("configuration")?).or_default();
        of.entry(row.get("token")?).or_default().push(dictionary);
    }
    for row in QUERY.rows(answers)? {
        let (class, oid): (u32, u32) = (row.get("class")?, row.get("oid")?);
        let Some(name) = reader.qual_name(&row)?.filter(|_| !reader.is_member(class, oid)) else { continue };
        let object: Object = match class {
            class::TEXT_SEARCH_PARSER => TextSearchParser { functions: by_word(&row, &functions)? }.into(),
            class::TEXT_SEARCH_TEMPLATE => {
                TextSearchTemplate { functions: by_word(&row, &functions)? }.into()
            }
            class::TEXT_SEARCH_DICTIONARY => {
                let options = row.get::<Option<&str>>("options")?.map(options).unwrap_or_default();
                TextSearchDictionary { template: part(&row)?, options }.into()
            }
            class::TEXT_SEARCH_CONFIGURATION => {
                let mappings = mappings.remove(&oid).unwrap_or_default();
                TextSearchConfiguration { parser: part(&row)?, mappings }.into()
            }
            other => return Err(row.unknown(format!("class {other}"))),
        };
        let id = object.kind().named(&name);
        reader.insert((class, oid), id.clone(), object);
        if let Some(owner) = row.get::<Option<u32>>("owner")? {
            reader.owned(&id, owner, None);
        }
    }
    Ok(())
}

/// The template of a dictionary, or the parser of a configuration.
fn part(row: &Record) -> Result<QualName, Error> {
    Ok(row.name("part")?.within(row.name("part_namespace")?))
}

fn by_word(row: &Record, functions: &HashMap<u32, QualName>) -> Result<BTreeMap<String, QualName>, Error> {
    let (words, oids): (Vec<String>, Vec<u32>) = (row.get("words")?, row.get("functions")?);
    let named = words.into_iter().zip(oids).filter(|it| it.1 != 0);
    let named = named.map(|(word, oid)| functions.get(&oid).map(|it| (word, it.clone())));
    named.collect::<Option<_>>().ok_or(Error::Moved { query: row.query })
}

/// `name = 'value', …`, as `dictinitoption` has them; numbers stand without quotes.
fn options(text: &str) -> Settings {
    let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let tokens = sql::lex(text, Span { file: 0, start: 0, end }).unwrap_or_default();
    let mut options = Settings::new();
    let mut rest = tokens.as_slice();
    while let [name, equals, behind @ ..] = rest
        && equals.is_symbol("=")
    {
        let end = behind.iter().position(|it| it.is_symbol(",")).unwrap_or(behind.len());
        let value = behind[..end].iter().map(|it| it.value.as_str()).collect::<String>();
        let name =
            if name.kind == TokenKind::Quoted { name.value.clone() } else { name.value.to_lowercase() };
        options.insert(name, value);
        rest = behind.get(end + 1..).unwrap_or_default();
    }
    options
}

#[cfg(test)]
mod tests {
    use super::options;

    #[test]
    fn options_are_taken_apart() {
        let found = options("stopwords = 'a, b', \"Odd\" = E'x\\\\y', maxlen = -3");
        let all: Vec<(&str, &str)> = found.iter().map(|(name, it)| (name.as_str(), it.as_str())).collect();
        assert_eq!(all, [("stopwords", "a, b"), ("Odd", "x\\y"), ("maxlen", "-3")]);
    }
}
