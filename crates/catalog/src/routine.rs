//! Reads functions, procedures and aggregates.

use std::collections::{BTreeMap, HashMap};

use model::{
    Aggregate, Argument, Body, Function, Kind, Mode, Name, Parallel, Procedure, QualName, Type, Volatility,
};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "routines", sql: include_str!("routine.sql") };

pub(crate) const AGGREGATES: Query = Query { name: "aggregates", sql: include_str!("aggregate.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    let mut aggregates: HashMap<u32, Record> = HashMap::new();
    for row in AGGREGATES.rows(answers)? {
        aggregates.insert(row.get("oid")?, row);
    }
    for row in QUERY.rows(answers)? {
        let Some(name) = reader.qual_name(&row)? else { continue };
        if !reader.is_member(class::ROUTINE, row.get("oid")?) {
            one(reader, &row, &name, &aggregates)?;
        }
    }
    Ok(())
}

fn one(
    reader: &mut Reader,
    row: &Record,
    name: &QualName,
    aggregates: &HashMap<u32, Record>,
) -> Result<(), Error> {
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
        "a" => {
            let found = aggregates.get(&oid).ok_or(Error::Moved { query: row.query })?;
            let id = Kind::Aggregate.routine(name, signature);
            let aggregate = aggregate(reader, row, found)?;
            reader.insert((class::ROUTINE, oid), id.clone(), aggregate);
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
        parallel: parallel(row)?,
        cost: row.get("cost")?,
        rows: row.get("rows")?,
        support: support.map(|(name, namespace)| name.within(namespace)),
        config: row.options("config")?.into_iter().collect(),
        transforms: transforms(reader, row)?,
    })
}

fn parallel(row: &Record) -> Result<Parallel, Error> {
    Ok(match row.get::<&str>("parallel")? {
        "s" => Parallel::Safe,
        "r" => Parallel::Restricted,
        _ => Parallel::Unsafe,
    })
}

fn aggregate(reader: &Reader, row: &Record, more: &Record) -> Result<Aggregate, Error> {
    let kind: &str = more.get("kind")?;
    let words: Vec<String> = more.get("words")?;
    let namespaces: Vec<&str> = more.get("namespaces")?;
    let names: Vec<&str> = more.get("names")?;
    let functions = namespaces.into_iter().zip(names).map(|(namespace, name)| QualName::new(namespace, name));
    let moving: Option<u32> = more.get("moving_state")?;
    let direct = usize::try_from(more.get::<i16>("direct")?).unwrap_or_default();
    Ok(Aggregate {
        arguments: arguments(reader, row)?,
        direct: (kind != "n").then_some(direct),
        hypothetical: kind == "h",
        state: reader.ty(more.query, more.get("state")?, None)?,
        moving_state: moving.map(|it| reader.ty(more.query, it, None)).transpose()?,
        functions: words.into_iter().zip(functions).collect(),
        options: aggregate_options(more, kind)?,
        parallel: parallel(row)?,
    })
}

/// What differs from the default. An ordered-set aggregate's final function may change the state by itself.
fn aggregate_options(row: &Record, kind: &str) -> Result<BTreeMap<String, String>, Error> {
    let usual = if kind == "n" { "r" } else { "w" };
    let modify = |column| match row.get::<&str>(column)? {
        it if it == usual => Ok(None),
        "r" => Ok(Some("READ_ONLY".to_owned())),
        "s" => Ok(Some("SHAREABLE".to_owned())),
        "w" => Ok(Some("READ_WRITE".to_owned())),
        other => Err(row.unknown(format!("a final function that is {other}"))),
    };
    let extra = |column| Ok::<_, Error>(row.get::<bool>(column)?.then(String::new));
    let space =
        |column| Ok::<_, Error>(Some(row.get::<i32>(column)?).filter(|it| *it != 0).map(|it| it.to_string()));
    let operator = row.get::<Option<&str>>("operator")?;
    let sort = operator
        .zip(row.maybe_name("operator_namespace")?)
        .map(|(it, namespace)| format!("{namespace}.{it}"));
    let all = [
        ("FINALFUNC_EXTRA", extra("final_extra")?),
        ("FINALFUNC_MODIFY", modify("final_modify")?),
        ("MFINALFUNC_EXTRA", extra("moving_final_extra")?),
        ("MFINALFUNC_MODIFY", modify("moving_final_modify")?),
        ("SSPACE", space("space")?),
        ("MSSPACE", space("moving_space")?),
        ("INITCOND", row.get("initial")?),
        ("MINITCOND", row.get("moving_initial")?),
        ("SORTOP", sort),
    ];
    Ok(all.into_iter().filter_map(|(word, it)| Some((word.to_owned(), it?))).collect())
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
