//! Rules over HTTP: written, broken, mended, approved by another, in force, rolled back.

use std::io::Write;

use serde_json::{Value, json};

use super::running::{Service, bare, rest, start};

/// An answer: status, the value of `ETag`, body.
struct Answer {
    status: u16,
    tag: String,
    body: Value,
}

struct Client<'a> {
    service: &'a Service,
    token: String,
}

fn client<'a>(service: &'a Service, sub: &str, role: &str) -> Client<'a> {
    let folder = service.data.path().to_str().unwrap();
    let output = bare(&["token", "--data", folder, "--sub", sub, "--role", role]).output().unwrap();
    Client { service, token: String::from_utf8(output.stdout).unwrap().trim().to_owned() }
}

impl Client<'_> {
    fn send(&self, method: &str, path: &str, headers: &str, body: Option<&Value>) -> Answer {
        let body = body.map(Value::to_string).unwrap_or_default();
        let kind = if body.is_empty() { "" } else { "content-type: application/json\r\n" };
        let mut stream = self.service.connect();
        let request = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n{headers}{kind}\
             content-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let answer = rest(&mut stream);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
        let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap_or_default().to_owned();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, tag, body: serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")) }
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "", Some(body))
    }

    fn total(&self, id: &str, at: &str) -> String {
        let transaction =
            json!({"id": id, "amount": "40.00", "currency": "USD", "category": "fuel", "occurred_at": at});
        let answer =
            self.post("/cashback/calculate", &json!({"user_id": format!("m-{id}"), "transaction": transaction}));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body["totals"]["total"].as_str().unwrap().to_owned()
    }
}

fn after(minutes: i64) -> String {
    (chrono::Utc::now() + chrono::TimeDelta::minutes(minutes)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[test]
fn rules_are_written_mended_approved_published_and_rolled_back() {
    let service = start("");
    let (ann, bob) = (client(&service, "ann", "manager"), client(&service, "bob", "admin"));
    let till = client(&service, "till", "service");
    assert_eq!(till.send("GET", "/rules", "", None).status, 403);
    assert_eq!(till.total("t1", &after(-5)), "1.20");

    let draft = ann.post("/rules", &json!({"note": "fuel at four"}));
    assert_eq!((draft.status, draft.tag.as_str(), &draft.body["state"]), (201, "\"1\"", &"draft".into()));
    let path = format!("/rules/{}", draft.body["id"].as_str().unwrap());
    let begins = |note: &str| ann.send("POST", "/rules", "idempotency-key: k1\r\n", Some(&json!({ "note": note })));
    let [one, two] = [begins("once"), begins("once")];
    assert_eq!((one.status, two.status, &one.body["id"]), (201, 201, &two.body["id"]));
    assert_ne!(one.body["id"], draft.body["id"]);
    assert_eq!(begins("else").body["code"], "idempotency_key_reused");
    let mut files = draft.body["files"].clone();
    let good = files["program.yaml"].as_str().unwrap().replace("rate: 3%", "rate: 4%");
    files["program.yaml"] = good.replace("tx.category == \"fuel\"", "tx.categroy == \"fuel\"").into();
    let change = json!({"files": files});
    assert_eq!(ann.send("PUT", &path, "", Some(&change)).body["code"], "precondition_required");
    let broken = ann.send("PUT", &path, "if-match: \"1\"\r\n", Some(&change));
    assert_eq!((broken.status, broken.tag.as_str()), (200, "\"2\""));
    let stale = ann.send("PUT", &path, "if-match: \"1\"\r\n", Some(&change));
    assert_eq!((stale.status, &stale.body["code"]), (412, &"precondition_failed".into()));

    let seen = ann.send("POST", &format!("{path}/validate"), "", None);
    let finding = &seen.body["findings"][0];
    assert_eq!(
        (seen.status, &seen.body["ok"], &finding["place"]["file"]),
        (200, &false.into(), &"program.yaml".into())
    );
    assert!(finding["place"]["line"].is_u64() && finding["place"]["column"].is_u64(), "{finding}");
    assert!(finding["help"].as_str().unwrap().contains("tx.category"), "{finding}");
    let refused = ann.send("POST", &format!("{path}/submit"), "", None);
    assert_eq!((refused.status, &refused.body["code"]), (422, &"findings_present".into()));

    // Mended, but for a test of the rule set that still expects the old rate.
    files["program.yaml"] = good.into();
    ann.send("PUT", &path, "if-match: \"2\"\r\n", Some(&json!({"files": files})));
    let refused = ann.send("POST", &format!("{path}/submit"), "", None);
    assert_eq!((refused.status, refused.body["findings"].as_array().unwrap().len()), (422, 0), "{}", refused.body);
    assert!(!refused.body["failed_tests"].as_array().unwrap().is_empty(), "{}", refused.body);
    files.as_object_mut().unwrap().retain(|name, _| !name.ends_with(".test.yaml"));
    ann.send("PUT", &path, "if-match: \"3\"\r\n", Some(&json!({"files": files})));
    let submitted = ann.send("POST", &format!("{path}/submit"), "if-match: \"4\"\r\n", None);
    assert_eq!((submitted.status, &submitted.body["state"]), (200, &"in_review".into()), "{}", submitted.body);

    let diff = bob.send("GET", &format!("{path}/diff"), "", None);
    assert_eq!(diff.body["changes"][0]["words"], "base rule fuel: rate 3 % → 4 %", "{}", diff.body);
    assert_eq!(ann.send("POST", &format!("{path}/approve"), "", None).body["code"], "same_person");
    let untried = bob.send("POST", &format!("{path}/approve"), "", None);
    assert_eq!((untried.status, &untried.body["code"]), (409, &"not_tried".into()), "{}", untried.body);
    let blank = bob.post(&format!("{path}/approve"), &json!({"without_trial": " "}));
    assert_eq!((blank.status, &blank.body["path"]), (400, &"without_trial".into()), "{}", blank.body);
    let tried = bob.post(&format!("{path}/impact"), &json!({"days": 30}));
    assert_eq!(tried.status, 200, "{}", tried.body);
    let approved = bob.send("POST", &format!("{path}/approve"), "", None);
    assert_eq!((approved.status, &approved.body["approved_by"]), (200, &"bob".into()), "{}", approved.body);
    let past = ann.post(&format!("{path}/publish"), &json!({"from": after(-1)}));
    assert_eq!((past.status, &past.body["path"]), (400, &"from".into()), "{}", past.body);
    let published = ann.post(&format!("{path}/publish"), &json!({"from": after(10)}));
    assert_eq!(published.status, 200, "{}", published.body);
    assert_eq!((till.total("t2", &after(9)), till.total("t3", &after(11))), ("1.20".into(), "1.60".into()));

    let listed = ann.send("GET", "/rules?kind=publications&limit=1", "", None);
    let cursor = listed.body["next_cursor"].as_str().unwrap();
    assert_eq!(listed.body["items"][0]["rule_set"], published.body["rule_set"]);
    let older = ann.send("GET", &format!("/rules?kind=publications&cursor={cursor}"), "", None);
    let first = older.body["items"][0]["rule_set"].as_str().unwrap();
    assert!(older.body.get("next_cursor").is_none());
    let to = json!({"from": after(20), "note": "too dear"});
    let rolls = |key: &str| {
        bob.send("POST", &format!("/rules/{first}/roll-back"), &format!("idempotency-key: {key}\r\n"), Some(&to))
    };
    let back = rolls("once");
    assert_eq!(back.status, 200, "{}", back.body);
    // The same again is the same publication; without its key it is refused.
    let again = rolls("once");
    assert_eq!((again.status, &again.body), (200, &back.body));
    assert_eq!(rolls("twice").body["code"], "state_conflict");
    assert_eq!((till.total("t4", &after(19)), till.total("t5", &after(21))), ("1.60".into(), "1.20".into()));

    let read = ann.send("GET", &path, "", None);
    let actions: Vec<&str> =
        read.body["audit"].as_array().unwrap().iter().map(|a| a["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        ["created", "changed", "validated", "changed", "changed", "submitted", "tried", "approved", "published"]
    );
}

#[test]
fn reports_count_what_was_posted() {
    let service = start("");
    let (ann, till) = (client(&service, "ann", "manager"), client(&service, "till", "service"));
    assert_eq!(till.send("GET", "/analytics/totals", "", None).status, 403);
    for id in ["a", "b"] {
        assert_eq!(till.total(id, &after(-5)), "1.20");
    }
    let day = (chrono::Utc::now() - chrono::TimeDelta::days(2)).date_naive();
    let span = format!("from={day}&to={}", day + chrono::TimeDelta::days(4));
    // What was posted at the instant of the pass comes with the next one.
    let totals = loop {
        let answer = ann.send("GET", &format!("/analytics/totals?by=category&{span}"), "", None);
        assert_eq!(answer.status, 200, "{}", answer.body);
        if answer.body["items"][0]["purchases"] == 2 {
            break answer.body;
        }
    };
    let item = &totals["items"][0];
    let told = [&item["key"], &item["spend"], &item["total"], &item["points"], &item["return_on_spend"]];
    assert_eq!(told, ["fuel", "80.00", "2.40", "80", "0.030000"], "{totals}");
    assert_eq!((&totals["currency"], &totals["program"]), (&"USD".into(), &"supermarket-loyalty".into()));
    assert!(totals["exact_up_to"].is_string());
    for (report, field, value) in [
        ("tiers", "key", "household"),
        ("return-on-spend", "total", "2.40"),
        ("liability", "owed", "80"),
        ("breakage", "open", "80"),
        ("budgets", "used", "2.40"),
    ] {
        let span = if ["tiers", "return-on-spend"].contains(&report) { &span } else { "program=supermarket-loyalty" };
        let answer = ann.send("GET", &format!("/analytics/{report}?{span}"), "", None);
        assert_eq!((answer.status, &answer.body["items"][0][field]), (200, &value.into()), "{report}: {}", answer.body);
    }
    assert_eq!(ann.send("GET", &format!("/analytics/campaigns?{span}"), "", None).body["items"], json!([]));
    for wrong in ["from=2026-03-02&to=2026-03-01", "by=hour", "limit=1", "from=yesterday"] {
        let answer = ann.send("GET", &format!("/analytics/totals?{wrong}"), "", None);
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (400, &"invalid_parameter".into()),
            "{wrong}: {}",
            answer.body
        );
    }
    assert_eq!(ann.send("GET", "/analytics/totals?program=none", "", None).body["code"], "unknown_program");
}
