//! Comments that speak to us. Knows their words, not what they do.

use sql::{Code, Directive, Fault};

use crate::renamed::{RENAMED, whole};

/// The directives there are, as messages list them.
const KNOWN: &str = "`renamed from NAME`, `allow HAZARD[:OBJECT]` and `ignore`";

/// The fault of a directive that is none.
pub(crate) fn fault(directive: &Directive) -> Option<Fault> {
    let mut words = directive.text.split_whitespace();
    let known = match words.next() {
        Some("ignore") => words.next().is_none(),
        Some("allow") => words.next().is_some(),
        Some("renamed") => words.next() == Some("from") && words.next().is_some(),
        _ => false,
    };
    if let Some(old) = directive.text.strip_prefix(RENAMED)
        && is_qualified(old)
    {
        let message = format!("`{}` names a schema, and a rename stays in its own", old.trim());
        let hint = "give the old name alone; an enum label with a dot goes in quotes";
        return Some(Fault::new(Code::Syntax, directive.span, message).hint(hint));
    }
    let message = format!("`{}` is no directive", directive.text);
    (!known).then(|| Fault::new(Code::Syntax, directive.span, message).hint(format!("there are {KNOWN}")))
}

fn is_qualified(name: &str) -> bool {
    sql::lex(name, whole(name)).is_ok_and(|it| it.iter().any(|it| it.is_symbol(".")))
}
