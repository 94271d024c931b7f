//! The laws on random pairs of schemas: `SOAK_MINUTES` makes it run that long, else it runs a few dozen pairs.

use std::cell::Cell;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::cases::Case;
use crate::genes::{GENES, script};
use crate::laws::journey;

/// How often a counterexample is made smaller: each try takes the server a second or two.
const SHRINKS: u32 = 300;
/// Pairs where nobody says how long to run.
const PAIRS: u32 = 40;

fn case(from: &[u8], to: &[u8]) -> Case {
    let (from, to) = (script(from), script(to));
    Case { name: "generated".into(), dir: Default::default(), from, to, seed: None, needs: 14 }
}

#[test]
fn random_pairs() {
    let minutes = std::env::var("SOAK_MINUTES").ok().and_then(|it| it.parse().ok());
    let until = minutes.map(|it: u64| Instant::now() + Duration::from_secs(60 * it));
    let cases = if until.is_some() { 400 } else { PAIRS };
    let edits = vec((0..GENES, any::<u8>()), 1..16);
    let pairs = (vec(any::<u8>(), GENES), edits);
    let run = Cell::new(0);
    loop {
        let config = Config {
            cases,
            max_global_rejects: 100_000,
            max_shrink_iters: SHRINKS,
            failure_persistence: None,
            ..Config::default()
        };
        let done = runner(config, until.is_some()).run(&pairs, |(base, edits)| {
            if until.is_some_and(|it| Instant::now() > it) {
                return Ok(());
            }
            run.set(run.get() + 1);
            let mut other = base.clone();
            edits.iter().for_each(|(place, gene)| other[*place] = *gene);
            holds(&case(&base, &other))
        });
        done.unwrap_or_else(|it| panic!("{}", told(&it)));
        if until.is_none_or(|it| Instant::now() > it) {
            println!("{} pairs", run.get());
            return;
        }
    }
}

/// The same pairs each time, unless it is to run long.
fn runner(config: Config, soaks: bool) -> TestRunner {
    match soaks {
        true => TestRunner::new(config),
        false => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    }
}

/// There and back.
fn holds(case: &Case) -> Result<(), TestCaseError> {
    let law = || {
        journey(case, &case.from, &case.to, None);
        journey(case, &case.to, &case.from, None);
    };
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(law)).map_err(|panic| {
        let words = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        // No plan can turn a value into one of a type it has no cast to.
        if words.contains("cannot cast type") {
            return TestCaseError::reject("there is no cast");
        }
        TestCaseError::fail(format!("{words}\n-- from\n{}\n-- to\n{}", case.from, case.to))
    })
}

fn told<T: std::fmt::Debug>(error: &TestError<T>) -> String {
    match error {
        TestError::Fail(why, _) => why.to_string(),
        other => other.to_string(),
    }
}
