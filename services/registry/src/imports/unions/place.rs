//! Areas that a row would give to its union while another one has or had them.

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    fault::{Fault, Outcome},
    path::Scope,
    reasons as kit_reasons,
    sheet::{CellFault, Record},
};

use super::decide::told;
use crate::{
    columns::union as columns,
    imports::named::sees_union,
    rules::{
        area::tree::Lineage,
        reasons,
        union::{
            UnionFacts, UnionId,
            place::{Holding, contested, holdings},
        },
    },
    store::unions,
};

/// The fault of a row whose union would have what another one has; none where it is free.
pub(super) async fn place_fault(
    conn: &impl ConnectionTrait,
    row: &Record,
    (id, facts): (UnionId, &UnionFacts),
    (scope, ways): (&Scope, &[Lineage]),
) -> Outcome<Option<CellFault>> {
    let places = holdings(facts);
    match unions::rival(conn, id, &places, ways).await? {
        Some(rival) => Ok(Some(place_taken(conn, row, &places, (rival, scope)).await?)),
        None => Ok(None),
    }
}

/// The same where it is known who has it. Those who do not see that union are not told its name.
pub(super) async fn place_taken(
    conn: &impl ConnectionTrait,
    row: &Record,
    places: &[Holding],
    (rival, scope): (UnionId, &Scope),
) -> Outcome<CellFault> {
    let found = unions::load(conn, &[rival]).await?.remove(&rival);
    let place = contested(places, found.as_ref().map(|found| &found.facts));
    let place = place.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
    let seen = found.filter(|found| sees_union(scope, found));
    let union = seen.map_or_else(|| "-".to_owned(), |seen| seen.name());
    let fault = Fault::new(&reasons::UNION_PLACE_TAKEN).with("type", place.kind.code());
    let fault = fault.with("area", &place.area).with("union", union);
    Ok(told(row, columns::TERRITORY, &fault))
}
