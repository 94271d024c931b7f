//! OWNER TO, on whatever kind, and owners by SET ROLE.

use model::{Kind, Name, ObjectId, Owner, Privilege, Privileges, Span};
use sql::{Cursor, Fault};

use crate::Verdict;
use crate::reader::Reader;

/// Kinds that have an owner of their own.
const OWNED: &[Kind] = &[
    Kind::Namespace,
    Kind::Wrapper,
    Kind::Server,
    Kind::Collation,
    Kind::Enum,
    Kind::Domain,
    Kind::Composite,
    Kind::Range,
    Kind::Sequence,
    Kind::Table,
    Kind::Function,
    Kind::Procedure,
    Kind::Aggregate,
    Kind::Operator,
    Kind::Conversion,
    Kind::Language,
    Kind::OperatorFamily,
    Kind::OperatorClass,
    Kind::View,
    Kind::MaterializedView,
    Kind::Statistics,
    Kind::EventTrigger,
    Kind::TextSearchDictionary,
    Kind::TextSearchConfiguration,
    Kind::Subscription,
    Kind::Publication,
];

/// What is made under SET ROLE is that role's, which the file so states.
pub(crate) fn fresh(reader: &mut Reader<'_>, id: &ObjectId, span: Span) {
    if OWNED.contains(&id.kind)
        && let Some(role) = reader.stated_owner()
    {
        state(reader, id, role, span);
    }
}

/// The rest of `ALTER … OWNER TO role`, behind the object's name.
pub(crate) fn owner_to(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    target: &ObjectId,
) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["owner", "to"])?;
    let role = reader.role_name(cursor)?;
    let span = begin.to(cursor.previous());
    cursor.expect_done()?;
    change(reader, target, role, span);
    Ok(Verdict::Declared)
}

/// The new owner has what the old one had, beside what was granted to it; sequences of a table's
/// columns go along.
pub(crate) fn change(reader: &mut Reader<'_>, target: &ObjectId, role: Name, span: Span) {
    let old = reader.owner(target);
    let had = reader.held(target, &old);
    let own = reader.held(target, &role);
    let columns: Vec<(ObjectId, Privileges)> = column_grants(reader, target, &old);
    if old != role {
        reader.desired.schema.remove(&Kind::Grant.to(target, &old));
    }
    state(reader, target, role.clone(), span);
    if old != role {
        reader.hold(target, &role, Privilege::merged(had, own), span);
        reader.hold(target, &old, Privileges::new(), span);
        for (column, had) in columns {
            let own = reader.held(&column, &role);
            reader.hold(&column, &old, Privileges::new(), span);
            reader.hold(&column, &role, Privilege::merged(had, own), span);
        }
    }
    for sequence in sequences(reader, target) {
        change(reader, &sequence, role.clone(), span);
    }
}

fn column_grants(reader: &Reader<'_>, target: &ObjectId, role: &Name) -> Vec<(ObjectId, Privileges)> {
    let columns = reader.desired.schema.parts(target).filter(|it| it.kind == Kind::Column);
    let granted = columns.filter(|it| reader.desired.schema.contains(&Kind::Grant.to(it, role)));
    granted.map(|it| (it.clone(), reader.held(it, role))).collect()
}

/// Sequences owned by the columns of a table: their parents are the columns.
fn sequences(reader: &Reader<'_>, target: &ObjectId) -> Vec<ObjectId> {
    let schema = &reader.desired.schema;
    let columns = schema.parts(target).filter(|it| it.kind == Kind::Column);
    columns.flat_map(|it| schema.parts(it)).filter(|it| it.kind == Kind::Sequence).cloned().collect()
}

fn state(reader: &mut Reader<'_>, target: &ObjectId, role: Name, span: Span) {
    let id = Kind::Owner.on(target);
    reader.desired.spans.insert(id.clone(), span);
    reader.desired.schema.insert(id, Owner { role });
}
