//! The entries of the base register that make up a figure.

use std::collections::HashMap;

use sea_orm::{DatabaseTransaction, FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{fault, sql},
    fault::Outcome,
    path::{Line, Path},
};
use uuid::Uuid;

use super::{BATCH, Counted, Evidence};
use crate::{
    rules::base_register::contribution::{listed_at, listing},
    store::{
        base_registers::{EntryRecord, entries},
        employers::Place,
    },
};

/// The listed enterprises at a node, which has a path on the day.
pub struct Asked {
    /// The line of the node; on that of affiliation nothing is listed.
    pub line: Line,
    /// The day, and the node's path on it.
    pub day: (CivilDate, Path),
}

#[derive(FromQueryResult)]
struct Row {
    area: String,
    entry: Uuid,
}

impl Evidence for Asked {
    type Record = EntryRecord;

    async fn stood_in(&self, state: &DatabaseTransaction, after: &Place) -> Outcome<Vec<Place>> {
        if self.line == Line::Affiliation {
            return Ok(Vec::new());
        }
        // An entry that came back to an area has it twice.
        let text = "SELECT DISTINCT area, entry FROM base_register_place
                    WHERE (area, entry) > ($1, $2) AND area >= $3 AND area < $4
                    ORDER BY area, entry LIMIT $5";
        let range = self.day.1.range();
        let values: [Value; 5] = [
            after.area.as_str().into(),
            after.id.into(),
            range.from.into(),
            range.until.into(),
            (BATCH as i64).into(),
        ];
        let rows = Row::find_by_statement(sql(state, text, values)).all(state).await;
        let place = |row: Row| Place { area: row.area, id: row.entry };
        Ok(rows.map_err(fault::of)?.into_iter().map(place).collect())
    }

    async fn evaluate(
        &self,
        state: &DatabaseTransaction,
        looked_at: &[Place],
    ) -> Outcome<Vec<Counted<EntryRecord>>> {
        let ids: Vec<Uuid> = looked_at.iter().map(|place| place.id).collect();
        let found = entries(state, &ids).await?;
        let records: HashMap<Uuid, EntryRecord> =
            found.into_iter().map(|record| (record.id, record)).collect();
        let counts = |place: &Place| {
            let record = records.get(&place.id)?;
            let leaf = listed_at(&listing(&record.places, record.counts), self.day.0)?;
            let record = record.clone();
            (leaf.node.as_str() == place.area).then(|| Counted {
                record,
                place: place.clone(),
                value: 1,
            })
        };
        Ok(looked_at.iter().filter_map(counts).collect())
    }
}
