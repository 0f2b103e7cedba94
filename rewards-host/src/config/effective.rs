//! The configuration as the service uses it, checked as a whole.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::secret::Secret;
use super::value::Value;
use super::{ConfigError, Source, Values, settings};

/// Everything that was set.
#[derive(Debug)]
pub(crate) struct Config {
    /// Address to listen on.
    pub(crate) listen: SocketAddr,
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Time for the headers of a request, and for which an idle connection is kept.
    pub(crate) header_timeout: Duration,
    /// Time for the body of a request.
    pub(crate) body_timeout: Duration,
    /// Time for the answer to a request.
    pub(crate) request_timeout: Duration,
    /// Time that what is under way has to end.
    pub(crate) drain: Duration,
    /// Origins whose pages may call.
    pub(crate) cors_origins: Vec<String>,
    /// Folder of the embedded store and of the development key.
    pub(crate) data: PathBuf,
    /// Folder of the rule set that an empty store begins with.
    pub(crate) rules: Option<PathBuf>,
    /// The database.
    pub(crate) database: Database,
    /// Address of Redis.
    pub(crate) redis: Option<Secret>,
    /// Who is let in.
    pub(crate) auth: Auth,
    /// Id of the master key, and the key where one is set: 64 hexadecimal digits.
    pub(crate) master_key: (String, Option<Secret>),
    /// Ids and master keys of before, the first one first.
    pub(crate) earlier_master_keys: Vec<(String, Secret)>,
    /// Id and master key that is to come.
    pub(crate) next_master_key: Option<(String, Secret)>,
    /// Bytes of a body, and of a batch's.
    pub(crate) body: (usize, usize),
    /// How deep JSON may be nested.
    pub(crate) depth: usize,
    /// Whether requests are counted.
    pub(crate) rates: bool,
    /// Limits of single endpoints, by name.
    pub(crate) per_minute: BTreeMap<String, u32>,
    /// Points by hand above which a second person has to approve.
    pub(crate) approval_over: u64,
    /// Types of redemption options that are complete as soon as they are made.
    pub(crate) at_once: Vec<String>,
    /// How people sign in to the admin page, where not with a token.
    pub(crate) oidc: Option<AdminOidc>,
    /// What is logged.
    pub(crate) log: (String, LogFormat),
    values: BTreeMap<String, (Value, Source)>,
}

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// PostgreSQL; without it, the embedded store.
    pub(crate) url: Option<Secret>,
    /// Connections at most.
    pub(crate) connections: u32,
    /// Time to wait for a connection.
    pub(crate) timeout: Duration,
}

/// What tokens are checked against.
#[derive(Debug, Clone)]
pub(crate) struct Auth {
    /// `HS256`, `RS256`, `ES256` or `EdDSA`; without it, what the key is for.
    pub(crate) algorithm: Option<String>,
    /// Where the key is.
    pub(crate) keys: AuthKeys,
    /// How long a set of keys is used.
    pub(crate) jwks_refresh: Duration,
    /// What `iss` has to be.
    pub(crate) issuer: Option<String>,
    /// What `aud` has to have one of.
    pub(crate) audience: Vec<String>,
    /// How old a token may be.
    pub(crate) max_age: Duration,
    /// By how much clocks may differ.
    pub(crate) leeway: Duration,
}

/// Where the key of tokens is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthKeys {
    /// The development key in the data folder.
    Development,
    /// A secret.
    Secret(Secret),
    /// A public key in PEM.
    Pem(String),
    /// A file of public keys in PEM.
    PemFile(PathBuf),
    /// A file of a set of keys.
    JwksFile(PathBuf),
    /// An address of a set of keys.
    JwksUrl(String),
}

/// How people sign in to the admin page by OpenID Connect; the page is told all of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct AdminOidc {
    /// Address of the issuer.
    pub(crate) issuer: String,
    /// Name of the page there.
    pub(crate) client_id: String,
    /// What is asked for.
    pub(crate) scope: String,
    /// `access_token` or `id_token`.
    pub(crate) token: String,
}

impl AdminOidc {
    /// The origin of the issuer: scheme, host and port.
    pub(crate) fn origin(&self) -> Option<String> {
        let (scheme, rest) = self.issuer.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Some(format!("{scheme}://{host}"))
    }
}

/// How lines are logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// A JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Values {
    fn text(&self, key: &str) -> Option<String> {
        match self.found.get(key) {
            Some((Value::Text(text) | Value::Hidden(text), _)) => Some(text.clone()),
            _ => None,
        }
    }

    fn secret(&self, key: &str) -> Option<Secret> {
        self.text(key).map(Secret::new)
    }

    fn number<N: TryFrom<u64> + Default>(&self, key: &str) -> N {
        match self.found.get(key) {
            Some((Value::Number(number), _)) => N::try_from(*number).unwrap_or_default(),
            _ => N::default(),
        }
    }

    fn time(&self, key: &str) -> Duration {
        match self.found.get(key) {
            Some((Value::Time(time), _)) => *time,
            _ => Duration::ZERO,
        }
    }

    fn list(&self, key: &str) -> Vec<String> {
        match self.found.get(key) {
            Some((Value::List(all), _)) => all.clone(),
            _ => Vec::new(),
        }
    }

    fn refuse(&mut self, key: &str, why: &str) {
        let source = self.found.get(key).map_or(Source::Default, |(_, source)| source.clone());
        self.wrong.push(format!("{source}: {key}: {why}"));
    }
}

impl Config {
    pub(super) fn from_values(mut values: Values) -> Result<Config, ConfigError> {
        let host = match values.found.get("server.host") {
            Some((Value::Address(address), _)) => *address,
            _ => IpAddr::from([127, 0, 0, 1]),
        };
        let database_url = database_url(&mut values);
        let redis = redis_url(&mut values);
        let auth = auth(&mut values);
        if !host.is_loopback() && auth.keys == AuthKeys::Development {
            values.refuse(
                "server.host",
                &format!(
                    "{host} can be reached from elsewhere, where the development key must not be used: set `auth.secret` \
                     (JWT_SECRET), `auth.public_key_file` (JWT_PUBLIC_KEY_FILE) or `auth.jwks_url` (JWKS_URL)"
                ),
            );
        }
        let oidc = oidc(&mut values);
        let master_key = values.secret("security.master_key");
        if master_key.as_ref().is_some_and(|key| !is_key(key.expose())) {
            values.refuse("security.master_key", "64 hexadecimal digits are due");
        }
        if !host.is_loopback() && master_key.is_none() {
            values.refuse(
                "server.host",
                &format!(
                    "{host} can be reached from elsewhere, where members' keys must not be wrapped by the development key, \
                     which no other replica has: set `security.master_key` (MASTER_KEY); for a store that was begun without \
                     one that is what stands in `development.key` in its data folder, of the name `1`"
                ),
            );
        }
        let (earlier_master_keys, next_master_key) = other_master_keys(&mut values);
        for origin in values.list("server.cors_origins") {
            let known = origin.starts_with("https://") || origin.starts_with("http://");
            if !known || origin.ends_with('/') {
                values.refuse("server.cors_origins", &format!("`{origin}` is no origin, like https://shop.example"));
            }
        }
        let log_format = match values.text("log.format").as_deref() {
            Some("json") => LogFormat::Json,
            Some("text") => LogFormat::Text,
            _ => LogFormat::Auto,
        };
        let level = values.text("log.level").unwrap_or_default();
        // A word alone is a level; the parser takes any other word for the name of a module.
        let is_level =
            |part: &str| part.contains('=') || part.parse::<tracing_subscriber::filter::LevelFilter>().is_ok();
        if !level.split(',').all(is_level) || level.parse::<tracing_subscriber::filter::Targets>().is_err() {
            values.refuse(
                "log.level",
                &format!("`{level}` is no level; one of error, warn, info, debug, trace is due, or by module, like info,sqlx=warn"),
            );
        }
        if !values.wrong.is_empty() {
            return Err(ConfigError(values.wrong));
        }
        let per_minute = values.found.keys().filter_map(|key| Some((key.strip_prefix(settings::PER_MINUTE)?, key)));
        Ok(Config {
            listen: SocketAddr::new(host, values.number("server.port")),
            connections: values.number("server.connections"),
            header_timeout: values.time("server.header_timeout"),
            body_timeout: values.time("server.body_timeout"),
            request_timeout: values.time("server.request_timeout"),
            drain: values.time("server.drain"),
            cors_origins: values.list("server.cors_origins"),
            data: values.text("store.data").unwrap_or_default().into(),
            rules: values.text("store.rules").map(Into::into),
            database: Database {
                url: database_url,
                connections: values.number("database.connections"),
                timeout: values.time("database.timeout"),
            },
            redis,
            auth,
            master_key: (values.text("security.master_key_id").unwrap_or_default(), master_key),
            earlier_master_keys,
            next_master_key,
            body: (values.number("limits.body"), values.number("limits.batch_body")),
            depth: values.number("limits.depth"),
            rates: values.text("limits.rates").as_deref() == Some("on"),
            per_minute: per_minute.map(|(name, key)| (name.to_owned(), values.number(key))).collect(),
            approval_over: values.number("points.approval_over"),
            at_once: values.list("redemptions.at_once"),
            oidc,
            log: (level, log_format),
            values: values.found,
        })
    }

    /// What is in force, as a file would have it, with secrets hidden and where each value comes from.
    pub(crate) fn shown(&self) -> String {
        let mut text = String::new();
        let mut group = "";
        let in_order = settings::SETTINGS.iter().map(|setting| setting.key);
        let limits = self.values.keys().map(String::as_str).filter(|key| key.starts_with(settings::PER_MINUTE));
        for key in in_order.chain(limits) {
            let Some((value, source)) = self.values.get(key) else { continue };
            let Some((table, name)) = key.rsplit_once('.') else { continue };
            if table != group {
                let gap = if group.is_empty() { "" } else { "\n" };
                let _ = writeln!(text, "{gap}[{table}]");
                group = table;
            }
            let line = format!("{name} = {}", value.shown());
            let _ = match source {
                Source::Default => writeln!(text, "{line}"),
                source => writeln!(text, "{line}  # {source}"),
            };
        }
        text
    }
}

fn is_key(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name and a key.
type NamedKey = (String, Secret);

/// Master keys of before, and the one to come; each name once, and none of them the name of the key in use.
fn other_master_keys(values: &mut Values) -> (Vec<NamedKey>, Option<NamedKey>) {
    let mut names = vec![values.text("security.master_key_id").unwrap_or_default()];
    let earlier = named_keys(values, "security.earlier_master_keys", &mut names);
    let next = named_keys(values, "security.next_master_key", &mut names);
    if next.len() > 1 {
        values.refuse("security.next_master_key", "one `NAME=KEY` is due");
    }
    (earlier, next.into_iter().next())
}

fn named_keys(values: &mut Values, setting: &str, names: &mut Vec<String>) -> Vec<NamedKey> {
    let text = values.text(setting).unwrap_or_default();
    let mut all = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Some((name, key)) = part.split_once('=').filter(|(name, key)| !name.is_empty() && is_key(key)) else {
            values.refuse(setting, "`NAME=KEY` is due, divided by commas, each key of 64 hexadecimal digits");
            break;
        };
        if names.iter().any(|known| known == name) {
            values.refuse(
                setting,
                &format!(
                    "there are two keys of the name `{name}`; the one in use has its own (`security.master_key_id`)"
                ),
            );
            break;
        }
        names.push(name.to_owned());
        all.push((name.to_owned(), Secret::new(key.to_owned())));
    }
    if !all.is_empty() && values.text("security.master_key").is_none() {
        values.refuse(setting, "`security.master_key` is missing, the one in use");
    }
    all
}

/// The address of PostgreSQL: as a whole, or from its parts.
fn database_url(values: &mut Values) -> Option<Secret> {
    let host = values.text("database.host");
    match (values.secret("database.url"), host) {
        (Some(_), Some(_)) => {
            values.refuse("database.host", "`database.url` is set as well; one of them is enough");
            None
        }
        (Some(url), None) => Some(url),
        (None, None) => None,
        (None, Some(host)) => {
            let part = |key: &str| encoded(&values.text(key).unwrap_or_default());
            let (user, name) = (part("database.user"), part("database.name"));
            let password =
                values.text("database.password").map(|text| format!(":{}", encoded(&text))).unwrap_or_default();
            let port: u16 = values.number("database.port");
            Some(Secret::new(format!("postgres://{user}{password}@{host}:{port}/{name}")))
        }
    }
}

/// Signing in at an issuer: both its address and the name of the page there, or neither.
fn oidc(values: &mut Values) -> Option<AdminOidc> {
    let text = |key: &str| values.text(key).unwrap_or_default();
    let (scope, token) = (text("admin.oidc.scope"), text("admin.oidc.token"));
    match (values.text("admin.oidc.issuer"), values.text("admin.oidc.client_id")) {
        (Some(issuer), Some(client_id)) => {
            // It becomes a part of a header.
            if issuer.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ';' | ',' | '@')) {
                values.refuse("admin.oidc.issuer", "an address without spaces, `;`, `,` and `@` is due");
            } else if is_open_to_others(&issuer) {
                let own = "an address with `https` is due; `http` is for an issuer on this machine (localhost, 127.0.0.1, [::1])";
                values.refuse("admin.oidc.issuer", own);
            }
            Some(AdminOidc { issuer: issuer.trim_end_matches('/').to_owned(), client_id, scope, token })
        }
        (Some(_), None) => {
            values.refuse("admin.oidc.issuer", "`admin.oidc.client_id` is missing");
            None
        }
        (None, Some(_)) => {
            values.refuse("admin.oidc.client_id", "`admin.oidc.issuer` is missing");
            None
        }
        (None, None) => None,
    }
}

/// Whether an address is asked over plain HTTP on another machine, where others can read and change the answer.
fn is_open_to_others(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match host.strip_prefix('[').and_then(|bracketed| bracketed.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    host != "localhost" && !host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn redis_url(values: &mut Values) -> Option<Secret> {
    match (values.secret("redis.url"), values.text("redis.host")) {
        (Some(_), Some(_)) => {
            values.refuse("redis.host", "`redis.url` is set as well; one of them is enough");
            None
        }
        (Some(url), None) => Some(url),
        (None, None) => None,
        (None, Some(host)) => {
            let password =
                values.text("redis.password").map(|text| format!(":{}@", encoded(&text))).unwrap_or_default();
            let port: u16 = values.number("redis.port");
            Some(Secret::new(format!("redis://{password}{host}:{port}")))
        }
    }
}

/// Percent-encoded wherever a letter or digit does not stand.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut done, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            done.push(char::from(byte));
        } else {
            let _ = write!(done, "%{byte:02X}");
        }
        done
    })
}

fn auth(values: &mut Values) -> Auth {
    let ways = ["auth.secret", "auth.public_key", "auth.public_key_file", "auth.jwks_file", "auth.jwks_url"];
    let set: Vec<&str> = ways.into_iter().filter(|key| values.found.contains_key(*key)).collect();
    if let [first, second, ..] = set.as_slice() {
        values.refuse(second, &format!("`{first}` is set as well; tokens are checked against one of them"));
    }
    let first = set.first().copied();
    let text = first.and_then(|key| values.text(key)).unwrap_or_default();
    let keys = match first {
        Some("auth.secret") => AuthKeys::Secret(Secret::new(text)),
        Some("auth.public_key") => AuthKeys::Pem(text.replace("\\n", "\n")),
        Some("auth.public_key_file") => AuthKeys::PemFile(text.into()),
        Some("auth.jwks_file") => AuthKeys::JwksFile(text.into()),
        Some("auth.jwks_url") => AuthKeys::JwksUrl(text),
        _ => AuthKeys::Development,
    };
    if let AuthKeys::Secret(secret) = &keys
        && secret.expose().len() < 32
    {
        let length = secret.expose().len();
        values.refuse("auth.secret", &format!("the secret has {length} bytes; at least 32 are due"));
    }
    let algorithm = values.text("auth.algorithm");
    let by_secret = matches!(keys, AuthKeys::Secret(_) | AuthKeys::Development);
    if let Some(algorithm) = &algorithm
        && by_secret != (algorithm == "HS256")
    {
        let due = if by_secret { "HS256 goes with a secret" } else { "HS256 needs `auth.secret`" };
        values.refuse("auth.algorithm", &format!("`{algorithm}` does not fit the key: {due}"));
    }
    Auth {
        algorithm,
        keys,
        jwks_refresh: values.time("auth.jwks_refresh"),
        issuer: values.text("auth.issuer"),
        audience: values.list("auth.audience"),
        max_age: values.time("auth.max_age"),
        leeway: values.time("auth.leeway"),
    }
}
