//! Bytes as choices for the generators of rule sets.
//!
//! The first eight bytes name a random case; each pair of bytes after them changes one choice of it. So a seed is
//! short, every input is a whole case, and a small change of the bytes is a small change of the case.

use crate::generate::Tape;

/// Tapes for the rule files and for what happens under them.
pub(super) fn tapes(data: &[u8], rules: usize, inputs: usize) -> (Tape, Tape) {
    let (seed, changes) = data.split_at(data.len().min(8));
    let mut state = seed.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let mut changes = changes.chunks(2);
    let mut draw = |count: usize| {
        let numbers = (0..count).map(|_| {
            let change = changes.next().map_or(0, |pair| {
                let low = pair.get(1).copied().unwrap_or(0);
                u32::from_be_bytes([pair[0], low, 0, 0])
            });
            next(&mut state) ^ change
        });
        Tape::new(numbers.collect())
    };
    // What happens stands first: it is shorter, and its choices are soonest reached by changes.
    let inputs = draw(inputs);
    (draw(rules), inputs)
}

/// SplitMix64, its upper half.
fn next(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap()
}
