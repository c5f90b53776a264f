//! Which records make up a figure. The predicate of the figure is evaluated over the facts of every
//! record that ever stood in the node: one that has moved away counts there on an old day.

pub mod employers;
pub mod listed;
pub mod members;
pub mod nodes;
pub mod unions;

use std::future::Future;

use sea_orm::DatabaseTransaction;
use unionhall_kit::fault::Outcome;
use uuid::Uuid;

use super::employers::Place;

/// Records that are loaded at a time.
const BATCH: usize = 512;
/// Records that are looked at for one page. On an old day most of a node may not count, and a
/// page that is short is better than one that never comes.
const LOOKS_A_PAGE: usize = 8 * BATCH;

/// A record that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted<R> {
    /// The record.
    pub record: R,
    /// Where it counts, and its id.
    pub place: Place,
    /// What it adds.
    pub value: i64,
}

/// A page of records that count.
#[derive(Debug)]
pub struct Page<R> {
    /// They ascend by the path at which they count, then by id.
    pub counted: Vec<Counted<R>>,
    /// Where the next page goes on; `None` behind the last record.
    pub next: Option<Place>,
}

/// A figure of a node, and the records that may count.
pub trait Evidence: Sync {
    /// The kind of record.
    type Record: Send;

    /// The next places of the node behind `after`, whether or not anyone counts there on the day:
    /// [`BATCH`] of them, or fewer at the end.
    fn stood_in(
        &self,
        state: &DatabaseTransaction,
        after: &Place,
    ) -> impl Future<Output = Outcome<Vec<Place>>> + Send;

    /// Those that count there. A record is found at every place that it ever had, and counts at
    /// one of them at most on a day.
    fn evaluate(
        &self,
        state: &DatabaseTransaction,
        looked_at: &[Place],
    ) -> impl Future<Output = Outcome<Vec<Counted<Self::Record>>>> + Send;
}

/// At most `at_most` records behind `after`, sometimes fewer although more follow.
pub async fn explain<E: Evidence>(
    state: &DatabaseTransaction,
    evidence: &E,
    after: Option<Place>,
    at_most: usize,
) -> Outcome<Page<E::Record>> {
    // No record has the nil id, so this lies before every place.
    let mut at = after.unwrap_or_else(|| Place { area: String::new(), id: Uuid::nil() });
    let mut page = Page { counted: Vec::new(), next: None };
    for _ in 0..LOOKS_A_PAGE / BATCH {
        let looked_at = evidence.stood_in(state, &at).await?;
        let ended = looked_at.len() < BATCH;
        for counted in evidence.evaluate(state, &looked_at).await? {
            if page.counted.len() == at_most {
                page.next = page.counted.last().map(|last| last.place.clone());
                return Ok(page);
            }
            page.counted.push(counted);
        }
        match looked_at.into_iter().next_back() {
            Some(last) if !ended => at = last,
            _ => return Ok(page),
        }
    }
    page.next = Some(at);
    Ok(page)
}
