//! The facts that expressions read (semantics §2.2, §2.3): which there are, where each may be read, and the values
//! that one can have.

use chrono::NaiveTime;

use super::{Checker, Place};
use crate::check::typed::{Fact, FactId, FactSource, LineFact, Type, Typed, TypedKind};
use crate::source::{Code, Finding, Span, nearest};
use crate::value::Period;

/// Facts with a name and place of their own: scope, name, type, whether it may be absent, source.
const BUILT_IN: &[(&str, &str, Type, bool, FactSource)] = &[
    ("tx", "id", Type::Text, false, FactSource::TxId),
    ("tx", "amount", Type::Decimal, false, FactSource::TxAmount),
    ("tx", "eligible_amount", Type::Decimal, false, FactSource::TxEligibleAmount),
    ("tx", "currency", Type::Text, false, FactSource::TxCurrency),
    ("tx", "category", Type::Text, true, FactSource::TxCategory),
    ("tx", "mcc", Type::Text, true, FactSource::TxMcc),
    ("tx", "merchant", Type::Text, true, FactSource::TxMerchant),
    ("tx", "country", Type::Text, true, FactSource::TxCountry),
    ("tx", "channel", Type::Text, true, FactSource::TxChannel),
    ("tx", "payment_method", Type::Text, true, FactSource::TxPaymentMethod),
    ("tx", "date", Type::Date, false, FactSource::TxDate),
    ("tx", "time", Type::Text, false, FactSource::TxTime),
    ("tx", "weekday", Type::Text, false, FactSource::TxWeekday),
    ("tx", "hour", Type::Integer, false, FactSource::TxHour),
    ("tx", "month", Type::Integer, false, FactSource::TxMonth),
    ("tx", "day", Type::Integer, false, FactSource::TxDay),
    ("member", "id", Type::Text, false, FactSource::MemberId),
    ("member", "tier", Type::Text, false, FactSource::MemberTier),
    ("member", "joined_on", Type::Date, true, FactSource::MemberJoinedOn),
    ("member", "birthday", Type::Date, true, FactSource::MemberBirthday),
    ("member", "country", Type::Text, true, FactSource::MemberCountry),
    ("member", "segments", Type::TextList, true, FactSource::MemberSegments),
    ("member", "enrolments", Type::TextList, true, FactSource::MemberEnrolments),
    ("member", "billing_day", Type::Integer, true, FactSource::MemberBillingDay),
    ("member", "purchases", Type::Integer, false, FactSource::MemberPurchases),
    ("member", "spending", Type::Decimal, false, FactSource::MemberSpending),
    ("member", "status", Type::Text, false, FactSource::MemberStatus),
    ("member", "days_since_joined", Type::Integer, true, FactSource::MemberDaysSinceJoined),
];

const LINE: &[(&str, Type, LineFact)] = &[
    ("sku", Type::Text, LineFact::Sku),
    ("category", Type::Text, LineFact::Category),
    ("quantity", Type::Decimal, LineFact::Quantity),
    ("amount", Type::Decimal, LineFact::Amount),
];

const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const STATUSES: [&str; 3] = ["active", "blocked", "closed"];

/// What facts begin with.
pub(super) const SCOPES: [&str; 5] = ["tx", "member", "spent", "visits", "line"];

/// A fact that need not be declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuiltInFact {
    /// `tx.category`
    pub(crate) name: String,
    /// Its type, in a word as declarations have it.
    pub(crate) kind: &'static str,
    /// Whether it may be absent. Of `member.tier`: never, where there are tiers.
    pub(crate) optional: bool,
    /// The only values that it can have; none where it can have any.
    pub(crate) values: &'static [&'static str],
}

/// Every fact that need not be declared.
pub(crate) fn built_in_facts() -> Vec<BuiltInFact> {
    let kind = |ty: Type| match ty {
        Type::Boolean => "boolean",
        Type::Integer => "integer",
        Type::Decimal => "decimal",
        Type::Text => "text",
        Type::Date => "date",
        Type::TextList => "list of texts",
    };
    let named = BUILT_IN.iter().map(|(scope, name, ty, optional, source)| BuiltInFact {
        name: format!("{scope}.{name}"),
        kind: kind(*ty),
        optional: *optional,
        values: match source {
            FactSource::TxWeekday => &WEEKDAYS,
            FactSource::MemberStatus => &STATUSES,
            _ => &[],
        },
    });
    let periods = Period::ALL.into_iter().filter(|p| *p != Period::Campaign).flat_map(|period| {
        [("spent", Type::Decimal), ("visits", Type::Integer)].map(|(scope, ty)| BuiltInFact {
            name: format!("{scope}.{}", period.name()),
            kind: kind(ty),
            optional: false,
            values: &[],
        })
    });
    let lines = LINE.iter().map(|(name, ty, fact)| BuiltInFact {
        name: format!("line.{name}"),
        kind: kind(*ty),
        optional: matches!(fact, LineFact::Sku | LineFact::Category),
        values: &[],
    });
    named.chain(periods).chain(lines).collect()
}

/// A fact that was found.
enum Found {
    Fact(Fact),
    Line(LineFact, Type),
}

impl Checker<'_> {
    /// `scope.name` in an expression of a rule.
    pub(super) fn fact(&mut self, scope: &str, name: &str, span: Span) -> Option<Typed> {
        let (kind, ty) = match self.find(scope, name, span)? {
            Found::Line(fact, ty) => (TypedKind::Line(fact), ty),
            Found::Fact(fact) => {
                let ty = fact.ty;
                (TypedKind::Fact(self.register(fact)), ty)
            }
        };
        Some(Typed { kind, ty, span })
    }

    /// `has(scope.name)`
    pub(super) fn has_fact(&mut self, scope: &str, name: &str, fact_span: Span, span: Span) -> Option<Typed> {
        let kind = match self.find(scope, name, fact_span)? {
            Found::Line(fact, _) => TypedKind::HasLine(fact),
            Found::Fact(fact) => TypedKind::Has(self.register(fact)),
        };
        Some(Typed { kind, ty: Type::Boolean, span })
    }

    fn register(&mut self, fact: Fact) -> FactId {
        let facts = &mut self.tables.facts;
        let known = facts.iter().position(|f| f.source == fact.source);
        let index = known.unwrap_or(facts.len());
        if known.is_none() {
            facts.push(fact);
        }
        FactId(u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn find(&mut self, scope: &str, name: &str, span: Span) -> Option<Found> {
        let whole = format!("{scope}.{name}");
        if let Some((_, _, ty, optional, source)) = BUILT_IN.iter().find(|(s, n, ..)| *s == scope && *n == name) {
            if *source == FactSource::TxEligibleAmount
                && matches!(self.place, Place::EligibleWhen | Place::EligibleLines)
            {
                let message = "`tx.eligible_amount` is not known before `eligible` has told it";
                let finding = Finding::new(Code::FactNotHere, span, message);
                return self.tell(finding.help("the whole amount is `tx.amount`"));
            }
            let optional = if *source == FactSource::MemberTier { !self.input.has_tiers } else { *optional };
            return Some(Found::Fact(Fact { source: source.clone(), ty: *ty, optional, name: whole }));
        }
        if let Some(declared) = self.input.declared.iter().find(|d| d.name == whole) {
            let name = name.to_owned();
            let source = if scope == "tx" { FactSource::TxDeclared(name) } else { FactSource::MemberDeclared(name) };
            let (ty, optional) = (declared.ty, declared.optional);
            return Some(Found::Fact(Fact { source, ty, optional, name: whole }));
        }
        match scope {
            "line" => self.line_fact(name, span),
            "spent" | "visits" => self.period_fact(scope, name, span),
            _ => {
                let finding = self.unknown_fact(scope, name, span);
                self.tell(finding)
            }
        }
    }

    fn line_fact(&mut self, name: &str, span: Span) -> Option<Found> {
        if !matches!(self.place, Place::Lines | Place::EligibleLines) {
            let message = format!("`line.{name}` can be read in `lines` only");
            let finding = Finding::new(Code::FactNotHere, span, message);
            return self.tell(finding.help("`lines` is asked for each line of `items`, every other condition once"));
        }
        match LINE.iter().find(|(n, ..)| *n == name) {
            Some((_, ty, fact)) => Some(Found::Line(*fact, *ty)),
            None => {
                let finding = self.unknown_fact("line", name, span);
                self.tell(finding)
            }
        }
    }

    fn period_fact(&mut self, scope: &str, name: &str, span: Span) -> Option<Found> {
        match Period::from_name(name) {
            Some(Period::Campaign) => {
                let message = format!("`{scope}.campaign` does not exist: a member's purchases belong to no campaign");
                let finding = Finding::new(Code::PeriodNotHere, span, message);
                self.tell(finding.help(format!("`{scope}.lifetime` counts without end")))
            }
            Some(period) => {
                let (source, ty) = if scope == "spent" {
                    (FactSource::Spent(period), Type::Decimal)
                } else {
                    (FactSource::Visits(period), Type::Integer)
                };
                Some(Found::Fact(Fact { source, ty, optional: false, name: format!("{scope}.{name}") }))
            }
            None => {
                let finding = self.unknown_fact(scope, name, span);
                self.tell(finding)
            }
        }
    }

    fn unknown_fact(&self, scope: &str, name: &str, span: Span) -> Finding {
        let whole = format!("{scope}.{name}");
        let finding = Finding::new(Code::UnknownName, span, format!("there is no fact `{whole}`"));
        if whole == "tx.items" {
            return finding.help("the lines of `tx.items` are read one by one with `lines:` and `line.`");
        }
        let names = self.fact_names();
        let meant = if SCOPES.contains(&scope) { Some(scope) } else { nearest(scope, SCOPES) };
        let within = meant.and_then(|meant| {
            let start = format!("{meant}.");
            let in_scope: Vec<&str> = names.iter().filter_map(|n| n.strip_prefix(&start)).collect();
            let same = in_scope.iter().copied().find(|n| *n == name);
            same.or_else(|| nearest(name, in_scope)).map(|n| format!("{start}{n}"))
        });
        let elsewhere = || names.iter().find(|n| n.split_once('.').is_some_and(|(_, n)| n == name)).cloned();
        let guess = within.or_else(elsewhere);
        match guess {
            Some(guess) => finding.help(format!("did you mean `{guess}`?")),
            None if SCOPES.contains(&scope) => {
                finding.help(format!("a fact of your own is declared under `facts:`, as `{name}`"))
            }
            None => finding.help("facts begin with `tx.`, `member.`, `spent.`, `visits.`, or in `lines` with `line.`"),
        }
    }

    /// Every fact that can be read at this place.
    fn fact_names(&self) -> Vec<String> {
        let mut names: Vec<String> = BUILT_IN.iter().map(|(s, n, ..)| format!("{s}.{n}")).collect();
        names.extend(self.input.declared.iter().map(|d| d.name.clone()));
        for period in Period::ALL.into_iter().filter(|p| *p != Period::Campaign) {
            names.push(format!("spent.{}", period.name()));
            names.push(format!("visits.{}", period.name()));
        }
        if matches!(self.place, Place::Lines | Place::EligibleLines) {
            names.extend(LINE.iter().map(|(n, ..)| format!("line.{n}")));
        }
        names
    }

    /// A bare name that is neither a list nor a local.
    pub(super) fn unknown_name(&self, name: &str, span: Span) -> Finding {
        let finding = Finding::new(Code::UnknownName, span, format!("there is no list `{name}`"));
        let facts = self.fact_names();
        if let Some(fact) = facts.iter().find(|f| f.split_once('.').is_some_and(|(_, n)| n == name)) {
            return finding.help(format!("did you mean `{fact}`?"));
        }
        match nearest(name, self.input.lists.iter().map(|l| l.name.value.as_str())) {
            Some(list) => finding.help(format!("did you mean `{list}`?")),
            None => finding.help(format!("a text stands in double quotes: \"{name}\"")),
        }
    }

    /// Whether the fact is never this text; that is then told at `span`, with the value that was probably meant
    /// (semantics §9.2). Where it is compared by `ordering`, only the time of day has texts that it cannot be.
    pub(super) fn impossible(&mut self, ordering: bool, fact: &Typed, text: &str, span: Span) -> bool {
        if self.quiet > 0 {
            return false;
        }
        if self.is_time(fact) {
            let Some((message, help)) = no_time(ordering, text) else { return false };
            self.tell::<()>(Finding::new(Code::ImpossibleValue, span, message).help(help));
            return true;
        }
        if ordering {
            return false;
        }
        let Some((name, values)) = self.closed(fact).filter(|(_, values)| !values.contains(&text)) else {
            return false;
        };
        let finding = Finding::new(Code::ImpossibleValue, span, format!("`{name}` is never \"{text}\""));
        let help = match nearest(text, values.iter().copied()) {
            Some(guess) => format!("did you mean \"{guess}\"?"),
            None if values.is_empty() => "the program has no tiers".to_owned(),
            None => {
                let quoted: Vec<String> = values.iter().take(12).map(|v| format!("\"{v}\"")).collect();
                let more = if values.len() > quoted.len() { ", …" } else { "" };
                format!("it is one of {}{more}", quoted.join(", "))
            }
        };
        self.tell::<()>(finding.help(help));
        true
    }

    fn is_time(&self, typed: &Typed) -> bool {
        let TypedKind::Fact(FactId(id)) = typed.kind else { return false };
        let fact = usize::try_from(id).ok().and_then(|id| self.tables.facts.get(id));
        fact.is_some_and(|fact| fact.source == FactSource::TxTime)
    }

    /// Name and values of a fact that can only have certain ones.
    fn closed(&self, typed: &Typed) -> Option<(String, Vec<&str>)> {
        let TypedKind::Fact(id) = typed.kind else { return None };
        let fact = self.tables.facts.get(usize::try_from(id.0).ok()?)?;
        let values: Vec<&str> = match &fact.source {
            FactSource::TxWeekday => WEEKDAYS.to_vec(),
            FactSource::MemberStatus => STATUSES.to_vec(),
            FactSource::MemberTier => self.input.tier_ids.iter().map(String::as_str).collect(),
            FactSource::TxDeclared(_) | FactSource::MemberDeclared(_) => {
                let declared = self.input.declared.iter().find(|d| d.name == fact.name)?;
                declared.one_of.as_ref()?.iter().map(String::as_str).collect()
            }
            _ => return None,
        };
        Some((fact.name.clone(), values))
    }
}

/// What is wrong with a text that `tx.time`, which is `HH:MM:SS`, is compared with: by its order `HH:MM` tells as much,
/// and `24:00` is after every time.
fn no_time(ordering: bool, text: &str) -> Option<(String, String)> {
    let (hours, rest) = text.split_once(':').unwrap_or_default();
    let seconds = if rest.contains(':') { "" } else { ":00" };
    let whole = format!("{hours:0>2}:{rest}{seconds}");
    let time = NaiveTime::parse_from_str(&whole, "%H:%M:%S").ok().filter(|_| whole.len() == 8);
    let short = whole.get(..5).filter(|_| !seconds.is_empty());
    let good = match time {
        Some(_) => text == whole || ordering && Some(text) == short,
        None => ordering && matches!(text, "24:00" | "24:00:00"),
    };
    if good {
        return None;
    }
    if ordering {
        let help = match time {
            Some(_) => format!("write \"{}\"", short.unwrap_or(&whole)),
            None => "a time of day is written \"HH:MM\", for example \"09:00\"".to_owned(),
        };
        return Some((format!("\"{text}\" is not a time of day"), help));
    }
    let help = match time {
        Some(_) => format!("it has seconds: write \"{whole}\", or compare with `>=` and `<`"),
        None => "it is \"HH:MM:SS\", for example \"09:00:00\"".to_owned(),
    };
    Some((format!("`tx.time` is never \"{text}\""), help))
}
