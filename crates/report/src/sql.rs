//! A plan as a script that psql runs as it is, with the same transactions and settings as `apply`. Does
//! not know what the statements do.

use plan::{Line, Step};

use crate::answer::Held;
use crate::look::Look;
use crate::{Answer, why};

impl Answer<'_> {
    /// The script; where there are no steps, nothing but comments.
    pub fn sql(&self) -> String {
        let mut text = comment(&self.heading());
        text += &self.ledger.as_ref().map(|it| comment(&it.text(Look::default()))).unwrap_or_default();
        if !self.steps.is_empty() {
            text += "\\set ON_ERROR_STOP on\n";
            text += &self.body();
        }
        for (word, held) in
            [("pending", &self.pending), ("blocked", &self.blocked), ("not verified", &self.unverified)]
        {
            text += &told(word, held);
        }
        for it in self.unmodelled {
            text += &comment(&format!(
                "not verified: {} {} is of a kind that is not modelled",
                it.kind, it.identity
            ));
        }
        text
    }

    fn heading(&self) -> String {
        let mut lines = Vec::new();
        if !self.target.is_empty() {
            lines.push(format!("target: {}", self.target));
        }
        lines.push(match self.is_in_sync() {
            true => "in sync: nothing to do".to_owned(),
            false => self.summary().to_string(),
        });
        lines.join("\n")
    }

    fn body(&self) -> String {
        let (segments, oversized) = self.segments();
        let mut text = oversized.map(|it| comment(&it.to_string())).unwrap_or_default();
        for segment in &segments {
            text += "\n";
            for line in plan::lines(self.steps, segment, self.lock_timeout) {
                text += &match line {
                    Line::Say(it) => format!("{it};\n"),
                    Line::Commit => "COMMIT;\n".to_owned(),
                    Line::Step(at) => step(&self.steps[at]),
                };
            }
        }
        text
    }
}

fn step(step: &Step) -> String {
    let mut said = format!("{} {}", step.verb.word(), step.id);
    let reasons = why::phrases(&step.why);
    if !reasons.is_empty() {
        said += &format!(": {reasons}");
    }
    let hazards: Vec<&str> = step.hazards.iter().map(|it| it.name()).collect();
    if !hazards.is_empty() {
        said += &format!(" [{}]", hazards.join(", "));
    }
    comment(&said) + &ended(&step.sql)
}

/// The statement with its semicolon, which must not end up in a comment.
fn ended(sql: &str) -> String {
    let sql = sql.trim_end();
    let last = sql.rsplit('\n').next().unwrap_or(sql);
    let gap = if last.contains("--") { "\n" } else { "" };
    format!("{sql}{gap};\n")
}

fn told(word: &str, held: &[Held]) -> String {
    if held.is_empty() {
        return String::new();
    }
    let mut lines = vec![format!("{word}: {}", held.len())];
    for it in held {
        let allow: String = it.allow.iter().map(|it| format!(" [--allow {it}]")).collect();
        let what = if it.what.is_empty() { String::new() } else { format!(": {}", it.what) };
        lines.push(format!("  {}{what}{allow}", it.id));
    }
    format!("\n{}", comment(&lines.join("\n")))
}

/// A comment of as many lines as the text has. psql and the server also end one at a carriage return.
fn comment(text: &str) -> String {
    text.split(['\n', '\r']).map(|it| format!("-- {it}").trim_end().to_owned() + "\n").collect()
}
