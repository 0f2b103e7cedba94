//! A shop with levels, points and redemption, and what happens in it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

mod hand;
mod records;

use super::*;
use crate::input::{OpeningLot, Status};
use crate::source::{SourceFile, Sources};

const SHOP: &str = r"
program: shop
currency: USD
timezone: America/New_York
points:
  earn: {points: 1, per: 1.00}
  expires_after: 12 months
  activation_delay: 2 days
tiers:
  window: calendar_year
  levels:
    - {id: basic, min_spending: 0}
    - {id: silver, min_spending: 500.00, upgrade_points: 50}
    - {id: gold, min_spending: 2000.00, upgrade_points: 200, points_multiplier: 2}
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1.00}, tiers: [gold]}
    - {id: mug, type: cash, value: {points: 10, cash: 0.10}, caps: {per_member: {points: 100, per: day}}}
";

fn rules(text: &str) -> RuleSet {
    let file = SourceFile { path: "program.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
    RuleSet::compile(Sources::new([file])).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(|f| f.message.clone()).collect::<Vec<_>>().join("\n"))
    })
}

fn at(text: &str) -> DateTime<Utc> {
    format!("{text}T12:00:00-04:00").parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The shop and its members.
struct Shop {
    rules: RuleSet,
    ledger: Ledger,
}

impl Shop {
    fn new() -> Shop {
        Shop { rules: rules(SHOP), ledger: Ledger::new() }
    }

    fn apply(&mut self, event: Event<'_>) -> Result<Change, ErrorCode> {
        apply(&self.rules, &mut self.ledger, event).map_err(|e| e.code)
    }

    /// Buys, and says how many points that brought.
    fn buy(&mut self, id: &str, member: &str, amount: i64, on: &str) -> i64 {
        let mut transaction =
            Transaction::from_json(r#"{"id":"t","amount":"1","currency":"USD","occurred_at":"2026-01-01T00:00:00Z"}"#)
                .unwrap();
        transaction.id = id.to_owned();
        transaction.amount = Exact::from(amount);
        transaction.occurred_at = at(on);
        match self.apply(Event::Purchase { transaction: &transaction, member, tier: None, explain: false }) {
            Ok(Change::Posted(outcome)) => outcome.totals.points.units(),
            other => panic!("{other:?}"),
        }
    }

    fn refund(&mut self, id: &str, original: &str, amount: i64, on: &str) {
        let refund = Refund {
            id: id.to_owned(),
            original: original.to_owned(),
            amount: Exact::from(amount),
            lines: None,
            occurred_at: at(on),
            member: None,
        };
        assert!(matches!(self.apply(Event::Refund(&refund)), Ok(Change::Posted(_))));
    }

    fn adjust(
        &mut self,
        id: &str,
        member: &str,
        points: i64,
        on: &str,
        until: Option<&str>,
    ) -> Result<Change, ErrorCode> {
        let adjustment = Adjustment {
            id: id.to_owned(),
            member: member.to_owned(),
            points: Exact::from(points),
            at: at(on),
            expires_on: until.map(day),
        };
        self.apply(Event::Adjust(&adjustment))
    }

    fn transfer(&mut self, id: &str, from: &str, to: &str, points: i64, on: &str) -> Result<Change, ErrorCode> {
        let (id, from, to) = (id.to_owned(), from.to_owned(), to.to_owned());
        self.apply(Event::Transfer(&Transfer { id, from, to, points: Exact::from(points), at: at(on) }))
    }

    fn give(&mut self, member: &str, level: &str, on: &str, until: &str) -> Result<Change, ErrorCode> {
        let (member, level) = (member.to_owned(), level.to_owned());
        self.apply(Event::GiveTier(&GivenTier { id: None, member, level, until: day(until), at: at(on) }))
    }

    fn redeem(&mut self, id: &str, member: &str, option: &str, points: i64, on: &str) -> Result<Change, ErrorCode> {
        let redemption =
            Redemption { id: id.to_owned(), option: option.to_owned(), points: Exact::from(points), at: at(on) };
        self.apply(Event::Redeem { redemption: &redemption, member })
    }

    fn settle(
        &mut self,
        redemption: &str,
        member: &str,
        settlement: Settlement,
        on: &str,
    ) -> Result<Change, ErrorCode> {
        self.apply(Event::Settle { redemption, member, settlement, at: at(on) })
    }

    fn balance(&self, member: &str, on: &str) -> Balance {
        self.ledger.member(member).unwrap().balance(&self.rules, day(on))
    }

    /// Available, pending, transferred, reversed, debt.
    fn points(&self, member: &str, on: &str) -> [i64; 5] {
        let Balance { available, pending, transferred, reversed, debt, .. } = self.balance(member, on);
        [available, pending, transferred, reversed, debt].map(Points::units)
    }

    /// Key, rest and last day of each lot.
    fn lots(&self, member: &str) -> Vec<(String, i64, Option<NaiveDate>)> {
        let lots = self.ledger.member(member).unwrap().lots();
        for lot in lots {
            assert_eq!(lot.earned, lot.rest + lot.redeemed + lot.expired + lot.reversed + lot.transferred, "{lot:?}");
        }
        lots.iter().map(|lot| (lot.key(), lot.rest, lot.expires_on)).collect()
    }

    fn tier(&self, member: &str, on: &str) -> &str {
        self.ledger.member(member).unwrap().tier_on(&self.rules, day(on)).unwrap()
    }
}

fn opening(member: &str) -> Opening {
    Opening {
        id: "o1".to_owned(),
        member: member.to_owned(),
        lots: vec![
            OpeningLot {
                points: Exact::from(70),
                spendable_on: day("2026-01-01"),
                expires_on: Some(day("2026-12-31")),
            },
            OpeningLot { points: Exact::from(30), spendable_on: day("2026-06-01"), expires_on: None },
            OpeningLot { points: Exact::from(5), spendable_on: day("2025-01-01"), expires_on: Some(day("2025-12-31")) },
        ],
        tier: Some("silver".to_owned()),
        spending: Exact::from(1900),
        upgrades: [("silver".to_owned(), day("2026-02-01"))].into(),
        purchases: 12,
        usage: Usage([("redemption.mug.points.day".to_owned(), Exact::from(95))].into()),
        at: at("2026-05-01"),
    }
}
