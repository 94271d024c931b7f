//! Reads comments on whatever else has been read. What is commented by itself is left out: `public`, and
//! extensions that carry the comment they are installed with.

use model::{Comment, Kind, ObjectId};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query};
use crate::reader::Reader;

pub(crate) const QUERY: Query = Query { name: "comments", sql: include_str!("comment.sql") };

/// What initdb says about the namespace public.
const PUBLIC: &str = "standard public schema";

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in QUERY.rows(answers)? {
        if row.get::<u32>("class")? == class::CONSTRAINT
            && let Some((table, name)) = reader.clones.get(&row.get("oid")?).cloned()
        {
            reader.unmodelled(table, "comment on an inherited constraint", &name);
            continue;
        }
        let Some(target) = target(reader, (row.get("class")?, row.get("oid")?, row.get("part")?)) else {
            continue;
        };
        let text: String = row.get("text")?;
        // That of a domain's NOT NULL is told as not modelled.
        if target.kind == Kind::Domain && row.get::<u32>("class")? == class::CONSTRAINT {
            continue;
        }
        if !is_built_in(reader, &target, &text) {
            reader.schema.insert(Kind::Comment.on(&target), Comment { text });
        }
    }
    Ok(())
}

fn is_built_in(reader: &Reader, target: &ObjectId, text: &str) -> bool {
    let name = target.name();
    match target.kind {
        Kind::Namespace => name.as_str() == "public" && text == PUBLIC,
        Kind::Extension => reader.facts.extensions.comments.get(name).is_some_and(|it| it == text),
        _ => false,
    }
}

/// What a comment or label is about: columns by their own name even where they are inherited, and the index
/// behind a constraint as an index.
pub(crate) fn target(reader: &Reader, (class, oid, part): (u32, u32, i32)) -> Option<ObjectId> {
    if reader.is_member(class, oid) {
        return None;
    }
    if class != class::RELATION {
        return reader.addresses.get(&(class, oid, part)).cloned();
    }
    let relation = reader.relations.get(&oid)?;
    match (part, relation.kind.as_str()) {
        (0, "i" | "I") => Some(Kind::Index.named(&relation.name)),
        (0, _) => relation.id.clone(),
        _ => {
            relation.id.as_ref()?;
            let column = reader.column(oid, i16::try_from(part).ok()?)?;
            Some(Kind::Column.of(&relation.name, &column.name))
        }
    }
}
