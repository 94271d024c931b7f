//! Reads an expression into a small tree, with the precedence of PostgreSQL's own grammar.
//!
//! Reads only what the comparison can use: of anything else (subqueries, aggregates' clauses, operators the
//! tokenizer cuts apart) and of what is nested too deeply it says nothing.

use std::sync::Arc;

use model::{Name, QualName, SearchPath, Span};

use crate::{Cursor, Tok, TokenKind, TypeName, canonical_type};

/// How deep the recursion goes, and how many tokens are read at all.
const DEPTH: usize = 100;
const TOKENS: usize = 5_000;

/// An expression, as far as it can be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// With its sign.
    Number(String),
    Text(String),
    Bits(String),
    Column(Vec<Name>),
    /// A word of the grammar that is a value, such as CURRENT_DATE.
    Word(String),
    Call(Vec<Name>, Vec<Node>),
    Unary(String, Box<Node>),
    Binary(String, Box<[Node; 2]>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// IS [NOT] NULL, TRUE, FALSE, UNKNOWN.
    Is(Box<Node>, String),
    Distinct(Box<[Node; 2]>),
    /// `x IN (…)`: more than one literal.
    In(Box<Node>, Vec<Node>, bool),
    /// `x op ANY (array)`, `x op ALL (array)`
    Any(Box<[Node; 2]>, String, bool),
    Array(Vec<Node>),
    Row(Vec<Node>),
    Cast(Box<Node>, Arc<str>),
    Case(Option<Box<Node>>, Vec<[Node; 2]>, Option<Box<Node>>),
    Collate(Box<Node>, Vec<Name>),
    Subscript(Box<[Node; 2]>),
    Field(Box<Node>, Name),
    Extract(String, Box<Node>),
    Zone(Box<[Node; 2]>),
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    path: &'a SearchPath,
    depth: usize,
}

/// The tree of an expression, if it can be read to its end.
pub(super) fn tree(text: &str, tokens: &[Tok], path: &SearchPath) -> Option<Node> {
    let glued =
        |pair: &[Tok]| matches!(pair, [a, b] if a.span.end == b.span.start && is_sign(a) && is_sign(b));
    if tokens.len() > TOKENS || tokens.windows(2).any(glued) {
        return None;
    }
    let whole = Span { file: 0, start: 0, end: u32::try_from(text.len()).ok()? };
    let mut reader = Reader { cursor: Cursor::new(text, tokens, whole), path, depth: 0 };
    let node = reader.expr(0)?;
    reader.cursor.is_done().then_some(node)
}

/// Operator characters: two such tokens without space between may be one operator to the server.
fn is_sign(token: &Tok) -> bool {
    let punctuation = ["(", ")", "[", "]", ",", ".", "::", ";", ":"];
    token.kind == TokenKind::Symbol && !punctuation.contains(&token.value.as_str())
}

const RESERVED: &[&str] = &[
    "all",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "between",
    "both",
    "case",
    "cast",
    "collate",
    "column",
    "constraint",
    "create",
    "cross",
    "default",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "fetch",
    "filter",
    "for",
    "from",
    "full",
    "grant",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "operator",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "placing",
    "references",
    "returning",
    "right",
    "select",
    "similar",
    "some",
    "symmetric",
    "table",
    "then",
    "to",
    "trailing",
    "union",
    "unique",
    "using",
    "variadic",
    "when",
    "where",
    "window",
    "with",
    "within",
];
const VALUES: &[&str] = &[
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "localtime",
    "localtimestamp",
    "session_user",
    "user",
];
const FIELDS: &[&str] = &["year", "month", "day", "hour", "minute", "second"];

/// How strongly the operators bind (manual, 4.1.6).
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARISON: u8 = 5;
const RANGE: u8 = 6;
const OTHER: u8 = 7;
const SUM: u8 = 8;
const PRODUCT: u8 = 9;
const POWER: u8 = 10;
const ZONE: u8 = 11;
const COLLATE: u8 = 12;
const SIGN: u8 = 13;
const POSTFIX: u8 = 14;

fn strength(operator: &str) -> u8 {
    match operator {
        "=" | "<" | ">" | "<=" | ">=" | "<>" => COMPARISON,
        "+" | "-" => SUM,
        "*" | "/" | "%" => PRODUCT,
        "^" => POWER,
        _ => OTHER,
    }
}

impl Reader<'_> {
    /// Whatever binds more strongly than `least`.
    fn expr(&mut self, least: u8) -> Option<Node> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut left = self.prefix()?;
        while let Some(node) = self.infix(&left, least)? {
            left = node;
        }
        self.depth -= 1;
        Some(left)
    }

    fn prefix(&mut self) -> Option<Node> {
        if self.cursor.eat(&["not"]) {
            return Some(Node::Not(Box::new(self.expr(NOT - 1)?)));
        }
        for sign in ["-", "+"] {
            if self.cursor.eat_symbol(sign) {
                let node = self.expr(SIGN - 1)?;
                return Some(match node {
                    Node::Number(it) if sign == "-" && !it.starts_with('-') => Node::Number(format!("-{it}")),
                    Node::Number(_) if sign == "+" => return None,
                    node => Node::Unary(sign.to_owned(), Box::new(node)),
                });
            }
        }
        let prefix = self.cursor.peek().filter(|it| is_sign(it)).map(|it| it.value.clone());
        if let Some(operator) = prefix.filter(|it| it != "*") {
            self.cursor.next();
            return Some(Node::Unary(operator, Box::new(self.expr(OTHER)?)));
        }
        self.primary()
    }

    /// What follows an operand; the outer `None` is defeat, the inner one the end of it.
    fn infix(&mut self, left: &Node, least: u8) -> Option<Option<Node>> {
        let Some(token) = self.cursor.peek() else { return Some(None) };
        let left = || Box::new(left.clone());
        match (token.kind, token.value.as_str()) {
            (TokenKind::Symbol, ")" | "]" | ",") => Some(None),
            (TokenKind::Symbol, "::") => {
                self.cursor.next();
                let ty = self.ty()?;
                Some(Some(cast(*left(), ty)))
            }
            (TokenKind::Symbol, "[") if least < POSTFIX => {
                self.cursor.next();
                let index = self.expr(0)?;
                self.cursor.eat_symbol("]").then_some(())?;
                Some(Some(Node::Subscript(Box::new([*left(), index]))))
            }
            (TokenKind::Symbol, ".") => {
                self.cursor.next();
                let name = self.cursor.name().ok()?;
                Some(Some(Node::Field(left(), name)))
            }
            (TokenKind::Symbol, operator) if is_sign(token) => {
                let operator = if operator == "!=" { "<>".to_owned() } else { operator.to_owned() };
                self.operator(*left(), &operator, least)
            }
            (TokenKind::Word, _) => self.word(&left, least),
            _ => None,
        }
    }

    fn operator(&mut self, left: Node, operator: &str, least: u8) -> Option<Option<Node>> {
        let strength = strength(operator);
        if strength <= least {
            return Some(None);
        }
        self.cursor.next();
        for (word, all) in [("any", false), ("some", false), ("all", true)] {
            if self.cursor.eat(&[word]) {
                self.cursor.eat_symbol("(").then_some(())?;
                let array = self.expr(0)?;
                self.cursor.eat_symbol(")").then_some(())?;
                return Some(Some(Node::Any(Box::new([left, array]), operator.to_owned(), all)));
            }
        }
        let right = self.expr(strength)?;
        // Comparisons do not chain: the grammar refuses `a < b < c`.
        let chained =
            |it: &Node| strength == COMPARISON && matches!(it, Node::Binary(it, _) if it == "chained");
        (!chained(&right)).then_some(())?;
        Some(Some(Node::Binary(operator.to_owned(), Box::new([left, right]))))
    }

    fn word(&mut self, left: &dyn Fn() -> Box<Node>, least: u8) -> Option<Option<Node>> {
        let cursor = &mut self.cursor;
        let word = cursor.peek()?.value.as_str();
        let needed = match word {
            "or" => OR,
            "and" => AND,
            "is" | "isnull" | "notnull" => IS,
            "between" | "in" | "like" | "ilike" => RANGE,
            "not" => RANGE,
            "at" => ZONE,
            "collate" => COLLATE,
            _ => return Some(None),
        };
        if needed <= least {
            return Some(None);
        }
        let word = word.to_owned();
        cursor.next();
        let negated = word == "not";
        let word = if negated { self.cursor.next()?.value.clone() } else { word };
        Some(Some(match word.as_str() {
            "or" => Node::Or(joined(*left(), self.expr(OR)?, true)),
            "and" => Node::And(joined(*left(), self.expr(AND)?, false)),
            "isnull" => Node::Is(left(), "null".into()),
            "notnull" => Node::Is(left(), "not null".into()),
            "is" => self.is(left())?,
            "between" => self.between(&left(), negated)?,
            "in" => self.list(left(), negated)?,
            "like" | "ilike" => self.like(*left(), &word, negated)?,
            "at" if self.cursor.eat(&["time", "zone"]) => Node::Zone(Box::new([*left(), self.expr(ZONE)?])),
            "collate" => Node::Collate(left(), self.cursor.dotted().ok()?),
            _ => return None,
        }))
    }

    fn is(&mut self, left: Box<Node>) -> Option<Node> {
        let not = self.cursor.eat(&["not"]);
        if self.cursor.eat(&["distinct", "from"]) {
            let distinct = Node::Distinct(Box::new([*left, self.expr(IS)?]));
            return Some(if not { Node::Not(Box::new(distinct)) } else { distinct });
        }
        let what = self.cursor.eat_any(&["null", "true", "false", "unknown"])?;
        Some(Node::Is(left, format!("{}{what}", if not { "not " } else { "" })))
    }

    fn between(&mut self, left: &Node, negated: bool) -> Option<Node> {
        let low = self.expr(RANGE)?;
        self.cursor.eat(&["and"]).then_some(())?;
        let high = self.expr(RANGE)?;
        let bound = |operator: &str, it| Node::Binary(operator.to_owned(), Box::new([left.clone(), it]));
        Some(match negated {
            false => Node::And(vec![bound(">=", low), bound("<=", high)]),
            true => Node::Or(vec![bound("<", low), bound(">", high)]),
        })
    }

    /// A list of literals; one alone is a comparison.
    fn list(&mut self, left: Box<Node>, negated: bool) -> Option<Node> {
        self.cursor.eat_symbol("(").then_some(())?;
        let mut items = self.items(")")?;
        let literal = |it: &Node| matches!(it, Node::Text(_) | Node::Number(_) | Node::Cast(..));
        items.iter().all(literal).then_some(())?;
        if items.len() > 1 {
            return Some(Node::In(left, items, negated));
        }
        let operator = if negated { "<>" } else { "=" };
        Some(Node::Binary(operator.to_owned(), Box::new([*left, items.pop()?])))
    }

    fn like(&mut self, left: Node, word: &str, negated: bool) -> Option<Node> {
        let right = self.expr(RANGE)?;
        if self.cursor.at(&["escape"]) {
            return None;
        }
        let operator =
            format!("{}~~{}", if negated { "!" } else { "" }, if word == "ilike" { "*" } else { "" });
        Some(Node::Binary(operator, Box::new([left, right])))
    }

    fn primary(&mut self) -> Option<Node> {
        let token = self.cursor.peek()?;
        match token.kind {
            TokenKind::Number => {
                self.cursor.next();
                Some(Node::Number(token.value.to_ascii_lowercase()))
            }
            TokenKind::Text => {
                self.cursor.next();
                Some(Node::Text(token.value.clone()))
            }
            TokenKind::Bits => {
                self.cursor.next();
                Some(Node::Bits(token.value.clone()))
            }
            TokenKind::Symbol => self.group(),
            TokenKind::Quoted => self.named(),
            TokenKind::Word => self.keyword(),
        }
    }

    fn group(&mut self) -> Option<Node> {
        self.cursor.eat_symbol("(").then_some(())?;
        let first = self.expr(0)?;
        if self.cursor.eat_symbol(")") {
            return Some(first);
        }
        self.cursor.eat_symbol(",").then_some(())?;
        let mut items = vec![first];
        items.extend(self.items(")")?);
        Some(Node::Row(items))
    }

    /// Expressions up to the closing symbol.
    fn items(&mut self, close: &str) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        if self.cursor.eat_symbol(close) {
            return Some(items);
        }
        loop {
            items.push(self.expr(0)?);
            if self.cursor.eat_symbol(close) {
                return Some(items);
            }
            self.cursor.eat_symbol(",").then_some(())?;
        }
    }

    fn keyword(&mut self) -> Option<Node> {
        let word = self.cursor.peek()?.value.clone();
        let called = self.cursor.peek_at(1).is_some_and(|it| it.is_symbol("("));
        match word.as_str() {
            "null" | "true" | "false" => {
                self.cursor.next();
                Some(if word == "null" { Node::Null } else { Node::Bool(word == "true") })
            }
            "case" => self.case(),
            "cast" if called => self.cast(),
            "array" => self.array(),
            "row" if called => {
                self.cursor.next();
                self.cursor.next();
                Some(Node::Row(self.items(")")?))
            }
            "extract" if called => self.extract(),
            _ if VALUES.contains(&word.as_str()) && !called => {
                self.cursor.next();
                Some(Node::Word(word))
            }
            _ if RESERVED.contains(&word.as_str())
                && !(called && ["left", "right"].contains(&word.as_str())) =>
            {
                None
            }
            _ => self.named(),
        }
    }

    fn case(&mut self) -> Option<Node> {
        self.cursor.next();
        let operand = match self.cursor.at(&["when"]) {
            true => None,
            false => Some(Box::new(self.expr(0)?)),
        };
        let mut arms = Vec::new();
        while self.cursor.eat(&["when"]) {
            let when = self.expr(0)?;
            self.cursor.eat(&["then"]).then_some(())?;
            arms.push([when, self.expr(0)?]);
        }
        let other = match self.cursor.eat(&["else"]) {
            true => Some(Box::new(self.expr(0)?)),
            false => None,
        };
        self.cursor.eat(&["end"]).then_some(Node::Case(operand, arms, other))
    }

    fn cast(&mut self) -> Option<Node> {
        self.cursor.next();
        self.cursor.next();
        let node = self.expr(0)?;
        self.cursor.eat(&["as"]).then_some(())?;
        let ty = self.ty()?;
        self.cursor.eat_symbol(")").then(|| cast(node, ty))
    }

    fn array(&mut self) -> Option<Node> {
        self.cursor.next();
        self.cursor.eat_symbol("[").then_some(())?;
        Some(Node::Array(self.items("]")?))
    }

    fn extract(&mut self) -> Option<Node> {
        self.cursor.next();
        self.cursor.next();
        let field = self.cursor.next()?.value.to_ascii_lowercase();
        self.cursor.eat(&["from"]).then_some(())?;
        let node = self.expr(0)?;
        self.cursor.eat_symbol(")").then(|| Node::Extract(field, Box::new(node)))
    }

    /// A column, a call, or a string of a named type.
    fn named(&mut self) -> Option<Node> {
        let mark = self.cursor.mark();
        if let Some(ty) = self.ty()
            && let Some(text) = self.cursor.peek().filter(|it| it.kind == TokenKind::Text)
        {
            self.cursor.next();
            if self.cursor.eat_any(FIELDS).is_some() {
                return None;
            }
            return Some(cast(Node::Text(text.value.clone()), ty));
        }
        self.cursor.reset(mark);
        let mut parts = self.cursor.dotted().ok()?;
        if !self.cursor.eat_symbol("(") {
            return Some(Node::Column(parts));
        }
        if parts.len() == 2 && parts[0].as_str() == "pg_catalog" {
            parts.remove(0);
        }
        Some(Node::Call(parts, self.items(")")?))
    }

    /// A type as the server prints it. A name that is not built in means one of the first namespace of
    /// the path, or is not known.
    fn ty(&mut self) -> Option<Arc<str>> {
        let mark = self.cursor.mark();
        let Ok(ty) = TypeName::read(&mut self.cursor) else {
            self.cursor.reset(mark);
            return None;
        };
        let resolve = |parts: &[Name]| match parts {
            [name] => Some(name.clone().within(self.path.first()?.clone())),
            [namespace, name] => Some(QualName { namespace: namespace.clone(), name: name.clone() }),
            _ => None,
        };
        let found = canonical_type(&ty, resolve).map(|it| it.text);
        if found.is_none() {
            self.cursor.reset(mark);
        }
        found
    }
}

/// AND and OR flatten to the left, as the grammar does it; a group on the right stays one.
fn joined(left: Node, right: Node, or: bool) -> Vec<Node> {
    let mut all = match left {
        Node::Or(all) if or => all,
        Node::And(all) if !or => all,
        node => vec![node],
    };
    all.push(right);
    all
}

/// Integer constants have one form: the server prints negative and large ones as typed strings.
fn cast(node: Node, ty: Arc<str>) -> Node {
    if let Node::Text(text) = &node
        && let Ok(value) = text.trim().parse::<i64>()
    {
        let small = i32::try_from(value).is_ok();
        if (&*ty == "integer" && small) || (&*ty == "bigint" && !small) {
            return Node::Number(value.to_string());
        }
    }
    if let (Node::Text(text), "numeric") = (&node, &*ty)
        && text.strip_prefix('-').is_some_and(|it| it.contains('.') && it.parse::<f64>().is_ok())
    {
        return Node::Number(text.clone());
    }
    Node::Cast(Box::new(node), ty)
}
