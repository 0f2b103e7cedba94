//! Files with tests of the rules, and the data in them.

use super::{Block, Key, Open, Value, Word};

/// A file `*.test.yaml`.
pub static TEST_FILE: Block = Block::new(
    "test-file",
    "a test file",
    "Tests of the rules: what must come of purchases, refunds and redemptions.",
    &[Key::new(
        "tests",
        Value::List(&Value::Block(&TEST)),
        "The tests. Each starts with a member of whom nothing is known but what `given` says.",
        "[{name: a cent, transaction: {id: t1, amount: 1.00, currency: USD, occurred_at: \"2026-03-02T10:00:00Z\"}, expect: {total: \"0.01\"}}]",
    )
    .required()],
);

const TRANSACTION_KEY: Key = Key::new(
    "transaction",
    Value::Block(&TRANSACTION),
    "A purchase.",
    "{id: t1, amount: 100.00, currency: USD, occurred_at: \"2026-03-02T10:00:00-05:00\"}",
)
.see("2.2");
const EXPECT_KEY: Key = Key::new(
    "expect",
    Value::Block(&EXPECT),
    "What must come of it. Only what is named is compared, by value.",
    "{total: \"3.75\"}",
);

/// A test.
pub(crate) static TEST: Block = Block::new(
    "test",
    "a test",
    "A purchase with what must come of it, or several steps.",
    &[
        Key::new("name", Value::Text, "What must happen, in a few words; unique in the file.", "groceries earn 6 %")
            .required(),
        Key::new("given", Value::Block(&GIVEN), "What is so before.", "{member: {tier: silver}}")
            .or("a new member"),
        TRANSACTION_KEY,
        Key::new(
            "steps",
            Value::List(&Value::Block(&STEP)),
            "What happens one after the other; state carries over from step to step.",
            "[{transaction: {id: t1, amount: 45.00, currency: USD, occurred_at: \"2026-03-02T10:00:00-05:00\"}, expect: {total: \"0.45\"}}]",
        ),
        EXPECT_KEY,
    ],
)
.choice(&[&["transaction"], &["steps"]]);

/// A step of a test.
pub(crate) static STEP: Block = Block::new(
    "step",
    "a step",
    "One thing that happens, and what must come of it.",
    &[
        TRANSACTION_KEY,
        Key::new(
            "refund",
            Value::Block(&REFUND),
            "A return.",
            "{id: r1, original: t1, amount: 10.00, occurred_at: \"2026-03-03T10:00:00-05:00\"}",
        )
        .see("6.1"),
        Key::new(
            "redeem",
            Value::Block(&REDEEM),
            "A wish to spend points.",
            "{id: x1, option: cash, points: 500, at: \"2026-03-04T10:00:00-05:00\"}",
        )
        .see("7"),
        EXPECT_KEY,
    ],
)
.choice(&[&["transaction"], &["refund"], &["redeem"]]);

/// `given` of a test.
pub(crate) static GIVEN: Block = Block::new(
    "given",
    "`given`",
    "What is so before the first step.",
    &[
        Key::new("member", Value::Block(&MEMBER), "What is known of the member.", "{tier: silver, spending: 900.00}")
            .see("2.3"),
        Key::new(
            "usage",
            Value::Names(&Value::Number),
            "What was used of counters before, in the period of the first transaction.",
            "{base.groceries.spend.year: 5950.00}",
        )
        .see("4.3"),
    ],
);

/// `expect` of a test or step.
pub(crate) static EXPECT: Block = Block::new(
    "expect",
    "`expect`",
    "What must come of it. Only what is named is compared, by value.",
    &[
        Key::new("base", Value::Number, "Money of the base rules in this step.", "\"3.50\"").see("3.3"),
        Key::new("loyalty", Value::Number, "Money of the level's bonus in this step.", "\"0.25\"").see("3.5"),
        Key::new("campaign", Value::Number, "Money of campaigns in this step.", "\"1.20\"").see("3.6"),
        Key::new("total", Value::Number, "All money of this step.", "\"4.95\"").see("2.5"),
        Key::new("points", Value::Number, "All points of this step.", "\"100\"").see("3.9"),
        Key::new("tier", Value::Text, "The level held after it.", "silver").see("8"),
        Key::new("reason", Value::Word(REASONS), "Why the whole purchase brings nothing.", "not_eligible").see("3.1"),
        Key::new("error", Value::Text, "The code of the error that it ends with.", "currency_mismatch").see("1.6"),
        Key::new("rules", Value::Text, "What granted, as `simulate` writes it.", "\"groceries=3.50;earn=100p\"")
            .see("2.5"),
        Key::new("available", Value::Number, "Points that the member can spend after it.", "\"150\"").see("7"),
        Key::new("debt", Value::Number, "Points that the member owes after it.", "\"0\"").see("6.5"),
    ],
);

const REASONS: &[Word] = &[
    Word::new("zero_amount", "The amount is zero."),
    Word::new("not_eligible", "Nothing of it is eligible."),
    Word::new("member_inactive", "The member is blocked or closed."),
];

const LINE_LIST: Value = Value::List(&Value::Block(&LINE));

/// A purchase.
pub(crate) static TRANSACTION: Block = Block::new(
    "transaction",
    "a transaction",
    "A purchase. Facts that the program declares under `facts.tx` stand beside these keys.",
    &[
        Key::new("id", Value::Id, "Its id; the same id is not taken twice.", "t1").required().see("5"),
        Key::new("amount", Value::Number, "What was paid, at least 0.", "100.00").required().see("2.2"),
        Key::new("currency", Value::Text, "ISO 4217 code; has to be the program's.", "USD").required().see("3.1"),
        Key::new("occurred_at", Value::Instant, "When it happened, with its offset.", "\"2026-03-02T10:00:00-05:00\"")
            .required()
            .see("2.2"),
        Key::new("category", Value::Text, "Category of the purchase.", "groceries").see("2.2"),
        Key::new("mcc", Value::Text, "Merchant category code, in quotes.", "\"5411\"").see("2.2"),
        Key::new("merchant", Value::Text, "The merchant.", "m0001").see("2.2"),
        Key::new("country", Value::Text, "The country.", "US").see("2.2"),
        Key::new("channel", Value::Text, "The channel.", "online").see("2.2"),
        Key::new("payment_method", Value::Text, "The means of payment.", "card").see("2.2"),
        Key::new(
            "items",
            LINE_LIST,
            "The lines of the purchase.",
            "[{sku: rye, category: bread, quantity: 1, amount: 4.00}]",
        )
        .see("2.2"),
    ],
)
.open(Open::TxFacts);

/// A line of a purchase or refund.
pub(crate) static LINE: Block = Block::new(
    "line",
    "a line",
    "A line of a purchase.",
    &[
        Key::new("sku", Value::Text, "The article.", "rye").see("2.2"),
        Key::new("category", Value::Text, "Category of the line.", "bread").see("2.2"),
        Key::new("quantity", Value::Number, "How many.", "1").see("2.2"),
        Key::new("amount", Value::Number, "The line's total, not the price of one.", "4.00").required().see("2.2"),
    ],
);

/// A member.
pub(crate) static MEMBER: Block = Block::new(
    "member",
    "a member",
    "What is known of a member. Facts that the program declares under `facts.member` stand beside these keys.",
    &[
        Key::new("id", Value::Id, "Who it is. Only tests and the command for one purchase assume one.", "anna")
            .or("member")
            .see("2.3"),
        Key::new("tier", Value::Text, "The level held before the purchase.", "silver").or("the lowest").see("2.3"),
        Key::new("joined_on", Value::Date, "When the member joined.", "2025-06-01").see("2.3"),
        Key::new("birthday", Value::Date, "The birthday.", "1990-02-28").see("2.3"),
        Key::new("country", Value::Text, "The country.", "US").see("2.3"),
        Key::new("segments", Value::List(&Value::Text), "The segments that the member is in.", "[foodies]").see("2.3"),
        Key::new(
            "enrolments",
            Value::List(&Value::Text),
            "Ids of the campaigns that the member enrolled in.",
            "[weekend-dining]",
        )
        .see("2.3"),
        Key::new(
            "upgrades",
            Value::Names(&Value::Date),
            "For each level the local date of its last upgrade bonus.",
            "{silver: 2025-11-30}",
        )
        .see("3.10"),
        Key::new(
            "billing_day",
            Value::Integer { least: 1, most: 31 },
            "Day of the month on which a billing cycle begins.",
            "15",
        )
        .see("4.1"),
        Key::new("purchases", Value::Number, "How many purchases came before.", "3").or("0").see("2.3"),
        Key::new("spending", Value::Number, "What they came to within the tier window.", "900.00").or("0").see("2.3"),
        Key::new(
            "status",
            Value::Word(&[
                Word::new("active", "Takes part."),
                Word::new("blocked", "Earns nothing for now."),
                Word::new("closed", "Earns nothing any more."),
            ]),
            "Whether the member takes part.",
            "blocked",
        )
        .or("active")
        .see("2.3"),
    ],
)
.open(Open::MemberFacts);

/// A refund.
pub(crate) static REFUND: Block = Block::new(
    "refund",
    "a refund",
    "A return of a purchase, whole or in part.",
    &[
        Key::new("id", Value::Id, "Its id; refunds and purchases share one set of ids.", "r1").required().see("6.1"),
        Key::new("original", Value::Id, "Id of the purchase.", "t1").required().see("6.1"),
        Key::new("amount", Value::Number, "How much is returned, above 0.", "10.00").required().see("6.1"),
        Key::new("lines", LINE_LIST, "Which lines came back.", "[{sku: rye, amount: 4.00}]").see("6.2"),
        Key::new("occurred_at", Value::Instant, "When it happened, with its offset.", "\"2026-03-03T10:00:00-05:00\"")
            .required()
            .see("6.1"),
        Key::new("member", Value::Id, "The member; has to be the purchase's.", "member").see("6.1"),
    ],
);

/// A redemption.
pub(crate) static REDEEM: Block = Block::new(
    "redemption-of-points",
    "a redemption",
    "A wish to spend points.",
    &[
        Key::new("id", Value::Id, "Its id.", "x1").required().see("7"),
        Key::new("option", Value::Text, "Id of a redemption option.", "cash").required().see("7"),
        Key::new("points", Value::Number, "How many points.", "500").required().see("7"),
        Key::new("at", Value::Instant, "When, with its offset.", "\"2026-03-04T10:00:00-05:00\"").required().see("7"),
    ],
);
