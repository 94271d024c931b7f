//! Row level security policies. Does not know whom they let through.

use model::{Command, Name, ObjectId, Policy};

use super::text::{inside, joined, or_none};
use super::{Alter, Context, Rules};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for Policy {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Policy { permissive, command, roles, using, check } = self;
        let kind = if *permissive { "" } else { " AS RESTRICTIVE" };
        let command = self::command(*command);
        let using = using.as_ref().map(|it| format!(" USING {}", inside(it))).unwrap_or_default();
        let check = check.as_ref().map(|it| format!(" WITH CHECK {}", inside(it))).unwrap_or_default();
        let sql =
            format!("CREATE POLICY {}{kind} FOR {command} TO {}{using}{check}", id.address(), to(roles));
        let create = Draft::create(id, sql).reads(self.using.iter().chain(&self.check));
        vec![locked(create, id).hazard_if(*permissive, Hazard::OpensAccess)]
    }

    /// A clause can be rewritten in place but never taken away, and the rest cannot change at all.
    fn alter(&self, new: &Policy, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Policy { permissive, command, roles, using, check } = new;
        if *permissive != self.permissive {
            return Alter::Replace("permissive");
        }
        if *command != self.command {
            return Alter::Replace("command");
        }
        if self.using.is_some() && using.is_none() {
            return Alter::Replace("using");
        }
        if self.check.is_some() && check.is_none() {
            return Alter::Replace("check");
        }
        let mut edits = String::new();
        let mut draft = Draft::alter(id, "");
        if *roles != self.roles {
            edits += &format!(" TO {}", to(roles));
            draft = draft.changed("roles", to(&self.roles), to(roles));
        }
        if let Some(expr) = using.as_ref().filter(|_| *using != self.using) {
            edits += &format!(" USING {}", inside(expr));
            draft = draft.reads([expr]).changed("using", or_none(self.using.as_ref()), expr);
        }
        if let Some(expr) = check.as_ref().filter(|_| *check != self.check) {
            edits += &format!(" WITH CHECK {}", inside(expr));
            draft = draft.reads([expr]).changed("check", or_none(self.check.as_ref()), expr);
        }
        draft.step.sql = format!("ALTER POLICY {}{edits}", id.address());
        Alter::InPlace(vec![locked(draft, id)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP POLICY {}", id.address()));
        vec![locked(drop, id).hazard_if(cx.is_gone(id), Hazard::DropPolicy)]
    }
}

fn locked(draft: Draft, id: &ObjectId) -> Draft {
    id.relation().into_iter().fold(draft, |draft, it| draft.lock(Mode::AccessExclusive, it))
}

fn command(command: Command) -> &'static str {
    match command {
        Command::All => "ALL",
        Command::Select => "SELECT",
        Command::Insert => "INSERT",
        Command::Update => "UPDATE",
        Command::Delete => "DELETE",
    }
}

fn to(roles: &[Name]) -> String {
    let role = |it: &Name| if it.as_str() == "public" { "PUBLIC".to_string() } else { it.to_string() };
    if roles.is_empty() { "PUBLIC".to_string() } else { joined(roles.iter().map(role)) }
}
