//! Range types and shells. Does not know who has values of them.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, Name, ObjectId, QualName, Schema, Type};

/// A range type (`pg_range`): `Kind::Range.named(name)`. Its multirange type and its constructors are the
/// server's to make, under names that follow from these.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Range {
    /// `rngsubtype`
    pub subtype: Type,
    /// `rngsubopc` where it is not the default of the type: bare, or qualified outside of pg_catalog.
    pub opclass: Option<String>,
    /// `rngcollation` where it differs from the type's own.
    pub collation: Option<QualName>,
    /// `rngsubdiff`
    pub diff: Option<QualName>,
    /// `rngmultitypid`
    pub multirange: QualName,
}

/// A type that is named and not yet defined (`pg_type.typisdefined` is false): `Kind::Shell.named(name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Shell {}

impl Range {
    /// What the server calls a multirange type when it is not told (`makeMultirangeTypeName`).
    pub fn multirange_name(range: &Name) -> Name {
        const LONGEST: usize = 63;
        let name = range.as_str();
        let clip = |text: &str, bytes: usize| {
            let end = (0..=bytes.min(text.len())).rev().find(|it| text.is_char_boundary(*it));
            text[..end.unwrap_or_default()].to_owned()
        };
        let whole = match name.find("range") {
            Some(at) => format!("{}multi{}", &name[..at], &name[at..]),
            None => format!("{}_multirange", clip(name, LONGEST - 11)),
        };
        Name::from(clip(&whole, LONGEST))
    }
}

impl Facets for Range {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        uses.push(Kind::Namespace.root(&self.multirange.namespace));
        uses.extend(self.subtype.uses());
        uses.extend(crate::collation::uses(self.collation.as_ref()));
        let class = self.opclass.as_deref().and_then(QualName::read);
        uses.extend(class.map(|it| Kind::OperatorClass.routine(&it, "btree")));
        uses.extend(schema.default_class("btree", &self.subtype));
        let between = format!("{0}, {0}", self.subtype);
        uses.extend(self.diff.iter().map(|it| Kind::Function.routine(it, &*between)));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for Shell {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        crate::schema::namespace(id)
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiranges_are_named_by_their_range() {
        let named = |it: &str| Range::multirange_name(&Name::from(it)).as_str().to_owned();
        assert_eq!(named("floatrange"), "floatmultirange");
        assert_eq!(named("ranges_of"), "multiranges_of");
        assert_eq!(named("span"), "span_multirange");
        assert_eq!(named(&"s".repeat(63)).len(), 63);
    }
}
