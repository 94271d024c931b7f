//! Event triggers. Does not know what their functions do.

use model::{Enabled, EventTrigger, ObjectId, literal};

use super::text::{joined, subject};
use super::trigger::enabling;
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::{Draft, Stage};

impl Rules for EventTrigger {
    /// Once it is there it runs for other steps too, so it comes behind them.
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let EventTrigger { event, tags, function, enabled } = self;
        let tags = joined(tags.iter().map(|it| literal(it)));
        let when = if tags.is_empty() { String::new() } else { format!(" WHEN TAG IN ({tags})") };
        let sql = format!("CREATE {} ON {event}{when} EXECUTE FUNCTION {function}()", subject(id));
        let create = Draft::create(id, sql).stage(Stage::Late);
        let state = (*enabled != Enabled::Origin).then(|| enable(id, *enabled).adds());
        std::iter::once(create).chain(state).collect()
    }

    fn alter(&self, new: &EventTrigger, id: &ObjectId, _: &Context<'_>) -> Alter {
        let EventTrigger { event, tags, function, enabled } = new;
        let remade = [
            ("event", *event != self.event),
            ("tags", *tags != self.tags),
            ("function", *function != self.function),
        ];
        if let Some((field, _)) = remade.into_iter().find(|(_, differs)| *differs) {
            return Alter::Replace(field);
        }
        if *enabled == self.enabled {
            return Alter::InPlace(Vec::new());
        }
        let draft = enable(id, *enabled).hazard_if(*enabled == Enabled::Disabled, Hazard::DisableTrigger);
        Alter::InPlace(vec![draft.changed("enabled", format!("{:?}", self.enabled), format!("{enabled:?}"))])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![Draft::drop(id, format!("DROP {}", subject(id))).hazard_if(cx.is_gone(id), Hazard::DropTrigger)]
    }
}

fn enable(id: &ObjectId, enabled: Enabled) -> Draft {
    Draft::alter(id, format!("ALTER {} {}", subject(id), enabling(enabled))).trailing().stage(Stage::Late)
}
