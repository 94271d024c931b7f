//! A schema as a file in the idempotent style, which reads back as that schema.
//!
//! It does not know how kinds are created; the planner does, from an empty database.

use diff::Pair;
use model::{Facts, Kind, Object, ObjectId, Schema};
use plan::{Step, Verb};

/// What the file begins with: every name in it is qualified, and bodies are not looked into when loaded.
const HEAD: &str = "-- The whole schema. Safe to run any number of times.\n\
    SET search_path = pg_catalog;\nSET check_function_bodies = false;\n";

/// The whole of a live schema as a script that may be run any number of times.
pub fn script(live: &Schema, facts: &Facts) -> String {
    let steps = steps(live, facts);
    steps.iter().fold(HEAD.to_owned(), |text, step| text + "\n" + &again(step) + "\n")
}

/// The steps from an empty database to this one.
fn steps(live: &Schema, facts: &Facts) -> Vec<Step> {
    let (mut empty, mut desired) = (Schema::default(), live.clone());
    desired.retain(|id, object| !is_implied(id, object, facts));
    // A comment on it counts only where the file has it.
    let spoken_of = |id: &ObjectId| id.kind == Kind::Extension && live.contains(&Kind::Comment.on(id));
    for (id, object) in live.iter().filter(|(id, _)| is_given(id) && !spoken_of(id)) {
        empty.insert(id.clone(), object.clone());
    }
    built(Pair { actual: &empty, desired: &desired }, facts)
}

/// The steps that build one schema upon another.
pub(crate) fn built(pair: Pair<'_>, facts: &Facts) -> Vec<Step> {
    let options = plan::Options { allow_destructive: true, ..plan::Options::default() };
    plan::plan(plan::Request::between(pair, facts, &options)).steps
}

/// What every database has, and the roles, which belong to the server.
pub(crate) fn is_given(id: &ObjectId) -> bool {
    match id.kind {
        Kind::Role | Kind::Membership | Kind::RoleSetting => true,
        Kind::Namespace => id.name().as_str() == "public",
        Kind::Extension => id.name().as_str() == "plpgsql",
        _ => false,
    }
}

/// What goes without saying: owners that are whoever runs the file.
fn is_implied(id: &ObjectId, object: &Object, facts: &Facts) -> bool {
    let given = id.target().is_some_and(is_given);
    match object {
        Object::Owner(owner) => given || owner.role == facts.role,
        _ => false,
    }
}

/// The step as a statement that may be run again.
fn again(step: &Step) -> String {
    let sql = &step.sql;
    if step.id.kind == Kind::OperatorFamily {
        return guarded(sql);
    }
    if step.verb != Verb::Create || step.id.kind.meta().satellite {
        return format!("{sql};");
    }
    match step.id.kind {
        Kind::Namespace
        | Kind::Extension
        | Kind::Table
        | Kind::Sequence
        | Kind::Index
        | Kind::Statistics
        | Kind::Server
        | Kind::UserMapping
        | Kind::MaterializedView => {
            let word = format!("{} ", step.id.kind.meta().sql);
            format!("{};", sql.replacen(&word, &format!("{word}IF NOT EXISTS "), 1))
        }
        Kind::Function | Kind::Procedure | Kind::View if sql.starts_with("CREATE OR REPLACE") => {
            format!("{sql};")
        }
        Kind::Function | Kind::Procedure | Kind::View | Kind::Rule => {
            format!("CREATE OR REPLACE{};", &sql["CREATE".len()..])
        }
        Kind::Policy | Kind::Trigger => {
            let (word, address) = (step.id.kind.meta().sql, step.id.address());
            format!("DROP {word} IF EXISTS {address};\n{sql};")
        }
        Kind::Default | Kind::NotNull | Kind::DefaultPrivilege => format!("{sql};"),
        _ => guarded(sql),
    }
}

fn guarded(sql: &str) -> String {
    let mut tag = "$guard$".to_owned();
    while sql.contains(&tag) {
        tag.insert(1, '_');
    }
    format!(
        "DO {tag}\nBEGIN\n  {sql};\nEXCEPTION WHEN duplicate_object OR duplicate_table OR duplicate_function OR invalid_table_definition OR unique_violation THEN NULL;\nEND\n{tag};"
    )
}
