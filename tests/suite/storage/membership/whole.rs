//! What must hold of members whoever wrote what: read from the tables, not through the rules.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, ensure};
use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::db::sql;
use unionhall_registry::{
    rules::{
        member::{
            MemberId,
            membership::{Relation, Standing},
            passage::Step,
        },
        union::UnionId,
    },
    store::{members::MemberRecord, unions::UnionRecord},
};

type Members = HashMap<MemberId, MemberRecord>;
type Unions = HashMap<UnionId, UnionRecord>;

/// Everything here.
pub(in crate::storage) async fn holds(
    conn: &impl ConnectionTrait,
    members: &Members,
    unions: &Unions,
) -> Result<()> {
    one_membership_a_person(conn, members).await?;
    for member in members.values() {
        one_open_membership(member)?;
        belongs_somewhere(member, unions)?;
    }
    events_ascend(conn, members).await
}

/// No two persons have one document, and the columns say what the facts say.
async fn one_membership_a_person(conn: &impl ConnectionTrait, members: &Members) -> Result<()> {
    #[derive(FromQueryResult)]
    struct Count {
        count: i64,
    }
    let text = "SELECT COUNT(*) AS count FROM (
                    SELECT d.key_version, d.mac FROM member_document d
                    JOIN member m ON m.id = d.member
                    WHERE m.deleted_at IS NULL AND m.state IN (2, 3)
                    GROUP BY d.key_version, d.mac HAVING COUNT(DISTINCT m.id) > 1) AS twice";
    let found = Count::find_by_statement(sql(conn, text, [])).one(conn).await?;
    let twice = found.context("a count")?.count;
    ensure!(twice == 0, "{twice} documents stand for two members");
    let text = "SELECT COUNT(*) AS count FROM member WHERE deleted_at IS NULL AND state IN (2, 3)";
    let found = Count::find_by_statement(sql(conn, text, [])).one(conn).await?;
    let open = members
        .values()
        .filter(|member| member.facts.passages.last_standing().membership().is_some());
    let (columns, facts) = (found.context("a count")?.count, open.count());
    ensure!(usize::try_from(columns)? == facts, "{columns} open by column, {facts} by facts");
    Ok(())
}

/// Each way in finds no membership open, each way out finds one.
fn one_open_membership(member: &MemberRecord) -> Result<()> {
    let mut open = false;
    let mut last = None;
    for passage in member.facts.passages.all() {
        ensure!(last.is_none_or(|last| last <= passage.on), "{} goes back in time", member.name());
        last = Some(passage.on);
        let (before, after) = match &passage.step {
            Step::Admitted(_) | Step::TransferredIn(..) => (Some(false), true),
            Step::Withdrawn
            | Step::DeemedWithdrawn
            | Step::Expelled(_)
            | Step::TransferredOut(_)
            | Step::Deceased => (Some(true), false),
            Step::Applied(_) | Step::Refused(_) | Step::TakenBack => (Some(false), false),
            Step::Carried(_) => (None, open),
            Step::TransferAsked(_)
            | Step::TransferAccepted
            | Step::TransferRefused(_)
            | Step::TransferCancelled
            | Step::Retained(_)
            | Step::Resumed => (Some(true), true),
        };
        ensure!(before.is_none_or(|before| before == open), "{}: {passage:?}", member.name());
        open = after;
    }
    Ok(())
}

/// Nobody is an active member of a union that ended, waits for its decision, or is to pass to it.
fn belongs_somewhere(member: &MemberRecord, unions: &Unions) -> Result<()> {
    let standing = member.facts.passages.last_standing();
    let own = match standing {
        Standing::Applicant { union, .. } => Some(union),
        Standing::Member { membership, .. } if membership.relation == Relation::Active => {
            Some(membership.union)
        }
        _ => None,
    };
    for union in own.into_iter().chain(standing.transfer()) {
        let ended = unions.get(&union).context("a union that is not there")?.facts.ended_on();
        ensure!(ended.is_none(), "{} is left behind at {union:?}: {standing:?}", member.name());
    }
    Ok(())
}

/// In the order of the feed the versions of each member ascend, up to the one that stands.
async fn events_ascend(conn: &impl ConnectionTrait, members: &Members) -> Result<()> {
    #[derive(FromQueryResult)]
    struct Told {
        record: String,
        version: i64,
    }
    // On SQLite the order of the commits is that of the ids.
    let text = match conn.get_database_backend() {
        sea_orm::DatabaseBackend::Postgres => {
            "SELECT e.record, e.version FROM event_position p JOIN event e ON e.id = p.event
             WHERE e.record LIKE 'members/%' ORDER BY p.position"
        }
        _ => "SELECT record, version FROM event WHERE record LIKE 'members/%' ORDER BY id",
    };
    let mut versions: BTreeMap<String, i64> = BTreeMap::new();
    for Told { record, version } in Told::find_by_statement(sql(conn, text, [])).all(conn).await? {
        let last = versions.get(&record).copied().unwrap_or_default();
        // One change may tell two who follow different places.
        let next = version == last || version == last + 1;
        ensure!(next, "{record} is told of as version {version} after {last}");
        versions.insert(record, version);
    }
    for member in members.values() {
        let told = versions.get(&member.name()).copied();
        ensure!(told == Some(member.version), "{}: {told:?} told", member.name());
    }
    Ok(())
}
