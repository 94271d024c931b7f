//! Reads foreign-data wrappers, servers and user mappings. Does not know what is behind them, and keeps no secret.

use model::{Kind, QualName, Secret, Server, Settings, UserMapping, Wrapper};

use crate::Error;
use crate::address::class;
use crate::query::{Answers, Query, Record};
use crate::reader::Reader;

pub(crate) const WRAPPERS: Query = Query { name: "foreign-data wrappers", sql: include_str!("wrapper.sql") };
pub(crate) const SERVERS: Query = Query { name: "foreign servers", sql: include_str!("server.sql") };
pub(crate) const MAPPINGS: Query = Query { name: "user mappings", sql: include_str!("user_mapping.sql") };

pub(crate) fn read(reader: &mut Reader, answers: &Answers) -> Result<(), Error> {
    for row in WRAPPERS.rows(answers)? {
        let (oid, id) = (row.get("oid")?, Kind::Wrapper.root(&row.name("name")?));
        if reader.is_member(class::WRAPPER, oid) {
            continue;
        }
        let wrapper = Wrapper {
            handler: function(&row, "handler_namespace", "handler")?,
            validator: function(&row, "validator_namespace", "validator")?,
            options: row.options("options")?,
        };
        reader.insert((class::WRAPPER, oid), id.clone(), wrapper);
        reader.owned(&id, row.get("owner")?, row.get("acl")?);
    }
    for row in SERVERS.rows(answers)? {
        let (oid, id) = (row.get("oid")?, Kind::Server.root(&row.name("name")?));
        if reader.is_member(class::SERVER, oid) {
            continue;
        }
        let server = Server {
            wrapper: row.name("wrapper")?,
            ty: row.get("type")?,
            version: row.get("version")?,
            options: row.options("options")?,
        };
        reader.insert((class::SERVER, oid), id.clone(), server);
        reader.owned(&id, row.get("owner")?, row.get("acl")?);
    }
    for row in MAPPINGS.rows(answers)? {
        let id = Kind::UserMapping.keys([row.name("server")?, row.name("role")?]);
        let names = [row.get("server")?, row.get("role")?];
        let mapping = mapping(row.options("options")?, names, row.get("seen")?);
        reader.insert((class::USER_MAPPING, row.get("oid")?), id, mapping);
    }
    Ok(())
}

fn function(row: &Record, namespace: &'static str, name: &'static str) -> Result<Option<QualName>, Error> {
    let namespace = row.maybe_name(namespace)?;
    Ok(row.maybe_name(name)?.zip(namespace).map(|(name, namespace)| name.within(namespace)))
}

/// Values of secret options are forgotten here.
fn mapping(all: Settings, [server, role]: [&str; 2], seen: bool) -> UserMapping {
    let mut mapping = UserMapping { unseen: !seen, ..UserMapping::default() };
    for (name, value) in all {
        match Secret::is_name(&name) {
            true => {
                let secret = Secret::live(&[server, role, &name]);
                mapping.secrets.insert(name, secret);
            }
            false => _ = mapping.options.insert(name, value),
        }
    }
    mapping
}
