//! The register's schema.

mod affiliation_changes;
mod base_register;
mod due_requests;
mod elections;
mod figure_tail;
mod formation;
mod key_rotation;
mod key_use;
mod looks;
mod member_follows;
mod members;
mod offices;
mod protection;
mod searches;
mod terms;
mod union_splits;
mod work_lists;
mod workers_wish;

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};

use self::{
    affiliation_changes::AffiliationChanges, base_register::BaseRegister,
    due_requests::DueRequests, elections::Elections, figure_tail::FigureTail, formation::Formation,
    key_rotation::KeyRotation, key_use::KeyUse, looks::Looks, member_follows::MemberFollows,
    members::Members, offices::Offices, protection::Protection, searches::Searches, terms::Terms,
    union_splits::UnionSplits, work_lists::WorkLists, workers_wish::WorkersWish,
};
use crate::{books, dialect::run};

/// The PostgreSQL schema and the name of the SQLite file.
pub const SCHEMA: &str = "registry";

/// The register's migrations, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(Books),
            Box::new(AreasAndEmployers),
            Box::new(Unions),
            Box::new(Terms),
            Box::new(Offices),
            Box::new(Formation),
            Box::new(BaseRegister),
            Box::new(Elections),
            Box::new(AffiliationChanges),
            Box::new(WorkLists),
            Box::new(UnionSplits),
            Box::new(Members),
            Box::new(KeyRotation),
            Box::new(Looks),
            Box::new(MemberFollows),
            Box::new(Protection),
            Box::new(DueRequests),
            Box::new(KeyUse),
            Box::new(Searches),
            Box::new(FigureTail),
            Box::new(WorkersWish),
        ]
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

struct Unions;

impl MigrationName for Unions {
    fn name(&self) -> &str {
        "registry_0003_unions"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Unions {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UNIONS).await
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

/// `trade_union` carries what is looked up and listed by, as of the last change; `facts` repeats
/// the facts that stand. `place` is the type and the area of a union that is the only one of its
/// type there; `own_employer` the employer whose own union it is. Both are given free when it ends.
/// `trade_union_path` has the path on the line of affiliation for every day; `affiliation` is the
/// last of them. `employer.cover` is the union that covers the employer as it stands,
/// `employer.affiliation` its path; `employer_fact.trade_union` repeats the union of a coverage, by
/// which a union finds whom it covers or covered.
const UNIONS: &str = r#"
CREATE TABLE trade_union (
    id {uuid} PRIMARY KEY,
    version BIGINT NOT NULL,
    label {path} NOT NULL UNIQUE,
    area {path} NOT NULL,
    affiliation {path} NOT NULL,
    display_name TEXT NOT NULL,
    name_key {path} NOT NULL,
    union_type TEXT NOT NULL,
    union_level TEXT NOT NULL,
    credit_code TEXT,
    own_employer {uuid},
    superior {uuid},
    place TEXT,
    ended_on DATE,
    facts TEXT NOT NULL,
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL,
    deleted_at {instant}
);
CREATE INDEX trade_union_area ON trade_union (area, id);
CREATE INDEX trade_union_affiliation ON trade_union (affiliation, id);
CREATE INDEX trade_union_name ON trade_union (name_key, id);
CREATE INDEX trade_union_superior ON trade_union (superior);
CREATE UNIQUE INDEX trade_union_by_credit_code ON trade_union (credit_code)
    WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX trade_union_by_place ON trade_union (place) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX trade_union_by_own_employer ON trade_union (own_employer)
    WHERE deleted_at IS NULL;

CREATE TABLE trade_union_fact (
    id {serial},
    trade_union {uuid} NOT NULL REFERENCES trade_union (id),
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    area {path},
    valid_from DATE NOT NULL,
    valid_until DATE,
    recorded_at {instant} NOT NULL,
    superseded_at {instant}
);
CREATE INDEX trade_union_fact_trade_union ON trade_union_fact (trade_union, id);
CREATE INDEX trade_union_fact_superior ON trade_union_fact (value)
    WHERE field = 'superior' AND superseded_at IS NULL;
CREATE INDEX trade_union_fact_area ON trade_union_fact (area, trade_union)
    WHERE area IS NOT NULL AND superseded_at IS NULL;

CREATE TABLE trade_union_path (
    trade_union {uuid} NOT NULL REFERENCES trade_union (id),
    path {path} NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    PRIMARY KEY (trade_union, valid_from)
);
CREATE INDEX trade_union_path_path ON trade_union_path (path, trade_union);

CREATE TABLE trade_union_place (
    area {path} NOT NULL,
    trade_union {uuid} NOT NULL REFERENCES trade_union (id),
    PRIMARY KEY (area, trade_union)
);

ALTER TABLE structure_change ADD COLUMN union_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE structure_change ADD COLUMN moved_union_count BIGINT NOT NULL DEFAULT 0;

ALTER TABLE employer ADD COLUMN affiliation {path};
ALTER TABLE employer ADD COLUMN cover {uuid};
CREATE INDEX employer_affiliation ON employer (affiliation, id) WHERE affiliation IS NOT NULL;
CREATE INDEX employer_cover ON employer (cover, id) WHERE cover IS NOT NULL;
ALTER TABLE employer_fact ADD COLUMN trade_union {uuid};
CREATE INDEX employer_fact_trade_union ON employer_fact (trade_union, employer)
    WHERE trade_union IS NOT NULL;
"#;
