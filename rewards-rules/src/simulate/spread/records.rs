//! What is kept of each transaction of a spread simulation: a few numbers, by share of the members.
//!
//! A room of its own because tables, sums by week or segment and comparisons are all made of these, without asking the
//! rules again.

use chrono::NaiveDate;

use crate::evaluate::{Rule, Work};
use crate::graph::Graph;
use crate::outcome::{ComponentKind, Outcome, PointsKind};
use crate::simulate::Sums;
use crate::source::nearest;

/// What one rule granted to one transaction; of a refund what was taken back, below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Its place in [`super::RuleNames`].
    pub rule: u32,
    /// Minor units, or units of points where the rule grants points.
    pub units: i64,
}

/// Kind and id of every rule, by the place that a [`Grant`] names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleNames {
    names: Vec<(&'static str, String)>,
    loyalty: u32,
    campaigns: u32,
    earn: u32,
}

impl RuleNames {
    pub(super) fn of(graph: &Graph) -> RuleNames {
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let numbered = |length: usize, rule: fn(u32) -> Rule| (0..count(length)).map(rule);
        let levels = graph.level_symbols.len();
        let rules = numbered(graph.base.len(), Rule::Base)
            .chain(numbered(levels, Rule::Loyalty))
            .chain(numbered(graph.campaigns.len(), Rule::Campaign))
            .chain([Rule::Earn, Rule::Upgrade(0)]);
        let names: Vec<_> = rules.map(|rule| (graph.rule_kind(rule), graph.rule_id(rule).to_owned())).collect();
        let loyalty = count(graph.base.len());
        let campaigns = loyalty.saturating_add(count(levels));
        let earn = campaigns.saturating_add(count(graph.campaigns.len()));
        RuleNames { names, loyalty, campaigns, earn }
    }

    fn place(&self, rule: Rule) -> u32 {
        match rule {
            Rule::Base(at) => at,
            Rule::Loyalty(at) => self.loyalty.saturating_add(at),
            Rule::Campaign(at) => self.campaigns.saturating_add(at),
            Rule::Earn => self.earn,
            Rule::Upgrade(_) => self.earn.saturating_add(1),
        }
    }

    /// `base`, `loyalty`, `campaign`, `earn`, `points_campaign` or `upgrade`, and the id.
    pub fn get(&self, rule: u32) -> (&'static str, &str) {
        self.names.get(rule as usize).map_or(("", ""), |(kind, id)| (kind, id))
    }

    /// Whether it grants points and not money.
    pub fn is_points(&self, rule: u32) -> bool {
        matches!(self.get(rule).0, "earn" | "points_campaign" | "upgrade")
    }

    /// Whether a rule of this id grants money, or points where those are asked for. Error: what else there is.
    pub fn check(&self, id: &str, points: bool) -> Result<(), NoSuchRule> {
        let place = |rule: usize| u32::try_from(rule).unwrap_or(u32::MAX);
        let (asked, other): (Vec<_>, Vec<_>) =
            self.names.iter().enumerate().partition(|(at, _)| self.is_points(place(*at)) == points);
        if asked.iter().any(|(_, (_, name))| name == id) {
            return Ok(());
        }
        if other.iter().any(|(_, (_, name))| name == id) {
            return Err(NoSuchRule::OtherUnit { id: id.to_owned(), points });
        }
        let names: Vec<&str> = asked.iter().map(|(_, (_, name))| name.as_str()).collect();
        let help = match nearest(id, names.iter().copied()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => {
                let shown = names.get(..SHOWN.min(names.len())).unwrap_or_default().join(", ");
                let more = match names.len().saturating_sub(SHOWN) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                format!("; known are {shown}{more}")
            }
        };
        Err(NoSuchRule::Unknown { id: id.to_owned(), help })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// So many ids are told where none is near.
const SHOWN: usize = 20;

/// Why what a rule granted cannot be told. The text begins with a stable word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSuchRule {
    /// No rule has the id.
    #[error("unknown_rule: there is no rule `{id}`{help}")]
    Unknown {
        /// The id that was asked for.
        id: String,
        /// What might have been meant; begins with a semicolon.
        help: String,
    },
    /// The rule grants points where money was asked for, or the other way round.
    #[error("other_unit: the rule `{id}` grants {}", if *.points { "money and no points" } else { "points and no money" })]
    OtherUnit {
        /// The id that was asked for.
        id: String,
        /// Whether points were asked for.
        points: bool,
    },
}

/// The numbers of one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Number of its row in the stream, from 0.
    pub row: u64,
    /// Number of the member within its share.
    pub(super) member: u32,
    /// Local date in the program's time zone.
    pub date: NaiveDate,
    /// Place of the tier among the levels.
    pub tier: Option<u16>,
    /// Whether it is a refund.
    pub refund: bool,
    /// What was bought, in minor units; below zero for a refund.
    pub amount: i64,
    /// What of it counts.
    pub eligible: i64,
    /// Base, loyalty and campaigns, in minor units.
    pub money: [i64; 3],
    /// Units of points.
    pub points: i64,
    /// Where its id and its grants end.
    id_end: usize,
    grants_end: usize,
}

/// The records of one share, in order of rows.
#[derive(Debug, Default)]
pub(super) struct Records {
    list: Vec<Record>,
    ids: String,
    grants: Vec<Grant>,
}

impl Records {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Forgets all but the first.
    pub(super) fn truncate(&mut self, length: usize) {
        self.list.truncate(length);
        let (id_end, grants_end) = self.list.last().map_or((0, 0), |last| (last.id_end, last.grants_end));
        self.ids.truncate(id_end);
        self.grants.truncate(grants_end);
    }

    pub(super) fn get(&self, at: usize) -> Option<&Record> {
        self.list.get(at)
    }

    pub(super) fn from(&self, at: usize) -> &[Record] {
        self.list.get(at..).unwrap_or_default()
    }

    /// The id of a transaction and what it was granted.
    pub(super) fn details(&self, at: usize) -> (&str, &[Grant]) {
        let (id, grants) = match at.checked_sub(1).and_then(|before| self.list.get(before)) {
            Some(before) => (before.id_end, before.grants_end),
            None => (0, 0),
        };
        let Some(record) = self.list.get(at) else { return ("", &[]) };
        (
            self.ids.get(id..record.id_end).unwrap_or_default(),
            self.grants.get(grants..record.grants_end).unwrap_or_default(),
        )
    }

    /// Adds the purchase that the work holds.
    pub(super) fn purchase(&mut self, names: &RuleNames, work: &Work, (row, member): (u64, u32), id: &str, sums: Sums) {
        let money = work.parts.iter().map(|part| (part.rule, part.granted));
        let points = work.points.iter().map(|part| (part.rule, part.granted));
        for (rule, units) in money.chain(points) {
            self.grant(names.place(rule), units);
        }
        self.push(
            Record {
                row,
                member,
                date: work.purchase.calendar.date,
                tier: work.tier.and_then(|tier| u16::try_from(tier).ok()),
                refund: false,
                amount: work.purchase.amount,
                eligible: work.eligible,
                money: [sums.base.minor(), sums.loyalty.minor(), sums.campaign.minor()],
                points: sums.points.units(),
                id_end: 0,
                grants_end: 0,
            },
            id,
        );
    }

    /// Adds a refund.
    pub(super) fn refund(
        &mut self,
        graph: &Graph,
        names: &RuleNames,
        outcome: &Outcome,
        (row, member): (u64, u32),
        sums: Sums,
    ) {
        for component in &outcome.components {
            if let Some(rule) = graph.rule_of(component.kind, &component.id) {
                self.grant(names.place(rule), component.granted.minor());
            }
        }
        for part in &outcome.points {
            let rule = match part.kind {
                PointsKind::Earn => Some(Rule::Earn),
                PointsKind::Upgrade => Some(Rule::Upgrade(0)),
                PointsKind::Campaign => graph.rule_of(ComponentKind::Campaign, &part.id),
            };
            if let Some(rule) = rule {
                self.grant(names.place(rule), part.granted.units());
            }
        }
        let tier = outcome.tier.as_deref().and_then(|tier| graph.level_index(Some(tier)).ok());
        self.push(
            Record {
                row,
                member,
                date: outcome.local.date(),
                tier: tier.and_then(|tier| u16::try_from(tier).ok()),
                refund: true,
                amount: outcome.amount.minor(),
                eligible: outcome.eligible_amount.minor(),
                money: [sums.base.minor(), sums.loyalty.minor(), sums.campaign.minor()],
                points: sums.points.units(),
                id_end: 0,
                grants_end: 0,
            },
            &outcome.transaction_id,
        );
    }

    /// Slices of one rule stand together and are one grant; zeros are none.
    fn grant(&mut self, rule: u32, units: i64) {
        if units == 0 {
            return;
        }
        let begin = self.list.last().map_or(0, |last| last.grants_end);
        match self.grants.get_mut(begin..).and_then(<[Grant]>::last_mut) {
            Some(last) if last.rule == rule => last.units = last.units.saturating_add(units),
            _ => self.grants.push(Grant { rule, units }),
        }
    }

    fn push(&mut self, record: Record, id: &str) {
        self.ids.push_str(id);
        self.list.push(Record { id_end: self.ids.len(), grants_end: self.grants.len(), ..record });
    }
}
