//! Triggers. Does not know what their functions do.

use model::{Deferral, Enabled, Event, Level, ObjectId, Timing, Trigger, literal};

use super::constraint::deferral;
use super::text::{inside, joined, list};
use super::{Alter, Context, Rules};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for Trigger {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let create = locked(Draft::create(id, sql("CREATE", self, id)), self, Mode::ShareRowExclusive);
        let create = self.from.iter().fold(create, |draft, it| draft.lock(Mode::AccessShare, it));
        let state = (self.enabled != Enabled::Origin).then(|| enable(self, self.enabled, id).adds());
        std::iter::once(create.reads(&self.when)).chain(state).collect()
    }

    fn alter(&self, new: &Trigger, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Trigger {
            relation,
            timing,
            events,
            columns,
            level,
            when,
            function,
            arguments,
            old_table,
            new_table,
            constraint,
            from,
            enabled,
        } = new;
        let same = [
            ("relation", *relation == self.relation),
            ("timing", *timing == self.timing),
            ("events", *events == self.events),
            ("columns", *columns == self.columns),
            ("level", *level == self.level),
            ("when", *when == self.when),
            ("function", *function == self.function),
            ("arguments", *arguments == self.arguments),
            ("old_table", *old_table == self.old_table),
            ("new_table", *new_table == self.new_table),
            ("from", *from == self.from),
            ("constraint", *constraint == self.constraint),
        ];
        let differing: Vec<&'static str> = same.iter().filter(|(_, same)| !same).map(|(it, _)| *it).collect();
        let (was, is) = (sql("CREATE", self, id), sql("CREATE", new, id));
        let mut drafts = Vec::new();
        if let Some(field) = differing.first() {
            if self.constraint.is_some() || constraint.is_some() || *relation != self.relation {
                return Alter::Replace(field);
            }
            let draft = Draft::alter(id, sql("CREATE OR REPLACE", new, id)).reads(when);
            drafts.push(locked(draft, new, Mode::ShareRowExclusive).changed(field, was, is));
        }
        let now = if differing.is_empty() { self.enabled } else { Enabled::Origin };
        if *enabled != now {
            let draft = enable(new, *enabled, id);
            let weaker = *enabled == Enabled::Disabled && self.enabled != Enabled::Disabled;
            let (old, new) = (format!("{:?}", self.enabled), format!("{enabled:?}"));
            drafts.push(draft.hazard_if(weaker, Hazard::DisableTrigger).changed("enabled", old, new));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP TRIGGER {}", id.address()));
        let loses = !cx.desired.contains(id);
        vec![locked(drop, self, Mode::AccessExclusive).hazard_if(loses, Hazard::DropTrigger)]
    }
}

fn locked(draft: Draft, trigger: &Trigger, mode: Mode) -> Draft {
    trigger.relation.qual_name().into_iter().fold(draft, |draft, it| draft.lock(mode, it))
}

fn enable(trigger: &Trigger, enabled: Enabled, id: &ObjectId) -> Draft {
    let word = enabling(enabled);
    let sql = format!("ALTER TABLE {} {word} TRIGGER {}", trigger.relation.address(), id.name());
    locked(Draft::alter(id, sql).trailing(), trigger, Mode::ShareRowExclusive)
}

/// What ALTER says to have a trigger or rule in a state.
pub(super) fn enabling(enabled: Enabled) -> &'static str {
    match enabled {
        Enabled::Origin => "ENABLE",
        Enabled::Disabled => "DISABLE",
        Enabled::Replica => "ENABLE REPLICA",
        Enabled::Always => "ENABLE ALWAYS",
    }
}

fn sql(verb: &str, trigger: &Trigger, id: &ObjectId) -> String {
    let Trigger {
        relation,
        timing,
        events,
        columns,
        level,
        when,
        function,
        arguments,
        old_table,
        new_table,
        constraint,
        from,
        enabled: _,
    } = trigger;
    let word = if constraint.is_some() { "CONSTRAINT TRIGGER" } else { "TRIGGER" };
    let timing = match timing {
        Timing::Before => "BEFORE",
        Timing::After => "AFTER",
        Timing::InsteadOf => "INSTEAD OF",
    };
    let events = events.iter().map(|it| event(*it, columns)).collect::<Vec<_>>().join(" OR ");
    let mut sql = format!("{verb} {word} {} {timing} {events} ON {}", id.name(), relation.address());
    if let Some(table) = from {
        sql += &format!(" FROM {table}");
    }
    if let Some(when) = constraint.filter(|it| *it != Deferral::Never) {
        sql += deferral(when);
    }
    let transition = |word: &str, it: &model::Name| format!(" {word} TABLE AS {it}");
    let transitions: String = old_table
        .iter()
        .map(|it| transition("OLD", it))
        .chain(new_table.iter().map(|it| transition("NEW", it)))
        .collect();
    if !transitions.is_empty() {
        sql += &format!(" REFERENCING{transitions}");
    }
    sql += match level {
        Level::Row => " FOR EACH ROW",
        Level::Statement => " FOR EACH STATEMENT",
    };
    if let Some(when) = when {
        sql += &format!(" WHEN {}", inside(when));
    }
    format!("{sql} EXECUTE FUNCTION {function}({})", joined(arguments.iter().map(|it| literal(it))))
}

fn event(event: Event, columns: &model::NameSet) -> String {
    match event {
        Event::Insert => "INSERT".to_string(),
        Event::Delete => "DELETE".to_string(),
        Event::Truncate => "TRUNCATE".to_string(),
        Event::Update if columns.is_empty() => "UPDATE".to_string(),
        Event::Update => format!("UPDATE OF {}", list(columns)),
    }
}
