//! Tables: their making with all that goes inside, and their flags. Does not know how large they are.

use std::sync::Arc;

use model::{Expr, Kind, Name, Object, ObjectId, Persistence, Rule, Schema, SearchPath, Table};

use super::depend::stands_on_plain_things;
use super::index::adjusted;
use super::partition::come_with;
use super::text::{Options, or_none, with};
use super::{Alter, Context, Rules, apart, column, constraint, foreign, heir, moved, retype};
use crate::draft::{Draft, needs_path};
use crate::{Hazard, Mode};

/// What CREATE TABLE says between its parentheses, and what that makes.
struct Inside<'a> {
    lines: Vec<String>,
    makes: Vec<ObjectId>,
    /// What its lines use beyond what is made.
    needs: Vec<ObjectId>,
    exprs: Vec<&'a Expr>,
}

impl Rules for Table {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Table {
            persistence,
            row_security,
            force_row_security,
            options,
            partition_by,
            partition_of,
            inherits,
            also_own: _,
            of_type,
            access_method,
            tablespace,
            replica_identity: _,
            cluster_on: _,
            foreign,
        } = self;
        let mut exprs: Vec<&Expr> = partition_by.iter().map(|it| &it.key).collect();
        exprs.extend(partition_of.iter().map(|it| &it.bound));
        let inside = inside(id, self, cx, exprs);
        let unlogged = if *persistence == Persistence::Unlogged { "UNLOGGED " } else { "" };
        let mut sql = format!("CREATE {unlogged}{} {}", foreign::word(foreign.as_ref()), id.address());
        let body = match inside.lines.is_empty() {
            true => String::new(),
            false => format!("\n    {}\n", inside.lines.join(",\n    ")),
        };
        sql += &match (partition_of, of_type) {
            (Some(it), _) if body.is_empty() => format!(" PARTITION OF {} {}", it.parent, it.bound),
            (Some(it), _) => format!(" PARTITION OF {} ({body}) {}", it.parent, it.bound),
            (None, Some(ty)) if body.is_empty() => format!(" OF {ty}"),
            (None, Some(ty)) => format!(" OF {ty} ({body})"),
            (None, None) => format!(" ({body})"),
        };
        if !inherits.is_empty() {
            let parents: Vec<String> = inherits.iter().map(ToString::to_string).collect();
            sql += &format!("\nINHERITS ({})", parents.join(", "));
        }
        sql += &partition_by.as_ref().map(|it| format!("\nPARTITION BY {}", it.key)).unwrap_or_default();
        sql += &access_method.as_ref().map(|it| format!("\nUSING {it}")).unwrap_or_default();
        sql += &with(options).replacen(' ', "\n", 1);
        sql += &tablespace.as_ref().map(|it| format!("\nTABLESPACE {it}")).unwrap_or_default();
        sql += &foreign.as_ref().map(foreign::tail).unwrap_or_default();
        let Inside { lines: _, makes, needs, exprs } = inside;
        let mut create = Draft::create(id, sql).reads(exprs).needs(needs);
        create = create.needs(makes.iter().flat_map(|it| cx.desired.uses(it)).filter(|it| it != id));
        let parent = partition_of.iter().map(|it| (&it.parent, Mode::AccessExclusive));
        let parents = parent.chain(inherits.iter().map(|it| (it, Mode::ShareUpdateExclusive)));
        for (parent, mode) in parents.filter(|(it, _)| !cx.is_new(&Kind::Table.named(it))) {
            create = create.lock(mode, parent);
        }
        let others = come_with(id, self, cx);
        let frees = partition_of.iter().map(|it| heir::bounds(&it.parent));
        let mut drafts = vec![create.makes(makes).makes(others.clone()).touches(frees)];
        drafts.extend(adjusted(&others, cx));
        drafts.extend(row_security.then(|| enable(id).adds()));
        drafts.extend(force_row_security.then(|| force(id).adds()));
        drafts.extend(tails(id, cx.desired));
        drafts
    }

    fn alter(&self, new: &Table, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Table {
            persistence,
            row_security,
            force_row_security,
            options,
            partition_by: _,
            partition_of: _,
            inherits: _,
            also_own: _,
            of_type,
            access_method,
            tablespace,
            replica_identity: _,
            cluster_on: _,
            foreign,
        } = new;
        let Some(name) = id.qual_name() else { return Alter::InPlace(Vec::new()) };
        let prefix = format!("ALTER TABLE {name}");
        if let Some(field) = remade(self, new, cx) {
            return Alter::Replace(field);
        }
        let mut drafts = heir::leaving(self, new, id, cx);
        if *of_type != self.of_type {
            drafts.extend(of_another_type(self, new, id, cx));
        }
        if (persistence, access_method, tablespace)
            != (&self.persistence, &self.access_method, &self.tablespace)
        {
            drafts.extend(stored_otherwise(self, new, id, cx));
        }
        if let (Some(old), Some(new)) = (&self.foreign, foreign)
            && let Some(clause) = foreign::options_changed(&old.options, &new.options)
        {
            let draft = Draft::alter(id, format!("ALTER FOREIGN TABLE {name} {clause}"));
            let draft = draft.lock(Mode::AccessExclusive, name);
            drafts.push(draft.changed("foreign", foreign::words(&old.options), foreign::words(&new.options)));
        }
        let both = Options { old: &self.options, new: options };
        let (before, after) = both.words();
        for clause in both.change() {
            let mut draft = Draft::alter(id, format!("{prefix} {clause}")).trailing();
            // Without a column that could be stored there is no TOAST table to have them.
            if clause.contains("toast.") {
                let columns = |of: &Schema| {
                    of.parts(id).filter(|it| it.kind == Kind::Column).cloned().collect::<Vec<_>>()
                };
                draft = draft.follows(columns(cx.actual)).needs(columns(cx.desired));
            }
            drafts.push(draft.lock(Mode::ShareUpdateExclusive, name).changed("options", &before, &after));
        }
        if *row_security != self.row_security {
            let draft = if *row_security { enable(id) } else { disable(id) };
            drafts.push(draft.changed("row_security", self.row_security, row_security));
        }
        if *force_row_security != self.force_row_security {
            let draft = if *force_row_security { force(id) } else { unforce(id) };
            drafts.push(draft.changed("force_row_security", self.force_row_security, force_row_security));
        }
        match self.parents().eq(new.parents()) {
            true => Alter::InPlace(drafts),
            false => {
                let mut down = moved::in_the_way(name, id, cx);
                down.extend(apart::kept_as_it_joins(name, self, new, cx));
                Alter::Around { down, drafts }
            }
        }
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let stays_there = matches!(cx.desired.get(id), Some(Object::Table(it)) if it.foreign.is_some());
        let hazard = if cx.is_gone(id) { Hazard::DropTable } else { Hazard::RebuildTable };
        let sql = format!("DROP {} {}", foreign::word(self.foreign.as_ref()), id.address());
        let drop = Draft::drop(id, sql).hazard_if(!(stays_there && self.foreign.is_some()), hazard);
        let parent = self.partition_of.as_ref().map(|it| &it.parent);
        let drop = drop.touches(parent.map(heir::bounds));
        let locked = id.qual_name().into_iter().chain(parent);
        vec![locked.fold(drop, |drop, it| drop.lock(Mode::AccessExclusive, it))]
    }
}

fn clause(id: &ObjectId, words: &str) -> Draft {
    let draft = Draft::alter(id, format!("ALTER TABLE {} {words}", id.address()));
    match id.qual_name() {
        Some(name) => draft.lock(Mode::AccessExclusive, name),
        None => draft,
    }
}

fn of_another_type(old: &Table, new: &Table, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let columns = own_columns(id, cx);
    let (was, is) = (or_none(old.of_type.as_ref()), or_none(new.of_type.as_ref()));
    let mut drafts = Vec::new();
    if old.of_type.is_some() {
        let draft = clause(id, "NOT OF").gentle().lets_go().precedes(columns.clone());
        drafts.push(draft.changed("of_type", &was, &is));
    }
    if let Some(ty) = &new.of_type {
        let draft = clause(id, &format!("OF {ty}")).trailing().follows(columns.clone()).needs(columns);
        drafts.push(draft.changed("of_type", was, is));
    }
    drafts
}

/// What rewrites the rows or moves them.
fn stored_otherwise(old: &Table, new: &Table, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
    let rewriting = |words: &str| clause(id, words).hazard(Hazard::RewritesTable);
    let mut drafts = Vec::new();
    if new.persistence != old.persistence {
        let unlogged = new.persistence == Persistence::Unlogged;
        let draft = rewriting(if unlogged { "SET UNLOGGED" } else { "SET LOGGED" });
        let draft = draft.hazard_if(unlogged, Hazard::SetUnlogged);
        let draft = draft.follows(if unlogged { pointing_at(id, cx) } else { pointed_at(id, cx) });
        let (was, is) = (format!("{:?}", old.persistence), format!("{:?}", new.persistence));
        drafts.push(draft.changed("persistence", was, is));
    }
    if new.access_method != old.access_method {
        let method = new.access_method.clone().unwrap_or_else(|| Name::from("heap"));
        let (was, is) = (or_none(old.access_method.as_ref()), or_none(new.access_method.as_ref()));
        let draft = rewriting(&format!("SET ACCESS METHOD {method}"));
        drafts.push(draft.changed("access_method", was, is));
    }
    if new.tablespace != old.tablespace {
        let place = new.tablespace.clone().unwrap_or_else(|| Name::from("pg_default"));
        let (was, is) = (or_none(old.tablespace.as_ref()), or_none(new.tablespace.as_ref()));
        let draft = rewriting(&format!("SET TABLESPACE {place}"));
        drafts.push(draft.changed("tablespace", was, is));
    }
    drafts
}

/// The columns a table has or is to have, and what is said of them: none can change while it has a type.
fn own_columns(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let columns = cx.actual.parts(id).chain(cx.desired.parts(id));
    columns.filter(|it| it.kind == Kind::Column).cloned().collect()
}

/// Tables with a foreign key to this one: no logged table may point to an unlogged one.
fn pointing_at(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let keys = cx.users.of(id).filter(|it| it.kind == Kind::ForeignKey);
    let tables = keys.filter_map(|it| it.relation()).map(|it| Kind::Table.named(it));
    let mutual = pointed_at_by(id, cx);
    tables.filter(|it| it != id && !mutual.contains(it)).collect()
}

fn pointed_at(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let points_back = |it: &ObjectId| pointed_at_by(it, cx).contains(id);
    pointed_at_by(id, cx).into_iter().filter(|it| it != id && !points_back(it)).collect()
}

fn pointed_at_by(id: &ObjectId, cx: &Context<'_>) -> Vec<ObjectId> {
    let targets = cx.actual.parts(id).filter_map(|it| match cx.actual.get(it) {
        Some(Object::ForeignKey(key)) => Some(Kind::Table.named(&key.target)),
        _ => None,
    });
    targets.collect()
}

fn enable(id: &ObjectId) -> Draft {
    flag(id, "ENABLE ROW LEVEL SECURITY").hazard(Hazard::ClosesAccess)
}

fn disable(id: &ObjectId) -> Draft {
    flag(id, "DISABLE ROW LEVEL SECURITY").hazard(Hazard::DisableRowSecurity)
}

fn force(id: &ObjectId) -> Draft {
    flag(id, "FORCE ROW LEVEL SECURITY").hazard(Hazard::ClosesAccess)
}

fn unforce(id: &ObjectId) -> Draft {
    flag(id, "NO FORCE ROW LEVEL SECURITY").hazard(Hazard::DisableRowSecurity)
}

fn flag(id: &ObjectId, words: &str) -> Draft {
    clause(id, words).trailing()
}

/// Columns with their defaults, then constraints, each as far as it needs nothing that could need the
/// table in turn, and was written under the same search path.
fn inside<'a>(id: &ObjectId, table: &'a Table, cx: &Context<'a>, fixed: Vec<&'a Expr>) -> Inside<'a> {
    let desired = cx.desired;
    let mut it = Inside { lines: Vec::new(), makes: Vec::new(), needs: Vec::new(), exprs: fixed };
    let columns: Vec<(&ObjectId, &model::Column)> = desired
        .parts(id)
        .filter_map(|child| match desired.get(child) {
            Some(Object::Column(column)) => Some((child, column)),
            _ => None,
        })
        .collect();
    let generated = columns.iter().filter_map(|(_, it)| it.generated.as_ref()).map(|it| &it.expr);
    let mut path: SearchPath = Arc::from([]);
    for expr in it.exprs.iter().copied().chain(generated).filter(|it| needs_path(it)) {
        path = expr.path.clone();
    }
    let mut fits = |child: &ObjectId, exprs: &[&Expr]| {
        let same = exprs.iter().all(|it| !needs_path(it) || path.is_empty() || it.path == path);
        let folds = same && is_plain(child, id, cx.desired);
        if let Some(expr) = exprs.iter().find(|it| folds && needs_path(it)) {
            path = expr.path.clone();
        }
        folds
    };
    for (column_id, column) in columns {
        let fits = std::cell::RefCell::new(&mut fits);
        let folds = |child: &ObjectId, expr: &Expr| (fits.borrow_mut())(child, &[expr]);
        let mut definition = column::definition(column_id, column, desired, folds);
        if table.of_type.is_some() {
            definition.sql = column::options_of(column_id, &definition);
        }
        if !definition.sql.is_empty() {
            it.lines.push(definition.sql);
        }
        it.makes.push(column_id.clone());
        it.makes.extend(definition.makes);
        it.exprs.extend(definition.exprs);
    }
    for (line, check) in heir::said_again(id, table, desired) {
        it.lines.push(line);
        it.exprs.extend(check.and_then(|it| desired.get(it)).map(Object::exprs).unwrap_or_default());
        it.needs.extend(check.map(|it| desired.uses(it)).unwrap_or_default());
    }
    let mut before: Vec<&Rule> = Vec::new();
    for child in desired.parts(id) {
        let Some(Object::Constraint(constraint)) = desired.get(child) else { continue };
        let exprs = desired.get(child).map(Object::exprs).unwrap_or_default();
        let is_own = !before.iter().any(|it| is_one_key(it, &constraint.rule));
        before.push(&constraint.rule);
        if constraint.validated && constraint.enforced && is_own && fits(child, &exprs) {
            it.lines.push(format!("CONSTRAINT {} {}", child.name(), constraint::clause(constraint)));
            it.makes.push(child.clone());
            it.exprs.extend(exprs);
        }
    }
    it
}

/// Whether the server would take two keys of one statement for one (manual, CREATE TABLE: `transformIndexConstraints`).
fn is_one_key(one: &Rule, other: &Rule) -> bool {
    match one {
        Rule::Exclusion { .. } => one == other,
        _ => key_with(one).is_some_and(|it| key_with(other) == Some(it)),
    }
}

/// The columns of a key, and those it has along.
fn key_with(rule: &Rule) -> Option<[&[Name]; 2]> {
    match rule {
        Rule::PrimaryKey { columns, include, .. } | Rule::Unique { columns, include, .. } => {
            Some([columns, include])
        }
        _ => None,
    }
}

/// The field because of which a table has to be made anew.
fn remade(old: &Table, new: &Table, cx: &Context<'_>) -> Option<&'static str> {
    let server = |it: &Table| it.foreign.as_ref().map(|it| it.server.clone());
    match () {
        () if new.partition_by != old.partition_by => Some("partition_by"),
        () if server(new) != server(old) => Some("server"),
        () if new.access_method != old.access_method
            && (cx.facts.major < 15 || new.partition_by.is_some()) =>
        {
            Some("access_method")
        }
        () => None,
    }
}

/// Whether a table has to be made anew.
pub(super) fn is_remade(name: &model::QualName, cx: &Context<'_>) -> bool {
    let Some((old, new)) = cx.actual.table(name).zip(cx.desired.table(name)) else { return false };
    let parent = old.partition_of.iter().zip(&new.partition_of).find(|(old, new)| old.parent == new.parent);
    remade(old, new, cx).is_some()
        || retype::is_divided_otherwise(name, old, cx)
        || parent.is_some_and(|(it, _)| is_remade(&it.parent, cx))
}

/// Whether all that a part of a table uses is there before any table needs to be.
fn is_plain(part: &ObjectId, table: &ObjectId, desired: &Schema) -> bool {
    // What it has from above is there, or the table waits for it.
    let above: Vec<_> = table.qual_name().into_iter().flat_map(|it| desired.above(it)).collect();
    let inherited =
        |it: &ObjectId| it.kind == Kind::Column && it.relation().is_some_and(|it| above.contains(&it));
    let own = |it: &ObjectId| it == table || it.relation() == table.qual_name() || inherited(it);
    desired.uses(part).iter().all(|it| own(it) || stands_on_plain_things(it, desired))
}

fn tails(id: &ObjectId, desired: &Schema) -> Vec<Draft> {
    let columns = desired.parts(id).filter_map(|child| match desired.get(child) {
        Some(Object::Column(column)) => Some(column::tail(child, column, desired)),
        _ => None,
    });
    columns.flatten().collect()
}
