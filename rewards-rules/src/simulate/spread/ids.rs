//! Which share of the members used an id first, so that an id that two shares use is seen before either posts it.
//!
//! As long as ids come in ascending order none can have come before, and they only wait in a list.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::{Job, Place, Runner};
use crate::state::Halves;

/// More than one share used an id.
const SEVERAL: u16 = u16::MAX;

type Shard = HashMap<[u64; 2], u16, BuildHasherDefault<Halves>>;

/// Every id that rows had so far, whatever became of them.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// By key; each shard is looked through by one job.
    shards: Vec<Shard>,
    /// Ids that stood above all before them, not in the shards yet.
    waiting: Vec<([u64; 2], u16)>,
    greatest: String,
    /// Whether an id did not stand above all before it.
    mixed: bool,
}

/// The ids of a stretch of rows.
#[derive(Debug, Default, Clone)]
pub(super) struct Stretch {
    first: String,
    last: String,
    /// Whether one does not stand above the one before.
    mixed: bool,
}

impl Stretch {
    pub(super) fn start(&mut self) {
        self.first.clear();
        self.last.clear();
        self.mixed = false;
    }

    /// The next id; one that cannot be read is empty, and nobody can have it.
    pub(super) fn take(&mut self, id: &str) {
        if id.is_empty() {
            return;
        }
        if self.last.is_empty() {
            self.first.push_str(id);
        }
        self.mixed |= id <= self.last.as_str();
        self.last.clear();
        self.last.push_str(id);
    }
}

impl Ids {
    pub(super) fn new(shards: usize) -> Ids {
        Ids { shards: (0..shards).map(|_| Shard::default()).collect(), ..Ids::default() }
    }

    /// Takes in the ids of a chunk. True if one of them, or the purchase of a refund, was used by another share.
    pub(super) fn cross(&mut self, places: &[Place], stretches: &[Stretch], refunds: bool, run: &Runner<'_>) -> bool {
        self.mixed |= refunds;
        for stretch in stretches.iter().filter(|stretch| !stretch.last.is_empty()) {
            self.mixed |= stretch.mixed || stretch.first <= self.greatest;
            self.greatest.clone_from(&stretch.last);
        }
        if !self.mixed {
            self.waiting.extend(places.iter().filter_map(|place| Some((place.keys.id?, place.share))));
            return false;
        }
        let shards = self.shards.len();
        let waiting = std::mem::take(&mut self.waiting);
        let mut crossing = vec![false; shards];
        let jobs = self.shards.iter_mut().zip(&mut crossing).enumerate().map(|(at, (shard, crossing))| -> Job<'_> {
            let waiting = &waiting;
            Box::new(move || {
                let mine = |key: &[u64; 2]| shard_of(key, shards) == at;
                shard.extend(waiting.iter().filter(|(key, _)| mine(key)).copied());
                for place in places {
                    let Some(id) = place.keys.id.filter(mine) else { continue };
                    let first = shard.entry(id).or_insert(place.share);
                    if *first != place.share {
                        *first = SEVERAL;
                        *crossing = true;
                    }
                }
                for place in places {
                    let Some(original) = place.keys.original.filter(mine) else { continue };
                    *crossing |= shard.get(&original).is_some_and(|first| *first != place.share);
                }
            })
        });
        run(jobs.collect());
        crossing.contains(&true)
    }
}

fn shard_of(key: &[u64; 2], shards: usize) -> usize {
    let [_, half] = *key;
    usize::try_from(half).unwrap_or(usize::MAX).checked_rem(shards).unwrap_or(0)
}
