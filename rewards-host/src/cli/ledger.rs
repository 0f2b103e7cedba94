//! `rewards ledger`: whether the ledger holds together, and whether its outcomes can be had again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::setup::Setup;
use super::{Ended, Failure, Outcome, complain, print};
use crate::cache::Caches;
use crate::config::{Config, development_key};
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::vault::{Key, Vault};
use crate::service::verify::{Finding, Replayed};
use crate::store::{Store, StoreError, connect_embedded, connect_postgres};

/// Proves that the ledger holds together, or does its postings again.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_required = true,
    after_help = "Both read one moment of the whole store and change nothing. A store in a folder is used by one process \
                  at a time: stop the service first. docs/ledger.md lists the invariants.\n\n\
                  Exit status: 0 all holds, 1 something does not, 2 wrong use or a store that cannot be read."
)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Checks every invariant of the ledger, and names what is wrong
    Verify(Setup),
    /// Does every purchase and refund again and compares the outcomes
    Replay(Setup),
}

pub(super) fn run(args: &Args) -> Outcome {
    let (What::Verify(setup) | What::Replay(setup)) = &args.what;
    let config = setup.read(&[])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure(format!("the command cannot start: {error}")))?;
    runtime.block_on(async {
        let service = opened(&config).await?;
        let ended = match &args.what {
            What::Verify(_) => verify(&service).await,
            What::Replay(_) => replay(&service).await,
        };
        service.store.close().await;
        ended
    })
}

/// The ledger on the store that is configured, as it is.
pub(super) async fn opened(config: &Config) -> Result<Arc<Service>, Failure> {
    let told = |error: StoreError| Failure(error.to_string());
    let store = match &config.database.url {
        Some(url) => connect_postgres(url.expose(), config.database.connections).await.map_err(told)?,
        None => connect_embedded(&config.data).await.map_err(told)?,
    };
    let (id, key) = &config.master_key;
    let master = match key {
        Some(key) => Key::from_secret(key.expose().as_bytes()),
        None => Key::from_secret(development_key(&config.data).map_err(Failure)?.expose().as_bytes()),
    };
    let vault = Vault::new(id.clone(), BTreeMap::from([(id.clone(), master.clone())]), &master);
    let caches = match &config.redis {
        Some(url) => {
            let client = redis::Client::open(url.expose());
            let caches = client.and_then(|client| Caches::shared(&client));
            caches.map_err(|_| Failure("redis.url: that is no address of Redis".to_owned()))?
        }
        // Who shares PostgreSQL without Redis hears of nobody's changes.
        None => Caches::own(matches!(store, Store::Embedded(_))),
    };
    Ok(Service::new(store, vault, caches))
}

fn failed(error: &ServiceError) -> Failure {
    Failure(error.to_string())
}

async fn verify(service: &Service) -> Outcome {
    let mut tell = |finding: Finding| complain(&finding.to_string());
    let done = service.verify(&mut tell).await.map_err(|error| failed(&error))?;
    print(&format!(
        "{} members, {} lines of history, {} purchases and refunds: {}\n",
        done.members,
        done.lines,
        done.postings,
        match done.findings {
            0 => "every invariant holds".to_owned(),
            n => format!("{n} {}", if n == 1 { "finding" } else { "findings" }),
        }
    ))?;
    if done.forgotten > 0 {
        let words = if done.forgotten == 1 { "member was" } else { "members were" };
        print(&format!("{} {words} forgotten: their standing cannot be checked\n", done.forgotten))?;
    }
    Ok(Ended::well_if(done.findings == 0))
}

async fn replay(service: &Service) -> Outcome {
    let mut tell = |differs: Replayed| complain(&differs.to_string());
    let done = service.replay(&mut tell).await.map_err(|error| failed(&error))?;
    let same = done.postings.saturating_sub(done.forgotten).saturating_sub(done.differing);
    print(&format!(
        "{} purchases and refunds: {same} the same, {} differ, {} forgotten\n",
        done.postings, done.differing, done.forgotten
    ))?;
    Ok(Ended::well_if(done.differing == 0))
}
