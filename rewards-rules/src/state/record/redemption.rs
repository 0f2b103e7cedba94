//! A redemption, as far as its ending needs it.

use serde::{Deserialize, Serialize};

use super::member::slot_of;
use super::{CounterRecord, bad, content_of_text, content_text};
use crate::evaluate::EvaluationError;
use crate::rule_set::RuleSet;
use crate::state::Ledger;
use crate::state::redeem::{Redeemed, RedemptionState};

/// A redemption. Points are in units of 10^-`points.decimals`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedemptionRecord {
    /// `pending`, `completed`, `failed` or `cancelled`.
    pub state: RedemptionState,
    /// Hash of its content: the same id with other content is `id_conflict`.
    pub content: String,
    /// How many points.
    pub points: i64,
    /// Which lots gave how much, in the order in which they were taken.
    pub taken: Vec<TakenRecord>,
    /// The counters on which it counted, with what it counted. A host that settles it puts these counters of the
    /// member, as they stand.
    pub counters: Vec<CounterRecord>,
}

/// What one lot gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenRecord {
    /// Key of the lot.
    pub lot: String,
    /// How much.
    pub points: i64,
}

impl Ledger {
    /// Puts a redemption here so that it can be settled, or told from another with its id. The member was put before,
    /// with the lots that it took from if it is pending; of one that has ended the record does not change any more.
    /// Error `invalid_record` for a lot that is not here, or what cannot be.
    pub fn put_redemption(
        &mut self,
        rules: &RuleSet,
        member: &str,
        id: &str,
        record: RedemptionRecord,
    ) -> Result<(), EvaluationError> {
        let content = content_of_text(&record.content)?;
        let mut counters = Vec::new();
        for counter in &record.counters {
            counters.extend(slot_of(rules.graph(), &counter.key, &counter.period)?);
        }
        let sum = record.taken.iter().try_fold(0_i64, |sum, t| sum.checked_add(t.points));
        let pending = record.state == RedemptionState::Pending;
        if (pending && sum != Some(record.points)) || record.taken.iter().any(|t| t.points <= 0) {
            return Err(bad(format!("what the redemption `{id}` took does not add up to its points")));
        }
        let owner = self.owner(member);
        let Some(state) = self.members.get_mut(owner.number()) else { return Ok(()) };
        let mut taken = Vec::new();
        for TakenRecord { lot: key, points } in &record.taken {
            match state.lots.all().iter().find(|lot| lot.key() == *key) {
                Some(lot) if !pending || lot.redeemed >= *points => taken.push((lot.seq, *points)),
                Some(_) => return Err(bad(format!("the lot `{key}` has less redeemed than `{id}` took"))),
                None if pending => {
                    return Err(bad(format!("the redemption `{id}` took from the lot `{key}`, which is not here")));
                }
                None => {}
            }
        }
        let redeemed = Redeemed { state: record.state, content, units: record.points, taken, counters };
        state.redeemed.insert(id.to_owned(), redeemed);
        Ok(())
    }

    /// A redemption as a store keeps it.
    pub fn redemption_record(&self, rules: &RuleSet, member: &str, id: &str) -> Option<RedemptionRecord> {
        let state = self.member(member)?;
        let redeemed = state.redeemed.get(id)?;
        let taken = redeemed
            .taken
            .iter()
            .filter_map(|(seq, points)| Some(TakenRecord { lot: state.lots.lot(*seq)?.key(), points: *points }));
        let counters = redeemed.counters.iter().filter_map(|(slot, period)| {
            let key = rules.graph().counter(*slot)?.key.to_string();
            Some(CounterRecord { key, period: period.to_string(), units: redeemed.units })
        });
        Some(RedemptionRecord {
            state: redeemed.state,
            content: content_text(redeemed.content),
            points: redeemed.units,
            taken: taken.collect(),
            counters: counters.collect(),
        })
    }
}
