//! Records of redemptions, as the store keeps them.

use rewards_rules::state::record::RedemptionRecord;

use super::error::ServiceError;
use super::mend;

/// The record of a redemption.
pub(super) fn record_of(text: &str) -> Result<RedemptionRecord, ServiceError> {
    serde_json::from_str(text).map_err(|_| mend("a redemption's record cannot be read"))
}

/// Keys of the lots that a redemption took from.
pub(super) fn lots_of(text: &str) -> Result<Vec<String>, ServiceError> {
    Ok(record_of(text)?.taken.into_iter().map(|taken| taken.lot).collect())
}
