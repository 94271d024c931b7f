//! Laws over fixtures.
