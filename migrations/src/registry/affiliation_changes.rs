//! Changes of the line of affiliation, beside those of the tree of areas.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct AffiliationChanges;

impl MigrationName for AffiliationChanges {
    fn name(&self) -> &str {
        "registry_0004_affiliation_changes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AffiliationChanges {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SCRIPT).await
    }
}

/// Of a change among unions, `sources` and `target` hold ids, and `roots` what follows with it: each
/// union at the head of a subtree, with the paths that it leaves and the days for which it leaves
/// them. Who still has a path below one of those on those days has not followed yet. Every other
/// change has no roots.
const SCRIPT: &str = r#"
ALTER TABLE structure_change ADD COLUMN roots TEXT NOT NULL DEFAULT '[]';
"#;
