//! A program: its head, facts, lists, base rules, tiers, points and redemption.

use super::campaign::CAMPAIGN_LIST;
use super::caps::{BASE_CAPS, LIMIT, POINTS_CAPS, PROGRAM_CAPS, REDEMPTION_CAPS, TIER_CAPS, UP_TO};
use super::{Block, Key, Value, Word};

/// A document with `program` at its top.
pub static PROGRAM: Block = Block::new(
    "program",
    "a program",
    "A loyalty or cashback program: what purchases earn. A rule set has exactly one.",
    &[
        Key::new("program", Value::ProgramId, "The id of the program: lower-case letters, digits, hyphens.", "everyday-card")
            .required(),
        Key::new("name", Value::Text, "A name for people.", "Everyday card"),
        Key::new(
            "currency",
            Value::Text,
            "The ISO 4217 code of the currency. All amounts of the rule set are in it and have at most its decimals.",
            "USD",
        )
        .required()
        .see("1.1"),
        Key::new(
            "timezone",
            Value::Text,
            "The IANA name of the time zone. All dates, days, hours and periods of the rule set are local to it.",
            "America/New_York",
        )
        .required()
        .see("4.1"),
        Key::new(
            "rounding",
            Value::Either(&[Value::Word(MODES), Value::Block(&ROUNDING)]),
            "How money is rounded to whole cents: a mode, or a mapping that also says where.",
            "half_even",
        )
        .or("half_even")
        .see("1.2"),
        Key::new(
            "facts",
            Value::Block(&FACTS),
            "What your purchases and members have beyond the built-in facts, so that conditions can ask for it.",
            "{tx: {basket_size: integer}, member: {newsletter: boolean}}",
        )
        .see("2.4"),
        Key::new(
            "lists",
            Value::Names(&Value::List(&Value::Literal)),
            "Names for lists of texts or numbers, to be used with `in`. Digits in quotes are a text, as merchant codes are.",
            "{cash_like: [\"4829\", \"6010\"]}",
        )
        .see("9.1"),
        Key::new("eligible", Value::Block(&ELIGIBLE), "What earns at all.", "{when: tx.mcc !in cash_like}")
            .or("everything")
            .see("3.2"),
        Key::new(
            "pools",
            Value::Names(&Value::Block(&LIMIT)),
            "Limits on spending that several base rules share, by name.",
            "{choice: {spend: 2500.00, per: quarter}}",
        )
        .see("3.3"),
        Key::new(
            "base",
            Value::List(&Value::Block(&BASE_RULE)),
            "The base rules. From the top, each takes what it can of the amount.",
            "[{id: everything, rate: 1%}]",
        )
        .see("3.3"),
        Key::new(
            "tiers",
            Value::Block(&TIERS),
            "Levels that members reach by spending.",
            "{window: calendar_year, levels: [{id: bronze, min_spending: 0}]}",
        )
        .see("8"),
        Key::new(
            "caps",
            Value::Block(&PROGRAM_CAPS),
            "Upper limits on everything that the program pays.",
            "{per_transaction: 50.00}",
        )
        .see("3.8"),
        Key::new(
            "points",
            Value::Block(&POINTS),
            "How purchases earn points, and how points live.",
            "{earn: {points: 1, per: 1.00}}",
        )
        .see("3.9"),
        Key::new(
            "redemption",
            Value::Block(&REDEMPTION),
            "What points can be spent on.",
            "{options: [{id: cash, type: cash, value: {points: 100, cash: 1.00}}]}",
        )
        .see("7"),
        Key::new(
            "campaigns",
            CAMPAIGN_LIST,
            "Campaigns, which may also stand in files of their own.",
            "[{campaign: dairy-week, type: percentage, reward: {rate: 5%}}]",
        )
        .see("3.6"),
    ],
);

const MODES: &[Word] = &[
    Word::new("half_even", "To the nearest cent; halves to the even one."),
    Word::new("half_up", "To the nearest cent; halves up."),
    Word::new("down", "Down to a whole cent."),
    Word::new("up", "Up to a whole cent."),
];

/// `rounding` as a mapping.
pub(crate) static ROUNDING: Block = Block::new(
    "rounding",
    "`rounding`",
    "How money is rounded, and where.",
    &[
        Key::new("mode", Value::Word(MODES), "How money is rounded to whole cents.", "half_even")
            .or("half_even")
            .see("1.2"),
        Key::new(
            "at",
            Value::Word(&[
                Word::new("component", "Each base slice, bonus and campaign is rounded by itself."),
                Word::new("total", "The sum of a purchase is rounded, and the cents go to the largest remainders."),
            ]),
            "What is rounded.",
            "total",
        )
        .or("component")
        .see("1.3"),
    ],
);

const FACT_VALUE: Value = Value::Names(&Value::Either(&[Value::Word(FACT_TYPES), Value::Block(&FACT)]));
const FACT_TYPES: &[Word] = &[
    Word::new("text", "A text."),
    Word::new("integer", "A whole number."),
    Word::new("decimal", "A number with decimals."),
    Word::new("boolean", "`true` or `false`."),
    Word::new("date", "A date, `2026-03-31`."),
];

/// `facts`.
pub(crate) static FACTS: Block = Block::new(
    "facts",
    "`facts`",
    "What your purchases and members have beyond the built-in facts.",
    &[
        Key::new(
            "tx",
            FACT_VALUE,
            "Facts of purchases: a name and its type. A rule reads them as `tx.NAME`.",
            "{basket_size: integer}",
        )
        .see("2.2"),
        Key::new(
            "member",
            FACT_VALUE,
            "Facts of members: a name and its type. A rule reads them as `member.NAME`.",
            "{newsletter: boolean}",
        )
        .see("2.3"),
    ],
);

/// A fact as a mapping.
pub(crate) static FACT: Block = Block::new(
    "fact",
    "a fact",
    "A fact that is optional, or one of some texts.",
    &[
        Key::new("type", Value::Word(FACT_TYPES), "What kind of value it is.", "integer").see("2.4"),
        Key::new("one_of", Value::List(&Value::Text), "The texts that it may be.", "[app, web, kiosk]").see("2.4"),
        Key::new(
            "optional",
            Value::Boolean,
            "Whether it may be missing from the data. If not, its absence is an error as soon as a rule reads it.",
            "true",
        )
        .or("false")
        .see("2.4"),
    ],
)
.choice(&[&["type"], &["one_of"]]);

/// `eligible`.
pub(crate) static ELIGIBLE: Block = Block::new(
    "eligible",
    "`eligible`",
    "What earns at all. What is not eligible counts nowhere, not even as spending.",
    &[
        Key::new("when", Value::Expression, "Decides about the purchase.", "tx.mcc !in cash_like")
            .or("always")
            .see("3.2"),
        Key::new(
            "lines",
            Value::Expression,
            "Decides about each line of the purchase: only those for which it is true count.",
            "line.category != \"deposit\"",
        )
        .or("the whole purchase")
        .see("3.2"),
    ],
);

/// A base rule.
pub(crate) static BASE_RULE: Block = Block::new(
    "base-rule",
    "a base rule",
    "A rate for a part of the purchase. The rules divide the amount among them from the top.",
    &[
        Key::new("id", Value::Id, "Its id, unique in the rule set.", "groceries").required(),
        Key::new(
            "when",
            Value::Expression,
            "A condition; without it the rule fits every purchase.",
            "tx.category == \"groceries\"",
        )
        .or("always")
        .see("3.3"),
        Key::new("lines", Value::Expression, "Which lines of the purchase it takes.", "line.category == \"bread\"")
            .or("the whole purchase")
            .see("3.3"),
        Key::new("rate", Value::Rate, "What part of the amount it grants.", "6%").see("3.3"),
        Key::new(
            "slabs",
            Value::List(&Value::Block(&SLAB)),
            "Rates by amount: each applies to its part of the amount. Bounds rise, the last slab is open.",
            "[{up_to: 50.00, rate: 1%}, {rate: 2%}]",
        )
        .see("3.3"),
        Key::new(
            "up_to",
            Value::Block(&UP_TO),
            "How much of the amount it takes in a period; what is above falls through to the next rule that matches.",
            "{spend: 6000.00, per: year}",
        )
        .or("no limit")
        .see("3.3"),
        Key::new("caps", Value::Block(&BASE_CAPS), "Upper limits on what it brings.", "{per_transaction: 20.00}")
            .or("none")
            .see("3.3"),
    ],
)
.choice(&[&["rate"], &["slabs"]]);

/// An entry of `slabs`.
pub(crate) static SLAB: Block = Block::new(
    "slab",
    "a slab",
    "A rate for one part of the amount.",
    &[
        Key::new("up_to", Value::Amount, "Where this part ends; the last slab has none.", "50.00").see("3.3"),
        Key::new("rate", Value::Rate, "The rate of this part.", "1%").required().see("3.3"),
    ],
);

/// `tiers`.
pub(crate) static TIERS: Block = Block::new(
    "tiers",
    "`tiers`",
    "Levels that members reach by spending, and how long they hold them.",
    &[
        Key::new(
            "window",
            Value::Either(&[
                Value::Word(&[
                    Word::new("calendar_year", "Spending of a local year; a level holds through the end of the next."),
                    Word::new("lifetime", "All spending; a level holds for ever."),
                ]),
                Value::Block(&WINDOW),
            ]),
            "Over which time spending counts.",
            "calendar_year",
        )
        .required()
        .see("8"),
        Key::new(
            "grace_days",
            Value::Integer { least: 0, most: 36_500 },
            "How many days longer a level is held.",
            "30",
        )
        .or("0")
        .see("8"),
        Key::new("soft_landing", Value::Boolean, "Whether a member falls by one level at most.", "true")
            .or("false")
            .see("8"),
        Key::new(
            "applies",
            Value::Word(&[
                Word::new("before", "The level held before the purchase."),
                Word::new("after", "The level that spending reaches with the purchase, if that is higher."),
            ]),
            "Which level a purchase has that reaches a new one.",
            "after",
        )
        .or("before")
        .see("3.4"),
        Key::new(
            "refund",
            Value::Word(&[
                Word::new("at_evaluation", "A refund leaves the level alone until the next evaluation."),
                Word::new("immediate", "A level that the returned purchase earned goes at once."),
            ]),
            "Whether a return takes a level at once.",
            "immediate",
        )
        .or("at_evaluation")
        .see("6.6"),
        Key::new(
            "levels",
            Value::List(&Value::Block(&LEVEL)),
            "The levels, the lowest first, with rising thresholds. Everybody holds the lowest from the beginning; its threshold is 0.",
            "[{id: bronze, min_spending: 0}, {id: silver, min_spending: 1000.00}]",
        )
        .required()
        .see("8"),
    ],
);

/// `window` as a mapping.
pub(crate) static WINDOW: Block = Block::new(
    "window",
    "`window`",
    "A window that moves with the months.",
    &[Key::new(
        "rolling_months",
        Value::Integer { least: 1, most: 120 },
        "The month of the purchase and as many before it as make this number.",
        "12",
    )
    .required()
    .see("8")],
);

/// A level of `tiers`.
pub(crate) static LEVEL: Block = Block::new(
    "level",
    "a tier",
    "A level of the program.",
    &[
        Key::new("id", Value::Id, "Its id, unique in the rule set.", "gold").required(),
        Key::new(
            "min_spending",
            Value::Amount,
            "Spending in the window from which it is reached; 0 for the lowest level.",
            "5000.00",
        )
        .required()
        .see("8"),
        Key::new("bonus", Value::Block(&BONUS), "What members of this level get on top.", "{rate: 0.25%}")
            .or("none")
            .see("3.5"),
        Key::new("points_multiplier", Value::Multiplier, "How many times the points of `earn` they get.", "2")
            .or("1")
            .see("3.9"),
        Key::new("upgrade_points", Value::Amount, "Points for reaching the level.", "500").or("0").see("3.10"),
        Key::new("benefits", Value::List(&Value::Text), "Texts that the engine only keeps.", "[free_delivery]")
            .or("none"),
        Key::new(
            "caps",
            Value::Block(&TIER_CAPS),
            "Upper limits on everything that a purchase brings to members of this level.",
            "{per_member: {amount: 100.00, per: month}}",
        )
        .or("none")
        .see("3.8"),
    ],
);

/// `bonus` of a level.
pub(crate) static BONUS: Block = Block::new(
    "bonus",
    "a bonus",
    "What a level adds to the base.",
    &[
        Key::new("rate", Value::Rate, "Percentage points of the whole amount.", "0.25%").see("3.5"),
        Key::new("multiplier", Value::Multiplier, "m adds m - 1 times the exact base.", "1.5").see("3.5"),
    ],
)
.choice(&[&["rate"], &["multiplier"]]);

/// `points`.
pub(crate) static POINTS: Block = Block::new(
    "points",
    "`points`",
    "How purchases earn points, and how points live.",
    &[
        Key::new("earn", Value::Block(&EARN), "Points in proportion to the amount.", "{points: 1, per: 1.00}")
            .or("none")
            .see("3.9"),
        Key::new("decimals", Value::Integer { least: 0, most: 6 }, "How many decimals points have.", "0")
            .or("0")
            .see("1.4"),
        Key::new(
            "expires_after",
            Value::Duration,
            "How long points can be spent, to the end of that local day.",
            "12 months",
        )
        .or("never")
        .see("3.9"),
        Key::new("activation_delay", Value::Duration, "How long after the purchase points can be spent.", "14 days")
            .or("none")
            .see("3.9"),
        Key::new(
            "caps",
            Value::Block(&POINTS_CAPS),
            "Upper limits on points of purchases.",
            "{per_member: {points: 10000, per: month}}",
        )
        .or("none")
        .see("3.9"),
    ],
);

/// `earn` of `points`.
pub(crate) static EARN: Block = Block::new(
    "earn",
    "`earn`",
    "So many points for so much of the amount, in proportion.",
    &[
        Key::new("points", Value::Amount, "How many points.", "1").required().see("3.9"),
        Key::new("per", Value::Positive, "For how much money.", "1.00").required().see("3.9"),
    ],
);

/// `redemption`.
pub(crate) static REDEMPTION: Block = Block::new(
    "redemption",
    "`redemption`",
    "What points can be spent on.",
    &[Key::new(
        "options",
        Value::List(&Value::Block(&REDEMPTION_OPTION)),
        "The ways to spend points.",
        "[{id: cash, type: cash, value: {points: 100, cash: 1.00}}]",
    )
    .required()
    .see("7")],
);

/// An option of `redemption`.
pub(crate) static REDEMPTION_OPTION: Block = Block::new(
    "redemption-option",
    "a redemption option",
    "A way to spend points.",
    &[
        Key::new("id", Value::Id, "Its id, unique in the rule set.", "cash").required(),
        Key::new(
            "type",
            Value::Word(&[
                Word::new("cash", "Money."),
                Word::new("statement_credit", "A credit on the statement."),
                Word::new("gift_card", "A gift card."),
                Word::new("voucher", "A voucher."),
                Word::new("donation", "A donation."),
            ]),
            "What the member gets.",
            "cash",
        )
        .required()
        .see("7"),
        Key::new("value", Value::Block(&REDEMPTION_VALUE), "What points are worth.", "{points: 100, cash: 1.00}")
            .required()
            .see("7"),
        Key::new("min_points", Value::Amount, "The fewest points at a time.", "500").or("no minimum").see("7"),
        Key::new("step", Value::Positive, "Points can only be spent in multiples of it.", "100")
            .or("any number")
            .see("7"),
        Key::new(
            "caps",
            Value::Block(&REDEMPTION_CAPS),
            "How many points a member can spend on it.",
            "{per_member: {points: 50000, per: day}}",
        )
        .or("none")
        .see("7"),
        Key::new("tiers", Value::List(&Value::Id), "The levels that may use it.", "[silver, gold]")
            .or("all levels")
            .see("7"),
    ],
);

/// `value` of a redemption option.
pub(crate) static REDEMPTION_VALUE: Block = Block::new(
    "redemption-value",
    "`value`",
    "What points are worth: so much money for so many points.",
    &[
        Key::new("points", Value::Positive, "How many points.", "100").required().see("7"),
        Key::new("cash", Value::Amount, "How much money they are worth.", "1.00").required().see("7"),
    ],
);
