//! What one run of a program costs: wall time, processor time and peak memory.
//!
//! It does not know which program it is. The program is run by a process of its own, which has no other
//! child: what the system counts for all children of that process is then what this one used.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

use crate::Outcome;

/// The arguments of the process in between.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the figures go
    figures: PathBuf,
    /// Where the program's standard output goes
    answer: PathBuf,
    /// Where the program's standard error goes
    told: PathBuf,
    /// The program and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    words: Vec<String>,
}

/// One run.
#[derive(Clone, Default)]
pub(crate) struct Sample {
    /// The exit code, unless a signal ended it.
    pub(super) code: Option<i32>,
    /// Milliseconds from start to end.
    pub(super) wall: f64,
    /// Milliseconds of the processor, of the user's and the system's.
    pub(super) cpu: f64,
    /// The most memory it held, in megabytes.
    pub(super) peak: f64,
    /// Milliseconds of each phase that the program tells of, in its order.
    pub(super) phases: Vec<(String, f64)>,
}

/// Measures one run.
pub(super) fn sample(
    words: &[String],
    answer: &Path,
    told: &Path,
) -> Result<Sample, Box<dyn std::error::Error>> {
    let figures = answer.with_extension("json");
    let mut between = Command::new(std::env::current_exe()?);
    between.arg("measure").args([figures.as_path(), answer, told]).arg("--").args(words);
    let status = between.env("RECONCILE_TIMINGS", "1").env("NO_COLOR", "1").status()?;
    if !status.success() {
        return Err(format!("cannot run {}", words.first().map_or("", String::as_str)).into());
    }
    let figures: Value = serde_json::from_slice(&std::fs::read(figures)?)?;
    let number = |name: &str| figures[name].as_f64().unwrap_or_default();
    Ok(Sample {
        code: figures["code"].as_i64().and_then(|it| it.try_into().ok()),
        wall: number("wall"),
        cpu: number("cpu"),
        peak: number("peak"),
        phases: phases(&String::from_utf8_lossy(&std::fs::read(told)?)),
    })
}

/// Reads lines such as `timing: parse 12.3 ms`. A phase told twice counts with its sum.
fn phases(told: &str) -> Vec<(String, f64)> {
    let mut order = Vec::new();
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for line in told.lines().filter_map(|it| it.strip_prefix("timing: ")?.strip_suffix(" ms")) {
        let Some((name, time)) = line.rsplit_once(' ') else { continue };
        let Ok(time) = time.parse::<f64>() else { continue };
        if !sums.contains_key(name) {
            order.push(name);
        }
        *sums.entry(name).or_default() += time;
    }
    order.into_iter().map(|it| (it.to_owned(), sums[it])).collect()
}

/// The process in between: runs the program and writes down what it cost.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let Arguments { figures, answer, told, words } = arguments;
    let (program, words) = words.split_first().ok_or("no program is named")?;
    let mut command = Command::new(program);
    command.args(words).stdout(File::create(answer)?).stderr(File::create(told)?);
    let begin = Instant::now();
    let status = command.status()?;
    let wall = begin.elapsed().as_secs_f64() * 1_000.0;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let millis = |seconds: i64, micros: i64| seconds as f64 * 1_000.0 + micros as f64 / 1_000.0;
    let cpu = millis(user.tv_sec() + system.tv_sec(), user.tv_usec() + system.tv_usec());
    // The system counts kilobytes.
    let peak = usage.max_rss() as f64 / 1_000.0;
    let told = json!({ "code": status.code(), "wall": wall, "cpu": cpu, "peak": peak });
    std::fs::write(figures, told.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::phases;

    #[test]
    fn phases_are_read_and_summed() {
        let told = "target: x\ntiming: parse 12.5 ms\ntiming: ask the server 3 ms\ntiming: parse 0.5 ms\n";
        assert_eq!(phases(told), [("parse".into(), 13.0), ("ask the server".into(), 3.0)]);
    }
}
