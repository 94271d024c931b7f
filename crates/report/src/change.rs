//! Shows how a text changes: in a phrase where it is short, as a line diff where it is long. Does not know
//! what the text is of.

use similar::{ChangeTag, TextDiff};

use crate::look::{Look, Paint};

/// Longer texts are shown as line diffs only.
const SHORT: usize = 60;

/// Lines shown around a changed one.
const CONTEXT: usize = 2;

/// `type: integer → bigint`, or that the text changes.
pub(crate) fn phrase(field: &str, old: &str, new: &str) -> String {
    match is_short(old) && is_short(new) {
        true => format!("{field}: {} → {}", or_nothing(old), or_nothing(new)),
        false => format!("{field} changes"),
    }
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
    fn long_texts_are_diffed() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\ng\nh", "a\nb\nc\nd\nE\nf\ng\nh");
        assert_eq!(lines(old, new, Look::default()), "  c\n  d\n- e\n+ E\n  f\n  g\n");
    }
}
