//! The process is killed in the middle of posting, again and again: what was answered is there, and nothing by halves.

use std::time::Duration;

use super::clients::Clients;
use super::serving::{Place, ask};

/// How often it is killed.
const KILLS: usize = 4;

fn survives(place: &Place) {
    let token = place.token();
    let (mut child, address) = place.serve();
    let clients = Clients::start(&token, address);
    for kill in 1..=KILLS {
        // Until something was answered since the last time.
        clients.are_served(place, 20);
        std::thread::sleep(Duration::from_millis(7 * u64::try_from(kill).unwrap()));
        child.kill().unwrap();
        child.wait().unwrap();
        let (next, address) = place.serve();
        child = next;
        clients.move_to(address);
    }
    clients.end();
    child.kill().unwrap();
    child.wait().unwrap();
    place.is_whole();
}

#[test]
fn a_killed_process_on_the_embedded_store_loses_nothing_that_was_answered() {
    survives(&Place::embedded());
}

#[test]
fn a_killed_process_on_postgres_loses_nothing_that_was_answered() {
    if let Some(place) = Place::postgres() {
        survives(&place);
    }
}

#[test]
fn what_is_wrong_ends_with_1_and_a_store_in_use_with_2() {
    let place = Place::embedded();
    let token = place.token();
    let (mut child, address) = place.serve();
    let body = r#"{"user_id":"m-1","transaction":{"id":"t1","amount":"10.00","currency":"EUR","occurred_at":"2024-03-01T12:00:00Z"}}"#;
    assert_eq!(ask(address, &token, "POST /api/v1/cashback/calculate", body).unwrap().0, 200);
    let (status, told) = place.told(&["ledger", "verify"]);
    assert!(status == 2 && told.contains("another process uses the data"), "{status} {told}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        place.told(&["ledger", "verify"]),
        (0, "1 member, 1 line of history, 1 purchase or refund: every invariant holds\n".into())
    );
    assert_eq!(
        place.told(&["ledger", "replay"]),
        (0, "1 purchase or refund: 1 the same, 0 differ, 0 forgotten\n".into())
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        use sqlx::Connection;
        let file = format!("sqlite://{}", place.folder.path().join("rewards.db").display());
        let mut connection = sqlx::SqliteConnection::connect(&file).await.unwrap();
        sqlx::query("UPDATE usage_counters SET units = units + 1").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
    let (status, told) = place.told(&["ledger", "verify"]);
    assert!(
        status == 1
            && told.contains("invariant 3: usage_counters m-1 shop/base.all.amount.month/2024-03: found 21, due 20"),
        "{told}"
    );
}
