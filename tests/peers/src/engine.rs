//! This engine, with its full outcome.

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::source::Sources;
use rewards_rules::value::Exact;
use rust_decimal::Decimal;

use crate::Workload;
use crate::fed::fed;
use crate::workload::rounds::Entry;
use crate::workload::{Purchase, RULES, decimals};

struct Input {
    transaction: Transaction,
    member: Member,
    usage: Usage,
}

fn exact(amount: Decimal) -> Exact {
    Exact::new(amount.mantissa(), amount.scale()).expect("an amount")
}

fn input(purchase: &Purchase, before: &decimals::Before) -> Input {
    let keys = ["program.amount.month", "campaign.weekend.amount.month", "campaign.partner.amount.month"];
    let mut member = Member::new(purchase.member.clone());
    member.tier = Some(purchase.tier.clone());
    member.purchases = before.purchases;
    Input {
        transaction: Transaction {
            id: purchase.id.clone(),
            amount: exact(purchase.amount),
            currency: "USD".to_owned(),
            occurred_at: purchase.occurred_at,
            category: Some(purchase.category.clone()),
            mcc: None,
            merchant: Some(purchase.merchant.clone()),
            country: Some(purchase.country.clone()),
            channel: Some(purchase.channel.clone()),
            payment_method: None,
            items: None,
            attributes: Default::default(),
        },
        member,
        usage: Usage(keys.into_iter().zip(before.used).map(|(k, used)| (k.to_owned(), exact(used))).collect()),
    }
}

/// `RuleSet::evaluate`.
pub fn evaluate(workload: &Workload) -> Entry<'_> {
    let mut sources = Sources::default();
    sources.add("rules.yaml", RULES);
    let rules = RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"));
    fed("this engine, evaluate", workload, input, move |i| {
        rules.evaluate(&i.transaction, &i.member, &i.usage).expect("an outcome").totals.total.minor()
    })
}
