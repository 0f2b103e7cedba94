//! Tokens by public keys: in PEM, in a file of keys, at an address. The keys are only for these tests.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::{SECRET, claims, now, signed as signed_by};
use crate::config;
use crate::http::auth::Verifier;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/keys")).join(name)
}

fn verifier(environment: &[(&str, &str)]) -> Result<Verifier, String> {
    let all = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Verifier::new(&config::read(None, &all, &Vec::new()).unwrap().auth, None)
}

fn key(kind: &str) -> (Algorithm, EncodingKey) {
    let pem = std::fs::read(fixture(&format!("{kind}.private.pem"))).unwrap();
    match kind {
        "rsa" => (Algorithm::RS256, EncodingKey::from_rsa_pem(&pem).unwrap()),
        "ec" => (Algorithm::ES256, EncodingKey::from_ec_pem(&pem).unwrap()),
        _ => (Algorithm::EdDSA, EncodingKey::from_ed_pem(&pem).unwrap()),
    }
}

fn signed(kind: &str, id: Option<&str>) -> String {
    let (algorithm, key) = key(kind);
    let header = Header { kid: id.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, &claims(json!({})), &key).unwrap()
}

/// The code of the refusal, or nothing where the token is good.
async fn code(verifier: &Verifier, token: &str) -> Option<&'static str> {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    verifier.identify(&headers).await.err().map(|error| error.code.as_str())
}

#[tokio::test]
async fn a_public_key_takes_its_own_algorithm_and_no_other() {
    for kind in ["rsa", "ec", "ed"] {
        let file = fixture(&format!("{kind}.public.pem"));
        let pem = std::fs::read_to_string(&file).unwrap();
        let in_a_line = pem.replace('\n', "\\n");
        for settings in
            [("JWT_PUBLIC_KEY_FILE", file.to_str().unwrap()), ("JWT_PUBLIC_KEY", &pem), ("JWT_PUBLIC_KEY", &in_a_line)]
        {
            let verifier = verifier(&[settings]).unwrap();
            for other in ["rsa", "ec", "ed"] {
                let due = (other != kind).then_some("token_invalid");
                assert_eq!(code(&verifier, &signed(other, None)).await, due, "{kind} {other}");
            }
            // The old trick: the public key as the secret of HS256.
            let secret = EncodingKey::from_secret(pem.as_bytes());
            let forged = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(json!({})), &secret).unwrap();
            assert_eq!(code(&verifier, &forged).await, Some("token_invalid"));
        }
    }
    let file = fixture("ec.public.pem");
    let wrong = verifier(&[("JWT_PUBLIC_KEY_FILE", file.to_str().unwrap()), ("JWT_ALGORITHM", "RS256")]);
    assert!(wrong.unwrap_err().ends_with("a public key for RS256 in PEM is due (`-----BEGIN PUBLIC KEY-----`)"));
}

#[tokio::test]
async fn a_set_of_keys_is_asked_by_id_and_its_secrets_are_never_used() {
    let file = fixture("jwks.json");
    let file = ("JWKS_FILE", file.to_str().unwrap());
    let all = verifier(&[file]).unwrap();
    let only_ec = verifier(&[file, ("JWT_ALGORITHM", "ES256")]).unwrap();
    for (kind, id, by_all, by_ec) in [
        ("rsa", Some("rsa-1"), None, Some("token_invalid")),
        ("ec", Some("ec-1"), None, None),
        ("ed", Some("ed-1"), None, Some("token_invalid")),
        ("ec", None, None, None),
        ("ec", Some("rsa-1"), Some("token_invalid"), Some("token_invalid")),
        ("rsa", Some("enc-1"), Some("token_invalid"), Some("token_invalid")),
        ("rsa", Some("nothing"), Some("token_invalid"), Some("token_invalid")),
    ] {
        let token = signed(kind, id);
        assert_eq!((code(&all, &token).await, code(&only_ec, &token).await), (by_all, by_ec), "{kind} {id:?}");
    }
    let secret = EncodingKey::from_secret(b"a secret that is in a public place, of all things");
    let header = Header { kid: Some("secret-1".to_owned()), ..Header::new(Algorithm::HS256) };
    let forged = jsonwebtoken::encode(&header, &claims(json!({})), &secret).unwrap();
    assert_eq!(code(&all, &forged).await, Some("token_invalid"));
    let none = fixture("rsa.public.pem");
    assert!(verifier(&[("JWKS_FILE", none.to_str().unwrap())]).unwrap_err().contains("that is no set of keys"));
}

/// Answers each request with the next status and the keys; says how often it was asked.
fn issuer(statuses: &'static [u16]) -> (String, std::thread::JoinHandle<usize>) {
    let keys = std::fs::read_to_string(fixture("jwks.json")).unwrap();
    issuer_of(statuses.iter().map(|status| (*status, keys.clone())).collect())
}

/// Answers each request with the next status and body; says how often it was asked.
fn issuer_of(answers: Vec<(u16, String)>) -> (String, std::thread::JoinHandle<usize>) {
    let (url, listener) = silent_issuer();
    (url, std::thread::spawn(move || answer(&listener, &answers)))
}

/// Takes connections, and answers none of them yet.
fn silent_issuer() -> (String, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    (format!("http://{}/keys", listener.local_addr().unwrap()), listener)
}

fn answer(listener: &TcpListener, answers: &[(u16, String)]) -> usize {
    for (status, keys) in answers {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]).unwrap();
        let length = keys.len();
        let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{keys}").as_bytes()).unwrap();
    }
    answers.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_at_an_address_are_fetched_once_for_many_tokens() {
    let (url, thread) = issuer(&[200]);
    let verifier = verifier(&[("JWKS_URL", &url)]).unwrap();
    for _ in 0..5 {
        assert_eq!(code(&verifier, &signed("rsa", Some("rsa-1"))).await, None);
    }
    // An unknown key does not make the service ask again at once: anybody can invent one.
    assert_eq!(code(&verifier, &signed("rsa", Some("invented"))).await, Some("token_invalid"));
    assert_eq!(thread.join().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_keys_is_fetched_although_who_asked_goes_away() {
    let (url, listener) = silent_issuer();
    let verifier = verifier(&[("JWKS_URL", &url)]).unwrap();
    let token = signed("ec", Some("ec-1"));
    // Begins to ask, and is gone before there is an answer.
    assert!(tokio::time::timeout(Duration::from_millis(20), code(&verifier, &token)).await.is_err());
    let thread = std::thread::spawn(move || answer(&listener, &[(200, keys_without(""))]));
    assert_eq!(code(&verifier, &token).await, None);
    assert_eq!(thread.join().unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_nobody_is_let_in_and_the_reason_is_not_the_token() {
    let (url, thread) = issuer(&[500]);
    let verifier = verifier(&[("JWKS_URL", &url)]).unwrap();
    assert_eq!(code(&verifier, &signed("rsa", Some("rsa-1"))).await, Some("service_unavailable"));
    assert_eq!(code(&verifier, &signed("rsa", Some("rsa-1"))).await, Some("service_unavailable"));
    assert_eq!(thread.join().unwrap(), 1);
}

/// The keys of the fixture without one.
fn keys_without(id: &str) -> String {
    let text = std::fs::read_to_string(fixture("jwks.json")).unwrap();
    let mut set: serde_json::Value = serde_json::from_str(&text).unwrap();
    set["keys"].as_array_mut().unwrap().retain(|key| key["kid"] != id);
    set.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_key_was_withdrawn_is_remembered_no_longer_than_the_keys_are_fresh() {
    for (why, older) in [
        ("the keys grew old", Duration::from_secs(86_400)),
        // Then they are fetched anew for another token, while they are fresh still.
        ("another token named a key that is not known", Duration::from_secs(11)),
    ] {
        let (url, thread) = issuer_of(vec![(200, keys_without("")), (200, keys_without("rsa-1"))]);
        let verifier = verifier(&[("JWKS_URL", &url)]).unwrap();
        let token = signed("rsa", Some("rsa-1"));
        for _ in 0..3 {
            assert_eq!(code(&verifier, &token).await, None);
        }
        assert_eq!(verifier.remembers(), 1);
        verifier.age_keys(older).await;
        assert_eq!(code(&verifier, &signed("ec", Some("ec-2"))).await, Some("token_invalid"), "{why}");
        assert_eq!(code(&verifier, &token).await, Some("token_invalid"), "{why}");
        assert_eq!(code(&verifier, &signed("ec", Some("ec-1"))).await, None, "{why}");
        assert_eq!(thread.join().unwrap(), 2, "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_address_is_away_old_keys_verify_and_nothing_is_remembered() {
    let (url, thread) = issuer(&[200, 500]);
    let verifier = verifier(&[("JWKS_URL", &url)]).unwrap();
    let token = signed("rsa", Some("rsa-1"));
    assert_eq!(code(&verifier, &token).await, None);
    verifier.age_keys(Duration::from_secs(86_400)).await;
    for _ in 0..3 {
        assert_eq!(code(&verifier, &token).await, None);
    }
    assert_eq!((verifier.remembers(), thread.join().unwrap()), (0, 2));
}

fn by_secret(changes: serde_json::Value) -> String {
    signed_by(Algorithm::HS256, SECRET, &claims(changes))
}

#[tokio::test]
async fn a_token_that_is_remembered_ends_when_it_says_and_holds_to_the_byte() {
    let verifier = verifier(&[("JWT_SECRET", SECRET)]).unwrap();
    let token = by_secret(json!({"exp": now() + 600, "nbf": now()}));
    for _ in 0..2 {
        assert_eq!(verifier.verify(&token, now()).await.unwrap().sub, "alice");
    }
    assert_eq!(verifier.remembers(), 1);
    let day = 86_400;
    for (at, due) in [(now() + 600 + day, "token_expired"), (now() - day, "token_invalid")] {
        assert_eq!(verifier.verify(&token, at).await.unwrap_err().code.as_str(), due);
    }
    let aged = by_secret(json!({"exp": now() + 30 * day}));
    assert!(verifier.verify(&aged, now()).await.is_ok());
    assert_eq!(verifier.verify(&aged, now() + 10 * day).await.unwrap_err().code.as_str(), "token_expired");
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(bytes).unwrap();
        // The last letter has bits that stand for nothing, which is refused too.
        assert!(verifier.verify(&other, now()).await.is_err(), "byte {at}");
    }
    assert_eq!(verifier.remembers(), 2);
}

#[tokio::test]
async fn only_good_tokens_are_remembered_and_no_more_than_fit() {
    let verifier = verifier(&[("JWT_SECRET", SECRET)]).unwrap();
    let bad = [
        signed_by(Algorithm::HS256, "another secret, with more than 32 bytes", &claims(json!({}))),
        by_secret(json!({"exp": 5})),
        by_secret(json!({"sub": "no id"})),
    ];
    for token in &bad {
        assert!(verifier.verify(token, now()).await.is_err());
    }
    assert_eq!(verifier.remembers(), 0);
    // Claims that nobody reads make a token long.
    let first = by_secret(json!({"sub": "first"}));
    let used = by_secret(json!({"sub": "used"}));
    let long = "x".repeat(5_000);
    assert!(verifier.verify(&first, now()).await.is_ok());
    for n in 0..3_000 {
        let token = by_secret(json!({"sub": format!("m{n}"), "long": long}));
        assert!(verifier.verify(&token, now()).await.is_ok());
        assert!(verifier.verify(&used, now()).await.is_ok());
    }
    let (tokens, bytes) = verifier.remembered();
    assert!(bytes <= 16 * 1024 * 1024, "{bytes}");
    assert!((1_000..3_000).contains(&tokens), "{tokens}");
    assert_eq!((verifier.knows(&first), verifier.knows(&used)), (false, true));
    assert!(!format!("{verifier:?}").contains(&used));
}
