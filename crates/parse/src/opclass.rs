//! Operator classes: which are the default of the type they are for, and which belong to an extension.
//!
//! The built-in ones are the same on PostgreSQL 14 to 18; of extensions the usual ones are known.

/// Whether an operator class is the default for its type under an access method (`opcdefault`): naming it
/// is the same as not naming it.
pub(crate) fn is_default(method: &str, class: &str) -> bool {
    let builtin = DEFAULTS.iter().any(|(it, classes)| *it == method && classes.contains(&class));
    builtin || extension(class).is_some() && !CHOSEN.contains(&class) && (method != "hnsw")
}

/// The extension a class of that name belongs to.
pub(crate) fn extension(class: &str) -> Option<&'static str> {
    EXTENSIONS.iter().find(|(_, classes)| classes.contains(&class)).map(|(extension, _)| *extension)
}

/// By access method; those of `gin` include what btree_gin adds.
const DEFAULTS: &[(&str, &[&str])] = &[
    ("brin", &[
        "bit_minmax_ops", "box_inclusion_ops", "bpchar_minmax_ops", "bytea_minmax_ops", "char_minmax_ops",
        "date_minmax_ops", "float4_minmax_ops", "float8_minmax_ops", "inet_inclusion_ops", "int2_minmax_ops",
        "int4_minmax_ops", "int8_minmax_ops", "interval_minmax_ops", "macaddr8_minmax_ops",
        "macaddr_minmax_ops", "name_minmax_ops", "numeric_minmax_ops", "oid_minmax_ops", "pg_lsn_minmax_ops",
        "range_inclusion_ops", "text_minmax_ops", "tid_minmax_ops", "time_minmax_ops",
        "timestamp_minmax_ops", "timestamptz_minmax_ops", "timetz_minmax_ops", "uuid_minmax_ops",
        "varbit_minmax_ops",
    ]),
    ("btree", &[
        "array_ops", "bit_ops", "bool_ops", "bpchar_ops", "bytea_ops", "char_ops", "date_ops", "enum_ops",
        "float4_ops", "float8_ops", "inet_ops", "int2_ops", "int4_ops", "int8_ops", "interval_ops",
        "jsonb_ops", "macaddr8_ops", "macaddr_ops", "money_ops", "multirange_ops", "name_ops", "numeric_ops",
        "oid_ops", "oidvector_ops", "pg_lsn_ops", "range_ops", "record_ops", "text_ops", "tid_ops",
        "time_ops", "timestamp_ops", "timestamptz_ops", "timetz_ops", "tsquery_ops", "tsvector_ops",
        "uuid_ops", "varbit_ops", "xid8_ops",
    ]),
    ("gin", &[
        "array_ops", "bit_ops", "bool_ops", "bpchar_ops", "bytea_ops", "char_ops", "cidr_ops", "date_ops",
        "enum_ops", "float4_ops", "float8_ops", "inet_ops", "int2_ops", "int4_ops", "int8_ops",
        "interval_ops", "jsonb_ops", "macaddr8_ops", "macaddr_ops", "money_ops", "name_ops", "numeric_ops",
        "oid_ops", "text_ops", "time_ops", "timestamp_ops", "timestamptz_ops", "timetz_ops", "tsvector_ops",
        "uuid_ops", "varbit_ops",
    ]),
    ("gist", &[
        "box_ops", "circle_ops", "multirange_ops", "point_ops", "poly_ops", "range_ops", "tsquery_ops",
        "tsvector_ops",
    ]),
    ("hash", &[
        "aclitem_ops", "array_ops", "bool_ops", "bpchar_ops", "bytea_ops", "char_ops", "cid_ops", "date_ops",
        "enum_ops", "float4_ops", "float8_ops", "inet_ops", "int2_ops", "int4_ops", "int8_ops",
        "interval_ops", "jsonb_ops", "macaddr8_ops", "macaddr_ops", "multirange_ops", "name_ops",
        "numeric_ops", "oid_ops", "oidvector_ops", "pg_lsn_ops", "range_ops", "record_ops", "text_ops",
        "tid_ops", "time_ops", "timestamp_ops", "timestamptz_ops", "timetz_ops", "uuid_ops", "xid8_ops",
        "xid_ops",
    ]),
    ("spgist", &[
        "box_ops", "inet_ops", "poly_ops", "quad_point_ops", "range_ops", "text_ops",
    ]),
];

/// By extension.
const EXTENSIONS: &[(&str, &[&str])] = &[
    ("btree_gist", &[
        "gist_bit_ops", "gist_bool_ops", "gist_bpchar_ops", "gist_bytea_ops", "gist_cash_ops",
        "gist_cidr_ops", "gist_date_ops", "gist_enum_ops", "gist_float4_ops", "gist_float8_ops",
        "gist_inet_ops", "gist_int2_ops", "gist_int4_ops", "gist_int8_ops", "gist_interval_ops",
        "gist_macaddr_ops", "gist_macaddr8_ops", "gist_numeric_ops", "gist_oid_ops", "gist_text_ops",
        "gist_time_ops", "gist_timestamp_ops", "gist_timestamptz_ops", "gist_timetz_ops", "gist_uuid_ops",
        "gist_vbit_ops",
    ]),
    ("citext", &[
        "citext_ops", "citext_pattern_ops",
    ]),
    ("cube", &[
        "cube_ops", "gist_cube_ops",
    ]),
    ("hstore", &[
        "btree_hstore_ops", "gin_hstore_ops", "gist_hstore_ops", "hash_hstore_ops",
    ]),
    ("intarray", &[
        "gin__int_ops", "gist__int_ops", "gist__intbig_ops",
    ]),
    ("ltree", &[
        "gist__ltree_ops", "gist_ltree_ops", "hash_ltree_ops", "ltree_ops",
    ]),
    ("pg_trgm", &[
        "gin_trgm_ops", "gist_trgm_ops",
    ]),
    ("postgis", &[
        "brin_geography_inclusion_ops", "brin_geometry_inclusion_ops_2d", "brin_geometry_inclusion_ops_3d",
        "brin_geometry_inclusion_ops_4d", "btree_geography_ops", "btree_geometry_ops", "gist_geography_ops",
        "gist_geometry_ops_2d", "gist_geometry_ops_nd", "hash_geometry_ops", "spgist_geography_ops_nd",
        "spgist_geometry_ops_2d", "spgist_geometry_ops_3d", "spgist_geometry_ops_nd",
    ]),
    ("seg", &[
        "gist_seg_ops", "seg_ops",
    ]),
    ("vector", &[
        "bit_hamming_ops", "bit_jaccard_ops", "halfvec_cosine_ops", "halfvec_ip_ops", "halfvec_l1_ops",
        "halfvec_l2_ops", "halfvec_ops", "sparsevec_cosine_ops", "sparsevec_ip_ops", "sparsevec_l1_ops",
        "sparsevec_l2_ops", "sparsevec_ops", "vector_cosine_ops", "vector_ip_ops", "vector_l1_ops",
        "vector_l2_ops", "vector_ops",
    ]),
];

/// Those of extensions that are no type's default.
const CHOSEN: &[&str] = &[
    "bit_hamming_ops", "bit_jaccard_ops", "brin_geometry_inclusion_ops_3d", "brin_geometry_inclusion_ops_4d",
    "citext_pattern_ops", "gin__int_ops", "gin_trgm_ops", "gist__intbig_ops", "gist_geometry_ops_nd",
    "gist_trgm_ops", "halfvec_cosine_ops", "halfvec_ip_ops", "halfvec_l1_ops", "sparsevec_cosine_ops",
    "sparsevec_ip_ops", "sparsevec_l1_ops", "spgist_geometry_ops_3d", "spgist_geometry_ops_nd",
    "vector_cosine_ops", "vector_ip_ops", "vector_l1_ops",
];
