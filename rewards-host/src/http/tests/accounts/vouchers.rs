//! Pools of codes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::service::fulfilment::{Fulfilled, Fulfilment, round};
use crate::service::queue::Poster;
use crate::service::vouchers::Pool;

use super::{ALICE, Answer, BOB, BOSS, Shop, TILL, has, shops};

async fn redeem(shop: &Shop, who: (&str, &str), key: &str) -> String {
    let body = json!({"option": "coupon", "points": "100"});
    let made: Answer = shop.post(who, "/rewards/redeem", key, body).await;
    assert_eq!((made.status, &made.body["code"]), (201, &Value::Null), "{}", made.body);
    format!("/rewards/redemptions/{}", made.body["redemption_id"].as_str().unwrap())
}

async fn upload(shop: &Shop, codes: &[&str]) -> Answer {
    shop.post(BOSS, "/voucher-codes", "", json!({"option": "coupon", "codes": codes})).await
}

#[tokio::test]
async fn a_redemption_takes_a_code_of_its_pool() {
    for shop in shops().await {
        let kind = shop.kind;
        let service = &shop.desk.service;
        let (poster, pool) = (Poster::start(service, 1), Pool(Arc::clone(service)));
        shop.buys("alice", "t1", "500.00", json!({})).await;
        let first = redeem(&shop, ALICE, "k1").await;
        // An empty pool leaves it pending.
        assert_eq!(round(service, &poster, &pool).await, Ok(0), "{kind}");
        assert_eq!(shop.get(ALICE, &first).await.body["status"], "pending", "{kind}");

        assert_eq!(
            shop.post(ALICE, "/voucher-codes", "", json!({"option": "coupon", "codes": []})).await.code().0,
            403
        );
        let wrong = shop.post(BOSS, "/voucher-codes", "", json!({"option": "credit", "codes": ["A"]})).await;
        assert_eq!(wrong.code(), (422, "unknown_option"), "{kind}");
        let wrong = shop.post(BOSS, "/voucher-codes", "", json!({"option": "coupon", "codes": ["A", ""]})).await;
        assert_eq!((wrong.code(), &wrong.body["path"]), ((400, "invalid_request"), &json!("codes[1]")), "{kind}");
        let wrong = upload(&shop, &["A", "B "]).await;
        assert_eq!((wrong.code(), &wrong.body["path"]), ((400, "invalid_request"), &json!("codes[1]")), "{kind}");
        let added = upload(&shop, &["CODE-A", "CODE-B", "CODE-A"]).await;
        assert_eq!(
            (added.status, &added.body),
            (
                200,
                &json!({"program": "shop", "option": "coupon", "left": 2, "claimed": 0, "given": 0, "added": 2, "known": 0})
            ),
            "{kind}"
        );
        let again = upload(&shop, &["CODE-B", "CODE-C"]).await;
        assert_eq!(
            (&again.body["added"], &again.body["known"], &again.body["left"]),
            (&json!(1), &json!(1), &json!(3))
        );
        // One that ended meanwhile takes none.
        let other = redeem(&shop, ALICE, "k0").await;
        let settled = json!({"outcome": "completed", "reason": "by post"});
        let id = shop.get(ALICE, &other).await.body["redemption_id"].as_str().unwrap().parse().unwrap();
        let seen = service.redemption(id).await.unwrap();
        assert_eq!(shop.post(TILL, &format!("{other}/settle"), "k9", settled).await.status, 200, "{kind}");
        assert_eq!(pool.fulfil(&seen).await, Fulfilled::Later, "{kind}");
        assert_eq!(shop.get(ALICE, &other).await.body["code"], Value::Null, "{kind}");
        // What is kept says nothing.
        let kept = shop.desk.ask("SELECT sealed || fingerprint FROM voucher_codes").await.concat();
        assert!(!kept.contains("CODE"), "{kind}: {kept}");

        assert_eq!(round(service, &poster, &pool).await, Ok(1), "{kind}");
        assert_eq!(round(service, &poster, &pool).await, Ok(0), "{kind}");
        for who in [ALICE, BOSS] {
            let read = shop.get(who, &first).await;
            assert_eq!((&read.body["status"], &read.body["code"]), (&json!("completed"), &json!("CODE-A")), "{kind}");
        }
        assert_eq!(shop.get(TILL, &first).await.body["code"], Value::Null, "{kind}: a machine needs no code");
        assert_eq!(shop.get(BOB, &first).await.status, 404, "{kind}");
        let counts = shop.get(BOSS, "/voucher-codes").await;
        assert_eq!(counts.body, json!([{"program": "shop", "option": "coupon", "left": 2, "claimed": 0, "given": 1}]));
        assert_eq!(shop.balance("alice").await, has("300", "0"), "{kind}");
        shop.desk.holds().await;
        shop.desk.sql("UPDATE voucher_codes SET option = 'other' WHERE redemption_id IS NOT NULL").await;
        let (_, found) = shop.desk.findings().await;
        assert!(found.len() == 1 && found[0].contains("voucher_codes"), "{kind}: {found:?}");
    }
}

#[tokio::test]
async fn a_code_belongs_to_one_redemption_whoever_asks_and_how_often() {
    for shop in shops().await {
        let kind = shop.kind;
        let service = &shop.desk.service;
        shop.buys("alice", "t1", "900.00", json!({})).await;
        let mut paths = Vec::new();
        for n in 0..8 {
            paths.push(redeem(&shop, ALICE, &format!("k{n}")).await);
        }
        let codes: Vec<String> = (0..6).map(|n| format!("C{n}")).collect();
        upload(&shop, &codes.iter().map(String::as_str).collect::<Vec<_>>()).await;
        // Four replicas at once.
        let replicas: Vec<_> = (0..4).map(|_| (Poster::start(service, 1), Pool(Arc::clone(service)))).collect();
        futures_util::future::join_all(replicas.iter().map(|(poster, pool)| round(service, poster, pool))).await;
        for (poster, pool) in &replicas {
            round(service, poster, pool).await.unwrap();
        }
        let mut given = BTreeSet::new();
        let mut pending = Vec::new();
        for path in &paths {
            let read = shop.get(ALICE, path).await.body;
            match read["code"].as_str() {
                Some(code) => assert!(given.insert(code.to_owned()), "{kind}: {code} twice"),
                None => pending.push((path, read)),
            }
        }
        assert_eq!((given, pending.len()), (codes.iter().cloned().collect(), 2), "{kind}");
        assert!(pending.iter().all(|(_, read)| read["status"] == "pending"), "{kind}");

        // One was claimed, and its redemption withdrawn before it was completed: nobody saw it, and it is free again.
        upload(&shop, &["C6"]).await;
        let (path, read) = &pending[0];
        let id = read["redemption_id"].as_str().unwrap();
        shop.desk
            .sql(&format!(
                "UPDATE voucher_codes SET redemption_id = '{id}', claimed_at = uploaded_at WHERE redemption_id IS NULL"
            ))
            .await;
        let counts = shop.get(BOSS, "/voucher-codes").await.body;
        assert_eq!((&counts[0]["left"], &counts[0]["claimed"]), (&json!(0), &json!(1)), "{kind}");
        assert_eq!(shop.post(ALICE, &format!("{path}/cancel"), "c1", Value::Null).await.status, 200, "{kind}");
        assert_eq!(shop.get(ALICE, path).await.body["code"], Value::Null, "{kind}");
        let (poster, pool) = &replicas[0];
        assert_eq!(round(service, poster, pool).await, Ok(1), "{kind}");
        assert_eq!(shop.get(ALICE, pending[1].0).await.body["code"], "C6", "{kind}");

        // A process that died between the claim and the end: the next one ends it with the same code, the last there was.
        let path = redeem(&shop, ALICE, "k9").await;
        upload(&shop, &["C7"]).await;
        let id = path.rsplit('/').next().unwrap();
        shop.desk
            .sql(&format!(
                "UPDATE voucher_codes SET redemption_id = '{id}', claimed_at = uploaded_at WHERE redemption_id IS NULL"
            ))
            .await;
        assert_eq!(round(service, poster, pool).await, Ok(1), "{kind}");
        assert_eq!(shop.get(ALICE, &path).await.body["code"], "C7", "{kind}");
        shop.desk.holds().await;
        // One that stays with a redemption which was cancelled is found.
        upload(&shop, &["C8"]).await;
        let id = read["redemption_id"].as_str().unwrap();
        let stays = format!("UPDATE voucher_codes SET redemption_id = '{id}', claimed_at = uploaded_at");
        shop.desk.sql(&format!("{stays} WHERE redemption_id IS NULL")).await;
        let (_, found) = shop.desk.findings().await;
        assert!(found.len() == 1 && found[0].contains("voucher_codes"), "{kind}: {found:?}");
    }
}
