//! Comments that speak to us. Knows their words, not what they do.

use sql::{Code, Directive, Fault};

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
    let message = format!("`{}` is no directive", directive.text);
    (!known).then(|| Fault::new(Code::Syntax, directive.span, message).hint(format!("there are {KNOWN}")))
}
