//! `rewards serve`: the service.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use rewards_rules::RuleSet;

use tokio::net::TcpListener;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::ledger::opened;
use super::setup::Setup;
use super::{Ended, Failure, Outcome, print};
use crate::cache::Caches;
use crate::config::{AuthKeys, Config, LogFormat, development_key};
use crate::http::auth::Verifier;
use crate::http::health::{Check, Checks};
use crate::http::limits::{Limiter, PATIENCE};
use crate::http::routes;
use crate::http::server::{self, Bounds};
use crate::http::state::AppState;
use crate::service::queue::Poster;
use crate::service::{Service, fulfilment, sample, vouchers};
use crate::store::rows::Clock;
use crate::store::{Store, StoreError, statements};
use crate::{jobs, load};

/// As many writers post at the same time; each owns a share of the members.
const WRITERS: usize = 4;

/// How long rules may be compiled before it listens.
const PREPARING: Duration = Duration::from_millis(100);

/// How long it waits for the store at its end.
const CLOSING: Duration = Duration::from_secs(5);

/// How often what was measured is moved into its buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often what was processed is added to the sums for reports.
const AGGREGATION: Duration = Duration::from_secs(5);

/// Runs the service: the HTTP API, until SIGTERM
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without any setting it listens on 127.0.0.1:3009, keeps everything in ./data, and takes tokens that \
                        `rewards token` makes there. docs/operations.md lists the settings. SIGTERM ends it: nothing new \
                        is taken, what is under way ends.\n\n\
                        Exit status: 0 it was told to end and all ended in time, 1 something under way was cut off, 2 wrong \
                        use, a wrong setting, or a store or address that cannot be had."
)]
pub(super) struct Args {
    #[command(flatten)]
    setup: Setup,
    /// Address to listen on [default: 127.0.0.1]
    #[arg(long)]
    host: Option<String>,
    /// Port to listen on; 0 takes a free one [default: 3009]
    #[arg(long)]
    port: Option<String>,
    /// Folder of the rule set that an empty store begins with
    #[arg(long, value_name = "FOLDER")]
    rules: Option<String>,
    /// Least important lines that are logged [default: info]
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let config = args.setup.read(&[
        ("server.host", "--host", args.host.as_deref()),
        ("server.port", "--port", args.port.as_deref()),
        ("store.rules", "--rules", args.rules.as_deref()),
        ("log.level", "--log-level", args.log_level.as_deref()),
    ])?;
    log(&config);
    // Connections are files; where the limit cannot be raised, fewer are taken at a time.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| Failure(format!("the service cannot start: {error}")))?.block_on(serve(config))
}

/// Variables that name a broker, which nothing is sent to yet.
const BROKERS: [&str; 2] = ["AMQP_URL", "KAFKA_BROKERS"];

async fn serve(config: Config) -> Outcome {
    for name in BROKERS.into_iter().filter(|name| std::env::var_os(name).is_some()) {
        tracing::warn!(
            variable = name,
            "the service speaks to no broker: messages stay in the table `outbox`, and none is consumed"
        );
    }
    let is_development = config.auth.keys == AuthKeys::Development;
    let development = is_development.then(|| development_key(&config.data)).transpose().map_err(Failure)?;
    let verifier = Verifier::new(&config.auth, development.as_ref().map(|key| key.expose())).map_err(Failure)?;
    let limiter = Limiter::new(&config, PATIENCE).map_err(Failure)?;
    let bounds = Bounds { connections: config.connections, header_timeout: config.header_timeout, drain: config.drain };
    let listen = config.listen;
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| Failure(format!("{listen} cannot be listened on: {error}")))?;
    let address = listener.local_addr().unwrap_or(listen);
    let key_file = config.data.join("development.key");
    let service = ledger(&config).await?;
    let store_id = service.store.id().await.map_err(|error| Failure(error.to_string()))?;
    let limiter = limiter.of_store(store_id);
    beside_pools(&service, &config.at_once).await?;
    let poster = Poster::start(&service, WRITERS);
    jobs::partitions(&service).await.map_err(|error| Failure(error.to_string()))?;
    jobs::start(&service, &poster);
    let mut checks = Checks::default().with(StoreCheck(service.store.clone())).with(PoolCheck(Arc::clone(&service)));
    if config.redis.is_some() {
        checks = checks.with(CacheCheck(Arc::clone(&service.caches)));
    }
    let store = service.store.clone();
    let pool = Arc::new(vouchers::Pool(Arc::clone(&service)));
    tokio::spawn(fulfilment::run(Arc::clone(&service), poster.clone(), pool));
    if !config.at_once.is_empty() {
        let way = Arc::new(fulfilment::AtOnce(config.at_once.clone()));
        tokio::spawn(fulfilment::run(Arc::clone(&service), poster.clone(), way));
    }
    let state = AppState::new(config, verifier, limiter, checks, (service, poster));
    let app = routes::router(state.clone());
    let at_end = state.clone();
    // What takes longer than this is done while it listens already, and is not ready.
    let _ = tokio::time::timeout(PREPARING, state.prepare()).await;
    tokio::spawn(upkeep(state.clone()));
    tokio::spawn(aggregation(Arc::clone(&state.service)));
    let mut ended = signals()?;
    print(&format!("rewards {} listens on http://{address}\n", env!("CARGO_PKG_VERSION")))?;
    if is_development {
        print(&format!(
            "tokens are checked with the development key in {}; `rewards token` makes them\n",
            key_file.display()
        ))?;
    }
    tracing::info!(%address, is_development, "listening");
    let stop = async {
        ended.recv().await;
        state.drain();
        tracing::info!("draining");
    };
    let in_time = server::serve(listener, app, bounds, stop).await;
    let closed = async {
        at_end.access.close().await;
        store.close().await;
    };
    if tokio::time::timeout(CLOSING, closed).await.is_err() {
        tracing::warn!("the store does not answer; lines of access of the last seconds may be lost");
    }
    tracing::info!(in_time, "ended");
    Ok(Ended::well_if(in_time))
}

/// The ledger on the store that is configured; an empty one begins with a program.
async fn ledger(config: &Config) -> Result<Arc<Service>, Failure> {
    let service = opened(config).await?;
    service.keep_keys().await.map_err(|error| Failure(error.detail))?;
    let rules = match &config.rules {
        Some(folder) => Some(load::one(folder)?.sources),
        None => None,
    };
    let first = match rules {
        Some(sources) => sources,
        None => sample::sources(),
    };
    let rules = RuleSet::compile(first).map_err(|findings| Failure(findings.render(false)))?;
    service.publish_first(&rules).await.map_err(|error| Failure(error.to_string()))?;
    Ok(service)
}

/// Whether the store answers.
struct StoreCheck(Store);

#[async_trait::async_trait]
impl Check for StoreCheck {
    fn name(&self) -> &'static str {
        "store"
    }

    fn is_vital(&self) -> bool {
        true
    }

    async fn ask(&self) -> Result<Option<String>, String> {
        let answer: Result<Option<Clock>, StoreError> = self.0.read_one(statements::PING, &()).await;
        answer.map(|_| Some(self.0.kind().to_owned())).map_err(|_| "the store does not answer".to_owned())
    }
}

/// Whether Redis answers, and this replica hears of the others' changes. The service is right without both.
struct CacheCheck(Arc<Caches>);

#[async_trait::async_trait]
impl Check for CacheCheck {
    fn name(&self) -> &'static str {
        "cache"
    }

    fn is_vital(&self) -> bool {
        false
    }

    async fn ask(&self) -> Result<Option<String>, String> {
        self.0.ping().await.unwrap_or(Ok(()))?;
        if self.0.is_sure() { Ok(None) } else { Err("changes of other replicas are not heard".to_owned()) }
    }
}

/// How many codes pools have left. The service is right without any: redemptions wait.
struct PoolCheck(Arc<Service>);

#[async_trait::async_trait]
impl Check for PoolCheck {
    fn name(&self) -> &'static str {
        "voucher_codes"
    }

    fn is_vital(&self) -> bool {
        false
    }

    async fn ask(&self) -> Result<Option<String>, String> {
        let left = self.0.vouchers_left().await.map_err(|_| "the store does not answer".to_owned())?;
        let told: Vec<String> =
            left.iter().map(|of| format!("{}/{}: {} left", of.program, of.option, of.left)).collect();
        Ok((!told.is_empty()).then(|| told.join(", ")))
    }
}

/// Refuses to complete at once what has a pool of codes.
async fn beside_pools(service: &Service, at_once: &[String]) -> Result<(), Failure> {
    let found = service.pools_beside(at_once).await.map_err(|error| Failure(error.to_string()))?;
    let Some((option, kind)) = found.first() else { return Ok(()) };
    Err(Failure(format!(
        "redemptions.at_once: `{kind}` is the type of the option `{option}`, which has a pool of codes; its redemptions would be \
         completed without one. Leave `{kind}` out"
    )))
}

async fn upkeep(state: AppState) {
    let mut ticks = tokio::time::interval(UPKEEP);
    loop {
        ticks.tick().await;
        state.metrics.upkeep();
    }
}

async fn aggregation(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(AGGREGATION);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = service.aggregate().await {
            // What is missing comes with the next pass; reports say up to when they are exact.
            tracing::debug!(%error, "sums for reports");
        }
    }
}

/// Tells when somebody wants the service to end.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

fn signals() -> Result<Signals, Failure> {
    Ok(Signals {
        #[cfg(unix)]
        terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
            .map_err(|error| Failure(format!("signals cannot be waited for: {error}")))?,
    })
}

impl Signals {
    async fn recv(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn log(config: &Config) {
    let (level, format) = &config.log;
    let filter: Targets = level.parse().unwrap_or_default();
    let registry = tracing_subscriber::registry().with(filter);
    let as_json = match format {
        LogFormat::Auto => !io::stderr().is_terminal(),
        LogFormat::Json => true,
        LogFormat::Text => false,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    // Fails where somebody was first, as in tests; then those lines are as good.
    let _ = if as_json {
        let lines = lines.json().flatten_event(true).with_current_span(true).with_span_list(false);
        registry.with(lines).try_init()
    } else {
        registry.with(lines.with_ansi(super::colour_of_errors())).try_init()
    };
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let payload = panic.payload();
        let words =
            payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        tracing::error!(place, words = words.unwrap_or_default(), "panic");
    }));
}
