//! Windows of levels change, or levels are new: what members spent before counts by the new windows.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::counting::{PLAIN, buys, returns};
use super::shop::command;
use super::{ANY, Desk, UNTRIED, desks};
use crate::service::command::{Act, Command};
use crate::service::openings::Brought;
use crate::service::review::Start;

const LIFE: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
base:
  - {id: all, rate: 1%}
tiers:
  window: lifetime
  levels:
    - {id: bronze, min_spending: 0.00}
    - {id: silver, min_spending: 80.00}
"#;

impl Desk {
    /// Publishes rules from an instant on, after the windows that they lack were filled.
    async fn windows_filled(&self, rules: &str, key: &str, from: Option<DateTime<Utc>>) -> DateTime<Utc> {
        let draft = self.submitted(rules).await;
        let error = self.service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap_err();
        assert_eq!((error.code.as_str(), &error.fields["counters"]), ("counter_not_ready", &json!([key])));
        assert!(error.fields["members_left"].as_u64().unwrap() > 0);
        while self.service.fill_counters().await.unwrap() > 0 {}
        self.service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();
        let start = Start { from, ..Start::default() };
        let published = self.service.publish_draft(draft, "cay", &ANY, &start).await.unwrap();
        assert!(published.incomplete_counters.is_empty(), "{published:?}");
        published.in_force_from
    }

    /// Waits for an instant.
    async fn until(&self, instant: DateTime<Utc>) {
        while self.service.now().await.unwrap() < instant {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }

    /// Window, spending and level after a purchase.
    async fn progress(&self, of: Command) -> (String, String, String) {
        let progress: Value = self.does(of).await["progress"].clone();
        let text = |name: &str| progress[name].as_str().unwrap().to_owned();
        (text("window"), text("spending"), text("tier"))
    }
}

#[tokio::test]
async fn months_of_a_window_that_is_new_are_those_in_which_was_bought() {
    let rolling = LIFE.replace("lifetime", "{rolling_months: 2}");
    for desk in desks(LIFE).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        let (long_ago, before, from) =
            (now - TimeDelta::days(75), now - TimeDelta::hours(1), now + TimeDelta::hours(1));
        let later = now + TimeDelta::hours(2);
        desk.does(buys("m-1", "t1", "60.00", long_ago, "a")).await;
        desk.does(buys("m-1", "t2", "30.00", before, "a")).await;
        desk.does(returns("m-1", "r1", "t2", "10.00")).await;
        desk.does(buys("m-2", "t3", "5.00", long_ago, "a")).await;
        desk.windows_filled(&rolling, "windows.month", Some(from)).await;

        // Until the rules take force both kinds of window go on, also for who begins now.
        desk.does(buys("m-1", "t5", "7.00", before, "a")).await;
        desk.does(buys("m-3", "t6", "4.00", before, "a")).await;
        desk.holds().await;
        let spending = |of: (String, String, String)| of.1;
        let (window, spent, tier) = desk.progress(buys("m-1", "t7", "1.00", later, "a")).await;
        assert_eq!((spent.as_str(), tier.as_str()), ("28.00", "silver"), "{kind}: not t1, which is too long ago");
        assert_eq!(window.len(), "2026-01".len(), "{kind}: {window}");
        assert_eq!(spending(desk.progress(buys("m-2", "t8", "1.00", later, "a")).await), "1.00", "{kind}");
        assert_eq!(spending(desk.progress(buys("m-3", "t9", "1.00", later, "a")).await), "5.00", "{kind}");
        // A purchase that comes late is under the rules of its instant, and finds their window whole.
        let late = desk.progress(buys("m-1", "t10", "2.00", before, "a")).await;
        assert_eq!(late, ("lifetime".to_owned(), "90.00".to_owned(), "silver".to_owned()), "{kind}");
        assert_eq!(spending(desk.progress(buys("m-1", "t11", "1.00", later, "a")).await), "31.00", "{kind}");
        // So does a refund: it gives back in both.
        desk.does(returns("m-1", "r2", "t1", "60.00")).await;
        assert_eq!(spending(desk.progress(buys("m-1", "t12", "1.00", later, "a")).await), "32.00", "{kind}");
        assert_eq!(spending(desk.progress(buys("m-1", "t13", "1.00", before, "a")).await), "33.00", "{kind}");
        desk.holds().await;

        // Verification finds a window that is not what was bought.
        desk.sql("UPDATE user_loyalty_status SET record = replace(record, '\"lifetime\":\"33\"', '\"lifetime\":\"34\"') WHERE user_id = 'm-1'").await;
        let (_, found) = desk.findings().await;
        // As it is kept, and as it is shown.
        assert_eq!(found.len(), 2, "{kind}: {found:#?}");
        let of_it = |one: &String| one.contains("user_loyalty_status m-1 shop");
        assert!(found.iter().all(of_it), "{kind}: {found:#?}");
    }
}

#[tokio::test]
async fn levels_that_a_program_did_not_have_begin_with_what_was_bought() {
    let leveled = format!("{PLAIN}{}", LIFE.get(LIFE.find("tiers:").unwrap()..).unwrap());
    for desk in desks(PLAIN).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        let before = now - TimeDelta::hours(1);
        desk.does(buys("m-1", "t1", "90.00", before, "other")).await;
        desk.does(buys("m-2", "t2", "10.00", before, "other")).await;
        // The job fills one, and the other's own next purchase.
        let draft = desk.submitted(&leveled).await;
        desk.does(buys("m-2", "t3", "5.00", before, "other")).await;
        let filled = desk.ask("SELECT record FROM user_loyalty_status WHERE user_id = 'm-2'").await.concat();
        assert!(filled.contains(r#""beside":{"lifetime":{"lifetime":"15"}}"#), "{kind}: {filled}");
        assert_eq!(desk.service.fill_counters().await.unwrap(), 1, "{kind}");
        desk.service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();
        let published = desk.service.publish_draft(draft, "cay", &ANY, &Start::default()).await.unwrap();
        desk.does(buys("m-1", "t4", "1.00", before, "other")).await;
        desk.holds().await;
        desk.until(published.in_force_from).await;
        // What has no line of its own is under the new rules already.
        desk.does(command("m-2", Act::SetFacts { facts: Map::new() })).await;
        desk.holds().await;
        let later = desk.service.now().await.unwrap();
        let of = |window: &str, spent: &str, tier: &str| (window.to_owned(), spent.to_owned(), tier.to_owned());
        let found = desk.progress(buys("m-1", "t5", "1.00", later, "other")).await;
        assert_eq!(found, of("lifetime", "92.00", "silver"), "{kind}");
        let found = desk.progress(buys("m-2", "t6", "1.00", later, "other")).await;
        assert_eq!(found, of("lifetime", "16.00", "bronze"), "{kind}");
        // A late purchase under the rules without levels counts for them.
        desk.does(buys("m-2", "t7", "70.00", before, "other")).await;
        let levels = "SELECT user_id || ' ' || coalesce(current_tier, '-') FROM user_loyalty_status ORDER BY user_id";
        assert_eq!(desk.ask(levels).await, ["m-1 silver", "m-2 bronze"], "{kind}");
        let found = desk.progress(buys("m-2", "t8", "1.00", later, "other")).await;
        assert_eq!(found, of("lifetime", "87.00", "silver"), "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn what_was_refunded_brought_along_or_has_no_line_is_verified() {
    let rolling = LIFE.replace("lifetime", "{rolling_months: 2}");
    for desk in desks(LIFE).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        let (long_ago, before) = (now - TimeDelta::days(75), now - TimeDelta::hours(1));
        let brought = Brought { tier: Some("silver".to_owned()), spending: 120.into(), ..Brought::default() };
        assert!(desk.imports(&[("m-5", brought)]).await.is_whole(), "{kind}");
        desk.does(buys("m-5", "t0", "5.00", before, "a")).await;
        desk.does(buys("m-1", "t1", "60.00", long_ago, "a")).await;
        desk.does(returns("m-1", "r1", "t1", "60.00")).await;
        desk.does(buys("m-1", "t2", "90.00", before, "a")).await;
        let from = desk.windows_filled(&rolling, "windows.month", None).await;
        desk.holds().await;
        desk.until(from).await;
        for member in ["m-1", "m-5"] {
            desk.does(command(member, Act::SetFacts { facts: Map::new() })).await;
        }
        desk.holds().await;
        let later = desk.service.now().await.unwrap();
        let held = "SELECT tier_expiry_date FROM user_loyalty_status WHERE user_id = 'm-1'";
        let spending = |of: (String, String, String)| of.1;
        assert_eq!(spending(desk.progress(buys("m-1", "t3", "1.00", later, "a")).await), "91.00", "{kind}");
        assert_eq!(spending(desk.progress(buys("m-5", "t4", "1.00", later, "a")).await), "126.00", "{kind}");
        let through = desk.ask(held).await;
        assert_ne!(through, [""], "{kind}");
        // A late purchase under the rules of before does not move the month in which a level was earned.
        desk.does(buys("m-1", "t5", "2.00", long_ago, "a")).await;
        desk.does(buys("m-1", "t6", "2.00", later, "a")).await;
        assert_eq!(desk.ask(held).await, through, "{kind}");
        desk.holds().await;
        // One who was looked at and had no event has not begun.
        let twice = [buys("m-1", "t7", "1.00", later, "a"), buys("m-8", "t7", "1.00", later, "a")];
        assert!(desk.service.post(&twice).await[1].is_err(), "{kind}");
        assert!(desk.ask("SELECT record FROM user_loyalty_status WHERE user_id = 'm-8'").await.is_empty(), "{kind}");
        desk.holds().await;
    }
}

#[tokio::test]
async fn finer_windows_that_are_given_up_go_on_and_nobody_waits_for_them() {
    let rolling = LIFE.replace("lifetime", "{rolling_months: 2}");
    for desk in desks(&rolling).await {
        let kind = desk.kind();
        let now = desk.service.now().await.unwrap();
        let (before, from) = (now - TimeDelta::hours(1), now + TimeDelta::hours(1));
        desk.does(buys("m-1", "t1", "60.00", now - TimeDelta::days(75), "a")).await;
        desk.does(buys("m-1", "t2", "5.00", before, "a")).await;
        let draft = desk.submitted(LIFE).await;
        desk.service.approve(draft, "bob", &ANY, UNTRIED).await.unwrap();
        let start = Start { from: Some(from), ..Start::default() };
        let published = desk.service.publish_draft(draft, "cay", &ANY, &start).await.unwrap();
        assert!(published.incomplete_counters.is_empty(), "{kind}: {published:?}");
        // One who begins under the coarser rules has months as well.
        let later = now + TimeDelta::hours(2);
        assert_eq!(desk.progress(buys("m-2", "t3", "7.00", later, "a")).await.1, "7.00", "{kind}");
        assert_eq!(desk.progress(buys("m-1", "t4", "1.00", later, "a")).await.1, "66.00", "{kind}");
        for (member, id, spent) in [("m-1", "t5", "8.00"), ("m-2", "t6", "9.00")] {
            let late = desk.progress(buys(member, id, "2.00", before, "a")).await;
            assert_eq!((late.1.as_str(), late.0.len()), (spent, "2026-01".len()), "{kind}");
        }
        desk.holds().await;
    }
}
