//! The audit: each entry is written with its change under a keyed MAC; the sequencer chains the
//! entries behind the write, so that the chain does not serialise the writers. Between the commit
//! and the seal (within a second) an entry is protected by its MAC alone. Entries hold no personal
//! data.

pub mod head;
pub mod told;

use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use sha2::{Digest, Sha256};

use crate::{
    db::{Tx, fault, insert_rows, sql},
    fault::Outcome,
    keys::Key,
    path::Path,
};

/// The key of the entries' MAC, with its version.
#[derive(Clone)]
pub struct AuditKey {
    /// Stored beside the MAC, so that keys can change.
    pub version: i32,
    /// The key.
    pub bytes: [u8; 32],
}

impl AuditKey {
    /// A version of the ring's audit key.
    pub fn of(key: &Key) -> Self {
        // Versions count rotations; there will not be two thousand million of them.
        let version = i32::try_from(key.version).unwrap_or(i32::MAX);
        Self { version, bytes: *key.bytes() }
    }
}

/// What was done, without personal data.
#[derive(Debug, Clone)]
pub struct AuditNote {
    /// Resource name of the record, or of the call's product.
    pub record: String,
    /// Where it stands on the area line.
    pub area: Path,
    /// What changed: field names and counts, never values that are protected.
    pub detail: String,
}

/// What all entries of one transaction share.
pub(super) struct Stamp<'a> {
    pub(super) at: DateTime<Utc>,
    pub(super) client: &'a str,
    pub(super) method: &'a str,
    pub(super) trace: &'a str,
}

const COLUMNS: &str = "at, client, method, record, area, request, detail, key_version, mac";

pub(super) async fn append(
    conn: &Tx,
    key: &AuditKey,
    notes: &[AuditNote],
    stamp: &Stamp<'_>,
) -> Outcome<()> {
    let row = |note: &AuditNote| -> Vec<Value> {
        let entry = Canonical {
            at: stamp.at,
            client: stamp.client,
            method: stamp.method,
            record: &note.record,
            area: note.area.as_str(),
            request: stamp.trace,
            detail: &note.detail,
        };
        vec![
            stamp.at.into(),
            stamp.client.into(),
            stamp.method.into(),
            note.record.clone().into(),
            note.area.as_str().into(),
            stamp.trace.into(),
            note.detail.clone().into(),
            key.version.into(),
            entry.mac(key).into(),
        ]
    };
    let rows = notes.iter().map(row).collect();
    insert_rows(conn, "audit_entry", COLUMNS, rows).await.map_err(fault::of)
}

/// The fields of an entry in the form that is authenticated: each with its length before it, so
/// that no two entries share a form.
struct Canonical<'a> {
    at: DateTime<Utc>,
    client: &'a str,
    method: &'a str,
    record: &'a str,
    area: &'a str,
    request: &'a str,
    detail: &'a str,
}

impl Canonical<'_> {
    fn bytes(&self) -> Vec<u8> {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let fields = [
            at.as_str(),
            self.client,
            self.method,
            self.record,
            self.area,
            self.request,
            self.detail,
        ];
        let mut bytes = Vec::new();
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
        bytes
    }

    fn mac(&self, key: &AuditKey) -> Vec<u8> {
        // HMAC takes keys of every length, so this cannot fail.
        #[allow(clippy::expect_used)]
        let mut mac = Hmac::<Sha256>::new_from_slice(&key.bytes).expect("a key of any length");
        mac.update(&self.bytes());
        mac.finalize().into_bytes().to_vec()
    }
}

#[derive(FromQueryResult)]
struct Stored {
    id: i64,
    at: DateTime<Utc>,
    client: String,
    method: String,
    record: String,
    area: String,
    request: String,
    detail: String,
    mac: Vec<u8>,
}

impl Stored {
    fn canonical(&self) -> Canonical<'_> {
        Canonical {
            at: self.at,
            client: &self.client,
            method: &self.method,
            record: &self.record,
            area: &self.area,
            request: &self.request,
            detail: &self.detail,
        }
    }

    fn is_authentic(&self, version: i32, keys: &[AuditKey]) -> bool {
        let key = keys.iter().find(|key| key.version == version);
        key.is_some_and(|key| self.canonical().mac(key) == self.mac)
    }

    fn hash(&self, previous: &[u8]) -> Vec<u8> {
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.id.to_be_bytes());
        hash.update(self.canonical().bytes());
        hash.update(&self.mac);
        hash.finalize().to_vec()
    }
}

const ENTRY: &str = "SELECT id, at, client, method, record, area, request, detail, mac";

/// Chains unsealed entries; only the sequencer's leader calls it. Answers how many it sealed.
pub(super) async fn seal(conn: &Tx, at_most: u64) -> Outcome<u64> {
    let unsealed = format!("{ENTRY} FROM audit_entry WHERE sealed = 0 ORDER BY id LIMIT {at_most}");
    let entries =
        Stored::find_by_statement(sql(conn, &unsealed, [])).all(conn).await.map_err(fault::of)?;
    if entries.is_empty() {
        return Ok(0);
    }
    let (mut sequence, mut previous) = head(conn).await?;
    let mut rows: Vec<Vec<Value>> = Vec::with_capacity(entries.len());
    for entry in &entries {
        let hash = entry.hash(&previous);
        sequence += 1;
        rows.push(vec![
            sequence.into(),
            entry.id.into(),
            previous.clone().into(),
            hash.clone().into(),
        ]);
        previous = hash;
    }
    insert_rows(conn, "audit_seal", "sequence, entry, previous_hash, hash", rows)
        .await
        .map_err(fault::of)?;
    mark_sealed(conn, entries.iter().map(|entry| entry.id).collect()).await?;
    Ok(entries.len() as u64)
}

async fn mark_sealed(conn: &impl ConnectionTrait, ids: Vec<i64>) -> Outcome<()> {
    for some in ids.chunks(1_000) {
        let list: Vec<String> = some.iter().map(i64::to_string).collect();
        let text = format!("UPDATE audit_entry SET sealed = 1 WHERE id IN ({})", list.join(", "));
        conn.execute_raw(sql(conn, &text, [])).await.map_err(fault::of)?;
    }
    Ok(())
}

/// Sequence and hash of the last seal; zeros before the first.
pub async fn head(conn: &impl ConnectionTrait) -> Outcome<(i64, Vec<u8>)> {
    let last =
        sql(conn, "SELECT sequence, hash FROM audit_seal ORDER BY sequence DESC LIMIT 1", []);
    match conn.query_one_raw(last).await.map_err(fault::of)? {
        None => Ok((0, vec![0; 32])),
        Some(row) => Ok((
            row.try_get("", "sequence").map_err(fault::of)?,
            row.try_get("", "hash").map_err(fault::of)?,
        )),
    }
}

/// What a walk over the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainReport {
    /// Seals that were checked.
    pub sealed: i64,
    /// Entries that wait for their seal.
    pub unsealed: i64,
    /// The first sequence at which the chain does not hold.
    pub broken_at: Option<i64>,
    /// The id of the first entry that waits for its seal under a MAC that is not its own.
    pub false_entry: Option<i64>,
    /// Hash of the last seal.
    pub head: Vec<u8>,
}

/// Recomputes every MAC and hash.
pub async fn verify(conn: &impl ConnectionTrait, keys: &[AuditKey]) -> Outcome<ChainReport> {
    let mut report = ChainReport {
        sealed: 0,
        unsealed: 0,
        broken_at: None,
        false_entry: None,
        head: vec![0; 32],
    };
    while report.broken_at.is_none() && verify_some(conn, keys, &mut report).await? {}
    let mut last = 0;
    while let Some(id) = verify_waiting(conn, keys, last, &mut report).await? {
        last = id;
    }
    let sealed = sql(conn, "SELECT COUNT(*) AS n FROM audit_entry WHERE sealed = 1", []);
    if let Some(row) = conn.query_one_raw(sealed).await.map_err(fault::of)? {
        let entries: i64 = row.try_get("", "n").map_err(fault::of)?;
        // An entry that is marked as sealed and has no seal was cut off at the end of the chain.
        if entries != report.sealed && report.broken_at.is_none() {
            report.broken_at = Some(report.sealed + 1);
        }
    }
    Ok(report)
}

/// Checks the next seals; answers whether there may be more.
async fn verify_some(
    conn: &impl ConnectionTrait,
    keys: &[AuditKey],
    report: &mut ChainReport,
) -> Outcome<bool> {
    let next = sql(
        conn,
        "SELECT s.sequence, s.previous_hash, s.hash, e.key_version, e.id, e.at, e.client,
                e.method, e.record, e.area, e.request, e.detail, e.mac
         FROM audit_seal s JOIN audit_entry e ON e.id = s.entry
         WHERE s.sequence > $1 ORDER BY s.sequence LIMIT 5000",
        [report.sealed.into()],
    );
    let rows = conn.query_all_raw(next).await.map_err(fault::of)?;
    for row in &rows {
        let entry = Stored::from_query_result(row, "").map_err(fault::of)?;
        let sequence: i64 = row.try_get("", "sequence").map_err(fault::of)?;
        let previous: Vec<u8> = row.try_get("", "previous_hash").map_err(fault::of)?;
        let hash: Vec<u8> = row.try_get("", "hash").map_err(fault::of)?;
        let version: i32 = row.try_get("", "key_version").map_err(fault::of)?;
        let authentic = entry.is_authentic(version, keys);
        let chained = sequence == report.sealed + 1
            && previous == report.head
            && hash == entry.hash(&previous);
        if !(authentic && chained) {
            report.broken_at = Some(report.sealed + 1);
            return Ok(false);
        }
        report.sealed = sequence;
        report.head = hash;
    }
    Ok(!rows.is_empty())
}

/// Checks entries that wait for their seal, behind the id `last`; answers the last id it saw.
async fn verify_waiting(
    conn: &impl ConnectionTrait,
    keys: &[AuditKey],
    last: i64,
    report: &mut ChainReport,
) -> Outcome<Option<i64>> {
    let next = format!(
        "{ENTRY}, key_version FROM audit_entry WHERE sealed = 0 AND id > $1 ORDER BY id LIMIT 5000"
    );
    let rows = conn.query_all_raw(sql(conn, &next, [last.into()])).await.map_err(fault::of)?;
    let mut seen = None;
    for row in &rows {
        let entry = Stored::from_query_result(row, "").map_err(fault::of)?;
        let version: i32 = row.try_get("", "key_version").map_err(fault::of)?;
        if report.false_entry.is_none() && !entry.is_authentic(version, keys) {
            report.false_entry = Some(entry.id);
        }
        report.unsealed += 1;
        seen = Some(entry.id);
    }
    Ok(seen)
}
