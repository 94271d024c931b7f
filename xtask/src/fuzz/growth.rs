//! `cargo xtask fuzz --growth`: builds and runs what measures how time grows with the size of a text.
//!
//! The texts and the measuring are in `xtask/fuzz`, where they are built as the product is shipped.

use std::path::Path;
use std::process::Command;

use super::FOLDER;
use crate::{Outcome, shell};

pub(super) fn run() -> Outcome {
    let mut command = shell::cargo();
    command.args(["build", "--quiet", "--release", "--locked", "--bin", "growth"]);
    command.args(["--manifest-path", "xtask/fuzz/Cargo.toml", "--target-dir", FOLDER]);
    shell::run(&mut command)?;
    shell::run(&mut Command::new(Path::new(FOLDER).join("release/growth")))
}
