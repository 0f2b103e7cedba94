//! The words of the YAML format, once: every block, its keys, what may stand there, what is assumed, what it means.
//!
//! A room of its own because many tell the same: the reader, which refuses any other key; the JSON Schema from which
//! editors complete and check; the rule reference; a language server. None of them has a list of its own.

mod campaign;
mod caps;
mod lookup;
mod program;
mod reference;
mod test_file;
#[cfg(test)]
mod tests;
mod types;

pub(crate) use campaign::{ACTIVE, AUDIENCE, HOURS, REWARD_OF, REWARDS, STACKING};
pub use campaign::{CAMPAIGN, CAMPAIGNS, REWARD};
pub use caps::{
    BASE_CAPS, CAMPAIGN_CAPS, PER_MEMBER, PER_MEMBER_POINTS, POINTS_CAMPAIGN_CAPS, POINTS_CAPS, PROGRAM_CAPS,
    REDEMPTION_CAPS, TIER_CAPS,
};
pub(crate) use caps::{LIMIT, UP_TO, UP_TO_OF_REWARD, USES};
pub use lookup::{Document, at, blocks_at, key_at};
pub use program::PROGRAM;
pub(crate) use program::{
    BASE_RULE, BONUS, EARN, ELIGIBLE, FACT, FACTS, LEVEL, POINTS, REDEMPTION, REDEMPTION_OPTION, REDEMPTION_VALUE,
    ROUNDING, SLAB, TIERS, WINDOW,
};
pub use reference::{all_blocks, key_table};
pub use test_file::TEST_FILE;
pub(crate) use test_file::{EXPECT, GIVEN, LINE, MEMBER, REDEEM, REFUND, STEP, TEST, TRANSACTION};
pub use types::{Block, Key, Open, Value, Word};

/// The greatest amount of money or points.
pub(crate) const MAX_AMOUNT: i64 = 1_000_000_000_000_000;
/// The greatest rate, as a fraction.
pub(crate) const MAX_RATE: i64 = 100;
/// The greatest multiplier.
pub(crate) const MAX_MULTIPLIER: i64 = 1_000;
