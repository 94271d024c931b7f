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
            sql.replace(&model::literal(placeholder), &model::literal(value))
        })
    }
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
