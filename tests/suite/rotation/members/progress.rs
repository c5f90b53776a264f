//! How far a rotation came: as the log tells it while it goes on, and as the register keeps it.

use anyhow::{Context, Result};
use unionhall_tests::{patience, suite::Suite};

use crate::rotation::keys;

/// A key that rotates from version 1 to version 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    BlindIndex,
    Vault,
}

impl Key {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::BlindIndex => "blind_index",
            Self::Vault => "vault",
        }
    }
}

/// What the register keeps of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    /// Rows that need the old version.
    pub(super) old: u64,
    /// Rows under the new one.
    pub(super) new: u64,
    /// Records that were brought along so far; `None` when all of them were.
    pub(super) renewed: Option<u64>,
}

/// What the register keeps of a key, also while it does not run.
pub(super) async fn kept(suite: &Suite, key: Key) -> Result<Kept> {
    let told = keys(suite, &["list"], Ok("vault version")).await?;
    let line = |version: u32| {
        let head = format!("{} version {version},", key.name());
        told.lines().find(|line| line.starts_with(&head))
    };
    let number = |line: &str, end: &str| -> Option<u64> {
        line.split(", ").find_map(|part| part.strip_suffix(end))?.parse().ok()
    };
    let new = line(2).context("the new version")?;
    Ok(Kept {
        old: line(1).and_then(|old| number(old, " rows")).unwrap_or(0),
        new: number(new, " rows").context("rows")?,
        renewed: number(new, " renewed so far"),
    })
}

/// What the log of this start tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// Records that had been brought along when the first chunk of this start was done.
    pub(super) first: Option<u64>,
    /// And after the last one.
    pub(super) renewed: u64,
    /// Whether all were.
    pub(super) all: bool,
    /// Chunks of whichever key: one waits for the other.
    chunks: usize,
}

pub(super) fn told(suite: &Suite, key: Key) -> Result<Told> {
    let log = suite.processes().first().context("a process")?.log()?;
    let mut told = Told::default();
    for line in log.lines() {
        let renewed = || {
            let (_, rest) = line.split_once("renewed=")?;
            rest.split(' ').next()?.parse::<u64>().ok()
        };
        told.chunks += usize::from(line.contains("rotating"));
        let chunk = line.contains("rotating") && line.contains(&format!("purpose={key:?} "));
        let name = format!("purpose=\"{}\"", key.name());
        if line.contains("every row is under the new key") && line.contains(&name) {
            told.all = true;
        } else if !chunk {
            continue;
        }
        told.renewed = renewed().context("a number of rows")?;
        told.first = told.first.or(Some(told.renewed));
    }
    Ok(told)
}

/// Waits until so many records were brought along, or all; as long as it goes on.
pub(super) async fn reached(suite: &Suite, key: Key, target: u64) -> Result<Told> {
    let mut seen = told(suite, key)?;
    while !seen.all && seen.renewed < target {
        let before = seen;
        let on = patience::until("a rotation that goes on", || async {
            told(suite, key).ok().filter(|now| *now != before)
        });
        seen = on.await.with_context(|| suite.logs())?;
    }
    Ok(seen)
}
