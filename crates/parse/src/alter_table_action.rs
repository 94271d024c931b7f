//! One action of ALTER TABLE, but for those on a column.

use model::{
    Deferral, Enabled, ForeignKey, Kind, Name, Object, ObjectId, Persistence, QualName, ReplicaIdentity, Span,
};
use sql::{Code, Cursor, Fault};

use crate::alter_table::{Target, not_modelled};
use crate::reader::{Reader, unknown};
use crate::{
    Verdict, alter_table_column, column, constraint, foreign, heir, owner, partition, table, types_composite,
};

/// An action and what it is about.
#[derive(Debug)]
pub(crate) struct Action<'t> {
    pub(crate) target: &'t Target,
    pub(crate) table: &'t QualName,
    /// ALTER TABLE ONLY: what stands below is left alone.
    pub(crate) only: bool,
    /// Where the action begins.
    pub(crate) begin: Span,
}

impl Action<'_> {
    /// Reads the action and carries it out.
    pub(crate) fn read(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
        match () {
            () if cursor.at(&["alter", "constraint"]) => self.alter_constraint(reader, cursor)?,
            () if cursor.eat(&["alter"]) => return alter_table_column::alter(self, reader, cursor),
            () if self.target.id.kind != Kind::Table => return Err(self.refused(cursor)),
            () if cursor.eat(&["add"]) => return self.add(reader, cursor),
            () if cursor.eat(&["drop", "constraint"]) => return self.drop_constraint(reader, cursor),
            () if cursor.eat(&["drop"]) => return alter_table_column::drop(self, reader, cursor),
            () if cursor.eat(&["validate", "constraint"]) => self.validate(reader, cursor)?,
            () if cursor.eat(&["attach", "partition"]) => partition::attach(reader, cursor, self.table)?,
            () if cursor.eat(&["detach", "partition"]) => heir::detach(reader, cursor, self.table)?,
            () if cursor.at(&["enable"]) || cursor.at(&["disable"]) => self.switch(reader, cursor)?,
            () if cursor.eat(&["force", "row", "level", "security"]) => {
                reader.change_table(self.table, |it| it.force_row_security = true);
            }
            () if cursor.eat(&["no", "force", "row", "level", "security"]) => {
                reader.change_table(self.table, |it| it.force_row_security = false);
            }
            () if cursor.eat(&["replica", "identity"]) => {
                let identity = replica_identity(cursor)?;
                reader.change_table(self.table, |it| it.replica_identity = identity);
            }
            () if cursor.eat(&["cluster", "on"]) => {
                let index = cursor.name()?;
                reader.change_table(self.table, |it| it.cluster_on = Some(index));
            }
            () if cursor.at(&["options"]) => self.options(reader, cursor)?,
            () if cursor.eat(&["set"]) => self.set(reader, cursor)?,
            () if cursor.eat(&["reset"]) => {
                let reset = table::options(cursor)?;
                reader.change_table(self.table, |it| it.options.retain(|name, _| !reset.contains_key(name)));
            }
            () if cursor.eat(&["inherit"]) => heir::inherit(reader, cursor, self.table)?,
            () if cursor.eat(&["no", "inherit"]) => heir::no_inherit(reader, cursor, self.table)?,
            () if cursor.eat(&["not", "of"]) => reader.change_table(self.table, |it| it.of_type = None),
            () if cursor.eat(&["of"]) => {
                let ty = types_composite::of_table(reader, cursor)?;
                reader.change_table(self.table, |it| it.of_type = Some(ty));
            }
            () if cursor.eat(&["owner", "to"]) => {
                let role = reader.role_name(cursor)?;
                owner::change(reader, &self.target.id, role, self.begin.to(cursor.previous()));
            }
            () => return Err(self.refused(cursor)),
        }
        Ok(Verdict::Declared)
    }

    fn refused(&self, cursor: &Cursor<'_>) -> Fault {
        let words: Vec<String> =
            cursor.rest().iter().take(2).map(|it| cursor.slice(it.span).to_uppercase()).collect();
        not_modelled(self.begin, &format!("ALTER {} … {}", self.target.id.kind.meta().sql, words.join(" ")))
    }

    fn add(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
        if constraint::begins(cursor) {
            let draft = constraint::of_table(reader, cursor)?;
            let draft = constraint::Draft { span: self.begin.to(cursor.previous()), ..draft };
            constraint::declare(reader, self.table, draft, self.only)?;
            return Ok(Verdict::Declared);
        }
        cursor.eat(&["column"]);
        let guarded = cursor.eat(&["if", "not", "exists"]);
        let column = column::read(reader, cursor, false)?;
        let name = column.name.clone();
        let span = self.begin.to(cursor.previous());
        if reader.column(self.table, &name).is_some() {
            return match guarded {
                true => Ok(Verdict::Idiom),
                false => Err(Fault::new(
                    Code::Conflict,
                    span,
                    format!("table {} has a column {name} already", self.table),
                )
                .hint("say ADD COLUMN IF NOT EXISTS")),
            };
        }
        if let Some(old) = reader.renamed(span) {
            reader
                .desired
                .renames
                .push((Kind::Column.of(self.table, &old), Kind::Column.of(self.table, &name)));
        }
        let constraints = column::declare(reader, self.table, column)?;
        let mut faults = constraint::declare_all(reader, self.table, constraints, false);
        let last = faults.pop();
        reader.desired.faults.extend(faults);
        last.map_or(Ok(Verdict::Declared), Err)
    }

    fn drop_constraint(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<Verdict, Fault> {
        let guarded = cursor.eat(&["if", "exists"]);
        let (at, name) = (cursor.span(), cursor.name()?);
        let cascade = cursor.eat_any(&["cascade", "restrict"]) == Some("cascade");
        let Some(id) = self.constraint(reader, &name) else {
            if guarded {
                reader.desired.absent.insert(Kind::Constraint.of(self.table, &name));
                return Ok(Verdict::Idiom);
            }
            return Err(no_constraint(self.table, &name, at));
        };
        if cascade {
            reader.drop_users(&id);
        }
        reader.schema().remove(&id);
        if guarded {
            reader.desired.absent.insert(id);
        }
        Ok(Verdict::Declared)
    }

    /// The constraint of that name, of whichever kind.
    fn constraint(&self, reader: &Reader<'_>, name: &Name) -> Option<ObjectId> {
        let schema = &reader.desired.schema;
        let named = [Kind::Constraint, Kind::ForeignKey].map(|it| it.of(self.table, name));
        let found = named.into_iter().find(|it| schema.contains(it));
        let children = || schema.descendants(&Kind::Table.named(self.table));
        found.or_else(|| {
            children().into_iter().find(|id| match schema.get(id) {
                Some(Object::NotNull(it)) => it.name.as_ref() == Some(name),
                _ => false,
            })
        })
    }

    fn validate(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let (at, name) = (cursor.span(), cursor.name()?);
        let id = self.constraint(reader, &name).ok_or_else(|| no_constraint(self.table, &name, at))?;
        match reader.desired.schema.get_mut(&id) {
            Some(Object::Constraint(it)) => it.validated = true,
            Some(Object::ForeignKey(it)) => it.validated = true,
            Some(Object::NotNull(it)) => it.not_valid = false,
            _ => (),
        }
        Ok(())
    }

    /// `ALTER CONSTRAINT name [deferral] [[NOT] ENFORCED] [[NO] INHERIT]`
    fn alter_constraint(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        cursor.expect(&["alter", "constraint"])?;
        let (at, name) = (cursor.span(), cursor.name()?);
        let id = self.constraint(reader, &name).ok_or_else(|| no_constraint(self.table, &name, at))?;
        let mut deferral: Option<Deferral> = None;
        let (mut enforced, mut no_inherit) = (None, None);
        loop {
            match () {
                () if cursor.eat(&["not", "enforced"]) => enforced = Some(false),
                () if cursor.eat(&["enforced"]) => enforced = Some(true),
                () if cursor.eat(&["no", "inherit"]) => no_inherit = Some(true),
                () if cursor.eat(&["inherit"]) => no_inherit = Some(false),
                () => match column::deferral(cursor, deferral.unwrap_or_default()) {
                    Some(it) => deferral = Some(it),
                    None => break,
                },
            }
        }
        match reader.desired.schema.get_mut(&id) {
            Some(Object::ForeignKey(it)) => {
                it.deferral = deferral.unwrap_or(it.deferral);
                if let Some(enforced) = enforced {
                    (it.enforced, it.validated) = (enforced, enforced);
                }
                Ok(())
            }
            Some(Object::NotNull(it)) => {
                it.no_inherit = no_inherit.unwrap_or(it.no_inherit);
                Ok(())
            }
            _ => Err(not_modelled(self.begin, "ALTER CONSTRAINT of what is no foreign key")),
        }
    }

    /// `{ ENABLE | DISABLE } …`
    fn switch(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let Some(mode) = crate::event_trigger::enabled(cursor) else {
            return Err(cursor.wanted("ENABLE or DISABLE"));
        };
        if cursor.eat(&["row", "level", "security"]) {
            reader.change_table(self.table, |it| it.row_security = mode == Enabled::Origin);
            return Ok(());
        }
        let kind = match cursor.eat_any(&["trigger", "rule"]) {
            Some("trigger") => Kind::Trigger,
            Some(_) => Kind::Rule,
            None => return Err(cursor.wanted("TRIGGER or RULE")),
        };
        let (at, name) = (cursor.span(), cursor.name()?);
        let many = kind == Kind::Trigger && matches!(name.as_str(), "all" | "user");
        let all = many && !cursor.slice(at).starts_with('"');
        let parts = reader.parts_of(&Kind::Table.named(self.table), kind);
        let chosen: Vec<ObjectId> = parts.into_iter().filter(|it| all || *it.name() == name).collect();
        if chosen.is_empty() && !all {
            let above = reader.desired.schema.above(self.table).map(|it| kind.of(it, &name));
            if let Some(above) = above.into_iter().find(|it| reader.desired.schema.contains(it)) {
                return Err(not_modelled(at, &format!("a state of its own that a partition gives {above}")));
            }
            return Err(unknown(&[name], kind.meta().noun, at));
        }
        for id in chosen {
            match reader.desired.schema.get_mut(&id) {
                Some(Object::Trigger(it)) => it.enabled = mode,
                Some(Object::Rule(it)) => it.enabled = mode,
                _ => (),
            }
        }
        Ok(())
    }

    /// `OPTIONS (…)` of a foreign table.
    fn options(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let Some(mut table) = reader.table(self.table).cloned() else { return Err(self.refused(cursor)) };
        let Some(foreign) = &mut table.foreign else { return Err(self.refused(cursor)) };
        foreign::change(cursor, &mut foreign.options)?;
        reader.change_table(self.table, |it| *it = table);
        Ok(())
    }

    fn set(&self, reader: &mut Reader<'_>, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        match () {
            () if cursor.at_symbol("(") => {
                let set = table::options(cursor)?;
                reader.change_table(self.table, |it| it.options.extend(set));
            }
            () if cursor.eat(&["logged"]) => self.persist(reader, Persistence::Permanent),
            () if cursor.eat(&["unlogged"]) => self.persist(reader, Persistence::Unlogged),
            () if cursor.eat(&["tablespace"]) => {
                let tablespace = table::tablespace(cursor)?;
                reader.change_table(self.table, |it| it.tablespace = tablespace);
            }
            () if cursor.eat(&["access", "method"]) => {
                let method = Some(cursor.name()?).filter(|it| !matches!(it.as_str(), "heap" | "default"));
                reader.change_table(self.table, |it| it.access_method = method);
            }
            () if cursor.eat(&["without", "cluster"]) => {
                reader.change_table(self.table, |it| it.cluster_on = None)
            }
            () if cursor.eat(&["without", "oids"]) => (),
            () => return Err(self.refused(cursor)),
        }
        Ok(())
    }

    /// From 15 on the sequences of a table's columns go with it.
    fn persist(&self, reader: &mut Reader<'_>, persistence: Persistence) {
        reader.change_table(self.table, |it| it.persistence = persistence);
        if reader.facts.major < 15 {
            return;
        }
        for id in reader.desired.schema.descendants(&Kind::Table.named(self.table)) {
            if let Some(Object::Sequence(it)) = reader.desired.schema.get_mut(&id) {
                it.persistence = persistence;
            }
        }
    }
}

fn replica_identity(cursor: &mut Cursor<'_>) -> Result<ReplicaIdentity, Fault> {
    match () {
        () if cursor.eat(&["default"]) => Ok(ReplicaIdentity::Default),
        () if cursor.eat(&["full"]) => Ok(ReplicaIdentity::Full),
        () if cursor.eat(&["nothing"]) => Ok(ReplicaIdentity::Nothing),
        () => {
            cursor.expect(&["using", "index"])?;
            Ok(ReplicaIdentity::Index(cursor.name()?))
        }
    }
}

fn no_constraint(table: &QualName, name: &Name, span: Span) -> Fault {
    let message = format!("table {table} has no constraint {name} at this point of the file");
    Fault::new(Code::Unknown, span, message).hint("say IF EXISTS")
}

impl Reader<'_> {
    /// CASCADE: what uses an object goes before it.
    pub(crate) fn drop_users(&mut self, id: &ObjectId) {
        let users = self.desired.schema.users();
        let mut found: Vec<ObjectId> = users.of(id).cloned().collect();
        if let (Kind::Constraint, Some(table)) = (id.kind, id.relation()) {
            let key = match self.desired.schema.get(id) {
                Some(Object::Constraint(it)) => it.rule.key().map(<[Name]>::to_vec),
                _ => None,
            };
            let leans = |it: &ForeignKey| it.target == *table && Some(&it.target_columns) == key.as_ref();
            let all = self.desired.schema.iter();
            found.extend(all.filter_map(|(id, object)| match object {
                Object::ForeignKey(it) if leans(it) => Some(id.clone()),
                _ => None,
            }));
        }
        let own = self.desired.schema.descendants(id);
        found.retain(|it| !own.contains(it));
        for user in found {
            if self.desired.schema.contains(&user) {
                self.drop_users(&user);
                self.desired.schema.remove(&user);
            }
        }
    }
}
