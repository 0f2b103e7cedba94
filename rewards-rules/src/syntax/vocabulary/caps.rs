//! `caps` in the blocks that may have them, and limits on spending.

use super::{Block, Key, Value, Word};

/// The periods after which a counter starts again.
pub(super) const PERIODS: &[Word] = &[DAY, WEEK, MONTH, QUARTER, YEAR, BILLING_CYCLE, ANNIVERSARY, LIFETIME];
/// The periods of a campaign's caps.
pub(super) const CAMPAIGN_PERIODS: &[Word] =
    &[DAY, WEEK, MONTH, QUARTER, YEAR, BILLING_CYCLE, ANNIVERSARY, CAMPAIGN, LIFETIME];

const DAY: Word = Word::new("day", "From midnight to midnight.");
const WEEK: Word = Word::new("week", "An ISO week, from Monday.");
const MONTH: Word = Word::new("month", "A calendar month.");
const QUARTER: Word = Word::new("quarter", "A calendar quarter.");
const YEAR: Word = Word::new("year", "A calendar year.");
const BILLING_CYCLE: Word = Word::new("billing_cycle", "From the member's `billing_day` to the next.");
const ANNIVERSARY: Word = Word::new("anniversary", "From one yearly return of the member's `joined_on` to the next.");
const CAMPAIGN: Word = Word::new("campaign", "As long as the campaign lives.");
const LIFETIME: Word = Word::new("lifetime", "For ever.");

const PER: Key = Key::new(
    "per",
    Value::Word(PERIODS),
    "The stretch of time after which it starts again, in the program's time zone.",
    "month",
)
.required()
.see("4.1");
const CAMPAIGN_PER: Key = Key { value: Value::Word(CAMPAIGN_PERIODS), ..PER };

const PER_TRANSACTION: Key =
    Key::new("per_transaction", Value::Amount, "The most that one purchase can bring.", "20.00").see("3.8");
const MAX_PERCENT: Key = Key::new(
    "max_percent",
    Value::Rate,
    "The most that one purchase can bring, as a part of its amount, rounded down.",
    "10%",
)
.see("3.8");
const BUDGET: Key = Key::new(
    "budget",
    Value::Amount,
    "The most that all members together can get, for as long as the rule is there.",
    "100000.00",
)
.see("3.8");
const CUT: Key =
    Key::new("cut", Value::Word(CUTS), "Whose money goes when a cap of this block is exceeded.", "proportional")
        .or("last_first")
        .see("3.8");
const ON_EXCEED: Key =
    Key::new("on_exceed", Value::Word(ON_EXCEEDS), "Whether what exceeds a cap is paid in part or not at all.", "skip")
        .or("cut")
        .see("3.8");
const USES_KEY: Key = Key::new(
    "uses",
    Value::Block(&USES),
    "How often a member can use the campaign. A use counts if it brought something.",
    "{count: 4, per: month}",
)
.see("3.11");

const CUTS: &[Word] = &[
    Word::new("last_first", "From the last campaign to the first, then loyalty, then base from its last slice."),
    Word::new("proportional", "From all in proportion, cents by largest remainder."),
];
const ON_EXCEEDS: &[Word] = &[
    Word::new("cut", "What is left of the cap is paid."),
    Word::new("skip", "Nothing is paid that does not fit whole."),
];

const OF_MEMBER: &str = "The most that one member can get in a period; one entry, or a list of them.";
const ONE_OR_SEVERAL: Value = Value::Either(&[Value::Block(&PER_MEMBER), Value::List(&Value::Block(&PER_MEMBER))]);
const MONEY_OF_MEMBER: Key =
    Key::new("per_member", ONE_OR_SEVERAL, OF_MEMBER, "{amount: 50.00, per: month}").see("3.8");
const POINTS_OF_MEMBER: Key = Key {
    value: Value::Either(&[Value::Block(&PER_MEMBER_POINTS), Value::List(&Value::Block(&PER_MEMBER_POINTS))]),
    example: "{points: 2000, per: month}",
    ..MONEY_OF_MEMBER
};
const CAMPAIGN_MONEY_OF_MEMBER: Key = Key {
    value: Value::Either(&[Value::Block(&CAMPAIGN_PER_MEMBER), Value::List(&Value::Block(&CAMPAIGN_PER_MEMBER))]),
    ..MONEY_OF_MEMBER
};
const CAMPAIGN_POINTS_OF_MEMBER: Key = Key {
    value: Value::Either(&[
        Value::Block(&CAMPAIGN_PER_MEMBER_POINTS),
        Value::List(&Value::Block(&CAMPAIGN_PER_MEMBER_POINTS)),
    ]),
    ..POINTS_OF_MEMBER
};

/// `caps` of a base rule.
pub static BASE_CAPS: Block = Block::new(
    "base-caps",
    "`caps` of a base rule",
    "Upper limits on what this rule brings, all its slices together.",
    &[PER_TRANSACTION, MAX_PERCENT, MONEY_OF_MEMBER, BUDGET, ON_EXCEED],
);

/// `caps` of a campaign of money.
pub static CAMPAIGN_CAPS: Block = Block::new(
    "campaign-caps",
    "`caps` of a campaign",
    "Upper limits on what this campaign brings.",
    &[PER_TRANSACTION, MAX_PERCENT, CAMPAIGN_MONEY_OF_MEMBER, USES_KEY, BUDGET, ON_EXCEED],
);

/// `caps` of a campaign of points: in points.
pub static POINTS_CAMPAIGN_CAPS: Block = Block::new(
    "points-campaign-caps",
    "`caps` of a points campaign",
    "Upper limits on the points that this campaign brings. All of them are in points.",
    &[PER_TRANSACTION, CAMPAIGN_POINTS_OF_MEMBER, USES_KEY, BUDGET, ON_EXCEED],
);

/// `caps` of a tier level.
pub static TIER_CAPS: Block = Block::new(
    "tier-caps",
    "`caps` of a tier",
    "Upper limits on everything that a purchase brings to members of this level.",
    &[PER_TRANSACTION, MAX_PERCENT, MONEY_OF_MEMBER, CUT, ON_EXCEED],
);

/// `caps` of the program.
pub static PROGRAM_CAPS: Block = Block::new(
    "program-caps",
    "`caps` of the program",
    "Upper limits on everything that the program pays.",
    &[PER_TRANSACTION, MAX_PERCENT, MONEY_OF_MEMBER, BUDGET, CUT, ON_EXCEED],
);

/// `caps` of `points`: in points.
pub static POINTS_CAPS: Block = Block::new(
    "points-caps",
    "`caps` of points",
    "Upper limits on points of purchases, in points. Points for reaching a level are not touched.",
    &[PER_TRANSACTION, POINTS_OF_MEMBER],
);

/// `caps` of a redemption option: in points.
pub static REDEMPTION_CAPS: Block = Block::new(
    "redemption-caps",
    "`caps` of a redemption option",
    "How many points a member can spend on this option.",
    &[POINTS_OF_MEMBER],
);

const PER_MEMBER_ABOUT: &str = "A limit for one member in a period.";
const AMOUNT: Key = Key::new("amount", Value::Amount, "The most money in the period.", "50.00").required().see("3.8");
const POINTS: Key = Key::new("points", Value::Amount, "The most points in the period.", "2000").required().see("3.9");

/// An entry of `per_member`, in money.
pub static PER_MEMBER: Block = Block::new("per-member", "`per_member`", PER_MEMBER_ABOUT, &[AMOUNT, PER]);
/// An entry of `per_member`, in points.
pub static PER_MEMBER_POINTS: Block = Block::new("per-member-points", "`per_member`", PER_MEMBER_ABOUT, &[POINTS, PER]);
static CAMPAIGN_PER_MEMBER: Block =
    Block::new("campaign-per-member", "`per_member`", PER_MEMBER_ABOUT, &[AMOUNT, CAMPAIGN_PER]);
static CAMPAIGN_PER_MEMBER_POINTS: Block =
    Block::new("campaign-per-member-points", "`per_member`", PER_MEMBER_ABOUT, &[POINTS, CAMPAIGN_PER]);

/// `uses` of a campaign.
pub(crate) static USES: Block = Block::new(
    "uses",
    "`uses`",
    "How often a member can use the campaign.",
    &[
        Key::new(
            "count",
            Value::Integer { least: 0, most: 1_000_000_000 },
            "How many times in the period; 1 or more.",
            "4",
        )
        .required()
        .see("3.11"),
        Key { required: false, default: Some("campaign"), ..CAMPAIGN_PER },
    ],
);

const SPEND: Key = Key::new(
    "spend",
    Value::Amount,
    "How much of the amount counts in the period. It limits what is spent, not what is earned.",
    "6000.00",
)
.see("3.3");

/// A pool.
pub(crate) static LIMIT: Block =
    Block::new("pool", "a pool", "A limit on spending that several base rules share.", &[SPEND.required(), PER]);

/// `up_to` of a base rule.
pub(crate) static UP_TO: Block = Block::new(
    "up-to",
    "`up_to`",
    "How much of the amount the rule takes; what is above falls through to the next rule that matches.",
    &[
        SPEND,
        Key { required: false, ..PER },
        Key::new("pool", Value::Id, "The name of a limit under `pools`, which other rules share.", "choice").see("3.3"),
    ],
)
.choice(&[&["spend", "per"], &["pool"]]);

/// `up_to` of a reward.
pub(crate) static UP_TO_OF_REWARD: Block = Block::new(
    "up-to-of-reward",
    "`up_to` of a reward",
    "How much of the amount counts for the reward.",
    &[SPEND.required().see("3.6"), CAMPAIGN_PER],
);
