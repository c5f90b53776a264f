//! Many calls side by side, as the officers of a district make them.

use std::{collections::VecDeque, future::Future, sync::Arc};

use anyhow::Result;
use parking_lot::Mutex;
use tokio::task::JoinSet;

/// Calls in flight.
const LANES: usize = 24;

/// Does the work for every item, some at a time; the answers come in the order of the items.
///
/// # Errors
/// The first that any of them meets.
pub async fn each<I, T, F, Fut>(items: Vec<I>, work: F) -> Result<Vec<T>>
where
    I: Send + 'static,
    T: Send + 'static,
    F: Fn(I) -> Fut + Clone + Send + 'static,
    Fut: Future<Output = Result<T>> + Send,
{
    let left: VecDeque<(usize, I)> = items.into_iter().enumerate().collect();
    let left = Arc::new(Mutex::new(left));
    let mut lanes = JoinSet::new();
    for _ in 0..LANES {
        let (left, work) = (Arc::clone(&left), work.clone());
        lanes.spawn(async move {
            let mut done = Vec::new();
            loop {
                let next = left.lock().pop_front();
                let Some((at, item)) = next else { return anyhow::Ok(done) };
                done.push((at, work(item).await?));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(done) = lanes.join_next().await {
        all.extend(done??);
    }
    all.sort_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, value)| value).collect())
}
