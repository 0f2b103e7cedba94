//! Connections: how many, how slow, and how they end.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service;

use super::context::Peer;
use super::timer::OneTimer;

/// Bytes that the headers of a request may have.
const HEADERS: usize = 16 * 1024;
/// How long to wait after a connection could not be taken, for want of file descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// What connections may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Time for the headers of a request; an idle connection is closed after it.
    pub(crate) header_timeout: Duration,
    /// Time that what is under way has to end.
    pub(crate) drain: Duration,
}

/// Serves until `stop`, then lets what is under way end. The answer is whether all of it did in time.
pub(crate) async fn serve(listener: TcpListener, app: Router, bounds: Bounds, stop: impl Future<Output = ()>) -> bool {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be taken");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let served = connection(stream, Peer(peer), app.clone(), bounds);
        let watched = graceful.watch(served);
        tokio::spawn(async move {
            // That a client went away, or was too slow, is no news.
            let _ = watched.await;
            drop(place);
        });
    }
    drop(listener);
    tokio::time::timeout(bounds.drain, graceful.shutdown()).await.is_ok()
}

fn connection(
    stream: TcpStream,
    peer: Peer,
    app: Router,
    bounds: Bounds,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::Service<
        hyper::Request<Incoming>,
        Response = hyper::Response<Body>,
        Error = Infallible,
        Future: Send,
    > + Send,
> {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        app.clone().call(request.map(Body::new))
    });
    http1::Builder::new()
        .timer(OneTimer::default())
        .header_read_timeout(bounds.header_timeout)
        .max_header_size(HEADERS)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(stream), service)
}
