//! Subscriptions. A change that speaks to the publisher runs in no transaction. Does not know where they lead.

use model::{Kind, Making, Name, NameSet, ObjectId, Settings, Subscription, literal};

use super::text::{joined, list, or_none, settings, subject};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::{Draft, Stage};

impl Rules for Subscription {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Subscription { connection, publications, enabled, slot, options, making } = self;
        let Making { connect, create_slot, copy_data } = making;
        let mut words = Vec::new();
        let mut say = |name: &str, is: bool, usual: bool| {
            if is != usual {
                words.push(format!("{name} = {is}"));
            }
        };
        say("connect", *connect, true);
        say("create_slot", *create_slot, *connect);
        say("copy_data", *copy_data, *connect);
        say("enabled", *enabled && *connect, *connect);
        if slot.as_ref() != Some(id.name()) {
            words.push(format!("slot_name = {}", slot_word(slot.as_ref())));
        }
        words.extend((!options.is_empty()).then(|| settings(options)));
        let with = joined(words);
        let with = if with.is_empty() { String::new() } else { format!(" WITH ({with})") };
        let text = literal(&connection.text);
        let sql =
            format!("CREATE {} CONNECTION {text} PUBLICATION {}{with}", subject(id), list(publications));
        let create = Draft::create(id, sql)
            .fills(placeholders(&connection.text))
            .stage(Stage::Late)
            .follows(tables(cx));
        let create = if *connect && *create_slot { create.outside() } else { create };
        let enable = (*enabled && !*connect).then(|| switch(id, true).adds());
        std::iter::once(create).chain(enable).collect()
    }

    /// What can be changed is changed where it stands: another slot would lose what has been received.
    fn alter(&self, new: &Subscription, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Subscription { connection, publications, enabled, slot, options, making: _ } = new;
        if options.get("two_phase") != self.options.get("two_phase") && cx.facts.major < 18 {
            return Alter::Replace("two_phase");
        }
        let mut drafts = Vec::new();
        if self.enabled && !enabled {
            drafts
                .push(switch(id, false).hazard(Hazard::DisableSubscription).changed("enabled", true, false));
        }
        if *connection != self.connection {
            let draft =
                Draft::alter(id, format!("ALTER {} CONNECTION {}", subject(id), literal(&connection.text)));
            drafts.push(draft.fills(placeholders(&connection.text)).changed(
                "connection",
                &self.connection,
                connection,
            ));
        }
        if *slot != self.slot {
            let sql = format!("ALTER {} SET (slot_name = {})", subject(id), slot_word(slot.as_ref()));
            let (old, new) = (or_none(self.slot.as_ref()), or_none(slot.as_ref()));
            drafts.push(Draft::alter(id, sql).changed("slot", old, new));
        }
        drafts.extend(optional(id, &self.options, options, cx.facts.major));
        if *publications != self.publications {
            drafts.push(subscribed(id, publications, self.enabled && *enabled).changed(
                "publications",
                list(&self.publications),
                list(publications),
            ));
        }
        if !self.enabled && *enabled {
            drafts.push(switch(id, true).changed("enabled", false, true));
        }
        Alter::InPlace(drafts)
    }

    /// With a slot the publisher is told, so that it keeps nothing back for it.
    fn drop(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP {}", subject(id))).hazard(Hazard::DropSubscription);
        vec![if self.slot.is_some() { drop.outside() } else { drop }]
    }
}

/// What is received is written into tables, which have to be there by then.
fn tables(cx: &Context<'_>) -> Vec<ObjectId> {
    cx.created.keys().filter(|it| it.kind == Kind::Table).cloned().collect()
}

/// What stands for secrets in a connection string.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("${").filter_map(|(at, _)| text[at..].find('}').map(|end| &text[at..=at + end]))
}

fn slot_word(slot: Option<&Name>) -> String {
    slot.map_or_else(|| "NONE".to_owned(), |it| literal(it.as_str()))
}

fn switch(id: &ObjectId, on: bool) -> Draft {
    let word = if on { "ENABLE" } else { "DISABLE" };
    Draft::alter(id, format!("ALTER {} {word}", subject(id))).stage(Stage::Late)
}

/// What one that is running subscribes to is fetched at once, in no transaction.
fn subscribed(id: &ObjectId, publications: &NameSet, running: bool) -> Draft {
    let refresh = if running { "" } else { " WITH (refresh = false)" };
    let draft =
        Draft::alter(id, format!("ALTER {} SET PUBLICATION {}{refresh}", subject(id), list(publications)));
    if running { draft.outside() } else { draft }
}

/// What is said, and what is no longer said as it is by itself.
fn optional(id: &ObjectId, old: &Settings, new: &Settings, major: u32) -> Option<Draft> {
    let usual = |name: &str| match name {
        "streaming" if major >= 18 => "parallel",
        "streaming" | "synchronous_commit" => "off",
        "origin" => "any",
        "password_required" => "true",
        _ => "false",
    };
    let gone = old.keys().filter(|it| !new.contains_key(*it)).map(|it| (it.clone(), usual(it).to_owned()));
    let said = new.iter().filter(|(name, value)| old.get(*name) != Some(value));
    let changed: Settings = said.map(|(name, value)| (name.clone(), value.clone())).chain(gone).collect();
    if changed.is_empty() {
        return None;
    }
    let apart = changed.keys().any(|it| it == "failover" || it == "two_phase");
    let draft = Draft::alter(id, format!("ALTER {} SET ({})", subject(id), settings(&changed)));
    let draft = draft.changed("options", settings(old), settings(new));
    Some(if apart { draft.outside() } else { draft })
}
