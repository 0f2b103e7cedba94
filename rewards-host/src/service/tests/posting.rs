//! A purchase comes in, the engine answers, the ledger keeps it.

use serde_json::Value;

use super::{desks, purchase};

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
      upgrade_points: 50
points:
  earn: {points: 1, per: 1.00}
  expires_after: 36 months
"#;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn a_purchase_is_posted_once_and_read_back() {
    for desk in desks(PROGRAM).await {
        let kind = desk.kind();
        let first = r#"{"id":"t1","amount":"80.00","currency":"EUR","occurred_at":"DAYT12:00:00Z"}"#;
        let first = &first.replace("DAY", &super::shop::day("2026-03-01"));
        let done = desk.service.post_one(purchase("m-1", first)).await.unwrap();
        assert!(!done.replayed, "{kind}");
        assert_eq!(json(&done.answer)["totals"]["total"], "1.60", "{kind}");
        let again = desk.service.post_one(purchase("m-1", first)).await.unwrap();
        assert!(again.replayed, "{kind}");
        assert_eq!(again.answer, done.answer, "{kind}");
        let other = first.replace("80.00", "81.00");
        assert_eq!(desk.service.post_one(purchase("m-1", &other)).await.unwrap_err().code.as_str(), "id_conflict");
        assert_eq!(desk.service.post_one(purchase("m-2", first)).await.unwrap_err().code.as_str(), "id_conflict");

        let second = first.replace("t1", "t2").replace("80.00", "30.00");
        desk.service.post_one(purchase("m-1", &second)).await.unwrap();
        let views = desk.service.member("m-1").await.unwrap();
        let [view] = views.as_slice() else { panic!("{views:?}") };
        assert_eq!(view.points.earned, "160", "{kind}");
        assert_eq!(view.points.available, "160", "{kind}");
        assert_eq!(view.standing.tier.as_deref(), Some("silver"), "{kind}");
    }
}
