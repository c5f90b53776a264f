//! The head of the chain, as the log carries it off the machine. The chain alone cannot tell that its
//! end was cut off, or that it was written anew by somebody who holds its key; a head that was kept
//! elsewhere can.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::ConnectionTrait;
use sha2::Sha256;

use super::AuditKey;
use crate::{
    db::{fault, sql},
    fault::Outcome,
};

/// What sets the MAC of a head apart from that of an entry.
const TAG: &str = "unionhall audit head";
/// Heads go out this often at most.
const EVERY: TimeDelta = TimeDelta::minutes(1);
/// Bytes of a hash and of a MAC.
const HASH: usize = 32;

/// Where the chain stood, written `SEQUENCE:HASH:MAC`, the latter two in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The number of the last seal.
    pub sequence: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// The MAC over schema, sequence and hash under the audit key; a head noted by hand has none.
    pub mac: Option<Vec<u8>>,
}

/// What became of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The chain still holds it.
    Kept,
    /// The chain ends before it: entries were cut off.
    Cut,
    /// Another hash stands in its place: the chain was written anew.
    Rewritten,
    /// It bears a MAC that no key of this register made.
    Strange,
}

impl Head {
    /// The head of the chain; `None` before its first seal.
    pub async fn now(
        conn: &impl ConnectionTrait,
        schema: &str,
        key: &AuditKey,
    ) -> Outcome<Option<Self>> {
        let (sequence, hash) = super::head(conn).await?;
        Ok((sequence > 0).then(|| Self::signed(sequence, hash, schema, key)))
    }

    /// A head with its MAC.
    pub fn signed(sequence: i64, hash: Vec<u8>, schema: &str, key: &AuditKey) -> Self {
        let mut head = Self { sequence, hash, mac: None };
        head.mac = Some(head.code(schema, key).finalize().into_bytes().to_vec());
        head
    }

    /// Looks for it in the chain. That the chain itself holds is `audit::verify`'s to say.
    pub async fn fate(
        &self,
        conn: &impl ConnectionTrait,
        schema: &str,
        keys: &[AuditKey],
    ) -> Outcome<Fate> {
        if let Some(mac) = &self.mac {
            let ours = |key: &AuditKey| self.code(schema, key).verify_slice(mac).is_ok();
            if !keys.iter().any(ours) {
                return Ok(Fate::Strange);
            }
        }
        let find = "SELECT hash FROM audit_seal WHERE sequence = $1";
        let row = conn.query_one_raw(sql(conn, find, [self.sequence.into()])).await;
        let Some(row) = row.map_err(fault::of)? else { return Ok(Fate::Cut) };
        let hash: Vec<u8> = row.try_get("", "hash").map_err(fault::of)?;
        Ok(if hash == self.hash { Fate::Kept } else { Fate::Rewritten })
    }

    /// Every head that a text names, whatever a log collector wrote around it.
    pub fn all_in(text: &str) -> Vec<Self> {
        let words = text.split(|c: char| !(c.is_ascii_hexdigit() || c == ':'));
        words.filter_map(|word| word.trim_matches(':').parse().ok()).collect()
    }

    fn code(&self, schema: &str, key: &AuditKey) -> Hmac<Sha256> {
        // HMAC takes keys of every length, so this cannot fail.
        #[allow(clippy::expect_used)]
        let mut code = Hmac::<Sha256>::new_from_slice(&key.bytes).expect("a key of any length");
        for field in [TAG.as_bytes(), schema.as_bytes(), &self.sequence.to_be_bytes(), &self.hash] {
            code.update(&(field.len() as u64).to_be_bytes());
            code.update(field);
        }
        code
    }
}

impl fmt::Display for Head {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.sequence, hex(&self.hash))?;
        self.mac.as_ref().map_or(Ok(()), |mac| write!(out, ":{}", hex(mac)))
    }
}

/// A text that is no head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a head is written SEQUENCE:HASH or SEQUENCE:HASH:MAC, with 64 hexadecimal digits each")]
pub struct NoHead;

impl FromStr for Head {
    type Err = NoHead;

    fn from_str(text: &str) -> Result<Self, NoHead> {
        let mut parts = text.split(':');
        let sequence = parts.next().and_then(|part| part.parse().ok());
        let sequence = sequence.filter(|number: &i64| *number > 0).ok_or(NoHead)?;
        let hash = parts.next().and_then(bytes).ok_or(NoHead)?;
        let mac = parts.next().map(|part| bytes(part).ok_or(NoHead)).transpose()?;
        if parts.next().is_some() { Err(NoHead) } else { Ok(Self { sequence, hash, mac }) }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.len() == 2 * HASH && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    digits.then(|| (0..text.len()).step_by(2).map(byte).collect())?
}

/// When a sequencer tells the head: after a seal of its own, once a minute at most.
#[derive(Debug, Default)]
pub(in crate::ledger) struct Telling {
    moved: bool,
    told: Option<DateTime<Utc>>,
}

impl Telling {
    /// Notes whether the chain went on.
    pub(in crate::ledger) fn moved(&mut self, sealed: u64) {
        self.moved |= sealed > 0;
    }

    /// Whether there is something to tell, at the end at once.
    pub(in crate::ledger) fn is_due(&self, now: DateTime<Utc>, at_the_end: bool) -> bool {
        // A clock that was set back must not silence it.
        let rested = self.told.is_none_or(|told| (now - told).abs() >= EVERY);
        self.moved && (rested || at_the_end)
    }

    /// Writes the head to the log.
    pub(in crate::ledger) fn tell(&mut self, head: &Head, schema: &str, now: DateTime<Utc>) {
        let at = now.to_rfc3339_opts(SecondsFormat::Micros, true);
        tracing::info!(target: "unionhall::audit_head", schema, %head, at, "the audit's head");
        *self = Self { moved: false, told: Some(now) };
    }
}

#[cfg(test)]
mod tests;
