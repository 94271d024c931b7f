//! A place in a list of tokens that moves forward: what the small readers of statements are made of.
//!
//! Knows words, names, parentheses and slices; no statement.

use model::{Name, Span};

use crate::{Code, Fault, Tok, TokenKind};

/// A place in the tokens of one statement.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    /// The text of the whole file, so that slices are the author's own.
    source: &'a str,
    tokens: &'a [Tok],
    at: usize,
    /// What a fault at the end of the tokens points at.
    end: Span,
}

/// The last character of a token.
fn last_char(source: &str, token: Span) -> Span {
    let text = source.get(token.start as usize..token.end as usize).unwrap_or_default();
    let length = text.chars().next_back().map_or(1, char::len_utf8);
    Span { start: token.end.saturating_sub(u32::try_from(length).unwrap_or(1)), ..token }
}

impl<'a> Cursor<'a> {
    /// At the first of the tokens. `source` is the text of the whole file their spans point into.
    pub fn new(source: &'a str, tokens: &'a [Tok], whole: Span) -> Cursor<'a> {
        let end = tokens.last().map_or(whole, |it| last_char(source, it.span));
        Cursor { source, tokens, at: 0, end }
    }

    /// The token here.
    pub fn peek(&self) -> Option<&'a Tok> {
        self.tokens.get(self.at)
    }

    /// The token `ahead` places from here.
    pub fn peek_at(&self, ahead: usize) -> Option<&'a Tok> {
        self.tokens.get(self.at + ahead)
    }

    /// Takes the token here.
    #[expect(clippy::should_implement_trait, reason = "a cursor is no iterator: it is looked ahead of")]
    pub fn next(&mut self) -> Option<&'a Tok> {
        let token = self.tokens.get(self.at)?;
        self.at += 1;
        Some(token)
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// The tokens that are left.
    pub fn rest(&self) -> &'a [Tok] {
        &self.tokens[self.at.min(self.tokens.len())..]
    }

    /// Where the token here stands; at the end, the last place of the statement.
    pub fn span(&self) -> Span {
        self.peek().map_or(self.end, |it| it.span)
    }

    /// Where the token before stands.
    pub fn previous(&self) -> Span {
        self.at.checked_sub(1).and_then(|it| self.tokens.get(it)).map_or_else(|| self.span(), |it| it.span)
    }

    /// The token before.
    pub fn behind(&self) -> Option<&'a Tok> {
        self.at.checked_sub(1).and_then(|it| self.tokens.get(it))
    }

    /// How many tokens were taken; with [`Cursor::since`] it marks a stretch.
    pub fn mark(&self) -> usize {
        self.at
    }

    /// Goes back to a mark.
    pub fn reset(&mut self, mark: usize) {
        self.at = mark;
    }

    /// The tokens taken since a mark.
    pub fn since(&self, mark: usize) -> &'a [Tok] {
        &self.tokens[mark..self.at]
    }

    /// The author's text of a stretch of tokens, comments inside it included.
    pub fn text(&self, tokens: &[Tok]) -> &'a str {
        match tokens {
            [first, .., last] => self.slice(first.span.to(last.span)),
            [only] => self.slice(only.span),
            [] => "",
        }
    }

    /// The author's text of a span of this file.
    pub fn slice(&self, span: Span) -> &'a str {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// A cursor over some of the tokens.
    #[must_use]
    pub fn within(&self, tokens: &'a [Tok]) -> Cursor<'a> {
        Cursor::new(self.source, tokens, self.span())
    }

    /// Whether the words stand here, in this order, unquoted (given in lower case).
    pub fn at(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(ahead, word)| self.peek_at(ahead).is_some_and(|it| it.is(word)))
    }

    /// Takes the words if all of them stand here.
    pub fn eat(&mut self, words: &[&str]) -> bool {
        let found = self.at(words);
        self.at += if found { words.len() } else { 0 };
        found
    }

    /// Takes one of the words, and says which.
    pub fn eat_any<'w>(&mut self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().copied().find(|it| self.eat(&[it]))
    }

    /// Whether the symbol stands here.
    pub fn at_symbol(&self, symbol: &str) -> bool {
        self.peek().is_some_and(|it| it.is_symbol(symbol))
    }

    /// Takes the symbol if it stands here.
    pub fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.at_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    /// A fault at the token here.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(Code::Syntax, self.span(), message)
    }

    /// A fault that says what was wanted here and what stands here instead.
    pub fn wanted(&self, what: &str) -> Fault {
        match self.peek() {
            Some(it) => self.fault(format!("expected {what}, found {}", self.shown(it))),
            None => self.fault(format!("expected {what}, but the statement ends here")),
        }
    }

    /// Takes the words or faults.
    pub fn expect(&mut self, words: &[&str]) -> Result<(), Fault> {
        match self.eat(words) {
            true => Ok(()),
            false => Err(self.wanted(&words.join(" ").to_uppercase())),
        }
    }

    /// Takes the symbol or faults.
    pub fn expect_symbol(&mut self, symbol: &str) -> Result<(), Fault> {
        match self.eat_symbol(symbol) {
            true => Ok(()),
            false => Err(self.wanted(&format!("`{symbol}`"))),
        }
    }

    /// Faults unless nothing is left.
    pub fn expect_done(&self) -> Result<(), Fault> {
        match self.is_done() {
            true => Ok(()),
            false => Err(Fault {
                code: Code::Unsupported,
                ..self.fault(match self.peek() {
                    Some(it) => format!("{} is not understood here", self.shown(it)),
                    None => "this is not understood here".to_owned(),
                })
            }),
        }
    }

    /// A token as messages name it. What a string holds may be a secret.
    fn shown(&self, token: &Tok) -> String {
        match token.kind {
            TokenKind::Text => "a string".to_owned(),
            _ => format!("`{}`", self.slice(token.span)),
        }
    }

    /// Takes an identifier.
    pub fn name(&mut self) -> Result<Name, Fault> {
        let name = self.peek().and_then(Tok::name).ok_or_else(|| self.wanted("a name"))?;
        self.at += 1;
        Ok(name)
    }

    /// Takes identifiers with dots between: one, two or more parts.
    pub fn dotted(&mut self) -> Result<Vec<Name>, Fault> {
        let mut parts = vec![self.name()?];
        while self.at_symbol(".") {
            self.at += 1;
            parts.push(self.name()?);
        }
        Ok(parts)
    }

    /// Takes names in parentheses with commas between.
    pub fn name_list(&mut self) -> Result<Vec<Name>, Fault> {
        self.expect_symbol("(")?;
        let mut names = vec![self.name()?];
        while self.eat_symbol(",") {
            names.push(self.name()?);
        }
        self.expect_symbol(")")?;
        Ok(names)
    }

    /// Takes a string and gives its value.
    pub fn string(&mut self) -> Result<String, Fault> {
        let token =
            self.peek().filter(|it| it.kind == TokenKind::Text).ok_or_else(|| self.wanted("a string"))?;
        self.at += 1;
        Ok(token.value.clone())
    }

    /// Takes a whole number, with its sign.
    pub fn integer(&mut self) -> Result<i64, Fault> {
        let begin = self.clone();
        let sign = if self.eat_symbol("-") { "-" } else { "" };
        _ = sign.is_empty() && self.eat_symbol("+");
        let number = self.peek().filter(|it| it.kind == TokenKind::Number);
        let value = number.and_then(|it| format!("{sign}{}", it.value.replace('_', "")).parse().ok());
        self.at += 1;
        value.ok_or_else(|| begin.wanted("a whole number"))
    }

    /// Takes a group in parentheses and gives the tokens inside.
    pub fn parenthesised(&mut self) -> Result<&'a [Tok], Fault> {
        let open = self.span();
        self.expect_symbol("(")?;
        let begin = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.next() {
            match token.kind == TokenKind::Symbol {
                true if token.value == "(" => depth += 1,
                true if token.value == ")" => depth -= 1,
                _ => (),
            }
            if depth == 0 {
                return Ok(&self.tokens[begin..self.at - 1]);
            }
        }
        Err(Fault::new(Code::Syntax, open, "this parenthesis is never closed"))
    }

    /// Takes tokens up to one at depth 0 that `stop` accepts (or the end), brackets and CASE … END taken
    /// whole. `stop` sees a cursor at the token in question.
    pub fn until(&mut self, stop: impl Fn(&Cursor<'a>) -> bool) -> &'a [Tok] {
        let begin = self.at;
        let mut depth = 0_usize;
        while let Some(token) = self.peek() {
            if depth == 0 && (stop(self) || token.is_symbol(")") || token.is_symbol("]")) {
                break;
            }
            match token.value.as_str() {
                "(" | "[" if token.kind == TokenKind::Symbol => depth += 1,
                ")" | "]" if token.kind == TokenKind::Symbol => depth = depth.saturating_sub(1),
                "case" if token.kind == TokenKind::Word => depth += 1,
                "end" if token.kind == TokenKind::Word => depth = depth.saturating_sub(1),
                _ => (),
            }
            self.at += 1;
        }
        self.since(begin)
    }

    /// Takes tokens up to a comma at depth 0 (or the end).
    pub fn element(&mut self) -> &'a [Tok] {
        self.until(|it| it.at_symbol(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_a_whole_character() {
        let text = "a é";
        let whole = Span { file: 0, start: 0, end: 4 };
        let tokens = crate::lex(text, whole).unwrap_or_default();
        let mut cursor = Cursor::new(text, &tokens, whole);
        while cursor.next().is_some() {}
        assert_eq!(cursor.slice(cursor.wanted("more").span), "é");
    }
}
