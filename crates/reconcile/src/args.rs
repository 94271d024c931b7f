//! The whole command line.
//! It does not know what any command does with it.

use clap::{Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Make a PostgreSQL database what its master schema file says it is.
///
/// The file is ordinary SQL, written to be run again and again. `plan` shows what separates the
/// database from it, `apply` carries that out, `check` says whether there is anything.
#[derive(Parser, Debug)]
#[command(name = "reconcile", version, disable_help_subcommand = true, max_term_width = 110)]
#[command(after_long_help = ENVIRONMENT)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const ENVIRONMENT: &str = "\
The target is named by the first of: --database-url; DATABASE_URL; `database` in reconcile.yaml; PGHOST, \
PGPORT, PGDATABASE and their like, or POSTGRES_HOST, POSTGRES_PORT, POSTGRES_USER, POSTGRES_PASSWORD, \
POSTGRES_DATABASE; PGSERVICE. Sources are never mixed. Passwords may stand in ~/.pgpass.

Exit codes: 0 done, or in sync. 1 error, nothing was changed. 2 check: drift; plan --detailed-exitcode: \
there is something to do. 3 check: nothing differs but something is not verified; apply: an error after \
something was committed. 4 apply: declined.";

/// Options that every command takes.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The master schema: a file, or a folder of .sql files in order of their names
    ///
    /// May be given more than once; the files are read in the order given. Default: `schema` in
    /// reconcile.yaml, else schema/master_schema.sql, else master_schema.sql.
    #[arg(long, global = true, value_name = "FILE|DIR")]
    pub(crate) schema: Vec<PathBuf>,

    /// The configuration [default: reconcile.yaml, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The database: a URL, or key=value pairs as psql takes them
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database_url: Option<String>,

    /// Use the embedded server of this folder, whatever else is configured
    #[arg(long, global = true)]
    pub(crate) local: bool,

    /// Say nothing but the answer
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    /// Say more
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,

    /// When to colour; NO_COLOR in the environment is honoured
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) color: Color,

    /// Manage every namespace but the system's and those of extensions
    #[arg(long, global = true)]
    pub(crate) all_namespaces: bool,

    /// Give leave for a hazard, such as drop-column or drop-column:public.users.*
    ///
    /// `reconcile hazards` lists them. May be given more than once.
    #[arg(long, global = true, value_name = "HAZARD[:GLOB]", value_parser = leave)]
    pub(crate) allow: Vec<Leave>,

    /// Give leave for every hazard
    #[arg(long, global = true)]
    pub(crate) allow_destructive: bool,

    /// Plan additions alone; whatever alters or drops is pending
    #[arg(long, global = true)]
    pub(crate) additive: bool,

    /// Do not ask the server whether two expressions mean the same
    #[arg(long, global = true)]
    pub(crate) no_ask: bool,

    /// Ask the server about every expression, also where the texts settle it
    #[arg(long, global = true)]
    pub(crate) ask_everything: bool,

    /// Ask a throw-away server, with a copy of the schema, what the server itself cannot be asked
    ///
    /// A standby, a role without TEMP and --no-ask leave expressions not verified. This makes the schema, without
    /// rows, on a server of the same major version that is gone afterwards, and asks there. Where only another version
    /// can be had, or something of the schema cannot be made (an extension is missing), only "same" is believed.
    /// Nothing of the schema is executed.
    #[arg(long, global = true)]
    pub(crate) scratch: bool,

    /// Set a psql variable of the schema file
    #[arg(long = "set", global = true, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) variables: Vec<Variable>,

    /// The server's version, where no server is asked (diff A B)
    #[arg(long, global = true, value_name = "VERSION", value_parser = server_version)]
    pub(crate) server_version: Option<u32>,

    /// An extension that counts as available, where no server is asked (diff A B)
    #[arg(long = "with-extension", global = true, value_name = "NAME")]
    pub(crate) extensions: Vec<String>,

    /// How long a step may wait for a lock, such as 500ms or 5s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration)]
    pub(crate) lock_timeout: Option<Duration>,

    /// Print the account of every statement and object
    #[arg(long, global = true)]
    pub(crate) ledger: bool,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Show what separates the database from the schema
    Plan(Plan),
    /// Carry the plan out
    Apply(Apply),
    /// Say whether the database is what the schema says
    Check(Check),
    /// Show what separates two schema files, without a server
    Diff(Diff),
    /// Write the database as a master schema
    Dump(Dump),
    /// List the hazards that need leave
    Hazards,
    /// Keep an embedded server for development, under .reconcile/
    Local(Local),
    /// Write the completions of a shell to standard output
    Completions(Completions),
    /// Write the manual page to standard output
    Man(Man),
}

/// Options of `plan`.
#[derive(clap::Args, Debug)]
pub(crate) struct Plan {
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    /// Write the answer to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 when there are steps or anything is pending
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// Options of `apply`.
#[derive(clap::Args, Debug)]
pub(crate) struct Apply {
    /// Do not ask before carrying the plan out
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Also run the schema's idempotent data statements (INSERT … ON CONFLICT)
    #[arg(long)]
    pub(crate) with_data: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: ApplyFormat,
}

/// Options of `check`.
#[derive(clap::Args, Debug)]
pub(crate) struct Check {
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: CheckFormat,
    /// What the exit code says when nothing differs but something is not verified
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) unverified: Unverified,
}

/// Options of `diff`.
#[derive(clap::Args, Debug)]
pub(crate) struct Diff {
    /// The schema to start from
    #[arg(value_name = "A")]
    pub(crate) from: PathBuf,
    /// The schema to arrive at
    #[arg(value_name = "B")]
    pub(crate) to: PathBuf,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: PlanFormat,
    /// Write the answer to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Exit with 2 when the schemas differ
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// Options of `dump`.
#[derive(clap::Args, Debug)]
pub(crate) struct Dump {
    /// Write the schema to a file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Options of `local`.
#[derive(clap::Args, Debug)]
pub(crate) struct Local {
    /// What to do with the server
    #[command(subcommand)]
    pub(crate) action: LocalAction,
}

/// What `local` does with the embedded server.
#[derive(Subcommand, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LocalAction {
    /// Start it, unless it runs
    Start,
    /// Stop it
    Stop,
    /// Print its URL
    Url,
    /// Stop it and remove its data
    Reset,
}

/// Options of `completions`.
#[derive(clap::Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Options of `man`.
#[derive(clap::Args, Debug)]
pub(crate) struct Man {
    /// The page of one command, such as plan
    #[arg(value_name = "COMMAND")]
    pub(crate) page: Option<String>,
}

macro_rules! choices {
    ($(#[$doc:meta] $Name:ident { $(#[$first_doc:meta])* $First:ident $(, $(#[$other_doc:meta])* $Other:ident)* })*) => {
        $(
            #[$doc]
            #[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
            pub(crate) enum $Name { #[default] $(#[$first_doc])* $First, $($(#[$other_doc])* $Other),* }
        )*
    };
}

choices! {
    /// When to colour.
    Color {
        /// On a terminal, unless NO_COLOR is set
        Auto,
        /// Always
        Always,
        /// Never
        Never
    }
    /// The forms of a plan.
    PlanFormat {
        /// For people
        Text,
        /// A script for psql
        Sql,
        /// For programs
        Json,
        /// A comment on a pull request
        Markdown
    }
    /// The forms of what `apply` tells.
    ApplyFormat {
        /// For people
        Text,
        /// For programs
        Json
    }
    /// The forms of what `check` tells.
    CheckFormat {
        /// For people
        Text,
        /// For programs
        Json,
        /// Annotations of a GitHub workflow, on the lines of the schema
        Github
    }
    /// What `check` makes of what is not verified.
    Unverified {
        /// Exit with 3
        Fail,
        /// Exit with 0
        Ok
    }
}

/// Leave for a hazard: `--allow drop-column:public.users.*`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Leave {
    /// The hazard's name, as `reconcile hazards` lists it.
    pub(crate) hazard: String,
    /// The objects it is given for; all of them when there is none.
    pub(crate) objects: Option<String>,
}

/// A psql variable: `--set NAME=VALUE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Variable {
    /// What stands behind the colon in the file.
    pub(crate) name: String,
    /// What is put in its place.
    pub(crate) value: String,
}

impl Global {
    /// What clap leaves unchecked: options that exclude each other may stand on both sides of the
    /// command, and clap looks at one side at a time.
    pub(crate) fn conflict(&self) -> Option<(&'static str, &'static str)> {
        let pairs = [
            (self.quiet && self.verbose, ("--quiet", "--verbose")),
            (self.additive && self.allow_destructive, ("--additive", "--allow-destructive")),
            (self.no_ask && self.ask_everything, ("--no-ask", "--ask-everything")),
            (self.local && self.database_url.is_some(), ("--local", "--database-url")),
        ];
        pairs.into_iter().find_map(|(both, names)| both.then_some(names))
    }
}

/// Reads `drop-column` or `drop-column:public.users.*`.
pub(crate) fn leave(text: &str) -> Result<Leave, String> {
    let (hazard, objects) = match text.split_once(':') {
        Some((hazard, objects)) => (hazard, Some(objects)),
        None => (text, None),
    };
    let word = |it: &str| !it.is_empty() && it.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if !word(hazard) || objects == Some("") {
        return Err("expected a hazard, or hazard:glob; `reconcile hazards` lists them".into());
    }
    Ok(Leave { hazard: hazard.into(), objects: objects.map(Into::into) })
}

fn variable(text: &str) -> Result<Variable, String> {
    match text.split_once('=') {
        Some((name, value)) if is_variable(name) => Ok(Variable { name: name.into(), value: value.into() }),
        Some((name, _)) => Err(format!("\"{name}\" is no name of a psql variable")),
        None => Err("expected NAME=VALUE".into()),
    }
}

/// Whether psql takes the name for a variable's.
pub(crate) fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Reads 17, 17.4 or 170004 into the server's own number.
fn server_version(text: &str) -> Result<u32, String> {
    let wrong = || "expected a version such as 17, 17.4 or 170004".to_owned();
    let number = |it: &str| it.parse::<u32>().map_err(|_| wrong());
    let version = match text.split_once('.') {
        Some((major, minor)) => number(major)?.checked_mul(10_000).zip(Some(number(minor)?)),
        None if text.len() > 3 => Some((number(text)?, 0)),
        None => number(text)?.checked_mul(10_000).zip(Some(0)),
    };
    let version = version.and_then(|(major, minor)| major.checked_add(minor)).ok_or_else(wrong)?;
    if version < 140_000 { Err("PostgreSQL 14 is the oldest version known here".into()) } else { Ok(version) }
}

/// Reads 500ms, 5s, 2min or, as the server would, a plain number of milliseconds.
fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number = text[..digits].parse::<u64>().ok();
    let unit = match text[digits..].trim() {
        "" | "ms" => Some(1),
        "s" => Some(1_000),
        "min" => Some(60_000),
        _ => None,
    };
    let millis = number.zip(unit).and_then(|(number, unit)| number.checked_mul(unit));
    // lock_timeout is an integer of the server's.
    match millis {
        Some(millis) if i32::try_from(millis).is_ok() => Ok(Duration::from_millis(millis)),
        _ => Err("expected a time such as 500ms, 5s or 2min".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn read(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_options_stand_on_either_side() {
        let args = read("reconcile --additive plan --format sql --schema a.sql --schema b").unwrap();
        assert!(args.global.additive);
        assert_eq!(args.global.schema, [PathBuf::from("a.sql"), PathBuf::from("b")]);
    }

    #[test]
    fn conflicts_are_seen_across_the_command() {
        let args = read("reconcile --additive plan --allow-destructive").unwrap();
        assert_eq!(args.global.conflict(), Some(("--additive", "--allow-destructive")));
        assert_eq!(read("reconcile plan --local").unwrap().global.conflict(), None);
    }

    #[test]
    fn values_are_read() {
        let line =
            "--allow drop-column:public.* --set on=1 --set s=a=b --lock-timeout 5s --server-version 17.4";
        let args = read(&format!("reconcile check {line}")).unwrap();
        assert_eq!(
            args.global.allow,
            [Leave { hazard: "drop-column".into(), objects: Some("public.*".into()) }]
        );
        assert_eq!(args.global.variables[1], Variable { name: "s".into(), value: "a=b".into() });
        assert_eq!(args.global.lock_timeout, Some(Duration::from_secs(5)));
        assert_eq!(args.global.server_version, Some(170_004));
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        for line in [
            "--allow drop:",
            "--set x",
            "--lock-timeout soon",
            "--lock-timeout 99999999min",
            "--server-version 9.6",
            "--server-version x.y",
        ] {
            assert!(read(&format!("reconcile plan {line}")).is_err(), "{line}");
        }
        assert_eq!(server_version("14"), Ok(140_000));
        assert_eq!(server_version("150018"), Ok(150_018));
        assert_eq!(duration("250"), Ok(Duration::from_millis(250)));
    }
}
