//! The clerk behind the writes: gives committed events their positions, seals audit entries and
//! folds figure deltas into balances. On PostgreSQL one instance at a time leads, by an advisory
//! lock that ends with its transaction; on SQLite there is only one server.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend};
use tokio_util::sync::CancellationToken;

use super::{
    Ledger,
    audit::{
        self,
        head::{Head, Telling},
    },
    idempotency,
};
use crate::{
    db::{fault, sql},
    fault::Outcome,
    figures::{
        Which,
        fold::{self, Ancestors},
        tail::{self, Bulk},
    },
};

/// Without a bell (another instance wrote) the clerk looks this often.
const ROUND: Duration = Duration::from_millis(100);
/// Transactions that one round gives positions to.
const TRANSACTIONS_A_ROUND: u64 = 5_000;
/// Audit entries that one round seals.
const SEALS_A_ROUND: u64 = 5_000;
/// Deltas that one round folds.
const DELTAS_A_ROUND: u64 = 30_000;
/// As many deltas of imports may wait for more: the longer they gather, the more of them share a row
/// of balances. Who reads adds them up meanwhile.
const BULK_WAITING: i64 = 1_000_000;
/// When no more came for so long, the import is over.
const BULK_QUIET: TimeDelta = TimeDelta::seconds(1);
/// Between two looks at what waits of an import: each reads all of it.
const BULK_LOOK: TimeDelta = TimeDelta::milliseconds(200);
/// Rounds between two looks at old request ids.
const PRUNE_EVERY: u64 = 600;

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Events that got a position.
    pub positioned: u64,
    /// Audit entries sealed.
    pub sealed: u64,
    /// Deltas folded.
    pub folded: u64,
}

impl Round {
    /// Whether nothing was to be done.
    pub fn is_idle(self) -> bool {
        self == Self::default()
    }
}

/// What the clerk remembers of the writes of many deltas.
#[derive(Debug, Default)]
struct Patience {
    newest: i64,
    since: DateTime<Utc>,
    /// When to look again; until then no figure is folded.
    next: DateTime<Utc>,
    /// Whether an import goes on.
    waits: bool,
}

impl Patience {
    /// Whether it is time to look what waits.
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        now >= self.next
    }

    /// Whether the waiting ones are folded now. Those that were folded make the newest an older one;
    /// that is no news.
    fn is_over(&mut self, waiting: Bulk, now: DateTime<Utc>) -> bool {
        if waiting.newest > self.newest {
            (self.newest, self.since) = (waiting.newest, now);
        }
        let over = waiting.deltas >= BULK_WAITING || now - self.since >= BULK_QUIET;
        self.waits = waiting.deltas > 0 && !over;
        self.next = if self.waits { now + BULK_LOOK } else { now };
        over
    }
}

/// The clerk of one service.
pub struct Sequencer {
    ledger: Ledger,
    ancestors: Arc<Ancestors>,
}

impl Sequencer {
    /// The clerk for these books; `ancestors` knows how a path leads upward.
    pub fn new(ledger: Ledger, ancestors: Arc<Ancestors>) -> Self {
        Self { ledger, ancestors }
    }

    /// Works until `stop`; a database that is away is tried again.
    pub async fn run(self, stop: CancellationToken) {
        let mut rounds = 0_u64;
        let mut telling = Telling::default();
        let mut patience = Patience::default();
        while !stop.is_cancelled() {
            let idle = match self.patient_round(&mut patience).await {
                Ok(round) => {
                    telling.moved(round.sealed);
                    round.is_idle()
                }
                Err(fault) => {
                    tracing::warn!(%fault, cause = ?fault, "the sequencer could not work");
                    true
                }
            };
            self.tell_head(&mut telling, false).await;
            rounds += 1;
            if rounds.is_multiple_of(PRUNE_EVERY) {
                self.prune().await;
            }
            if idle || patience.waits {
                tokio::select! {
                    () = stop.cancelled() => {}
                    // Several chunks of an import share a round.
                    () = self.ledger.bell.notified(), if !patience.waits => {}
                    () = tokio::time::sleep(ROUND) => {}
                }
            }
        }
        // What was written last is numbered, sealed and folded too.
        match self.drain().await {
            Ok(sealed) => telling.moved(sealed),
            Err(fault) => {
                tracing::warn!(%fault, cause = ?fault, "the last writes wait for the next start");
            }
        }
        self.tell_head(&mut telling, true).await;
    }

    /// Tells the log where the audit's chain stands, when it is due.
    async fn tell_head(&self, telling: &mut Telling, at_the_end: bool) {
        let now = self.ledger.clock.now();
        if !telling.is_due(now, at_the_end) {
            return;
        }
        let (db, keys) = (&self.ledger.db, self.ledger.keys.load_full());
        match Head::now(db.reader(), db.schema(), &keys.audit).await {
            Ok(Some(head)) => telling.tell(&head, db.schema(), now),
            Ok(None) => {}
            Err(fault) => tracing::warn!(%fault, cause = ?fault, "the audit's head is not known"),
        }
    }

    /// One round that leaves the deltas of an import that goes on.
    async fn patient_round(&self, patience: &mut Patience) -> Outcome<Round> {
        if self.nothing_waits().await? {
            return Ok(Round::default());
        }
        let now = self.ledger.clock.now();
        if !patience.is_due(now) {
            return self.work(None).await;
        }
        let waiting = tail::bulk(self.ledger.db.reader()).await?;
        let over = patience.is_over(waiting, now);
        self.work(Some(if over { Which::All } else { Which::Small })).await
    }

    /// One round. Public so that tests can drive it.
    pub async fn round(&self) -> Outcome<Round> {
        if self.nothing_waits().await? {
            Ok(Round::default())
        } else {
            self.work(Some(Which::All)).await
        }
    }

    /// Without `which` no figure is folded.
    async fn work(&self, which: Option<Which>) -> Outcome<Round> {
        // In a transaction of its own: readers of the feed must not wait for a long fold.
        let positioned = self.position().await?;
        let tx = self.ledger.db.begin().await?;
        let conn = tx.conn();
        let (sealed, folded) = if leads(conn).await? {
            let sealed = audit::seal(conn, SEALS_A_ROUND).await?;
            let folded = match which {
                Some(which) => fold::fold(conn, &*self.ancestors, which, DELTAS_A_ROUND).await?,
                None => 0,
            };
            (sealed, folded)
        } else {
            (0, 0)
        };
        tx.commit().await?;
        Ok(Round { positioned, sealed, folded })
    }

    /// Gives positions to what was committed; on SQLite the ids are positions already.
    async fn position(&self) -> Outcome<u64> {
        if self.ledger.db.ids_are_commit_order() {
            return Ok(0);
        }
        let tx = self.ledger.db.begin().await?;
        let conn = tx.conn();
        let positioned = if leads(conn).await? { position(conn).await? } else { 0 };
        tx.commit().await?;
        if positioned > 0 {
            self.ledger.bell.notify_waiters();
        }
        Ok(positioned)
    }

    /// Works until nothing is left; for tests and at shutdown. Answers how many audit entries it
    /// sealed.
    pub async fn drain(&self) -> Outcome<u64> {
        let mut sealed = 0;
        loop {
            let round = self.round().await?;
            if round.is_idle() {
                return Ok(sealed);
            }
            sealed += round.sealed;
        }
    }

    /// A look without a write lock, so that an idle suite stays idle.
    async fn nothing_waits(&self) -> Outcome<bool> {
        let conn = self.ledger.db.reader();
        let pending = if conn.get_database_backend() == DatabaseBackend::Postgres {
            "EXISTS (SELECT 1 FROM event_pending) OR"
        } else {
            ""
        };
        let text = format!(
            "SELECT CASE WHEN {pending} EXISTS (SELECT 1 FROM audit_entry WHERE sealed = 0)
                 OR EXISTS (SELECT 1 FROM figure_tail)
                 OR EXISTS (SELECT 1 FROM figure_delta) THEN 1 ELSE 0 END AS waits"
        );
        let row = conn.query_one_raw(sql(conn, &text, [])).await.map_err(fault::of)?;
        let waits: i32 = match row {
            Some(row) => row.try_get("", "waits").map_err(fault::of)?,
            None => 0,
        };
        Ok(waits == 0)
    }

    async fn prune(&self) {
        let pruned = async {
            let tx = self.ledger.db.begin().await?;
            idempotency::prune(tx.conn(), self.ledger.clock.now()).await?;
            tx.commit().await
        };
        if let Err(fault) = pruned.await {
            tracing::warn!(%fault, cause = ?fault, "old request ids could not be forgotten");
        }
    }
}

async fn leads(conn: &impl ConnectionTrait) -> Outcome<bool> {
    if conn.get_database_backend() != DatabaseBackend::Postgres {
        return Ok(true);
    }
    let lock = "SELECT pg_try_advisory_xact_lock(7553, hashtext(current_schema())) AS leads";
    let row = conn.query_one_raw(sql(conn, lock, [])).await.map_err(fault::of)?;
    row.map_or(Ok(false), |row| row.try_get("", "leads").map_err(fault::of))
}

/// Moves ids from pending to position: grouped by transaction, ordered by the group's highest id.
/// A transaction's rows become visible together, so a group is always whole.
async fn position(conn: &impl ConnectionTrait) -> Outcome<u64> {
    let text = format!(
        "WITH groups AS (
             SELECT batch, MAX(event) AS last FROM event_pending
             GROUP BY batch ORDER BY last LIMIT {TRANSACTIONS_A_ROUND}
         ), taken AS (
             DELETE FROM event_pending p USING groups g WHERE p.batch = g.batch
             RETURNING p.event, g.last
         ), head AS (
             SELECT COALESCE(MAX(position), 0) AS position FROM event_position
         )
         INSERT INTO event_position (position, event)
         SELECT head.position + ROW_NUMBER() OVER (ORDER BY taken.last, taken.event), taken.event
         FROM taken, head"
    );
    let done = conn.execute_raw(sql(conn, &text, [])).await.map_err(fault::of)?;
    Ok(done.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_waited_for_until_it_is_quiet_or_too_much_waits() {
        let begun: DateTime<Utc> = "2014-02-27T02:00:00Z".parse().unwrap();
        let after = |milliseconds| begun + TimeDelta::milliseconds(milliseconds);
        let mut patience = Patience::default();
        let waiting = |newest, deltas| Bulk { newest, deltas };
        for (waiting, at, over) in [
            (waiting(7, 4_000), 0, false),
            (waiting(7, 4_000), 900, false),
            (waiting(9, 8_000), 1_100, false),
            (waiting(9, 8_000), 1_900, false),
            (waiting(9, 8_000), 2_100, true),
            (waiting(8, 6_000), 2_150, true),
            (waiting(12, BULK_WAITING), 2_200, true),
            (waiting(13, BULK_WAITING - 1), 2_300, false),
            (waiting(13, 0), 2_500, false),
        ] {
            assert!(patience.is_due(after(at)), "{waiting:?} at {at} ms");
            assert_eq!(patience.is_over(waiting, after(at)), over, "{waiting:?} at {at} ms");
            let waits = waiting.deltas > 0 && !over;
            assert_eq!(patience.is_due(after(at + 49)), !waits, "{waiting:?} at {at} ms");
            assert_eq!(patience.waits, waits, "{waiting:?} at {at} ms");
        }
    }
}
