//! Waiting for a condition. Tests wait for what they need, never for a length of time.

use std::future::Future;
use std::time::Duration;

use anyhow::{Context, Result};

/// Longer than anything healthy takes on a busy machine; only a failure waits so long.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Asks `condition` until it gives a value.
///
/// # Errors
/// When [`LIMIT`] passes first; `what` names the thing awaited.
pub async fn until<T, F>(what: &str, mut condition: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    let asking = async {
        loop {
            if let Some(value) = condition().await {
                return value;
            }
            // A breath between two questions; the wait ends with the condition.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    within(what, asking).await
}

/// Awaits `work`, but not for ever.
///
/// # Errors
/// When [`LIMIT`] passes first; `what` names the thing awaited.
pub async fn within<T>(what: &str, work: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(LIMIT, work)
        .await
        .with_context(|| format!("{what}: not within {} s", LIMIT.as_secs()))
}
