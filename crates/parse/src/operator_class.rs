//! Operator families and classes: CREATE and ALTER OPERATOR FAMILY, CREATE and ALTER OPERATOR CLASS.
//!
//! Knows which types a member is for when that is not said; not what an access method does with it.

use model::{Kind, Member, Name, Object, ObjectId, OperatorClass, OperatorFamily, QualName, Slot, Span};
use model::{Support, Type};
use sql::{Code, Cursor, Fault};

use crate::operator::{self, Symbol};
use crate::reader::{Reader, unknown};
use crate::refer::{self, Found};
use crate::{Verdict, owner, rename, signature};

/// `CREATE OPERATOR FAMILY name USING method`
pub(crate) fn create_family(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "operator", "family"])?;
    let id = new(reader, cursor, Kind::OperatorFamily)?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    reader.is_free(&id, span)?;
    rename::said(reader, &id, begin);
    reader.declare(&id, OperatorFamily::default(), span);
    Ok(Verdict::Declared)
}

/// Takes `name USING method` of something about to be created.
fn new(reader: &Reader<'_>, cursor: &mut Cursor<'_>, kind: Kind) -> Result<ObjectId, Fault> {
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let name = reader.created(parts, at)?;
    cursor.expect(&["using"])?;
    Ok(kind.routine(&name, cursor.name()?.as_str()))
}

/// Takes `name USING method` and says what that would be, declared or not.
pub(crate) fn identity(reader: &Reader<'_>, cursor: &mut Cursor<'_>, kind: Kind) -> Result<ObjectId, Fault> {
    let parts = cursor.dotted()?;
    cursor.expect(&["using"])?;
    let method = cursor.name()?;
    let declared = declared(reader, &parts, kind, &method);
    Ok(declared.unwrap_or_else(|| {
        let name = refer::qualified(&parts, || reader.creation_namespace());
        kind.routine(&name, method.as_str())
    }))
}

/// Takes `name USING method` and looks it up.
pub(crate) fn reference(reader: &Reader<'_>, cursor: &mut Cursor<'_>, kind: Kind) -> Result<Found, Fault> {
    let begin = cursor.span();
    let id = identity(reader, cursor, kind)?;
    reader.expected(id, begin.to(cursor.previous()))
}

/// The declared family or class of a name.
pub(crate) fn declared(reader: &Reader<'_>, parts: &[Name], kind: Kind, method: &Name) -> Option<ObjectId> {
    reader.lookup(parts, |it| {
        Some(kind.routine(it, method.as_str())).filter(|it| reader.desired.schema.contains(it))
    })
}

/// `CREATE OPERATOR CLASS name [DEFAULT] FOR TYPE type USING method [FAMILY family] AS item, …`
pub(crate) fn create_class(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create", "operator", "class"])?;
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let name = reader.created(parts, at)?;
    let default = cursor.eat(&["default"]);
    cursor.expect(&["for", "type"])?;
    let ty = signature::bare_type(reader, cursor)?;
    cursor.expect(&["using"])?;
    let method = cursor.name()?;
    let family = match cursor.eat(&["family"]) {
        true => {
            let (at, parts) = (cursor.span(), cursor.dotted()?);
            let found = declared(reader, &parts, Kind::OperatorFamily, &method);
            found.ok_or_else(|| unknown(&parts, "operator family", at.to(cursor.previous())))?
        }
        false => Kind::OperatorFamily.routine(&name, method.as_str()),
    };
    cursor.expect(&["as"])?;
    let mut items =
        Items { method: method.clone(), ty: Some(ty.clone()), members: Vec::new(), storage: None };
    items.read(reader, cursor)?;
    cursor.expect_done()?;
    let span = begin.to(cursor.previous());
    let id = Kind::OperatorClass.routine(&name, method.as_str());
    reader.is_free(&id, span)?;
    if !reader.desired.schema.contains(&family) {
        reader.declare(&family, OperatorFamily::default(), span);
    }
    let Items { members, storage, .. } = items;
    add(reader, &family, members)?;
    rename::said(reader, &id, begin);
    let storage = storage.filter(|it| *it != ty);
    let family = family.qual_name().cloned().unwrap_or(name);
    reader.declare(&id, OperatorClass { family, ty, default, storage }, span);
    Ok(Verdict::Declared)
}

fn add(reader: &mut Reader<'_>, family: &ObjectId, members: Vec<(Member, Span)>) -> Result<(), Fault> {
    let Some(Object::OperatorFamily(it)) = reader.desired.schema.get_mut(family) else { return Ok(()) };
    for (member, span) in members {
        if !it.put(member) {
            return Err(Fault::new(
                Code::Conflict,
                span,
                format!("{family} has a member at this place already"),
            ));
        }
    }
    Ok(())
}

/// The items of a class, or those added to a family.
struct Items {
    method: Name,
    /// The type of the class.
    ty: Option<Type>,
    members: Vec<(Member, Span)>,
    storage: Option<Type>,
}

impl Items {
    fn read(&mut self, reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        loop {
            let begin = cursor.span();
            match cursor.eat_any(&["operator", "function", "storage"]) {
                Some("storage") => self.storage = Some(signature::bare_type(reader, cursor)?),
                Some(word) => {
                    let member = match word {
                        "operator" => self.operator(reader, cursor)?,
                        _ => self.function(reader, cursor)?,
                    };
                    self.members.push((member, begin.to(cursor.previous())));
                }
                None => return Err(cursor.wanted("OPERATOR, FUNCTION or STORAGE")),
            }
            if !cursor.eat_symbol(",") {
                return Ok(());
            }
        }
    }

    /// `number name [(left, right)] [FOR SEARCH | FOR ORDER BY family] [RECHECK]`
    fn operator(&self, reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Member, Fault> {
        let number = number(cursor)?;
        let symbol = Symbol::read(cursor)?;
        let (left, right) = match cursor.at_symbol("(") {
            true => operator::operands(reader, cursor)?,
            false => (self.ty.clone(), self.ty.clone()),
        };
        let (Some(left), Some(right)) = (left, right) else {
            return Err(cursor.wanted("the types of the operator"));
        };
        let order_by = match cursor.eat(&["for", "order", "by"]) {
            true => Some(sorting(reader, cursor)?),
            false => {
                cursor.eat(&["for", "search"]);
                None
            }
        };
        let name = symbol.supporting(reader, &left, &right);
        let slot = Slot { number, left, right };
        Ok(Member { slot, what: Support::Operator { name, order_by } })
    }

    /// `number [(left [, right])] name (types)`
    fn function(&self, reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Member, Fault> {
        let number = number(cursor)?;
        let said = if cursor.at_symbol("(") { Some(operator::operands(reader, cursor)?) } else { None };
        let at = cursor.span();
        let called = reader.routine_name(cursor)?;
        let Some(parameters) = &called.parameters else {
            return Err(Fault::new(Code::Unsupported, at, "the function's argument types are not given"));
        };
        let inputs: Vec<Type> = parameters.iter().map(|it| it.ty.clone()).collect();
        let (left, right) = match said {
            Some((Some(left), Some(right))) => (left, right),
            _ => self.types_of(number, &inputs).ok_or_else(|| {
                Fault::new(Code::Unsupported, at, "the types the function is for are not given")
            })?,
        };
        let name = reader.function_named(&called.parts);
        let what = Support::Function { name, arguments: signature::types(parameters) };
        Ok(Member { slot: Slot { number, left, right }, what })
    }

    /// The types a function is for when they are not said (`assignProcTypes` of the server).
    fn types_of(&self, number: i16, inputs: &[Type]) -> Option<(Type, Type)> {
        let of = |at: usize| inputs.get(at).cloned();
        match (self.method.as_str(), number) {
            ("btree", 1) => of(0).zip(of(1)),
            ("btree", 3) => of(0).zip(of(2)),
            ("hash", 1 | 2) => of(0).zip(of(0)),
            _ => self.ty.clone().zip(self.ty.clone()),
        }
    }
}

fn number(cursor: &mut Cursor<'_>) -> Result<i16, Fault> {
    let at = cursor.clone();
    i16::try_from(cursor.integer()?).map_err(|_| at.wanted("a small number"))
}

/// The family of btree that FOR ORDER BY names.
fn sorting(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<QualName, Fault> {
    let parts = cursor.dotted()?;
    let found = declared(reader, &parts, Kind::OperatorFamily, &"btree".into());
    let found = found.and_then(|it| it.qual_name().cloned());
    Ok(found.unwrap_or_else(|| refer::qualified(&parts, || "pg_catalog".into())))
}

/// `ALTER OPERATOR FAMILY name USING method ADD item, … | DROP item, … | …`
pub(crate) fn alter_family(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "operator", "family"])?;
    let id = match reference(reader, cursor, Kind::OperatorFamily)? {
        Found::Declared(id) => id,
        Found::Outside => {
            let message = "only operator families of the file are changed by it";
            return Err(Fault::new(Code::Unsupported, begin.to(cursor.previous()), message));
        }
    };
    if cursor.eat(&["add"]) {
        let method = Name::from(method(&id));
        let mut items = Items { method, ty: None, members: Vec::new(), storage: None };
        items.read(reader, cursor)?;
        cursor.expect_done()?;
        add(reader, &id, items.members)?;
        return Ok(Verdict::Declared);
    }
    if cursor.eat(&["drop"]) {
        return drop_members(reader, cursor, &id);
    }
    whole(reader, cursor, &id, begin)
}

fn method(id: &ObjectId) -> String {
    match &id.path {
        model::Path::Routine(_, method) => method.to_string(),
        _ => String::new(),
    }
}

/// `{OPERATOR | FUNCTION} number (left [, right]), …`
fn drop_members(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>, id: &ObjectId) -> Result<Verdict, Fault> {
    loop {
        let at = cursor.span();
        let word = cursor.eat_any(&["operator", "function"]);
        let word = word.ok_or_else(|| cursor.wanted("OPERATOR or FUNCTION"))?;
        let number = number(cursor)?;
        let (Some(left), Some(right)) = operator::operands(reader, cursor)? else {
            return Err(cursor.wanted("types"));
        };
        let slot = Slot { number, left, right };
        let taken = match reader.desired.schema.get_mut(id) {
            Some(Object::OperatorFamily(it)) => it.take(word == "function", &slot),
            _ => false,
        };
        if !taken {
            let message = format!("{id} has no such member at this point of the file");
            return Err(Fault::new(Code::Unknown, at.to(cursor.previous()), message));
        }
        if !cursor.eat_symbol(",") {
            cursor.expect_done()?;
            return Ok(Verdict::Declared);
        }
    }
}

/// `ALTER OPERATOR CLASS name USING method …`
pub(crate) fn alter_class(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "operator", "class"])?;
    match reference(reader, cursor, Kind::OperatorClass)? {
        Found::Declared(id) => whole(reader, cursor, &id, begin),
        Found::Outside => Ok(Verdict::Passed("it is about an operator class that is not the file's")),
    }
}

/// `OWNER TO role | RENAME TO name | SET SCHEMA namespace`
fn whole(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    id: &ObjectId,
    begin: Span,
) -> Result<Verdict, Fault> {
    match cursor.at(&["owner"]) {
        true => owner::owner_to(reader, cursor, id),
        false => rename::clause(reader, cursor, id, begin),
    }
}

/// What a class brought into its family goes when the class does.
pub(crate) fn forget_members(reader: &mut Reader<'_>, id: &ObjectId) {
    let Some(Object::OperatorClass(class)) = reader.desired.schema.get(id).cloned() else { return };
    if let Some(Object::OperatorFamily(it)) = reader.desired.schema.get_mut(&class.family(id)) {
        it.retain(|it| !class.lists(id, it));
    }
}
