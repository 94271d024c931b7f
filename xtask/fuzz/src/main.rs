//! What the fuzzer runs: one program, and a target chosen by `FUZZ_TARGET`.
//!
//! It knows what must hold of every input, and not how inputs are made: libFuzzer makes them, and
//! `cargo xtask fuzz` builds and runs it.

#![no_main]

mod between;
mod expressions;
mod files;
mod settings;
mod statements;

/// The readers of the command's own settings, which its library leaves out.
#[path = "../../../crates/reconcile/src"]
mod command {
    pub(crate) mod args;
    pub(crate) mod config;
    pub(crate) mod problem;
    pub(crate) mod target;
}
use command::{args, config, problem, target};

use std::sync::OnceLock;

use libfuzzer_sys::{Corpus, fuzz_target};

/// What is run with one input, which is text: the product refuses other bytes before it reads any.
type Target = fn(&str);

const TARGETS: &[(&str, Target)] = &[
    ("split", statements::split),
    ("lex", statements::lex),
    ("type", expressions::data_type),
    ("same", expressions::same),
    ("file14", files::file14),
    ("file18", files::file18),
    ("statement14", files::statement14),
    ("statement18", files::statement18),
    ("guard", files::guard),
    ("psql", files::psql),
    ("directive", files::directive),
    ("secret", files::secret),
    ("plan", files::plan),
    ("conninfo", settings::conninfo),
    ("dsn", settings::dsn),
    ("config", settings::config),
];

fn chosen() -> Target {
    static CHOSEN: OnceLock<Target> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
        let found = TARGETS.iter().find(|(it, _)| *it == name);
        found.unwrap_or_else(|| panic!("FUZZ_TARGET=`{name}` is none of the targets")).1
    })
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Ok(text) = std::str::from_utf8(data) else { return Corpus::Reject };
    chosen()(text);
    Corpus::Keep
});
