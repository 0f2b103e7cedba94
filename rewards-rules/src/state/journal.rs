//! Members as they were before a stretch of events, so that the stretch can be taken back.
//!
//! A simulation on several cores runs ahead and looks afterwards whether it was right to; if it was not, this is how it
//! goes back. Of a member a copy is made when the stretch first touches it, and nothing of it is kept otherwise.

use chrono::{DateTime, Utc};
use rustc_hash::FxHashMap;

use super::counters::Counters;
use super::lots::Lots;
use super::post::Posted;
use super::standing::Standing;
use super::{Ledger, MemberState, Owner, id_key};
use crate::input::{Member, Refund};

/// One stretch, since [`Ledger::start_journal`].
#[derive(Debug, Default)]
pub(crate) struct Journal {
    members: FxHashMap<u32, Before>,
    /// Ids that were claimed.
    claimed: Vec<[u64; 2]>,
    /// Purchases that came (`None` before) or that a refund changed.
    purchases: Vec<(u32, [u64; 2], Option<Posted>)>,
    shared: Counters,
}

#[derive(Debug)]
struct Before {
    started: bool,
    purchases: i64,
    latest: DateTime<Utc>,
    counters: Counters,
    standing: Standing,
    lots: Lots,
    facts: Member,
}

impl Before {
    fn of(state: &MemberState) -> Before {
        Before {
            started: state.started,
            purchases: state.purchases,
            latest: state.latest,
            counters: state.counters.clone(),
            standing: state.standing.clone(),
            lots: state.lots.clone(),
            facts: state.facts.clone(),
        }
    }

    fn restore(self, state: &mut MemberState) {
        state.started = self.started;
        state.purchases = self.purchases;
        state.latest = self.latest;
        state.counters = self.counters;
        state.standing = self.standing;
        state.lots = self.lots;
        state.facts = self.facts;
    }
}

impl Ledger {
    /// Begins a stretch that can be taken back.
    pub(crate) fn start_journal(&self, journal: &mut Journal) {
        journal.members.clear();
        journal.claimed.clear();
        journal.purchases.clear();
        journal.shared = self.shared.clone();
    }

    /// To be called before anything changes a member.
    pub(crate) fn keep_member(&mut self, journal: &mut Journal, id: &str) {
        let owner = self.owner(id);
        self.keep_owner(journal, owner);
    }

    fn keep_owner(&self, journal: &mut Journal, owner: Owner) {
        if let Some(state) = self.state(owner) {
            journal.members.entry(owner.0).or_insert_with(|| Before::of(state));
        }
    }

    /// To be called before a refund is posted.
    pub(crate) fn keep_refunded(&mut self, journal: &mut Journal, refund: &Refund) {
        let original = id_key(&refund.original);
        let Some(owner) = self.claims.get(&original).map(|claim| claim.owner) else { return };
        self.keep_owner(journal, owner);
        if let Some(posted) = self.state(owner).and_then(|state| state.posted.get(&original)) {
            journal.purchases.push((owner.0, original, Some(posted.clone())));
        }
    }

    /// To be called after a purchase or a refund was posted for the first time.
    pub(crate) fn note_claim(&self, journal: &mut Journal, owner: Owner, id: &str, purchase: bool) {
        let key = id_key(id);
        journal.claimed.push(key);
        if purchase && !self.forgetful {
            journal.purchases.push((owner.0, key, None));
        }
    }

    /// Takes the stretch back. Members that came into being stay, as if nothing had happened to them.
    pub(crate) fn take_back(&mut self, journal: &mut Journal) {
        for (owner, key, before) in journal.purchases.drain(..).rev() {
            let Some(state) = self.members.get_mut(owner as usize) else { continue };
            match before {
                Some(posted) => drop(state.posted.insert(key, posted)),
                None => drop(state.posted.remove(&key)),
            }
        }
        for key in journal.claimed.drain(..) {
            self.claims.give_back(&key);
        }
        for (owner, before) in journal.members.drain() {
            if let Some(state) = self.members.get_mut(owner as usize) {
                before.restore(state);
            }
        }
        self.shared = std::mem::take(&mut journal.shared);
    }

    /// The counters that all members share.
    pub(crate) fn shared(&self) -> &Counters {
        &self.shared
    }

    /// The counters that all members share, to be replaced.
    pub(crate) fn shared_mut(&mut self) -> &mut Counters {
        &mut self.shared
    }

    /// Whether an id was claimed here.
    pub(crate) fn has_claimed(&mut self, id: &str) -> bool {
        self.claims.look_up(&id_key(id)).is_some()
    }

    /// The member that claimed an id.
    pub(crate) fn claimed_by(&mut self, id: &str) -> Option<&str> {
        let owner = self.claims.look_up(&id_key(id))?.owner;
        self.state(owner).map(|state| state.facts.id.as_str())
    }

    /// A member by its number.
    pub(crate) fn member_at(&self, number: usize) -> Option<&MemberState> {
        self.members.get(number)
    }
}
