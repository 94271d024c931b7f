//! Grants on objects that another role owns than the file's reader takes for granted: what psql makes of the file.

use diff::Scope;
use postgres::Client;
use reconcile::pipeline::Comparison;

use crate::laws::{assert_in_sync, carry_out, compare_within, planned};
use crate::live::Database;

/// What is there before: `postgres` runs the files, and owns nothing of it.
const THERE: &str = "
    CREATE TABLE t (a int);
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER TABLE t OWNER TO fx_owner;
    ALTER FUNCTION f() OWNER TO fx_owner;
";

const DECLARED: &str = "
    CREATE TABLE IF NOT EXISTS t (a int);
    CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
";

const GRANTS: &[&str] = &[
    "GRANT SELECT ON t TO fx_owner",
    "GRANT SELECT ON t TO fx_owner WITH GRANT OPTION",
    "GRANT SELECT ON t TO postgres",
    "REVOKE INSERT ON t FROM fx_owner",
    "REVOKE INSERT ON t FROM postgres",
    "REVOKE ALL ON t FROM fx_owner; GRANT SELECT ON t TO fx_owner",
    "REVOKE ALL ON t FROM postgres; GRANT SELECT ON t TO postgres",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fx_owner",
    "REVOKE ALL ON t FROM fx_owner; GRANT ALL ON t TO fx_owner",
    "REVOKE ALL ON FUNCTION f() FROM PUBLIC, fx_owner; GRANT EXECUTE ON FUNCTION f() TO fx_reader",
    "REVOKE INSERT ON t FROM fx_owner; ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t",
    "ALTER TABLE t OWNER TO fx_owner; REVOKE INSERT ON t FROM fx_owner",
];

fn compare(client: &mut Client, text: &str) -> Comparison {
    compare_within(client, "owners", text, Scope::default())
}

/// Who holds what, in the server's words, in an order of its own.
fn rights(client: &mut Client) -> Vec<String> {
    let sql = "SELECT format('%s %s', relname, acl) FROM pg_class,
                      unnest(coalesce(relacl, acldefault('r', relowner))) acl WHERE relname = 't'
               UNION ALL
               SELECT format('%s %s', proname, acl) FROM pg_proc,
                      unnest(coalesce(proacl, acldefault('f', proowner))) acl WHERE proname = 'f'
               ORDER BY 1";
    let rows = client.query(sql, &[]).unwrap_or_else(|it| panic!("{it}"));
    rows.iter().map(|it| it.get(0)).collect()
}

#[test]
fn grants_are_what_psql_makes_of_the_file() {
    for grants in GRANTS {
        let (file, all) = (format!("{DECLARED};{grants}"), format!("{THERE};{DECLARED};{grants}"));
        let (loaded, migrated) = (Database::new(), Database::new());
        let mut witness = loaded.load(grants, &all);
        assert_in_sync(grants, &compare(&mut witness, &file));
        let mut client = migrated.load(grants, THERE);
        let mut comparison = compare(&mut client, &file);
        let plan = planned(&mut client, grants, &mut comparison);
        carry_out(grants, &mut client, &plan);
        assert_in_sync(grants, &compare(&mut client, &file));
        assert_eq!(rights(&mut client), rights(&mut witness), "{grants}: {plan:?}");
    }
}
