//! A short, stable name for a value: what tells that a target has moved.

use std::hash::{BuildHasher, Hasher};

use crate::Schema;

/// A fingerprint of a schema, the same whatever the order of insertion: 32 hexadecimal digits.
///
/// It is the sum of two independent 64-bit FNV-1a hashes of each object's serialised form. It guards
/// against change by accident, not against forgery.
pub fn fingerprint(schema: &Schema) -> String {
    let mut sums = [0_u64; 2];
    for (id, object) in schema.iter() {
        let text = format!("{id:?}\u{0}{object:?}");
        for (sum, seed) in sums.iter_mut().zip([0xcbf2_9ce4_8422_2325_u64, 0x9747_b28c_8422_2325]) {
            let mut hasher = Fnv(seed).build_hasher();
            hasher.write(text.as_bytes());
            *sum = sum.wrapping_add(hasher.finish());
        }
    }
    format!("{:016x}{:016x}", sums[0], sums[1])
}

#[derive(Clone, Copy)]
struct Fnv(u64);

impl BuildHasher for Fnv {
    type Hasher = Fnv;

    fn build_hasher(&self) -> Fnv {
        *self
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
