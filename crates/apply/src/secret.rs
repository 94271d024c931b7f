//! Secrets of a plan: read before its first step, filled in while a step is sent, and shown nowhere. Knows no
//! statement.

use std::collections::BTreeMap;

use plan::Step;

use crate::Error;

/// The values of a plan's placeholders.
#[derive(Default)]
pub(crate) struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Reads them from the environment and from files.
    pub(crate) fn read(steps: &[Step]) -> Result<Secrets, Error> {
        let mut secrets = Secrets::default();
        for placeholder in steps.iter().flat_map(|it| &it.secrets) {
            let value =
                value(placeholder).map_err(|why| Error::Secret { placeholder: placeholder.clone(), why })?;
            secrets.0.insert(placeholder.clone(), value);
        }
        Ok(secrets)
    }

    /// The statement as it is sent.
    pub(crate) fn fill(&self, step: &Step) -> String {
        let known = step.secrets.iter().filter_map(|it| Some((it, self.0.get(it)?)));
        known.fold(step.sql.clone(), |sql, (placeholder, value)| {
            let whole = sql.replace(&model::literal(placeholder), &model::literal(value));
            within(&whole, placeholder, value)
        })
    }
}

/// Fills in what is a part of a string of the statement: a value of a connection string, or the password in a URL.
fn within(sql: &str, placeholder: &str, value: &str) -> String {
    let mut filled = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once(placeholder) {
        filled.push_str(before);
        match before.ends_with(':') {
            true => value.bytes().for_each(|it| match it.is_ascii_alphanumeric() {
                true => filled.push(char::from(it)),
                false => filled.push_str(&format!("%{it:02X}")),
            }),
            false => {
                let value = value.replace('\\', "\\\\").replace('\'', "\\''");
                // In a string with escapes every backslash is said twice.
                let escaped = before.rfind(" E'").is_some_and(|it| Some(it) > before.rfind(" '"));
                let value = if escaped { value.replace('\\', "\\\\") } else { value };
                filled.push_str(&format!("''{value}''"));
            }
        }
        rest = after;
    }
    filled + rest
}

fn value(placeholder: &str) -> Result<String, String> {
    let inside = placeholder.strip_prefix("${").and_then(|it| it.strip_suffix('}')).unwrap_or_default();
    match inside.split_once(':') {
        Some(("env", name)) => std::env::var(name).map_err(|it| it.to_string()),
        Some(("file", path)) => std::fs::read_to_string(path)
            .map(|it| it.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|it| it.to_string()),
        _ => Err("only the database knows it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_part_of_a_connection_string_is_written_as_it_has_to_be() {
        let fill = |sql: &str, value: &str| within(sql, "${env:X}", value);
        assert_eq!(
            fill("CONNECTION 'host=h password=${env:X}' P", "a b"),
            "CONNECTION 'host=h password=''a b''' P"
        );
        assert_eq!(fill("CONNECTION 'password=${env:X}'", "it's"), r"CONNECTION 'password=''it\''s'''");
        assert_eq!(
            fill("CONNECTION 'postgresql://u:${env:X}@h'", "p@s'"),
            "CONNECTION 'postgresql://u:p%40s%27@h'"
        );
        let escaped = fill(r"CONNECTION E'a=\\b password=${env:X}'", r"c\");
        assert_eq!(escaped, r"CONNECTION E'a=\\b password=''c\\\\'''");
    }
}
