//! The table of the versions: what tells each from another key, and how far the rows came.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{
    db::{Tx, fault, insert_new_rows, sql},
    fault::{Fault, Outcome},
    keys::{Key, Purpose},
    reasons,
};

/// The place of an older version of the blind index whose rows were removed.
const FORGOTTEN: &str = "forgotten";

/// A version, as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The purpose.
    pub purpose: Purpose,
    /// The version.
    pub version: u32,
    /// What tells the key from another one.
    pub fingerprint: Vec<u8>,
    /// The source that the job is at; empty before the start and after the end.
    pub source: String,
    /// The last row of it that was brought along.
    pub place: String,
    /// Rows that changed so far.
    pub renewed: u64,
    /// Since when the version is in use.
    pub begun_at: Option<DateTime<Utc>>,
    /// When every row was under the version.
    pub finished_at: Option<DateTime<Utc>>,
    /// When the version was taken out of use.
    pub retired_at: Option<DateTime<Utc>>,
}

impl Standing {
    /// Whether there are rows to bring under it.
    pub(super) fn is_open(&self) -> bool {
        self.finished_at.is_none() && self.retired_at.is_none()
    }

    /// Whether something is protected by it, or is about to be: whoever writes must hold it.
    pub fn is_in_use(&self) -> bool {
        self.retired_at.is_none() && (self.begun_at.is_some() || self.is_started())
    }

    /// Whether rows are being brought under it, or were: what is written without it is missed.
    pub(super) fn is_started(&self) -> bool {
        self.finished_at.is_some() || !self.source.is_empty()
    }

    /// Whether its look-up values were removed because a newer version serves.
    pub(super) fn is_forgotten(&self) -> bool {
        self.place == FORGOTTEN
    }
}

#[derive(FromQueryResult)]
struct Row {
    purpose: String,
    version: i32,
    fingerprint: Vec<u8>,
    source: String,
    place: String,
    renewed: i64,
    begun_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    retired_at: Option<DateTime<Utc>>,
}

impl Row {
    fn standing(self) -> Outcome<Standing> {
        let broken = || Fault::new(&reasons::INTERNAL).caused_by("a version of no known key");
        let purpose = Purpose::ALL.into_iter().find(|purpose| purpose.name() == self.purpose);
        Ok(Standing {
            purpose: purpose.ok_or_else(broken)?,
            version: u32::try_from(self.version).map_err(|_| broken())?,
            fingerprint: self.fingerprint,
            source: self.source,
            place: self.place,
            renewed: u64::try_from(self.renewed).unwrap_or(0),
            begun_at: self.begun_at,
            finished_at: self.finished_at,
            retired_at: self.retired_at,
        })
    }
}

/// Every version that a process of this database ever held, ascending.
pub async fn standings(conn: &impl ConnectionTrait) -> Outcome<Vec<Standing>> {
    let text =
        "SELECT purpose, version, fingerprint, source, place, renewed, begun_at, finished_at,
                retired_at
         FROM key_rotation ORDER BY purpose, version";
    let rows = Row::find_by_statement(sql(conn, text, [])).all(conn).await.map_err(fault::of)?;
    rows.into_iter().map(Row::standing).collect()
}

/// Notes a version before its first use. `finished`: there is nothing that lacks it.
pub(super) async fn note(
    conn: &Tx,
    purpose: Purpose,
    key: &Key,
    (now, finished): (DateTime<Utc>, bool),
) -> Outcome<()> {
    let row = vec![
        purpose.name().into(),
        number(key.version).into(),
        key.fingerprint().to_vec().into(),
        "".into(),
        "".into(),
        0_i64.into(),
        now.into(),
        finished.then_some(now).into(),
    ];
    let columns = "purpose, version, fingerprint, source, place, renewed, known_at, finished_at";
    insert_new_rows(conn, "key_rotation", columns, vec![row]).await.map_err(fault::of)
}

/// Keeps how far a version came.
pub(super) async fn save(conn: &impl ConnectionTrait, standing: &Standing) -> Outcome<()> {
    let text = "UPDATE key_rotation
                SET source = $1, place = $2, renewed = $3, begun_at = $4, finished_at = $5
                WHERE purpose = $6 AND version = $7";
    let values = [
        standing.source.as_str().into(),
        standing.place.as_str().into(),
        i64::try_from(standing.renewed).unwrap_or(i64::MAX).into(),
        standing.begun_at.into(),
        standing.finished_at.into(),
        standing.purpose.name().into(),
        number(standing.version).into(),
    ];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

/// The newest version under which every row was before an instant.
pub(super) fn newest_finished(
    found: &[Standing],
    purpose: Purpose,
    before: DateTime<Utc>,
) -> Option<u32> {
    let of_it = found.iter().filter(|standing| standing.purpose == purpose);
    let done = of_it.filter(|standing| standing.finished_at.is_some_and(|at| at <= before));
    done.map(|standing| standing.version).max()
}

/// Notes that the look-up values of versions before this one were removed.
pub(super) async fn forgotten(conn: &impl ConnectionTrait, before: u32) -> Outcome<()> {
    let text = "UPDATE key_rotation SET place = $1 WHERE purpose = $2 AND version < $3";
    let purpose = Purpose::BlindIndex.name();
    let values = [FORGOTTEN.into(), purpose.into(), number(before).into()];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

/// Lets the job go over the rows once more: some are under an old version all the same.
pub async fn reopen(conn: &impl ConnectionTrait, purpose: Purpose) -> Outcome<()> {
    let text = match purpose {
        Purpose::BlindIndex => "UPDATE key_rotation SET place = '' WHERE purpose = $1",
        _ => {
            "UPDATE key_rotation SET source = '', place = '', finished_at = NULL
             WHERE purpose = $1 AND retired_at IS NULL"
        }
    };
    conn.execute_raw(sql(conn, text, [purpose.name().into()])).await.map_err(fault::of)?;
    Ok(())
}

/// Notes that a version is used no more, so that a start does not miss it.
pub async fn retire(
    conn: &impl ConnectionTrait,
    purpose: Purpose,
    version: u32,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let text = "UPDATE key_rotation SET retired_at = $1 WHERE purpose = $2 AND version = $3";
    let values = [now.into(), purpose.name().into(), number(version).into()];
    conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(())
}

/// Versions count rotations; there will not be two thousand million of them.
fn number(version: u32) -> i32 {
    i32::try_from(version).unwrap_or(i32::MAX)
}
