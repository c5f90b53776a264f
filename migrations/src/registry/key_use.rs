//! Since when a version of a key is in use.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct KeyUse;

impl MigrationName for KeyUse {
    fn name(&self) -> &str {
        "registry_0019_key_use"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for KeyUse {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, KEY_USE).await
    }
}

/// From `begun_at` on a process without the version is refused what needs it.
const KEY_USE: &str = r#"
ALTER TABLE key_rotation ADD COLUMN begun_at {instant};
"#;
