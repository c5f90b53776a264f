//! Removing what nobody needs any more, in slices of one transaction each: a file or a report may be
//! as large as the rest of the database.

use chrono::TimeDelta;
use uuid::Uuid;

use super::{
    Imports,
    store::{batch, fault, piece},
    upload,
};
use crate::{db::Db, fault::Outcome};

/// A batch that was not committed is kept for so long.
const FORGOTTEN_AFTER: TimeDelta = TimeDelta::days(30);

impl Imports {
    /// Gives up files that will not come and batches that nobody took further, and removes them.
    pub(super) async fn sweep(&self) {
        let swept = async {
            self.withdraw_old().await?;
            let db = self.ledger.db();
            for id in batch::withdrawn(db.reader()).await? {
                withdrawn(db, id).await?;
                tracing::info!(batch = %id, "an import that nobody took further is removed");
            }
            Outcome::Ok(())
        };
        if let Err(fault) = swept.await {
            tracing::warn!(%fault, "old imports could not be removed");
        }
        self.drop_idle_files().await;
    }

    async fn withdraw_old(&self) -> Outcome<()> {
        let now = self.ledger.clock().now();
        let tx = self.ledger.db().begin().await?;
        batch::withdraw_old(tx.conn(), now - upload::STALE_AFTER, now - FORGOTTEN_AFTER).await?;
        tx.commit().await
    }

    /// Removes the files that nobody reads again.
    pub(super) async fn drop_idle_files(&self) {
        let dropped = async {
            let db = self.ledger.db();
            for id in batch::with_idle_file(db.reader()).await? {
                pieces(db, id).await?;
            }
            Outcome::Ok(())
        };
        if let Err(fault) = dropped.await {
            tracing::warn!(%fault, "files of ended imports stay for now");
        }
    }
}

/// Removes a batch that was given up.
pub(super) async fn withdrawn(db: &Db, id: Uuid) -> Outcome<()> {
    pieces(db, id).await?;
    faults(db, id).await?;
    let tx = db.begin().await?;
    batch::remove_withdrawn(tx.conn(), id).await?;
    tx.commit().await
}

/// Removes every fault of a batch.
pub(super) async fn faults(db: &Db, id: Uuid) -> Outcome<()> {
    loop {
        let tx = db.begin().await?;
        let removed = fault::remove_some(tx.conn(), id).await?;
        tx.commit().await?;
        if removed < fault::SLICE {
            return Ok(());
        }
    }
}

async fn pieces(db: &Db, id: Uuid) -> Outcome<()> {
    loop {
        let tx = db.begin().await?;
        let removed = piece::remove_some(tx.conn(), id).await?;
        tx.commit().await?;
        if removed < piece::SLICE {
            return Ok(());
        }
    }
}
