//! The employers that make up a figure.

use sea_orm::{DatabaseTransaction, FromQueryResult, Value};
use unionhall_kit::{
    db::{fault, sql},
    fault::Outcome,
    figures::service::Stretch,
    path::{Line, Path, Prefixes},
};
use uuid::Uuid;

use super::{BATCH, Counted, Evidence};
use crate::{
    revisions::Revisions,
    rules::contribution::{Counting, Metric, share},
    store::{
        employers::{self, EmployerRecord, Place},
        grounds,
    },
};

/// A figure of employers at a node.
pub struct Asked<'a> {
    /// The figure.
    pub metric: Metric,
    /// The line of the node.
    pub line: Line,
    /// The places of the node and their days: everything in their subtrees counts.
    pub stretches: &'a [Stretch],
    /// The rules of quality.
    pub rules: &'a Revisions,
}

#[derive(FromQueryResult)]
struct Row {
    path: String,
    employer: Uuid,
}

impl Asked<'_> {
    /// Where employers are found, by the line and by what they count as.
    fn sources(&self) -> &'static str {
        match (self.line, self.metric) {
            // Listed elsewhere than they work, they count where they are listed.
            (Line::Area, Metric::ListedCovered) => {
                "SELECT DISTINCT p.area AS path, o.id AS employer FROM base_register_place p
                 JOIN base_register_entry e ON e.id = p.entry
                 JOIN employer o ON o.organisation_code = e.organisation_code
                     AND o.deleted_at IS NULL
                 WHERE (p.area, o.id) > ($1, $2) AND p.area >= $3 AND p.area < $4
                 ORDER BY p.area, o.id LIMIT $5"
            }
            (Line::Area, _) => {
                "SELECT area AS path, employer FROM employer_place
                 WHERE (area, employer) > ($1, $2) AND area >= $3 AND area < $4
                 ORDER BY area, employer LIMIT $5"
            }
            // Every path of every union that ever covered the employer.
            (Line::Affiliation, _) => {
                "SELECT DISTINCT p.path, f.employer FROM trade_union_path p
                 JOIN employer_fact f ON f.trade_union = p.trade_union
                 WHERE (p.path, f.employer) > ($1, $2) AND p.path >= $3 AND p.path < $4
                 ORDER BY p.path, f.employer LIMIT $5"
            }
        }
    }
}

impl Evidence for Asked<'_> {
    type Record = EmployerRecord;

    async fn stood_in(&self, state: &DatabaseTransaction, after: &Place) -> Outcome<Vec<Place>> {
        let subtrees = self.stretches.iter().map(|stretch| stretch.path.clone()).collect();
        let subtrees = Prefixes::normalised(subtrees);
        let mut places = Vec::new();
        // The subtrees are disjoint and ascend, so going through them in turn keeps the order.
        for range in subtrees.iter().map(Path::range).filter(|range| after.area < range.until) {
            let left = BATCH - places.len();
            if left == 0 {
                break;
            }
            let values: [Value; 5] = [
                after.area.as_str().into(),
                after.id.into(),
                range.from.into(),
                range.until.into(),
                (left as i64).into(),
            ];
            let statement = sql(state, self.sources(), values);
            let rows = Row::find_by_statement(statement).all(state).await;
            let place = |row: Row| Place { area: row.path, id: row.employer };
            places.extend(rows.map_err(fault::of)?.into_iter().map(place));
        }
        Ok(places)
    }

    async fn evaluate(
        &self,
        state: &DatabaseTransaction,
        looked_at: &[Place],
    ) -> Outcome<Vec<Counted<EmployerRecord>>> {
        let ids: Vec<Uuid> = looked_at.iter().map(|place| place.id).collect();
        let records = employers::load(state, &ids).await?;
        let facts = records.values().map(|record| &record.facts);
        let grounds = grounds::read(state, facts).await?;
        let mut counted = Vec::new();
        for place in looked_at {
            let Some(record) = records.get(&place.id) else { continue };
            let rules = self.rules.of(state, record.rules).await?;
            let by = Counting { rules: &rules, grounds: &grounds };
            let here = self.stretches.iter();
            let here = here.filter(|stretch| place.area.starts_with(stretch.path.as_str()));
            let leaf = (self.line, place.area.as_str());
            let shares = here.map(|stretch| {
                share(self.metric, &record.facts, by, leaf, (stretch.day, stretch.before))
            });
            let value = shares.sum();
            if value != 0 {
                counted.push(Counted { record: record.clone(), place: place.clone(), value });
            }
        }
        Ok(counted)
    }
}
