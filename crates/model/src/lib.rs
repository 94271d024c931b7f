//! What a database schema *is*: names, identities, objects, and the map that holds them.
//!
//! The ground floor. It knows no SQL text, no server and no plan, and nothing in it can fail.
//! Equality of two [`Schema`] values is the only meaning of "converged" in the program.

mod expr;
mod facts;
mod fingerprint;
mod id;
mod kind;
mod lineage;
mod name;
mod schema;
mod settings;
mod span;

mod cast;
mod collation;
mod comment;
mod constraint;
mod event_trigger;
mod foreign;
mod grant;
mod index;
mod namespace;
mod operator;
mod operator_class;
mod policy;
mod publication;
mod range;
mod rewrite;
mod role;
mod routine;
mod security_label;
mod sequence;
mod statistics;
mod subscription;
mod table;
mod text_search;
mod trigger;
mod types;
mod view;

pub use cast::{Cast, CastContext, CastMethod, Conversion, Language};
pub use collation::{Collation, Locale};
pub use comment::Comment;
pub use constraint::{Constraint, Deferral, Element, ForeignKey, Match, NotNull, Reaction, Rule};
pub use event_trigger::EventTrigger;
pub use expr::{Expr, Mention, Query, SearchPath};
pub use facts::{Extensions, Facts, Unmodelled};
pub use fingerprint::fingerprint;
pub use foreign::{Foreign, Secret, Server, UserMapping, Wrapper};
pub use grant::{DefaultPrivilege, Grant, Owner, Privilege, Privileges};
pub use id::{ObjectId, Path};
pub use index::{Index, IndexKey};
pub use kind::{Kind, Meta, Object};
pub use name::{Name, QualName, literal};
pub use namespace::{Extension, Namespace};
pub use operator::{Operator, pair_operators, spelled, symbol};
pub use operator_class::{Member, OperatorClass, OperatorFamily, Slot, Support};
pub use policy::{Command, Policy};
pub use publication::{Publication, Publish, PublishedNamespace, PublishedTable};
pub use range::{Range, Shell};
pub use rewrite::{RewriteRule, RuleEvent};
pub use role::{Attributes, Membership, Role, RoleSetting, Stated};
pub use routine::{Aggregate, Argument, Body, Function, Mode, Parallel, Procedure, Volatility};
pub use schema::{Schema, Space, Users};
pub use security_label::SecurityLabel;
pub use sequence::{Persistence, Sequence, SequenceOptions};
pub use settings::{NameSet, Settings, Words};
pub use span::{Span, Spans};
pub use statistics::{Statistics, StatisticsKind};
pub use subscription::{Making, Subscription};
pub use table::{
    AlsoOwn, Column, Default, Generated, Identity, IdentityMode, PartitionKey, PartitionOf, ReplicaIdentity,
    SequenceName, Table,
};
pub use text_search::{TextSearchConfiguration, TextSearchDictionary, TextSearchParser, TextSearchTemplate};
pub use trigger::{Enabled, Event, Level, Timing, Trigger};
pub use types::{Attribute, Composite, Domain, DomainConstraint, EnumType, Type};
pub use view::{MaterializedView, Populated, Shape, View};
