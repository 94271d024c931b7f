//! Shows how a text changes: in a phrase where it is short, as a line diff where it is long. Does not know
//! what the text is of.

use similar::{ChangeTag, TextDiff};

use crate::look::{Look, Paint};

/// Longer texts are shown as line diffs only.
const SHORT: usize = 60;

/// Characters shown around the place where long texts differ.
const AROUND: usize = 16;

/// Lines shown around a changed one.
const CONTEXT: usize = 2;

/// `type: integer → bigint`, or of long texts the one place where they differ, or that the text changes.
pub(crate) fn phrase(field: &str, old: &str, new: &str) -> String {
    if is_short(old) && is_short(new) {
        return format!("{field}: {} → {}", or_nothing(old), or_nothing(new));
    }
    let [before, after] = excerpts([old, new]);
    match is_short(&before) && is_short(&after) {
        true => format!("{field}: {before} → {after}"),
        false => format!("{field} changes"),
    }
}

/// What two texts do not have in common at their beginning and end, with a word or two around it.
fn excerpts(texts: [&str; 2]) -> [String; 2] {
    let [old, new] = texts.map(|it| it.chars().collect::<Vec<char>>());
    let same = |(one, other): &(&char, &char)| one == other;
    let head = old.iter().zip(&new).take_while(same).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(same).count();
    let start = beginning_of_word(&old, head);
    let end = tail - beginning_of_word(&old.iter().rev().copied().collect::<Vec<_>>(), tail);
    let cut = |text: &[char]| {
        let stop = text.len() - tail + end;
        let (left, right) = (if start > 0 { "…" } else { "" }, if stop < text.len() { "…" } else { "" });
        format!("{left}{}{right}", text[start..stop].iter().collect::<String>())
    };
    [cut(&old), cut(&new)]
}

/// Where the words around a place begin, up to [`AROUND`] characters before it.
fn beginning_of_word(text: &[char], at: usize) -> usize {
    let from = at.saturating_sub(AROUND);
    let blank = |it: &usize| *it == 0 || text[*it - 1].is_whitespace();
    (from..=at).find(blank).unwrap_or(at)
}

/// Whether [`phrase`] says it all.
pub(crate) fn is_short(text: &str) -> bool {
    text.chars().count() <= SHORT && !text.contains('\n')
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// The lines that differ, with a little around them.
pub(crate) fn lines(old: &str, new: &str, look: Look) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            text.push_str("  ...\n");
        }
        for change in group.iter().flat_map(|it| diff.iter_changes(it)) {
            let (sign, paint) = match change.tag() {
                ChangeTag::Equal => (' ', Paint::Faint),
                ChangeTag::Delete => ('-', Paint::Danger),
                ChangeTag::Insert => ('+', Paint::Make),
            };
            let line = change.value().trim_end_matches(['\n', '\r']);
            text.push_str(&look.paint(paint, &format!("{sign} {line}")));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_told() {
        assert_eq!(phrase("type", "integer", "bigint"), "type: integer → bigint");
        assert_eq!(phrase("options", "", "fillfactor=70"), "options: nothing → fillfactor=70");
        assert_eq!(phrase("body", "a\nb", "a"), "body changes");
    }

    #[test]
    fn of_long_texts_the_difference_is_told() {
        let long = "CHECK (status IN ('draft', 'active', 'paused', 'closed') AND budget >= 0 AND note <> '')";
        let other = long.replace("'paused'", "'halted', 'over'");
        assert_eq!(
            phrase("rule", long, &other),
            "rule: …'active', 'paused', 'closed') AND… → …'active', 'halted', 'over', 'closed') AND…"
        );
        assert_eq!(
            phrase("rule", long, &format!("{long} NOT VALID")),
            "rule: …AND note <> '') → …AND note <> '') NOT VALID"
        );
        let lines = "SELECT id,\n       name\nFROM people\nWHERE id > 4 AND name IS NOT NULL AND NOT deleted";
        assert_eq!(
            phrase("query", lines, &lines.replace("> 4", "> 5")),
            "query: …WHERE id > 4 AND name IS NOT… → …WHERE id > 5 AND name IS NOT…"
        );
        assert_eq!(phrase("query", lines, "SELECT 1"), "query changes");
        assert_eq!(phrase("note", &"ä".repeat(70), &"ä".repeat(71)), "note: … → …ä");
    }

    #[test]
    fn long_texts_are_diffed() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\ng\nh", "a\nb\nc\nd\nE\nf\ng\nh");
        assert_eq!(lines(old, new, Look::default()), "  c\n  d\n- e\n+ E\n  f\n  g\n");
    }
}
