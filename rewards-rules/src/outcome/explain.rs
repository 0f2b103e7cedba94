//! An outcome as a text that a support agent can read to a customer: where each cent came from, and why not more.
//!
//! A room of its own so that no host words it again. It prints what the outcome records and computes nothing.

use super::table::{Cell, Step, lay_out, pad, width};
use super::{
    Basis, Component, ComponentKind, Cut, Outcome, OutcomeKind, PointsComponent, PointsKind, PointsProduct, Quantity,
    Reason, Rejection, instant,
};
use crate::value::{Exact, Points};

impl Outcome {
    /// The outcome in words and aligned columns, each line ended: what was bought, each component from its basis to
    /// what was granted with every cut on the way, points with their dates, where the member stands, and, if the
    /// evaluation was explained, every rule that did not grant, the clause that decided and the value it met.
    pub fn explain(&self) -> String {
        let mut text = self.header();
        let waterfall = self.waterfall();
        if !waterfall.is_empty() {
            text.push('\n');
            text.push_str(&waterfall);
        }
        if let Some(progress) = &self.progress {
            let decimals = u32::from(progress.decimals);
            let window = match progress.window.to_string().as_str() {
                "lifetime" => "Spending so far".to_owned(),
                // Only windows of rolling months are named for a month.
                window if window.contains('-') => format!("Spending in the months through {window}"),
                window => format!("Spending in {window}"),
            };
            let mut facts = vec![
                (window, progress.spending.to_fixed(decimals)),
                ("Tier from now on".to_owned(), progress.tier.to_string()),
            ];
            if let (Some(next), Some(missing)) = (&progress.next, progress.missing) {
                facts.push(("Next tier".to_owned(), format!("{next}, {} missing", missing.to_fixed(decimals))));
            }
            text.push('\n');
            text.push_str(&listing(&facts));
        }
        if let Some(rejected) = self.rejected.as_deref().filter(|r| !r.is_empty()) {
            text.push_str("\nWhat did not grant, and why\n");
            text.push_str(&why_not(rejected));
        }
        text
    }

    fn header(&self) -> String {
        let currency = self.amount.currency();
        let currency = currency.code();
        let title = match (self.kind, &self.original) {
            (OutcomeKind::Purchase, _) => format!("Purchase {}", self.transaction_id),
            (OutcomeKind::Refund, Some(original)) => format!("Refund {} of {original}", self.transaction_id),
            (OutcomeKind::Refund, None) => format!("Refund {}", self.transaction_id),
        };
        let mut facts = vec![
            ("Program".to_owned(), self.program.to_string()),
            ("When".to_owned(), self.when()),
            ("Amount".to_owned(), format!("{} {currency}", self.amount)),
            ("Eligible".to_owned(), format!("{} {currency}", self.eligible_amount)),
        ];
        if let Some(tier) = &self.tier {
            facts.push(("Tier".to_owned(), tier.to_string()));
        }
        facts.push(("Granted".to_owned(), self.granted_words()));
        if let Some(reason) = self.reason {
            facts.push(("Why".to_owned(), format!("{} ({reason})", reason.words())));
        }
        facts.push(("Rules".to_owned(), self.rule_set.to_string()));
        format!("{title}\n{}", listing(&facts))
    }

    /// The local time, by which rules count, and the instant as the JSON has it.
    fn when(&self) -> String {
        let local = self.local.format("%A %Y-%m-%d %H:%M:%S%.f");
        format!("{local}, {} ({})", self.timezone, instant(self.occurred_at))
    }

    fn granted_words(&self) -> String {
        let money = format!("{} {}", self.totals.total, self.amount.currency().code());
        if self.totals.points.is_zero() && self.points.is_empty() {
            return money;
        }
        format!("{money}, {} points", self.totals.points)
    }

    /// Every component from its basis to what was granted, with sums of each kind; empty if there is none.
    pub(crate) fn waterfall(&self) -> String {
        let mut steps = Vec::new();
        for (kind, name, total) in [
            (ComponentKind::Base, "Base", self.totals.base),
            (ComponentKind::Loyalty, "Loyalty", self.totals.loyalty),
            (ComponentKind::Campaign, "Campaigns", self.totals.campaign),
        ] {
            let mut of_kind = self.components.iter().filter(|c| c.kind == kind).peekable();
            if of_kind.peek().is_none() {
                continue;
            }
            steps.push(Step { label: name.to_owned(), result: Some(total.to_string()), ..Step::default() });
            of_kind.for_each(|component| money_steps(component, &mut steps));
        }
        if !self.components.is_empty() {
            let result = Some(self.totals.total.to_string());
            let note = self.amount.currency().code().to_owned();
            steps.push(Step { label: "Total".to_owned(), result, note, ..Step::default() });
        }
        let money = lay_out(&steps);
        if self.points.is_empty() {
            return money;
        }
        let mut steps =
            vec![Step { label: "Points".to_owned(), result: Some(self.totals.points.to_string()), ..Step::default() }];
        self.points.iter().for_each(|part| points_steps(part, &mut steps));
        let gap = if money.is_empty() { "" } else { "\n" };
        format!("{money}{gap}{}", lay_out(&steps))
    }
}

/// Names and values, one a line.
fn listing(facts: &[(String, String)]) -> String {
    let columns = facts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    facts.iter().map(|(name, value)| format!("  {}  {value}\n", pad(name, columns))).collect()
}

/// A fraction as a percentage, digit for digit.
fn percent(rate: Exact) -> String {
    match rate.checked_mul(Exact::from(100)) {
        Ok(percent) => format!("{percent} %"),
        Err(_) => rate.to_string(),
    }
}

fn money_steps(component: &Component, steps: &mut Vec<Step>) {
    let (basis, rate) = match (component.basis, component.rate) {
        (Some(Basis::Money(amount)), Some(rate)) => (amount.to_string(), format!("× {}", percent(rate))),
        (Some(Basis::Exact(exact)), Some(rate)) => (exact.to_string(), format!("× {rate}")),
        _ => (String::new(), String::new()),
    };
    let exact = format!("= {}", component.exact);
    let label = format!("  {}", component.id);
    let mut cells = vec![Cell::Right(basis), Cell::Left(rate), Cell::Left(exact)];
    let own = |cut: &&Cut| matches!(cut.cut, Quantity::Exact(_));
    let mut lines: Vec<Step> = Vec::new();
    let mut before_rounding = component.cuts.iter().filter(own).peekable();
    if before_rounding.peek().is_some() {
        // Own caps cut the exact value where rounding happens on the sum, so they stand before the rounded one.
        lines.push(Step { label, cells: std::mem::take(&mut cells), ..Step::default() });
        lines.extend(before_rounding.map(|cut| cut_step(cut, ", before rounding")));
        let label = "    shared out of the rounded sum".to_owned();
        lines.push(Step { label, on_the_way: Some(component.rounded.to_string()), ..Step::default() });
    } else {
        lines.push(Step { label, cells, on_the_way: Some(component.rounded.to_string()), ..Step::default() });
    }
    lines.extend(component.cuts.iter().filter(|c| !own(c)).map(|cut| cut_step(cut, "")));
    if let Some(last) = lines.last_mut() {
        last.result = Some(component.granted.to_string());
    }
    steps.append(&mut lines);
}

fn cut_step(cut: &Cut, when: &str) -> Step {
    let label = format!("    cut by {} ({} was left){when}", cut.cap, cut.left);
    Step { label, on_the_way: Some(format!("-{}", cut.cut)), ..Step::default() }
}

/// The amount that earned points, and what it was multiplied by.
fn product_words(product: PointsProduct) -> (String, String) {
    let PointsProduct { amount, points, per, factor } = product;
    let per = per.to_fixed(u32::from(amount.currency().decimals()));
    let factor = if factor == Exact::ONE { String::new() } else { format!(" × {factor}") };
    (amount.to_string(), format!("× {points} per {per}{factor}"))
}

fn points_steps(part: &PointsComponent, steps: &mut Vec<Step>) {
    let id = match part.kind {
        PointsKind::Earn => "earn",
        PointsKind::Upgrade => "for the new tier",
        PointsKind::Campaign => part.id.as_str(),
    };
    let (amount, rate) = part.product.map(product_words).unwrap_or_default();
    let cells = vec![Cell::Right(amount), Cell::Left(rate), Cell::Left(format!("= {}", part.exact))];
    let mut lines = vec![Step { label: format!("  {id}"), cells, ..Step::default() }];
    if !part.cuts.is_empty()
        && let Some(first) = lines.first_mut()
    {
        // The rounded value is what caps took and what they left.
        let taken = part.cuts.iter().map(|cut| match cut.cut {
            Quantity::Points(points) => points.units(),
            Quantity::Money(_) | Quantity::Exact(_) => 0,
        });
        let rounded = taken.fold(part.granted.units(), i64::saturating_add);
        first.on_the_way = Some(Points::from_units(rounded, part.granted.decimals()).to_string());
    }
    lines.extend(part.cuts.iter().map(|cut| cut_step(cut, "")));
    if let Some(last) = lines.last_mut() {
        last.result = Some(part.granted.to_string());
        last.note = match (part.spendable_on, part.expires_on) {
            (Some(from), Some(to)) => format!("to spend from {from} through {to}"),
            (Some(from), None) => format!("to spend from {from}"),
            _ => String::new(),
        };
    }
    steps.append(&mut lines);
}

/// Each rule that did not grant: in words, and what decided.
fn why_not(rejected: &[Rejection]) -> String {
    let kind = |r: &Rejection| match r.kind {
        "points_campaign" => "campaign",
        kind => kind,
    };
    let kinds = rejected.iter().map(|r| width(kind(r))).max().unwrap_or(0);
    let ids = rejected.iter().map(|r| width(&r.id)).max().unwrap_or(0);
    let indent = " ".repeat(kinds.saturating_add(ids).saturating_add(6));
    let mut text = String::new();
    for r in rejected {
        let head = format!("  {}  {}  {} ({})", pad(kind(r), kinds), pad(&r.id, ids), r.reason.words(), r.reason);
        text.push_str(&format!("{head}\n"));
        if r.reason == Reason::AmountTaken {
            continue;
        }
        if !r.clause.is_empty() {
            text.push_str(&format!("{indent}decided by  {}\n", r.clause));
        }
        if !r.value.is_empty() {
            text.push_str(&format!("{indent}which met   {}\n", r.value));
        }
    }
    text
}
