//! Tokens that were verified, in memory: so many bytes of them, the ones that were used lately.
//!
//! Two generations: what is used goes into the young one; when that is full it becomes the old one, and what is in the
//! old one then and was not used since is forgotten. Only tokens that were good come in, so nobody fills it from
//! outside. Nothing in here may be printed.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::auth::Known;

/// Bytes of one generation.
const MOST: usize = 8 * 1024 * 1024;

/// What a token takes beside its text and its subject, roughly.
const BESIDE: usize = 256;

/// Tokens that were good.
#[derive(Default)]
pub(super) struct Remembered(RwLock<Generations>);

impl std::fmt::Debug for Remembered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remembered")
    }
}

#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<Known>>,
    old: HashMap<Box<str>, Arc<Known>>,
    /// What the young ones take.
    bytes: usize,
}

impl Remembered {
    /// What is known of a token.
    pub(super) fn get(&self, token: &str) -> Option<Arc<Known>> {
        let found = {
            let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
            match all.young.get(token) {
                Some(found) => return Some(Arc::clone(found)),
                None => Arc::clone(all.old.get(token)?),
            }
        };
        self.keep(token, Arc::clone(&found));
        Some(found)
    }

    /// Remembers a token.
    pub(super) fn put(&self, token: &str, known: Known) {
        self.keep(token, Arc::new(known));
    }

    fn keep(&self, token: &str, known: Arc<Known>) {
        let bytes = bytes_of(token, &known);
        let mut forgotten = HashMap::new();
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.bytes.saturating_add(bytes) > MOST {
            let young = std::mem::take(&mut all.young);
            forgotten = std::mem::replace(&mut all.old, young);
            all.bytes = 0;
        }
        all.old.remove(token);
        if all.young.insert(token.into(), known).is_none() {
            all.bytes = all.bytes.saturating_add(bytes);
        }
        // Thousands of them take a while to let go, and nobody waits for it.
        drop(all);
        drop(forgotten);
    }

    /// How many there are, and how many bytes they take at most.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, usize) {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let each = all.young.iter().chain(&all.old);
        (each.clone().count(), each.map(|(token, known)| bytes_of(token, known)).sum())
    }
}

/// What a token takes, roughly.
fn bytes_of(token: &str, known: &Known) -> usize {
    token.len().saturating_add(known.bearer.sub.len()).saturating_add(BESIDE)
}
