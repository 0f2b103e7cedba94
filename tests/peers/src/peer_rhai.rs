//! A Rhai script over whole cents, its syntax tree made once.

use rhai::{AST, Array, Dynamic, Engine, Scope};

use crate::workload::PARTNERS;
use crate::{Told, left};

const SCRIPT: &str = r#"
fn percent(cents, rate) {
    let product = cents * rate;
    let quotient = product / 10000;
    let rest = product % 10000;
    if rest > 5000 || (rest == 5000 && quotient % 2 == 1) { quotient + 1 } else { quotient }
}
fn at_most(value, limit) { if value > limit { limit } else { value } }

let rate = switch category {
    "groceries" => 300, "dining" => 400, "fuel" => 200, "travel" => 500, "online" => 150, _ => 100
};
let total = percent(cents, rate);
let bonus = switch tier { "silver" => 25, "gold" => 50, "platinum" => 100, _ => 0 };
total += percent(cents, bonus);
if weekend && category == "dining" { total += at_most(at_most(percent(cents, 200), 1000), weekend_left); }
if cents >= 10000 { total += 100; }
if merchant in partners { total += at_most(percent(cents, 300), partner_left); }
if purchases == 0 { total += 500; }
if country != "US" && channel == "online" { total += at_most(percent(cents, 100), 500); }
if cents > 50000 { total += at_most(percent(cents, 50), 400); }
at_most(at_most(total, 5000), all_left)
"#;

pub struct Peer {
    engine: Engine,
    script: AST,
    partners: Dynamic,
}

impl Peer {
    pub fn new() -> Peer {
        let engine = Engine::new();
        let script = engine.compile(SCRIPT).expect("a script");
        let partners: Array = PARTNERS.iter().map(|merchant| Dynamic::from(*merchant)).collect();
        Peer { engine, script, partners: Dynamic::from(partners).into_shared() }
    }

    pub fn total(&self, told: &Told<'_>) -> i64 {
        let p = told.purchase;
        let [all_left, weekend_left, partner_left] = left(told);
        let mut scope = Scope::new();
        scope
            .push("cents", p.cents)
            .push("category", p.category.clone())
            .push("tier", p.tier.clone())
            .push("weekend", told.weekend)
            .push("merchant", p.merchant.clone())
            .push("country", p.country.clone())
            .push("channel", p.channel.clone())
            .push("purchases", told.before.purchases)
            .push("all_left", all_left)
            .push("weekend_left", weekend_left)
            .push("partner_left", partner_left)
            .push_dynamic("partners", self.partners.clone());
        self.engine.eval_ast_with_scope::<i64>(&mut scope, &self.script).expect("a total")
    }
}
