//! `rewards ledger`: whether the ledger holds together, whether its outcomes can be had again, and what goes into it and
//! comes out of it as tables.

#[cfg(feature = "parquet")]
mod export;
mod import;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::SecondsFormat;

use crate::cache::Caches;
use crate::cli::setup::Setup;
use crate::cli::{Ended, Failure, Outcome, complain, print};
use crate::config::secret::Secret;
use crate::config::{Config, development_key};
use crate::service::Service;
use crate::service::error::ServiceError;
use crate::service::vault::{Key, Vault};
use crate::service::verify::{Finding, Replayed};
use crate::store::{Store, StoreError, connect_embedded, connect_postgres};

/// Proves that the ledger holds together, does its postings again, and has balances come in and go out.
#[derive(Debug, clap::Args)]
#[command(
    subcommand_required = true,
    after_help = "`verify` and `replay` read one moment of the whole store and change nothing. A store in a folder is \
                  used by one process at a time: stop the service first. docs/ledger.md lists the invariants.\n\n\
                  Exit status: 0 all holds, 1 something does not, 2 wrong use or a store that cannot be read."
)]
pub(in crate::cli) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    Verify(Verify),
    /// Does every purchase and refund again and compares the outcomes
    Replay(Setup),
    Import(import::Args),
    #[cfg(feature = "parquet")]
    Export(export::Args),
}

/// Checks every invariant of the ledger, and names what is wrong
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The service anchors history hour by hour, and logs the value of each anchor. One that was kept elsewhere \
                  proves with --anchor that no line up to it was taken out since.\n\n\
                  Exit status: 0 all holds, 1 something does not, 2 wrong use or a store that cannot be read."
)]
struct Verify {
    #[command(flatten)]
    setup: Setup,
    /// Value of an anchor of history that was kept elsewhere
    #[arg(long, value_name = "VALUE")]
    anchor: Option<String>,
}

pub(in crate::cli) fn run(args: &Args) -> Outcome {
    let setup = match &args.what {
        What::Verify(args) => &args.setup,
        What::Replay(setup) => setup,
        What::Import(args) => &args.setup,
        #[cfg(feature = "parquet")]
        What::Export(args) => &args.setup,
    };
    let config = setup.read(&[])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure(format!("the command cannot start: {error}")))?;
    runtime.block_on(async {
        let service = opened(&config).await?;
        service.check_keys().await.map_err(|error| Failure(error.detail))?;
        let ended = match &args.what {
            What::Verify(args) => verify(&service, args.anchor.as_deref()).await,
            What::Replay(_) => replay(&service).await,
            What::Import(args) => import::import(&service, args).await,
            #[cfg(feature = "parquet")]
            What::Export(args) => export::export(&service, args).await,
        };
        service.store.close().await;
        ended
    })
}

/// The ledger on the store that is configured, as it is. Whether its keys are the store's is still to be asked.
pub(in crate::cli) async fn opened(config: &Config) -> Result<Arc<Service>, Failure> {
    let told = |error: StoreError| Failure(error.to_string());
    let store = match &config.database.url {
        Some(url) => {
            let database = &config.database;
            connect_postgres(url.expose(), database.connections, database.timeout).await.map_err(told)?
        }
        None => connect_embedded(&config.data).await.map_err(told)?,
    };
    let (id, key) = &config.master_key;
    let master = match key {
        Some(key) => Key::from_secret(key.expose().as_bytes()),
        None => Key::from_secret(development_key(&config.data).map_err(Failure)?.expose().as_bytes()),
    };
    let named = |(id, key): &(String, Secret)| (id.clone(), Key::from_secret(key.expose().as_bytes()));
    let earlier: Vec<(String, Key)> = config.earlier_master_keys.iter().map(named).collect();
    let next = config.next_master_key.iter().map(named);
    // The first key there was chains history for ever.
    let chain = earlier.first().map_or(&master, |(_, first)| first).clone();
    let masters: BTreeMap<String, Key> = earlier.into_iter().chain(next).chain([(id.clone(), master)]).collect();
    let vault = Vault::new(id.clone(), masters, &chain);
    let caches = match &config.redis {
        Some(url) => {
            let store_id = store.id().await.map_err(told)?;
            let client = redis::Client::open(url.expose());
            let caches = client.and_then(|client| Caches::shared(&client, store_id));
            caches.map_err(|_| Failure("redis.url: that is no address of Redis".to_owned()))?
        }
        // Who shares PostgreSQL without Redis hears of nobody's changes.
        None => Caches::own(matches!(store, Store::Embedded(_))),
    };
    Ok(match store {
        Store::Embedded(_) => Service::new(store, vault, caches),
        Store::Postgres(_) => Service::among_others(store, vault, caches),
    })
}

fn failed(error: &ServiceError) -> Failure {
    Failure(error.to_string())
}

/// So many of what has a word for one and another for several.
fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

async fn verify(service: &Service, anchor: Option<&str>) -> Outcome {
    let mut tell = |finding: Finding| complain(&finding.to_string());
    let done = service.verify(anchor, &mut tell).await.map_err(|error| failed(&error))?;
    print(&format!(
        "{}, {} of history, {}: {}\n",
        counted(done.members, "member", "members"),
        counted(done.lines, "line", "lines"),
        counted(done.postings, "purchase or refund", "purchases and refunds"),
        match done.findings {
            0 => "every invariant holds".to_owned(),
            n => counted(n, "finding", "findings"),
        }
    ))?;
    if done.forgotten > 0 {
        let forgotten = counted(done.forgotten, "member was", "members were");
        print(&format!("{forgotten} forgotten: their standing cannot be checked\n"))?;
    }
    if let Some((until, chain)) = &done.anchored {
        print(&format!("history is anchored until {}: {chain}\n", until.to_rfc3339_opts(SecondsFormat::Secs, true)))?;
    }
    Ok(Ended::well_if(done.findings == 0))
}

async fn replay(service: &Service) -> Outcome {
    let mut tell = |differs: Replayed| complain(&differs.to_string());
    let done = service.replay(&mut tell).await.map_err(|error| failed(&error))?;
    let same = done.postings.saturating_sub(done.forgotten).saturating_sub(done.differing);
    print(&format!(
        "{}: {same} the same, {} differ, {} forgotten\n",
        counted(done.postings, "purchase or refund", "purchases and refunds"),
        done.differing,
        done.forgotten
    ))?;
    Ok(Ended::well_if(done.differing == 0))
}
