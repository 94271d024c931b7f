//! A short, stable name for a value: what tells that a target has moved.

use std::fmt::Write;

use crate::Schema;

/// A fingerprint of a schema, the same whatever the order of insertion: 32 hexadecimal digits.
///
/// It is the sum of two independent 64-bit FNV-1a hashes of each object's serialised form. It guards
/// against change by accident, not against forgery.
pub fn fingerprint(schema: &Schema) -> String {
    let mut sums = [0_u64; 2];
    let mut text = String::new();
    for (id, object) in schema.iter() {
        text.clear();
        // A String takes everything that is written to it.
        let _ = write!(text, "{id:?}\u{0}{object:?}");
        let mut hashes = SEEDS;
        for byte in text.bytes() {
            hashes = hashes.map(|it| (it ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        }
        sums = [sums[0].wrapping_add(hashes[0]), sums[1].wrapping_add(hashes[1])];
    }
    format!("{:016x}{:016x}", sums[0], sums[1])
}

const SEEDS: [u64; 2] = [0xcbf2_9ce4_8422_2325, 0x9747_b28c_8422_2325];
