//! The words for what no test reached.

use super::points::{Key, Point, Refusal};
use crate::evaluate::Rule;
use crate::graph::Graph;
use crate::outcome::Reason;

/// The kind of a point, as formats for machines name it.
pub(super) fn kind(key: &Key) -> &'static str {
    match key {
        Key::Rule(Rule::Base(_)) => "base",
        Key::Rule(Rule::Loyalty(_)) => "bonus",
        Key::Rule(Rule::Campaign(_)) => "campaign",
        Key::Rule(Rule::Earn) => "earn",
        Key::Rule(Rule::Upgrade(_)) => "upgrade",
        Key::Slab(..) => "slab",
        Key::Limit(_) => "limit",
        Key::Cap(_) => "cap",
        Key::Level(_) => "level",
        Key::Clause(..) | Key::Operand(_) => "condition",
        Key::Group(_) => "group",
        Key::Exclusive(_) => "exclusive",
        Key::Option(_) | Key::Refused(..) => "redemption",
        Key::Function(_) => "function",
    }
}

/// What did not happen.
pub(super) fn message(graph: &Graph, point: &Point, side: Option<bool>) -> String {
    let id = &point.id;
    match point.key {
        Key::Rule(Rule::Base(_)) => format!("base rule `{id}` never took anything"),
        Key::Rule(Rule::Loyalty(_)) => format!("the bonus of level `{id}` was never granted"),
        Key::Rule(Rule::Campaign(_)) => format!("campaign `{id}` never granted anything"),
        Key::Rule(Rule::Earn) => "no purchase earned points".to_owned(),
        Key::Rule(Rule::Upgrade(_)) => format!("the upgrade points of level `{id}` were never granted"),
        Key::Slab(_, at) => format!("slab {} of base rule `{id}` was never reached", at.saturating_add(1)),
        Key::Limit(_) => format!("the limit of `{id}` was never used up"),
        Key::Cap(cap) => format!("the cap `{}` never cut anything", graph.cap_name(cap)),
        Key::Level(_) => format!("no purchase was made at level `{id}`"),
        Key::Clause(_, reason) => {
            let never = match side {
                Some(true) => "never held",
                Some(false) => "never failed",
                None => "was never asked",
            };
            format!("`{}` of campaign `{id}` {never}", clause(reason))
        }
        Key::Operand(_) => {
            let never = match side {
                Some(true) => "never true",
                Some(false) => "never false",
                None => "never asked",
            };
            format!("this condition of `{id}` was {never}")
        }
        Key::Group(_) => format!("no campaign of the group `{id}` ever had to go for another one"),
        Key::Exclusive(_) => format!("the exclusive campaign `{id}` never met another campaign"),
        Key::Option(_) => format!("redemption option `{id}` was never used"),
        Key::Refused(_, refusal) => {
            let key = match refusal {
                Refusal::MinPoints => "min_points",
                Refusal::Step => "step",
                Refusal::Tiers => "tiers",
                Refusal::Caps => "caps",
            };
            format!("`{key}` of redemption option `{id}` never refused anything")
        }
        Key::Function(_) => format!("the function `{id}` was never called"),
    }
}

/// The key of a campaign that gives a reason.
fn clause(reason: Reason) -> &'static str {
    match reason {
        Reason::OutsideWindow => "active",
        Reason::WrongDay => "days",
        Reason::WrongHour => "hours",
        Reason::BelowMinimum => "min_transaction",
        Reason::WrongTier => "audience.tiers",
        Reason::NotInSegment => "audience.segments",
        Reason::OutsideShare => "audience.share",
        Reason::NotEnrolled => "audience.enrolled",
        _ => "caps.uses",
    }
}
