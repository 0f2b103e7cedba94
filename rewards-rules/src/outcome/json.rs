//! The canonical JSON: fixed key order, money as text, no spaces (rule-format "The outcome").

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{Basis, Component, Cut, Outcome, OutcomeKind, PointsComponent, Progress, Rejection, Totals, UsageDelta};

/// An instant in UTC, with a fraction only where it has one.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    if at.nanosecond() == 0 {
        return at.to_rfc3339_opts(SecondsFormat::Secs, true);
    }
    let text = at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let digits = text.trim_end_matches('Z').trim_end_matches('0');
    format!("{digits}Z")
}

impl Outcome {
    /// The canonical JSON (semantics §2.5). With `rejected` only if the evaluation was explained;
    /// [`Outcome::to_canonical_json`] never has it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The canonical JSON that is stored and compared between hosts: without `rejected`.
    pub fn to_canonical_json(&self) -> String {
        if self.rejected.is_none() {
            return self.to_json();
        }
        let mut outcome = self.clone();
        outcome.rejected = None;
        outcome.to_json()
    }
}

struct Display<T>(T);
impl<T: std::fmt::Display> Serialize for Display<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(None)?;
        m.serialize_entry("transaction_id", &self.transaction_id)?;
        let kind = match self.kind {
            OutcomeKind::Purchase => "purchase",
            OutcomeKind::Refund => "refund",
        };
        m.serialize_entry("kind", kind)?;
        m.serialize_entry("rule_set", &self.rule_set)?;
        m.serialize_entry("program", &self.program)?;
        m.serialize_entry("currency", self.amount.currency().code())?;
        m.serialize_entry("occurred_at", &instant(self.occurred_at))?;
        if let Some(original) = &self.original {
            m.serialize_entry("original", original)?;
        }
        if let Some(reason) = self.reason {
            m.serialize_entry("reason", reason.as_str())?;
        }
        m.serialize_entry("amount", &Display(self.amount))?;
        m.serialize_entry("eligible_amount", &Display(self.eligible_amount))?;
        if let Some(tier) = &self.tier {
            m.serialize_entry("tier", tier)?;
        }
        m.serialize_entry("components", &self.components)?;
        m.serialize_entry("totals", &self.totals)?;
        m.serialize_entry("points", &self.points)?;
        if let Some(progress) = &self.progress {
            m.serialize_entry("progress", progress)?;
        }
        m.serialize_entry("usage", &self.usage)?;
        if let Some(rejected) = &self.rejected {
            m.serialize_entry("rejected", rejected)?;
        }
        m.end()
    }
}

impl Serialize for Component {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(None)?;
        m.serialize_entry("kind", self.kind.as_str())?;
        m.serialize_entry("id", &self.id)?;
        match self.basis {
            None => {}
            Some(Basis::Money(amount)) => m.serialize_entry("basis", &Display(amount))?,
            Some(Basis::Exact(exact)) => m.serialize_entry("basis", &Display(exact))?,
        }
        if let Some(rate) = self.rate {
            m.serialize_entry("rate", &Display(rate))?;
        }
        m.serialize_entry("exact", &Display(self.exact))?;
        m.serialize_entry("rounded", &Display(self.rounded))?;
        m.serialize_entry("cuts", &self.cuts)?;
        m.serialize_entry("granted", &Display(self.granted))?;
        m.end()
    }
}

impl Serialize for Cut {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(Some(3))?;
        m.serialize_entry("cap", &self.cap)?;
        m.serialize_entry("left", &Display(self.left))?;
        m.serialize_entry("cut", &Display(self.cut))?;
        m.end()
    }
}

impl Serialize for Totals {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(Some(5))?;
        m.serialize_entry("base", &Display(self.base))?;
        m.serialize_entry("loyalty", &Display(self.loyalty))?;
        m.serialize_entry("campaign", &Display(self.campaign))?;
        m.serialize_entry("total", &Display(self.total))?;
        m.serialize_entry("points", &Display(self.points))?;
        m.end()
    }
}

impl Serialize for PointsComponent {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(None)?;
        m.serialize_entry("kind", self.kind.as_str())?;
        m.serialize_entry("id", &self.id)?;
        m.serialize_entry("exact", &Display(self.exact))?;
        m.serialize_entry("cuts", &self.cuts)?;
        m.serialize_entry("granted", &Display(self.granted))?;
        if let Some(date) = self.spendable_on {
            m.serialize_entry("spendable_on", &Display(date))?;
        }
        if let Some(date) = self.expires_on {
            m.serialize_entry("expires_on", &Display(date))?;
        }
        m.end()
    }
}

impl Serialize for Progress {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let decimals = u32::from(self.decimals);
        let mut m = s.serialize_map(None)?;
        m.serialize_entry("window", &Display(self.window))?;
        m.serialize_entry("spending", &self.spending.to_fixed(decimals))?;
        m.serialize_entry("tier", &self.tier)?;
        if let Some(next) = &self.next {
            m.serialize_entry("next", next)?;
        }
        if let Some(missing) = self.missing {
            m.serialize_entry("missing", &missing.to_fixed(decimals))?;
        }
        m.end()
    }
}

impl Serialize for UsageDelta {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(Some(3))?;
        m.serialize_entry("key", &self.key)?;
        m.serialize_entry("period", &Display(self.period))?;
        m.serialize_entry("delta", &Display(self.delta))?;
        m.end()
    }
}

impl Serialize for Rejection {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(Some(5))?;
        m.serialize_entry("kind", self.kind)?;
        m.serialize_entry("id", &self.id)?;
        m.serialize_entry("reason", self.reason.as_str())?;
        m.serialize_entry("clause", &self.clause)?;
        m.serialize_entry("value", &self.value)?;
        m.end()
    }
}
