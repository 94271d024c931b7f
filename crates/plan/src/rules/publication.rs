//! Publications and what is in them. Does not know who subscribes.

use model::{
    Kind, Name, Object, ObjectId, Publication, Publish, PublishedNamespace, PublishedTable, QualName, literal,
};

use super::depend::is_doomed;
use super::text::{inside, joined, list, subject};
use super::{Alter, Context, Rules};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for Publication {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let members = cx.desired.parts(id).filter(|it| is_member(it)).cloned();
        let mut members: Vec<ObjectId> = members.collect();
        // The order in which the file names them carries no meaning.
        members.sort();
        let objects = objects(&members, cx);
        let objects = match (self.all_tables, objects.is_empty()) {
            (true, _) => " FOR ALL TABLES".to_string(),
            (false, true) => String::new(),
            (false, false) => format!(" FOR {objects}"),
        };
        let parameters = parameters(None, self);
        let with = if parameters.is_empty() { String::new() } else { format!(" WITH ({parameters})") };
        let mut create = Draft::create(id, format!("CREATE {}{objects}{with}", subject(id)));
        for member in &members {
            create = create.reads(cx.desired.get(member).map(Object::exprs).into_iter().flatten());
            if let Some((_, table)) = PublishedTable::of(member) {
                create = create.lock(Mode::ShareUpdateExclusive, &table);
            }
        }
        vec![create.makes(members)]
    }

    fn alter(&self, new: &Publication, id: &ObjectId, _: &Context<'_>) -> Alter {
        let Publication { all_tables, publish, via_root, generated } = new;
        if *all_tables != self.all_tables {
            return Alter::Replace("all_tables");
        }
        let sql = format!("ALTER {} SET ({})", subject(id), parameters(Some(self), new));
        let mut draft = Draft::alter(id, sql);
        if *publish != self.publish {
            draft = draft.changed("publish", published(&self.publish), published(publish));
        }
        if *via_root != self.via_root {
            draft = draft.changed("via_root", self.via_root, via_root);
        }
        if *generated != self.generated {
            draft = draft.changed("generated", self.generated, generated);
        }
        let loses = self.publish.iter().any(|it| !publish.contains(it));
        Alter::InPlace(vec![draft.hazard_if(loses, Hazard::Unpublish)])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![
            Draft::drop(id, format!("DROP {}", subject(id)))
                .hazard_if(cx.is_gone(id), Hazard::DropPublication),
        ]
    }
}

impl Rules for PublishedTable {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let sql = format!("{} ADD {}", prefix(id), objects(std::slice::from_ref(id), cx));
        vec![locked(Draft::create(id, sql).reads(&self.filter), id)]
    }

    fn alter(&self, new: &PublishedTable, _: &ObjectId, _: &Context<'_>) -> Alter {
        let PublishedTable { columns, filter: _ } = new;
        Alter::Replace(if *columns == self.columns { "filter" } else { "columns" })
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let Some((_, table)) = PublishedTable::of(id) else { return Vec::new() };
        let sql = format!("{} DROP TABLE {}{table}", prefix(id), only(&table, cx));
        let loses = cx.is_gone(id) && !is_doomed(id, cx);
        vec![locked(Draft::drop(id, sql), id).hazard_if(loses, Hazard::Unpublish)]
    }
}

impl Rules for PublishedNamespace {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        vec![Draft::create(id, format!("{} ADD {}", prefix(id), objects(std::slice::from_ref(id), cx)))]
    }

    fn alter(&self, new: &PublishedNamespace, _: &ObjectId, _: &Context<'_>) -> Alter {
        let PublishedNamespace {} = new;
        Alter::InPlace(Vec::new())
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("{} DROP TABLES IN SCHEMA {}", prefix(id), id.name()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::Unpublish)]
    }
}

fn is_member(id: &ObjectId) -> bool {
    matches!(id.kind, Kind::PublishedTable | Kind::PublishedNamespace)
}

fn prefix(member: &ObjectId) -> String {
    let publication = match &member.path {
        model::Path::Keys(keys) => keys.first().map(Name::to_string),
        _ => None,
    };
    format!("ALTER PUBLICATION {}", publication.unwrap_or_default())
}

/// What is put into a publication, as FOR and ADD name it. 14 takes each word only once.
fn objects(members: &[ObjectId], cx: &Context<'_>) -> String {
    let tables = joined(members.iter().filter_map(|it| table(it, cx)));
    let namespaces = members.iter().filter(|it| it.kind == Kind::PublishedNamespace);
    let namespaces = list(namespaces.map(ObjectId::name));
    let named =
        [("TABLE", tables), ("TABLES IN SCHEMA", namespaces)].into_iter().filter(|it| !it.1.is_empty());
    joined(named.map(|(word, list)| format!("{word} {list}")))
}

fn table(id: &ObjectId, cx: &Context<'_>) -> Option<String> {
    let (Some(Object::PublishedTable(it)), Some((_, table))) = (cx.desired.get(id), PublishedTable::of(id))
    else {
        return None;
    };
    let PublishedTable { columns, filter } = it;
    let columns = if columns.is_empty() { String::new() } else { format!(" ({})", list(columns)) };
    let filter = filter.as_ref().map(|it| format!(" WHERE {}", inside(it))).unwrap_or_default();
    Some(format!("{}{table}{columns}{filter}", only(&table, cx)))
}

/// A table that others inherit from would take them along.
fn only(table: &QualName, cx: &Context<'_>) -> &'static str {
    let inherits = |object: &Object| matches!(object, Object::Table(it) if it.inherits.contains(table));
    let all = cx.actual.iter().chain(cx.desired.iter());
    if all.filter(|it| it.0.kind == Kind::Table).any(|it| inherits(it.1)) { "ONLY " } else { "" }
}

fn locked(draft: Draft, id: &ObjectId) -> Draft {
    match PublishedTable::of(id) {
        Some((_, table)) => draft.lock(Mode::ShareUpdateExclusive, &table),
        None => draft,
    }
}

fn published(publish: &[Publish]) -> String {
    joined(publish.iter().map(|it| it.word().to_string()))
}

/// The parameters that are not what they were, or not what they are by themselves.
fn parameters(old: Option<&Publication>, new: &Publication) -> String {
    let Publication { all_tables: _, publish, via_root, generated } = new;
    let mut words = Vec::new();
    let was = old.map_or(&Publish::ALL[..], |it| &it.publish);
    if publish[..] != *was {
        words.push(format!("publish = {}", literal(&published(publish))));
    }
    if *via_root != old.is_some_and(|it| it.via_root) {
        words.push(format!("publish_via_partition_root = {via_root}"));
    }
    if *generated != old.is_some_and(|it| it.generated) {
        words.push(format!("publish_generated_columns = {}", if *generated { "stored" } else { "none" }));
    }
    joined(words)
}
