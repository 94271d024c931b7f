//! `reconcile.yaml`: what a team writes down once instead of on every command line.
//! It does not know which kinds or hazards there are, nor which source names the target in the end.

mod raw;
#[cfg(test)]
mod tests;

use crate::args::{self, Leave, Variable};
use crate::problem::{Problem, is_placeholder};
use crate::target::dsn;
use crate::target::params::{self, Params};
use raw::{Fate, OneOrMany, Raw, RawDatabase, RawLongRule, RawRule, RawUndeclared};
use serde_yaml::Spanned;
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The name of the file that is read where no other is named.
pub(crate) const FILE: &str = "reconcile.yaml";

/// The configuration, checked as far as it can be without a server.
#[derive(Clone, Default, Debug)]
pub(crate) struct Config {
    /// The file it was read from; none when there is none.
    pub(crate) file: Option<ConfigFile>,
    /// The master schema: files and folders, relative to the folder of `reconcile.yaml`.
    pub(crate) schema: Vec<PathBuf>,
    /// The database, where the command line and `DATABASE_URL` name none.
    pub(crate) database: Option<Database>,
    /// Manage every namespace but the system's and those of extensions, as `--all-namespaces`.
    pub(crate) all_namespaces: bool,
    /// Plan additions alone, as `--additive`.
    pub(crate) additive: bool,
    /// Leave for hazards, as `--allow`, each with its place.
    pub(crate) allow: Vec<Located<Leave>>,
    /// What is managed though the schema's text alone would not make it so: `grants`, `roles`, objects by name.
    pub(crate) manage: Vec<Rule>,
    /// What is left alone. The last rule that matches an object decides.
    pub(crate) ignore: Vec<Rule>,
    /// What becomes of objects in a managed namespace that the schema does not declare.
    pub(crate) undeclared: Undeclared,
    /// psql variables of the schema, as `--set`.
    pub(crate) set: Vec<Variable>,
}

/// A value of the file and where it stands, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Range<usize>,
}

/// The file, kept to point into it.
#[derive(Clone)]
pub(crate) struct ConfigFile {
    pub(crate) path: PathBuf,
    text: String,
}

/// One rule of `manage:` or `ignore:`. Written as a mapping, or in short as
/// `[!][kind:][namespace.]name`, where a lone word is a kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    /// The kind, as messages name it; `*` is all of them.
    pub(crate) kind: String,
    /// A glob over the names of namespaces.
    pub(crate) namespace: String,
    /// A glob over the names of objects.
    pub(crate) name: String,
    /// The rule takes back what an earlier one of its list said.
    pub(crate) negate: bool,
    /// Where it stands in the file, in bytes.
    pub(crate) span: Range<usize>,
}

/// What becomes of what the schema does not declare.
#[derive(Clone, Default, Debug)]
pub(crate) struct Undeclared {
    /// `undeclared: keep`: nothing undeclared is drift.
    pub(crate) keep_all: bool,
    /// `undeclared: {table: keep}`: by kind, true is keep.
    pub(crate) kinds: BTreeMap<String, Located<bool>>,
}

/// The database of the file: parameters of libpq, each with its place. Their values may be placeholders.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    /// The parameters, with `${env:NAME}` and `${file:PATH}` unresolved.
    pub(crate) params: Params,
    /// The place of each parameter; of the URL, where it gave them.
    pub(crate) spans: BTreeMap<&'static str, Range<usize>>,
    /// `url: ${env:NAME}`: the whole of it stands elsewhere.
    pub(crate) url: Option<Located<String>>,
}

impl Config {
    /// Reads the file that `--config` names, else `reconcile.yaml` in this folder, else nothing.
    pub(crate) fn load(named: Option<&Path>) -> Result<Config, Problem> {
        let path = named.unwrap_or(Path::new(FILE));
        match std::fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Config::read(path, text),
                Err(_) => Err(Problem::new(format!("{} is not UTF-8", path.display()))),
            },
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(Config::default()),
            Err(error) => Err(Problem::new(format!("cannot read {}: {error}", path.display()))),
        }
    }

    /// Makes sense of the file's text.
    pub(crate) fn read(path: &Path, text: String) -> Result<Config, Problem> {
        let file = ConfigFile { path: path.to_owned(), text };
        let options = serde_yaml::options! { with_snippet: false };
        let raw: Option<Raw> =
            serde_yaml::from_str_with_options(&file.text, options).map_err(|it| file.syntax(&it))?;
        let raw = raw.unwrap_or_default();
        let folder = path.parent().unwrap_or(Path::new(""));
        let database = raw.database.map(|it| file.database(it)).transpose()?;
        let allow = items(raw.allow).into_iter().map(|it| file.allow(it)).collect::<Result<_, _>>()?;
        let manage = items(raw.manage).into_iter().map(|it| file.rule(it)).collect::<Result<_, _>>()?;
        let ignore = items(raw.ignore).into_iter().map(|it| file.rule(it)).collect::<Result<_, _>>()?;
        let set =
            raw.set.into_iter().map(|(name, value)| file.variable(name, value)).collect::<Result<_, _>>()?;
        Ok(Config {
            schema: items(raw.schema).into_iter().map(|it| folder.join(it.value)).collect(),
            database,
            all_namespaces: raw.all_namespaces,
            additive: raw.additive,
            allow,
            manage,
            ignore,
            undeclared: raw.undeclared.map(|it| file.undeclared(it)).unwrap_or_default(),
            set,
            file: Some(file),
        })
    }

    /// A problem with something in the file.
    pub(crate) fn problem(&self, span: &Range<usize>, message: impl Into<String>) -> Problem {
        match &self.file {
            Some(file) => file.problem(span.clone(), message),
            None => Problem::new(message),
        }
    }

    /// The rules in the order in which they count, each with whether it makes an object ignored. The last one
    /// that matches an object decides, so `manage:` takes back what `ignore:` said.
    pub(crate) fn rules(&self) -> impl Iterator<Item = (bool, &Rule)> {
        let ignore = self.ignore.iter().map(|it| (!it.negate, it));
        ignore.chain(self.manage.iter().map(|it| (it.negate, it)))
    }

    /// Refuses kinds that there are none of: a misspelt one would silently match nothing.
    pub(crate) fn check_kinds(&self, known: impl Fn(&str) -> bool) -> Result<(), Problem> {
        let rules = self.rules().map(|(_, it)| (&it.kind, &it.span));
        let kept = self.undeclared.kinds.iter().map(|(kind, it)| (kind, &it.span));
        match rules.chain(kept).find(|(kind, _)| *kind != "*" && !known(kind)) {
            Some((kind, span)) => Err(self.problem(span, format!("there is no kind \"{kind}\""))),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl ConfigFile {
    fn problem(&self, span: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::new(message).at(&self.path.display().to_string(), &self.text, span)
    }

    fn syntax(&self, error: &serde_yaml::Error) -> Problem {
        let text = error.render_with_formatter(&serde_yaml::UserMessageFormatter);
        // The place is told by the source below the message.
        let message =
            text.split(" at line ").next().unwrap_or(&text).trim_start_matches("error: ").to_owned();
        match error.location().map(span) {
            Some(span) => self.problem(span, message),
            None => Problem::new(format!("{}: {message}", self.path.display())),
        }
    }

    fn database(&self, raw: Spanned<RawDatabase>) -> Result<Database, Problem> {
        let whole = span(raw.referenced);
        let mut database = Database { params: Params::default(), spans: BTreeMap::new(), url: None };
        let pairs = match raw.value {
            RawDatabase::Url(url) => return self.url(url, whole, database),
            RawDatabase::Params(pairs) => pairs,
        };
        for (name, value) in pairs {
            let at = span(value.referenced);
            if name.value == "url" {
                database = self.url(value.value, at, database)?;
                continue;
            }
            let Some(param) = params::find(&name.value) else {
                let problem = self.problem(
                    span(name.referenced),
                    format!("there is no connection parameter \"{}\"", name.value),
                );
                return Err(match params::similar(&name.value) {
                    Some(near) => problem.help(format!("Did you mean {near}?")),
                    None => problem.help("The parameters are url, and those of libpq, as psql takes them."),
                });
            };
            if database.spans.contains_key(param.name) || database.url.is_some() {
                return Err(self.problem(at, format!("{} is also set by the url", param.name)));
            }
            database.params.set(param.name, value.value, "the file")?;
            database.spans.insert(param.name, at);
        }
        self.no_literal_password(&database)?;
        Ok(database)
    }

    /// The parameters of a URL, each standing where the URL stands.
    fn url(&self, url: String, at: Range<usize>, mut database: Database) -> Result<Database, Problem> {
        if is_placeholder(&url) && database.spans.is_empty() {
            database.url = Some(Located { value: url.trim().to_owned(), span: at });
            return Ok(database);
        }
        let read = dsn::read(&url, "url").map_err(|it| self.problem(at.clone(), it.to_string()))?;
        for (name, value) in read.iter() {
            if let Some(earlier) = database.spans.insert(name, at.clone()) {
                return Err(self.problem(earlier, format!("{name} is also set by the url")));
            }
            database.params.set(name, value, "url")?;
        }
        self.no_literal_password(&database)?;
        Ok(database)
    }

    fn no_literal_password(&self, database: &Database) -> Result<(), Problem> {
        for name in ["password", "sslpassword"] {
            if database.params.get(name).is_some_and(|it| !is_placeholder(it)) {
                let at = database.spans.get(name).cloned().unwrap_or_default();
                let problem = self.problem(at, format!("a {name} must not stand in the configuration"));
                return Err(problem.help("Write ${env:NAME} or ${file:PATH}, or keep it in ~/.pgpass."));
            }
        }
        Ok(())
    }

    fn allow(&self, raw: Located<String>) -> Result<Located<Leave>, Problem> {
        let span = raw.span;
        match args::leave(&raw.value) {
            Ok(value) => Ok(Located { value, span }),
            Err(message) => Err(self.problem(span, message)),
        }
    }

    fn rule(&self, raw: Located<RawRule>) -> Result<Rule, Problem> {
        let span = raw.span;
        match raw.value {
            RawRule::Short(text) => short_rule(&text, span.clone()).ok_or_else(|| {
                self.problem(span, "expected [!][kind:][namespace.]name, with * and ? in the names")
            }),
            RawRule::Long(RawLongRule { kind: None, namespace: None, name: None, .. }) => {
                Err(self.problem(span, "a rule needs a kind, a namespace or a name"))
            }
            RawRule::Long(RawLongRule { kind, namespace, name, not }) => {
                let any = |it: Option<String>| it.unwrap_or_else(|| "*".into());
                Ok(Rule { kind: any(kind), namespace: any(namespace), name: any(name), negate: not, span })
            }
        }
    }

    fn undeclared(&self, raw: RawUndeclared) -> Undeclared {
        match raw {
            RawUndeclared::All(fate) => Undeclared { keep_all: fate == Fate::Keep, kinds: BTreeMap::new() },
            RawUndeclared::Kinds(kinds) => {
                let located = |fate: Spanned<Fate>| Located {
                    value: fate.value == Fate::Keep,
                    span: span(fate.referenced),
                };
                Undeclared {
                    keep_all: false,
                    kinds: kinds.into_iter().map(|(kind, fate)| (kind, located(fate))).collect(),
                }
            }
        }
    }

    fn variable(&self, name: String, value: Spanned<String>) -> Result<Variable, Problem> {
        if args::is_variable(&name) {
            return Ok(Variable { name, value: value.value });
        }
        Err(self.problem(span(value.referenced), format!("\"{name}\" is no name of a psql variable")))
    }
}

fn short_rule(text: &str, span: Range<usize>) -> Option<Rule> {
    let (negate, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let (kind, names) = match rest.split_once(':') {
        Some((kind, names)) => (kind, names),
        None if rest.contains(['.', '*', '?']) => ("*", rest),
        None => (rest, ""),
    };
    let (namespace, name) = names.split_once('.').unwrap_or(("*", names));
    let word = |it: &str| if it.is_empty() { "*".to_owned() } else { it.to_owned() };
    let empty = rest.is_empty() || kind.is_empty();
    (!empty).then(|| Rule { kind: word(kind), namespace: word(namespace), name: word(name), negate, span })
}

fn items<T>(list: Option<Spanned<OneOrMany<T>>>) -> Vec<Located<T>> {
    let Some(list) = list else { return Vec::new() };
    let whole = span(list.referenced);
    match list.value {
        OneOrMany::One(value) => vec![Located { value, span: whole }],
        OneOrMany::Many(values) => {
            values.into_iter().map(|it| Located { span: span(it.referenced), value: it.value }).collect()
        }
    }
}

fn span(location: serde_yaml::Location) -> Range<usize> {
    let number = |it: Option<u64>| it.and_then(|it| usize::try_from(it).ok()).unwrap_or_default();
    let start = number(location.span().byte_offset());
    start..start + number(location.span().byte_len()).max(1)
}
