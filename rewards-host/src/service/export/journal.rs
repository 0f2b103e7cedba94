//! The journal: by local day, program and who pays, what came to be owed to members in money and in points, and why.
//!
//! It is folded from the history, which is what `verify` proves the balances by; components of outcomes say who pays for
//! what. So the sum of all entries of an account is what members have.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::NaiveDate;
use serde::Deserialize;

use super::broken;
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::rules::InForce;
use crate::store::audit::{After, Decimals, HistoryRow, PostingRow, ProgramDecimals};
use crate::store::units::{Stored, Units};
use crate::store::{Work, statements};

/// What is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Account {
    /// Money.
    Cashback,
    /// Points.
    Points,
}

impl Account {
    /// Its word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Account::Cashback => "cashback",
            Account::Points => "points",
        }
    }
}

/// A line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Local day of the program on which it was posted.
    pub(crate) day: NaiveDate,
    /// Id of the program.
    pub(crate) program: String,
    /// What is owed.
    pub(crate) account: Account,
    /// Who pays: `funded_by` of the campaign; `None` is the program itself.
    pub(crate) funded_by: Option<String>,
    /// ISO 4217 code; of points `points`.
    pub(crate) unit: String,
    /// Why: an action of the history; `expired_at_once` are points of a late purchase that had expired by then, and what
    /// of points taken back by a refund was gone already.
    pub(crate) entry: String,
    /// How many things were added up.
    pub(crate) count: i64,
    /// What is owed more, or less.
    pub(crate) amount: Units,
    /// What is owed of this account by this payer at the end of the day.
    pub(crate) balance: Units,
}

type Key = (NaiveDate, String, Account, Option<String>, String);

#[derive(Default)]
struct Journal {
    sums: BTreeMap<Key, (i64, i64)>,
}

impl Journal {
    fn add(
        &mut self,
        (day, program): (NaiveDate, &str),
        account: Account,
        funded_by: Option<&str>,
        entry: &str,
        units: i64,
    ) {
        if units == 0 {
            return;
        }
        let key = (day, program.to_owned(), account, funded_by.map(str::to_owned), entry.to_owned());
        let sum = self.sums.entry(key).or_default();
        *sum = (sum.0.saturating_add(1), sum.1.saturating_add(units));
    }
}

/// What is read of an outcome.
#[derive(Deserialize)]
struct Told {
    rule_set: String,
    components: Vec<Part>,
    points: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    kind: String,
    id: String,
    granted: String,
}

fn units(decimal: &str) -> Result<i64, ServiceError> {
    Stored::Decimal(decimal.to_owned()).raw().ok_or_else(broken)
}

/// Rows of two tables in the order of members, page after page.
struct Pages {
    lines: VecDeque<HistoryRow>,
    postings: VecDeque<PostingRow>,
    last_line: After,
    last_posting: After,
}

impl Pages {
    async fn line(&mut self, work: &mut Work) -> Result<Option<HistoryRow>, ServiceError> {
        if self.lines.is_empty() {
            self.lines = work.rows(statements::VERIFY_HISTORY, &self.last_line).await?.into();
            if let Some(last) = self.lines.back() {
                self.last_line = After { user_id: last.user_id.clone(), seq: last.seq };
            }
        }
        Ok(self.lines.pop_front())
    }

    async fn posting(&mut self, work: &mut Work) -> Result<Option<PostingRow>, ServiceError> {
        if self.postings.is_empty() {
            self.postings = work.rows(statements::VERIFY_PROCESSED, &self.last_posting).await?.into();
            if let Some(last) = self.postings.back() {
                self.last_posting = After { user_id: last.user_id.clone(), seq: last.seq };
            }
        }
        Ok(self.postings.pop_front())
    }
}

impl Service {
    /// The journal of the whole ledger, by day.
    pub(crate) async fn journal(&self) -> Result<Vec<Entry>, ServiceError> {
        let mut work = self.store.snapshot().await?;
        let in_force = InForce::within(&mut work).await?;
        let programs: Vec<ProgramDecimals> = work.rows(statements::VERIFY_PROGRAMS, &()).await?;
        let decimals: HashMap<String, Decimals> = programs.into_iter().map(|row| (row.program, row.decimals)).collect();
        let mut payers: HashMap<String, HashMap<String, Option<String>>> = HashMap::new();
        let mut currencies: HashMap<String, String> = HashMap::new();
        let mut journal = Journal::default();
        let mut pages = Pages {
            lines: VecDeque::new(),
            postings: VecDeque::new(),
            last_line: After::default(),
            last_posting: After::default(),
        };
        while let Some(line) = pages.line(&mut work).await? {
            // A program's time zone never changes, so any of its rule sets tells the day.
            let hash = in_force.at(&line.program, line.created_at).ok_or_else(broken)?;
            let day = self.rules.get(&mut work, hash).await?.local_date(line.created_at);
            let when = (day, line.program.as_str());
            let points = line.points_change.raw().ok_or_else(broken)?;
            let cashback = line.cashback_change.raw().ok_or_else(broken)?;
            currencies.entry(line.program.clone()).or_insert_with(|| line.currency.clone());
            if !matches!(line.action_type.as_str(), "purchase" | "refund") {
                journal.add(when, Account::Points, None, &line.action_type, points);
                journal.add(when, Account::Cashback, None, &line.action_type, cashback);
                continue;
            }
            let row =
                pages.posting(&mut work).await?.filter(|row| (&row.user_id, row.seq) == (&line.user_id, line.seq));
            let told: Told = serde_json::from_str(&row.ok_or_else(broken)?.outcome).map_err(|_| broken())?;
            if !payers.contains_key(&told.rule_set) {
                let campaigns = self.rules.get(&mut work, &told.rule_set).await?.describe().campaigns;
                payers.insert(told.rule_set.clone(), campaigns.into_iter().map(|c| (c.id, c.funded_by)).collect());
            }
            let of_set = payers.get(&told.rule_set);
            let payer = |part: &Part| match part.kind.as_str() {
                "campaign" => of_set.and_then(|of_set| of_set.get(&part.id)?.as_deref()),
                _ => None,
            };
            let (mut left, mut owed) = (points, cashback);
            for (account, rest, parts) in
                [(Account::Cashback, &mut owed, &told.components), (Account::Points, &mut left, &told.points)]
            {
                for part in parts {
                    let granted = units(&part.granted)?;
                    *rest = rest.saturating_sub(granted);
                    journal.add(when, account, payer(part), &line.action_type, granted);
                }
            }
            journal.add(when, Account::Points, None, "expired_at_once", left);
            if owed != 0 {
                return Err(broken());
            }
        }
        Ok(balanced(journal, &decimals, &currencies))
    }
}

/// The lines, each with what is owed at the end of its day.
fn balanced(
    journal: Journal,
    decimals: &HashMap<String, Decimals>,
    currencies: &HashMap<String, String>,
) -> Vec<Entry> {
    let mut balances: HashMap<(String, Account, Option<String>), i64> = HashMap::new();
    let mut entries: Vec<Entry> = Vec::with_capacity(journal.sums.len());
    for ((day, program, account, funded_by, entry), (count, sum)) in journal.sums {
        let of = decimals.get(&program).copied();
        let places = of.map_or(0, |of| match account {
            Account::Cashback => of.money_decimals,
            Account::Points => of.points_decimals,
        });
        let balance = balances.entry((program.clone(), account, funded_by.clone())).or_default();
        *balance = balance.saturating_add(sum);
        let balance = Units::new(*balance, places);
        // Lines of one day, account and payer stand side by side: the last of them has the balance of the day.
        for earlier in entries.iter_mut().rev() {
            let same = (&earlier.day, &earlier.program, &earlier.account, &earlier.funded_by)
                == (&day, &program, &account, &funded_by);
            if !same {
                break;
            }
            earlier.balance = balance;
        }
        let unit = match account {
            Account::Cashback => currencies.get(&program).cloned().unwrap_or_default(),
            Account::Points => "points".to_owned(),
        };
        let amount = Units::new(sum, places);
        entries.push(Entry { day, program, account, funded_by, unit, entry, count, amount, balance });
    }
    entries
}
