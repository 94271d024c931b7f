//! Casts, conversions between encodings, and procedural languages. Knows how each is named, not what its
//! functions do.

use std::sync::Arc;

use serde::Serialize;

use crate::kind::Facets;
use crate::{Body, Kind, Name, Object, ObjectId, QualName, Schema, Type};

/// A cast (`pg_cast`): `Cast::id(source, target)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Cast {
    /// `castsource`
    pub source: Type,
    /// `casttarget`
    pub target: Type,
    /// `castmethod`, `castfunc`
    pub method: CastMethod,
    /// `castcontext`
    pub context: CastContext,
}

/// `pg_cast.castmethod`
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CastMethod {
    /// `f`
    Function {
        /// Its name.
        name: QualName,
        /// Its input types.
        arguments: Arc<str>,
    },
    /// `i`: by way of the text.
    Inout,
    /// `b`: the bytes are the same.
    Binary,
}

/// `pg_cast.castcontext`
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CastContext {
    /// `e`: only where it is written.
    #[default]
    Explicit,
    /// `a`
    Assignment,
    /// `i`
    Implicit,
}

/// A conversion between two encodings (`pg_conversion`): `Kind::Conversion.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Conversion {
    /// `conforencoding`
    pub from: String,
    /// `contoencoding`
    pub to: String,
    /// `conproc`
    pub function: QualName,
    /// `condefault`
    pub default: bool,
}

/// A procedural language (`pg_language`): `Kind::Language.root(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Language {
    /// `lanpltrusted`
    pub trusted: bool,
    /// `lanplcallfoid`
    pub handler: QualName,
    /// `laninline`
    pub inline: Option<QualName>,
    /// `lanvalidator`
    pub validator: Option<QualName>,
}

impl Cast {
    /// The identity of the cast between two types.
    pub fn id(source: &Type, target: &Type) -> ObjectId {
        Kind::Cast.keys([Name::new(Arc::clone(&source.text)), Name::new(Arc::clone(&target.text))])
    }
}

impl Schema {
    /// The casts that are made by a function: the server says of what is written as a cast only that it
    /// stands on the function.
    pub fn casts_by(&self, function: &ObjectId) -> Vec<ObjectId> {
        let by = |id: &&ObjectId| match self.get(id) {
            Some(Object::Cast(it)) => match &it.method {
                CastMethod::Function { name, arguments } => {
                    Kind::Function.routine(name, Arc::clone(arguments)) == *function
                }
                CastMethod::Inout | CastMethod::Binary => false,
            },
            _ => false,
        };
        self.casts().iter().filter(by).cloned().collect()
    }

    /// The casts that what names a type may go by. One whose function is parsed when it is made could itself
    /// go by another, and is left out.
    pub(crate) fn casts_of(&self, parts: &[Name], ty: Option<&ObjectId>) -> Vec<ObjectId> {
        let named = |it: &Type| match (&it.user, ty) {
            (Some(user), Some(id)) => self.names_of(id).contains(&user),
            (None, None) => parts.last().is_some_and(|name| *name.as_str() == *it.text),
            _ => false,
        };
        let parsed = |it: &ObjectId| match self.get(it) {
            Some(Object::Function(it)) => matches!(it.body, Body::Standard(_)),
            _ => false,
        };
        let fits = |id: &&ObjectId| match self.get(id) {
            Some(Object::Cast(it)) => {
                let by_parsed = match &it.method {
                    CastMethod::Function { name, .. } => self.routines(name).any(parsed),
                    CastMethod::Inout | CastMethod::Binary => false,
                };
                (named(&it.source) || named(&it.target)) && !by_parsed
            }
            _ => false,
        };
        self.casts().iter().filter(fits).cloned().collect()
    }
}

/// The encoding a name means, as far as names differ by more than case and punctuation.
fn encoding(name: &str) -> String {
    let plain: String = name.to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
    match plain.as_str() {
        "UNICODE" => "UTF8".to_owned(),
        "ISO88591" => "LATIN1".to_owned(),
        "ISO88592" => "LATIN2".to_owned(),
        "ISO88593" => "LATIN3".to_owned(),
        "ISO88594" => "LATIN4".to_owned(),
        "ISO88599" => "LATIN5".to_owned(),
        "ISO885910" => "LATIN6".to_owned(),
        "ISO885913" => "LATIN7".to_owned(),
        "ISO885914" => "LATIN8".to_owned(),
        "ISO885915" => "LATIN9".to_owned(),
        "ISO885916" => "LATIN10".to_owned(),
        _ => plain.strip_prefix("WINDOWS").map_or_else(|| plain.clone(), |it| format!("WIN{it}")),
    }
}

impl Facets for Cast {
    fn uses(&self, _: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let mut uses: Vec<ObjectId> = self.source.uses().chain(self.target.uses()).collect();
        if let CastMethod::Function { name, arguments } = &self.method {
            uses.push(Kind::Function.routine(name, Arc::clone(arguments)));
        }
        uses
    }
}

impl Facets for Conversion {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        uses.extend(schema.routines(&self.function).cloned());
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }

    /// The server keeps the name it knows an encoding by.
    fn adopt(&mut self, live: &Conversion) {
        for (own, live) in [(&mut self.from, &live.from), (&mut self.to, &live.to)] {
            if encoding(own) == encoding(live) {
                own.clone_from(live);
            }
        }
    }
}

impl Facets for Language {
    fn uses(&self, _: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let all = [&self.handler].into_iter().chain(&self.inline).chain(&self.validator);
        all.flat_map(|it| schema.routines(it).cloned().collect::<Vec<_>>()).collect()
    }
}
