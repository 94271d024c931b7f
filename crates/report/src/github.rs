//! Annotations of a GitHub workflow, on the lines of the schema. Does not know what is wrong, only where
//! it is told.

use std::fmt::Write;

use crate::answer::Held;
use crate::{Answer, Drift, Fault, Faults, Place};

/// How grave an annotation is.
#[derive(Clone, Copy)]
enum Grade {
    Error,
    Warning,
    Notice,
}

impl Drift<'_> {
    /// One annotation for every object that differs or could not be compared, then the verdict.
    pub fn github(&self) -> String {
        let mut text = String::new();
        for finding in self.findings() {
            let fields: Vec<String> = finding.fields.iter().map(|it| it.text(Default::default())).collect();
            let mut message = format!("{} {}", finding.id, finding.state.phrase());
            if !fields.is_empty() {
                message += &format!(" ({})", fields.join("; "));
            }
            text += &annotation(Grade::Error, self.places.of(finding.id).as_ref(), "schema drift", &message);
        }
        for Held { id, what, allow: _ } in &self.unverified {
            let message = format!("{id}: {what}");
            text += &annotation(Grade::Warning, self.places.of(id).as_ref(), "not verified", &message);
        }
        for it in self.unmodelled {
            let message = format!("{} {} is of a kind that is not modelled", it.kind, it.identity);
            text += &annotation(Grade::Warning, None, "not verified", &message);
        }
        if self.is_in_sync() {
            text += "in sync\n";
        }
        text
    }
}

impl Answer<'_> {
    /// One annotation for every step, and for everything that is not done.
    pub fn github(&self) -> String {
        let mut text = String::new();
        for step in self.steps {
            let dangers: Vec<&str> = step.hazards.iter().map(|it| it.row().sentence).collect();
            let grade =
                if step.hazards.iter().any(|it| it.needs_leave()) { Grade::Warning } else { Grade::Notice };
            let message = format!("{} {}. {}", step.verb.word(), step.id, dangers.join(" "));
            text +=
                &annotation(grade, self.places.of(&step.id).as_ref(), "schema change", message.trim_end());
        }
        let held = [
            (Grade::Warning, "pending", &self.pending),
            (Grade::Error, "blocked", &self.blocked),
            (Grade::Warning, "not verified", &self.unverified),
        ];
        for (grade, title, held) in held {
            for Held { id, what, allow: _ } in held {
                text += &annotation(grade, self.places.of(id).as_ref(), title, &format!("{id}: {what}"));
            }
        }
        text
    }
}

impl Faults {
    /// One annotation for every fault.
    pub fn github(&self) -> String {
        let mut text = String::new();
        for fault in &self.faults {
            let Fault { code, message, hint, .. } = fault;
            let hint = hint.as_deref().map(|it| format!("\n{it}")).unwrap_or_default();
            let place = self.files.place(fault.span);
            text += &annotation(Grade::Error, place.as_ref(), code, &format!("{message}{hint}"));
        }
        text
    }
}

fn annotation(grade: Grade, place: Option<&Place>, title: &str, message: &str) -> String {
    let word = match grade {
        Grade::Error => "error",
        Grade::Warning => "warning",
        Grade::Notice => "notice",
    };
    let mut text = format!("::{word} ");
    if let Some(Place { file, line, column }) = place {
        let file = property(&file.to_string_lossy());
        // Writing to a String cannot fail.
        let _ = write!(text, "file={file},line={line},col={column},");
    }
    let _ = writeln!(text, "title={}::{}", property(title), data(message));
    text
}

/// What ends a message, or is the escape itself, escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Likewise for a property, which also ends at a comma or colon.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_an_annotation() {
        let place = Place { file: "a,b:c.sql".into(), line: 3, column: 7 };
        let text = annotation(Grade::Error, Some(&place), "t: x", "100%\r\n::error::fake");
        assert_eq!(text, "::error file=a%2Cb%3Ac.sql,line=3,col=7,title=t%3A x::100%25%0D%0A::error::fake\n");
    }
}
