//! Events by hand: transfers, adjustments, opening balances, given tiers.

use super::*;

#[test]
fn a_transfer_takes_what_expires_first_and_the_dates_go_along() {
    let mut shop = Shop::new();
    shop.adjust("a1", "ann", 30, "2026-05-01", None).unwrap();
    shop.adjust("a2", "ann", 20, "2026-05-02", Some("2026-09-30")).unwrap();
    shop.adjust("a3", "ann", 10, "2026-05-02", Some("2026-08-31")).unwrap();
    let change = shop.transfer("x1", "ann", "bob", 45, "2026-05-03");
    assert_eq!(change, Ok(Change::Transferred { points: Points::from_units(45, 0) }));
    let (soon, later, year) = (Some(day("2026-08-31")), Some(day("2026-09-30")), Some(day("2027-05-01")));
    assert_eq!(
        shop.lots("bob"),
        [
            ("x1/transfer:0".to_owned(), 10, soon),
            ("x1/transfer:1".to_owned(), 20, later),
            ("x1/transfer:2".to_owned(), 15, year)
        ]
    );
    assert_eq!(
        shop.lots("ann"),
        [
            ("a1/adjustment".to_owned(), 15, year),
            ("a2/adjustment".to_owned(), 0, later),
            ("a3/adjustment".to_owned(), 0, soon)
        ]
    );
    assert_eq!(
        (shop.points("ann", "2026-05-03"), shop.points("bob", "2026-05-03")),
        ([15, 0, 45, 0, 0], [45, 0, 0, 0, 0])
    );
    let bob = shop.ledger.member("bob").unwrap();
    let expiring = |by: &str| bob.expiring(&shop.rules, day("2026-05-03"), day(by)).units();
    assert_eq!([expiring("2026-08-30"), expiring("2026-08-31"), expiring("2026-12-31")], [0, 10, 30]);
    // The received points expire on their old day.
    assert_eq!(shop.points("bob", "2026-09-01")[0], 35);
}

#[test]
fn what_cannot_be_transferred_moves_nothing() {
    let mut shop = Shop::new();
    // Points of a purchase are pending for two days.
    assert_eq!(shop.buy("t1", "ann", 100, "2026-05-01"), 100);
    assert_eq!(shop.transfer("x1", "ann", "bob", 1, "2026-05-02"), Err(ErrorCode::InsufficientPoints));
    assert!(shop.ledger.member("bob").is_none());
    assert_eq!(shop.transfer("x1", "ann", "ann", 1, "2026-05-03"), Err(ErrorCode::SameMember));
    assert_eq!(shop.transfer("x1", "ann", "bob", 101, "2026-05-03"), Err(ErrorCode::InsufficientPoints));
    assert_eq!(shop.transfer("x1", "ann", "bob", 0, "2026-05-03"), Err(ErrorCode::WrongType));
    for closed in ["ann", "bob"] {
        shop.ledger.facts_mut(closed).status = Status::Closed;
        assert_eq!(shop.transfer("x1", "ann", "bob", 1, "2026-05-03"), Err(ErrorCode::MemberInactive));
        shop.ledger.facts_mut(closed).status = Status::Active;
    }
    assert_eq!(shop.points("ann", "2026-05-03"), [100, 0, 0, 0, 0]);
    // What failed claimed no id.
    assert!(shop.transfer("x1", "ann", "bob", 60, "2026-05-03").is_ok());
    assert_eq!(shop.transfer("x1", "ann", "bob", 60, "2026-05-03"), Ok(Change::Repeated));
    assert_eq!(shop.transfer("x1", "ann", "bob", 61, "2026-05-03"), Err(ErrorCode::IdConflict));
    assert_eq!(shop.transfer("x1", "bob", "ann", 60, "2026-05-03"), Err(ErrorCode::IdConflict));
    assert_eq!(shop.points("bob", "2026-05-03"), [60, 0, 0, 0, 0]);
}

#[test]
fn received_points_pay_debt_first() {
    let mut shop = Shop::new();
    shop.buy("t1", "bob", 100, "2026-05-01");
    shop.redeem("r1", "bob", "mug", 100, "2026-05-04").unwrap();
    shop.refund("b1", "t1", 100, "2026-05-05");
    assert_eq!(shop.points("bob", "2026-05-05"), [0, 0, 0, 0, 100]);
    shop.adjust("a1", "ann", 70, "2026-05-05", None).unwrap();
    shop.adjust("a2", "ann", 50, "2026-05-05", Some("2026-06-30")).unwrap();
    shop.transfer("x1", "ann", "bob", 110, "2026-05-06").unwrap();
    // The lot that expires first came first and paid first.
    let lots = shop.lots("bob");
    assert_eq!(
        lots.iter().map(|(key, rest, _)| (key.as_str(), *rest)).collect::<Vec<_>>(),
        [("t1/earn", 0), ("x1/transfer:0", 0), ("x1/transfer:1", 10)]
    );
    assert_eq!(shop.points("bob", "2026-05-06"), [10, 0, 0, 100, 0]);
}

#[test]
fn a_refund_of_points_that_were_given_away_takes_others_or_becomes_debt() {
    let mut shop = Shop::new();
    shop.buy("x1", "ann", 100, "2026-05-01");
    shop.adjust("a1", "ann", 30, "2026-05-01", None).unwrap();
    // All that has the earlier end is the adjustment: 30 of it, then 90 of the purchase.
    shop.transfer("x1", "ann", "bob", 120, "2026-05-04").unwrap();
    shop.refund("b1", "x1", 100, "2026-05-05");
    assert_eq!(shop.points("ann", "2026-05-05"), [0, 0, 120, 10, 90]);
    // A transfer with the purchase's id is no lot of the purchase.
    assert_eq!(shop.points("bob", "2026-05-05"), [120, 0, 0, 0, 0]);
    shop.transfer("y", "bob", "ann", 100, "2026-05-06").unwrap();
    assert_eq!(shop.points("ann", "2026-05-06"), [10, 0, 120, 100, 0]);
}

#[test]
fn an_adjustment_credits_or_takes_and_makes_no_debt() {
    let mut shop = Shop::new();
    assert_eq!(
        shop.adjust("a1", "ann", 40, "2026-05-01", None),
        Ok(Change::Adjusted { points: Points::from_units(40, 0) })
    );
    // Spendable at once, with the program's usual end.
    assert_eq!(shop.lots("ann"), [("a1/adjustment".to_owned(), 40, Some(day("2027-05-01")))]);
    assert_eq!(shop.points("ann", "2026-05-01"), [40, 0, 0, 0, 0]);
    assert_eq!(shop.adjust("a2", "ann", -41, "2026-05-02", None), Err(ErrorCode::InsufficientPoints));
    assert_eq!(
        shop.adjust("a2", "ann", -15, "2026-05-02", None),
        Ok(Change::Adjusted { points: Points::from_units(-15, 0) })
    );
    assert_eq!(shop.points("ann", "2026-05-02"), [25, 0, 0, 15, 0]);
    assert_eq!(shop.adjust("a2", "ann", -15, "2026-05-02", None), Ok(Change::Repeated));
    assert_eq!(shop.adjust("a2", "ann", -16, "2026-05-02", None), Err(ErrorCode::IdConflict));
    assert_eq!(shop.adjust("a3", "ann", 0, "2026-05-02", None), Err(ErrorCode::WrongType));
    assert_eq!(shop.adjust("a3", "ann", 5, "2026-05-02", Some("2026-05-01")), Err(ErrorCode::WrongType));
    assert_eq!(shop.adjust("a3", "ann", -5, "2026-05-02", Some("2026-06-01")), Err(ErrorCode::WrongType));
    // Pending points cannot be taken.
    shop.buy("t1", "ann", 100, "2026-05-03");
    assert_eq!(shop.adjust("a3", "ann", -26, "2026-05-04", None), Err(ErrorCode::InsufficientPoints));
    // A late one past its end has expired.
    shop.adjust("a4", "ann", 9, "2026-05-01", Some("2026-05-01")).unwrap();
    assert_eq!(shop.balance("ann", "2026-05-04").expired.units(), 9);
}

#[test]
fn a_credit_by_hand_pays_the_oldest_debt() {
    let mut shop = Shop::new();
    shop.buy("t1", "ann", 60, "2026-05-01");
    shop.redeem("r1", "ann", "mug", 60, "2026-05-04").unwrap();
    shop.refund("b1", "t1", 20, "2026-05-05");
    shop.refund("b2", "t1", 40, "2026-05-06");
    assert_eq!(shop.ledger.record(&shop.rules, "ann").unwrap().debts, [20, 40]);
    shop.adjust("a1", "ann", 25, "2026-05-06", None).unwrap();
    assert_eq!(shop.ledger.record(&shop.rules, "ann").unwrap().debts, [35]);
    // A redemption that is cancelled pays, too.
    shop.settle("r1", "ann", Settlement::Cancel, "2026-05-07").unwrap();
    assert_eq!(shop.points("ann", "2026-05-07"), [25, 0, 0, 60, 0]);
}

#[test]
fn a_member_opens_with_what_it_brings_along() {
    let mut shop = Shop::new();
    assert_eq!(shop.apply(Event::Open(&opening("ann"))), Ok(Change::Opened));
    assert_eq!(shop.apply(Event::Open(&opening("ann"))), Ok(Change::Repeated));
    assert_eq!(shop.apply(Event::Open(&opening("bob"))), Err(ErrorCode::IdConflict));
    assert_eq!((shop.tier("ann", "2026-05-01"), shop.points("ann", "2026-05-01")), ("silver", [70, 30, 0, 0, 0]));
    assert_eq!(shop.balance("ann", "2026-05-01").expired.units(), 5);
    assert_eq!(shop.ledger.member("ann").unwrap().purchases(), 12);
    assert_eq!(shop.redeem("r1", "ann", "mug", 6, "2026-05-01"), Err(ErrorCode::RedemptionCapExceeded));
    // 1900 + 100 reaches gold, with the bonus of gold and none of silver.
    assert_eq!(shop.buy("t1", "ann", 100, "2026-05-02"), 300);
    assert_eq!(shop.tier("ann", "2026-05-02"), "gold");
}

#[test]
fn a_member_opens_once_and_first() {
    let mut shop = Shop::new();
    shop.buy("t1", "ann", 10, "2026-04-01");
    assert_eq!(shop.apply(Event::Open(&opening("ann"))), Err(ErrorCode::OpeningTooLate));
    type Case = (fn(&mut Opening), ErrorCode);
    let cases: [Case; 7] = [
        (|o| o.tier = Some("iron".to_owned()), ErrorCode::UnknownTier),
        (|o| o.upgrades = [("iron".to_owned(), day("2026-01-01"))].into(), ErrorCode::UnknownTier),
        (|o| o.usage = Usage([("member.spend.moon".to_owned(), Exact::ONE)].into()), ErrorCode::UnknownFact),
        (|o| o.purchases = -1, ErrorCode::WrongType),
        (|o| o.spending = "-1".parse().unwrap(), ErrorCode::WrongType),
        (
            |o| o.lots = vec![OpeningLot { points: Exact::ZERO, ..o.lots.first().copied().unwrap() }],
            ErrorCode::WrongType,
        ),
        (|o| o.lots.iter_mut().for_each(|l| l.spendable_on = day("2027-01-01")), ErrorCode::WrongType),
    ];
    for (change, code) in cases {
        let mut wrong = opening("bob");
        change(&mut wrong);
        assert_eq!(shop.apply(Event::Open(&wrong)), Err(code), "{wrong:?}");
        assert!(shop.ledger.member("bob").is_none());
    }
    assert_eq!(shop.apply(Event::Open(&opening("bob"))), Ok(Change::Opened));
}

#[test]
fn a_given_tier_lifts_the_one_that_is_earned_and_then_ends() {
    let mut shop = Shop::new();
    shop.buy("t1", "ann", 100, "2026-05-01");
    assert_eq!(shop.give("ann", "gold", "2026-05-02", "2026-05-10"), Ok(Change::TierGiven));
    assert_eq!((shop.tier("ann", "2026-05-10"), shop.tier("ann", "2026-05-11")), ("gold", "basic"));
    // Gold doubles points, brought no bonus, and may redeem what is for gold.
    assert_eq!(shop.points("ann", "2026-05-02"), [0, 100, 0, 0, 0]);
    assert_eq!(shop.buy("t2", "ann", 100, "2026-05-03"), 200);
    assert!(shop.redeem("r1", "ann", "cash", 100, "2026-05-10").is_ok());
    assert_eq!(shop.redeem("r2", "ann", "cash", 100, "2026-05-11"), Err(ErrorCode::TierIneligible));
    // What spending reaches meanwhile is earned, with its bonus, and stays.
    let mut shop = Shop::new();
    shop.give("ann", "gold", "2026-05-02", "2026-05-10").unwrap();
    assert_eq!(shop.buy("t1", "ann", 600, "2026-05-03"), 1250);
    assert_eq!((shop.tier("ann", "2026-05-10"), shop.tier("ann", "2026-05-11")), ("gold", "silver"));
    assert_eq!(shop.buy("t2", "ann", 100, "2026-05-11"), 100);
    assert_eq!((shop.tier("ann", "2027-12-31"), shop.tier("ann", "2028-01-01")), ("silver", "basic"));
}

#[test]
fn a_late_purchase_sees_the_tier_that_was_given() {
    let mut shop = Shop::new();
    shop.give("ann", "gold", "2026-05-02", "2026-05-10").unwrap();
    shop.buy("t1", "ann", 10, "2026-06-01");
    assert_eq!(shop.buy("t2", "ann", 10, "2026-05-01"), 10);
    assert_eq!(shop.buy("t3", "ann", 10, "2026-05-10"), 20);
    assert_eq!(shop.buy("t4", "ann", 10, "2026-05-11"), 10);
}

#[test]
fn a_later_gift_takes_the_place_of_the_one_before() {
    let mut shop = Shop::new();
    shop.give("ann", "gold", "2026-05-02", "2026-12-31").unwrap();
    shop.give("ann", "silver", "2026-05-05", "2026-05-20").unwrap();
    assert_eq!((shop.tier("ann", "2026-05-20"), shop.tier("ann", "2026-05-21")), ("silver", "basic"));
    // The lowest level takes a gift back.
    shop.give("ann", "basic", "2026-05-06", "2026-05-06").unwrap();
    assert_eq!(shop.tier("ann", "2026-05-06"), "basic");
    assert_eq!(shop.give("ann", "iron", "2026-05-06", "2026-05-06"), Err(ErrorCode::UnknownTier));
    assert_eq!(shop.give("ann", "gold", "2026-05-06", "2026-05-05"), Err(ErrorCode::WrongType));
    let given = GivenTier {
        id: Some("g1".to_owned()),
        member: "ann".to_owned(),
        level: "gold".to_owned(),
        until: day("2026-06-01"),
        at: at("2026-05-07"),
    };
    assert_eq!(shop.apply(Event::GiveTier(&given)), Ok(Change::TierGiven));
    assert_eq!(shop.apply(Event::GiveTier(&given)), Ok(Change::Repeated));
    let other = GivenTier { until: day("2026-06-02"), ..given };
    assert_eq!(shop.apply(Event::GiveTier(&other)), Err(ErrorCode::IdConflict));
}

#[test]
fn a_program_without_tiers_gives_none() {
    let rules = rules("program: p\ncurrency: USD\ntimezone: UTC\nbase: [{id: all, rate: 1%}]\n");
    let given = GivenTier {
        id: None,
        member: "ann".to_owned(),
        level: "gold".to_owned(),
        until: day("2026-06-01"),
        at: at("2026-05-07"),
    };
    let error = apply(&rules, &mut Ledger::new(), Event::GiveTier(&given)).unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownTier);
}
