//! Who has an area as its own. The index of the present keeps two from having one now; past days and
//! those who are still on their way to an area are looked at here.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
};
use uuid::Uuid;

use super::{UnionRecord, load, subtree::queue};
use crate::{
    rules::{
        area::{
            AreaPath,
            tree::{Lineage, LineageKind},
        },
        union::{
            UnionFacts, UnionId,
            change::relocate,
            place::{Holding, clash, gained},
        },
    },
    store::areas,
};

/// The number under which those who take an area queue on PostgreSQL.
const PLACE_LOCK: i32 = 7556;

/// Makes those who take an area follow each other until the transaction ends, and those by whom areas
/// become one. Taken after unions and before employers.
pub async fn lock_places(conn: &impl ConnectionTrait) -> Outcome<()> {
    queue(conn, "pg_advisory_xact_lock", PLACE_LOCK).await
}

/// Another union that has, on a day, what a change would give to this one. Nobody else takes an area
/// until the transaction ends.
pub(super) async fn claim(
    conn: &impl ConnectionTrait,
    id: UnionId,
    before: Option<&UnionFacts>,
    after: &UnionFacts,
) -> Outcome<Option<UnionId>> {
    let gained = gained(before, after);
    if gained.is_empty() {
        return Ok(None);
    }
    lock_places(conn).await?;
    rival(conn, id, &gained, &ways(conn).await?).await
}

/// The ways along which areas carry their unions into others.
pub async fn ways(conn: &impl ConnectionTrait) -> Outcome<Vec<Lineage>> {
    let mut ways = areas::lineage(conn).await?;
    ways.retain(carries);
    Ok(ways)
}

/// Another union than this one that has, on a common day, one of the areas as its own, or comes to it
/// along one of these [`ways`].
pub async fn rival(
    conn: &impl ConnectionTrait,
    id: UnionId,
    wanted: &[Holding],
    ways: &[Lineage],
) -> Outcome<Option<UnionId>> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut places: BTreeSet<AreaPath> = wanted.iter().map(|one| one.area.clone()).collect();
    let ways = ways.iter().filter(|way| places.contains(&way.successor));
    let ways: Vec<Lineage> = ways.cloned().collect();
    places.extend(ways.iter().map(|way| way.predecessor.clone()));
    let others = holders(conn, &places).await?;
    let meets = |other: &&UnionRecord| clash(wanted, &arrived(&other.facts, &ways)).is_some();
    Ok(others.iter().filter(|other| other.id != id).find(meets).map(|other| other.id))
}

/// What two unions would have on a common day once areas went these ways, and one of the two.
pub async fn meeting(
    conn: &impl ConnectionTrait,
    ways: &[Lineage],
) -> Outcome<Option<(Holding, UnionId)>> {
    lock_places(conn).await?;
    let ends = ways.iter().flat_map(|way| [way.predecessor.clone(), way.successor.clone()]);
    let standing = holders(conn, &ends.collect()).await?;
    let arrived = |record: &UnionRecord| arrived(&record.facts, ways);
    for record in &standing {
        let gains = gained(Some(&record.facts), &arrived(record));
        for other in standing.iter().filter(|other| other.id != record.id) {
            if let Some(holding) = clash(&gains, &arrived(other)) {
                return Ok(Some((holding.clone(), other.id)));
            }
        }
    }
    Ok(None)
}

/// Whether records are carried along this way.
fn carries(way: &Lineage) -> bool {
    matches!(way.kind, LineageKind::Moved | LineageKind::Merged)
}

/// The union as it is once it went the ways that are still before it.
fn arrived(facts: &UnionFacts, ways: &[Lineage]) -> UnionFacts {
    ways.iter().fold(facts.clone(), |facts, way| relocate(&facts, way))
}

/// Every union that has one of the areas on some day.
async fn holders(
    conn: &impl ConnectionTrait,
    areas: &BTreeSet<AreaPath>,
) -> Outcome<Vec<UnionRecord>> {
    #[derive(FromQueryResult)]
    struct Found {
        id: Uuid,
    }
    if areas.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=areas.len()).map(|place| format!("${place}")).collect();
    let text = format!(
        "SELECT DISTINCT f.trade_union AS id
         FROM trade_union_fact f JOIN trade_union u ON u.id = f.trade_union
         WHERE f.area IN ({}) AND f.field = 'territory' AND f.superseded_at IS NULL
           AND u.deleted_at IS NULL
         ORDER BY f.trade_union",
        places.join(", ")
    );
    let values: Vec<Value> = areas.iter().map(|area| area.as_str().into()).collect();
    let found = Found::find_by_statement(sql(conn, &text, values)).all(conn).await;
    let ids: Vec<UnionId> =
        found.map_err(fault::of)?.into_iter().map(|row| UnionId(row.id)).collect();
    let mut loaded = load(conn, &ids).await?;
    Ok(ids.iter().filter_map(|id| loaded.remove(id)).collect())
}
