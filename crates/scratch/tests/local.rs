//! The kept server of a project: it outlives its starter, keeps its data, and ends when told.

use scratch::local;

/// Started by root, the server's account must be able to enter the project, or its data lies elsewhere: both are tried.
fn lifecycle(project: &std::path::Path) -> local::Local {
    let started = local::start(project, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(local::start(project, None).ok().as_ref(), Some(&started));
    assert_eq!(started.ensure_database("app").ok(), Some(true));
    assert_eq!(started.ensure_database("app").ok(), Some(false));

    assert_eq!(local::stop(project).ok(), Some(true));
    assert_eq!(local::stop(project).ok(), Some(false));
    assert_eq!(local::running(project).ok(), Some(None));

    let again = local::start(project, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(again.ensure_database("app").ok(), Some(false));

    let empty = local::reset(project, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(empty.ensure_database("app").ok(), Some(true));
    assert_eq!(local::stop(project).ok(), Some(true));
    started
}

fn open_project(mode: u32) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let project = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let permissions = std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(project.path(), permissions).unwrap_or_else(|error| panic!("{error}"));
    project
}

#[test]
fn a_kept_server_keeps_its_data_until_it_is_reset() {
    let project = open_project(0o755);
    let local = lifecycle(project.path());
    assert!(local.data.ends_with(format!(".reconcile/pg/{}", local.major)));
    assert!(project.path().join(".reconcile/.gitignore").exists());
}

#[test]
fn a_project_that_only_its_owner_may_enter_works_too() {
    let project = open_project(0o700);
    let local = lifecycle(project.path());
    if let Some(home) = local.data.parent().filter(|home| !home.starts_with(project.path())) {
        std::fs::remove_dir_all(home).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn a_long_path_gets_its_socket_elsewhere() {
    let project = open_project(0o755);
    let long = project.path().join("x".repeat(90));
    std::fs::create_dir(&long).unwrap_or_else(|error| panic!("{error}"));
    let local = lifecycle(&long);
    std::fs::remove_dir_all(&local.socket).unwrap_or_else(|error| panic!("{error}"));
}
