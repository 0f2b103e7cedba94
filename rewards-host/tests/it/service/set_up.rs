//! How the service starts, is configured and ends.

use std::io::Write;

use super::running::{bare, rest, start};

fn told(command: &mut std::process::Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_service_without_settings_is_well_and_says_how_to_get_in() {
    let service = start("");
    for path in ["/health", "/health/live", "/health/ready", "/health/detailed", "/metrics", "/openapi.json", "/docs/"]
    {
        let answer = service.get(path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(
            answer.contains("x-content-type-options: nosniff") && answer.contains("x-request-id: "),
            "{path}: {answer}"
        );
    }
    assert!(service.data.path().join("development.key").is_file());
    let log = service.log();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["message"] == "listening"), "{log}");
}

#[test]
fn requests_are_logged_with_their_id_and_without_their_query() {
    let service = start("[log]\nlevel = \"debug\"\n");
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    service.send(
        format!(
            "GET /api/v1/nothing?card=4111111111111111 HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\nauthorization: Bearer hunter2\r\n\
             traceparent: 00-{id}-00f067aa0ba902b7-01\r\nconnection: close\r\n\r\n"
        )
        .as_bytes(),
    );
    let log = service.log_once_it_has("\"answered\"");
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let line = lines.into_iter().find(|line| line["message"] == "answered").unwrap_or_else(|| panic!("{log}"));
    assert_eq!(
        (&line["path"], &line["status"], &line["code"]),
        (&"/api/v1/nothing".into(), &404.into(), &"not_found".into())
    );
    assert_eq!((&line["span"]["request_id"], &line["span"]["trace_id"]), (&"mine".into(), &id.into()));
    assert!(!log.contains("4111111111111111") && !log.contains("hunter2"), "{log}");
}

#[cfg(unix)]
#[test]
fn after_sigterm_nothing_new_is_taken_and_what_is_under_way_ends() {
    let mut service = start("");
    // A request of which half has come: the service waits for the rest.
    let mut under_way = service.connect();
    under_way.write_all(b"GET /health/ready HTTP/1.1\r\n").unwrap();
    let mut idle = service.connect();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut begun = [0_u8; 12];
    std::io::Read::read_exact(&mut idle, &mut begun).unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200");
    service.terminate();
    // The idle connection is closed once draining has begun.
    rest(&mut idle);
    assert!(std::net::TcpStream::connect(service.address).is_err());
    let _ = under_way.write_all(b"host: x\r\n\r\n");
    let answer = rest(&mut under_way);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert_eq!(service.child.wait().unwrap().code(), Some(0), "{}", service.log());
    assert!(service.log().contains("\"in_time\":true"), "{}", service.log());
}

#[test]
fn a_wrong_setting_stops_the_start() {
    for (variable, value, words) in [
        ("PORT", "web", "error: environment variable PORT: server.port = `web`: a whole number from 0 to 65535 is due"),
        ("HOST", "0.0.0.0", "the development key must not be used"),
        ("JWT_PUBLIC_KEY_FILE", "/nowhere.pem", "/nowhere.pem cannot be read"),
        ("JWT_PUBLIC_KEY", "no key", "auth.public_key: a public key for RS256, ES256 or EdDSA in PEM is due"),
    ] {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().to_str().unwrap();
        for command in [vec!["serve", "--data", folder], vec!["config", "check", "--data", folder]] {
            let (status, out, err) = told(bare(&command).env(variable, value));
            assert_eq!((status, out.as_str()), (2, ""), "{err}");
            assert!(err.contains(words), "{err}");
        }
    }
}

#[test]
fn a_port_that_is_taken_is_told() {
    let service = start("");
    let data = tempfile::tempdir().unwrap();
    let port = service.address.port().to_string();
    let (status, _, err) = told(&mut bare(&["serve", "--port", &port, "--data", data.path().to_str().unwrap()]));
    assert_eq!(status, 2);
    assert!(err.contains(&format!("error: 127.0.0.1:{port} cannot be listened on: ")), "{err}");
}

#[test]
fn tokens_are_made_with_the_key_of_the_folder_or_the_configured_one() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().to_str().unwrap();
    let token = ["token", "--data", folder, "--sub", "alice", "--role", "user", "--expires"];
    let with = |time: &'static str| [&token[..], &[time]].concat();
    let (status, out, err) = told(&mut bare(&with("1h")));
    assert_eq!((status, err.as_str(), out.trim().split('.').count()), (0, "", 3));
    assert!(data.path().join("development.key").is_file());
    for (time, variable, words) in [
        ("soon", ("X", ""), "`--expires soon`: a time is due"),
        ("0s", ("X", ""), "`--expires 0s`: a time is due"),
        ("1h", ("JWKS_URL", "https://id.example/keys"), "the configuration has public keys only"),
    ] {
        let (status, _, err) = told(bare(&with(time)).env(variable.0, variable.1));
        assert_eq!(status, 2);
        assert!(err.contains(words), "{err}");
    }
    let (status, _, err) = told(&mut bare(&["token", "--data", folder, "--sub", "a b", "--role", "user"]));
    assert_eq!(status, 2);
    assert!(err.contains("is no id"), "{err}");
}
