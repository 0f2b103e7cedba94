//! What the service refuses, and why: one stable code each, with its HTTP status, its class, and what to do.
//!
//! A room of its own because the ledger, the web and the documents say the same: `docs/errors.md` is made from this
//! table. What is wrong with a purchase, a refund or a redemption has the engine's own code ([`ErrorCode`]), and the
//! pages of `rewards explain` for its meaning.

use std::fmt;
use std::time::Duration;

use rewards_rules::EvaluationError;
use rewards_rules::input::ErrorCode;
use serde_json::{Map, Value};

/// Who has to do something about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    /// The caller: the request is not one that the service takes.
    Request,
    /// The member or the program: all was understood, and the rules say no.
    Business,
    /// Whoever runs the service.
    Technical,
    /// Another service, or the way to it.
    Integration,
}

impl Class {
    /// Its name in answers.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Class::Request => "request",
            Class::Business => "business",
            Class::Technical => "technical",
            Class::Integration => "integration",
        }
    }
}

/// What is said of a code.
struct Row {
    text: &'static str,
    status: u16,
    class: Class,
    title: &'static str,
    advice: &'static str,
}

macro_rules! codes {
    ($($name:ident = $text:literal, $status:literal, $class:ident, $title:literal, $advice:literal;)+) => {
        /// Every code of an answer that is no success. A text is never used for something else.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(dead_code, reason = "two codes are for answers of other services, which clients are to know beforehand")]
        pub(crate) enum Code {
            $(#[doc = $title] $name,)+
            /// What is wrong with a purchase, a refund, a redemption or the data of a member.
            Input(ErrorCode),
        }

        impl Code {
            /// The codes of the service itself.
            #[cfg(test)]
            pub(crate) const OWN: &'static [Code] = &[$(Code::$name,)+];

            fn row(self) -> Row {
                match self {
                    $(Code::$name => Row {
                        text: $text, status: $status, class: Class::$class, title: $title, advice: $advice,
                    },)+
                    Code::Input(code) => input_row(code),
                }
            }
        }
    };
}

codes! {
    InvalidRequest = "invalid_request", 400, Request, "The request cannot be read",
        "Correct the place that `detail` names; `/openapi.json` has the form of every request.";
    InvalidParameter = "invalid_parameter", 400, Request, "A parameter of the address is wrong",
        "Correct the parameter that `detail` names; `/openapi.json` has those of every endpoint.";
    InvalidCursor = "invalid_cursor", 400, Request, "The cursor is not one of this list",
        "Take `next_cursor` of the page before as it is, with the same filters; or leave it out to begin anew.";
    IdempotencyKeyMissing = "idempotency_key_missing", 400, Request, "The header Idempotency-Key is missing",
        "Send a key of your own choice, one for each thing to be done, and the same one when you try again.";
    IdempotencyKeyInvalid = "idempotency_key_invalid", 400, Request, "The header Idempotency-Key is not a key",
        "A key has 1 to 255 visible ASCII characters; a UUID does well.";
    Unauthenticated = "unauthenticated", 401, Request, "There is no token",
        "Send `Authorization: Bearer TOKEN`; `rewards token` makes one for development.";
    TokenInvalid = "token_invalid", 401, Request, "The token is not valid here",
        "Get a token from the issuer that this service is configured for; `detail` says what is wrong with this one.";
    TokenExpired = "token_expired", 401, Request, "The token has expired",
        "Get a new token and send the request again.";
    Forbidden = "forbidden", 403, Request, "The token has no right to this",
        "The role table in docs/api.md says who may; a user sees and changes only what is their own.";
    SamePerson = "same_person", 403, Request, "Somebody else has to approve this",
        "Whoever proposed a change cannot approve it: ask another manager.";
    NotFound = "not_found", 404, Request, "There is nothing at this address",
        "Check the path and the ids in it; `/openapi.json` lists the endpoints.";
    MethodNotAllowed = "method_not_allowed", 405, Request, "The address does not take this method",
        "The header `Allow` names the methods that it takes.";
    RequestTimeout = "request_timeout", 408, Request, "The request did not arrive in time",
        "Send the whole request at once; on a slow line, send less of it.";
    InFlight = "in_flight", 409, Business, "The same request is being worked on",
        "Wait as long as `Retry-After` says and send it again: it then gets the answer of the first one.";
    StateConflict = "state_conflict", 409, Business, "It is not in a state that allows this",
        "Read it again: somebody was faster, or the step before is missing.";
    NotTried = "not_tried", 409, Business, "Nobody has tried this version of the rules",
        "`POST /api/v1/rules/{id}/impact` tries it on the purchases of the last 30 days; or say in `without_trial` why it is approved without.";
    PreconditionFailed = "precondition_failed", 412, Business, "It was changed in the meantime",
        "Read it again, look at what changed, and send your change with the new `ETag` in `If-Match`.";
    PayloadTooLarge = "payload_too_large", 413, Request, "The body is too large",
        "Send less at once: a body may have 1 MiB, that of a batch 8 MiB, unless the configuration says otherwise.";
    UnsupportedMediaType = "unsupported_media_type", 415, Request, "The body is not JSON",
        "Send `Content-Type: application/json`, and the body in UTF-8 without compression.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, Business, "The Idempotency-Key belongs to another request",
        "A key stands for one request and its body. Take a new key for a new request.";
    CampaignExpired = "campaign_expired", 422, Business, "The campaign is over or was paused",
        "Read the campaign: its days and its state say when it runs.";
    FindingsPresent = "findings_present", 422, Business, "The rules have mistakes",
        "`findings` tells each with file, line and column; `rewards explain CODE` says what a code means.";
    CounterNotReady = "counter_not_ready", 422, Business, "A counter that the rules need is not whole",
        "`counters` names them. With `members_left` they are being filled: wait as long as `Retry-After` says. Otherwise leave it out, or give the rule another id.";
    InvalidChange = "invalid_change", 422, Business, "The published program cannot change in this way",
        "Currency, time zone, decimals of points and levels that members hold stay, or need a mapping.";
    UnknownProgram = "unknown_program", 422, Business, "There is no such program",
        "Name one of the published programs; `GET /api/v1/loyalty/programs` lists them.";
    OccurredInFuture = "occurred_in_future", 422, Business, "It has not happened yet",
        "Send `occurred_at` with the right offset; it may be at most a day ahead of the service's clock.";
    PreconditionRequired = "precondition_required", 428, Request, "The header If-Match is missing",
        "Send the `ETag` of what you read in `If-Match`, so that nobody's change is overwritten unseen.";
    RateLimited = "rate_limited", 429, Request, "Too many requests",
        "Wait as long as `Retry-After` says. The role table in docs/api.md has the limit of every endpoint.";
    ProcessingError = "processing_error", 500, Technical, "The service made a mistake",
        "Nothing was changed. Send the request again; if it fails again, tell the operators its `request_id`.";
    AuthenticationFailed = "authentication_failed", 502, Integration, "Another service refused this one",
        "The operators have to look at the credentials of this service.";
    DatabaseTimeout = "database_timeout", 503, Technical, "The database did not answer in time",
        "Send the request again after `Retry-After`; what has an id or a key is never done twice.";
    Contention = "contention", 503, Technical, "Others changed the same at the same time",
        "Send the request again after `Retry-After`; what has an id or a key is never done twice.";
    MemoryLimit = "memory_limit", 503, Technical, "The service has no memory left for this",
        "Send the request again after `Retry-After`, or less of it at once.";
    Overloaded = "overloaded", 503, Technical, "The service has too much to do",
        "Send the request again after `Retry-After`.";
    ShuttingDown = "shutting_down", 503, Technical, "The service is being stopped",
        "Send the request again: another replica takes it.";
    ServiceUnavailable = "service_unavailable", 503, Integration, "Another service is not available",
        "Send the request again after `Retry-After`; `/health/detailed` says which it is.";
    NetworkTimeout = "network_timeout", 504, Integration, "Another service did not answer in time",
        "Send the request again; `/health/detailed` says which it is.";
}

fn input_row(code: ErrorCode) -> Row {
    let title = match code {
        ErrorCode::IdConflict => "The id is taken, with other content",
        ErrorCode::InvalidId => "That is no id",
        ErrorCode::MemberInactive => "The member is blocked or closed",
        ErrorCode::InsufficientPoints => "There are not enough points to spend",
        ErrorCode::UnknownOption => "The program has no such redemption",
        ErrorCode::BelowMinPoints => "That is less than the redemption takes at least",
        ErrorCode::WrongStep => "The redemption takes other steps of points",
        ErrorCode::TierIneligible => "The redemption is not for this level",
        ErrorCode::RedemptionCapExceeded => "That is more than is left of the redemption's caps",
        ErrorCode::RedemptionState => "The redemption is in another state",
        ErrorCode::DivisionByZero | ErrorCode::Overflow | ErrorCode::ScriptLimit | ErrorCode::ScriptError => {
            "A rule failed on this purchase"
        }
        _ => "The content is not acceptable",
    };
    let advice =
        "Nothing was granted and no id was claimed. docs/findings.md, or `rewards explain CODE`, says what to do.";
    Row { text: code.as_str(), status: 422, class: Class::Business, title, advice }
}

impl Code {
    /// The stable text.
    pub(crate) fn as_str(self) -> &'static str {
        self.row().text
    }

    /// The HTTP status of an answer.
    pub(crate) fn status(self) -> u16 {
        self.row().status
    }

    /// Who has to do something.
    pub(crate) fn class(self) -> Class {
        self.row().class
    }

    /// The group of a redemption's errors, where the code is one of it.
    pub(crate) fn group(self) -> Option<&'static str> {
        match self {
            Code::Input(
                ErrorCode::UnknownOption
                | ErrorCode::BelowMinPoints
                | ErrorCode::WrongStep
                | ErrorCode::RedemptionCapExceeded,
            ) => Some("invalid_redemption"),
            _ => None,
        }
    }

    /// A few words for a person, the same for each use of the code.
    pub(crate) fn title(self) -> &'static str {
        self.row().title
    }

    /// What to do.
    pub(crate) fn advice(self) -> &'static str {
        self.row().advice
    }
}

impl From<ErrorCode> for Code {
    fn from(code: ErrorCode) -> Code {
        Code::Input(code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServiceError {
    /// What it is.
    pub(crate) code: Code,
    /// What it is this time, for the caller: no names of tables, hosts or files of the service.
    pub(crate) detail: String,
    /// When to try again, where that helps.
    pub(crate) retry_after: Option<Duration>,
    /// Further members of the answer.
    pub(crate) fields: Map<String, Value>,
}

impl ServiceError {
    /// An error with words for this time.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> ServiceError {
        ServiceError { code, detail: detail.into(), retry_after: None, fields: Map::new() }
    }

    /// With a time after which to try again.
    pub(crate) fn retry_after(mut self, after: Duration) -> ServiceError {
        self.retry_after = Some(after);
        self
    }

    /// With a further member of the answer.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> ServiceError {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// With the place in the request: `items[2].amount`.
    pub(crate) fn at(self, path: impl Into<String>) -> ServiceError {
        let path: String = path.into();
        self.with("path", path)
    }
}

impl From<EvaluationError> for ServiceError {
    fn from(error: EvaluationError) -> ServiceError {
        let mut made = ServiceError::new(Code::Input(error.code), error.message);
        if let Some(rule) = error.rule {
            made = made.with("rule", rule);
        }
        if let Some(place) = error.place {
            made = made.with("place", format!("{}:{}:{}", place.file, place.line, place.column));
        }
        made
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for ServiceError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use super::*;

    fn all() -> Vec<Code> {
        Code::OWN.iter().copied().chain(ErrorCode::ALL.iter().map(|code| Code::Input(*code))).collect()
    }

    #[test]
    fn no_text_stands_for_two_codes() {
        let texts: BTreeSet<&str> = all().iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), all().len());
    }

    #[test]
    fn every_status_is_one_of_an_error_and_every_sentence_ends() {
        for code in all() {
            assert!((400..600).contains(&code.status()), "{code}");
            assert!(code.advice().ends_with('.') && !code.title().ends_with('.'), "{code}");
            let technical = matches!(code.class(), Class::Technical | Class::Integration);
            assert_eq!(technical, code.status() >= 500, "{code}");
        }
    }

    /// `docs/errors.md`, as the table has it.
    fn page() -> String {
        let mut page = String::from(
            "# Errors of the service\n\nEvery answer that is no success is `application/problem+json` (RFC 9457) with a stable \
             `code`. Programs decide by `code`; `title` and `detail` are for people and may change. The classes: `request` is \
             for the caller to mend, `business` is a no of the program's rules, `technical` is for the operators, `integration` \
             is for another service. This page is made from the service's own table by `make reference`.\n\n## Of the \
             service\n\n| Code | Status | Class | What it means | What to do |\n| --- | --- | --- | --- | --- |\n",
        );
        for code in Code::OWN {
            let class = code.class().as_str();
            writeln!(page, "| `{code}` | {} | {class} | {} | {} |", code.status(), code.title(), code.advice())
                .unwrap();
        }
        page.push_str(
            "\n## Of purchases, refunds and redemptions\n\nAll have the status 422 and the class `business`. Nothing was granted, \
             and no id was claimed. [findings.md](findings.md#errors), or `rewards explain CODE`, says of each what it means \
             and what to do.\n\n| Code | What it means | Group |\n| --- | --- | --- |\n",
        );
        for code in ErrorCode::ALL.iter().map(|code| Code::Input(*code)) {
            let group = code.group().map(|group| format!("`{group}`")).unwrap_or_default();
            writeln!(page, "| `{code}` | {} | {group} |", code.title()).unwrap();
        }
        page
    }

    #[test]
    fn the_reference_of_errors_is_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
        let due = page().replace("|  |", "| |");
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, &due).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(found == due, "docs/errors.md is not what the table says: run `make reference`");
    }

    #[test]
    fn an_error_of_the_engine_keeps_its_code_and_its_rule() {
        let input = rewards_rules::input::InputError::new(ErrorCode::AmountNegative, "amount", "is below zero");
        let error = ServiceError::from(EvaluationError::from(input)).at("transaction.amount");
        assert_eq!((error.code.as_str(), error.code.status()), ("amount_negative", 422));
        assert_eq!(error.fields["path"], "transaction.amount");
    }
}
