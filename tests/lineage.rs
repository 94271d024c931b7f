//! Whatever each of three tables that stand under each other says of a thing becomes whatever else they may say.
//!
//! `EVERY=1` takes every state to begin with, not one of some; `CASE` names a thing; `OPEN=1` takes those that are
//! marked as open, which do not hold yet.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::cases::Case;
use crate::laws::{for_these, journey};
use crate::tampered::is_read;

/// What may be said, thing by thing.
const THINGS: &str = include_str!("lineage.txt");
/// Where nobody asks for more, every so many of the states.
const STEP: usize = 8;

#[test]
fn every_state_becomes_every_other() {
    let filter = std::env::var("CASE").unwrap_or_default();
    let step = if std::env::var_os("EVERY").is_some() { 1 } else { STEP };
    let things = THINGS.split("\n== ").skip(1).filter_map(|it| it.split_once('\n'));
    let is_open = std::env::var_os("OPEN").is_some();
    let things = things.filter(|(it, _)| it.contains(&filter) && it.ends_with("(open)") == is_open);
    let mut ways = Vec::new();
    for (thing, choices) in things {
        let states: Vec<String> = states(choices).into_iter().filter(|it| is_read(it)).collect();
        println!("{thing}: {} states", states.len());
        ways.extend((0..states.len()).step_by(step).map(|at| way(thing, at, &states)));
    }
    for_these(&ways, |case| {
        for (from, to) in [(&case.from, &case.to), (&case.to, &case.from)] {
            if catch_unwind(AssertUnwindSafe(|| journey(case, from, to, None))).is_err() {
                one_by_one(case, from, to);
            }
        }
    });
}

/// One line of each paragraph, in every combination.
fn states(choices: &str) -> Vec<String> {
    choices.trim().split("\n\n").fold(vec![String::new()], |begun, lines| {
        let lines = || lines.lines().map(|it| it.trim_start_matches('-'));
        begun.iter().flat_map(|it| lines().map(move |line| format!("{it}\n{line}"))).collect()
    })
}

/// From one state to all of them, each in a namespace of its own.
fn way(thing: &str, at: usize, states: &[String]) -> Case {
    let all = |of: &dyn Fn(usize) -> usize| -> String {
        (0..states.len()).map(|it| within(&format!("s{it}"), &states[of(it)])).collect()
    };
    let (from, to) = (all(&|_| at), all(&|it| it));
    Case { name: format!("{thing} ({at})"), dir: PathBuf::new(), from, to, seed: None, needs: 14 }
}

fn within(namespace: &str, state: &str) -> String {
    format!("CREATE SCHEMA {namespace};\nSET search_path = {namespace};\n{state}\n")
}

/// Says which of them fail when they are alone.
fn one_by_one(case: &Case, from: &str, to: &str) {
    let single = |text: &str| -> Vec<String> {
        let all = text.split("CREATE SCHEMA ").skip(1);
        all.filter_map(|it| Some(within("s", it.splitn(3, '\n').nth(2)?))).collect()
    };
    let mut failed = Vec::new();
    for (from, to) in single(from).into_iter().zip(single(to)) {
        let alone = Case { from, to, name: case.name.clone(), dir: PathBuf::new(), seed: None, needs: 14 };
        if catch_unwind(AssertUnwindSafe(|| journey(&alone, &alone.from, &alone.to, None))).is_err() {
            failed.push(format!("{}\n->\n{}", alone.from, alone.to));
        }
    }
    panic!("{}: {} fail alone:\n{}", case.name, failed.len(), failed.first().map_or("", |it| it));
}
