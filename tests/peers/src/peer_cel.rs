//! CEL for the conditions; the host does the arithmetic, as CEL has no rounding.

use std::sync::Arc;

use cel::{Context, Env, Program, Value};

use crate::workload::PARTNERS;
use crate::{Told, left};

const BASE: [(&str, i64); 5] = [
    (r#"category == "groceries""#, 300),
    (r#"category == "dining""#, 400),
    (r#"category == "fuel""#, 200),
    (r#"category == "travel""#, 500),
    (r#"category == "online""#, 150),
];
const CAMPAIGNS: [&str; 6] = [
    r#"weekend && category == "dining""#,
    "cents >= 10000",
    "merchant in PARTNERS",
    "purchases == 0",
    r#"country != "US" && channel == "online""#,
    "cents > 50000",
];

pub struct Peer {
    env: Arc<Env>,
    base: Vec<(Program, i64)>,
    campaigns: Vec<Program>,
}

fn percent(cents: i64, rate: i64) -> i64 {
    let (quotient, rest) = (cents * rate / 10_000, cents * rate % 10_000);
    if rest > 5_000 || (rest == 5_000 && quotient % 2 == 1) { quotient + 1 } else { quotient }
}

impl Peer {
    pub fn new() -> Peer {
        let env = Arc::new(Env::stdlib());
        let compile = |source: &str| env.compile(source).expect("a condition");
        let base = BASE.iter().map(|(source, rate)| (compile(source), *rate)).collect();
        // The list stands in the condition itself: as a variable it would be made anew for each purchase.
        let partners = format!("{PARTNERS:?}");
        let campaigns = CAMPAIGNS.iter().map(|source| compile(&source.replace("PARTNERS", &partners))).collect();
        Peer { env, base, campaigns }
    }

    pub fn total(&self, told: &Told<'_>) -> i64 {
        let p = told.purchase;
        let mut facts = Context::with_env(self.env.clone());
        facts.add_variable_from_value("cents", p.cents);
        facts.add_variable_from_value("category", p.category.clone());
        facts.add_variable_from_value("weekend", told.weekend);
        facts.add_variable_from_value("merchant", p.merchant.clone());
        facts.add_variable_from_value("country", p.country.clone());
        facts.add_variable_from_value("channel", p.channel.clone());
        facts.add_variable_from_value("purchases", told.before.purchases);
        let holds = |program: &Program, facts: &Context<'_, '_>| {
            program.execute(facts).expect("an answer") == Value::Bool(true)
        };
        let rate = self.base.iter().find(|(program, _)| holds(program, &facts)).map_or(100, |(_, rate)| *rate);
        let bonus = match p.tier.as_str() {
            "silver" => 25,
            "gold" => 50,
            "platinum" => 100,
            _ => 0,
        };
        let mut total = percent(p.cents, rate) + percent(p.cents, bonus);
        let [all_left, weekend_left, partner_left] = left(told);
        for (number, campaign) in self.campaigns.iter().enumerate() {
            if holds(campaign, &facts) {
                total += match number {
                    0 => percent(p.cents, 200).min(1_000).min(weekend_left),
                    1 => 100,
                    2 => percent(p.cents, 300).min(partner_left),
                    3 => 500,
                    4 => percent(p.cents, 100).min(500),
                    _ => percent(p.cents, 50).min(400),
                };
            }
        }
        total.min(5_000).min(all_left)
    }
}
