//! Security labels. Does not know what a label means to its provider.

use model::{Name, ObjectId, Schema, SecurityLabel, literal};

use super::comment::{locked, target};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for SecurityLabel {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![locked(Draft::create(id, sql(id, cx.desired, &literal(&self.label))), id)]
    }

    fn alter(&self, new: &SecurityLabel, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let SecurityLabel { label } = new;
        let alter = Draft::alter(id, sql(id, cx.desired, &literal(label)));
        Alter::InPlace(vec![locked(alter, id).changed("label", &self.label, label)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let gone = cx.is_gone(id) && id.target().is_some_and(|it| cx.desired.contains(it));
        let drop = locked(Draft::drop(id, sql(id, cx.actual, "NULL")), id);
        vec![drop.hazard_if(gone, Hazard::DropSecurityLabel)]
    }
}

fn sql(id: &ObjectId, schema: &Schema, label: &str) -> String {
    let provider = id.grantee().map(Name::to_string).unwrap_or_default();
    let on = id.target().map(|it| target(it, schema)).unwrap_or_default();
    format!("SECURITY LABEL FOR {provider} ON {on} IS {label}")
}
