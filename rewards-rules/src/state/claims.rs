//! Which ids were claimed, by whom and with what content (semantics §5).
//!
//! There is one claim for every transaction there ever was, so that a table of them outgrows every cache. Most files
//! have their ids in ascending order, though: an id above all others is free without looking, and its claim waits in a
//! list until somebody asks for one that is not.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::Owner;

/// Who claimed an id, with what content. Small: there is one for every transaction there ever was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(super) content: u64,
    pub(super) owner: Owner,
}

/// Takes a half of an id's key as its hash: it is one already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Halves(u64);

impl Hasher for Halves {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        if let Some(half) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*half);
        }
    }

    #[inline]
    fn write_usize(&mut self, _length: usize) {}
}

/// Claims by key of their id.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    table: HashMap<[u64; 2], Claim, BuildHasherDefault<Halves>>,
    /// Claims whose ids stood above all before them, not in the table yet.
    ascending: Vec<([u64; 2], Claim)>,
    /// No id that was claimed stands above this one.
    greatest: String,
    /// Whether an id was claimed by its key alone, so that no id is known to be the greatest.
    by_key: bool,
}

impl Claims {
    /// The claim of a key.
    pub(crate) fn get(&self, key: &[u64; 2]) -> Option<&Claim> {
        let waiting = || self.ascending.iter().find(|(known, _)| known == key).map(|(_, claim)| claim);
        self.table.get(key).or_else(waiting)
    }

    /// Whether a key was claimed.
    pub(crate) fn contains_key(&self, key: &[u64; 2]) -> bool {
        self.get(key).is_some()
    }

    /// Claims a key.
    pub(crate) fn insert(&mut self, key: [u64; 2], claim: Claim) {
        self.by_key = true;
        self.settle();
        self.table.insert(key, claim);
    }

    /// Whether an id stands above all that were claimed, so that it is free.
    #[inline]
    pub(super) fn is_next(&self, id: &str) -> bool {
        !self.by_key && self.greatest.as_str() < id
    }

    /// The claim of a key, after what waits was put in order for the next who asks.
    pub(super) fn look_up(&mut self, key: &[u64; 2]) -> Option<&Claim> {
        self.settle();
        self.table.get(key)
    }

    /// Claims an id that is free.
    #[inline]
    pub(super) fn claim(&mut self, id: &str, key: [u64; 2], claim: Claim) {
        if self.is_next(id) {
            self.greatest.clear();
            self.greatest.push_str(id);
            self.ascending.push((key, claim));
        } else {
            self.settle();
            self.table.insert(key, claim);
        }
    }

    /// Takes a claim back. Its id is free again, and is found so by looking.
    pub(super) fn give_back(&mut self, key: &[u64; 2]) {
        self.settle();
        self.table.remove(key);
    }

    fn settle(&mut self) {
        self.table.extend(self.ascending.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_order_and_not_are_claimed_once() {
        let mut claims = Claims::default();
        let mut known: Vec<u64> = Vec::new();
        for (step, number) in [3_u64, 5, 7, 6, 8, 3, 9, 1, 1, 10, 6, 12, 11, 13].into_iter().enumerate() {
            let (id, key) = (format!("{number:04}"), [number; 2]);
            let free = claims.is_next(&id) || claims.look_up(&key).is_none();
            assert_eq!(free, !known.contains(&number), "step {step}: {id}");
            if free {
                let content = number.saturating_mul(2);
                claims.claim(&id, key, Claim { content, owner: Owner(0) });
                known.push(number);
            }
            if step == 9 {
                // A refund's id, of which only the key is kept.
                claims.insert([99; 2], Claim { content: 1, owner: Owner(0) });
                assert!(!claims.is_next("9999"));
            }
            for number in 0..20_u64 {
                let content = claims.get(&[number; 2]).map(|claim| claim.content);
                assert_eq!(content, known.contains(&number).then(|| number.saturating_mul(2)));
            }
        }
    }
}
