//! What holds when the database, the way to it, the disk, or whoever asked goes away in the middle.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use uuid::Uuid;

use super::shop::{SHOP, adjusts, buys, keyed, redeems, refunds, shop_rules, shops};
use super::storm::Dice;
use super::{Desk, service_on};
use crate::cache::Kind;
use crate::service::Service;
use crate::service::command::Command;
use crate::service::error::{Class, Code, ServiceError};
use crate::service::queue::Poster;
use crate::store::rows::Clock;
use crate::store::tests::fresh;
use crate::store::tests::proxy::{Cut, Proxy};
use crate::store::{Store, connect_postgres, statements};

/// As many clients post at the same time.
const CLIENTS: usize = 16;

async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never held: {what}");
}

impl Desk {
    /// Waits until no connection is left in a transaction that nobody goes on with.
    async fn rests(&self) {
        let idle = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
        for _ in 0..500 {
            if self.ask(idle).await == ["0"] {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a transaction is left open");
    }
}

/// What was answered, and how often nothing was.
#[derive(Default)]
struct Told {
    answered: Mutex<Vec<(Command, String)>>,
    refused: AtomicUsize,
    /// What had been kept although the answer was that the store is away.
    unheard: AtomicUsize,
    over: AtomicBool,
}

impl Told {
    fn answered(&self) -> usize {
        self.answered.lock().unwrap().len()
    }

    fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    fn unheard(&self) -> usize {
        self.unheard.load(Ordering::SeqCst)
    }
}

/// Whether the store is away, or has yet to notice that somebody is.
fn is_away(error: &ServiceError) -> bool {
    error.code.status() == 503 || error.code == Code::InFlight
}

fn next(dice: &mut Dice, bought: &mut Vec<(String, String)>, number: usize, step: usize) -> Command {
    let member = format!("m-{}", dice.below(6));
    let id = format!("c{number}.{step}");
    match dice.below(8) {
        5 | 6 if !bought.is_empty() => {
            let at = usize::try_from(dice.below(u64::try_from(bought.len()).unwrap())).unwrap();
            let (member, original) = &bought[at];
            refunds(member, &id, original, "1.00")
        }
        6 => keyed(redeems(&member, Uuid::now_v7(), 10), &id, &id),
        7 => keyed(adjusts(&member, 5), &id, &id),
        _ => {
            bought.push((member.clone(), id.clone()));
            let category = ["garden", "basket", "other"].get(usize::try_from(dice.below(3)).unwrap()).copied();
            buys(&member, &id, &format!("{}.00", dice.below(80) + 1), "2026-09-01", category)
        }
    }
}

/// Does one thing after the other, each until it is answered.
async fn insists(service: Arc<Service>, poster: Poster, number: usize, told: Arc<Told>) {
    let mut dice = Dice(0x9e37_79b9 + u64::try_from(number).unwrap());
    let mut bought = Vec::new();
    for step in 0.. {
        let command = next(&mut dice, &mut bought, number, step);
        let mut was_refused = false;
        loop {
            if told.over.load(Ordering::SeqCst) {
                return;
            }
            match poster.post(command.clone()).await {
                Ok(done) => {
                    told.unheard.fetch_add(usize::from(was_refused && done.replayed), Ordering::SeqCst);
                    told.answered.lock().unwrap().push((command, done.answer));
                    break;
                }
                Err(error) if is_away(&error) => {
                    was_refused = true;
                    told.refused.fetch_add(1, Ordering::SeqCst);
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                Err(error) => {
                    assert_eq!(error.code.class(), Class::Business, "{error:?}");
                    break;
                }
            }
        }
        if let Err(error) = service.member("m-1").await {
            assert!(is_away(&error) || error.code == Code::NotFound, "{error:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_break_at_any_moment_lose_nothing_that_was_answered() {
    let Some(fresh) = fresh::postgres().await else { return };
    let proxy = Proxy::before(&fresh.address().unwrap()).await;
    let store = connect_postgres(&proxy.address, 4, Duration::from_millis(300)).await.unwrap();
    let service = service_on(store);
    assert!(service.publish_first(&shop_rules(SHOP)).await.unwrap());
    let desk = Desk { service, fresh };
    let (poster, told) = (Poster::start(&desk.service, 2), Arc::new(Told::default()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| tokio::spawn(insists(Arc::clone(&desk.service), poster.clone(), number, Arc::clone(&told))))
        .collect();
    for round in 0..20 {
        let due = told.answered() + 20;
        until("clients are served", || told.answered() >= due || clients.iter().any(|client| client.is_finished()))
            .await;
        let (cuts, refused, unheard) = (proxy.cuts(), told.refused(), told.unheard());
        match round % 5 {
            0 => proxy.cut(Cut::Before).await,
            1 => proxy.cut(Cut::Meanwhile).await,
            2 => {
                proxy.cut(Cut::After).await;
                until("somebody asks for what was kept unheard", || told.unheard() > unheard).await;
            }
            3 => proxy.break_all(),
            _ => {
                proxy.close();
                until("somebody hears that the store is away", || told.refused() > refused).await;
                proxy.open();
            }
        }
        if round % 5 < 3 {
            until("somebody commits", || proxy.cuts() > cuts).await;
        }
    }
    let due = told.answered() + 20;
    until("clients are served", || told.answered() >= due).await;
    told.over.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    desk.rests().await;
    let answered = std::mem::take(&mut *told.answered.lock().unwrap());
    for (command, answer) in answered {
        let again = desk.service.post_one(command).await.unwrap();
        assert_eq!((again.replayed, again.answer), (true, answer));
    }
    desk.holds().await;
}

#[tokio::test]
async fn who_was_changed_unheard_is_read_anew() {
    let Some(fresh) = fresh::postgres().await else { return };
    let proxy = Proxy::before(&fresh.address().unwrap()).await;
    let store = connect_postgres(&proxy.address, 4, Duration::from_secs(5)).await.unwrap();
    let service = service_on(store);
    assert!(service.publish_first(&shop_rules(SHOP)).await.unwrap());
    let desk = Desk { service, fresh };
    let read = async || {
        let stamp = || async { Ok(desk.ask("SELECT version FROM members").await.concat()) };
        let entry = desk.service.caches.get(Kind::Points, "m-1", stamp, || async { Ok(desk.balance("m-1").await.0) });
        String::from_utf8(entry.await.unwrap().body.to_vec()).unwrap()
    };
    desk.does(buys("m-1", "t1", "10.00", "2026-03-01", None)).await;
    assert_eq!(read().await, "10");
    proxy.cut(Cut::After).await;
    let unheard = buys("m-1", "t2", "20.00", "2026-03-01", None);
    assert_eq!(desk.service.post_one(unheard.clone()).await.unwrap_err().code, Code::DatabaseTimeout);
    assert_eq!(read().await, "30");
    assert!(desk.service.post_one(unheard).await.unwrap().replayed);
}

/// What a future comes to, unless it is dropped when it waits for the `polls`th time.
async fn dropped_after<T>(polls: u64, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut left) = (pin!(future), polls);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(ended) => Poll::Ready(Some(ended)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Drops something at a moment of the dice; answers the purchase that may have been dropped.
async fn goes_away(service: &Service, dice: &mut Dice, member: &str, id: &str) -> Option<Command> {
    let polls = dice.below(40);
    match dice.below(6) {
        0 | 1 => {
            let command = buys(member, id, "10.00", "2026-03-01", None);
            dropped_after(polls, service.post_one(command.clone())).await;
            return Some(command);
        }
        2 => drop(dropped_after(polls, service.post_one(keyed(redeems(member, Uuid::now_v7(), 10), id, id))).await),
        3 => drop(dropped_after(polls / 4, service.member(member)).await),
        4 => drop(dropped_after(polls / 10, service.store.begin()).await),
        _ => {
            let reads = async {
                let mut work = service.store.snapshot().await.unwrap();
                work.rows::<Clock>(statements::PING, &()).await.unwrap();
            };
            dropped_after(polls / 10, reads).await;
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_away_in_the_middle_leaves_nothing_to_those_who_come_after() {
    for desk in shops().await {
        let kind = desk.kind();
        let mut tasks = Vec::new();
        for number in 0..6 {
            let service = Arc::clone(&desk.service);
            tasks.push(tokio::spawn(async move {
                let mut dice = Dice(0x51_7c_c1 + number);
                let (mut kept, mut left) = (BTreeMap::new(), Vec::new());
                let member = format!("m-{number}");
                for step in 0..80 {
                    left.extend(goes_away(&service, &mut dice, &member, &format!("x{number}.{step}")).await);
                    let id = format!("t{number}.{step}");
                    match service.post_one(buys(&member, &id, "10.00", "2026-03-01", None)).await {
                        Ok(done) => drop(kept.insert(id, done.answer)),
                        Err(error) => assert!(is_away(&error), "{error:?}"),
                    }
                }
                (kept, left)
            }));
        }
        let (mut kept, mut left) = (BTreeMap::new(), Vec::new());
        for task in tasks {
            let (of_one, left_by_one) = task.await.unwrap();
            kept.extend(of_one);
            left.extend(left_by_one);
        }
        assert!(kept.len() > 400, "{kind}: {}", kept.len());
        // With nobody after them whose own transaction would end what they left.
        for _ in 0..100 {
            drop(dropped_after(0, desk.service.store.begin()).await);
        }
        if matches!(desk.service.store, Store::Postgres(_)) {
            desk.rests().await;
        }
        // By connections that nobody used before.
        let other = match desk.fresh.address() {
            Some(address) => service_on(connect_postgres(&address, 1, Duration::from_secs(5)).await.unwrap()),
            None => Arc::clone(&desk.service),
        };
        for (id, answer) in kept {
            assert_eq!(other.processed(&id).await.unwrap().map(|of| of.outcome), Some(answer), "{kind} {id}");
        }
        for command in left {
            desk.does(command).await;
        }
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_full_disk_refuses_keeps_what_it_has_and_goes_on_once_there_is_room() {
    let desks = shops().await;
    let desk = desks.iter().find(|desk| desk.kind() == "sqlite").unwrap();
    let service = &desk.service;
    let pages: u32 = desk.ask("SELECT page_count FROM pragma_page_count").await.concat().parse().unwrap();
    desk.sql(&format!("PRAGMA max_page_count = {}", pages + 20)).await;
    let of = |n: usize| buys(&format!("m-{}", n % 3), &format!("t{n}"), "10.00", "2026-03-01", None);
    let mut kept = Vec::new();
    let refused = loop {
        match service.post_one(of(kept.len())).await {
            Ok(done) => kept.push(done.answer),
            Err(error) => break error,
        }
    };
    assert_eq!((refused.code.as_str(), refused.code.status()), ("database_timeout", 503));
    assert!(refused.retry_after.is_some());
    for _ in 0..3 {
        let batch: Vec<Command> = (0..5).map(|n| of(kept.len() + n)).collect();
        let answers = service.post(&batch).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|e| e.code == Code::DatabaseTimeout)));
    }
    for (n, answer) in kept.iter().enumerate() {
        let outcome = service.processed(&format!("t{n}")).await.unwrap().map(|of| of.outcome);
        assert_eq!(outcome.as_ref(), Some(answer), "t{n}");
    }
    let (done, _) = desk.holds().await;
    assert_eq!(done.postings, u64::try_from(kept.len()).unwrap());
    desk.sql("PRAGMA max_page_count = 1000000").await;
    for n in 0..kept.len() + 5 {
        let done = service.post_one(of(n)).await.unwrap();
        assert_eq!((done.replayed, kept.get(n).is_none_or(|answer| *answer == done.answer)), (n < kept.len(), true));
    }
    desk.holds().await;
}
