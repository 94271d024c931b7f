//! Cuts what the server prints: groups in parentheses, lists of identifiers. Knows lexical rules only.

use model::Name;

/// How many bytes the group takes that `text` begins with, parentheses included. Quoted parts are
/// stepped over; the server doubles the backslashes of its `E''` strings, so no quote hides behind one.
pub(crate) fn group(text: &str) -> Option<usize> {
    if !text.starts_with('(') {
        return None;
    }
    let (mut depth, mut quote) = (0_usize, None);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => (),
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') if depth == 1 => return Some(at + 1),
            (None, b')') => depth = depth.checked_sub(1)?,
            (None, _) if depth == 0 => return None,
            (None, _) => (),
        }
    }
    None
}

/// The text without the one pair of parentheses that encloses all of it, if there is one.
pub(crate) fn unwrapped(text: &str) -> &str {
    match group(text) {
        Some(end) if end == text.len() => text[1..end - 1].trim(),
        _ => text,
    }
}

/// The condition in a definition `pg_get_triggerdef` prints: the inside of the group behind WHEN.
pub(crate) fn condition(definition: &str) -> Option<&str> {
    const WHEN: &str = " WHEN (";
    let mut quoted = false;
    for (at, byte) in definition.bytes().enumerate() {
        quoted ^= byte == b'"';
        if byte == b' ' && !quoted && definition[at..].starts_with(WHEN) {
            let rest = &definition[at + WHEN.len() - 1..];
            return group(rest).map(|end| &rest[1..end - 1]);
        }
    }
    None
}

/// The names of a setting that is a list of identifiers, such as search_path: bare ones are folded.
pub(crate) fn identifiers(list: &str) -> Vec<Name> {
    let (mut names, mut name, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => name.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => names.push(std::mem::take(&mut name)),
            c if quoted => name.push(c),
            c if c.is_whitespace() => (),
            c => name.extend(c.to_lowercase()),
        }
    }
    names.push(name);
    names.into_iter().filter(|it| !it.is_empty()).map(Name::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_ends_where_it_closes() {
        assert_eq!(group("(a) + (b)"), Some(3));
        assert_eq!(group("(a = ')' AND \"(\" = 1) x"), Some(21));
        assert_eq!(group("f(a)"), None);
        assert_eq!(unwrapped("\"left\"(a, 1)"), "\"left\"(a, 1)");
        assert_eq!(unwrapped("((a) + (b))"), "(a) + (b)");
        assert_eq!(unwrapped("(a) + (b)"), "(a) + (b)");
    }

    #[test]
    fn a_condition_is_found_behind_names_that_look_like_one() {
        let definition =
            "CREATE TRIGGER \" WHEN (\" BEFORE UPDATE ON t FOR EACH ROW WHEN ((old.a <> ')')) EXECUTE";
        assert_eq!(condition(definition), Some("(old.a <> ')')"));
        assert_eq!(condition("CREATE TRIGGER a BEFORE UPDATE ON t"), None);
    }

    #[test]
    fn a_search_path_is_folded_unless_quoted() {
        let names = identifiers("\"$user\", Public,\"A,\"\"b\", \"\"");
        assert_eq!(names, ["$user", "public", "A,\"b"].map(Name::from));
    }
}
