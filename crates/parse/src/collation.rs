//! CREATE COLLATION and ALTER COLLATION.
//!
//! Knows which options there are, and what collations of the system are copies of; not what sorts by them.

use model::{Collation, Kind, Locale, Name, Object, ObjectId, QualName, Settings, Span};
use sql::{Code, Cursor, Fault};

use crate::alter_table::{self, Target, not_modelled};
use crate::reader::{Reader, unknown};
use crate::{Verdict, option, rename, value};

/// `CREATE COLLATION [IF NOT EXISTS] name (option = value, …)` or `… FROM existing`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "collation"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let name = reader.created(parts, at)?;
    let id = Kind::Collation.named(&name);
    if guarded && reader.desired.schema.contains(&id) {
        return Ok(Verdict::Idiom);
    }
    reader.is_free(&id, at)?;
    let collation = definition(reader, cursor)?;
    cursor.expect_done()?;
    rename::said(reader, &id, begin);
    reader.declare(&id, collation, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

fn definition(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Collation, Fault> {
    let begin = cursor.span();
    if cursor.eat(&["from"]) {
        return copied(reader, cursor);
    }
    let mut ahead = cursor.clone();
    if ahead.eat_symbol("(") && ahead.eat(&["from"]) {
        ahead.expect_symbol("=")?;
        let collation = copied(reader, &mut ahead)?;
        ahead.expect_symbol(")")?;
        *cursor = ahead;
        return Ok(collation);
    }
    let options = option::list(cursor)?;
    of_options(reader, options, begin.to(cursor.previous()))
}

/// What an existing collation is, the system's among them.
fn copied(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Collation, Fault> {
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let declared = |it: &QualName| match reader.desired.schema.get(&Kind::Collation.named(it)) {
        Some(Object::Collation(it)) => Some(it.clone()),
        _ => None,
    };
    let of_system = |it: &Name| {
        let known = reader.facts.system_collations.get(it).cloned();
        known.or_else(|| Collation::built_in(it.as_str()))
    };
    let found = match parts.as_slice() {
        [name] => of_system(name).or_else(|| reader.lookup(&parts, declared)),
        [.., namespace, name] if namespace.as_str() == "pg_catalog" => of_system(name),
        _ => reader.lookup(&parts, declared),
    };
    found.ok_or_else(|| unknown(&parts, "collation", at.to(cursor.previous())))
}

fn of_options(reader: &Reader<'_>, mut options: Settings, span: Span) -> Result<Collation, Fault> {
    let wrong = |message: String| Fault::new(Code::Unsupported, span, message);
    let mut take = |name: &str| options.shift_remove(name);
    let (locale, collate, ctype) = (take("locale"), take("lc_collate"), take("lc_ctype"));
    let provider = take("provider").map_or_else(|| "libc".to_owned(), |it| it.to_lowercase());
    let deterministic = take("deterministic").map_or(Some(true), |it| value::truth(&it));
    let deterministic =
        deterministic.ok_or_else(|| wrong("DETERMINISTIC is neither true nor false".into()))?;
    let rules = take("rules");
    // What the provider called itself when the collation was made is no state of the schema.
    _ = take("version");
    if let Some(name) = options.keys().next() {
        return Err(wrong(format!("`{name}` is no option of a collation that is known")));
    }
    if locale.is_some() && (collate.is_some() || ctype.is_some()) {
        return Err(wrong("LOCALE cannot be given together with LC_COLLATE or LC_CTYPE".into()));
    }
    let older = reader.facts.major < 15 && collate == ctype;
    let one = |locale: Option<String>| {
        let locale = locale.or_else(|| collate.clone().filter(|_| older));
        locale.ok_or_else(|| wrong("LOCALE is not given".into()))
    };
    match (rules.is_some(), reader.facts.major) {
        (true, _) if provider != "icu" => return Err(wrong("RULES are for the provider icu alone".into())),
        (true, ..16) => return Err(wrong("RULES of a collation need PostgreSQL 16".into())),
        _ => (),
    }
    let locale = match provider.as_str() {
        "libc" => {
            let both = |it: Option<String>| it.or_else(|| locale.clone());
            let both = both(collate.clone()).zip(both(ctype));
            let (collate, ctype) =
                both.ok_or_else(|| wrong("neither LOCALE nor LC_COLLATE and LC_CTYPE are given".into()))?;
            Locale::Libc { collate, ctype }
        }
        "icu" => Locale::Icu { locale: one(locale)?, rules },
        "builtin" => Locale::Builtin { locale: one(locale)? },
        other => return Err(wrong(format!("`{other}` is no provider of collations that is known"))),
    };
    Ok(Collation { locale, deterministic })
}

/// `ALTER COLLATION name …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "collation"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    if cursor.eat(&["refresh", "version"]) {
        cursor.expect_done()?;
        return Ok(Verdict::Passed("the version of a collation is no state of the schema"));
    }
    let Some(id) = declared(reader, &parts) else {
        if alter_table::renamed_before(reader, cursor, &parts, Kind::Collation)? {
            return Ok(Verdict::Declared);
        }
        return Err(unknown(&parts, "collation", at));
    };
    let verdict = alter_table::whole(reader, cursor, &Target { id, begin })?;
    let verdict =
        verdict.ok_or_else(|| not_modelled(begin.to(cursor.span()), "this change of a collation"))?;
    cursor.expect_done()?;
    Ok(verdict)
}

fn declared(reader: &Reader<'_>, parts: &[Name]) -> Option<ObjectId> {
    reader.lookup(parts, |it| Some(Kind::Collation.named(it)).filter(|it| reader.desired.schema.contains(it)))
}
