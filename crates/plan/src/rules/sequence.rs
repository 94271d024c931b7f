//! Sequences, and how the ones behind identity columns count. Does not know where they stand: that is
//! data.

use model::{Kind, Name, Object, ObjectId, Persistence, QualName, Sequence, SequenceOptions, Type};

use super::{Alter, Context, Rules, access};
use crate::draft::Draft;
use crate::{Hazard, Mode};

impl Rules for Sequence {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let unlogged = if self.persistence == Persistence::Unlogged { "UNLOGGED " } else { "" };
        let ty = if &*self.options.ty.text == "bigint" {
            String::new()
        } else {
            format!(" AS {}", self.options.ty)
        };
        let options = clauses(&standard(&self.options.ty, self.options.increment), &self.options);
        let sql = format!("CREATE {unlogged}SEQUENCE {}{ty}{}", id.address(), spaced(&options));
        let mut drafts = vec![Draft::create(id, sql)];
        if let Some(owner) = &self.owned_by {
            drafts.extend(give(id, owner, cx));
            drafts.push(own(id, owner, cx).adds());
        }
        drafts
    }

    fn alter(&self, new: &Sequence, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Sequence { options, owned_by, persistence } = new;
        let mut drafts = Vec::new();
        let prefix = format!("ALTER SEQUENCE {}", id.address());
        if *options != self.options {
            let retyped = retyped(&self.options, &options.ty);
            let ty =
                if options.ty == self.options.ty { String::new() } else { format!(" AS {}", options.ty) };
            let sql = format!("{prefix}{ty}{}", spaced(&clauses(&retyped, options)));
            let (old, new) = (words(&self.options), words(options));
            let this = model::literal(&id.address());
            let said = inward(&self.options, options, &this).into_iter().chain([sql]);
            let said = said.map(|sql| lock(Draft::alter(id, sql), id).gentle());
            drafts.extend(said.map(|it| it.changed("options", &old, &new)));
        }
        if *persistence != self.persistence {
            let unlogged = *persistence == Persistence::Unlogged;
            let word = if unlogged { "UNLOGGED" } else { "LOGGED" };
            let draft = Draft::alter(id, format!("{prefix} SET {word}"));
            let (old, new) = (format!("{:?}", self.persistence), format!("{persistence:?}"));
            drafts.push(lock(draft, id).gentle().hazard_if(unlogged, Hazard::SetUnlogged).changed(
                "persistence",
                old,
                new,
            ));
        }
        if *owned_by != self.owned_by {
            let (old, new) = (owner_words(self.owned_by.as_ref()), owner_words(owned_by.as_ref()));
            let former = self.owned_by.as_ref().map(|(table, column)| Kind::Column.of(table, column));
            // A column that goes would take it along before the new one can be there.
            let goes = former.as_ref().is_some_and(|it| !cx.desired.contains(it));
            let leave = lock(Draft::alter(id, format!("{prefix} OWNED BY NONE")), id).gentle().trailing();
            let join = owned_by.as_ref().map(|owner| own(id, owner, cx));
            let given = owned_by.as_ref().and_then(|owner| given(id, owner, cx));
            let is_held = given.is_some() && self.owned_by.is_some();
            let leave = (goes || is_held || owned_by.is_none()).then(|| leave.lets_go());
            let mut steps =
                leave.into_iter().chain(given).chain(join).map(|it| it.changed("owned_by", &old, &new));
            drafts.extend(steps.next().map(|it| it.precedes(former)));
            drafts.extend(steps);
        }
        Alter::InPlace(drafts)
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP SEQUENCE {}", id.address()));
        vec![lock(drop, id).hazard_if(cx.is_gone(id), Hazard::DropSequence)]
    }
}

/// The two must have one owner when they are linked: nobody's owner changes before, but where a table is given to
/// whom the sequence has belonged to.
fn own(id: &ObjectId, owner: &(QualName, Name), cx: &Context<'_>) -> Draft {
    let (table, column) = owner;
    let draft = Draft::alter(id, format!("ALTER SEQUENCE {} OWNED BY {table}.{column}", id.address()));
    let owned = Kind::Owner.on(&Kind::Table.named(table));
    let waits = !cx.is_new(id)
        && owners(id, table, cx).is_some_and(|[had, is, is_to_be]| had != is && had == is_to_be);
    let draft = if waits { draft.needs([owned]) } else { draft.precedes([owned]) };
    lock(draft, id).needs([Kind::Column.of(table, column)]).trailing()
}

/// Whose a sequence is, whose the table is that it goes to, and whose that is to be.
fn owners<'a>(id: &ObjectId, table: &QualName, cx: &'a Context<'_>) -> Option<[&'a Name; 3]> {
    let table = Kind::Table.named(table);
    let had = cx.facts.owners.get(id)?;
    let is = cx.facts.owners.get(&table).filter(|_| !cx.is_new(&table)).unwrap_or(&cx.facts.role);
    match cx.desired.get(&Kind::Owner.on(&table)) {
        Some(Object::Owner(it)) => Some([had, is, &it.role]),
        _ => Some([had, is, is]),
    }
}

/// A sequence goes to a table that neither belongs to whom it belongs to nor is to.
fn given(id: &ObjectId, owner: &(QualName, Name), cx: &Context<'_>) -> Option<Draft> {
    let [had, is, is_to_be] = owners(id, &owner.0, cx)?;
    let gives = had != is && had != is_to_be;
    gives.then(|| access::given(id, is).trailing())
}

/// A new sequence of a table that belongs to another role has to belong to it too.
fn give(id: &ObjectId, owner: &(QualName, Name), cx: &Context<'_>) -> Option<Draft> {
    let table = Kind::Table.named(&owner.0);
    let role = cx.facts.owners.get(&table).filter(|it| **it != cx.facts.role && !cx.is_new(&table))?;
    Some(access::given(id, role).adds())
}

fn lock(draft: Draft, id: &ObjectId) -> Draft {
    match id.qual_name() {
        Some(name) => draft.lock(Mode::ShareRowExclusive, name),
        None => draft,
    }
}

fn owner_words(owner: Option<&(QualName, Name)>) -> String {
    owner.map(|(table, column)| format!("{table}.{column}")).unwrap_or_else(|| "none".to_string())
}

fn words(options: &SequenceOptions) -> String {
    let said = spaced(&clauses(&standard(&options.ty, options.increment), options));
    format!("{}{said}", options.ty)
}

fn spaced(clauses: &[String]) -> String {
    clauses.iter().map(|it| format!(" {it}")).collect()
}

/// What a sequence of a type does when only its direction is said (manual, CREATE SEQUENCE).
pub(super) fn standard(ty: &Type, increment: i64) -> SequenceOptions {
    let up = SequenceOptions::ascending(ty.clone());
    if increment > 0 {
        return SequenceOptions { increment: 1, ..up };
    }
    let min = SequenceOptions::bounds(ty).0;
    SequenceOptions { start: -1, min, max: -1, increment: 1, ..up }
}

/// What the server makes of the options when only the type changes: bounds that were the old type's
/// become the new type's.
pub(super) fn retyped(old: &SequenceOptions, ty: &Type) -> SequenceOptions {
    let (low, high) = SequenceOptions::bounds(&old.ty);
    let (new_low, new_high) = SequenceOptions::bounds(ty);
    let changes = old.ty != *ty;
    let min = if changes && old.min == low { new_low } else { old.min };
    let max = if changes && old.max == high { new_high } else { old.max };
    SequenceOptions { ty: ty.clone(), min, max, ..old.clone() }
}

/// The clauses that lead from one state to the other; the type is said elsewhere.
pub(super) fn clauses(from: &SequenceOptions, to: &SequenceOptions) -> Vec<String> {
    let SequenceOptions { ty: _, start, increment, min, max, cache, cycle } = to;
    let mut clauses = Vec::new();
    let mut say = |differs: bool, clause: String| {
        if differs {
            clauses.push(clause);
        }
    };
    say(*increment != from.increment, format!("INCREMENT BY {increment}"));
    say(*min != from.min, format!("MINVALUE {min}"));
    say(*max != from.max, format!("MAXVALUE {max}"));
    say(*start != from.start, format!("START WITH {start}"));
    say(*cache != from.cache, format!("CACHE {cache}"));
    say(*cycle != from.cycle, if *cycle { "CYCLE" } else { "NO CYCLE" }.to_string());
    clauses
}

/// Moves a sequence on to where its new bounds begin: the server refuses bounds it stands outside of.
/// Where it has gone on already, it stays. `this` is the sequence's name as an expression.
pub(super) fn inward(from: &SequenceOptions, to: &SequenceOptions, this: &str) -> Option<String> {
    let bound = match from.increment > 0 {
        true if to.min > from.min => format!("GREATEST({{at}}, {})", to.min),
        false if to.max < from.max => format!("LEAST({{at}}, {})", to.max),
        true | false => return None,
    };
    let last = format!("pg_catalog.pg_sequence_last_value({this}::pg_catalog.regclass)");
    let value = bound.replace("{at}", &format!("COALESCE({last}, {})", from.start));
    Some(format!("SELECT pg_catalog.setval({this}, {value}, {last} IS NOT NULL)"))
}
