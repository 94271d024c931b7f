//! How an answer looks: in colour or not, brief or full. Does not know where it is shown.

/// How an answer looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Look {
    /// With the colours of a terminal.
    pub color: bool,
    /// With all there is to say.
    pub verbose: bool,
}

/// What a colour is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Paint {
    /// What comes into being.
    Make,
    /// What changes.
    Change,
    /// What goes, and what is dangerous.
    Danger,
    /// What may be read over.
    Faint,
    /// What leads the eye.
    Head,
}

impl Look {
    /// The text in the colour, where there are colours. Never across line ends, which pagers cut at.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Make => "32",
            Paint::Change => "33",
            Paint::Danger => "31",
            Paint::Faint => "2",
            Paint::Head => "1",
        };
        let lines: Vec<String> = text.split('\n').map(|it| format!("\x1b[{code}m{it}\x1b[0m")).collect();
        lines.join("\n")
    }
}

/// The same text with every line behind a margin.
pub(crate) fn indent(text: &str, margin: &str) -> String {
    text.lines().map(|it| format!("{margin}{it}\n")).collect()
}

/// Control characters made visible, so that a name or a message cannot move the cursor or fake a line.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { char::REPLACEMENT_CHARACTER } else { it }).collect()
}

/// `1 step`, `2 steps`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_stays_within_lines() {
        let look = Look { color: true, verbose: false };
        assert_eq!(look.paint(Paint::Danger, "a\nb"), "\x1b[31ma\x1b[0m\n\x1b[31mb\x1b[0m");
        assert_eq!(Look::default().paint(Paint::Danger, "a"), "a");
    }
}
