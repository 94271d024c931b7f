//! What is of a kind that is not modelled, and stands on what would be taken down, blocks the plan.

use plan::Blocked;
use reconcile::pipeline;

use crate::laws::{compare, everything_allowed};
use crate::live::Database;

#[test]
fn an_outsider_blocks_before_anything_runs() {
    let database = Database::new();
    let text = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE t (id int);";
    database.load("outsiders", text);
    let transform =
        "CREATE TRANSFORM FOR mood LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))";
    let mut client = database.load("outsiders", transform);
    let mut comparison = compare(&mut client, "outsiders", "CREATE TABLE t (id int, more text);");
    let plan = pipeline::plan(&mut client, &mut comparison, &everything_allowed());
    let plan = plan.unwrap_or_else(|it| panic!("{it}"));
    assert!(plan.steps.is_empty(), "{:?}", plan.steps);
    let [Blocked { id, outsider: Some(outsider), .. }] = plan.blocked.as_slice() else {
        panic!("{:?}", plan.blocked)
    };
    // Before 16 the server says "on language".
    let outsider = outsider.replace(" on language", " language");
    assert_eq!(
        (id.to_string(), outsider),
        ("enum public.mood".into(), "transform for public.mood language plpgsql".into())
    );
}
