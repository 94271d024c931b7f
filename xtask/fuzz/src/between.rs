//! The plan from one file to another, everything allowed. Knows no server.

use diff::Pair;
use model::Facts;
use parse::Desired;
use plan::{Options, Plan, Request};

/// What `reconcile diff` would plan.
pub(crate) fn plan(from: &Desired, to: &Desired, facts: &Facts) -> Plan {
    let mut desired = to.schema.clone();
    let renames = diff::due(&from.schema, &desired, &to.renames);
    let relabels = diff::due_labels(&from.schema, &to.label_renames);
    let actual = sql::relabelled(&sql::renamed(&from.schema, &renames), &relabels);
    diff::adopt(&actual, &mut desired, &to.unnamed);
    sql::settle_offline(&actual, &mut desired);
    let options = Options { allow_destructive: true, ..Options::default() };
    let request = Request::between(Pair { actual: &actual, desired: &desired }, facts, &options);
    plan::plan(Request { renames: &renames, relabels: &relabels, ..request })
}
