//! Foreign-data wrappers, servers, user mappings, and what foreign tables have that others have not. Does not
//! know what is behind them.

use model::{
    Foreign, Kind, Name, Object, ObjectId, QualName, Schema, Secret, Server, Settings, UserMapping, Wrapper,
    literal,
};

use super::text::{joined, or_none};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

/// ` OPTIONS (name 'value', …)`, or nothing.
pub(super) fn options(of: &Settings) -> String {
    let said = of.iter().map(|(name, value)| option(name, value));
    if of.is_empty() { String::new() } else { format!(" OPTIONS ({})", joined(said)) }
}

fn option(name: &str, value: &str) -> String {
    format!("{} {}", Name::from(name), literal(value))
}

/// `OPTIONS (ADD …, SET …, DROP …)`, where anything differs.
pub(super) fn options_changed(old: &Settings, new: &Settings) -> Option<String> {
    let mut parts = changes(old, new);
    parts.sort_by_key(|it| !it.starts_with("DROP"));
    (!parts.is_empty()).then(|| format!("OPTIONS ({})", parts.join(", ")))
}

fn changes(old: &Settings, new: &Settings) -> Vec<String> {
    let dropped =
        old.keys().filter(|it| !new.contains_key(*it)).map(|it| format!("DROP {}", Name::from(it.as_str())));
    let said = new.iter().filter_map(|(name, value)| match old.get(name) {
        None => Some(format!("ADD {}", option(name, value))),
        Some(was) if was != value => Some(format!("SET {}", option(name, value))),
        Some(_) => None,
    });
    dropped.chain(said).collect()
}

pub(super) fn words(of: &Settings) -> String {
    if of.is_empty() {
        "none".to_string()
    } else {
        joined(of.iter().map(|(name, value)| option(name, value)))
    }
}

impl Rules for Wrapper {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Wrapper { handler, validator, options } = self;
        let said = |word: &str, it: &Option<QualName>| {
            it.as_ref().map(|it| format!(" {word} {it}")).unwrap_or_default()
        };
        let (handler, validator) = (said("HANDLER", handler), said("VALIDATOR", validator));
        let options = self::options(options);
        vec![Draft::create(
            id,
            format!("CREATE FOREIGN DATA WRAPPER {}{handler}{validator}{options}", id.address()),
        )]
    }

    fn alter(&self, new: &Wrapper, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Wrapper { handler, validator, options } = new;
        let alter = |clause: String| {
            Draft::alter(id, format!("ALTER FOREIGN DATA WRAPPER {} {clause}", id.address()))
        };
        let mut drafts = Vec::new();
        let functions = [
            ("handler", "HANDLER", &self.handler, handler),
            ("validator", "VALIDATOR", &self.validator, validator),
        ];
        for (field, word, old, new) in functions {
            if old != new {
                let clause = new.as_ref().map_or_else(|| format!("NO {word}"), |it| format!("{word} {it}"));
                drafts.push(alter(clause).changed(field, or_none(old.as_ref()), or_none(new.as_ref())));
            }
        }
        let changed = options_changed(&self.options, options).map(alter);
        drafts.extend(changed.map(|it| it.changed("options", words(&self.options), words(options))));
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![drop(id, cx)]
    }
}

impl Rules for Server {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Server { wrapper, ty, version, options } = self;
        let said = |word: &str, it: &Option<String>| {
            it.as_ref().map(|it| format!(" {word} {}", literal(it))).unwrap_or_default()
        };
        let (ty, version, options) = (said("TYPE", ty), said("VERSION", version), self::options(options));
        let sql =
            format!("CREATE SERVER {}{ty}{version} FOREIGN DATA WRAPPER {wrapper}{options}", id.address());
        vec![Draft::create(id, sql)]
    }

    /// Neither the wrapper nor the type can be changed.
    fn alter(&self, new: &Server, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Server { wrapper, ty, version, options } = new;
        if *wrapper != self.wrapper {
            return Alter::Replace("wrapper");
        }
        if *ty != self.ty {
            return Alter::Replace("type");
        }
        let alter = |clause: String| Draft::alter(id, format!("ALTER SERVER {} {clause}", id.address()));
        let mut drafts = Vec::new();
        if *version != self.version {
            let said = version.as_ref().map_or_else(|| "NULL".to_string(), |it| literal(it));
            let draft = alter(format!("VERSION {said}"));
            drafts.push(draft.changed("version", or_none(self.version.as_ref()), or_none(version.as_ref())));
        }
        let changed = options_changed(&self.options, options).map(alter);
        drafts.extend(changed.map(|it| it.changed("options", words(&self.options), words(options))));
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![drop(id, cx)]
    }
}

fn drop(id: &ObjectId, cx: &Context<'_>) -> Draft {
    let draft = Draft::drop(id, format!("DROP {} {}", id.kind.meta().sql, id.address()));
    draft.hazard_if(cx.is_gone(id), Hazard::DropServer)
}

/// Secrets among the options, as placeholders that are filled in while the statement is sent.
fn with_secrets(mapping: &UserMapping) -> Settings {
    let secrets = mapping.secrets.iter().map(|(name, it)| (name.clone(), it.text().to_owned()));
    mapping.options.iter().map(|(name, value)| (name.clone(), value.clone())).chain(secrets).collect()
}

impl Rules for UserMapping {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Some(address) = address(id) else { return Vec::new() };
        let sql = format!("CREATE USER MAPPING {address}{}", options(&with_secrets(self)));
        vec![Draft::create(id, sql).fills(self.secrets.values().map(Secret::text))]
    }

    fn alter(&self, new: &UserMapping, id: &ObjectId, _: &Context<'_>) -> Alter {
        let UserMapping { options, secrets, unseen: _ } = new;
        let Some(address) = address(id) else { return Alter::InPlace(Vec::new()) };
        let mut parts = changes(&self.options, options);
        let gone = self.secrets.keys().filter(|it| !secrets.contains_key(*it));
        parts.extend(gone.map(|it| format!("DROP {}", Name::from(it.as_str()))));
        let added: Vec<(&String, &Secret)> =
            secrets.iter().filter(|(it, _)| !self.secrets.contains_key(*it)).collect();
        parts.extend(added.iter().map(|(name, it)| format!("ADD {}", option(name, it.text()))));
        let sql = format!("ALTER USER MAPPING {address} OPTIONS ({})", parts.join(", "));
        let alter = Draft::alter(id, sql).fills(added.iter().map(|(_, it)| it.text()));
        let names = |it: &UserMapping| joined(it.options.keys().chain(it.secrets.keys()).cloned());
        Alter::InPlace(vec![alter.changed("options", names(self), names(new))])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some(address) = address(id) else { return Vec::new() };
        let drop = Draft::drop(id, format!("DROP USER MAPPING {address}"));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropServer)]
    }
}

fn address(id: &ObjectId) -> Option<String> {
    let (server, role) = UserMapping::keys(id)?;
    let role = if role.as_str() == "public" { "PUBLIC".to_string() } else { role.to_string() };
    Some(format!("FOR {role} SERVER {server}"))
}

/// What stands behind a foreign table's columns.
pub(super) fn tail(of: &Foreign) -> String {
    format!("\nSERVER {}{}", of.server, options(&of.options))
}

/// The word for a table.
pub(super) fn word(foreign: Option<&Foreign>) -> &'static str {
    if foreign.is_some() { "FOREIGN TABLE" } else { "TABLE" }
}

/// Whether an object is a foreign table.
pub(super) fn is_foreign(id: &ObjectId, schema: &Schema) -> bool {
    matches!(schema.get(id), Some(Object::Table(it)) if it.foreign.is_some())
}

/// Whether a column belongs to a foreign table.
pub(super) fn is_column_of_foreign(id: &ObjectId, schema: &Schema) -> bool {
    id.relation().is_some_and(|it| is_foreign(&Kind::Table.named(it), schema))
}
