//! The `ChangeFeed` service, which every package declares from shared messages.

use std::time::Duration;

use prost_types::Any;
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use unionhall_proto::common::v1::{Change, ListChangesRequest, ListChangesResponse};
use uuid::Uuid;

use super::{Cursor, Positioned};
use crate::{
    call::Call,
    clock,
    fault::{Fault, Outcome},
    ledger::Ledger,
    paging::{Binding, Pager, Place},
    path::{Scope, nowhere},
    reasons,
};

const DEFAULT_PAGE: i32 = 500;
const MAX_PAGE: i32 = 5_000;
/// A wait ends this long before the deadline, so that its answer arrives in time.
const MARGIN: Duration = Duration::from_millis(250);

/// Answers the calls of a `ChangeFeed` service.
pub struct FeedDesk {
    ledger: Ledger,
    pager: Pager,
}

impl FeedDesk {
    /// The desk over these books.
    pub fn new(ledger: Ledger, pager: Pager) -> Self {
        Self { ledger, pager }
    }

    /// Changes after a cursor. `CURSOR_INVALID`, `CURSOR_TOO_OLD`.
    pub async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        let call = Call::open(request)?;
        let binding = binding(&call.method.path);
        let cursor = match self.cursor(&binding, &call.message.cursor)? {
            Some(cursor) => cursor,
            None => self.ledger.feed_start().await?,
        };
        let wait = wait(&call.message).min(call.deadline.remaining().saturating_sub(MARGIN));
        let size = page_size(call.message.page_size);
        let until = Instant::now() + wait;
        let stop = call.drain.draining();
        let page = self.ledger.changes(cursor, &call.caller.scope, size, until, stop).await?;
        Ok(Response::new(ListChangesResponse {
            changes: page.events.into_iter().map(change).collect(),
            next_cursor: self.token(&binding, page.cursor)?,
        }))
    }

    fn cursor(&self, binding: &Binding, token: &str) -> Outcome<Option<Cursor>> {
        let invalid = || Fault::new(&reasons::CURSOR_INVALID);
        let place = self.pager.place(binding, token).map_err(|_| invalid())?;
        place.map(|place| read(&place).ok_or_else(invalid)).transpose()
    }

    fn token(&self, binding: &Binding, cursor: Cursor) -> Outcome<String> {
        let key = vec![cursor.epoch.to_string(), cursor.position.to_string()];
        self.pager.token(binding, &Place { phase: 0, key })
    }
}

/// A cursor outlives the caller's token and scope, and any size of page: it belongs to the feed.
fn binding(method: &str) -> Binding {
    Binding::new(method, "", &Scope::default(), b"")
}

fn read(place: &Place) -> Option<Cursor> {
    let [epoch, position] = place.key.as_slice() else { return None };
    Some(Cursor { epoch: Uuid::parse_str(epoch).ok()?, position: position.parse().ok()? })
}

fn page_size(asked: i32) -> u64 {
    let size = if asked <= 0 { DEFAULT_PAGE } else { asked.min(MAX_PAGE) };
    u64::from(size.unsigned_abs())
}

/// Validation keeps it between 0 and 20 seconds.
fn wait(message: &ListChangesRequest) -> Duration {
    message.wait.and_then(|wait| wait.try_into().ok()).unwrap_or_default()
}

fn change(event: Positioned) -> Change {
    let snapshot = (!event.snapshot_type.is_empty()).then(|| Any {
        type_url: format!("type.googleapis.com/{}", event.snapshot_type),
        value: event.snapshot,
    });
    Change {
        position: event.position,
        record: event.record,
        version: event.version,
        kind: i32::from(event.kind),
        area: shown(event.area),
        affiliation: event.affiliation.unwrap_or_default(),
        commit_time: Some(clock::timestamp(event.committed_at)),
        transaction: event.tx,
        snapshot,
    }
}

/// What stands nowhere on the area line has no path there.
fn shown(area: String) -> String {
    if area == nowhere().as_str() { String::new() } else { area }
}

#[cfg(test)]
mod tests;
