//! A way to PostgreSQL that breaks when a test wants it to, and heals.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// What sqlx sends to end a transaction.
const COMMIT: &[u8] = b"COMMIT\0";

/// When a connection breaks that wants to commit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// Before the server heard of it.
    Before,
    /// As soon as the server was told.
    Meanwhile,
    /// Once the server has done it; the answer is lost.
    After,
}

/// How the way is.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// Whether connections are taken.
    open: bool,
    /// Whether what was sent stays on its way.
    silent: bool,
    /// How often all connections that there were fell silent for ever.
    stranded: usize,
    /// How often all connections were broken.
    broken: usize,
}

#[derive(Debug)]
struct State {
    server: String,
    way: watch::Sender<Way>,
    due: Mutex<Option<Cut>>,
    cuts: AtomicUsize,
}

/// It carries connections to one database.
pub(crate) struct Proxy {
    /// Of the database, by this way.
    pub(crate) address: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// One before the database at an address.
    pub(crate) async fn before(address: &str) -> Proxy {
        let (who, place) = address.rsplit_once('@').unwrap();
        let (server, database) = place.split_once('/').unwrap();
        let server = if server.contains(':') { server.to_owned() } else { format!("{server}:5432") };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("{who}@{}/{database}", listener.local_addr().unwrap());
        let (way, _) = watch::channel(Way { open: true, silent: false, stranded: 0, broken: 0 });
        let state = Arc::new(State { server, way, due: Mutex::new(None), cuts: AtomicUsize::new(0) });
        let task = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    tokio::spawn(carry(Arc::clone(&state), client));
                }
            }
        });
        Proxy { address, state, task }
    }

    /// Breaks the next connection that wants to commit.
    pub(crate) async fn cut(&self, cut: Cut) {
        *self.state.due.lock().await = Some(cut);
    }

    /// How many were broken so.
    pub(crate) fn cuts(&self) -> usize {
        self.state.cuts.load(Ordering::SeqCst)
    }

    /// Breaks all connections.
    pub(crate) fn break_all(&self) {
        self.state.way.send_modify(|way| way.broken += 1);
    }

    /// Breaks all connections, and takes none.
    pub(crate) fn close(&self) {
        self.state.way.send_modify(|way| (way.open, way.broken) = (false, way.broken + 1));
    }

    /// Takes connections again.
    pub(crate) fn open(&self) {
        self.state.way.send_modify(|way| way.open = true);
    }

    /// Carries nothing any more, and breaks nothing.
    pub(crate) fn fall_silent(&self) {
        self.state.way.send_modify(|way| way.silent = true);
    }

    /// Carries nothing any more of connections that there are, and breaks none; new ones are carried.
    pub(crate) fn strand(&self) {
        self.state.way.send_modify(|way| way.stranded += 1);
    }

    /// Carries what was sent meanwhile, and all that comes.
    pub(crate) fn go_on(&self) {
        self.state.way.send_modify(|way| way.silent = false);
    }
}

/// Carries a connection until it ends or is broken.
async fn carry(state: Arc<State>, mut client: TcpStream) {
    let mut way = state.way.subscribe();
    let begun = *way.borrow_and_update();
    if !begun.open {
        return;
    }
    let broken = async move {
        let _ = way.wait_for(|way| way.broken != begun.broken).await;
    };
    tokio::select! {
        biased;
        () = broken => {}
        _ = carried(&state, &mut client, begun) => {}
    }
}

async fn carried(state: &State, client: &mut TcpStream, begun: Way) -> std::io::Result<()> {
    let mut way = state.way.subscribe();
    let mut server = TcpStream::connect(&state.server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let _ = way.wait_for(|way| !way.silent && way.stranded == begun.stranded).await;
        tokio::select! {
            _ = way.changed() => {}
            read = client.read(&mut asked) => {
                let n = read?;
                let commits = asked[..n].windows(COMMIT.len()).any(|bytes| bytes == COMMIT);
                let due = if commits { state.due.lock().await.take() } else { None };
                if n == 0 || matches!(due, Some(Cut::Before)) {
                    return cut(state, due);
                }
                server.write_all(&asked[..n]).await?;
                if matches!(due, Some(Cut::After)) {
                    let _ = server.read(&mut answered).await?;
                }
                if due.is_some() {
                    return cut(state, due);
                }
            }
            read = server.read(&mut answered) => match read? {
                0 => return Ok(()),
                n => client.write_all(&answered[..n]).await?,
            },
        }
    }
}

fn cut(state: &State, due: Option<Cut>) -> std::io::Result<()> {
    state.cuts.fetch_add(usize::from(due.is_some()), Ordering::SeqCst);
    Ok(())
}
