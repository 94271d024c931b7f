//! Checks, keys, exclusions and references: how they read, on a column and on a table, and what they
//! put down.
//!
//! Knows the server's names for what the file leaves unnamed; knows nothing of columns' own clauses.

use model::{
    Constraint, Deferral, Element, Expr, ForeignKey, Kind, Match, Mention, Name, Object, ObjectId, QualName,
    Reaction, Rule, Settings, Span,
};
use sql::{Code, Cursor, Fault};

use crate::reader::Reader;
use crate::{column, index_key, index_name, partition, table};

/// A constraint as written.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) name: Option<Name>,
    pub(crate) span: Span,
    pub(crate) claim: Claim,
    pub(crate) deferral: Deferral,
    pub(crate) not_valid: bool,
    pub(crate) no_inherit: bool,
    pub(crate) enforced: bool,
    pub(crate) options: Settings,
    pub(crate) tablespace: Option<Name>,
}

/// What a constraint demands, names of other tables not yet resolved.
#[derive(Clone, Debug)]
pub(crate) enum Claim {
    NotNull(Name),
    Check(Expr),
    Key {
        primary: bool,
        columns: Vec<Name>,
        include: Vec<Name>,
        nulls_not_distinct: bool,
        without_overlaps: bool,
    },
    UsingIndex {
        primary: bool,
        index: Name,
    },
    Exclusion {
        method: Name,
        elements: Vec<Element>,
        include: Vec<Name>,
        predicate: Option<Expr>,
    },
    ForeignKey {
        target: Vec<Name>,
        key: Box<ForeignKey>,
    },
}

/// Takes a constraint written on a column, behind its name.
pub(crate) fn of_column(
    reader: &Reader<'_>,
    cursor: &mut Cursor<'_>,
    column: &Name,
    name: Option<Name>,
) -> Result<Draft, Fault> {
    let begin = cursor.span();
    let mut draft = Draft::new(name, begin);
    draft.claim = match () {
        () if cursor.eat(&["check"]) => check(reader, cursor)?,
        () if cursor.eat(&["unique"]) => {
            let nulls_not_distinct = nulls_not_distinct(cursor);
            Claim::Key {
                primary: false,
                columns: vec![column.clone()],
                include: Vec::new(),
                nulls_not_distinct,
                without_overlaps: false,
            }
        }
        () if cursor.eat(&["primary", "key"]) => Claim::Key {
            primary: true,
            columns: vec![column.clone()],
            include: Vec::new(),
            nulls_not_distinct: false,
            without_overlaps: false,
        },
        () if cursor.at(&["references"]) => references(cursor, vec![column.clone()], false)?,
        () => return Err(not_understood(cursor)),
    };
    draft.tail(reader, cursor, false)?;
    Ok(draft)
}

fn not_understood(cursor: &Cursor<'_>) -> Fault {
    Fault { code: Code::Unsupported, ..cursor.wanted("a constraint, a comma or the end") }
}

/// Whether a table's constraint begins here, rather than a column.
pub(crate) fn begins(cursor: &Cursor<'_>) -> bool {
    const WORDS: &[&str] = &["constraint", "check", "unique", "primary", "foreign"];
    WORDS.iter().any(|it| cursor.at(&[it]))
        || cursor.at(&["not", "null"])
        || cursor.at(&["exclude"]) && cursor.peek_at(1).is_some_and(|it| it.is("using") || it.is_symbol("("))
}

/// Takes a table's constraint up to the comma behind it.
pub(crate) fn of_table(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Draft, Fault> {
    let begin = cursor.span();
    let name = if cursor.eat(&["constraint"]) { Some(cursor.name()?) } else { None };
    let mut draft = Draft::new(name, begin);
    draft.claim = match () {
        () if cursor.eat(&["check"]) => check(reader, cursor)?,
        () if cursor.eat(&["not", "null"]) => Claim::NotNull(cursor.name()?),
        () if cursor.eat(&["unique"]) => {
            let nulls_not_distinct = nulls_not_distinct(cursor);
            key(cursor, false, nulls_not_distinct)?
        }
        () if cursor.eat(&["primary", "key"]) => key(cursor, true, false)?,
        () if cursor.eat(&["foreign", "key"]) => {
            let (columns, period) = key_columns(cursor)?;
            references(cursor, columns, period)?
        }
        () if cursor.eat(&["exclude"]) => exclusion(reader, cursor)?,
        () => return Err(not_understood(cursor)),
    };
    draft.tail(reader, cursor, true)?;
    draft.span = begin.to(cursor.previous());
    Ok(draft)
}

impl Draft {
    fn new(name: Option<Name>, span: Span) -> Draft {
        Draft {
            name,
            span,
            claim: Claim::NotNull(Name::default()),
            deferral: Deferral::Never,
            not_valid: false,
            no_inherit: false,
            enforced: true,
            options: Settings::new(),
            tablespace: None,
        }
    }

    /// Takes what may stand behind any constraint.
    fn tail(&mut self, reader: &Reader<'_>, cursor: &mut Cursor<'_>, of_table: bool) -> Result<(), Fault> {
        loop {
            match () {
                () if cursor.eat(&["no", "inherit"]) => self.no_inherit = true,
                () if of_table && cursor.eat(&["not", "valid"]) => self.not_valid = true,
                () if cursor.eat(&["not", "enforced"]) => self.enforced = false,
                () if cursor.eat(&["enforced"]) => self.enforced = true,
                () if cursor.at(&["with"]) && cursor.peek_at(1).is_some_and(|it| it.is_symbol("(")) => {
                    cursor.next();
                    self.options = table::options(cursor)?;
                }
                () if cursor.eat(&["using", "index", "tablespace"]) => {
                    self.tablespace = table::tablespace(cursor)?
                }
                () if cursor.at(&["where"]) => {
                    let Claim::Exclusion { predicate, .. } = &mut self.claim else { return Ok(()) };
                    cursor.next();
                    let tokens = cursor.parenthesised()?;
                    *predicate = Some(reader.expr(cursor, tokens));
                }
                () => match column::deferral(cursor, self.deferral) {
                    Some(deferral) => self.deferral = deferral,
                    None => return Ok(()),
                },
            }
        }
    }
}

fn check(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Claim, Fault> {
    let tokens = cursor.parenthesised()?;
    Ok(Claim::Check(reader.expr(cursor, tokens)))
}

fn nulls_not_distinct(cursor: &mut Cursor<'_>) -> bool {
    let found = cursor.eat(&["nulls", "not", "distinct"]);
    _ = !found && cursor.eat(&["nulls", "distinct"]);
    found
}

/// `(columns [WITHOUT OVERLAPS]) [INCLUDE (columns)]` or `USING INDEX name`
fn key(cursor: &mut Cursor<'_>, primary: bool, nulls_not_distinct: bool) -> Result<Claim, Fault> {
    if cursor.eat(&["using", "index"]) {
        return Ok(Claim::UsingIndex { primary, index: cursor.name()? });
    }
    cursor.expect_symbol("(")?;
    let mut columns = vec![cursor.name()?];
    while cursor.eat_symbol(",") {
        columns.push(cursor.name()?);
    }
    let without_overlaps = cursor.eat(&["without", "overlaps"]);
    cursor.expect_symbol(")")?;
    let include = if cursor.eat(&["include"]) { cursor.name_list()? } else { Vec::new() };
    Ok(Claim::Key { primary, columns, include, nulls_not_distinct, without_overlaps })
}

/// `(columns [, PERIOD column])`
fn key_columns(cursor: &mut Cursor<'_>) -> Result<(Vec<Name>, bool), Fault> {
    cursor.expect_symbol("(")?;
    let mut columns = Vec::new();
    let period = loop {
        let period = cursor.at(&["period"]) && cursor.peek_at(1).is_some_and(|it| it.name().is_some());
        if period {
            cursor.next();
        }
        columns.push(cursor.name()?);
        if !cursor.eat_symbol(",") {
            break period;
        }
    };
    cursor.expect_symbol(")")?;
    Ok((columns, period))
}

/// `REFERENCES table [(columns)] [MATCH …] [ON DELETE …] [ON UPDATE …]`
fn references(cursor: &mut Cursor<'_>, columns: Vec<Name>, period: bool) -> Result<Claim, Fault> {
    cursor.expect(&["references"])?;
    cursor.eat(&["only"]);
    let target = cursor.dotted()?;
    let target_columns = if cursor.at_symbol("(") { key_columns(cursor)?.0 } else { Vec::new() };
    let mut key = ForeignKey {
        columns,
        target: Name::default().within(Name::default()),
        target_columns,
        on_delete: Reaction::NoAction,
        on_delete_columns: Vec::new(),
        on_update: Reaction::NoAction,
        matching: Match::Simple,
        deferral: Deferral::Never,
        validated: true,
        enforced: true,
        period,
    };
    loop {
        match () {
            () if cursor.eat(&["match", "full"]) => key.matching = Match::Full,
            () if cursor.eat(&["match", "simple"]) => key.matching = Match::Simple,
            () if cursor.eat(&["on", "delete"]) => {
                key.on_delete = reaction(cursor)?;
                let sets = matches!(key.on_delete, Reaction::SetNull | Reaction::SetDefault);
                if sets && cursor.at_symbol("(") {
                    key.on_delete_columns = cursor.name_list()?;
                }
            }
            () if cursor.eat(&["on", "update"]) => key.on_update = reaction(cursor)?,
            () => return Ok(Claim::ForeignKey { target, key: Box::new(key) }),
        }
    }
}

fn reaction(cursor: &mut Cursor<'_>) -> Result<Reaction, Fault> {
    match () {
        () if cursor.eat(&["no", "action"]) => Ok(Reaction::NoAction),
        () if cursor.eat(&["restrict"]) => Ok(Reaction::Restrict),
        () if cursor.eat(&["cascade"]) => Ok(Reaction::Cascade),
        () if cursor.eat(&["set", "null"]) => Ok(Reaction::SetNull),
        () if cursor.eat(&["set", "default"]) => Ok(Reaction::SetDefault),
        () => Err(cursor.wanted("NO ACTION, RESTRICT, CASCADE, SET NULL or SET DEFAULT")),
    }
}

/// `[USING method] (element WITH operator, …) [INCLUDE …] … [WHERE (…)]`
fn exclusion(reader: &Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Claim, Fault> {
    let method = if cursor.eat(&["using"]) { cursor.name()? } else { "btree".into() };
    let inside = cursor.parenthesised()?;
    let mut inside = cursor.within(inside);
    let mut elements = Vec::new();
    loop {
        let key = index_key::read(reader, &mut inside)?;
        inside.expect(&["with"])?;
        elements.push(Element { key, operator: operator(&mut inside)? });
        if !inside.eat_symbol(",") {
            break;
        }
    }
    inside.expect_done()?;
    let include = if cursor.eat(&["include"]) { cursor.name_list()? } else { Vec::new() };
    Ok(Claim::Exclusion { method, elements, include, predicate: None })
}

/// An operator, bare or as `OPERATOR(namespace.op)`.
fn operator(cursor: &mut Cursor<'_>) -> Result<String, Fault> {
    if cursor.eat(&["operator"]) {
        let inside = cursor.parenthesised()?;
        let text: String = inside.iter().map(|it| it.value.as_str()).collect();
        return Ok(match text.strip_prefix("pg_catalog.") {
            Some(bare) => bare.to_string(),
            None => format!("OPERATOR({text})"),
        });
    }
    let mut text = String::new();
    let mut qualified = false;
    while let Some(namespace) = cursor.peek().and_then(sql::Tok::name) {
        cursor.next();
        cursor.expect_symbol(".")?;
        qualified = namespace.as_str() != "pg_catalog";
        text = if qualified { format!("{namespace}.") } else { String::new() };
    }
    while let Some(token) = cursor.peek().filter(|it| it.kind == sql::TokenKind::Symbol && it.value != ",") {
        text.push_str(&token.value);
        cursor.next();
    }
    match () {
        () if text.is_empty() || text.ends_with('.') => Err(cursor.wanted("an operator")),
        () if qualified => Ok(format!("OPERATOR({text})")),
        () => Ok(text),
    }
}

/// Puts the constraints of one statement down in the order the server makes them: checks, the primary
/// key, other keys, references.
pub(crate) fn declare_all(
    reader: &mut Reader<'_>,
    table: &QualName,
    drafts: Vec<Draft>,
    new: bool,
) -> Vec<Fault> {
    let order = |it: &Draft| match &it.claim {
        Claim::NotNull(_) => 0,
        Claim::Check(_) => 1,
        Claim::Key { primary: true, .. } | Claim::UsingIndex { primary: true, .. } => 2,
        Claim::Key { .. } | Claim::UsingIndex { .. } | Claim::Exclusion { .. } => 3,
        Claim::ForeignKey { .. } => 4,
    };
    let mut drafts = merged(drafts);
    drafts.sort_by_key(order);
    let mut faults = Vec::new();
    for mut draft in drafts {
        if new {
            // On a new table everything is valid from the start.
            draft.not_valid = false;
        }
        faults.extend(declare(reader, table, draft, false).err());
    }
    faults
}

/// One statement that demands the same key twice gets it once; the primary key wins.
fn merged(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut kept: Vec<Draft> = Vec::new();
    for draft in drafts {
        let same = kept.iter().position(|it| is_same_key(it, &draft));
        match same {
            None => kept.push(draft),
            Some(at) => {
                let primary = matches!(&draft.claim, Claim::Key { primary: true, .. });
                let name = kept[at].name.clone().or_else(|| draft.name.clone());
                if primary {
                    kept[at] = draft;
                }
                kept[at].name = name;
            }
        }
    }
    kept
}

fn is_same_key(one: &Draft, other: &Draft) -> bool {
    let Claim::Key { primary: _, columns, include, nulls_not_distinct, without_overlaps } = &one.claim else {
        return false;
    };
    let Claim::Key { primary: _, columns: c, include: i, nulls_not_distinct: n, without_overlaps: w } =
        &other.claim
    else {
        return false;
    };
    (columns, include, nulls_not_distinct, without_overlaps) == (c, i, n, w) && one.deferral == other.deferral
}

/// Puts one constraint down. `only` is ALTER TABLE ONLY, which leaves partitions out.
pub(crate) fn declare(
    reader: &mut Reader<'_>,
    table: &QualName,
    draft: Draft,
    only: bool,
) -> Result<(), Fault> {
    if let Some((column, not_null)) = column::not_null_of(reader, &draft) {
        column::are_there(reader, table, [&column], draft.span)?;
        reader.declare(&Kind::NotNull.of(table, &column), not_null, draft.span);
        return Ok(());
    }
    let Draft { name, span, claim, deferral, not_valid, no_inherit, enforced, options, tablespace } = draft;
    let validated = !not_valid && enforced;
    let rule = match claim {
        Claim::ForeignKey { target, key } => {
            let key = ForeignKey { deferral, validated, enforced, ..*key };
            return declare_foreign_key(reader, table, name, (target, key), span);
        }
        Claim::UsingIndex { primary, index } => {
            return adopt_index(reader, table, name, (primary, index), deferral, span);
        }
        Claim::Check(expr) => Rule::Check { expr, no_inherit },
        Claim::Key { primary, columns, include, nulls_not_distinct, without_overlaps } => {
            column::are_there(reader, table, columns.iter().chain(&include), span)?;
            match primary {
                true => Rule::PrimaryKey { columns, include, without_overlaps },
                false => Rule::Unique { columns, include, nulls_not_distinct, without_overlaps },
            }
        }
        Claim::Exclusion { method, mut elements, include, predicate } => {
            let relation = Kind::Table.named(table);
            elements.iter_mut().for_each(|it| index_key::settle(reader, &relation, &method, &mut it.key));
            Rule::Exclusion { method, elements, include, predicate }
        }
        Claim::NotNull(_) => return Ok(()),
    };
    let constraint = Constraint { rule, deferral, validated, enforced, options, tablespace };
    declare_own(reader, table, name, constraint, span, only)
}

/// Puts down what is neither a foreign key nor a NOT NULL.
fn declare_own(
    reader: &mut Reader<'_>,
    table: &QualName,
    name: Option<Name>,
    constraint: Constraint,
    span: Span,
    only: bool,
) -> Result<(), Fault> {
    let unnamed = name.is_none();
    let name = name.unwrap_or_else(|| chosen(reader, table, &constraint.rule));
    let id = Kind::Constraint.of(table, &name);
    is_new(reader, &id, span)?;
    if let Rule::PrimaryKey { columns, .. } = &constraint.rule {
        for column in columns {
            reader.require(table, column, span);
        }
    }
    renamed(reader, Kind::Constraint, table, &name, span);
    let indexed = constraint.rule.is_indexed();
    reader.declare(&id, constraint, span);
    if unnamed {
        reader.desired.unnamed.insert(id.clone());
    }
    if indexed && !only {
        partition::spread_constraint(reader, table, &id);
    }
    Ok(())
}

/// Faults where a constraint of the name stands on the table already, of whichever kind.
fn is_new(reader: &Reader<'_>, id: &ObjectId, span: Span) -> Result<(), Fault> {
    reader.is_free(id, span)?;
    match id.relation() {
        Some(table) => reader.is_free(&Kind::ForeignKey.of(table, id.name()), span),
        None => Ok(()),
    }
}

/// What a directive beside a constraint says of its old name.
pub(crate) fn renamed(reader: &mut Reader<'_>, kind: Kind, table: &QualName, name: &Name, span: Span) {
    if let Some(old) = reader.renamed(span) {
        let (old, new) = (kind.of(table, &old), kind.of(table, name));
        reader.desired.renames.push((old, new));
    }
}

/// The name the server would choose.
pub(crate) fn chosen(reader: &Reader<'_>, table: &QualName, rule: &Rule) -> Name {
    match rule {
        Rule::Check { expr, .. } => {
            let column = only_column(reader, table, expr);
            reader.choose_constraint(table, column.as_ref().map(Name::as_str), "check")
        }
        Rule::PrimaryKey { .. } => reader.choose_relation(table, None, "pkey", true),
        Rule::Unique { columns, include, .. } => {
            let columns: Vec<String> =
                columns.iter().chain(include).map(|it| it.as_str().to_string()).collect();
            reader.choose_relation(table, Some(&index_name::joined(&columns)), "key", true)
        }
        Rule::Exclusion { elements, include, .. } => {
            let keys: Vec<_> = elements.iter().map(|it| &it.key).collect();
            let columns = index_name::columns(&keys, include);
            reader.choose_relation(table, Some(&index_name::joined(&columns)), "excl", true)
        }
    }
}

/// The one column a check is about, if it is about one.
fn only_column(reader: &Reader<'_>, table: &QualName, expr: &Expr) -> Option<Name> {
    let mut mentioned: Vec<&Name> = expr
        .mentions
        .iter()
        .filter_map(|it| match it {
            Mention::Column(parts) => parts.iter().rev().find(|it| reader.column(table, it).is_some()),
            _ => None,
        })
        .collect();
    mentioned.sort();
    mentioned.dedup();
    match mentioned.as_slice() {
        [only] => Some((*only).clone()),
        _ => None,
    }
}

fn declare_foreign_key(
    reader: &mut Reader<'_>,
    table: &QualName,
    name: Option<Name>,
    (target, mut key): (Vec<Name>, ForeignKey),
    span: Span,
) -> Result<(), Fault> {
    column::are_there(reader, table, &key.columns, span)?;
    key.target = reader.reference(&target);
    if key.target_columns.is_empty() {
        key.target_columns = reader.primary_key(&key.target).unwrap_or_default();
    }
    let unnamed = name.is_none();
    let name = name.unwrap_or_else(|| {
        let columns: Vec<String> = key.columns.iter().map(|it| it.as_str().to_string()).collect();
        reader.choose_constraint(table, Some(&index_name::joined(&columns)), "fkey")
    });
    let id = Kind::ForeignKey.of(table, &name);
    reader.is_free(&id, span)?;
    reader.is_free(&Kind::Constraint.of(table, &name), span)?;
    renamed(reader, Kind::ForeignKey, table, &name, span);
    let above = reader.table(table).and_then(|it| it.partition_of.as_ref());
    if above.is_some_and(|it| partition::has_reference(reader, &it.parent, &key)) {
        reader.keep_apart(&id);
    }
    reader.declare(&id, key, span);
    if unnamed {
        reader.desired.unnamed.insert(id);
    }
    Ok(())
}

/// `ADD … USING INDEX name`: the index becomes the constraint's and takes its name.
fn adopt_index(
    reader: &mut Reader<'_>,
    table: &QualName,
    name: Option<Name>,
    (primary, index): (bool, Name),
    deferral: Deferral,
    span: Span,
) -> Result<(), Fault> {
    let old = Kind::Index.named(&index.clone().within(table.namespace.clone()));
    let Some(Object::Index(found)) = reader.desired.schema.get(&old) else {
        return Err(Fault::new(
            Code::Unknown,
            span,
            format!("there is no index {index} at this point of the file"),
        ));
    };
    let columns: Option<Vec<Name>> = found.keys.iter().map(|it| it.column.clone()).collect();
    let Some(columns) = columns else {
        return Err(Fault::new(Code::Conflict, span, format!("index {index} is on expressions")));
    };
    let (include, nulls_not_distinct) = (found.include.clone(), found.nulls_not_distinct);
    let (options, tablespace) = (found.options.clone(), found.tablespace.clone());
    let rule = match primary {
        true => Rule::PrimaryKey { columns: columns.clone(), include, without_overlaps: false },
        false => {
            Rule::Unique { columns: columns.clone(), include, nulls_not_distinct, without_overlaps: false }
        }
    };
    let id = Kind::Constraint.of(table, &name.unwrap_or(index));
    is_new(reader, &id, span)?;
    reader.schema().remove(&old);
    if primary {
        columns.iter().for_each(|it| reader.require(table, it, span));
    }
    let constraint = Constraint { rule, deferral, validated: true, enforced: true, options, tablespace };
    reader.declare(&id, constraint, span);
    Ok(())
}

/// References whose target columns were left out before the target was declared get them at the end. What
/// is neither declared nor live cannot be referred to; offline, only the columns must be known.
pub(crate) fn resolve_late(reader: &mut Reader<'_>) {
    let all = reader.desired.schema.iter().filter_map(|(id, object)| match object {
        Object::ForeignKey(it) => Some((id.clone(), it.target.clone(), it.target_columns.is_empty())),
        _ => None,
    });
    for (id, target, open) in all.collect::<Vec<_>>() {
        let live = reader.facts.relations.get(&target.name).is_some_and(|it| it.contains(&target.namespace));
        let there = live || reader.table(&target).is_some();
        let key = if open { reader.primary_key(&target) } else { None };
        let span = reader.desired.spans.get(&id).copied().unwrap_or_default();
        match (key, reader.desired.schema.get_mut(&id)) {
            (Some(key), Some(Object::ForeignKey(it))) => it.target_columns = key,
            _ if there && open => {
                let message = format!("table {target} has no primary key to refer to");
                reader.desired.faults.push(Fault::new(Code::Conflict, span, message));
            }
            _ if !there && (open || !reader.facts.offline) => {
                let fault =
                    Fault::new(Code::Unknown, span, format!("there is no table {target} to refer to"));
                reader.desired.faults.push(fault.hint("declare it, or qualify its name"));
            }
            _ => (),
        }
    }
}
