//! How a type or collation that columns have is replaced: the old one steps aside under another name, the new one is
//! made, each column moves over by way of its text, the old one is dropped. Does not know how the two
//! types differ.

use model::{Column, Kind, Name, Object, ObjectId, QualName, Type};

use super::{Context, column, create, range, retype};
use crate::draft::Draft;
use crate::{Hazard, Mode};

/// What has to be out of the way: whatever uses the type but is no column, and whatever could not stand
/// a change of the columns that have it.
pub(super) fn in_the_way(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let mut down = Vec::new();
    for user in cx.users.of(id) {
        match moved(user, id, cx) {
            Some(column) => down.extend(retype::in_the_way(user, column, cx)),
            None if is_column_of(user, id, cx) => (),
            None => down.push(user.clone()),
        }
    }
    down.retain(|it| !cx.actual.children(id).any(|child| child == it));
    down
}

fn column_of<'a>(user: &ObjectId, id: &ObjectId, schema: &'a model::Schema) -> Option<&'a Column> {
    match schema.get(user) {
        Some(Object::Column(it)) if id.kind == Kind::Collation && it.collation.as_ref() == id.qual_name() => {
            Some(it)
        }
        Some(Object::Column(it)) if id.kind != Kind::Collation => {
            it.ty.user.as_ref().filter(|it| schema.names_of(id).contains(it)).map(|_| it)
        }
        _ => None,
    }
}

fn is_column_of(user: &ObjectId, id: &ObjectId, cx: &Context<'_>) -> bool {
    column_of(user, id, cx.actual).is_some()
}

/// The column that has the type on both sides, and so has to move over.
fn moved<'a>(user: &ObjectId, id: &ObjectId, cx: &'a Context<'_>) -> Option<&'a Column> {
    column_of(user, id, cx.actual)?;
    column_of(user, id, cx.desired)
}

/// The statements of a swap, in order.
pub(crate) fn swap(id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let (Some(new), Some(name)) = (cx.desired.get(id), id.qual_name()) else { return Vec::new() };
    let word = id.kind.meta().sql;
    let aside = aside(name);
    let mut drafts = vec![Draft::alter(id, format!("ALTER {word} {name} RENAME TO {}", aside.name))];
    if let Some(Object::Range(old)) = cx.actual.get(id) {
        drafts.extend(range::along(old, id, &aside));
    }
    drafts.extend(create(id, new, cx));
    for user in cx.users.of(id) {
        if let Some(column) = moved(user, id, cx)
            && !cx.created.contains_key(user)
        {
            drafts.extend(move_over(user, column, id).map(|it| it.touches([id.clone()])));
        }
    }
    let loses = matches!((cx.actual.get(id), new), (Some(Object::Enum(_)), Object::Enum(_)));
    let hazard = if loses { Hazard::RemoveEnumLabel } else { Hazard::RetypeColumn };
    let mut drop = Draft::drop(id, format!("DROP {word} {aside}"));
    drop.adds = false;
    drafts.push(drop.hazard_if(id.kind != Kind::Collation, hazard));
    drafts
}

fn move_over(id: &ObjectId, column: &Column, to: &ObjectId) -> Option<Draft> {
    let table = id.relation()?;
    if to.kind == Kind::Collation {
        let sql = format!("{} TYPE {} COLLATE {}", column::prefix(id), column.ty, to.address());
        return Some(Draft::alter(id, sql).lock(Mode::AccessExclusive, table));
    }
    let collate = column.collation.as_ref().map(|it| format!(" COLLATE {it}")).unwrap_or_default();
    let by_text = if is_array(&column.ty) { "text[]" } else { "text" };
    let (name, ty) = (id.name(), &column.ty);
    let using = match column.generated {
        Some(_) => String::new(),
        None => format!(" USING {name}::{by_text}::{ty}"),
    };
    let sql = format!("{} TYPE {ty}{collate}{using}", column::prefix(id));
    Some(Draft::alter(id, sql).lock(Mode::AccessExclusive, table).hazard(Hazard::RewritesTable))
}

fn is_array(ty: &Type) -> bool {
    ty.text.ends_with("[]")
}

/// A name the old type has while the new one is made: short enough whatever the name is.
pub(super) fn aside(name: &QualName) -> QualName {
    let mut short = name.name.as_str().to_string();
    while short.len() > 50 {
        short.pop();
    }
    Name::new(format!("{short}__aside")).within(name.namespace.clone())
}
