//! What the fuzzer begins with: the fixtures and the worked example, whole and in parts, and the words that
//! the readers themselves compare with.
//!
//! Writes files; knows nothing of what is done with them.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use model::{Facts, Name, Object, Schema};
use parse::Sources;
use sql::PieceKind;

use crate::Outcome;

/// Texts for the targets that read no schema.
const WRITTEN: &[(&str, &[&str])] = &[
    (
        "psql",
        &[
            "\\set x 1\n\\if :x\nCREATE TABLE a (b int);\n\\elif :{?y}\nSELECT 1;\n\\else\n\\endif",
            "CREATE TABLE :\"n\" (a text DEFAULT :'q', b int[] DEFAULT ARRAY[1,2][:a:2]);",
            "\\i 'a b.sql'\n\\ir c.sql\n\\restrict x\n\\echo :a\n\\unrestrict x\n\\copy t from 'f'",
            "COPY t FROM stdin;\n1\t2\n\\.\nSELECT :a \\gset\n\\! ls\n\\connect x\n\\encoding UTF8\n\\unset a",
        ],
    ),
    (
        "directive",
        &["ignore", "allow drop-column:public.t.a", "renamed from \"a b\"", "renamed from a.b", "nonsense"],
    ),
    ("secret", &["; ", "LOGIN;SUPERUSER", "IN ROLE b;VALID UNTIL now", "(;)", "WITH (slot_name = x);x"]),
    (
        "conninfo",
        &[
            "host=a port = 1 user=b~dbname=c sslmode=require",
            "postgres://u:p@h:1/d?sslmode=disable&password=x",
            "password=${env:P} user='a \\' b'",
            "~?a=b",
        ],
    ),
    (
        "dsn",
        &[
            "postgres://u:p%20@h:5432,[::1]:2/d?host=/tmp&connect_timeout=3&options=-c%20a%3Db",
            "host=a,b port=1,2 user='x y' sslmode=verify-full target_session_attrs=standby",
            "h/d?sslrootcert=/x&password=y",
            "service=s dbname=postgres://x",
        ],
    ),
    (
        "config",
        &[
            "schema: [a.sql, b]\nall_namespaces: true\nadditive: false\nallow: drop-column:public.*\n",
            "database:\n  host: h\n  port: 5432\n  user: u\n  password: ${env:PW}\n",
            "  host: h\nmanage: [grants, roles, '!table:app.*']\nignore:\n  - kind: table\n    namespace: x\n    not: true\n",
            "undeclared: {table: keep, view: drop}\nset: {a: 1, b: \"x\"}\n",
            "database: postgres://u@h/d\nundeclared: keep\n",
            "a: &x [1]\nb: *x\nc: !!str 1\nd: |\n  x\ne: >-\n  y\n",
        ],
    ),
];

/// Writes the seeds of every target and the list of words.
pub(crate) fn write(folder: &Path) -> Outcome {
    let seeds = folder.join("seeds");
    if seeds.exists() {
        fs::remove_dir_all(&seeds)?;
    }
    let mut texts = Vec::new();
    for root in ["fixtures", "schema", "crates/parse/tests"] {
        collect(Path::new(root), "sql", &mut texts)?;
    }
    let texts: Vec<String> = texts.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    for target in ["split", "file14", "file18", "psql", "plan"] {
        put(&seeds, target, texts.iter().cloned())?;
    }
    put(&seeds, "plan", pairs()?)?;
    let parts: Vec<String> = texts.iter().flat_map(|it| statements(it)).collect();
    for target in ["lex", "statement14", "statement18"] {
        put(&seeds, target, parts.iter().cloned())?;
    }
    put(&seeds, "guard", parts.iter().filter_map(|it| body(it)))?;
    let schemas: Vec<Schema> =
        texts.iter().map(|it| parse::desired(&Sources::one("seed", it.as_str()), &facts()).schema).collect();
    put(&seeds, "type", schemas.iter().flat_map(types))?;
    put(&seeds, "same", expressions(&schemas))?;
    let said = texts.iter().flat_map(|it| sql::split(it, 0).directives).map(|it| it.text);
    put(&seeds, "directive", said)?;
    for (target, texts) in WRITTEN {
        put(&seeds, target, texts.iter().map(ToString::to_string))?;
    }
    fs::write(folder.join("words.dict"), words()?)?;
    Ok(())
}

fn facts() -> Facts {
    let role = Name::new("postgres");
    let search_path = vec![Name::new("public")];
    Facts {
        major: 17,
        version_num: 170_000,
        role,
        search_path,
        superuser: true,
        offline: true,
        ..Facts::default()
    }
}

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) -> Result<(), std::io::Error> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, ending, found)?;
        } else if path.extension().is_some_and(|it| it == ending) {
            found.push(path);
        }
    }
    found.sort();
    Ok(())
}

fn put(seeds: &Path, target: &str, texts: impl IntoIterator<Item = String>) -> Outcome {
    let folder = seeds.join(target);
    fs::create_dir_all(&folder)?;
    for text in texts {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        fs::write(folder.join(format!("{:016x}", hasher.finish())), text)?;
    }
    Ok(())
}

/// Both ends of each fixture.
fn pairs() -> Result<Vec<String>, std::io::Error> {
    let mut ends = Vec::new();
    collect(Path::new("fixtures"), "sql", &mut ends)?;
    let from = ends.iter().filter(|it| it.ends_with("from.sql"));
    from.map(|it| Ok(fs::read_to_string(it)? + "~~~" + &fs::read_to_string(it.with_file_name("to.sql"))?))
        .collect()
}

fn statements(text: &str) -> Vec<String> {
    let pieces = sql::split(text, 0).pieces.into_iter().filter(|it| it.kind == PieceKind::Statement);
    pieces
        .filter_map(|it| text.get(it.span.start as usize..it.span.end as usize))
        .map(str::to_owned)
        .collect()
}

/// What stands between the dollars of a block.
fn body(statement: &str) -> Option<String> {
    statement.get(..2).filter(|it| it.eq_ignore_ascii_case("do"))?;
    let open = statement.find('$')?;
    let tag = &statement[open..=open + 1 + statement[open + 1..].find('$')?];
    let inside = statement[open + tag.len()..].strip_suffix(tag)?;
    Some(inside.trim().to_owned())
}

fn types(schema: &Schema) -> Vec<String> {
    let columns = schema.iter().filter_map(|(_, it)| match it {
        Object::Column(it) => Some(it.ty.to_string()),
        _ => None,
    });
    columns.collect()
}

/// Each expression beside the next one, and beside itself in other clothes.
fn expressions(schemas: &[Schema]) -> Vec<String> {
    let exprs = schemas.iter().flat_map(|it| it.iter()).flat_map(|(_, it)| it.exprs());
    let texts: BTreeSet<&str> = exprs.map(|it| &*it.text).filter(|it| it.len() < 300).collect();
    let texts: Vec<&str> = texts.into_iter().collect();
    let neighbours = texts.windows(2).map(|it| format!("{}~~~{}", it[0], it[1]));
    neighbours.chain(texts.iter().map(|it| format!("{it}~~~(({}))", it.to_lowercase()))).collect()
}

/// Every word that the readers' sources hold as a string, as a dictionary of libFuzzer.
fn words() -> Result<String, std::io::Error> {
    let mut sources = Vec::new();
    for folder in ["crates/parse/src", "crates/sql/src", "crates/model/src", "crates/reconcile/src/config"] {
        collect(Path::new(folder), "rs", &mut sources)?;
    }
    let mut words: BTreeSet<String> = BTreeSet::new();
    for source in sources {
        let text = fs::read_to_string(source)?;
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for line in code.lines().filter(|it| !it.trim_start().starts_with("//")) {
            words.extend(line.split('"').skip(1).step_by(2).filter(|it| is_word(it)).map(str::to_owned));
        }
    }
    let marks =
        ["$$", "$a$", "~~~", "''", "/*", "*/", "--", "\\if ", "E'", "U&'", "::", ":=", " IS NOT NULL "];
    words.extend(marks.map(str::to_owned));
    let escaped = |it: &String| format!("\"{}\"\n", it.replace('\\', "\\\\").replace('"', "\\\""));
    Ok(words.iter().map(escaped).collect())
}

fn is_word(text: &str) -> bool {
    let fits =
        |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "_ =<>!+-*/|@#%&~^()".contains(it);
    (2..=24).contains(&text.len()) && text.chars().all(fits)
}
