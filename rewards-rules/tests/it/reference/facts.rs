//! The facts of one transaction: what may be asked, what must be there, and of which type (semantics §2).

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime};
use num_traits::{Signed, Zero};
use rewards_rules::input::{Attribute, ErrorCode, Line, Member, Transaction, Usage};
use rewards_rules::syntax::expression::{Block, Expr, ExprKind, ForRange, StatementKind};
use rewards_rules::syntax::written::{Caps, FactDeclaration, FactKind, FactScope, UpTo};
use rewards_rules::value::{Exact, Period};

use super::calendar::{period_key, wall_clock};
use super::expression::{Lookup, Value};
use super::number::{Number, decimals_of, number, ten_to};
use super::rules::Rules;

/// The facts that expressions see.
#[derive(Clone)]
pub(crate) struct Facts<'a> {
    pub(crate) rules: &'a Rules<'a>,
    pub(crate) tx: &'a Transaction,
    pub(crate) member: &'a Member,
    pub(crate) usage: &'a Usage,
    /// The wall clock of the transaction.
    pub(crate) local: NaiveDateTime,
    /// `tx.amount`, the whole.
    pub(crate) amount: Number,
    /// `tx.eligible_amount`, once it is known.
    pub(crate) eligible_amount: Option<Number>,
    /// `member.tier` as expressions see it at this stage (§3.4).
    pub(crate) tier: Option<String>,
    /// `member.spending`; 0 in a program without tiers.
    pub(crate) spending: Number,
    /// The line that a `lines` expression is asked about.
    pub(crate) line: Option<&'a Line>,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(rules: &'a Rules<'a>, tx: &'a Transaction, member: &'a Member, usage: &'a Usage) -> Facts<'a> {
        let lowest = rules.levels().first().map(|l| l.id.value.clone());
        Facts {
            rules,
            tx,
            member,
            usage,
            local: wall_clock(rules.zone, tx.occurred_at),
            amount: number(tx.amount),
            eligible_amount: None,
            tier: member.tier.clone().or(lowest),
            spending: if rules.levels().is_empty() { Number::zero() } else { number(member.spending) },
            line: None,
        }
    }

    /// The same facts, asked about a line.
    pub(crate) fn of_line(&self, line: &'a Line) -> Facts<'a> {
        Facts { line: Some(line), ..self.clone() }
    }

    /// §2.5: what earlier transactions used of a counter.
    pub(crate) fn used(&self, key: &str) -> Number {
        self.usage.0.get(key).map_or_else(Number::zero, |used| number(*used))
    }

    /// §4.1: the key of the transaction's period.
    pub(crate) fn period(&self, period: Period) -> Result<String, ErrorCode> {
        period_key(period, self.local.date(), self.member).ok_or(ErrorCode::MissingFact)
    }

    /// §2.2: built-in, derived and declared facts of the transaction.
    fn of_transaction(&self, name: &str) -> Result<Value, ErrorCode> {
        use chrono::{Datelike, Timelike};
        let text = |t: &Option<String>| t.clone().map_or(Value::Absent, Value::Text);
        Ok(match name {
            "id" => Value::Text(self.tx.id.clone()),
            "amount" => Value::Decimal(self.amount.clone()),
            "currency" => Value::Text(self.tx.currency.clone()),
            "category" => text(&self.tx.category),
            "mcc" => text(&self.tx.mcc),
            "merchant" => text(&self.tx.merchant),
            "country" => text(&self.tx.country),
            "channel" => text(&self.tx.channel),
            "payment_method" => text(&self.tx.payment_method),
            "date" => Value::Date(self.local.date()),
            "time" => Value::Text(self.local.format("%H:%M:%S").to_string()),
            "weekday" => Value::Text(self.local.weekday().to_string().to_lowercase()),
            "hour" => Value::Integer(i64::from(self.local.hour())),
            "month" => Value::Integer(i64::from(self.local.month())),
            "day" => Value::Integer(i64::from(self.local.day())),
            "eligible_amount" => self.eligible_amount.clone().map_or(Value::Absent, Value::Decimal),
            _ => {
                let declared = declaration(self.rules, FactScope::Tx, name).ok_or(ErrorCode::UnknownFact)?;
                self.tx.attributes.get(name).map_or(Ok(Value::Absent), |a| typed(declared, a))?
            }
        })
    }

    /// §2.3: built-in and declared facts of the member.
    fn of_member(&self, name: &str) -> Result<Value, ErrorCode> {
        let day = |d: Option<NaiveDate>| d.map_or(Value::Absent, Value::Date);
        let texts = |list: &Option<Vec<String>>| match list {
            Some(list) => Value::List(list.iter().cloned().map(Value::Text).collect()),
            None => Value::Absent,
        };
        Ok(match name {
            "id" => Value::Text(self.member.id.clone()),
            "tier" => self.tier.clone().map_or(Value::Absent, Value::Text),
            "joined_on" => day(self.member.joined_on),
            "birthday" => day(self.member.birthday),
            "country" => self.member.country.clone().map_or(Value::Absent, Value::Text),
            "segments" => texts(&self.member.segments),
            "enrolments" => texts(&self.member.enrolments),
            "billing_day" => self.member.billing_day.map_or(Value::Absent, |d| Value::Integer(i64::from(d))),
            "purchases" => Value::Integer(self.member.purchases),
            "spending" => Value::Decimal(self.spending.clone()),
            "status" => Value::Text(self.member.status.as_str().to_owned()),
            "days_since_joined" => match self.member.joined_on {
                Some(joined) => Value::Integer((self.local.date() - joined).num_days()),
                None => Value::Absent,
            },
            _ => {
                let declared = declaration(self.rules, FactScope::Member, name).ok_or(ErrorCode::UnknownFact)?;
                self.member.attributes.get(name).map_or(Ok(Value::Absent), |a| typed(declared, a))?
            }
        })
    }
}

impl Lookup for Facts<'_> {
    fn fact(&self, scope: &str, name: &str) -> Result<Value, ErrorCode> {
        match (scope, self.line) {
            ("tx", _) => self.of_transaction(name),
            ("member", _) => self.of_member(name),
            // §2.3: `spent.PERIOD` and `visits.PERIOD` are counters.
            ("spent", _) => Ok(Value::Decimal(self.used(&format!("member.spend.{name}")))),
            ("visits", _) => {
                let used = self.used(&format!("member.visits.{name}"));
                Ok(Value::Integer(i64::try_from(used.to_integer()).map_err(|_| ErrorCode::Overflow)?))
            }
            ("line", Some(line)) => Ok(match name {
                "sku" => line.sku.clone().map_or(Value::Absent, Value::Text),
                "category" => line.category.clone().map_or(Value::Absent, Value::Text),
                "quantity" => line.quantity.map_or(Value::Absent, |q| Value::Decimal(number(q))),
                "amount" => Value::Decimal(number(line.amount)),
                _ => return Err(ErrorCode::UnknownFact),
            }),
            _ => Err(ErrorCode::UnknownFact),
        }
    }

    fn today(&self) -> NaiveDate {
        self.local.date()
    }
}

fn declaration<'a>(rules: &Rules<'a>, scope: FactScope, name: &str) -> Option<&'a FactDeclaration> {
    rules.program.facts.iter().find(|f| f.scope == scope && f.name.value == name)
}

/// §2.2: an attribute as its declaration types it.
fn typed(declared: &FactDeclaration, attribute: &Attribute) -> Result<Value, ErrorCode> {
    let as_number = || match attribute {
        Attribute::Number(n) => Ok(*n),
        Attribute::Text(t) => t.parse::<Exact>().map_err(|_| ErrorCode::WrongType),
        Attribute::Boolean(_) => Err(ErrorCode::WrongType),
    };
    match (&declared.kind, attribute) {
        (FactKind::Text, Attribute::Text(t)) => Ok(Value::Text(t.clone())),
        (FactKind::OneOf(words), Attribute::Text(t)) if words.iter().any(|w| w.value == *t) => {
            Ok(Value::Text(t.clone()))
        }
        (FactKind::Date, Attribute::Text(t)) => t.parse().map(Value::Date).map_err(|_| ErrorCode::WrongType),
        (FactKind::Boolean, Attribute::Boolean(b)) => Ok(Value::Boolean(*b)),
        (FactKind::Integer, _) => as_number()?.to_units_exact(0).map(Value::Integer).ok_or(ErrorCode::WrongType),
        (FactKind::Decimal, _) => Ok(Value::Decimal(number(as_number()?))),
        _ => Err(ErrorCode::WrongType),
    }
}

/// §3.1, with §1.7 (money), §2.3 (tier), §2.4 (required facts) and §10 on 3.2 (lines): what makes an error.
pub(crate) fn validate(facts: &Facts<'_>) -> Result<(), ErrorCode> {
    let (rules, tx, member) = (facts.rules, facts.tx, facts.member);
    if tx.currency != rules.program.currency.as_ref().unwrap().value {
        return Err(ErrorCode::CurrencyMismatch);
    }
    check_money(rules, &facts.amount)?;
    let lines = tx.items.as_deref().unwrap_or_default();
    for line in lines {
        check_money(rules, &number(line.amount))?;
    }
    if lines.iter().map(|l| number(l.amount)).sum::<Number>() > facts.amount {
        return Err(ErrorCode::LinesExceedAmount);
    }
    if member.tier.as_ref().is_some_and(|tier| rules.level_index(tier).is_none()) {
        return Err(ErrorCode::UnknownTier);
    }
    for (scope, attributes) in [(FactScope::Tx, &tx.attributes), (FactScope::Member, &member.attributes)] {
        for (name, attribute) in attributes {
            typed(declaration(rules, scope, name).ok_or(ErrorCode::UnknownFact)?, attribute)?;
        }
    }
    let mentioned = facts_mentioned(rules);
    for fact in &rules.program.facts {
        let (scope, attributes) = match fact.scope {
            FactScope::Tx => ("tx", &tx.attributes),
            FactScope::Member => ("member", &member.attributes),
        };
        let needed = !fact.optional && mentioned.contains(&(scope.to_owned(), fact.name.value.clone()));
        if needed && !attributes.contains_key(&fact.name.value) {
            return Err(ErrorCode::MissingFact);
        }
    }
    for period in periods_mentioned(rules) {
        facts.period(period)?;
    }
    Ok(())
}

/// §1.7 and §3.1: an amount of money in the input.
pub(crate) fn check_money(rules: &Rules<'_>, amount: &Number) -> Result<(), ErrorCode> {
    if amount.is_negative() {
        return Err(ErrorCode::AmountNegative);
    }
    if decimals_of(amount).unwrap() > rules.decimals {
        return Err(ErrorCode::AmountPrecision);
    }
    if *amount > Number::from_integer(ten_to(15)) {
        return Err(ErrorCode::AmountTooLarge);
    }
    Ok(())
}

/// §2.4: every fact that some rule of the set mentions, as (scope, name).
pub(crate) fn facts_mentioned(rules: &Rules<'_>) -> BTreeSet<(String, String)> {
    let program = rules.program;
    let mut expressions: Vec<&Expr> = Vec::new();
    expressions.extend(&program.eligible_when);
    expressions.extend(&program.eligible_lines);
    for rule in &program.base {
        expressions.extend(&rule.when);
        expressions.extend(&rule.lines);
    }
    for campaign in &rules.files.campaigns {
        expressions.extend(&campaign.when);
        expressions.extend(&campaign.lines);
        expressions.extend(campaign.reward.as_ref().and_then(|r| r.amount.as_ref()));
    }
    let mut found = BTreeSet::new();
    for expression in expressions {
        collect(expression, &mut found);
    }
    found
}

fn collect(expr: &Expr, found: &mut BTreeSet<(String, String)>) {
    match &expr.kind {
        ExprKind::Fact(scope, name) => {
            found.insert((scope.clone(), name.clone()));
        }
        ExprKind::Array(members) | ExprKind::Call(_, members) => members.iter().for_each(|m| collect(m, found)),
        ExprKind::Unary(_, operand) => collect(operand, found),
        ExprKind::Binary(_, left, right) => {
            collect(left, found);
            collect(right, found);
        }
        ExprKind::If(choice) => {
            collect(&choice.condition, found);
            collect_block(&choice.then, found);
            choice.otherwise.iter().for_each(|block| collect_block(block, found));
        }
        ExprKind::Bool(_) | ExprKind::Integer(_) | ExprKind::Decimal(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
    }
}

fn collect_block(block: &Block, found: &mut BTreeSet<(String, String)>) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::Let(_, value) | StatementKind::Assign(_, _, value) => collect(value, found),
            StatementKind::While(condition, body) => {
                collect(condition, found);
                collect_block(body, found);
            }
            StatementKind::For(_, range, body) => {
                match range {
                    ForRange::Range { from, to, .. } => {
                        collect(from, found);
                        collect(to, found);
                    }
                    ForRange::Each(list) => collect(list, found),
                }
                collect_block(body, found);
            }
            StatementKind::Return(value) => value.iter().for_each(|v| collect(v, found)),
            StatementKind::Expression { value, .. } => collect(value, found),
        }
    }
}

/// §2.4: every period that some rule counts in.
fn periods_mentioned(rules: &Rules<'_>) -> BTreeSet<Period> {
    let program = rules.program;
    let mut found: BTreeSet<Period> = facts_mentioned(rules)
        .into_iter()
        .filter(|(scope, _)| scope == "spent" || scope == "visits")
        .filter_map(|(_, name)| Period::from_name(&name))
        .collect();
    let mut of_caps = |caps: Option<&Caps>| {
        if let Some(caps) = caps {
            found.extend(caps.per_member.iter().map(|p| p.per.value));
            found.extend(caps.uses.as_ref().and_then(|u| u.per.as_ref()).map(|p| p.value));
        }
    };
    of_caps(program.caps.as_ref());
    of_caps(program.points.as_ref().and_then(|p| p.caps.as_ref()));
    rules.levels().iter().for_each(|l| of_caps(l.caps.as_ref()));
    program.base.iter().for_each(|r| of_caps(r.caps.as_ref()));
    rules.files.campaigns.iter().for_each(|c| of_caps(c.caps.as_ref()));
    let of_base = program.base.iter().filter_map(|r| r.up_to.as_ref());
    let of_rewards = rules.files.campaigns.iter().filter_map(|c| c.reward.as_ref()?.up_to.as_ref());
    for up_to in of_base.chain(of_rewards) {
        match up_to {
            UpTo::Spend { per, .. } => found.insert(per.value),
            UpTo::Pool(id) => {
                found.extend(program.pools.iter().filter(|p| p.id.value == id.value).map(|p| p.per.value));
                true
            }
        };
    }
    found
}
