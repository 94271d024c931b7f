//! Functions and procedures. Does not read their bodies.

use std::collections::BTreeMap;

use model::{
    Argument, Body, Function, Kind, Mention, Mode, Name, ObjectId, Parallel, Procedure, Type, Volatility,
    literal,
};

use super::text::{dollars, joined, operand, or_none};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

/// Settings that are lists of names (GUC_LIST_QUOTE): each element is quoted for itself.
const LISTS: [&str; 5] = [
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
];

impl Rules for Function {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![
            Draft::create(id, function_sql("CREATE", self, id))
                .reads(model::Object::from(self.clone()).exprs()),
        ]
    }

    fn alter(&self, new: &Function, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Function {
            arguments,
            returns,
            returns_set,
            language,
            body,
            window,
            volatility,
            strict,
            security_definer,
            leakproof,
            parallel,
            cost,
            rows,
            support,
            config,
            transforms,
        } = new;
        if *returns != self.returns || *returns_set != self.returns_set {
            return Alter::Replace("returns");
        }
        if !takes(&self.arguments, arguments) {
            return Alter::Replace("arguments");
        }
        if *window != self.window {
            return Alter::Replace("window");
        }
        if is_of_lost_column(&self.body, body, id, cx) {
            return Alter::Replace("body");
        }
        let fields: Vec<(&'static str, String, String)> = vec![
            ("arguments", words(&self.arguments), words(arguments)),
            ("language", self.language.to_string(), language.to_string()),
            ("body", body_words(&self.body), body_words(body)),
            ("volatility", format!("{:?}", self.volatility), format!("{volatility:?}")),
            ("strict", self.strict.to_string(), strict.to_string()),
            ("security_definer", self.security_definer.to_string(), security_definer.to_string()),
            ("leakproof", self.leakproof.to_string(), leakproof.to_string()),
            ("parallel", format!("{:?}", self.parallel), format!("{parallel:?}")),
            ("cost", self.cost.clone(), cost.clone()),
            ("rows", self.rows.clone(), rows.clone()),
            ("support", or_none(self.support.as_ref()), or_none(support.as_ref())),
            ("config", config_words(&self.config), config_words(config)),
            ("transforms", types(&self.transforms), types(transforms)),
        ];
        let object = model::Object::from(new.clone());
        let draft = Draft::alter(id, function_sql("CREATE OR REPLACE", new, id)).reads(object.exprs());
        Alter::InPlace(vec![with_changes(draft, fields)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP FUNCTION {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropFunction)]
    }
}

impl Rules for Procedure {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        vec![
            Draft::create(id, procedure_sql("CREATE", self, id))
                .reads(model::Object::from(self.clone()).exprs()),
        ]
    }

    fn alter(&self, new: &Procedure, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Procedure { arguments, language, body, security_definer, config, transforms } = new;
        if !takes(&self.arguments, arguments) {
            return Alter::Replace("arguments");
        }
        if is_of_lost_column(&self.body, body, id, cx) {
            return Alter::Replace("body");
        }
        let fields: Vec<(&'static str, String, String)> = vec![
            ("arguments", words(&self.arguments), words(arguments)),
            ("language", self.language.to_string(), language.to_string()),
            ("body", body_words(&self.body), body_words(body)),
            ("security_definer", self.security_definer.to_string(), security_definer.to_string()),
            ("config", config_words(&self.config), config_words(config)),
            ("transforms", types(&self.transforms), types(transforms)),
        ];
        let object = model::Object::from(new.clone());
        let draft = Draft::alter(id, procedure_sql("CREATE OR REPLACE", new, id)).reads(object.exprs());
        Alter::InPlace(vec![with_changes(draft, fields)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP PROCEDURE {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropFunction)]
    }
}

/// Whether a body that reads `*` stands on a column that goes: in place it would be read with that again.
fn is_of_lost_column(old: &Body, new: &Body, id: &ObjectId, cx: &Context<'_>) -> bool {
    let has_star = |it: &Body| matches!(it, Body::Standard(it) if it.mentions.contains(&Mention::Star));
    let is_lost = |it: &ObjectId| it.kind == Kind::Column && !cx.desired.contains(it);
    old != new && has_star(new) && cx.actual.uses(id).iter().any(is_lost)
}

fn with_changes(draft: Draft, fields: Vec<(&'static str, String, String)>) -> Draft {
    let differing = fields.into_iter().filter(|(_, old, new)| old != new);
    differing.fold(draft, |draft, (field, old, new)| draft.changed(field, old, new))
}

/// Whether CREATE OR REPLACE accepts the new arguments for the old: an input may get a name but not
/// another one, a default may be given but not taken, the row of the outputs stays as it is.
fn takes(old: &[Argument], new: &[Argument]) -> bool {
    let input = |it: &&Argument| matches!(it.mode, Mode::In | Mode::InOut | Mode::Variadic);
    let output = |it: &&Argument| matches!(it.mode, Mode::Out | Mode::InOut | Mode::Table);
    let inputs = old.iter().filter(input).zip(new.iter().filter(input)).all(|(old, new)| {
        (old.name.is_none() || old.name == new.name)
            && (old.default.is_none() || new.default.is_some())
            && old.ty == new.ty
    });
    let row = |of: &[Argument]| -> Vec<(Option<Name>, Type)> {
        of.iter().filter(output).map(|it| (it.name.clone(), it.ty.clone())).collect()
    };
    inputs && row(old) == row(new)
}

fn function_sql(verb: &str, function: &Function, id: &ObjectId) -> String {
    let Function {
        arguments,
        returns,
        returns_set,
        language,
        body,
        window,
        volatility,
        strict,
        security_definer,
        leakproof,
        parallel,
        cost,
        rows,
        support,
        config,
        transforms,
    } = function;
    let mut lines = vec![head(verb, "FUNCTION", arguments, id)];
    lines.extend(returning(arguments, returns, *returns_set));
    lines.push(format!("LANGUAGE {language}"));
    lines.extend(transform_line(transforms));
    let mut traits: Vec<String> = Vec::new();
    traits.extend(window.then(|| "WINDOW".to_string()));
    traits.extend(volatility_word(*volatility).map(str::to_string));
    traits.extend(strict.then(|| "STRICT".to_string()));
    traits.extend(security_definer.then(|| "SECURITY DEFINER".to_string()));
    traits.extend(leakproof.then(|| "LEAKPROOF".to_string()));
    traits.extend(parallel_word(*parallel).map(str::to_string));
    let usual = if matches!(language.as_str(), "c" | "internal") { "1" } else { "100" };
    traits.extend((cost != usual).then(|| format!("COST {cost}")));
    traits.extend((*returns_set && rows != "1000").then(|| format!("ROWS {rows}")));
    traits.extend(support.as_ref().map(|it| format!("SUPPORT {it}")));
    if !traits.is_empty() {
        lines.push(traits.join(" "));
    }
    lines.extend(config.iter().map(|(name, value)| setting(name, value)));
    lines.push(body_sql(body));
    lines.join("\n")
}

fn procedure_sql(verb: &str, procedure: &Procedure, id: &ObjectId) -> String {
    let Procedure { arguments, language, body, security_definer, config, transforms } = procedure;
    let mut lines = vec![head(verb, "PROCEDURE", arguments, id), format!("LANGUAGE {language}")];
    lines.extend(transform_line(transforms));
    lines.extend(security_definer.then(|| "SECURITY DEFINER".to_string()));
    lines.extend(config.iter().map(|(name, value)| setting(name, value)));
    lines.push(body_sql(body));
    lines.join("\n")
}

fn head(verb: &str, word: &str, arguments: &[Argument], id: &ObjectId) -> String {
    let inside = arguments.iter().filter(|it| it.mode != Mode::Table).map(argument);
    let name = id.qual_name().map(ToString::to_string).unwrap_or_default();
    format!("{verb} {word} {name}({})", joined(inside))
}

pub(super) fn argument(argument: &Argument) -> String {
    let Argument { mode, name, ty, default } = argument;
    let mode = match mode {
        Mode::In | Mode::Table => "",
        Mode::Out => "OUT ",
        Mode::InOut => "INOUT ",
        Mode::Variadic => "VARIADIC ",
    };
    let name = name.as_ref().map(|it| format!("{it} ")).unwrap_or_default();
    let default = default.as_ref().map(|it| format!(" DEFAULT {}", operand(it))).unwrap_or_default();
    format!("{mode}{name}{ty}{default}")
}

/// What follows from the outputs is not said, but that there may be many rows of them is.
fn returning(arguments: &[Argument], returns: &Type, set: bool) -> Option<String> {
    let columns: Vec<String> = arguments.iter().filter(|it| it.mode == Mode::Table).map(argument).collect();
    let outputs = arguments.iter().any(|it| matches!(it.mode, Mode::Out | Mode::InOut));
    match (columns.is_empty(), outputs, set) {
        (false, _, _) => Some(format!("RETURNS TABLE({})", joined(columns))),
        (true, _, true) => Some(format!("RETURNS SETOF {returns}")),
        (true, false, false) => Some(format!("RETURNS {returns}")),
        (true, true, false) => None,
    }
}

fn volatility_word(volatility: Volatility) -> Option<&'static str> {
    match volatility {
        Volatility::Immutable => Some("IMMUTABLE"),
        Volatility::Stable => Some("STABLE"),
        Volatility::Volatile => None,
    }
}

fn parallel_word(parallel: Parallel) -> Option<&'static str> {
    match parallel {
        Parallel::Safe => Some("PARALLEL SAFE"),
        Parallel::Restricted => Some("PARALLEL RESTRICTED"),
        Parallel::Unsafe => None,
    }
}

fn transform_line(transforms: &[Type]) -> Option<String> {
    let each = joined(transforms.iter().map(|it| format!("FOR TYPE {it}")));
    (!transforms.is_empty()).then(|| format!("TRANSFORM {each}"))
}

fn types(types: &[Type]) -> String {
    joined(types.iter().map(Type::to_string))
}

fn words(arguments: &[Argument]) -> String {
    joined(arguments.iter().map(argument))
}

fn config_words(config: &BTreeMap<String, String>) -> String {
    joined(config.iter().map(|(name, value)| setting(name, value)))
}

fn body_words(body: &Body) -> String {
    match body {
        Body::Text(it) => it.clone(),
        Body::Library { file, symbol } => format!("{file}, {symbol}"),
        Body::Standard(it) => it.key.to_string(),
    }
}

fn body_sql(body: &Body) -> String {
    match body {
        Body::Text(it) => format!("AS {}", dollars(it)),
        Body::Library { file, symbol } => format!("AS {}, {}", literal(file), literal(symbol)),
        Body::Standard(it) => it.text.trim().to_string(),
    }
}

pub(super) fn setting(name: &str, value: &str) -> String {
    let value = match LISTS.contains(&name) {
        true => joined(elements(value).iter().map(|it| literal(it))),
        false => literal(value),
    };
    let name = name.split('.').map(|it| Name::from(it).to_string()).collect::<Vec<_>>().join(".");
    format!("SET {name} TO {value}")
}

/// The elements of a list setting as the server stores it: names with commas between, some quoted.
fn elements(value: &str) -> Vec<String> {
    let mut elements = vec![String::new()];
    let mut quoted = false;
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match (quoted, c, elements.last_mut()) {
            (true, '"', Some(last)) if chars.peek() == Some(&'"') => {
                chars.next();
                last.push('"');
            }
            (_, '"', _) => quoted = !quoted,
            (false, ',', _) => elements.push(String::new()),
            (false, c, _) if c.is_whitespace() => (),
            (_, c, Some(last)) => last.push(c),
            (_, _, None) => (),
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_setting_is_quoted_element_by_element() {
        assert_eq!(setting("search_path", "\"$user\", public"), "SET search_path TO '$user', 'public'");
        assert_eq!(setting("search_path", "\"\""), "SET search_path TO ''");
        assert_eq!(setting("work_mem", "64MB"), "SET work_mem TO '64MB'");
        assert_eq!(setting("app.user", "a, b"), "SET app.\"user\" TO 'a, b'");
    }
}
