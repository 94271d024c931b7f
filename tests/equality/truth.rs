//! What the server really stores for an expression: the object is made with it, read back, and undone.
//!
//! A second opinion on `catalog::settle`, which asks in quite another way.

use super::pair::Pair;
use model::{Expr, Index, Kind, Name, Object, Schema};
use postgres::{Client, SimpleQueryMessage};
use std::collections::HashMap;

pub(super) struct Truth<'a> {
    client: &'a mut Client,
    actual: &'a Schema,
    /// What is stored for the server's own texts.
    known: HashMap<String, Option<String>>,
}

type Answer<T> = Result<T, Box<dyn std::error::Error>>;

impl<'a> Truth<'a> {
    pub(super) fn begin(client: &'a mut Client, actual: &'a Schema) -> Answer<Truth<'a>> {
        client.batch_execute("BEGIN; SET LOCAL client_min_messages = error; SAVEPOINT s")?;
        Ok(Truth { client, actual, known: HashMap::new() })
    }

    pub(super) fn end(self) -> Answer<()> {
        Ok(self.client.batch_execute("ROLLBACK")?)
    }

    /// Whether the server stores something else for a text than it has. None where it refuses the text, or
    /// where no way to make the object is known here. The stored text of a `suspect` is stored once more,
    /// because a restored text may differ from the one it restores.
    pub(super) fn differs(
        &mut self,
        pair: &Pair,
        text: &Expr,
        actual: &Expr,
        suspect: bool,
    ) -> Answer<Option<bool>> {
        let Some(stored) = self.stored(pair, text)? else { return Ok(None) };
        let printed = |text: &str| sql::server_expr(text, &actual.path);
        if printed(&stored) == *actual {
            return Ok(Some(false));
        }
        if !suspect {
            return Ok(Some(true));
        }
        let key = format!("{} {}", pair.id, pair.slot);
        let again = match self.known.get(&key) {
            Some(it) => it.clone(),
            None => self.stored(pair, actual)?,
        };
        self.known.insert(key, again.clone());
        let twice = self.stored(pair, &printed(&stored))?;
        Ok(Some(again.is_none() || twice.map(|it| printed(&it)) != again.map(|it| printed(&it))))
    }

    fn stored(&mut self, pair: &Pair, text: &Expr) -> Answer<Option<String>> {
        let Some((make, read)) = self.statements(pair, &text.text) else { return Ok(None) };
        let path: Vec<String> = text.path.iter().map(Name::to_string).collect();
        let path = if path.is_empty() { "''".to_owned() } else { path.join(", ") };
        let all =
            format!("SET LOCAL search_path = {path}; {make}; SET LOCAL search_path = pg_catalog; {read}");
        let answer = self.client.simple_query(&all);
        self.client.batch_execute("ROLLBACK TO s")?;
        let Ok(rows) = answer else { return Ok(None) };
        Ok(rows.iter().find_map(|it| match it {
            SimpleQueryMessage::Row(row) => row.get(0).map(|it| it.trim_end_matches(';').to_owned()),
            _ => None,
        }))
    }

    /// The statement that makes the object, and the query that reads it back.
    fn statements(&self, pair: &Pair, text: &str) -> Option<(String, String)> {
        let table = pair.id.relation();
        let class = |name: &str| format!("'{}'::regclass", name.replace('\'', "''"));
        let check = "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = 'zz'";
        Some(match self.actual.get(&pair.id)? {
            Object::Constraint(_) if pair.class == "check" => {
                (format!("ALTER TABLE {} ADD CONSTRAINT zz CHECK ({text}\n) NOT VALID", table?), check.into())
            }
            Object::DomainConstraint(_) => (
                format!("ALTER DOMAIN {} ADD CONSTRAINT zz CHECK ({text}\n) NOT VALID", table?),
                check.into(),
            ),
            Object::Default(_) => {
                let (table, column) = (table?, pair.id.name());
                let read = format!(
                    "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid \
                     AND a.attnum = d.adnum WHERE a.attrelid = {} AND a.attname = {}",
                    class(&table.to_string()),
                    model::literal(column.as_str())
                );
                (format!("ALTER TABLE {table} ALTER {column} SET DEFAULT {text}\n"), read)
            }
            Object::Policy(_) => {
                let clause = if pair.class == "policy USING" { "USING" } else { "WITH CHECK" };
                let column = if clause == "USING" { "polqual" } else { "polwithcheck" };
                let read = format!(
                    "SELECT pg_get_expr({column}, polrelid) FROM pg_policy WHERE polname = {} AND polrelid = {}",
                    model::literal(pair.id.name().as_str()),
                    class(&table?.to_string())
                );
                (format!("ALTER POLICY {} ON {} {clause} ({text}\n)", pair.id.name(), table?), read)
            }
            Object::Index(it) => index(it, pair, text)?,
            Object::View(_) | Object::MaterializedView(_) => {
                let read = format!("SELECT pg_get_viewdef({})", class("public.zz"));
                (format!("CREATE VIEW public.zz AS {text}\n"), read)
            }
            Object::Column(it) if it.generated.is_some() => {
                let table = table?;
                let read = format!(
                    "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid \
                     AND a.attnum = d.adnum WHERE a.attrelid = {} AND a.attname = 'zz'",
                    class(&table.to_string())
                );
                (format!("ALTER TABLE {table} ADD zz {} GENERATED ALWAYS AS ({text}\n) STORED", it.ty), read)
            }
            Object::Domain(_) if pair.class == "domain default" => {
                let name = pair.id.qual_name()?;
                let read = format!(
                    "SELECT pg_get_expr(typdefaultbin, 0) FROM pg_type WHERE oid = '{}'::regtype",
                    name.to_string().replace('\'', "''")
                );
                (format!("ALTER DOMAIN {name} SET DEFAULT {text}\n"), read)
            }
            Object::Trigger(it) => {
                let table = it.relation.qual_name()?;
                let read = format!(
                    "SELECT substring(pg_get_triggerdef(oid) FROM ' WHEN \\((.*)\\) EXECUTE FUNCTION ') FROM pg_trigger \
                     WHERE tgname = 'zz' AND tgrelid = {}",
                    class(&table.to_string())
                );
                let make =
                    "CREATE FUNCTION public.zz() RETURNS trigger LANGUAGE plpgsql AS 'begin return new; end'";
                let event = if it.events.contains(&model::Event::Update) { "UPDATE" } else { "INSERT" };
                let deletes = it.events == [model::Event::Delete];
                let event = if deletes { "DELETE" } else { event };
                let trigger =
                    format!("CREATE TRIGGER zz AFTER {event} ON {table} FOR EACH ROW WHEN ({text}\n)");
                (format!("{make}; {trigger} EXECUTE FUNCTION public.zz()"), read)
            }
            _ => return None,
        })
    }
}

fn index(index: &Index, pair: &Pair, text: &str) -> Option<(String, String)> {
    let relation = index.relation.qual_name()?;
    let name = format!("{}.zz", relation.namespace);
    let class = format!("'{}'::regclass", name.replace('\'', "''"));
    if pair.class == "index column" {
        let key = index.keys.get(pair.slot)?;
        let opclass = key.opclass.as_deref().unwrap_or_default();
        let make = format!("CREATE INDEX zz ON {relation} USING {} (({text}\n) {opclass})", index.method);
        return Some((make, format!("SELECT pg_get_indexdef({class}, 1, false)")));
    }
    debug_assert_eq!(pair.id.kind, Kind::Index);
    let make = format!("CREATE INDEX zz ON {relation} ((1)) WHERE {text}\n");
    Some((make, format!("SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = {class}")))
}
