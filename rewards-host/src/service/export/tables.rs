//! The tables of the ledger, row by row.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::broken;
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::store::audit::{After, Decimals, MemberHeads, ProgramDecimals};
use crate::store::{Statement, Work, statements};

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text; JSON as it is kept.
    Text,
    /// A whole number.
    Whole,
    /// Money, with the decimals of the program.
    Money,
    /// Points, with the decimals of the program.
    Points,
    /// A decimal.
    Number,
    /// A local day.
    Day,
    /// An instant.
    Instant,
}

/// A table that goes out.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name, as in docs/ledger.md.
    pub(crate) name: &'static str,
    /// Its columns.
    pub(crate) columns: &'static [(&'static str, Kind)],
}

use Kind::{Day, Instant, Money, Number, Points, Text, Whole};

const HISTORY: Table = Table {
    name: "reward_history",
    columns: &[
        ("user_id", Text),
        ("seq", Whole),
        ("program", Text),
        ("action_type", Text),
        ("points_change", Points),
        ("cashback_change", Money),
        ("currency", Text),
        ("rule_set", Text),
        ("description", Text),
        ("metadata", Text),
        ("chain", Text),
        ("occurred_at", Instant),
        ("created_at", Instant),
    ],
};

const PROCESSED: Table = Table {
    name: "processed_transactions",
    columns: &[
        ("user_id", Text),
        ("seq", Whole),
        ("transaction_id", Text),
        ("kind", Text),
        ("program", Text),
        ("original_id", Text),
        ("content", Text),
        ("content_sha256", Text),
        ("rule_set", Text),
        ("usage", Text),
        ("outcome", Text),
    ],
};

const CASHBACK: Table = Table {
    name: "cashback_transactions",
    columns: &[
        ("id", Text),
        ("user_id", Text),
        ("transaction_id", Text),
        ("program", Text),
        ("position", Whole),
        ("cashback_type", Text),
        ("component", Text),
        ("rule_id", Text),
        ("campaign_id", Text),
        ("category", Text),
        ("tier", Text),
        ("currency", Text),
        ("transaction_amount", Money),
        ("cashback_percentage", Number),
        ("cashback_amount", Money),
        ("status", Text),
        ("rule_set", Text),
        ("occurred_at", Instant),
        ("created_at", Instant),
    ],
};

const LOTS: Table = Table {
    name: "reward_points",
    columns: &[
        ("user_id", Text),
        ("program", Text),
        ("lot_key", Text),
        ("seq", Whole),
        ("source_type", Text),
        ("source_id", Text),
        ("points_earned", Points),
        ("points_available", Points),
        ("points_pending", Points),
        ("points_redeemed", Points),
        ("points_expired", Points),
        ("points_reversed", Points),
        ("points_moved", Points),
        ("spendable_date", Day),
        ("expiry_date", Day),
        ("rule_set", Text),
        ("created_at", Instant),
    ],
};

const REDEMPTIONS: Table = Table {
    name: "reward_redemptions",
    columns: &[
        ("id", Text),
        ("user_id", Text),
        ("program", Text),
        ("redemption_type", Text),
        ("points_used", Points),
        ("cash_value", Money),
        ("currency", Text),
        ("status", Text),
        ("rule_set", Text),
        ("occurred_at", Instant),
        ("processed_at", Instant),
        ("created_at", Instant),
    ],
};

const STANDING: Table = Table {
    name: "user_loyalty_status",
    columns: &[
        ("user_id", Text),
        ("program", Text),
        ("current_tier", Text),
        ("total_spending", Number),
        ("tier_progress", Number),
        ("tier_achieved_date", Day),
        ("tier_expiry_date", Day),
        ("last_updated", Instant),
    ],
};

const COUNTERS: Table = Table {
    name: "usage_counters",
    columns: &[
        ("user_id", Text),
        ("program", Text),
        ("key", Text),
        ("period", Text),
        ("units", Whole),
        ("opening", Whole),
    ],
};

const BUDGETS: Table = Table {
    name: "budget_counters",
    columns: &[("program", Text), ("key", Text), ("period", Text), ("units", Whole), ("opening", Whole)],
};

const PUBLICATIONS: Table =
    Table { name: "publications", columns: &[("program", Text), ("rule_set", Text), ("in_force_from", Instant)] };

const RULE_SETS: Table = Table { name: "rule_sets", columns: &[("hash", Text), ("program", Text), ("files", Text)] };

/// Every table that goes out.
pub(crate) const TABLES: [&Table; 10] =
    [&HISTORY, &PROCESSED, &CASHBACK, &LOTS, &REDEMPTIONS, &STANDING, &COUNTERS, &BUDGETS, &PUBLICATIONS, &RULE_SETS];

type Row = Map<String, Value>;

/// Who takes the rows; one who breaks off has had enough.
pub(crate) type Taker<'a> = &'a mut (dyn FnMut(&'static Table, &Row, Decimals) -> ControlFlow<()> + Send);

struct Out<'a> {
    work: Work,
    decimals: HashMap<String, Decimals>,
    taker: Taker<'a>,
}

impl Out<'_> {
    fn give(&mut self, table: &'static Table, rows: &[Row]) -> Result<ControlFlow<()>, ServiceError> {
        for row in rows {
            let program = row.get("program").and_then(Value::as_str).ok_or_else(broken)?;
            let decimals = self.decimals.get(program).copied().ok_or_else(broken)?;
            if (self.taker)(table, row, decimals).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// A table in order of members, page after page.
    async fn by_place(&mut self, table: &'static Table, page: Statement) -> Result<ControlFlow<()>, ServiceError> {
        let mut after = After::default();
        loop {
            let rows: Vec<Row> = self.work.rows(page, &after).await?;
            let Some(last) = rows.last() else { return Ok(ControlFlow::Continue(())) };
            let user_id = last.get("user_id").and_then(Value::as_str).ok_or_else(broken)?.to_owned();
            after = After { user_id, seq: last.get("seq").and_then(Value::as_i64).ok_or_else(broken)? };
            if self.give(table, &rows)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    async fn by_id(&mut self, table: &'static Table, page: Statement) -> Result<ControlFlow<()>, ServiceError> {
        let mut after = uuid::Uuid::nil().to_string();
        loop {
            let rows: Vec<Row> = self.work.rows(page, &after).await?;
            let Some(last) = rows.last() else { return Ok(ControlFlow::Continue(())) };
            last.get("id").and_then(Value::as_str).ok_or_else(broken)?.clone_into(&mut after);
            if self.give(table, &rows)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    /// Tables that are read for so many members at a time.
    async fn of_members(&mut self, tables: &[(&'static Table, Statement)]) -> Result<ControlFlow<()>, ServiceError> {
        let mut after = String::new();
        loop {
            let page: Vec<MemberHeads> = self.work.rows(statements::VERIFY_MEMBERS, &after).await?;
            let Some(last) = page.last() else { return Ok(ControlFlow::Continue(())) };
            after.clone_from(&last.user_id);
            let ids: Vec<&str> = page.iter().map(|member| member.user_id.as_str()).collect();
            for (table, statement) in tables {
                let rows: Vec<Row> = self.work.rows(*statement, &ids).await?;
                if self.give(table, &rows)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
    }

    async fn all(&mut self) -> Result<ControlFlow<()>, ServiceError> {
        for (table, statement) in [(&PUBLICATIONS, statements::PUBLICATIONS), (&BUDGETS, statements::VERIFY_BUDGETS)] {
            let rows: Vec<Row> = self.work.rows(statement, &()).await?;
            if self.give(table, &rows)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if table.name != PUBLICATIONS.name {
                continue;
            }
            let mut hashes: Vec<&str> = rows.iter().filter_map(|row| row.get("rule_set")?.as_str()).collect();
            hashes.sort_unstable();
            hashes.dedup();
            for hash in hashes {
                let mut sets: Vec<Row> = self.work.rows(statements::RULE_SET, &hash).await?;
                sets.iter_mut().for_each(|row| drop(row.insert("hash".to_owned(), hash.into())));
                if self.give(&RULE_SETS, &sets)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        if self.by_place(&HISTORY, statements::VERIFY_HISTORY).await?.is_break()
            || self.by_place(&PROCESSED, statements::VERIFY_PROCESSED).await?.is_break()
            || self.by_id(&CASHBACK, statements::EXPORT_CASHBACK).await?.is_break()
        {
            return Ok(ControlFlow::Break(()));
        }
        self.of_members(&[
            (&LOTS, statements::EXPORT_LOTS),
            (&REDEMPTIONS, statements::EXPORT_REDEMPTIONS),
            (&STANDING, statements::EXPORT_STANDING),
            (&COUNTERS, statements::VERIFY_COUNTERS),
        ])
        .await
    }
}

impl Service {
    /// Hands over every row of [`TABLES`], of one moment of the store. Rows of a table come in its order.
    pub(crate) async fn export(&self, taker: Taker<'_>) -> Result<(), ServiceError> {
        let mut work = self.store.snapshot().await?;
        let programs: Vec<ProgramDecimals> = work.rows(statements::VERIFY_PROGRAMS, &()).await?;
        let decimals = programs.into_iter().map(|row| (row.program, row.decimals)).collect();
        Out { work, decimals, taker }.all().await.map(drop)
    }
}
