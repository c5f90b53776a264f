//! Formation cases.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Formation;

impl MigrationName for Formation {
    fn name(&self) -> &str {
        "registry_0006_formation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Formation {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SCRIPT).await
    }
}

/// `formation_case.steps` repeats the steps that stand, so that a point read is one row; the columns
/// beside it are what is listed by. `open_employer` and `open_place` are given while a case is open,
/// and one case has each. A case has no place of its own: it stands where its employer or its
/// territory and the union above stand. `employer.uncovered_from` is the first day without a union
/// as the facts stand; NULL where a union covers the employer.
const SCRIPT: &str = r#"
CREATE TABLE formation_case (
    id {uuid} PRIMARY KEY,
    version BIGINT NOT NULL,
    employer {uuid} REFERENCES employer (id),
    territory {path},
    superior {uuid} REFERENCES trade_union (id),
    union_type TEXT,
    state TEXT NOT NULL,
    assignee TEXT,
    due_on DATE,
    open_employer {uuid},
    open_place TEXT,
    opened_on DATE NOT NULL,
    numbers INTEGER NOT NULL,
    steps TEXT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);
CREATE UNIQUE INDEX formation_case_by_open_employer ON formation_case (open_employer);
CREATE UNIQUE INDEX formation_case_by_open_place ON formation_case (open_place);
CREATE INDEX formation_case_employer ON formation_case (employer, id);
CREATE INDEX formation_case_state ON formation_case (state, id);
CREATE INDEX formation_case_superior ON formation_case (superior, id);
CREATE INDEX formation_case_assignee ON formation_case (assignee, id);

CREATE TABLE formation_step (
    id {serial},
    formation_case {uuid} NOT NULL REFERENCES formation_case (id),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    recorded_at {instant} NOT NULL,
    superseded_at {instant}
);
CREATE UNIQUE INDEX formation_step_number ON formation_step (formation_case, number);

ALTER TABLE employer ADD COLUMN uncovered_from DATE;
UPDATE employer SET uncovered_from = COALESCE(
    (SELECT MAX(f.valid_until) FROM employer_fact f
     WHERE f.employer = employer.id AND f.field = 'coverage' AND f.superseded_at IS NULL),
    (SELECT MIN(f.valid_from) FROM employer_fact f
     WHERE f.employer = employer.id AND f.field = 'established_on' AND f.superseded_at IS NULL),
    (SELECT MIN(f.valid_from) FROM employer_fact f
     WHERE f.employer = employer.id AND f.field = 'state' AND f.superseded_at IS NULL))
WHERE cover IS NULL AND deleted_at IS NULL;
CREATE INDEX employer_uncovered ON employer (area, uncovered_from, id)
    WHERE uncovered_from IS NOT NULL AND closed_on IS NULL AND deleted_at IS NULL;
"#;
