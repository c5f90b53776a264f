//! The register's schema.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use crate::{books, dialect::run};

/// The PostgreSQL schema and the name of the SQLite file.
pub const SCHEMA: &str = "registry";

/// The register's migrations, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Books), Box::new(AreasAndEmployers)]
    }
}

struct Books;

impl MigrationName for Books {
    fn name(&self) -> &str {
        "registry_0001_books"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Books {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        books::create(manager).await
    }
}

struct AreasAndEmployers;

impl MigrationName for AreasAndEmployers {
    fn name(&self) -> &str {
        "registry_0002_areas_and_employers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AreasAndEmployers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, AREAS_AND_EMPLOYERS).await
    }
}

/// `employer` and `area` carry what is looked up and listed by, as of the last change; the dated
/// facts are the truth. `employer.facts` repeats the facts that stand, so that a point read is one
/// row; it is written in the transaction that writes the facts. `employer_fact.area` repeats the
/// area of an address (`actual_address`, `registered_address`; NULL for every other field), by
/// which a change of the tree finds what it carries along. `employer.rules` is the revision of the
/// quality rules under which figures count the employer; `quality_revision` keeps every revision
/// that any may be counted under, as CSV. The numbers of structure changes are in
/// the order in which they were decided, which is the order in which they are carried out.
const AREAS_AND_EMPLOYERS: &str = r#"
CREATE TABLE area (
    label {path} PRIMARY KEY,
    valid_from DATE NOT NULL,
    valid_until DATE,
    history_unknown SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);

CREATE TABLE area_fact (
    id {serial},
    area {path} NOT NULL REFERENCES area (label),
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    edition TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    recorded_at {instant} NOT NULL,
    superseded_at {instant}
);
CREATE INDEX area_fact_area ON area_fact (area, field, valid_from);

CREATE TABLE area_lineage (
    predecessor {path} NOT NULL REFERENCES area (label),
    successor {path} NOT NULL REFERENCES area (label),
    effective_date DATE NOT NULL,
    kind SMALLINT NOT NULL,
    PRIMARY KEY (predecessor, successor)
);
CREATE INDEX area_lineage_successor ON area_lineage (successor);

CREATE TABLE structure_change (
    number {serial},
    id {uuid} NOT NULL UNIQUE,
    kind SMALLINT NOT NULL,
    sources TEXT NOT NULL,
    target {path} NOT NULL,
    effective_date DATE NOT NULL,
    state SMALLINT NOT NULL,
    client TEXT NOT NULL,
    area_count BIGINT NOT NULL,
    employer_count BIGINT NOT NULL,
    moved_employer_count BIGINT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);
CREATE INDEX structure_change_state ON structure_change (state, number);

CREATE TABLE employer (
    id {uuid} PRIMARY KEY,
    version BIGINT NOT NULL,
    area {path} NOT NULL,
    display_name TEXT NOT NULL,
    name_key {path} NOT NULL,
    name_head TEXT NOT NULL,
    name_tail TEXT NOT NULL,
    credit_code TEXT,
    organisation_code TEXT,
    ownership TEXT NOT NULL,
    industry TEXT NOT NULL,
    phone TEXT NOT NULL,
    address_key TEXT NOT NULL,
    closed_on DATE,
    rules INTEGER NOT NULL,
    facts TEXT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    deleted_at {instant}
);
CREATE INDEX employer_area ON employer (area, id);
CREATE INDEX employer_name ON employer (name_key, id);
CREATE UNIQUE INDEX employer_credit_code ON employer (credit_code) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX employer_organisation_code ON employer (organisation_code)
    WHERE deleted_at IS NULL;
CREATE INDEX employer_name_head ON employer (name_head);
CREATE INDEX employer_name_tail ON employer (name_tail);
CREATE INDEX employer_phone ON employer (phone);
CREATE INDEX employer_address ON employer (address_key);

CREATE INDEX employer_rules ON employer (rules, id) WHERE deleted_at IS NULL;

CREATE TABLE quality_revision (
    revision INTEGER PRIMARY KEY,
    rules TEXT NOT NULL,
    adopted_at {instant} NOT NULL
);

CREATE TABLE employer_fact (
    id {serial},
    employer {uuid} NOT NULL REFERENCES employer (id),
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    area {path},
    valid_from DATE NOT NULL,
    valid_until DATE,
    recorded_at {instant} NOT NULL,
    superseded_at {instant}
);
CREATE INDEX employer_fact_employer ON employer_fact (employer, id);

CREATE TABLE employer_place (
    area {path} NOT NULL,
    employer {uuid} NOT NULL REFERENCES employer (id),
    PRIMARY KEY (area, employer)
);
CREATE INDEX employer_fact_area ON employer_fact (area, employer)
    WHERE area IS NOT NULL AND superseded_at IS NULL;
"#;
