//! A server for the live laws, and the databases of one case. Knows no law.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::Client;
use scratch::{Options, Server};

/// The server all live laws share; it ends with the process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let install = scratch::obtain(None).unwrap_or_else(|it| panic!("{it}"));
        // A standby keeps up however long it takes.
        let settings = vec![("max_connections".into(), "60".into()), ("wal_keep_size".into(), "2GB".into())];
        let server = Server::start(&install, &Options { settings, ..Options::default() });
        let server = server.unwrap_or_else(|it| panic!("{it}"));
        let made = server.connect("postgres").map(|mut it| it.batch_execute(ROLES));
        made.unwrap_or_else(|it| panic!("{it}")).unwrap_or_else(|it| panic!("{it}"));
        server
    })
}

/// Roles that many cases make when they are missing: two at a time cannot.
const ROLES: &str =
    "CREATE ROLE fx_reader; CREATE ROLE fx_writer; CREATE ROLE fx_owner; CREATE ROLE fx_power SUPERUSER";

/// A database that is dropped with the value.
pub(crate) struct Database {
    pub(crate) name: String,
}

impl Database {
    pub(crate) fn new() -> Database {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("law_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server().create_database(&name).unwrap_or_else(|it| panic!("{it}"));
        Database { name }
    }

    pub(crate) fn connect(&self) -> Client {
        server().connect(&self.name).unwrap_or_else(|it| panic!("{it}"))
    }

    /// Runs a file as psql would, statement by statement.
    pub(crate) fn load(&self, case: &str, text: &str) -> Client {
        self.run(text).unwrap_or_else(|it| panic!("{case}: {it}"))
    }

    /// The same; says what the server refuses.
    pub(crate) fn run(&self, text: &str) -> Result<Client, String> {
        let mut client = self.connect();
        for piece in sql::split(text, 0).pieces {
            let statement = &text[piece.span.start as usize..piece.span.end as usize];
            client.batch_execute(statement).map_err(|it| format!("{}\n{statement}", message(&it)))?;
        }
        Ok(client)
    }

    /// What `pg_dump -s` prints; nothing where there is none.
    pub(crate) fn dumped(&self) -> Option<String> {
        static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
        let found = || scratch::tool("pg_dump", server().install().major).ok().flatten();
        let program = PROGRAM.get_or_init(found).as_ref()?;
        let output = Command::new(program).args(["-s", "-d", &server().url(&self.name)]).output().ok()?;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The same without the lines that differ from run to run.
    pub(crate) fn dump(&self) -> Option<String> {
        let text = self.dumped()?;
        let noise = |it: &&str| !it.starts_with("--") && !it.starts_with('\\') && !it.trim().is_empty();
        Some(text.lines().filter(noise).collect::<Vec<_>>().join("\n"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A database left behind goes with the server.
        let _ = server().drop_database(&self.name);
    }
}

/// What the server says, with its hint.
pub(crate) fn message(error: &postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |it| format!("{} {:?}", it.message(), it.detail()))
}
