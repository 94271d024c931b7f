//! Standbys: read-only servers that follow another throw-away server through its unix socket.
//!
//! It does not know what is done with either.

use crate::account::Account;
use crate::server::put;
use crate::storage::Home;
use crate::{Error, Options, Result, SUPERUSER, Server, template};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(2);

impl Server {
    /// Starts a standby of this server, with the settings of `options`, which must allow as many connections as the
    /// primary's. The primary has to keep its log meanwhile (`wal_keep_size`).
    pub fn standby(&self, options: &Options) -> Result<Server> {
        let account = Account::current()?;
        let home = Home::claim(&account)?;
        let label = self.copy_data(&account, &home)?;
        put(&account, home.path(), "backup_label", &label)?;
        put(&account, home.path(), "standby.signal", "")?;
        let primary = format!(
            "host={} port={} user={SUPERUSER} application_name=standby",
            self.socket_directory().display(),
            crate::server::PORT
        );
        let mut options = options.clone();
        options.settings.push(("primary_conninfo".into(), primary));
        Server::open(self.install(), &account, home, &options, None)
    }

    /// Copies the data directory while the server runs, and returns what the copy needs to become consistent.
    fn copy_data(&self, account: &Account, home: &Home) -> Result<String> {
        let failed = || Error::server("cannot copy the primary");
        let (start, stop) = match self.install().major {
            14 => ("pg_start_backup('standby', true, false)", "pg_stop_backup(false, false)"),
            _ => ("pg_backup_start('standby', true)", "pg_backup_stop(false)"),
        };
        let mut client = self.connect("postgres")?;
        client.batch_execute(&format!("SELECT {start}")).map_err(failed())?;
        let data = home.path().join("data");
        template::copy(account, &self.data_directory(), &data, true)?;
        for name in ["postmaster.pid", "postmaster.opts"] {
            // The copy has none where the primary was just writing it.
            let _ = std::fs::remove_file(data.join(name));
        }
        let row = client.query_one(&format!("SELECT labelfile FROM {stop}"), &[]).map_err(failed())?;
        row.try_get(0).map_err(failed())
    }

    /// Waits until this standby has everything its primary has now.
    pub fn catch_up(&self, primary: &Server) -> Result<()> {
        const NOW: &str = "BEGIN; SET LOCAL synchronous_commit = on; \
            SELECT pg_logical_emit_message(true, 'scratch', ''); COMMIT";
        let failed = || Error::server("cannot wait for the standby");
        let mut client = primary.connect("postgres")?;
        client.batch_execute(NOW).map_err(failed())?;
        let row = client.query_one("SELECT pg_current_wal_lsn()::text", &[]).map_err(failed())?;
        let lsn: String = row.try_get(0).map_err(failed())?;
        let mut standby = self.connect("postgres")?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let row = standby
                .query_one("SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", &[&lsn])
                .map_err(failed())?;
            if row.try_get::<_, Option<bool>>(0).map_err(failed())? == Some(true) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(Error::said(
                    "the standby does not follow",
                    "it has not caught up within a minute",
                    "",
                ));
            }
            std::thread::sleep(POLL);
        }
    }
}
