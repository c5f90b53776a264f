//! Reads by key, many callers to one statement.
//!
//! A few workers take whatever keys wait, up to a bound, and ask once. A read joins only a batch
//! that is not yet sent; an idle worker takes a lone key at once, so nobody waits for company; a
//! caller that goes away leaves its batch alone. Reveals never come through here.

use std::{collections::HashMap, future::Future, hash::Hash, sync::Arc};

use tokio::sync::{Mutex, mpsc, oneshot};

use crate::{
    fault::{Fault, Outcome, Reason},
    gather::one_turn,
    reasons,
};

/// Statements under way at once. Three keep two cores busy while one waits for the database.
const WORKERS: usize = 3;
/// Keys in one statement.
const BATCH: usize = 64;
/// Keys that may wait before further reads are shed.
const WAITING: usize = 8_192;

type Answer<V> = Result<Option<Arc<V>>, &'static Reason>;
type Question<K, V> = (K, oneshot::Sender<Answer<V>>);

/// A coalescing reader.
pub struct Loader<K, V> {
    questions: mpsc::Sender<Question<K, V>>,
}

impl<K, V> Clone for Loader<K, V> {
    fn clone(&self) -> Self {
        Self { questions: self.questions.clone() }
    }
}

impl<K, V> Loader<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Send + Sync + 'static,
{
    /// Starts the workers; they end with the last clone of the loader. `fetch` reads the rows of
    /// distinct keys; a key without a row is absent from its answer.
    pub fn start<F, Fut>(fetch: F) -> Self
    where
        F: Fn(Vec<K>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Outcome<HashMap<K, V>>> + Send + 'static,
    {
        let (questions, waiting) = mpsc::channel(WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WORKERS {
            tokio::spawn(work(Arc::clone(&waiting), fetch.clone()));
        }
        Self { questions }
    }

    /// The row of one key.
    pub async fn load(&self, key: K) -> Outcome<Option<Arc<V>>> {
        let (reply, answer) = oneshot::channel();
        self.questions.try_send((key, reply)).map_err(|_| Fault::new(&reasons::OVERLOADED))?;
        match answer.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(reason)) => Err(Fault::new(reason)),
            Err(_) => Err(Fault::new(&reasons::STORAGE_UNAVAILABLE)),
        }
    }
}

async fn work<K, V, F, Fut>(waiting: Arc<Mutex<mpsc::Receiver<Question<K, V>>>>, fetch: F)
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Send + Sync + 'static,
    F: Fn(Vec<K>) -> Fut + Send + Sync,
    Fut: Future<Output = Outcome<HashMap<K, V>>> + Send + 'static,
{
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        if !take(&mut *waiting.lock().await, &mut batch).await {
            return;
        }
        let mut asked: HashMap<K, Vec<oneshot::Sender<Answer<V>>>> = HashMap::new();
        for (key, reply) in batch.drain(..).filter(|(_, reply)| !reply.is_closed()) {
            asked.entry(key).or_default().push(reply);
        }
        if asked.is_empty() {
            continue;
        }
        answer(asked, &fetch).await;
    }
}

/// Fills the batch with what waits; false when nobody can ask any more.
async fn take<Q>(waiting: &mut mpsc::Receiver<Q>, batch: &mut Vec<Q>) -> bool {
    let taken = waiting.recv_many(batch, BATCH).await;
    // Callers that are ready to ask join; nobody waits for others.
    if (1..BATCH).contains(&taken) {
        one_turn().await;
        while batch.len() < BATCH
            && let Ok(question) = waiting.try_recv()
        {
            batch.push(question);
        }
    }
    taken > 0
}

async fn answer<K, V, F, Fut>(asked: HashMap<K, Vec<oneshot::Sender<Answer<V>>>>, fetch: &F)
where
    K: Eq + Hash + Clone,
    F: Fn(Vec<K>) -> Fut,
    Fut: Future<Output = Outcome<HashMap<K, V>>>,
{
    let mut read = fetch(asked.keys().cloned().collect()).await;
    if let Err(fault) = &read {
        tracing::warn!(%fault, cause = ?fault, "a batch of reads failed");
    }
    for (key, replies) in asked {
        let found = match &mut read {
            Ok(rows) => Ok(rows.remove(&key).map(Arc::new)),
            Err(fault) => Err(fault.reason()),
        };
        // The last one gets the value itself, so that a lone caller is its only holder. A caller
        // that went away needs no answer.
        let mut replies = replies.into_iter();
        let last = replies.next_back();
        for reply in replies {
            let _ = reply.send(found.clone());
        }
        if let Some(reply) = last {
            let _ = reply.send(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex as SyncMutex;
    use tokio::sync::Semaphore;

    use super::*;

    struct Spy {
        batches: SyncMutex<Vec<Vec<u32>>>,
        gate: Semaphore,
    }

    fn spied() -> (Arc<Spy>, Loader<u32, u32>) {
        let spy = Arc::new(Spy { batches: SyncMutex::default(), gate: Semaphore::new(0) });
        let shared = Arc::clone(&spy);
        let loader = Loader::start(move |keys: Vec<u32>| {
            let spy = Arc::clone(&shared);
            async move {
                spy.batches.lock().push(keys.clone());
                spy.gate.acquire().await.unwrap().forget();
                Ok(keys.into_iter().filter(|key| *key < 1_000).map(|key| (key, key * 2)).collect())
            }
        });
        (spy, loader)
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_reads_share_a_statement_and_a_lone_read_does_not_wait() {
        let (spy, loader) = spied();
        let ask = |key| {
            tokio::spawn({
                let loader = loader.clone();
                async move { loader.load(key).await.unwrap().map(|found| *found) }
            })
        };
        let mut reads = Vec::new();
        for key in 0..3 {
            reads.push(ask(key));
            tokio::task::yield_now().await;
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(spy.batches.lock().len(), 3, "three lone reads, three statements");
        reads.extend((10..30).chain([10]).map(ask));
        tokio::time::advance(std::time::Duration::from_millis(1)).await;
        spy.gate.add_permits(10);
        for (read, key) in reads.into_iter().zip((0..3).chain(10..30).chain([10])) {
            assert_eq!(read.await.unwrap(), Some(key * 2));
        }
        assert_eq!(spy.batches.lock().len(), 4, "the waiting ones shared one");
    }

    #[tokio::test]
    async fn a_missing_row_and_a_caller_that_left_harm_nobody() {
        let (spy, loader) = spied();
        let left = tokio::spawn({
            let loader = loader.clone();
            async move { loader.load(5).await }
        });
        tokio::task::yield_now().await;
        left.abort();
        spy.gate.add_permits(10);
        assert!(loader.load(5_000).await.unwrap().is_none());
        assert_eq!(loader.load(6).await.unwrap().as_deref(), Some(&12));
    }
}
