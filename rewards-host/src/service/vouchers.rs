//! Pools of codes: a redemption of an option that has one takes a code from it.
//!
//! Codes are sealed under a master key of the service and kept with a keyed hash, so that one that comes twice is known. A code is
//! claimed for a redemption by its row, before the redemption ends, so that whoever is asked again finds the same one; its
//! member sees it once the redemption is completed. A code whose redemption failed or was cancelled after all was never
//! shown, and is free again: that belongs to the change of the redemption.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Service;
use super::drafts::{Audit, clock};
use super::error::{Code, ServiceError};
use super::fulfilment::{Fulfilled, Fulfilment};
use super::redemptions::RedemptionView;
use super::rules::InForce;
use crate::store::accounts::OptionKey;
use crate::store::rows::Instant;
use crate::store::statements;

/// Types of options that may have a pool.
const KINDS: [&str; 2] = ["voucher", "gift_card"];

/// Codes of an option.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct VoucherCount {
    /// Id of the program.
    pub(crate) program: String,
    /// Id of the option.
    pub(crate) option: String,
    /// How many are left.
    pub(crate) left: u64,
    /// How many are claimed for redemptions that are not completed yet.
    pub(crate) claimed: u64,
    /// How many belong to redemptions that were completed.
    pub(crate) given: u64,
}

/// Codes of an option that are free.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct VouchersLeft {
    /// Id of the program.
    pub(crate) program: String,
    /// Id of the option.
    pub(crate) option: String,
    /// How many.
    pub(crate) left: u64,
}

/// What an upload of codes changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VouchersUploaded {
    /// The codes of the option now.
    #[serde(flatten)]
    pub(crate) codes: VoucherCount,
    /// Codes that were not there before.
    pub(crate) added: u64,
    /// Codes that were there already, for this option or another, whoever has them now.
    pub(crate) known: u64,
}

#[derive(Serialize)]
struct VoucherWrite<'a> {
    id: Uuid,
    program: &'a str,
    option: &'a str,
    fingerprint: String,
    sealed: String,
    master_key: String,
    uploaded_by: &'a str,
    uploaded_at: Instant,
}

#[derive(Deserialize)]
struct VoucherHere {
    program: String,
    option: String,
    sealed: String,
    master_key: String,
}

#[derive(Serialize)]
struct VoucherClaim<'a> {
    redemption: Uuid,
    program: &'a str,
    option: &'a str,
}

impl Service {
    /// Adds codes to the pool of an option; those that are there already are left as they are. Errors: `unknown_program`,
    /// `unknown_option` where the program has no such option of type `voucher` or `gift_card`, `state_conflict` where options
    /// of its type are completed `at_once`, without a code.
    pub(crate) async fn add_vouchers(
        &self,
        (program, option): (Option<&str>, &str),
        codes: &BTreeSet<String>,
        at_once: &[String],
        by: &str,
    ) -> Result<VouchersUploaded, ServiceError> {
        let in_force = InForce::now(&self.store).await?;
        let program = in_force.program(program)?;
        let mut options = self.options().await?.into_iter().filter(|(of, _)| *of == program);
        let known = options.find(|(_, known)| known.id == option && KINDS.contains(&known.kind.as_str()));
        let Some((_, known)) = known else {
            let words = format!("`{program}` has no redemption option `{option}` of type `voucher` or `gift_card`");
            let code = Code::Input(rewards_rules::input::ErrorCode::UnknownOption);
            return Err(ServiceError::new(code, words).at("option"));
        };
        if at_once.contains(&known.kind) {
            let words = format!(
                "options of type `{}` are completed at once, without a code: the operators have to take it out of `redemptions.at_once`",
                known.kind
            );
            return Err(ServiceError::new(Code::StateConflict, words));
        }
        let mut work = self.store.begin().await?;
        let now = clock(&mut work).await?;
        let about = format!("voucher\n{program}\n{option}\n");
        let mut rows = Vec::with_capacity(codes.len());
        for code in codes {
            let fingerprint = self.vault.fingerprint(&format!("{program}\n{code}"));
            let (sealed, master_key) = self.vault.seal_own(&about, code)?;
            rows.push(VoucherWrite {
                id: Uuid::now_v7(),
                program: &program,
                option,
                fingerprint,
                sealed,
                master_key,
                uploaded_by: by,
                uploaded_at: Instant(now),
            });
        }
        work.run(statements::ADD_POOL, &OptionKey { program: program.clone(), option: option.to_owned() }).await?;
        let added = if rows.is_empty() { 0 } else { work.run(statements::ADD_VOUCHERS, &rows).await? };
        let sent = u64::try_from(codes.len()).unwrap_or(u64::MAX);
        let known = sent.saturating_sub(added);
        let audit = Audit { program: &program, draft: None, rule_set: None, action: "vouchers_uploaded", by };
        audit.write(&mut work, &json!({ "option": option, "added": added, "known": known })).await?;
        work.commit().await?;
        let all = self.vouchers(Some(&program)).await?;
        let none = VoucherCount { program: program.clone(), option: option.to_owned(), left: 0, claimed: 0, given: 0 };
        let codes = all.into_iter().find(|count| count.option == option).unwrap_or(none);
        Ok(VouchersUploaded { codes, added, known })
    }

    /// How many codes each option with a pool has; of one program, or of all.
    pub(crate) async fn vouchers(&self, program: Option<&str>) -> Result<Vec<VoucherCount>, ServiceError> {
        Ok(self.store.read(statements::VOUCHER_COUNTS, &program).await?)
    }

    /// How many codes are free of each option with a pool.
    pub(crate) async fn vouchers_left(&self) -> Result<Vec<VouchersLeft>, ServiceError> {
        Ok(self.store.read(statements::VOUCHERS_LEFT, &()).await?)
    }

    /// Options that have a pool although options of their type are completed at once, as `program/option`, each with its
    /// type.
    pub(crate) async fn pools_beside(&self, at_once: &[String]) -> Result<Vec<(String, String)>, ServiceError> {
        if at_once.is_empty() {
            return Ok(Vec::new());
        }
        let in_force = InForce::now(&self.store).await?;
        let now = self.now().await?;
        let mut found = Vec::new();
        for VouchersLeft { program, option, .. } in self.vouchers_left().await? {
            let Some(hash) = in_force.at(&program, now) else { continue };
            let options = self.rules.read(&self.store, hash).await?.describe().options;
            let kind = options.into_iter().find(|known| known.id == option).map(|known| known.kind);
            if let Some(kind) = kind.filter(|kind| at_once.contains(kind)) {
                found.push((format!("{program}/{option}"), kind));
            }
        }
        Ok(found)
    }

    /// The code of a redemption that was completed.
    pub(crate) async fn voucher(&self, of: &RedemptionView) -> Result<Option<String>, ServiceError> {
        if of.status != "completed" {
            return Ok(None);
        }
        let row: Option<VoucherHere> = self.store.read_one(statements::VOUCHER_OF, &of.redemption_id).await?;
        let Some(VoucherHere { program, option, sealed, master_key }) = row else { return Ok(None) };
        let about = format!("voucher\n{program}\n{option}\n");
        Ok(Some(self.vault.open_own(&about, &sealed, &master_key)?))
    }

    /// Claims a code for a redemption; `false` where none is left. One that has a code keeps it.
    async fn claim_voucher(&self, of: &RedemptionView) -> Result<bool, ServiceError> {
        let mut work = self.store.begin().await?;
        let claim = VoucherClaim { redemption: of.redemption_id, program: &of.program, option: &of.option };
        work.run(statements::CLAIM_VOUCHER, &claim).await?;
        let has: Vec<VoucherHere> = work.rows(statements::VOUCHER_OF, &of.redemption_id).await?;
        work.commit().await?;
        Ok(!has.is_empty())
    }
}

/// Fulfils redemptions of options that have a pool of codes.
#[derive(Debug, Clone)]
pub(crate) struct Pool(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Fulfilment for Pool {
    fn takes(&self, kind: &str) -> bool {
        KINDS.contains(&kind)
    }

    async fn has_any(&self, options: Vec<OptionKey>) -> Result<Vec<OptionKey>, ServiceError> {
        Ok(self.0.store.read(statements::HAS_VOUCHERS, &options).await?)
    }

    async fn fulfil(&self, redemption: &RedemptionView) -> Fulfilled {
        match self.0.claim_voucher(redemption).await {
            Ok(true) => Fulfilled::Completed("a code of the pool".to_owned()),
            Ok(false) => Fulfilled::Later,
            Err(error) => {
                tracing::warn!(redemption = %redemption.redemption_id, %error, "a code cannot be claimed");
                Fulfilled::Later
            }
        }
    }
}
