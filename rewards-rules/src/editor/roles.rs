//! What a key or a value of a rule file means to an editor: which names are defined here, which are mentioned.
//!
//! A room of its own because completion, definitions, hover and renaming all ask this one question, of a path of
//! keys.

use super::outline::{Kind, Outline};

/// What a name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    /// A program.
    Program,
    /// A declared fact; its name is `tx.NAME` or `member.NAME`.
    Fact,
    /// A list.
    List,
    /// A pool.
    Pool,
    /// A base rule.
    Base,
    /// A level.
    Tier,
    /// A campaign.
    Campaign,
    /// A redemption option.
    Option,
    /// A function of a script.
    Function,
    /// A stacking group; it has no definition but its uses.
    Group,
}

impl Sort {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Sort::Program => "program",
            Sort::Fact => "fact",
            Sort::List => "list",
            Sort::Pool => "pool",
            Sort::Base => "base rule",
            Sort::Tier => "tier",
            Sort::Campaign => "campaign",
            Sort::Option => "redemption option",
            Sort::Function => "function",
            Sort::Group => "stacking group",
        }
    }
}

/// What a value or key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It gives something its name.
    Defines(Sort),
    /// It mentions something by name.
    Mentions(Sort),
    /// It declares or mentions a fact of `tx` (else of `member`).
    Fact {
        /// Whether it is one of `tx`.
        tx: bool,
        /// Whether it declares it.
        defines: bool,
    },
    /// An expression; `lines` tells whether it may read facts of lines.
    Expression {
        /// Whether it may read `line.`
        lines: bool,
    },
    /// The key of a counter: `SCOPE.ID.WHAT.PERIOD`.
    Counter,
    /// A currency.
    Currency,
    /// A time zone.
    Zone,
    /// A period.
    Period,
    /// Nothing that is told apart here.
    Plain,
}

/// Which kind of document something stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// A program, outside of its campaigns.
    Program,
    /// A campaign.
    Campaign,
    /// A file of tests.
    Test,
    /// Something else.
    Unknown,
}

/// The scope of an entry, and the path of keys within it.
pub(super) fn placed<'t>(outline: &Outline, text: &'t str, entry: usize, is_test: bool) -> (Scope, Vec<&'t str>) {
    let path = outline.path(text, entry);
    if let ["campaigns", "-", rest @ ..] = path.as_slice()
        && !is_test
    {
        return (Scope::Campaign, rest.to_vec());
    }
    let document = outline.document(entry);
    let has = |key: &str| outline.child(text, document, key).is_some();
    let scope = match () {
        () if is_test => Scope::Test,
        () if has("program") => Scope::Program,
        () if has("campaign") => Scope::Campaign,
        () => Scope::Unknown,
    };
    (scope, path)
}

/// What the value at a path means.
pub(super) fn of_value(scope: Scope, path: &[&str]) -> Role {
    match (scope, path) {
        (_, [.., "per"]) => match path {
            // `earn.per` is an amount.
            ["points", "earn", "per"] => Role::Plain,
            _ => Role::Period,
        },
        (Scope::Program, ["program"]) => Role::Defines(Sort::Program),
        (Scope::Program, ["currency"]) => Role::Currency,
        (Scope::Program, ["timezone"]) => Role::Zone,
        (Scope::Program, ["base", "-", "id"]) => Role::Defines(Sort::Base),
        (Scope::Program, ["base", "-", "up_to", "pool"]) => Role::Mentions(Sort::Pool),
        (Scope::Program, ["tiers", "levels", "-", "id"]) => Role::Defines(Sort::Tier),
        (Scope::Program, ["redemption", "options", "-", "id"]) => Role::Defines(Sort::Option),
        (Scope::Program, ["redemption", "options", "-", "tiers", "-"]) => Role::Mentions(Sort::Tier),
        (Scope::Program, ["eligible" | "base", .., "lines"]) => Role::Expression { lines: true },
        (Scope::Program, ["eligible" | "base", .., "when"]) => Role::Expression { lines: false },
        (Scope::Campaign, ["campaign"]) => Role::Defines(Sort::Campaign),
        (Scope::Campaign, ["lines"]) => Role::Expression { lines: true },
        (Scope::Campaign, ["when"] | ["reward", "amount"]) => Role::Expression { lines: false },
        (Scope::Campaign, ["audience", "tiers", "-"]) => Role::Mentions(Sort::Tier),
        (Scope::Campaign, ["stacking", "group"]) => Role::Mentions(Sort::Group),
        (Scope::Test, [.., "member" | "expect", "tier"]) => Role::Mentions(Sort::Tier),
        (Scope::Test, [.., "redeem", "option"]) => Role::Mentions(Sort::Option),
        (Scope::Test, [.., "transaction", "currency"]) => Role::Currency,
        _ => Role::Plain,
    }
}

/// What the key at a path, its last part, means.
pub(super) fn of_key(scope: Scope, path: &[&str]) -> Role {
    match (scope, path) {
        (Scope::Program, ["facts", scope @ ("tx" | "member"), _]) => Role::Fact { tx: *scope == "tx", defines: true },
        (Scope::Program, ["lists", _]) => Role::Defines(Sort::List),
        (Scope::Program, ["pools", _]) => Role::Defines(Sort::Pool),
        (Scope::Test, [.., "given", "member", _]) => Role::Fact { tx: false, defines: false },
        (Scope::Test, [.., "transaction", _]) => Role::Fact { tx: true, defines: false },
        (Scope::Test, [.., "given", "usage", _]) => Role::Counter,
        _ => Role::Plain,
    }
}

/// Whether an entry has a key of its own.
pub(super) fn has_key(outline: &Outline, entry: usize) -> bool {
    outline.get(entry).is_some_and(|e| e.kind == Kind::Key)
}
