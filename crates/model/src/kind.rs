//! The one table of kinds. Whatever a generic stage may know about a kind is a row here.

use serde::Serialize;

use crate::*;

/// What every generic stage may know about a kind.
#[derive(Debug)]
pub struct Meta {
    /// The word for people.
    pub noun: &'static str,
    /// The word in `CREATE …` and `COMMENT ON …`.
    pub sql: &'static str,
    /// The word in `pg_identify_object_as_address`; empty where the server has none of its own.
    pub server: &'static str,
    /// How a part is addressed: `.` behind its relation, `DOMAIN` on a domain, `IN` its whole, else ` ON relation`.
    pub address: &'static str,
    /// Dropping the parent drops the object, so its own drop need not be said.
    pub cascades: bool,
    /// The object can be dropped and made again without losing data.
    pub rebuildable: bool,
    /// A fact about another object that goes with it: comments, grants, owners.
    pub satellite: bool,
    /// What it does is told by its definition alone: where only the name differs, it is given the other one.
    pub labelled: bool,
}

macro_rules! kinds {
    ($($Kind:ident($Object:ty) = $noun:literal, $sql:literal, $server:literal, $address:literal, $($flag:ident)*;)*) => {
        /// The kinds of object, in the order a plan prefers to build them.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Kind { $(#[doc = $noun] $Kind,)* }

        /// One object of the schema, with everything about it that can differ.
        #[derive(Clone, PartialEq, Eq, Debug, Serialize)]
        #[serde(untagged)]
        pub enum Object { $(#[doc = $noun] $Kind($Object),)* }

        impl Kind {
            /// Every kind, in order.
            pub const ALL: &[Kind] = &[$(Kind::$Kind,)*];

            /// The kind's row.
            pub fn meta(self) -> &'static Meta {
                const NONE: Meta = Meta { noun: "", sql: "", server: "", address: "", cascades: false,
                    rebuildable: false, satellite: false, labelled: false };
                match self {
                    $(Kind::$Kind => {
                        const META: Meta = {
                            let meta =
                                Meta { noun: $noun, sql: $sql, server: $server, address: $address, ..NONE };
                            $(let meta = Meta { $flag: true, ..meta };)*
                            meta
                        };
                        &META
                    })*
                }
            }
        }

        impl Object {
            /// Which kind the object is of.
            pub fn kind(&self) -> Kind {
                match self { $(Object::$Kind(_) => Kind::$Kind,)* }
            }

            /// The objects of `schema` that must exist before this one can, as far as the object's
            /// own fields and mentions tell. May name objects the schema does not hold.
            pub fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId> {
                match self { $(Object::$Kind(it) => it.uses(id, schema),)* }
            }

            /// The object this one lives and dies with.
            pub fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
                match self { $(Object::$Kind(it) => it.parent(id),)* }
            }

            /// Every expression in the object, in a fixed order.
            pub fn exprs(&self) -> Vec<&Expr> {
                match self { $(Object::$Kind(it) => it.exprs(),)* }
            }

            /// Every expression in the object, in the same order as [`Object::exprs`].
            pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
                match self { $(Object::$Kind(it) => it.exprs_mut(),)* }
            }

            /// Gives every field the file leaves open the value it has on the server, so that what is
            /// not stated is never a difference.
            pub fn adopt(&mut self, live: &Object) {
                match (self, live) {
                    $((Object::$Kind(it), Object::$Kind(live)) => it.adopt(live),)*
                    _ => (),
                }
            }
        }

        $(impl From<$Object> for Object {
            fn from(it: $Object) -> Object { Object::$Kind(it) }
        })*
    };
}

/// What each kind of object tells about itself. One impl per kind, beside its struct.
pub(crate) trait Facets: Sized {
    fn uses(&self, id: &ObjectId, schema: &Schema) -> Vec<ObjectId>;

    fn parent(&self, id: &ObjectId) -> Option<ObjectId> {
        id.relation().map(|it| Kind::Table.named(it))
    }

    fn exprs(&self) -> Vec<&Expr> {
        Vec::new()
    }

    fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        Vec::new()
    }

    fn adopt(&mut self, _live: &Self) {}
}

kinds! {
    Role(Role)                         = "role",              "ROLE",              "role",              "",       ;
    Membership(Membership)             = "membership",        "",                  "role membership",   "",       rebuildable;
    RoleSetting(RoleSetting)           = "role setting",      "",                  "",                  "",       rebuildable;
    Namespace(Namespace)               = "schema",            "SCHEMA",            "schema",            "",       ;
    Extension(Extension)               = "extension",         "EXTENSION",         "extension",         "",       ;
    Collation(Collation)               = "collation",         "COLLATION",         "collation",         "",       rebuildable;
    Wrapper(Wrapper)                   = "foreign-data wrapper", "FOREIGN DATA WRAPPER", "foreign-data wrapper", "", ;
    Server(Server)                     = "server",            "SERVER",            "server",            "",       ;
    UserMapping(UserMapping)           = "user mapping",      "USER MAPPING",      "user mapping",      "",       rebuildable;
    TextSearchParser(TextSearchParser) = "text search parser", "TEXT SEARCH PARSER", "text search parser", "",    rebuildable;
    TextSearchTemplate(TextSearchTemplate) = "text search template", "TEXT SEARCH TEMPLATE", "text search template", "", rebuildable;
    TextSearchDictionary(TextSearchDictionary) = "text search dictionary", "TEXT SEARCH DICTIONARY", "text search dictionary", "", rebuildable;
    TextSearchConfiguration(TextSearchConfiguration) = "text search configuration", "TEXT SEARCH CONFIGURATION", "text search configuration", "", rebuildable;
    DefaultPrivilege(DefaultPrivilege) = "default privilege", "",                  "default acl",       "",       rebuildable;
    Language(Language)                 = "language",          "LANGUAGE",          "language",          "",       rebuildable;
    Enum(EnumType)                     = "enum",              "TYPE",              "type",              "",       ;
    Domain(Domain)                     = "domain",            "DOMAIN",            "type",              "",       ;
    DomainConstraint(DomainConstraint) = "domain constraint", "CONSTRAINT",        "domain constraint", "DOMAIN", cascades rebuildable;
    Composite(Composite)               = "composite type",    "TYPE",              "type",              "",       rebuildable;
    Range(Range)                       = "range type",        "TYPE",              "type",              "",       rebuildable;
    Shell(Shell)                       = "shell type",        "TYPE",              "type",              "",       rebuildable;
    Sequence(Sequence)                 = "sequence",          "SEQUENCE",          "sequence",          "",       cascades;
    Table(Table)                       = "table",             "TABLE",             "table",             "",       ;
    Column(Column)                     = "column",            "COLUMN",            "table column",      ".",      cascades;
    NotNull(NotNull)                   = "not-null",          "",                  "",                  ".",      cascades rebuildable;
    Function(Function)                 = "function",          "FUNCTION",          "function",          "",       rebuildable;
    Procedure(Procedure)               = "procedure",         "PROCEDURE",         "procedure",         "",       rebuildable;
    Aggregate(Aggregate)               = "aggregate",         "AGGREGATE",         "aggregate",         "",       rebuildable;
    Cast(Cast)                         = "cast",              "CAST",              "cast",              "",       rebuildable;
    Conversion(Conversion)             = "conversion",        "CONVERSION",        "conversion",        "",       rebuildable;
    Operator(Operator)                 = "operator",          "OPERATOR",          "operator",          "",       rebuildable;
    OperatorFamily(OperatorFamily)     = "operator family",   "OPERATOR FAMILY",   "operator family",   "",       rebuildable;
    OperatorClass(OperatorClass)       = "operator class",    "OPERATOR CLASS",    "operator class",    "",       cascades rebuildable;
    Default(Default)                   = "default",           "",                  "default value",     ".",      cascades rebuildable;
    Constraint(Constraint)             = "constraint",        "CONSTRAINT",        "table constraint",  "",       cascades rebuildable labelled;
    Index(Index)                       = "index",             "INDEX",             "index",             "",       cascades rebuildable labelled;
    ForeignKey(ForeignKey)             = "foreign key",       "CONSTRAINT",        "",                  "",       cascades rebuildable labelled;
    View(View)                         = "view",              "VIEW",              "view",              "",       rebuildable;
    MaterializedView(MaterializedView) = "materialized view", "MATERIALIZED VIEW", "materialized view", "",       rebuildable;
    Statistics(Statistics)             = "statistics",        "STATISTICS",        "statistics object", "",       cascades rebuildable labelled;
    Trigger(Trigger)                   = "trigger",           "TRIGGER",           "trigger",           "",       cascades rebuildable;
    Rule(RewriteRule)                  = "rule",              "RULE",              "rule",              "",       cascades rebuildable;
    Policy(Policy)                     = "policy",            "POLICY",            "policy",            "",       cascades rebuildable;
    Publication(Publication)           = "publication",       "PUBLICATION",       "publication",       "",       ;
    PublishedTable(PublishedTable)     = "published table",   "",                  "publication relation", "IN",    cascades rebuildable;
    PublishedNamespace(PublishedNamespace) = "published schema", "",               "publication namespace", "IN",   cascades rebuildable;
    Subscription(Subscription)         = "subscription",      "SUBSCRIPTION",      "subscription",      "",       ;
    EventTrigger(EventTrigger)         = "event trigger",     "EVENT TRIGGER",     "event trigger",     "",       rebuildable;
    Owner(Owner)                       = "owner",             "",                  "",                  "",       cascades rebuildable satellite;
    Grant(Grant)                       = "grant",             "",                  "",                  "",       cascades rebuildable satellite;
    SecurityLabel(SecurityLabel)       = "security label",    "",                  "",                  "",       cascades rebuildable satellite;
    Comment(Comment)                   = "comment",           "COMMENT",           "",                  "",       cascades rebuildable satellite;
}
