//! Two levels, what makes an answer unreachable, and a Redis that fails. Each test has a Redis of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::{Caches, Kind};
use crate::service::error::ServiceError;

/// A Redis on a free port, gone with the test.
pub(crate) struct Redis {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Redis {
    /// `None` where there is no Redis program and the tests may do without.
    pub(crate) async fn start() -> Option<Redis> {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--save", "", "--bind", "127.0.0.1", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn();
        let process = match process {
            Ok(process) => process,
            Err(error) => {
                assert!(std::env::var_os("CI").is_none(), "there is no redis-server: {error}");
                eprintln!("left out: there is no redis-server: {error}");
                return None;
            }
        };
        let redis = Redis { process, port, _folder: folder };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(redis);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("redis-server does not listen");
    }

    pub(crate) fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(self.address()).unwrap()
    }

    async fn caches(&self) -> Arc<Caches> {
        self.caches_of("one").await
    }

    /// Those of a store.
    async fn caches_of(&self, store: &str) -> Arc<Caches> {
        let caches = Caches::shared(&self.client(), store.to_owned()).unwrap();
        until(|| caches.is_sure()).await;
        caches
    }
}

impl super::Entry {
    fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

async fn until(holds: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never held");
}

/// A database of one row: a version and how often an answer was made of it.
#[derive(Default)]
struct Row {
    version: AtomicU64,
    asked: AtomicUsize,
    made: AtomicUsize,
}

impl Row {
    fn change(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    async fn read(&self, caches: &Caches) -> String {
        let stamp = || async {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Ok::<String, ServiceError>(self.version.load(Ordering::SeqCst).to_string())
        };
        let make = || async {
            self.made.fetch_add(1, Ordering::SeqCst);
            Ok::<String, ServiceError>(format!("{{\"version\":{}}}", self.version.load(Ordering::SeqCst)))
        };
        caches.get(Kind::Points, "m-1", stamp, make).await.unwrap().text()
    }

    fn counts(&self) -> (usize, usize) {
        (self.asked.load(Ordering::SeqCst), self.made.load(Ordering::SeqCst))
    }
}

#[tokio::test]
async fn an_answer_is_given_again_until_the_member_changes() {
    let caches = Caches::own(true);
    let row = Row::default();
    for _ in 0..3 {
        assert_eq!(row.read(&caches).await, r#"{"version":0}"#);
    }
    assert_eq!(row.counts(), (1, 1));
    row.change();
    caches.forget(&["m-1".to_owned()]).await;
    assert_eq!(row.read(&caches).await, r#"{"version":1}"#);
    assert_eq!(row.counts(), (2, 2));
}

#[tokio::test]
async fn who_cannot_hear_asks_for_the_version_every_time() {
    let caches = Caches::own(false);
    let row = Row::default();
    row.read(&caches).await;
    row.read(&caches).await;
    assert_eq!(row.counts(), (2, 1));
    row.change();
    assert_eq!(row.read(&caches).await, r#"{"version":1}"#);
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_makes_the_answer() {
    let caches = Caches::own(true);
    let row = Row::default();
    let slow = || async {
        let make = || async {
            row.made.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok("{}".to_owned())
        };
        caches.get(Kind::Points, "m-1", || async { Ok("0".to_owned()) }, make).await.unwrap().text()
    };
    let answers = futures_util::future::join_all((0..100).map(|_| slow())).await;
    assert!(answers.iter().all(|answer| answer == "{}"));
    assert_eq!(row.counts().1, 1);
}

#[tokio::test]
async fn a_slow_reader_cannot_put_an_old_answer_back() {
    let caches = Caches::own(true);
    let row = Arc::new(Row::default());
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let slow = tokio::spawn({
        let (caches, row) = (Arc::clone(&caches), Arc::clone(&row));
        async move {
            let old = row.version.load(Ordering::SeqCst);
            let make = || async move {
                gone.await.unwrap();
                Ok(format!("{{\"version\":{old}}}"))
            };
            caches.get(Kind::Points, "m-1", || async move { Ok(old.to_string()) }, make).await.unwrap().text()
        }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    row.change();
    caches.forget(&["m-1".to_owned()]).await;
    assert_eq!(row.read(&caches).await, r#"{"version":1}"#);
    go.send(()).unwrap();
    assert_eq!(slow.await.unwrap(), r#"{"version":0}"#);
    assert_eq!(row.read(&caches).await, r#"{"version":1}"#);
}

#[tokio::test]
async fn another_replica_hears_of_a_change() {
    let Some(redis) = Redis::start().await else { return };
    let (writer, reader) = (redis.caches().await, redis.caches().await);
    let row = Row::default();
    for version in 1..=20 {
        row.read(&reader).await;
        row.change();
        writer.forget(&["m-1".to_owned()]).await;
        // Two seconds at worst, whatever happens: the near answer ends by then.
        let due = format!("{{\"version\":{version}}}");
        let begun = std::time::Instant::now();
        while row.read(&reader).await != due {
            assert!(begun.elapsed() < Duration::from_secs(3), "it still has version {}", version - 1);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    // What one replica made, the other finds.
    let made = row.counts().1;
    row.read(&writer).await;
    assert_eq!(row.counts().1, made);
}

#[tokio::test]
async fn stores_that_share_a_redis_keep_their_answers_apart() {
    let Some(redis) = Redis::start().await else { return };
    let (one, same, other) = (redis.caches_of("a").await, redis.caches_of("a").await, redis.caches_of("b").await);
    let answer = async |caches: &Caches, made: &'static str| {
        let stamp = || async { Ok("7:rules:day".to_owned()) };
        caches.get(Kind::Points, "m-1", stamp, || async { Ok(made.to_owned()) }).await.unwrap().text()
    };
    // Redis may be slow once; then nothing is kept, and it is asked again after its rest.
    for round in 0.. {
        assert!(round < 20, "replicas of one store never shared an answer");
        one.forget(&["m-1".to_owned()]).await;
        same.forget(&["m-1".to_owned()]).await;
        assert_eq!(answer(&one, "10").await, "10");
        if answer(&same, "11").await == "10" {
            break;
        }
        let mut connection = redis.client().get_multiplexed_async_connection().await.unwrap();
        let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1_100)).await;
    }
    assert_eq!(answer(&other, "20").await, "20");
}

#[tokio::test]
async fn a_replica_whose_subscription_was_cut_asks_until_it_hears_again() {
    let Some(redis) = Redis::start().await else { return };
    let reader = redis.caches().await;
    let row = Row::default();
    row.read(&reader).await;
    let mut connection = redis.client().get_multiplexed_async_connection().await.unwrap();
    let _: i64 = redis::cmd("CLIENT").arg("KILL").arg("TYPE").arg("pubsub").query_async(&mut connection).await.unwrap();
    until(|| !reader.is_sure()).await;
    // Nobody tells, and it is right all the same.
    row.change();
    assert_eq!(row.read(&reader).await, r#"{"version":1}"#);
    until(|| reader.is_sure()).await;
}

#[tokio::test]
async fn without_redis_answers_are_right() {
    let Some(mut redis) = Redis::start().await else { return };
    let caches = redis.caches().await;
    let row = Row::default();
    row.read(&caches).await;
    redis.process.kill().unwrap();
    redis.process.wait().unwrap();
    until(|| !caches.is_sure()).await;
    for version in 1..=5 {
        row.change();
        caches.forget(&["m-1".to_owned()]).await;
        assert_eq!(row.read(&caches).await, format!("{{\"version\":{version}}}"));
    }
    assert!(caches.ping().await.unwrap().is_err());
}

#[tokio::test]
async fn a_redis_that_hangs_costs_little_and_changes_nothing() {
    let Some(redis) = Redis::start().await else { return };
    let caches = redis.caches().await;
    let row = Row::default();
    let pid = redis.process.id().to_string();
    assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    for version in 1..=5 {
        row.change();
        caches.forget(&["m-1".to_owned()]).await;
        assert_eq!(row.read(&caches).await, format!("{{\"version\":{version}}}"));
    }
    until(|| !caches.is_sure()).await;
    assert!(Command::new("kill").args(["-CONT", &pid]).status().unwrap().success());
    until(|| caches.is_sure()).await;
}

#[test]
fn an_answer_has_a_tag_of_its_own() {
    let [one, same, other] = ["1", "1", "2"].map(|json| super::Entry::new(json.to_owned()));
    assert_eq!(one, same);
    assert_ne!(one.tag, other.tag);
    assert!(one.tag.starts_with(b"\"") && one.tag.ends_with(b"\""), "{:?}", one.tag);
}
