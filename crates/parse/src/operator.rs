//! CREATE OPERATOR and ALTER OPERATOR, and operators where others name them.
//!
//! Knows which options there are; not what the functions do.

use model::{Name, Object, ObjectId, Operator, QualName, Span, Type};
use sql::{Code, Cursor, Fault, Tok, TokenKind};

use crate::reader::Reader;
use crate::refer::Found;
use crate::{Verdict, option, owner, rename, signature, value};

/// An operator as written: what it is qualified with and its symbol.
pub(crate) struct Symbol {
    pub(crate) namespace: Option<Name>,
    pub(crate) name: Name,
}

impl Symbol {
    /// Takes `[schema.]symbol`.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Symbol, Fault> {
        let mut namespace = None;
        while let Some(name) = cursor.peek().and_then(Tok::name) {
            cursor.next();
            cursor.expect_symbol(".")?;
            namespace = Some(name);
        }
        let mut symbol = String::new();
        let mut end = None;
        while let Some(token) = cursor.peek()
            && token.kind == TokenKind::Symbol
            && !["(", ")", ",", ";", "[", "]"].contains(&token.value.as_str())
            && end.is_none_or(|it| it == token.span.start)
        {
            symbol.push_str(&token.value);
            end = Some(token.span.end);
            cursor.next();
        }
        match symbol.is_empty() {
            true => Err(cursor.wanted("an operator")),
            false => Ok(Symbol { namespace, name: Name::from(plain(&symbol)) }),
        }
    }

    /// Takes `symbol` or `OPERATOR(schema.symbol)`.
    pub(crate) fn read_qualified(cursor: &mut Cursor<'_>) -> Result<Symbol, Fault> {
        if !cursor.eat(&["operator"]) {
            return Symbol::read(cursor);
        }
        let tokens = cursor.parenthesised()?;
        let mut inside = cursor.within(tokens);
        let symbol = Symbol::read(&mut inside)?;
        inside.expect_done()?;
        Ok(symbol)
    }

    /// The declared operator of these arguments, else the one of the namespace things are made in.
    pub(crate) fn resolved(
        &self,
        reader: &Reader<'_>,
        left: Option<&Type>,
        right: Option<&Type>,
    ) -> QualName {
        let parts: Vec<Name> = self.namespace.iter().chain([&self.name]).cloned().collect();
        let declared = |it: &QualName| {
            reader.desired.schema.contains(&Operator::id(it, left, right)).then(|| it.clone())
        };
        reader.lookup(&parts, declared).unwrap_or_else(|| {
            let namespace = self.namespace.clone().unwrap_or_else(|| reader.creation_namespace());
            self.name.clone().within(namespace)
        })
    }

    /// The operator that supports an access method for these types: one that is not declared stands beside
    /// the types it is for.
    pub(crate) fn supporting(&self, reader: &Reader<'_>, left: &Type, right: &Type) -> QualName {
        let name = self.resolved(reader, Some(left), Some(right));
        let known = reader.desired.schema.contains(&Operator::id(&name, Some(left), Some(right)));
        if known || self.namespace.is_some() {
            return name;
        }
        let user = left.user.as_ref().or(right.user.as_ref());
        name.name.within(user.map_or_else(|| "pg_catalog".into(), |it| it.namespace.clone()))
    }
}

/// `!=` is another way to write `<>`.
fn plain(symbol: &str) -> &str {
    if symbol == "!=" { "<>" } else { symbol }
}

/// Takes `symbol (left, right)`, where NONE stands for no argument.
pub(crate) fn identity(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<ObjectId, Fault> {
    let symbol = Symbol::read(cursor)?;
    let (left, right) = operands(reader, cursor)?;
    let name = symbol.resolved(reader, left.as_ref(), right.as_ref());
    Ok(Operator::id(&name, left.as_ref(), right.as_ref()))
}

/// Takes `symbol (left, right)` and looks it up.
pub(crate) fn reference(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Found, Fault> {
    let begin = cursor.span();
    let id = identity(reader, cursor)?;
    reader.expected(id, begin.to(cursor.previous()))
}

/// Takes `(left, right)`; one type alone stands for both.
pub(crate) fn operands(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
) -> Result<(Option<Type>, Option<Type>), Fault> {
    cursor.expect_symbol("(")?;
    let mut one = || match cursor.eat(&["none"]) {
        true => Ok((None, cursor.eat_symbol(","))),
        false => signature::bare_type(reader, cursor).map(|it| (Some(it), cursor.eat_symbol(","))),
    };
    let (left, more) = one()?;
    let right = if more { one()?.0 } else { left.clone() };
    cursor.expect_symbol(")")?;
    Ok((left, right))
}

/// What stood in the parentheses of CREATE OPERATOR.
#[derive(Default)]
struct Options {
    left: Option<Type>,
    right: Option<Type>,
    function: Option<QualName>,
    commutator: Option<Symbol>,
    negator: Option<Symbol>,
    restrict: Option<QualName>,
    join: Option<QualName>,
    hashes: bool,
    merges: bool,
}

/// `CREATE OPERATOR name (option = value, …)`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "operator"])?;
    let symbol = Symbol::read(cursor)?;
    let mut options = Options::default();
    option::each(cursor, |one| option(reader, one, &mut options))?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let namespace = symbol.namespace.unwrap_or_else(|| reader.creation_namespace());
    let name = symbol.name.within(namespace);
    let operator = build(reader, &name, options, span)?;
    let id = Operator::id(&name, operator.left.as_ref(), operator.right.as_ref());
    reader.is_free(&id, span)?;
    reader.declare(&id, operator, span);
    Ok(Verdict::Declared)
}

fn build(reader: &Reader<'_>, name: &QualName, options: Options, span: Span) -> Result<Operator, Fault> {
    let Options { left, right, function, commutator, negator, restrict, join, hashes, merges } = options;
    let missing = |what: &str| Fault::new(Code::Syntax, span, format!("no {what} is given"));
    let function = function.ok_or_else(|| missing("FUNCTION"))?;
    if right.is_none() {
        return Err(missing("RIGHTARG"));
    }
    let other = |it: Symbol, left: Option<&Type>, right: Option<&Type>| {
        let own = it.namespace.as_ref().is_none_or(|it| *it == name.namespace) && it.name == name.name;
        if own && left == right { name.clone() } else { it.resolved(reader, left, right) }
    };
    let commutator = commutator.map(|it| other(it, right.as_ref(), left.as_ref()));
    let negator = negator.map(|it| other(it, left.as_ref(), right.as_ref()));
    Ok(Operator { left, right, function, commutator, negator, restrict, join, hashes, merges })
}

/// `name [= value]`
fn option(reader: &Reader<'_>, cursor: &mut Cursor<'_>, found: &mut Options) -> Result<(), Fault> {
    let (at, name) = (cursor.span(), cursor.name()?);
    let said = cursor.eat_symbol("=");
    match name.as_str() {
        "hashes" => found.hashes = flag(cursor, said)?,
        "merges" => found.merges = flag(cursor, said)?,
        _ if !said => return Err(cursor.wanted("`=`")),
        "leftarg" => found.left = operand(reader, cursor)?,
        "rightarg" => found.right = operand(reader, cursor)?,
        "function" | "procedure" => found.function = Some(function(reader, cursor)?),
        "commutator" => found.commutator = Some(Symbol::read_qualified(cursor)?),
        "negator" => found.negator = Some(Symbol::read_qualified(cursor)?),
        "restrict" => found.restrict = Some(function(reader, cursor)?),
        "join" => found.join = Some(function(reader, cursor)?),
        // What older servers were told to merge by; today it says MERGES.
        "sort1" | "sort2" | "ltcmp" | "gtcmp" => {
            Symbol::read_qualified(cursor)?;
            found.merges = true;
        }
        word => {
            let message = format!("`{word}` is no option of an operator that is known");
            return Err(Fault::new(Code::Unsupported, at, message));
        }
    }
    cursor.expect_done()
}

fn operand(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Option<Type>, Fault> {
    if cursor.eat(&["none"]) { Ok(None) } else { signature::bare_type(reader, cursor).map(Some) }
}

fn function(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<QualName, Fault> {
    let parts = match cursor.string() {
        Ok(text) => vec![Name::from(text)],
        Err(_) => cursor.dotted()?,
    };
    Ok(reader.function_named(&parts))
}

/// A word alone, or a Boolean behind `=`.
fn flag(cursor: &mut Cursor<'_>, said: bool) -> Result<bool, Fault> {
    if !said {
        return Ok(true);
    }
    let found = cursor.peek().and_then(|it| value::truth(&it.value));
    let found = found.ok_or_else(|| cursor.wanted("TRUE or FALSE"))?;
    cursor.next();
    Ok(found)
}

/// `ALTER OPERATOR name (left, right) SET (…) | OWNER TO role | SET SCHEMA namespace`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "operator"])?;
    let Found::Declared(id) = reference(reader, cursor)? else {
        return Ok(Verdict::Passed("it is about an operator that is not the file's"));
    };
    if cursor.at(&["owner"]) {
        return owner::owner_to(reader, cursor, &id);
    }
    if cursor.at(&["set", "schema"]) {
        return rename::clause(reader, cursor, &id, begin);
    }
    cursor.expect(&["set"])?;
    option::each(cursor, |one| set(reader, one, &id))?;
    cursor.expect_done()?;
    Ok(Verdict::Declared)
}

/// One `option = value` of ALTER OPERATOR … SET. Commutators, negators and flags need 17, and the server
/// only ever adds them.
fn set(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<(), Fault> {
    let none = cursor.peek_at(2).is_some_and(|it| it.is("none"));
    if none && (cursor.eat(&["restrict"]) || cursor.eat(&["join"])) {
        let restrict = cursor.behind().is_some_and(|it| it.is("restrict"));
        change(reader, id, |it| *(if restrict { &mut it.restrict } else { &mut it.join }) = None);
        return Ok(());
    }
    let mut options = Options::default();
    option(reader, cursor, &mut options)?;
    let Some(Object::Operator(old)) = reader.desired.schema.get(id) else { return Ok(()) };
    let (left, right) = (old.left.clone(), old.right.clone());
    let commutator = options.commutator.map(|it| it.resolved(reader, right.as_ref(), left.as_ref()));
    let negator = options.negator.map(|it| it.resolved(reader, left.as_ref(), right.as_ref()));
    change(reader, id, |it| {
        it.restrict = options.restrict.or(it.restrict.take());
        it.join = options.join.or(it.join.take());
        it.commutator = commutator.or(it.commutator.take());
        it.negator = negator.or(it.negator.take());
        it.hashes |= options.hashes;
        it.merges |= options.merges;
    });
    Ok(())
}

fn change(reader: &mut Reader<'_>, id: &ObjectId, change: impl FnOnce(&mut Operator)) {
    if let Some(Object::Operator(it)) = reader.desired.schema.get_mut(id) {
        change(it);
    }
}
