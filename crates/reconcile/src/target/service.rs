//! Reads a named service out of `pg_service.conf`.
//! It does not know whether anything else names a target.

use super::environment::Environment;
use super::params::Params;
use crate::problem::Problem;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Where the system's file is when PGSYSCONFDIR does not say: Debian's folder.
const SYSTEM_FOLDER: &str = "/etc/postgresql-common";

/// The parameters of a service: from the file that `file` or PGSERVICEFILE names, else the one of the
/// user; where that does not hold it, from the system's.
pub(crate) fn read(name: &str, file: Option<&str>, env: &Environment) -> Result<Params, Problem> {
    let named = file.or(env.var("PGSERVICEFILE")).map(PathBuf::from);
    let own = named.clone().or_else(|| env.at_home(".pg_service.conf"));
    let system = Path::new(env.var("PGSYSCONFDIR").unwrap_or(SYSTEM_FOLDER)).join("pg_service.conf");
    for path in own.into_iter().chain([system]) {
        match fs::read(&path) {
            Ok(bytes) => {
                if let Some(params) = section(&String::from_utf8_lossy(&bytes), name, &path)? {
                    return Ok(params);
                }
            }
            // The file one was pointed at must be there; the ones of custom need not.
            Err(error) if error.kind() == ErrorKind::NotFound && named.as_deref() != Some(&path) => (),
            Err(error) => {
                return Err(Problem::new(format!(
                    "cannot read the service file {}: {error}",
                    path.display()
                )));
            }
        }
    }
    Err(Problem::new(format!("there is no service \"{name}\" in the service files"))
        .help("Write it as [name] in ~/.pg_service.conf, or point PGSERVICEFILE at the file that has it."))
}

/// The parameters under `[name]`, if the file has it. A line is never shown: it may hold a password.
fn section(text: &str, name: &str, path: &Path) -> Result<Option<Params>, Problem> {
    let mut found: Option<Params> = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let place = format!("{}, line {}", path.display(), at + 1);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(heading) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            found = (heading.strip_suffix(']') == Some(name)).then(Params::default);
        } else if let Some(params) = &mut found {
            entry(line, &place, params)?;
        }
    }
    Ok(found)
}

fn entry(line: &str, place: &str, params: &mut Params) -> Result<(), Problem> {
    if line.starts_with("ldap") && line.contains("://") {
        return Err(Problem::new(format!("{place}: services kept in LDAP are not supported")));
    }
    let Some((name, value)) = line.split_once('=') else {
        return Err(Problem::new(format!("{place}: a service's line must be name=value")));
    };
    if matches!(name, "service" | "servicefile") {
        return Err(Problem::new(format!("{place}: a service cannot name another service")));
    }
    // As in libpq, the first of several lines for one parameter counts.
    match params.get(name) {
        Some(_) => Ok(()),
        None => params.set(name, value, place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(own: &str, system: &str) -> (tempfile::TempDir, Environment) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".pg_service.conf"), own).unwrap();
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/pg_service.conf"), system).unwrap();
        let etc = folder.path().join("etc");
        let mut env = Environment::of(&[("PGSYSCONFDIR", etc.to_str().unwrap())]);
        env.home = Some(folder.path().to_owned());
        (folder, env)
    }

    #[test]
    fn a_section_is_found() {
        let (_folder, env) =
            files("# mine\n[a]\nhost=x\n\n[b]\nhost=y\nport=1\nhost=z\n[c]\nhost=w\n", "[d]\nhost=sys\n");
        let b = read("b", None, &env).unwrap();
        assert_eq!(b.iter().collect::<Vec<_>>(), [("host", "y"), ("port", "1")]);
        assert_eq!(read("d", None, &env).unwrap().get("host"), Some("sys"));
        assert!(read("e", None, &env).is_err());
    }

    #[test]
    fn a_wrong_line_is_named_without_showing_it() {
        let (_folder, env) = files("[a]\npassword hunter2\n", "");
        let error = read("a", None, &env).unwrap_err();
        assert!(
            error.to_string().ends_with(".pg_service.conf, line 2: a service's line must be name=value"),
            "{error}"
        );
    }

    #[test]
    fn the_file_pointed_at_must_be_there() {
        let (folder, env) = files("", "[a]\nhost=sys\n");
        let gone = folder.path().join("gone");
        assert!(read("a", gone.to_str(), &env).is_err());
        assert_eq!(read("a", None, &env).unwrap().get("host"), Some("sys"));
    }
}
