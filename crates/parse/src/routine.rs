//! Functions and procedures: CREATE and ALTER.
//!
//! Knows what the server makes of each clause; a body that is text stays text.

use std::collections::BTreeMap;

use model::{
    Argument, Body, Function, Kind, Mode, Name, Object, ObjectId, Parallel, Procedure, QualName, Span, Type,
    Volatility,
};
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::refer::{Found, kinds_of};
use crate::routine_option::{Options, option};
use crate::{Verdict, owner, rename, signature};

/// What stands between a routine's name and its options.
struct Header {
    arguments: Vec<Argument>,
    returns: Type,
    returns_set: bool,
}

/// `CREATE [OR REPLACE] FUNCTION | PROCEDURE name (…) …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let replace = cursor.eat(&["or", "replace"]);
    let is_function = cursor.eat(&["function"]);
    if !is_function {
        cursor.expect(&["procedure"])?;
    }
    let named = cursor.span();
    let parts = cursor.dotted()?;
    let header = header(reader, cursor)?;
    let mut options = Options::default();
    while option(reader, cursor, &mut options)? {}
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    if matches!(parts.as_slice(), [namespace, _] if namespace.as_str() == "pg_temp") {
        return Ok(Verdict::Passed("temporary objects go with the session"));
    }
    let name = reader.created(parts, named)?;
    let kind = if is_function { Kind::Function } else { Kind::Procedure };
    let id = kind.routine(&name, signature::types(&header.arguments));
    if !replace {
        reader.is_free(&id, span)?;
    }
    rename::said(reader, &id, begin);
    let object = build(&name, header, options, is_function, span)?;
    reader.declare(&id, object, span);
    Ok(Verdict::Declared)
}

fn header(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Header, Fault> {
    let mut arguments = signature::parameters(reader, cursor)?;
    let out: Vec<Type> = arguments
        .iter()
        .filter(|it| matches!(it.mode, Mode::Out | Mode::InOut))
        .map(|it| it.ty.clone())
        .collect();
    let result = |columns: &[Type]| match columns {
        [only] => only.clone(),
        [] => Type::builtin("void"),
        _ => Type::builtin("record"),
    };
    if cursor.at(&["returns", "null"]) || !cursor.eat(&["returns"]) {
        return Ok(Header { returns: result(&out), returns_set: false, arguments });
    }
    if cursor.eat(&["table"]) {
        let columns = signature::parameters(reader, cursor)?;
        let types: Vec<Type> = columns.iter().map(|it| it.ty.clone()).collect();
        arguments.extend(columns.into_iter().map(|it| Argument { mode: Mode::Table, ..it }));
        return Ok(Header { returns: result(&types), returns_set: true, arguments });
    }
    let returns_set = cursor.eat(&["setof"]);
    let returns = signature::bare_type(reader, cursor)?;
    Ok(Header { arguments, returns, returns_set })
}

/// The object, with every default resolved.
fn build(
    name: &QualName,
    header: Header,
    options: Options,
    is_function: bool,
    span: Span,
) -> Result<Object, Fault> {
    let Header { arguments, returns, returns_set } = header;
    let standard = matches!(options.body, Some(Body::Standard(_)));
    let language = options.language.clone().or_else(|| standard.then(|| Name::from("sql")));
    let Some(language) = language else { return Err(Fault::new(Code::Syntax, span, "no language is given")) };
    let Some(body) = options.body.clone() else {
        return Err(Fault::new(Code::Syntax, span, "no body is given"));
    };
    let body = match (language.as_str(), body) {
        ("c", Body::Text(file)) => Body::Library { file, symbol: name.name.as_str().to_string() },
        (_, body) => body,
    };
    let native = matches!(language.as_str(), "c" | "internal");
    let Options { security_definer, config, transforms, .. } = options;
    if !is_function {
        let config = config.unwrap_or_default();
        let security_definer = security_definer.unwrap_or_default();
        return Ok(Procedure { arguments, language, body, security_definer, config, transforms }.into());
    }
    Ok(Function {
        arguments,
        returns,
        returns_set,
        language,
        body,
        window: options.window,
        volatility: options.volatility.unwrap_or_default(),
        strict: options.strict.unwrap_or_default(),
        security_definer: security_definer.unwrap_or_default(),
        leakproof: options.leakproof.unwrap_or_default(),
        parallel: options.parallel.unwrap_or_default(),
        cost: options.cost.unwrap_or_else(|| if native { "1" } else { "100" }.into()),
        rows: options.rows.unwrap_or_else(|| if returns_set { "1000" } else { "0" }.into()),
        support: options.support,
        config: config.unwrap_or_default(),
        transforms,
    }
    .into())
}

/// `ALTER FUNCTION | PROCEDURE | ROUTINE name [(…)] …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter"])?;
    let word = cursor.eat_any(&["function", "procedure", "aggregate", "routine"]).unwrap_or("routine");
    let name = reader.routine_name(cursor)?;
    let id = match reader.routine(&name, kinds_of(word))? {
        Found::Declared(id) => id,
        Found::Outside => {
            return Err(Fault::new(
                Code::Unsupported,
                begin.to(cursor.previous()),
                "this alters a routine that is not the file's",
            ));
        }
    };
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    if cursor.at(&["rename", "to"]) || cursor.at(&["set", "schema"]) {
        return rename::clause(reader, cursor, &id, begin);
    }
    let mut options = Options { config: Some(config(reader, &id)), altering: true, ..Options::default() };
    while option(reader, cursor, &mut options)? {}
    cursor.eat(&["restrict"]);
    cursor.expect_done()?;
    change(reader, &id, options);
    reader.desired.spans.insert(id, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

fn config(reader: &Reader<'_>, id: &ObjectId) -> BTreeMap<String, String> {
    match reader.desired.schema.get(id) {
        Some(Object::Function(Function { config, .. }) | Object::Procedure(Procedure { config, .. })) => {
            config.clone()
        }
        _ => BTreeMap::new(),
    }
}

fn change(reader: &mut Reader<'_>, id: &ObjectId, options: Options) {
    fn set<T>(field: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *field = value;
        }
    }
    let Options {
        volatility,
        strict,
        security_definer,
        leakproof,
        parallel,
        cost,
        rows,
        support,
        config,
        ..
    } = options;
    match reader.desired.schema.get_mut(id) {
        Some(Object::Function(it)) => {
            set::<Volatility>(&mut it.volatility, volatility);
            set(&mut it.strict, strict);
            set(&mut it.security_definer, security_definer);
            set(&mut it.leakproof, leakproof);
            set::<Parallel>(&mut it.parallel, parallel);
            set(&mut it.cost, cost);
            set(&mut it.rows, rows);
            set(&mut it.config, config);
            if support.is_some() {
                it.support = support;
            }
        }
        Some(Object::Procedure(it)) => {
            set(&mut it.security_definer, security_definer);
            set(&mut it.config, config);
        }
        _ => (),
    }
}
