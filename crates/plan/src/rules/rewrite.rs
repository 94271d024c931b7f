//! Rules that stand beside statements on a table or view, or in their place. Does not know what their
//! commands do.

use model::{Enabled, Expr, Kind, Mention, ObjectId, RewriteRule};

use super::trigger::enabling;
use super::{Alter, Context, Rules};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for RewriteRule {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let create = locked(Draft::create(id, sql("CREATE", self, id)), self).reads([&self.body]);
        let state = (self.enabled != Enabled::Origin).then(|| enable(self, self.enabled, id).adds());
        std::iter::once(create).chain(state).collect()
    }

    fn alter(&self, new: &RewriteRule, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let RewriteRule { relation, event, body, enabled } = new;
        if *relation != self.relation {
            return Alter::Replace("relation");
        }
        if *body != self.body && stands_for_what_goes(id, body, cx) {
            return Alter::Replace("body");
        }
        let mut drafts = Vec::new();
        if *event != self.event || *body != self.body {
            let mut draft = locked(Draft::alter(id, sql("CREATE OR REPLACE", new, id)), new).reads([body]);
            if *event != self.event {
                draft = draft.changed("event", self.event.word(), event.word());
            }
            if *body != self.body {
                draft = draft.changed("body", &self.body, body);
            }
            drafts.push(draft);
        }
        if *enabled != self.enabled {
            let draft =
                enable(new, *enabled, id).hazard_if(*enabled == Enabled::Disabled, Hazard::DisableRule);
            drafts.push(draft.changed("enabled", format!("{:?}", self.enabled), format!("{enabled:?}")));
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = locked(Draft::drop(id, format!("DROP RULE {}", id.address())), self);
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropRule)]
    }
}

/// Whether a star in the commands would still mean a column that is about to be dropped.
fn stands_for_what_goes(id: &ObjectId, body: &Expr, cx: &Context<'_>) -> bool {
    let goes = |it: &ObjectId| it.kind == Kind::Column && !cx.desired.contains(it);
    body.mentions.contains(&Mention::Star) && cx.actual.uses(id).iter().any(goes)
}

fn locked(draft: Draft, rule: &RewriteRule) -> Draft {
    rule.relation.qual_name().into_iter().fold(draft, |draft, it| draft.lock(Mode::AccessExclusive, it))
}

fn enable(rule: &RewriteRule, enabled: Enabled, id: &ObjectId) -> Draft {
    let sql = format!("ALTER TABLE {} {} RULE {}", rule.relation.address(), enabling(enabled), id.name());
    locked(Draft::alter(id, sql).trailing(), rule)
}

fn sql(verb: &str, rule: &RewriteRule, id: &ObjectId) -> String {
    let RewriteRule { relation, event, body, enabled: _ } = rule;
    let (name, event, relation) = (id.name(), event.word(), relation.address());
    format!("{verb} RULE {name} AS ON {event} TO {relation} {}", body.text.trim())
}
