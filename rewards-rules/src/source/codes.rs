//! Every finding's code, once. A number is never used for another mistake, not even after its mistake is gone.
//! Each code has a page, `pages/CODE.md`; without one this does not compile.

use std::fmt;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The rule set works, but probably not as its author thinks.
    Warning,
    /// There is no rule set until this is mended; in a test file, the test is not run.
    Error,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal, $severity:ident, $title:literal;)+) => {
        /// A kind of finding. Its text, for example `R0101`, is stable for ever.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $name,)+ }

        impl Code {
            /// Every code, by number.
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $number,)+ }
            }
            /// Its severity.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)+ }
            }
            /// A short title, without the particulars.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)+ }
            }
            /// Its page without the heading, in Markdown: what it means, why it matters, a wrong and a right example.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("pages/", $number, ".md")),)+ }
            }
        }
    };
}

codes! {
    /// The file is not UTF-8.
    InvalidUtf8 = "R0001", Error, "not UTF-8";
    /// The file is not YAML.
    YamlSyntax = "R0002", Error, "not valid YAML";
    /// The file, or something in it, is too large or too deeply nested.
    TooLarge = "R0003", Error, "too large or too deep";
    /// A key stands twice in one mapping.
    DuplicateKey = "R0004", Error, "duplicate key";
    /// A YAML construct that rule files do not use.
    YamlFeature = "R0005", Error, "YAML construct not used in rule files";
    /// A file with the ending `.yml`.
    WrongExtension = "R0006", Error, "file ending";
    /// Neither a program nor a campaign.
    UnknownDocument = "R0007", Error, "neither program nor campaign";

    /// A key that this place does not have.
    UnknownKey = "R0101", Error, "unknown key";
    /// A key that must be there is not.
    MissingKey = "R0102", Error, "missing key";
    /// A mapping, list or scalar where another is due.
    WrongShape = "R0103", Error, "wrong kind of value";
    /// A word that is not one of those allowed here.
    UnknownWord = "R0104", Error, "unknown word";
    /// Not a number, rate or amount of the form due here.
    InvalidNumber = "R0105", Error, "invalid number";
    /// More decimals than the currency, the points or a rate can have.
    TooManyDecimals = "R0106", Error, "too many decimals";
    /// A number outside of its range.
    OutOfRange = "R0107", Error, "number out of range";
    /// Not a date, time, instant or length of time of the form due here.
    InvalidTime = "R0108", Error, "invalid date or time";
    /// Not an id.
    InvalidId = "R0109", Error, "invalid id";

    /// An expression or function that cannot be parsed.
    ExpressionSyntax = "R0201", Error, "expression cannot be read";
    /// Something that Rhai has and rules do not.
    NotAllowed = "R0202", Error, "not part of the rule language";
    /// A name that does not exist.
    UnknownName = "R0203", Error, "unknown name";
    /// Types that do not go together.
    TypeMismatch = "R0204", Error, "types do not fit";
    /// `/` on two integers.
    IntegerDivision = "R0205", Error, "division of two integers";
    /// `a < b < c`.
    ComparisonChain = "R0206", Error, "chain of comparisons";
    /// A call with the wrong number of arguments.
    WrongArguments = "R0207", Error, "wrong arguments";
    /// A function that calls itself.
    Recursion = "R0208", Error, "recursion";
    /// A function whose types cannot be told.
    CannotType = "R0209", Error, "type cannot be told";
    /// A text that should be a date and is none.
    InvalidDateText = "R0210", Error, "text is not a date";
    /// Two functions of one name and number of parameters, or one with a built-in name.
    DuplicateFunction = "R0211", Error, "duplicate function";
    /// A fact that this expression may not read.
    FactNotHere = "R0212", Error, "fact cannot be read here";
    /// A value that a `one_of` fact never has.
    ImpossibleValue = "R0213", Error, "value that the fact never has";

    /// No program, or several.
    ProgramCount = "R0301", Error, "not exactly one program";
    /// An id used twice.
    DuplicateId = "R0302", Error, "duplicate id";
    /// `earn` or `upgrade` as an id.
    ReservedId = "R0303", Error, "reserved id";
    /// Not a currency of ISO 4217.
    UnknownCurrency = "R0304", Error, "unknown currency";
    /// Not an IANA time zone.
    UnknownTimezone = "R0305", Error, "unknown time zone";
    /// A pool, list, tier or the like that is not defined.
    UnknownReference = "R0306", Error, "not defined";
    /// Tiers or slabs that do not rise.
    OutOfOrder = "R0307", Error, "out of order";
    /// `from` after `to`, or a window without an instant.
    EmptyWindow = "R0308", Error, "empty window";
    /// A group with money and points.
    MixedGroup = "R0309", Error, "group mixes money and points";
    /// `type` and `reward` disagree.
    RewardMismatch = "R0310", Error, "reward does not fit type";
    /// Keys that exclude each other, or one that needs another.
    KeysConflict = "R0311", Error, "keys do not go together";
    /// A period that cannot be used here.
    PeriodNotHere = "R0312", Error, "period cannot be used here";
    /// A declared fact with the name of a built-in one.
    FactExists = "R0313", Error, "fact exists already";
    /// A base rule that can never be reached.
    UnreachableRule = "R0401", Warning, "rule is never reached";
    /// A rate above 100 %.
    RateAboveOne = "R0402", Warning, "rate above 100 %";
    /// A condition, or a part of one, that is never true.
    ConditionFalse = "R0403", Warning, "condition is never true";
    /// A condition, or a part of one, that is always true.
    ConditionTrue = "R0404", Warning, "condition is always true";
    /// A campaign whose window or audience no purchase can meet.
    NeverApplies = "R0405", Warning, "campaign can never apply";
    /// A list that no rule looks into.
    UnusedList = "R0406", Warning, "unused list";
    /// A declared fact that no rule reads.
    UnusedFact = "R0407", Warning, "unused fact";
    /// A pool that no base rule takes from.
    UnusedPool = "R0408", Warning, "unused pool";
    /// A function that no rule calls.
    UnusedFunction = "R0409", Warning, "unused function";
    /// A cap or limit of zero.
    CapOfZero = "R0410", Warning, "cap of zero";
    /// A cap that is larger than anything it could cut.
    CapNeverCuts = "R0411", Warning, "cap never cuts";
    /// Two campaigns that always apply together, in no group.
    TwinCampaigns = "R0412", Warning, "two campaigns for the same purchases";
    /// An optional fact that is read where its absence surprises.
    OptionalFact = "R0413", Warning, "optional fact read without asking";
    /// A large rate that is written as a fraction.
    RateWithoutPercent = "R0414", Warning, "large rate without a percent sign";
    /// A lowest level with a threshold.
    LowestAboveZero = "R0415", Warning, "lowest level asks for spending";

    /// A key that this part of a test file does not have.
    TestUnknownKey = "R0501", Error, "unknown key in a test";
    /// A value of the wrong kind, or one that can never come, in a test file.
    TestBadValue = "R0502", Error, "invalid value in a test";
    /// A test without name, without anything that happens, or with a transaction beside steps.
    TestIncomplete = "R0503", Error, "incomplete test";
    /// A test that expects nothing, so that it can never fail.
    TestExpectsNothing = "R0504", Error, "test expects nothing";
    /// An expectation that this kind of step never meets.
    ExpectationNotHere = "R0505", Error, "cannot be expected here";
    /// Two tests of one name in one file.
    TestNameTwice = "R0506", Warning, "name of a test used twice";

    /// A comment that allows warnings, without a reason.
    AllowWithoutReason = "R0601", Warning, "allowed without a reason";
    /// A comment that allows what there is not, or what cannot be allowed.
    AllowUnusable = "R0602", Warning, "comment that allows nothing it could";
    /// A comment that allows a warning that is not there.
    AllowUnused = "R0603", Warning, "allowed and not found";
}

impl Code {
    /// Whether a comment in a rule file may allow it: warnings can be allowed, but not those about such comments.
    pub fn can_be_allowed(self) -> bool {
        let about_comments = [Code::AllowWithoutReason, Code::AllowUnusable, Code::AllowUnused];
        self.severity() == Severity::Warning && !about_comments.contains(&self)
    }

    /// Whether it is about a test file alone.
    pub(super) fn is_of_tests(self) -> bool {
        self.as_str().starts_with("R05")
    }

    /// The code with this text.
    pub fn from_text(text: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|c| c.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
