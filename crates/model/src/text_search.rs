//! Text search: parsers, templates, dictionaries and configurations. Does not know any language.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::kind::Facets;
use crate::schema::namespace;
use crate::{Kind, ObjectId, QualName, Schema, Settings};

/// A text search parser (`pg_ts_parser`): `Kind::TextSearchParser.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TextSearchParser {
    /// Its functions by the words of CREATE: `START`, `GETTOKEN`, `END`, `LEXTYPES`, perhaps `HEADLINE`.
    pub functions: BTreeMap<String, QualName>,
}

/// A text search template (`pg_ts_template`): `Kind::TextSearchTemplate.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TextSearchTemplate {
    /// Its functions by the words of CREATE: `LEXIZE`, perhaps `INIT`.
    pub functions: BTreeMap<String, QualName>,
}

/// A text search dictionary (`pg_ts_dict`): `Kind::TextSearchDictionary.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TextSearchDictionary {
    /// `dicttemplate`
    pub template: QualName,
    /// `dictinitoption`
    pub options: Settings,
}

/// A text search configuration (`pg_ts_config`): `Kind::TextSearchConfiguration.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TextSearchConfiguration {
    /// `cfgparser`
    pub parser: QualName,
    /// `pg_ts_config_map`: the dictionaries that are asked about a type of token, in order.
    pub mappings: BTreeMap<String, Vec<QualName>>,
}

fn functions(id: &ObjectId, schema: &Schema, functions: &BTreeMap<String, QualName>) -> Vec<ObjectId> {
    let routines = functions.values().flat_map(|it| schema.routines(it).cloned());
    namespace(id).into_iter().chain(routines).collect()
}

impl Facets for TextSearchParser {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        functions(id, schema, &self.functions)
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for TextSearchTemplate {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        functions(id, schema, &self.functions)
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for TextSearchDictionary {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let template = Kind::TextSearchTemplate.named(&self.template);
        namespace(id).into_iter().chain([template]).collect()
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for TextSearchConfiguration {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let dictionaries = self.mappings.values().flatten().map(|it| Kind::TextSearchDictionary.named(it));
        let parser = Kind::TextSearchParser.named(&self.parser);
        namespace(id).into_iter().chain([parser]).chain(dictionaries).collect()
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}
