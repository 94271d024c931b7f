//! Which element a `renamed from` directive speaks of: the one it stands beside, else the one below it.
//!
//! Knows lines and comments, no statement.

use model::{Name, Span};
use sql::TokenKind;

use crate::reader::Reader;

impl Reader<'_> {
    /// The old name that a directive gives to what `span` covers.
    pub(crate) fn renamed(&self, span: Span) -> Option<Name> {
        let said = self.renamed_text(span)?;
        let tokens = sql::lex(said, whole(said)).ok()?;
        tokens.last()?.name()
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
        let mut found = all.filter_map(|it| Some((it.span, it.text.strip_prefix("renamed from ")?)));
        let (at, said) = found.next()?;
        self.heard.borrow_mut().insert(at);
        Some(said.trim())
    }
}

fn whole(text: &str) -> Span {
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
