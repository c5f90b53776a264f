//! The policy in memory: a snapshot that is read again every second and refuses to serve when old.

use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use arc_swap::ArcSwap;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::time::MissedTickBehavior;

use super::{
    policy_file::{ClientEntry, PolicyError, PolicyFile},
    rate::Share,
};
use crate::{
    clock::SharedClock,
    fault::{Fault, Outcome},
    path::{Prefixes, Scope},
    reasons,
};

/// How often the file is read again.
pub const REFRESH_EVERY: Duration = Duration::from_secs(1);
/// Age from which on a snapshot is no longer believed.
pub const STALE_AFTER: TimeDelta = TimeDelta::seconds(5);

/// Names a client: 1 to 63 characters of `a-z 0-9 . _ -`, so that it is safe in logs and keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(Arc<str>);

impl ClientId {
    /// The id written as `text`.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        let fits = (1..=63).contains(&text.len()) && text.bytes().all(allowed);
        if fits {
            return Ok(Self(text.into()));
        }
        let rule = "a client id has 1 to 63 characters of a-z, 0-9, '.', '_' and '-'";
        Err(PolicyError::Content(rule.to_owned()))
    }

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClientId {
    type Error = PolicyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for ClientId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What the policy says of one client, ready for use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its roles, as listed.
    pub roles: Arc<[String]>,
    /// Everything its roles permit.
    pub permissions: Arc<Permissions>,
    /// The subtrees that it sees.
    pub scope: Arc<Scope>,
    /// Longest life of its tokens.
    pub longest_token: TimeDelta,
    /// How much it may call.
    pub share: Share,
}

/// Patterns of permissions: exact names and `prefix.*`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions(Vec<String>);

impl Permissions {
    /// These patterns.
    pub fn of(patterns: &[&str]) -> Self {
        Self(patterns.iter().map(|pattern| (*pattern).to_owned()).collect())
    }

    /// Whether one of the patterns covers `permission`.
    pub fn grant(&self, permission: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => permission.starts_with(prefix),
            None => pattern == permission,
        })
    }
}

/// The policy at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// The version that the file states.
    pub version: u64,
    /// Differs between any two snapshots of this process, even if the file's version does not.
    pub serial: u64,
    clients: HashMap<ClientId, Arc<Client>>,
}

impl Snapshot {
    /// The client with this id.
    pub fn client(&self, id: &str) -> Option<&Arc<Client>> {
        self.clients.get(id)
    }

    fn of(file: PolicyFile, serial: u64) -> Self {
        let roles: HashMap<String, Vec<String>> =
            file.roles.into_iter().map(|role| (role.name, role.permissions)).collect();
        let ready = |entry: ClientEntry| (entry.id.clone(), Arc::new(client_of(entry, &roles)));
        Self {
            version: file.version,
            serial,
            clients: file.clients.into_iter().map(ready).collect(),
        }
    }
}

fn client_of(entry: ClientEntry, roles: &HashMap<String, Vec<String>>) -> Client {
    let mut patterns: Vec<String> =
        entry.roles.iter().filter_map(|role| roles.get(role)).flatten().cloned().collect();
    patterns.sort_unstable();
    patterns.dedup();
    let scope = Scope {
        area: Prefixes::normalised(entry.area),
        affiliation: Prefixes::normalised(entry.affiliation),
    };
    Client {
        id: entry.id,
        roles: entry.roles.into(),
        permissions: Arc::new(Permissions(patterns)),
        scope: Arc::new(scope),
        longest_token: TimeDelta::minutes(i64::from(entry.max_token_minutes)),
        share: Share { rate: entry.rate, burst: entry.burst.unwrap_or(entry.rate) },
    }
}

struct Held {
    text: String,
    snapshot: Arc<Snapshot>,
    read_at: DateTime<Utc>,
}

/// Holds the newest snapshot of a policy file.
pub struct PolicyStore {
    path: PathBuf,
    clock: SharedClock,
    held: ArcSwap<Held>,
}

impl PolicyStore {
    /// Reads the policy for the first time; a process without one does not start.
    pub fn open(path: &Path, clock: SharedClock) -> Result<Arc<Self>, PolicyError> {
        let read_at = clock.now();
        let text = read_text(path)?;
        let snapshot = Arc::new(Snapshot::of(PolicyFile::parse(&text)?, 1));
        let held = ArcSwap::from_pointee(Held { text, snapshot, read_at });
        Ok(Arc::new(Self { path: path.to_owned(), clock, held }))
    }

    /// The snapshot, if it is young enough to be believed. `POLICY_STALE` otherwise.
    pub fn fresh(&self) -> Outcome<Arc<Snapshot>> {
        let held = self.held.load();
        let age = self.clock.now() - held.read_at;
        // A clock that was set back must not keep an old snapshot alive for ever.
        if age > STALE_AFTER || age < -STALE_AFTER {
            return Err(Fault::new(&reasons::POLICY_STALE).retry_after(REFRESH_EVERY));
        }
        Ok(Arc::clone(&held.snapshot))
    }

    /// Reads the file again. On an error the old snapshot stays, and ages.
    pub fn refresh(&self) -> Result<(), PolicyError> {
        // Taken before the read: the content may be replaced while it is read.
        let read_at = self.clock.now();
        let text = read_text(&self.path)?;
        let old = self.held.load();
        let snapshot = if text == old.text {
            Arc::clone(&old.snapshot)
        } else {
            let next = Snapshot::of(PolicyFile::parse(&text)?, old.snapshot.serial + 1);
            tracing::info!(version = next.version, "the access policy has changed");
            Arc::new(next)
        };
        self.held.store(Arc::new(Held { text, snapshot, read_at }));
        Ok(())
    }

    /// Refreshes every second until the future is dropped.
    pub async fn keep_fresh(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(REFRESH_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            let store = Arc::clone(&self);
            // A hanging network file system must not hold a worker of the runtime.
            let outcome = tokio::task::spawn_blocking(move || store.refresh()).await;
            let error = match outcome {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(panic) => Some(panic.to_string()),
            };
            match (&error, failing) {
                (Some(cause), false) => tracing::error!(%cause, "the access policy is not renewed"),
                (None, true) => tracing::info!("the access policy is renewed again"),
                _ => {}
            }
            failing = error.is_some();
        }
    }
}

fn read_text(path: &Path) -> Result<String, PolicyError> {
    std::fs::read_to_string(path)
        .map_err(|source| PolicyError::Io { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
