//! The figures as Markdown tables.
//!
//! It does not know how they were taken.

use super::measure::Sample;
use super::{Measured, Runner};

/// Prints what whole programs cost, how that grows, and where the time of ours goes.
pub(super) fn print(all: &[Measured]) {
    whole(all);
    if all.len() > 1 {
        growth(all);
    }
    for runner in [Runner::NothingToDo, Runner::TenEdits] {
        phases(all, runner);
    }
}

fn whole(all: &[Measured]) {
    println!("| tables | program | wall ms | CPU ms | peak MB | wall ÷ pg_dump | CPU ÷ pg_dump |");
    println!("|---:|---|---:|---:|---:|---:|---:|");
    for one in all {
        for runner in Runner::ALL {
            let of = |what: fn(&Sample) -> f64| one.median(runner, what);
            let reference = |what: fn(&Sample) -> f64| one.median(Runner::Reference, what);
            let (wall, cpu, peak) = (of(|it| it.wall), of(|it| it.cpu), of(|it| it.peak));
            let (by_wall, by_cpu) = (wall / reference(|it| it.wall), cpu / reference(|it| it.cpu));
            println!(
                "| {} | {} | {wall:.0} | {cpu:.0} | {peak:.0} | {by_wall:.2} | {by_cpu:.2} |",
                one.tables,
                runner.label()
            );
        }
    }
    println!();
}

/// How many times the cost of the smaller size the next larger one takes, brought to ten times the tables.
fn growth(all: &[Measured]) {
    println!("| growth per tenfold | program | wall | CPU | peak |");
    println!("|---|---|---:|---:|---:|");
    for pair in all.windows(2) {
        let [small, large] = pair else { continue };
        let exponent = 10_f64.ln() / (large.tables as f64 / small.tables as f64).ln();
        for runner in Runner::ALL {
            let times = |what: fn(&Sample) -> f64| {
                (large.median(runner, what) / small.median(runner, what)).powf(exponent)
            };
            println!(
                "| {} → {} | {} | {:.1} | {:.1} | {:.1} |",
                small.tables,
                large.tables,
                runner.label(),
                times(|it| it.wall),
                times(|it| it.cpu),
                times(|it| it.peak)
            );
        }
    }
    println!();
}

/// The phases in the order in which the program tells them.
fn phases(all: &[Measured], runner: Runner) {
    let told = all.iter().filter_map(|it| it.samples.get(&runner)?.first());
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in told.flat_map(|it| &it.phases) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return;
    }
    println!("| {}: ms of each phase | {} |", runner.label(), names.join(" | "));
    println!("|---|{}", "---:|".repeat(names.len()));
    for one in all {
        let cells = names.iter().map(|name| format!("{:.1}", one.median(runner, |it| phase(it, name))));
        println!("| {} tables | {} |", one.tables, cells.collect::<Vec<_>>().join(" | "));
    }
    println!();
}

fn phase(sample: &Sample, name: &str) -> f64 {
    sample.phases.iter().find(|(it, _)| it == name).map_or(0.0, |(_, time)| *time)
}

impl Measured {
    fn median(&self, runner: Runner, what: impl Fn(&Sample) -> f64) -> f64 {
        let mut values: Vec<f64> = self.samples.get(&runner).into_iter().flatten().map(what).collect();
        values.sort_by(f64::total_cmp);
        match values.len() {
            0 => 0.0,
            count if count % 2 == 1 => values[count / 2],
            count => (values[count / 2 - 1] + values[count / 2]) / 2.0,
        }
    }
}
