//! The versions of the keys, and how far their rotation came.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct KeyRotation;

impl MigrationName for KeyRotation {
    fn name(&self) -> &str {
        "registry_0012_key_rotation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for KeyRotation {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, KEY_ROTATION).await
    }
}

/// Every version of every purpose that a process of this database ever held, with what tells the key
/// from another one, so that a start beside other keys is refused. `source` and `place` are how far
/// the rows were brought under the version, `renewed` how many of them that changed; `finished_at` is
/// when all were. A retired version was taken out of the key files because nothing needed it.
const KEY_ROTATION: &str = r#"
CREATE TABLE key_rotation (
    purpose TEXT NOT NULL,
    version INTEGER NOT NULL,
    fingerprint {bytes} NOT NULL,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    renewed BIGINT NOT NULL,
    known_at {instant} NOT NULL,
    finished_at {instant},
    retired_at {instant},
    PRIMARY KEY (purpose, version)
);
"#;
