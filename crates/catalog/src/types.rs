//! Reads types: how types are written, and the enums, domains and composite types a
//! schema defines.

use model::{Attribute, Composite, Domain, EnumType, Kind, QualName, Range, Shell, Type};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "types", sql: include_str!("types.sql") };
pub(crate) const TEXTS: Query = Query { name: "the names of types", sql: include_str!("type_text.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in TEXTS.rows(answers)? {
        let ty = text(&row)?;
        reader.types.insert((row.get("oid")?, row.get("modifier")?), ty);
    }
    for row in QUERY.rows(answers)? {
        one(reader, &row)?;
    }
    Ok(())
}

/// The canonical text, rebuilt from its parts outside pg_catalog: our quoting is stricter than the server's.
fn text(row: &Record) -> Result<Type, Error> {
    let user = row.name("name")?.within(row.name("namespace")?);
    if user.namespace.as_str() == "pg_catalog" {
        return Ok(Type::builtin(row.deparsed("text")?));
    }
    let suffix = row.get::<Option<&str>>("suffix")?.unwrap_or_default();
    let brackets = if row.get("is_array")? { "[]" } else { "" };
    Ok(Type { text: format!("{user}{suffix}{brackets}").into(), user: Some(user) })
}

fn one(reader: &mut Reader, row: &Record) -> Result<(), Error> {
    let Some(name) = reader.qual_name(row)? else { return Ok(()) };
    let (oid, element): (u32, u32) = (row.get("oid")?, row.get("element")?);
    if element != 0 {
        reader.array_types.push((oid, element));
        return Ok(());
    }
    let relation: u32 = row.get("relation")?;
    if relation != 0 {
        reader.row_types.push((oid, relation));
    }
    reader.type_names.insert(oid, name.clone());
    if row.get::<&str>("kind")? == "d" {
        reader.bases.insert(oid, row.get("base")?);
    }
    if reader.is_member(class::TYPE, oid) {
        return Ok(());
    }
    let id = match row.get::<&str>("kind")? {
        "e" => {
            let id = Kind::Enum.named(&name);
            let labels = row.get::<Option<Vec<String>>>("labels")?.unwrap_or_default();
            reader.insert((class::TYPE, oid), id.clone(), EnumType { labels });
            id
        }
        "d" => domain(reader, row, &name)?,
        "r" => match range(reader, row)? {
            Some(range) => {
                let id = Kind::Range.named(&name);
                let constructors = row.get::<Option<Vec<u32>>>("constructors")?.unwrap_or_default();
                reader.ranges.extend(constructors.into_iter().map(|it| ((class::ROUTINE, it), oid)));
                reader.ranges.push(((class::TYPE, row.get("multirange")?), oid));
                reader.insert((class::TYPE, oid), id.clone(), range);
                id
            }
            None => return Ok(()),
        },
        "p" if !row.get::<bool>("is_defined")? => {
            let id = Kind::Shell.named(&name);
            reader.insert((class::TYPE, oid), id.clone(), Shell {});
            id
        }
        "c" if row.get("is_composite")? => {
            let id = Kind::Composite.named(&name);
            let composite = composite(reader, row)?;
            reader.insert((class::TYPE, oid), id.clone(), composite);
            id
        }
        _ => return Ok(()),
    };
    reader.owned(&id, row.get("owner")?, row.get("acl")?);
    Ok(())
}

/// A range that stands on a function of C is none of ours.
fn range(reader: &Reader, row: &Record) -> Result<Option<Range>, Error> {
    if row.get::<bool>("is_canonical")? {
        return Ok(None);
    }
    let named = |namespace, name| -> Result<Option<QualName>, Error> {
        Ok(row.maybe_name(name)?.zip(row.maybe_name(namespace)?).map(|(name, within)| name.within(within)))
    };
    let collation = row.get::<Option<u32>>("range_collation")?;
    let opclass = named("opclass_namespace", "opclass")?;
    Ok(Some(Range {
        subtype: reader.ty(row.query, row.get("subtype")?, None)?,
        opclass: opclass.map(|it| match it.namespace.as_str() {
            "pg_catalog" => it.name.to_string(),
            _ => it.to_string(),
        }),
        collation: collation.and_then(|it| reader.collations.get(&it).cloned()),
        diff: named("diff_namespace", "diff")?,
        multirange: row.name("multirange_name")?.within(row.name("multirange_namespace")?),
    }))
}

fn composite(reader: &Reader, row: &Record) -> Result<Composite, Error> {
    let names: Vec<&str> = row.get("attribute_names")?;
    let types: Vec<u32> = row.get("attribute_types")?;
    let modifiers: Vec<i32> = row.get("attribute_modifiers")?;
    let collations: Vec<u32> = row.get("attribute_collations")?;
    let all = names.into_iter().zip(types).zip(modifiers).zip(collations);
    let attributes = all.map(|(((name, ty), modifier), collation)| {
        Ok(Attribute {
            name: name.into(),
            ty: reader.ty(row.query, ty, Some(modifier))?,
            collation: reader.collations.get(&collation).cloned(),
        })
    });
    Ok(Composite { attributes: attributes.collect::<Result<_, Error>>()? })
}

fn domain(reader: &mut Reader, row: &Record, name: &QualName) -> Result<model::ObjectId, Error> {
    let (id, oid) = (Kind::Domain.named(name), row.get("oid")?);
    let collation = row.get::<Option<u32>>("collation")?;
    let domain = Domain {
        base: reader.ty(row.query, row.get("base")?, Some(row.get("modifier")?))?,
        collation: collation.and_then(|it| reader.collations.get(&it).cloned()),
        default: row.get::<Option<&str>>("default")?.map(|it| reader.expr(it)),
        not_null: row.get("not_null")?,
        not_null_name: None,
    };
    reader.domains.insert(oid, name.clone());
    reader.insert((class::TYPE, oid), id.clone(), domain);
    Ok(id)
}

/// Lets multirange types and constructors stand for their ranges.
pub(crate) fn link_ranges(reader: &mut Reader) {
    for ((class, oid), range) in std::mem::take(&mut reader.ranges) {
        if let Some(id) = reader.addresses.get(&(class::TYPE, range, 0)).cloned() {
            reader.put_address(class, oid, 0, id);
        }
    }
}

/// Lets row types stand for their relations and array types for their elements.
pub(crate) fn link(reader: &mut Reader) {
    let rows = reader.row_types.iter().map(|(oid, relation)| (*oid, (class::RELATION, *relation)));
    for (oid, (class, of)) in
        rows.chain(reader.array_types.iter().map(|(oid, of)| (*oid, (class::TYPE, *of))))
    {
        if let Some(id) = reader.addresses.get(&(class, of, 0)).cloned() {
            reader.addresses.insert((class::TYPE, oid, 0), id);
        }
    }
}
