//! The unary methods that every package's `ImportService` has.

use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, ImportBatch, ListImportBatchesRequest,
    ListImportBatchesResponse, ListImportFaultsRequest, ListImportFaultsResponse,
    UndoImportBatchRequest, ValidateImportBatchRequest,
};

use super::{
    Actor, Imports,
    state::State,
    store::{
        batch::{self, Batch},
        fault,
    },
};
use crate::{
    access::Caller,
    call::Call,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Intent},
    paging::{Place, page_size},
    reasons,
    scoped::not_found,
};

impl Imports {
    /// One batch. `NOT_FOUND`.
    pub async fn get(&self, call: Call<GetImportBatchRequest>) -> Outcome<ImportBatch> {
        self.visible(&call.message.name, &Actor::of(&call.caller)).await?.contract()
    }

    /// The caller's batches, newest first. `PAGE_TOKEN_INVALID`.
    pub async fn list(
        &self,
        call: Call<ListImportBatchesRequest>,
    ) -> Outcome<ListImportBatchesResponse> {
        let binding = call.binding(&ListImportBatchesRequest::default());
        let place = self.pager.place(&binding, &call.message.page_token)?;
        let after = place.and_then(|place| place.key.first().and_then(|id| id.parse().ok()));
        let size = page_size(call.message.page_size);
        let actor = Actor::of(&call.caller);
        let conn = self.ledger.db().reader();
        let mut found = batch::page(conn, &actor, after, size + 1).await?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match found.last().filter(|_| more) {
            Some(last) => {
                self.pager.token(&binding, &Place { phase: 0, key: vec![last.id.to_string()] })?
            }
            None => String::new(),
        };
        let import_batches = found.iter().map(Batch::contract).collect::<Outcome<_>>()?;
        Ok(ListImportBatchesResponse { import_batches, next_page_token })
    }

    /// The faults of a batch by line. `NOT_FOUND`, `PERMISSION_DENIED`, `PAGE_TOKEN_INVALID`.
    pub async fn faults(
        &self,
        call: Call<ListImportFaultsRequest>,
    ) -> Outcome<ListImportFaultsResponse> {
        let asked = &call.message;
        let batch = self.visible(&asked.parent, &Actor::of(&call.caller)).await?;
        self.importer(&batch.kind)?.needs().to_read(&call.caller)?;
        let binding = call.binding(&ListImportFaultsRequest {
            parent: asked.parent.clone(),
            ..Default::default()
        });
        let place = self.pager.place(&binding, &asked.page_token)?;
        let after = place.and_then(|place| match place.key.as_slice() {
            [line, number] => Some((line.parse().ok()?, number.parse().ok()?)),
            _ => None,
        });
        let size = page_size(asked.page_size);
        let conn = self.ledger.db().reader();
        let mut found = fault::page(conn, batch.id, after.unwrap_or((-1, -1)), size + 1).await?;
        let more = found.len() as u64 > size;
        found.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        let next_page_token = match found.last().filter(|_| more) {
            Some(last) => {
                let key = vec![last.line.to_string(), last.number.to_string()];
                self.pager.token(&binding, &Place { phase: 0, key })?
            }
            None => String::new(),
        };
        let import_faults = found.into_iter().map(Into::into).collect();
        Ok(ListImportFaultsResponse { import_faults, next_page_token })
    }

    /// Begins pass 1, again where the register may have changed since. `NOT_FOUND`,
    /// `PERMISSION_DENIED`, `IMPORT_STATE`.
    pub async fn validate(&self, call: Call<ValidateImportBatchRequest>) -> Outcome<ImportBatch> {
        let asked = &call.message;
        let from = &[State::Uploaded, State::Validated];
        let intent = call.intent(&asked.request_id);
        let step = Step { name: &asked.name, etag: "", from, to: State::Validating };
        self.step(&intent, &call.caller, step, |batch| {
            batch.forget_rows();
            Ok(())
        })
        .await
    }

    /// Begins pass 2, or goes on with it where it stopped at a failure. `NOT_FOUND`,
    /// `PERMISSION_DENIED`, `IMPORT_STATE`, `IMPORT_HAS_FAULTS`, `ETAG_MISMATCH`.
    pub async fn commit(&self, call: Call<CommitImportBatchRequest>) -> Outcome<ImportBatch> {
        let asked = &call.message;
        let intent = call.intent(&asked.request_id);
        let from = &[State::Validated];
        let step = Step { name: &asked.name, etag: &asked.etag, from, to: State::Applying };
        self.step(&intent, &call.caller, step, |batch| {
            if batch.fault_count > 0 && !asked.only_valid_rows {
                return Err(Fault::new(&reasons::IMPORT_HAS_FAULTS)
                    .with("name", batch.name())
                    .with("count", batch.fault_count));
            }
            batch.only_valid_rows = asked.only_valid_rows.into();
            // Pass 1 only foresaw these.
            batch.unchanged_row_count = 0;
            Ok(())
        })
        .await
    }

    /// Begins to take back what the batch did, or goes on with it where it stopped at a failure; a
    /// batch that is still being applied stops first.
    /// `NOT_FOUND`, `PERMISSION_DENIED`, `IMPORT_STATE`, `ETAG_MISMATCH`.
    pub async fn undo(&self, call: Call<UndoImportBatchRequest>) -> Outcome<ImportBatch> {
        let asked = &call.message;
        let intent = call.intent(&asked.request_id);
        let from = &[State::Applied, State::Applying];
        let step = Step { name: &asked.name, etag: &asked.etag, from, to: State::Undoing };
        self.step(&intent, &call.caller, step, |_| Ok(())).await
    }

    /// A batch that the client uploaded, or a client with exactly its scope.
    pub(super) async fn visible(&self, name: &str, actor: &Actor) -> Outcome<Batch> {
        let id = batch::id_of(name).ok_or_else(|| not_found(name))?;
        let found = batch::load(self.ledger.db().reader(), id).await?;
        found.filter(|batch| owns(actor, batch)).ok_or_else(|| not_found(name))
    }

    async fn step(
        &self,
        intent: &Intent<'_>,
        caller: &Caller,
        step: Step<'_>,
        prepare: impl FnOnce(&mut Batch) -> Outcome<()> + Send,
    ) -> Outcome<ImportBatch> {
        let actor = &Actor::of(caller);
        let mut entry = match self.ledger.begin(intent).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                let batch = self.visible(&done.record, actor).await?;
                self.importer(&batch.kind)?.needs().to_write(caller)?;
                return batch.contract();
            }
        };
        let id = batch::id_of(step.name).ok_or_else(|| not_found(step.name))?;
        let found = batch::lock(entry.conn(), id).await?;
        let mut batch =
            found.filter(|batch| owns(actor, batch)).ok_or_else(|| not_found(step.name))?;
        self.importer(&batch.kind)?.needs().to_write(caller)?;
        step.permits(&batch)?;
        // A pass that goes on behind a failure was prepared when it began.
        if batch.state != step.to.code() {
            prepare(&mut batch)?;
        }
        batch.enter(step.to, actor);
        let now = entry.now();
        batch::save(entry.conn(), &mut batch, now).await?;
        let detail = format!("state {}", step.to.name());
        entry.audit(AuditNote { record: batch.name(), area: actor.root()?, detail });
        entry.commit(Done { record: batch.name(), version: batch.version }).await?;
        self.bells.work.notify_one();
        self.bells.moved.notify_waiters();
        batch.contract()
    }
}

/// A verb: from which states it leads where.
struct Step<'a> {
    name: &'a str,
    etag: &'a str,
    from: &'a [State],
    to: State,
}

impl Step<'_> {
    fn permits(&self, batch: &Batch) -> Outcome<()> {
        if !self.etag.is_empty() && self.etag != batch.version.to_string() {
            return Err(Fault::new(&reasons::ETAG_MISMATCH).with("etag", self.etag));
        }
        let state = batch.state()?;
        let stopped = state == self.to && !batch.failure.is_empty();
        if stopped || self.from.contains(&state) {
            return Ok(());
        }
        let needed: Vec<&str> = self.from.iter().map(|state| state.name()).collect();
        Err(Fault::new(&reasons::IMPORT_STATE)
            .with("name", batch.name())
            .with("state", state.name())
            .with("needed", needed.join(", ")))
    }
}

/// Two clients without any scope have nothing in common.
fn owns(actor: &Actor, batch: &Batch) -> bool {
    batch.client == actor.client || (actor.sees_something() && batch.scope == actor.scope_text())
}
