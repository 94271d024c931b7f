//! Cuts a file into statements by byte offsets, before anything is tokenised.
//!
//! Knows quotes, comments, parentheses, BEGIN ATOMIC bodies, psql's meta-commands and COPY data; and
//! not what any statement means. One pass, never fails: what is unterminated is a fault beside the pieces.

use model::Span;

use crate::lex::after;
use crate::{Code, Fault};

/// One statement, meta-command or block of data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// From its first token to its last, the semicolon left out.
    pub span: Span,
}

/// What a [`Piece`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PieceKind {
    /// A statement.
    Statement,
    /// A line that begins with a backslash.
    Meta,
    /// The rows after `COPY … FROM stdin`, up to and with `\.`.
    CopyData,
}

/// A comment that speaks to us: `-- reconcile: …` or `-- @renamed from=…`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The comment, dashes included.
    pub span: Span,
    /// What it says after `reconcile:`; `@renamed from=x` is given as `renamed from x`.
    pub text: String,
}

/// Everything in a file, in order.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// Statements, meta-commands and data.
    pub pieces: Vec<Piece>,
    /// Comments that speak to us.
    pub directives: Vec<Directive>,
    /// What is unterminated.
    pub faults: Vec<Fault>,
}

/// Cuts the text of one file.
pub fn split(text: &str, file: u32) -> Pieces {
    let bytes = text.as_bytes();
    let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut scan = Scan {
        text,
        bytes,
        file,
        at,
        begin: None,
        last: 0,
        depth: 0,
        words: Words::default(),
        out: Pieces::default(),
    };
    while scan.at < bytes.len() {
        scan.step();
    }
    scan.finish();
    scan.out
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    file: u32,
    at: usize,
    /// Where the current statement began.
    begin: Option<usize>,
    /// One past its last token so far.
    last: usize,
    depth: usize,
    words: Words,
    out: Pieces,
}

/// What the words of a statement so far say about where it ends.
#[derive(Default)]
struct Words {
    count: usize,
    copy: bool,
    from_stdin: bool,
    routine: bool,
    previous_begin: bool,
    previous_from: bool,
    /// Open BEGIN ATOMIC and CASE.
    blocks: usize,
}

impl Scan<'_> {
    fn step(&mut self) {
        let rest = &self.bytes[self.at..];
        match rest[0] {
            b if b.is_ascii_whitespace() => self.at += 1,
            b'-' if rest.starts_with(b"--") => self.line_comment(),
            b'/' if rest.starts_with(b"/*") => self.block_comment(),
            b'\\' => self.meta(),
            b'\'' => self.token(|it| it.string(false)),
            b'"' => self.token(|it| it.quoted(b'"', "quoted identifier")),
            b'$' if self.dollar_tag().is_some() => self.token(|it| it.dollar()),
            b'(' => {
                self.depth += 1;
                self.token(|it| it.at += 1);
            }
            b')' => {
                self.depth = self.depth.saturating_sub(1);
                self.token(|it| it.at += 1);
            }
            b';' if self.depth == 0 && self.words.blocks == 0 => self.end(),
            b if is_word_start(b) => self.token(|it| it.word()),
            _ => self.token(|it| it.at += 1),
        }
    }

    fn token(&mut self, eat: impl FnOnce(&mut Self)) {
        self.begin.get_or_insert(self.at);
        eat(self);
        self.last = self.at;
    }

    fn span(&self, start: usize, end: usize) -> Span {
        let clamp = |it: usize| u32::try_from(it).unwrap_or(u32::MAX);
        Span { file: self.file, start: clamp(start), end: clamp(end) }
    }

    fn push(&mut self, kind: PieceKind, start: usize, end: usize) {
        let span = self.span(start, end);
        self.out.pieces.push(Piece { kind, span });
    }

    fn unterminated(&mut self, start: usize, what: &str) {
        let span = self.span(start, start);
        let span = Span { end: after(self.text, span.start), ..span };
        let fault = Fault::new(Code::Syntax, span, format!("this {what} is never closed"));
        self.out.faults.push(fault);
    }

    fn end(&mut self) {
        if let Some(begin) = self.begin.take() {
            self.push(PieceKind::Statement, begin, self.last);
        }
        self.at += 1;
        if self.words.copy && self.words.from_stdin {
            self.copy_data();
        }
        self.words = Words::default();
    }

    fn finish(&mut self) {
        if let Some(begin) = self.begin.take() {
            if self.depth > 0 {
                self.unterminated(begin, "statement's parenthesis");
            }
            self.push(PieceKind::Statement, begin, self.last);
        }
    }

    fn line_comment(&mut self) {
        let start = self.at;
        self.skip_line();
        self.directive(start, self.at, start + 2..self.at);
    }

    /// Keeps a comment that speaks to us.
    fn directive(&mut self, start: usize, end: usize, inside: std::ops::Range<usize>) {
        let text = self.text[inside].trim();
        let said = text.strip_prefix("reconcile:").map(|it| it.trim().to_string());
        let renamed = || {
            let from = text.strip_prefix("@renamed")?.trim_start().strip_prefix("from=")?;
            Some(format!("renamed from {}", from.trim()))
        };
        if let Some(text) = said.or_else(renamed) {
            let span = self.span(start, end);
            self.out.directives.push(Directive { span, text });
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|it| *it == b'\n').unwrap_or(rest.len());
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            let rest = &self.bytes[self.at..];
            if rest.starts_with(b"/*") {
                depth += 1;
                self.at += 2;
            } else if rest.starts_with(b"*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return self.directive(start, self.at, start + 2..self.at - 2);
                }
            } else {
                self.at += 1;
            }
        }
        self.unterminated(start, "comment");
    }

    /// psql reads a backslash outside quotes as a command of its own, up to the end of the line.
    fn meta(&mut self) {
        // `\g` and its like send the statement before them.
        let sends =
            ["\\g", "\\watch", "\\crosstabview"].iter().any(|it| self.text[self.at..].starts_with(it));
        if let Some(begin) = self.begin.take_if(|_| sends) {
            self.push(PieceKind::Statement, begin, self.last);
            self.words = Words::default();
            self.depth = 0;
        }
        let start = self.at;
        self.skip_line();
        let end = start + self.text[start..self.at].trim_end().len();
        self.push(PieceKind::Meta, start, end);
    }

    fn copy_data(&mut self) {
        self.skip_line();
        self.at = (self.at + 1).min(self.bytes.len());
        let start = self.at;
        while self.at < self.bytes.len() {
            let line = self.at;
            self.skip_line();
            let is_end = self.text[line..self.at].trim_end() == "\\.";
            self.at = (self.at + 1).min(self.bytes.len());
            if is_end {
                break;
            }
        }
        self.push(PieceKind::CopyData, start, self.at);
    }

    /// A string from its opening quote on; with `escapes` a backslash takes the next character along.
    fn string(&mut self, escapes: bool) {
        let start = self.at;
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'\\' if escapes => self.at = (self.at + 2).min(self.bytes.len()),
                b'\'' if self.bytes.get(self.at + 1) == Some(&b'\'') => self.at += 2,
                b'\'' => {
                    self.at += 1;
                    return;
                }
                _ => self.at += 1,
            }
        }
        self.unterminated(start, "string");
    }

    fn quoted(&mut self, quote: u8, what: &str) {
        let start = self.at;
        self.at += 1;
        while self.at < self.bytes.len() {
            let doubled = self.bytes.get(self.at + 1) == Some(&quote);
            match self.bytes[self.at] == quote {
                true if doubled => self.at += 2,
                true => {
                    self.at += 1;
                    return;
                }
                false => self.at += 1,
            }
        }
        self.unterminated(start, what);
    }

    /// The length of `$tag$` here, if one starts here.
    fn dollar_tag(&self) -> Option<usize> {
        let rest = &self.bytes[self.at + 1..];
        let end = rest.iter().position(|it| !is_word_start(*it) && !it.is_ascii_digit())?;
        let plain = end == 0 || !rest[0].is_ascii_digit();
        (rest[end] == b'$' && plain).then_some(end + 2)
    }

    fn dollar(&mut self) {
        let start = self.at;
        let Some(length) = self.dollar_tag() else { return };
        let tag = &self.text[start..start + length];
        match self.text[start + length..].find(tag) {
            Some(found) => self.at = start + length + found + length,
            None => {
                self.at = self.bytes.len();
                self.unterminated(start, "dollar-quoted string");
            }
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let is_part = |it: &u8| is_word_start(*it) || it.is_ascii_digit() || *it == b'$';
        self.at += self.bytes[start..].iter().position(|it| !is_part(it)).unwrap_or(self.bytes.len() - start);
        let word = &self.text[start..self.at];
        let next = self.bytes.get(self.at);
        if word.eq_ignore_ascii_case("e") && next == Some(&b'\'') {
            return self.string(true);
        }
        self.words.read(word);
    }
}

impl Words {
    fn read(&mut self, word: &str) {
        let is = |it: &str| word.eq_ignore_ascii_case(it);
        match self.count {
            0 => self.copy = is("copy"),
            1..=3 => self.routine |= is("function") || is("procedure"),
            _ => (),
        }
        self.count += 1;
        self.from_stdin |= self.previous_from && is("stdin");
        if self.routine {
            match () {
                () if self.previous_begin && is("atomic") => self.blocks += 1,
                () if self.blocks > 0 && is("case") => self.blocks += 1,
                () if self.blocks > 0 && is("end") => self.blocks -= 1,
                () => (),
            }
        }
        self.previous_begin = is("begin");
        self.previous_from = is("from");
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        split(text, 0).pieces.iter().map(|it| &text[it.span.start as usize..it.span.end as usize]).collect()
    }

    #[test]
    fn cuts_at_semicolons_outside_everything() {
        let text = "a ';' ; b $x$ ; $$ ; $x$;/* ; /* ; */ ; */ c \";\" -- ;\n(;);d E'\\';' ;";
        assert_eq!(texts(text), ["a ';'", "b $x$ ; $$ ; $x$", "c \";\" -- ;\n(;)", "d E'\\';'"]);
    }

    #[test]
    fn keeps_atomic_bodies_whole() {
        let text = "create function f() begin atomic select case when a then b end; select 2; end; select 1";
        assert_eq!(texts(text).len(), 2);
        assert_eq!(texts("begin; select 1; end; select 2").len(), 4);
    }

    #[test]
    fn knows_psql_and_copy() {
        let text = "\\restrict abc\ncopy t (a) from stdin;\n1;2\n\\.\nselect 1;";
        let kinds: Vec<PieceKind> = split(text, 0).pieces.iter().map(|it| it.kind).collect();
        use PieceKind::{CopyData, Meta, Statement};
        assert_eq!(kinds, [Meta, Statement, CopyData, Statement]);
    }

    #[test]
    fn reads_directives() {
        let text = "-- reconcile: renamed from a\n/* @renamed from=b */\n-- else /* @renamed from=c */\n";
        let said: Vec<String> = split(text, 0).directives.into_iter().map(|it| it.text).collect();
        assert_eq!(said, ["renamed from a", "renamed from b"]);
    }

    #[test]
    fn says_what_is_never_closed() {
        for text in ["'a", "\"a", "/* a", "$$ a", "(a"] {
            assert_eq!(split(text, 0).faults.len(), 1, "{text}");
        }
        let span = split("é(", 0).faults[0].span;
        assert_eq!((span.start, span.end), (0, 2));
    }
}
