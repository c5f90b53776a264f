//! Looks at what is protected: each stands in the audit before the answer goes out, and a client has so
//! many an hour. They are counted in the database, so that neither a restart nor one more process
//! gives more of them.

use std::time::Duration;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use sea_orm::{ConnectionTrait, Value};

use super::{AuditNote, Begun, Entry, Intent, Ledger};
use crate::{
    db::{fault, sql},
    fault::{Fault, Outcome},
    reasons,
};

/// Looks of one client in a clock hour, unless something else is set.
pub const AN_HOUR: u32 = 120;

impl Ledger {
    /// Begins a look. A repeated request is one more look: what is shown once more is seen once more.
    /// `REQUEST_ID_REUSED`.
    pub async fn begin_look(&self, intent: &Intent<'_>) -> Outcome<Box<Entry>> {
        match self.begin(intent).await? {
            Begun::Fresh(entry) => Ok(entry),
            Begun::Replay(_) => {
                let tx = self.db.begin().await?;
                let again = Intent { request_id: None, ..intent.clone() };
                Ok(Box::new(self.entry(tx, &again, self.clock.now())))
            }
        }
    }
}

impl Entry {
    /// Counts one look of the caller and notes it. `RATE_LIMITED` with the time to wait when there
    /// were as many as `an_hour` in this clock hour.
    pub async fn look(&mut self, note: AuditNote, an_hour: u32) -> Outcome<()> {
        let hour = hour(self.now);
        let before = sql(
            self.conn(),
            "DELETE FROM protected_look WHERE client = $1 AND hour < $2",
            [Value::from(self.client.as_str()), hour.into()],
        );
        self.conn().execute_raw(before).await.map_err(fault::of)?;
        let count = sql(
            self.conn(),
            "INSERT INTO protected_look (client, hour, looks) VALUES ($1, $2, 1)
             ON CONFLICT (client, hour) DO UPDATE SET looks = protected_look.looks + 1
             RETURNING looks",
            [Value::from(self.client.as_str()), hour.into()],
        );
        let row = self.conn().query_one_raw(count).await.map_err(fault::of)?;
        let looks: i64 = row.map_or(Ok(0), |row| row.try_get("", "looks")).map_err(fault::of)?;
        if looks > i64::from(an_hour) {
            let wait = (hour + TimeDelta::hours(1) - self.now).to_std().unwrap_or(Duration::ZERO);
            return Err(Fault::new(&reasons::RATE_LIMITED).retry_after(wait));
        }
        self.audit(note);
        Ok(())
    }
}

/// The full hour before an instant.
fn hour(at: DateTime<Utc>) -> DateTime<Utc> {
    // Cutting to hours fails beyond the years that the clock can tell alone.
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}
