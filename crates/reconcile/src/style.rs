//! How much the command says, where, and whether in colour.
//! It does not know what is being said.

use crate::args::{Color, Global};
use std::io::{self, IsTerminal, Write};

/// How much is said besides the answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Verbosity {
    /// The answer alone.
    Quiet,
    /// The answer, the target and notes.
    Normal,
    /// Everything worth knowing when something is odd.
    Verbose,
}

/// The manner in which a command speaks: answers on standard output, everything else on standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Answers on standard output are coloured.
    pub(crate) color: bool,
    /// Notes and faults on standard error are coloured.
    pub(crate) color_err: bool,
    /// How much is said.
    pub(crate) verbosity: Verbosity,
}

impl Style {
    /// The style the arguments and the two streams ask for.
    pub(crate) fn new(global: &Global) -> Style {
        let verbosity = match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (_, true) => Verbosity::Verbose,
            _ => Verbosity::Normal,
        };
        let plain =
            plain_wanted(std::env::var("NO_COLOR").ok().as_deref(), std::env::var("TERM").ok().as_deref());
        let decide = |terminal| colored(global.color, plain, terminal);
        Style {
            color: decide(io::stdout().is_terminal()),
            color_err: decide(io::stderr().is_terminal()),
            verbosity,
        }
    }

    /// The answer, on standard output. A reader that has seen enough (`| head`) is no error.
    pub(crate) fn answer(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }

    /// A line beside the answer, left out when quiet.
    pub(crate) fn note(&self, text: &str) {
        self.line(Verbosity::Normal, text);
    }

    /// Text of its own form, always shown, beside the answer.
    pub(crate) fn aside(&self, text: &str) {
        self.line(Verbosity::Quiet, text.trim_end());
    }

    /// A line that only `--verbose` shows.
    pub(crate) fn detail(&self, text: &str) {
        self.line(Verbosity::Verbose, text);
    }

    /// A line that is always shown, because ignoring it may hurt.
    pub(crate) fn warn(&self, text: &str) {
        let (on, off) = if self.color_err { ("\x1b[33m", "\x1b[0m") } else { ("", "") };
        self.line(Verbosity::Quiet, &format!("{on}warning:{off} {text}"));
    }

    /// Nobody is left to tell when standard error is closed, so that is not an error.
    fn line(&self, from: Verbosity, text: &str) {
        if self.verbosity >= from {
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// Whether there is anyone to ask: both ends of the dialogue are a terminal.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question whose answer is no unless it is yes.
    pub(crate) fn agrees(&self, question: &str) -> io::Result<bool> {
        let mut err = io::stderr().lock();
        write!(err, "{question} [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(is_yes(&answer))
    }

    /// The failure with its causes, its help and the place in the file it points at.
    pub(crate) fn failure(&self, report: &miette::Report) {
        self.line(Verbosity::Quiet, render(report, self.color_err).trim_end());
    }
}

fn render(report: &miette::Report, color: bool) -> String {
    let theme =
        if color { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
    let mut text = String::new();
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_links(false);
    match handler.render_report(&mut text, report.as_ref()) {
        Ok(()) => text,
        Err(_) => report.to_string(),
    }
}

/// Whether the environment asks for no colour: <https://no-color.org>, and terminals that have none.
fn plain_wanted(no_color: Option<&str>, term: Option<&str>) -> bool {
    no_color.is_some_and(|it| !it.is_empty()) || term == Some("dumb")
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn colored(color: Color, plain: bool, terminal: bool) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && !plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_is_for_terminals() {
        assert!(colored(Color::Auto, false, true));
        assert!(!colored(Color::Auto, false, false));
        assert!(!colored(Color::Auto, true, true));
        assert!(colored(Color::Always, true, false));
        assert!(!colored(Color::Never, false, true));
    }

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes(" YES \n"));
        assert!(!is_yes("") && !is_yes("\n") && !is_yes("yep\n"));
    }

    #[test]
    fn an_empty_no_color_asks_for_nothing() {
        assert!(!plain_wanted(Some(""), Some("xterm")));
        assert!(plain_wanted(Some("1"), None));
        assert!(plain_wanted(None, Some("dumb")));
    }
}
