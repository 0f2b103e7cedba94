//! Two stores share one Redis: each answers what it has itself.

use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

use super::serving::{Place, ask};

/// A service, gone with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The Redis to test with; `None` where there is none and the tests may do without.
fn redis() -> Option<String> {
    let url = std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let place = url.rsplit(['@', '/']).find(|part| part.contains(':')).unwrap_or("127.0.0.1:6379");
    if let Err(error) = TcpStream::connect(place) {
        assert!(std::env::var_os("CI").is_none(), "there is no Redis at {place}: {error}");
        eprintln!("left out: there is no Redis at {place}: {error}");
        return None;
    }
    Some(url)
}

#[test]
fn stores_that_share_a_redis_answer_each_its_own_balance() {
    let Some(url) = redis() else { return };
    let member = format!("m-{}", uuid::Uuid::now_v7().simple());
    let shops = ["10.00", "70.00"].map(|amount| {
        let place = Place::embedded();
        place.set(&format!("[redis]\nurl = \"{url}\"\n"));
        let (child, address) = place.serve();
        let (running, token) = (Running(child), place.token());
        let body = format!(
            r#"{{"user_id":"{member}","transaction":{{"id":"t1","amount":"{amount}","currency":"EUR","occurred_at":"2024-03-01T12:00:00Z"}}}}"#
        );
        let (status, answer) = ask(address, &token, "POST /api/v1/cashback/calculate", &body).unwrap();
        assert_eq!(status, 200, "{answer}");
        let token = place.token_of("manager");
        (place, running, address, token)
    });
    let balances = || {
        shops.each_ref().map(|(_, _, address, token)| {
            let (status, answer) = ask(*address, token, &format!("GET /api/v1/rewards/{member}"), "").unwrap();
            assert_eq!(status, 200, "{answer}");
            answer
        })
    };
    let first = balances();
    assert_ne!(first[0], first[1]);
    // Past the rest of a Redis that was slow at first, and past what is near.
    for _ in 0..3 {
        std::thread::sleep(Duration::from_millis(2_200));
        assert_eq!(balances(), first);
    }
}
