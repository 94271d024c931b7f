//! Roles, as existence only: created when missing, never altered, never dropped.

use model::{ObjectId, Role};

use super::{Alter, Context, Rules};
use crate::draft::Draft;

impl Rules for Role {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let options = self.options.0.trim();
        let options = if options.is_empty() { String::new() } else { format!(" {options}") };
        vec![Draft::create(id, format!("CREATE ROLE {}{options}", id.address()))]
    }

    fn alter(&self, new: &Role, _: &ObjectId, _: &Context<'_>) -> Alter {
        let Role { options: _ } = new;
        Alter::InPlace(Vec::new())
    }

    fn drop(&self, _: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        Vec::new()
    }
}
