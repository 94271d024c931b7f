//! Columns: how a definition reads, and what it puts down: the column, its default, its NOT NULL, the
//! sequence behind serial.
//!
//! Knows nothing of the table's other constraints; they are handed on as drafts.

use model::{
    Column, Default, Deferral, Expr, Generated, Identity, IdentityMode, Kind, Name, NotNull, Persistence,
    QualName, Sequence, SequenceName, SequenceOptions, Settings, Span, Type,
};
use sql::{Code, Cursor, Fault, Tok, TokenKind, TypeName};

use crate::column_type;
use crate::constraint::{self, Claim, Draft};
use crate::default_privilege;
use crate::foreign;
use crate::heir;
use crate::reader::Reader;
use crate::sequence;

/// A column as written.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) name: Name,
    pub(crate) span: Span,
    /// `None` in a typed table or a partition, where the type is given.
    pub(crate) ty: Option<Type>,
    /// The type is serial or its like.
    pub(crate) serial: bool,
    pub(crate) collation: Option<QualName>,
    pub(crate) storage: Option<String>,
    pub(crate) compression: Option<String>,
    pub(crate) foreign: Settings,
    pub(crate) default: Option<(Expr, Span)>,
    pub(crate) generated: Option<Generated>,
    pub(crate) identity: Option<(IdentityMode, sequence::Draft)>,
    pub(crate) not_null: Option<(NotNull, Span)>,
    /// Checks, keys and references written on the column.
    pub(crate) constraints: Vec<Draft>,
}

/// Takes a column definition up to the comma behind it.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    cursor: &mut Cursor<'_>,
    typed: bool,
) -> Result<Definition, Fault> {
    let begin = cursor.span();
    let name = cursor.name()?;
    let mut column = Definition {
        name,
        span: begin,
        ty: None,
        serial: false,
        collation: None,
        storage: None,
        compression: None,
        foreign: Settings::new(),
        default: None,
        generated: None,
        identity: None,
        not_null: None,
        constraints: Vec::new(),
    };
    match typed {
        true => _ = cursor.eat(&["with", "options"]),
        false => column.read_type(reader, cursor)?,
    }
    while !cursor.is_done() && !cursor.at_symbol(",") {
        column.clause(reader, cursor)?;
    }
    column.span = begin.to(cursor.previous());
    Ok(column)
}

impl Definition {
    fn read_type(&mut self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let at = cursor.span();
        let written = TypeName::read(cursor)?;
        if let Some(integer) = written.serial() {
            self.serial = true;
            self.ty = Some(Type::builtin(integer));
            return Ok(());
        }
        self.ty = Some(column_type::resolved(reader, &written, at.to(cursor.previous())));
        Ok(())
    }

    fn clause(&mut self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let begin = cursor.span();
        let name = if cursor.eat(&["constraint"]) { Some(cursor.name()?) } else { None };
        match () {
            () if cursor.eat(&["not", "null"]) => {
                let no_inherit = cursor.eat(&["no", "inherit"]);
                let not_null = NotNull { name: kept_name(reader, name), no_inherit, not_valid: false };
                self.not_null = Some((not_null, begin.to(cursor.previous())));
            }
            () if cursor.eat(&["null"]) => (),
            () if cursor.eat(&["default"]) => {
                let tokens = default_tokens(cursor)?;
                self.default = Some((reader.expr(cursor, tokens), begin.to(cursor.previous())));
            }
            () if cursor.eat(&["collate"]) => self.collation = Some(column_type::collation(reader, cursor)?),
            () if cursor.at(&["options"]) => self.foreign = foreign::options(cursor)?,
            () if cursor.eat(&["storage"]) => self.storage = Some(word(cursor)?.to_uppercase()),
            () if cursor.eat(&["compression"]) => self.compression = Some(word(cursor)?),
            () if cursor.eat(&["generated"]) => self.generation(reader, cursor)?,
            () => {
                let mut draft = constraint::of_column(reader, cursor, &self.name, name)?;
                draft.span = begin.to(cursor.previous());
                self.constraints.push(draft);
            }
        }
        Ok(())
    }

    /// `GENERATED { ALWAYS | BY DEFAULT } AS IDENTITY […]`, `GENERATED ALWAYS AS (…) [STORED | VIRTUAL]`
    fn generation(&mut self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let mode = mode(cursor)?;
        cursor.expect(&["as"])?;
        if cursor.eat(&["identity"]) {
            self.identity = Some((mode, sequence::in_parentheses(reader, cursor)?));
            return Ok(());
        }
        let tokens = cursor.parenthesised()?;
        let expr = reader.expr(cursor, tokens);
        let stored = cursor.eat(&["stored"]);
        _ = !stored && cursor.eat(&["virtual"]);
        self.generated = Some(Generated { expr, stored });
        Ok(())
    }
}

/// `ALWAYS` or `BY DEFAULT`
pub(crate) fn mode(cursor: &mut Cursor<'_>) -> Result<IdentityMode, Fault> {
    match () {
        () if cursor.eat(&["always"]) => Ok(IdentityMode::Always),
        () if cursor.eat(&["by", "default"]) => Ok(IdentityMode::ByDefault),
        () => Err(cursor.wanted("ALWAYS or BY DEFAULT")),
    }
}

/// What stands behind SET STATISTICS; none for the default.
pub(crate) fn statistics_target(cursor: &mut Cursor<'_>) -> Result<Option<i32>, Fault> {
    let target = if cursor.eat(&["default"]) { -1 } else { cursor.integer()? };
    Ok(i32::try_from(target).ok().filter(|it| *it >= 0))
}

fn word(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    Ok(cursor.name()?.as_str().to_string())
}

/// A default is a `b_expr` of the grammar: the words that begin the column's next clause end it, because
/// none of them can stand in it outside parentheses.
pub(crate) fn default_tokens<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [Tok], Fault> {
    const ENDS: &[&str] = &[
        "constraint",
        "unique",
        "primary",
        "check",
        "default",
        "references",
        "generated",
        "collate",
        "deferrable",
        "initially",
        "enforced",
    ];
    let begin = cursor.mark();
    let tokens = cursor.until(|it| {
        let operand =
            it.behind().is_some_and(|it| !it.is("is") && (it.kind != TokenKind::Symbol || closes(it)));
        let next = it.peek().is_some_and(|token| ENDS.iter().any(|end| token.is(end)));
        it.at_symbol(",") || it.mark() > begin && operand && (next || it.at(&["not"]) || it.at(&["null"]))
    });
    match tokens.is_empty() {
        true => Err(cursor.wanted("an expression")),
        false => Ok(tokens),
    }
}

fn closes(token: &Tok) -> bool {
    token.is_symbol(")") || token.is_symbol("]")
}

/// Puts a column of a table down. A column the table inherits already is not put down again, but what the
/// definition says of its default and its NULLs is.
pub(crate) fn declare(
    reader: &mut Reader<'_>,
    table: &QualName,
    column: Definition,
) -> Result<Vec<Draft>, Fault> {
    let Definition { name, span, ty, serial, collation, storage, compression, foreign, .. } = column;
    let Definition { default, generated, identity, not_null, constraints, .. } = column;
    let mut default = default;
    if serial {
        let integer = ty.clone().unwrap_or_else(|| Type::builtin("integer"));
        default = Some((serial_default(reader, table, &name, integer, span), span));
    }
    let required = serial || identity.is_some();
    if let Some(ty) = ty {
        let collation = column_type::own_collation(reader, &ty, collation);
        let storage = storage.filter(|it| !column_type::is_storage_of(reader, &ty, it));
        let identity = identity.map(|(mode, draft)| identity_of(reader, table, &name, &ty, mode, &draft));
        let compression = compression.filter(|it| it != "default");
        let above = reader.parents(table);
        let above = above.iter().find_map(|it| reader.column(it, &name));
        // What a child states again is kept as its parent's is, unless it says otherwise.
        let storage = storage.or_else(|| above?.storage.clone());
        let compression = compression.or_else(|| above?.compression.clone());
        let object = Column {
            ty,
            collation,
            identity: identity.transpose()?,
            generated,
            storage,
            compression,
            statistics: None,
            options: Settings::new(),
            foreign,
        };
        reader.declare(&Kind::Column.of(table, &name), object, span);
    }
    if let Some((expr, span)) = default {
        set_default(reader, table, &name, expr, span);
    }
    match not_null {
        Some((not_null, span)) => reader.declare(&Kind::NotNull.of(table, &name), not_null, span),
        None if required => reader.require(table, &name, span),
        None => (),
    }
    Ok(constraints)
}

/// Puts a default down, or takes it away where the server would keep none.
pub(crate) fn set_default(reader: &mut Reader<'_>, table: &QualName, column: &Name, expr: Expr, span: Span) {
    let id = Kind::Default.of(table, column);
    let ty = reader.column(table, column).map(|it| it.ty.clone());
    if ty.is_some_and(|it| is_null(reader, &expr, &it)) {
        drop_default(reader, table, column, span);
        return;
    }
    reader.declare(&id, Default { expr }, span);
}

/// Takes a default away; from an heir also the one it would have from above.
pub(crate) fn drop_default(reader: &mut Reader<'_>, table: &QualName, column: &Name, span: Span) {
    let id = Kind::Default.of(table, column);
    match heir::has_default_above(reader, table, column) {
        true => {
            let expr = reader.written("NULL");
            reader.declare(&id, Default { expr }, span);
        }
        false => _ = reader.schema().remove(&id),
    }
}

/// Whether a default is a bare NULL of the column's type, which the server does not keep. One of a type
/// with a length is kept, because cutting to the length is a call; one of a domain, because it may be no
/// NULL there.
pub(crate) fn is_null(reader: &Reader<'_>, expr: &Expr, ty: &Type) -> bool {
    let has_length = ty.text.contains('(') || ty.text.starts_with("interval ");
    let is_domain =
        ty.user.as_ref().is_some_and(|it| reader.desired.schema.contains(&Kind::Domain.named(it)));
    if has_length || is_domain {
        return false;
    }
    match expr.key.strip_prefix("null") {
        Some("") => true,
        Some(cast) => cast.strip_prefix(" :: ").and_then(|it| cast_type(reader, it)).as_ref() == Some(ty),
        None => false,
    }
}

fn cast_type(reader: &Reader<'_>, text: &str) -> Option<Type> {
    let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).ok()? };
    let tokens = sql::lex(text, span).ok()?;
    let mut cursor = Cursor::new(text, &tokens, span);
    let ty = reader.data_type(&mut cursor).ok()?;
    cursor.is_done().then_some(ty)
}

/// Makes the sequence behind a serial column, and the default that draws from it.
fn serial_default(reader: &mut Reader<'_>, table: &QualName, column: &Name, ty: Type, span: Span) -> Expr {
    let name = reader.choose_relation(table, Some(column.as_str()), "seq", false);
    let name = name.within(table.namespace.clone());
    let id = Kind::Sequence.named(&name);
    let sequence = Sequence {
        options: SequenceOptions::ascending(ty),
        owned_by: Some((table.clone(), column.clone())),
        persistence: owned_persistence(reader, table),
    };
    reader.declare(&id, sequence, span);
    reader.desired.unnamed.insert(id);
    let literal = model::literal(&name.to_string());
    reader.written(&format!("nextval({literal}::regclass)"))
}

/// From 15 on a sequence goes with its table's persistence.
fn owned_persistence(reader: &Reader<'_>, table: &QualName) -> Persistence {
    let of_table = reader.table(table).map(|it| it.persistence).unwrap_or_default();
    if reader.facts.major >= 15 { of_table } else { Persistence::Permanent }
}

/// What an identity clause makes of a column of a type; takes the name of the sequence behind it.
pub(crate) fn identity_of(
    reader: &mut Reader<'_>,
    table: &QualName,
    column: &Name,
    ty: &Type,
    mode: IdentityMode,
    draft: &sequence::Draft,
) -> Result<Identity, Fault> {
    let name = match &draft.name {
        Some(parts) => match parts.as_slice() {
            [name] => name.clone().within(table.namespace.clone()),
            _ => reader.created(parts.clone(), Span::default())?,
        },
        None => {
            let name = reader.choose_relation(table, Some(column.as_str()), "seq", false);
            name.within(table.namespace.clone())
        }
    };
    let sequence = Kind::Sequence.named(&name);
    let own = SequenceName(name.name.clone());
    reader.take_identity_name(name, &Kind::Column.of(table, column));
    default_privilege::fresh(reader, &sequence, Span::default());
    Ok(Identity { mode, sequence: draft.fresh(ty), name: own })
}

impl Reader<'_> {
    /// A column takes no NULL because something else says so: a key, an identity.
    pub(crate) fn require(&mut self, table: &QualName, column: &Name, span: Span) {
        if self.of_column(Kind::NotNull, table, column).is_none() {
            self.declare(&Kind::NotNull.of(table, column), NotNull::default(), span);
        }
    }

    /// An expression written by the server's rules rather than by the author.
    pub(crate) fn written(&self, text: &str) -> Expr {
        let span = Span { file: 0, start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) };
        sql::expr(text, span, &self.path).unwrap_or_else(|_| sql::server_expr(text, &self.path))
    }
}

/// Before 18 the server forgets what a NOT NULL is called.
fn kept_name(reader: &Reader<'_>, name: Option<Name>) -> Option<Name> {
    name.filter(|_| reader.facts.major >= 18)
}

/// `CONSTRAINT name NOT NULL column` among a table's constraints (18).
pub(crate) fn not_null_of(reader: &Reader<'_>, draft: &Draft) -> Option<(Name, NotNull)> {
    match &draft.claim {
        Claim::NotNull(column) => {
            let name = kept_name(reader, draft.name.clone());
            let not_null = NotNull { name, no_inherit: draft.no_inherit, not_valid: draft.not_valid };
            Some((column.clone(), not_null))
        }
        _ => None,
    }
}

/// Faults where the table lacks one of the columns.
pub(crate) fn are_there<'n>(
    reader: &Reader<'_>,
    table: &QualName,
    columns: impl IntoIterator<Item = &'n Name>,
    span: Span,
) -> Result<(), Fault> {
    match columns.into_iter().find(|it| reader.column(table, it).is_none()) {
        Some(missing) => Err(no_column(table, missing, span)),
        None => Ok(()),
    }
}

/// A fault for a column the table lacks.
pub(crate) fn no_column(table: &QualName, column: &Name, span: Span) -> Fault {
    Fault::new(Code::Unknown, span, format!("table {table} has no column {column} at this point of the file"))
}

/// `[NOT] DEFERRABLE`, `INITIALLY IMMEDIATE | DEFERRED`, as far as it stands here.
pub(crate) fn deferral(cursor: &mut Cursor<'_>, said: Deferral) -> Option<Deferral> {
    match () {
        () if cursor.eat(&["not", "deferrable"]) => Some(Deferral::Never),
        () if cursor.eat(&["deferrable"]) => {
            Some(if said == Deferral::Never { Deferral::Immediate } else { said })
        }
        () if cursor.eat(&["initially", "deferred"]) => Some(Deferral::Deferred),
        () if cursor.eat(&["initially", "immediate"]) => {
            Some(if said == Deferral::Deferred { Deferral::Immediate } else { said })
        }
        () => None,
    }
}
