//! The base register: editions of the outside list, their entries, and where each is listed.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct BaseRegister;

impl MigrationName for BaseRegister {
    fn name(&self) -> &str {
        "registry_0007_base_register"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for BaseRegister {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, BASE_REGISTER).await
    }
}

/// `counts_from` and `counts_until` of an edition say when it is to count, those of an entry when
/// it does: a job brings the entries there, in ascending order of their ids, and `settled_through`
/// is how far it came; NULL when every entry is there. `base_register_place` has a row for each
/// stretch of days on which an entry is listed in one area; a change of the tree adds to it.
const BASE_REGISTER: &str = r#"
CREATE TABLE base_register (
    id {uuid} PRIMARY KEY,
    version BIGINT NOT NULL,
    edition TEXT NOT NULL,
    source TEXT NOT NULL,
    as_of DATE NOT NULL,
    area {path} NOT NULL,
    entries BIGINT NOT NULL,
    counts_from DATE,
    counts_until DATE,
    successor {uuid},
    settled_through {uuid},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    deleted_at {instant}
);
CREATE UNIQUE INDEX base_register_edition ON base_register (area, edition)
    WHERE deleted_at IS NULL;
CREATE INDEX base_register_settled ON base_register (id) WHERE settled_through IS NOT NULL;

CREATE TABLE base_register_entry (
    id {uuid} PRIMARY KEY,
    base_register {uuid} NOT NULL REFERENCES base_register (id),
    organisation_code TEXT NOT NULL,
    credit_code TEXT,
    display_name TEXT NOT NULL,
    ownership TEXT,
    counts_from DATE,
    counts_until DATE,
    UNIQUE (base_register, organisation_code)
);
CREATE UNIQUE INDEX base_register_entry_order ON base_register_entry (base_register, id);
CREATE INDEX base_register_entry_code ON base_register_entry (organisation_code);

CREATE TABLE base_register_place (
    base_register {uuid} NOT NULL REFERENCES base_register (id),
    entry {uuid} NOT NULL REFERENCES base_register_entry (id),
    area {path} NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    PRIMARY KEY (entry, valid_from)
);
CREATE INDEX base_register_place_area ON base_register_place (area, entry);
CREATE INDEX base_register_place_register ON base_register_place (base_register, area, entry);
"#;
