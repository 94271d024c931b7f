//! Reads files, and texts inside them, statement by statement.
//!
//! Knows pieces, directives above them, and psql's branches and variables; no statement.

use std::sync::Arc;

use model::{Name, ObjectId, Span};
use sql::{Code, Cursor, Directive, Fault, Piece, PieceKind, Pieces};

use crate::reader::Reader;
use crate::{Entry, Source, Verdict, directive, dispatch, psql};

/// How many texts may stand inside each other: includes, DO blocks, EXECUTE.
const DEEPEST: usize = 50;

impl Reader<'_> {
    /// Reads one of the sources and keeps its account.
    pub(crate) fn file(&mut self, file: usize) {
        let Some(text) = self.desired.sources.files.get(file).map(|it| it.text.clone()) else { return };
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        if let Some(at) = text.bytes().position(|it| it == 0) {
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            let span = Span { file, start, end: start.saturating_add(1) };
            let fault = Fault::new(Code::Syntax, span, "a NUL byte stands in the text");
            self.desired.faults.push(fault.hint("PostgreSQL has none in its texts; is this file UTF-16?"));
            return;
        }
        let entries =
            self.region(&text, Span { file, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) });
        self.desired.ledger.extend(entries);
        if self.depth == 0 {
            psql::end(self);
        }
    }

    /// Reads a text that stands as a string inside the file, such as the argument of EXECUTE.
    pub(crate) fn decoded(&mut self, text: &str, origin: Span) -> Vec<Entry> {
        let (text, span) = self.lodge(text, origin);
        self.region(&text, span)
    }

    /// Gives a text that stands as a string inside the file a place among the sources.
    pub(crate) fn lodge(&mut self, text: &str, origin: Span) -> (Arc<str>, Span) {
        let path = self.desired.sources.files.get(origin.file as usize).map(|it| it.path.clone());
        let text: Arc<str> = text.into();
        let source = Source { path: path.unwrap_or_default(), text: text.clone(), origin: Some(origin) };
        self.desired.sources.files.push(source);
        let file = u32::try_from(self.desired.sources.files.len() - 1).unwrap_or(u32::MAX);
        (text.clone(), Span { file, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) })
    }

    /// Reads the statements in a part of a file and says what became of each.
    pub(crate) fn region(&mut self, text: &Arc<str>, span: Span) -> Vec<Entry> {
        let found = cut(text, span);
        let unclosed: Vec<Span> = found.faults.iter().map(|it| it.span).collect();
        self.desired.faults.extend(found.faults);
        if self.depth >= DEEPEST {
            let fault = Fault::new(Code::Unsupported, span, "too many texts stand inside each other here");
            self.desired.faults.push(fault);
            return vec![Entry { span, verdict: Verdict::Fault }];
        }
        self.depth += 1;
        let outer = std::mem::replace(&mut self.directives, found.directives);
        self.directives_are_known();
        let mut entries = Vec::with_capacity(found.pieces.len());
        let outer_above = std::mem::replace(&mut self.above, span.start);
        for piece in found.pieces {
            let verdict = self.piece(text, piece).unwrap_or_else(|fault| {
                // What is never closed is said already.
                let said = |it: &Span| piece.span.start <= it.start && it.start < piece.span.end;
                if fault.code != Code::Syntax || !unclosed.iter().any(said) {
                    self.desired.faults.push(fault);
                }
                Verdict::Fault
            });
            if !matches!(verdict, Verdict::Off | Verdict::Ignored | Verdict::Fault | Verdict::Idiom) {
                self.renames_are_heard(piece.span.end);
            }
            entries.push(Entry { span: piece.span, verdict });
            self.above = piece.span.end;
        }
        self.renames_are_heard(span.end);
        self.above = outer_above;
        self.directives = outer;
        self.depth -= 1;
        entries
    }

    /// Turns to the directives inside a block's body, and gives back those outside. There, only leave and
    /// renames are heard.
    pub(crate) fn directives_inside(&mut self, text: &str, span: Span) -> Vec<Directive> {
        let found = cut(text, span).directives;
        for it in &found {
            if let Some(said) = it.text.strip_prefix("allow ") {
                self.desired.allows.push(said.trim().to_string());
            }
            if it.text == "ignore" {
                let fault = Fault::new(Code::Unsupported, it.span, "`ignore` is not heard inside a block");
                self.desired.faults.push(fault.hint("put it above the block, which leaves all of it alone"));
            }
        }
        let outer = std::mem::replace(&mut self.directives, found);
        self.directives_are_known();
        outer
    }

    fn directives_are_known(&mut self) {
        let faults: Vec<Fault> = self.directives.iter().filter_map(directive::fault).collect();
        self.desired.faults.extend(faults);
    }

    fn piece(&mut self, text: &Arc<str>, piece: Piece) -> Result<Verdict, Fault> {
        if psql::is_off(self) && piece.kind != PieceKind::Meta {
            return Ok(Verdict::Off);
        }
        match piece.kind {
            PieceKind::Statement => self.directed(text, piece.span),
            PieceKind::Meta => psql::meta(self, text, piece.span),
            PieceKind::CopyData => Ok(Verdict::Data),
        }
    }

    /// Reads a statement under the directives that stand above it.
    fn directed(&mut self, text: &Arc<str>, span: Span) -> Result<Verdict, Fault> {
        let said: Vec<Directive> = self.directives_between(self.above, span.start).cloned().collect();
        for it in said.iter().filter_map(|it| it.text.strip_prefix("allow")) {
            self.desired.allows.push(it.trim().to_string());
        }
        match said.iter().any(|it| it.text == "ignore") {
            true => Ok(self.ignored(text, span)),
            false => self.statement(text, span),
        }
    }

    /// What a statement under `ignore` would declare is left alone.
    fn ignored(&mut self, text: &Arc<str>, span: Span) -> Verdict {
        let (path, role) = (self.path.clone(), self.role.clone());
        let read = self.aside(|it| _ = it.statement(text, span));
        self.leave_names(&read);
        let mut declared: Vec<ObjectId> = read.spans.into_keys().collect();
        declared.sort();
        (self.path, self.role) = (path, role);
        self.desired.ignores.extend(declared);
        Verdict::Ignored
    }

    /// Reads one statement; `span` is all of it without its semicolon.
    pub(crate) fn statement(&mut self, text: &Arc<str>, span: Span) -> Result<Verdict, Fault> {
        let slice = &text[span.start as usize..span.end as usize];
        let tokens = sql::lex(slice, span)?;
        if let Some(filled) = psql::interpolated(self, text, span, &tokens)? {
            let around = self.filling.len();
            self.filling.extend(filled.names);
            let entries = self.decoded(&filled.text, span);
            self.filling.truncate(around);
            return Ok(combined(entries));
        }
        dispatch::statement(self, &mut Cursor::new(text, &tokens, span))
    }

    /// Whose objects the script makes at this point, when it says so.
    pub(crate) fn stated_owner(&self) -> Option<Name> {
        (self.role != self.facts.role).then(|| self.role.clone())
    }
}

/// The statements in a part of a text, with true spans.
fn cut(text: &str, span: Span) -> Pieces {
    let slice = &text[span.start as usize..span.end as usize];
    let mut found = sql::split(slice, span.file);
    let shift = |it: &mut Span| {
        it.start += span.start;
        it.end += span.start;
    };
    found.pieces.iter_mut().for_each(|it| shift(&mut it.span));
    found.directives.iter_mut().for_each(|it| shift(&mut it.span));
    found.faults.iter_mut().for_each(|it| shift(&mut it.span));
    found
}

/// What became of a statement that holds others: the weightiest of theirs.
pub(crate) fn combined(entries: Vec<Entry>) -> Verdict {
    let weight = |it: &Verdict| match it {
        Verdict::Fault => 8,
        Verdict::Declared => 7,
        Verdict::Data => 6,
        Verdict::Ignored => 5,
        Verdict::Idiom => 4,
        Verdict::NotApplicable(_) => 3,
        Verdict::Off => 2,
        Verdict::Passed(_) => 1,
    };
    let verdicts = entries.into_iter().map(|it| it.verdict);
    verdicts.max_by_key(weight).unwrap_or(Verdict::Passed("it does nothing"))
}
