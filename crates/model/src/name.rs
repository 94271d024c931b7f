//! Identifiers. Knows how PostgreSQL folds and quotes them, and nothing of what they name.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An identifier as PostgreSQL stores it: already case-folded, never quoted.
///
/// `Display` writes it as SQL, quoted where it has to be; nobody else ever quotes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(Arc<str>);

/// A name inside a namespace.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct QualName {
    /// `pg_namespace.nspname`
    pub namespace: Name,
    /// The bare name, such as `pg_class.relname`.
    pub name: Name,
}

impl Name {
    /// Takes the identifier as the server stores it.
    pub fn new(text: impl Into<Arc<str>>) -> Name {
        Name(text.into())
    }

    /// The identifier without quotes, for comparing and for messages.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name inside a namespace.
    #[must_use]
    pub fn within(self, namespace: Name) -> QualName {
        QualName { namespace, name: self }
    }
}

impl QualName {
    /// The name in the namespace, both as stored.
    pub fn new(namespace: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> QualName {
        Name::new(name).within(Name::new(namespace))
    }
}

impl QualName {
    /// What `Display` wrote, read again; `None` for a bare name.
    pub fn read(text: &str) -> Option<QualName> {
        let plain = |part: &str| match part.strip_prefix('"').and_then(|it| it.strip_suffix('"')) {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => part.to_owned(),
        };
        let mut quoted = false;
        let dot = text.char_indices().find(|(_, c)| {
            quoted ^= *c == '"';
            *c == '.' && !quoted
        })?;
        Some(QualName::new(plain(&text[..dot.0]), plain(&text[dot.0 + 1..])))
    }
}

impl std::default::Default for Name {
    fn default() -> Name {
        Name::new("")
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::new(text)
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name::new(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match is_plain(&self.0) {
            true => f.write_str(&self.0),
            false => write!(f, "\"{}\"", self.0.replace('"', "\"\"")),
        }
    }
}

impl fmt::Display for QualName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.namespace, self.name)
    }
}

/// A string as a SQL literal, safe whatever `standard_conforming_strings` says.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match doubled.contains('\\') {
        true => format!("E'{}'", doubled.replace('\\', "\\\\")),
        false => format!("'{doubled}'"),
    }
}

fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    first
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && RESERVED.binary_search(&text).is_err()
}

/// Every keyword of PostgreSQL 14 to 18 that is not "unreserved" (appendix C of its manual): what
/// `quote_ident` quotes.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyword_list_is_sorted() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn quotes_only_what_needs_it() {
        assert_eq!(Name::from("users").to_string(), "users");
        assert_eq!(Name::from("order").to_string(), "\"order\"");
        assert_eq!(Name::from("Mixed").to_string(), "\"Mixed\"");
        assert_eq!(Name::from("a\"b").to_string(), "\"a\"\"b\"");
        assert_eq!(Name::from("1st").to_string(), "\"1st\"");
        assert_eq!(Name::from("").to_string(), "\"\"");
    }
}
