//! SECURITY LABEL. Knows which settings name libraries that may provide labels; not what a label means.

use model::{Kind, Name, SecurityLabel};
use sql::{Code, Cursor, Fault, TokenKind};

use crate::Verdict;
use crate::comment::{self, Target};
use crate::reader::Reader;
use crate::refer::Found;

/// Settings that name the libraries of a session.
const LIBRARIES: &[&str] =
    &["shared_preload_libraries", "session_preload_libraries", "local_preload_libraries"];

/// `SECURITY LABEL FOR provider ON object IS 'label' | NULL`
pub(crate) fn label(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["security", "label"])?;
    if !cursor.eat(&["for"]) {
        let message = "whose label this is depends on the libraries of the session that runs it";
        return Err(
            Fault::new(Code::Unsupported, begin, message).hint("say SECURITY LABEL FOR provider ON …")
        );
    }
    let at = cursor.span();
    let provider = match cursor.peek().is_some_and(|it| it.kind == TokenKind::Text) {
        true => Name::from(cursor.string()?),
        false => cursor.name()?,
    };
    if !may_be_loaded(reader, &provider) {
        let message = format!("no library that provides labels for {provider} is loaded on the server");
        return Err(Fault::new(Code::Unsupported, at, message)
            .hint("`-- reconcile: ignore` above the statement leaves it alone"));
    }
    cursor.expect(&["on"])?;
    let found = comment::target(reader, cursor)?;
    cursor.expect(&["is"])?;
    let label = if cursor.eat(&["null"]) { None } else { Some(cursor.string()?) };
    cursor.expect_done()?;
    let target = match found {
        Target::Found(Found::Declared(target)) => target,
        Target::Found(Found::Outside) => {
            return Ok(Verdict::Passed("it is about an object that is not the file's"));
        }
        Target::Elsewhere(why) => return Ok(Verdict::Passed(why)),
    };
    let id = Kind::SecurityLabel.to(&target, &provider);
    match label {
        Some(label) => {
            reader.desired.spans.insert(id.clone(), begin.to(cursor.previous()));
            reader.desired.schema.insert(id, SecurityLabel { label });
        }
        None => _ = reader.desired.schema.remove(&id),
    }
    Ok(Verdict::Declared)
}

/// Whether a library of that name is loaded, as far as the role may see. SELinux has its own word.
fn may_be_loaded(reader: &Reader<'_>, provider: &Name) -> bool {
    let settings = &reader.facts.settings;
    let word = if provider.as_str() == "selinux" { "sepgsql" } else { provider.as_str() };
    let hidden = settings.get(LIBRARIES[0]).is_none();
    hidden || LIBRARIES.iter().filter_map(|it| settings.get(*it)).any(|it| it.contains(word))
}
