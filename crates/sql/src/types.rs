//! How a type is written, and how the server would print it.
//!
//! Knows the spellings of the built-in types; whether another name is a type it must be told.

use model::{Name, QualName, Type};

use crate::{Cursor, Fault, Tok, TokenKind};

/// A type as written, unresolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeName {
    /// SETOF stands before it (a function's result).
    pub setof: bool,
    /// One part for an unqualified name; built-in spellings of several words are already one canonical
    /// name (`timestamp with time zone`).
    pub parts: Vec<Name>,
    /// What stands in parentheses behind the name, without spaces: `10,2`.
    pub modifiers: Option<String>,
    /// `[]`, however many, or ARRAY.
    pub array: bool,
    /// Whether the name is one of the grammar's own spellings (`int`, `timestamp`), which no search path
    /// can redefine.
    pub keyword: bool,
}

impl TypeName {
    /// Takes a type. `%TYPE` is refused.
    pub fn read(cursor: &mut Cursor<'_>) -> Result<TypeName, Fault> {
        let setof = cursor.eat(&["setof"]);
        let mut ty = match spelled(cursor)? {
            Some(ty) => ty,
            None => {
                let parts = cursor.dotted()?;
                if cursor.at_symbol("%") {
                    return Err(
                        cursor.fault("%TYPE is resolved once and for all by the server; write the type")
                    );
                }
                TypeName { setof: false, parts, modifiers: modifiers(cursor)?, array: false, keyword: false }
            }
        };
        ty.setof = setof;
        ty.array = arrays(cursor)?;
        Ok(ty)
    }

    /// The type without its modifiers, as a routine keeps its arguments.
    #[must_use]
    pub fn bare(mut self) -> TypeName {
        self.modifiers = None;
        if self.keyword
            && let [name] = self.parts.as_mut_slice()
        {
            let text = name.as_str();
            let text = match (text.find('('), text.find(')')) {
                (Some(open), Some(close)) => format!("{}{}", &text[..open], &text[close + 1..]),
                _ => text.to_string(),
            };
            *name = Name::new(match text.as_str() {
                "bpchar" => "character",
                it if it.starts_with("interval") => "interval",
                it => it,
            });
        }
        self
    }

    /// The integer type behind serial and its like.
    pub fn serial(&self) -> Option<&'static str> {
        let [name] = self.parts.as_slice() else { return None };
        match name.as_str() {
            "smallserial" | "serial2" => Some("smallint"),
            "serial" | "serial4" => Some("integer"),
            "bigserial" | "serial8" => Some("bigint"),
            _ => None,
        }
    }
}

fn arrays(cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
    let mut array = cursor.eat(&["array"]);
    while cursor.eat_symbol("[") {
        array = true;
        if cursor.peek().is_some_and(|it| it.kind == TokenKind::Number) {
            cursor.next();
        }
        cursor.expect_symbol("]")?;
    }
    Ok(array)
}

fn modifiers(cursor: &mut Cursor<'_>) -> Result<Option<String>, Fault> {
    if !cursor.at_symbol("(") {
        return Ok(None);
    }
    let mut inside = cursor.within(cursor.clone().parenthesised()?);
    cursor.parenthesised()?;
    let mut text = String::new();
    loop {
        text.push_str(["-", "+"].into_iter().find(|it| inside.eat_symbol(it)).unwrap_or_default());
        let token = inside.peek().filter(|it| it.kind != TokenKind::Symbol);
        text.push_str(&written(token.ok_or_else(|| inside.wanted("a number, a word or a string"))?));
        inside.next();
        if inside.is_done() {
            return Ok(Some(text));
        }
        inside.expect_symbol(",")?;
        text.push(',');
    }
}

fn written(token: &Tok) -> String {
    match token.kind {
        TokenKind::Text => format!("'{}'", token.value.replace('\'', "''")),
        TokenKind::Quoted => Name::new(token.value.as_str()).to_string(),
        _ => token.value.clone(),
    }
}

/// The spellings that are grammar, not names.
fn spelled(cursor: &mut Cursor<'_>) -> Result<Option<TypeName>, Fault> {
    let qualified = cursor.peek_at(1).is_some_and(|it| it.is_symbol("."));
    let Some(word) = cursor.peek().filter(|it| it.kind == TokenKind::Word && !qualified) else {
        return Ok(None);
    };
    let mark = cursor.mark();
    cursor.next();
    let plain = |name: &str| Some((name.to_string(), None));
    let found: Option<(String, Option<String>)> = match word.value.as_str() {
        "int" | "integer" | "int4" => plain("integer"),
        "bigint" | "int8" => plain("bigint"),
        "smallint" | "int2" => plain("smallint"),
        "bool" | "boolean" => plain("boolean"),
        "real" | "float4" => plain("real"),
        "float8" => plain("double precision"),
        "float" => plain(float(modifiers(cursor)?.as_deref())),
        "double" if cursor.eat(&["precision"]) => plain("double precision"),
        "numeric" | "decimal" | "dec" => Some(("numeric".into(), modifiers(cursor)?)),
        "varchar" => Some(("character varying".into(), modifiers(cursor)?)),
        "national" if cursor.eat_any(&["character", "char"]).is_some() => Some(character(cursor)?),
        "character" | "char" | "nchar" => Some(character(cursor)?),
        "bpchar" => Some(match modifiers(cursor)? {
            Some(it) => ("character".into(), Some(it)),
            None => ("bpchar".into(), None),
        }),
        "bit" => Some(bit(cursor)?),
        "varbit" => Some(("bit varying".into(), modifiers(cursor)?)),
        "timestamptz" => Some((time("timestamp", modifiers(cursor)?, true), None)),
        "timetz" => Some((time("time", modifiers(cursor)?, true), None)),
        "timestamp" | "time" => Some((zoned(cursor, &word.value)?, None)),
        "interval" => Some((interval(cursor)?, None)),
        _ => None,
    };
    let Some((name, modifiers)) = found else {
        cursor.reset(mark);
        return Ok(None);
    };
    let parts = vec![Name::new(name)];
    Ok(Some(TypeName { setof: false, parts, modifiers, array: false, keyword: true }))
}

fn float(bits: Option<&str>) -> &'static str {
    match bits.and_then(|it| it.parse::<u32>().ok()) {
        Some(..=24) => "real",
        _ => "double precision",
    }
}

fn character(cursor: &mut Cursor<'_>) -> Result<(String, Option<String>), Fault> {
    if cursor.eat(&["varying"]) {
        return Ok(("character varying".into(), modifiers(cursor)?));
    }
    Ok(("character".into(), Some(modifiers(cursor)?.unwrap_or_else(|| "1".into()))))
}

fn bit(cursor: &mut Cursor<'_>) -> Result<(String, Option<String>), Fault> {
    if cursor.eat(&["varying"]) {
        return Ok(("bit varying".into(), modifiers(cursor)?));
    }
    Ok(("bit".into(), Some(modifiers(cursor)?.unwrap_or_else(|| "1".into()))))
}

fn zoned(cursor: &mut Cursor<'_>, word: &str) -> Result<String, Fault> {
    let precision = modifiers(cursor)?;
    let with = cursor.eat(&["with", "time", "zone"]);
    _ = !with && cursor.eat(&["without", "time", "zone"]);
    Ok(time(word, precision, with))
}

fn time(word: &str, precision: Option<String>, with: bool) -> String {
    let precision = precision.map(|it| format!("({it})")).unwrap_or_default();
    let zone = if with { "with" } else { "without" };
    format!("{word}{precision} {zone} time zone")
}

fn interval(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];
    let mut text = String::from("interval");
    if let Some(field) = cursor.eat_any(FIELDS) {
        text += &format!(" {field}");
        if cursor.eat(&["to"]) {
            let last = cursor.eat_any(FIELDS).ok_or_else(|| cursor.wanted("a field of an interval"))?;
            text += &format!(" to {last}");
        }
    }
    if let Some(precision) = modifiers(cursor)? {
        text += &format!("({precision})");
    }
    Ok(text)
}

/// The type as `format_type` prints it under an empty search path. `resolve` finds the namespace of a
/// name that is not built in; `None` means there is no such type.
pub fn canonical_type(ty: &TypeName, resolve: impl Fn(&[Name]) -> Option<QualName>) -> Option<Type> {
    let array = if ty.array { "[]" } else { "" };
    let modifiers = ty.modifiers.as_ref().map(|it| format!("({it})")).unwrap_or_default();
    let builtin = |name: &str| {
        let modifiers = match name {
            "numeric" if !modifiers.is_empty() && !modifiers.contains(',') => modifiers.replace(')', ",0)"),
            _ => modifiers.clone(),
        };
        Type::builtin(format!("{name}{modifiers}{array}"))
    };
    let (qualified, last) = match ty.parts.as_slice() {
        [name] => (false, name),
        [space, name] if space.as_str() == "pg_catalog" => (true, name),
        parts => {
            let name = resolve(parts)?;
            return Some(user(&name, &modifiers, array));
        }
    };
    if ty.keyword {
        return Some(builtin(last.as_str()));
    }
    if qualified || is_builtin_type(last.as_str()) {
        if let Some((_, name)) = ALIASES.iter().find(|(alias, _)| *alias == last.as_str()) {
            return Some(builtin(name));
        }
        // A keyword only since 17, and printed bare by every server.
        let json = last.as_str() == "json";
        return Some(if json { builtin("json") } else { builtin(&last.to_string()) });
    }
    resolve(&ty.parts).map(|it| user(&it, &modifiers, array))
}

fn user(name: &QualName, modifiers: &str, array: &str) -> Type {
    Type { text: format!("{name}{modifiers}{array}").into(), user: Some(name.clone()) }
}

/// Whether pg_catalog has a type of this name.
pub fn is_builtin_type(name: &str) -> bool {
    BUILTIN.contains(&name) || ALIASES.iter().any(|(alias, _)| *alias == name)
}

/// Names in pg_type whose print is another.
const ALIASES: &[(&str, &str)] = &[
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("float4", "real"),
    ("float8", "double precision"),
    ("bool", "boolean"),
    ("varchar", "character varying"),
    ("varbit", "bit varying"),
    ("timestamptz", "timestamp with time zone"),
    ("timestamp", "timestamp without time zone"),
    ("timetz", "time with time zone"),
    ("time", "time without time zone"),
];

const BUILTIN: &[&str] = &[
    "aclitem",
    "any",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anycompatiblemultirange",
    "anycompatiblenonarray",
    "anycompatiblerange",
    "anyelement",
    "anyenum",
    "anymultirange",
    "anynonarray",
    "anyrange",
    "bit",
    "box",
    "bpchar",
    "bytea",
    "char",
    "cid",
    "cidr",
    "circle",
    "cstring",
    "date",
    "datemultirange",
    "daterange",
    "event_trigger",
    "fdw_handler",
    "gtsvector",
    "index_am_handler",
    "inet",
    "int2vector",
    "int4multirange",
    "int4range",
    "int8multirange",
    "int8range",
    "internal",
    "interval",
    "json",
    "jsonb",
    "jsonpath",
    "language_handler",
    "line",
    "lseg",
    "macaddr",
    "macaddr8",
    "money",
    "name",
    "numeric",
    "nummultirange",
    "numrange",
    "oid",
    "oidvector",
    "path",
    "pg_lsn",
    "pg_snapshot",
    "point",
    "polygon",
    "record",
    "refcursor",
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
    "table_am_handler",
    "text",
    "tid",
    "trigger",
    "tsm_handler",
    "tsmultirange",
    "tsquery",
    "tsrange",
    "tstzmultirange",
    "tstzrange",
    "tsvector",
    "txid_snapshot",
    "unknown",
    "uuid",
    "void",
    "xid",
    "xid8",
    "xml",
];

#[cfg(test)]
mod tests {
    use super::*;
    use model::Span;

    fn print(text: &str) -> String {
        let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
        let tokens = crate::lex(text, span).unwrap();
        let mut cursor = Cursor::new(text, &tokens, span);
        let ty = TypeName::read(&mut cursor).unwrap();
        cursor.expect_done().unwrap();
        let resolve = |parts: &[Name]| match parts {
            [name] => Some(name.clone().within("public".into())),
            [.., space, name] => Some(name.clone().within(space.clone())),
            [] => None,
        };
        canonical_type(&ty, resolve).unwrap().to_string()
    }

    #[test]
    fn modifiers_stand_apart() {
        for (text, message) in [
            ("numeric(10 2)", "expected `,`, found `2`"),
            ("numeric(10, - -2)", "expected a number, a word or a string, found `-`"),
            ("varchar()", "expected a number, a word or a string, but the statement ends here"),
        ] {
            let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
            let tokens = crate::lex(text, span).unwrap();
            let fault = TypeName::read(&mut Cursor::new(text, &tokens, span)).unwrap_err();
            assert_eq!(fault.message, message);
        }
    }

    #[test]
    fn prints_as_the_server_does() {
        for (written, printed) in [
            ("INT", "integer"),
            ("decimal(10)", "numeric(10,0)"),
            ("numeric(10, 2)[]", "numeric(10,2)[]"),
            ("numeric(3, -2)", "numeric(3,-2)"),
            ("varchar(20)", "character varying(20)"),
            ("char", "character(1)"),
            ("\"char\"", "\"char\""),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("time(0) with time zone", "time(0) with time zone"),
            ("interval year to month", "interval year to month"),
            ("interval second(3)", "interval second(3)"),
            ("pg_catalog.int4", "integer"),
            ("float(10)", "real"),
            ("double precision[3][4]", "double precision[]"),
            ("text ARRAY", "text[]"),
            ("mood", "public.mood"),
            ("s.\"Mood\"[]", "s.\"Mood\"[]"),
            ("geometry(Point, 4326)", "public.geometry(point,4326)"),
            ("jsonb", "jsonb"),
            ("json[]", "json[]"),
        ] {
            assert_eq!(print(written), printed);
        }
    }
}
