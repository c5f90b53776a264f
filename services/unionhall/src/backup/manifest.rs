//! What a backup says of itself: the header goes first, for whoever is to take the rows; the manifest
//! goes last, so that a container without it was cut.

use std::collections::BTreeMap;

use anyhow::Result;
use sea_orm::prelude::DateTimeUtc;
use serde::{Deserialize, Serialize};
use unionhall_kit::{
    backup::{Sum, Table, postgres::Sequence},
    ledger::{
        AuditKey,
        audit::{ChainReport, head::Head},
    },
};

/// The form of the container. A change that an older release cannot read takes the next number.
pub(crate) const FORMAT: u32 = 1;
/// The first entry.
pub(crate) const HEADER: &str = "backup.json";
/// The last entry.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The access policy.
pub(crate) const POLICY: &str = "policy.toml";
/// Where the keys are.
pub(crate) const KEYS: &str = "keys/";
/// As the header writes it.
pub(crate) const SQLITE: &str = "sqlite";
/// As the header writes it.
pub(crate) const POSTGRES: &str = "postgres";

/// SQLite's file of a service.
pub(crate) fn database(schema: &str) -> String {
    format!("{schema}/{schema}.db")
}

/// What the pieces of a table begin with; `place` is its place among the tables.
pub(crate) fn stem(schema: &str, place: usize, table: &str) -> String {
    format!("{schema}/{:03}.{table}/", place + 1)
}

/// A piece of a table, in COPY's text form.
pub(crate) fn piece(stem: &str, number: u64) -> String {
    format!("{stem}{number:08}.copy")
}

/// Whether a file of the key folder is a key file, and no draft of one.
pub(crate) fn is_key_file(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let ending = name.ends_with(".toml") || name.ends_with(".pem");
    ending && name.chars().all(plain) && !name.starts_with('.')
}

/// The first entry.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// The form of the container.
    pub(crate) format: u32,
    /// Names the backup.
    pub(crate) id: String,
    /// The release that took it.
    pub(crate) release: String,
    /// When it was taken.
    pub(crate) created: DateTimeUtc,
    /// What is in it.
    pub(crate) services: Vec<Service>,
}

/// A service's database.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Service {
    /// The schema of PostgreSQL, the name of SQLite's file.
    pub(crate) schema: String,
    /// The engine.
    pub(crate) engine: String,
    /// The migrations that it has.
    pub(crate) migrations: Vec<String>,
    /// Its tables in the order in which they are filled.
    pub(crate) tables: Vec<Table>,
}

/// The last entry: what a restored database has to show.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// As in the header.
    pub(crate) id: String,
    /// As in the header.
    pub(crate) services: Vec<Contents>,
}

/// What a service's database holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contents {
    /// As in the header.
    pub(crate) schema: String,
    /// Rows and hash of each table.
    pub(crate) sums: BTreeMap<String, Sum>,
    /// The audit chain.
    pub(crate) audit: AuditState,
    /// The feed's epoch, which a restore replaces.
    pub(crate) feed_epoch: String,
    /// PostgreSQL: the last number of each identity column.
    pub(crate) sequences: Vec<Sequence>,
}

/// The audit chain, as `audit verify` finds it.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditState {
    /// Sealed entries.
    pub(crate) sealed: i64,
    /// Entries that wait for their seal.
    pub(crate) waiting: i64,
    /// The signed head; empty before the first seal.
    pub(crate) head: String,
    /// Whether every MAC and hash holds. One that was tampered with is kept as it is.
    pub(crate) holds: bool,
}

impl AuditState {
    /// What a walk found, signed with the key that seals now.
    pub(crate) fn of(report: ChainReport, schema: &str, key: Option<&AuditKey>) -> Self {
        let signed = |key| Head::signed(report.sealed, report.head.clone(), schema, key);
        let head = key.filter(|_| report.sealed > 0).map(signed);
        Self {
            sealed: report.sealed,
            waiting: report.unsealed,
            head: head.map(|head| head.to_string()).unwrap_or_default(),
            holds: report.broken_at.is_none() && report.false_entry.is_none(),
        }
    }
}

impl Header {
    /// As it is written.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }
}

impl Manifest {
    /// As it is written.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }

    /// All rows.
    pub(crate) fn rows(&self) -> u64 {
        self.sums().map(|sum| sum.rows).sum()
    }

    /// All tables.
    pub(crate) fn tables(&self) -> usize {
        self.sums().count()
    }

    fn sums(&self) -> impl Iterator<Item = &Sum> {
        self.services.iter().flat_map(|service| service.sums.values())
    }

    /// Prints where the audit stood.
    pub(crate) fn tell_heads(&self) {
        for Contents { schema, audit, .. } in &self.services {
            let AuditState { sealed, waiting, head, holds } = audit;
            let head = if head.is_empty() { "none" } else { head };
            println!("{schema}: {sealed} audit entries sealed, {waiting} waiting, head {head}");
            if !holds {
                println!("THE AUDIT CHAIN OF {schema} DOES NOT HOLD: see unionhall audit verify");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_key_files_are_keys() {
        for name in ["vault.toml", "token.pem", "token.pub.pem", "blind_index.toml"] {
            assert!(is_key_file(name), "{name}");
        }
        for name in ["vault.tmp", "..data", ".vault.toml", "../x.toml", "a/b.toml", ""] {
            assert!(!is_key_file(name), "{name}");
        }
    }
}
