//! What a step outside any transaction leaves behind when it fails: an index that is not valid. Knows no
//! other step.

use model::{ObjectId, Path, QualName};
use plan::{Step, Verb};
use postgres::Client;

/// The invalid index that a failed build of this step's object has left.
pub(crate) fn invalid_index(client: &mut Client, step: &Step) -> Option<QualName> {
    const ASK: &str = "SELECT 1 FROM pg_catalog.pg_index i \
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relname = $2 AND NOT i.indisvalid";
    if step.verb != Verb::Create {
        return None;
    }
    let name = relation_of(&step.id)?;
    let key: [&(dyn postgres::types::ToSql + Sync); 2] = [&name.namespace.as_str(), &name.name.as_str()];
    client.query_opt(ASK, &key).ok()?.map(|_| name)
}

/// What a sentence says about it.
pub(crate) fn sentence(index: &QualName) -> String {
    format!(
        "The index {index} is left behind invalid: no query uses it, but every write pays for it. The next \
         plan takes it down and builds it again; DROP INDEX CONCURRENTLY {index} is what removes it by hand."
    )
}

/// Takes the invalid index down, so that the step can be tried again.
pub(crate) fn remove(client: &mut Client, index: &QualName) -> Result<(), postgres::Error> {
    client.batch_execute(&format!("DROP INDEX CONCURRENTLY IF EXISTS {index}"))
}

/// The name an index of this identity has among the relations.
fn relation_of(id: &ObjectId) -> Option<QualName> {
    match &id.path {
        Path::In(name) => Some(name.clone()),
        Path::Of(relation, name) => Some(name.clone().within(relation.namespace.clone())),
        _ => None,
    }
}
