//! The unions that make up a figure.

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
    rules::{
        contribution::Paths,
        union::{
            UnionId,
            contribution::{UnionMetric, worth},
        },
    },
    store::{
        employers::Place,
        unions::{self, UnionRecord, paths_of},
    },
};

/// A figure of unions at a node, which has a path on each of the days.
pub struct Asked {
    /// The figure.
    pub metric: UnionMetric,
    /// The line of the node.
    pub line: Line,
    /// The day, and the node's path on it.
    pub day: (CivilDate, Path),
}

#[derive(FromQueryResult)]
struct Row {
    path: String,
    trade_union: Uuid,
}

impl Evidence for Asked {
    type Record = UnionRecord;

    async fn stood_in(&self, state: &DatabaseTransaction, after: &Place) -> Outcome<Vec<Place>> {
        let (table, column) = match self.line {
            Line::Area => ("trade_union_place", "area"),
            Line::Affiliation => ("trade_union_path", "path"),
        };
        // A union that came back to a path has it twice.
        let text = format!(
            "SELECT DISTINCT {column} AS path, trade_union FROM {table}
             WHERE ({column}, trade_union) > ($1, $2) AND {column} >= $3 AND {column} < $4
             ORDER BY {column}, trade_union LIMIT $5"
        );
        let range = self.day.1.range();
        let values: [Value; 5] = [
            after.area.as_str().into(),
            after.id.into(),
            range.from.into(),
            range.until.into(),
            (BATCH as i64).into(),
        ];
        let rows = Row::find_by_statement(sql(state, &text, values)).all(state).await;
        let place = |row: Row| Place { area: row.path, id: row.trade_union };
        Ok(rows.map_err(fault::of)?.into_iter().map(place).collect())
    }

    async fn evaluate(
        &self,
        state: &DatabaseTransaction,
        looked_at: &[Place],
    ) -> Outcome<Vec<Counted<UnionRecord>>> {
        let ids: Vec<UnionId> = looked_at.iter().map(|place| UnionId(place.id)).collect();
        let records: HashMap<UnionId, UnionRecord> = unions::load(state, &ids).await?;
        let paths: Paths = paths_of(state, &ids).await?;
        let mut counted = Vec::new();
        for place in looked_at {
            let id = UnionId(place.id);
            let (Some(record), Some(paths)) = (records.get(&id), paths.get(&id)) else { continue };
            let there = worth(self.metric, &record.facts, paths, self.day.0).into_iter();
            let there = there
                .filter(|(leaf, _)| leaf.line == self.line && leaf.node.as_str() == place.area);
            let value = there.map(|(_, value)| value).sum();
            if value != 0 {
                counted.push(Counted { record: record.clone(), place: place.clone(), value });
            }
        }
        Ok(counted)
    }
}
