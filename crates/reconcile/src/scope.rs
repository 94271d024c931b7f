//! The scope that the arguments and the configuration ask for, in the differ's words.
//! It does not know which objects there are.

use crate::config::Config;
use crate::context::Context;
use diff::{Scope, ScopeRule};
use model::Kind;

/// What is managed.
pub(crate) fn scope(context: &Context) -> Scope {
    of_config(&context.config, context.all_namespaces())
}

fn of_config(config: &Config, all_namespaces: bool) -> Scope {
    let rules = config.rules().map(|(ignore, it)| ScopeRule {
        ignore,
        kind: noun(&it.kind).unwrap_or_else(|| it.kind.clone()),
        namespace: it.namespace.clone(),
        name: it.name.clone(),
    });
    let kept = config.undeclared.kinds.iter().filter(|(_, it)| it.value).filter_map(|(kind, _)| noun(kind));
    let all = config.undeclared.keep_all.then(|| "*".to_owned());
    Scope {
        all_namespaces,
        rules: rules.collect(),
        keep: kept.chain(all).collect(),
        drop_partitions: config
            .undeclared
            .kinds
            .get("partition")
            .or(config.undeclared.kinds.get("partitions"))
            .is_some_and(|it| !it.value),
        grants: manages(config, "grant"),
        roles: manages(config, "role"),
    }
}

/// Whether all of a kind is said to be managed.
fn manages(config: &Config, kind: &str) -> bool {
    config.manage.iter().any(|it| !it.negate && noun(&it.kind).as_deref() == Some(kind) && is_general(it))
}

fn is_general(rule: &crate::config::Rule) -> bool {
    rule.namespace == "*" && rule.name == "*"
}

/// The noun of the kind that is written as the noun, in the plural, or with its words joined; a glob is
/// taken as it is when it matches anything.
pub(crate) fn noun(written: &str) -> Option<String> {
    let written = written.replace(['-', '_'], " ").to_lowercase();
    if written.contains(['*', '?']) {
        return Some(written);
    }
    if matches!(written.as_str(), "partition" | "partitions") {
        return Some("partition".into());
    }
    let written = written.replace("namespace", Kind::Namespace.meta().noun);
    let nouns = Kind::ALL.iter().map(|it| it.meta().noun);
    let plain = |it: &str| it.replace('-', " ");
    nouns.into_iter().find(|it| plain(it) == written || plural(&plain(it)) == written).map(str::to_owned)
}

fn plural(noun: &str) -> String {
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        None if noun.ends_with(['x', 's']) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn kinds_are_taken_as_people_write_them() {
        for (written, noun) in [
            ("table", "table"),
            ("Tables", "table"),
            ("foreign_keys", "foreign key"),
            ("foreign-key", "foreign key"),
            ("indexes", "index"),
            ("policies", "policy"),
            ("grants", "grant"),
            ("roles", "role"),
            ("not_null", "not-null"),
            ("namespaces", "schema"),
            ("*view", "*view"),
        ] {
            assert_eq!(super::noun(written).as_deref(), Some(noun), "{written}");
        }
        assert_eq!(noun("tabel"), None);
    }

    #[test]
    fn rules_become_the_differs() {
        let text = "ignore: ['view:audit.*', '!audit.kept']\nmanage: [grants, 'tables:audit.mine']\n\
                    undeclared: {tables: keep, view: drop}\n";
        let config = Config::read(Path::new("reconcile.yaml"), text.into()).unwrap();
        let scope = of_config(&config, true);
        let rules: Vec<_> =
            scope.rules.iter().map(|it| (it.ignore, it.kind.as_str(), it.name.as_str())).collect();
        assert_eq!(
            rules,
            [(true, "view", "*"), (false, "*", "kept"), (false, "grant", "*"), (false, "table", "mine")]
        );
        assert!(scope.grants && scope.all_namespaces);
        assert_eq!(scope.keep.iter().collect::<Vec<_>>(), ["table"]);
        let config = Config::read(Path::new("reconcile.yaml"), "undeclared: keep\n".into()).unwrap();
        assert!(of_config(&config, false).keep.contains("*"));
    }
}
