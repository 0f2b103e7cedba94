//! The reasons for which nothing was granted, in words for a customer.

use super::Reason;

impl Reason {
    /// The reason in plain words: "it does not run on this day of the week".
    pub fn words(self) -> &'static str {
        match self {
            Reason::OutsideWindow => "it does not run at this time",
            Reason::WrongDay => "it does not run on this day of the week",
            Reason::WrongHour => "it does not run at this time of day",
            Reason::BelowMinimum => "the purchase is below its minimum",
            Reason::WrongTier => "it is not for this tier",
            Reason::NotInSegment => "it is not for this group of members",
            Reason::OutsideShare => "it is for a share of the members, and this one is not among them",
            Reason::NotEnrolled => "the member has not enrolled",
            Reason::UsesExhausted => "it was used as often as it can be",
            Reason::ConditionFalse => "its condition is not met",
            Reason::AbsentFact => "its amount needs something that is not known of this purchase",
            Reason::LimitUsed => "its spending limit is used up",
            Reason::CapUsed => "its cap is used up",
            Reason::GroupLost => "another campaign of its group grants more",
            Reason::ExcludedByExclusive => "an exclusive campaign stands before it",
            Reason::ExclusiveCameLate => "it is exclusive, and another campaign that grants stands before it",
            Reason::CutToZero => "rounding or a cap left nothing of it",
            Reason::NegativeAmount => "its amount is below zero, which counts as zero",
            Reason::AmountTaken => "earlier rules took the whole amount",
            Reason::ZeroAmount => "the amount of the purchase is zero",
            Reason::NotEligible => "nothing of the purchase is eligible",
            Reason::MemberInactive => "the member is blocked or closed",
        }
    }

    /// The reason with this text.
    pub fn from_text(text: &str) -> Option<Reason> {
        Reason::ALL.iter().copied().find(|r| r.as_str() == text)
    }
}
