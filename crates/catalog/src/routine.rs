//! Reads functions and procedures.

use model::{Argument, Body, Function, Kind, Mode, Name, Parallel, Procedure, QualName, Type, Volatility};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "routines", sql: include_str!("routine.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        let Some(name) = reader.qual_name(&row)? else { continue };
        reader.facts.functions.entry(name.name.clone()).or_default().push(name.namespace.clone());
        if !reader.is_member(class::ROUTINE, row.get("oid")?) {
            one(reader, &row, &name)?;
        }
    }
    for namespaces in reader.facts.functions.values_mut() {
        namespaces.sort();
        namespaces.dedup();
    }
    Ok(())
}

fn one(reader: &mut Reader, row: &Record, name: &QualName) -> Result<(), Error> {
    let oid = row.get("oid")?;
    let inputs = reader.types(row.query, &row.get::<Vec<u32>>("inputs")?)?;
    let signature = inputs.iter().map(|it| &*it.text).collect::<Vec<_>>().join(", ");
    let id = match row.get::<&str>("kind")? {
        "f" | "w" => {
            let id = Kind::Function.routine(name, signature);
            let function = function(reader, row)?;
            reader.insert((class::ROUTINE, oid), id.clone(), function);
            id
        }
        "p" => {
            let id = Kind::Procedure.routine(name, signature);
            let procedure = procedure(reader, row)?;
            reader.insert((class::ROUTINE, oid), id.clone(), procedure);
            id
        }
        _ => return Ok(()),
    };
    reader.owned(&id, row.get("owner")?, row.get("acl")?);
    Ok(())
}

fn function(reader: &Reader, row: &Record) -> Result<Function, Error> {
    let support = row.maybe_name("support")?.zip(row.maybe_name("support_namespace")?);
    Ok(Function {
        arguments: arguments(reader, row)?,
        returns: reader.ty(row.query, row.get("returns")?, None)?,
        returns_set: row.get("returns_set")?,
        language: row.name("language")?,
        body: body(reader, row)?,
        window: row.get::<&str>("kind")? == "w",
        volatility: match row.get::<&str>("volatility")? {
            "i" => Volatility::Immutable,
            "s" => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        strict: row.get("strict")?,
        security_definer: row.get("security_definer")?,
        leakproof: row.get("leakproof")?,
        parallel: match row.get::<&str>("parallel")? {
            "s" => Parallel::Safe,
            "r" => Parallel::Restricted,
            _ => Parallel::Unsafe,
        },
        cost: row.get("cost")?,
        rows: row.get("rows")?,
        support: support.map(|(name, namespace)| name.within(namespace)),
        config: row.options("config")?.into_iter().collect(),
        transforms: transforms(reader, row)?,
    })
}

fn procedure(reader: &Reader, row: &Record) -> Result<Procedure, Error> {
    Ok(Procedure {
        arguments: arguments(reader, row)?,
        language: row.name("language")?,
        body: body(reader, row)?,
        security_definer: row.get("security_definer")?,
        config: row.options("config")?.into_iter().collect(),
        transforms: transforms(reader, row)?,
    })
}

fn transforms(reader: &Reader, row: &Record) -> Result<Vec<Type>, Error> {
    reader.types(row.query, &row.get::<Option<Vec<u32>>>("transforms")?.unwrap_or_default())
}

fn body(reader: &Reader, row: &Record) -> Result<Body, Error> {
    if row.get("standard")? {
        return Ok(Body::Standard(reader.expr(row.deparsed("body")?)));
    }
    let source = row.get("source")?;
    Ok(match row.get::<Option<String>>("library")? {
        Some(file) => Body::Library { file, symbol: source },
        None => Body::Text(source),
    })
}

fn arguments(reader: &Reader, row: &Record) -> Result<Vec<Argument>, Error> {
    let all: Option<Vec<u32>> = row.get("types")?;
    let types = all.map_or_else(|| row.get("inputs"), Ok)?;
    let modes: Vec<String> = row.get::<Option<_>>("modes")?.unwrap_or_default();
    let names: Vec<String> = row.get::<Option<_>>("names")?.unwrap_or_default();
    let defaults: Vec<Option<String>> = row.get::<Option<_>>("defaults")?.unwrap_or_default();
    let types = reader.types(row.query, &types)?.into_iter().enumerate();
    let arguments = types.map(|(at, ty)| {
        Ok(Argument {
            mode: modes.get(at).map_or(Ok(Mode::In), |it| mode(row, it))?,
            name: names.get(at).filter(|it| !it.is_empty()).map(|it| Name::from(it.as_str())),
            ty,
            default: defaults.get(at).and_then(Option::as_ref).map(|it| reader.expr(it)),
        })
    });
    arguments.collect()
}

fn mode(row: &Record, letter: &str) -> Result<Mode, Error> {
    Ok(match letter {
        "i" => Mode::In,
        "o" => Mode::Out,
        "b" => Mode::InOut,
        "v" => Mode::Variadic,
        "t" => Mode::Table,
        other => return Err(row.unknown(format!("argument mode {other}"))),
    })
}
