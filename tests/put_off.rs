//! What is not allowed, and ways between schemas that have nothing to do with each other.
//!
//! `EVERY=1` takes all ways rather than a sample, `STRIDE` says which case goes to which.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::ObjectId;
use plan::{Options, Plan};
use postgres::Client;
use reconcile::pipeline::{self, Comparison, Wanted};

use crate::cases::Case;
use crate::laws::{
    assert_in_sync, carry_out, compare, compare_as, for_these, live_cases, planned, show, wanted,
};
use crate::live::Database;

/// One in so many cases, unless `EVERY` says otherwise.
const EVERY: u64 = 4;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A number that stays a case's own as others are added.
fn place(case: &Case, salt: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&case.name, salt).hash(&mut hasher);
    hasher.finish()
}

fn sample(salt: u64) -> Vec<Case> {
    let every = number("EVERY").unwrap_or(EVERY).max(1);
    let all = std::env::var_os("CASE").is_some();
    let mut cases = live_cases();
    cases.retain(|it| all || place(it, salt).is_multiple_of(every));
    cases
}

/// Without leave, and with additions alone, what is left to do afterwards is what was announced.
#[test]
fn what_is_put_off_is_what_is_left() {
    for_these(&sample(1), |case| {
        for additive in [false, true] {
            let options = Options { additive, ..Options::default() };
            put_off(case, &case.from, &case.to, &options);
            put_off(case, &case.to, &case.from, &options);
        }
    });
}

fn put_off(case: &Case, from: &str, to: &str, options: &Options) {
    let database = Database::new();
    let mut client = database.load(&case.name, from);
    let wanted = Wanted { options: options.clone(), ..wanted() };
    let mut comparison = compare_as(&mut client, &case.name, to, &wanted);
    let plan = plan(&mut client, &mut comparison, options);
    assert!(plan.blocked.is_empty(), "{}: {:?}", case.name, plan.blocked);
    carry_out(&case.name, &mut client, &plan);
    let mut after = compare_as(&mut client, &case.name, to, &wanted);
    let rest = self::plan(&mut client, &mut after, options);
    let (told, left) = (waiting(&plan), waiting(&rest));
    let said = || format!("{} ({options:?}):\n{}", case.name, show(&plan));
    assert!(left == told, "{}\nnot told: {:#?}\nnot left: {:#?}", said(), &left - &told, &told - &left);
    assert!(rest.steps.is_empty() && rest.blocked.is_empty(), "{}\nplanned again:\n{}", said(), show(&rest));
}

fn plan(client: &mut Client, comparison: &mut Comparison, options: &Options) -> Plan {
    pipeline::plan(client, comparison, options).unwrap_or_else(|it| panic!("{it}"))
}

fn waiting(plan: &Plan) -> BTreeSet<ObjectId> {
    plan.pending.iter().map(|it| it.id.clone()).collect()
}

/// From the end of one case to the beginning of another: names are taken over, kinds change under them,
/// everything goes at once.
#[test]
fn any_to_any() {
    let stride = number("STRIDE").unwrap_or(0);
    let mut ring = live_cases();
    ring.sort_by_key(|it| place(it, stride));
    for_these(&sample(2), |case| {
        let at = ring.iter().position(|it| it.name == case.name).unwrap_or_default();
        let other = &ring[(at + 1) % ring.len()];
        let name = format!("{} to {}", case.name, other.name);
        let database = Database::new();
        let mut client = database.load(&name, &case.to);
        let mut comparison = compare(&mut client, &name, &other.from);
        let plan = planned(&mut client, &name, &mut comparison);
        carry_out(&name, &mut client, &plan);
        assert_in_sync(&format!("{name}\n{}", show(&plan)), &compare(&mut client, &name, &other.from));
    });
}
