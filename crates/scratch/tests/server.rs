//! Throw-away servers on the installation at hand: they start, answer, and leave nothing behind.

use scratch::{Install, Options, Server};

fn install() -> Install {
    scratch::obtain(None).unwrap_or_else(|error| panic!("{error}"))
}

fn start(options: &Options) -> Server {
    Server::start(&install(), options).unwrap_or_else(|error| panic!("{error}"))
}

fn answer(server: &Server, database: &str, query: &str) -> String {
    let mut client = server.connect(database).unwrap_or_else(|error| panic!("{error}"));
    client.query_one(query, &[]).unwrap_or_else(|error| panic!("{error}")).get(0)
}

#[test]
fn a_server_answers_and_is_gone_when_dropped() {
    let server = start(&Options::default());
    let major: String =
        answer(&server, "postgres", "SELECT current_setting('server_version_num')::int / 10000 || ''");
    assert_eq!(major, server.install().major.to_string());
    let (directory, config) = (server.socket_directory().to_path_buf(), server.config("postgres"));
    drop(server);
    assert!(!directory.exists());
    assert!(config.connect(postgres::NoTls).is_err());
}

#[test]
fn two_servers_stand_side_by_side() {
    let (one, two) = (start(&Options::default()), start(&Options::default()));
    for (server, name) in [(&one, "only in \"one\""), (&two, "and 'two'")] {
        server.create_database(name).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer(server, name, "SELECT current_database()::text"), name);
    }
    assert!(two.connect("only in \"one\"").is_err());
}

#[test]
fn a_url_reaches_the_database_it_names() {
    let server = start(&Options { tcp: true, ..Options::default() });
    server.create_database("a b/c").unwrap_or_else(|error| panic!("{error}"));
    for url in [Some(server.url("a b/c")), server.tcp_url("a b/c")] {
        let url = url.unwrap_or_else(|| panic!("no url"));
        let mut client =
            postgres::Client::connect(&url, postgres::NoTls).unwrap_or_else(|error| panic!("{error}"));
        let row = client
            .query_one("SELECT current_database()::text", &[])
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(row.get::<_, String>(0), "a b/c");
    }
    let guess = format!("postgresql://postgres:guess@127.0.0.1:{}/postgres", server.port());
    assert!(postgres::Client::connect(&guess, postgres::NoTls).is_err());
    assert!(!format!("{server:?}").contains(server.password().unwrap_or("?")));
}

#[test]
fn settings_win_over_ours_and_bad_ones_are_explained() {
    let setting = |name: &str, value: &str| Options {
        settings: vec![(name.into(), value.into())],
        ..Options::default()
    };
    let server = start(&setting("wal_level", "logical"));
    assert_eq!(answer(&server, "postgres", "SHOW wal_level"), "logical");
    let error =
        Server::start(&install(), &setting("no_such_setting", "1")).err().map(|error| error.to_string());
    assert!(error.as_deref().unwrap_or("").contains("no_such_setting"), "{error:?}");
}

#[test]
fn a_database_is_copied_and_dropped() {
    let server = start(&Options::default());
    server.create_database("one").unwrap_or_else(|error| panic!("{error}"));
    server
        .connect("one")
        .and_then(|mut client| {
            client
                .batch_execute("CREATE TABLE t AS SELECT 'seen'::text AS v")
                .map_err(|error| panic!("{error}"))
        })
        .unwrap_or_else(|error| panic!("{error}"));
    server.copy_database("one", "two").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(answer(&server, "two", "SELECT v FROM t"), "seen");
    server.drop_database("two").unwrap_or_else(|error| panic!("{error}"));
    assert!(server.connect("two").is_err());
}

#[test]
fn files_lie_in_the_data_directory_before_the_start() {
    let files = vec![("more.conf".to_owned(), "work_mem = '7MB'\n".to_owned())];
    let server = start(&Options { files, ..Options::default() });
    assert_eq!(answer(&server, "postgres", "SELECT pg_read_file('more.conf')"), "work_mem = '7MB'\n");
}

#[test]
fn many_servers_start_at_once() {
    let install = install();
    let one = || {
        let server = Server::start(&install, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
        answer(&server, "postgres", "SHOW server_version_num")
    };
    let answers = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).count()
    });
    assert_eq!(answers, 8);
}

#[test]
fn a_standby_follows_and_takes_no_writes() {
    let keep = Options { settings: vec![("wal_keep_size".into(), "256MB".into())], ..Options::default() };
    let primary = start(&keep);
    let standby = primary.standby(&Options::default()).unwrap_or_else(|error| panic!("{error}"));
    primary.create_database("later").unwrap_or_else(|error| panic!("{error}"));
    standby.catch_up(&primary).unwrap_or_else(|error| panic!("{error}"));
    let mut client = standby.connect("later").unwrap_or_else(|error| panic!("{error}"));
    let refused = client.batch_execute("CREATE TEMP TABLE t ()").err();
    assert_eq!(refused.and_then(|it| it.code().map(|it| it.code().to_owned())).as_deref(), Some("25006"));
}
