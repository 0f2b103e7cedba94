//! A shop with all that the ledger keeps, and what people do in it.

use chrono::{DateTime, Utc};
use rewards_rules::RuleSet;
use rewards_rules::input::{Raw, Refund, Status};
use rewards_rules::source::{SourceFile, Sources};
use rewards_rules::state::Settlement;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Desk, desks, purchase};
use crate::service::command::{Act, Command, Done, RequestKey};
use crate::service::error::ServiceError;
use crate::service::publish::Publishing;
use crate::service::verify::{Replay, Verified};

pub(crate) const SHOP: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - id: all
    rate: 2%
    caps:
      per_member: {amount: 40.00, per: month}
tiers:
  window: calendar_year
  refund: immediate
  levels:
    - {id: bronze, min_spending: 0.00}
    - {id: silver, min_spending: 100.00, upgrade_points: 50}
    - {id: gold, min_spending: 5000.00, upgrade_points: 200}
points:
  earn: {points: 1, per: 1.00}
  expires_after: 36 months
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1.00}, caps: {per_member: {points: 300, per: day}}}
campaigns:
  - campaign: spring
    name: Spring
    type: percentage
    when: tx.category == "garden"
    reward: {rate: 10%}
    caps:
      budget: 25.00
  - campaign: big
    name: A big basket
    type: fixed
    min_transaction: 50.00
    when: tx.category == "basket"
    reward: {fixed: 5.00}
    on_refund: requalify
  - campaign: club
    name: The club
    type: fixed
    audience: {enrolled: true}
    when: tx.category == "club"
    reward: {fixed: 1.00}
"#;

/// The shop in one file, or in two where a file has either.
pub(crate) fn shop_rules(text: &str) -> RuleSet {
    let (program, campaigns) = text.split_once("campaigns:\n").unwrap_or((text, ""));
    let mut files = vec![("program.yaml", program.to_owned())];
    if !campaigns.is_empty() {
        files.push(("campaigns.yaml", format!("campaigns:\n{campaigns}")));
    }
    let files = files.into_iter().map(|(path, text)| SourceFile { path: path.to_owned(), bytes: text.into_bytes() });
    RuleSet::compile(Sources::new(files)).unwrap_or_else(|findings| panic!("{}", findings.render(false)))
}

/// The shop on each kind of store.
pub(crate) async fn shops() -> Vec<Desk> {
    super::desks_of(&shop_rules(SHOP)).await
}

/// Days of tests are written as of 2026, which stands for the year before this one: nothing here is yet to come, and
/// nothing of it has expired by now.
pub(crate) fn day(text: &str) -> String {
    use chrono::Datelike;
    let (year, rest) = text.split_at(4);
    let year: i32 = year.parse().unwrap();
    format!("{}{rest}", year - 2026 + Utc::now().year() - 1)
}

pub(crate) fn instant(text: &str) -> DateTime<Utc> {
    let text = if text.starts_with("1970") { text.to_owned() } else { day(text) };
    text.parse().unwrap()
}

/// A purchase at noon of a day.
pub(crate) fn buys(member: &str, id: &str, amount: &str, day: &str, category: Option<&str>) -> Command {
    let mut transaction =
        json!({"id": id, "amount": amount, "currency": "EUR", "occurred_at": format!("{}T12:00:00Z", self::day(day))});
    if let Some(category) = category {
        transaction["category"] = category.into();
    }
    purchase(member, &transaction.to_string())
}

pub(crate) fn command(member: &str, act: Act) -> Command {
    Command { user_id: member.to_owned(), program: None, act, key: None, by: "test".to_owned() }
}

pub(crate) fn refunds(member: &str, id: &str, original: &str, amount: &str) -> Command {
    let raw = json!({"id": id, "original": original, "amount": amount, "occurred_at": day("2026-11-01T12:00:00Z")});
    command(member, Act::Refund(Box::new(Refund::from_raw(Raw::from(raw)).unwrap())))
}

pub(crate) fn redeems(member: &str, id: Uuid, points: i64) -> Command {
    command(member, Act::Redeem { id, option: "cash".to_owned(), points: points.into(), details: None })
}

pub(crate) fn settles(member: &str, id: Uuid, settlement: Settlement) -> Command {
    command(member, Act::Settle { id, settlement, reason: "so".to_owned() })
}

pub(crate) fn transfers(from: &str, to: &str, points: i64) -> Command {
    command(from, Act::Transfer { id: Uuid::now_v7(), to: to.to_owned(), points: points.into() })
}

pub(crate) fn adjusts(member: &str, points: i64) -> Command {
    let id = Uuid::now_v7();
    let reason = "because".to_owned();
    command(member, Act::Adjust { id, points: points.into(), expires_on: None, reason, approved_by: None })
}

pub(crate) fn status(member: &str, status: Status) -> Command {
    command(member, Act::SetStatus { status, reason: "said so".to_owned() })
}

pub(crate) fn told(mut of: Command, more: Value) -> Command {
    if let Act::Purchase { facts, .. } = &mut of.act {
        *facts = more.as_object().cloned();
    }
    of
}

pub(crate) fn keyed(mut of: Command, key: &str, body: &str) -> Command {
    of.key = Some(RequestKey { scope: "test".to_owned(), key: key.to_owned(), request_sha256: body.to_owned() });
    of
}

pub(crate) fn answer(done: &Done) -> Value {
    serde_json::from_str(&done.answer).unwrap()
}

pub(crate) fn code(of: &Result<Done, ServiceError>) -> &'static str {
    of.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok")
}

impl Desk {
    pub(crate) async fn does(&self, of: Command) -> Value {
        answer(&self.service.post_one(of).await.unwrap_or_else(|e| panic!("{}: {e:?}", self.kind())))
    }

    /// Publishes a rule set from an instant on.
    pub(crate) async fn publish(&self, rules: &RuleSet, from: &str) {
        let how =
            Publishing { from: instant(from), published_by: "test".to_owned(), approved_by: None, note: String::new() };
        let mut work = self.service.store.begin().await.unwrap();
        self.service.publish(&mut work, rules, &how).await.unwrap();
        work.commit().await.unwrap();
    }

    /// What verification finds.
    pub(crate) async fn findings(&self) -> (Verified, Vec<String>) {
        self.findings_with(None).await
    }

    /// The same, with the value of an anchor that was kept elsewhere.
    pub(crate) async fn findings_with(&self, anchor: Option<&str>) -> (Verified, Vec<String>) {
        let mut found = Vec::new();
        let mut tell = |finding: crate::service::verify::Finding| found.push(finding.to_string());
        let done = self.service.verify(anchor, &mut tell).await.unwrap();
        (done, found)
    }

    /// Every invariant holds, and every posting comes to the same again.
    pub(crate) async fn holds(&self) -> (Verified, Replay) {
        let (done, found) = self.findings().await;
        assert!(found.is_empty(), "{}: {found:#?}", self.kind());
        let mut differing = Vec::new();
        let mut tell = |one: crate::service::verify::Replayed| differing.push(one.to_string());
        let replay = self.service.replay(&mut tell).await.unwrap();
        assert!(differing.is_empty(), "{}: {differing:#?}", self.kind());
        (done, replay)
    }

    pub(crate) async fn balance(&self, member: &str) -> (String, String) {
        let views = self.service.member(member).await.unwrap();
        (views[0].points.available.clone(), views[0].points.debt.clone())
    }

    pub(crate) async fn tier(&self, member: &str) -> Option<String> {
        self.service.member(member).await.unwrap()[0].standing.tier.clone()
    }

    pub(crate) async fn budget(&self) -> String {
        self.ask("SELECT units FROM budget_counters").await.concat()
    }
}

#[tokio::test]
async fn the_shop_opens() {
    let _ = desks("program: other\ncurrency: EUR\ntimezone: UTC\nbase: [{id: all, rate: 1%}]\n").await;
    for desk in shops().await {
        assert_eq!(desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await["totals"]["total"], "0.20");
        let (done, replay) = desk.holds().await;
        assert_eq!((done.members, done.lines, done.postings, replay.postings), (1, 1, 1, 1));
    }
}
