//! The process is killed in the middle of posting, again and again: what was answered is there, and nothing by halves.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::serving::{Place, ask};

/// How often it is killed.
const KILLS: usize = 4;

/// As many clients post at the same time.
const CLIENTS: usize = 6;

/// What clients share: where the service is now (`None`: it is over), and what was answered.
#[derive(Default)]
struct Shared {
    address: Mutex<Option<SocketAddr>>,
    answered: Mutex<BTreeMap<String, String>>,
}

/// Posts one request until it is answered, whatever happens to the service meanwhile.
fn insist(shared: &Shared, token: &str, request: &str, body: &str) -> Option<(u16, String)> {
    loop {
        let address = (*shared.address.lock().unwrap())?;
        match ask(address, token, request, body) {
            Ok((status, answer)) if status < 500 && status != 409 => return Some((status, answer)),
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

fn client(shared: &Shared, token: &str, number: usize) {
    for step in 0.. {
        let id = format!("c{number}.{step}");
        let member = (number + step) % 4;
        let body = format!(
            r#"{{"user_id":"m-{member}","transaction":{{"id":"{id}","amount":"{}.00","currency":"EUR","occurred_at":"2024-03-01T12:00:00Z"}}}}"#,
            1 + step % 90
        );
        let Some((status, answer)) = insist(shared, token, "POST /api/v1/cashback/calculate", &body) else { return };
        assert_eq!(status, 200, "{answer}");
        shared.answered.lock().unwrap().insert(id.clone(), answer);
        if step % 3 == 0 {
            let body = format!(r#"{{"id":"{id}.r","amount":"1.00","occurred_at":"2024-03-02T12:00:00Z"}}"#);
            let request = format!("POST /api/v1/cashback/{id}/refunds");
            let Some((status, answer)) = insist(shared, token, &request, &body) else { return };
            assert_eq!(status, 200, "{answer}");
            shared.answered.lock().unwrap().insert(format!("{id}.r"), answer);
        }
    }
}

fn survives(place: &Place) {
    let token = place.token();
    let shared = Arc::new(Shared::default());
    let (mut child, address) = place.serve();
    *shared.address.lock().unwrap() = Some(address);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (shared, token) = (Arc::clone(&shared), token.clone());
            std::thread::spawn(move || client(&shared, &token, number))
        })
        .collect();
    for kill in 1..=KILLS {
        // Until something was answered since the last time.
        let due = shared.answered.lock().unwrap().len() + 20;
        while shared.answered.lock().unwrap().len() < due {
            assert!(clients.iter().any(|client| !client.is_finished()), "{}", place.log());
            std::thread::sleep(Duration::from_millis(7 * u64::try_from(kill).unwrap()));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (next, address) = place.serve();
        child = next;
        *shared.address.lock().unwrap() = Some(address);
    }
    let address = shared.address.lock().unwrap().take().unwrap();
    clients.into_iter().for_each(|client| client.join().unwrap());
    for (id, answer) in shared.answered.lock().unwrap().iter() {
        let kept = ask(address, &token, &format!("GET /api/v1/cashback/outcomes/{id}"), "").unwrap();
        assert_eq!(&kept, &(200, answer.clone()), "{id}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for command in ["verify", "replay"] {
        let (status, told) = place.told(&["ledger", command]);
        assert_eq!(status, 0, "{told}");
        assert!(told.contains("every invariant holds") || told.contains(" 0 differ, 0 forgotten"), "{told}");
    }
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
