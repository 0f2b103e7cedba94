//! Rules change: written by one, approved by another, in force from an instant on.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::{ANY, Desk, UNTRIED, desks, purchase};
use crate::service::drafts::{DraftChange, DraftView, Expected, Named, NewDraft};
use crate::service::error::ServiceError;
use crate::service::impact::TrialState;
use crate::service::review::{Published, Start};
use crate::store::rule_rows::{DraftRow, DraftState, RulesWanted};

const PROGRAM: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - id: all
    rate: 2%
tiers:
  window: calendar_year
  levels:
    - id: bronze
      min_spending: 0.00
    - id: silver
      min_spending: 100.00
    - id: gold
      min_spending: 1000.00
points:
  earn: {points: 1, per: 1.00}
"#;

const TESTS: &str = r#"
tests:
  - name: three percent
    transaction: {id: t1, amount: 100.00, currency: EUR, occurred_at: "2026-01-15T12:00:00+01:00"}
    expect: {total: "3.00"}
"#;

fn files(program: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("program.yaml".to_owned(), program.to_owned())])
}

fn three() -> String {
    PROGRAM.replace("rate: 2%", "rate: 3%")
}

impl Desk {
    async fn draft(&self, program: &str) -> DraftRow {
        let new = NewDraft { files: Some(files(program)), ..NewDraft::default() };
        self.service.new_draft("ann", new).await.unwrap()
    }

    async fn approved(&self, program: &str) -> Result<DraftRow, ServiceError> {
        let draft = self.draft(program).await;
        self.service.submit(draft.id, "ann", &ANY).await?;
        self.service.approve(draft.id, "bob", &ANY, UNTRIED).await
    }

    async fn published(&self, program: &str, from: DateTime<Utc>) -> Result<Published, ServiceError> {
        let draft = self.approved(program).await?;
        let start = Start { from: Some(from), ..Start::default() };
        self.service.publish_draft(draft.id, "cay", &ANY, &start).await
    }

    async fn total(&self, id: &str, at: DateTime<Utc>) -> String {
        let text = format!(r#"{{"id":"{id}","amount":"100.00","currency":"EUR","occurred_at":"{}"}}"#, at.to_rfc3339());
        let done = self.service.post_one(purchase("m-1", &text)).await.unwrap();
        let outcome: Value = serde_json::from_str(&done.answer).unwrap();
        outcome["totals"]["total"].as_str().unwrap().to_owned()
    }

    async fn soon(&self) -> DateTime<Utc> {
        self.service.now().await.unwrap() + TimeDelta::hours(1)
    }
}

fn code(error: &ServiceError) -> &'static str {
    error.code.as_str()
}

#[tokio::test]
async fn a_publication_takes_force_at_its_instant_and_is_rolled_back_forward() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let before = desk.service.now().await.unwrap();
        let old = super::rules(PROGRAM).hash().to_owned();
        let from = desk.soon().await;
        let new = desk.published(&three(), from).await.unwrap();
        assert_eq!((new.published_by.as_str(), new.approved_by.as_deref()), ("cay", Some("bob")), "{kind}");
        assert_eq!(desk.total("t1", from - TimeDelta::seconds(1)).await, "2.00", "{kind}");
        assert_eq!(desk.total("t2", from).await, "3.00", "{kind}");

        let back = from + TimeDelta::hours(1);
        let to = Named::Hash(old.clone());
        let start = Start { from: Some(back), ..Start::default() };
        let rolled = desk.service.roll_back(&to, "dan", &start).await.unwrap();
        assert_eq!((rolled.rule_set, rolled.approved_by), (old, None), "{kind}");
        assert_eq!(desk.total("t3", back).await, "2.00", "{kind}");
        // A purchase that comes late follows the rules of its own instant.
        assert_eq!(desk.total("t4", back - TimeDelta::seconds(1)).await, "3.00", "{kind}");
        assert_eq!(desk.total("t5", before - TimeDelta::days(1)).await, "2.00", "{kind}");
        let again = Start { from: Some(back + TimeDelta::hours(1)), ..Start::default() };
        assert_eq!(code(&desk.service.roll_back(&to, "dan", &again).await.unwrap_err()), "state_conflict");

        let listed = desk.service.list_rules(&RulesWanted { limit: 10, ..RulesWanted::default() }).await.unwrap();
        let kinds: Vec<&str> = listed.iter().map(|item| item.kind.as_str()).collect();
        assert_eq!(kinds, ["publication", "publication", "draft", "publication"], "{kind}");
        let audit = desk.service.published(&new.rule_set).await.unwrap().audit;
        let actions: Vec<(&str, &str)> = audit.iter().map(|a| (a.action.as_str(), a.subject.as_str())).collect();
        assert_eq!(actions, [("submitted", "ann"), ("approved", "bob"), ("published", "cay")], "{kind}");
    }
}

#[tokio::test]
async fn nothing_takes_force_before_it_is_kept() {
    for desk in desks(PROGRAM).await {
        let draft = desk.approved(&three()).await.unwrap();
        let now = desk.service.now().await.unwrap();
        for from in [now - TimeDelta::days(1), now, now + TimeDelta::seconds(1)] {
            let start = Start { from: Some(from), ..Start::default() };
            let error = desk.service.publish_draft(draft.id, "cay", &ANY, &start).await.unwrap_err();
            assert_eq!((code(&error), &error.fields["path"]), ("invalid_request", &"from".into()), "{}", desk.kind());
        }
        let published = desk.service.publish_draft(draft.id, "cay", &ANY, &Start::default()).await.unwrap();
        let after = desk.service.now().await.unwrap();
        assert!(published.in_force_from >= now + TimeDelta::seconds(2), "{}", desk.kind());
        assert!(published.in_force_from > after, "{}", desk.kind());
        let again = desk.service.publish_draft(draft.id, "cay", &ANY, &Start::default()).await.unwrap_err();
        assert_eq!(code(&again), "state_conflict");
    }
}

#[tokio::test]
async fn who_approves_has_seen_what_it_costs_or_says_why_not() {
    for desk in desks(PROGRAM).await {
        let (service, kind) = (&desk.service, desk.kind());
        let draft = desk.draft(&three()).await;
        let tries = async |days| drop(service.impact(&Named::Draft(draft.id), "ann", days).await.unwrap());
        let trial = async || service.draft(draft.id).await.unwrap().trial;
        tries(29).await;
        service.submit(draft.id, "ann", &ANY).await.unwrap();
        assert_eq!(trial().await, TrialState::Missing, "{kind}");
        let refused = service.approve(draft.id, "bob", &ANY, None).await.unwrap_err();
        assert_eq!(code(&refused), "not_tried", "{kind}");
        tries(30).await;
        let TrialState::Done(tried) = trial().await else { panic!("{kind}: it was tried") };
        assert_eq!((tried.by.as_str(), tried.days, tried.purchases), ("ann", 30, 0), "{kind}");
        // Other files were not tried; the same ones are, also when they come back.
        for (rules, is_tried) in [(PROGRAM.replace("rate: 2%", "rate: 4%"), false), (three(), true)] {
            let change = DraftChange { files: Some(files(&rules)), ..DraftChange::default() };
            service.change_draft(draft.id, "ann", &ANY, change).await.unwrap();
            assert_eq!(matches!(trial().await, TrialState::Done(_)), is_tried, "{kind}");
        }
        service.submit(draft.id, "ann", &ANY).await.unwrap();
        service.approve(draft.id, "bob", &ANY, UNTRIED).await.unwrap();
        let told = |view: DraftView| view.audit.last().unwrap().detail.clone();
        assert!(told(service.draft(draft.id).await.unwrap()).get("without_trial").is_none(), "{kind}");
        let other = desk.approved(&three()).await.unwrap();
        let told = told(service.draft(other.id).await.unwrap());
        assert_eq!(told["without_trial"], UNTRIED.unwrap(), "{kind}");
        // Of a program of which nothing is in force there is nothing to hold it against.
        let first = desk.draft(&PROGRAM.replace("program: shop", "program: stall")).await;
        service.submit(first.id, "ann", &ANY).await.unwrap();
        assert_eq!(service.draft(first.id).await.unwrap().trial, TrialState::NotNeeded, "{kind}");
        service.approve(first.id, "bob", &ANY, None).await.unwrap();
    }
}

#[tokio::test]
async fn two_persons_have_to_agree() {
    for desk in desks(PROGRAM).await {
        let service = &desk.service;
        let draft = desk.draft(&three()).await;
        assert_eq!(code(&service.approve(draft.id, "bob", &ANY, UNTRIED).await.unwrap_err()), "state_conflict");
        // Bob changes a word of it, so it is his as well.
        let change = DraftChange { files: Some(files(&three())), ..DraftChange::default() };
        service.change_draft(draft.id, "bob", &Expected(Some(vec![1])), change).await.unwrap();
        service.submit(draft.id, "eve", &ANY).await.unwrap();
        for who in ["ann", "bob", "eve"] {
            assert_eq!(code(&service.approve(draft.id, who, &ANY, UNTRIED).await.unwrap_err()), "same_person", "{who}");
        }
        let approved = service.approve(draft.id, "cay", &ANY, UNTRIED).await.unwrap();
        assert_eq!((approved.state, approved.approved_by.as_deref()), (DraftState::Approved, Some("cay")));
        // A change takes the approval away.
        let change = DraftChange { note: Some("another word".to_owned()), ..DraftChange::default() };
        let changed = service.change_draft(draft.id, "ann", &ANY, change).await.unwrap();
        assert_eq!((changed.state, changed.approved_by), (DraftState::Draft, None), "{}", desk.kind());
        assert_eq!(
            code(&service.publish_draft(draft.id, "cay", &ANY, &Start::default()).await.unwrap_err()),
            "state_conflict"
        );
        let withdraw = DraftChange { withdraw: true, ..DraftChange::default() };
        service.change_draft(draft.id, "ann", &ANY, withdraw).await.unwrap();
        assert_eq!(code(&service.submit(draft.id, "ann", &ANY).await.unwrap_err()), "state_conflict");
    }
}

#[tokio::test]
async fn of_two_who_change_the_same_version_one_is_told() {
    for desk in desks(PROGRAM).await {
        let draft = desk.draft(&three()).await;
        let change = |note: &str| DraftChange { note: Some(note.to_owned()), ..DraftChange::default() };
        let read = Expected(Some(vec![draft.version]));
        let changed = desk.service.change_draft(draft.id, "ann", &read, change("first")).await.unwrap();
        assert_eq!(changed.version, 2);
        let late = desk.service.change_draft(draft.id, "bob", &read, change("second")).await.unwrap_err();
        assert_eq!(code(&late), "precondition_failed", "{}", desk.kind());
        assert_eq!(code(&desk.service.submit(draft.id, "ann", &read).await.unwrap_err()), "precondition_failed");
        assert_eq!(desk.service.draft_row(draft.id).await.unwrap().note, "first");
    }
}

#[tokio::test]
async fn mistakes_are_told_with_their_place_and_stop_a_submission() {
    for desk in desks(PROGRAM).await {
        let broken = PROGRAM.replace("rate: 2%", "rate: 2%\n    when: tx.amuont > 5");
        let draft = desk.draft(&broken).await;
        let seen = desk.service.validate(&Named::Draft(draft.id), "ann").await.unwrap();
        let finding = seen.findings.first().unwrap();
        let place = finding.place.as_ref().unwrap();
        assert!(!seen.ok && finding.code.starts_with('R') && finding.help.is_some(), "{finding:?}");
        assert_eq!((place.file.as_str(), place.line), ("program.yaml", 8), "{finding:?}");
        let error = desk.service.submit(draft.id, "ann", &ANY).await.unwrap_err();
        assert_eq!((code(&error), &error.fields["findings"][0]["place"]["line"]), ("findings_present", &8.into()));

        // Rules that compile, and a test that fails.
        let mut with_tests = files(PROGRAM);
        with_tests.insert("shop.test.yaml".to_owned(), TESTS.to_owned());
        let change = DraftChange { files: Some(with_tests.clone()), ..DraftChange::default() };
        desk.service.change_draft(draft.id, "ann", &ANY, change).await.unwrap();
        let error = desk.service.submit(draft.id, "ann", &ANY).await.unwrap_err();
        assert_eq!(code(&error), "findings_present");
        let failure = &error.fields["failed_tests"][0]["failures"][0];
        assert_eq!((&failure["expected"], &failure["actual"]), (&"3.00".into(), &"2.00".into()), "{error:?}");
        with_tests.insert("program.yaml".to_owned(), three());
        let change = DraftChange { files: Some(with_tests), ..DraftChange::default() };
        desk.service.change_draft(draft.id, "ann", &ANY, change).await.unwrap();
        assert_eq!(desk.service.submit(draft.id, "ann", &ANY).await.unwrap().state, DraftState::InReview);
        let changes = desk.service.difference(&Named::Draft(draft.id), None).await.unwrap().changes;
        let words: Vec<String> = changes.iter().map(rewards_rules::diff::Change::words).collect();
        assert_eq!(words, ["base rule all: rate 2 % → 3 %"]);
    }
}

#[tokio::test]
async fn only_what_was_published_can_be_rolled_back_to() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let stored = super::rules(&three());
        let mut work = desk.service.store.begin().await.unwrap();
        desk.service.keep_rule_set(&mut work, &stored).await.unwrap();
        work.commit().await.unwrap();
        let to = Named::Hash(stored.hash().to_owned());
        let start = Start { from: Some(desk.soon().await), ..Start::default() };
        assert_eq!(code(&desk.service.roll_back(&to, "dan", &start).await.unwrap_err()), "not_found", "{kind}");
        desk.published(&three(), desk.soon().await + TimeDelta::hours(1)).await.unwrap();
        assert_eq!(desk.service.roll_back(&to, "dan", &start).await.unwrap().rule_set, stored.hash(), "{kind}");
    }
}

#[tokio::test]
async fn what_cannot_change_is_refused() {
    for desk in desks(PROGRAM).await {
        let now = desk.service.now().await.unwrap();
        for id in ["t1", "t2"] {
            desk.total(id, now - TimeDelta::hours(1)).await;
        }
        let no_silver = PROGRAM.replace("    - id: silver\n      min_spending: 100.00\n", "");
        for (text, words) in [
            (PROGRAM.replace("EUR", "USD"), "currency EUR → USD"),
            (PROGRAM.replace("Europe/Berlin", "Europe/Lisbon"), "time zone Europe/Berlin → Europe/Lisbon"),
            (PROGRAM.replace("  earn:", "  decimals: 2\n  earn:"), "decimals of points 0 → 2"),
            (no_silver, "level `silver`, which members hold or held, is gone"),
        ] {
            let error = desk.approved(&text).await.unwrap_err();
            assert_eq!((code(&error), error.detail.as_str()), ("invalid_change", words), "{}", desk.kind());
        }
        // Nobody ever was gold.
        let no_gold = PROGRAM.replace("    - id: gold\n      min_spending: 1000.00\n", "");
        desk.approved(&no_gold).await.unwrap();
    }
}

#[tokio::test]
async fn a_counter_that_would_be_short_is_refused() {
    let capped = |per: &str| {
        PROGRAM.replace("rate: 2%", &format!("rate: 2%\n    caps: {{per_member: {{amount: 50.00, per: {per}}}}}"))
    };
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        // Nothing was posted yet: whatever is counted from now on is whole, but not what is counted from later on.
        let cycle = capped("billing_cycle");
        desk.approved(&cycle).await.unwrap();
        let later = desk.soon().await;
        assert_eq!(code(&desk.published(&cycle, later).await.unwrap_err()), "counter_not_ready", "{kind}");
        let now = desk.service.now().await.unwrap();
        desk.total("t1", now - TimeDelta::minutes(1)).await;
        // Nobody asked for a billing day when that was posted.
        let error = desk.approved(&cycle).await.unwrap_err();
        assert_eq!(
            (code(&error), &error.fields["counters"][0], error.fields.get("members_left")),
            ("counter_not_ready", &"base.all.amount.billing_cycle".into(), None),
            "{kind}"
        );
        // What a new rule grants was never granted before.
        let new = PROGRAM.replace("base:\n", "base:\n  - id: fuel\n    when: tx.category == \"fuel\"\n    rate: 3%\n    caps: {per_member: {amount: 5.00, per: lifetime}}\n");
        desk.approved(&new).await.unwrap();
    }
}

#[tokio::test]
async fn a_period_that_begins_with_the_rules_is_counted_whole() {
    let yearly =
        super::rules(&PROGRAM.replace("rate: 2%", "rate: 2%\n    caps: {per_member: {amount: 50.00, per: year}}"));
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        // Rules with the cap are over, and nobody asked for what was posted since.
        desk.publish(&yearly, "1970-01-02T00:00:00Z").await;
        desk.publish(&super::rules(PROGRAM), "1970-01-03T00:00:00Z").await;
        desk.total("t1", now - TimeDelta::minutes(1)).await;
        let to = Named::Hash(yearly.hash().to_owned());
        let start = |from| Start { from: Some(from), ..Start::default() };
        let berlin: DateTime<Utc> = "2999-12-31T23:00:00Z".parse().unwrap();
        desk.service.roll_back(&to, "dan", &start(berlin)).await.unwrap();
        let error = desk.service.roll_back(&to, "dan", &start(berlin - TimeDelta::days(1))).await.unwrap_err();
        assert_eq!((code(&error), &error.fields["members_left"]), ("counter_not_ready", &1.into()), "{kind}");
    }
}

#[tokio::test]
async fn the_audit_of_rules_only_grows() {
    use sqlx::{Executor, SqlStr};
    for desk in desks(PROGRAM).await {
        desk.draft(PROGRAM).await;
        for text in ["UPDATE rule_audit SET subject = 'nobody'", "DELETE FROM rule_audit"] {
            let text = SqlStr::from_static(text);
            let refused = match &desk.service.store {
                crate::store::Store::Postgres(pool) => pool.execute(text).await.map(drop),
                store => store.embedded_pool().unwrap().execute(text).await.map(drop),
            };
            assert!(refused.unwrap_err().to_string().contains("append-only"), "{}", desk.kind());
        }
    }
}
