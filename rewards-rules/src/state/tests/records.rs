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
        r#"{"started":true,"purchases":1,"latest":"2026-05-03T16:00:00Z","standing":{"level":"silver","earned":[{"level":"silver","window":"2026","by_purchase":true,"before":"basic","on":"2026-05-01"}],"spending":{"2026":"600"},"upgrades":{"silver":"2026-05-01"},"bonuses":{"silver":{"purchase":"t1"}},"history":[{"level":"basic"},{"level":"silver","from":"2026-05-01T16:00:00Z"}],"given":[{"level":"gold","from":"2026-05-02T16:00:00Z","until":"2026-05-31"}]},"counters":[{"key":"redemption.mug.points.day","period":"2026-05-03","units":40}],"lots":[{"key":"t1/earn","seq":0,"transaction":"t1","source":"earn","earned":600,"rest":560,"redeemed":40,"expired":0,"reversed":0,"transferred":0,"counted_expired":0,"spendable_on":"2026-05-03","expires_on":"2027-05-03"},{"key":"t1/upgrade:silver","seq":1,"transaction":"t1","source":"upgrade:silver","earned":50,"rest":50,"redeemed":0,"expired":0,"reversed":0,"transferred":0,"counted_expired":0,"spendable_on":"2026-05-03","expires_on":"2027-05-03"}],"next_lot":2,"debts":[]}"#
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
    // Rules without levels leave the one that is held alone.
    let mut ledger = put(&none, record.clone()).unwrap();
    bought(&none, &mut ledger, "t9", 7, "2026-05-04");
    let kept = ledger.record(&none, "ann").unwrap();
    let back = put(&shop.rules, kept).unwrap().record(&shop.rules, "ann").unwrap();
    assert_eq!(json(&back.standing), json(&record.standing).replace("\"600\"", "\"607\""));
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
    // What was kept once stays beside it.
    let (_, _, found) = spending(&life, "calendar_year", &for_life);
    assert_eq!(found, own(&[("2025", "300"), ("2026", "600")]));
    let (_, _, found) = spending(&life, "{rolling_months: 3}", &for_life);
    assert_eq!(found, own(&[("2025-12", "300"), ("2026-05", "600")]));
}

fn spent_of(shop: &Shop, ids: &[&str]) -> SpentByMonth {
    let mut spent = SpentByMonth::default();
    for id in ids {
        spent.take(&shop.rules, None, &shop.ledger.purchase(id).unwrap()).unwrap();
    }
    spent
}

fn bought(rules: &RuleSet, ledger: &mut Ledger, id: &str, amount: i64, on: &str) -> Outcome {
    let text = format!(r#"{{"id":"{id}","amount":"{amount}","currency":"USD","occurred_at":"{on}T16:00:00Z"}}"#);
    let transaction = Transaction::from_json(&text).unwrap();
    let event = Event::Purchase { transaction: &transaction, member: "ann", tier: None, explain: false };
    match apply(rules, ledger, event) {
        Ok(Change::Posted(outcome)) => outcome,
        other => panic!("{other:?}"),
    }
}

fn brings(spending: i64) -> Opening {
    Opening {
        lots: Vec::new(),
        tier: None,
        spending: Exact::from(spending),
        upgrades: BTreeMap::new(),
        usage: Usage::default(),
        at: at("2026-03-10"),
        ..opening("ann")
    }
}

fn windows(rules: &RuleSet, record: &MemberRecord) -> String {
    json(&put(rules, record.clone()).unwrap().record(rules, "ann").unwrap().standing)
}

#[test]
fn windows_of_another_kind_are_filled_and_then_kept_beside() {
    let mut shop = Shop::new();
    let months = rules(&SHOP.replace("calendar_year", "{rolling_months: 2}"));
    let key = months.windows_missing(&shop.rules).unwrap();
    assert_eq!(key, "windows.month");
    shop.buy("t1", "ann", 300, "2025-11-10");
    shop.buy("t2", "ann", 600, "2026-02-01");
    shop.buy("t3", "ann", 90, "2026-05-01");
    shop.refund("r1", "t2", 200, "2026-05-02");
    let mut record = shop.ledger.record(&shop.rules, "ann").unwrap();
    record.keep_windows(&key, &spent_of(&shop, &["t1", "t2", "t3"])).unwrap();
    let filled = r#""beside":{"month":{"2025-11":"300","2026-02":"400","2026-05":"90"}}"#;
    assert!(json(&record).contains(filled), "{}", json(&record));
    // Another time changes nothing.
    let once = record.clone();
    record.keep_windows(&key, &SpentByMonth::default()).unwrap();
    record.keep_windows("windows.year", &SpentByMonth::default()).unwrap();
    assert_eq!(record, once);
    assert_eq!(
        record.keep_windows("windows.week", &SpentByMonth::default()).unwrap_err().code,
        ErrorCode::InvalidRecord
    );
    // Purchases and refunds under the rules that were there go on in both.
    let Shop { rules: years, ledger } = &mut shop;
    let purchases: Vec<PurchaseRecord> = ["t2", "t3"].iter().map(|id| ledger.purchase(id).unwrap()).collect();
    *ledger = put(years, record).unwrap();
    for purchase in purchases {
        ledger.put_purchase(years, "ann", purchase).unwrap();
    }
    shop.buy("t4", "ann", 10, "2026-06-01");
    shop.refund("r2", "t3", 40, "2026-06-02");
    let record = shop.ledger.record(&shop.rules, "ann").unwrap();
    let beside = r#""beside":{"month":{"2025-11":"300","2026-02":"400","2026-05":"50","2026-06":"10"}}"#;
    assert!(json(&record).contains(beside), "{}", json(&record));
    assert_eq!(record.standing.spending().collect::<Vec<_>>(), [("2025", "300"), ("2026", "460")]);
    // Under the rules that asked each month is there, and the years stay: a purchase that comes late needs them.
    let mut later = put(&months, record).unwrap();
    let change = bought(&months, &mut later, "t5", 5, "2026-06-03");
    assert_eq!(change.progress.unwrap().spending.to_string(), "65");
    let record = later.record(&months, "ann").unwrap();
    assert!(json(&record).contains(r#""beside":{"year":{"2025":"300","2026":"465"}}"#), "{}", json(&record));
    let mut back = put(&shop.rules, record).unwrap();
    let change = bought(&shop.rules, &mut back, "t6", 1, "2026-06-03");
    assert_eq!(change.progress.unwrap().spending.to_string(), "466");
    assert!(json(&back.record(&shop.rules, "ann").unwrap()).contains(r#""2026-06":"16""#));
}

#[test]
fn levels_that_are_new_count_what_was_bought_before() {
    let plain = SHOP.split("tiers:").next().unwrap().to_owned();
    let plain = rules(&plain);
    let leveled = rules(&SHOP.split("redemption:").next().unwrap().replace("calendar_year", "lifetime"));
    let key = leveled.windows_missing(&plain).unwrap();
    assert_eq!(key, "windows.lifetime");
    let mut shop = Shop { rules: plain, ledger: Ledger::new() };
    shop.buy("t1", "ann", 480, "2026-05-01");
    let mut record = shop.ledger.record(&shop.rules, "ann").unwrap();
    record.keep_windows(&key, &spent_of(&shop, &["t1"])).unwrap();
    shop.ledger = put(&shop.rules, record).unwrap();
    shop.buy("t2", "ann", 15, "2026-05-02");
    let record = shop.ledger.record(&shop.rules, "ann").unwrap();
    assert_eq!(json(&record.standing), r#"{"beside":{"lifetime":{"lifetime":"495"}}}"#);
    // Everybody begins at the lowest level; what a purchase then reaches, it brings.
    let mut later = put(&leveled, record).unwrap();
    let found = bought(&leveled, &mut later, "t3", 10, "2026-05-03");
    assert_eq!(found.tier.as_deref(), Some("basic"));
    let progress = found.progress.unwrap();
    assert_eq!((progress.spending.to_string(), &*progress.tier), ("505".to_owned(), "silver"));
}

#[test]
fn what_a_member_brought_along_is_in_the_month_of_its_opening() {
    let rules = rules(SHOP);
    let filled = r#""month":{"2026-03":"100","2026-04":"7"}"#;
    // Opened before the windows were filled, and after.
    let mut shop = Shop { rules: rules.clone(), ledger: Ledger::new() };
    apply(&shop.rules, &mut shop.ledger, Event::Open(&brings(100))).unwrap();
    shop.buy("t1", "ann", 7, "2026-04-01");
    shop.buy("t2", "ann", 8, "2026-02-01");
    shop.refund("r1", "t2", 8, "2026-04-02");
    let mut spent = spent_of(&shop, &["t1", "t2"]);
    spent.bring(day("2026-03-10"), Exact::from(100)).unwrap();
    let mut record = shop.ledger.record(&shop.rules, "ann").unwrap();
    record.keep_windows("windows.month", &spent).unwrap();
    assert!(json(&record).contains(filled), "{}", json(&record));
    let mut record = MemberRecord::default();
    record.keep_windows("windows.month", &SpentByMonth::default()).unwrap();
    let mut ledger = put(&rules, record.clone()).unwrap();
    apply(&rules, &mut ledger, Event::Open(&brings(100))).unwrap();
    bought(&rules, &mut ledger, "t1", 7, "2026-04-01");
    assert!(windows(&rules, &ledger.record(&rules, "ann").unwrap()).contains(filled));
    // Also where the rules have no levels yet.
    let plain = self::rules(SHOP.split("tiers:").next().unwrap());
    let mut ledger = put(&plain, record.clone()).unwrap();
    apply(&plain, &mut ledger, Event::Open(&brings(100))).unwrap();
    bought(&plain, &mut ledger, "t1", 7, "2026-04-01");
    assert!(windows(&plain, &ledger.record(&plain, "ann").unwrap()).contains(filled));
    // A first purchase that cannot be leaves what is kept as it was.
    let mut ledger = put(&rules, record.clone()).unwrap();
    let wrong =
        r#"{"id":"t1","amount":"1","currency":"USD","occurred_at":"2026-01-01T00:00:00Z","items":[{"amount":"2"}]}"#;
    let transaction = Transaction::from_json(wrong).unwrap();
    let event = Event::Purchase { transaction: &transaction, member: "ann", tier: None, explain: false };
    assert!(apply(&rules, &mut ledger, event).is_err());
    assert!(json(&ledger.record(&rules, "ann").unwrap()).contains(r#""beside":{"month":{}}"#));
}

#[test]
fn a_month_that_was_refunded_whole_is_as_if_nothing_was_bought() {
    let mut shop = Shop::new();
    shop.buy("t1", "ann", 60, "2026-01-10");
    let before = shop.ledger.purchase("t1").unwrap();
    shop.refund("r1", "t1", 60, "2026-02-01");
    let after = shop.ledger.purchase("t1").unwrap();
    let (mut on_the_way, mut at_the_end) = (SpentByMonth::default(), SpentByMonth::default());
    on_the_way.take(&shop.rules, None, &before).unwrap();
    on_the_way.take(&shop.rules, Some(&before), &after).unwrap();
    at_the_end.take(&shop.rules, None, &after).unwrap();
    for spent in [on_the_way, at_the_end] {
        let mut record = shop.ledger.record(&shop.rules, "ann").unwrap();
        record.keep_windows("windows.month", &spent).unwrap();
        assert!(json(&record).contains(r#""beside":{"month":{}}"#), "{}", json(&record));
    }
}

#[test]
fn a_late_purchase_under_the_rules_before_leaves_levels_where_they_were_earned() {
    let lifetime = rules(&SHOP.replace("calendar_year", "lifetime"));
    let years = rules(SHOP);
    let mut ledger = Ledger::new();
    bought(&lifetime, &mut ledger, "t1", 600, "2024-03-01");
    let mut record = ledger.record(&lifetime, "ann").unwrap();
    let mut spent = SpentByMonth::default();
    spent.take(&lifetime, None, &ledger.purchase("t1").unwrap()).unwrap();
    record.keep_windows("windows.year", &spent).unwrap();
    let mut ledger = put(&years, record).unwrap();
    bought(&years, &mut ledger, "t2", 700, "2025-03-01");
    bought(&years, &mut ledger, "t3", 5, "2026-02-01");
    let before = ledger.record(&years, "ann").unwrap();
    // Late, and under the rules of then.
    let mut then = put(&lifetime, before.clone()).unwrap();
    bought(&lifetime, &mut then, "t4", 1, "2024-05-01");
    let late = then.record(&lifetime, "ann").unwrap();
    let back = put(&years, late).unwrap().record(&years, "ann").unwrap();
    let earned = |record: &MemberRecord| json(&record.standing).split(r#""spending""#).next().unwrap().to_owned();
    assert_eq!(earned(&back), earned(&before));
    assert!(earned(&back).contains(r#""window":"2025","by_purchase":true,"before":"silver","on":"2025-03-01""#));
    let view = |record: &MemberRecord| years.standing_of(record, day("2026-03-01")).unwrap().held_through;
    assert_eq!((view(&back), view(&before)), (Some(day("2026-12-31")), Some(day("2026-12-31"))));
}

#[test]
fn a_level_earned_in_several_months_of_one_year_goes_with_that_year() {
    let text = SHOP.replace("  window: calendar_year\n", "  window: calendar_year\n  refund: immediate\n");
    let (months, years) = (rules(&text.replace("calendar_year", "{rolling_months: 2}")), rules(&text));
    let mut ledger = Ledger::new();
    bought(&months, &mut ledger, "t1", 600, "2026-01-10");
    bought(&months, &mut ledger, "t2", 600, "2026-03-10");
    let purchases = ["t1", "t2"].map(|id| ledger.purchase(id).unwrap());
    let mut shop = Shop { ledger: put(&years, ledger.record(&months, "ann").unwrap()).unwrap(), rules: years };
    for purchase in purchases {
        shop.ledger.put_purchase(&months, "ann", purchase).unwrap();
    }
    shop.refund("r1", "t1", 600, "2026-04-01");
    assert_eq!(shop.tier("ann", "2026-04-01"), "silver");
    shop.refund("r2", "t2", 600, "2026-04-02");
    assert_eq!(shop.tier("ann", "2026-04-02"), "basic");
}

#[test]
fn windows_that_were_not_kept_follow_from_the_finest() {
    // Months are kept, then the whole alone is counted: years are exact from the months.
    let of = |window: &str| rules(&SHOP.replace("calendar_year", window));
    let (months, life, years) = (of("{rolling_months: 2}"), of("lifetime"), rules(SHOP));
    let mut ledger = Ledger::new();
    bought(&months, &mut ledger, "t1", 10, "2025-11-01");
    let mut ledger = put(&life, ledger.record(&months, "ann").unwrap()).unwrap();
    bought(&life, &mut ledger, "t2", 20, "2026-02-01");
    let record = ledger.record(&life, "ann").unwrap();
    let found = put(&years, record).unwrap().record(&years, "ann").unwrap();
    assert_eq!(found.standing.spending().collect::<Vec<_>>(), [("2025", "10"), ("2026", "20")]);
}

#[test]
fn windows_are_missing_where_finer_ones_were_not_kept() {
    let of = |window: &str| rules(&SHOP.replace("calendar_year", window));
    let none = rules(SHOP.split("tiers:").next().unwrap());
    let all = [of("{rolling_months: 12}"), of("calendar_year"), of("lifetime"), none];
    let missing = |new: &RuleSet| -> Vec<Option<String>> { all.iter().map(|old| new.windows_missing(old)).collect() };
    let found: Vec<_> = all.iter().map(missing).collect();
    let [month, year, life] = ["windows.month", "windows.year", "windows.lifetime"].map(|key| Some(key.to_owned()));
    let due = [
        [None, month.clone(), month.clone(), month],
        [None, None, year.clone(), year],
        [None, None, None, life],
        [None, None, None, None],
    ];
    assert_eq!(found, due);
    let [months, ..] = &all;
    assert_eq!(of("{rolling_months: 3}").windows_missing(months), None);
    assert!(RuleSet::is_windows("windows.month") && !RuleSet::is_windows("member.all.spend.month"));
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
