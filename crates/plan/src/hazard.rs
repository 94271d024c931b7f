//! The one closed table of hazards. Knows no statement; rules hang these on their steps.

use serde::{Serialize, Serializer};

/// One line of the table that `reconcile hazards` prints.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct HazardRow {
    /// What is written after `--allow`.
    pub name: &'static str,
    /// What may happen.
    pub sentence: &'static str,
    /// Whether it is only done with leave; otherwise it is only told.
    pub needs_leave: bool,
}

macro_rules! hazards {
    ($($Hazard:ident = $name:literal, $leave:literal, $sentence:literal;)*) => {
        /// A typed danger of a step.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Hazard { $(#[doc = $sentence] $Hazard,)* }

        /// Every hazard there is.
        pub const HAZARDS: &[HazardRow] = &[
            $(HazardRow { name: $name, sentence: $sentence, needs_leave: $leave },)*
        ];

        impl Hazard {
            /// Every hazard, in the order of [`HAZARDS`].
            pub const ALL: &[Hazard] = &[$(Hazard::$Hazard,)*];
        }
    };
}

hazards! {
    DropTable = "drop-table", true, "Drops a table with its rows.";
    DropColumn = "drop-column", true, "Drops a column with its values.";
    DropView = "drop-view", true, "Drops a view others may read.";
    DropMaterializedView = "drop-materialized-view", true, "Drops a materialized view with its rows.";
    DropSequence = "drop-sequence", true, "Drops a sequence and forgets where it stood.";
    DropType = "drop-type", true, "Drops an enum, domain or composite type.";
    DropNamespace = "drop-namespace", true, "Drops a schema.";
    DropServer = "drop-server", true, "Drops a foreign-data wrapper, a server or a user mapping.";
    DropExtension = "drop-extension", true, "Drops an extension with all it holds.";
    DropFunction = "drop-function", true, "Drops a function, procedure or aggregate others may call.";
    DropDefinition = "drop-definition", true, "Drops a collation, operator, cast, language or the like that others may use.";
    DropConstraint = "drop-constraint", true, "Drops a constraint: new rows are no longer checked by it.";
    DropNotNull = "drop-not-null", true, "Lets a column take NULL.";
    DropUniqueIndex = "drop-unique-index", true, "Drops a unique index: duplicates are no longer refused.";
    DropPolicy = "drop-policy", true, "Drops a row level security policy.";
    DropTrigger = "drop-trigger", true, "Drops a trigger.";
    DisableTrigger = "disable-trigger", true, "Keeps a trigger from firing.";
    DropRule = "drop-rule", true, "Drops a rule: what it did, or kept from being done, is as without it.";
    DisableRule = "disable-rule", true, "Keeps a rule from having its effect.";
    DropTextSearch = "drop-text-search", true, "Drops a text search configuration, dictionary, parser or template others may name.";
    DropSecurityLabel = "drop-security-label", true, "Takes a security label away: its provider protects by it.";
    DropSubscription = "drop-subscription", true, "Drops a subscription with its slot: what is published meanwhile is lost to it.";
    DisableSubscription = "disable-subscription", true, "Keeps a subscription from receiving.";
    DropPublication = "drop-publication", true, "Drops a publication: its subscribers get nothing more.";
    Unpublish = "unpublish", true, "Takes something out of a publication: subscribers no longer get it.";
    DisableRowSecurity = "disable-row-security", true, "Switches row level security off, or off for the owner.";
    UnenforceConstraint = "unenforce-constraint", true, "Keeps a constraint without enforcing it.";
    RetypeColumn = "retype-column", true, "Changes a column to a type its values may not fit or be cut to.";
    RemoveEnumLabel = "remove-enum-label", true, "Removes or reorders labels of an enum: fails where a row has one.";
    RebuildTable = "rebuild-table", true, "Drops a table with its rows and makes it anew, empty.";
    SetUnlogged = "set-unlogged", true, "Makes a table or sequence unlogged: emptied after a crash.";
    RebuildUnmanaged = "rebuild-unmanaged", true, "Takes down and puts back an object that is not managed here.";
    RewritesTable = "rewrites-table", false, "Writes every row anew while reads and writes wait.";
    ScansTable = "scans-table", false, "Reads every row while the lock is held.";
    BlocksWrites = "blocks-writes", false, "Keeps writes waiting while it builds.";
    MayFail = "may-fail", false, "Fails where existing rows contradict it.";
    OpensAccess = "opens-access", false, "Lets a role see or do more than before.";
    ClosesAccess = "closes-access", false, "Takes a right from a role.";
    Recomputes = "recomputes", false, "Computes stored results anew.";
    CommitsApart = "commits-apart", false, "Is committed before the rest of the plan.";
}

impl Hazard {
    /// Its line of the table.
    pub fn row(self) -> &'static HazardRow {
        &HAZARDS[self as usize]
    }

    /// Its name in `--allow`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether a step with it is only done with leave.
    pub fn needs_leave(self) -> bool {
        self.row().needs_leave
    }

    /// The hazard of that name.
    pub fn named(name: &str) -> Option<Hazard> {
        Hazard::ALL.iter().copied().find(|it| it.name() == name)
    }
}

impl Serialize for Hazard {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
