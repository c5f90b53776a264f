//! The members that make up a figure.

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
    rules::member::{MemberId, contribution::share, metric::MemberMetric},
    store::{
        employers::Place,
        members::{self, MemberRecord, Wanted, read_grounds},
    },
};

/// A figure of members at a node.
pub struct Asked<'a> {
    /// The figure.
    pub metric: MemberMetric,
    /// The line of the node.
    pub line: Line,
    /// The places of the node and their days: everything in their subtrees counts.
    pub stretches: &'a [Stretch],
}

#[derive(FromQueryResult)]
struct Node {
    path: Option<String>,
}

#[derive(FromQueryResult)]
struct Row {
    member: Uuid,
}

impl Asked<'_> {
    /// The first node in a range, from `from` on, at which anybody may count.
    async fn first_node(
        &self,
        state: &DatabaseTransaction,
        (from, until): (&str, &str),
    ) -> Outcome<Option<String>> {
        let text = match self.line {
            Line::Area => {
                "SELECT MIN(path) AS path FROM (
                     SELECT MIN(area) AS path FROM employer_place WHERE area >= $1 AND area < $2
                     UNION ALL
                     SELECT MIN(area) FROM trade_union_place WHERE area >= $3 AND area < $4
                 ) AS places"
            }
            Line::Affiliation => {
                "SELECT MIN(path) AS path FROM trade_union_path WHERE path >= $1 AND path < $2"
            }
        };
        let twice = [from, until, from, until];
        let places = if self.line == Line::Area { 4 } else { 2 };
        let values = twice.into_iter().take(places).map(Value::from);
        let row = Node::find_by_statement(sql(state, text, values)).one(state).await;
        Ok(row.map_err(fault::of)?.and_then(|row| row.path))
    }

    /// Members who may count at the node, by id behind `after`.
    async fn at_node(
        &self,
        state: &DatabaseTransaction,
        node: &str,
        (after, limit): (Uuid, usize),
    ) -> Outcome<Vec<Uuid>> {
        // Who has an employer counts at the union's seat while the employer rests.
        let text = match self.line {
            Line::Area => format!(
                "SELECT member FROM (
                     SELECT u.member FROM employer_place p
                     JOIN member_unit u ON u.employer = p.employer
                     WHERE p.area = $1 AND u.member > $2
                     UNION
                     SELECT u.member FROM trade_union_place p
                     JOIN member_unit u ON u.trade_union = p.trade_union
                     WHERE p.area = $3 AND u.member > $4
                 ) AS found ORDER BY member LIMIT {limit}"
            ),
            Line::Affiliation => format!(
                "SELECT DISTINCT u.member FROM trade_union_path p
                 JOIN member_unit u ON u.trade_union = p.trade_union
                 WHERE p.path = $1 AND u.member > $2 ORDER BY u.member LIMIT {limit}"
            ),
        };
        let twice: [Value; 4] = [node.into(), after.into(), node.into(), after.into()];
        let places = if self.line == Line::Area { 4 } else { 2 };
        let statement = sql(state, &text, twice.into_iter().take(places));
        let rows = Row::find_by_statement(statement).all(state).await.map_err(fault::of)?;
        Ok(rows.into_iter().map(|row| row.member).collect())
    }

    /// The places of one range behind `after`, node by node, so that every page is short.
    async fn in_range(
        &self,
        state: &DatabaseTransaction,
        (from, until): (String, &str),
        after: &Place,
        places: &mut Vec<Place>,
    ) -> Outcome<()> {
        let mut from = from.max(after.area.clone());
        while places.len() < BATCH {
            let Some(node) = self.first_node(state, (&from, until)).await? else { return Ok(()) };
            let behind = if node == after.area { after.id } else { Uuid::nil() };
            let left = BATCH - places.len();
            let found = self.at_node(state, &node, (behind, left)).await?;
            if found.len() == left {
                places.extend(found.into_iter().map(|id| Place { area: node.clone(), id }));
                return Ok(());
            }
            places.extend(found.into_iter().map(|id| Place { area: node.clone(), id }));
            // No text lies between a path and the path with this behind it.
            from = format!("{node}\u{1}");
        }
        Ok(())
    }
}

impl Evidence for Asked<'_> {
    type Record = MemberRecord;

    async fn stood_in(&self, state: &DatabaseTransaction, after: &Place) -> Outcome<Vec<Place>> {
        let subtrees = self.stretches.iter().map(|stretch| stretch.path.clone()).collect();
        let subtrees = Prefixes::normalised(subtrees);
        let mut places = Vec::new();
        // The subtrees are disjoint and ascend, so going through them in turn keeps the order.
        for range in subtrees.iter().map(Path::range).filter(|range| after.area < range.until) {
            if places.len() == BATCH {
                break;
            }
            self.in_range(state, (range.from, &range.until), after, &mut places).await?;
        }
        Ok(places)
    }

    async fn evaluate(
        &self,
        state: &DatabaseTransaction,
        looked_at: &[Place],
    ) -> Outcome<Vec<Counted<MemberRecord>>> {
        let ids: Vec<MemberId> = looked_at.iter().map(|place| MemberId(place.id)).collect();
        let records = members::load(state, &ids).await?;
        let wanted = Wanted::of(records.values().map(|record| &record.facts));
        let grounds = read_grounds(state, &wanted).await?;
        let mut counted = Vec::new();
        for place in looked_at {
            let Some(record) = records.get(&MemberId(place.id)) else { continue };
            let here = self.stretches.iter();
            let here = here.filter(|stretch| place.area.starts_with(stretch.path.as_str()));
            let leaf = (self.line, place.area.as_str());
            let shares = here.map(|stretch| {
                let days = (stretch.day, stretch.before);
                share(self.metric, &record.facts, &grounds, leaf, days)
            });
            let value = shares.sum();
            if value != 0 {
                counted.push(Counted { record: record.clone(), place: place.clone(), value });
            }
        }
        Ok(counted)
    }
}
