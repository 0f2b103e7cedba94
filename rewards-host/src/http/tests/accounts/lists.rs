//! History, and cashback in sums and in parts.

use serde_json::{Value, json};

use super::{ADMIN, ALICE, BOB, BOSS, Shop, shops};

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|line| line["seq"].as_i64().unwrap()).collect()
}

async fn page(shop: &Shop, query: &str) -> Value {
    let answer = shop.get(ALICE, &format!("/rewards/alice/history{query}")).await;
    assert_eq!(answer.status, 200, "{}: {}", shop.kind, answer.body);
    answer.body
}

#[tokio::test]
async fn pages_of_history_go_on_where_they_ended_whatever_is_added() {
    for shop in shops().await {
        let kind = shop.kind;
        for n in 1..=5 {
            shop.buys("alice", &format!("t{n}"), "10.00", json!({})).await;
        }
        shop.buys("bob", "other", "10.00", json!({})).await;
        let first = page(&shop, "?limit=2").await;
        assert_eq!(numbers(&first), [5, 4], "{kind}");
        assert_eq!(first["items"][0]["points_change"], "10", "{kind}");
        assert_eq!(first["items"][0]["cashback_change"], "0.20", "{kind}");
        assert_eq!(first["items"][0]["metadata"]["transaction_id"], "t5", "{kind}");
        shop.buys("alice", "t6", "10.00", json!({})).await;
        let next = first["next_cursor"].as_str().unwrap();
        let second = page(&shop, &format!("?limit=2&cursor={next}")).await;
        assert_eq!(numbers(&second), [3, 2], "{kind}");
        let next = second["next_cursor"].as_str().unwrap();
        let last = page(&shop, &format!("?limit=2&cursor={next}")).await;
        assert_eq!((numbers(&last), &last["next_cursor"]), (vec![1], &Value::Null), "{kind}");
        for query in [
            format!("?cursor={next}&action_type=refund"),
            "?cursor=00".to_owned(),
            "?cursor=x".to_owned(),
            format!("?cursor={next}0"),
        ] {
            let answer = shop.get(ALICE, &format!("/rewards/alice/history{query}")).await;
            assert_eq!(answer.code(), (400, "invalid_cursor"), "{kind} {query}");
        }
        let others = shop.get(BOSS, &format!("/rewards/bob/history?cursor={next}")).await;
        assert_eq!(others.code(), (400, "invalid_cursor"), "{kind}");
        for query in [
            "limit=0",
            "limit=201",
            "from=yesterday",
            "from=2026-03-01",
            "to=%2B99999-01-01T00:00:00Z",
            "action_type=a%00",
        ] {
            let answer = shop.get(ALICE, &format!("/rewards/alice/history?{query}")).await;
            assert_eq!(answer.code(), (400, "invalid_parameter"), "{kind} {query}");
        }
        assert_eq!(shop.get(BOB, "/rewards/alice/history").await.code(), (403, "forbidden"), "{kind}");
        assert_eq!(shop.get(ADMIN, "/rewards/alice/history").await.status, 200, "{kind}");
        assert_eq!(shop.get(BOSS, "/rewards/nobody/history").await.body["items"], json!([]), "{kind}");
    }
}

#[tokio::test]
async fn history_can_be_narrowed_and_names_no_staff_to_members() {
    for shop in shops().await {
        let kind = shop.kind;
        shop.buys("alice", "t1", "10.00", json!({"occurred_at": "2026-03-01T12:00:00Z"})).await;
        shop.buys("alice", "t2", "10.00", json!({"occurred_at": "2026-03-02T12:00:00Z"})).await;
        shop.refunds("t1", "r1", "10.00").await;
        let body = json!({"user_id": "alice", "points": 5, "reason": "a complaint"});
        assert_eq!(shop.post(BOSS, "/rewards/adjustments", "a1", body).await.status, 201, "{kind}");
        for (query, due) in [
            ("?action_type=refund", vec![3]),
            ("?action_type=nothing", vec![]),
            ("?from=2026-03-02T12:00:00Z&to=2026-03-06T00:00:00Z", vec![3, 2]),
            ("?to=2026-03-02T12:00:00Z", vec![1]),
            ("?from=2026-03-02T13:00:00%2B01:00&to=2026-03-02T12:00:00.000001Z", vec![2]),
        ] {
            assert_eq!(numbers(&page(&shop, query).await), due, "{kind} {query}");
        }
        let own = page(&shop, "?action_type=adjustment").await;
        assert_eq!(own["items"][0]["metadata"]["by"], Value::Null, "{kind}");
        assert_eq!(own["items"][0]["metadata"]["reason"], "a complaint", "{kind}");
        let staff = shop.get(ADMIN, "/rewards/alice/history?action_type=adjustment").await;
        assert_eq!(staff.body["items"][0]["metadata"]["by"], "boss", "{kind}");
    }
}

#[tokio::test]
async fn cashback_adds_up_by_status_kind_campaign_and_local_month() {
    for shop in shops().await {
        let kind = shop.kind;
        // In Berlin it is April already.
        shop.buys("alice", "t1", "100.00", json!({"occurred_at": "2026-03-31T22:20:00Z", "category": "gifts"})).await;
        shop.buys("alice", "t2", "33.33", json!({"occurred_at": "2026-03-31T21:59:59Z"})).await;
        shop.buys("alice", "t3", "10.00", json!({"occurred_at": "2026-04-15T10:00:00Z"})).await;
        shop.buys("bob", "t4", "1000.00", json!({})).await;
        shop.refunds("t3", "r1", "10.00").await;
        let answer = shop.get(ALICE, "/cashback/alice/summary").await;
        let sums = &answer.body["programs"][0];
        let named = |list: &str| -> Vec<(String, String, i64)> {
            let sum = |sum: &Value| {
                let text = |name: &str| sum[name].as_str().unwrap().to_owned();
                (text("name"), text("amount"), sum["components"].as_i64().unwrap())
            };
            sums[list].as_array().unwrap().iter().map(sum).collect()
        };
        let of = |name: &str, amount: &str, n: i64| (name.to_owned(), amount.to_owned(), n);
        assert_eq!((&sums["total"], &sums["currency"]), (&json!("7.67"), &json!("EUR")), "{kind}: {sums}");
        assert_eq!(named("by_status"), [of("credited", "7.67", 5)], "{kind}");
        let kinds = [of("base", "2.87", 3), of("campaign", "5.00", 1), of("reversal", "-0.20", 1)];
        assert_eq!(named("by_kind"), kinds, "{kind}");
        assert_eq!(named("by_campaign"), [of("for-all", "5.00", 1)], "{kind}");
        assert_eq!(named("by_month"), [of("2026-03", "0.47", 2), of("2026-04", "7.20", 3)], "{kind}");

        let nobody = shop.get(BOSS, "/cashback/nobody/summary").await;
        assert_eq!(nobody.body["programs"][0]["total"], "0.00", "{kind}");
        assert_eq!(shop.get(BOB, "/cashback/alice/summary").await.code(), (403, "forbidden"), "{kind}");
        assert_eq!(shop.get(("till", "service"), "/cashback/alice/summary").await.code(), (403, "forbidden"), "{kind}");
    }
}

#[tokio::test]
async fn components_come_in_pages_with_their_number() {
    for shop in shops().await {
        let kind = shop.kind;
        for n in 1..=3 {
            let at = format!("2026-03-0{n}T12:00:00Z");
            shop.buys("alice", &format!("t{n}"), "60.00", json!({"occurred_at": at, "category": "gifts"})).await;
        }
        let ids = |body: &Value| -> Vec<String> {
            let item = |item: &Value| {
                format!("{} {}", item["transaction_id"].as_str().unwrap(), item["amount"].as_str().unwrap())
            };
            body["items"].as_array().unwrap().iter().map(item).collect()
        };
        let get = async |query: &str| shop.get(ALICE, &format!("/cashback/alice/transactions{query}")).await.body;
        let all = get("").await;
        assert_eq!((&all["total"], &all["total_is_estimate"]), (&json!(6), &json!(false)), "{kind}: {all}");
        let due = ["t3 3.00", "t3 1.20", "t2 3.00", "t2 1.20", "t1 3.00", "t1 1.20"];
        assert_eq!(ids(&all), due, "{kind}");
        let one = &all["items"][0];
        for (name, due) in [
            ("kind", "campaign"),
            ("campaign_id", "for-all"),
            ("percentage", "5"),
            ("currency", "EUR"),
            ("status", "credited"),
            ("transaction_amount", "60.00"),
            ("category", "gifts"),
            ("tier", "bronze"),
        ] {
            assert_eq!(one[name], due, "{kind}: {one}");
        }
        let part = get("?offset=3&limit=2").await;
        assert_eq!((ids(&part), &part["total"]), (vec![due[3].to_owned(), due[4].to_owned()], &json!(6)), "{kind}");
        let campaign = get("?campaign_id=for-all&from=2026-03-02T00:00:00Z&to=2026-03-03T12:00:00Z").await;
        assert_eq!((ids(&campaign), &campaign["total"]), (vec!["t2 3.00".to_owned()], &json!(1)), "{kind}");
        assert_eq!(get("?status=calculated").await["total"], 0, "{kind}");
        for query in ["status=lost", "offset=1000001", "offset=-1", "limit=500", "campaign_id=%20", "page=2"] {
            let answer = shop.get(ALICE, &format!("/cashback/alice/transactions?{query}")).await;
            assert_eq!(answer.code(), (400, "invalid_parameter"), "{kind} {query}");
        }
        assert_eq!(shop.get(BOB, "/cashback/alice/transactions").await.code(), (403, "forbidden"), "{kind}");
    }
}

#[tokio::test]
async fn nothing_is_found_by_what_cannot_be_kept() {
    for shop in shops().await {
        let kind = shop.kind;
        for path in ["/cashback/outcomes/%00", "/audit/access?subject=a%00", "/rules?program=%00", "/rules/%00"] {
            let answer = shop.get(ADMIN, path).await;
            assert_eq!(answer.code(), (400, "invalid_parameter"), "{kind} {path}");
        }
        let hash = format!("/rules/sha256:{}", "z".repeat(64));
        assert_eq!(shop.get(ADMIN, &hash).await.code(), (404, "not_found"), "{kind}");
        for body in [json!({"note": "a\0"}), json!({"copy_of": "sha256:\0"}), json!({"program": "\0"})] {
            let answer = shop.post(ADMIN, "/rules", "k1", body.clone()).await;
            assert!((400..=422).contains(&answer.status), "{kind} {body}: {}", answer.body);
        }
    }
}
