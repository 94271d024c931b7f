//! A step that has not found its place yet: what a rule writes, with what its order depends on.
//! Knows no kind of object.

use std::sync::Arc;

use model::{Expr, ObjectId, QualName};

use crate::{Hazard, Lock, Mode, Step, Transaction, Verb, Why};

/// When a step has its turn, whatever its kind. Within a stage the laws of order decide.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Stage {
    /// What others may only use once it is committed, and all it needs.
    Early,
    Main,
    /// What would change the effect of other steps if it came before them.
    Late,
    /// What runs in no transaction, and all that needs it.
    Outside,
}

/// A step and what its place depends on.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) step: Step,
    pub(crate) stage: Stage,
    /// Further objects whose steps keep the order they were written in.
    pub(crate) touches: Vec<ObjectId>,
    /// What must be there before, beside what the object uses.
    pub(crate) needs: Vec<ObjectId>,
    /// Whatever is done to these comes before.
    pub(crate) follows: Vec<ObjectId>,
    /// Whatever makes, unmakes or alters these comes after.
    pub(crate) precedes: Vec<ObjectId>,
    /// Whatever makes or alters these comes after.
    pub(crate) enables: Vec<ObjectId>,
    /// Nothing that uses the object waits for it.
    pub(crate) trailing: bool,
    /// Nothing that used the object has to be out of its way.
    pub(crate) gentle: bool,
    /// What its object is to use need not be there yet.
    pub(crate) lets_go: bool,
    /// It only adds, though its object exists.
    pub(crate) adds: bool,
}

impl Draft {
    fn new(verb: Verb, id: &ObjectId, sql: String) -> Draft {
        let step = Step {
            verb,
            id: id.clone(),
            sql,
            path: Arc::from([]),
            locks: Vec::new(),
            hazards: Vec::new(),
            transaction: Transaction::Inside,
            makes: Vec::new(),
            why: Vec::new(),
            undo: None,
            secrets: Vec::new(),
            lock_timeout: None,
        };
        Draft {
            step,
            stage: Stage::Main,
            touches: Vec::new(),
            needs: Vec::new(),
            follows: Vec::new(),
            precedes: Vec::new(),
            enables: Vec::new(),
            trailing: false,
            gentle: false,
            lets_go: false,
            adds: verb == Verb::Create,
        }
    }

    pub(crate) fn create(id: &ObjectId, sql: impl Into<String>) -> Draft {
        Draft::new(Verb::Create, id, sql.into())
    }

    pub(crate) fn alter(id: &ObjectId, sql: impl Into<String>) -> Draft {
        Draft::new(Verb::Alter, id, sql.into())
    }

    pub(crate) fn drop(id: &ObjectId, sql: impl Into<String>) -> Draft {
        Draft::new(Verb::Drop, id, sql.into())
    }

    pub(crate) fn rename(id: &ObjectId, sql: impl Into<String>) -> Draft {
        Draft::new(Verb::Rename, id, sql.into())
    }

    pub(crate) fn lock(mut self, mode: Mode, relation: &QualName) -> Draft {
        self.step.locks.push(Lock { mode, relation: relation.clone() });
        self
    }

    pub(crate) fn hazard(mut self, hazard: Hazard) -> Draft {
        self.step.hazards.push(hazard);
        self
    }

    pub(crate) fn hazard_if(self, condition: bool, hazard: Hazard) -> Draft {
        if condition { self.hazard(hazard) } else { self }
    }

    pub(crate) fn why(mut self, why: Why) -> Draft {
        self.step.why.push(why);
        self
    }

    pub(crate) fn changed(self, field: &'static str, old: impl ToString, new: impl ToString) -> Draft {
        self.why(Why::Changed { field, old: old.to_string(), new: new.to_string() })
    }

    /// The statement holds this text, and so needs its search path. The server's own text is wholly
    /// qualified and goes with any.
    pub(crate) fn reads<'a>(mut self, exprs: impl IntoIterator<Item = &'a Expr>) -> Draft {
        for expr in exprs {
            if self.step.path.is_empty() && needs_path(expr) {
                self.step.path = expr.path.clone();
            }
        }
        self
    }

    pub(crate) fn makes(mut self, ids: impl IntoIterator<Item = ObjectId>) -> Draft {
        self.step.makes.extend(ids);
        self
    }

    /// A statement about what is to be no object any more is one of another object, and waits for nothing but that.
    pub(crate) fn said_by(mut self, id: &ObjectId) -> Draft {
        self.step.id = id.clone();
        self.follows.clear();
        self.needs.clear();
        self
    }

    pub(crate) fn touches(mut self, ids: impl IntoIterator<Item = ObjectId>) -> Draft {
        self.touches.extend(ids);
        self
    }

    pub(crate) fn needs(mut self, ids: impl IntoIterator<Item = ObjectId>) -> Draft {
        self.needs.extend(ids);
        self
    }

    pub(crate) fn follows(mut self, ids: impl IntoIterator<Item = ObjectId>) -> Draft {
        self.follows.extend(ids);
        self
    }

    pub(crate) fn precedes(mut self, ids: impl IntoIterator<Item = ObjectId>) -> Draft {
        self.precedes.extend(ids);
        self
    }

    pub(crate) fn enables(mut self, ids: impl IntoIterator<Item = ObjectId>) -> Draft {
        self.enables.extend(ids);
        self
    }

    pub(crate) fn trailing(self) -> Draft {
        Draft { trailing: true, ..self }
    }

    pub(crate) fn gentle(self) -> Draft {
        Draft { gentle: true, ..self }
    }

    pub(crate) fn lets_go(self) -> Draft {
        Draft { lets_go: true, ..self }
    }

    pub(crate) fn adds(self) -> Draft {
        Draft { adds: true, ..self }
    }

    pub(crate) fn stage(self, stage: Stage) -> Draft {
        Draft { stage, ..self }
    }

    pub(crate) fn commit_after(mut self) -> Draft {
        self.step.transaction = Transaction::CommitAfter;
        self.stage(Stage::Early).hazard(Hazard::CommitsApart)
    }

    pub(crate) fn outside(mut self) -> Draft {
        self.step.transaction = Transaction::Outside;
        self.stage(Stage::Outside)
    }

    /// The statement holds these placeholders of secrets.
    pub(crate) fn fills<'a>(mut self, placeholders: impl IntoIterator<Item = &'a str>) -> Draft {
        self.step.secrets.extend(placeholders.into_iter().map(str::to_owned));
        self
    }

    pub(crate) fn undo(mut self, sql: String) -> Draft {
        self.step.undo = Some(sql);
        self
    }

    /// Every object whose steps keep their order with this one.
    pub(crate) fn all(&self) -> impl Iterator<Item = &ObjectId> {
        self.made().chain(&self.touches)
    }

    /// Every object it makes, takes down or changes.
    pub(crate) fn made(&self) -> impl Iterator<Item = &ObjectId> {
        std::iter::once(&self.step.id).chain(&self.step.makes)
    }
}

/// Whether a text means something else under another search path: what the server printed with nothing
/// but its own namespace in sight does not.
pub(crate) fn needs_path(expr: &Expr) -> bool {
    expr.path.iter().any(|it| it.as_str() != "pg_catalog")
}
