//! The description of the API (OpenAPI 3.1). Handlers describe what they take and give; what is the same everywhere
//! (who may, how often, which errors) is added here from the table of endpoints.

use rewards_rules::schema::{Type, json_schema};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use super::endpoints::{self, Endpoint};
use super::handlers;
use super::problem::ProblemBody;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Rewards",
        description = "Cashback, points, tiers and campaigns. Money is a text with its currency beside it; times are RFC 3339 in \
                       UTC; unknown fields are refused; every answer that is no success is a Problem."
    ),
    components(schemas(ProblemBody, handlers::analytics::By, handlers::money::Status, handlers::rules::ListKind)),
    tags((name = "health", description = "For whoever runs the service."))
)]
struct Base;

/// What every description begins with.
pub(crate) fn base() -> utoipa::openapi::OpenApi {
    Base::openapi()
}

/// Types of the engine, by name: what they are is said by the engine's own schemas, which [`described`] puts in.
pub(crate) mod engine {
    use std::borrow::Cow;

    use utoipa::openapi::{Object, RefOr, Schema};
    use utoipa::{PartialSchema, ToSchema};

    macro_rules! types {
        ($($name:ident)+) => {$(
            /// The engine's type of this name.
            #[derive(Debug)]
            pub(crate) enum $name {}

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    Object::new().into()
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )+};
    }

    types! { Transaction RefundRequest Usage Outcome Finding Place Change Costs }
}

const SCHEMAS: &str = "#/components/schemas/";

/// The description as it is handed out: with the engine's schemas, and with the one type that every answer has which is no
/// success.
pub(crate) fn described(api: utoipa::openapi::OpenApi) -> Value {
    let mut all = serde_json::to_value(completed(api)).unwrap_or_default();
    if let Some(schemas) = all.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        let mut engine = rewards_rules::schema::definitions(SCHEMAS);
        // The address names the purchase.
        if let Some(mut refund) = engine.remove("Refund") {
            if let Some(fields) = refund.get_mut("properties").and_then(Value::as_object_mut) {
                fields.remove("original");
            }
            if let Some(due) = refund.get_mut("required").and_then(Value::as_array_mut) {
                due.retain(|name| name != "original");
            }
            engine.insert("RefundRequest".to_owned(), refund);
        }
        schemas.extend(engine);
        schemas.extend(compared());
    }
    let paths = all.get_mut("paths").and_then(Value::as_object_mut);
    let items = paths.into_iter().flatten().filter_map(|(_, item)| item.as_object_mut());
    let operations = items.flatten().filter_map(|(_, operation)| operation.get_mut("responses")?.as_object_mut());
    for (_, response) in operations.flatten() {
        if let Some(problem) = response.pointer_mut("/content/application~1problem+json") {
            *problem = json!({ "schema": { "$ref": format!("{SCHEMAS}Problem") } });
        }
    }
    all
}

/// What comparisons of the engine tell, by name, as `rewards diff --format json` has it.
pub(crate) fn compared() -> Map<String, Value> {
    let mut all = Map::new();
    for of in [Type::Comparison, Type::Costs] {
        let text = json_schema(of).replace("#/$defs/", SCHEMAS);
        let schema: Value = serde_json::from_str(&text).unwrap_or_default();
        all.extend(schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default());
    }
    // The answer has the two hashes itself.
    all.remove(Type::Comparison.name());
    // The service says each change in words as well.
    if let Some(change) = all.get_mut("Change") {
        let words = json!({ "description": "It in a line.", "type": "string" });
        if let Some(fields) = change.get_mut("properties").and_then(Value::as_object_mut) {
            fields.insert("words".to_owned(), words);
        }
        if let Some(due) = change.get_mut("required").and_then(Value::as_array_mut) {
            due.push(json!("words"));
        }
    }
    all
}

/// Adds what is the same everywhere.
fn completed(mut api: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    for (path, item) in &mut api.paths.paths {
        let operations = [
            (HttpMethod::Get, item.get.as_mut()),
            (HttpMethod::Post, item.post.as_mut()),
            (HttpMethod::Put, item.put.as_mut()),
            (HttpMethod::Delete, item.delete.as_mut()),
        ];
        for (method, operation) in operations {
            let name = match method {
                HttpMethod::Get => "GET",
                HttpMethod::Post => "POST",
                HttpMethod::Put => "PUT",
                _ => "DELETE",
            };
            if let (Some(operation), Some(endpoint)) = (operation, endpoints::of(name, path)) {
                complete(operation, endpoint);
            }
        }
    }
    api
}

fn complete(operation: &mut Operation, endpoint: &Endpoint) {
    operation.operation_id = Some(endpoint.name.to_owned());
    let mut errors =
        vec![("400", "the request cannot be read"), ("429", "too many requests"), ("500", "a mistake of the service")];
    errors.push(("503", "something is not available; `Retry-After` says when to try again"));
    if endpoint.method != "GET" {
        errors.extend([
            ("408", "the body did not arrive in time"),
            ("413", "the body is too large"),
            ("415", "the body is not JSON"),
        ]);
    }
    if endpoint.path.contains('{') {
        errors.push(("422", "a part of the address is no id"));
    }
    errors.push(("401", "the token is missing or not valid"));
    if !endpoint.is_public() {
        errors.push(("403", "the token has no right to this"));
        let requirement = SecurityRequirement::new("token", Vec::<String>::new());
        operation.security = Some(vec![requirement]);
    }
    let roles: Vec<&str> = endpoint.roles.iter().map(|role| role.as_str()).collect();
    let who = if roles.is_empty() { "everybody".to_owned() } else { roles.join(", ") };
    let own = if endpoint.names_a_member() && roles.contains(&"user") { " (a user: only their own)" } else { "" };
    let note = format!("For: {who}{own}. {} requests in a minute.", endpoint.per_minute);
    operation.description = Some(match operation.description.take() {
        Some(text) => format!("{text}\n\n{note}"),
        None => note,
    });
    for (status, words) in errors {
        let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let response = ResponseBuilder::new().description(words).content("application/problem+json", problem).build();
        operation.responses.responses.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}
