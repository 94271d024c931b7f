//! A plan as a comment on a pull request: one screen, what is at risk first. Does not know where it is
//! posted.

use plan::{Step, Verb};

use crate::answer::Held;
use crate::look::{Look, count};
use crate::{Answer, why};

/// Rows of a table that still fit a screen.
const ROWS: usize = 10;

/// GitHub takes comments of up to 65,536 characters.
const SCRIPT: usize = 50_000;

impl Answer<'_> {
    /// The comment.
    pub fn markdown(&self) -> String {
        let mut text = format!("### Schema plan: {}\n\n", self.headline());
        if !self.target.is_empty() {
            text += &format!("Target {}{}\n\n", code(&self.target), self.on_server());
        }
        text += &held("Blocked: nothing runs before this is put right", "why", &self.blocked);
        text += &self.risks();
        text += &held("Pending: not done without leave", "why", &self.pending);
        text += &held("Not verified", "why", &self.unverified);
        text += &self.unmodelled_lines();
        text += &self.rest();
        text += &self.script();
        text += &self.account();
        text
    }

    /// The account, folded away.
    fn account(&self) -> String {
        let Some(account) = &self.ledger else { return String::new() };
        let text = account.text(Look::default());
        let shown: String = text.chars().take(SCRIPT / 5).collect();
        let cut = if shown.len() < text.len() { "…\n" } else { "" };
        let fence = fence(&shown);
        format!("<details><summary>Account</summary>\n\n{fence}text\n{shown}{cut}{fence}\n\n</details>\n")
    }

    fn headline(&self) -> String {
        match self.is_in_sync() {
            true => "nothing to do".to_owned(),
            false => self.summary().to_string(),
        }
    }

    fn on_server(&self) -> String {
        if self.server.is_empty() { String::new() } else { format!(", {}", escape(&self.server)) }
    }

    /// Steps with hazards, the gravest first.
    fn risks(&self) -> String {
        let mut risky: Vec<&Step> = self.steps.iter().filter(|it| !it.hazards.is_empty()).collect();
        risky.sort_by_key(|it| !needs_leave(it));
        let row = |step: &Step| {
            let mark = if needs_leave(step) { "🔴" } else { "🟡" };
            let hazards: Vec<String> =
                step.hazards.iter().map(|it| format!("{}: {}", code(it.name()), it.row().sentence)).collect();
            let locks: Vec<String> = step
                .locks
                .iter()
                .filter(|it| it.mode.blocks_writes())
                .map(|it| format!("{} on {}", it.mode.words(), code(&it.relation.to_string())))
                .collect();
            let what = format!("{} {}", step.verb.word(), code(&step.id.to_string()));
            vec![mark.to_owned(), what, hazards.join("<br>"), locks.join("<br>")]
        };
        table("Risks", &["", "step", "what may happen", "lock"], risky.into_iter().map(row).collect())
    }

    /// Objects that something without a hazard is done to.
    fn rest(&self) -> String {
        let safe: Vec<&Step> = self.steps.iter().filter(|it| it.hazards.is_empty()).collect();
        if safe.is_empty() {
            return String::new();
        }
        let line = |step: &&Step| {
            let reasons = why::phrases(&step.why);
            let why = if reasons.is_empty() { String::new() } else { format!(" ({})", escape(&reasons)) };
            format!("- {} {}{why}\n", step.verb.word(), code(&step.id.to_string()))
        };
        let lines: String = safe.iter().take(ROWS * 20).map(line).collect();
        let more = more(safe.len(), ROWS * 20);
        let created = safe.iter().filter(|it| it.verb == Verb::Create).count();
        let head = format!("{} without risk, {created} of them create", count(safe.len(), "step"));
        format!("<details><summary>{head}</summary>\n\n{lines}{more}\n</details>\n\n")
    }

    fn script(&self) -> String {
        if self.steps.is_empty() {
            return String::new();
        }
        let script = Answer { ledger: None, ..self.clone() }.sql();
        let fence = fence(&script);
        let body = match script.len() > SCRIPT {
            true => "-- too long for a comment: reconcile plan --format sql\n".to_owned(),
            false => script,
        };
        format!("<details><summary>Script</summary>\n\n{fence}sql\n{body}{fence}\n</details>\n")
    }

    fn unmodelled_lines(&self) -> String {
        let row = |it: &model::Unmodelled| {
            vec![code(&format!("{} {}", it.kind, it.identity)), "this kind is not modelled".to_owned()]
        };
        table("Not modelled", &["object", "why"], self.unmodelled.iter().map(row).collect())
    }
}

fn needs_leave(step: &Step) -> bool {
    step.hazards.iter().any(|it| it.needs_leave())
}

fn held(title: &str, what: &str, held: &[Held]) -> String {
    let row = |it: &Held| {
        let allow: String =
            it.allow.iter().map(|it| format!("<br>{}", code(&format!("--allow {it}")))).collect();
        vec![code(&it.id.to_string()), format!("{}{allow}", escape(&it.what))]
    };
    table(title, &["object", what], held.iter().map(row).collect())
}

fn table(title: &str, heads: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("**{title}** ({})\n\n", rows.len());
    text += &line(heads.iter().map(|it| (*it).to_owned()).collect());
    text += &line(heads.iter().map(|_| "---".to_owned()).collect());
    let total = rows.len();
    text.extend(rows.into_iter().take(ROWS).map(line));
    text + &more(total, ROWS) + "\n"
}

fn more(total: usize, shown: usize) -> String {
    if total > shown { format!("\n… and {} more\n", total - shown) } else { String::new() }
}

/// A code span that its content cannot end, not even in a table.
fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    let ticks = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// A fence longer than any run of ticks in the text.
fn fence(text: &str) -> String {
    "`".repeat((longest_run(text) + 1).max(3))
}

fn longest_run(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or(0)
}

/// What Markdown and HTML would take for more than text, escaped.
fn escape(text: &str) -> String {
    let mut out = String::new();
    for it in text.chars() {
        match it {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '@' | '#' => {
                out.push('\\');
                out.push(it);
            }
            _ => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_spans_hold_anything() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(fence("```\n"), "````");
    }
}
