//! `rewards send`: a table of purchases goes to a running service.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::{Ended, Failure, Outcome, complain, print};

/// As many purchases go in one request.
const BATCH: usize = 1_000;

/// How often a request is sent that the service could not take yet.
const TRIES: u32 = 5;

/// Sends the purchases of a CSV file to a running service, which posts them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each row is posted once, however often it is sent: a transaction id is processed once for ever.\n\n\
                  Exit status: 0 all were posted, 1 some were refused, 2 wrong use, a file that cannot be read, or a \
                  service that does not answer."
)]
pub(super) struct Args {
    /// Where the service is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:3009")]
    url: String,
    /// A token of role `service` or `system`, else the one in REWARDS_TOKEN; `rewards token` makes one for development
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// The purchases: `transaction_id`, `user_id`, `amount`, `currency`, `occurred_at` and what else the rules read
    #[arg(long, value_name = "FILE")]
    transactions: PathBuf,
    /// What is told of members: `user_id` and facts; `segments` are divided by `;`
    #[arg(long, value_name = "FILE")]
    members: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let members = args.members.as_deref().map(members).transpose()?.unwrap_or_default();
    let mut table = open(&args.transactions)?;
    let names = header(&mut table, &args.transactions)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failure(format!("requests cannot be sent: {e}")))?;
    let mut sending = Sending::new(args)?;
    let begun = Instant::now();
    let mut items = Vec::with_capacity(BATCH);
    for row in table.records() {
        let row = row.map_err(|e| unreadable(&args.transactions, &e))?;
        items.push(item(&names, &row, &members));
        if items.len() == BATCH {
            runtime.block_on(sending.send(&mut items))?;
        }
    }
    runtime.block_on(sending.send(&mut items))?;
    let Sending { posted, repeated, refused, .. } = sending;
    let seconds = begun.elapsed().as_secs().max(1);
    let rate = (posted.saturating_add(repeated)).checked_div(seconds).unwrap_or(0);
    print(&format!("{posted} posted, {repeated} posted before, {refused} refused; {rate} a second\n"))?;
    Ok(Ended::well_if(refused == 0))
}

fn open(path: &Path) -> Result<csv::Reader<std::fs::File>, Failure> {
    csv::Reader::from_path(path).map_err(|e| unreadable(path, &e))
}

fn unreadable(path: &Path, error: &csv::Error) -> Failure {
    Failure(format!("{} cannot be read: {error}", path.display()))
}

fn header(table: &mut csv::Reader<std::fs::File>, path: &Path) -> Result<Vec<String>, Failure> {
    let names: Vec<String> =
        table.headers().map_err(|e| unreadable(path, &e))?.iter().map(|name| name.trim().to_owned()).collect();
    if names.iter().any(|name| name == "user_id") {
        Ok(names)
    } else {
        Err(Failure(format!("{}: there is no column `user_id`", path.display())))
    }
}

/// What is told of each member.
fn members(path: &Path) -> Result<BTreeMap<String, Map<String, Value>>, Failure> {
    let mut table = open(path)?;
    let names = header(&mut table, path)?;
    let mut all = BTreeMap::new();
    for row in table.records() {
        let row = row.map_err(|e| unreadable(path, &e))?;
        let mut facts = Map::new();
        let mut user = String::new();
        for (name, cell) in names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty()) {
            match name.as_str() {
                "user_id" => user = cell.to_owned(),
                // Taking part in campaigns is the member's own step, at the service.
                "enrolments" => {}
                "segments" => {
                    facts.insert(name.clone(), cell.split(';').collect::<Vec<_>>().into());
                }
                _ => {
                    facts.insert(name.clone(), cell.into());
                }
            }
        }
        all.insert(user, facts);
    }
    Ok(all)
}

/// A row as an item of a batch; an empty cell is absent.
fn item(names: &[String], row: &csv::StringRecord, members: &BTreeMap<String, Map<String, Value>>) -> Value {
    let mut transaction = Map::new();
    let mut user = String::new();
    for (name, cell) in names.iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
        match name.as_str() {
            "user_id" => user = cell.to_owned(),
            "transaction_id" => {
                transaction.insert("id".to_owned(), cell.into());
            }
            _ => {
                transaction.insert(name.clone(), cell.into());
            }
        }
    }
    let mut item = json!({ "user_id": user, "transaction": transaction });
    if let (Some(facts), Some(fields)) = (members.get(&user), item.as_object_mut()) {
        fields.insert("member".to_owned(), facts.clone().into());
    }
    item
}

struct Sending {
    client: reqwest::Client,
    address: String,
    token: String,
    posted: u64,
    repeated: u64,
    refused: u64,
}

impl Sending {
    fn new(args: &Args) -> Result<Sending, Failure> {
        // Fails where somebody was first; then that provider serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().build();
        let token = args.token.clone().or_else(|| std::env::var("REWARDS_TOKEN").ok());
        Ok(Sending {
            client: client.map_err(|e| Failure(format!("requests cannot be sent: {e}")))?,
            address: format!("{}/api/v1/cashback/calculate/batch", args.url.trim_end_matches('/')),
            token: token.ok_or_else(|| Failure("a token is due: `--token`, or REWARDS_TOKEN".to_owned()))?,
            posted: 0,
            repeated: 0,
            refused: 0,
        })
    }

    /// Sends a batch; it may be sent again, since nothing is posted twice.
    async fn send(&mut self, items: &mut Vec<Value>) -> Result<(), Failure> {
        if items.is_empty() {
            return Ok(());
        }
        let body = json!({ "items": items }).to_string();
        let mut tries = 0_u32;
        let answer: Value = loop {
            tries = tries.saturating_add(1);
            let sent = self
                .client
                .post(&self.address)
                .bearer_auth(&self.token)
                .header("content-type", "application/json")
                .body(body.clone())
                .send()
                .await;
            let response = match sent {
                Ok(response) => response,
                Err(_) if tries < TRIES => {
                    tokio::time::sleep(std::time::Duration::from_secs(u64::from(tries))).await;
                    continue;
                }
                Err(e) => return Err(Failure(format!("{}: {}", self.address, e.without_url()))),
            };
            let status = response.status();
            let again = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
            let text = response.text().await.unwrap_or_default();
            if (status.as_u16() == 429 || status.as_u16() == 503) && tries < TRIES {
                tokio::time::sleep(std::time::Duration::from_secs(again.unwrap_or(1))).await;
                continue;
            }
            if !status.is_success() {
                return Err(Failure(format!("{} answered {status}: {text}", self.address)));
            }
            break serde_json::from_str(&text)
                .map_err(|e| Failure(format!("{} answered what is not JSON: {e}", self.address)))?;
        };
        let answers = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        for (item, answer) in items.drain(..).zip(answers) {
            let text =
                |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            if answer.get("outcome").is_none() {
                self.refused = self.refused.saturating_add(1);
                let id = item.get("transaction").map(|t| text(t, "id")).unwrap_or_default();
                let problem = answer.get("problem").cloned().unwrap_or_default();
                complain(&format!("refused `{id}`: {}: {}", text(&problem, "code"), text(&problem, "detail")));
            } else if answer.get("replayed").and_then(Value::as_bool) == Some(true) {
                self.repeated = self.repeated.saturating_add(1);
            } else {
                self.posted = self.posted.saturating_add(1);
            }
        }
        Ok(())
    }
}
