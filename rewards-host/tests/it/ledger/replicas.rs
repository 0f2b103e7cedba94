//! Two replicas do the same jobs, and one of them stands still in the middle of them: each thing is done once.

use std::net::SocketAddr;
use std::process::{Child, Command};

use serde_json::json;

use super::serving::{Place, ask};

const RULES: &str = "program: shop
currency: EUR
timezone: UTC
base:
  - {id: all, rate: 2%}
tiers:
  window: calendar_year
  levels:
    - {id: low, min_spending: 0.00}
    - {id: high, min_spending: 50.00}
points:
  earn: {points: 1, per: 1.00}
  expires_after: 12 months
redemption:
  options:
    - {id: credit, type: statement_credit, value: {points: 100, cash: 1.00}}
";

/// Members whose points expire and whose level ends.
const OLD: usize = 600;

/// Members whose redemptions are to be completed.
const NEW: usize = 30;

/// A replica of the service.
struct Replica(Child);

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Replica {
    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }

    fn stands_still(&self) {
        self.signal("-STOP");
    }

    fn goes_on(&self) {
        self.signal("-CONT");
    }
}

fn is(place: &Place, sql: &str) -> bool {
    place.asked(sql) == ["t"]
}

fn all_is_done(place: &Place) -> bool {
    is(
        place,
        &format!(
            "SELECT (SELECT count(*) FROM reward_history WHERE action_type = 'points_expired') >= {OLD}
                AND NOT EXISTS (SELECT FROM reward_redemptions WHERE status = 'pending')
                AND NOT EXISTS (SELECT FROM members WHERE counted < (SELECT max(seq) FROM counter_fills))"
        ),
    )
}

/// Old purchases, redemptions that wait, and rules that want a counter which nobody counted.
fn work_to_do(place: &Place, address: SocketAddr) {
    let (till, boss) = (place.token(), place.token_of("manager"));
    let now = chrono::Utc::now().to_rfc3339();
    let buys = |kind: &str, n: usize, amount: &str, at: &str| {
        let transaction = json!({"id": format!("{kind}{n}"), "amount": amount, "currency": "EUR", "occurred_at": at});
        json!({"user_id": format!("{kind}-{n}"), "transaction": transaction})
    };
    let mut items: Vec<_> = (0..OLD).map(|n| buys("old", n, "80.00", "2020-03-01T12:00:00Z")).collect();
    items.extend((0..NEW).map(|n| buys("new", n, "200.00", &now)));
    let body = json!({"items": items}).to_string();
    let (status, answer) = ask(address, &till, "POST /api/v1/cashback/calculate/batch", &body).unwrap();
    assert!(status == 200 && !answer.contains(r#""code":""#), "{status} {answer}");
    for n in 0..NEW {
        let body = json!({"user_id": format!("new-{n}"), "option": "credit", "points": "100"}).to_string();
        let (status, answer) = ask(address, &boss, "POST /api/v1/rewards/redeem", &body).unwrap();
        assert_eq!(status, 201, "{answer}");
    }
    let capped = RULES.replace("rate: 2%", "rate: 2%, caps: {per_member: {amount: 500.00, per: lifetime}}");
    let body = json!({"note": "capped", "files": {"program.yaml": capped}}).to_string();
    let (status, draft) = ask(address, &boss, "POST /api/v1/rules", &body).unwrap();
    assert_eq!(status, 201, "{draft}");
    let draft: serde_json::Value = serde_json::from_str(&draft).unwrap();
    let submit = format!("POST /api/v1/rules/{}/submit", draft["id"].as_str().unwrap());
    let (status, answer) = ask(address, &boss, &submit, "").unwrap();
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn what_two_replicas_do_is_done_once_although_one_of_them_stands_still_meanwhile() {
    let Some(place) = Place::postgres() else { return };
    let place = place.with(RULES, "");
    let (child, address) = place.serve();
    let first = Replica(child);
    work_to_do(&place, address);
    drop(first);
    let place = place.with(RULES, "[redemptions]\nat_once = [\"statement_credit\"]\n");

    // It stands still in the middle of a transaction.
    let one = Replica(place.serve().0);
    let holds = "SELECT count(*) > 0 FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction' AND xact_start < state_change";
    loop {
        one.stands_still();
        if is(&place, holds) || all_is_done(&place) {
            break;
        }
        one.goes_on();
    }
    let other = Replica(place.serve().0);
    // Until the other one cannot go on without it; then the other stands still, and so on.
    let waits =
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for turn in 0.. {
        for _ in 0..50 {
            if is(&place, waits) || all_is_done(&place) {
                break;
            }
        }
        let (still, running) = if turn % 2 == 0 { (&one, &other) } else { (&other, &one) };
        still.goes_on();
        if all_is_done(&place) {
            break;
        }
        running.stands_still();
    }
    one.goes_on();
    other.goes_on();
    assert!(is(&place, &format!("SELECT count(*) = {OLD} FROM reward_history WHERE action_type = 'points_expired'")));
    assert!(is(&place, &format!("SELECT count(*) = {NEW} FROM reward_redemptions WHERE status = 'completed'")));
    assert!(is(&place, &format!("SELECT count(*) = {} FROM members_counted", OLD + NEW)));
    // To all who are alike the same was done and told.
    for table in ["reward_history", "outbox"] {
        for kind in ["old", "new"] {
            let alike = format!(
                "SELECT count(DISTINCT n) = 1 FROM (SELECT count(*) AS n FROM {table}
                    WHERE user_id LIKE '{kind}-%' GROUP BY user_id) AS q"
            );
            assert!(is(&place, &alike), "{table} {kind}");
        }
    }
    drop((one, other));
    place.is_whole();
}
