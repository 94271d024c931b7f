//! `reconcile.yaml` as it is written: shapes and places, nothing made sense of.
//! It does not know which values are good.

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Raw {
    pub(super) schema: Option<Spanned<OneOrMany<String>>>,
    pub(super) database: Option<Spanned<RawDatabase>>,
    pub(super) all_namespaces: bool,
    pub(super) additive: bool,
    pub(super) allow: Option<Spanned<OneOrMany<String>>>,
    pub(super) manage: Option<Spanned<OneOrMany<RawRule>>>,
    pub(super) ignore: Option<Spanned<OneOrMany<RawRule>>>,
    pub(super) undeclared: Option<RawUndeclared>,
    pub(super) set: BTreeMap<String, Spanned<String>>,
}

/// `database:` is a URL or parameters.
pub(super) enum RawDatabase {
    Url(String),
    Params(Vec<(Spanned<String>, Spanned<String>)>),
}

/// A rule is a line or a mapping.
pub(super) enum RawRule {
    Short(String),
    Long(RawLongRule),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLongRule {
    pub(super) kind: Option<String>,
    pub(super) namespace: Option<String>,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) not: bool,
}

/// `undeclared:` is one word for all kinds, or one for each.
pub(super) enum RawUndeclared {
    All(Fate),
    Kinds(BTreeMap<String, Spanned<Fate>>),
}

/// What becomes of an undeclared object: it stays, or it is drift and a pending drop.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    Keep,
    Drop,
}

/// A list, or the one thing that would be in it.
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<Spanned<T>>),
}

/// What may be written as a text or as a mapping.
trait FromMap<'de>: Sized {
    const EXPECTED: &'static str;

    fn from_text<E: Error>(text: &str) -> Result<Self, E>;

    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error>;
}

struct TextOrMap<T>(PhantomData<T>);

impl<'de, T: FromMap<'de>> Visitor<'de> for TextOrMap<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map)
    }
}

macro_rules! text_or_map {
    ($($Type:ty),*) => {
        $(impl<'de> Deserialize<'de> for $Type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(TextOrMap(PhantomData))
            }
        })*
    };
}

text_or_map!(RawDatabase, RawRule, RawUndeclared);

impl<'de> FromMap<'de> for RawDatabase {
    const EXPECTED: &'static str = "a URL, or a mapping of connection parameters";

    fn from_text<E: Error>(text: &str) -> Result<Self, E> {
        Ok(RawDatabase::Url(text.to_owned()))
    }

    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(RawDatabase::Params(pairs))
    }
}

impl<'de> FromMap<'de> for RawRule {
    const EXPECTED: &'static str =
        "a rule: [!][kind:][namespace.]name, or a mapping of kind, namespace, name and not";

    fn from_text<E: Error>(text: &str) -> Result<Self, E> {
        Ok(RawRule::Short(text.to_owned()))
    }

    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        RawLongRule::deserialize(MapAccessDeserializer::new(map)).map(RawRule::Long)
    }
}

impl<'de> FromMap<'de> for RawUndeclared {
    const EXPECTED: &'static str = "keep, drop, or one of them for each kind";

    fn from_text<E: Error>(text: &str) -> Result<Self, E> {
        Fate::deserialize(StrDeserializer::new(text)).map(RawUndeclared::All)
    }

    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(RawUndeclared::Kinds)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(List(PhantomData))
    }
}

struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
    type Value = OneOrMany<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one thing, or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(StrDeserializer::new(text)).map(OneOrMany::One)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(OneOrMany::One)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(OneOrMany::Many(items))
    }
}
