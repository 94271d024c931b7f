//! The fields in which two states of an object differ, in words. Does not know the kinds: it goes by the names fields
//! are serialised under.

use std::collections::{BTreeSet, HashMap};

use model::Object;
use serde::Serialize;
use serde_json::Value;

use crate::change;
use crate::look::Look;

/// A value taken apart by name.
type Values = serde_json::Map<String, Value>;

/// A field that differs.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// In the database.
    pub(crate) actual: String,
    /// In the file.
    pub(crate) desired: String,
}

impl Field {
    /// The field in a line, or as a line diff where it is long and all is to be told.
    pub(crate) fn text(&self, look: Look) -> String {
        let Field { name, actual, desired } = self;
        let is_short = change::is_short(actual) && change::is_short(desired);
        let phrase = change::phrase(name, actual, desired);
        match is_short || !look.verbose {
            true => phrase,
            false => format!("{phrase}\n{}", change::lines(actual, desired, look)),
        }
    }
}

/// The fields that differ, by the names they are serialised under.
pub(crate) fn fields(old: &Object, new: &Object) -> Vec<Field> {
    let texts: HashMap<&str, &str> =
        old.exprs().into_iter().chain(new.exprs()).map(|it| (&*it.key, &*it.text)).collect();
    let (Some(old), Some(new)) = (values(old), values(new)) else { return Vec::new() };
    let words = |it: Option<&Value>| it.map(|it| words(it, &texts)).unwrap_or_default();
    differing(&old, &new)
        .map(|name| {
            let (old, new) = narrowed(old.get(name), new.get(name));
            Field { name: name.replace('_', " "), actual: words(old), desired: words(new) }
        })
        .collect()
}

/// The one place inside of a value where two differ, or the values where they differ in several.
fn narrowed<'a>(old: Option<&'a Value>, new: Option<&'a Value>) -> (Option<&'a Value>, Option<&'a Value>) {
    let (Some(Value::Object(one)), Some(Value::Object(other))) = (old, new) else { return (old, new) };
    let mut names = differing(one, other);
    match (names.next(), names.next()) {
        (Some(name), None) if one.contains_key(name) && other.contains_key(name) => {
            narrowed(one.get(name), other.get(name))
        }
        _ => (old, new),
    }
}

/// The names under which two values differ, in order.
fn differing<'a>(one: &'a Values, other: &'a Values) -> impl Iterator<Item = &'a String> {
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    names.into_iter().filter(|it| one.get(*it) != other.get(*it))
}

fn values(object: &Object) -> Option<Values> {
    match serde_json::to_value(object) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// A value for people: expressions as they are written, no quotes, nothing for what is not there.
fn words(value: &Value, texts: &HashMap<&str, &str>) -> String {
    let list = |it: Vec<String>| it.join(", ");
    match value {
        Value::Null => String::new(),
        Value::Bool(it) => if *it { "yes" } else { "no" }.to_owned(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => texts.get(it.as_str()).copied().unwrap_or(it).to_owned(),
        Value::Array(items) => list(items.iter().map(|it| words(it, texts)).collect()),
        Value::Object(map) => list(
            map.iter()
                .filter(|(_, it)| !it.is_null())
                .map(|(name, it)| format!("{} {}", name.replace('_', " "), words(it, texts)))
                .collect(),
        ),
    }
}
