//! Reads casts, conversions and languages. Does not know what their functions do.

use model::{Cast, CastContext, CastMethod, Conversion, Kind, Language, QualName};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const CASTS: Query = Query { name: "casts", sql: include_str!("cast.sql") };
pub(crate) const CONVERSIONS: Query = Query { name: "conversions", sql: include_str!("conversion.sql") };
pub(crate) const LANGUAGES: Query = Query { name: "languages", sql: include_str!("language.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in CASTS.rows(answers)? {
        let oid = row.get("oid")?;
        if !reader.is_member(class::CAST, oid) {
            let cast = cast(reader, &row)?;
            reader.insert((class::CAST, oid), Cast::id(&cast.source, &cast.target), cast);
        }
    }
    for row in CONVERSIONS.rows(answers)? {
        let oid = row.get("oid")?;
        let Some(name) = reader.qual_name(&row)? else { continue };
        if !reader.is_member(class::CONVERSION, oid) {
            let id = Kind::Conversion.named(&name);
            reader.insert((class::CONVERSION, oid), id.clone(), conversion(&row)?);
            reader.owned(&id, row.get("owner")?, None);
        }
    }
    for row in LANGUAGES.rows(answers)? {
        let oid = row.get("oid")?;
        if !reader.is_member(class::LANGUAGE, oid) {
            let id = Kind::Language.root(&row.name("name")?);
            reader.insert((class::LANGUAGE, oid), id.clone(), language(&row)?);
            reader.owned(&id, row.get("owner")?, row.get("acl")?);
        }
    }
    Ok(())
}

fn cast(reader: &Reader, row: &Record) -> Result<Cast, Error> {
    let method = match row.get::<&str>("method")? {
        "i" => CastMethod::Inout,
        "b" => CastMethod::Binary,
        _ => {
            let arguments = reader.types(row.query, &row.get::<Vec<u32>>("arguments")?)?;
            let arguments: Vec<&str> = arguments.iter().map(|it| &*it.text).collect();
            let name = row.name("function")?.within(row.name("function_namespace")?);
            CastMethod::Function { name, arguments: arguments.join(", ").into() }
        }
    };
    Ok(Cast {
        source: reader.ty(row.query, row.get("source")?, None)?,
        target: reader.ty(row.query, row.get("target")?, None)?,
        method,
        context: match row.get::<&str>("context")? {
            "e" => CastContext::Explicit,
            "a" => CastContext::Assignment,
            "i" => CastContext::Implicit,
            other => return Err(row.unknown(format!("context of a cast {other}"))),
        },
    })
}

fn conversion(row: &Record) -> Result<Conversion, Error> {
    Ok(Conversion {
        from: row.get("from")?,
        to: row.get("to")?,
        function: row.name("function")?.within(row.name("function_namespace")?),
        default: row.get("is_default")?,
    })
}

fn language(row: &Record) -> Result<Language, Error> {
    let other = |namespace, name| -> Result<Option<QualName>, Error> {
        Ok(row.maybe_name(name)?.zip(row.maybe_name(namespace)?).map(|(name, within)| name.within(within)))
    };
    Ok(Language {
        trusted: row.get("trusted")?,
        handler: row.name("handler")?.within(row.name("handler_namespace")?),
        inline: other("inline_namespace", "inline")?,
        validator: other("validator_namespace", "validator")?,
    })
}
