//! How often clients look at what is protected.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Looks;

impl MigrationName for Looks {
    fn name(&self) -> &str {
        "registry_0013_looks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Looks {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, LOOKS).await
    }
}

/// The looks of each client in an hour, which begins at the full one. Earlier hours are let go when a
/// new one begins: what was looked at stands in the audit.
const LOOKS: &str = r#"
CREATE TABLE protected_look (
    client TEXT NOT NULL,
    hour {instant} NOT NULL,
    looks BIGINT NOT NULL,
    PRIMARY KEY (client, hour)
);
"#;
