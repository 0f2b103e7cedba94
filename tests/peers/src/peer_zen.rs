//! ZEN: one node of expressions over whole cents, compiled before the clock starts.
//!
//! Its `round` is half away from zero; a tie whose lower neighbour is even is put right by taking 1 off. Its JSON numbers
//! are cents, so no fraction passes through a binary float.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine, Variable};

use crate::workload::PARTNERS;
use crate::{Told, left};

/// Each expression by the name under which later ones find it.
const EXPRESSIONS: [(&str, &str); 13] = [
    (
        "rate",
        "category == 'groceries' ? 300 : category == 'dining' ? 400 : category == 'fuel' ? 200 : \
         category == 'travel' ? 500 : category == 'online' ? 150 : 100",
    ),
    ("base", "PERCENT($.rate)"),
    ("bonus", "tier == 'silver' ? 25 : tier == 'gold' ? 50 : tier == 'platinum' ? 100 : 0"),
    ("loyalty", "PERCENT($.bonus)"),
    ("weekend", "weekend and category == 'dining' ? min([PERCENT(200), 1000, weekendLeft]) : 0"),
    ("threshold", "cents >= 10000 ? 100 : 0"),
    ("partner", "merchant in PARTNERS ? min([PERCENT(300), partnerLeft]) : 0"),
    ("first", "purchases == 0 ? 500 : 0"),
    ("abroad", "country != 'US' and channel == 'online' ? min([PERCENT(100), 500]) : 0"),
    ("ticket", "cents > 50000 ? min([PERCENT(50), 400]) : 0"),
    ("granted", "$.base + $.loyalty + $.weekend + $.threshold + $.partner + $.first + $.abroad + $.ticket"),
    ("capped", "min([$.granted, 5000])"),
    ("total", "min([$.capped, allLeft])"),
];

pub struct Peer {
    runtime: Runtime,
    decision: Decision,
    contexts: Vec<Variable>,
}

/// An expression with its percentages written out: rounded half to even.
fn written_out(source: &str) -> String {
    let mut text = source.replace("PARTNERS", &format!("{PARTNERS:?}").replace('"', "'"));
    while let Some((before, after)) = text.split_once("PERCENT(") {
        let (rate, after) = after.split_once(')').expect("a closed call");
        let tie = format!("((cents * {rate}) % 20000 == 5000 ? 1 : 0)");
        text = format!("{before}(round(cents * {rate} / 10000) - {tie}){after}");
    }
    text
}

fn graph() -> Value {
    let expressions: Vec<Value> =
        EXPRESSIONS.iter().map(|(key, source)| json!({"id": key, "key": key, "value": written_out(source)})).collect();
    json!({
        "nodes": [
            {"id": "in", "name": "in", "type": "inputNode", "content": {}},
            {"id": "rules", "name": "rules", "type": "expressionNode", "content": {"expressions": expressions}},
            {"id": "out", "name": "out", "type": "outputNode", "content": {}}
        ],
        "edges": [
            {"id": "1", "sourceId": "in", "targetId": "rules"},
            {"id": "2", "sourceId": "rules", "targetId": "out"}
        ]
    })
}

impl Peer {
    pub fn new(told: &[Told<'_>]) -> Peer {
        let content: DecisionContent = serde_json::from_value(graph()).expect("a graph");
        let mut decision = DecisionEngine::default().create_decision(Arc::new(content)).expect("a decision");
        decision.compile();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let context = |told: &Told<'_>| {
            let p = told.purchase;
            let [all_left, weekend_left, partner_left] = left(told);
            Variable::from(json!({
                "cents": p.cents,
                "category": p.category,
                "tier": p.tier,
                "weekend": told.weekend,
                "merchant": p.merchant,
                "country": p.country,
                "channel": p.channel,
                "purchases": told.before.purchases,
                "allLeft": all_left,
                "weekendLeft": weekend_left,
                "partnerLeft": partner_left,
            }))
        };
        Peer { runtime, decision, contexts: told.iter().map(context).collect() }
    }

    pub fn totals(&self) -> impl Iterator<Item = i64> {
        self.contexts.iter().map(|context| {
            let answer = self.runtime.block_on(self.decision.evaluate(context.clone())).expect("an answer");
            let total = answer.result.dot("total").and_then(|total| total.as_number()).expect("a number");
            i64::try_from(total).expect("whole cents")
        })
    }
}
