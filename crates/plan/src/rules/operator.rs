//! Operators. Does not know what their functions do.

use model::{Object, ObjectId, Operator, QualName, spelled, symbol};

use super::text::{joined, or_none};
use super::{Alter, Context, Rules};
use crate::Hazard;
use crate::draft::Draft;

impl Rules for Operator {
    fn create(&self, id: &ObjectId, _: &Context<'_>) -> Vec<Draft> {
        let Operator { left, right, function, commutator, negator, restrict, join, hashes, merges } = self;
        let mut clauses = vec![format!("FUNCTION = {function}")];
        clauses.extend(left.iter().map(|it| format!("LEFTARG = {it}")));
        clauses.extend(right.iter().map(|it| format!("RIGHTARG = {it}")));
        clauses.extend(commutator.iter().map(|it| format!("COMMUTATOR = {}", spelled(it))));
        clauses.extend(negator.iter().map(|it| format!("NEGATOR = {}", spelled(it))));
        clauses.extend(restrict.iter().map(|it| format!("RESTRICT = {it}")));
        clauses.extend(join.iter().map(|it| format!("JOIN = {it}")));
        clauses.extend(hashes.then(|| "HASHES".to_owned()));
        clauses.extend(merges.then(|| "MERGES".to_owned()));
        let name = id.qual_name().map(symbol).unwrap_or_default();
        vec![Draft::create(id, format!("CREATE OPERATOR {name} (\n    {}\n)", clauses.join(",\n    ")))]
    }

    fn alter(&self, new: &Operator, id: &ObjectId, cx: &Context<'_>) -> Alter {
        let Operator { left: _, right: _, function, commutator, negator, restrict, join, hashes, merges } =
            new;
        if *function != self.function {
            return Alter::Replace("function");
        }
        let pairs = [
            (
                "COMMUTATOR",
                "commutator",
                Link {
                    old: &self.commutator,
                    new: commutator,
                    other: self.commuted(),
                    comes: new.commuted(),
                },
            ),
            (
                "NEGATOR",
                "negator",
                Link { old: &self.negator, new: negator, other: self.negated(), comes: new.negated() },
            ),
        ];
        let flags =
            [("HASHES", "hashes", (self.hashes, *hashes)), ("MERGES", "merges", (self.merges, *merges))];
        let estimators =
            [("RESTRICT", "restrict", (&self.restrict, restrict)), ("JOIN", "join", (&self.join, join))];
        let (mut set, mut changed) = (Vec::new(), Vec::new());
        for (word, field, link) in pairs {
            match link.change(cx) {
                Linked::Same => (),
                Linked::Not => return Alter::Replace(field),
                Linked::Set(other) => {
                    set.push(format!("{word} = {}", spelled(other)));
                    changed.push((field, or_none(None::<&String>), spelled(other)));
                }
            }
        }
        for (word, field, (old, new)) in flags.into_iter().filter(|(.., (old, new))| old != new) {
            if old || cx.facts.major < 17 {
                return Alter::Replace(field);
            }
            set.push(word.to_owned());
            changed.push((field, old.to_string(), new.to_string()));
        }
        for (word, field, (old, new)) in estimators.into_iter().filter(|(.., (old, new))| old != new) {
            set.push(format!(
                "{word} = {}",
                new.as_ref().map_or_else(|| "NONE".to_owned(), ToString::to_string)
            ));
            changed.push((field, or_none(old.as_ref()), or_none(new.as_ref())));
        }
        if set.is_empty() {
            return Alter::InPlace(Vec::new());
        }
        let alter =
            Draft::alter(id, format!("ALTER OPERATOR {} SET ({})", id.address(), joined(set))).gentle();
        let draft =
            changed.into_iter().fold(alter, |draft, (field, old, new)| draft.changed(field, old, new));
        // Links and flags can only be given, and come by themselves with an operator that names this one.
        let only_adds = (&self.restrict, &self.join) == (restrict, join);
        Alter::InPlace(vec![if only_adds { draft.adds() } else { draft }])
    }

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft> {
        let drop = Draft::drop(id, format!("DROP OPERATOR {}", id.address()));
        vec![drop.hazard_if(cx.is_gone(id), Hazard::DropDefinition)]
    }
}

/// A commutator or negator, before and after.
struct Link<'a> {
    old: &'a Option<QualName>,
    new: &'a Option<QualName>,
    /// Which operator the old one is.
    other: Option<ObjectId>,
    /// Which the new one is.
    comes: Option<ObjectId>,
}

enum Linked<'a> {
    Same,
    Set(&'a QualName),
    /// Only by making the operator anew.
    Not,
}

impl<'a> Link<'a> {
    /// The server links both ways: a link goes with the operator it leads to, and comes with a new one.
    fn change(&self, cx: &Context<'_>) -> Linked<'a> {
        match (self.old, self.new) {
            (old, new) if old == new => Linked::Same,
            (Some(_), None)
                if self
                    .other
                    .as_ref()
                    .is_some_and(|it| cx.actual.contains(it) && !cx.desired.contains(it)) =>
            {
                Linked::Same
            }
            (None, Some(_)) if self.comes.as_ref().is_some_and(|it| is_new_pair(it, cx)) => Linked::Same,
            (None, Some(new)) if cx.facts.major >= 17 => Linked::Set(new),
            _ => Linked::Not,
        }
    }
}

/// Whether an operator is made by the plan, and says which other it goes with: that one it then links too.
fn is_new_pair(id: &ObjectId, cx: &Context<'_>) -> bool {
    let says = |it: &Operator| it.commutator.is_some() || it.negator.is_some();
    !cx.actual.contains(id) && matches!(cx.desired.get(id), Some(Object::Operator(it)) if says(it))
}
