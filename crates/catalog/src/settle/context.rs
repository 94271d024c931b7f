//! Where an expression stands: the FROM list in which its columns mean what they mean in their table.
//!
//! Columns are those of the desired schema, given by an empty recordset: no table is touched.

use std::fmt::Write;
use std::sync::Arc;

use model::{Column, Kind, Name, Object, ObjectId, QualName, Schema, Shape, Table, Type, View};

/// What one text is put into, to be printed back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Context {
    /// An expression without columns.
    Bare,
    /// An expression over this FROM list.
    From(Arc<str>),
    /// A query, which is a relation in a FROM list.
    Query,
    /// A query with names for its columns, which is a view of its own.
    Named(Vec<Name>),
    /// The default of a column of this type: assignment is part of its meaning.
    Default(Arc<str>),
    /// What generates a column, in a table of this name and columns.
    Generated {
        /// The bare name.
        table: Name,
        /// The table's columns.
        columns: Arc<str>,
        /// The type of the generated column.
        ty: Arc<str>,
    },
    /// What stands behind PARTITION BY, for a table of these columns.
    Key(Arc<str>),
    /// The bound of a partition, for a parent of these columns and key.
    Bound(Arc<str>),
    /// What stands behind the relation of a rule, for a table of these columns.
    Rule {
        /// `INSERT`, `UPDATE` or `DELETE`
        event: &'static str,
        /// The relation's columns.
        columns: Arc<str>,
    },
    /// The body of a routine: all that stands before it.
    Body {
        /// `FUNCTION` or `PROCEDURE`
        word: &'static str,
        /// What it is called, which its body may say.
        name: Name,
        /// From the arguments on.
        header: Arc<str>,
    },
}

/// One column as a recordset has it.
struct Field<'a> {
    name: &'a Name,
    ty: &'a Type,
    collation: Option<&'a QualName>,
}

/// The columns of a relation, those of its parents first, each of the type that `known` has for its own. A column
/// of none is left out: what mentions it is refused, and the rest is not.
pub(super) fn columns(
    schema: &Schema,
    relation: &QualName,
    known: &dyn Fn(&Type) -> Option<Type>,
) -> Option<String> {
    let mut fields = Vec::new();
    let mut seen = Vec::new();
    collect(schema, relation, &mut fields, &mut seen)?;
    let mut text = String::new();
    for Field { name, ty, collation } in fields {
        let Some(ty) = known(ty) else { continue };
        let comma = if text.is_empty() { "" } else { ", " };
        _ = write!(text, "{comma}{name} {ty}");
        if let Some(collation) = collation {
            _ = write!(text, " COLLATE {collation}");
        }
    }
    (!text.is_empty()).then_some(text)
}

/// The columns a live view yields.
pub(super) fn yielded(schema: &Schema, relation: &ObjectId) -> Option<String> {
    let Some(Object::View(View { shape: Shape(Some(columns)), .. })) = schema.get(relation) else {
        return None;
    };
    let columns = columns.iter().map(|(name, ty)| format!("{name} {ty}"));
    Some(columns.collect::<Vec<_>>().join(", "))
}

/// `None` where the columns are not all in the schema: a relation that is no table, a typed table.
fn collect<'a>(
    schema: &'a Schema,
    relation: &QualName,
    fields: &mut Vec<Field<'a>>,
    seen: &mut Vec<QualName>,
) -> Option<()> {
    let id = Kind::Table.named(relation);
    let Some(Object::Table(table @ Table { of_type: None, .. })) = schema.get(&id) else {
        return None;
    };
    if seen.contains(relation) {
        return Some(());
    }
    seen.push(relation.clone());
    for parent in table.parents() {
        collect(schema, parent, fields, seen)?;
    }
    for id in schema.children(&id) {
        let Some(Object::Column(Column { ty, collation, .. })) = schema.get(id) else { continue };
        let field = Field { name: id.name(), ty, collation: collation.as_ref() };
        match fields.iter_mut().find(|it| it.name == field.name) {
            Some(known) => *known = field,
            None => fields.push(field),
        }
    }
    Some(())
}

/// An empty recordset that goes by the table's bare name.
pub(super) fn recordset(alias: &Name, columns: &str) -> String {
    format!("pg_catalog.json_to_recordset('[]'::pg_catalog.json) AS {alias}({columns})")
}

/// What a condition of a trigger speaks of.
pub(super) fn old_and_new(columns: &str) -> Context {
    let [old, new] = ["old", "new"].map(|it| recordset(&Name::from(it), columns));
    Context::From(format!("{old}, {new}").into())
}

/// What a CHECK of a domain speaks of: VALUE.
pub(super) fn value(base: &Type, collation: Option<&QualName>) -> Context {
    let collate = collation.map(|it| format!(" COLLATE {it}")).unwrap_or_default();
    Context::From(format!("(SELECT NULL::{base}{collate} AS value OFFSET 0) d").into())
}

/// The table itself, for what a recordset lacks: system columns, the namespace, the row's type.
pub(super) fn table(id: &ObjectId, kind: Kind) -> Option<Context> {
    let name = id.relation().or(id.qual_name())?;
    let from = match kind {
        Kind::Trigger => format!("ONLY {name} old, ONLY {name} new"),
        _ => format!("ONLY {name}"),
    };
    Some(Context::From(from.into()))
}

impl Context {
    /// Whether it needs statements of its own, one text at a time.
    pub(super) fn is_alone(&self) -> bool {
        match self {
            Context::Bare
            | Context::From(_)
            | Context::Query
            | Context::Default(_)
            | Context::Generated { .. } => false,
            Context::Named(_)
            | Context::Key(_)
            | Context::Bound(_)
            | Context::Rule { .. }
            | Context::Body { .. } => true,
        }
    }

    /// Whether both generate columns of one table.
    pub(super) fn is_beside(&self, other: &Context) -> bool {
        let table = |it: &Context| match it {
            Context::Generated { table, columns, .. } => Some((table.clone(), Arc::clone(columns))),
            _ => None,
        };
        table(self) == table(other)
    }

    /// The context for what the server printed: names are in the query now. Before 16 a view has hidden
    /// relations `old` and `new`, so that others of these names are printed with a number.
    #[must_use]
    pub(super) fn again(&self, major: u32) -> Context {
        match self {
            Context::From(from) if major < 16 => {
                let mut from = from.to_string();
                for name in ["old", "new"] {
                    from = from.replace(&format!(" AS {name}("), &format!(" AS {name}_1("));
                    from = from.replace(&format!(" {name},"), &format!(" {name}_1,"));
                    if let Some(table) = from.strip_suffix(&format!(" {name}")) {
                        from = format!("{table} {name}_1");
                    }
                }
                Context::From(from.into())
            }
            Context::Named(_) => Context::Named(Vec::new()),
            other => other.clone(),
        }
    }
}
