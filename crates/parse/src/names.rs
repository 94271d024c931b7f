//! The names the server chooses for what the file leaves unnamed.

/// The longest identifier, in bytes (`NAMEDATALEN - 1`).
pub(crate) const LONGEST: usize = 63;

/// `makeObjectName` of the server: `first_second_label`, the two names shortened evenly, at character
/// boundaries, until the whole fits.
pub(crate) fn object_name(first: &str, second: Option<&str>, label: &str) -> String {
    let overhead = label.len() + 1 + usize::from(second.is_some());
    let room = LONGEST.saturating_sub(overhead);
    let (mut one, mut two) = (first.len(), second.map_or(0, str::len));
    while one + two > room {
        match one > two {
            true => one -= 1,
            false => two -= 1,
        }
    }
    let first = clip(first, one);
    match second {
        Some(second) => format!("{first}_{}_{label}", clip(second, two)),
        None => format!("{first}_{label}"),
    }
}

/// The longest beginning of at most so many bytes.
pub(crate) fn clip(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// `ChooseRelationName`: the name, then the same with 1, 2, … behind the label, until one is free. Begins at a
/// number below which all are known to be taken, and returns the one it came to.
pub(crate) fn choose(
    (first, second, label): (&str, Option<&str>, &str),
    from: u32,
    taken: impl Fn(&str) -> bool,
) -> (String, u32) {
    let numbered = |pass: u32| match pass {
        0 => object_name(first, second, label),
        _ => object_name(first, second, &format!("{label}{pass}")),
    };
    let (mut pass, mut name) = (from, numbered(from));
    while taken(&name) {
        pass += 1;
        name = numbered(pass);
    }
    (name, pass)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_into_63_bytes() {
        assert_eq!(object_name("t", Some("c"), "key"), "t_c_key");
        assert_eq!(object_name(&"t".repeat(60), Some(&"c".repeat(60)), "fkey").len(), LONGEST);
        assert_eq!(choose(("t", None, "pkey"), 0, |it| it == "t_pkey"), ("t_pkey1".to_owned(), 1));
        assert!(object_name(&"ü".repeat(40), None, "pkey").len() <= LONGEST);
    }
}
