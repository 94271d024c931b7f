//! Collations, and when two ways to write a locale mean the same one. Knows nothing of who sorts by them.

use serde::Serialize;

use crate::kind::Facets;
use crate::{Kind, ObjectId, QualName, Schema};

/// A collation (`pg_collation`): `Kind::Collation.named(name)`. The version of its provider is no state of
/// the schema.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Collation {
    /// Who compares, and by which rules.
    pub locale: Locale,
    /// `collisdeterministic`
    pub deterministic: bool,
}

/// `collprovider` and what is told to it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// The operating system's library.
    Libc {
        /// `collcollate`
        collate: String,
        /// `collctype`
        ctype: String,
    },
    /// ICU.
    Icu {
        /// `colllocale`; before 17 `colliculocale`, before 15 `collcollate`.
        locale: String,
        /// `collicurules` (16 on)
        rules: Option<String>,
    },
    /// The server's own (17 on).
    Builtin {
        /// `colllocale`
        locale: String,
    },
}

impl Collation {
    /// The collation that comes with the server under a name that says what it is.
    pub fn built_in(name: &str) -> Option<Collation> {
        let locale = match name {
            "C" | "POSIX" => Locale::Libc { collate: name.to_owned(), ctype: name.to_owned() },
            _ => Locale::Icu { locale: name.strip_suffix("-x-icu")?.to_owned(), rules: None },
        };
        Some(Collation { locale, deterministic: true })
    }
}

impl Locale {
    /// Whether both are the same in the standard form that the server gives to locales from 16 on.
    fn means(&self, other: &Locale) -> bool {
        match (self, other) {
            (Locale::Icu { locale: a, rules: one }, Locale::Icu { locale: b, rules: other }) => {
                one == other && standard(a) == standard(b)
            }
            (Locale::Builtin { locale: a }, Locale::Builtin { locale: b }) => {
                a.replace("UTF8", "UTF-8") == b.replace("UTF8", "UTF-8")
            }
            _ => self == other,
        }
    }
}

/// The older keywords of ICU locales and their short forms in language tags.
const KEYS: &[(&str, &str)] = &[
    ("collation", "co"),
    ("colstrength", "ks"),
    ("colcaselevel", "kc"),
    ("colcasefirst", "kf"),
    ("colnumeric", "kn"),
    ("colalternate", "ka"),
    ("colnormalization", "kk"),
    ("colbackwards", "kb"),
    ("colreorder", "kr"),
];

/// Likewise for the values of keywords.
const VALUES: &[(&str, &str)] = &[
    ("primary", "level1"),
    ("secondary", "level2"),
    ("tertiary", "level3"),
    ("quaternary", "level4"),
    ("quarternary", "level4"),
    ("identical", "identic"),
    ("non-ignorable", "noignore"),
    ("yes", "true"),
    ("no", "false"),
    ("phonebook", "phonebk"),
    ("traditional", "trad"),
    ("dictionary", "dict"),
    ("gb2312han", "gb2312"),
];

fn short<'a>(word: &'a str, table: &[(&str, &'static str)]) -> &'a str {
    table.iter().find(|(long, _)| *long == word).map_or(word, |(_, short)| short)
}

/// A locale as a language tag in lower case, keywords sorted, "true" left out.
fn standard(locale: &str) -> String {
    let lower = locale.to_lowercase();
    let (language, old) = lower.split_once('@').unwrap_or((&lower, ""));
    let tag = language.replace('_', "-");
    let (language, tagged) = tag.split_once("-u-").unwrap_or((&tag, ""));
    let language = match language {
        "" | "root" => "und",
        "c" | "posix" => return "en-us-u-va-posix".to_owned(),
        other => other,
    };
    let mut keywords: Vec<Vec<&str>> = Vec::new();
    for word in tagged.split('-').filter(|it| !it.is_empty()) {
        match keywords.last_mut() {
            Some(last) if word.len() > 2 => last.push(word),
            _ => keywords.push(vec![word]),
        }
    }
    let pairs = old.split(';').filter_map(|it| it.split_once('='));
    keywords.extend(pairs.map(|(key, value)| vec![short(key.trim(), KEYS), short(value.trim(), VALUES)]));
    for keyword in &mut keywords {
        keyword.retain(|it| *it != "true");
    }
    keywords.sort();
    let keywords: Vec<String> = keywords.iter().map(|it| it.join("-")).collect();
    if keywords.is_empty() { language.to_owned() } else { format!("{language}-u-{}", keywords.join("-")) }
}

/// A collation as a thing that is used.
pub(crate) fn uses(collation: Option<&QualName>) -> Option<ObjectId> {
    collation.map(|it| Kind::Collation.named(it))
}

impl Facets for Collation {
    fn uses(&self, id: &ObjectId, _: &Schema) -> Vec<ObjectId> {
        crate::schema::namespace(id)
    }

    /// The server keeps a locale in its standard form, which is none of the file's business.
    fn adopt(&mut self, live: &Collation) {
        if self.locale.means(&live.locale) {
            self.locale = live.locale.clone();
        }
    }

    fn parent(&self, _: &ObjectId) -> Option<ObjectId> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::standard;

    #[test]
    fn locales_have_one_standard_form() {
        assert_eq!(standard("de_DE@colStrength=secondary;colNumeric=yes"), "de-de-u-kn-ks-level2");
        assert_eq!(standard("de-DE-u-kn-true-ks-level2"), "de-de-u-kn-ks-level2");
        assert_eq!(standard(""), standard("und"));
        assert_eq!(standard("de@collation=phonebook"), standard("de-u-co-phonebk"));
        assert_eq!(standard("en-u-kr-grek-kn-ks-level1"), standard("en-u-kn-true-kr-grek-ks-level1"));
        assert_ne!(standard("en-u-ks-level1"), standard("en-u-ks-level2"));
    }
}
