//! Runs the data statements of the file that may be run again and again. Does not judge which may.

use model::{SearchPath, Span};
use plan::path_list;
use postgres::Client;

use crate::{Error, Options, Refusal};

/// A data statement of the file.
#[derive(Clone, Debug)]
pub struct Datum {
    /// One statement, without a semicolon.
    pub sql: String,
    /// Where it stands.
    pub span: Span,
    /// The search_path it was written under.
    pub path: SearchPath,
}

/// Runs the statements in order, in one transaction. Returns how many rows were written.
///
/// # Errors
/// When one is refused; then none of them is committed.
pub fn data(client: &mut Client, data: &[Datum], options: &Options) -> Result<u64, Error> {
    if data.is_empty() {
        return Ok(0);
    }
    let done = inside(client, data, options);
    if done.is_err() {
        // The error that is returned says more than that of a ROLLBACK on a lost connection would.
        let _ = client.batch_execute("ROLLBACK");
    }
    done
}

fn inside(client: &mut Client, data: &[Datum], options: &Options) -> Result<u64, Error> {
    let mut rows = 0;
    say(client, "BEGIN READ WRITE")?;
    for datum in data {
        if options.stop.is_asked() {
            return Err(Error::Stopped);
        }
        if !datum.path.is_empty() {
            say(client, &format!("SET LOCAL search_path = {}", path_list(&datum.path)))?;
        }
        let refused = |it| Error::Data { span: datum.span, refusal: Refusal::new(it, &datum.sql) };
        rows += client.execute(datum.sql.as_str(), &[]).map_err(refused)?;
    }
    say(client, "COMMIT")?;
    Ok(rows)
}

fn say(client: &mut Client, sql: &str) -> Result<(), Error> {
    client.batch_execute(sql).map_err(|it| Error::control(sql, it))
}
