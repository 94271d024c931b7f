//! What renames do to objects that several names address, and to text search. Knows no text.

use std::sync::Arc;

use model::{
    Kind, Name, Object, QualName, TextSearchConfiguration, TextSearchDictionary, TextSearchParser,
    TextSearchTemplate,
};

use super::Names;

/// Whether it is of a kind of text search, which have names of their own.
pub(super) fn is_text_search(kind: Kind) -> bool {
    use Kind::{TextSearchConfiguration, TextSearchDictionary, TextSearchParser, TextSearchTemplate};
    matches!(kind, TextSearchConfiguration | TextSearchDictionary | TextSearchParser | TextSearchTemplate)
}

impl Names<'_> {
    /// A default privilege names its namespace second; what is published is named behind its publication.
    pub(super) fn keys(&self, kind: Kind, keys: &[Name]) -> Arc<[Name]> {
        let publication = |it: &Name| {
            let id = Kind::Publication.root(it);
            self.ids.get(&id).map_or_else(|| it.clone(), |it| it.name().clone())
        };
        match (kind, keys) {
            (Kind::PublishedTable, [of, namespace, table]) => {
                let QualName { namespace, name } = self.relation(&table.clone().within(namespace.clone()));
                Arc::from([publication(of), namespace, name])
            }
            (Kind::PublishedNamespace, [of, namespace]) => {
                Arc::from([publication(of), self.namespace(namespace)])
            }
            (Kind::DefaultPrivilege, [owner, namespace, rest @ ..]) => {
                let head = [owner.clone(), self.namespace(namespace)];
                head.into_iter().chain(rest.iter().cloned()).collect()
            }
            _ => keys.into(),
        }
    }

    fn search_name(&self, kind: Kind, name: &mut QualName) {
        let renamed = self.ids.get(&kind.named(name)).and_then(|it| it.qual_name().cloned());
        *name = renamed.unwrap_or_else(|| self.moved(name));
    }

    pub(super) fn text_search(&self, object: &mut Object) {
        match object {
            Object::TextSearchParser(TextSearchParser { functions })
            | Object::TextSearchTemplate(TextSearchTemplate { functions }) => {
                functions.values_mut().for_each(|it| *it = self.routine(it));
            }
            Object::TextSearchDictionary(TextSearchDictionary { template, options: _ }) => {
                self.search_name(Kind::TextSearchTemplate, template);
            }
            Object::TextSearchConfiguration(TextSearchConfiguration { parser, mappings }) => {
                self.search_name(Kind::TextSearchParser, parser);
                let all = mappings.values_mut().flatten();
                all.for_each(|it| self.search_name(Kind::TextSearchDictionary, it));
            }
            _ => (),
        }
    }
}
