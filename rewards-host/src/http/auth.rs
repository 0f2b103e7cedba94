//! Who asks: tokens (JWT), verified offline.
//!
//! Which algorithm holds is the configuration's and the key's business, never the token's: a token that names another
//! one is refused before its signature is looked at. Its times are checked here and not by the library, which reads
//! numbers in a way that does not go with numbers that are kept digit by digit.
//!
//! A token that was good is remembered ([`Remembered`]), since most come many times: its signature is not looked at
//! again while the key counts, its times are at each use.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::{Number, Value};

use super::endpoints::Role;
use super::jwks::KeySet;
use super::problem::Problem;
use super::remembered::Remembered;
use crate::config::{Auth, AuthKeys};
use crate::service::error::{Code, ServiceError};

/// A token may have so many bytes.
const MOST: usize = 8 * 1024;

/// Somebody, as a token has them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    /// The subject of the token; for a user, their member id.
    pub(crate) sub: String,
    /// What the token says of them. Words that are no role are left out.
    pub(crate) roles: Vec<Role>,
}

impl Bearer {
    /// The roles, divided by commas.
    pub(crate) fn roles_text(&self) -> String {
        let roles: Vec<&str> = self.roles.iter().map(|role| role.as_str()).collect();
        roles.join(",")
    }
}

/// Somebody who was let in to an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Admitted {
    pub(crate) bearer: Arc<Bearer>,
    /// See [`Caller::own_only`].
    pub(crate) own_only: bool,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The subject of the token; for a user, their member id.
    pub(crate) sub: String,
    /// What the token says of them. Words that are no role are left out.
    pub(crate) roles: Vec<Role>,
    /// Whether they are let in as a member only, so that everything they touch has to be their own.
    pub(crate) own_only: bool,
}

impl Caller {
    /// Whether the caller may do this for a member.
    ///
    /// # Errors
    ///
    /// `forbidden`, whether that member exists or not.
    pub(crate) fn reach(&self, member: &str) -> Result<(), ServiceError> {
        reaches(self.own_only, &self.sub, member)
    }
}

impl Admitted {
    /// See [`Caller::reach`].
    pub(crate) fn reach(&self, member: &str) -> Result<(), ServiceError> {
        reaches(self.own_only, &self.bearer.sub, member)
    }
}

fn reaches(own_only: bool, sub: &str, member: &str) -> Result<(), ServiceError> {
    if own_only && sub != member {
        return Err(ServiceError::new(Code::Forbidden, "a user sees and changes only what is their own"));
    }
    Ok(())
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        let found = parts.extensions.get::<Admitted>();
        let of = |found: &Admitted| {
            let Bearer { sub, roles } = &*found.bearer;
            Caller { sub: sub.clone(), roles: roles.clone(), own_only: found.own_only }
        };
        found.map(of).ok_or_else(|| Problem::new(Code::Unauthenticated, "the header `Authorization` has no token"))
    }
}

/// What is read of a token; other claims are nobody's business here.
#[derive(Debug, Deserialize)]
struct Claims {
    exp: Option<Number>,
    nbf: Option<Number>,
    iat: Option<Number>,
    iss: Option<String>,
    aud: Option<Value>,
    sub: Option<String>,
    roles: Option<Vec<String>>,
}

/// Where keys come from.
#[derive(Debug)]
enum Keys {
    One(Algorithm, DecodingKey),
    Set(KeySet),
}

/// Verifies tokens.
#[derive(Debug)]
pub(crate) struct Verifier {
    keys: Keys,
    issuer: Option<String>,
    audience: Vec<String>,
    max_age: Duration,
    leeway: Duration,
    remembered: Remembered,
}

/// A token that was good.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) bearer: Arc<Bearer>,
    times: Times,
    /// Of the keys that it was verified with ([`KeySet::mark`]).
    mark: u64,
}

/// When a token holds, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
struct Times {
    exp: u64,
    iat: u64,
    nbf: Option<u64>,
}

fn invalid(detail: impl Into<String>) -> ServiceError {
    ServiceError::new(Code::TokenInvalid, detail)
}

/// The algorithm of a name that the configuration takes.
pub(crate) fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "HS256" => Some(Algorithm::HS256),
        "RS256" => Some(Algorithm::RS256),
        "ES256" => Some(Algorithm::ES256),
        "EdDSA" => Some(Algorithm::EdDSA),
        _ => None,
    }
}

/// A public key in PEM, with what it is for.
fn public_key(pem: &str, due: Option<Algorithm>) -> Result<(Algorithm, DecodingKey), String> {
    type Reader = fn(&[u8]) -> jsonwebtoken::errors::Result<DecodingKey>;
    let ways: [(Algorithm, Reader); 3] = [
        (Algorithm::RS256, DecodingKey::from_rsa_pem),
        (Algorithm::ES256, DecodingKey::from_ec_pem),
        (Algorithm::EdDSA, DecodingKey::from_ed_pem),
    ];
    let fitting = ways.into_iter().filter(|(algorithm, _)| due.is_none_or(|due| due == *algorithm));
    let mut keys = fitting.filter_map(|(algorithm, read)| Some((algorithm, read(pem.as_bytes()).ok()?)));
    let wanted = due.map_or_else(|| "RS256, ES256 or EdDSA".to_owned(), |due| format!("{due:?}"));
    keys.next().ok_or_else(|| format!("a public key for {wanted} in PEM is due (`-----BEGIN PUBLIC KEY-----`)"))
}

impl Verifier {
    /// Reads the keys. `development` is the key that is used where the configuration has none.
    ///
    /// # Errors
    ///
    /// A sentence, where a key cannot be read. A set of keys at an address is fetched when the first token comes.
    pub(crate) fn new(auth: &Auth, development: Option<&str>) -> Result<Verifier, String> {
        let due = auth.algorithm.as_deref().and_then(algorithm);
        let by_secret = |secret: &str| Keys::One(Algorithm::HS256, DecodingKey::from_secret(secret.as_bytes()));
        let text = |path: &std::path::Path| {
            std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
        };
        let one = |(algorithm, key)| Keys::One(algorithm, key);
        let keys = match &auth.keys {
            AuthKeys::Development => by_secret(development.unwrap_or_default()),
            AuthKeys::Secret(secret) => by_secret(secret.expose()),
            AuthKeys::Pem(pem) => one(public_key(pem, due).map_err(|error| format!("auth.public_key: {error}"))?),
            AuthKeys::PemFile(path) => {
                one(public_key(&text(path)?, due).map_err(|error| format!("{}: {error}", path.display()))?)
            }
            AuthKeys::JwksFile(path) => {
                let set = KeySet::fixed(&text(path)?, due);
                Keys::Set(set.map_err(|error| format!("{}: {error}", path.display()))?)
            }
            AuthKeys::JwksUrl(url) => Keys::Set(KeySet::fetched(url, due, auth.jwks_refresh)?),
        };
        Ok(Verifier {
            keys,
            issuer: auth.issuer.clone(),
            audience: auth.audience.clone(),
            max_age: auth.max_age,
            leeway: auth.leeway,
            remembered: Remembered::default(),
        })
    }

    /// Who sent a request; nobody in particular where it has no token.
    ///
    /// # Errors
    ///
    /// `token_invalid` or `token_expired` for a token that is not good.
    pub(crate) async fn identify(&self, headers: &HeaderMap) -> Result<Option<Arc<Bearer>>, ServiceError> {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = all.next() else { return Ok(None) };
        if all.next().is_some() {
            return Err(invalid("the header `Authorization` is there twice"));
        }
        let text = value.to_str().map_err(|_| invalid("the header `Authorization` is not ASCII"))?;
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(invalid("the header `Authorization` has to be `Bearer TOKEN`"));
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.verify(token.trim(), now).await.map(Some)
    }

    /// Verifies a token at a time, in seconds since 1970.
    pub(super) async fn verify(&self, token: &str, now: u64) -> Result<Arc<Bearer>, ServiceError> {
        if token.len() > MOST {
            return Err(invalid(format!("the token is longer than {MOST} bytes")));
        }
        // Asked before the keys are used, so that a token never counts under keys that came later.
        let mark = match &self.keys {
            Keys::One(..) => Some(0),
            Keys::Set(set) => set.mark(),
        };
        if let Some(known) = self.remembered.get(token).filter(|known| Some(known.mark) == mark) {
            self.holds(&known.times, now)?;
            return Ok(Arc::clone(&known.bearer));
        }
        // Apart, so that not every request carries the room that fetching keys takes.
        Box::pin(self.verify_anew(token, mark, now)).await
    }

    async fn verify_anew(&self, token: &str, mark: Option<u64>, now: u64) -> Result<Arc<Bearer>, ServiceError> {
        let header = jsonwebtoken::decode_header(token).map_err(|error| refusal(&error))?;
        let (algorithm, key) = match &self.keys {
            Keys::One(algorithm, key) => (*algorithm, key.clone()),
            Keys::Set(set) => set.find(header.kid.as_deref(), header.alg).await?,
        };
        if header.alg != algorithm {
            return Err(invalid("the token is signed with another algorithm than is due here"));
        }
        let mut validation = Validation::new(algorithm);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let data = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|error| refusal(&error))?;
        let (bearer, times) = self.accept(data.claims, now)?;
        if let Some(mark) = mark {
            self.remembered.put(token, Known { bearer: Arc::clone(&bearer), times, mark });
        }
        Ok(bearer)
    }

    /// Whether a token holds at a time.
    fn holds(&self, times: &Times, now: u64) -> Result<(), ServiceError> {
        let leeway = self.leeway.as_secs();
        if now >= times.exp.saturating_add(leeway) {
            return Err(ServiceError::new(Code::TokenExpired, "the token has expired"));
        }
        if now.saturating_sub(times.iat) > self.max_age.as_secs().saturating_add(leeway) {
            return Err(ServiceError::new(Code::TokenExpired, "the token is too old"));
        }
        let latest = now.saturating_add(leeway);
        if times.iat > latest || times.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(invalid("the token is not valid yet"));
        }
        Ok(())
    }

    fn accept(&self, claims: Claims, now: u64) -> Result<(Arc<Bearer>, Times), ServiceError> {
        let at = |name: &str, number: Option<Number>| {
            number
                .map(|number| seconds(&number).ok_or_else(|| invalid(format!("`{name}` of the token is no time"))))
                .transpose()
        };
        let missing = |name: &str| invalid(format!("the token has no `{name}`"));
        let exp = at("exp", claims.exp)?.ok_or_else(|| missing("exp"))?;
        let iat = at("iat", claims.iat)?.ok_or_else(|| missing("iat"))?;
        let times = Times { exp, iat, nbf: at("nbf", claims.nbf)? };
        self.holds(&times, now)?;
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(invalid("the token is from another issuer"));
        }
        if !self.audience.is_empty() && !self.audience.iter().any(|due| is_for(claims.aud.as_ref(), due)) {
            return Err(invalid("the token is for another audience"));
        }
        let sub = claims.sub.ok_or_else(|| missing("sub"))?;
        if !rewards_rules::value::is_id(&sub) {
            return Err(invalid("`sub` of the token is no id"));
        }
        let roles = claims.roles.unwrap_or_default();
        let roles = roles.iter().filter_map(|text| Role::from_text(text)).collect();
        Ok((Arc::new(Bearer { sub, roles }), times))
    }
}

#[cfg(test)]
impl Verifier {
    /// How many tokens are remembered.
    pub(super) fn remembers(&self) -> usize {
        self.remembered.size().0
    }

    /// How many tokens are remembered, and the bytes they take.
    pub(super) fn remembered(&self) -> (usize, usize) {
        self.remembered.size()
    }

    /// Whether a token is remembered.
    pub(super) fn knows(&self, token: &str) -> bool {
        self.remembered.get(token).is_some()
    }

    /// Makes keys that were fetched older by a time.
    pub(super) async fn age_keys(&self, by: Duration) {
        if let Keys::Set(set) = &self.keys {
            set.age(by).await;
        }
    }
}

fn is_for(audience: Option<&Value>, due: &str) -> bool {
    match audience {
        Some(Value::String(one)) => one == due,
        Some(Value::Array(all)) => all.iter().any(|one| one.as_str() == Some(due)),
        _ => false,
    }
}

/// A time of a token: seconds since 1970. A fraction is left out.
fn seconds(number: &Number) -> Option<u64> {
    let text = number.as_str();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    fraction.bytes().all(|byte| byte.is_ascii_digit()).then(|| whole.parse().ok())?
}

/// Says what is wrong with a token, and nothing of what is in it.
fn refusal(error: &jsonwebtoken::errors::Error) -> ServiceError {
    invalid(match error.kind() {
        ErrorKind::InvalidSignature => "the signature of the token is not right",
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::UnsupportedAlgorithm => {
            "the token is signed with another algorithm than is due here"
        }
        _ => "that is no token (JWT)",
    })
}
