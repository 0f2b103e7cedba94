//! The rules by hand with `rust_decimal`, as a careful programmer writes them: constants made once, nothing parsed or
//! allocated for a purchase.

use chrono::{DateTime, Datelike, Utc, Weekday};
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Category, MEMBERS, Purchase, Tier, month_of};

const fn hundredths(n: u32) -> Decimal {
    Decimal::from_parts(n, 0, 0, false, 2)
}

const fn rate(n: u32) -> Decimal {
    Decimal::from_parts(n, 0, 0, false, 4)
}

const ZERO: Decimal = Decimal::ZERO;

/// What earlier purchases left.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    /// Purchases of the member before this one.
    pub purchases: i64,
    /// Granted in this month: in all, by the weekend campaign, by the partner campaign.
    pub used: [Decimal; 3],
}

impl From<super::Before> for Before {
    fn from(before: super::Before) -> Before {
        Before { purchases: before.purchases, used: before.used.map(|cents| Decimal::new(cents, 2)) }
    }
}

/// What a purchase brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reward {
    base: Decimal,
    loyalty: Decimal,
    campaigns: [Decimal; 6],
    total: Decimal,
}

impl Reward {
    /// All of it, in cents.
    pub fn cents(&self) -> i64 {
        let mut total = self.total;
        total.rescale(2);
        i64::try_from(total.mantissa()).unwrap_or(0)
    }
}

fn percent(amount: Decimal, rate: Decimal) -> Decimal {
    (amount * rate).round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven)
}

/// One purchase, given what earlier ones left.
pub fn reward(partners: &[bool; 200], purchase: &Purchase, before: &Before) -> Reward {
    let amount = purchase.amount;
    let decoded = &purchase.decoded;
    let base_rate = match decoded.category {
        Category::Groceries => rate(300),
        Category::Dining => rate(400),
        Category::Fuel => rate(200),
        Category::Travel => rate(500),
        Category::Online => rate(150),
        Category::Other => rate(100),
    };
    let base = percent(amount, base_rate);
    let loyalty = match decoded.tier {
        Tier::Bronze => ZERO,
        Tier::Silver => percent(amount, rate(25)),
        Tier::Gold => percent(amount, rate(50)),
        Tier::Platinum => percent(amount, rate(100)),
    };
    let mut campaigns = [ZERO; 6];
    if weekend(purchase.occurred_at) && decoded.category == Category::Dining {
        let left = (hundredths(5_000) - before.used[1]).max(ZERO);
        campaigns[0] = percent(amount, rate(200)).min(hundredths(1_000)).min(left);
    }
    if amount >= hundredths(10_000) {
        campaigns[1] = hundredths(100);
    }
    if partners[usize::from(decoded.merchant)] {
        let left = (hundredths(3_000) - before.used[2]).max(ZERO);
        campaigns[2] = percent(amount, rate(300)).min(left);
    }
    if before.purchases == 0 {
        campaigns[3] = hundredths(500);
    }
    if !decoded.domestic && decoded.online {
        campaigns[4] = percent(amount, rate(100)).min(hundredths(500));
    }
    if amount > hundredths(50_000) {
        campaigns[5] = percent(amount, rate(50)).min(hundredths(400));
    }
    let total = campaigns.iter().fold(base + loyalty, |sum, part| sum + part);
    let mut reward = Reward { base, loyalty, campaigns, total };
    cap(&mut reward, hundredths(5_000));
    cap(&mut reward, (hundredths(20_000) - before.used[0]).max(ZERO));
    reward
}

fn weekend(at: DateTime<Utc>) -> bool {
    matches!(at.weekday(), Weekday::Sat | Weekday::Sun)
}

/// Cuts what is above the limit: campaigns from the last, then loyalty, then base.
fn cap(reward: &mut Reward, limit: Decimal) {
    let mut excess = reward.total - limit;
    if excess <= ZERO {
        return;
    }
    let Reward { base, loyalty, campaigns, total } = reward;
    for part in campaigns.iter_mut().rev().chain([loyalty, base]) {
        let cut = excess.min(*part);
        *part -= cut;
        excess -= cut;
    }
    *total = limit;
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
    /// Evaluates a purchase and counts it.
    pub fn post(&mut self, purchase: &Purchase) -> Reward {
        let month = month_of(purchase.occurred_at);
        let (known, before) = &mut self.members[purchase.decoded.member as usize];
        if *known != month {
            *known = month;
            before.used = [ZERO; 3];
        }
        let reward = reward(&self.partners, purchase, before);
        before.purchases += 1;
        before.used[0] += reward.total;
        before.used[1] += reward.campaigns[0];
        before.used[2] += reward.campaigns[2];
        reward
    }
}
