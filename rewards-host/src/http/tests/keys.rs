//! Tokens by public keys: in PEM, in a file of keys, at an address. The keys are only for these tests.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;

use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::claims;
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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/keys", listener.local_addr().unwrap());
    let keys = std::fs::read_to_string(fixture("jwks.json")).unwrap();
    let thread = std::thread::spawn(move || {
        for status in statuses {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let length = keys.len();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            stream.write_all(format!("{head}{keys}").as_bytes()).unwrap();
        }
        statuses.len()
    });
    (url, thread)
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
async fn without_keys_nobody_is_let_in_and_the_reason_is_not_the_token() {
    let (url, thread) = issuer(&[500]);
    let verifier = verifier(&[("JWKS_URL", &url)]).unwrap();
    assert_eq!(code(&verifier, &signed("rsa", Some("rsa-1"))).await, Some("service_unavailable"));
    assert_eq!(code(&verifier, &signed("rsa", Some("rsa-1"))).await, Some("service_unavailable"));
    assert_eq!(thread.join().unwrap(), 1);
}
