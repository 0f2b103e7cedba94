//! The rules as a Rhai script with decimals, its tree made once. Rhai rounds half to even, so it does all of it.

use ::rhai::{AST, CallFnOptions, Engine, ImmutableString, Scope};
use rust_decimal::Decimal;

use crate::Workload;
use crate::fed::fed;
use crate::host::weekday;
use crate::workload::rounds::Entry;
use crate::workload::{Purchase, decimals};

const SCRIPT: &str = include_str!("reward.rhai");

struct Input {
    texts: [ImmutableString; 6],
    purchases: i64,
    numbers: [Decimal; 4],
}

fn input(purchase: &Purchase, before: &decimals::Before) -> Input {
    let Purchase { category, tier, merchant, country, channel, .. } = purchase;
    let texts = [category, tier, merchant, country, channel].map(|text| text.as_str().into());
    let [category, tier, merchant, country, channel] = texts;
    let [used, used_weekend, used_partner] = before.used;
    Input {
        texts: [category, tier, merchant, country, channel, weekday(purchase).into()],
        purchases: before.purchases,
        numbers: [purchase.amount, used, used_weekend, used_partner],
    }
}

fn reward(engine: &Engine, tree: &AST, input: &Input) -> i64 {
    let [category, tier, merchant, country, channel, weekday] = input.texts.clone();
    let [amount, used, used_weekend, used_partner] = input.numbers;
    let texts = (category, tier, merchant, country, channel, weekday);
    let arguments = (
        amount,
        texts.0,
        texts.1,
        texts.2,
        texts.3,
        texts.4,
        texts.5,
        input.purchases,
        used,
        used_weekend,
        used_partner,
    );
    let options = CallFnOptions::new().eval_ast(false);
    let mut granted: Decimal =
        engine.call_fn_with_options(options, &mut Scope::new(), tree, "reward", arguments).expect("a reward");
    granted.rescale(2);
    i64::try_from(granted.mantissa()).expect("cents")
}

/// One call of a function for a purchase.
pub fn script(workload: &Workload) -> Entry<'_> {
    let engine = Engine::new();
    let tree = engine.compile(SCRIPT).expect("a script");
    fed("Rhai, script", workload, input, move |input| reward(&engine, &tree, input))
}
