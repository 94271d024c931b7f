//! CREATE and ALTER SEQUENCE, and the options of identity columns, which are the same.
//!
//! Options come in any order and are read as a set. Knows nothing of a sequence's current value: that
//! is data.

use model::{Kind, Name, Object, ObjectId, Persistence, QualName, Sequence, SequenceOptions, Span, Type};
use sql::{Code, Cursor, Fault};

use crate::alter_table::{self, Target};
use crate::reader::{Reader, unknown};
use crate::{Verdict, rename, table};

/// What a statement says of a sequence, nothing resolved.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    ty: Option<Type>,
    start: Option<i64>,
    increment: Option<i64>,
    /// `Some(None)` is NO MINVALUE.
    min: Option<Option<i64>>,
    max: Option<Option<i64>>,
    cache: Option<i64>,
    cycle: Option<bool>,
    /// `Some(None)` is OWNED BY NONE.
    owned_by: Option<Option<Vec<Name>>>,
    /// SEQUENCE NAME, of identity columns only.
    pub(crate) name: Option<Vec<Name>>,
}

/// `CREATE [UNLOGGED | TEMPORARY] SEQUENCE [IF NOT EXISTS] name options`
pub(crate) fn create(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["create"])?;
    let head = table::persistence(cursor);
    cursor.expect(&["sequence"])?;
    let guarded = cursor.eat(&["if", "not", "exists"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    let Some(persistence) = head else {
        reader.note_temporary(&parts[parts.len() - 1]);
        return Ok(Verdict::Passed("temporary objects are never managed"));
    };
    let name = reader.created(parts, at)?;
    if guarded && reader.relation_taken(&name) {
        return Ok(Verdict::Idiom);
    }
    let id = Kind::Sequence.named(&name);
    reader.is_free(&id, at)?;
    let mut draft = Draft::default();
    while draft.option(reader, cursor)? {}
    cursor.expect_done()?;
    let owned_by = owner(reader, &draft, at)?.flatten();
    let sequence = Sequence { options: draft.fresh(&Type::builtin("bigint")), owned_by, persistence };
    rename::said(reader, &id, begin);
    reader.declare(&id, sequence, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// `ALTER SEQUENCE [IF EXISTS] name …`
pub(crate) fn alter(reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
    let begin = cursor.span();
    cursor.expect(&["alter", "sequence"])?;
    let guarded = cursor.eat(&["if", "exists"]);
    let (at, parts) = (cursor.span(), cursor.dotted()?);
    if reader.is_temporary(&parts) {
        return Ok(Verdict::Passed("temporary objects are never managed"));
    }
    if let Some(column) = reader.identity(&parts) {
        return alter_identity(reader, cursor, &column);
    }
    let Ok(id) = reader.relation(&parts, at) else {
        return match guarded {
            true => Ok(Verdict::Idiom),
            false => Err(unknown(&parts, "sequence", at)),
        };
    };
    if let Some(verdict) = alter_table::whole(reader, cursor, &Target { id: id.clone(), begin })? {
        cursor.expect_done()?;
        return Ok(verdict);
    }
    let mut draft = Draft::default();
    let mut persistence = None;
    loop {
        match () {
            () if cursor.eat(&["set", "logged"]) => persistence = Some(Persistence::Permanent),
            () if cursor.eat(&["set", "unlogged"]) => persistence = Some(Persistence::Unlogged),
            () if draft.option(reader, cursor)? => (),
            () => break,
        }
    }
    cursor.expect_done()?;
    let owned_by = owner(reader, &draft, at)?;
    let Some(Object::Sequence(old)) = reader.desired.schema.get(&id) else {
        return Err(Fault::new(Code::Conflict, at, format!("{id} is no sequence")));
    };
    let sequence = Sequence {
        options: draft.changed(&old.options),
        owned_by: owned_by.unwrap_or_else(|| old.owned_by.clone()),
        persistence: persistence.unwrap_or(old.persistence),
    };
    reader.declare(&id, sequence, begin.to(cursor.previous()));
    Ok(Verdict::Declared)
}

/// The sequence behind an identity column is altered by its own name too.
fn alter_identity(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    column: &ObjectId,
) -> Result<Verdict, Fault> {
    if cursor.eat(&["owner", "to"]) {
        cursor.name()?;
        cursor.expect_done()?;
        return Ok(Verdict::Passed("the sequence of an identity column has its table's owner"));
    }
    let mut draft = Draft::default();
    while draft.option(reader, cursor)? {}
    cursor.expect_done()?;
    let Some(table) = column.relation() else { return Ok(Verdict::Declared) };
    reader.change_column(table, column.name(), |it| {
        if let Some(identity) = &mut it.identity {
            identity.sequence = draft.changed(&identity.sequence);
        }
    });
    Ok(Verdict::Declared)
}

/// The column a sequence is to go with: `None` where nothing is said, `Some(None)` for NONE.
#[expect(clippy::option_option, reason = "not said and NONE are two things")]
fn owner(reader: &Reader<'_>, draft: &Draft, at: Span) -> Result<Option<Option<(QualName, Name)>>, Fault> {
    let Some(said) = &draft.owned_by else { return Ok(None) };
    let Some([table @ .., column]) = said.as_deref() else { return Ok(Some(None)) };
    let table = reader.relation(table, at)?;
    Ok(Some(table.qual_name().map(|it| (it.clone(), column.clone()))))
}

impl Draft {
    /// Only the type is said.
    pub(crate) fn of_type(ty: Type) -> Draft {
        Draft { ty: Some(ty), ..Draft::default() }
    }

    /// Takes one option, if one stands here.
    pub(crate) fn option(&mut self, reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<bool, Fault> {
        match () {
            () if cursor.eat(&["as"]) => self.ty = Some(reader.data_type(cursor)?),
            () if cursor.eat(&["start"]) => {
                cursor.eat(&["with"]);
                self.start = Some(cursor.integer()?);
            }
            () if cursor.eat(&["restart"]) => {
                let with = cursor.eat(&["with"]);
                if with || cursor.peek().is_some_and(|it| it.kind == sql::TokenKind::Number) {
                    cursor.integer()?;
                }
            }
            () if cursor.eat(&["increment"]) => {
                cursor.eat(&["by"]);
                self.increment = Some(cursor.integer()?);
            }
            () if cursor.eat(&["minvalue"]) => self.min = Some(Some(cursor.integer()?)),
            () if cursor.eat(&["maxvalue"]) => self.max = Some(Some(cursor.integer()?)),
            () if cursor.eat(&["no", "minvalue"]) => self.min = Some(None),
            () if cursor.eat(&["no", "maxvalue"]) => self.max = Some(None),
            () if cursor.eat(&["cache"]) => self.cache = Some(cursor.integer()?),
            () if cursor.eat(&["cycle"]) => self.cycle = Some(true),
            () if cursor.eat(&["no", "cycle"]) => self.cycle = Some(false),
            () if cursor.eat(&["owned", "by", "none"]) => self.owned_by = Some(None),
            () if cursor.eat(&["owned", "by"]) => self.owned_by = Some(Some(cursor.dotted()?)),
            () if cursor.eat(&["sequence", "name"]) => self.name = Some(cursor.dotted()?),
            () if cursor.eat_any(&["logged", "unlogged"]).is_some() => (),
            () => return Ok(false),
        }
        Ok(true)
    }

    /// The options of a new sequence of a type, unless the draft says another.
    pub(crate) fn fresh(&self, ty: &Type) -> SequenceOptions {
        let ty = self.ty.clone().unwrap_or_else(|| ty.clone());
        let (least, most) = SequenceOptions::bounds(&ty);
        let increment = self.increment.unwrap_or(1);
        let ascending = increment > 0;
        let min = self.min.flatten().unwrap_or(if ascending { 1 } else { least });
        let max = self.max.flatten().unwrap_or(if ascending { most } else { -1 });
        SequenceOptions {
            start: self.start.unwrap_or(if ascending { min } else { max }),
            increment,
            min,
            max,
            cache: self.cache.unwrap_or(1),
            cycle: self.cycle.unwrap_or(false),
            ty,
        }
    }

    /// The options after ALTER SEQUENCE, as `init_params` of the server works them out: a new type moves
    /// the bounds that were the old type's own.
    pub(crate) fn changed(&self, old: &SequenceOptions) -> SequenceOptions {
        let ty = self.ty.clone().unwrap_or_else(|| old.ty.clone());
        let (old_bounds, (least, most)) = (SequenceOptions::bounds(&old.ty), SequenceOptions::bounds(&ty));
        let retyped = self.ty.is_some();
        let increment = self.increment.unwrap_or(old.increment);
        let ascending = increment > 0;
        let max = match self.max {
            Some(Some(max)) => max,
            None if retyped && old.max == old_bounds.1 => most,
            Some(None) if ascending => most,
            Some(None) => -1,
            None => old.max,
        };
        let min = match self.min {
            Some(Some(min)) => min,
            None if retyped && old.min == old_bounds.0 => least,
            Some(None) if ascending => 1,
            Some(None) => least,
            None => old.min,
        };
        SequenceOptions {
            ty,
            start: self.start.unwrap_or(old.start),
            increment,
            min,
            max,
            cache: self.cache.unwrap_or(old.cache),
            cycle: self.cycle.unwrap_or(old.cycle),
        }
    }
}

/// Options in parentheses, as behind AS IDENTITY; nothing where none stand.
pub(crate) fn in_parentheses(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Draft, Fault> {
    let mut draft = Draft::default();
    if cursor.at_symbol("(") {
        let inside = cursor.parenthesised()?;
        let mut inside = cursor.within(inside);
        while draft.option(reader, &mut inside)? {}
        inside.expect_done()?;
    }
    Ok(draft)
}
