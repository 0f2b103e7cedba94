//! The stable codes of what can be wrong with an input or an evaluation.

use std::fmt;

use crate::schema::{Shape, written};

macro_rules! error_codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        /// A kind of input or evaluation error. The text is stable for ever.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[doc = $doc])+ $name,)+ }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)+];
            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $text,)+ }
            }
        }
    };
}

error_codes! {
    /// Something required is not there.
    MissingFact = "missing_fact";
    /// An instant without offset or `Z`.
    MissingOffset = "missing_offset";
    /// A tier that the program does not have.
    UnknownTier = "unknown_tier";
    /// A name that neither the format nor the program has.
    UnknownFact = "unknown_fact";
    /// A value that is not of the type due.
    WrongType = "wrong_type";
    /// Not the program's currency.
    CurrencyMismatch = "currency_mismatch";
    /// An amount below zero.
    AmountNegative = "amount_negative";
    /// More decimals than the currency has.
    AmountPrecision = "amount_precision";
    /// An amount above 10^15.
    AmountTooLarge = "amount_too_large";
    /// Lines that sum to more than the amount.
    LinesExceedAmount = "lines_exceed_amount";
    /// A division by zero.
    DivisionByZero = "division_by_zero";
    /// A result that does not fit.
    Overflow = "overflow";
    /// A script beyond its limits.
    ScriptLimit = "script_limit";
    /// A script that failed.
    ScriptError = "script_error";
    /// Refunds above the amount of the purchase.
    RefundExceedsPurchase = "refund_exceeds_purchase";
    /// A refund of a purchase that is not known.
    RefundUnknownPurchase = "refund_unknown_purchase";
    /// A refund that names another member than its purchase.
    RefundWrongMember = "refund_wrong_member";
    /// Lines of a refund that are no lines of the purchase, or do not sum to its amount.
    RefundLinesMismatch = "refund_lines_mismatch";
    /// An id that was claimed with other content.
    IdConflict = "id_conflict";
    /// Not an id.
    InvalidId = "invalid_id";
    /// Text that is not JSON or YAML.
    InvalidSyntax = "invalid_syntax";
    /// An event before the one posted last.
    OutOfOrder = "out_of_order";
    /// A member that is blocked or closed.
    MemberInactive = "member_inactive";
    /// Not enough spendable points.
    InsufficientPoints = "insufficient_points";
    /// A redemption option that the program does not have.
    UnknownOption = "unknown_option";
    /// Below the option's `min_points`.
    BelowMinPoints = "below_min_points";
    /// Not a multiple of the option's `step`.
    WrongStep = "wrong_step";
    /// The option is not for this tier.
    TierIneligible = "tier_ineligible";
    /// Above what is left of the option's caps.
    RedemptionCapExceeded = "redemption_cap_exceeded";
    /// A redemption that does not exist or is in another state.
    RedemptionState = "redemption_state";
    /// A transfer of a member to itself.
    SameMember = "same_member";
    /// An opening balance after the member's first event.
    OpeningTooLate = "opening_too_late";
    /// A stored record that cannot be.
    InvalidRecord = "invalid_record";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is wrong with an input: a stable code, the path of the value, and words for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {path}: {message}")]
pub struct InputError {
    /// Stable code.
    pub code: ErrorCode,
    /// Where in the input: `items[2].amount`.
    pub path: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

written! {
    /// What is wrong with an input.
    pub(crate) static INPUT_ERROR: InputError as "InputError", e {
        "code" Always Shape::Words(codes), "The stable code." => e.code.as_str();
        "message" Always Shape::Text, "What is wrong, and what would be right." => e.message;
        "path" Always Shape::Text, "Where in the input: `items[2].amount`; empty for the whole." => e.path;
    }
}

/// The text of every code.
pub(crate) fn codes() -> Vec<&'static str> {
    ErrorCode::ALL.iter().map(|code| code.as_str()).collect()
}

impl InputError {
    /// An error at a path.
    pub fn new(code: ErrorCode, path: impl Into<String>, message: impl Into<String>) -> InputError {
        InputError { code, path: path.into(), message: message.into() }
    }
}
