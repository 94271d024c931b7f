//! Where objects are declared. Does not read files.

use model::{Kind, ObjectId, Span, Spans};

use crate::{Files, Place};

/// Where each object is declared. Places are worked out when they are asked for, because a schema has
/// many objects and a plan few.
#[derive(Clone, Debug, Default)]
pub struct Places<'a> {
    spans: Option<&'a Spans>,
    files: Files,
}

impl<'a> Places<'a> {
    /// Of objects whose declarations are known by their spans.
    pub fn new(files: Files, spans: &'a Spans) -> Places<'a> {
        Places { spans: Some(spans), files }
    }

    /// Where an object is declared: itself, else what it is about, else the relation it is part of.
    pub fn of(&self, id: &ObjectId) -> Option<Place> {
        self.files.place(self.span(id)?)
    }

    fn span(&self, id: &ObjectId) -> Option<Span> {
        let spans = self.spans?;
        let target = || id.target().and_then(|it| self.span(it));
        let relation = || {
            let name = id.relation()?;
            Kind::ALL.iter().find_map(|kind| spans.get(&kind.named(name)).copied())
        };
        spans.get(id).copied().or_else(target).or_else(relation)
    }
}
