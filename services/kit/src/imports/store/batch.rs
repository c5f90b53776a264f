//! Batches. A file that is still coming in has state 0, a batch that was given up and waits for its
//! removal has state -1; only this file knows of these.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Value};
use uuid::Uuid;

use crate::{
    db::{fault, sql},
    fault::{Fault, Outcome},
    imports::{Actor, state::State},
    reasons,
};

/// A batch as stored.
#[derive(Debug, Clone, FromQueryResult)]
pub(in crate::imports) struct Batch {
    pub(in crate::imports) id: Uuid,
    pub(in crate::imports) kind: String,
    /// Who uploaded it, and with which scope.
    pub(in crate::imports) client: String,
    pub(in crate::imports) scope: String,
    /// Who asked for the present pass, and with which scope.
    pub(in crate::imports) actor: String,
    pub(in crate::imports) actor_scope: String,
    pub(in crate::imports) file_name: String,
    pub(in crate::imports) file_size: i64,
    pub(in crate::imports) file_sha256: String,
    pub(in crate::imports) state: i16,
    pub(in crate::imports) only_valid_rows: i16,
    pub(in crate::imports) row_count: i64,
    pub(in crate::imports) valid_row_count: i64,
    pub(in crate::imports) fault_count: i64,
    pub(in crate::imports) unchanged_row_count: i64,
    pub(in crate::imports) applied_row_count: i64,
    /// The last line that pass 2 is done with.
    pub(in crate::imports) applied_line: i64,
    pub(in crate::imports) refused_undo_count: i64,
    /// The reason of the failure at which the last pass stopped; empty while all is well.
    pub(in crate::imports) failure: String,
    pub(in crate::imports) created_at: DateTime<Utc>,
    pub(in crate::imports) updated_at: DateTime<Utc>,
    pub(in crate::imports) version: i64,
}

impl Batch {
    pub(in crate::imports) fn name(&self) -> String {
        name(self.id)
    }

    pub(in crate::imports) fn state(&self) -> Outcome<State> {
        State::from_code(self.state).ok_or_else(|| Fault::new(&reasons::INTERNAL))
    }

    /// Whether nothing moves the batch by itself.
    pub(in crate::imports) fn rests(&self) -> Outcome<bool> {
        Ok(!self.failure.is_empty() || !self.state()?.works())
    }

    pub(in crate::imports) fn actor(&self) -> Outcome<Actor> {
        Actor::stored(&self.actor, &self.actor_scope)
    }

    /// From here on the batch moves on behalf of `actor`.
    pub(in crate::imports) fn enter(&mut self, state: State, actor: &Actor) {
        self.state = state.code();
        self.failure.clear();
        self.actor.clone_from(&actor.client);
        self.actor_scope = actor.scope_text();
    }

    /// Forgets what pass 1 found.
    pub(in crate::imports) fn forget_rows(&mut self) {
        self.row_count = 0;
        self.valid_row_count = 0;
        self.fault_count = 0;
        self.unchanged_row_count = 0;
    }
}

pub(in crate::imports) fn name(id: Uuid) -> String {
    format!("importBatches/{id}")
}

pub(in crate::imports) fn id_of(name: &str) -> Option<Uuid> {
    name.strip_prefix("importBatches/").and_then(|id| Uuid::parse_str(id).ok())
}

const COLUMNS: &str = "id, kind, client, scope, actor, actor_scope, file_name, file_size, \
     file_sha256, state, only_valid_rows, row_count, valid_row_count, fault_count, \
     unchanged_row_count, applied_row_count, applied_line, refused_undo_count, failure, \
     created_at, updated_at, version";

/// A place for the pieces of a file that begins to come in.
pub(in crate::imports) async fn begin_upload(
    conn: &impl ConnectionTrait,
    id: Uuid,
    kind: &str,
    file_name: &str,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let scope = actor.scope_text();
    let text = "INSERT INTO import_batch (id, kind, client, scope, actor, actor_scope, file_name,
         file_size, file_sha256, state, created_at, updated_at, version)
         VALUES ($1, $2, $3, $4, $3, $4, $5, 0, '', 0, $6, $6, 0)";
    let values: [Value; 6] = [
        id.into(),
        kind.into(),
        actor.client.clone().into(),
        scope.into(),
        file_name.into(),
        now.into(),
    ];
    run(conn, text, values).await.map(drop)
}

/// Notes that the file is still coming in. False where nobody expects it any more.
pub(in crate::imports) async fn touch_upload(
    conn: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Outcome<bool> {
    let text = "UPDATE import_batch SET updated_at = $2 WHERE id = $1 AND state = 0";
    Ok(run(conn, text, [id.into(), now.into()]).await? == 1)
}

/// The file is here. False where nobody expects it any more.
pub(in crate::imports) async fn finish_upload(
    conn: &impl ConnectionTrait,
    id: Uuid,
    size: i64,
    sha256: &str,
    now: DateTime<Utc>,
) -> Outcome<bool> {
    let text = "UPDATE import_batch SET file_size = $2, file_sha256 = $3, state = $4,
         created_at = $5, updated_at = $5, version = 1 WHERE id = $1 AND state = 0";
    let values = [id.into(), size.into(), sha256.into(), State::Uploaded.code().into(), now.into()];
    Ok(run(conn, text, values).await? == 1)
}

/// Gives up a file that will not come.
pub(in crate::imports) async fn withdraw_upload(
    conn: &impl ConnectionTrait,
    id: Uuid,
) -> Outcome<()> {
    let text = "UPDATE import_batch SET state = -1 WHERE id = $1 AND state = 0";
    run(conn, text, [id.into()]).await.map(drop)
}

/// Gives up files that stopped coming before `stale`, and batches that nobody took further and
/// nobody touched since `forgotten`.
pub(in crate::imports) async fn withdraw_old(
    conn: &impl ConnectionTrait,
    stale: DateTime<Utc>,
    forgotten: DateTime<Utc>,
) -> Outcome<()> {
    let text = "UPDATE import_batch SET state = -1 WHERE (state = 0 AND updated_at < $1)
         OR (state IN ($2, $3, $4) AND updated_at < $5)";
    let [uploaded, validated, rejected] =
        [State::Uploaded, State::Validated, State::Rejected].map(|state| state.code().into());
    let values = [stale.into(), uploaded, validated, rejected, forgotten.into()];
    run(conn, text, values).await.map(drop)
}

/// The batches that were given up.
pub(in crate::imports) async fn withdrawn(conn: &impl ConnectionTrait) -> Outcome<Vec<Uuid>> {
    ids(conn, "SELECT id FROM import_batch WHERE state = -1 ORDER BY id", []).await
}

/// Removes a batch that was given up, once nothing hangs on it: a cascade would be one statement.
pub(in crate::imports) async fn remove_withdrawn(
    conn: &impl ConnectionTrait,
    id: Uuid,
) -> Outcome<()> {
    let text = "DELETE FROM import_batch WHERE id = $1 AND state = -1
         AND NOT EXISTS (SELECT 1 FROM import_spool WHERE batch = $1)
         AND NOT EXISTS (SELECT 1 FROM import_fault WHERE batch = $1)";
    run(conn, text, [id.into()]).await.map(drop)
}

/// The batches that have their file still, although nobody reads it again.
pub(in crate::imports) async fn with_idle_file(conn: &impl ConnectionTrait) -> Outcome<Vec<Uuid>> {
    let text = "SELECT id FROM import_batch WHERE state IN ($1, $2, $3) AND EXISTS
         (SELECT 1 FROM import_spool WHERE batch = import_batch.id) ORDER BY id";
    let states = State::ALL.into_iter().filter(|state| state.reads_no_file());
    ids(conn, text, states.map(|state| state.code().into())).await
}

/// A batch by its id.
pub(in crate::imports) async fn load(
    conn: &impl ConnectionTrait,
    id: Uuid,
) -> Outcome<Option<Batch>> {
    let text = format!("SELECT {COLUMNS} FROM import_batch WHERE id = $1 AND state > 0");
    one(conn, &text, id).await
}

/// The same, and nobody else moves it until this transaction ends.
pub(in crate::imports) async fn lock(
    conn: &impl ConnectionTrait,
    id: Uuid,
) -> Outcome<Option<Batch>> {
    // SQLite has one writer, who locked everything when the transaction began.
    let lock = match conn.get_database_backend() {
        DatabaseBackend::Postgres => "FOR UPDATE",
        _ => "",
    };
    let text = format!("SELECT {COLUMNS} FROM import_batch WHERE id = $1 AND state > 0 {lock}");
    one(conn, &text, id).await
}

/// Stores where a batch stands, as its next version.
pub(in crate::imports) async fn save(
    conn: &impl ConnectionTrait,
    batch: &mut Batch,
    now: DateTime<Utc>,
) -> Outcome<()> {
    batch.version += 1;
    batch.updated_at = now.max(batch.updated_at);
    let text = "UPDATE import_batch SET actor = $2, actor_scope = $3, state = $4,
         only_valid_rows = $5, row_count = $6, valid_row_count = $7, fault_count = $8,
         unchanged_row_count = $9, applied_row_count = $10, applied_line = $11,
         refused_undo_count = $12, updated_at = $13, version = $14, failure = $15 WHERE id = $1";
    let values: [Value; 15] = [
        batch.id.into(),
        batch.actor.clone().into(),
        batch.actor_scope.clone().into(),
        batch.state.into(),
        batch.only_valid_rows.into(),
        batch.row_count.into(),
        batch.valid_row_count.into(),
        batch.fault_count.into(),
        batch.unchanged_row_count.into(),
        batch.applied_row_count.into(),
        batch.applied_line.into(),
        batch.refused_undo_count.into(),
        now.into(),
        batch.version.into(),
        batch.failure.clone().into(),
    ];
    run(conn, text, values).await.map(drop)
}

/// The batches of a client and of those with its scope, newest first, from behind `after` on.
pub(in crate::imports) async fn page(
    conn: &impl ConnectionTrait,
    actor: &Actor,
    after: Option<Uuid>,
    at_most: u64,
) -> Outcome<Vec<Batch>> {
    let scope = if actor.sees_something() { actor.scope_text() } else { String::new() };
    let text = format!(
        "SELECT {COLUMNS} FROM import_batch
         WHERE (client = $1 OR scope = $2) AND id < $3 AND state > 0
         ORDER BY id DESC LIMIT {at_most}"
    );
    let after = after.unwrap_or(Uuid::max());
    let values = [actor.client.clone().into(), scope.into(), after.into()];
    Batch::find_by_statement(sql(conn, &text, values)).all(conn).await.map_err(fault::of)
}

/// Lets the batches go on at which the service failed: it starts anew.
pub(in crate::imports) async fn forget_failures(
    conn: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Outcome<()> {
    let text = "UPDATE import_batch SET failure = '', version = version + 1, updated_at = $4
         WHERE state IN ($1, $2, $3) AND failure <> ''";
    let states = State::ALL.into_iter().filter(|state| state.works());
    let values = states.map(|state| state.code().into()).chain([now.into()]);
    run(conn, text, values).await.map(drop)
}

/// The batches that a job has to move on, the longest waiting first.
pub(in crate::imports) async fn working(conn: &impl ConnectionTrait) -> Outcome<Vec<Batch>> {
    let text = format!(
        "SELECT {COLUMNS} FROM import_batch WHERE state IN ($1, $2, $3) AND failure = ''
         ORDER BY updated_at, id"
    );
    let states = State::ALL.into_iter().filter(|state| state.works());
    let statement = sql(conn, &text, states.map(|state| state.code().into()));
    Batch::find_by_statement(statement).all(conn).await.map_err(fault::of)
}

async fn one(conn: &impl ConnectionTrait, text: &str, id: Uuid) -> Outcome<Option<Batch>> {
    Batch::find_by_statement(sql(conn, text, [id.into()])).one(conn).await.map_err(fault::of)
}

async fn ids(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<Vec<Uuid>> {
    let rows = conn.query_all_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>().map_err(fault::of)
}

async fn run(
    conn: &impl ConnectionTrait,
    text: &str,
    values: impl IntoIterator<Item = Value>,
) -> Outcome<u64> {
    let done = conn.execute_raw(sql(conn, text, values)).await.map_err(fault::of)?;
    Ok(done.rows_affected())
}
