//! Aggregates. Does not know what their functions do.

use std::collections::BTreeMap;

use model::{Aggregate, Argument, ObjectId, Parallel, literal};

use super::routine::argument;
use super::text::{joined, or_none};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Aggregate {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![Draft::create(id, sql("CREATE", self, id))]
    }

    /// What the result is of follows from the last function and the state, and must stay.
    fn alter(&self, new: &Aggregate, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Aggregate { arguments, direct, hypothetical, state, moving_state, functions, options, parallel } =
            new;
        if *arguments != self.arguments || *direct != self.direct || *hypothetical != self.hypothetical {
            return Alter::Replace("arguments");
        }
        let last = |of: &Aggregate| {
            let of = &of.functions;
            (of.get("FINALFUNC").cloned(), of.get("MFINALFUNC").cloned())
        };
        if *state != self.state || *moving_state != self.moving_state {
            return Alter::Replace("state");
        }
        if last(new) != last(self) || cx.facts.major < 12 {
            return Alter::Replace("functions");
        }
        let mut draft = Draft::alter(id, sql("CREATE OR REPLACE", new, id));
        if *functions != self.functions {
            draft = draft.changed("functions", words(&self.functions), words(functions));
        }
        if *options != self.options {
            draft = draft.changed("options", words(&self.options), words(options));
        }
        if *parallel != self.parallel {
            draft = draft.changed("parallel", format!("{:?}", self.parallel), format!("{parallel:?}"));
        }
        Alter::InPlace(vec![draft])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP AGGREGATE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropFunction)]
    }
}

fn words<T: ToString>(of: &BTreeMap<String, T>) -> String {
    let all = joined(of.iter().map(|(word, it)| format!("{word} = {}", it.to_string())));
    or_none(Some(all).filter(|it| !it.is_empty()).as_ref())
}

fn sql(verb: &str, aggregate: &Aggregate, id: &ObjectId) -> String {
    let Aggregate { arguments, direct, hypothetical, state, moving_state, functions, options, parallel } =
        aggregate;
    let mut clauses = vec![("STYPE", state.to_string())];
    clauses.extend(moving_state.iter().map(|it| ("MSTYPE", it.to_string())));
    clauses.extend(functions.iter().map(|(word, it)| (word.as_str(), it.to_string())));
    for (word, value) in options {
        clauses.push((
            word,
            match word.as_str() {
                "INITCOND" | "MINITCOND" => literal(value),
                "SORTOP" => format!("OPERATOR({value})"),
                _ => value.clone(),
            },
        ));
    }
    clauses.extend(match parallel {
        Parallel::Safe => Some(("PARALLEL", "SAFE".to_string())),
        Parallel::Restricted => Some(("PARALLEL", "RESTRICTED".to_string())),
        Parallel::Unsafe => None,
    });
    // The server reads SFUNC and STYPE in whatever order they stand; people look for them first.
    clauses.sort_by_key(|(word, _)| !matches!(*word, "SFUNC" | "STYPE"));
    let mut lines: Vec<String> = clauses
        .into_iter()
        .map(|(word, value)| match value.is_empty() {
            true => word.to_string(),
            false => format!("{word} = {value}"),
        })
        .collect();
    lines.extend(hypothetical.then(|| "HYPOTHETICAL".to_string()));
    let name = id.qual_name().map(ToString::to_string).unwrap_or_default();
    format!("{verb} AGGREGATE {name}({}) (\n    {}\n)", signature(arguments, *direct), lines.join(",\n    "))
}

/// The arguments as they are declared. Where the direct ones end in VARIADIC, they are the ordered ones too.
fn signature(arguments: &[Argument], direct: Option<usize>) -> String {
    let list = |of: &[Argument]| joined(of.iter().map(argument));
    match direct {
        None if arguments.is_empty() => "*".to_string(),
        None => list(arguments),
        Some(count) => {
            let (direct, ordered) = arguments.split_at(count.min(arguments.len()));
            let ordered =
                if ordered.is_empty() { &direct[direct.len().saturating_sub(1)..] } else { ordered };
            let direct = list(direct);
            let space = if direct.is_empty() { "" } else { " " };
            format!("{direct}{space}ORDER BY {}", list(ordered))
        }
    }
}
