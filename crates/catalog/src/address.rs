//! How the server addresses objects: `(classid, objid, objsubid)`. Knows no query.

use model::ObjectId;
use rustc_hash::FxHashMap;

/// Objects by the server's own address, as `pg_depend` and `pg_description` use it.
pub type Addresses = FxHashMap<(u32, u32, i32), ObjectId>;

/// Oids of the system catalogs, the same on every server (`src/include/catalog/pg_*.h`).
pub(crate) mod class {
    pub(crate) const TYPE: u32 = 1247;
    pub(crate) const ROUTINE: u32 = 1255;
    pub(crate) const RELATION: u32 = 1259;
    pub(crate) const DEFAULT: u32 = 2604;
    pub(crate) const CONSTRAINT: u32 = 2606;
    pub(crate) const NAMESPACE: u32 = 2615;
    pub(crate) const CAST: u32 = 2605;
    pub(crate) const CONVERSION: u32 = 2607;
    pub(crate) const LANGUAGE: u32 = 2612;
    pub(crate) const OPERATOR_CLASS: u32 = 2616;
    pub(crate) const OPERATOR_FAMILY: u32 = 2753;
    pub(crate) const OPERATOR: u32 = 2617;
    pub(crate) const RULE: u32 = 2618;
    pub(crate) const TRIGGER: u32 = 2620;
    pub(crate) const COLLATION: u32 = 3456;
    pub(crate) const EXTENSION: u32 = 3079;
    pub(crate) const WRAPPER: u32 = 2328;
    pub(crate) const SERVER: u32 = 1417;
    pub(crate) const USER_MAPPING: u32 = 1418;
    pub(crate) const STATISTICS: u32 = 3381;
    pub(crate) const EVENT_TRIGGER: u32 = 3466;
    pub(crate) const PUBLICATION: u32 = 6104;
    pub(crate) const PUBLISHED_TABLE: u32 = 6106;
    pub(crate) const PUBLISHED_NAMESPACE: u32 = 6237;
    pub(crate) const SUBSCRIPTION: u32 = 6100;
    pub(crate) const TEXT_SEARCH_DICTIONARY: u32 = 3600;
    pub(crate) const TEXT_SEARCH_PARSER: u32 = 3601;
    pub(crate) const TEXT_SEARCH_TEMPLATE: u32 = 3764;
    pub(crate) const TEXT_SEARCH_CONFIGURATION: u32 = 3602;
    pub(crate) const POLICY: u32 = 3256;
}
