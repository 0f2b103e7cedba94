//! `rewards token`: a token for trying the service.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use super::setup::Setup;
use super::{Ended, Failure, Outcome, print};
use crate::config::{AuthKeys, development_key, duration};

/// Makes a token for trying the service, with the configured secret or the development key
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 the token is printed, 2 wrong use, a wrong setting, or a key that cannot be read."
)]
pub(super) struct Args {
    #[command(flatten)]
    setup: Setup,
    /// Whom the token is for: a member's id, or the name of a service
    #[arg(long)]
    sub: String,
    /// What they may do; several are given one by one
    #[arg(long = "role", required = true, value_parser = ["user", "manager", "admin", "system", "service"])]
    roles: Vec<String>,
    /// How long the token is good, like 15m, 1h or 1d
    #[arg(long, default_value = "1h", value_name = "TIME")]
    expires: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    roles: &'a [String],
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    aud: &'a [String],
}

pub(super) fn run(args: &Args) -> Outcome {
    let config = args.setup.read(&[])?;
    let wrong = || Failure(format!("`--expires {}`: a time is due, like 15m, 1h or 1d", args.expires));
    let expires = duration(&args.expires).filter(|time| time.as_secs() > 0).ok_or_else(wrong)?;
    let secret = match &config.auth.keys {
        AuthKeys::Secret(secret) => secret.clone(),
        AuthKeys::Development => development_key(&config.data).map_err(Failure)?,
        _ => {
            let why = "the configuration has public keys only: tokens are made by whoever has the private one";
            return Err(Failure(why.to_owned()));
        }
    };
    if !rewards_rules::value::is_id(&args.sub) {
        return Err(Failure(format!("`--sub {}` is no id of a member", args.sub)));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let claims = Claims {
        sub: &args.sub,
        roles: &args.roles,
        iat: now,
        exp: now.saturating_add(expires.as_secs()),
        iss: config.auth.issuer.as_deref(),
        aud: &config.auth.audience,
    };
    let key = EncodingKey::from_secret(secret.expose().as_bytes());
    let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key);
    print(&format!("{}\n", token.map_err(|error| Failure(format!("the token cannot be made: {error}")))?))?;
    Ok(Ended::Well)
}
