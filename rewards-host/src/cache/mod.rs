//! Answers that were made already, in two levels.
//!
//! Near is this process's memory: an answer is given again for two seconds without asking anybody. Far is Redis, or
//! memory where there is no Redis: an answer is kept there for as long as its kind is, under the version of the member
//! that the database had when it was made, and the id of the store, since several may share one Redis. A version never
//! comes back, so what is far cannot be wrong: a reader that
//! was slow keeps its old answer under the old version, where nobody looks.
//!
//! Whoever writes makes the near answers of that member unreachable before answering, and tells the other replicas
//! ([`hear`]). A replica that hears nothing does not trust its near answers and asks the database for the version.

mod far;
mod hear;
#[cfg(test)]
pub(crate) mod tests;

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use redis::Client;
use sha2::{Digest, Sha256};

use crate::service::error::ServiceError;
use crate::service::vault::hex;

pub(crate) use far::Far;
pub(crate) use hear::{Hearing, listen};

/// How long a near answer is given again.
const NEAR: Duration = Duration::from_secs(2);

/// Near answers at most.
const NEAR_ENTRIES: u64 = 100_000;

/// Members share so many marks; two that share one make each other's near answers unreachable, which costs a question.
const MARKS: usize = 1 << 16;

/// What an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Points of a member; kept 2 minutes.
    Points,
    /// Standing of a member; kept 5 minutes.
    Standing,
    /// Cashback of a member, summed; kept 5 minutes.
    Cashback,
    /// The published programs, of no member; kept an hour.
    Programs,
}

impl Kind {
    /// How long it is kept far.
    pub(crate) fn kept(self) -> Duration {
        match self {
            Kind::Points => Duration::from_secs(120),
            Kind::Standing | Kind::Cashback => Duration::from_secs(300),
            Kind::Programs => Duration::from_secs(3_600),
        }
    }

    /// Its name in keys.
    fn as_str(self) -> &'static str {
        match self {
            Kind::Points => "points",
            Kind::Standing => "standing",
            Kind::Cashback => "cashback",
            Kind::Programs => "programs",
        }
    }
}

/// An answer as it is given; what it takes to give it again is made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// JSON.
    pub(crate) body: Bytes,
    /// Stands for these bytes, with its quotes (`ETag`).
    pub(crate) tag: Bytes,
}

impl Entry {
    /// An answer of JSON.
    pub(crate) fn new(json: String) -> Entry {
        let tag = format!("\"{}\"", tag_of(json.as_bytes()));
        Entry { body: json.into(), tag: tag.into() }
    }
}

/// A tag for bytes: the same bytes have the same one.
pub(crate) fn tag_of(bytes: &[u8]) -> String {
    let digest = hex(&Sha256::digest(bytes));
    digest.get(..32).unwrap_or(&digest).to_owned()
}

/// What a near answer is found by: its kind, the member, and the member's mark when it was made.
#[derive(Debug, PartialEq, Eq, Hash)]
struct NearKey(Kind, String, u64);

/// The same, borrowed; it has to hash like the other.
#[derive(Hash)]
struct Asked<'a>(Kind, &'a str, u64);

impl moka::Equivalent<NearKey> for Asked<'_> {
    fn equivalent(&self, key: &NearKey) -> bool {
        (self.0, self.1, self.2) == (key.0, key.1.as_str(), key.2)
    }
}

/// Where answers came from, counted. Looking a counter up by its name costs more than counting.
#[derive(Debug)]
struct Counts {
    near: metrics::Counter,
    far: metrics::Counter,
    none: metrics::Counter,
}

impl Counts {
    fn new() -> Counts {
        let of = |level: &'static str| metrics::counter!("rewards_cache_answers_total", "level" => level);
        Counts { near: of("near"), far: of("far"), none: of("none") }
    }
}

/// The caches of a process.
#[derive(Debug)]
pub(crate) struct Caches {
    /// Id of the store that the answers are of: several may share one Redis.
    store: String,
    near: moka::future::Cache<NearKey, Arc<Entry>>,
    far: Far,
    marks: Box<[AtomicU64]>,
    hasher: RandomState,
    hearing: Hearing,
    /// Made with the first answer, since the caches are there before what counts is.
    counts: OnceLock<Counts>,
}

impl Caches {
    /// Caches without Redis. `alone`: no other process writes to the store, so near answers can be trusted.
    pub(crate) fn own(alone: bool) -> Arc<Caches> {
        Caches::with(String::new(), Far::memory(), Hearing::fixed(alone))
    }

    /// Caches of a store, by its id, shared by Redis.
    pub(crate) fn shared(client: &Client, store: String) -> Result<Arc<Caches>, redis::RedisError> {
        let caches = Caches::with(store, Far::redis(client)?, Hearing::nothing_yet());
        listen(client.clone(), &caches);
        Ok(caches)
    }

    fn with(store: String, far: Far, hearing: Hearing) -> Arc<Caches> {
        let near = moka::future::Cache::builder().max_capacity(NEAR_ENTRIES).time_to_live(NEAR).build();
        let marks = (0..MARKS).map(|_| AtomicU64::new(0)).collect();
        Arc::new(Caches { store, near, far, marks, hasher: RandomState::new(), hearing, counts: OnceLock::new() })
    }

    fn mark(&self, user_id: &str) -> Option<&AtomicU64> {
        let hash = usize::try_from(self.hasher.hash_one(user_id)).unwrap_or(0);
        self.marks.get(hash.checked_rem(self.marks.len())?)
    }

    /// The answer of a kind for a member: near, far, or made anew. Of many who ask for one at once, one makes it.
    ///
    /// `stamp` asks the database for what the answer depends on: the member's version, the rules in force, the day.
    /// `make` makes it. An answer is kept under the stamp that was read before it was made.
    pub(crate) async fn get<S, M>(
        &self,
        kind: Kind,
        user_id: &str,
        stamp: impl FnOnce() -> S,
        make: impl FnOnce() -> M,
    ) -> Result<Arc<Entry>, ServiceError>
    where
        S: Future<Output = Result<String, ServiceError>>,
        M: Future<Output = Result<String, ServiceError>>,
    {
        let counts = self.counts.get_or_init(Counts::new);
        // In this order: who is sure again made what was at hand unreachable before.
        let is_sure = self.hearing.is_sure();
        let generation = self.mark(user_id).map_or(0, |mark| mark.load(Ordering::Acquire));
        if is_sure && let Some(entry) = self.near.get(&Asked(kind, user_id, generation)).await {
            counts.near.increment(1);
            return Ok(entry);
        }
        let found = async move {
            let key = format!("rewards:{}:{}:{user_id}:{}", self.store, kind.as_str(), stamp().await?);
            if let Some(entry) = self.far.get(&key).await {
                counts.far.increment(1);
                return Ok(entry);
            }
            counts.none.increment(1);
            let entry = Arc::new(Entry::new(make().await?));
            self.far.put(&key, &entry, kind.kept()).await;
            Ok(entry)
        };
        // Apart, so that an answer at hand does not carry the room that making one takes.
        let found = Box::pin(found);
        if !is_sure {
            return found.await;
        }
        let key = NearKey(kind, user_id.to_owned(), generation);
        let made = Box::pin(self.near.try_get_with(key, found)).await;
        made.map_err(|error: Arc<ServiceError>| (*error).clone())
    }

    /// Makes near answers of members unreachable here, and tells the other replicas. Ends within 50 ms.
    pub(crate) async fn forget(&self, members: &[String]) {
        for member in members {
            self.unreach(member);
        }
        self.far.tell(&self.store, members).await;
    }

    /// Makes near answers of a member unreachable here.
    fn unreach(&self, member: &str) {
        if let Some(mark) = self.mark(member) {
            mark.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Makes all near answers unreachable here.
    fn unreach_all(&self) {
        for mark in &*self.marks {
            mark.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Whether Redis answers; `None` where there is none.
    pub(crate) async fn ping(&self) -> Option<Result<(), String>> {
        self.far.ping().await
    }

    /// Whether near answers are trusted.
    pub(crate) fn is_sure(&self) -> bool {
        self.hearing.is_sure()
    }
}
