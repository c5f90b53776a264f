//! Members who follow the end of a union, or its split.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct MemberFollows;

impl MigrationName for MemberFollows {
    fn name(&self) -> &str {
        "registry_0017_member_follows"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for MemberFollows {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, SCRIPT).await
    }
}

/// `structure_change.members` says what becomes of the members of a union that ended or was divided,
/// and which of them was looked at last; empty where there are none.
const SCRIPT: &str = r#"
ALTER TABLE structure_change ADD COLUMN members TEXT NOT NULL DEFAULT '';
ALTER TABLE structure_change ADD COLUMN member_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE structure_change ADD COLUMN moved_member_count BIGINT NOT NULL DEFAULT 0;
"#;
