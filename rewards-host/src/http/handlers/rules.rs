//! Rule sets: drafts, their way to a publication, and what is published.

use std::collections::BTreeMap;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use rewards_rules::diff::Comparison;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{given, maybe_request_key, once, replayed, tagged};
use crate::http::auth::Caller;
use crate::http::endpoints::Endpoint;
use crate::http::problem::Problem;
use crate::http::read::{Json, JsonText, Path, Query, parsed};
use crate::http::state::AppState;
use crate::service::drafts::{DraftChange, DraftView, Expected, Named, NewDraft};
use crate::service::error::{Code, ServiceError};
use crate::service::impact::TrialState;
use crate::service::review::{Examined, Published, Start};
use crate::store::rule_rows::{DraftRow, DraftState, RuleAuditRow, RulesItem, RulesWanted};

/// A new draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftRequest {
    /// Its program; left out: that of the files, else the only one that is published.
    program: Option<String>,
    /// Path → text of all files, those of tests (`*.test.yaml`) among them. Left out: a copy.
    files: Option<BTreeMap<String, String>>,
    /// Content hash to copy; left out: of what is in force now.
    copy_of: Option<String>,
    /// What it is for.
    #[serde(default)]
    note: String,
}

/// A change of a draft. It then has to be submitted and approved anew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeRequest {
    /// Path → text of all files; left out: they stay.
    files: Option<BTreeMap<String, String>>,
    /// What it is for; left out: it stays.
    note: Option<String>,
    /// Gives the draft up.
    #[serde(default)]
    withdraw: bool,
}

/// An approval.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveRequest {
    /// Why it is approved although nobody tried its files on the purchases of the last 30 days. It stands in the audit.
    without_trial: Option<String>,
}

/// When rules are to take force.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishRequest {
    /// From when; left out: in about three seconds.
    from: Option<DateTime<Utc>>,
    /// Why; left out: the note of the draft.
    note: Option<String>,
    /// Publishes although counters did not count what is posted already; the audit says which.
    #[serde(default)]
    accept_incomplete_counters: bool,
}

/// A draft, or a rule set that was published.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RulesAnswer {
    /// Id of the draft; absent of a published rule set.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    /// The program.
    program: String,
    /// Content hash; of a draft from its submission on.
    rule_set: Option<String>,
    /// State of the draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<DraftState>,
    /// Version of the draft, as in its `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i64>,
    /// Who began the draft.
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<String>,
    /// Who submitted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    submitted_by: Option<String>,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// When the draft was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<DateTime<Utc>>,
    /// When the draft was changed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<DateTime<Utc>>,
    /// Path → text.
    files: BTreeMap<String, String>,
    /// Whether the files of the draft were tried as they are; absent of a published rule set.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<TrialState>,
    /// Publications of a published rule set, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    publications: Vec<RulesItem>,
    /// Who did what, oldest first.
    audit: Vec<RuleAuditRow>,
}

/// Which drafts and publications are listed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Only those of this program.
    program: Option<String>,
    /// `drafts` or `publications`.
    kind: Option<ListKind>,
    /// Only drafts in this state.
    state: Option<DraftState>,
    /// How many, 1 to 200; 50 unless said.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What is listed.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ListKind {
    /// Drafts only.
    Drafts,
    /// Publications only.
    Publications,
}

/// A page of drafts and publications, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListAnswer {
    /// The page.
    items: Vec<RulesItem>,
    /// Begins the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// What differs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DiffAnswer {
    /// Content hash of what it is compared with.
    old: String,
    /// Content hash of what was asked for.
    new: String,
    /// Each change in meaning: `words` says it in a line.
    #[schema(value_type = Vec<crate::http::openapi::engine::Change>)]
    changes: Vec<Value>,
}

/// What to compare with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffQuery {
    against: Option<String>,
}

/// The draft or the hash that an address names.
pub(super) fn named(text: &str) -> Result<Named, Problem> {
    if let Ok(id) = Uuid::parse_str(text) {
        return Ok(Named::Draft(id));
    }
    match text.strip_prefix("sha256:") {
        Some(hash) if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(Named::Hash(text.to_owned()))
        }
        _ => Err(Problem::new(Code::NotFound, format!("`{text}` is no id of a draft, and no hash of a rule set"))),
    }
}

fn draft_id(text: &str) -> Result<Uuid, Problem> {
    match named(text)? {
        Named::Draft(id) => Ok(id),
        Named::Hash(_) => {
            Err(Problem::new(Code::StateConflict, "a rule set that was published does not change: make a draft of it"))
        }
    }
}

/// The versions that `If-Match` names.
fn expected(headers: &HeaderMap, is_required: bool) -> Result<Expected, Problem> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        let words = "the header `If-Match` with the `ETag` of the draft is missing";
        return if is_required { Err(Problem::new(Code::PreconditionRequired, words)) } else { Ok(Expected(None)) };
    };
    let text = value.to_str().unwrap_or_default();
    if text.trim() == "*" {
        return Ok(Expected(None));
    }
    // A tag that is none of ours is none of the draft's versions.
    Ok(Expected(Some(text.split(',').filter_map(|tag| tag.trim().trim_matches('"').parse().ok()).collect())))
}

fn answer(status: StatusCode, DraftView { row, audit, trial }: DraftView) -> Result<Response, Problem> {
    let tag = HeaderValue::from_str(&format!("\"{}\"", row.version)).unwrap_or(HeaderValue::from_static("\"\""));
    let files = serde_json::from_str(&row.files)
        .map_err(|_| Problem::new(Code::ProcessingError, "the files of the draft cannot be read"))?;
    let body = RulesAnswer {
        id: Some(row.id),
        program: row.program,
        rule_set: row.rule_set,
        state: Some(row.state),
        version: Some(row.version),
        author: Some(row.author),
        submitted_by: row.submitted_by,
        approved_by: row.approved_by,
        note: Some(row.note),
        created_at: Some(row.created_at),
        updated_at: Some(row.updated_at),
        files,
        trial: Some(trial),
        publications: Vec::new(),
        audit,
    };
    Ok((status, [(header::ETAG, tag)], axum::Json(body)).into_response())
}

/// The answer of a step: the draft as it is after it.
async fn after(state: &AppState, status: StatusCode, row: DraftRow) -> Result<Response, Problem> {
    answer(status, state.service.draft(row.id).await?)
}

/// A body that may be left out.
fn optional<T: serde::de::DeserializeOwned + Default>(body: Option<JsonText>) -> Result<T, ServiceError> {
    body.map_or_else(|| Ok(T::default()), |JsonText(text)| parsed(&text))
}

fn start(request: PublishRequest) -> Result<Start, Problem> {
    if let Some(from) = request.from {
        given::day("from", from.date_naive())?;
    }
    let note = request.note.map(given::note).transpose()?;
    Ok(Start { from: request.from, note, accept_gaps: request.accept_incomplete_counters, key: None })
}

/// Begins a draft: of files, or as a copy of a published rule set. With an `Idempotency-Key` the same request again gets the
/// same draft.
#[utoipa::path(post, path = "/api/v1/rules", tag = "rules", request_body = DraftRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "A key of your own choice.")), responses(
    (status = 201, description = "The draft; `ETag` has its version.", body = RulesAnswer),
    (status = 404, description = "The rule set to copy was never published.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "There is no such program.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn draft(
    State(state): State<AppState>,
    caller: Caller,
    Extension(endpoint): Extension<&'static Endpoint>,
    headers: HeaderMap,
    JsonText(text): JsonText,
) -> Result<Response, Problem> {
    let body: DraftRequest = parsed(&text)?;
    let key = maybe_request_key(&headers, &caller, endpoint, &text)?;
    let program = body.program.map(|program| super::id("program", &program)).transpose()?;
    if let Some(hash) = &body.copy_of {
        named(hash)?;
    }
    let note = given::note(body.note)?;
    let new = NewDraft { program, files: body.files, copy_of: body.copy_of, note, key: key.clone() };
    let service = &state.service;
    let (row, is_replayed) = once(|| service.begun(key.as_ref()), service.new_draft(&caller.sub, new)).await?;
    Ok(replayed(after(&state, StatusCode::CREATED, row).await?, is_replayed))
}

/// Drafts and publications, newest first.
#[utoipa::path(get, path = "/api/v1/rules", tag = "rules", params(ListQuery), responses(
    (status = 200, description = "A page.", body = ListAnswer),
    (status = 304, description = "It is the answer that the caller has."),
))]
pub(crate) async fn list(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::new(Code::InvalidParameter, "limit: a number from 1 to 200 is due"));
    }
    let before = query.cursor.map(|cursor| {
        Uuid::parse_str(&cursor).map_err(|_| Problem::new(Code::InvalidCursor, "the cursor is not one of this list"))
    });
    let wanted = RulesWanted {
        program: query.program,
        kind: query.kind.map(|kind| match kind {
            ListKind::Drafts => "draft",
            ListKind::Publications => "publication",
        }),
        rule_set: None,
        state: query.state,
        before: before.transpose()?,
        limit: limit.saturating_add(1),
    };
    let mut items = state.service.list_rules(&wanted).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > most;
    items.truncate(most);
    let next_cursor = items.last().filter(|_| more).map(|item| item.id.to_string());
    tagged(&headers, &ListAnswer { items, next_cursor })
}

/// A draft by its id, or a rule set that was published by its content hash.
#[utoipa::path(get, path = "/api/v1/rules/{rule_set}", tag = "rules",
    params(("rule_set" = String, Path, description = "Id of a draft, or a content hash.")), responses(
    (status = 200, description = "It, with its files and its audit; `ETag` has the version of a draft.", body = RulesAnswer),
    (status = 304, description = "It is the rule set that the caller has."),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
) -> Result<Response, Problem> {
    let hash = match named(&rule_set)? {
        Named::Draft(id) => {
            return answer(StatusCode::OK, state.service.draft(id).await?);
        }
        Named::Hash(hash) => hash,
    };
    let view = state.service.published(&hash).await?;
    tagged(
        &headers,
        &RulesAnswer {
            id: None,
            program: view.program,
            rule_set: Some(hash),
            state: None,
            version: None,
            author: None,
            submitted_by: None,
            approved_by: None,
            note: None,
            created_at: None,
            updated_at: None,
            files: view.files,
            trial: None,
            publications: view.publications,
            audit: view.audit,
        },
    )
}

/// Changes a draft in the version that `If-Match` names.
#[utoipa::path(put, path = "/api/v1/rules/{rule_set}", tag = "rules", request_body = ChangeRequest,
    params(
        ("rule_set" = String, Path, description = "Id of a draft."),
        ("If-Match" = String, Header, description = "The `ETag` of the draft that was changed."),
    ), responses(
    (status = 200, description = "The draft, in a new version.", body = RulesAnswer),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "It was published or withdrawn.", body = inline(Object), content_type = "application/problem+json"),
    (status = 412, description = "It has another version by now.", body = inline(Object), content_type = "application/problem+json"),
    (status = 428, description = "`If-Match` is missing.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn change(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
    Json(body): Json<ChangeRequest>,
) -> Result<Response, Problem> {
    let (id, expected) = (draft_id(&rule_set)?, expected(&headers, true)?);
    let note = body.note.map(given::note).transpose()?;
    let change = DraftChange { files: body.files, note, withdraw: body.withdraw };
    let row = state.service.change_draft(id, &caller.sub, &expected, change).await?;
    after(&state, StatusCode::OK, row).await
}

/// Checks the rules and runs their own tests.
#[utoipa::path(post, path = "/api/v1/rules/{rule_set}/validate", tag = "rules",
    params(("rule_set" = String, Path, description = "Id of a draft, or a content hash.")), responses(
    (status = 200, description = "What was found; mistakes are no error of the request.", body = Examined),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn validate(
    State(state): State<AppState>,
    caller: Caller,
    Path(rule_set): Path<String>,
) -> Result<axum::Json<Examined>, Problem> {
    Ok(axum::Json(state.service.validate(&named(&rule_set)?, &caller.sub).await?))
}

/// Hands a draft to somebody else for approval. `If-Match` may name the version.
#[utoipa::path(post, path = "/api/v1/rules/{rule_set}/submit", tag = "rules",
    params(("rule_set" = String, Path, description = "Id of a draft.")), responses(
    (status = 200, description = "The draft, in review.", body = RulesAnswer),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "It is in another state.", body = inline(Object), content_type = "application/problem+json"),
    (status = 412, description = "It has another version by now.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It has mistakes, or its tests fail.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn submit(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
) -> Result<Response, Problem> {
    let row = state.service.submit(draft_id(&rule_set)?, &caller.sub, &expected(&headers, false)?).await?;
    after(&state, StatusCode::OK, row).await
}

/// Agrees to a draft that somebody else wrote and submitted. Its files have to have been tried as they are on the purchases
/// of the last 30 days (`…/impact`), or the approval says why not; the first rules of a program need no trial. `If-Match`
/// may name the version that was read.
#[utoipa::path(post, path = "/api/v1/rules/{rule_set}/approve", tag = "rules", request_body = Option<ApproveRequest>,
    params(("rule_set" = String, Path, description = "Id of a draft.")), responses(
    (status = 200, description = "The draft, approved.", body = RulesAnswer),
    (status = 403, description = "The caller had a part in it.", body = inline(Object), content_type = "application/problem+json"),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "It is in another state, or was not tried.", body = inline(Object), content_type = "application/problem+json"),
    (status = 412, description = "It has another version by now.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It changes what cannot change, or a counter would not be whole.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn approve(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
    MaybeBody(body): MaybeBody,
) -> Result<Response, Problem> {
    let request: ApproveRequest = optional(body)?;
    let without_trial = request.without_trial.map(|text| given::why("without_trial", &text)).transpose()?;
    let (id, expected) = (draft_id(&rule_set)?, expected(&headers, false)?);
    let row = state.service.approve(id, &caller.sub, &expected, without_trial.as_deref()).await?;
    after(&state, StatusCode::OK, row).await
}

/// Puts an approved draft in force, from an instant on. `If-Match` may name the version.
#[utoipa::path(post, path = "/api/v1/rules/{rule_set}/publish", tag = "rules", request_body = Option<PublishRequest>,
    params(("rule_set" = String, Path, description = "Id of a draft.")), responses(
    (status = 200, description = "The publication.", body = Published),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "It is in another state.", body = inline(Object), content_type = "application/problem+json"),
    (status = 412, description = "It has another version by now.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It changes what cannot change, or a counter would not be whole.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
    body: MaybeBody,
) -> Result<axum::Json<Published>, Problem> {
    let start = start(optional(body.0)?)?;
    let (id, expected) = (draft_id(&rule_set)?, expected(&headers, false)?);
    Ok(axum::Json(state.service.publish_draft(id, &caller.sub, &expected, &start).await?))
}

/// Puts rules in force again that were so before, from an instant on. With an `Idempotency-Key` the same request again gets
/// the same publication.
#[utoipa::path(post, path = "/api/v1/rules/{rule_set}/roll-back", tag = "rules", request_body = Option<PublishRequest>,
    params(
        ("rule_set" = String, Path, description = "A content hash, or the id of a published draft: the rules to go back to."),
        ("Idempotency-Key" = Option<String>, Header, description = "A key of your own choice."),
    ), responses(
    (status = 200, description = "The publication.", body = Published),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "They are in force, or were never published.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "They change what cannot change, or a counter would not be whole.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn roll_back(
    State(state): State<AppState>,
    caller: Caller,
    Extension(endpoint): Extension<&'static Endpoint>,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
    MaybeBody(body): MaybeBody,
) -> Result<Response, Problem> {
    let text = body.as_ref().map_or("", |JsonText(text)| text.as_str());
    let key = maybe_request_key(&headers, &caller, endpoint, &format!("{rule_set}\n{text}"))?;
    let start = Start { key: key.clone(), ..start(optional(body)?)? };
    let (service, to) = (&state.service, named(&rule_set)?);
    let rolled_back = || service.rolled_back(key.as_ref());
    let (published, is_replayed) = once(rolled_back, service.roll_back(&to, &caller.sub, &start)).await?;
    Ok(replayed(axum::Json(published).into_response(), is_replayed))
}

/// What differs in meaning from the rules in force now, or from others that were published.
#[utoipa::path(get, path = "/api/v1/rules/{rule_set}/diff", tag = "rules",
    params(
        ("rule_set" = String, Path, description = "Id of a draft, or a content hash."),
        ("against" = Option<String>, Query, description = "Content hash of published rules to compare with; without it, those in force now."),
    ), responses(
    (status = 200, description = "Nothing changed where `changes` is empty.", body = DiffAnswer),
    (status = 304, description = "It is the answer that the caller has."),
    (status = 404, description = "There is none.", body = inline(Object), content_type = "application/problem+json"),
    (status = 409, description = "Nothing is in force.", body = inline(Object), content_type = "application/problem+json"),
    (status = 422, description = "It has mistakes.", body = inline(Object), content_type = "application/problem+json"),
))]
pub(crate) async fn diff(
    State(state): State<AppState>,
    headers: HeaderMap,
    Path(rule_set): Path<String>,
    Query(query): Query<DiffQuery>,
) -> Result<Response, Problem> {
    let comparison = state.service.difference(&named(&rule_set)?, query.against.as_deref()).await?;
    let Comparison { old, new, changes } = comparison;
    let with_words = changes.iter().map(|change| {
        let mut value = json!(change);
        if let Some(map) = value.as_object_mut() {
            map.insert("words".to_owned(), change.words().into());
        }
        value
    });
    tagged(&headers, &DiffAnswer { old, new, changes: with_words.collect() })
}

/// A body of JSON that may be left out.
#[derive(Debug)]
pub(crate) struct MaybeBody(Option<JsonText>);

impl MaybeBody {
    /// Its text.
    pub(super) fn text(&self) -> Option<&str> {
        self.0.as_ref().map(|JsonText(text)| text.as_str())
    }
}

impl axum::extract::FromRequest<AppState> for MaybeBody {
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, state: &AppState) -> Result<MaybeBody, Problem> {
        let headers = request.headers();
        let none = !headers.contains_key(header::CONTENT_TYPE)
            && !headers.contains_key(header::TRANSFER_ENCODING)
            && headers.get(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        if none {
            return Ok(MaybeBody(None));
        }
        Ok(MaybeBody(Some(JsonText::from_request(request, state).await?)))
    }
}
