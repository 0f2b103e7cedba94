//! A member's day, over HTTP with the command itself: buying, spending, giving, being helped, being forgotten.

use serde_json::{Value, json};
use tempfile::TempDir;

use super::running::{LONG, Service, bare, start};

const PROGRAM: &str = "program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - id: all
    rate: 2%
points:
  earn: {points: 1, per: 1.00}
redemption:
  options:
    - id: credit
      type: statement_credit
      value: {points: 100, cash: 1.00}
    - {id: coupon, type: voucher, value: {points: 100, cash: 1.00}}
campaigns:
  - campaign: club
    type: percentage
    active: {from: 2020-01-01, to: 2099-12-31}
    audience: {enrolled: true}
    reward: {rate: 1%}
    caps: {budget: 100.00}
";

struct Shop {
    service: Service,
    _rules: TempDir,
}

impl Shop {
    fn open(more: &str) -> Shop {
        let rules = tempfile::tempdir().unwrap();
        std::fs::write(rules.path().join("program.yaml"), PROGRAM).unwrap();
        let folder = rules.path().to_str().unwrap();
        let settings = format!("[store]\nrules = {folder:?}\n[points]\napproval_over = 500\n{more}");
        Shop { service: start(&settings), _rules: rules }
    }

    fn token(&self, sub: &str, role: &str) -> String {
        let data = self.service.data.path().to_str().unwrap();
        let output = bare(&["token", "--data", data, "--sub", sub, "--role", role]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Status and body.
    fn ask(&self, token: &str, method: &str, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let key = if key.is_empty() { String::new() } else { format!("idempotency-key: {key}\r\n") };
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n{key}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.service.send(request.as_bytes());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }
}

#[test]
fn a_member_buys_spends_gives_and_is_forgotten() {
    let shop = Shop::open("");
    let [alice, bob] = ["alice", "bob"].map(|name| shop.token(name, "user"));
    let (till, boss, chief) =
        (shop.token("till", "service"), shop.token("boss", "manager"), shop.token("chief", "manager"));
    let admin = shop.token("root", "admin");
    let none = Value::Null;
    let ok = |due: u16, answer: (u16, Value)| {
        assert_eq!(answer.0, due, "{}", answer.1);
        answer.1
    };

    let enrolled = ok(200, shop.ask(&alice, "PUT", "/campaigns/club/members/alice", "", &none));
    assert_eq!(enrolled["enrolled"], true);
    for (member, id) in [("alice", "t1"), ("bob", "t2")] {
        let purchase = json!({"user_id": member, "member": {"country": "NO"}, "transaction":
            {"id": id, "amount": "300.00", "currency": "EUR", "occurred_at": chrono::Utc::now().to_rfc3339()}});
        ok(
            200,
            shop.ask(&till, "POST", "/cashback/preview", "", &{
                let mut body = purchase.clone();
                body["explain"] = json!(true);
                body
            }),
        );
        ok(200, shop.ask(&till, "POST", "/cashback/calculate", "", &purchase));
    }
    let club = ok(200, shop.ask(&bob, "GET", "/campaigns/club", "", &none));
    assert_eq!((&club["budget"]["used"], &club["budget"]["left"]), (&json!("3.00"), &json!("97.00")));

    let order = json!({"option": "credit", "points": "100", "details": {"iban": "DE02"}});
    let made = ok(201, shop.ask(&alice, "POST", "/rewards/redeem", "k1", &order));
    assert_eq!(ok(201, shop.ask(&alice, "POST", "/rewards/redeem", "k1", &order)), made);
    let path = format!("/rewards/redemptions/{}", made["redemption_id"].as_str().unwrap());
    assert_eq!(ok(404, shop.ask(&bob, "GET", &path, "", &none))["code"], "not_found");
    assert_eq!(ok(200, shop.ask(&alice, "GET", &path, "", &none))["details"]["iban"], "DE02");
    let ending = json!({"outcome": "completed", "reason": "credited"});
    ok(200, shop.ask(&till, "POST", &format!("{path}/settle"), "s1", &ending));
    let gift = json!({"to": "bob", "points": 50});
    ok(201, shop.ask(&alice, "POST", "/rewards/transfer", "k2", &gift));
    let asked = json!({"user_id": "alice", "points": 501, "reason": "a complaint"});
    let asked = ok(202, shop.ask(&boss, "POST", "/rewards/adjustments", "a1", &asked));
    let approve = format!("/rewards/adjustments/{}/approve", asked["adjustment_id"].as_str().unwrap());
    assert_eq!(ok(403, shop.ask(&boss, "POST", &approve, "", &none))["code"], "same_person");
    ok(200, shop.ask(&chief, "POST", &approve, "", &none));

    let points = ok(200, shop.ask(&alice, "GET", "/rewards/alice", "", &none));
    assert_eq!(points["programs"][0]["available"], "651");
    let history = ok(200, shop.ask(&alice, "GET", "/rewards/alice/history?limit=1", "", &none));
    assert_eq!(history["items"][0]["action_type"], "adjustment");
    let next = format!("/rewards/alice/history?limit=1&cursor={}", history["next_cursor"].as_str().unwrap());
    assert_eq!(ok(200, shop.ask(&alice, "GET", &next, "", &none))["items"][0]["action_type"], "transfer_out");
    let sums = ok(200, shop.ask(&alice, "GET", "/cashback/alice/summary", "", &none));
    assert_eq!(sums["programs"][0]["total"], "9.00");
    let parts = ok(200, shop.ask(&alice, "GET", "/cashback/alice/transactions?campaign_id=club", "", &none));
    assert_eq!((&parts["total"], &parts["items"][0]["amount"]), (&json!(1), &json!("3.00")));

    assert_eq!(ok(200, shop.ask(&boss, "GET", "/members/alice", "", &none))["member"]["country"], "NO");
    ok(200, shop.ask(&admin, "DELETE", "/members/alice/personal-data", "", &none));
    assert_eq!(ok(200, shop.ask(&boss, "GET", "/members/alice", "", &none))["member"], json!({}));
    assert_eq!(ok(422, shop.ask(&alice, "POST", "/rewards/redeem", "k3", &order))["code"], "member_inactive");
    let back = json!({"id": "r1", "amount": "300.00", "occurred_at": chrono::Utc::now().to_rfc3339()});
    assert_eq!(ok(200, shop.ask(&till, "POST", "/cashback/t1/refunds", "", &back))["totals"]["total"], "-9.00");
}

#[test]
fn what_is_set_to_be_completed_at_once_is_completed_without_anybody() {
    let shop = Shop::open("[redemptions]\nat_once = [\"statement_credit\"]\n");
    let (alice, boss) = (shop.token("alice", "user"), shop.token("boss", "manager"));
    let gift = json!({"user_id": "alice", "points": 300, "reason": "welcome"});
    assert_eq!(shop.ask(&boss, "POST", "/rewards/adjustments", "a1", &gift).0, 201);
    let order = json!({"option": "credit", "points": 100});
    let (status, made) = shop.ask(&alice, "POST", "/rewards/redeem", "k1", &order);
    assert_eq!((status, &made["status"]), (201, &json!("pending")), "{made}");
    let path = format!("/rewards/redemptions/{}", made["redemption_id"].as_str().unwrap());
    let begun = std::time::Instant::now();
    loop {
        let (_, now) = shop.ask(&boss, "GET", &path, "", &Value::Null);
        if now["status"] == "completed" {
            assert!(now["processed_at"].is_string(), "{now}");
            break;
        }
        assert!(begun.elapsed() < LONG, "{now}");
        std::thread::sleep(std::time::Duration::from_millis(700));
    }
}

#[test]
fn what_has_a_pool_of_codes_is_not_completed_at_once() {
    let codes = json!({"option": "coupon", "codes": ["A", "B"]});
    let settings = "[redemptions]\nat_once = [\"voucher\"]\n";
    let shop = Shop::open(settings);
    let boss = shop.token("boss", "manager");
    let (status, refused) = shop.ask(&boss, "POST", "/voucher-codes", "", &codes);
    assert_eq!((status, &refused["code"]), (409, &json!("state_conflict")), "{refused}");

    let mut shop = Shop::open("");
    let boss = shop.token("boss", "manager");
    assert_eq!(shop.ask(&boss, "POST", "/voucher-codes", "", &codes).0, 200);
    let health = shop.service.get("/health/detailed");
    assert!(health.starts_with("HTTP/1.1 200") && health.contains("shop/coupon: 2 left"), "{health}");
    shop.service.child.kill().unwrap();
    shop.service.child.wait().unwrap();
    let folder = shop.service.data.path();
    let file = folder.join("at-once.toml");
    std::fs::write(&file, settings).unwrap();
    let (file, folder) = (file.to_str().unwrap(), folder.to_str().unwrap());
    let ended = bare(&["serve", "--port", "0", "--config", file, "--data", folder]).output().unwrap();
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{told}");
    assert!(told.contains("redemptions.at_once") && told.contains("`shop/coupon`, which has a pool"), "{told}");
}

#[test]
fn what_is_posted_is_counted_and_who_asked_is_kept() {
    let shop = Shop::open("");
    let (till, admin) = (shop.token("till", "service"), shop.token("root", "admin"));
    let transaction = json!({"id": "t1", "amount": "50.00", "currency": "EUR", "occurred_at": "2026-03-01T12:00:00Z"});
    let body = json!({"user_id": "alice", "transaction": transaction});
    assert_eq!(shop.ask(&till, "POST", "/cashback/calculate", "", &body).0, 200);
    assert_eq!(shop.ask(&till, "GET", "/rewards/alice", "", &Value::Null).0, 403);
    let counted = shop.service.get("/metrics");
    for line in [
        "rewards_cashback_minor_units_total{program=\"shop\",campaign=\"\",kind=\"base\"} 100",
        "rewards_ledger_actions_total{action=\"purchase\",program=\"shop\"} 1",
        "rewards_points_units_total{action=\"purchase\",program=\"shop\"} 50",
    ] {
        assert!(counted.contains(line), "{line} is not in\n{counted}");
    }
    // Lines are written behind the answers.
    let started = std::time::Instant::now();
    loop {
        let lines = shop.ask(&admin, "GET", "/audit/access?from_status=400&subject=till", "", &Value::Null).1;
        if lines["items"][0]["path"] == "/api/v1/rewards/alice" {
            assert_eq!((&lines["items"][0]["status"], &lines["items"][0]["roles"]), (&json!(403), &json!("service")));
            break;
        }
        assert!(started.elapsed() < LONG, "{lines}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}
