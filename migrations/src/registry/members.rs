//! Members: persons, what is recorded of them, and by what they are found.

use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use crate::dialect::run;

pub(super) struct Members;

impl MigrationName for Members {
    fn name(&self) -> &str {
        "registry_0011_members"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Members {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, MEMBERS).await
    }
}

/// A member has no place of its own: it is seen through its union, the last one when there is none.
/// `member.state` is 0 for a former member, 1 for an applicant, 2 for an active and 3 for a retained
/// membership, as the record stands. `member.facts` is what is believed now; `member_change` has a
/// row for each recording, with the facts that it added and superseded. `member_unit` has every pair
/// of union and employer for which a member counts or counted; the employer is nil where there is
/// none. What is protected is sealed under the member's own key, which `member_key` keeps sealed
/// under the vault's; erasing a member deletes that row. `member_document` and `member_mobile` find
/// a member by keyed digests, one a live version of the key.
const MEMBERS: &str = r#"
CREATE TABLE member (
    id {uuid} PRIMARY KEY,
    version BIGINT NOT NULL,
    trade_union {uuid} REFERENCES trade_union (id),
    transfer_to {uuid} REFERENCES trade_union (id),
    employer {uuid} REFERENCES employer (id),
    state SMALLINT NOT NULL,
    name_key {path} NOT NULL,
    worker_group TEXT,
    confirmed_on DATE NOT NULL,
    confirmations TEXT NOT NULL,
    facts TEXT NOT NULL,
    merged_into {uuid},
    erased_at {instant},
    deleted_at {instant},
    created_at {instant} NOT NULL,
    updated_at {instant} NOT NULL
);
CREATE INDEX member_union ON member (trade_union, name_key, id);
CREATE INDEX member_employer ON member (employer, name_key, id) WHERE employer IS NOT NULL;
CREATE INDEX member_transfer ON member (transfer_to, name_key, id) WHERE transfer_to IS NOT NULL;
CREATE INDEX member_group ON member (worker_group, trade_union, name_key, id)
    WHERE worker_group IS NOT NULL;
CREATE INDEX member_unconfirmed ON member (trade_union, confirmed_on, id) WHERE state = 2;

CREATE TABLE member_change (
    id {serial},
    member {uuid} NOT NULL REFERENCES member (id),
    added TEXT NOT NULL,
    gone TEXT NOT NULL,
    recorded_at {instant} NOT NULL
);
CREATE INDEX member_change_member ON member_change (member, id);

CREATE TABLE member_unit (
    trade_union {uuid} NOT NULL,
    employer {uuid} NOT NULL,
    member {uuid} NOT NULL,
    PRIMARY KEY (trade_union, employer, member)
);
CREATE INDEX member_unit_employer ON member_unit (employer, member);
CREATE INDEX member_unit_member ON member_unit (member);

CREATE TABLE member_key (
    member {uuid} PRIMARY KEY,
    key_version INTEGER NOT NULL,
    sealed {bytes} NOT NULL
);
CREATE INDEX member_key_version ON member_key (key_version, member);

CREATE TABLE member_document (
    key_version INTEGER NOT NULL,
    mac {bytes} NOT NULL,
    member {uuid} NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (key_version, mac)
);
CREATE INDEX member_document_member ON member_document (member);

CREATE TABLE member_mobile (
    key_version INTEGER NOT NULL,
    mac {bytes} NOT NULL,
    member {uuid} NOT NULL,
    PRIMARY KEY (key_version, mac, member)
);
CREATE INDEX member_mobile_member ON member_mobile (member);
"#;
