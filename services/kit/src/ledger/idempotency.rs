//! A request that comes twice has one effect (AIP-155). Only successes are kept, for seven days.

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::ConnectionTrait;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{Done, Intent, LedgerKeys};
use crate::{
    db::{fault, sql},
    fault::{Fault, Outcome},
    keys::Purpose,
    reasons,
};

/// How long a request id is remembered.
const KEPT: TimeDelta = TimeDelta::days(7);

/// A keyed MAC of method and message, so that the stored row tells nothing about the message.
fn body_mac(key: &[u8; 32], intent: &Intent<'_>) -> Vec<u8> {
    // HMAC takes keys of every length, so this cannot fail.
    #[allow(clippy::expect_used)]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(intent.method.as_bytes());
    mac.update(&[0]);
    mac.update(&intent.body);
    mac.finalize().into_bytes().to_vec()
}

/// Claims the request id for this transaction, or tells what an earlier request did with it.
/// On PostgreSQL a concurrent request with the same id waits here for the first to end.
pub(super) async fn claim(
    conn: &impl ConnectionTrait,
    keys: &LedgerKeys,
    intent: &Intent<'_>,
    request_id: Uuid,
    now: DateTime<Utc>,
) -> Outcome<Option<Done>> {
    let claim = sql(
        conn,
        "INSERT INTO idempotency_key (client, method, request_id, body_mac, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (client, method, request_id) DO NOTHING",
        [
            intent.client.into(),
            intent.method.into(),
            request_id.into(),
            body_mac(&keys.idempotency, intent).into(),
            now.into(),
        ],
    );
    if conn.execute_raw(claim).await.map_err(fault::of)?.rows_affected() == 1 {
        return Ok(None);
    }
    let find = sql(
        conn,
        "SELECT body_mac, record, version FROM idempotency_key
         WHERE client = $1 AND method = $2 AND request_id = $3",
        [intent.client.into(), intent.method.into(), request_id.into()],
    );
    let row = conn.query_one_raw(find).await.map_err(fault::of)?;
    let row = row.ok_or_else(|| Fault::new(&reasons::CONFLICT))?;
    let earlier: Vec<u8> = row.try_get("", "body_mac").map_err(fault::of)?;
    if !is_of_body(&earlier, keys, intent) {
        // Told that the id is another request's, a client would send the same one under a new id.
        keys.held.knows_all(conn, Purpose::Idempotency).await?;
        return Err(Fault::new(&reasons::REQUEST_ID_REUSED).with("request_id", request_id));
    }
    Ok(Some(Done {
        record: row.try_get("", "record").map_err(fault::of)?,
        version: row.try_get("", "version").map_err(fault::of)?,
    }))
}

/// Whether the MAC is of this message, under the key of now or one from before a rotation.
fn is_of_body(earlier: &[u8], keys: &LedgerKeys, intent: &Intent<'_>) -> bool {
    let mut live = std::iter::once(&keys.idempotency).chain(&keys.idempotency_before);
    live.any(|key| earlier.ct_eq(&body_mac(key, intent)).into())
}

/// Keeps what the request did.
pub(super) async fn finish(
    conn: &impl ConnectionTrait,
    client: &str,
    method: &str,
    request_id: Uuid,
    done: &Done,
) -> Outcome<()> {
    let finish = sql(
        conn,
        "UPDATE idempotency_key SET record = $4, version = $5
         WHERE client = $1 AND method = $2 AND request_id = $3",
        [
            client.into(),
            method.into(),
            request_id.into(),
            done.record.clone().into(),
            done.version.into(),
        ],
    );
    conn.execute_raw(finish).await.map_err(fault::of)?;
    Ok(())
}

/// Forgets ids that are older than seven days.
pub(super) async fn prune(conn: &impl ConnectionTrait, now: DateTime<Utc>) -> Outcome<u64> {
    let old = now - KEPT;
    let prune = sql(conn, "DELETE FROM idempotency_key WHERE created_at < $1", [old.into()]);
    Ok(conn.execute_raw(prune).await.map_err(fault::of)?.rows_affected())
}
