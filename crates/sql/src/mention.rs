//! What an expression or query mentions, read off its tokens: good enough for order, never for equality.
//!
//! Works on any SQL, also what no parser here reads. Knows where a name may mean a relation (FROM lists,
//! joins, regclass literals), a function or a type; resolves nothing.

use std::ops::Range;

use model::{Mention, Name, Span};

use crate::{Tok, TokenKind, lex};

/// Every name, in order of appearance, without repetition.
pub(crate) fn mentions(tokens: &[Tok]) -> Vec<Mention> {
    let mut seen = std::collections::HashSet::new();
    let found = placed(tokens).into_iter().map(|it| it.mention);
    found.filter(|it| seen.insert(it.clone())).collect()
}

/// A name and the tokens it is written with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Placed {
    pub(crate) mention: Mention,
    pub(crate) tokens: Range<usize>,
}

/// Every name where it stands, in order of appearance.
pub(crate) fn placed(tokens: &[Tok]) -> Vec<Placed> {
    let mut scan =
        Scan { tokens, at: 0, frames: vec![Frame::default()], found: Vec::new(), ctes: ctes(tokens) };
    while scan.at < tokens.len() {
        scan.step();
    }
    scan.found
}

/// One level of parentheses.
#[derive(Clone, Copy, Default)]
struct Frame {
    /// Inside a FROM list.
    in_from: bool,
    /// The next name is a relation.
    expects: bool,
    /// The parentheses of a call in which FROM is no clause: extract, substring, trim, overlay.
    call: bool,
}

/// The name of a common table expression, and the token at which its body ends.
type Cte = (String, usize);

struct Scan<'a> {
    tokens: &'a [Tok],
    at: usize,
    frames: Vec<Frame>,
    found: Vec<Placed>,
    ctes: Vec<Cte>,
}

const ENDS_FROM: &[&str] = &[
    "where",
    "group",
    "order",
    "limit",
    "union",
    "select",
    "having",
    "window",
    "returning",
    "set",
    "intersect",
    "except",
    "fetch",
    "offset",
    "for",
];
const NOT_NAMES: &[&str] = &[
    "and",
    "or",
    "not",
    "is",
    "null",
    "true",
    "false",
    "in",
    "between",
    "like",
    "ilike",
    "case",
    "when",
    "then",
    "else",
    "end",
    "as",
    "on",
    "using",
    "distinct",
    "all",
    "any",
    "array",
    "left",
    "right",
    "full",
    "inner",
    "outer",
    "cross",
    "natural",
    "with",
    "recursive",
    "lateral",
    "asc",
    "desc",
    "by",
    "exists",
    "values",
    "collate",
    "interval",
    "row",
    "similar",
    "to",
    "escape",
    "nulls",
    "first",
    "last",
    "over",
    "partition",
    "filter",
    "within",
    "cast",
    "some",
    "only",
];

impl Scan<'_> {
    fn step(&mut self) {
        let token = &self.tokens[self.at];
        match token.kind {
            TokenKind::Symbol => self.symbol(),
            TokenKind::Word if self.keyword(&token.value.clone()) => self.at += 1,
            TokenKind::Word | TokenKind::Quoted => self.name(),
            TokenKind::Text => self.text(),
            TokenKind::Bits | TokenKind::Number => self.at += 1,
        }
    }

    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn symbol(&mut self) {
        match self.tokens[self.at].value.as_str() {
            "(" => {
                let outer = *self.frame();
                let call = self.at > 0 && {
                    let word = &self.tokens[self.at - 1];
                    ["extract", "substring", "trim", "overlay", "position"].iter().any(|it| word.is(it))
                };
                self.frames.push(Frame { in_from: outer.expects, expects: outer.expects, call });
                self.found_in_frame(|it| it.expects = false, 2);
            }
            ")" => _ = self.frames.pop(),
            "," => {
                let frame = self.frame();
                frame.expects = frame.in_from;
            }
            "*" if self.is_star() => self.push(Mention::Star, self.at..self.at + 1),
            "::" => {
                self.at += 1;
                return self.type_name();
            }
            _ => return self.operator(),
        }
        self.at += 1;
    }

    /// An operator: symbols without white space between; perhaps `OPERATOR(schema.symbol)`.
    fn operator(&mut self) {
        let begin = self.at;
        let is_part = |it: &Tok| {
            it.kind == TokenKind::Symbol
                && !["(", ")", "[", "]", ",", ";", ".", "::", ":"].contains(&it.value.as_str())
        };
        let mut symbol = String::new();
        while let Some(token) = self.tokens.get(self.at).filter(|it| is_part(it))
            && (self.at == begin || self.tokens[self.at - 1].span.end == token.span.start)
        {
            symbol.push_str(&token.value);
            self.at += 1;
        }
        if symbol.is_empty() {
            self.at += 1;
            return;
        }
        let mut parts = vec![Name::from(if symbol == "!=" { "<>" } else { &symbol })];
        let qualifier =
            begin.checked_sub(2).filter(|it| self.tokens[it + 1].is_symbol(".")).map(|it| &self.tokens[it]);
        parts.splice(0..0, qualifier.and_then(Tok::name));
        self.push(Mention::Operator(parts), begin..self.at);
    }

    /// Changes the frame `back` levels from the top, if there is one.
    fn found_in_frame(&mut self, change: impl FnOnce(&mut Frame), back: usize) {
        let at = self.frames.len().checked_sub(back);
        if let Some(frame) = at.and_then(|it| self.frames.get_mut(it)) {
            change(frame);
        }
    }

    /// A star that stands for columns stands after SELECT, a comma, a dot or an opening parenthesis.
    fn is_star(&self) -> bool {
        let Some(before) = self.at.checked_sub(1).map(|it| &self.tokens[it]) else { return false };
        before.is("select") || before.is("distinct") || before.is_symbol(",") || before.is_symbol(".")
    }

    /// Handles words that steer; says whether the word was one.
    fn keyword(&mut self, word: &str) -> bool {
        let after_distinct = self.at > 0 && self.tokens[self.at - 1].is("distinct");
        let followed = self.tokens.get(self.at + 1).is_some_and(|it| it.is_symbol("(") || it.is_symbol("."));
        let frame = self.frame();
        match word {
            "from" if !after_distinct && !frame.call => {
                *frame = Frame { in_from: true, expects: true, ..*frame }
            }
            "from" => (),
            "join" | "into" | "update" | "table" => *frame = Frame { in_from: true, expects: true, ..*frame },
            _ if frame.expects && ["only", "lateral"].contains(&word) => (),
            _ if ENDS_FROM.contains(&word) => *frame = Frame { in_from: false, expects: false, ..*frame },
            _ => return NOT_NAMES.contains(&word) && (!followed || ["in", "any", "all"].contains(&word)),
        }
        true
    }

    /// A chain of names with dots between.
    fn chain(&mut self) -> Vec<Name> {
        let mut parts = Vec::new();
        while let Some(name) = self.tokens.get(self.at).and_then(Tok::name) {
            parts.push(name);
            self.at += 1;
            let dotted = self.tokens.get(self.at).is_some_and(|it| it.is_symbol("."))
                && self.tokens.get(self.at + 1).is_some_and(|it| it.name().is_some());
            match dotted {
                true => self.at += 1,
                false => break,
            }
        }
        parts
    }

    fn name(&mut self) {
        let begin = self.at;
        let behind = |word: &str| begin > 0 && self.tokens[begin - 1].is(word);
        let (after_as, after_into, after_collate) = (behind("as"), behind("into"), behind("collate"));
        let parts = self.chain();
        if after_collate {
            return self.push(Mention::Collation(parts), begin..self.at);
        }
        let next = self.tokens.get(self.at);
        let expects = self.frame().expects;
        let mention = match next {
            Some(it) if it.is_symbol("(") && !after_as && !after_into => Mention::Function(parts),
            Some(it) if it.kind == TokenKind::Text => Mention::Type(parts),
            _ if expects => {
                self.frame().expects = false;
                self.skip_alias();
                if self.is_cte(&parts, begin) {
                    return;
                }
                let end = begin + parts.len() * 2 - 1;
                return self.push(Mention::Relation(parts), begin..end);
            }
            _ if after_as => Mention::Type(parts),
            _ => Mention::Column(parts),
        };
        if matches!(mention, Mention::Function(_)) {
            self.frame().expects = false;
        }
        self.push(mention, begin..self.at);
    }

    fn push(&mut self, mention: Mention, tokens: Range<usize>) {
        self.found.push(Placed { mention, tokens });
    }

    fn skip_alias(&mut self) {
        let as_word = self.tokens.get(self.at).is_some_and(|it| it.is("as"));
        self.at += usize::from(as_word);
        let is_alias = |it: &Tok| match it.kind {
            TokenKind::Quoted => true,
            TokenKind::Word => {
                let word = it.value.as_str();
                !ENDS_FROM.contains(&word) && !NOT_NAMES.contains(&word) && word != "join" && word != "from"
            }
            _ => false,
        };
        self.at += usize::from(self.tokens.get(self.at).is_some_and(is_alias));
    }

    fn is_cte(&self, parts: &[Name], begin: usize) -> bool {
        let [name] = parts else { return false };
        self.ctes.iter().any(|(cte, end)| cte == name.as_str() && begin > *end)
    }

    fn type_name(&mut self) {
        let begin = self.at;
        let parts = self.chain();
        if !parts.is_empty() {
            self.push(Mention::Type(parts), begin..self.at);
        }
    }

    /// A string names a relation when it is cast to regclass or is a sequence function's argument.
    fn text(&mut self) {
        let cast = |at: usize| self.tokens.get(at).is_some_and(|it| it.is_symbol("::"));
        let to = self.tokens.get(self.at + 2).map(|it| it.value.as_str());
        let called = self.at.checked_sub(2).map(|it| self.tokens[it].value.as_str());
        let is_call = ["nextval", "currval", "setval", "to_regclass"].iter().any(|it| called == Some(it));
        let named = match cast(self.at + 1) {
            true => to,
            false => None,
        };
        let value = &self.tokens[self.at].value;
        let mention = match named {
            Some("regclass") => names(value).map(Mention::Relation),
            Some("regtype") => names(value).map(Mention::Type),
            Some("regproc" | "regprocedure") => names(value).map(Mention::Function),
            _ if is_call => names(value).map(Mention::Relation),
            _ => None,
        };
        if let Some(mention) = mention {
            self.push(mention, self.at..self.at + 1);
        }
        self.at += 1;
    }
}

/// The names in a string such as `public."Order"`.
fn names(text: &str) -> Option<Vec<Name>> {
    let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).ok()? };
    let tokens = lex(text, span).ok()?;
    let parts: Vec<Name> = tokens.iter().take_while(|it| !it.is_symbol("(")).filter_map(Tok::name).collect();
    (!parts.is_empty()).then_some(parts)
}

/// `name [(columns)] AS [NOT] [MATERIALIZED] (`. In a plain WITH a name means the expression only behind
/// its own body; under RECURSIVE also inside it.
fn ctes(tokens: &[Tok]) -> Vec<Cte> {
    let recursive = tokens.iter().any(|it| it.is("recursive"));
    let mut found = Vec::new();
    if !tokens.iter().any(|it| it.is("with")) {
        return found;
    }
    for (at, token) in tokens.iter().enumerate().filter(|(_, it)| it.is("as")) {
        let mut open = at + 1;
        while tokens.get(open).is_some_and(|it| it.is("not") || it.is("materialized")) {
            open += 1;
        }
        if !tokens.get(open).is_some_and(|it| it.is_symbol("(")) || token.kind != TokenKind::Word {
            continue;
        }
        let name = name_before(tokens, at);
        let end = if recursive { at } else { close(tokens, open) };
        found.extend(name.map(|it| (it, end)));
    }
    found
}

fn name_before(tokens: &[Tok], at: usize) -> Option<String> {
    let mut before = at.checked_sub(1)?;
    if tokens[before].is_symbol(")") {
        let mut depth = 0_usize;
        loop {
            match tokens[before].value.as_str() {
                ")" if tokens[before].kind == TokenKind::Symbol => depth += 1,
                "(" if tokens[before].kind == TokenKind::Symbol => depth -= 1,
                _ => (),
            }
            before = before.checked_sub(1)?;
            if depth == 0 {
                break;
            }
        }
    }
    tokens[before].name().map(|it| it.as_str().to_string())
}

fn close(tokens: &[Tok], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        if token.is_symbol("(") {
            depth += 1;
        } else if token.is_symbol(")") {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
        let dotted = |it: &[Name]| it.iter().map(Name::as_str).collect::<Vec<_>>().join(".");
        let show = |it: &Mention| match it {
            Mention::Relation(it) => format!("r:{}", dotted(it)),
            Mention::Column(it) => format!("c:{}", dotted(it)),
            Mention::Function(it) => format!("f:{}", dotted(it)),
            Mention::Type(it) => format!("t:{}", dotted(it)),
            Mention::Collation(it) => format!("o:{}", dotted(it)),
            Mention::Operator(_) => String::new(),
            Mention::Star => "*".to_string(),
        };
        mentions(&lex(text, span).unwrap()).iter().map(show).filter(|it| !it.is_empty()).collect()
    }

    #[test]
    fn expressions() {
        assert_eq!(
            said("status in ('a') and f(x, s.g(y))::s.mood = mood 'sad'"),
            ["c:status", "f:f", "c:x", "f:s.g", "c:y", "t:s.mood", "t:mood"]
        );
        assert_eq!(said("nextval('s.a_seq'::regclass)"), ["f:nextval", "r:s.a_seq", "t:regclass"]);
        assert_eq!(said("extract(epoch from ts) > 1"), ["f:extract", "c:epoch", "c:ts"]);
        assert_eq!(said("a is distinct from b"), ["c:a", "c:b"]);
    }

    #[test]
    fn queries() {
        let relations = |text: &str| {
            said(text).into_iter().filter(|it| it.starts_with("r:")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            relations("select w.x from a w, b left join s.c x on x.i = w.i, d where e = 1"),
            "r:a r:b r:s.c r:d"
        );
        assert_eq!(
            relations("with a as (select * from a), b(x) as (select 1) select * from a, b, c"),
            "r:a r:c"
        );
        assert_eq!(relations("with recursive t as (select 1 union select n from t) select * from t"), "");
        assert_eq!(
            relations("select (select max(x) from i), status from (a join b using (k)) j, f(1) g, c"),
            "r:i r:a r:b r:c"
        );
        assert_eq!(relations("select * from only (a), lateral (select * from z) y"), "r:a r:z");
    }
}
