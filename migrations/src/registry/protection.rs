//! Members whose records were merged, and what persons asked of the register.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Protection;

impl MigrationName for Protection {
    fn name(&self) -> &str {
        "registry_0014_protection"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Protection {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, PROTECTION).await
    }
}

/// `member_merge` has a row as long as `source` points to `target`. The facts of both as they were are
/// in `member_change`, up to the recordings `source_change` and `target_change`; `merged_change` is
/// that by which the target took over. `subject_request.kind` is 1 for access, 2 for a copy, 3 for a
/// correction, 4 for an erasure and 5 for an explanation; `state` is 1 while it is open, 2 granted, 3
/// refused and 4 taken back. `article` is that of the Personal Information Protection Law.
const PROTECTION: &str = r#"
CREATE TABLE member_merge (
    source {uuid} PRIMARY KEY REFERENCES member (id),
    target {uuid} NOT NULL REFERENCES member (id),
    source_change BIGINT NOT NULL,
    target_change BIGINT NOT NULL,
    merged_change BIGINT NOT NULL,
    source_confirmations TEXT NOT NULL,
    target_confirmations TEXT NOT NULL,
    merged_at {instant} NOT NULL
);
CREATE INDEX member_merge_target ON member_merge (target);

CREATE TABLE subject_request (
    id {uuid} PRIMARY KEY,
    version BIGINT NOT NULL,
    member {uuid} NOT NULL REFERENCES member (id),
    kind SMALLINT NOT NULL,
    state SMALLINT NOT NULL,
    received_on DATE NOT NULL,
    due_on DATE NOT NULL,
    answered_on DATE,
    answer TEXT NOT NULL,
    article SMALLINT,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);
CREATE INDEX subject_request_due ON subject_request (state, due_on, id);
CREATE INDEX subject_request_member ON subject_request (member, due_on, id);
"#;
