//! Tokens with byte spans: sqlparser's tokenizer, its lines and columns turned into offsets.
//!
//! Knows how PostgreSQL folds identifiers and joins strings; knows no grammar.

use std::iter::Peekable;
use std::str::CharIndices;

use model::{Name, Span};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer};

use crate::{Code, Fault};

/// One token: what it is, what it means, where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tok {
    /// What it is.
    pub kind: TokenKind,
    /// What it means: a word folded, a quoted identifier or string decoded, else the text itself.
    pub value: String,
    /// Where it stands in the file.
    pub span: Span,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenKind {
    /// A keyword or unquoted identifier.
    Word,
    /// An identifier in double quotes.
    Quoted,
    /// A string in whatever quotes; adjacent ones are one.
    Text,
    /// `B'…'` or `X'…'`: the value keeps its letter and quotes.
    Bits,
    /// A number.
    Number,
    /// An operator or punctuation.
    Symbol,
}

impl Tok {
    /// Whether it is this unquoted word (given in lower case).
    pub fn is(&self, word: &str) -> bool {
        self.kind == TokenKind::Word && self.value == word
    }

    /// Whether it is this operator or punctuation.
    pub fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.value == symbol
    }

    /// The identifier it may be.
    pub fn name(&self) -> Option<Name> {
        matches!(self.kind, TokenKind::Word | TokenKind::Quoted).then(|| Name::new(self.value.as_str()))
    }
}

/// Tokenises one statement or expression: `text` is the slice that `span` covers.
pub fn lex(text: &str, span: Span) -> Result<Vec<Tok>, Fault> {
    let mut offsets = Offsets::new(text);
    let found = Tokenizer::new(&PostgreSqlDialect {}, text).tokenize_with_location().map_err(|it| {
        let at = offsets.at(it.location);
        let place = Span { start: span.start + at, end: span.start + after(text, at), ..span };
        Fault::new(Code::Syntax, place, format!("this cannot be read: {}", it.message))
    })?;
    let mut tokens: Vec<Tok> = Vec::with_capacity(found.len() / 2);
    for token in found {
        if matches!(token.token, Token::Whitespace(_) | Token::EOF) {
            continue;
        }
        let start = offsets.at(token.span.start);
        let end = offsets.at(token.span.end);
        let place = Span { start: span.start + start, end: span.start + end, ..span };
        let slice = &text[start as usize..end as usize];
        if slice.starts_with('$') && matches!(&token.token, Token::Placeholder(it) if !is_parameter(it)) {
            return Err(Fault::new(Code::Syntax, place, "a dollar sign stands alone here"));
        }
        push(&mut tokens, tok(token.token, slice, place), text, span.start);
    }
    Ok(tokens)
}

/// `$1` and its like.
fn is_parameter(text: &str) -> bool {
    text.len() > 1 && text[1..].bytes().all(|it| it.is_ascii_digit())
}

/// One past the character at a place, or the end of the text.
pub(crate) fn after(text: &str, at: u32) -> u32 {
    let next = text.get(at as usize..).and_then(|it| it.chars().next());
    next.map_or(at, |it| at.saturating_add(it.len_utf8() as u32))
}

/// Two strings with nothing but white space with a line break between them are one string
/// (manual, 4.1.2.1).
fn push(tokens: &mut Vec<Tok>, token: Tok, text: &str, base: u32) {
    if token.kind == TokenKind::Text
        && let Some(last) = tokens.last_mut().filter(|it| it.kind == TokenKind::Text)
        && text[(last.span.end - base) as usize..(token.span.start - base) as usize].contains('\n')
    {
        last.value.push_str(&token.value);
        last.span.end = token.span.end;
        return;
    }
    tokens.push(token);
}

fn tok(token: Token, slice: &str, span: Span) -> Tok {
    let (kind, value) = match token {
        Token::Word(word) => match word.quote_style {
            Some(_) => (TokenKind::Quoted, clipped(word.value)),
            None => (TokenKind::Word, clipped(fold(&word.value))),
        },
        Token::Number(..) => (TokenKind::Number, slice.to_string()),
        Token::SingleQuotedString(it)
        | Token::EscapedStringLiteral(it)
        | Token::UnicodeStringLiteral(it)
        | Token::NationalStringLiteral(it) => (TokenKind::Text, it),
        Token::DollarQuotedString(it) => (TokenKind::Text, it.value),
        Token::SingleQuotedByteStringLiteral(_) | Token::HexStringLiteral(_) => {
            (TokenKind::Bits, slice.to_ascii_lowercase())
        }
        _ => (TokenKind::Symbol, slice.to_string()),
    };
    Tok { kind, value, span }
}

/// Identifiers end after 63 bytes, at a character's boundary (`truncate_identifier`).
fn clipped(mut word: String) -> String {
    const LONGEST: usize = 63;
    if word.len() > LONGEST {
        word.truncate((0..=LONGEST).rev().find(|it| word.is_char_boundary(*it)).unwrap_or_default());
    }
    word
}

/// Identifiers fold as the server folds them in a UTF-8 database: ASCII letters only.
fn fold(word: &str) -> String {
    word.to_ascii_lowercase()
}

/// Turns a tokenizer's lines and columns (in characters) into byte offsets, going forward only.
struct Offsets<'a> {
    chars: Peekable<CharIndices<'a>>,
    length: u32,
    line: u64,
    column: u64,
}

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Offsets<'a> {
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        Offsets { chars: text.char_indices().peekable(), length, line: 1, column: 1 }
    }

    fn at(&mut self, place: Location) -> u32 {
        while (self.line, self.column) < (place.line, place.column) {
            let Some((_, char)) = self.chars.next() else { break };
            match char {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                _ => self.column += 1,
            }
        }
        self.chars.peek().map_or(self.length, |(at, _)| u32::try_from(*at).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(TokenKind, String, String)> {
        let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
        let tokens = lex(text, span).unwrap();
        let slice = |it: &Tok| text[it.span.start as usize..it.span.end as usize].to_string();
        tokens.iter().map(|it| (it.kind, it.value.clone(), slice(it))).collect()
    }

    #[test]
    fn slices_are_true() {
        let text = "Sélect É \"Ä\"\"b\" , 'ü''x'\n 'y' E'a\\n' U&'\\0041' $t$q'$t$ 1.5e3 a.b::int[] <> != X'1F' $1 ->>";
        for (kind, value, slice) in all(text) {
            match kind {
                TokenKind::Symbol | TokenKind::Number => assert_eq!(value, slice),
                TokenKind::Word => assert!(value.eq_ignore_ascii_case(&slice), "{value} {slice}"),
                _ => assert!(!slice.is_empty()),
            }
        }
        let values: Vec<String> = all(text).into_iter().map(|it| it.1).collect();
        assert_eq!(values[2], "Ä\"b");
        assert_eq!(values[4], "ü'xy");
        assert_eq!(values[5], "a\n");
        assert_eq!(values[6], "A");
        assert_eq!(values[7], "q'");
    }

    #[test]
    fn a_fault_ends_between_characters() {
        for text in ["é 'x", "'é", "U&'\\é'", "$é$", "é \"", "/* é", "x'é"] {
            let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
            let found = lex(text, span).map_err(|it| text.get(it.span.start as usize..it.span.end as usize));
            assert_ne!(found, Err(None), "{text}");
        }
    }

    #[test]
    fn a_dollar_sign_is_part_of_something() {
        let read = |text: &str| {
            let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap() };
            lex(text, span).map(|it| it.len())
        };
        assert_eq!(read("a $1 $$x$$"), Ok(3));
        assert!(read("a $ b").is_err() && read("$b").is_err());
    }

    #[test]
    fn spans_survive_line_ends() {
        let text = "a\r\n  b\n-- c\n  d";
        let slices: Vec<String> = all(text).into_iter().map(|it| it.2).collect();
        assert_eq!(slices, ["a", "b", "d"]);
    }
}
