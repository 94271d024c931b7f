//! Security labels, as far as they go without a provider, which no test server has.

use plan::Request;

use crate::cases::{declared, facts};
use crate::laws::everything_allowed;

/// The plan from one text to another, one statement a line.
fn planned(from: &str, to: &str) -> Vec<String> {
    let facts = facts(17);
    let (actual, desired) = (declared("from", from, &facts).schema, declared("to", to, &facts).schema);
    let options = everything_allowed();
    let pair = diff::Pair { actual: &actual, desired: &desired };
    plan::plan(Request::between(pair, &facts, &options)).steps.into_iter().map(|it| it.sql).collect()
}

#[test]
fn labels_are_given_changed_and_taken_away() {
    let table = "CREATE TABLE t (a int); ";
    let of = |labels: &str| format!("{table}{labels}");
    let labelled =
        of("SECURITY LABEL FOR masks ON COLUMN t.a IS 'it''s'; SECURITY LABEL FOR 'Odd' ON TABLE t IS 'x'");
    assert_eq!(
        planned(table, &labelled),
        [
            "SECURITY LABEL FOR \"Odd\" ON TABLE public.t IS 'x'",
            "SECURITY LABEL FOR masks ON COLUMN public.t.a IS 'it''s'",
        ]
    );
    assert_eq!(planned(&labelled, &labelled), [""; 0]);
    let changed =
        of("SECURITY LABEL FOR masks ON COLUMN t.a IS 'b'; SECURITY LABEL FOR \"Odd\" ON TABLE t IS NULL");
    assert_eq!(
        planned(&labelled, &changed),
        [
            "SECURITY LABEL FOR \"Odd\" ON TABLE public.t IS NULL",
            "SECURITY LABEL FOR masks ON COLUMN public.t.a IS 'b'",
        ]
    );
}

#[test]
fn a_provider_that_is_not_loaded_is_a_fault() {
    let mut facts = facts(17);
    facts.settings.insert("shared_preload_libraries".into(), "pg_stat_statements, anon".into());
    let read = |provider: &str| {
        let text = format!("CREATE TABLE t (a int); SECURITY LABEL {provider} ON TABLE t IS 'x'");
        let desired = parse::desired(&parse::Sources::one("f", text), &facts);
        desired.faults.into_iter().map(|it| it.message).collect::<Vec<_>>()
    };
    assert_eq!(read("FOR anon"), [""; 0]);
    assert_eq!(read("FOR other"), ["no library that provides labels for other is loaded on the server"]);
    assert_eq!(read(""), ["whose label this is depends on the libraries of the session that runs it"]);
}
