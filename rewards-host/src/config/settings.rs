//! The list of settings: name, variables, type, default, meaning.

use super::Source;
use super::value::{Kind, nearest};

/// A setting.
pub(crate) struct Setting {
    /// Its name, `table.key` of the file.
    pub(crate) key: &'static str,
    /// The environment variables that set it; a later one wins.
    pub(crate) variables: &'static [&'static str],
    /// What it may be.
    pub(crate) kind: Kind,
    /// What it is unless somebody says.
    pub(crate) default: Option<&'static str>,
    /// What it means, in a sentence.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the documents"))]
    pub(crate) about: &'static str,
}

const fn setting(
    key: &'static str,
    variables: &'static [&'static str],
    kind: Kind,
    default: Option<&'static str>,
    about: &'static str,
) -> Setting {
    Setting { key, variables, kind, default, about }
}

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600_000;
const DAY: u64 = 86_400_000;

/// Keys under this one are names of endpoints, each with its own limit.
pub(crate) const PER_MINUTE: &str = "limits.per_minute.";
const PER_MINUTE_KIND: Kind = Kind::Number(1, 10_000_000);

/// The algorithms of tokens.
pub(crate) const ALGORITHMS: &[&str] = &["HS256", "RS256", "ES256", "EdDSA"];

/// All settings, in the order of the file.
pub(crate) const SETTINGS: &[Setting] = &[
    setting("server.host", &["HOST"], Kind::Address, Some("127.0.0.1"), "Address to listen on."),
    setting(
        "server.port",
        &["PORT"],
        Kind::Number(0, 65_535),
        Some("3009"),
        "Port to listen on; 0 takes a free one and prints it.",
    ),
    setting(
        "server.connections",
        &[],
        Kind::Number(1, 1_000_000),
        Some("20000"),
        "Connections at a time; further ones wait to be accepted.",
    ),
    setting(
        "server.header_timeout",
        &[],
        Kind::Time(100, HOUR),
        Some("15s"),
        "Time that a client has for the headers of a request, and that an idle connection is kept.",
    ),
    setting(
        "server.body_timeout",
        &[],
        Kind::Time(100, HOUR),
        Some("15s"),
        "Time that a client has for the body of a request.",
    ),
    setting(
        "server.request_timeout",
        &[],
        Kind::Time(100, HOUR),
        Some("30s"),
        "Time that the answer to a request may take.",
    ),
    setting(
        "server.drain",
        &[],
        Kind::Time(100, HOUR),
        Some("25s"),
        "Time that requests under way have to end after SIGTERM.",
    ),
    setting(
        "server.cors_origins",
        &["CORS_ORIGINS"],
        Kind::List,
        Some(""),
        "Origins whose pages may call the service; none unless named.",
    ),
    setting(
        "store.data",
        &["REWARDS_DATA"],
        Kind::Text,
        Some("./data"),
        "Folder of the embedded store and of the development key.",
    ),
    setting(
        "store.rules",
        &["REWARDS_RULES"],
        Kind::Text,
        None,
        "Folder of the rule set that is published on an empty store; without it, the sample program.",
    ),
    setting(
        "database.url",
        &["DATABASE_URL"],
        Kind::Url(&["postgres", "postgresql"]),
        None,
        "PostgreSQL; without it, the embedded store.",
    ),
    setting("database.host", &["DB_HOST"], Kind::Text, None, "Host of PostgreSQL, in place of an address."),
    setting("database.port", &["DB_PORT"], Kind::Number(1, 65_535), Some("5432"), "Port of PostgreSQL, beside `host`."),
    setting("database.name", &["DB_NAME"], Kind::Text, Some("rewards"), "Database, beside `host`."),
    setting("database.user", &["DB_USER"], Kind::Text, Some("rewards"), "User of the database, beside `host`."),
    setting("database.password", &["DB_PASSWORD"], Kind::Secret, None, "Password of the database, beside `host`."),
    setting("database.connections", &[], Kind::Number(1, 1_000), Some("20"), "Connections to the database."),
    setting(
        "database.timeout",
        &[],
        Kind::Time(10, HOUR),
        Some("5s"),
        "Time to wait for a connection to the database.",
    ),
    setting(
        "redis.url",
        &["REDIS_URL"],
        Kind::Url(&["redis", "rediss"]),
        None,
        "Redis; without it, caches and limits are this process's own.",
    ),
    setting("redis.host", &["REDIS_HOST"], Kind::Text, None, "Host of Redis, in place of an address."),
    setting("redis.port", &["REDIS_PORT"], Kind::Number(1, 65_535), Some("6379"), "Port of Redis, beside `host`."),
    setting("redis.password", &["REDIS_PASSWORD"], Kind::Secret, None, "Password of Redis, beside `host`."),
    setting(
        "auth.algorithm",
        &["JWT_ALGORITHM"],
        Kind::Choice(ALGORITHMS),
        None,
        "Algorithm of tokens; without it, what the key is for.",
    ),
    setting("auth.secret", &["JWT_SECRET"], Kind::Secret, None, "Secret of HS256, at least 32 bytes."),
    setting("auth.public_key", &["JWT_PUBLIC_KEY"], Kind::Secret, None, "Public key in PEM of RS256, ES256 or EdDSA."),
    setting("auth.public_key_file", &["JWT_PUBLIC_KEY_FILE"], Kind::Text, None, "File of that key."),
    setting("auth.jwks_file", &["JWKS_FILE"], Kind::Text, None, "File of a set of keys (JWKS)."),
    setting("auth.jwks_url", &["JWKS_URL"], Kind::Url(&["https", "http"]), None, "Address of a set of keys (JWKS)."),
    setting(
        "auth.jwks_refresh",
        &[],
        Kind::Time(SECOND, DAY),
        Some("10m"),
        "How long a set of keys is used before it is fetched again.",
    ),
    setting("auth.issuer", &["JWT_ISSUER"], Kind::Text, None, "What `iss` has to be."),
    setting("auth.audience", &["JWT_AUDIENCE"], Kind::List, Some(""), "What `aud` has to have one of."),
    setting(
        "auth.max_age",
        &["JWT_MAX_AGE"],
        Kind::Time(SECOND, 365 * DAY),
        Some("1d"),
        "How old a token may be by `iat`, which it then has to have.",
    ),
    setting("auth.leeway", &[], Kind::Time(0, 300 * SECOND), Some("30s"), "By how much clocks may differ."),
    setting(
        "security.master_key",
        &["MASTER_KEY"],
        Kind::Secret,
        None,
        "Key that wraps the keys of members: 64 hexadecimal digits.",
    ),
    setting(
        "security.master_key_id",
        &["MASTER_KEY_ID"],
        Kind::Text,
        Some("1"),
        "Name of the master key, kept beside what it wraps.",
    ),
    setting(
        "security.earlier_master_keys",
        &["MASTER_KEYS_EARLIER"],
        Kind::Secret,
        None,
        "Master keys of before, the first one first, each with its name: `NAME=64 DIGITS,NAME=64 DIGITS`. What they wrapped opens still; history goes on to be chained with the first.",
    ),
    setting(
        "security.next_master_key",
        &["MASTER_KEY_NEXT"],
        Kind::Secret,
        None,
        "A master key that is to come, with its name: `NAME=64 DIGITS`. What it wrapped opens; nothing is wrapped by it yet.",
    ),
    setting("limits.body", &[], Kind::Number(1_024, 1_073_741_824), Some("1048576"), "Bytes that a body may have."),
    setting(
        "limits.batch_body",
        &[],
        Kind::Number(1_024, 1_073_741_824),
        Some("8388608"),
        "Bytes that the body of a batch may have.",
    ),
    setting("limits.depth", &[], Kind::Number(4, 120), Some("64"), "How deep JSON may be nested."),
    setting(
        "limits.rates",
        &["RATE_LIMITS"],
        Kind::Choice(&["on", "off"]),
        Some("on"),
        "Whether requests are counted; a limit of its own: `limits.per_minute.ENDPOINT`.",
    ),
    setting(
        "points.approval_over",
        &[],
        Kind::Number(0, 1_000_000_000_000),
        Some("10000"),
        "An adjustment of more points than this, given or taken, waits until a second person approves.",
    ),
    setting(
        "redemptions.at_once",
        &[],
        Kind::List,
        Some(""),
        "Types of redemption options that are completed by the service as soon as they are made, like `statement_credit`; others wait to be settled, or for a code of their pool. A type of options that have a pool is refused, at the start and where codes are uploaded: they would be completed without a code.",
    ),
    setting(
        "admin.oidc.issuer",
        &["ADMIN_OIDC_ISSUER"],
        Kind::Url(&["https", "http"]),
        None,
        "Issuer at which people sign in to the admin page (OpenID Connect, authorization code with PKCE), by `https`, or by `http` on this machine; without it, with a token.",
    ),
    setting(
        "admin.oidc.client_id",
        &["ADMIN_OIDC_CLIENT_ID"],
        Kind::Text,
        None,
        "Name of the admin page at that issuer: a public client that may return to `/admin/signed-in`.",
    ),
    setting("admin.oidc.scope", &[], Kind::Text, Some("openid profile"), "What the admin page asks the issuer for."),
    setting(
        "admin.oidc.token",
        &[],
        Kind::Choice(&["access_token", "id_token"]),
        Some("access_token"),
        "Which of the issuer's tokens the admin page sends; it has to have the claim `roles`, and to be good by `auth`.",
    ),
    setting(
        "log.level",
        &["LOG_LEVEL"],
        Kind::Text,
        Some("info"),
        "Least important lines that are logged: error, warn, info, debug, trace; or by module, like `info,sqlx=warn`.",
    ),
    setting(
        "log.format",
        &["LOG_FORMAT"],
        Kind::Choice(&["auto", "json", "text"]),
        Some("auto"),
        "`auto` is text on a terminal and JSON elsewhere.",
    ),
];

/// The type of a setting.
pub(crate) fn kind_of(key: &str) -> Option<Kind> {
    if let Some(endpoint) = key.strip_prefix(PER_MINUTE) {
        return crate::http::endpoints::ALL.iter().any(|known| known.name == endpoint).then_some(PER_MINUTE_KIND);
    }
    SETTINGS.iter().find(|setting| setting.key == key).map(|setting| setting.kind)
}

/// What is said of a key that there is not.
pub(crate) fn unknown(key: &str, source: &Source) -> String {
    let names: Vec<String> = SETTINGS
        .iter()
        .map(|setting| setting.key.to_owned())
        .chain(crate::http::endpoints::ALL.iter().map(|endpoint| format!("{PER_MINUTE}{}", endpoint.name)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let last = |key: &str| key.rsplit('.').next().unwrap_or_default().to_owned();
    let elsewhere = || names.iter().copied().find(|name| last(name) == last(key));
    match nearest(key, &names).or_else(elsewhere) {
        Some(name) => format!("{source}: there is no setting `{key}`; did you mean `{name}`?"),
        None => format!("{source}: there is no setting `{key}`; docs/operations.md lists those there are"),
    }
}

/// The table of docs/operations.md.
#[cfg(test)]
pub(crate) fn table() -> String {
    let mut table = String::from("| Setting | Variable | Default | Meaning |\n| --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let variables: Vec<String> = setting.variables.iter().map(|name| format!("`{name}`")).collect();
        let default = setting.default.filter(|text| !text.is_empty()).map(|text| format!("`{text}`"));
        let (variables, default) = (variables.join(", "), default.unwrap_or_default());
        table.push_str(&format!("| `{}` | {variables} | {default} | {} |\n", setting.key, setting.about));
    }
    while table.contains("|  |") {
        table = table.replace("|  |", "| |");
    }
    table
}
