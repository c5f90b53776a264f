//! Splits of unions: what the job still has to hand over.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct UnionSplits;

impl MigrationName for UnionSplits {
    fn name(&self) -> &str {
        "registry_0009_union_splits"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for UnionSplits {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SCRIPT).await
    }
}

/// Of a split, each union that it made, with the employers that it has yet to take over and the
/// unions that come below it. Every other change has no parts.
const SCRIPT: &str = r#"
ALTER TABLE structure_change ADD COLUMN parts TEXT NOT NULL DEFAULT '[]';
"#;
