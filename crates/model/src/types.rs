//! Types: how a type is written, and the types a schema defines.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::kind::Facets;
use crate::{Expr, Kind, Name, Object, ObjectId, QualName, Schema, collation};

/// The kinds of object that are types, row types included.
pub(crate) const TYPES: [Kind; 8] = [
    Kind::Enum,
    Kind::Domain,
    Kind::Composite,
    Kind::Range,
    Kind::Shell,
    Kind::Table,
    Kind::View,
    Kind::MaterializedView,
];

/// A type as `format_type` prints it under an empty search path (`character varying(20)`,
/// `public.mood[]`), and the user-defined type behind it if there is one.
#[derive(Clone, Debug)]
pub struct Type {
    /// The canonical text, modifiers and `[]` included.
    pub text: Arc<str>,
    /// The type outside pg_catalog it is, or is an array of.
    pub user: Option<QualName>,
}

/// An enum (`pg_enum`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct EnumType {
    /// `enumlabel`, in order of `enumsortorder`.
    pub labels: Vec<String>,
}

/// A composite type (`pg_type.typtype = 'c'` over a `pg_class.relkind = 'c'`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Composite {
    /// `pg_attribute`, in order of `attnum`.
    pub attributes: Vec<Attribute>,
}

/// One attribute of a composite type. A comment on it is about `Kind::Column.of(type, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Attribute {
    /// `attname`
    pub name: Name,
    /// `atttypid`, `atttypmod`
    #[serde(rename = "type")]
    pub ty: Type,
    /// `attcollation` where it differs from the type's.
    pub collation: Option<QualName>,
}

/// A domain (`pg_type.typtype = 'd'`). Its CHECKs are objects of their own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Domain {
    /// `typbasetype`, `typtypmod`
    pub base: Type,
    /// `typcollation` where it differs from the base type's.
    pub collation: Option<QualName>,
    /// `typdefault`
    pub default: Option<Expr>,
    /// `typnotnull`
    pub not_null: bool,
    /// What the constraint behind that is called (`pg_constraint` of contype `n`, from 17 on); `None` before 17 and in
    /// a file that does not say.
    pub not_null_name: Option<Name>,
}

impl Domain {
    /// What the server calls the NOT NULL of a domain where nobody says (`ChooseConstraintName`), as long as that is short
    /// enough and free.
    pub fn usual_not_null(domain: &Name) -> Name {
        Name::new(format!("{}_not_null", domain.as_str()))
    }
}

/// A CHECK of a domain (`pg_constraint.contypid`): `Kind::DomainConstraint.of(domain, name)`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DomainConstraint {
    /// The condition on VALUE.
    pub check: Expr,
    /// `convalidated`
    pub validated: bool,
}

impl Type {
    /// A type of pg_catalog.
    pub fn builtin(text: impl Into<Arc<str>>) -> Type {
        Type { text: text.into(), user: None }
    }

    /// How values are stored when nothing is said (`pg_type.typstorage`).
    pub fn storage(&self, schema: &Schema) -> &'static str {
        if self.text.ends_with("[]") {
            return "EXTENDED";
        }
        if let Some(user) = &self.user {
            return match schema.get(&Kind::Domain.named(user)) {
                Some(Object::Domain(it)) => it.base.storage(schema),
                _ if schema.contains(&Kind::Enum.named(user)) => "PLAIN",
                _ => "EXTENDED",
            };
        }
        let bare = self.text.split('(').next().unwrap_or_default();
        const EXTENDED: &[&str] = &[
            "text",
            "character varying",
            "character",
            "bpchar",
            "bytea",
            "json",
            "jsonb",
            "jsonpath",
            "xml",
            "tsvector",
            "bit",
            "bit varying",
            "path",
            "polygon",
            "refcursor",
            "int4range",
            "int8range",
            "numrange",
            "daterange",
            "tsrange",
            "tstzrange",
            "int4multirange",
            "int8multirange",
            "nummultirange",
            "datemultirange",
            "tsmultirange",
            "tstzmultirange",
            "txid_snapshot",
            "pg_snapshot",
        ];
        match bare {
            "numeric" | "inet" | "cidr" => "MAIN",
            _ if EXTENDED.contains(&bare) => "EXTENDED",
            _ => "PLAIN",
        }
    }

    /// The type that a domain, or an array of one, is made of in the end (`pg_type.typbasetype`); any other as it is.
    pub fn base(&self, schema: &Schema) -> Type {
        let (mut found, mut left) = (self.clone(), 64);
        while let Some(Object::Domain(it)) =
            found.user.as_ref().and_then(|it| schema.get(&Kind::Domain.named(it)))
            && left > 0
        {
            let dimensions = if found.text.ends_with("[]") { "[]" } else { "" };
            found = Type { text: format!("{}{dimensions}", it.base.text).into(), user: it.base.user.clone() };
            left -= 1;
        }
        found
    }

    /// The kinds of object the user-defined part may be.
    pub fn uses(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.user.iter().flat_map(|name| TYPES.iter().map(|kind| kind.named(name)))
    }
}

impl PartialEq for Type {
    fn eq(&self, other: &Type) -> bool {
        self.text == other.text
    }
}

impl Eq for Type {}

impl Serialize for Type {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Facets for EnumType {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        crate::schema::namespace(id)
    }
}

impl Facets for Composite {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        uses.extend(self.attributes.iter().flat_map(|it| it.ty.uses()));
        uses.extend(self.attributes.iter().filter_map(|it| collation::uses(it.collation.as_ref())));
        uses
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

impl Facets for Domain {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let mut uses = crate::schema::namespace(id);
        uses.extend(self.base.uses());
        uses.extend(collation::uses(self.collation.as_ref()));
        uses.extend(self.default.iter().flat_map(|it| schema.mentioned(it, None)));
        uses
    }

    fn exprs(&self) -> Vec<&Expr> {
        self.default.iter().collect()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        self.default.iter_mut().collect()
    }

    fn adopt(&mut self, live: &Domain) {
        if self.not_null && self.not_null_name.is_none() {
            self.not_null_name.clone_from(&live.not_null_name);
        }
    }
}

impl Facets for DomainConstraint {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
        let domain = self.parent(id);
        // What it compares VALUE with is read as a value of that type.
        let base = match domain.as_ref().and_then(|it| schema.get(it)) {
            Some(Object::Domain(it)) => it.base.uses().collect(),
            _ => Vec::new(),
        };
        domain.into_iter().chain(base).chain(schema.mentioned(&self.check, None)).collect()
    }

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.relation().map(|it| Kind::Domain.named(it))
    }

    fn exprs(&self) -> Vec<&Expr> {
        vec![&self.check]
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        vec![&mut self.check]
    }
}

/// The column of a relation.
pub(crate) fn column(relation: &QualName, name: &Name) -> ObjectId {
    Kind::Column.of(relation, name)
}
