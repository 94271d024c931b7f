//! What is not allowed, and ways between schemas that have nothing to do with each other.
//!
//! `STRIDE` says which case goes to which.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use model::ObjectId;
use plan::{Allow, Hazard, Options, Plan};
use postgres::Client;
use reconcile::pipeline::{self, Comparison, Wanted};

use crate::cases::Case;
use crate::laws::{
    assert_in_sync, carry_out, compare, compare_as, for_all_live, for_these, live_cases, planned, show,
    wanted,
};
use crate::live::Database;

/// A number that stays a case's own as others are added.
fn place(case: &Case, salt: u64) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&case.name, salt).hash(&mut hasher);
    hasher.finish()
}

/// Without leave, and with additions alone, what is left to do afterwards is what was announced.
#[test]
fn what_is_put_off_is_what_is_left() {
    for_all_live(|case| {
        for additive in [false, true] {
            let options = Options { additive, ..Options::default() };
            put_off(case, &case.from, &case.to, &options);
            put_off(case, &case.to, &case.from, &options);
        }
    });
}

/// Where what is done brings more into reach, which comes with a second plan.
const BY_AND_BY: [&str; 2] = ["inherit/function_of_kept_check_replaced", "types/enum_under_split_columns"];

/// With leave for one kind of loss and no other. What stays because of another may come about all the same.
#[test]
fn some_leave_is_not_all() {
    for_all_live(|case| {
        if BY_AND_BY.contains(&case.name.as_str()) {
            return;
        }
        for (from, to) in [(&case.from, &case.to), (&case.to, &case.from)] {
            let mut needed: Vec<Hazard> =
                everything(case, from, to).steps.iter().flat_map(|it| it.hazards.clone()).collect();
            needed.retain(|it| it.needs_leave());
            needed.sort();
            needed.dedup();
            // With leave for the only kind there is, nothing is put off.
            for hazard in needed.iter().filter(|_| needed.len() > 1) {
                let allow = vec![Allow { hazard: *hazard, objects: None }];
                put_off(case, from, to, &Options { allow, ..Options::default() });
            }
        }
    });
}

/// The plan of all that differs.
fn everything(case: &Case, from: &str, to: &str) -> Plan {
    let database = Database::new();
    let mut client = database.load(&case.name, from);
    let mut comparison = compare(&mut client, &case.name, to);
    planned(&mut client, &case.name, &mut comparison)
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
    let is_told = if options.allow.is_empty() { left == told } else { left.is_subset(&told) };
    assert!(is_told, "{}\nnot told: {:#?}\nnot left: {:#?}", said(), &left - &told, &told - &left);
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
    let stride = std::env::var("STRIDE").ok().and_then(|it| it.parse().ok()).unwrap_or(0);
    let mut ring = live_cases();
    ring.sort_by_key(|it| place(it, stride));
    let way = |case: Case| {
        let at = ring.iter().position(|it| it.name == case.name).unwrap_or_default();
        let other = &ring[(at + 1) % ring.len()];
        let name = format!("{} to {}", case.name, other.name);
        Case { name, from: case.to, to: other.from.clone(), seed: None, ..case }
    };
    let ways: Vec<Case> = live_cases().into_iter().map(way).collect();
    for_these(&ways, |Case { name, from, to, .. }| {
        let database = Database::new();
        let mut client = database.load(name, from);
        let mut comparison = compare(&mut client, name, to);
        let plan = planned(&mut client, name, &mut comparison);
        carry_out(name, &mut client, &plan);
        assert_in_sync(&format!("{name}\n{}", show(&plan)), &compare(&mut client, name, to));
    });
}
