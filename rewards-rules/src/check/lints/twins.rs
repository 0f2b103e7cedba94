//! Campaigns that always apply together and pay twice.

use std::collections::HashMap;

use super::Whole;
use super::reasoning::shape;
use crate::check::program::Campaign;
use crate::check::report::Reporter;
use crate::check::typed::Typed;
use crate::source::Code;

/// Two campaigns of one kind (money or points) with the same window, audience and condition, of which neither is in
/// a group or exclusive, add up on every purchase. A share of the members is drawn for each campaign anew, so
/// campaigns with one do not always meet.
pub(super) fn tell(whole: &Whole<'_>, report: &mut Reporter<'_>) {
    let mut first: HashMap<String, &Campaign> = HashMap::new();
    let alone = |c: &&Campaign| c.group.is_none() && !c.exclusive && c.share.is_none();
    for campaign in whole.program.campaigns.iter().filter(alone) {
        let other = match first.entry(meets(campaign)) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(campaign);
                continue;
            }
            std::collections::hash_map::Entry::Occupied(entry) => *entry.get(),
        };
        let Some(written) = whole.written_campaign(campaign) else { continue };
        let place = report.at(other.span);
        let message =
            format!("`{}` applies to exactly the purchases of `{}` at {place}, and both pay", campaign.id, other.id);
        let help = "if only one should pay, put them into one group: `stacking: {group: NAME}`; if both, make it one \
                    campaign, or allow this";
        report.tell(Code::TwinCampaigns, written.id.span, message, help);
    }
}

/// When a campaign applies, as a text.
fn meets(c: &Campaign) -> String {
    let condition = |typed: &Option<Typed>| typed.as_ref().map(shape);
    let mut segments = c.segments.clone();
    if let Some(names) = &mut segments {
        names.sort();
        names.dedup();
    }
    format!(
        "{:?}",
        (
            c.is_points(),
            (c.window, c.days, c.hours, &c.tiers, segments, c.enrolled, c.min_transaction),
            (condition(&c.when), condition(&c.lines)),
        )
    )
}
