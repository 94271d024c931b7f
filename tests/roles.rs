//! Roles: existence only by default; attributes, memberships and settings where they are managed.

use diff::Scope;
use postgres::Client;
use reconcile::pipeline::Comparison;

use crate::laws::{assert_in_sync, carry_out, compare_within, planned};
use crate::live::{Database, server};

const MANAGED: bool = true;

const FILE: &str = "
    CREATE ROLE fx_m_group NOLOGIN;
    CREATE ROLE fx_m_other;
    CREATE USER fx_m_user WITH CREATEDB NOINHERIT CONNECTION LIMIT 7 VALID UNTIL '2040-01-01 00:00:00+00'
        PASSWORD '${env:FX_PASSWORD}' IN ROLE fx_m_other;
    ALTER ROLE fx_m_user CREATEROLE;
    GRANT fx_m_group TO fx_m_user WITH ADMIN OPTION;
    ALTER ROLE fx_m_user SET search_path = app, \"$user\";
    ALTER ROLE fx_m_user IN DATABASE postgres SET work_mem TO '64MB';
    ALTER ROLE fx_m_user SET statement_timeout = 5000;
    CREATE ROLE \"fx m sel\"\"ect'$x$%s\\\n1st\" IN ROLE fx_m_other;
    GRANT \"fx m sel\"\"ect'$x$%s\\\n1st\" TO fx_m_user;
    ALTER ROLE \"fx m sel\"\"ect'$x$%s\\\n1st\" SET search_path = \"a.b c\", \"Sel\"\"ect\";
    ALTER ROLE \"fx m sel\"\"ect'$x$%s\\\n1st\" IN DATABASE postgres SET application_name = 'it''s %s \\ $$';
";

const LATER: &str = "
    CREATE ROLE fx_m_group NOLOGIN;
    CREATE ROLE fx_m_other BYPASSRLS;
    CREATE ROLE fx_m_user NOLOGIN;
    GRANT fx_m_group TO fx_m_user;
    ALTER ROLE fx_m_user SET search_path = other;
    CREATE ROLE \"fx m sel\"\"ect'$x$%s\\\n1st\" CREATEDB;
    ALTER ROLE \"fx m sel\"\"ect'$x$%s\\\n1st\" SET application_name = 'it''s %s \\ $$';
";

const HOSTILE: &str = "\"fx m sel\"\"ect'$x$%s\\\n1st\"";

fn compare(client: &mut Client, text: &str, roles: bool) -> Comparison {
    compare_within(client, "roles", text, Scope { roles, ..Scope::default() })
}

fn arrive(client: &mut Client, text: &str) -> Vec<String> {
    let mut comparison = compare(client, text, MANAGED);
    let plan = planned(client, "roles", &mut comparison);
    carry_out("roles", client, &plan);
    assert_in_sync("roles", &compare(client, text, MANAGED));
    plan.steps.iter().map(|it| it.sql.clone()).collect()
}

#[test]
fn roles_are_what_the_file_says_where_they_are_managed() {
    let database = Database::new();
    let mut client = database.connect();
    let made = arrive(&mut client, FILE);
    assert!(made.iter().any(|it| it.contains("fx_m_user CREATEROLE")), "{made:?}");
    // By default none of it counts.
    assert_in_sync("roles", &compare(&mut client, LATER, !MANAGED));
    let changed = arrive(&mut client, LATER);
    let wanted = [
        "ALTER ROLE fx_m_other BYPASSRLS",
        "ALTER ROLE fx_m_user NOCREATEDB NOCREATEROLE INHERIT NOLOGIN CONNECTION LIMIT -1 VALID UNTIL 'infinity'",
        "REVOKE fx_m_other FROM fx_m_user",
        "ALTER ROLE fx_m_user RESET statement_timeout",
        "ALTER ROLE fx_m_user IN DATABASE postgres RESET work_mem",
        "ALTER ROLE fx_m_user SET search_path TO 'other'",
    ];
    for statement in wanted {
        assert!(changed.iter().any(|it| it == statement), "{statement} is not in {changed:#?}");
    }
    arrive(&mut client, FILE);
    for role in ["fx_m_user", HOSTILE, "fx_m_other", "fx_m_group"] {
        let dropped = client.batch_execute(&format!("DROP ROLE {role}"));
        dropped.unwrap_or_else(|it| panic!("{it}"));
    }
    assert!(server().install().major >= 14);
}
