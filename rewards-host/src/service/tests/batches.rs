//! Batches: each command on its own, in order, each id once.

use chrono::{TimeDelta, Utc};
use rewards_rules::input::Status;
use rewards_rules::state::Settlement;
use serde_json::json;
use uuid::Uuid;

use super::shop::{
    SHOP, adjusts, buys, code, command, keyed, redeems, refunds, settles, shop_rules, shops, status, told, transfers,
};
use crate::service::command::{Act, Command};
use crate::service::queue::Poster;

#[tokio::test]
async fn an_id_is_processed_once_however_it_comes() {
    for desk in shops().await {
        let kind = desk.kind();
        let first = buys("m-1", "t1", "10.00", "2026-03-01", None);
        // In one batch: the same, with other content, by another member.
        let batch = [
            first.clone(),
            first.clone(),
            buys("m-1", "t1", "11.00", "2026-03-01", None),
            buys("m-2", "t1", "10.00", "2026-03-01", None),
        ];
        let answers = desk.service.post(&batch).await;
        let codes: Vec<&str> = answers.iter().map(code).collect();
        assert_eq!(codes, ["ok", "ok", "id_conflict", "id_conflict"], "{kind}");
        let (one, two) = (answers[0].as_ref().unwrap(), answers[1].as_ref().unwrap());
        assert_eq!((one.replayed, two.replayed, one.answer == two.answer), (false, true, true), "{kind}");
        // At the same time, by one member and by many.
        let poster = Poster::start(&desk.service, 4);
        let mut tasks = Vec::new();
        for n in 0..40 {
            let (poster, member) = (poster.clone(), format!("m-{}", if n % 2 == 0 { 5 } else { n }));
            tasks
                .push(tokio::spawn(async move { poster.post(buys(&member, "t2", "10.00", "2026-03-01", None)).await }));
        }
        let mut new = 0;
        for task in tasks {
            match task.await.unwrap() {
                Ok(done) if !done.replayed => new += 1,
                Ok(_) => {}
                Err(error) => assert_eq!(error.code.as_str(), "id_conflict", "{kind}: {error:?}"),
            }
        }
        assert_eq!(new, 1, "{kind}");
        assert_eq!(desk.ask("SELECT count(*) FROM processed_transactions").await, ["2"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_repeat_is_known_whatever_was_published_or_told_since() {
    for desk in shops().await {
        let kind = desk.kind();
        let first = told(buys("m-1", "t1", "10.00", "2026-03-01", None), json!({"country": "NO"}));
        let done = desk.service.post_one(first.clone()).await.unwrap();
        let other = SHOP.replace("program: shop", "program: other");
        desk.publish(&shop_rules(&other), "1970-01-01T00:00:00Z").await;
        let again = desk.service.post_one(first.clone()).await.unwrap();
        assert_eq!((again.replayed, again.answer), (true, done.answer), "{kind}");
        let fresh = desk.service.post_one(buys("m-1", "t2", "10.00", "2026-03-01", None)).await;
        assert_eq!(code(&fresh), "unknown_program", "{kind}");
        let mut elsewhere = first.clone();
        elsewhere.program = Some("other".to_owned());
        assert_eq!(code(&desk.service.post_one(elsewhere).await), "id_conflict", "{kind}");
        // Both programs keep the member apart.
        for (id, program) in [("t3", "shop"), ("t4", "other")] {
            let mut of = buys("m-1", id, "10.00", "2026-03-01", None);
            of.program = Some(program.to_owned());
            desk.does(of).await;
        }
        let views = desk.service.member("m-1").await.unwrap();
        let earned: Vec<&str> = views.iter().map(|view| view.points.earned.as_str()).collect();
        assert_eq!(earned, ["10", "20"], "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn one_bad_item_keeps_no_other_back() {
    for desk in shops().await {
        let kind = desk.kind();
        let mut batch: Vec<_> =
            (0..50).map(|n| buys(&format!("m-{}", n % 7), &format!("t{n}"), "10.00", "2026-03-01", None)).collect();
        batch[20] = buys("m-6", "t20", "10.001", "2026-03-01", None);
        batch[30] = buys("m-2", "t30", "10.00", "2026-03-01", Some("a\0b"));
        let answers = desk.service.post(&batch).await;
        let wrong: Vec<(usize, &str)> =
            answers.iter().map(code).enumerate().filter(|(_, code)| *code != "ok").collect();
        assert_eq!(wrong.len(), 2, "{kind}: {wrong:?}");
        assert_eq!((wrong[0].0, wrong[1]), (20, (30, "wrong_type")), "{kind}");
        assert_eq!(answers[30].as_ref().unwrap_err().fields["path"], "transaction.category", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn commands_of_a_batch_see_what_those_before_them_did() {
    for desk in shops().await {
        let kind = desk.kind();
        let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
        let enrol = command("m-1", Act::Enrol { campaign: "club".to_owned() });
        let today = Utc::now() + TimeDelta::minutes(1);
        let today = today.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let club = json!({"id": "t3", "amount": "10.00", "currency": "EUR", "occurred_at": today, "category": "club"});
        let batch = [
            buys("m-1", "t1", "200.00", "2026-11-01", None),
            refunds("m-1", "r1", "t1", "10.00"),
            redeems("m-1", one, 100),
            settles("m-1", one, Settlement::Cancel),
            settles("m-1", one, Settlement::Cancel),
            settles("m-1", one, Settlement::Complete),
            redeems("m-1", two, 100),
            redeems("m-1", two, 100),
            enrol,
            super::purchase("m-1", &club.to_string()),
            status("m-2", Status::Blocked),
            transfers("m-1", "m-2", 10),
            status("m-2", Status::Active),
            transfers("m-1", "m-2", 10),
        ];
        let answers = desk.service.post(&batch).await;
        let codes: Vec<&str> = answers.iter().map(code).collect();
        let due = [
            "ok",
            "ok",
            "ok",
            "ok",
            "ok",
            "redemption_state",
            "ok",
            "state_conflict",
            "ok",
            "ok",
            "ok",
            "member_inactive",
            "ok",
            "ok",
        ];
        assert_eq!(codes, due, "{kind}");
        let club = super::shop::answer(answers[9].as_ref().unwrap());
        assert_eq!(club["totals"]["campaign"], "1.00", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn facts_of_a_command_that_failed_are_not_told() {
    for desk in shops().await {
        let kind = desk.kind();
        let batch = [
            told(buys("m-1", "t1", "10.001", "2026-03-01", None), json!({"billing_day": 7})),
            told(buys("m-1", "t2", "10.00", "2026-03-01", None), json!({"country": "ZQ"})),
            buys("m-1", "t3", "10.00", "2026-03-01", None),
        ];
        let answers = desk.service.post(&batch).await;
        assert_eq!(answers.iter().map(|a| a.is_ok()).collect::<Vec<_>>(), [false, true, true], "{kind}: {answers:?}");
        let answer = desk.does(command("m-1", Act::SetFacts { facts: serde_json::Map::new() })).await;
        assert_eq!(answer["member"], json!({"country": "ZQ"}), "{kind}");
        // Nowhere in the store as it is.
        for (table, column) in
            [("members", "facts"), ("processed_transactions", "facts"), ("posted_purchases", "record")]
        {
            let kept = desk.ask(&format!("SELECT {column} FROM {table}")).await;
            assert!(kept.iter().all(|text| !text.contains("ZQ")), "{kind} {table}");
        }
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_key_is_answered_once() {
    for desk in shops().await {
        let kind = desk.kind();
        let give = keyed(adjusts("m-1", 10), "k1", "a");
        let batch = [give.clone(), keyed(adjusts("m-1", 10), "k1", "a"), keyed(adjusts("m-1", 11), "k1", "b")];
        let answers = desk.service.post(&batch).await;
        let codes: Vec<&str> = answers.iter().map(code).collect();
        assert_eq!(codes, ["ok", "ok", "idempotency_key_reused"], "{kind}");
        assert!(desk.service.post_one(give).await.unwrap().replayed, "{kind}");
        let other = desk.service.post_one(keyed(adjusts("m-2", 10), "k1", "c")).await;
        assert_eq!(code(&other), "idempotency_key_reused", "{kind}");
        assert_eq!(desk.balance("m-1").await.0, "10", "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_thousand_items_come_to_what_they_come_to_one_by_one() {
    for desk in shops().await {
        let kind = desk.kind();
        let of = |n: usize, id: &str| {
            let day = format!("2026-{:02}-{:02}", 1 + n % 11, 1 + n % 28);
            let category = ["garden", "basket", "club"].get(n % 4).copied();
            buys(
                &format!("{id}-{}", n % 37),
                &format!("{id}.{n}"),
                &format!("{}.{:02}", n % 90, n % 100),
                &day,
                category,
            )
        };
        let batch: Vec<_> = (0..1_000).map(|n| of(n, "a")).collect();
        let answers = desk.service.post(&batch).await;
        let wrong: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert!(wrong.is_empty(), "{kind}: {wrong:?}");
        assert_eq!(desk.budget().await, "2500", "{kind}");
        let (done, _) = desk.holds().await;
        assert_eq!(done.postings, 1_000, "{kind}");
    }
}

#[tokio::test]
async fn what_is_yet_to_come_is_refused_and_tomorrow_is_not() {
    for desk in shops().await {
        let kind = desk.kind();
        let at = |ahead: TimeDelta| {
            let at = (Utc::now() + ahead).format("%Y-%m-%dT%H:%M:%SZ").to_string();
            super::purchase(
                "m-1",
                &json!({"id": "t1", "amount": "10.00", "currency": "EUR", "occurred_at": at}).to_string(),
            )
        };
        assert_eq!(code(&desk.service.post_one(at(TimeDelta::hours(25))).await), "occurred_in_future", "{kind}");
        desk.does(at(TimeDelta::hours(23))).await;
        desk.does(adjusts("m-1", 5)).await;
        desk.does(transfers("m-1", "m-2", 5)).await;
        desk.holds().await;
    }
}

#[tokio::test]
async fn very_large_amounts_are_kept_or_refused_in_words() {
    for desk in shops().await {
        let kind = desk.kind();
        let mut refused = Vec::new();
        for n in 0..100 {
            let bought = desk
                .service
                .post_one(buys("m-1", &format!("t{n}"), "1000000000000000.00", "2026-03-01", Some("basket")))
                .await;
            refused.extend(bought.err().map(|error| error.code.as_str()));
        }
        assert!(refused.iter().all(|code| *code == "overflow"), "{kind}: {refused:?}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_before_the_store() {
    for desk in shops().await {
        let kind = desk.kind();
        let mut by = adjusts("m-1", 1);
        by.by = "a\0".to_owned();
        let at = |mut of: Command, instant: &str| {
            let instant = instant.parse().unwrap();
            match &mut of.act {
                Act::Purchase { transaction, .. } => transaction.occurred_at = instant,
                Act::Refund(refund) => refund.occurred_at = instant,
                _ => {}
            }
            of
        };
        let ages_ago = buys("m-1", "t1", "1.00", "2026-03-01", None);
        for (wrong, place) in [
            (buys("m\0", "t1", "1.00", "2026-03-01", None), "user_id"),
            (told(buys("m-1", "t1", "1.00", "2026-03-01", None), json!({"a": {"b": ["\0"]}})), "member.a.b"),
            (transfers("m-1", "m\0", 1), "to"),
            (keyed(adjusts("m-1", 1), "k\0", "a"), "key"),
            (by, "by"),
            (at(ages_ago.clone(), "0000-06-01T00:00:00Z"), "transaction.occurred_at"),
            // Elsewhere it is the year before.
            (at(ages_ago, "0001-01-01T05:00:00Z"), "transaction.occurred_at"),
            (at(refunds("m-1", "r1", "t1", "1.00"), "0001-01-01T00:00:00Z"), "occurred_at"),
        ] {
            let error = desk.service.post_one(wrong).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.code.status()), ("wrong_type", 422), "{kind}");
            assert_eq!(error.fields["path"], place, "{kind}");
        }
        assert_eq!(desk.ask("SELECT count(*) FROM members").await, ["0"], "{kind}");
    }
}
