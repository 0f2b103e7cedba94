//! A campaign.

use super::caps::{CAMPAIGN_CAPS, POINTS_CAMPAIGN_CAPS, UP_TO_OF_REWARD};
use super::{Block, Key, Value, Word};

/// What stands under `campaigns`.
pub(super) const CAMPAIGN_LIST: Value = Value::List(&Value::Block(&CAMPAIGN));

/// A document with `campaigns` at its top.
pub static CAMPAIGNS: Block = Block::new(
    "campaigns",
    "a list of campaigns",
    "Campaigns in one file.",
    &[Key::new(
        "campaigns",
        CAMPAIGN_LIST,
        "The campaigns, in order.",
        "[{campaign: dairy-week, type: percentage, reward: {rate: 5%}}]",
    )
    .required()
    .see("3.6"),
    Key::new(
        "paused",
        Value::List(&Value::Id),
        "Campaigns of the rule set, of this file or another, that do not run until they stand here no more. What they \
         counted stays.",
        "[dairy-week]",
    )
    .or("none")
    .see("3.6")],
);

/// A campaign: a document of its own, or an entry of `campaigns`.
pub static CAMPAIGN: Block = Block::new(
    "campaign",
    "a campaign",
    "Something that is granted on top of base and loyalty, for a time, to some members, under a condition.",
    &[
        Key::new("campaign", Value::Id, "Its id, unique in the rule set.", "weekend-dining").required(),
        Key::new("name", Value::Text, "A name for people.", "Weekend dining"),
        Key::new("funded_by", Value::Text, "Who pays; for accounting.", "restaurants-association"),
        Key::new("type", Value::Word(TYPES), "What kind of reward it gives; `reward` has to fit.", "percentage")
            .required()
            .see("3.6"),
        Key::new(
            "priority",
            Value::Integer { least: -1_000_000_000, most: 1_000_000_000 },
            "Where it stands among the campaigns: lower is first. Of equals, the order of files and places decides.",
            "10",
        )
        .or("100")
        .see("3.7"),
        Key::new("active", Value::Block(&ACTIVE), "When it runs.", "{from: 2026-01-01, to: 2026-03-31}")
            .or("always")
            .see("3.6"),
        Key::new("days", Value::List(&Value::Word(DAYS)), "On which days of the week.", "[sat, sun]")
            .or("every day")
            .see("4.2"),
        Key::new(
            "hours",
            Value::Block(&HOURS),
            "At which hours of the day. A window over midnight belongs to the day on which it opened.",
            "{from: \"17:00\", to: \"23:00\"}",
        )
        .or("all day")
        .see("4.2"),
        Key::new(
            "audience",
            Value::Block(&AUDIENCE),
            "For which members. Everything that is named has to hold.",
            "{tiers: [gold], share: 50%}",
        )
        .or("all members")
        .see("3.6"),
        Key::new("when", Value::Expression, "A condition.", "tx.category == \"dining\"").or("always").see("3.6"),
        Key::new(
            "lines",
            Value::Expression,
            "Only the amount of these lines counts; goes with a `rate`.",
            "line.category == \"dairy\"",
        )
        .or("the whole purchase")
        .see("3.6"),
        Key::new("min_transaction", Value::Amount, "The least eligible amount of the purchase.", "20.00")
            .or("0")
            .see("3.6"),
        Key::new("reward", Value::Block(&REWARD), "What it grants.", "{rate: 2%}").required().see("3.6"),
        Key::new(
            "caps",
            Value::Either(&[Value::Block(&CAMPAIGN_CAPS), Value::Block(&POINTS_CAMPAIGN_CAPS)]),
            "Upper limits on what it brings; those of a campaign of points are in points.",
            "{per_transaction: 10.00, uses: {count: 4, per: month}}",
        )
        .or("none")
        .see("3.8"),
        Key::new("stacking", Value::Block(&STACKING), "How it goes together with other campaigns.", "{group: dining}")
            .or("they add up")
            .see("3.7"),
        Key::new(
            "on_refund",
            Value::Word(&[
                Word::new("proportional", "A return takes back its part."),
                Word::new(
                    "requalify",
                    "A return takes nothing back as long as the rest still qualifies, then everything.",
                ),
            ]),
            "What a return takes back.",
            "requalify",
        )
        .or("proportional")
        .see("6.3"),
    ],
);

const TYPES: &[Word] = &[
    Word::new("percentage", "A part of the amount: `reward: {rate}`."),
    Word::new("fixed", "A sum of money: `reward: {fixed}`."),
    Word::new("multiplier", "A multiple of the base: `reward: {multiplier}`."),
    Word::new("points", "Points: `reward: {points}` or `{points_multiplier}`."),
    Word::new("scripted", "Money from an expression: `reward: {amount}`."),
];

const DAYS: &[Word] = &[
    Word::new("mon", "Monday."),
    Word::new("tue", "Tuesday."),
    Word::new("wed", "Wednesday."),
    Word::new("thu", "Thursday."),
    Word::new("fri", "Friday."),
    Word::new("sat", "Saturday."),
    Word::new("sun", "Sunday."),
];

/// `active` of a campaign.
pub(crate) static ACTIVE: Block = Block::new(
    "active",
    "`active`",
    "When a campaign runs: local dates, both included, or instants, the second excluded.",
    &[
        Key::new("from", Value::Bound, "From when on.", "2026-01-01").or("always").see("3.6"),
        Key::new("to", Value::Bound, "Until when: a date is included, an instant is not.", "2026-03-31")
            .or("for ever")
            .see("3.6"),
    ],
);

/// `hours` of a campaign.
pub(crate) static HOURS: Block = Block::new(
    "hours",
    "`hours`",
    "A window of the day, local. If `from` is the later of the two it goes over midnight.",
    &[
        Key::new("from", Value::Time { midnight: false }, "When it opens; included.", "\"17:00\"")
            .required()
            .see("4.2"),
        Key::new(
            "to",
            Value::Time { midnight: true },
            "When it closes; excluded. `\"24:00\"` is midnight.",
            "\"23:00\"",
        )
        .required()
        .see("4.2"),
    ],
);

/// `audience` of a campaign.
pub(crate) static AUDIENCE: Block = Block::new(
    "audience",
    "`audience`",
    "For which members a campaign is. Everything that is named has to hold.",
    &[
        Key::new("tiers", Value::List(&Value::Id), "Only members who hold one of these levels.", "[gold]")
            .or("all levels")
            .see("3.4"),
        Key::new("segments", Value::List(&Value::Text), "Only members who are in one of these segments.", "[foodies]")
            .or("all members")
            .see("3.6"),
        Key::new("enrolled", Value::Boolean, "Only members who enrolled in the campaign.", "true")
            .or("false")
            .see("3.6"),
        Key::new(
            "share",
            Value::Share,
            "Only this part of all members, chosen by their ids; a member stays in or out.",
            "50%",
        )
        .or("100%")
        .see("9.4"),
    ],
);

/// The keys of a reward of which exactly one is there.
pub(crate) const REWARDS: [&str; 6] = ["rate", "fixed", "multiplier", "amount", "points", "points_multiplier"];

/// For each type of campaign the rewards that fit it.
pub(crate) const REWARD_OF: [(&str, &[&str]); 5] = [
    ("percentage", &["rate"]),
    ("fixed", &["fixed"]),
    ("multiplier", &["multiplier"]),
    ("points", &["points", "points_multiplier"]),
    ("scripted", &["amount"]),
];

/// `reward` of a campaign.
pub static REWARD: Block = Block::new(
    "reward",
    "a reward",
    "What a campaign grants. Which key it has follows from `type`.",
    &[
        Key::new("rate", Value::Rate, "`percentage`: that part of the amount, or of the lines that match.", "2%")
            .see("3.6"),
        Key::new("fixed", Value::Amount, "`fixed`: that much money.", "2.00").see("3.6"),
        Key::new("multiplier", Value::Multiplier, "`multiplier`: m adds m - 1 times the exact base.", "2").see("3.6"),
        Key::new(
            "amount",
            Value::Expression,
            "`scripted`: the value of the expression, in money.",
            "tx.amount * 0.01 + 1.00",
        )
        .see("3.6"),
        Key::new("points", Value::Amount, "`points`: that many points.", "100").see("3.6"),
        Key::new(
            "points_multiplier",
            Value::Multiplier,
            "`points`: m adds m - 1 times what `earn` gives, without the tier's multiplier.",
            "3",
        )
        .see("3.6"),
        Key::new(
            "up_to",
            Value::Block(&UP_TO_OF_REWARD),
            "How much of the amount counts; goes with `rate` and `multiplier`.",
            "{spend: 500.00, per: month}",
        )
        .or("no limit")
        .see("3.6"),
    ],
)
.choice(&[&["rate"], &["fixed"], &["multiplier"], &["amount"], &["points"], &["points_multiplier"]]);

/// `stacking` of a campaign.
pub(crate) static STACKING: Block = Block::new(
    "stacking",
    "`stacking`",
    "How a campaign goes together with others.",
    &[
        Key::new("group", Value::Text, "Of each group only the campaign that grants most remains.", "dining")
            .see("3.7"),
        Key::new(
            "exclusive",
            Value::Boolean,
            "It stays alone, provided that no campaign with a grant stands before it.",
            "true",
        )
        .or("false")
        .see("3.7"),
    ],
);
