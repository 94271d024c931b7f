//! Collations. Does not know what sorts by them.

use model::{Collation, Kind, Locale, ObjectId, literal};

use super::text::joined;
use super::{Alter, Context, Rules, swap};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Collation {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let options = options(self);
        let options = joined(options.iter().map(|(word, value)| format!("{word} = {value}")));
        vec![Draft::create(id, format!("CREATE COLLATION {} ({options})", id.address()))]
    }

    /// PostgreSQL changes nothing about a collation that is there.
    fn alter(&self, new: &Collation, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Collation { locale, deterministic: _ } = new;
        let field = if *locale != self.locale { "locale" } else { "deterministic" };
        if !cx.users.of(id).any(|it| it.kind == Kind::Column) {
            return Alter::Replace(field);
        }
        Alter::Swap { field, down: swap::in_the_way(id, cx) }
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP COLLATION {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

fn options(collation: &Collation) -> Vec<(&'static str, String)> {
    let mut options = match &collation.locale {
        Locale::Libc { collate, ctype } if collate == ctype => {
            vec![("PROVIDER", "libc".to_owned()), ("LOCALE", literal(collate))]
        }
        Locale::Libc { collate, ctype } => vec![
            ("PROVIDER", "libc".to_owned()),
            ("LC_COLLATE", literal(collate)),
            ("LC_CTYPE", literal(ctype)),
        ],
        Locale::Icu { locale, rules } => {
            let mut options = vec![("PROVIDER", "icu".to_owned()), ("LOCALE", literal(locale))];
            options.extend(rules.iter().map(|it| ("RULES", literal(it))));
            options
        }
        Locale::Builtin { locale } => vec![("PROVIDER", "builtin".to_owned()), ("LOCALE", literal(locale))],
    };
    if !collation.deterministic {
        options.push(("DETERMINISTIC", "false".to_owned()));
    }
    options
}
