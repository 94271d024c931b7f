//! Which names an object takes, so that what frees one comes before what takes it. Does not know who
//! has them now.

use model::{Kind, Name, Object, ObjectId, Path, QualName, Rule, Space};

/// A name that only one object can have at a time.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Claim {
    /// In one of the server's name spaces.
    In(Space, QualName),
    /// A routine of a signature, whatever its kind.
    Routine(QualName, std::sync::Arc<str>),
    /// A constraint of a relation, whatever its kind.
    Constraint(QualName, Name),
    /// The one primary key of a table, whatever its name.
    PrimaryKey(QualName),
    /// The one default partition of a table.
    DefaultPartition(QualName),
}

/// The names an object takes, its own identity among its kind aside.
pub(crate) fn claims(id: &ObjectId, object: &Object) -> Vec<Claim> {
    if let Path::Routine(name, types) = &id.path {
        return vec![Claim::Routine(name.clone(), types.clone())];
    }
    let spaces = object.claims(id).into_iter().map(|(space, name)| Claim::In(space, name));
    let own = match object {
        Object::NotNull(it) => it.name.as_ref(),
        _ if matches!(id.kind, Kind::Constraint | Kind::ForeignKey) => Some(id.name()),
        _ => None,
    };
    let own =
        id.relation().zip(own).map(|(relation, name)| Claim::Constraint(relation.clone(), name.clone()));
    let key = match object {
        Object::Constraint(it) if matches!(it.rule, Rule::PrimaryKey { .. }) => id.relation(),
        _ => None,
    };
    let above = match object {
        Object::Table(it) => it.partition_of.as_ref().filter(|it| &*it.bound.key == "default"),
        _ => None,
    };
    let keys = key.map(|it| Claim::PrimaryKey(it.clone()));
    spaces.chain(own).chain(keys).chain(above.map(|it| Claim::DefaultPartition(it.parent.clone()))).collect()
}
