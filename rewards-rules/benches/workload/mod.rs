//! One workload for everything whose speed is compared: its rules, its purchases, and the same rules by hand.
//!
//! A room of its own because the comparison with other engines lives in a workspace of its own and takes these very
//! files by path. They need `chrono` and `rust_decimal` and nothing of the engine.

pub mod decimals;
pub mod integers;
pub mod rounds;

use chrono::{DateTime, Datelike, TimeDelta, TimeZone, Utc};
use rust_decimal::Decimal;

/// The rules, as an engine reads them.
pub const RULES: &str = include_str!("rules.yaml");

/// How many purchases there are.
pub const PURCHASES: usize = 100_000;

/// How many members make them.
pub const MEMBERS: u64 = 2_000;

/// Ids of the tiers, lowest first.
pub const TIERS: [&str; 4] = ["bronze", "silver", "gold", "platinum"];

/// Merchants of the list `partners`.
pub const PARTNERS: [&str; 15] = [
    "m003", "m017", "m031", "m045", "m059", "m073", "m087", "m101", "m115", "m129", "m143", "m157", "m171", "m185",
    "m199",
];

/// A category as a program written for these rules holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// `groceries`
    Groceries,
    /// `dining`
    Dining,
    /// `fuel`
    Fuel,
    /// `travel`
    Travel,
    /// `online`
    Online,
    /// Any other.
    Other,
}

/// A tier as such a program holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// `bronze`
    Bronze,
    /// `silver`
    Silver,
    /// `gold`
    Gold,
    /// `platinum`
    Platinum,
}

/// One purchase: as texts for engines, and as a program written for these rules holds it, with every text decoded
/// before anything is timed.
#[derive(Debug, Clone)]
pub struct Purchase {
    /// Unique.
    pub id: String,
    /// Id of the member.
    pub member: String,
    /// Cents.
    pub cents: i64,
    /// The same amount.
    pub amount: Decimal,
    /// In order; several may share one.
    pub occurred_at: DateTime<Utc>,
    /// One of six, or another.
    pub category: String,
    /// `m000` to `m199`.
    pub merchant: String,
    /// Two letters.
    pub country: String,
    /// `store` or `online`.
    pub channel: String,
    /// One of [`TIERS`].
    pub tier: String,
    /// The same texts, decoded.
    pub decoded: Decoded,
}

/// The texts of a purchase, decoded.
#[derive(Debug, Clone, Copy)]
pub struct Decoded {
    /// Number of the member.
    pub member: u32,
    /// Category.
    pub category: Category,
    /// Number of the merchant.
    pub merchant: u16,
    /// Whether the country is the United States.
    pub domestic: bool,
    /// Whether the channel is `online`.
    pub online: bool,
    /// Tier.
    pub tier: Tier,
}

/// Whether each merchant is a partner, by number.
pub fn partners() -> [bool; 200] {
    std::array::from_fn(|number| PARTNERS.contains(&format!("m{number:03}").as_str()))
}

/// What earlier purchases left: known before a purchase is evaluated alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Before {
    /// Purchases of the member before this one.
    pub purchases: i64,
    /// Cents granted in this month: in all, by the weekend campaign, by the partner campaign.
    pub used: [i64; 3],
}

/// What a purchase brought, in cents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reward {
    /// Base.
    pub base: i64,
    /// Loyalty.
    pub loyalty: i64,
    /// Campaigns, in the order of the rules.
    pub campaigns: [i64; 6],
}

impl Reward {
    /// All of it.
    pub fn total(&self) -> i64 {
        self.base + self.loyalty + self.campaigns.iter().sum::<i64>()
    }
}

/// A sum that differs when a single purchase gets another cent, or the same cents in another order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checksum {
    /// Cents in all.
    pub cents: i64,
    mixed: u64,
}

impl Checksum {
    /// Adds the total of the next purchase.
    pub fn add(&mut self, total: i64) {
        self.cents += total;
        self.mixed = (self.mixed ^ total.unsigned_abs()).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
    }
}

/// Local year and month in one number; the workload's time zone is UTC.
pub fn month_of(at: DateTime<Utc>) -> i32 {
    let date = at.date_naive();
    date.year() * 12 + i32::from(u8::try_from(date.month0()).unwrap_or(0))
}

struct Random(u64);

impl Random {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of(&mut self, list: &[&str]) -> String {
        let at = usize::try_from(self.below(list.len() as u64)).unwrap_or(0);
        list[at].to_owned()
    }
}

/// The purchases: the same ones in every run.
pub fn purchases() -> Vec<Purchase> {
    let mut random = Random(20_260_101);
    let start = Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().unwrap_or_default();
    let categories =
        ["groceries", "groceries", "groceries", "dining", "dining", "fuel", "travel", "online", "books", "toys"];
    let tiers: Vec<String> = (0..MEMBERS).map(|_| random.one_of(&TIERS)).collect();
    (0..PURCHASES)
        .map(|number| {
            let member = random.below(MEMBERS);
            // Most purchases are small, a few are large.
            let cents = match random.below(100) {
                0..=69 => 100 + random.below(6_000),
                70..=94 => 3_000 + random.below(27_000),
                _ => 30_000 + random.below(170_000),
            };
            let cents = i64::try_from(cents).unwrap_or(0);
            let country =
                if random.below(5) == 0 { random.one_of(&["CA", "DE", "FR", "GB", "MX"]) } else { "US".to_owned() };
            let seconds = i64::try_from(number).unwrap_or(0) * 315 + i64::try_from(random.below(300)).unwrap_or(0);
            let category = random.one_of(&categories);
            let merchant = random.below(200);
            let online = random.below(3) == 0;
            let tier = tiers[usize::try_from(member).unwrap_or(0)].clone();
            let decoded = Decoded {
                member: u32::try_from(member).unwrap_or(0),
                category: match category.as_str() {
                    "groceries" => Category::Groceries,
                    "dining" => Category::Dining,
                    "fuel" => Category::Fuel,
                    "travel" => Category::Travel,
                    "online" => Category::Online,
                    _ => Category::Other,
                },
                merchant: u16::try_from(merchant).unwrap_or(0),
                domestic: country == "US",
                online,
                tier: match tier.as_str() {
                    "silver" => Tier::Silver,
                    "gold" => Tier::Gold,
                    "platinum" => Tier::Platinum,
                    _ => Tier::Bronze,
                },
            };
            Purchase {
                id: format!("t{number:07}"),
                member: format!("u{member:05}"),
                cents,
                amount: Decimal::new(cents, 2),
                occurred_at: start + TimeDelta::seconds(seconds),
                category,
                merchant: format!("m{merchant:03}"),
                country,
                channel: if online { "online".to_owned() } else { "store".to_owned() },
                tier,
                decoded,
            }
        })
        .collect()
}
