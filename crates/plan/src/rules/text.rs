//! Small pieces of SQL that several rules write. Knows no kind of object.

use model::{Expr, Name, ObjectId, QualName, Settings, literal};

/// Names with commas between.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a Name>) -> String {
    joined(names.into_iter().map(Name::to_string))
}

/// Anything with commas between.
pub(super) fn joined(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join(", ")
}

/// The collation behind a type, or behind the key of an index.
pub(super) fn collate(collation: Option<&QualName>) -> String {
    collation.map(|it| format!(" COLLATE {it}")).unwrap_or_default()
}

/// An expression in parentheses; a line break keeps a comment at its end from swallowing the second.
pub(super) fn inside(expr: &Expr) -> String {
    let text = expr.text.trim();
    if text.contains("--") { format!("({text}\n)") } else { format!("({text})") }
}

/// An expression where the grammar takes only a simple one (after DEFAULT): in parentheses unless it is
/// plainly one operand, perhaps cast.
pub(super) fn operand(expr: &Expr) -> String {
    let text = expr.text.trim();
    if is_operand(text) { text.to_string() } else { inside(expr) }
}

/// One literal, call or name, and casts behind it: no blank, comma or operator outside of quotes and
/// brackets before a `::`, and only words behind it.
fn is_operand(text: &str) -> bool {
    let (mut depth, mut quote, mut cast) = (0_i32, None, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(end), _) => {
                if c == end {
                    quote = None;
                }
            }
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            (None, ':') if chars.peek() == Some(&':') => {
                chars.next();
                cast = true;
            }
            (None, ' ') if depth == 0 && cast => (),
            (None, '.' | '_') => (),
            (None, _) if depth > 0 || c.is_alphanumeric() => (),
            (None, '-') if text.starts_with('-') && text[1..].chars().all(|it| it.is_ascii_digit()) => (),
            (None, _) => return false,
        }
    }
    quote.is_none() && depth == 0 && !text.contains("--") && !text.contains("/*")
}

/// The name of a setting or storage parameter: `fillfactor`, `toast.autovacuum_enabled`.
fn key(text: &str) -> String {
    text.split('.').map(|it| Name::from(it).to_string()).collect::<Vec<_>>().join(".")
}

fn value(text: &str) -> String {
    let bare = text == "true" || text == "false" || text.parse::<f64>().is_ok_and(f64::is_finite);
    if bare { text.to_string() } else { literal(text) }
}

/// Options that are all strings to the server, as they stand in a list.
pub(super) fn setting_items(options: &Settings) -> impl Iterator<Item = String> {
    options.iter().map(|(name, it)| format!("{} = {}", Name::from(name.as_str()), literal(it)))
}

/// Storage parameters as they stand in WITH and SET.
pub(super) fn settings<'a>(options: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    joined(options.into_iter().map(|(name, it)| format!("{} = {}", key(name), value(it))))
}

/// ` WITH (…)`, or nothing.
pub(super) fn with(options: &Settings) -> String {
    if options.is_empty() { String::new() } else { format!(" WITH ({})", settings(options)) }
}

/// The old and the new storage parameters of one object.
pub(super) struct Options<'a> {
    pub(super) old: &'a Settings,
    pub(super) new: &'a Settings,
}

impl Options<'_> {
    /// `SET (…)` and `RESET (…)`, as far as they are needed.
    pub(super) fn change(&self) -> Vec<String> {
        let set: Vec<_> = self.new.iter().filter(|(name, it)| self.old.get(*name) != Some(it)).collect();
        let reset: Vec<_> = self.old.keys().filter(|it| !self.new.contains_key(*it)).collect();
        let set = (!set.is_empty()).then(|| format!("SET ({})", settings(set)));
        let reset =
            (!reset.is_empty()).then(|| format!("RESET ({})", joined(reset.into_iter().map(|it| key(it)))));
        reset.into_iter().chain(set).collect()
    }

    /// Both sides in words.
    pub(super) fn words(&self) -> (String, String) {
        let words = |it: &Settings| match it.is_empty() {
            true => "none".to_string(),
            false => settings(it),
        };
        (words(self.old), words(self.new))
    }
}

/// Something that may be missing, in words.
pub(super) fn or_none(it: Option<&impl ToString>) -> String {
    it.map(ToString::to_string).unwrap_or_else(|| "none".to_string())
}

/// `kind address`, as most statements name an object.
pub(super) fn subject(id: &ObjectId) -> String {
    format!("{} {}", id.kind.meta().sql, id.address())
}

/// Text between dollar quotes whose tag does not occur in it.
pub(super) fn dollars(text: &str) -> String {
    let tags = std::iter::once(String::new()).chain((0..).map(|it| match it {
        0 => "body".to_string(),
        _ => format!("body{it}"),
    }));
    let clashes = |tag: &String| text.contains(&format!("${tag}")) || (tag.is_empty() && text.ends_with('$'));
    let tag = tags.into_iter().find(|it| !clashes(it)).unwrap_or_default();
    format!("${tag}${text}${tag}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollar_tags_do_not_occur_in_the_text() {
        assert_eq!(dollars("a"), "$$a$$");
        assert_eq!(dollars("a $$ b"), "$body$a $$ b$body$");
        assert_eq!(dollars("$body$ $1"), "$body1$$body$ $1$body1$");
        assert_eq!(dollars("costs 5$"), "$body$costs 5$$body$");
    }

    #[test]
    fn a_default_is_bare_only_when_it_is_one_operand() {
        for bare in ["0", "-1", "now()", "'a b'::character varying", "nextval('s'::regclass)", "CURRENT_DATE"]
        {
            assert!(is_operand(bare), "{bare}");
        }
        for wrapped in [
            "a = b",
            "now() AT TIME ZONE 'utc'",
            "1 + 1",
            "- 1",
            "x IS NULL",
            "'a' -- b",
            "'{}'::jsonb || '{}'",
        ] {
            assert!(!is_operand(wrapped), "{wrapped}");
        }
    }
}
