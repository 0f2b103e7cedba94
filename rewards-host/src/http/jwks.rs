//! Sets of public keys (JWKS), from a file or from an address.
//!
//! A set from an address is fetched when it is first needed, again when it is old, and again (not more than once in
//! ten seconds) when a token names a key that is not in it, since issuers change keys. While the address does not
//! answer, the keys that are there stay in use.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use super::auth::algorithm;
use crate::service::error::{Code, ServiceError};

/// The least time between two fetches.
const PAUSE: Duration = Duration::from_secs(10);
/// Time for a fetch.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes that a set of keys may have.
const MOST: usize = 1024 * 1024;

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: DecodingKey,
}

type All = Arc<Vec<Key>>;

/// A set of keys.
#[derive(Debug)]
pub(crate) struct KeySet(Source);

#[derive(Debug)]
enum Source {
    Fixed(All),
    Fetched(Arc<Fetched>),
}

/// A set from an address.
#[derive(Debug)]
struct Fetched {
    due: Option<Algorithm>,
    url: String,
    client: reqwest::Client,
    refresh: Duration,
    state: Mutex<State>,
    fresh: RwLock<Fresh>,
}

/// Which keys count without the address being asked.
#[derive(Debug, Default)]
struct Fresh {
    /// Counts the sets that were another than the one before.
    mark: u64,
    until: Option<Instant>,
}

#[derive(Debug, Default)]
struct State {
    keys: All,
    /// The set as it was fetched.
    text: Vec<u8>,
    fetched: Option<Instant>,
    tried: Option<Instant>,
}

impl KeySet {
    /// The keys of a file.
    ///
    /// # Errors
    ///
    /// A sentence, where the text is no set of keys or none of them can be used.
    pub(crate) fn fixed(text: &str, due: Option<Algorithm>) -> Result<KeySet, String> {
        let keys = read(text.as_bytes(), due)?;
        Ok(KeySet(Source::Fixed(keys)))
    }

    /// The keys at an address.
    ///
    /// # Errors
    ///
    /// A sentence, where there is no way to fetch anything.
    pub(crate) fn fetched(url: &str, due: Option<Algorithm>, refresh: Duration) -> Result<KeySet, String> {
        // Fails where somebody was first; then that provider serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none()).build();
        let client = client.map_err(|error| format!("keys cannot be fetched: {error}"))?;
        let (url, state, fresh) = (url.to_owned(), Mutex::default(), RwLock::default());
        Ok(KeySet(Source::Fetched(Arc::new(Fetched { due, url, client, refresh, state, fresh }))))
    }

    /// Stands for the keys that count now; nothing where the address would have to be asked. What was verified under a
    /// mark holds as long as the mark is the same.
    pub(crate) fn mark(&self) -> Option<u64> {
        match &self.0 {
            Source::Fixed(_) => Some(0),
            Source::Fetched(fetched) => {
                let fresh = fetched.fresh.read().unwrap_or_else(PoisonError::into_inner);
                (Instant::now() < fresh.until?).then_some(fresh.mark)
            }
        }
    }

    /// Makes what was fetched older by a time.
    #[cfg(test)]
    pub(crate) async fn age(&self, by: Duration) {
        let Source::Fetched(fetched) = &self.0 else { return };
        let Fetched { state, fresh, .. } = &**fetched;
        let older = |at: &mut Option<Instant>| *at = at.and_then(|at| at.checked_sub(by));
        let mut state = state.lock().await;
        older(&mut state.fetched);
        older(&mut state.tried);
        older(&mut fresh.write().unwrap_or_else(PoisonError::into_inner).until);
    }

    /// The key that a token names, or the only one of its algorithm where it names none.
    ///
    /// # Errors
    ///
    /// `token_invalid` where there is no such key; `service_unavailable` where no keys could be fetched.
    pub(crate) async fn find(&self, id: Option<&str>, of: Algorithm) -> Result<(Algorithm, DecodingKey), ServiceError> {
        let fetched = match &self.0 {
            Source::Fixed(keys) => return chosen(keys, id, of).ok_or_else(unknown),
            Source::Fetched(fetched) => fetched,
        };
        {
            let state = fetched.state.lock().await;
            let is_fresh = state.fetched.is_some_and(|at| at.elapsed() < fetched.refresh);
            if let Some(found) = chosen(&state.keys, id, of).filter(|_| is_fresh) {
                return Ok(found);
            }
        }
        // Whoever asks may go away meanwhile: the set is fetched all the same, or nobody could for a while.
        let _ = tokio::spawn(Arc::clone(fetched).again()).await;
        let state = fetched.state.lock().await;
        if state.fetched.is_none() {
            let error =
                ServiceError::new(Code::ServiceUnavailable, "the keys that tokens are checked with cannot be had");
            return Err(error.retry_after(PAUSE));
        }
        chosen(&state.keys, id, of).ok_or_else(unknown)
    }
}

impl Fetched {
    /// Fetches the set, unless that was tried just now.
    async fn again(self: Arc<Fetched>) {
        let mut state = self.state.lock().await;
        if state.tried.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        state.tried = Some(Instant::now());
        match fetch(&self.client, &self.url, self.due).await {
            Ok((keys, text)) => {
                let now = Instant::now();
                let is_new = text != state.text;
                (state.keys, state.text, state.fetched) = (keys, text, Some(now));
                let mut fresh = self.fresh.write().unwrap_or_else(PoisonError::into_inner);
                *fresh = Fresh { mark: fresh.mark.saturating_add(is_new.into()), until: now.checked_add(self.refresh) };
            }
            Err(error) => tracing::warn!(error, "the keys of tokens cannot be fetched"),
        }
    }
}

fn unknown() -> ServiceError {
    ServiceError::new(Code::TokenInvalid, "the token is signed with a key that is not known here")
}

fn chosen(keys: &[Key], id: Option<&str>, of: Algorithm) -> Option<(Algorithm, DecodingKey)> {
    let mut fitting = keys.iter().filter(|key| match id {
        Some(id) => key.id.as_deref() == Some(id),
        None => key.algorithm == of,
    });
    let first = fitting.next()?;
    fitting.next().is_none().then(|| (first.algorithm, first.key.clone()))
}

async fn fetch(client: &reqwest::Client, url: &str, due: Option<Algorithm>) -> Result<(All, Vec<u8>), String> {
    // The address may hold a password: it is not in the message.
    let words = |error: reqwest::Error| error.without_url().to_string();
    let mut response = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(words)?;
    let mut text = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(words)? {
        text.extend_from_slice(&chunk);
        if text.len() > MOST {
            return Err(format!("more than {MOST} bytes"));
        }
    }
    let keys = read(&text, due)?;
    Ok((keys, text))
}

fn read(text: &[u8], due: Option<Algorithm>) -> Result<All, String> {
    // Key by key, so that one of a kind that is not known here does not spoil the others.
    #[derive(serde::Deserialize)]
    struct Raw {
        keys: Vec<serde_json::Value>,
    }
    let raw: Raw = serde_json::from_slice(text).map_err(|error| format!("that is no set of keys (JWKS): {error}"))?;
    let keys = raw.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
    let set = JwkSet { keys };
    let keys: Vec<Key> = set.keys.iter().filter_map(|jwk| usable(jwk, due)).collect();
    if keys.is_empty() {
        return Err("no key of the set is for RS256, ES256 or EdDSA as configured".to_owned());
    }
    Ok(Arc::new(keys))
}

/// A key for signatures, of a kind that is taken here. A secret in a set of public keys is never used.
fn usable(jwk: &Jwk, due: Option<Algorithm>) -> Option<Key> {
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let by_kind = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => "RS256",
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => "ES256",
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => "EdDSA",
        _ => return None,
    };
    let named = match jwk.common.key_algorithm {
        None => by_kind,
        Some(KeyAlgorithm::RS256) => "RS256",
        Some(KeyAlgorithm::ES256) => "ES256",
        Some(KeyAlgorithm::EdDSA) => "EdDSA",
        Some(_) => return None,
    };
    let algorithm = algorithm(by_kind).filter(|found| named == by_kind && due.is_none_or(|due| due == *found))?;
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some(Key { id: jwk.common.key_id.clone(), algorithm, key })
}
