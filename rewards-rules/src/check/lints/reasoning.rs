//! What follows from an expression being true or false.
//!
//! [`assume`] answers with what is then known of the facts, or `None` if it cannot be. It knows constants, ranges and
//! sets, and that the same question has the same answer; what it does not know it takes for possible. Its `None` is a
//! proof, and all lints about conditions are questions to it. Errors of an evaluation grant nothing, so they are no
//! third answer: a condition that fails is neither true nor false.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::domain::{Domain, Key, Keys};
use crate::check::typed::{Builtin, Constant, Fact, FactId, FactSource, LineFact, Set, SetId, Type, Typed, TypedKind};
use crate::syntax::expression::BinaryOp;
use crate::value::Exact;

/// Something that has a value of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Fact(FactId),
    Line(LineFact),
}

/// What a value can be.
#[derive(Debug, Clone)]
pub(super) struct Possible {
    /// Its values, if it is there.
    pub(super) domain: Domain,
    /// Whether it may be absent.
    pub(super) absent: bool,
}

impl Possible {
    fn there(domain: Domain) -> Possible {
        Possible { domain, absent: false }
    }

    fn is_impossible(&self) -> bool {
        !self.absent && self.domain.is_empty()
    }
}

/// What is known of every fact before anything is asked.
pub(super) struct Model<'p> {
    facts: &'p [Fact],
    initial: Vec<Possible>,
    members: Vec<Keys>,
}

impl<'p> Model<'p> {
    /// `one_of` has the closed sets of declared facts, `tiers` the ids of levels.
    pub(super) fn new(
        facts: &'p [Fact],
        sets: &[Set],
        one_of: impl Fn(&str) -> Option<&'p [String]>,
        tiers: &[String],
    ) -> Model<'p> {
        let initial =
            facts.iter().map(|f| Possible { domain: initial(f, &one_of, tiers), absent: f.optional }).collect();
        let members = sets.iter().map(|s| Rc::new(s.members.iter().map(Key::from).collect())).collect();
        Model { facts, initial, members }
    }

    pub(super) fn fact(&self, id: FactId) -> Option<&'p Fact> {
        self.facts.get(id.0 as usize)
    }

    /// The fact with this source, if some expression reads it.
    pub(super) fn find(&self, source: &FactSource) -> Option<Subject> {
        let at = self.facts.iter().position(|f| f.source == *source)?;
        Some(Subject::Fact(FactId(u32::try_from(at).ok()?)))
    }

    fn members(&self, id: SetId) -> Keys {
        self.members.get(id.0 as usize).cloned().unwrap_or_default()
    }

    fn initial(&self, subject: Subject) -> Possible {
        match subject {
            Subject::Fact(FactId(id)) => {
                let unknown = || Possible { domain: Domain::any(false), absent: true };
                self.initial.get(id as usize).cloned().unwrap_or_else(unknown)
            }
            Subject::Line(LineFact::Amount) => {
                Possible::there(Domain::range(Some((Key::number(0), true)), None, false))
            }
            Subject::Line(_) => Possible { domain: Domain::any(false), absent: true },
        }
    }
}

fn initial<'p>(fact: &Fact, one_of: &impl Fn(&str) -> Option<&'p [String]>, tiers: &[String]) -> Domain {
    let between =
        |low: i64, high: i64| Domain::range(Some((Key::number(low), true)), Some((Key::number(high), true)), true);
    match &fact.source {
        FactSource::TxAmount | FactSource::TxEligibleAmount => Domain::range(Some((Key::number(0), true)), None, false),
        FactSource::TxHour => between(0, 23),
        FactSource::TxMonth => between(1, 12),
        FactSource::TxDay => between(1, 31),
        FactSource::TxWeekday => Domain::texts(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
        FactSource::MemberTier => Domain::texts(tiers.iter().map(String::as_str)),
        FactSource::MemberStatus => Domain::texts(["active", "blocked", "closed"]),
        FactSource::TxDeclared(_) | FactSource::MemberDeclared(_) => match one_of(&fact.name) {
            Some(values) => Domain::texts(values.iter().map(String::as_str)),
            None => of_type(fact.ty),
        },
        _ => of_type(fact.ty),
    }
}

fn of_type(ty: Type) -> Domain {
    match ty {
        Type::Boolean => Domain::booleans(),
        Type::Integer | Type::Date => Domain::any(true),
        Type::Decimal | Type::Text | Type::TextList => Domain::any(false),
    }
}

/// What is known at some point: facts that are narrower than at first, and questions that were answered.
#[derive(Clone)]
pub(super) struct Known<'m, 'p> {
    pub(super) model: &'m Model<'p>,
    narrowed: Vec<(Subject, Possible)>,
    answered: Vec<(String, bool)>,
}

impl<'m, 'p> Known<'m, 'p> {
    /// Nothing but what always holds.
    pub(super) fn nothing(model: &'m Model<'p>) -> Known<'m, 'p> {
        Known { model, narrowed: Vec::new(), answered: Vec::new() }
    }

    pub(super) fn get(&self, subject: Subject) -> Possible {
        let narrowed = self.narrowed.iter().find(|(s, _)| *s == subject);
        narrowed.map_or_else(|| self.model.initial(subject), |(_, possible)| possible.clone())
    }

    fn set(&mut self, subject: Subject, possible: Possible) -> Option<()> {
        if possible.is_impossible() {
            return None;
        }
        match self.narrowed.iter_mut().find(|(s, _)| *s == subject) {
            Some((_, slot)) => *slot = possible,
            None => self.narrowed.push((subject, possible)),
        }
        Some(())
    }

    /// With a fact that is there and has a value of this domain.
    pub(super) fn with(mut self, source: &FactSource, domain: &Domain) -> Option<Known<'m, 'p>> {
        let Some(subject) = self.model.find(source) else { return Some(self) };
        let possible = self.get(subject);
        self.set(subject, Possible::there(possible.domain.and(domain)))?;
        Some(self)
    }

    /// Forgets what is known of a fact, and every answer, in which it may have had a part.
    pub(super) fn forget(&mut self, source: &FactSource) {
        if let Some(subject) = self.model.find(source) {
            self.narrowed.retain(|(s, _)| *s != subject);
        }
        self.answered.clear();
    }

    /// What holds in either case.
    fn or(self, other: &Known<'m, 'p>) -> Known<'m, 'p> {
        let mut narrowed = Vec::new();
        for (subject, possible) in &self.narrowed {
            if let Some((_, theirs)) = other.narrowed.iter().find(|(s, _)| s == subject) {
                let domain = possible.domain.clone().or(&theirs.domain);
                narrowed.push((*subject, Possible { domain, absent: possible.absent || theirs.absent }));
            }
        }
        let mut answered = self.answered;
        answered.retain(|a| other.answered.contains(a));
        Known { model: self.model, narrowed, answered }
    }

    /// A question whose answer nothing else tells.
    fn answer(mut self, question: &Typed, answer: bool) -> Option<Known<'m, 'p>> {
        let text = shape(question);
        match self.answered.iter().find(|(q, _)| *q == text) {
            Some((_, known)) => (*known == answer).then_some(self),
            None => {
                self.answered.push((text, answer));
                Some(self)
            }
        }
    }
}

/// What is known if this condition is `want`; `None` if it cannot be.
pub(super) fn assume<'m, 'p>(condition: &Typed, want: bool, known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    match &condition.kind {
        TypedKind::Constant(constant) => (*constant == Constant::Boolean(want)).then_some(known),
        TypedKind::Fact(_) | TypedKind::Line(_) => truth_of(subject(condition)?, want, known),
        TypedKind::Not(inner) => assume(inner, !want, known),
        TypedKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), a, b) => {
            if want == (*op == BinaryOp::And) {
                // Both are `want`. What the second says may settle the first.
                let known = assume(b, want, assume(a, want, known)?)?;
                return assume_again(a, want, known);
            }
            let second = assume(b, want, known.clone());
            either(assume(a, want, known), second)
        }
        TypedKind::Binary(BinaryOp::NotEqual, a, b) => compare(condition, BinaryOp::Equal, (a, b), !want, known),
        TypedKind::Binary(op, a, b) => compare(condition, *op, (a, b), want, known),
        TypedKind::InSet { value, set, negated } => in_set((condition, value), *set, want != *negated, known),
        TypedKind::InList { negated, .. } => {
            let (asked, want) = if *negated { (positive(condition), !want) } else { (condition.clone(), want) };
            known.answer(&asked, want)
        }
        TypedKind::Has(fact) => is_there(Subject::Fact(*fact), want, known),
        TypedKind::HasLine(line) => is_there(Subject::Line(*line), want, known),
        TypedKind::If(question, then, otherwise) => {
            let second = assume(question, false, known.clone()).and_then(|k| assume(otherwise, want, k));
            either(assume(question, true, known).and_then(|k| assume(then, want, k)), second)
        }
        TypedKind::Inlined { arguments, body } => {
            // An absent argument makes the whole absent, which counts as false.
            let may_be_absent = arguments.iter().any(|a| value(a, &known).absent);
            if want || !may_be_absent { assume(body, want, known) } else { Some(known) }
        }
        _ => known.answer(condition, want),
    }
}

fn either<'m, 'p>(a: Option<Known<'m, 'p>>, b: Option<Known<'m, 'p>>) -> Option<Known<'m, 'p>> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.or(&b)),
        (a, b) => a.or(b),
    }
}

/// Asks the first of two again, unless that would go on through a long chain.
fn assume_again<'m, 'p>(condition: &Typed, want: bool, known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    match &condition.kind {
        TypedKind::Binary(BinaryOp::And | BinaryOp::Or, ..) | TypedKind::If(..) | TypedKind::Inlined { .. } => {
            Some(known)
        }
        _ => assume(condition, want, known),
    }
}

/// What has a value of its own, with or without its decimals.
pub(super) fn subject(typed: &Typed) -> Option<Subject> {
    match &typed.kind {
        TypedKind::Fact(id) => Some(Subject::Fact(*id)),
        TypedKind::Line(line) => Some(Subject::Line(*line)),
        TypedKind::ToDecimal(inner) => subject(inner),
        _ => None,
    }
}

fn truth_of<'m, 'p>(subject: Subject, want: bool, mut known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    let possible = known.get(subject);
    let domain = possible.domain.and(&Domain::one(Key::number(i64::from(want))));
    known.set(subject, Possible { domain, absent: possible.absent && !want })?;
    Some(known)
}

fn is_there<'m, 'p>(subject: Subject, want: bool, mut known: Known<'m, 'p>) -> Option<Known<'m, 'p>> {
    let possible = known.get(subject);
    let left = if want {
        Possible::there(possible.domain)
    } else {
        Possible { domain: Domain::of(Keys::default()), absent: possible.absent }
    };
    known.set(subject, left)?;
    Some(known)
}

fn in_set<'m, 'p>(
    (condition, value_of): (&Typed, &Typed),
    set: SetId,
    want: bool,
    mut known: Known<'m, 'p>,
) -> Option<Known<'m, 'p>> {
    let members = known.model.members(set);
    let possible = value(value_of, &known);
    let left = if want {
        Possible::there(possible.domain.and(&Domain::of(members)))
    } else {
        Possible { domain: possible.domain.without(members), absent: possible.absent }
    };
    if left.is_impossible() {
        return None;
    }
    match subject(value_of) {
        Some(subject) => {
            known.set(subject, left)?;
            Some(known)
        }
        None => known.answer(&positive(condition), want),
    }
}

/// The question without its `!`.
fn positive(condition: &Typed) -> Typed {
    let mut asked = condition.clone();
    if let TypedKind::InSet { negated, .. } | TypedKind::InList { negated, .. } = &mut asked.kind {
        *negated = false;
    }
    asked
}

fn compare<'m, 'p>(
    condition: &Typed,
    op: BinaryOp,
    (a, b): (&Typed, &Typed),
    want: bool,
    mut known: Known<'m, 'p>,
) -> Option<Known<'m, 'p>> {
    let (left, right) = (value(a, &known), value(b, &known));
    let (new_left, new_right) = if want {
        // A comparison with something absent is false, so both are there.
        let new_left = left.domain.clone().where_compares(op, &right.domain);
        let new_right = right.domain.where_compares(mirrored(op), &left.domain);
        (Some(Possible::there(new_left)), Some(Possible::there(new_right)))
    } else {
        let narrow = |this: &Possible, other: &Possible, op: BinaryOp| {
            (!other.absent).then(|| Possible { domain: unlike(&this.domain, op, &other.domain), absent: this.absent })
        };
        (narrow(&left, &right, op), narrow(&right, &left, mirrored(op)))
    };
    if [&new_left, &new_right].into_iter().flatten().any(Possible::is_impossible) {
        return None;
    }
    let constant = |typed: &Typed| matches!(value_kind(typed), TypedKind::Constant(_));
    for (typed, possible) in [(a, new_left), (b, new_right)] {
        if let (Some(subject), Some(possible)) = (subject(typed), possible) {
            // A whole number stays one, though it was compared as a decimal.
            let was = known.get(subject);
            known.set(subject, Possible { domain: was.domain.and(&possible.domain), absent: possible.absent })?;
        }
    }
    let told = (subject(a).is_some() && constant(b)) || (constant(a) && subject(b).is_some());
    if told {
        return Some(known);
    }
    let asked = Typed { kind: TypedKind::Binary(op, Box::new(a.clone()), Box::new(b.clone())), ..condition.clone() };
    known.answer(&asked, want)
}

fn value_kind(typed: &Typed) -> &TypedKind {
    match &typed.kind {
        TypedKind::ToDecimal(inner) => value_kind(inner),
        kind => kind,
    }
}

fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Less => BinaryOp::Greater,
        BinaryOp::LessEqual => BinaryOp::GreaterEqual,
        BinaryOp::Greater => BinaryOp::Less,
        BinaryOp::GreaterEqual => BinaryOp::LessEqual,
        other => other,
    }
}

/// Values for which the comparison is false with some value of `other`.
fn unlike(domain: &Domain, op: BinaryOp, other: &Domain) -> Domain {
    let opposite = match op {
        BinaryOp::Less => BinaryOp::GreaterEqual,
        BinaryOp::LessEqual => BinaryOp::Greater,
        BinaryOp::Greater => BinaryOp::LessEqual,
        BinaryOp::GreaterEqual => BinaryOp::Less,
        _ => {
            return match other.single() {
                Some(key) => domain.clone().without(Rc::new(BTreeSet::from([key.clone()]))),
                None => domain.clone(),
            };
        }
    };
    domain.clone().where_compares(opposite, other)
}

/// What an expression can be.
pub(super) fn value(typed: &Typed, known: &Known<'_, '_>) -> Possible {
    let absent_if = |parts: &[&Typed]| parts.iter().any(|p| value(p, known).absent);
    match &typed.kind {
        TypedKind::Constant(constant) => Possible::there(Domain::one(Key::from(constant))),
        TypedKind::Fact(id) => known.get(Subject::Fact(*id)),
        TypedKind::Line(line) => known.get(Subject::Line(*line)),
        TypedKind::ToDecimal(inner) => {
            let Possible { domain, absent } = value(inner, known);
            Possible { domain: domain.with_decimals(), absent }
        }
        TypedKind::Negate(inner) => {
            let Possible { domain, absent } = value(inner, known);
            let flip = |b: Option<(Key, bool)>| b.and_then(|(k, i)| Some((negated(&k)?, i)));
            Possible { domain: Domain::range(flip(domain.high()), flip(domain.low()), is_whole(typed)), absent }
        }
        TypedKind::Binary(op, a, b) if typed.ty != Type::Boolean => {
            let (a, b) = (value(a, known), value(b, known));
            Possible { domain: arithmetic(*op, &a.domain, &b.domain, is_whole(typed)), absent: a.absent || b.absent }
        }
        TypedKind::If(condition, then, otherwise) => {
            let then = assume(condition, true, known.clone()).map(|k| value(then, &k));
            let otherwise = assume(condition, false, known.clone()).map(|k| value(otherwise, &k));
            match (then, otherwise) {
                (Some(a), Some(b)) => Possible { domain: a.domain.or(&b.domain), absent: a.absent || b.absent },
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => Possible::there(of_type(typed.ty)),
            }
        }
        TypedKind::Inlined { arguments, body } => {
            let absent = absent_if(&arguments.iter().collect::<Vec<_>>());
            let body = value(body, known);
            Possible { domain: body.domain, absent: absent || body.absent }
        }
        TypedKind::Call(builtin, arguments) => Possible {
            domain: call(*builtin, arguments, typed, known),
            absent: absent_if(&arguments.iter().collect::<Vec<_>>()),
        },
        TypedKind::Script { arguments, .. } => {
            Possible { domain: of_type(typed.ty), absent: absent_if(&arguments.iter().collect::<Vec<_>>()) }
        }
        _ => Possible::there(of_type(typed.ty)),
    }
}

fn is_whole(typed: &Typed) -> bool {
    typed.ty == Type::Integer
}

fn negated(key: &Key) -> Option<Key> {
    match key {
        Key::Number(n) => n.checked_neg().ok().map(Key::Number),
        Key::Text(_) => None,
    }
}

fn number(bound: Option<(Key, bool)>) -> Option<(Exact, bool)> {
    match bound? {
        (Key::Number(n), inclusive) => Some((n, inclusive)),
        (Key::Text(_), _) => None,
    }
}

fn arithmetic(op: BinaryOp, a: &Domain, b: &Domain, whole: bool) -> Domain {
    let (a_low, a_high, b_low, b_high) = (number(a.low()), number(a.high()), number(b.low()), number(b.high()));
    type End = Option<(Exact, bool)>;
    let both = |x: End, y: End, f: &dyn Fn(Exact, Exact) -> Option<Exact>| {
        let ((x, x_in), (y, y_in)) = (x?, y?);
        Some((Key::Number(f(x, y)?), x_in && y_in))
    };
    let add = |x: Exact, y: Exact| x.checked_add(y).ok();
    let subtract = |x: Exact, y: Exact| x.checked_sub(y).ok();
    let multiply = |x: Exact, y: Exact| x.checked_mul(y).ok();
    match op {
        BinaryOp::Add => Domain::range(both(a_low, b_low, &add), both(a_high, b_high, &add), whole),
        BinaryOp::Subtract => Domain::range(both(a_low, b_high, &subtract), both(a_high, b_low, &subtract), whole),
        BinaryOp::Multiply => {
            let from_zero = |end: End| end.is_some_and(|(n, _)| !n.is_negative());
            if !from_zero(a_low) || !from_zero(b_low) {
                return Domain::any(whole);
            }
            // An end that does not belong to its range may still be reached by a zero on the other side.
            let reached = |bound: Option<(Key, bool)>| bound.map(|(key, _)| (key, true));
            Domain::range(reached(both(a_low, b_low, &multiply)), reached(both(a_high, b_high, &multiply)), whole)
        }
        BinaryOp::Remainder => {
            // The sign of the dividend, and smaller than the divisor.
            let Some(Key::Number(divisor)) = b.single() else { return Domain::any(whole) };
            let Ok(size) = divisor.checked_abs() else { return Domain::any(whole) };
            let least = match a_low {
                Some((n, _)) if !n.is_negative() => Some((Key::number(0), true)),
                _ => size.checked_neg().ok().map(|n| (Key::Number(n), false)),
            };
            Domain::range(least, Some((Key::Number(size), false)), whole)
        }
        _ => Domain::any(whole),
    }
}

fn call(builtin: Builtin, arguments: &[Typed], typed: &Typed, known: &Known<'_, '_>) -> Domain {
    let between =
        |low: i64, high: i64| Domain::range(Some((Key::number(low), true)), Some((Key::number(high), true)), true);
    match builtin {
        Builtin::Min | Builtin::Max => {
            let all = arguments.iter().map(|a| value(a, known).domain);
            // The answer is one of the arguments.
            all.reduce(|a, b| a.or(&b)).unwrap_or_else(|| of_type(typed.ty))
        }
        Builtin::Abs => Domain::range(Some((Key::number(0), true)), None, is_whole(typed)),
        Builtin::Month => between(1, 12),
        Builtin::Day => between(1, 31),
        Builtin::Round | Builtin::Year | Builtin::DaysBetween | Builtin::IsBirthday => of_type(typed.ty),
    }
}

/// An expression as a text that is the same wherever it is written: equal texts, equal answers.
pub(super) fn shape(typed: &Typed) -> String {
    let list = |all: &[Typed]| all.iter().map(shape).collect::<Vec<_>>().join(" ");
    match &typed.kind {
        TypedKind::Constant(constant) => format!("{:?}", Key::from(constant)),
        TypedKind::Fact(FactId(id)) => format!("f{id}"),
        TypedKind::Line(line) => format!("l{line:?}"),
        TypedKind::Has(FactId(id)) => format!("(has f{id})"),
        TypedKind::HasLine(line) => format!("(has l{line:?})"),
        TypedKind::Not(a) => format!("(! {})", shape(a)),
        TypedKind::Negate(a) => format!("(- {})", shape(a)),
        TypedKind::ToDecimal(a) => shape(a),
        TypedKind::Binary(op, a, b) => format!("({} {} {})", op.text(), shape(a), shape(b)),
        TypedKind::InSet { value, set: SetId(set), negated } => format!("(in {negated} {} s{set})", shape(value)),
        TypedKind::InList { value, list: FactId(id), negated } => format!("(in {negated} {} f{id})", shape(value)),
        TypedKind::If(a, b, c) => format!("(if {} {} {})", shape(a), shape(b), shape(c)),
        TypedKind::Call(builtin, arguments) => format!("({builtin:?} {})", list(arguments)),
        TypedKind::Inlined { arguments, body } => format!("(fn [{}] {})", list(arguments), shape(body)),
        TypedKind::Script { function, arguments } => format!("(script{} {})", function.0, list(arguments)),
    }
}
