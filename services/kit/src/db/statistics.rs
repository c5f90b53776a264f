//! What PostgreSQL's planner knows of the tables.

use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult};

use super::{Db, fault, sql};
use crate::fault::Outcome;

/// Changed rows below which a table is as it was.
const CHANGED: i64 = 10_000;

impl Db {
    /// Has PostgreSQL look at the tables that have grown to twice their size since it last did.
    ///
    /// It looks by itself once a minute. Until then a statement that was planned for an empty table
    /// reads the whole of the full one, each time: plans are kept until their table is looked at.
    pub async fn refresh_statistics(&self) {
        if let Err(fault) = self.look_at_grown().await {
            tracing::warn!(%fault, cause = ?fault, "the planner does not know how tables have grown");
        }
    }

    async fn look_at_grown(&self) -> Outcome<()> {
        #[derive(FromQueryResult)]
        struct Table {
            name: String,
        }
        let conn = self.reader();
        if self.engine() != DatabaseBackend::Postgres {
            return Ok(());
        }
        let grown = "SELECT quote_ident(s.relname) AS name
             FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
             WHERE s.schemaname = current_schema()
                 AND s.n_mod_since_analyze >= $1 + GREATEST(c.reltuples, 0)
             ORDER BY s.relname";
        let statement = sql(conn, grown, [CHANGED.into()]);
        let tables = Table::find_by_statement(statement).all(conn).await.map_err(fault::of)?;
        if tables.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = tables.into_iter().map(|table| table.name).collect();
        // Whoever looks at one already need not be waited for.
        let text = format!("ANALYZE (SKIP_LOCKED) {}", names.join(", "));
        conn.execute_unprepared(&text).await.map_err(fault::of)?;
        Ok(())
    }
}
