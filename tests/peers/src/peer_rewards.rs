//! The engine itself, with its full outcome.

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::source::Sources;
use rewards_rules::value::Exact;

use crate::Told;
use crate::workload::RULES;

pub struct Peer {
    rules: RuleSet,
    inputs: Vec<(Transaction, Member, Usage)>,
}

fn exact(cents: i64) -> Exact {
    Exact::new(i128::from(cents), 2).expect("two decimals")
}

impl Peer {
    pub fn new(told: &[Told<'_>]) -> Peer {
        let mut sources = Sources::default();
        sources.add("rules.yaml", RULES);
        let rules = RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"));
        let input = |told: &Told<'_>| {
            let p = told.purchase;
            let transaction = Transaction {
                id: p.id.clone(),
                amount: exact(p.cents),
                currency: "USD".to_owned(),
                occurred_at: p.occurred_at,
                category: Some(p.category.clone()),
                mcc: None,
                merchant: Some(p.merchant.clone()),
                country: Some(p.country.clone()),
                channel: Some(p.channel.clone()),
                payment_method: None,
                items: None,
                attributes: Default::default(),
            };
            let mut member = Member::new(p.member.clone());
            member.tier = Some(p.tier.clone());
            member.purchases = told.before.purchases;
            let keys = ["program.amount.month", "campaign.weekend.amount.month", "campaign.partner.amount.month"];
            let used = keys.into_iter().zip(told.before.used).map(|(key, cents)| (key.to_owned(), exact(cents)));
            (transaction, member, Usage(used.collect()))
        };
        Peer { rules, inputs: told.iter().map(input).collect() }
    }

    pub fn totals(&self) -> impl Iterator<Item = i64> {
        self.inputs.iter().map(|(transaction, member, usage)| {
            self.rules.evaluate(transaction, member, usage).expect("an outcome").totals.total.minor()
        })
    }
}
