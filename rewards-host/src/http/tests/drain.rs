//! The end of the service: what is under way ends, as long as there is time.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::http::server::{self, Bounds};

/// A service whose only answer waits until it is let go; the other ends are: it has the request, let it go, stop.
struct Slow {
    address: SocketAddr,
    has_come: Arc<Notify>,
    may_go: Arc<Notify>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<bool>,
}

async fn slow(drain: Duration) -> Slow {
    let (has_come, may_go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (come, go) = (has_come.clone(), may_go.clone());
    let answer = move || async move {
        come.notify_one();
        go.notified().await;
        "done"
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let bounds = Bounds { connections: 10, header_timeout: Duration::from_secs(30), drain };
    let app = Router::new().route("/", get(answer));
    let ended = tokio::spawn(server::serve(listener, app, bounds, async { stopped.await.unwrap() }));
    Slow { address, has_come, may_go, stop, ended }
}

async fn ask(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_after_the_service_was_told_to_end() {
    let slow = slow(Duration::from_secs(60)).await;
    let mut client = ask(slow.address).await;
    slow.has_come.notified().await;
    slow.stop.send(()).unwrap();
    // Nobody else gets in any more; the attempts are bounded by the test's own patience.
    while TcpStream::connect(slow.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    slow.may_go.notify_one();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    assert!(slow.ended.await.unwrap(), "it ended in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_end_in_time_is_cut_off() {
    let slow = slow(Duration::from_millis(50)).await;
    let _client = ask(slow.address).await;
    slow.has_come.notified().await;
    slow.stop.send(()).unwrap();
    assert!(!slow.ended.await.unwrap(), "it did not end in time");
}
