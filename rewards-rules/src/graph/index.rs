//! Which campaigns may apply to a purchase, without asking each of them.
//!
//! Campaigns are grouped by which facts they compare with constants (a signature); within a
//! signature a hash of the facts' values leads to a bucket, and within a bucket the active
//! windows are searched as intervals. A campaign whose condition names no such fact is found by
//! its window alone. The index may name a campaign that does not apply, never miss one that does.

use rustc_hash::FxHashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{CampaignNode, Facts, Node, NodeId, NodeInfo, SetMembers, Value};
use crate::check::program::{Program, WindowBound};
use crate::syntax::expression::BinaryOp;

/// At most this many combinations of values are entered for one campaign; beyond it a fact is left out.
const MAX_COMBINATIONS: usize = 256;

/// At most this many facts form a signature.
const MAX_FACTS: usize = 3;

/// The index over all campaigns of a rule set.
#[derive(Debug, Default)]
pub(crate) struct CampaignIndex {
    signatures: Vec<Signature>,
    /// Of so few campaigns that each has a bit: how to find those of a purchase, instead of the signatures.
    probes: Option<Probes>,
}

/// The signatures of a rule set with few campaigns, as the bits of these.
#[derive(Debug, Default)]
struct Probes {
    /// Whatever the facts are.
    always: u64,
    /// A fact, and the bits by symbol of its text.
    texts: Vec<(u32, Vec<u64>)>,
    /// A fact, and the bits by its whole number, in order.
    integers: Vec<(u32, Vec<(i64, u64)>)>,
    /// Several facts, or one of another type.
    others: Vec<Signature>,
}

impl Probes {
    fn add(&mut self, signature: Signature) {
        let Signature { facts, short, list, .. } = &signature;
        let mask = |number: u32| list.get(number as usize).map_or(0, |bucket| bucket.mask);
        match (short, facts.as_slice()) {
            (Short::Only, _) => self.always |= mask(0),
            (Short::BySymbol(table), [fact]) => {
                let masks = table.iter().map(|number| number.checked_sub(1).map_or(0, mask)).collect();
                self.texts.push((*fact, masks));
            }
            (Short::ByInteger(table), [fact]) => {
                self.integers.push((*fact, table.iter().map(|(value, number)| (*value, mask(*number))).collect()));
            }
            _ => self.others.push(signature),
        }
    }

    #[inline]
    fn mask(&self, facts: &Facts, key: &mut Vec<Value>) -> u64 {
        let mut found = self.always;
        for (fact, masks) in &self.texts {
            if let Some(Value::Text(symbol)) = facts.values.get(*fact as usize)
                && let Some(mask) = masks.get(symbol.0 as usize)
            {
                found |= mask;
            }
        }
        for (fact, masks) in &self.integers {
            if let Some(Value::Integer(integer)) = facts.values.get(*fact as usize)
                && let Ok(at) = masks.binary_search_by_key(integer, |(value, _)| *value)
                && let Some((_, mask)) = masks.get(at)
            {
                found |= mask;
            }
        }
        for signature in &self.others {
            found |= signature.bucket(facts, key).map_or(0, |bucket| bucket.mask);
        }
        found
    }
}

#[derive(Debug)]
struct Signature {
    facts: Vec<u32>,
    buckets: FxHashMap<Vec<Value>, Bucket>,
    /// Of a signature of one fact or of none, another way to its buckets, which then stand in `list`.
    short: Short,
    list: Vec<Bucket>,
}

/// How the bucket of a value is found without a hash.
#[derive(Debug, Default)]
enum Short {
    /// It is not.
    #[default]
    None,
    /// No fact, and one bucket.
    Only,
    /// Texts of the rule set: by symbol, the number of the bucket, from 1.
    BySymbol(Vec<u32>),
    /// Whole numbers, in order.
    ByInteger(Vec<(i64, u32)>),
}

fn number_of(list: &[Bucket]) -> u32 {
    u32::try_from(list.len()).unwrap_or(0)
}

impl Signature {
    /// Sorts the buckets, and lays those of a single fact of texts or whole numbers out for a quick search.
    fn finish(&mut self) {
        for bucket in self.buckets.values_mut() {
            bucket.finish();
        }
        let symbol = |key: &Vec<Value>| match key.as_slice() {
            [Value::Text(symbol)] => usize::try_from(symbol.0).ok(),
            _ => None,
        };
        let integer = |key: &Vec<Value>| match key.as_slice() {
            [Value::Integer(integer)] => Some(*integer),
            _ => None,
        };
        if self.facts.is_empty() {
            self.list = std::mem::take(&mut self.buckets).into_values().collect();
            self.short = Short::Only;
        } else if let Some(highest) = self.buckets.keys().map(symbol).try_fold(0, |most, s| Some(s?.max(most))) {
            let mut table = vec![0_u32; highest.saturating_add(1)];
            for (key, bucket) in std::mem::take(&mut self.buckets) {
                self.list.push(bucket);
                if let Some(place) = symbol(&key).and_then(|at| table.get_mut(at)) {
                    *place = number_of(&self.list);
                }
            }
            self.short = Short::BySymbol(table);
        } else if self.buckets.keys().all(|key| integer(key).is_some()) {
            let mut table = Vec::with_capacity(self.buckets.len());
            for (key, bucket) in std::mem::take(&mut self.buckets) {
                table.extend(integer(&key).map(|i| (i, number_of(&self.list))));
                self.list.push(bucket);
            }
            table.sort_unstable();
            self.short = Short::ByInteger(table);
        }
    }

    /// The campaigns with the values that these facts have.
    #[inline]
    fn bucket(&self, facts: &Facts, key: &mut Vec<Value>) -> Option<&Bucket> {
        let value = |fact: &u32| facts.values.get(*fact as usize);
        match (&self.short, self.facts.as_slice()) {
            (Short::Only, _) => self.list.first(),
            (Short::BySymbol(table), [fact]) => {
                let Value::Text(symbol) = value(fact)? else { return None };
                let number = table.get(symbol.0 as usize)?.checked_sub(1)?;
                self.list.get(number as usize)
            }
            (Short::ByInteger(table), [fact]) => {
                let Value::Integer(integer) = value(fact)? else { return None };
                let at = table.binary_search_by_key(integer, |(i, _)| *i).ok()?;
                self.list.get(table.get(at)?.1 as usize)
            }
            _ => {
                key.clear();
                key.extend(self.facts.iter().map(|fact| value(fact).copied().unwrap_or(Value::Absent)));
                self.buckets.get(key.as_slice())
            }
        }
    }
}

/// Campaigns with the same constants, by active window: an interval tree laid out in a sorted list.
#[derive(Debug, Default)]
struct Bucket {
    /// Sorted by `from`.
    entries: Vec<Entry>,
    /// For each entry as the middle of its half: the greatest `to` in that half.
    reach: Vec<i64>,
    /// The first 64 campaigns of the rule set that are among the entries, a bit each.
    mask: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    from: i64,
    to: i64,
    minimum: i64,
    campaign: u32,
}

/// Days since the common era of the earliest and the latest local date that an instant can have.
fn days_around(at: DateTime<Utc>) -> (i64, i64) {
    let day = days(at.date_naive());
    (day.saturating_sub(1), day.saturating_add(1))
}

fn days(date: NaiveDate) -> i64 {
    use chrono::Datelike;
    i64::from(date.num_days_from_ce())
}

impl Bucket {
    fn finish(&mut self) {
        let bit = |entry: &Entry| 1_u64.checked_shl(entry.campaign).unwrap_or(0);
        self.mask = self.entries.iter().fold(0, |mask, entry| mask | bit(entry));
        self.entries.sort_by_key(|e| (e.from, e.campaign));
        self.reach = vec![i64::MIN; self.entries.len()];
        fn fill(entries: &[Entry], reach: &mut [i64]) -> i64 {
            let middle = entries.len() / 2;
            let (Some(entry), true) = (entries.get(middle), entries.len() == reach.len()) else { return i64::MIN };
            let (left, rest) = entries.split_at(middle);
            let (reach_left, reach_rest) = reach.split_at_mut(middle);
            let mut most = fill(left, reach_left).max(entry.to);
            if let (Some((_, right)), Some((own, reach_right))) = (rest.split_first(), reach_rest.split_first_mut()) {
                most = most.max(fill(right, reach_right));
                *own = most;
            }
            most
        }
        fill(&self.entries, &mut self.reach);
    }

    fn collect(&self, day: i64, amount: i64, into: &mut Vec<u32>) {
        fn walk(entries: &[Entry], reach: &[i64], day: i64, amount: i64, into: &mut Vec<u32>) {
            let middle = entries.len() / 2;
            let (Some(entry), Some(most)) = (entries.get(middle), reach.get(middle)) else { return };
            if *most < day {
                return;
            }
            let (left, rest) = entries.split_at(middle);
            let (reach_left, reach_rest) = reach.split_at(middle.min(reach.len()));
            walk(left, reach_left, day, amount, into);
            if entry.from <= day {
                if entry.to >= day && entry.minimum <= amount {
                    into.push(entry.campaign);
                }
                if let (Some((_, right)), Some((_, reach_right))) = (rest.split_first(), reach_rest.split_first()) {
                    walk(right, reach_right, day, amount, into);
                }
            }
        }
        if self.entries.len() > FEW {
            return walk(&self.entries, &self.reach, day, amount, into);
        }
        let holds = |e: &&Entry| e.from <= day && e.to >= day && e.minimum <= amount;
        into.extend(self.entries.iter().filter(holds).map(|e| e.campaign));
    }
}

/// So many campaigns are asked one after the other: halving a short list takes longer.
const FEW: usize = 8;

/// A fact that must have one of these values for the condition to hold.
fn required_values(nodes: &[Node], sets: &[SetMembers], id: NodeId) -> Option<(u32, Vec<Value>)> {
    let node = |id: NodeId| nodes.get(id.0 as usize);
    match node(id)? {
        Node::Compare(BinaryOp::Equal, a, b) => match (node(*a)?, node(*b)?) {
            (Node::Fact(f), Node::Constant(v)) | (Node::Constant(v), Node::Fact(f)) => Some((*f, vec![*v])),
            _ => None,
        },
        Node::InSet(a, set) => match (node(*a)?, sets.get(*set as usize)?) {
            (Node::Fact(f), SetMembers::Texts(list)) => Some((*f, list.iter().map(|s| Value::Text(*s)).collect())),
            (Node::Fact(f), SetMembers::Integers(list)) => {
                Some((*f, list.iter().map(|i| Value::Integer(*i)).collect()))
            }
            _ => None,
        },
        _ => None,
    }
}

impl CampaignIndex {
    pub(crate) fn build(
        program: &Program,
        campaigns: &[CampaignNode],
        nodes: &[Node],
        info: &[NodeInfo],
        sets: &[SetMembers],
    ) -> CampaignIndex {
        let mut index = CampaignIndex::default();
        for (position, (campaign, node)) in
            program.campaigns.iter().zip(campaigns).enumerate().filter(|(_, (c, _))| !c.paused)
        {
            let mut keys: Vec<(u32, Vec<Value>)> = Vec::new();
            for clause in &node.when {
                // An operand that can fail must be asked before what follows it decides anything.
                if info.get(clause.node.0 as usize).is_none_or(|i| i.fallible) {
                    break;
                }
                if let Some((fact, values)) = required_values(nodes, sets, clause.node)
                    && !keys.iter().any(|(f, _)| *f == fact)
                {
                    keys.push((fact, values));
                }
            }
            keys.sort_by_key(|(fact, values)| (values.len(), *fact));
            keys.truncate(MAX_FACTS);
            while keys.iter().map(|(_, v)| v.len()).product::<usize>() > MAX_COMBINATIONS && !keys.is_empty() {
                keys.pop();
            }
            keys.sort_by_key(|(fact, _)| *fact);
            let from = match campaign.window.from {
                None => i64::MIN,
                Some(WindowBound::Date(d)) => days(d),
                Some(WindowBound::Instant(at)) => days_around(at).0,
            };
            let to = match campaign.window.to {
                None => i64::MAX,
                Some(WindowBound::Date(d)) => days(d),
                Some(WindowBound::Instant(at)) => days_around(at).1,
            };
            let entry = Entry {
                from,
                to,
                minimum: campaign.min_transaction.unwrap_or(i64::MIN),
                campaign: u32::try_from(position).unwrap_or(u32::MAX),
            };
            index.enter(&keys, entry);
        }
        for signature in &mut index.signatures {
            signature.finish();
        }
        if campaigns.len() <= u64::BITS as usize {
            let mut probes = Probes::default();
            std::mem::take(&mut index.signatures).into_iter().for_each(|signature| probes.add(signature));
            index.probes = Some(probes);
        }
        index
    }

    fn enter(&mut self, keys: &[(u32, Vec<Value>)], entry: Entry) {
        let facts: Vec<u32> = keys.iter().map(|(f, _)| *f).collect();
        let at = match self.signatures.iter().position(|s| s.facts == facts) {
            Some(at) => at,
            None => {
                self.signatures.push(Signature {
                    facts,
                    buckets: FxHashMap::default(),
                    short: Short::None,
                    list: Vec::new(),
                });
                self.signatures.len().saturating_sub(1)
            }
        };
        let Some(signature) = self.signatures.get_mut(at) else { return };
        let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
        for (_, values) in keys {
            combinations = combinations
                .iter()
                .flat_map(|prefix| {
                    values.iter().map(move |v| {
                        let mut key = prefix.clone();
                        key.push(*v);
                        key
                    })
                })
                .collect();
        }
        for key in combinations {
            signature.buckets.entry(key).or_default().entries.push(entry);
        }
    }

    /// The bits of the campaigns that may apply, where each has one. Their windows are not looked at: so few are asked
    /// sooner than searched.
    #[inline]
    pub(crate) fn mask(&self, facts: &Facts, key: &mut Vec<Value>) -> Option<u64> {
        Some(self.probes.as_ref()?.mask(facts, key))
    }

    /// Campaigns that may apply, in order of priority and declaration. `amount` is the eligible amount in minor units.
    pub(crate) fn candidates(&self, facts: &Facts, amount: i64, key: &mut Vec<Value>, into: &mut Vec<u32>) {
        into.clear();
        let day = days(facts.date);
        for signature in &self.signatures {
            if let Some(bucket) = signature.bucket(facts, key) {
                bucket.collect(day, amount, into);
            }
        }
        if into.len() > 1 {
            into.sort_unstable();
            into.dedup();
        }
    }
}
