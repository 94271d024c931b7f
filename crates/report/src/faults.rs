//! Mistakes in the user's text, all at once, with the text around each. Does not know how they were
//! found.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};
use model::Span;
use serde::Serialize;

use crate::files::floor;
use crate::json::{FORMAT, PlaceRow, print};
use crate::look::{Look, count};
use crate::{Files, Place};

/// A mistake in the user's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The stable word for what sort of mistake it is, such as `reconcile::syntax`.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Where.
    pub span: Span,
}

/// All mistakes of all files.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The files, with their texts.
    pub files: Files,
    /// The mistakes, in the order they are told.
    pub faults: Vec<Fault>,
}

/// Longer lines are shown only around the mistake.
const LINE: usize = 160;

/// Lines shown before the one with the mistake.
const BEFORE: usize = 1;

impl Faults {
    /// Every fault with its text, and how many there are.
    pub fn text(&self, look: Look) -> String {
        let mut text = String::new();
        for fault in &self.faults {
            text += &self.one(fault, look);
            text += "\n";
        }
        text + &count(self.faults.len(), "fault") + "\n"
    }

    fn one(&self, fault: &Fault, look: Look) -> String {
        let theme = if look.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(BEFORE);
        let excerpt = self.excerpt(fault);
        let mut text = String::new();
        let shown = Shown { fault, excerpt };
        match handler.render_report(&mut text, &shown) {
            Ok(()) => text,
            Err(_) => format!("{}: {}\n", fault.code, fault.message),
        }
    }

    /// The faults as JSON, indented, with a final line end.
    pub fn json(&self) -> String {
        let row = |fault: &Fault| FaultRow {
            code: fault.code,
            message: fault.message.clone(),
            hint: fault.hint.clone(),
            place: self.files.place(fault.span).as_ref().map(PlaceRow::of),
        };
        let rows = self.faults.iter().map(row).collect();
        print(&Document { format: FORMAT, kind: "faults", faults: rows })
    }

    /// The lines around a fault: its own, and the one before.
    fn excerpt(&self, fault: &Fault) -> Option<Excerpt> {
        let (text, Range { start, end }) = self.files.text(fault.span)?;
        let Place { file, line, .. } = self.files.place(fault.span)?;
        let mut line_start = start - text[..start].bytes().rev().take_while(|it| *it != b'\n').count();
        let line_end = text[start..].find('\n').map_or(text.len(), |it| start + it);
        let start_of_line = line_start;
        let window = line_end - line_start > LINE;
        let (mut first, mut last) = (line, line_end);
        if window {
            line_start = floor(text, start.saturating_sub(LINE / 2).max(line_start));
            last = floor(text, line_end.min(start + LINE));
        } else if line_start > 0 {
            let above = text[..line_start - 1].rfind('\n').map_or(0, |it| it + 1);
            if line_start - above <= LINE {
                (first, line_start) = (line - 1, above);
            }
        }
        Some(Excerpt {
            name: file.display().to_string(),
            text: text[line_start..last].chars().map(visible).collect(),
            line: first,
            column: if window { line_start - start_of_line } else { 0 },
            span: start.min(last) - line_start..end.min(last).max(start.min(last)) - line_start,
        })
    }
}

/// Control characters could move the cursor; the ones that take one byte are replaced by what takes one.
fn visible(it: char) -> char {
    match it {
        '\n' | '\t' => it,
        it if it.is_ascii_control() => ' ',
        it => it,
    }
}

/// The lines of a file that are shown.
struct Excerpt {
    /// The file.
    name: String,
    text: String,
    /// The number of the first line, from 1.
    line: usize,
    /// How many bytes of it are left out.
    column: usize,
    /// Where in the text the mistake is.
    span: Range<usize>,
}

/// Counts lines and columns as the file does.
impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        let line = inner.line() + self.line - 1;
        let column = inner.column() + if inner.line() == 0 { self.column } else { 0 };
        let (data, shown, lines) = (inner.data(), *inner.span(), inner.line_count());
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), data, shown, line, column, lines)))
    }
}

/// A fault with the text it is shown in.
struct Shown<'a> {
    fault: &'a Fault,
    excerpt: Option<Excerpt>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault.message)
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.fault.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.fault.hint.as_ref().map(|it| Box::new(it) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|it| it as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.excerpt.as_ref()?.span.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some("here".to_owned()), span))))
    }
}

/// All faults.
#[derive(Serialize)]
struct Document {
    /// [`FORMAT`]
    format: u32,
    /// Always `faults`.
    kind: &'static str,
    faults: Vec<FaultRow>,
}

/// A fault.
#[derive(Serialize)]
struct FaultRow {
    /// What sort: `reconcile::syntax`.
    code: &'static str,
    /// What is wrong.
    message: String,
    /// What to do next.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceRow>,
}
