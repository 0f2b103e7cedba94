//! What a block, a key and a value are.

/// A mapping with a known set of keys.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// Its name among all blocks: lower case, words joined by hyphens.
    pub name: &'static str,
    /// What it is, in a sentence of a finding: "a campaign", "`caps` of a tier".
    pub what: &'static str,
    /// What it is for, in plain words.
    pub about: &'static str,
    /// All keys that it may have, in the order in which people are told of them.
    pub keys: &'static [Key],
    /// Sets of keys of which exactly one set is there, whole; empty where there is no such choice.
    pub choice: &'static [&'static [&'static str]],
    /// Whether other keys may stand there, and what they are.
    pub open: Open,
}

/// Whether a block takes keys that the format does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// No other key.
    No,
    /// Facts that the program declares for purchases.
    TxFacts,
    /// Facts that the program declares for members.
    MemberFacts,
}

/// A key of a block.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What may stand there.
    pub value: Value,
    /// Whether it must be there. Keys of `Block::choice` are not marked.
    pub required: bool,
    /// What is assumed without it, where that can be said in a word.
    pub default: Option<&'static str>,
    /// What it does, in plain words.
    pub about: &'static str,
    /// A value, as it would be written after the colon.
    pub example: &'static str,
    /// Paragraph of the semantics, for example `3.3`; empty if there is none.
    pub paragraph: &'static str,
}

/// A word that may stand for a value.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// As it is written.
    pub word: &'static str,
    /// What it means.
    pub about: &'static str,
}

/// What may stand after a key.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// Any text.
    Text,
    /// 1 to 64 of `A-Z a-z 0-9 . _ : -`.
    Id,
    /// 1 to 64 lower-case letters, digits and hyphens.
    ProgramId,
    /// `true` or `false`.
    Boolean,
    /// One of some words.
    Word(&'static [Word]),
    /// A whole number, both ends included.
    Integer {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// Money in the program's currency or points, from 0 to 10^15.
    Amount,
    /// As an amount, above zero.
    Positive,
    /// `6%` or `0.06`, from 0 to 100 as a fraction, with at most 8 decimals as a fraction.
    Rate,
    /// A rate from 0 % to 100 %.
    Share,
    /// A number from 1 to 1000 with at most 8 decimals.
    Multiplier,
    /// `14 days`, `2 weeks`, `12 months`, `1 year`.
    Duration,
    /// A local date, or an instant with its offset.
    Bound,
    /// A time of day, `HH:MM`; `24:00` where `midnight` is true.
    Time {
        /// Whether `24:00` is allowed.
        midnight: bool,
    },
    /// A condition or an amount in the expression language (semantics §9).
    Expression,
    /// A text or a number.
    Literal,
    /// A plain number of data, with or without quotes, maybe negative.
    Number,
    /// A local date of data.
    Date,
    /// An instant of data, with its offset.
    Instant,
    /// A mapping with known keys.
    Block(&'static Block),
    /// A list.
    List(&'static Value),
    /// A mapping of names that the author chooses.
    Names(&'static Value),
    /// One of several kinds.
    Either(&'static [Value]),
}

impl Block {
    /// A block that takes no other keys and offers no choice.
    pub(super) const fn new(
        name: &'static str,
        what: &'static str,
        about: &'static str,
        keys: &'static [Key],
    ) -> Block {
        Block { name, what, about, keys, choice: &[], open: Open::No }
    }

    /// With sets of keys of which exactly one is there.
    pub(super) const fn choice(self, choice: &'static [&'static [&'static str]]) -> Block {
        Block { choice, ..self }
    }

    /// With keys of the program's own.
    pub(super) const fn open(self, open: Open) -> Block {
        Block { open, ..self }
    }

    /// The key of a name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }

    /// The names of all keys, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().map(|k| k.name)
    }
}

impl Key {
    /// A key that may be left out.
    pub(super) const fn new(name: &'static str, value: Value, about: &'static str, example: &'static str) -> Key {
        Key { name, value, required: false, default: None, about, example, paragraph: "" }
    }

    /// It must be there.
    pub(super) const fn required(self) -> Key {
        Key { required: true, ..self }
    }

    /// What is assumed without it.
    pub(super) const fn or(self, default: &'static str) -> Key {
        Key { default: Some(default), ..self }
    }

    /// The paragraph of the semantics.
    pub(super) const fn see(self, paragraph: &'static str) -> Key {
        Key { paragraph, ..self }
    }
}

impl Word {
    pub(super) const fn new(word: &'static str, about: &'static str) -> Word {
        Word { word, about }
    }
}

impl Value {
    /// What may stand there, for people: "a rate, for example `2%`".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text => "text",
            Value::Id | Value::ProgramId => "id",
            Value::Boolean => "`true` or `false`",
            Value::Word(_) => "one of some words",
            Value::Integer { .. } => "whole number",
            Value::Amount => "amount",
            Value::Positive => "amount above 0",
            Value::Rate => "rate",
            Value::Share => "rate up to 100 %",
            Value::Multiplier => "multiplier from 1",
            Value::Duration => "length of time",
            Value::Bound => "date or instant",
            Value::Time { .. } => "time of day",
            Value::Expression => "expression",
            Value::Literal => "text or number",
            Value::Number => "number",
            Value::Date => "date",
            Value::Instant => "instant",
            Value::Block(_) => "mapping",
            Value::List(_) => "list",
            Value::Names(_) => "mapping of names",
            Value::Either(_) => "one of several",
        }
    }

    /// The words that may stand there, also among other kinds or within a list; empty if there are none.
    pub fn words(&self) -> Vec<Word> {
        match self {
            Value::Word(words) => words.to_vec(),
            Value::Boolean => vec![Word::new("true", "Yes."), Word::new("false", "No.")],
            Value::List(of) => of.words(),
            Value::Either(kinds) => kinds.iter().flat_map(Value::words).collect(),
            _ => Vec::new(),
        }
    }

    /// The blocks that may stand there, or as entries of a list there.
    pub fn blocks(&self) -> Vec<&'static Block> {
        match self {
            Value::Block(block) => vec![block],
            Value::List(of) => of.blocks(),
            Value::Either(kinds) => kinds.iter().flat_map(Value::blocks).collect(),
            _ => Vec::new(),
        }
    }
}
