//! Offices of unions.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Offices;

impl MigrationName for Offices {
    fn name(&self) -> &str {
        "registry_0005_offices"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Offices {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, OFFICES).await
    }
}

/// `head` is what only one open office has: the union and the committee of which it is the head.
/// `valid_until` is the office's own end; that of its union is not repeated here.
const OFFICES: &str = r#"
CREATE TABLE office (
    id {uuid} PRIMARY KEY,
    trade_union {uuid} NOT NULL REFERENCES trade_union (id),
    version BIGINT NOT NULL,
    committee TEXT NOT NULL,
    head TEXT,
    valid_from DATE NOT NULL,
    valid_until DATE,
    body TEXT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);
CREATE INDEX office_trade_union ON office (trade_union, valid_from, id);
CREATE UNIQUE INDEX office_head ON office (head) WHERE head IS NOT NULL;
"#;
