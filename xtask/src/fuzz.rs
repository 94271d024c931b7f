//! `cargo xtask fuzz`: the readers of text under libFuzzer, with what they must hold of every input.
//!
//! It builds and runs the fuzzer, which is a package of its own (`xtask/fuzz`), and tells what came of it;
//! what is held is written there. Needs a C++ compiler, for libFuzzer; the Rust is the workspace's own.

mod growth;
mod seeds;

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::{Outcome, shell};

/// The arguments of `cargo xtask fuzz`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these targets; may be given several times
    #[arg(long, value_name = "NAME", value_parser = clap::builder::PossibleValuesParser::new(names()))]
    target: Vec<String>,
    /// How many inputs each target is given
    #[arg(long, value_name = "N", conflicts_with = "minutes")]
    runs: Option<u64>,
    /// For how many minutes, all targets together
    #[arg(long, value_name = "N", default_value_t = 10)]
    minutes: u64,
    /// How many targets run at a time
    #[arg(long, value_name = "N", default_value_t = 2)]
    jobs: u64,
    /// Run one input instead, such as one that was found to fail
    #[arg(long, value_name = "FILE", requires = "target")]
    input: Option<PathBuf>,
    /// Instead of fuzzing, measure how time grows with the size of texts that are hard on a reader
    #[arg(long, conflicts_with_all = ["runs", "target", "input"])]
    growth: bool,
}

/// What is fuzzed, and the longest input of each.
const TARGETS: &[(&str, u32)] = &[
    ("split", 2000),
    ("lex", 1000),
    ("type", 200),
    ("same", 600),
    ("file14", 3000),
    ("file18", 3000),
    ("statement14", 600),
    ("statement18", 600),
    ("guard", 1000),
    ("psql", 1000),
    ("directive", 120),
    ("secret", 200),
    ("plan", 3000),
    ("conninfo", 200),
    ("dsn", 200),
    ("config", 600),
];

fn names() -> Vec<&'static str> {
    TARGETS.iter().map(|it| it.0).collect()
}

/// Everything the fuzzer makes lies here, the build and the inputs it found worth keeping included.
const FOLDER: &str = "target/fuzz";

/// As cargo-fuzz builds without a sanitizer: counters on every edge, and comparisons to learn constants from.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    if arguments.growth {
        return growth::run();
    }
    let program = build()?;
    if let (Some(input), Some(target)) = (&arguments.input, arguments.target.first()) {
        return shell::run(Command::new(program).env("FUZZ_TARGET", target).arg(input));
    }
    let folder = Path::new(FOLDER);
    seeds::write(folder)?;
    let chosen = |name: &str| arguments.target.is_empty() || arguments.target.iter().any(|it| it == name);
    let targets: Vec<_> = TARGETS.iter().copied().filter(|it| chosen(it.0)).collect();
    let jobs = arguments.jobs.clamp(1, targets.len() as u64);
    let limit = match arguments.runs {
        Some(runs) => format!("-runs={runs}"),
        None => format!("-max_total_time={}", arguments.minutes * 60 * jobs / targets.len() as u64),
    };
    let queue = Mutex::new(VecDeque::from(targets));
    let told = Mutex::new(Vec::new());
    println!("{HEAD}");
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(target) = queue.lock().ok().and_then(|mut it| it.pop_front()) {
                    let found = fuzz(&program, folder, target, &limit)
                        .unwrap_or_else(|it| Told { crash: Some(it.to_string()), ..Told::of(target.0) });
                    println!("{}", found.line());
                    if let Ok(mut told) = told.lock() {
                        told.push(found);
                    }
                }
            });
        }
    });
    summary(&told.into_inner().unwrap_or_default())
}

/// The fuzzer, built by the compiler at hand.
fn build() -> Result<PathBuf, Box<dyn std::error::Error>> {
    let told = Command::new("rustc").arg("-vV").output()?;
    let told = String::from_utf8(told.stdout)?;
    let host = told.lines().find_map(|it| it.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let mut command = shell::cargo();
    command.args(["build", "--quiet", "--release", "--locked", "--bin", "fuzz"]);
    command.args(["--manifest-path", "xtask/fuzz/Cargo.toml", "--target-dir", FOLDER]);
    // With a target named, build scripts and macros are built without the flags.
    command.args(["--target", host]).env("RUSTFLAGS", FLAGS.join(" "));
    shell::run(&mut command)?;
    Ok(Path::new(FOLDER).join(host).join("release/fuzz"))
}

/// What came of one target.
#[derive(Default)]
struct Told {
    target: String,
    inputs: u64,
    per_second: u64,
    coverage: u64,
    kept: u64,
    slowest: u64,
    crash: Option<String>,
}

const HEAD: &str = "target           inputs   exec/s     edges    corpus  slowest  crashes";

impl Told {
    fn of(target: &str) -> Told {
        Told { target: target.into(), ..Told::default() }
    }

    fn line(&self) -> String {
        let Told { target, inputs, per_second, coverage, kept, slowest, crash } = self;
        let crash = crash.as_deref().unwrap_or("none");
        format!("{target:12} {inputs:>10} {per_second:>8} {coverage:>9} {kept:>9} {slowest:>6} s  {crash}")
    }

    /// Takes what a line of libFuzzer tells.
    fn read(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            let mut number = || words.next().and_then(|it| it.parse().ok()).unwrap_or_default();
            match word {
                "cov:" => self.coverage = number(),
                "stat::number_of_executed_units:" => self.inputs = number(),
                "stat::average_exec_per_sec:" => self.per_second = number(),
                "stat::slowest_unit_time_sec:" => self.slowest = number(),
                _ => (),
            }
        }
        if let Some((_, path)) = line.split_once("Test unit written to ") {
            self.crash = Some(path.trim().to_owned());
        }
    }
}

/// Runs one target until its limit or its first crash.
fn fuzz(
    program: &Path,
    folder: &Path,
    (target, longest): (&str, u32),
    limit: &str,
) -> Result<Told, Box<dyn std::error::Error>> {
    let corpus = folder.join("corpus").join(target);
    let crashes = folder.join("crashes");
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&crashes)?;
    let log = folder.join(format!("{target}.log"));
    // Recursion by the depth of the text is found with little stack.
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -s 1024; exec \"$0\" \"$@\""]).arg(program);
    command.args([limit, &format!("-max_len={longest}"), "-timeout=10", "-rss_limit_mb=4096"]);
    command.args(["-print_final_stats=1", "-reload=0", "-len_control=20"]);
    command.arg(format!("-artifact_prefix={}/{target}-", crashes.display()));
    command.arg(format!("-dict={}", folder.join("words.dict").display()));
    command.args([&corpus, &folder.join("seeds").join(target)]);
    command.env("FUZZ_TARGET", target).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let mut told = Told::of(target);
    let mut lines = Vec::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            told.read(&line);
            lines.push(line);
        }
    }
    let status = child.wait()?;
    fs::write(&log, lines.join("\n"))?;
    told.kept = fs::read_dir(&corpus)?.count() as u64;
    if !status.success() && told.crash.is_none() {
        told.crash = Some(format!("it ended with {status}; see {}", log.display()));
    }
    Ok(told)
}

fn summary(told: &[Told]) -> Outcome {
    let inputs: u64 = told.iter().map(|it| it.inputs).sum();
    println!("{inputs} inputs over {} targets", told.len());
    let crashed: Vec<String> = told
        .iter()
        .filter_map(|it| {
            let crash = it.crash.as_ref()?;
            Some(format!(
                "{}: {crash}\n  run it: cargo xtask fuzz --target {} --input {crash}",
                it.target, it.target
            ))
        })
        .collect();
    match crashed.is_empty() {
        true => Ok(()),
        false => {
            Err(format!("{} of {} targets fail\n{}", crashed.len(), told.len(), crashed.join("\n")).into())
        }
    }
}
