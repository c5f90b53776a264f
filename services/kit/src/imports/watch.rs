//! A batch now and at each move, until it rests.

use std::{sync::Arc, time::Duration};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use tonic::Status;
use unionhall_proto::common::v1::{ImportBatch, WatchImportBatchRequest};

use super::{Actor, Imports, store::batch::Batch};
use crate::{call::Call, fault::Outcome, server::DrainToken};

/// Another process may move the batch, of which nothing rings here.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

struct Watched {
    imports: Arc<Imports>,
    actor: Actor,
    name: String,
    drain: DrainToken,
    /// What the watcher saw last.
    version: i64,
    ended: bool,
}

impl Imports {
    /// Follows a batch. `NOT_FOUND`; the stream ends with `SHUTTING_DOWN` when the server stops.
    pub async fn watch(
        self: &Arc<Self>,
        call: Call<WatchImportBatchRequest>,
    ) -> Outcome<BoxStream<'static, Result<ImportBatch, Status>>> {
        let actor = Actor::of(&call.caller);
        let name = call.message.name;
        let first = self.visible(&name, &actor).await?;
        let ended = first.rests()?;
        let rest = Watched {
            imports: Arc::clone(self),
            actor,
            name,
            drain: call.drain,
            version: first.version,
            ended,
        };
        let now = first.contract()?;
        let moves = stream::try_unfold(rest, |watched| async { Ok(watched.next().await?) });
        Ok(stream::once(async { Ok(now) }).chain(moves).boxed())
    }
}

impl Watched {
    async fn next(mut self) -> Outcome<Option<(ImportBatch, Self)>> {
        if self.ended {
            return Ok(None);
        }
        let batch = self.moved().await?;
        (self.version, self.ended) = (batch.version, batch.rests()?);
        Ok(Some((batch.contract()?, self)))
    }

    async fn moved(&self) -> Outcome<Batch> {
        loop {
            let mut bell = std::pin::pin!(self.imports.bells.moved.notified());
            // Before the look, lest a move between look and wait is missed.
            bell.as_mut().enable();
            let batch = self.imports.visible(&self.name, &self.actor).await?;
            if batch.version != self.version {
                return Ok(batch);
            }
            tokio::select! {
                () = bell => {}
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = self.drain.draining() => return Err(self.drain.fault()),
            }
        }
    }
}
