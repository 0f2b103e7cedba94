//! Clients that post at the same time, each thing until it is answered, whatever happens to the service meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::serving::{Place, ask};

/// As many post at the same time.
const CLIENTS: usize = 6;

/// What clients share: where the service is now (`None`: it is over), and what was answered.
#[derive(Default)]
struct Shared {
    address: Mutex<Option<SocketAddr>>,
    answered: Mutex<BTreeMap<String, String>>,
    refused: AtomicUsize,
}

/// They end when they are told to.
pub(super) struct Clients {
    shared: Arc<Shared>,
    token: String,
    threads: Vec<JoinHandle<()>>,
}

impl Shared {
    /// Asks until there is an answer; what is none is 409 or 503, with a code.
    fn insist(&self, token: &str, request: &str, body: &str) -> Option<(u16, String)> {
        loop {
            let address = (*self.address.lock().unwrap())?;
            match ask(address, token, request, body) {
                Ok((status, answer)) if status < 500 && status != 409 => return Some((status, answer)),
                Ok((status, answer)) => {
                    assert!([409, 503].contains(&status) && answer.contains(r#""code":""#), "{status} {answer}");
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
                Err(_) => {}
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn client(&self, token: &str, number: usize) {
        for step in 0.. {
            let id = format!("c{number}.{step}");
            let member = (number + step) % 4;
            let body = purchase(&format!("m-{member}"), &id, 1 + step % 90);
            let Some((status, answer)) = self.insist(token, "POST /api/v1/cashback/calculate", &body) else { return };
            assert_eq!(status, 200, "{answer}");
            self.answered.lock().unwrap().insert(id.clone(), answer);
            if step % 3 == 0 {
                let body = format!(r#"{{"id":"{id}.r","amount":"1.00","occurred_at":"2024-03-02T12:00:00Z"}}"#);
                let request = format!("POST /api/v1/cashback/{id}/refunds");
                let Some((status, answer)) = self.insist(token, &request, &body) else { return };
                assert_eq!(status, 200, "{answer}");
                self.answered.lock().unwrap().insert(format!("{id}.r"), answer);
            }
        }
    }
}

/// The body of a purchase.
pub(super) fn purchase(member: &str, id: &str, amount: usize) -> String {
    format!(
        r#"{{"user_id":"{member}","transaction":{{"id":"{id}","amount":"{amount}.00","currency":"EUR","occurred_at":"2024-03-01T12:00:00Z"}}}}"#
    )
}

impl Clients {
    pub(super) fn start(token: &str, address: SocketAddr) -> Clients {
        let shared = Arc::new(Shared { address: Mutex::new(Some(address)), ..Shared::default() });
        let threads = (0..CLIENTS).map(|number| {
            let (shared, token) = (Arc::clone(&shared), token.to_owned());
            std::thread::spawn(move || shared.client(&token, number))
        });
        Clients { threads: threads.collect(), shared, token: token.to_owned() }
    }

    /// The service is elsewhere from now on.
    pub(super) fn move_to(&self, address: SocketAddr) {
        *self.shared.address.lock().unwrap() = Some(address);
    }

    /// Waits until so much more was answered.
    pub(super) fn are_served(&self, place: &Place, more: usize) {
        let answered = || self.shared.answered.lock().unwrap().len();
        self.wait(place, answered, more);
    }

    /// Waits until they were refused so often.
    pub(super) fn are_refused(&self, place: &Place, more: usize) {
        self.wait(place, || self.shared.refused.load(Ordering::SeqCst), more);
    }

    fn wait(&self, place: &Place, count: impl Fn() -> usize, more: usize) {
        let due = count() + more;
        while count() < due {
            assert!(!self.threads.iter().any(JoinHandle::is_finished), "{}", place.log());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends them, and compares what they were answered with what is kept.
    pub(super) fn end(self) {
        let address = self.shared.address.lock().unwrap().take().unwrap();
        self.threads.into_iter().for_each(|client| client.join().unwrap());
        for (id, answer) in self.shared.answered.lock().unwrap().iter() {
            let kept = ask(address, &self.token, &format!("GET /api/v1/cashback/outcomes/{id}"), "").unwrap();
            assert_eq!(&kept, &(200, answer.clone()), "{id}");
        }
    }
}
