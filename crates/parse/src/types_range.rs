//! Range types: CREATE TYPE … AS RANGE, and shells.
//!
//! Knows which options there are and what the server names by itself; not who has values of the type.

use model::{Kind, Name, Object, ObjectId, QualName, Range, Shell, Span, Type};
use sql::{Code, Cursor, Fault, TypeName};

use crate::reader::Reader;
use crate::{Verdict, column_type, index_key, option, types};

/// What stood in the parentheses.
#[derive(Default)]
struct Options {
    subtype: Option<Type>,
    opclass: Option<String>,
    collation: Option<QualName>,
    diff: Option<QualName>,
    multirange: Option<QualName>,
}

/// `CREATE TYPE name`: a shell, which a later definition fills.
pub(crate) fn shell(reader: &mut Reader<'_>, parts: Vec<Name>, span: Span) -> Result<Verdict, Fault> {
    let name = reader.created(parts, span)?;
    types::is_free(reader, &name, span)?;
    reader.declare(&Kind::Shell.named(&name), Shell {}, span);
    Ok(Verdict::Declared)
}

/// `AS RANGE (option = value, …)`, behind the type's name.
pub(crate) fn create(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    parts: Vec<Name>,
    header: Span,
) -> Result<Verdict, Fault> {
    let name = reader.created(parts, cursor.previous())?;
    cursor.expect(&["as", "range"])?;
    let mut options = Options::default();
    option::each(cursor, |one| option(reader, one, &mut options))?;
    cursor.expect_done()?;
    let span = header.to(cursor.previous());
    reader.desired.schema.remove(&Kind::Shell.named(&name));
    types::is_free(reader, &name, span)?;
    let Options { subtype, opclass, collation, diff, multirange } = options;
    let subtype = subtype.ok_or_else(|| Fault::new(Code::Syntax, span, "no SUBTYPE is given"))?;
    let opclass = opclass.and_then(|it| index_key::class_for(reader, &"btree".into(), &it, Some(&subtype)));
    let collation = column_type::own_collation(reader, &subtype, collation);
    let derived = || Range::multirange_name(&name.name).within(name.namespace.clone());
    let multirange = multirange.unwrap_or_else(derived);
    types::is_free(reader, &multirange, span)?;
    let id = Kind::Range.named(&name);
    if let Some(old) = reader.renamed(header) {
        let old = Kind::Range.named(&old.within(name.namespace.clone()));
        reader.desired.renames.push((old, id.clone()));
    }
    reader.declare(&id, Range { subtype, opclass, collation, diff, multirange }, span);
    Ok(Verdict::Declared)
}

/// `name = value`
fn option(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, found: &mut Options) -> Result<(), Fault> {
    let (at, name) = (cursor.span(), cursor.name()?);
    cursor.expect_symbol("=")?;
    match name.as_str() {
        "subtype" => {
            let (begin, written) = (cursor.span(), TypeName::read(cursor)?);
            found.subtype = Some(column_type::resolved(reader, &written.bare(), begin.to(cursor.previous())));
        }
        "subtype_opclass" => {
            let parts: Vec<String> = cursor.dotted()?.iter().map(Name::to_string).collect();
            found.opclass = Some(parts.join("."));
        }
        "collation" => found.collation = Some(column_type::collation(reader, cursor)?),
        "subtype_diff" => found.diff = Some(reader.function_named(&cursor.dotted()?)),
        "multirange_type_name" => {
            let (begin, parts) = (cursor.span(), cursor.dotted()?);
            found.multirange = Some(reader.created(parts, begin)?);
        }
        "canonical" => {
            let message =
                "a range with CANONICAL stands on a function of C over a shell type, and is not managed";
            return Err(Fault::new(Code::Unsupported, at, message)
                .hint("`-- reconcile: ignore` above the statement leaves it alone"));
        }
        word => {
            let message = format!("`{word}` is no option of a range type that is known");
            return Err(Fault::new(Code::Unsupported, at, message));
        }
    }
    cursor.expect_done()
}

/// Whether a name by which a range type is found is that of its multirange type.
pub(crate) fn is_multirange(reader: &Reader<'_>, id: &ObjectId, parts: &[Name]) -> bool {
    let range = |it: &QualName| match reader.desired.schema.get(id) {
        Some(Object::Range(range)) => (range.multirange == *it).then_some(()),
        _ => None,
    };
    reader.lookup(parts, range).is_some()
}

/// `RENAME TO name` of a multirange type, the only thing that is said of one by itself.
pub(crate) fn rename_multirange(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
) -> Result<Verdict, Fault> {
    let at = cursor.span();
    if !cursor.eat(&["rename", "to"]) {
        let message = "a multirange type goes with its range: only RENAME TO is understood of it";
        return Err(Fault::new(Code::Unsupported, at, message));
    }
    let new = cursor.name()?;
    cursor.expect_done()?;
    let Some(Object::Range(mut range)) = reader.desired.schema.get(id).cloned() else {
        return Ok(Verdict::Declared);
    };
    range.multirange.name = new;
    types::is_free(reader, &range.multirange, at)?;
    reader.desired.schema.insert(id.clone(), range);
    Ok(Verdict::Declared)
}
