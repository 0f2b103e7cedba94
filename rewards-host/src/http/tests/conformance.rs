//! The conformance corpus through HTTP: what is posted is answered with the same bytes as by the engine, and what cannot be
//! posted is previewed.

use std::collections::BTreeMap;

use axum::Router;
use rewards_rules::RuleSet;
use rewards_rules::input::Raw;
use rewards_rules::outcome::Difference;
use rewards_rules::source::{SourceFile, Sources};
use serde_json::{Map, Number, Value, json};
use tower::ServiceExt;

use super::{config, request, token, told};
use crate::cache::Caches;
use crate::http::auth::Verifier;
use crate::http::health::Checks;
use crate::http::limits::{Limiter, PATIENCE};
use crate::http::routes;
use crate::http::state::AppState;
use crate::service::Service;
use crate::service::queue::Poster;
use crate::service::vault::{Key, Vault};
use crate::store::tests::fresh::{self, Fresh};

/// What the ledger keeps itself: a case that begins with it cannot be posted, only previewed.
const OWN: [&str; 6] = ["tier", "spending", "purchases", "upgrades", "status", "enrolments"];

fn map(raw: Raw) -> BTreeMap<String, Raw> {
    let Raw::Map(entries) = raw else { panic!("a mapping is due: {raw:?}") };
    entries.into_iter().collect()
}

fn text(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) | Raw::Number(text) => text.clone(),
        other => panic!("a text is due: {other:?}"),
    }
}

fn json_of(raw: Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Boolean(value) => value.into(),
        Raw::Number(text) => serde_json::from_str::<Number>(&text).map_or(Value::String(text), Value::Number),
        Raw::Text(text) => text.into(),
        Raw::List(items) => items.into_iter().map(json_of).collect(),
        Raw::Map(entries) => {
            entries.into_iter().map(|(key, value)| (key, json_of(value))).collect::<Map<_, _>>().into()
        }
    }
}

/// A service of its own with these rules.
async fn served(rules: &RuleSet) -> (Router, Fresh) {
    let fresh = fresh::embedded().await;
    let key = Key::from_secret(b"test");
    let vault = Vault::new("test", BTreeMap::from([("test".to_owned(), key.clone())]), &key);
    let service = Service::new(fresh.store.clone(), vault, Caches::own(true));
    service.publish_first(rules).await.unwrap();
    let poster = Poster::start(&service, 1);
    let config = config(&[("RATE_LIMITS", "off")], &Vec::new());
    let verifier = Verifier::new(&config.auth, None).unwrap();
    let limiter = Limiter::new(&config, PATIENCE).unwrap();
    let state = AppState::new(config, verifier, limiter, Checks::default(), (service, poster));
    (routes::router(state), fresh)
}

/// What a case or a step gives: canonical JSON, or a code. `None` where it says neither.
fn due(keys: &BTreeMap<String, Raw>) -> Option<Result<String, String>> {
    match (keys.get("outcome"), keys.get("error")) {
        (Some(outcome), _) => Some(Ok(text(outcome))),
        (None, Some(error)) => Some(Err(text(&map(error.clone())["code"]))),
        (None, None) => None,
    }
}

async fn sent(router: &Router, path: &str, body: &Value) -> Result<String, String> {
    let service = token("corpus", &["service"]);
    let response = router.clone().oneshot(request("POST", path, Some(&service), body.to_string())).await.unwrap();
    let (status, text) = told(response).await;
    if status == 200 {
        return Ok(text);
    }
    let problem: Value = serde_json::from_str(&text).unwrap();
    Err(problem["code"].as_str().unwrap().to_owned())
}

/// What differs, in words: the first component, or two answers of which one is an error.
fn differs(due: &Result<String, String>, found: &Result<String, String>) -> String {
    match (due, found) {
        (Ok(due), Ok(found)) => {
            let Difference { place, first, second } = Difference::between(due, found).unwrap();
            format!(": {place}\n    due:   {first}\n    found: {second}")
        }
        _ => format!("\n    due:   {due:?}\n    found: {found:?}"),
    }
}

/// What is posted of a case.
struct Posts {
    user: String,
    facts: Map<String, Value>,
    steps: Vec<BTreeMap<String, Raw>>,
}

/// Purchases and refunds of a case, each with what is due. `None` if it cannot be posted.
fn posts(keys: &BTreeMap<String, Raw>) -> Option<Posts> {
    let (given, steps) = match keys.get("steps") {
        Some(Raw::List(steps)) => {
            (keys.get("given").cloned().map(map).unwrap_or_default(), steps.iter().cloned().map(map).collect())
        }
        _ => (keys.clone(), vec![keys.clone()]),
    };
    let mut member = match given.get("member").map(|raw| json_of(raw.clone())) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let kept = OWN.iter().any(|name| member.contains_key(*name)) || given.contains_key("usage");
    let other = steps.iter().any(|step: &BTreeMap<_, _>| {
        step.contains_key("redeem") || (!step.contains_key("transaction") && !step.contains_key("refund"))
    });
    let user = member.remove("id").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or("member".to_owned());
    (!kept && !other).then_some(Posts { user, facts: member, steps })
}

/// How a case went through HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Went {
    /// All its steps.
    Posted,
    /// Its first purchase, until the day of a step has come; from then on it is posted.
    Early,
    /// Its first purchase.
    Previewed,
    Nowhere,
}

/// What went which way, whatever the day is: posted now or when its day has come, previewed, neither.
const WENT: [usize; 3] = [438, 123, 1];

/// Whether a step happens after now.
fn is_to_come(step: &BTreeMap<String, Raw>) -> bool {
    let part = step.get("transaction").or(step.get("refund")).cloned().map(map).unwrap_or_default();
    let at = part.get("occurred_at").map(text).unwrap_or_default();
    chrono::DateTime::parse_from_rfc3339(&at).is_ok_and(|at| at > chrono::Utc::now())
}

/// Previews the first purchase of a case, with all that the case gives.
async fn preview(router: &Router, name: &str, keys: &BTreeMap<String, Raw>) -> Result<Went, String> {
    let (given, step) = match keys.get("steps") {
        Some(Raw::List(steps)) => {
            let given = keys.get("given").cloned().map(map).unwrap_or_default();
            (given, steps.first().cloned().map(map).unwrap_or_default())
        }
        _ => (keys.clone(), keys.clone()),
    };
    let (Some(transaction), Some(due)) = (step.get("transaction"), due(&step)) else { return Ok(Went::Nowhere) };
    let mut body = json!({ "transaction": json_of(transaction.clone()) });
    for part in ["member", "usage"] {
        if let Some(raw) = given.get(part) {
            body[part] = json_of(raw.clone());
        }
    }
    if body.get("member").is_none_or(|member| member.get("id").is_none()) {
        body["member"]["id"] = "member".into();
    }
    let answer = sent(router, "/api/v1/cashback/preview", &body).await;
    if answer == due { Ok(Went::Previewed) } else { Err(format!("{name}, previewed{}", differs(&due, &answer))) }
}

async fn run(name: &str, mut keys: BTreeMap<String, Raw>) -> Result<Went, String> {
    let files = map(keys.remove("rules").unwrap()).into_iter();
    let files = files.map(|(path, raw)| SourceFile { path, bytes: text(&raw).into_bytes() });
    let rules =
        RuleSet::compile(Sources::new(files)).map_err(|findings| format!("{name}: {}", findings.render(false)))?;
    let (router, _fresh) = served(&rules).await;
    let Some(Posts { user, facts, steps }) = posts(&keys) else { return preview(&router, name, &keys).await };
    for (number, step) in steps.iter().enumerate() {
        let answer = match (step.get("transaction"), step.get("refund")) {
            (Some(transaction), _) => {
                let body = json!({ "user_id": user, "transaction": json_of(transaction.clone()), "member": facts });
                sent(&router, "/api/v1/cashback/calculate", &body).await
            }
            (None, Some(refund)) => {
                let mut body = json_of(refund.clone());
                let fields = body.as_object_mut().unwrap();
                let original = fields.remove("original").unwrap();
                sent(&router, &format!("/api/v1/cashback/{}/refunds", original.as_str().unwrap()), &body).await
            }
            _ => return Ok(Went::Nowhere),
        };
        // A case of a year to come cannot be posted before.
        if answer == Err("occurred_in_future".to_owned()) {
            assert!(is_to_come(step), "{name}, step {}: nothing of it is to come", number + 1);
            return preview(&router, name, &keys).await.map(|went| match went {
                Went::Previewed => Went::Early,
                other => other,
            });
        }
        if let Some(due) = due(step)
            && answer != due
            // Unknown purchases are told by the address.
            && (answer.as_deref(), due.as_deref()) != (Err(&"not_found".to_owned()), Err(&"refund_unknown_purchase".to_owned()))
        {
            return Err(format!("{name}, step {}{}", number + 1, differs(&due, &answer)));
        }
    }
    Ok(Went::Posted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_posted_is_answered_with_the_bytes_of_the_corpus() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance");
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "yaml"));
    paths.sort();
    let all = paths.len();
    let shares = paths.chunks(all.div_ceil(4)).map(<[_]>::to_vec);
    let tasks = shares.map(|share| {
        tokio::spawn(async move {
            let mut went = Vec::new();
            for path in share {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                let text = std::fs::read_to_string(&path).unwrap();
                went.push(run(&name, map(Raw::from_json_or_yaml(&text).unwrap())).await);
            }
            went
        })
    });
    let (mut went, mut wrong) = (Vec::new(), Vec::new());
    for task in tasks.collect::<Vec<_>>() {
        for one in task.await.unwrap() {
            match one {
                Ok(one) => went.push(one),
                Err(difference) => wrong.push(difference),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {all} differ:\n{}", wrong.len(), wrong.join("\n"));
    let count = |ways: &[Went]| went.iter().filter(|one| ways.contains(one)).count();
    let counts = [count(&[Went::Posted, Went::Early]), count(&[Went::Previewed]), count(&[Went::Nowhere])];
    assert_eq!(counts, WENT, "docs/hosts.md tells of these numbers as well");
    let page = std::fs::read_to_string(folder.join("../../docs/hosts.md")).unwrap();
    let told =
        format!("| HTTP | {} cases posted, step by step; of {} the first purchase is previewed |", WENT[0], WENT[1]);
    assert!(page.contains(&told), "docs/hosts.md does not say `{told}`");
}

#[tokio::test]
async fn the_purchase_in_the_documents_is_answered_as_the_page_of_hosts_says() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(root.join("docs/hosts.md")).unwrap();
    let block = |begins: &str| page.split_once(begins).unwrap().1.split_once("\n```").unwrap().0.to_owned();
    let mut files = Map::new();
    for entry in std::fs::read_dir(root.join("rules/everyday-card")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "yaml") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap().into());
        }
    }
    let sources = files.iter().map(|(path, text)| {
        let bytes = text.as_str().unwrap().as_bytes().to_vec();
        SourceFile { path: path.clone(), bytes }
    });
    let (router, _fresh) = served(&RuleSet::compile(Sources::new(sources)).unwrap()).await;
    let mut body: Value = serde_json::from_str(&block("```json host=http\n")).unwrap();
    body["rules"] = files.into();
    let answer = sent(&router, "/api/v1/cashback/preview", &body).await;
    assert_eq!(answer, Ok(block("<!-- outcome -->\n```json\n")));
}
