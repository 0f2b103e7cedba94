//! Clients that are slow, many, large or wrong: each is answered or cut off, and the service goes on.

use std::io::Write;

use super::running::{rest, start};

#[test]
fn what_is_no_request_is_refused_and_the_service_goes_on() {
    let service = start("");
    let large = format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(60_000));
    let many: String = (0..500).map(|n| format!("x-{n}: 1\r\n")).collect();
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    let body = "POST /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10000000\r\n\r\n";
    let body = [body.as_bytes(), &vec![b'x'; 10_000_000]].concat();
    for (name, bytes, status) in [
        ("no HTTP", b"\x16\x03\x01 hello\r\n\r\n".to_vec(), "400"),
        ("large headers", large.into_bytes(), "431"),
        ("many headers", many.into_bytes(), "431"),
        ("two lengths", b"GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n".to_vec(), "400"),
        ("a body nobody wants", body, "405"),
        ("an unknown path", b"GET /%00 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(), "404"),
    ] {
        let answer = service.send(&bytes);
        // Where the client still sends, the answer may be lost with the connection.
        let is_cut = name == "a body nobody wants" && answer.is_empty();
        assert!(is_cut || answer.starts_with(&format!("HTTP/1.1 {status}")), "{name}: {answer}");
        assert!(service.get("/health/live").starts_with("HTTP/1.1 200"), "after {name}");
    }
}

#[test]
fn a_slow_or_idle_client_is_cut_off() {
    let service = start("[server]\nheader_timeout = \"300ms\"\n");
    for begun in ["", "GET /health/live HTTP/1.1\r\nhost:"] {
        let mut stream = service.connect();
        stream.write_all(begun.as_bytes()).unwrap();
        rest(&mut stream);
    }
    // One that was served once and then does nothing.
    let mut stream = service.connect();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    assert!(rest(&mut stream).starts_with("HTTP/1.1 200"));
}

#[test]
fn idle_connections_leave_room_for_work() {
    let service = start("");
    let idle: Vec<_> = (0..500).map(|_| service.connect()).collect();
    assert!(service.get("/health").starts_with("HTTP/1.1 200"));
    drop(idle);
}

/// With one place, the next client waits until the first goes, and is served then.
#[test]
fn connections_beyond_the_limit_wait() {
    let service = start("[server]\nconnections = 1\nheader_timeout = \"200ms\"\n");
    let first = service.connect();
    assert!(service.get("/health/live").starts_with("HTTP/1.1 200"));
    drop(first);
}
