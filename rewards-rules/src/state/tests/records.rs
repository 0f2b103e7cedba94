//! What records look like, what they carry over a publication, and what is no record.

use super::*;
use crate::state::record::{CounterRecord, MemberRecord, PurchaseRecord, RedemptionRecord};

/// A shop in which ann bought, redeemed and was given a tier.
fn busy() -> Shop {
    let mut shop = Shop::new();
    shop.buy("t1", "ann", 600, "2026-05-01");
    shop.give("ann", "gold", "2026-05-02", "2026-05-31").unwrap();
    shop.redeem("r1", "ann", "mug", 40, "2026-05-03").unwrap();
    shop
}

fn put(rules: &RuleSet, record: MemberRecord) -> Result<Ledger, ErrorCode> {
    let mut ledger = Ledger::new();
    ledger.put_member(rules, Member::new("ann"), record).map_err(|e| e.code)?;
    Ok(ledger)
}

fn json(record: &impl serde::Serialize) -> String {
    serde_json::to_string(record).unwrap()
}

#[test]
fn the_json_of_records_is_stable() {
    let shop = busy();
    assert_eq!(
        json(&shop.ledger.record(&shop.rules, "ann").unwrap()),
        r#"{"started":true,"purchases":1,"latest":"2026-05-03T16:00:00Z","standing":{"level":"silver","earned":[{"level":"silver","window":"2026","by_purchase":true,"before":"basic"}],"spending":{"2026":"600"},"upgrades":{"silver":"2026-05-01"},"bonuses":{"silver":{"purchase":"t1"}},"history":[{"level":"basic"},{"level":"silver","from":"2026-05-01T16:00:00Z"}],"given":[{"level":"gold","from":"2026-05-02T16:00:00Z","until":"2026-05-31"}]},"counters":[{"key":"redemption.mug.points.day","period":"2026-05-03","units":40}],"lots":[{"key":"t1/earn","seq":0,"transaction":"t1","source":"earn","earned":600,"rest":560,"redeemed":40,"expired":0,"reversed":0,"transferred":0,"counted_expired":0,"spendable_on":"2026-05-03","expires_on":"2027-05-03"},{"key":"t1/upgrade:silver","seq":1,"transaction":"t1","source":"upgrade:silver","earned":50,"rest":50,"redeemed":0,"expired":0,"reversed":0,"transferred":0,"counted_expired":0,"spendable_on":"2026-05-03","expires_on":"2027-05-03"}],"next_lot":2,"debts":[]}"#
    );
    let purchase = shop.ledger.purchase("t1").unwrap();
    assert_eq!(
        json(&purchase).replace(shop.rules.hash(), "HASH").replace(&purchase.content, "CONTENT"),
        r#"{"id":"t1","member":"ann","content":"CONTENT","rule_set":"HASH","date":"2026-05-01","amount":60000,"eligible":60000,"tier":"basic","parts":[{"kind":"earn","id":"earn","points":true,"granted":600,"reversed":0,"use_returned":false}],"spends":[],"refunded":{"amount":0,"by_lines":0,"plain":0}}"#
    );
    let redemption = shop.ledger.redemption_record(&shop.rules, "ann", "r1").unwrap();
    assert_eq!(
        json(&redemption).replace(&redemption.content, "CONTENT"),
        r#"{"state":"pending","content":"CONTENT","points":40,"taken":[{"lot":"t1/earn","points":40}],"counters":[{"key":"redemption.mug.points.day","period":"2026-05-03","units":40}]}"#
    );
    assert_eq!(shop.ledger.record(&shop.rules, "ann").unwrap().standing.level(), Some("silver"));
}

#[test]
fn a_field_that_is_not_known_and_a_float_are_refused() {
    let text = json(&MemberRecord::default());
    assert!(serde_json::from_str::<MemberRecord>(&text).is_ok());
    for wrong in [
        text.replace("\"debts\"", "\"depts\""),
        text.replacen('{', "{\"more\":1,", 1),
        text.replace("\"standing\":{}", "\"standing\":{\"lvl\":\"gold\"}"),
        text.replace("\"purchases\":0", "\"purchases\":0.5"),
        text.replace("\"purchases\":0", "\"purchases\":99999999999999999999"),
    ] {
        assert_ne!(wrong, text);
        assert!(serde_json::from_str::<MemberRecord>(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_cannot_be_is_an_invalid_record() {
    let shop = busy();
    let good = shop.ledger.record(&shop.rules, "ann").unwrap();
    assert!(put(&shop.rules, good.clone()).is_ok());
    let cases: [fn(&mut MemberRecord); 11] = [
        |m| m.lots.iter_mut().for_each(|l| l.rest += 1),
        |m| m.lots.iter_mut().for_each(|l| (l.rest, l.redeemed) = (-1, l.earned + 1)),
        |m| m.lots.iter_mut().for_each(|l| l.rest = i64::MAX),
        |m| m.lots.iter_mut().for_each(|l| l.counted_expired = 1),
        |m| m.lots.iter_mut().for_each(|l| l.source = "gift".to_owned()),
        |m| m.lots.iter_mut().for_each(|l| l.key = "t9/earn".to_owned()),
        |m| m.lots.reverse(),
        |m| m.next_lot = 1,
        |m| m.lots.iter_mut().for_each(|l| l.seq -= 1),
        |m| m.debts = vec![0],
        |m| m.counters.iter_mut().for_each(|c| c.period = "2026-05".to_owned()),
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let mut wrong = good.clone();
        change(&mut wrong);
        assert_eq!(put(&shop.rules, wrong).err(), Some(ErrorCode::InvalidRecord), "{number}");
    }
    let text = json(&good);
    for (from, to, code) in [
        ("\"600\"", "\"6e2\"", ErrorCode::InvalidRecord),
        ("\"window\":\"2026\"", "\"window\":\"26\"", ErrorCode::InvalidRecord),
        ("\"level\":\"gold\"", "\"level\":\"iron\"", ErrorCode::UnknownTier),
        ("\"level\":\"silver\"", "\"level\":\"iron\"", ErrorCode::UnknownTier),
    ] {
        let wrong = text.replace(from, to);
        assert_ne!(wrong, text);
        assert_eq!(put(&shop.rules, serde_json::from_str(&wrong).unwrap()).err(), Some(code), "{to}");
    }
}

#[test]
fn a_purchase_or_redemption_that_cannot_be_is_an_invalid_record() {
    let shop = busy();
    let member = shop.ledger.record(&shop.rules, "ann").unwrap();
    let purchase = shop.ledger.purchase("t1").unwrap();
    let cases: [fn(&mut PurchaseRecord); 7] = [
        |p| p.rule_set = "sha256:0".to_owned(),
        |p| p.member = "bob".to_owned(),
        |p| p.content = "+00000000000000f".to_owned(),
        |p| p.parts.iter_mut().for_each(|part| part.kind = "campaign".to_owned()),
        |p| p.parts.iter_mut().for_each(|part| part.reversed = 601),
        |p| p.eligible = 60001,
        |p| p.refunded.amount = 60001,
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let mut wrong = purchase.clone();
        change(&mut wrong);
        let error = put(&shop.rules, member.clone()).unwrap().put_purchase(&shop.rules, "ann", wrong).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRecord, "{number}");
    }
    let redemption = shop.ledger.redemption_record(&shop.rules, "ann", "r1").unwrap();
    let cases: [fn(&mut RedemptionRecord); 4] = [
        |r| r.points = 41,
        |r| r.taken.iter_mut().for_each(|t| t.lot = "t2/earn".to_owned()),
        |r| r.counters.iter_mut().for_each(|c| c.period = "May".to_owned()),
        |r| {
            (r.points, r.taken) =
                (50, r.taken.iter().map(|t| record::TakenRecord { points: 50, ..t.clone() }).collect())
        },
    ];
    for (number, change) in cases.into_iter().enumerate() {
        let mut wrong = redemption.clone();
        change(&mut wrong);
        let mut ledger = put(&shop.rules, member.clone()).unwrap();
        let error = ledger.put_redemption(&shop.rules, "ann", "r1", wrong).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRecord, "{number}");
    }
}

#[test]
fn a_lot_without_points_need_not_be_loaded() {
    let mut shop = Shop::new();
    for (number, points) in [10, 20, 30, 40].into_iter().enumerate() {
        shop.adjust(&format!("a{number}"), "ann", points, "2026-05-01", None).unwrap();
    }
    shop.redeem("r1", "ann", "mug", 60, "2026-05-03").unwrap();
    let mut record = shop.ledger.record(&shop.rules, "ann").unwrap();
    record.lots.retain(|lot| lot.rest > 0);
    let mut fresh = Shop { rules: shop.rules.clone(), ledger: put(&shop.rules, record).unwrap() };
    fresh.redeem("r2", "ann", "mug", 40, "2026-05-04").unwrap();
    fresh.adjust("a9", "ann", 1, "2026-05-04", None).unwrap();
    assert_eq!(
        fresh.lots("ann").into_iter().map(|(key, rest, _)| (key, rest)).collect::<Vec<_>>(),
        [("a3/adjustment".to_owned(), 0), ("a9/adjustment".to_owned(), 1)]
    );
    let record = fresh.ledger.record(&fresh.rules, "ann").unwrap();
    assert_eq!((record.lots.last().unwrap().seq, record.next_lot), (4, 5));
}

#[test]
fn counters_and_levels_go_on_by_name_over_a_publication() {
    let shop = busy();
    let mut record = shop.ledger.record(&shop.rules, "ann").unwrap();
    // Another level below, another option before: every index moved.
    let text = SHOP
        .replace("    - {id: silver", "    - {id: bronze, min_spending: 100.00}\n    - {id: silver")
        .replace("  options:\n", "  options:\n    - {id: pen, type: cash, value: {points: 1, cash: 0.01}, caps: {per_member: {points: 5, per: day}}}\n");
    let published = rules(&text);
    record.counters.push(CounterRecord { key: "campaign.old.uses.month".to_owned(), period: "?".to_owned(), units: 7 });
    let mut ledger = put(&published, record.clone()).unwrap();
    ledger.put_purchase(&shop.rules, "ann", shop.ledger.purchase("t1").unwrap()).unwrap();
    let mut next = Shop { rules: published, ledger };
    assert_eq!((next.tier("ann", "2026-05-31"), next.tier("ann", "2026-06-01")), ("gold", "silver"));
    assert_eq!(next.redeem("r2", "ann", "mug", 61, "2026-05-03"), Err(ErrorCode::RedemptionCapExceeded));
    assert!(next.redeem("r2", "ann", "mug", 60, "2026-05-03").is_ok());
    // A refund of a purchase under the rules of before; spending is counted under those of today.
    next.refund("b1", "t1", 150, "2026-05-04");
    let after = next.ledger.record(&next.rules, "ann").unwrap();
    assert_eq!(after.standing.spending().collect::<Vec<_>>(), [("2026", "450")]);
    assert_eq!(after.counters, [CounterRecord { units: 100, ..record.counters.first().cloned().unwrap() }]);
    // A level that is gone.
    let gone = rules(&SHOP.replace("silver", "bronze"));
    assert_eq!(put(&gone, record.clone()).err(), Some(ErrorCode::UnknownTier));
    let none = rules("program: shop\ncurrency: USD\ntimezone: UTC\nbase: [{id: all, rate: 1%}]\n");
    assert_eq!(put(&none, record).err(), Some(ErrorCode::UnknownTier));
}

#[test]
fn another_window_of_tiers_goes_on_with_the_spending_there_is() {
    let mut shop = Shop::new();
    shop.buy("t1", "ann", 300, "2025-11-10");
    shop.buy("t2", "ann", 600, "2026-05-01");
    let spending = |from: &RuleSet, to: &str, record: &MemberRecord| {
        assert!(put(from, record.clone()).is_ok());
        let to = rules(&SHOP.replace("calendar_year", to));
        let record = put(&to, record.clone()).unwrap().record(&to, "ann").unwrap();
        let spending: Vec<(String, String)> =
            record.standing.spending().map(|(w, s)| (w.to_owned(), s.to_owned())).collect();
        (to, record, spending)
    };
    let record = shop.ledger.record(&shop.rules, "ann").unwrap();
    let own = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        list.iter().map(|(w, s)| ((*w).to_owned(), (*s).to_owned())).collect()
    };
    // A year becomes its last month, the year that is not over the month of the last event.
    let (months, by_month, found) = spending(&shop.rules, "{rolling_months: 12}", &record);
    assert_eq!(found, own(&[("2025-12", "300"), ("2026-05", "600")]));
    let (life, for_life, found) = spending(&months, "lifetime", &by_month);
    assert_eq!(found, own(&[("lifetime", "900")]));
    let (_, _, found) = spending(&life, "calendar_year", &for_life);
    assert_eq!(found, own(&[("2026", "900")]));
}

#[test]
fn an_event_names_the_counters_it_needs() {
    let shop = Shop::new();
    let member = Member::new("ann");
    let keys = shop.rules.redemption_keys("mug", at("2026-05-03"), &member).unwrap();
    let keys: Vec<(&str, &str, bool)> = keys.iter().map(|k| (k.key.as_str(), k.period.as_str(), k.shared)).collect();
    assert_eq!(keys, [("redemption.mug.points.day", "2026-05-03", false)]);
    assert_eq!(shop.rules.redemption_keys("cash", at("2026-05-03"), &member).unwrap(), []);
    let error = shop.rules.redemption_keys("cup", at("2026-05-03"), &member).unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownOption);
}

#[test]
fn the_content_of_an_event_is_by_value() {
    let rules = rules(
        "program: p\ncurrency: USD\ntimezone: UTC\nfacts: {tx: {size: decimal, note: text}}\nbase: [{id: all, rate: 1%}]\n",
    );
    let content = |text: &str| rules.content_of_purchase(&Transaction::from_json(text).unwrap(), "ann");
    let due = r#"{"kind":"purchase","member":"ann","program":"p","id":"t1","amount":"12.3","currency":"USD","occurred_at":"2026-05-01T12:00:00Z","items":[{"sku":"a","amount":"2"}],"attributes":{"note":"1.0","size":"1"}}"#;
    for text in [
        r#"{"id":"t1","amount":"12.30","currency":"USD","occurred_at":"2026-05-01T12:00:00Z","category":null,"items":[{"sku":"a","amount":2}],"note":"1.0","size":1.00}"#,
        r#"{"size":"1.0","note":"1.0","items":[{"amount":"2.00","sku":"a"}],"occurred_at":"2026-05-01T14:00:00+02:00","currency":"USD","amount":12.3,"id":"t1"}"#,
    ] {
        assert_eq!(content(text), due);
    }
    let refund = Refund {
        id: "r1".to_owned(),
        original: "t1".to_owned(),
        amount: "1.50".parse().unwrap(),
        lines: None,
        occurred_at: at("2026-05-01"),
        member: Some("ann".to_owned()),
    };
    let named = rules.content_of_refund(&refund, "ann");
    assert_eq!(
        named,
        r#"{"kind":"refund","member":"ann","program":"p","id":"r1","original":"t1","amount":"1.5","occurred_at":"2026-05-01T16:00:00Z"}"#
    );
    assert_eq!(rules.content_of_refund(&Refund { member: None, ..refund }, "ann"), named);
}
