//! The tables that every service keeps beside its own: the books of kit's ledger.

use sea_orm::{DatabaseBackend, DbErr};
use sea_orm_migration::SchemaManager;

use crate::dialect::{run, run_on};

/// Creates them.
pub(crate) async fn create(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    run(manager, BOOKS).await?;
    run_on(manager, DatabaseBackend::Postgres, POSITIONS).await
}

const BOOKS: &str = r#"
CREATE TABLE idempotency_key (
    client TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id {uuid} NOT NULL,
    body_mac {bytes} NOT NULL,
    record TEXT NOT NULL DEFAULT '',
    version BIGINT NOT NULL DEFAULT 0,
    created_at {instant} NOT NULL,
    PRIMARY KEY (client, method, request_id)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

CREATE TABLE event (
    id {serial},
    batch {uuid} NOT NULL,
    record TEXT NOT NULL,
    version BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    area {path} NOT NULL,
    affiliation {path},
    snapshot_type TEXT NOT NULL,
    snapshot {bytes} NOT NULL,
    committed_at {instant} NOT NULL
);
CREATE INDEX event_record ON event (record, version);

CREATE TABLE feed (
    singleton SMALLINT PRIMARY KEY CHECK (singleton = 1),
    epoch {uuid} NOT NULL,
    retained_from BIGINT NOT NULL
);

CREATE TABLE audit_entry (
    id {serial},
    at {instant} NOT NULL,
    client TEXT NOT NULL,
    method TEXT NOT NULL,
    record TEXT NOT NULL,
    area {path} NOT NULL,
    request TEXT NOT NULL,
    detail TEXT NOT NULL,
    key_version INTEGER NOT NULL,
    mac {bytes} NOT NULL,
    sealed SMALLINT NOT NULL DEFAULT 0
);
CREATE INDEX audit_entry_unsealed ON audit_entry (id) WHERE sealed = 0;
CREATE INDEX audit_entry_record ON audit_entry (record);

CREATE TABLE audit_seal (
    sequence BIGINT PRIMARY KEY,
    entry BIGINT NOT NULL UNIQUE,
    previous_hash {bytes} NOT NULL,
    hash {bytes} NOT NULL
);

CREATE TABLE figure_delta (
    id {serial},
    metric SMALLINT NOT NULL,
    line SMALLINT NOT NULL,
    node {path} NOT NULL,
    day INTEGER NOT NULL,
    delta BIGINT NOT NULL
);
CREATE INDEX figure_delta_node ON figure_delta (metric, line, node, day, delta);

CREATE TABLE figure_block (
    metric SMALLINT NOT NULL,
    line SMALLINT NOT NULL,
    node {path} NOT NULL,
    scale SMALLINT NOT NULL,
    block INTEGER NOT NULL,
    steps {bytes} NOT NULL,
    PRIMARY KEY (metric, line, node, scale, block)
);

CREATE TABLE import_batch (
    id {uuid} PRIMARY KEY,
    kind TEXT NOT NULL,
    client TEXT NOT NULL,
    scope TEXT NOT NULL,
    actor TEXT NOT NULL,
    actor_scope TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_size BIGINT NOT NULL,
    file_sha256 TEXT NOT NULL,
    state SMALLINT NOT NULL,
    only_valid_rows SMALLINT NOT NULL DEFAULT 0,
    row_count BIGINT NOT NULL DEFAULT 0,
    valid_row_count BIGINT NOT NULL DEFAULT 0,
    fault_count BIGINT NOT NULL DEFAULT 0,
    unchanged_row_count BIGINT NOT NULL DEFAULT 0,
    applied_row_count BIGINT NOT NULL DEFAULT 0,
    applied_line BIGINT NOT NULL DEFAULT 0,
    refused_undo_count BIGINT NOT NULL DEFAULT 0,
    failure TEXT NOT NULL DEFAULT '',
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX import_batch_client ON import_batch (client, id);
CREATE INDEX import_batch_scope ON import_batch (scope, id);
CREATE INDEX import_batch_state ON import_batch (state);

CREATE TABLE import_spool (
    batch {uuid} NOT NULL REFERENCES import_batch (id) ON DELETE CASCADE,
    piece INTEGER NOT NULL,
    sealed {bytes} NOT NULL,
    PRIMARY KEY (batch, piece)
);

CREATE TABLE import_fault (
    batch {uuid} NOT NULL REFERENCES import_batch (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    sheet TEXT NOT NULL,
    line INTEGER NOT NULL,
    header TEXT NOT NULL,
    value TEXT NOT NULL,
    code TEXT NOT NULL,
    remedy_zh TEXT NOT NULL,
    remedy_en TEXT NOT NULL,
    PRIMARY KEY (batch, number)
);
CREATE INDEX import_fault_line ON import_fault (batch, line, number);

CREATE TABLE import_effect (
    batch {uuid} NOT NULL REFERENCES import_batch (id) ON DELETE CASCADE,
    line INTEGER NOT NULL,
    record TEXT NOT NULL,
    version_before BIGINT NOT NULL,
    version_after BIGINT NOT NULL,
    before {bytes} NOT NULL,
    undone SMALLINT NOT NULL DEFAULT 0,
    PRIMARY KEY (batch, line)
);
"#;

/// Only PostgreSQL needs positions apart from ids: there ids are not in commit order.
const POSITIONS: &str = r#"
CREATE TABLE event_pending (
    event BIGINT PRIMARY KEY,
    batch {uuid} NOT NULL
);
CREATE TABLE event_position (
    position BIGINT PRIMARY KEY,
    event BIGINT NOT NULL UNIQUE
);
"#;
