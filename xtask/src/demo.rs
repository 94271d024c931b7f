//! `cargo xtask demo`: the main job, on the embedded server, with the worked example.
//!
//! It runs the command as a user would and knows nothing of what it does.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, shell};

const EXAMPLE: &str = "schema/master_schema.sql";

pub(crate) fn run() -> Outcome {
    shell::run(shell::cargo().args(["build", "--quiet", "--release", "--package", "reconcile"]))?;
    let room = std::env::temp_dir().join(format!("reconcile-demo-{}", std::process::id()));
    std::fs::create_dir_all(&room)?;
    let outcome = story(&room);
    let stopped = reconcile(&room, &["local", "reset"]).and(reconcile(&room, &["local", "stop"]));
    std::fs::remove_dir_all(&room)?;
    outcome.and(stopped)
}

fn story(room: &Path) -> Outcome {
    let schema = room.join("master_schema.sql");
    std::fs::copy(EXAMPLE, &schema)?;
    say("A fresh database, and the whole example as a plan:");
    reconcile(room, &["plan", "--local", "--quiet"])?;
    say("Carry it out:");
    reconcile(room, &["apply", "--local", "--yes"])?;
    say("Plan again: nothing is left to do.");
    reconcile(room, &["check", "--local"])?;
    say("Edit the file: a column more, an index on it.");
    let mut text = std::fs::read_to_string(&schema)?;
    text.push_str(EDIT);
    std::fs::write(&schema, text)?;
    reconcile(room, &["plan", "--local"])?;
    reconcile(room, &["apply", "--local", "--yes"])?;
    reconcile(room, &["check", "--local"])
}

const EDIT: &str = "
ALTER TABLE podcasts ADD COLUMN IF NOT EXISTS explicit_content boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS idx_podcasts_explicit ON podcasts (tenant_id) WHERE explicit_content;
";

fn say(text: &str) {
    eprintln!("\n## {text}");
}

fn reconcile(room: &Path, words: &[&str]) -> Outcome {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    let binary = std::fs::canonicalize(target.join("release/reconcile"))?;
    shell::run(Command::new(binary).args(words).current_dir(room))
}
