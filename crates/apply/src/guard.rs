//! One reconcile at a time: an advisory lock of the session, kept per database by the server. Knows
//! nothing of what is done under it.

use postgres::Client;

use crate::Error;

/// `reconcil` in ASCII.
const KEY: i64 = 0x7265_636f_6e63_696c;

/// Takes the lock, or says who holds it. A session may take it more than once, and gives it up as often.
///
/// # Errors
/// When another session holds it, or the server does not answer.
pub fn lock(client: &mut Client) -> Result<(), Error> {
    const WHAT: &str = "taking the advisory lock";
    let failed = |it| Error::control(WHAT, it);
    let row = client.query_one("SELECT pg_catalog.pg_try_advisory_lock($1)", &[&KEY]).map_err(failed)?;
    match row.try_get(0).map_err(failed)? {
        true => Ok(()),
        false => Err(Error::Locked { holder: holder(client) }),
    }
}

/// Gives the lock up. The server does so by itself when the session ends.
///
/// # Errors
/// When the server does not answer.
pub fn unlock(client: &mut Client) -> Result<(), Error> {
    let failed = |it| Error::control("giving up the advisory lock", it);
    client.execute("SELECT pg_catalog.pg_advisory_unlock($1)", &[&KEY]).map(drop).map_err(failed)
}

/// Who holds the lock. What the role may not see is left out, so this can be empty.
fn holder(client: &mut Client) -> Option<String> {
    const ASK: &str = "SELECT pg_catalog.concat_ws(', ', 'pid ' || l.pid, 'role ' || a.usename, \
        'since ' || pg_catalog.date_trunc('second', a.backend_start)) \
        FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid \
        WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 \
          AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) \
          AND l.classid::bigint = $1::bigint >> 32 AND l.objid::bigint = $1::bigint & 4294967295";
    client.query_opt(ASK, &[&KEY]).ok()??.try_get(0).ok()
}
