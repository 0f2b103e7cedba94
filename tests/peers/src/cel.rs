//! The conditions in CEL, compiled once; rates and caps in the host. CEL has no decimals, so amounts are cents.

use std::sync::Arc;

use ::cel::{Context, Env, Program, Value};
use rust_decimal::Decimal;

use crate::Workload;
use crate::fed::fed;
use crate::host::{settle, weekday};
use crate::workload::rounds::Entry;
use crate::workload::{PARTNERS, Purchase, decimals};

struct Input {
    facts: Context<'static, 'static>,
    amount: Decimal,
    before: decimals::Before,
}

struct Rules {
    base: Vec<(Program, Decimal)>,
    tiers: Vec<(Program, Decimal)>,
    campaigns: [Program; 6],
}

fn rules(env: &Env) -> Rules {
    let program = |text: &str| env.compile(text).expect("a condition");
    let rate = |basis_points: i64| Decimal::new(basis_points, 4);
    let base = [("groceries", 300), ("dining", 400), ("fuel", 200), ("travel", 500), ("online", 150)];
    let tiers = [("silver", 25), ("gold", 50), ("platinum", 100)];
    let partners = PARTNERS.map(|merchant| format!("'{merchant}'")).join(", ");
    Rules {
        base: base.map(|(id, r)| (program(&format!("category == '{id}'")), rate(r))).into(),
        tiers: tiers.map(|(id, r)| (program(&format!("tier == '{id}'")), rate(r))).into(),
        campaigns: [
            program("weekday in ['sat', 'sun'] && category == 'dining'"),
            program("cents >= 10000"),
            program(&format!("merchant in [{partners}]")),
            program("purchases == 0"),
            program("country != 'US' && channel == 'online'"),
            program("cents > 50000"),
        ],
    }
}

fn reward(rules: &Rules, input: &Input) -> i64 {
    let holds = |program: &Program| match program.execute(&input.facts) {
        Ok(Value::Bool(holds)) => holds,
        other => panic!("{other:?}"),
    };
    let amount = input.amount;
    let whole = |units: i64| Decimal::new(units, 0);
    let left = |limit: i64, used: Decimal| (whole(limit) - used).max(Decimal::ZERO);
    let base = rules.base.iter().find(|(program, _)| holds(program)).map_or(Decimal::new(1, 2), |(_, rate)| *rate);
    let tier = rules.tiers.iter().find(|(program, _)| holds(program)).map_or(Decimal::ZERO, |(_, rate)| *rate);
    let mut parts = [Decimal::ZERO; 8];
    parts[0] = amount * base;
    parts[1] = amount * tier;
    for (at, program) in rules.campaigns.iter().enumerate() {
        if holds(program) {
            parts[at + 2] = match at {
                0 => (amount * Decimal::new(2, 2)).min(whole(10)).min(left(50, input.before.used[1])),
                1 => whole(1),
                2 => (amount * Decimal::new(3, 2)).min(left(30, input.before.used[2])),
                3 => whole(5),
                4 => (amount * Decimal::new(1, 2)).min(whole(5)),
                _ => (amount * Decimal::new(5, 3)).min(whole(4)),
            };
        }
    }
    settle(parts, input.before.used[0])
}

/// Fourteen conditions at most for a purchase.
pub fn conditions(workload: &Workload) -> Entry<'_> {
    let env = Arc::new(Env::stdlib());
    let rules = rules(&env);
    let ready = move |purchase: &Purchase, before: &decimals::Before| {
        let mut facts = Context::with_env(env.clone());
        let mut set = |name: &str, value: Value| facts.add_variable_from_value(name, value);
        set("cents", Value::Int(purchase.cents));
        set("purchases", Value::Int(before.purchases));
        set("category", purchase.category.as_str().into());
        set("tier", purchase.tier.as_str().into());
        set("merchant", purchase.merchant.as_str().into());
        set("country", purchase.country.as_str().into());
        set("channel", purchase.channel.as_str().into());
        set("weekday", weekday(purchase).into());
        Input { facts, amount: purchase.amount, before: *before }
    };
    fed("cel, conditions only", workload, ready, move |input| reward(&rules, input))
}
