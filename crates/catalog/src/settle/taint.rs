//! What a plan itself changes, and which expressions stand on it. An answer of the server about those is
//! about the world before the plan.

use std::collections::{HashMap, HashSet};

use model::{Expr, Kind, Mention, Name, Object, ObjectId, QualName, Schema, Type};

use super::before::Renamed;
use super::context::Context;
use super::pair::Pair;
use super::verdict::{Answer, Verdict};

pub(super) struct Taint<'a> {
    actual: &'a Schema,
    changed: HashSet<ObjectId>,
    /// The bare names of what changes, to recognise it where a mention cannot be resolved.
    names: HashSet<Name>,
    /// Relations whose columns change, or whose query does.
    reshaped: HashSet<QualName>,
}

impl<'a> Taint<'a> {
    pub(super) fn new(
        actual: &'a Schema,
        desired: &Schema,
        changed: &[ObjectId],
        renamed: &Renamed,
    ) -> Taint<'a> {
        // Where nobody could tell what a new name means, the server has been asked about it as it is.
        let names = changed.iter().map(ObjectId::name).chain(&renamed.names).cloned().collect();
        let mut taint =
            Taint { actual, changed: changed.iter().cloned().collect(), names, reshaped: HashSet::new() };
        let reshaped = changed.iter().filter_map(|id| taint.reshapes(id, desired));
        taint.reshaped = reshaped.chain(renamed.tables.iter().cloned()).collect();
        taint.follow_stars(desired);
        taint
    }

    /// Takes in what turned out to differ, with what stands on it: whether that was news.
    pub(super) fn spread<'p>(&mut self, differing: impl Iterator<Item = &'p Pair>, desired: &Schema) -> bool {
        let known = self.changed.len();
        for pair in differing.filter(|it| it.id.qual_name().is_some()) {
            self.changed.insert(pair.id.clone());
            self.names.insert(pair.id.name().clone());
            if is_view(pair.id.kind) && shape_of(self.actual, &pair.id) != pair.shape.as_ref() {
                self.reshaped.extend(pair.id.qual_name().cloned());
            }
        }
        let news = self.changed.len() > known;
        if news {
            self.follow_stars(desired);
        }
        news
    }

    /// The relation that has other columns when this object changes: its type, its name or its being.
    fn reshapes(&self, id: &ObjectId, desired: &Schema) -> Option<QualName> {
        match id.kind {
            Kind::Column => {
                let type_of = |schema: &Schema| match schema.get(id) {
                    Some(Object::Column(it)) => Some(it.ty.clone()),
                    _ => None,
                };
                let (old, new) = (type_of(self.actual), type_of(desired));
                id.relation().filter(|_| old != new).cloned()
            }
            _ => None,
        }
    }

    /// A view that reads `*` of a reshaped relation is reshaped itself.
    fn follow_stars(&mut self, desired: &Schema) {
        if self.reshaped.is_empty() {
            return;
        }
        let mut stars: HashMap<QualName, HashSet<QualName>> = HashMap::new();
        for (id, object) in desired.iter().filter(|(id, _)| is_view(id.kind)) {
            let query = object.exprs().into_iter().find(|it| has_star(it));
            if let (Some(query), Some(name)) = (query, id.qual_name()) {
                let read = desired.mentioned(query, None);
                stars.insert(name.clone(), read.iter().filter_map(ObjectId::qual_name).cloned().collect());
            }
        }
        loop {
            let found = stars.iter().find(|(name, read)| {
                !self.reshaped.contains(*name) && read.iter().any(|it| self.reshaped.contains(it))
            });
            let Some(name) = found.map(|(name, _)| name.clone()) else { break };
            self.reshaped.insert(name);
        }
    }

    /// Whether the server does not have the type yet.
    pub(super) fn is_new(&self, ty: &Type) -> bool {
        let Some(name) = &ty.user else { return false };
        let new = ty.uses().any(|it| self.changed.contains(&it));
        new && self.actual.type_named(name).is_none()
    }

    /// What needs no question: `*` over a relation whose columns change means something else afterwards.
    pub(super) fn foregone(&self, pair: &Pair, desired: &Schema) -> Option<Answer> {
        let has_rows = pair.is_query() || matches!(pair.context, Context::Rule { .. } | Context::Body { .. });
        if pair.answer.is_some() || !has_rows {
            return pair.answer.clone();
        }
        self.is_stale(pair, desired).then_some(Answer::Different)
    }

    /// Whether `*` stands for other columns after the plan than before.
    pub(super) fn is_stale(&self, pair: &Pair, desired: &Schema) -> bool {
        has_star(&pair.desired) && {
            let read = desired.mentioned(&pair.desired, None);
            let own = pair.id.relation().filter(|_| pair.id.kind == Kind::Rule);
            read.iter().filter_map(ObjectId::qual_name).chain(own).any(|it| self.reshaped.contains(it))
        }
    }

    /// The verdict on a pair, if it is not *same*.
    pub(super) fn judge(&self, pair: &Pair, desired: &Schema) -> Option<Verdict> {
        let unknown = |why: &str| Some(Verdict::Unknown { why: why.to_owned() });
        match pair.answer.as_ref() {
            Some(Answer::Same) => None,
            Some(Answer::Different) => Some(Verdict::Different),
            Some(Answer::Unknown(why)) => unknown(why),
            Some(Answer::Refused(it) | Answer::Stale(it)) if it.is_about_us() => unknown(&it.words()),
            Some(Answer::Refused(it)) => {
                let new_label = it.sqlstate == "22P02" && self.changed.iter().any(|it| it.kind == Kind::Enum);
                if new_label
                    || self.touches(&pair.desired, &pair.id, desired)
                    || self.is_searched(&pair.desired)
                {
                    return Some(Verdict::Different);
                }
                let (sqlstate, message) = (it.sqlstate.clone(), it.message.clone());
                Some(Verdict::Refused { sqlstate, message })
            }
            // The server's own text fits no longer what the table is to be, the file's does.
            Some(Answer::Stale(_))
                if !self.reshaped.is_empty() || self.is_under_changed(&pair.id, desired) =>
            {
                Some(Verdict::Different)
            }
            Some(Answer::Stale(it)) => unknown(&format!("the server refuses its own text: {}", it.words())),
            None => unknown("nobody was asked"),
        }
    }

    /// Whether a string may name a text search configuration that is new: no mention says so.
    fn is_searched(&self, expr: &Expr) -> bool {
        let new = self.changed.iter().filter(|it| it.kind == Kind::TextSearchConfiguration);
        new.filter(|it| self.actual.get(it).is_none()).any(|it| expr.text.contains(it.name().as_str()))
    }

    /// Whether it is a partition of a table that changes.
    fn is_under_changed(&self, id: &ObjectId, desired: &Schema) -> bool {
        desired.partition_of(id).is_some_and(|it| self.changed.contains(&Kind::Table.named(&it.parent)))
    }

    /// Whether an expression mentions what the plan changes. A mention that cannot be resolved counts by
    /// its bare name. A bound means nothing without the key of the table above.
    fn touches(&self, expr: &Expr, id: &ObjectId, desired: &Schema) -> bool {
        if self.is_under_changed(id, desired) {
            return true;
        }
        let own = id.relation();
        let resolved = desired.mentioned(expr, own);
        if resolved.iter().any(|it| self.changed.contains(it)) {
            return true;
        }
        expr.mentions.iter().any(|it| match it {
            Mention::Relation(parts)
            | Mention::Column(parts)
            | Mention::Function(parts)
            | Mention::Collation(parts)
            | Mention::Operator(parts)
            | Mention::Type(parts) => parts.iter().any(|it| self.names.contains(it)),
            Mention::Star => false,
        })
    }
}

/// What a live view yields.
fn shape_of<'s>(schema: &'s Schema, id: &ObjectId) -> Option<&'s Vec<(Name, Type)>> {
    match schema.get(id)? {
        Object::View(it) => it.shape.0.as_ref(),
        Object::MaterializedView(it) => it.shape.0.as_ref(),
        _ => None,
    }
}

fn is_view(kind: Kind) -> bool {
    matches!(kind, Kind::View | Kind::MaterializedView)
}

fn has_star(query: &Expr) -> bool {
    query.mentions.contains(&Mention::Star)
}
