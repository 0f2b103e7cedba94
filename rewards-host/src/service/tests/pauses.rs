//! Campaigns that are paused and resumed, and segments that are uploaded.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Desk;
use super::shop::{SHOP, buys, command, refunds, shop_rules, shops};
use crate::service::command::{Act, Command};
use crate::service::drafts::Named;
use crate::service::pauses::PauseAnswer;
use crate::service::publish::Publishing;
use crate::service::review::Start;
use crate::service::rules::InForce;
use crate::store::rows::{Instant, PublicationWrite};
use crate::store::statements;

/// A purchase so many seconds from now, which may not have come yet.
fn soon(member: &str, id: &str, seconds: i64) -> Command {
    let mut of = buys(member, id, "20.00", "2026-03-01", Some("garden"));
    if let Act::Purchase { transaction, .. } = &mut of.act {
        transaction.occurred_at = Utc::now() + TimeDelta::seconds(seconds);
    }
    of
}

impl Desk {
    async fn pause(&self, id: &str, pauses: bool) -> PauseAnswer {
        self.service.pause(None, id, pauses, ("because", "ann")).await.unwrap()
    }

    /// What a purchase of 20.00 brings so many seconds from now; 0.40 of it is base.
    async fn brings(&self, id: &str, seconds: i64) -> String {
        self.does(soon("m-1", id, seconds)).await["totals"]["total"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_paused_campaign_grants_nothing_until_it_is_resumed() {
    for desk in shops().await {
        let kind = desk.kind();
        assert_eq!(desk.brings("t1", 0).await, "2.40", "{kind}");
        let paused = desk.pause("spring", true).await;
        assert!(paused.changed && paused.paused && paused.from.is_some(), "{kind}");
        assert_eq!(desk.brings("t2", 0).await, "2.40", "{kind}: what happened before the pause has its own rules");
        assert_eq!(desk.brings("t3", 60).await, "0.40", "{kind}");
        let again = desk.pause("spring", true).await;
        assert!(again.paused && !again.changed, "{kind}");
        assert_eq!(desk.budget().await, "400", "{kind}");
        // What was granted before can be given back; its budget goes on where it stood.
        desk.does(refunds("m-1", "r1", "t2", "20.00")).await;
        assert_eq!(desk.budget().await, "200", "{kind}");
        assert!(desk.pause("spring", false).await.changed, "{kind}");
        assert_eq!(desk.brings("t4", 60).await, "2.40", "{kind}");
        let (_, replay) = desk.holds().await;
        assert_eq!((replay.postings, replay.differing), (5, 0), "{kind}");
        let audit = desk.ask("SELECT action FROM rule_audit ORDER BY id").await;
        assert_eq!(audit, ["campaign_paused", "campaign_resumed"], "{kind}");
    }
}

#[tokio::test]
async fn a_pause_outlasts_what_is_published_before_and_after_it() {
    for desk in shops().await {
        let kind = desk.kind();
        let mut work = desk.service.store.begin().await.unwrap();
        let dearer = shop_rules(&SHOP.replace("rate: 10%", "rate: 20%"));
        let how = Publishing {
            from: Utc::now() + TimeDelta::seconds(600),
            published_by: "ann".to_owned(),
            approved_by: None,
            note: String::new(),
        };
        desk.service.publish(&mut work, &dearer, &how).await.unwrap();
        work.commit().await.unwrap();
        assert_eq!(desk.brings("t1", 900).await, "4.40", "{kind}");
        desk.pause("spring", true).await;
        assert_eq!(desk.brings("t2", 60).await, "0.40", "{kind}");
        assert_eq!(desk.brings("t3", 900).await, "0.40", "{kind}: rules that were published for later");
        let mut work = desk.service.store.begin().await.unwrap();
        let kept = desk.service.as_paused(Some(&mut work), &dearer).await.unwrap();
        assert_ne!(kept.hash(), dearer.hash(), "{kind}: rules that are published now");
        assert!(kept.describe().campaigns.iter().any(|c| c.id == "spring" && c.paused), "{kind}");
        drop(work);
        desk.pause("spring", false).await;
        assert_eq!(
            (desk.brings("t4", 60).await, desk.brings("t5", 900).await),
            ("2.40".into(), "4.40".into()),
            "{kind}"
        );
        desk.holds().await;
    }
}

#[tokio::test]
async fn a_campaign_need_not_be_in_force_to_be_paused_or_resumed() {
    for desk in shops().await {
        let kind = desk.kind();
        let (before, rest) = SHOP.split_once("  - campaign: spring").unwrap();
        let (spring, rest) = rest.split_once("  - campaign: big").unwrap();
        let without = shop_rules(&format!("{before}  - campaign: big{rest}"));
        let mut work = desk.service.store.begin().await.unwrap();
        let publishing =
            |from| Publishing { from, published_by: "ann".to_owned(), approved_by: None, note: String::new() };
        let (now, later) = (Utc::now(), Utc::now() + TimeDelta::seconds(600));
        desk.service.publish(&mut work, &without, &publishing(now)).await.unwrap();
        let summer = shop_rules(&format!("{before}  - campaign: summer{spring}  - campaign: big{rest}"));
        desk.service.publish(&mut work, &summer, &publishing(later)).await.unwrap();
        work.commit().await.unwrap();
        let left = "INSERT INTO campaign_pauses VALUES ('shop', 'spring', 'because', 'ann', '2026-01-01T00:00:00Z')";
        desk.sql(left).await;
        // Rules that are over had it; its pause would hold again with other rules.
        let resumed = desk.pause("spring", false).await;
        assert_eq!((resumed.paused, resumed.changed, resumed.from), (false, true, None), "{kind}");
        let error = desk.service.pause(None, "spring", false, ("because", "ann")).await.unwrap_err();
        assert_eq!(error.code.as_str(), "not_found", "{kind}");
        // Rules that take force later have it.
        assert_eq!(desk.brings("t1", 900).await, "2.40", "{kind}");
        let paused = desk.pause("summer", true).await;
        assert!(paused.paused && paused.changed && paused.from.is_some(), "{kind}: {paused:?}");
        assert_eq!(desk.brings("t2", 900).await, "0.40", "{kind}");
        assert!(desk.pause("summer", false).await.changed, "{kind}");
        assert_eq!(desk.brings("t3", 900).await, "2.40", "{kind}");
    }
}

#[tokio::test]
async fn what_the_rules_themselves_pause_is_not_said_to_run() {
    for desk in super::desks_of(&shop_rules(&format!("{SHOP}paused: [spring]\n"))).await {
        let kind = desk.kind();
        for (pauses, changed, brings) in [(false, false, "0.40"), (true, true, "0.40"), (false, true, "0.40")] {
            let answer = desk.pause("spring", pauses).await;
            assert_eq!((answer.paused, answer.by_rules, answer.changed), (true, true, changed), "{kind} {pauses}");
            assert_eq!(answer.from.is_some(), changed, "{kind} {pauses}");
            assert_eq!(desk.brings(&format!("t-{pauses}-{changed}"), 60).await, brings, "{kind}");
        }
        let answer = desk.pause("big", true).await;
        assert_eq!((answer.paused, answer.by_rules), (true, false), "{kind}");
    }
}

const AUDIENCE: &str = r#"
program: shop
currency: EUR
timezone: UTC
base: [{id: all, rate: 2%}]
campaigns:
  - campaign: gardeners
    type: percentage
    audience: {segments: [gardeners]}
    reward: {rate: 10%}
"#;

#[tokio::test]
async fn members_of_an_uploaded_segment_are_its_audience_from_then_on() {
    for desk in super::desks_of(&shop_rules(AUDIENCE)).await {
        let kind = desk.kind();
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>();
        assert_eq!(desk.brings("t1", 0).await, "0.40", "{kind}");
        let up = desk.service.upload_segment(None, "gardeners", &ids(&["m-1", "m-9"]), "ann").await.unwrap();
        assert_eq!((up.segment.members, up.added, up.removed), (2, 2, 0), "{kind}");
        assert_eq!(desk.brings("t2", 0).await, "2.40", "{kind}");
        let up = desk.service.upload_segment(None, "gardeners", &ids(&["m-2", "m-9"]), "ann").await.unwrap();
        assert_eq!((up.segment.members, up.added, up.removed), (2, 1, 1), "{kind}");
        assert_eq!(desk.brings("t3", 0).await, "0.40", "{kind}");
        // A segment that is told counts as well, and told segments are kept as they were told.
        let told = super::shop::told(soon("m-2", "t4", 0), serde_json::json!({"segments": ["walkers"]}));
        assert_eq!(desk.does(told).await["totals"]["total"], "2.40", "{kind}");
        let known = desk.service.person("m-2").await.unwrap().unwrap().facts;
        assert_eq!(known["segments"], serde_json::json!(["walkers"]), "{kind}");
        let (_, replay) = desk.holds().await;
        assert_eq!((replay.postings, replay.differing), (4, 0), "{kind}");
        // Nothing tells of members who were forgotten.
        desk.does(command("m-2", Act::Forget)).await;
        let up = desk.service.upload_segment(None, "gardeners", &ids(&["m-2", "m-9"]), "ann").await.unwrap();
        assert_eq!(up.added, 0, "{kind}");
        assert_eq!(desk.ask("SELECT user_id FROM segment_members").await, ["m-9"], "{kind}");
        let audit = desk.ask("SELECT count(*) FROM rule_audit WHERE action = 'segment_uploaded'").await;
        assert_eq!(audit, ["3"], "{kind}");
    }
}

/// Two replicas that start on an empty store with different rules: one of them publishes.
#[tokio::test]
async fn a_program_is_published_for_the_first_time_once() {
    let (euros, dollars) = (shop_rules(SHOP), shop_rules(&SHOP.replace("currency: EUR", "currency: USD")));
    assert_ne!(euros.hash(), dollars.hash());
    for fresh in crate::store::tests::fresh::each().await {
        let (one, other) = (super::service_on(fresh.store.clone()), super::service_on(fresh.store.clone()));
        let (first, second) = tokio::join!(one.publish_first(&euros), other.publish_first(&dollars));
        assert_ne!(first.unwrap(), second.unwrap(), "{}", fresh.store.kind());
        let desk = Desk { service: one, fresh };
        let published =
            desk.ask("SELECT p.currency || r.program FROM publications AS r JOIN programs AS p USING (program)").await;
        assert_eq!(published.len(), 1, "{}", desk.kind());
    }
}

/// Of two publications from one instant on the one made later holds, whatever its id, which a clock gave.
#[tokio::test]
async fn of_two_publications_the_one_made_later_holds() {
    let (earlier, later) = (shop_rules(SHOP), shop_rules(&format!("{SHOP}# anew\n")));
    for desk in shops().await {
        let from = Utc::now() + TimeDelta::days(1);
        let mut work = desk.service.store.begin().await.unwrap();
        desk.service.keep_rule_set(&mut work, &later).await.unwrap();
        for (id, rules) in [(9, &earlier), (1, &later)] {
            let row = PublicationWrite {
                id: Uuid::from_u128(id),
                program: rules.program().to_owned(),
                rule_set: rules.hash().to_owned(),
                in_force_from: Instant(from),
                published_by: "ann".to_owned(),
                approved_by: None,
                note: String::new(),
            };
            work.write(statements::PUT_PUBLICATION, &[row]).await.unwrap();
        }
        work.commit().await.unwrap();
        let in_force = InForce::now(&desk.service.store).await.unwrap();
        assert_eq!(in_force.at(later.program(), from), Some(later.hash()), "{}", desk.kind());
    }
}

#[tokio::test]
async fn what_would_hold_for_a_moment_before_a_pause_takes_force_is_refused() {
    for desk in shops().await {
        let kind = desk.kind();
        let first = Named::Hash(shop_rules(SHOP).hash().to_owned());
        desk.publish(&shop_rules(&SHOP.replace("rate: 10%", "rate: 20%")), "2026-04-01T00:00:00Z").await;
        let from: DateTime<Utc> = desk.pause("spring", true).await.from.unwrap().parse().unwrap();
        let start = |from| Start { from, accept_gaps: true, ..Start::default() };
        let before = start(Some(from - TimeDelta::milliseconds(1)));
        let refused = desk.service.roll_back(&first, "bob", &before).await.unwrap_err();
        assert_eq!((refused.code.as_str(), &refused.fields["path"]), ("state_conflict", &"from".into()), "{kind}");
        desk.service.roll_back(&first, "bob", &start(None)).await.unwrap();
        assert_eq!(desk.brings("t1", 60).await, "0.40", "{kind}: the pause holds, under the other rules too");
        desk.pause("spring", false).await;
        assert_eq!(desk.brings("t2", 60).await, "2.40", "{kind}");
    }
}
