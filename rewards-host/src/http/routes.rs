//! Which handler answers where.

use axum::Router;
use axum::handler::Handler;
use axum::http::HeaderValue;
use tower::util::option_layer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::handlers::{
    analytics, audit, campaigns, cashback, history, loyalty, members, money, points, preview, redemptions, rewards,
    rules, segments, trial, vouchers,
};
use super::problem::Problem;
use super::state::AppState;
use super::{admin, context, guard, health, metrics, openapi};
use crate::service::error::Code;

/// The endpoints of the table. Each handler has its path in its `utoipa::path`, as the table has it.
fn endpoints() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(audit::access))
        .routes(routes!(cashback::calculate))
        .routes(routes!(cashback::batch))
        .routes(routes!(cashback::refund))
        .routes(routes!(cashback::outcome))
        .routes(routes!(rewards::summary))
        .routes(routes!(loyalty::programs))
        .routes(routes!(loyalty::status))
        .routes(routes!(loyalty::upgrade))
        .merge(accounts())
        .merge(of_rules())
        .merge(of_analytics())
}

/// Those of members, and of the people who help them.
fn accounts() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(redemptions::redeem))
        .routes(routes!(redemptions::read))
        .routes(routes!(redemptions::cancel))
        .routes(routes!(redemptions::settle))
        .routes(routes!(points::transfer))
        .routes(routes!(points::adjust, points::waiting))
        .routes(routes!(points::approve))
        .routes(routes!(history::history))
        .routes(routes!(money::summary))
        .routes(routes!(money::transactions))
        .routes(routes!(preview::preview))
        .routes(routes!(members::read))
        .routes(routes!(members::lots))
        .routes(routes!(members::status))
        .routes(routes!(members::tier))
        .routes(routes!(members::facts))
        .routes(routes!(members::forget))
        .routes(routes!(campaigns::list))
        .routes(routes!(campaigns::read))
        .routes(routes!(campaigns::enrol, campaigns::leave))
        .routes(routes!(campaigns::pause, campaigns::resume))
        .routes(routes!(segments::upload))
        .routes(routes!(segments::read))
        .routes(routes!(vouchers::upload, vouchers::list))
}

fn of_analytics() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(analytics::totals))
        .routes(routes!(analytics::campaigns))
        .routes(routes!(analytics::tiers))
        .routes(routes!(analytics::liability))
        .routes(routes!(analytics::breakage))
        .routes(routes!(analytics::return_on_spend))
        .routes(routes!(analytics::budgets))
}

fn of_rules() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(rules::list, rules::draft))
        .routes(routes!(rules::read, rules::change))
        .routes(routes!(rules::validate))
        .routes(routes!(rules::submit))
        .routes(routes!(rules::approve))
        .routes(routes!(rules::publish))
        .routes(routes!(rules::roll_back))
        .routes(routes!(rules::diff))
        .routes(routes!(trial::impact))
        .routes(routes!(trial::samples))
}

fn open() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::base())
        .routes(routes!(health::brief))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(health::detailed))
        .routes(routes!(metrics::show))
}

/// The whole service.
pub(crate) fn router(state: AppState) -> Router {
    with(endpoints(), state)
}

/// The endpoints, and what they say of themselves.
#[cfg(test)]
pub(crate) fn parts() -> (Router<AppState>, utoipa::openapi::OpenApi) {
    endpoints().split_for_parts()
}

/// The service with these endpoints.
pub(crate) fn with(endpoints: OpenApiRouter<AppState>, state: AppState) -> Router {
    let (router, mut api) = open().split_for_parts();
    let (guarded, described) = endpoints.split_for_parts();
    api.merge(described);
    let page = SwaggerUi::new("/docs").external_url_unchecked("/openapi.json", openapi::described(api));
    // One layer for each endpoint: each that a router adds by itself is boxed, and cloned for each request.
    let outer = (context::AroundLayer(state.clone()), option_layer(cross_origin(&state.config.cors_origins)));
    let whole = (outer.clone(), guard::GuardLayer(state.clone()));
    let nothing = || async { Problem::new(Code::NotFound, "there is nothing at this address") };
    let other_method = || async { Problem::new(Code::MethodNotAllowed, "this address does not take this method") };
    let open = router.merge(page).merge(admin::routes()).method_not_allowed_fallback(other_method).layer(outer.clone());
    let guarded = match guarded.has_routes() {
        true => guarded.method_not_allowed_fallback(other_method.layer(outer.clone())).route_layer(whole),
        false => guarded,
    };
    open.merge(guarded).fallback(nothing.layer(outer)).with_state(state)
}

/// What pages of other origins may do; nothing unless an origin is named.
fn cross_origin(origins: &[String]) -> Option<CorsLayer> {
    use axum::http::{Method, header};
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let open = !origins.is_empty();
    open.then(|| {
        let [key, id] = ["idempotency-key", "x-request-id"].map(axum::http::HeaderName::from_static);
        let headers = [header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH, header::IF_NONE_MATCH, key, id];
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(headers)
            .expose_headers([header::ETAG, header::RETRY_AFTER])
    })
}
