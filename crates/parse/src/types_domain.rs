//! CREATE DOMAIN and ALTER DOMAIN.

use model::{Domain, DomainConstraint, Expr, Kind, Name, Object, ObjectId, QualName, Span, Type};
use sql::{Code, Cursor, Fault, TypeName};

use crate::alter_table::{self, Target, not_modelled};
use crate::reader::{Reader, unknown};
use crate::{Verdict, column, column_type, types};

/// `CREATE DOMAIN name [AS] type clause …`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "domain"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let header = begin.to(at);
    let name = reader.created(parts, at)?;
    let id = Kind::Domain.named(&name);
    types::is_free(reader, &name, at)?;
    cursor.eat(&["as"]);
    let of = cursor.span();
    let written = TypeName::read(cursor)?;
    let base = column_type::resolved(reader, &written, of.to(cursor.previous()));
    let mut domain = Domain { base, collation: None, default: None, not_null: false, not_null_name: None };
    let mut checks = Vec::new();
    while !cursor.is_done() {
        let start = cursor.span();
        let named = if cursor.eat(&["constraint"]) { Some(cursor.name()?) } else { None };
        match () {
            () if cursor.eat(&["collate"]) => {
                let said = column_type::collation(reader, cursor)?;
                domain.collation = column_type::own_collation(reader, &domain.base, Some(said));
            }
            () if cursor.eat(&["default"]) => {
                let tokens = column::default_tokens(cursor)?;
                let expr = reader.expr(cursor, tokens);
                domain.default = Some(expr).filter(|it| !column::is_null(reader, it, &domain.base));
            }
            () if cursor.eat(&["not", "null"]) => {
                domain.not_null = true;
                domain.not_null_name = kept_name(reader, named);
            }
            () if cursor.eat(&["null"]) => (),
            () if cursor.eat(&["check"]) => {
                let tokens = cursor.parenthesised()?;
                checks.push((named, reader.expr(cursor, tokens), start.to(cursor.previous())));
            }
            () => return Err(cursor.wanted("a clause of a domain")),
        }
    }
    if let Some(old) = reader.renamed(header) {
        reader.desired.renames.push((Kind::Domain.named(&old.within(name.namespace.clone())), id.clone()));
    }
    // What a domain over a domain would take over need not be said.
    domain.default = domain.default.filter(|it| taken_over(reader, &domain.base) != Some(it));
    reader.declare(&id, domain, begin.to(cursor.previous()));
    for (named, check, span) in checks {
        add_check(reader, &name, named, (check, true), span)?;
    }
    Ok(Verdict::Declared)
}

/// The default of the domain that a type is, its own or one it has taken over.
fn taken_over<'r>(reader: &'r Reader<'_>, base: &Type) -> Option<&'r Expr> {
    let below = |it: &Type| match reader.desired.schema.get(&Kind::Domain.named(it.user.as_ref()?)) {
        Some(Object::Domain(domain)) if !it.text.ends_with("[]") => Some(domain),
        _ => None,
    };
    std::iter::successors(below(base), |it| below(&it.base)).find_map(|it| it.default.as_ref())
}

fn add_check(
    reader: &mut Reader<'_>,
    domain: &QualName,
    named: Option<Name>,
    (check, validated): (Expr, bool),
    span: Span,
) -> Result<(), Fault> {
    let unnamed = named.is_none();
    let name = named.unwrap_or_else(|| reader.choose_constraint(domain, None, "check"));
    let id = Kind::DomainConstraint.of(domain, &name);
    reader.is_free(&id, span)?;
    reader.declare(&id, DomainConstraint { check, validated }, span);
    if unnamed {
        reader.desired.unnamed.insert(id);
    }
    Ok(())
}

/// `ALTER DOMAIN name …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "domain"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let domains = |it: &QualName| {
        let id = Kind::Domain.named(it);
        reader.desired.schema.contains(&id).then_some(id)
    };
    let Some(id) = reader.lookup(&parts, domains) else {
        if alter_table::renamed_before(reader, cursor, &parts, Kind::Domain)? {
            return Ok(Verdict::Declared);
        }
        return Err(unknown(&parts, "domain", at));
    };
    let target = Target { id, begin };
    let verdict = match alter_table::whole(reader, cursor, &target)? {
        Some(verdict) => verdict,
        None => change(reader, cursor, &target)?,
    };
    cursor.expect_done()?;
    Ok(verdict)
}

fn change(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, target: &Target) -> Result<Verdict, Fault> {
    let Some(name) = target.id.qual_name().cloned() else { return Ok(Verdict::Declared) };
    match () {
        () if cursor.eat(&["set", "default"]) => {
            let tokens = cursor.until(|_| false);
            let expr = reader.expr(cursor, tokens);
            let base = match reader.desired.schema.get(&target.id) {
                Some(Object::Domain(it)) => it.base.clone(),
                _ => return Ok(Verdict::Declared),
            };
            let default = Some(expr).filter(|it| !column::is_null(reader, it, &base));
            edit(reader, &target.id, |it| it.default = default);
        }
        () if cursor.eat(&["drop", "default"]) => edit(reader, &target.id, |it| it.default = None),
        () if cursor.eat(&["set", "not", "null"]) => edit(reader, &target.id, |it| it.not_null = true),
        () if cursor.eat(&["drop", "not", "null"]) => edit(reader, &target.id, let_take_null),
        () if cursor.eat(&["add"]) => add(reader, cursor, target, &name)?,
        () if cursor.eat(&["drop", "constraint"]) => return drop(reader, cursor, &name),
        () if cursor.eat(&["validate", "constraint"]) => {
            let (at, checked) = (cursor.span(), cursor.name()?);
            let id = constraint(reader, &name, &checked, at)?;
            if let Some(Object::DomainConstraint(it)) = reader.desired.schema.get_mut(&id) {
                it.validated = true;
            }
        }
        () if cursor.eat(&["rename", "constraint"]) => rename_constraint(reader, cursor, target, &name)?,
        () => return Err(not_modelled(target.begin.to(cursor.span()), "this change of a domain")),
    }
    Ok(Verdict::Declared)
}

fn add(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    target: &Target,
    name: &QualName,
) -> Result<(), Fault> {
    let named = if cursor.eat(&["constraint"]) { Some(cursor.name()?) } else { None };
    if cursor.eat(&["not", "null"]) {
        let named = kept_name(reader, named);
        edit(reader, &target.id, |it| {
            // Where it has one, the server leaves that as it is.
            if !std::mem::replace(&mut it.not_null, true) {
                it.not_null_name = named;
            }
        });
        return Ok(());
    }
    cursor.expect(&["check"])?;
    let tokens = cursor.parenthesised()?;
    let check = reader.expr(cursor, tokens);
    let validated = !cursor.eat(&["not", "valid"]);
    add_check(reader, name, named, (check, validated), target.begin.to(cursor.previous()))
}

fn drop(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, domain: &QualName) -> Result<Verdict, Fault> {
    let guarded = cursor.eat(&["if", "exists"]);
    let (at, name) = (cursor.span(), cursor.name()?);
    cursor.eat_any(&["cascade", "restrict"]);
    if is_not_null(reader, domain, &name) {
        edit(reader, &Kind::Domain.named(domain), let_take_null);
        return Ok(Verdict::Declared);
    }
    let id = Kind::DomainConstraint.of(domain, &name);
    let there = reader.schema().remove(&id).is_some();
    match () {
        () if guarded => _ = reader.desired.absent.insert(id),
        () if !there => return Err(no_constraint(domain, &name, at)),
        () => (),
    }
    Ok(if there { Verdict::Declared } else { Verdict::Idiom })
}

fn rename_constraint(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    target: &Target,
    domain: &QualName,
) -> Result<(), Fault> {
    let (at, old) = (cursor.span(), cursor.name()?);
    if is_not_null(reader, domain, &old) {
        cursor.expect(&["to"])?;
        let new = cursor.name()?;
        edit(reader, &target.id, |it| it.not_null_name = Some(new));
        return Ok(());
    }
    let id = constraint(reader, domain, &old, at)?;
    cursor.expect(&["to"])?;
    let new = cursor.name()?;
    crate::alter_table_rename::whole(reader, &id, &new, cursor.previous())
}

/// Names of NOT NULLs are kept from 17 on.
fn kept_name(reader: &Reader<'_>, name: Option<Name>) -> Option<Name> {
    name.filter(|_| reader.facts.major >= 17)
}

/// Whether that is what the domain's NOT NULL is called.
pub(crate) fn is_not_null(reader: &Reader<'_>, domain: &QualName, name: &Name) -> bool {
    match reader.desired.schema.get(&Kind::Domain.named(domain)) {
        Some(Object::Domain(it)) => match &it.not_null_name {
            Some(it) => it == name,
            None => it.not_null && reader.facts.major >= 17 && *name == Domain::usual_not_null(&domain.name),
        },
        _ => false,
    }
}

fn let_take_null(domain: &mut Domain) {
    domain.not_null = false;
    domain.not_null_name = None;
}

fn constraint(reader: &Reader<'_>, domain: &QualName, name: &Name, at: Span) -> Result<ObjectId, Fault> {
    let id = Kind::DomainConstraint.of(domain, name);
    match reader.desired.schema.contains(&id) {
        true => Ok(id),
        false => Err(no_constraint(domain, name, at)),
    }
}

fn no_constraint(domain: &QualName, name: &Name, at: Span) -> Fault {
    Fault::new(
        Code::Unknown,
        at,
        format!("domain {domain} has no constraint {name} at this point of the file"),
    )
}

fn edit(reader: &mut Reader<'_>, id: &ObjectId, change: impl FnOnce(&mut Domain)) {
    if let Some(Object::Domain(it)) = reader.desired.schema.get_mut(id) {
        change(it);
    }
}
