//! The reference in docs/api.md, made from the description that the service hands out.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::{config, request, routes, state, told};
use crate::http::openapi;

/// What nearly every endpoint may answer, with the words that are the same everywhere: told once.
const EVERYWHERE: [(&str, &str); 9] = [
    ("400", "the request cannot be read"),
    ("401", "the token is missing or not valid"),
    ("403", "the token has no right to this"),
    ("408", "the body did not arrive in time"),
    ("413", "the body is too large"),
    ("415", "the body is not JSON"),
    ("429", "too many requests"),
    ("500", "a mistake of the service"),
    ("503", "something is not available; `Retry-After` says when to try again"),
];

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

/// What a schema takes, in words.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return format!("[`{name}`](#{})", name.to_lowercase());
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(all) = schema[several].as_array() {
            let mut kinds: Vec<String> = all.iter().map(kind).collect();
            kinds.sort_by_key(|kind| kind == "null");
            return kinds.join(if several == "allOf" { " and " } else { " or " });
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words
            .iter()
            .map(|word| format!("`{}`", word.as_str().unwrap_or_default()))
            .collect::<Vec<_>>()
            .join(", ");
    }
    if let Some(one) = schema.get("const") {
        return format!("`{}`", one.as_str().map_or_else(|| one.to_string(), str::to_owned));
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => vec!["anything"],
    };
    let word = |one: &str| match one {
        "array" => format!("list of {}", kind(&schema["items"])),
        "object" => match &schema["additionalProperties"] {
            Value::Object(_) => format!("object of {}", kind(&schema["additionalProperties"])),
            _ => "object".to_owned(),
        },
        "string" => match schema["format"].as_str() {
            Some(format) => format!("text ({format})"),
            None => "text".to_owned(),
        },
        "integer" => "whole number".to_owned(),
        other => other.to_owned(),
    };
    types.into_iter().map(word).collect::<Vec<_>>().join(" or ")
}

fn body(of: &Value) -> Option<String> {
    let content = of["content"].as_object()?;
    Some(content.values().map(|media| kind(&media["schema"])).collect::<Vec<_>>().join(" or "))
}

fn endpoint(page: &mut String, method: &str, path: &str, operation: &Value) {
    writeln!(page, "#### `{} {path}`\n", method.to_uppercase()).unwrap();
    for name in ["summary", "description"] {
        for paragraph in text(operation, name).split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            writeln!(page, "{}\n", line(paragraph)).unwrap();
        }
    }
    if let Some(parameters) = operation["parameters"].as_array().filter(|all| !all.is_empty()) {
        page.push_str("| Parameter | Where | Type | Meaning |\n| --- | --- | --- | --- |\n");
        for of in parameters {
            let due = if of["required"] == true && text(of, "in") != "path" { " (required)" } else { "" };
            let (name, place, about) = (text(of, "name"), text(of, "in"), line(text(of, "description")));
            writeln!(page, "| `{name}`{due} | {place} | {} | {about} |", kind(&of["schema"])).unwrap();
        }
        page.push('\n');
    }
    if let Some(body) = body(&operation["requestBody"]) {
        writeln!(page, "Body: {body}\n").unwrap();
    }
    page.push_str("| Answer | Body | Meaning |\n| --- | --- | --- |\n");
    let answers: BTreeMap<&String, &Value> = operation["responses"].as_object().unwrap().iter().collect();
    for (status, of) in answers {
        let about = text(of, "description");
        if EVERYWHERE.contains(&(status, about)) {
            continue;
        }
        let body = body(of).unwrap_or_else(|| "-".to_owned());
        writeln!(page, "| {status} | {body} | {} |", line(about)).unwrap();
    }
    page.push('\n');
}

fn schema(page: &mut String, name: &str, schema: &Value) {
    writeln!(page, "#### {name}\n").unwrap();
    let about = line(text(schema, "description"));
    if !about.is_empty() {
        writeln!(page, "{about}\n").unwrap();
    }
    let mut parts = vec![schema];
    parts.extend(schema["allOf"].as_array().into_iter().flatten());
    let fields: Vec<(&String, &Value, bool)> = parts
        .iter()
        .flat_map(|part| {
            let due = part["required"].as_array().cloned().unwrap_or_default();
            let fields = part["properties"].as_object().into_iter().flatten();
            fields.map(move |(name, field)| (name, field, due.iter().any(|due| due == name)))
        })
        .collect();
    if fields.is_empty() {
        writeln!(page, "{}\n", kind(schema)).unwrap();
        return;
    }
    page.push_str("| Field | Type | Meaning |\n| --- | --- | --- |\n");
    for (name, field, is_due) in fields {
        let may = if is_due { "" } else { " (may be left out)" };
        writeln!(page, "| `{name}`{may} | {} | {} |", kind(field), line(text(field, "description"))).unwrap();
    }
    page.push('\n');
}

/// The reference of a description.
fn reference(all: &Value) -> String {
    let mut by_tag: BTreeMap<&str, Vec<(&str, &str, &Value)>> = BTreeMap::new();
    for (path, item) in all["paths"].as_object().unwrap() {
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let tag = operation["tags"][0].as_str().unwrap_or("other");
            by_tag.entry(tag).or_default().push((path, method, operation));
        }
    }
    let mut page = String::from(
        "Every endpoint may also answer these, each with a [`Problem`](#problem):\n\n| Answer | Meaning |\n| --- | --- |\n",
    );
    for (status, about) in EVERYWHERE {
        writeln!(page, "| {status} | {about} |").unwrap();
    }
    for (tag, operations) in by_tag {
        writeln!(page, "\n### {tag}\n").unwrap();
        for (path, method, operation) in operations {
            endpoint(&mut page, method, path, operation);
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
    }
    page.push_str("\n### Types\n\n");
    let schemas: BTreeMap<&String, &Value> = all["components"]["schemas"].as_object().unwrap().iter().collect();
    for (name, of) in schemas {
        schema(&mut page, name, of);
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

async fn described() -> Value {
    let app = routes::router(state(config(&[], &Vec::new())));
    let (_, text) =
        told(tower::ServiceExt::oneshot(app, request("GET", "/openapi.json", None, "")).await.unwrap()).await;
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn the_reference_in_the_documents_is_made_from_the_description() {
    let all = described().await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once("<!-- reference -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- /reference -->").unwrap();
    let due = format!("{before}<!-- reference -->\n{}<!-- /reference -->{after}", reference(&all));
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(path, &due).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap();
    assert!(found == due, "docs/api.md is not what the description says: run `make reference`");
}

/// What a `$ref` of any depth leads to.
fn references<'a>(of: &'a Value, into: &mut Vec<&'a str>) {
    match of {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| references(field, into));
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, into)),
        _ => {}
    }
}

#[tokio::test]
async fn every_type_that_is_referred_to_is_described_and_the_engines_are_its_own() {
    let all = described().await;
    let mut used = Vec::new();
    references(&all, &mut used);
    assert!(used.len() > 100);
    for to in used {
        assert!(all.pointer(to.trim_start_matches('#')).is_some(), "{to}");
    }
    let outcome = &all["components"]["schemas"]["Outcome"];
    assert!(outcome["properties"]["components"].is_object() && outcome["additionalProperties"] == false, "{outcome}");
    let answer = &all["paths"]["/api/v1/cashback/calculate"]["post"]["responses"];
    assert_eq!(answer["200"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Outcome");
    assert_eq!(answer["422"]["content"]["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
    let refund = &all["components"]["schemas"]["RefundRequest"];
    assert!(refund["properties"]["amount"].is_object() && refund["properties"]["original"].is_null(), "{refund}");
    let calculate = &all["components"]["schemas"]["Calculate"]["properties"]["transaction"];
    assert!(calculate.to_string().contains("#/components/schemas/Transaction"), "{calculate}");
}

/// A name stands for one type: what the service calls its own is not what the engine does.
#[test]
fn the_services_types_have_other_names_than_the_engines() {
    let engine = rewards_rules::schema::definitions("#/");
    let (_, api) = routes::parts();
    let own = api.components.unwrap_or_default().schemas;
    let compared = openapi::compared();
    let markers = ["Transaction", "Usage", "Outcome", "Finding", "Place", "Change", "Costs"];
    for name in own.keys().filter(|name| !markers.contains(&name.as_str())) {
        assert!(!engine.contains_key(name) && !compared.contains_key(name), "{name}");
    }
}
