//! Many at once, at the same few members and one budget.
//!
//! `STORM_SECONDS` says for how long; 5 without it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rewards_rules::input::Status;
use rewards_rules::state::Settlement;
use serde_json::json;
use uuid::Uuid;

use super::shop::{
    SHOP, adjusts, buys, code, command, redeems, refunds, settles, shop_rules, shops, status, transfers,
};
use super::{Desk, desks_of, service_on};
use crate::service::Service;
use crate::service::command::{Act, Command};
use crate::service::queue::Poster;
use crate::store::Store;

/// As many clients post at the same time.
const CLIENTS: usize = 64;

/// Codes that a client of a busy service has to expect: the rules say no, or somebody was in the way.
const DUE: [&str; 6] = [
    "insufficient_points",
    "redemption_cap_exceeded",
    "refund_exceeds_purchase",
    "same_member",
    "in_flight",
    "redemption_state",
];

/// Small numbers that look random; the same for the same seed.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

struct Client {
    number: usize,
    dice: Dice,
    bought: Vec<(String, String)>,
    redeemed: Vec<(String, Uuid)>,
}

impl Client {
    fn next(&mut self, step: usize) -> Command {
        let member = format!("m-{}", self.dice.below(6));
        let id = format!("c{}.{step}", self.number);
        match self.dice.below(10) {
            0..=4 => {
                let category = ["garden", "basket", "other"].get(usize::try_from(self.dice.below(3)).unwrap()).copied();
                let amount = format!("{}.{:02}", self.dice.below(80) + 1, self.dice.below(100));
                let day = format!("2026-{:02}-{:02}", 6 + self.dice.below(5), 1 + self.dice.below(28));
                self.bought.push((member.clone(), id.clone()));
                buys(&member, &id, &amount, &day, category)
            }
            5 | 6 if !self.bought.is_empty() => {
                let at = usize::try_from(self.dice.below(u64::try_from(self.bought.len()).unwrap())).unwrap();
                let (member, original) = self.bought[at].clone();
                refunds(&member, &id, &original, &format!("{}.00", self.dice.below(9) + 1))
            }
            7 => {
                let redemption = Uuid::now_v7();
                self.redeemed.push((member.clone(), redemption));
                redeems(&member, redemption, 10)
            }
            8 => match self.redeemed.pop() {
                Some((member, id)) => {
                    settles(&member, id, if self.dice.below(2) == 0 { Settlement::Fail } else { Settlement::Complete })
                }
                None => adjusts(&member, 5),
            },
            _ => transfers(&member, &format!("m-{}", self.dice.below(6)), 3),
        }
    }
}

async fn storm(services: &[Arc<Service>]) -> usize {
    let seconds = std::env::var("STORM_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(5);
    let end = Instant::now() + Duration::from_secs(seconds);
    let posters: Vec<Poster> = services.iter().map(|service| Poster::start(service, 4)).collect();
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        let poster = posters[number % posters.len()].clone();
        clients.push(tokio::spawn(async move {
            let dice = Dice(0x9e37_79b9 + u64::try_from(number).unwrap());
            let mut client = Client { number, dice, bought: Vec::new(), redeemed: Vec::new() };
            let mut done = 0;
            for step in 0.. {
                if Instant::now() >= end {
                    break;
                }
                let command = client.next(step);
                match poster.post(command).await {
                    Ok(_) => done += 1,
                    Err(error) => {
                        let code = error.code.as_str();
                        // What was refused was never bought or redeemed.
                        let known = DUE.contains(&code) || matches!(code, "refund_unknown_purchase" | "not_found");
                        assert!(known, "{error:?}");
                    }
                }
            }
            done
        }));
    }
    let mut done = 0;
    for client in clients {
        done += client.await.unwrap();
    }
    done
}

async fn calm(desk: &Desk, done: usize) {
    let budget: Vec<i64> =
        desk.ask("SELECT units FROM budget_counters").await.iter().map(|n| n.parse().unwrap()).collect();
    assert!(budget.iter().all(|units| (0..=2_500).contains(units)), "{}: {budget:?}", desk.kind());
    // It was reached, so something was kept from passing it.
    let reached = desk.ask("SELECT count(*) FROM outbox WHERE type = 'CampaignBudgetExhausted'").await;
    assert_ne!(reached, ["0"], "{}: {budget:?}", desk.kind());
    let (verified, _) = desk.holds().await;
    assert!(done > 100 && verified.postings > 50, "{}: {done} {verified:?}", desk.kind());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_storm_every_invariant_holds() {
    for desk in desks_of(&shop_rules(SHOP)).await {
        let done = storm(&[Arc::clone(&desk.service)]).await;
        calm(&desk, done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_on_one_database_are_as_one() {
    for desk in desks_of(&shop_rules(SHOP)).await.into_iter().filter(|desk| desk.kind() == "postgres") {
        let other = service_on(desk.service.store.clone());
        let done = storm(&[Arc::clone(&desk.service), other]).await;
        calm(&desk, done).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_member_that_is_being_forgotten_finds_it_forgotten() {
    for desk in shops().await {
        let Store::Postgres(pool) = &desk.service.store else { continue };
        for (id, late) in [
            ("m-1", status("m-1", Status::Active)),
            ("m-2", command("m-2", Act::SetFacts { facts: json!({"city": "Rome"}).as_object().unwrap().clone() })),
        ] {
            desk.does(buys(id, &format!("{id}-t"), "20.00", "2026-03-01", None)).await;
            let mut forgetting = pool.begin().await.unwrap();
            for sql in [
                "UPDATE members SET status = 'closed', facts = NULL WHERE user_id = $1",
                "DELETE FROM member_keys WHERE user_id = $1",
            ] {
                sqlx::query(sql).bind(id).execute(&mut *forgetting).await.unwrap();
            }
            let service = Arc::clone(&desk.service);
            let waits = tokio::spawn(async move { service.post_one(late).await });
            let blocked =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while desk.ask(blocked).await != ["1"] {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            forgetting.commit().await.unwrap();
            assert_eq!(code(&waits.await.unwrap()), "state_conflict", "{id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_a_member_sees_one_moment() {
    for desk in shops().await {
        let kind = desk.kind();
        desk.does(buys("m-1", "first", "90.00", "2026-03-01", None)).await;
        let service = Arc::clone(&desk.service);
        let writes = tokio::spawn(async move {
            for step in 0..40 {
                let id = format!("t{step}");
                service.post_one(buys("m-1", &id, "90.00", "2026-03-01", None)).await.unwrap();
                service.post_one(refunds("m-1", &format!("r{step}"), &id, "90.00")).await.unwrap();
            }
        });
        let mut seen = BTreeSet::new();
        while !writes.is_finished() {
            let [view] = desk.service.member("m-1").await.unwrap().try_into().unwrap();
            let of = |text: &str| text.parse::<i64>().unwrap();
            let points = view.points;
            let parts = [&points.available, &points.pending, &points.reversed].map(|part| of(part));
            assert_eq!(parts.iter().sum::<i64>(), of(&points.earned), "{kind}: {points:?}");
            seen.insert(points.earned);
        }
        writes.await.unwrap();
        assert!(seen.len() > 2, "{kind}: {seen:?}");
    }
}
