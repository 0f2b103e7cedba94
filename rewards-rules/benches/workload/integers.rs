//! The rules by hand on scaled 64-bit integers: cents, and rates in hundredths of a percent.

use chrono::{Datelike, Weekday};

use super::{Before, Category, MEMBERS, Purchase, Reward, Tier, month_of};

/// cents x rate / 10,000, a tie to the even cent.
fn percent(cents: i64, rate: i64) -> i64 {
    let product = cents * rate;
    let (quotient, rest) = (product / 10_000, product % 10_000);
    if rest > 5_000 || (rest == 5_000 && quotient % 2 == 1) { quotient + 1 } else { quotient }
}

/// One purchase, given what earlier ones left.
pub fn reward(partners: &[bool; 200], purchase: &Purchase, before: &Before) -> Reward {
    let cents = purchase.cents;
    let decoded = &purchase.decoded;
    let rate = match decoded.category {
        Category::Groceries => 300,
        Category::Dining => 400,
        Category::Fuel => 200,
        Category::Travel => 500,
        Category::Online => 150,
        Category::Other => 100,
    };
    let base = percent(cents, rate);
    let loyalty = match decoded.tier {
        Tier::Bronze => 0,
        Tier::Silver => percent(cents, 25),
        Tier::Gold => percent(cents, 50),
        Tier::Platinum => percent(cents, 100),
    };
    let mut campaigns = [0_i64; 6];
    let weekend = matches!(purchase.occurred_at.weekday(), Weekday::Sat | Weekday::Sun);
    if weekend && decoded.category == Category::Dining {
        campaigns[0] = percent(cents, 200).min(1_000).min((5_000 - before.used[1]).max(0));
    }
    if cents >= 10_000 {
        campaigns[1] = 100;
    }
    if partners[usize::from(decoded.merchant)] {
        campaigns[2] = percent(cents, 300).min((3_000 - before.used[2]).max(0));
    }
    if before.purchases == 0 {
        campaigns[3] = 500;
    }
    if !decoded.domestic && decoded.online {
        campaigns[4] = percent(cents, 100).min(500);
    }
    if cents > 50_000 {
        campaigns[5] = percent(cents, 50).min(400);
    }
    let mut reward = Reward { base, loyalty, campaigns };
    cap(&mut reward, 5_000);
    cap(&mut reward, (20_000 - before.used[0]).max(0));
    reward
}

/// Cuts what is above the limit: campaigns from the last, then loyalty, then base.
fn cap(reward: &mut Reward, limit: i64) {
    let mut excess = reward.total() - limit;
    if excess <= 0 {
        return;
    }
    let Reward { base, loyalty, campaigns } = reward;
    for part in campaigns.iter_mut().rev().chain([loyalty, base]) {
        let cut = excess.min(*part);
        *part -= cut;
        excess -= cut;
    }
}

/// What is kept of the members, by number.
#[derive(Debug)]
pub struct State {
    partners: [bool; 200],
    members: Vec<(i32, Before)>,
}

impl Default for State {
    fn default() -> State {
        let count = usize::try_from(MEMBERS).unwrap_or(0);
        State { partners: super::partners(), members: vec![(0, Before::default()); count] }
    }
}

impl State {
    /// What earlier purchases left for this one.
    pub fn before(&self, purchase: &Purchase) -> Before {
        let month = month_of(purchase.occurred_at);
        let (known, before) = self.members[purchase.decoded.member as usize];
        if known == month { before } else { Before { purchases: before.purchases, used: [0; 3] } }
    }

    /// Evaluates a purchase and counts it.
    pub fn post(&mut self, purchase: &Purchase) -> Reward {
        let month = month_of(purchase.occurred_at);
        let (known, before) = &mut self.members[purchase.decoded.member as usize];
        if *known != month {
            *known = month;
            before.used = [0; 3];
        }
        let reward = reward(&self.partners, purchase, before);
        before.purchases += 1;
        before.used[0] += reward.total();
        before.used[1] += reward.campaigns[0];
        before.used[2] += reward.campaigns[2];
        reward
    }
}
