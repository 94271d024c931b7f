//! Statements that give objects the names a directive asks for, before all else. Containers come first,
//! so that parts are addressed where they then are; a ring goes through a temporary name.

use std::collections::HashSet;

use model::{Kind, Name, ObjectId, Path, QualName, literal};

use super::swap;
use super::text::subject;
use crate::draft::Draft;
use crate::{Mode, Step, Why};

/// The renames as steps, in an order in which no name is taken twice.
pub(crate) fn renames(pairs: &[(ObjectId, ObjectId)]) -> Vec<Step> {
    let mut steps = Vec::new();
    for depth in 0..=2 {
        let mut left: Vec<(ObjectId, ObjectId)> = pairs
            .iter()
            .filter(|(from, _)| self::depth(from) == depth)
            .map(|(from, to)| (moved(from, to, pairs), to.clone()))
            .filter(|(from, to)| from != to)
            .collect();
        left.sort();
        while !left.is_empty() {
            let taken: HashSet<String> = left.iter().map(|(from, _)| place(from)).collect();
            let free =
                left.iter().position(|(from, to)| !taken.contains(&place(to)) || place(from) == place(to));
            match free {
                Some(at) => {
                    let (from, to) = left.remove(at);
                    steps.extend(rename(&from, &to));
                }
                None => {
                    let aside = aside(&left[0].0);
                    steps.extend(rename(&left[0].0, &aside));
                    left[0].0 = aside;
                }
            }
        }
    }
    steps
}

/// The renamed enum labels as steps.
pub(crate) fn relabels(labels: &[(ObjectId, String, String)]) -> Vec<Step> {
    let step = |(id, old, new): &(ObjectId, String, String)| {
        let sql = format!("ALTER TYPE {} RENAME VALUE {} TO {}", id.address(), literal(old), literal(new));
        Draft::rename(id, sql).changed("labels", old, new).step
    };
    labels.iter().map(step).collect()
}

/// Namespaces, then what stands in them, then parts of that.
fn depth(id: &ObjectId) -> u8 {
    match &id.path {
        Path::Root(_) | Path::Keys(_) => 0,
        Path::In(_) | Path::Routine(..) => 1,
        Path::Of(..) | Path::On(_) | Path::To(..) => 2,
    }
}

/// Where an object is once what contains it has its new name.
fn moved(from: &ObjectId, to: &ObjectId, pairs: &[(ObjectId, ObjectId)]) -> ObjectId {
    let new_namespace = |old: &Name| {
        let mut roots = pairs.iter().filter(|(from, _)| from.kind == Kind::Namespace);
        roots.find(|(from, _)| from.name() == old).map_or_else(|| old.clone(), |(_, to)| to.name().clone())
    };
    let within = |it: &QualName| it.name.clone().within(new_namespace(&it.namespace));
    let path = match (&from.path, &to.path) {
        (Path::In(it), _) => Path::In(within(it)),
        (Path::Routine(it, _), Path::Routine(_, types)) => Path::Routine(within(it), types.clone()),
        (Path::Of(_, name), Path::Of(relation, _)) => Path::Of(relation.clone(), name.clone()),
        (path, _) => path.clone(),
    };
    ObjectId { kind: from.kind, path }
}

/// What two objects cannot both be called: the kind counts only where kinds have names of their own.
fn place(id: &ObjectId) -> String {
    let space = match id.kind {
        Kind::Table | Kind::View | Kind::MaterializedView | Kind::Sequence | Kind::Index => "relation",
        Kind::Enum | Kind::Domain | Kind::Composite | Kind::Range | Kind::Shell => "type",
        Kind::Constraint | Kind::ForeignKey => "constraint",
        Kind::Function | Kind::Procedure | Kind::Aggregate => "routine",
        kind => kind.meta().noun,
    };
    format!("{space} {}", id.address())
}

fn aside(id: &ObjectId) -> ObjectId {
    let short = |name: &Name| swap::aside(&name.clone().within(Name::default())).name;
    let path = match &id.path {
        Path::Root(name) => Path::Root(short(name)),
        Path::In(it) => Path::In(swap::aside(it)),
        Path::Routine(it, types) => Path::Routine(swap::aside(it), types.clone()),
        Path::Of(relation, name) => Path::Of(relation.clone(), short(name)),
        path => path.clone(),
    };
    ObjectId { kind: id.kind, path }
}

fn rename(from: &ObjectId, to: &ObjectId) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = from.clone();
    if let (Path::In(old) | Path::Routine(old, _), Path::In(new) | Path::Routine(new, _)) =
        (&from.path, &to.path)
        && old.namespace != new.namespace
    {
        let there = old.name.clone().within(new.namespace.clone());
        let path = match &from.path {
            Path::Routine(_, types) => Path::Routine(there, types.clone()),
            _ => Path::In(there),
        };
        let next = ObjectId { kind: from.kind, path };
        let sql = format!("ALTER {} SET SCHEMA {}", subject(from), new.namespace);
        let undo = format!("ALTER {} SET SCHEMA {}", subject(&next), old.namespace);
        steps.push(locked(Draft::rename(to, sql), from).undo(undo));
        at = next;
    }
    if at.name() != to.name() {
        let back = rename_sql(to, at.name());
        steps.push(locked(Draft::rename(to, rename_sql(&at, to.name())), &at).undo(back));
    }
    steps.into_iter().map(|it| it.why(Why::Renamed { from: from.clone() }).step).collect()
}

/// Of an index and of what stands alone, no table is locked.
fn locked(draft: Draft, id: &ObjectId) -> Draft {
    let relation = match id.kind {
        Kind::Table | Kind::View | Kind::MaterializedView => id.qual_name(),
        Kind::DomainConstraint => None,
        _ => id.relation(),
    };
    relation.into_iter().fold(draft, |draft, it| draft.lock(Mode::AccessExclusive, it))
}

/// The statement that gives an object another name where it is.
fn rename_sql(id: &ObjectId, to: &Name) -> String {
    let (name, table) = (id.name(), id.relation().map(ToString::to_string).unwrap_or_default());
    match id.kind {
        Kind::Column => format!("ALTER TABLE {table} RENAME COLUMN {name} TO {to}"),
        Kind::Constraint | Kind::ForeignKey => {
            format!("ALTER TABLE {table} RENAME CONSTRAINT {name} TO {to}")
        }
        Kind::DomainConstraint => format!("ALTER DOMAIN {table} RENAME CONSTRAINT {name} TO {to}"),
        _ => format!("ALTER {} RENAME TO {to}", subject(id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> ObjectId {
        Kind::Table.named(&QualName::new("public", name))
    }

    fn sql(pairs: &[(ObjectId, ObjectId)]) -> Vec<String> {
        renames(pairs).into_iter().map(|it| it.sql).collect()
    }

    #[test]
    fn a_chain_starts_at_its_free_end() {
        let pairs = [(table("a"), table("b")), (table("b"), table("c"))];
        assert_eq!(sql(&pairs), ["ALTER TABLE public.b RENAME TO c", "ALTER TABLE public.a RENAME TO b"]);
    }

    #[test]
    fn a_ring_goes_through_a_temporary_name() {
        let pairs = [(table("a"), table("b")), (table("b"), table("a"))];
        assert_eq!(
            sql(&pairs),
            [
                "ALTER TABLE public.a RENAME TO a__aside",
                "ALTER TABLE public.b RENAME TO a",
                "ALTER TABLE public.a__aside RENAME TO b"
            ]
        );
    }

    #[test]
    fn parts_are_addressed_under_the_new_name_of_the_whole() {
        let (old, new) = (QualName::new("public", "a"), QualName::new("public", "b"));
        let column = |table: &QualName, name: &str| Kind::Column.of(table, &Name::from(name));
        let pairs = [(column(&old, "x"), column(&new, "y")), (table("a"), table("b"))];
        assert_eq!(
            sql(&pairs),
            ["ALTER TABLE public.a RENAME TO b", "ALTER TABLE public.b RENAME COLUMN x TO y"]
        );
    }
}
