//! Two prints of `pg_dump -s`, made comparable line by line. Knows no law.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use reconcile::pipeline::Comparison;

use crate::live::server;

/// Lines without their final comma, sorted: the order of columns and of statements does not count. Names the
/// file leaves to the server are those it chose, or those that were there; owners count where it states one.
pub(crate) fn sorted(dump: &str, comparison: &Comparison, owners: bool) -> Vec<String> {
    let mut dump = dump.to_string();
    for (own, taken) in &comparison.adopted {
        dump = dump.replace(own.name().as_str(), taken.name().as_str());
    }
    if !owners {
        dump = without_owners(&dump);
    }
    let dump = with_parts_called_alike(&dump.replace("ALTER FOREIGN TABLE ONLY ", "ALTER TABLE ONLY "));
    let noise = |it: &str| it.trim_start().starts_with("SEQUENCE NAME");
    let dump = Dump { lines: dump.lines().collect() };
    let (again, defaults) = (dump.said_again(), dump.own_defaults());
    let lines = dump.lines.iter().enumerate().filter(|(at, it)| !again.contains(at) && !noise(it));
    let lines = lines.filter_map(|(at, it)| defaults.get(&at).map_or(Some(*it), |it| it.as_deref()));
    let lines = lines.map(canonical);
    let mut lines: Vec<String> = lines.chain(dump.own_not_nulls()).collect();
    lines.sort();
    lines
}

/// A print, which is asked about lines by their places.
struct Dump<'a> {
    lines: Vec<&'a str>,
}

/// How a statement about a column of a table begins.
fn of_column(table: &str) -> String {
    format!("ALTER TABLE ONLY {table} ALTER COLUMN ")
}

/// How the definition of a table begins.
const KINDS: [&str; 3] = ["CREATE TABLE ", "CREATE UNLOGGED TABLE ", "CREATE FOREIGN TABLE "];

impl<'a> Dump<'a> {
    /// The lines that say of a child what is said of its parent: no statement changes whether a table that is
    /// there declares a column or a check besides its parent.
    fn said_again(&self) -> HashSet<usize> {
        self.tables().flat_map(|it| self.again(it)).collect()
    }

    fn tables(&self) -> impl Iterator<Item = &'a str> {
        let named = |line: &&'a str| KINDS.iter().find_map(|it| line.strip_prefix(it)?.strip_suffix(" ("));
        self.lines.iter().filter_map(named)
    }

    fn again(&self, table: &str) -> Vec<usize> {
        let lineage = self.lineage(table);
        let above: HashSet<String> = lineage.iter().flat_map(|it| self.told(it)).collect();
        let later: HashSet<&str> =
            lineage.iter().flat_map(|it| self.added(it)).map(|at| self.lines[at]).collect();
        let given = self.not_nulls_above(&lineage);
        let own = self.body(table).filter(|at| {
            above.contains(&self.said(*at)) || self.is_alone(*at) && given.contains(self.column(*at))
        });
        let added = self.added(table).into_iter().filter(|at| later.contains(self.lines[*at]));
        let added = added.flat_map(|at| [at - 1, at]);
        let targets = self.targets(table, &lineage);
        own.chain(added).chain(self.defaults(table, &lineage, &above)).chain(targets).collect()
    }

    /// The statistics targets of columns that are those above: the server tells them to who is there.
    fn targets(&self, table: &str, lineage: &[&str]) -> Vec<usize> {
        let own = of_column(table);
        let is_above = |line: &str| {
            let told = line.starts_with(&own) && line.contains(" SET STATISTICS ");
            told && [lineage, &self.whole(table)].iter().any(|it| self.is_of_any(line, table, it))
        };
        (0..self.lines.len()).filter(|at| is_above(self.lines[*at])).collect()
    }

    /// The lines that say of a child's column what its parent says, but for the default: the statement that says no
    /// more than that; nothing if the parent's default is said by one too.
    fn own_defaults(&self) -> HashMap<usize, Option<String>> {
        self.tables().flat_map(|it| self.defaults_of(it)).collect()
    }

    /// The NOT NULLs in lines of children that say again what their parents say, but for those, as they are said alone.
    fn own_not_nulls(&self) -> Vec<String> {
        let of = |table: &'a str| {
            let lineage = self.lineage(table);
            let given = self.not_nulls_above(&lineage);
            let said: HashSet<String> = lineage.iter().flat_map(|it| self.told(it)).map(plain).collect();
            let takes = |at: usize| self.is_not_null(at).then(|| self.column(at));
            let own = self.body(table).filter(|at| said.contains(&plain(self.said(*at))));
            let own = own.filter_map(takes).filter(|it| !given.contains(it)).map(|it| not_null(table, it));
            own.collect::<Vec<_>>()
        };
        self.tables().flat_map(of).collect()
    }

    /// The columns that take no NULL in tables above.
    fn not_nulls_above(&self, lineage: &[&str]) -> HashSet<&'a str> {
        let above = lineage.iter().flat_map(|it| self.body(it).chain(self.added(it)));
        above.filter(|at| self.is_not_null(*at)).map(|at| self.column(at)).collect()
    }

    /// Whether a line says of a column from above that it takes no NULL, and nothing else.
    fn is_alone(&self, at: usize) -> bool {
        canonical(self.lines[at]).trim_start().starts_with("NOT NULL ")
    }

    fn is_not_null(&self, at: usize) -> bool {
        canonical(self.lines[at]).contains(" NOT NULL")
    }

    /// The column that a line is about.
    fn column(&self, at: usize) -> &'a str {
        let line = self.lines[at].trim_start();
        let alone = line.strip_prefix("NOT NULL ");
        let named = || line.strip_prefix("ADD ").unwrap_or(line).strip_prefix("CONSTRAINT ");
        let added = || named()?.split_once(" NOT NULL ").map(|it| it.1);
        let column = alone.or_else(added).unwrap_or(line).trim_end_matches([',', ';']);
        column.split(' ').next().unwrap_or(column)
    }

    fn defaults_of(&self, table: &str) -> Vec<(usize, Option<String>)> {
        let said: HashSet<String> = self.lineage(table).iter().flat_map(|it| self.told(it)).collect();
        let above: HashSet<String> = said.iter().cloned().map(plain).collect();
        let one = |at: usize| {
            let line = self.said(at);
            let (column, value) = line.split_once(" DEFAULT ").filter(|(it, _)| above.contains(*it))?;
            let (name, value) = (column.trim().split(' ').next()?, value.split(" COLLATE ").next()?);
            let line = format!("{}{name} SET DEFAULT {value}", of_column(table));
            let is_above = self.is_of_any(&format!("{line};"), table, &self.lineage(table));
            Some((at, (!is_above).then_some(line)))
        };
        self.body(table).filter_map(one).collect()
    }

    /// What the lines of a parent say that those of a child may say again.
    fn told(&self, parent: &str) -> Vec<String> {
        let said: Vec<String> = self.body(parent).map(|at| self.said(at)).collect();
        // The child's line leaves out what its parent computes the column from.
        let plain = said.iter().filter_map(|it| it.split_once(" GENERATED ALWAYS AS ("));
        let plain: Vec<String> = plain.map(|it| it.0.to_owned()).collect();
        // A child may have looked through its rows where its parent has not.
        let valid = |at: usize| {
            let added = canonical(self.lines[at]).replacen("ADD ", "", 1);
            added.trim_end_matches(" NOT VALID").to_owned()
        };
        said.into_iter().chain(plain).chain(self.added(parent).into_iter().map(valid)).collect()
    }

    /// The statements that give columns of a table the default they have from above: a column that is the
    /// parent's alone has no line to say it in.
    fn defaults(&self, table: &str, lineage: &[&str], above: &HashSet<String>) -> Vec<usize> {
        let own = of_column(table);
        let is_above = |line: &&str| {
            let said = line.strip_prefix(&own).and_then(|it| it.split_once(" SET DEFAULT "));
            said.is_some_and(|(column, value)| {
                if self.is_of_any(line, table, lineage) {
                    return true;
                }
                let value = format!(" DEFAULT {}", value.trim_end_matches(';'));
                let given = |it: &str| it.split(" COLLATE ").next().is_some_and(|it| it.ends_with(&value));
                above.iter().any(|it| it.trim_start().starts_with(column) && given(it))
            })
        };
        (0..self.lines.len()).filter(|at| is_above(&self.lines[*at])).collect()
    }

    /// Whether what is said of a table's column is said of that of another one too.
    fn is_of_any(&self, line: &str, table: &str, others: &[&str]) -> bool {
        let of = |it: &&str| line.replacen(&of_column(table), &of_column(it), 1);
        others.iter().any(|it| self.lines.contains(&&*of(it)))
    }

    /// The tables that a table is a partition of, all levels up.
    fn whole(&self, table: &str) -> Vec<&'a str> {
        let above = |table: &str| {
            let attach = format!(" ATTACH PARTITION {table} ");
            let at = self.lines.iter().find_map(|it| it.split_once(&attach))?;
            at.0.strip_prefix("ALTER TABLE ONLY ")
        };
        std::iter::successors(above(table), |it| above(it)).collect()
    }

    /// Where the columns and checks of a table stand.
    fn body(&self, table: &str) -> Range<usize> {
        let heads = KINDS.map(|it| format!("{it}{table} ("));
        let Some(at) = self.lines.iter().position(|it| heads.iter().any(|head| it == head)) else {
            return 0..0;
        };
        let end = self.lines[at..].iter().position(|it| it.starts_with(')'));
        at + 1..at + end.unwrap_or(1)
    }

    /// Checks that are not valid, which are added later.
    fn added(&self, table: &str) -> Vec<usize> {
        let alter = format!("ALTER TABLE {table}");
        let adds =
            |at: &usize| self.lines[at - 1] == alter && self.lines[*at].starts_with("    ADD CONSTRAINT ");
        (1..self.lines.len()).filter(adds).collect()
    }

    /// The tables above a table, all levels up.
    fn lineage(&self, table: &str) -> Vec<&'a str> {
        let mut all = self.parents(table);
        let mut at = 0;
        while let Some(table) = all.get(at) {
            let above = self.parents(table);
            all.extend(above);
            at += 1;
        }
        all
    }

    fn parents(&self, table: &str) -> Vec<&'a str> {
        let heads = self.lines.get(self.body(table).end + 1).and_then(|it| it.strip_prefix("INHERITS ("));
        let heads = heads.and_then(|it| it.split(')').next()).into_iter();
        heads.flat_map(|it| it.split(", ")).collect()
    }

    /// Before 18 the child's line leaves out the NOT NULL that its parent has, in front of a collation.
    fn said(&self, at: usize) -> String {
        canonical(self.lines[at]).replacen(" NOT NULL", "", 1).replacen(" NO INHERIT", "", 1)
    }
}

/// A column's line without its default.
fn plain(line: String) -> String {
    line.split(" DEFAULT ").next().map(str::to_owned).unwrap_or(line)
}

/// How `pg_dump` says of a column from above that it takes no NULL.
fn not_null(table: &str, column: &str) -> String {
    match server().install().major {
        18.. => format!("    NOT NULL {column}"),
        _ => format!("{}{column} SET NOT NULL", of_column(table)),
    }
}

/// The names of parts of indexes and keys are not compared: they are called by what they are parts of, and whose.
fn with_parts_called_alike(dump: &str) -> String {
    let attached = |it: &str| {
        let (above, part) =
            it.trim_end_matches(';').strip_prefix("ALTER INDEX ")?.split_once(" ATTACH PARTITION ")?;
        Some((part.to_owned(), above.to_owned()))
    };
    let above: HashMap<String, String> = dump.lines().filter_map(attached).collect();
    let (mut altered, mut of) = ("", HashMap::new());
    let lines = dump.lines().map(|line| {
        altered = line.strip_prefix("ALTER TABLE ONLY ").unwrap_or(altered);
        let (name, table) = defined(line, altered)?;
        let name = format!("{}.{name}", table.split('.').next()?);
        of.insert(name.clone(), table);
        Some(name)
    });
    let defined: Vec<Option<String>> = lines.collect();
    let called = |part: &str| {
        let top = std::iter::successors(above.get(part), |it| above.get(*it)).last()?;
        Some(format!("{top} in {}", of.get(part)?))
    };
    let word = |it: &str| called(it).unwrap_or_else(|| it.to_owned());
    let line = |(line, name): (&str, &Option<String>)| match (attached(line), name.as_deref()) {
        (Some((part, above)), _) => format!("ALTER INDEX {} ATTACH PARTITION {};", word(&above), word(&part)),
        (None, Some(name)) => match called(name) {
            Some(called) => line.replacen(name.split_once('.').map_or(name, |it| it.1), &called, 1),
            None => line.to_owned(),
        },
        (None, None) => line.split(' ').map(word).collect::<Vec<_>>().join(" "),
    };
    dump.lines().zip(&defined).map(line).collect::<Vec<_>>().join("\n")
}

/// The index or key that a line defines, and the table it is of.
fn defined<'a>(line: &'a str, altered: &'a str) -> Option<(&'a str, &'a str)> {
    if let Some(key) = line.strip_prefix("    ADD CONSTRAINT ") {
        // A name in quotes may hold spaces.
        let end = key.find(if key.starts_with('"') { "\" " } else { " " })?;
        return Some((key[..=end].trim_end(), altered));
    }
    let (index, rest) = line.strip_prefix("CREATE ")?.split_once("INDEX ")?.1.split_once(" ON ")?;
    Some((index, rest.trim_start_matches("ONLY ").split(" USING ").next()?))
}

/// Whole statements are left out: a name may hold a line break.
fn without_owners(dump: &str) -> String {
    let pieces = sql::split(dump, 0).pieces;
    let slices = pieces.iter().map(|it| &dump[it.span.start as usize..it.span.end as usize]);
    slices
        .filter(|it| !(it.starts_with("ALTER ") && it.contains(" OWNER TO ")))
        .map(|it| format!("{it};\n"))
        .collect()
}

/// A line without the name of the NOT NULL constraint in it.
fn without_not_null_name(line: &str) -> String {
    let Some((before, named)) = line.split_once(" CONSTRAINT ") else { return line.to_owned() };
    // A name in quotes may hold spaces.
    let end = match named.strip_prefix('"') {
        Some(quoted) => quoted.find("\" NOT NULL").map(|it| it + 2),
        None => named.find(' '),
    };
    match end.map(|it| &named[it..]).filter(|it| it.starts_with(" NOT ")) {
        Some(rest) => format!("{before}{rest}"),
        None => line.to_owned(),
    }
}

/// A line without what is not compared: the name of a NOT NULL constraint, the order of storage parameters,
/// where in a list of strings the cast stands.
fn canonical(line: &str) -> String {
    let line = &without_not_null_name(line.trim_end_matches([',', ';']));
    let mut kept: Vec<&str> = line.split(' ').collect();
    // What the server prints of IN over another type it reads back as another print, of the same meaning.
    if line.contains("= ANY (") {
        let pieces = line.split(['(', ')', ':', ' ', ',', '[', ']']);
        kept = pieces.filter(|it| !matches!(*it, "" | "text")).collect();
    }
    // The columns of statistics stand in the table's order.
    if line.contains(" WITH (") || line.starts_with("CREATE STATISTICS") {
        kept = line.split([' ', '(', ')', ',']).collect();
        kept.sort_unstable();
    }
    kept.join(" ")
}
