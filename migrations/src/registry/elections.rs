//! Elections of unions.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Elections;

impl MigrationName for Elections {
    fn name(&self) -> &str {
        "registry_0005_elections"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Elections {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, ELECTIONS).await
    }
}

/// `open` is the union of an election that is under way to a new term, of which a union has one.
/// `day` is the day on which it was held, or is to be.
const ELECTIONS: &str = r#"
CREATE TABLE election (
    id {uuid} PRIMARY KEY,
    trade_union {uuid} NOT NULL REFERENCES trade_union (id),
    version BIGINT NOT NULL,
    state TEXT NOT NULL,
    open {uuid},
    day DATE NOT NULL,
    body TEXT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);
CREATE INDEX election_trade_union ON election (trade_union, day, id);
CREATE UNIQUE INDEX election_open ON election (open) WHERE open IS NOT NULL;
"#;
