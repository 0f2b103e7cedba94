//! Which rules a purchase passes, as bits: one look-up for each fact instead of a question for each rule.
//!
//! A room of its own because it is made once, from conditions and clauses, and says the same as these. Where a condition
//! asks something of one fact, each value of the fact has a set of rules that go on; a purchase passes what is in the
//! sets of all its facts. What else a rule asks is asked of it alone, unless it is settled. The sieve never keeps a rule
//! back that would apply, nor one whose condition would be an error.

use chrono::Datelike;

use super::{BaseNode, CampaignNode, Graph, Node, NodeId, NodeInfo, SetMembers, Test, Value};
use crate::check::program::{Campaign, Program};
use crate::evaluate::is_early;

/// Rules, a bit each: the first 64 base rules, and the campaigns if there are no more than 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules {
    pub(crate) base: u64,
    pub(crate) campaigns: u64,
}

impl Rules {
    /// So many rules of a kind have a bit.
    pub(crate) const MOST: usize = u64::BITS as usize;
    pub(crate) const ALL: Rules = Rules { base: u64::MAX, campaigns: u64::MAX };
    pub(crate) const NONE: Rules = Rules { base: 0, campaigns: 0 };

    fn of_base(index: usize) -> Rules {
        Rules { base: bit(index), campaigns: 0 }
    }

    fn of_campaign(index: usize) -> Rules {
        Rules { base: 0, campaigns: bit(index) }
    }

    /// Whether a base rule is among them.
    #[inline]
    pub(crate) fn has_base(self, index: usize) -> bool {
        self.base & bit(index) != 0
    }

    /// Whether a campaign is among them.
    #[inline]
    pub(crate) fn has_campaign(self, index: u32) -> bool {
        self.campaigns & bit(index as usize) != 0
    }

    fn is_none(self) -> bool {
        self == Rules::NONE
    }

    #[inline]
    fn and(self, other: Rules) -> Rules {
        Rules { base: self.base & other.base, campaigns: self.campaigns & other.campaigns }
    }

    fn with(self, other: Rules) -> Rules {
        Rules { base: self.base | other.base, campaigns: self.campaigns | other.campaigns }
    }

    #[inline]
    fn without(self, other: Rules) -> Rules {
        Rules { base: self.base & !other.base, campaigns: self.campaigns & !other.campaigns }
    }
}

#[inline]
fn bit(index: usize) -> u64 {
    u32::try_from(index).ok().and_then(|index| 1_u64.checked_shl(index)).unwrap_or(0)
}

/// The sieve of one rule set.
#[derive(Debug)]
pub(crate) struct Sieve {
    /// The rules that there are.
    all: Rules,
    /// Of facts that are known from the transaction alone, so that it can be passed when that is read.
    early: Net,
    late: Net,
    /// Campaigns by weekday, from Monday.
    days: [u64; 7],
    /// Campaigns by level of the transaction's tier.
    tiers: Vec<u64>,
    /// Those that are for every tier and for none.
    untiered: u64,
    /// Campaigns that want at least so many minor units.
    minimums: Vec<(i64, u64)>,
    /// The rules of which everything is asked here, so that one that passes applies.
    pub(crate) settled: Rules,
    /// Whether campaigns are in here; of more than 64 none is.
    pub(crate) has_campaigns: bool,
}

/// What is asked of some facts.
#[derive(Debug, Default)]
struct Net {
    texts: Vec<ByText>,
    /// A condition that is no comparison of texts, and the rules that ask for it.
    tests: Vec<(NodeId, Rules)>,
}

/// The rules that go on by the text of one fact.
#[derive(Debug)]
struct ByText {
    fact: u32,
    by_symbol: Vec<Rules>,
    /// Of a text that no condition asks for.
    other: Rules,
    absent: Rules,
}

impl Net {
    #[inline(always)]
    fn pass(&self, graph: &Graph, facts: &[Value], mut passing: Rules) -> Rules {
        for by in &self.texts {
            passing = passing.and(match facts.get(by.fact as usize) {
                Some(Value::Text(symbol)) => by.by_symbol.get(symbol.0 as usize).copied().unwrap_or(by.other),
                _ => by.absent,
            });
        }
        for (test, rules) in &self.tests {
            // What no rule that is left asks for is not asked.
            if !passing.and(*rules).is_none() && graph.quick(facts, *test) == Some(false) {
                passing = passing.without(*rules);
            }
        }
        passing
    }

    /// Adds what a rule asks of a text.
    fn text(&mut self, fact: u32, rule: Rules, symbols: usize, holds: impl Fn(Value) -> bool) {
        let at = match self.texts.iter().position(|by| by.fact == fact) {
            Some(at) => at,
            None => {
                let (by_symbol, other, absent) = (vec![Rules::ALL; symbols], Rules::ALL, Rules::ALL);
                self.texts.push(ByText { fact, by_symbol, other, absent });
                self.texts.len().saturating_sub(1)
            }
        };
        let Some(by) = self.texts.get_mut(at) else { return };
        let keep = |rules: &mut Rules, value: Value| {
            if !holds(value) {
                *rules = rules.without(rule);
            }
        };
        for (number, rules) in (0_u32..).zip(&mut by.by_symbol) {
            keep(rules, Value::Text(super::Symbol(number)));
        }
        keep(&mut by.other, Value::Text(super::Symbol::UNKNOWN));
        keep(&mut by.absent, Value::Absent);
    }

    fn test(&mut self, node: NodeId, rule: Rules) {
        match self.tests.iter_mut().find(|(known, _)| *known == node) {
            Some((_, rules)) => *rules = rules.with(rule),
            None => self.tests.push((node, rule)),
        }
    }
}

/// What a sieve is made of.
pub(super) struct Parts<'a> {
    pub(super) program: &'a Program,
    pub(super) nodes: &'a [Node],
    pub(super) info: &'a [NodeInfo],
    pub(super) sets: &'a [SetMembers],
    pub(super) tests: &'a [Test],
    /// How many texts the rule set knows.
    pub(super) symbols: usize,
}

impl Parts<'_> {
    /// Operands of `&&` at the top of a condition, in order.
    fn operands(&self, node: NodeId, into: &mut Vec<NodeId>) {
        match self.nodes.get(node.0 as usize) {
            Some(Node::And(a, b)) => {
                self.operands(*a, into);
                self.operands(*b, into);
            }
            _ => into.push(node),
        }
    }

    /// Enters what a rule's condition asks of single facts; whether that is all it asks.
    fn enter(&self, sieve: &mut Sieve, rule: Rules, conditions: impl Iterator<Item = NodeId>) -> bool {
        let mut operands = Vec::new();
        conditions.for_each(|node| self.operands(node, &mut operands));
        let mut whole = true;
        for node in operands {
            // What can be an error is asked before what follows it decides anything.
            if self.info.get(node.0 as usize).is_none_or(|info| info.fallible) {
                return false;
            }
            let test = self.tests.get(node.0 as usize).copied().unwrap_or(Test::Walk);
            let Some(fact) = test.fact() else {
                whole = false;
                continue;
            };
            let early = self.program.facts.get(fact as usize).is_some_and(|fact| is_early(&fact.source));
            let net = if early { &mut sieve.early } else { &mut sieve.late };
            match test {
                Test::Text { text, negated, .. } => {
                    net.text(fact, rule, self.symbols, |value| (value == Value::Text(text)) != negated);
                }
                Test::InSet { set, negated, .. } if let Some(SetMembers::Texts(list)) = self.sets.get(set as usize) => {
                    let within = |value| matches!(value, Value::Text(symbol) if list.binary_search(&symbol).is_ok());
                    net.text(fact, rule, self.symbols, |value| within(value) != negated);
                }
                _ => net.test(node, rule),
            }
        }
        whole
    }

    pub(super) fn sieve(&self, base: &[BaseNode], campaigns: &[CampaignNode]) -> Sieve {
        let has_campaigns = campaigns.len() <= Rules::MOST;
        let levels = self.program.tiers.as_ref().map_or(0, |tiers| tiers.levels.len());
        let mut sieve = Sieve {
            all: Rules::NONE,
            early: Net::default(),
            late: Net::default(),
            days: [u64::MAX; 7],
            tiers: vec![u64::MAX; levels],
            untiered: u64::MAX,
            minimums: Vec::new(),
            settled: Rules::NONE,
            has_campaigns,
        };
        for (index, node) in base.iter().enumerate().take(Rules::MOST) {
            let rule = Rules::of_base(index);
            sieve.all = sieve.all.with(rule);
            if self.enter(&mut sieve, rule, node.when.into_iter()) {
                sieve.settled = sieve.settled.with(rule);
            }
        }
        let campaigns = if has_campaigns { campaigns } else { &[] };
        for (index, (campaign, node)) in self.program.campaigns.iter().zip(campaigns).enumerate() {
            // A paused campaign is in no set: it passes for nobody.
            if campaign.paused {
                continue;
            }
            let rule = Rules::of_campaign(index);
            sieve.all = sieve.all.with(rule);
            let whole = self.enter(&mut sieve, rule, node.when.iter().map(|clause| clause.node));
            sieve.clauses(campaign, rule.campaigns);
            if whole && !asks_more(campaign) {
                sieve.settled = sieve.settled.with(rule);
            }
        }
        for by in sieve.early.texts.iter_mut().chain(&mut sieve.late.texts) {
            while by.by_symbol.pop_if(|rules| *rules == by.other).is_some() {}
        }
        sieve
    }
}

/// Whether a campaign has a clause that the sieve does not ask.
fn asks_more(campaign: &Campaign) -> bool {
    campaign.window.from.is_some()
        || campaign.window.to.is_some()
        || campaign.hours.is_some()
        || campaign.segments.is_some()
        || campaign.share.is_some()
        || campaign.enrolled
        || campaign.caps.uses.is_some()
}

impl Sieve {
    /// Enters the clauses that are no expressions.
    fn clauses(&mut self, campaign: &Campaign, bit: u64) {
        // With hours, the day may be the one before.
        if let (Some(days), None) = (campaign.days, campaign.hours) {
            for (day, passing) in self.days.iter_mut().enumerate() {
                if days >> day & 1 == 0 {
                    *passing &= !bit;
                }
            }
        }
        if let Some(tiers) = &campaign.tiers {
            self.untiered &= !bit;
            for (level, passing) in self.tiers.iter_mut().enumerate() {
                if !tiers.contains(&level) {
                    *passing &= !bit;
                }
            }
        }
        if let Some(minimum) = campaign.min_transaction {
            match self.minimums.iter_mut().find(|(known, _)| *known == minimum) {
                Some((_, campaigns)) => *campaigns |= bit,
                None => self.minimums.push((minimum, bit)),
            }
        }
    }

    /// The rules that pass by the facts that the transaction alone decides.
    #[inline]
    pub(crate) fn early(&self, graph: &Graph, facts: &[Value]) -> Rules {
        self.early.pass(graph, facts, self.all)
    }

    /// Those of them that pass by all else. `amount` is the eligible amount in minor units, `tier` the transaction's.
    #[inline]
    pub(crate) fn late(
        &self,
        graph: &Graph,
        early: Rules,
        facts: &[Value],
        date: chrono::NaiveDate,
        amount: i64,
        tier: Option<usize>,
    ) -> Rules {
        let mut passing = early;
        let day = date.weekday().num_days_from_monday() as usize;
        passing.campaigns &= self.days.get(day).copied().unwrap_or(u64::MAX);
        passing.campaigns &= tier.and_then(|tier| self.tiers.get(tier)).copied().unwrap_or(self.untiered);
        for (minimum, campaigns) in &self.minimums {
            if amount < *minimum {
                passing.campaigns &= !campaigns;
            }
        }
        self.late.pass(graph, facts, passing)
    }
}
