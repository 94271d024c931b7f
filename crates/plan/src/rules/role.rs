//! Roles: created when missing, never dropped; with leave their attributes, memberships and settings. Does not
//! know a password.

use model::{Attributes, Membership, Name, ObjectId, Path, Role, RoleSetting, literal};

use super::routine::setting;
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Role {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let options = self.options.0.trim();
        let said = if options.is_empty() { String::new() } else { format!(" {options}") };
        let create =
            Draft::create(id, format!("CREATE ROLE {}{said}", id.address())).fills(placeholders(options));
        let later = changes(&self.made_with, &self.attributes);
        let alter = (self.compared && !later.is_empty())
            .then(|| Draft::alter(id, format!("ALTER ROLE {} {}", id.address(), later.join(" "))).adds());
        std::iter::once(create).chain(alter).collect()
    }

    fn alter(&self, new: &Role, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Role { options: _, made_with: _, made_among: _, attributes, compared: _ } = new;
        let said = changes(&self.attributes, attributes);
        if said.is_empty() {
            return Alter::InPlace(Vec::new());
        }
        let opens = said.iter().any(|it| it != "INHERIT" && !it.starts_with("NO"));
        let alter = Draft::alter(id, format!("ALTER ROLE {} {}", id.address(), said.join(" ")));
        let hazard = if opens { Hazard::OpensAccess } else { Hazard::ClosesAccess };
        let before = changes(attributes, &self.attributes).join(" ");
        Alter::InPlace(vec![alter.hazard(hazard).changed("attributes", before, said.join(" "))])
    }

    fn drop(&self, _: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        Vec::new()
    }
}

/// The placeholders of secrets among options as they are written.
fn placeholders(options: &str) -> Vec<&str> {
    let quoted = options.split('\'').skip(1).step_by(2);
    quoted.filter(|it| it.starts_with("${env:") || it.starts_with("${file:")).collect()
}

/// What ALTER ROLE says of the attributes that differ.
fn changes(old: &Attributes, new: &Attributes) -> Vec<String> {
    let Attributes { superuser, create_db, create_role, inherit, login, replication, bypass_rls, .. } = new;
    let flags = [
        ("SUPERUSER", old.superuser, *superuser),
        ("CREATEDB", old.create_db, *create_db),
        ("CREATEROLE", old.create_role, *create_role),
        ("INHERIT", old.inherit, *inherit),
        ("LOGIN", old.login, *login),
        ("REPLICATION", old.replication, *replication),
        ("BYPASSRLS", old.bypass_rls, *bypass_rls),
    ];
    let flags = flags.into_iter().filter(|(_, was, is)| was != is);
    let mut said: Vec<String> =
        flags.map(|(word, _, is)| format!("{}{word}", if is { "" } else { "NO" })).collect();
    if old.connection_limit != new.connection_limit {
        said.push(format!("CONNECTION LIMIT {}", new.connection_limit));
    }
    if old.valid_until != new.valid_until {
        said.push(format!("VALID UNTIL {}", literal(new.valid_until.as_deref().unwrap_or("infinity"))));
    }
    said
}

/// The names that address a fact about roles.
fn names<const N: usize>(id: &ObjectId) -> Option<[&Name; N]> {
    match &id.path {
        Path::Keys(keys) => keys.iter().collect::<Vec<_>>().try_into().ok(),
        _ => None,
    }
}

/// ` WITH …`: before 16 there is but one option.
fn options(it: &Membership, major: u32) -> String {
    let Membership { admin, inherit, set } = it;
    match (major >= 16, admin) {
        (true, _) => format!(" WITH ADMIN {}, INHERIT {}, SET {}", flag(*admin), flag(*inherit), flag(*set)),
        (false, true) => " WITH ADMIN OPTION".to_string(),
        (false, false) => String::new(),
    }
}

fn flag(on: bool) -> &'static str {
    if on { "TRUE" } else { "FALSE" }
}

impl Rules for Membership {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some([role, member]) = names(id) else { return Vec::new() };
        let sql = format!("GRANT {role} TO {member}{}", options(self, cx.facts.major));
        vec![Draft::create(id, sql).hazard(Hazard::OpensAccess)]
    }

    fn alter(&self, new: &Membership, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Membership { admin, inherit: _, set: _ } = new;
        let Some([role, member]) = names(id) else { return Alter::InPlace(Vec::new()) };
        let sql = match cx.facts.major < 16 && !admin {
            true => format!("REVOKE ADMIN OPTION FOR {role} FROM {member}"),
            false => format!("GRANT {role} TO {member}{}", options(new, cx.facts.major)),
        };
        let words = |it: &Membership| options(it, 16).trim().to_string();
        let alter = Draft::alter(id, sql).hazard(Hazard::OpensAccess);
        Alter::InPlace(vec![alter.changed("options", words(self), words(new))])
    }

    fn drop(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Some([role, member]) = names(id) else { return Vec::new() };
        vec![Draft::drop(id, format!("REVOKE {role} FROM {member}")).hazard(Hazard::ClosesAccess)]
    }
}

/// `ALTER ROLE name [IN DATABASE name]`
fn whose(id: &ObjectId) -> Option<(String, &Name)> {
    let [role, database, parameter] = names(id)?;
    let role = if role.as_str().is_empty() { "ALL".to_string() } else { role.to_string() };
    let place = if database.as_str().is_empty() { String::new() } else { format!(" IN DATABASE {database}") };
    Some((format!("ALTER ROLE {role}{place}"), parameter))
}

impl Rules for RoleSetting {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Some((alter, parameter)) = whose(id) else { return Vec::new() };
        vec![Draft::create(id, format!("{alter} {}", setting(parameter.as_str(), &self.value)))]
    }

    fn alter(&self, new: &RoleSetting, id: &ObjectId, _: &Context<'_>) -> Alter {
        let RoleSetting { value } = new;
        let Some((alter, parameter)) = whose(id) else { return Alter::InPlace(Vec::new()) };
        let draft = Draft::alter(id, format!("{alter} {}", setting(parameter.as_str(), value)));
        Alter::InPlace(vec![draft.changed("value", &self.value, value)])
    }

    fn drop(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Some((alter, parameter)) = whose(id) else { return Vec::new() };
        vec![Draft::drop(id, format!("{alter} RESET {parameter}"))]
    }
}
