//! What is refused, how it is told, and that secrets stay hidden.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use super::*;

fn with(text: &str, environment: &[(&str, &str)], flags: &Flags<'_>) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.toml");
    fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: BTreeMap<String, String> = environment.collect();
    let told = read(Some(&path), &environment, flags);
    let prefix = format!("{}/", folder.path().display());
    told.map_err(|error| ConfigError(error.0.iter().map(|line| line.replace(&prefix, "")).collect()))
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "[server]\nport = 4000\n";
    assert_eq!(with("", &[], &Vec::new()).unwrap().listen.to_string(), "127.0.0.1:3009");
    assert_eq!(with(file, &[], &Vec::new()).unwrap().listen.port(), 4000);
    assert_eq!(with(file, &[("PORT", "")], &Vec::new()).unwrap().listen.port(), 4000);
    assert_eq!(with(file, &[("PORT", "4001")], &Vec::new()).unwrap().listen.port(), 4001);
    let flags = vec![("server.port", "--port", "4002")];
    assert_eq!(with(file, &[("PORT", "4001")], &flags).unwrap().listen.port(), 4002);
}

#[test]
fn an_issuer_for_the_admin_page_is_whole_and_asked_in_private() {
    let page = |issuer: &str| with("", &[("ADMIN_OIDC_ISSUER", issuer), ("ADMIN_OIDC_CLIENT_ID", "page")], &Vec::new());
    for issuer in ["https://id.example/", "http://localhost:8080", "http://127.0.0.1:9/realm", "http://[::1]:9"] {
        let oidc = page(issuer).unwrap().oidc.unwrap();
        assert_eq!((oidc.issuer.as_str(), &*oidc.client_id), (issuer.trim_end_matches('/'), "page"));
    }
    let private = "an address with `https` is due";
    for (issuer, told) in [
        ("http://id.example", private),
        ("http://localhost.example:8080/", private),
        ("http://127.0.0.1.example", private),
        ("http://[::2]:9", private),
        ("https://id.example; script-src *", "an address without spaces, `;`, `,` and `@` is due"),
        ("https://id.example@other.example", "an address without spaces, `;`, `,` and `@` is due"),
        ("ftp://id.example", "is due"),
    ] {
        let error = page(issuer).unwrap_err().to_string();
        assert!(error.contains("ADMIN_OIDC_ISSUER") && error.contains(told), "{issuer}: {error}");
    }
    for (set, missing) in [
        (("ADMIN_OIDC_ISSUER", "https://id.example"), "`admin.oidc.client_id` is missing"),
        (("ADMIN_OIDC_CLIENT_ID", "page"), "`admin.oidc.issuer` is missing"),
    ] {
        let error = with("", &[set], &Vec::new()).unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
}

#[test]
fn every_mistake_is_told_with_place_value_and_what_would_be_right() {
    for (file, variable, told) in [
        ("[server]\nprot = 1\n", None, "r.toml:2:1: there is no setting `server.prot`; did you mean `server.port`?"),
        ("[store]\nport = 1\n", None, "r.toml:2:1: there is no setting `store.port`; did you mean `server.port`?"),
        ("[server]\nport = 70000\n", None, "r.toml:2:1: server.port = `70000`: a whole number from 0 to 65535 is due"),
        (
            "[server]\nport = \"3009\"\n",
            None,
            "r.toml:2:1: server.port = `\"3009\"`: a whole number from 0 to 65535 is due, without quotes: `3009`",
        ),
        (
            "[server]\n  drain = \"25 minutes\"\n",
            None,
            "r.toml:2:3: server.drain = `\"25 minutes\"`: a time from 100ms to 1h is due, like 250ms, 30s, 5m, 12h or 7d",
        ),
        (
            "[limits.per_minute]\nrewards_sumary = 5\n",
            None,
            "r.toml:2:1: there is no setting `limits.per_minute.rewards_sumary`; did you mean \
             `limits.per_minute.rewards_summary`?",
        ),
        (
            "",
            Some(("PORT", "abc")),
            "environment variable PORT: server.port = `abc`: a whole number from 0 to 65535 is due",
        ),
        (
            "",
            Some(("JWT_ALGORITHM", "RS265")),
            "environment variable JWT_ALGORITHM: auth.algorithm = `RS265`: one of HS256, RS256, ES256, EdDSA is due; did \
             you mean `RS256`?",
        ),
        (
            "",
            Some(("DATABASE_URL", "mysql://root:hunter2@db/x")),
            "environment variable DATABASE_URL: database.url = (hidden): an address like postgres://… or postgresql://… \
             is due",
        ),
        (
            "",
            Some(("JWT_SECRET", "hunter2")),
            "environment variable JWT_SECRET: auth.secret: the secret has 7 bytes; at least 32 are due",
        ),
        (
            "",
            Some(("JWT_ALGORITHM", "RS256")),
            "environment variable JWT_ALGORITHM: auth.algorithm: `RS256` does not fit the key: HS256 goes with a secret",
        ),
        (
            "",
            Some(("MASTER_KEY", "hunter2")),
            "environment variable MASTER_KEY: security.master_key: 64 hexadecimal digits are due",
        ),
        (
            "",
            Some(("LOG_LEVEL", "verbose")),
            "environment variable LOG_LEVEL: log.level: `verbose` is no level; one of error, warn, info, debug, trace is due, or \
             by module, like info,sqlx=warn",
        ),
        (
            "",
            Some(("CORS_ORIGINS", "shop.example")),
            "environment variable CORS_ORIGINS: server.cors_origins: `shop.example` is no origin, like https://shop.example",
        ),
    ] {
        let variables: Vec<(&str, &str)> = variable.into_iter().collect();
        let error = with(file, &variables, &Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), told);
    }
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_place() {
    let error = with("[server]\nport == 1\n", &[], &Vec::new()).unwrap_err();
    assert!(error.0[0].starts_with("r.toml:2:"), "{error}");
    let missing = read(Some(Path::new("/nowhere/r.toml")), &BTreeMap::new(), &Vec::new()).unwrap_err();
    assert!(missing.0[0].starts_with("/nowhere/r.toml cannot be read:"), "{missing}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let error = with("[server]\nport = -1\nhots = \"x\"\n", &[("LOG_FORMAT", "xml")], &Vec::new()).unwrap_err();
    assert_eq!(error.0.len(), 3, "{error}");
}

#[test]
fn the_development_key_is_only_for_this_machine() {
    let error = with("", &[("HOST", "0.0.0.0")], &Vec::new()).unwrap_err();
    let start =
        "environment variable HOST: server.host: 0.0.0.0 can be reached from elsewhere, where the development key";
    assert!(error.0[0].starts_with(start), "{error}");
    let secret = "a-secret-of-more-than-32-bytes-hunter2";
    let error = with("", &[("HOST", "0.0.0.0"), ("JWT_SECRET", secret)], &Vec::new()).unwrap_err();
    assert!(error.0[0].contains("set `security.master_key` (MASTER_KEY); for a store that was begun"), "{error}");
    let key = "cafe".repeat(16);
    assert!(with("", &[("HOST", "0.0.0.0"), ("JWT_SECRET", secret), ("MASTER_KEY", &key)], &Vec::new()).is_ok());
    assert!(with("", &[("HOST", "::1")], &Vec::new()).is_ok());
}

#[test]
fn master_keys_of_before_have_names_of_their_own() {
    let (one, two, now) = ("11".repeat(32), "22".repeat(32), "33".repeat(32));
    let settings = |earlier: String| {
        [("MASTER_KEY", now.clone()), ("MASTER_KEY_ID", "c".to_owned()), ("MASTER_KEYS_EARLIER", earlier)]
    };
    let read = |settings: &[(&str, String)]| {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        with("", &settings, &Vec::new())
    };
    let config = read(&settings(format!("a={one}, b={two}"))).unwrap();
    let found: Vec<(&str, &str)> =
        config.earlier_master_keys.iter().map(|(name, key)| (name.as_str(), key.expose())).collect();
    assert_eq!(found, [("a", one.as_str()), ("b", two.as_str())]);
    assert!(!config.shown().contains(&one), "{}", config.shown());
    for (earlier, words) in [
        (one.clone(), "`NAME=KEY` is due"),
        ("a=12".to_owned(), "`NAME=KEY` is due"),
        (format!("a={one},a={two}"), "two keys of the name `a`"),
        (format!("c={one}"), "two keys of the name `c`"),
    ] {
        let error = read(&settings(earlier.clone())).unwrap_err();
        assert!(error.0[0].contains(words) && !error.0[0].contains(&one), "{earlier}: {error}");
    }
    for alone in ["MASTER_KEYS_EARLIER", "MASTER_KEY_NEXT"] {
        let error = read(&[(alone, format!("a={one}"))]).unwrap_err();
        assert!(error.0[0].contains("`security.master_key` is missing"), "{error}");
    }
}

#[test]
fn the_master_key_to_come_is_one_of_another_name() {
    let (one, two, now) = ("11".repeat(32), "22".repeat(32), "33".repeat(32));
    let earlier = format!("a={one}");
    let read = |next: &str| {
        let settings =
            [("MASTER_KEY", now.as_str()), ("MASTER_KEYS_EARLIER", earlier.as_str()), ("MASTER_KEY_NEXT", next)];
        with("", &settings, &Vec::new())
    };
    let config = read(&format!("b={two}")).unwrap();
    let next = config.next_master_key.as_ref().map(|(name, key)| (name.as_str(), key.expose()));
    assert_eq!(next, Some(("b", two.as_str())));
    assert!(!config.shown().contains(&two), "{}", config.shown());
    for (next, words) in [
        (format!("a={two}"), "two keys of the name `a`"),
        (format!("1={two}"), "two keys of the name `1`"),
        (format!("b={two},c={two}"), "one `NAME=KEY` is due"),
    ] {
        let error = read(&next).unwrap_err();
        assert!(error.0[0].contains(words), "{next}: {error}");
    }
}

#[test]
fn tokens_are_checked_against_one_kind_of_key() {
    let secret = "a-secret-of-more-than-32-bytes-hunter2";
    let both = [("JWT_SECRET", secret), ("JWKS_URL", "https://id.example/keys")];
    let error = with("", &both, &Vec::new()).unwrap_err();
    assert!(error.0[0].contains("`auth.secret` is set as well"), "{error}");
}

#[test]
fn addresses_come_whole_or_in_parts_and_their_passwords_are_encoded() {
    let parts =
        [("DB_HOST", "db"), ("DB_PASSWORD", "p@ss/hunter2"), ("REDIS_HOST", "cache"), ("REDIS_PASSWORD", "a b")];
    let config = with("", &parts, &Vec::new()).unwrap();
    let url = config.database.url.as_ref().map(|url| url.expose().to_owned());
    assert_eq!(url.as_deref(), Some("postgres://rewards:p%40ss%2Fhunter2@db:5432/rewards"));
    assert_eq!(config.redis.as_ref().map(|url| url.expose().to_owned()).as_deref(), Some("redis://:a%20b@cache:6379"));
    let twice = with("", &[("DB_HOST", "db"), ("DATABASE_URL", "postgres://db/x")], &Vec::new()).unwrap_err();
    assert!(twice.0[0].contains("one of them is enough"), "{twice}");
}

/// Every secret there is, set to the same word: it is in no output.
#[test]
fn secrets_are_never_shown() {
    let hidden = "hunter2-hunter2-hunter2-hunter2-hunter2";
    let url = format!("postgres://u:{hidden}@db/x");
    let redis = format!("redis://:{hidden}@db");
    let variables = [
        ("JWT_SECRET", hidden),
        ("DATABASE_URL", &url),
        ("REDIS_URL", &redis),
        ("MASTER_KEY", "cafebabecafebabecafebabecafebabecafebabecafebabecafebabecafebabe"),
    ];
    let config = with("", &variables, &Vec::new()).unwrap();
    let shown = format!("{}{config:?}", config.shown());
    assert!(!shown.contains("hunter2") && !shown.contains("cafebabe"), "{shown}");
    assert!(config.shown().contains("secret = \"(hidden)\"  # environment variable JWT_SECRET"), "{}", config.shown());
}

#[test]
fn what_is_shown_can_be_read_again() {
    let file = "[server]\nport = 1234\ndrain = \"1500ms\"\ncors_origins = [\"https://a.example\"]\n[limits.per_minute]\n\
                rewards_summary = 7\n";
    let config = with(file, &[], &Vec::new()).unwrap();
    let again = with(&config.shown(), &[], &Vec::new()).unwrap();
    assert_eq!(again.drain, Duration::from_millis(1_500));
    let without_places =
        |text: String| text.lines().map(|l| l.split("  #").next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(without_places(again.shown()), without_places(config.shown()));
    assert_eq!(again.per_minute["rewards_summary"], 7);
}

#[test]
fn no_variable_sets_two_things_and_every_default_is_valid() {
    let mut seen = std::collections::BTreeSet::new();
    for setting in settings::SETTINGS {
        assert!(setting.variables.iter().all(|name| seen.insert(*name)), "{}", setting.key);
        assert!(setting.default.is_none_or(|text| setting.kind.read(text).is_ok()), "{}", setting.key);
        assert!(setting.about.ends_with('.'), "{}", setting.key);
    }
}

#[test]
fn a_development_key_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let first = development_key(&data).unwrap();
    assert_eq!(first.expose().len(), 64);
    assert_eq!(development_key(&data).unwrap(), first);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(data.join("development.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    fs::write(data.join("development.key"), "short\n").unwrap();
    assert!(development_key(&data).unwrap_err().contains("holds no key"));
}

#[test]
fn the_example_file_is_the_documentation_and_says_the_defaults() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/service/rewards.toml");
    let text = fs::read_to_string(path).unwrap();
    // Once as it is, and once with what is commented out for having no default.
    let config = with(&text, &[], &Vec::new()).unwrap_or_else(|error| panic!("{error}"));
    let plain = with("", &[], &Vec::new()).unwrap();
    let values =
        |config: &Config| config.shown().lines().map(|l| l.split("  #").next().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(values(&config), values(&plain));
    for setting in settings::SETTINGS {
        let (_, name) = setting.key.rsplit_once('.').unwrap();
        assert!(text.contains(&format!("{name} = ")), "examples/service/rewards.toml has no {}", setting.key);
    }
}

#[test]
fn the_table_of_settings_in_the_documents_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md");
    let page = fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- settings -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /settings -->").unwrap();
    let due = format!("{before}<!-- settings -->\n{}<!-- /settings -->{after}", table());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(path, &due).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == due,
        "docs/operations.md is not what the settings are: run `make reference`"
    );
}
