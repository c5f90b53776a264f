//! That workers want a union: steps of a case that a server of the release before does not know.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct WorkersWish;

impl MigrationName for WorkersWish {
    fn name(&self) -> &str {
        "registry_0022_workers_wish"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for WorkersWish {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, WORKERS_WISH).await
    }
}

/// Beside `formation_case.steps` and `formation_step`: a server of the release before reads those whole
/// and writes them anew, so it would stumble over a step that it does not know, or lose it.
const WORKERS_WISH: &str = r#"
ALTER TABLE formation_case ADD COLUMN wishes TEXT;

CREATE TABLE formation_wish (
    formation_case {uuid} NOT NULL REFERENCES formation_case (id),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    recorded_at {instant} NOT NULL,
    superseded_at {instant},
    PRIMARY KEY (formation_case, number)
);
"#;
