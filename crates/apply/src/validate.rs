//! Hands each new routine to its language's validator, which CREATE skipped. Knows no language.

use model::{Name, ObjectId, Path};
use plan::{Step, path_list};
use postgres::Client;
use postgres::error::SqlState;

use crate::{Error, Refusal};

/// Whether a step makes or replaces what has a body to be validated.
pub(crate) fn has_body(step: &Step) -> bool {
    step.verb != plan::Verb::Drop && matches!(step.id.path, Path::Routine(..))
}

/// Whether the body may be right once later steps are done: it names what is not there yet.
pub(crate) fn may_come_right(refusal: &Refusal) -> bool {
    let missing = [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_COLUMN,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_OBJECT,
        SqlState::INVALID_SCHEMA_NAME,
    ];
    refusal.code().is_some_and(|it| missing.contains(it))
}

/// The calls of the validators of the routines that these steps make, by step, each behind the settings the
/// routine itself brings along (`proconfig`). A language without a validator has none.
pub(crate) fn calls(
    client: &mut Client,
    steps: &[Step],
    due: &[usize],
) -> Result<Vec<(usize, String)>, Error> {
    const ASK: &str = "SELECT due.place, pg_catalog.concat( \
          (SELECT pg_catalog.string_agg(pg_catalog.format('SELECT pg_catalog.set_config(%L, %L, true); ', \
              pg_catalog.split_part(s.setting, '=', 1), \
              pg_catalog.substr(s.setting, pg_catalog.strpos(s.setting, '=') + 1)), '' ORDER BY s.place) \
            FROM pg_catalog.unnest(p.proconfig) WITH ORDINALITY s(setting, place)), \
          pg_catalog.format('SELECT %I.%I(%s::pg_catalog.oid)', n.nspname, v.proname, p.oid)) \
        FROM pg_catalog.unnest($1::text[]) WITH ORDINALITY due(signature, place) \
        JOIN pg_catalog.pg_proc p ON p.oid = pg_catalog.to_regprocedure(due.signature) \
        JOIN pg_catalog.pg_language l ON l.oid = p.prolang \
        JOIN pg_catalog.pg_proc v ON v.oid = l.lanvalidator \
        JOIN pg_catalog.pg_namespace n ON n.oid = v.pronamespace \
        WHERE p.prokind <> 'a' ORDER BY due.place";
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let signatures: Vec<String> = due.iter().filter_map(|it| signature(&steps[*it].id)).collect();
    let failed = |it| Error::control("looking up the new routines", it);
    let mut calls = Vec::new();
    for row in client.query(ASK, &[&signatures]).map_err(failed)? {
        let place: i64 = row.try_get(0).map_err(failed)?;
        let due = usize::try_from(place - 1).ok().and_then(|it| due.get(it));
        calls.extend(due.copied().zip(row.try_get(1).map_err(failed)?));
    }
    Ok(calls)
}

fn signature(id: &ObjectId) -> Option<String> {
    match &id.path {
        Path::Routine(name, types) => Some(format!("{name}({types})")),
        _ => None,
    }
}

/// Calls a validator in the transaction that is open, and leaves no trace in it.
///
/// A body is no expression of the step, so the step may not know the path it was written under. Then it is
/// the session's own that counts, and where that does not do, the routine's namespace before it.
pub(crate) fn validate(client: &mut Client, step: &Step, call: &str) -> Result<(), Refusal> {
    if !step.path.is_empty() {
        return under(client, &format!("SET LOCAL search_path = {}", path_list(&step.path)), call);
    }
    const OWN: &str = "SET LOCAL search_path TO DEFAULT";
    let refusal = match under(client, OWN, call) {
        Err(refusal) if may_come_right(&refusal) => refusal,
        done => return done,
    };
    let namespace = step.id.namespace().map(Name::to_string).unwrap_or_default();
    let before = format!(
        "{OWN}; SELECT pg_catalog.set_config('search_path', pg_catalog.concat({}, ', ', \
         pg_catalog.current_setting('search_path')), true)",
        model::literal(&namespace)
    );
    under(client, &before, call).map_err(|_| refusal)
}

/// Calls a validator behind other statements, with bodies checked.
fn under(client: &mut Client, before: &str, call: &str) -> Result<(), Refusal> {
    let refused = |it| Refusal::new(it, "");
    let done = client.batch_execute(&format!(
        "SAVEPOINT reconcile_body; SET LOCAL check_function_bodies = on; {before}; {call}; \
         ROLLBACK TO SAVEPOINT reconcile_body; RELEASE SAVEPOINT reconcile_body"
    ));
    done.map_err(refused).or_else(|refusal| {
        if !refusal.is_lost() {
            client.batch_execute("ROLLBACK TO SAVEPOINT reconcile_body").map_err(refused)?;
        }
        Err(refusal)
    })
}
