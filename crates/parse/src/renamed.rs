//! Which element a `renamed from` directive speaks of: the one it stands beside, else the one below it.
//!
//! Knows lines and comments, no statement.

use model::{Name, Span};
use sql::{Code, Directive, Fault, TokenKind};

use crate::reader::Reader;

/// How a directive that tells of a rename begins.
pub(crate) const RENAMED: &str = "renamed from ";

impl Reader<'_> {
    /// The old name that a directive gives to what `span` covers.
    pub(crate) fn renamed(&self, span: Span) -> Option<Name> {
        name(self.renamed_text(span)?)
    }

    /// The old name that a directive in the comment above what begins at `next` gives.
    pub(crate) fn renamed_from(&self, previous: u32, next: u32) -> Option<Name> {
        name(self.heard_first(self.directives_between(previous, next))?)
    }

    /// What the first of them that tells of a rename says, which is heard now.
    fn heard_first<'d>(&self, mut among: impl Iterator<Item = &'d Directive>) -> Option<&'d str> {
        let (at, said) = among.find_map(|it| Some((it.span, it.text.strip_prefix(RENAMED)?)))?;
        self.heard.borrow_mut().insert(at);
        Some(said.trim())
    }

    /// A `renamed from` beside what cannot be renamed would be lost without a word.
    pub(crate) fn renames_are_heard(&mut self, until: u32) {
        let said = self.directives_between(self.above, until);
        let is_heard = |it: &Directive| self.heard.borrow().contains(&it.span) || self.is_passed_over(it);
        let lost = said.filter(|it| it.text.starts_with(RENAMED) && !is_heard(it));
        let fault = |it: &Directive| {
            let message = format!("`{}` stands beside nothing that can be renamed", it.text);
            Fault::new(Code::Unsupported, it.span, message)
                .hint("it stands right above what it is about, or behind it on its line")
        };
        let faults: Vec<Fault> = lost.map(fault).collect();
        self.desired.faults.extend(faults);
    }

    /// Of psqldef's comments on one line the first that is heard counts, as it does there.
    fn is_passed_over(&self, directive: &Directive) -> bool {
        let Some(file) = self.desired.sources.files.get(directive.span.file as usize) else { return false };
        let text = |from: u32, to: u32| file.text.get(from as usize..to as usize).unwrap_or_default();
        let before = |it: &Span| {
            it.file == directive.span.file
                && it.end <= directive.span.start
                && !text(it.end, directive.span.start).contains('\n')
        };
        let is_theirs = text(directive.span.start, directive.span.end).contains("@renamed");
        is_theirs && self.heard.borrow().iter().any(before)
    }

    /// The old label that a directive gives to the label `span` covers, quoted or not.
    pub(crate) fn relabelled(&self, span: Span) -> Option<String> {
        let said = self.renamed_text(span)?;
        let tokens = sql::lex(said, whole(said)).ok()?;
        match tokens.as_slice() {
            [only] if only.kind == TokenKind::Word => Some(said.to_string()),
            [only] => Some(only.value.clone()),
            _ => Some(said.to_string()),
        }
    }

    fn renamed_text(&self, span: Span) -> Option<&str> {
        let text: &str = &self.desired.sources.files.get(span.file as usize)?.text;
        let (start, end) = (span.start as usize, span.end as usize);
        // Directives stand in order: the ones just above, the ones inside, and the one behind are enough.
        let begin = self.directives.partition_point(|it| (it.span.start as usize) < start);
        let above = self.directives[..begin].iter().rev().take_while(|it| {
            let (from, to) = (it.span.start as usize, it.span.end as usize);
            let line = text[..from].rfind('\n').map_or(0, |it| it + 1);
            to <= start && is_blank(&text[line..from]) && is_blank(&text[to..start])
        });
        let beside = self.directives[begin..].iter().take_while(|it| {
            let from = it.span.start as usize;
            from < end || only_separators(&text[end..from])
        });
        let all = beside.chain(above).filter(|it| it.span.file == span.file);
        self.heard_first(all)
    }
}

fn name(said: &str) -> Option<Name> {
    sql::lex(said, whole(said)).ok()?.last()?.name()
}

/// Where a text stands that is no place in a file.
pub(crate) fn whole(text: &str) -> Span {
    Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
}

/// Whether nothing but white space, commas before an element, and comments stand there.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim().trim_start_matches(',').trim_start();
        line.is_empty() || line.starts_with("--") || line.starts_with("/*") && line.ends_with("*/")
    })
}

/// Whether a comment on the same line still belongs to what stands before it.
fn only_separators(text: &str) -> bool {
    text.chars().all(|it| matches!(it, ' ' | '\t' | ',' | ';' | ')'))
}
