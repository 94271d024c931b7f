//! Text search parsers, templates, dictionaries and configurations. Does not know any language.

use std::collections::BTreeMap;

use model::{
    ObjectId, QualName, Settings, TextSearchConfiguration, TextSearchDictionary, TextSearchParser,
    TextSearchTemplate,
};

use super::text::{joined, list, setting_items, subject};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::{Draft, Stage};

fn of_functions(id: &ObjectId, functions: &BTreeMap<String, QualName>) -> Vec<Draft> {
    let items = joined(functions.iter().map(|(word, it)| format!("{word} = {it}")));
    vec![Draft::create(id, format!("CREATE {} ({items})", subject(id)))]
}

fn dropped(id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    vec![Draft::drop(id, format!("DROP {}", subject(id))).hazard_if(cx.is_gone(id), Hazard::DropTextSearch)]
}

impl Rules for TextSearchParser {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        of_functions(id, &self.functions)
    }

    fn alter(&self, new: &TextSearchParser, _: &ObjectId, _: &Context<'_>) -> Alter {
        let TextSearchParser { functions: _ } = new;
        Alter::Replace("functions")
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        dropped(id, cx)
    }
}

impl Rules for TextSearchTemplate {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        of_functions(id, &self.functions)
    }

    fn alter(&self, new: &TextSearchTemplate, _: &ObjectId, _: &Context<'_>) -> Alter {
        let TextSearchTemplate { functions: _ } = new;
        Alter::Replace("functions")
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        dropped(id, cx)
    }
}

impl Rules for TextSearchDictionary {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let TextSearchDictionary { template, options } = self;
        let items = std::iter::once(format!("TEMPLATE = {template}")).chain(setting_items(options));
        vec![Draft::create(id, format!("CREATE {} ({})", subject(id), joined(items)))]
    }

    fn alter(&self, new: &TextSearchDictionary, id: &ObjectId, _: &Context<'_>) -> Alter {
        let TextSearchDictionary { template, options } = new;
        if *template != self.template {
            return Alter::Replace("template");
        }
        let gone = self
            .options
            .keys()
            .filter(|it| !options.contains_key(*it))
            .map(|it| model::Name::from(it.as_str()));
        let said = options.iter().filter(|(name, it)| self.options.get(*name) != Some(it));
        let said: Settings = said.map(|(name, it)| (name.clone(), it.clone())).collect();
        let items = joined(gone.map(|it| it.to_string()).chain(setting_items(&said)));
        let words = |it: &Settings| joined(setting_items(it));
        let draft = Draft::alter(id, format!("ALTER {} ({items})", subject(id)));
        Alter::InPlace(vec![draft.changed("options", words(&self.options), words(options))])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        dropped(id, cx)
    }
}

impl Rules for TextSearchConfiguration {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let TextSearchConfiguration { parser, mappings } = self;
        let create = Draft::create(id, format!("CREATE {} (PARSER = {parser})", subject(id)));
        let mapped = mapped(id, mappings.iter()).into_iter().map(Draft::adds);
        std::iter::once(create).chain(mapped).collect()
    }

    fn alter(&self, new: &TextSearchConfiguration, id: &ObjectId, _: &Context<'_>) -> Alter {
        let TextSearchConfiguration { parser, mappings } = new;
        if *parser != self.parser {
            return Alter::Replace("parser");
        }
        let gone: Vec<String> =
            self.mappings.keys().filter(|it| !mappings.contains_key(*it)).map(|it| token(it)).collect();
        let mut drafts = Vec::new();
        if !gone.is_empty() {
            drafts.push(Draft::alter(id, format!("ALTER {} DROP MAPPING FOR {}", subject(id), joined(gone))));
        }
        drafts
            .extend(mapped(id, mappings.iter().filter(|(token, it)| self.mappings.get(*token) != Some(it))));
        let (old, new) = (words(&self.mappings), words(mappings));
        Alter::InPlace(drafts.into_iter().map(|it| it.changed("mappings", &old, &new)).collect())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        dropped(id, cx)
    }
}

fn token(name: &str) -> String {
    model::Name::from(name).to_string()
}

fn names(dictionaries: &[QualName]) -> String {
    joined(dictionaries.iter().map(ToString::to_string))
}

/// What is computed with the configuration comes behind. ALTER MAPPING also maps what is not mapped yet, and can
/// be said again. One statement for all tokens that are asked about alike.
fn mapped<'m>(id: &ObjectId, mappings: impl Iterator<Item = (&'m String, &'m Vec<QualName>)>) -> Vec<Draft> {
    let mut alike: BTreeMap<&Vec<QualName>, Vec<model::Name>> = BTreeMap::new();
    for (token, dictionaries) in mappings {
        alike.entry(dictionaries).or_default().push(model::Name::from(token.as_str()));
    }
    let draft = |(dictionaries, tokens): (&Vec<QualName>, Vec<model::Name>)| {
        let (tokens, with) = (list(&tokens), names(dictionaries));
        Draft::alter(id, format!("ALTER {} ALTER MAPPING FOR {tokens} WITH {with}", subject(id)))
            .stage(Stage::Early)
    };
    alike.into_iter().map(draft).collect()
}

fn words(mappings: &BTreeMap<String, Vec<QualName>>) -> String {
    joined(mappings.iter().map(|(token, it)| format!("{token}: {}", names(it))))
}
