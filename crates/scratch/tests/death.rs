//! A server ends with its owner, however the owner dies. The owner is this test binary, run again as a child.

use scratch::{Options, Server};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MARK: &str = "socket directory: ";

#[test]
#[ignore = "the owner that dies; started by the other tests"]
fn owner() {
    let install = scratch::obtain(None).unwrap_or_else(|error| panic!("{error}"));
    let server = Server::start(&install, &Options::default()).unwrap_or_else(|error| panic!("{error}"));
    println!("\n{MARK}{}", server.socket_directory().display());
    match std::env::var("DIES_BY").as_deref() {
        Ok("abort") => std::process::abort(),
        Ok("exit") => std::process::exit(7),
        Ok("panic") => panic!("as asked"),
        _ => std::thread::sleep(Duration::from_secs(60)),
    }
}

fn owner_that_dies_by(cause: &str) -> (Child, PathBuf) {
    let this = std::env::current_exe().unwrap_or_else(|error| panic!("{error}"));
    let mut child = Command::new(this)
        .args(["--exact", "owner", "--ignored", "--nocapture"])
        .env("DIES_BY", cause)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{error}"));
    let output = child.stdout.take().unwrap_or_else(|| panic!("no output"));
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let line = lines.find_map(|line| Some(line.strip_prefix(MARK)?.to_owned()));
    (child, PathBuf::from(line.unwrap_or_else(|| panic!("the owner did not start a server"))))
}

/// The directory goes last, so its absence tells that the server is gone, too.
fn assert_gone(directory: &std::path::Path) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while directory.exists() {
        assert!(Instant::now() < deadline, "{} is still there", directory.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_ends_when_its_owner_ends_by_itself() {
    for cause in ["abort", "exit", "panic"] {
        let (mut owner, directory) = owner_that_dies_by(cause);
        assert!(owner.wait().is_ok_and(|status| !status.success()), "{cause}");
        assert_gone(&directory);
    }
}

#[test]
fn a_server_ends_when_its_owner_is_killed() {
    for signal in ["INT", "TERM", "KILL"] {
        let (mut owner, directory) = owner_that_dies_by("signal");
        let status = Command::new("kill").args([format!("-{signal}"), owner.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "{signal}");
        assert!(owner.wait().is_ok_and(|status| !status.success()), "{signal}");
        assert_gone(&directory);
    }
}
