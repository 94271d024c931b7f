//! How each kind is created, altered and dropped. The only place in the planner that knows kinds; it
//! does not know in what order its steps will run.

mod access;
mod aggregate;
mod apart;
mod cast;
mod claim;
mod collation;
mod column;
mod comment;
mod composite;
mod constraint;
mod demand;
mod depend;
mod event_trigger;
mod foreign;
mod foreign_key;
mod grant;
mod handed;
mod heir;
mod index;
mod left;
mod mark;
mod moved;
mod namespace;
mod not_null;
mod operator;
mod operator_class;
mod partition;
mod policy;
mod publication;
mod range;
mod reach;
mod rename;
mod retype;
mod rewrite;
mod role;
mod routine;
mod security_label;
mod sequence;
mod shared;
mod statistics;
mod subscription;
mod swap;
mod table;
mod text;
mod text_search;
mod trigger;
mod turn;
mod types;
mod view;
mod wait;

use std::collections::BTreeMap;

use model::{Facts, Object, ObjectId, QualName, Schema, Users};

pub(crate) use apart::{is_merged, taken_over};
pub(crate) use claim::{Claim, claims};
pub(crate) use depend::{
    Stance, is_of_types, is_quiet, is_said_inside, is_said_of, is_shared_with, is_type, newcomers,
    others_wait_for, read_through, stance, stand_ins, stays_as_whole_changes,
};
pub(crate) use partition::{companions, goes_by_leaving, goes_with};
pub(crate) use reach::spread;
pub(crate) use rename::{relabels, renames};
pub(crate) use shared::by_itself;
pub(crate) use swap::{along, swap};
pub(crate) use wait::{comes_anyway, held_back, shut_out, waiting, with_heirs_of};

use crate::draft::Draft;
use crate::family::Orphans;
use crate::{Options, Why};

/// What a rule may look at.
pub(crate) struct Context<'a> {
    pub(crate) actual: &'a Schema,
    pub(crate) desired: &'a Schema,
    pub(crate) facts: &'a Facts,
    pub(crate) options: &'a Options,
    /// Who uses whom in the actual schema.
    pub(crate) users: &'a Users,
    /// What goes with an object though its parent is none.
    pub(crate) orphans: &'a Orphans,
    /// The new tables that have parents.
    pub(crate) newcomers: Vec<&'a QualName>,
    /// What is taken down; empty until that is known.
    pub(crate) dropped: BTreeMap<ObjectId, Why>,
    /// What is made, for the first time or again; empty until that is known.
    pub(crate) created: BTreeMap<ObjectId, Why>,
}

impl Context<'_> {
    /// Whether the plan makes the object, so that nothing can be in it yet.
    pub(crate) fn is_new(&self, id: &ObjectId) -> bool {
        !self.actual.contains(id) || self.created.contains_key(id)
    }

    /// Whether the object is taken down for good.
    pub(crate) fn is_gone(&self, id: &ObjectId) -> bool {
        self.dropped.contains_key(id) && !self.desired.contains(id)
    }
}

/// What to do about an object that exists on both sides and differs.
pub(crate) enum Alter {
    /// Statements that change it where it stands.
    InPlace(Vec<Draft>),
    /// In place, but only while these are out of the way.
    Around {
        /// What is taken down and put back.
        down: Vec<ObjectId>,
        drafts: Vec<Draft>,
    },
    /// Not in place: drop and create, because of this field.
    Replace(&'static str),
    /// A type with columns on it: made anew beside the old one, which the columns then leave.
    Swap { field: &'static str, down: Vec<ObjectId> },
}

/// The rules of one kind.
trait Rules {
    fn create(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft>;

    /// Must take `new` apart field by field, so that a field added to the model is a compile error
    /// here until its rule is written.
    fn alter(&self, new: &Self, id: &ObjectId, cx: &Context<'_>) -> Alter;

    fn drop(&self, id: &ObjectId, cx: &Context<'_>) -> Vec<Draft>;
}

macro_rules! kinds {
    ($($Kind:ident)*) => {
        /// How an object that differs is changed.
        pub(crate) fn alter(id: &ObjectId, old: &Object, new: &Object, cx: &Context<'_>) -> Alter {
            match (old, new) {
                $((Object::$Kind(old), Object::$Kind(new)) => old.alter(new, id, cx),)*
                _ => unreachable!("{id} is of one kind on both sides"),
            }
        }

        /// How an object is made. What its first statement makes along with it is in its `makes`.
        pub(crate) fn create(id: &ObjectId, new: &Object, cx: &Context<'_>) -> Vec<Draft> {
            match new { $(Object::$Kind(it) => it.create(id, cx),)* }
        }

        /// How an object is taken down.
        pub(crate) fn drop(id: &ObjectId, old: &Object, cx: &Context<'_>) -> Vec<Draft> {
            match old { $(Object::$Kind(it) => it.drop(id, cx),)* }
        }
    };
}

kinds! {
    Role Membership RoleSetting Namespace Extension Collation DefaultPrivilege Language Enum Domain DomainConstraint Composite Range Shell Sequence Table Column NotNull Function Procedure Aggregate Cast Conversion Operator OperatorFamily OperatorClass Default Constraint Index ForeignKey View MaterializedView Statistics Trigger Rule Policy Owner Grant Wrapper Server UserMapping
    Comment
    TextSearchParser TextSearchTemplate TextSearchDictionary TextSearchConfiguration
    SecurityLabel EventTrigger Subscription Publication PublishedTable PublishedNamespace
}

/// What follows from what is made and changed without being a change of its own: tables that come under
/// others, marks on indexes, owners and grants of what is made again.
pub(crate) fn afterwards(cx: &Context<'_>, altered: &BTreeMap<ObjectId, Vec<Draft>>) -> Vec<Draft> {
    let mut drafts = heir::joining(cx, altered);
    drafts.extend(mark::marks(cx, altered));
    drafts.extend(grant::by_default(cx));
    drafts.extend(access::former_owners(cx));
    drafts
}

/// What is never a difference: what the file does not have to state. Returns the objects of the actual
/// schema that the desired one is to take over.
pub(crate) fn unstated<'a>(actual: &'a Schema, desired: &Schema) -> Vec<(&'a ObjectId, &'a Object)> {
    actual.iter().filter(|(id, _)| !desired.contains(id) && depend::may_go_unsaid(id, desired)).collect()
}
