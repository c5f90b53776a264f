//! A few connections to one upstream, opened when they are needed.

use std::{sync::Arc, time::Duration};

use http::uri::Authority;
use parking_lot::RwLock;
use tokio::{
    sync::Mutex,
    time::{self, Instant},
};
use unionhall_kit::ids::Randomness;

use super::connection::{Connection, FULL, Lease};
use crate::retry::jitter;

const CONNECT_WITHIN: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many connections a pool holds.
#[derive(Debug, Clone, Copy)]
pub struct PoolSettings {
    /// Kept open under load, at least 1.
    pub connections: usize,
    /// Opened at most, when all others carry a hundred calls each.
    pub most_connections: usize,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { connections: 2, most_connections: 64 }
    }
}

/// Connections to one authority that share their fate with nothing else.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    authority: Authority,
    settings: PoolSettings,
    randomness: Arc<dyn Randomness>,
    live: RwLock<Vec<Arc<Connection>>>,
    door: Mutex<Door>,
}

/// Only one connection is opened at a time, and not too soon after a failure.
struct Door {
    turn: usize,
    failures: u32,
    closed_until: Option<Instant>,
    last_refusal: String,
}

impl Pool {
    pub(super) fn new(
        authority: Authority,
        settings: PoolSettings,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        let door = Door { turn: 0, failures: 0, closed_until: None, last_refusal: String::new() };
        Self(Arc::new(Inner {
            authority,
            settings,
            randomness,
            live: RwLock::new(Vec::new()),
            door: Mutex::new(door),
        }))
    }

    /// A place on the least loaded connection; opens one if there is none. The error says why
    /// none could be opened.
    pub(super) async fn lease(&self) -> Result<Lease, String> {
        if let Some((lease, wants_company)) = self.0.least_loaded() {
            if wants_company {
                self.grow();
            }
            return Ok(lease);
        }
        // A task of its own, so that a caller with a short deadline does not cancel the attempt
        // for those who wait behind it.
        let inner = Arc::clone(&self.0);
        let opening = tokio::spawn(async move {
            let mut door = inner.door.lock().await;
            match inner.least_loaded() {
                Some((lease, _)) => Ok(lease),
                None => inner.open(&mut door).await,
            }
        });
        opening.await.unwrap_or_else(|stopped| Err(stopped.to_string()))
    }

    fn grow(&self) {
        let inner = Arc::clone(&self.0);
        if inner.door.try_lock().is_err() {
            return;
        }
        tokio::spawn(async move {
            let mut door = inner.door.lock().await;
            if inner.least_loaded().is_none_or(|(_, wants_company)| wants_company) {
                // A failure is kept at the door; the connections at hand go on.
                drop(inner.open(&mut door).await);
            }
        });
    }
}

impl Inner {
    /// A place on the best connection, and whether another connection is due.
    fn least_loaded(&self) -> Option<(Lease, bool)> {
        let live = self.live.read();
        loop {
            let usable = live.iter().filter(|connection| !connection.is_ended());
            let best = usable.clone().min_by_key(|connection| connection.carried())?;
            let (carried, open) = (best.carried(), usable.count());
            let settings = self.settings;
            let wants_company = (carried > 0 && open < settings.connections)
                || (carried >= FULL && open < settings.most_connections);
            // One that refuses is ended from then on, so this comes to an end.
            if let Some(lease) = Lease::on(best) {
                return Some((lease, wants_company));
            }
        }
    }

    async fn open(&self, door: &mut Door) -> Result<Lease, String> {
        if door.closed_until.is_some_and(|until| Instant::now() < until) {
            return Err(door.last_refusal.clone());
        }
        door.turn = door.turn.wrapping_add(1);
        let attempt = Connection::open(&self.authority, door.turn);
        match time::timeout(CONNECT_WITHIN, attempt).await {
            Ok(Ok(connection)) => {
                (door.failures, door.closed_until) = (0, None);
                self.admit(Arc::new(connection))
            }
            Ok(Err(error)) => Err(self.refused(door, error.to_string())),
            Err(_) => Err(self.refused(door, "no connection within 1 s".to_owned())),
        }
    }

    fn admit(&self, connection: Arc<Connection>) -> Result<Lease, String> {
        let lease = Lease::on(&connection).ok_or("the connection ended at once")?;
        let mut live = self.live.write();
        live.retain(|other| !other.is_ended());
        live.push(connection);
        Ok(lease)
    }

    fn refused(&self, door: &mut Door, refusal: String) -> String {
        let pause = FIRST_PAUSE * 2_u32.pow(door.failures.min(5));
        let pause = jitter(&*self.randomness, FIRST_PAUSE, pause.min(LONGEST_PAUSE));
        door.failures = door.failures.saturating_add(1);
        door.closed_until = Some(Instant::now() + pause);
        door.last_refusal.clone_from(&refusal);
        refusal
    }
}
