//! A file coming in: sealed piece by piece, in transactions of its own, under a batch that nobody
//! sees. A sender that goes away leaves nothing.

use bytes::Bytes;
use chrono::TimeDelta;
use futures::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tonic::Status;
use unionhall_proto::common::v1::{
    ImportBatch, UploadImportRequest,
    upload_import_request::{Piece, UploadHeader},
};
use uuid::Uuid;

use super::{
    Actor, Imports,
    store::{
        batch::{self, Batch},
        piece::{self, PIECE},
    },
    sweep,
};
use crate::{
    call::{Call, validate},
    db::Db,
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Intent},
    reasons,
};

/// Bytes that wait until they are written together.
const WRITTEN_AT_ONCE: usize = 4 * PIECE;
/// A file of which nothing came for so long will not come; no stream lives that long.
pub(super) const STALE_AFTER: TimeDelta = TimeDelta::hours(1);

impl Imports {
    /// Takes a file. `IMPORT_KIND_UNKNOWN`, `PERMISSION_DENIED`, `IMPORT_UPLOAD_INVALID`,
    /// `IMPORT_FILE_DIFFERS`, `REQUEST_ID_REUSED`, `SHUTTING_DOWN`, or what the stream itself ended with.
    pub async fn upload<S>(&self, mut call: Call<S>) -> Result<ImportBatch, Status>
    where
        S: Stream<Item = Result<UploadImportRequest, Status>> + Unpin,
    {
        let Some(Piece::Header(header)) = self.next(&mut call).await? else {
            return Err(self.invalid().into());
        };
        let importer = self.importer(&header.kind)?;
        importer.needs().to_write(&call.caller)?;
        // Numbers of persons slip into the names of files, too, which batches show.
        let layout = importer.layout().await?;
        let shown =
            UploadHeader { file_name: layout.shown_name(&header.file_name), ..header.clone() };
        if header.file_size_bytes.unsigned_abs() > self.config.max_file_bytes {
            return Err(self.invalid().into());
        }
        let mut upload = Upload::begin(self, &Actor::of(&call.caller), &shown).await?;
        let taken = self.take(&mut call, &mut upload, &header).await;
        if taken.is_err() {
            upload.abandon().await;
        }
        Ok(taken?.contract()?)
    }

    async fn take<S>(
        &self,
        call: &mut Call<S>,
        upload: &mut Upload<'_>,
        header: &UploadHeader,
    ) -> Result<Batch, Status>
    where
        S: Stream<Item = Result<UploadImportRequest, Status>> + Unpin,
    {
        while let Some(piece) = self.next(call).await? {
            let Piece::Chunk(bytes) = piece else { return Err(self.invalid().into()) };
            upload.write(&bytes).await?;
        }
        let sha256 = upload.flush(1).await?;
        as_stated(header, upload.size, &hex::encode(sha256))?;
        // The same request id with another file is another request.
        let mut body = prost::Message::encode_to_vec(header);
        body.extend_from_slice(&sha256);
        let intent = Intent {
            client: call.caller.client.as_str(),
            method: &call.method.path,
            trace: call.request_id.as_str(),
            request_id: Uuid::parse_str(&header.request_id).ok(),
            body,
        };
        Ok(upload.finish(&intent, &hex::encode(sha256)).await?)
    }

    /// The next piece, checked; `None` at the end.
    async fn next<S>(&self, call: &mut Call<S>) -> Result<Option<Piece>, Status>
    where
        S: Stream<Item = Result<UploadImportRequest, Status>> + Unpin,
    {
        let message = tokio::select! {
            message = call.message.next() => message,
            () = call.drain.draining() => return Err(call.drain.fault().into()),
        };
        let Some(mut message) = message.transpose()? else { return Ok(None) };
        validate(&mut message)?;
        message.piece.map(Some).ok_or_else(|| self.invalid().into())
    }

    fn invalid(&self) -> Fault {
        Fault::new(&reasons::IMPORT_UPLOAD_INVALID).with("limit", self.config.max_file_bytes)
    }
}

/// A sender that closed its side too early sent something that looks whole.
fn as_stated(header: &UploadHeader, size: u64, sha256: &str) -> Outcome<()> {
    let UploadHeader { file_size_bytes, file_sha256, .. } = header;
    let same_size = *file_size_bytes == 0 || file_size_bytes.unsigned_abs() == size;
    let same_digest = file_sha256.is_empty() || file_sha256 == sha256;
    if same_size && same_digest {
        return Ok(());
    }
    let stated = match (*file_size_bytes, file_sha256.as_str()) {
        (0, digest) => digest.to_owned(),
        (bytes, digest) => format!("{bytes} {digest}").trim_end().to_owned(),
    };
    Err(Fault::new(&reasons::IMPORT_FILE_DIFFERS)
        .with("size", size)
        .with("sha256", sha256)
        .with("stated", stated))
}

struct Upload<'a> {
    imports: &'a Imports,
    actor: Actor,
    id: Uuid,
    buffer: Vec<u8>,
    pieces: i32,
    size: u64,
    hash: Sha256,
    settled: bool,
}

impl<'a> Upload<'a> {
    async fn begin(imports: &'a Imports, actor: &Actor, header: &UploadHeader) -> Outcome<Self> {
        let id = imports.ledger.ids().fresh();
        let now = imports.ledger.clock().now();
        let tx = imports.ledger.db().begin().await?;
        let (kind, file_name) = (&header.kind, &header.file_name);
        batch::begin_upload(tx.conn(), id, kind, file_name, actor, now).await?;
        tx.commit().await?;
        Ok(Self {
            imports,
            actor: actor.clone(),
            id,
            buffer: Vec::new(),
            pieces: 0,
            size: 0,
            hash: Sha256::new(),
            settled: false,
        })
    }

    async fn write(&mut self, bytes: &Bytes) -> Outcome<()> {
        self.size += bytes.len() as u64;
        if self.size > self.imports.config.max_file_bytes {
            return Err(self.imports.invalid());
        }
        self.hash.update(bytes);
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= WRITTEN_AT_ONCE {
            self.flush(PIECE).await?;
        }
        Ok(())
    }

    /// Writes the pieces that have at least `least` bytes. Answers the digest of all bytes so far.
    async fn flush(&mut self, least: usize) -> Outcome<[u8; 32]> {
        let ready = |piece: &&[u8]| piece.len() >= least;
        let count = self.buffer.chunks(PIECE).filter(ready).count();
        if count > 0 {
            let now = self.imports.ledger.clock().now();
            let held = self.imports.ledger.held();
            let tx = self.imports.ledger.db().begin().await?;
            if !batch::touch_upload(tx.conn(), self.id, now).await? {
                return Err(Fault::new(&reasons::DEADLINE_EXCEEDED));
            }
            let pieces = self.buffer.chunks(PIECE).take(count);
            let vault = &self.imports.vault;
            piece::append(tx.conn(), vault, self.id, self.pieces, pieces).await?;
            held.serves(tx.conn()).await?;
            tx.commit().await?;
            self.buffer.drain(..self.buffer.len().min(count * PIECE));
            self.pieces += i32::try_from(count).map_err(|_| self.imports.invalid())?;
        }
        Ok(self.hash.clone().finalize().into())
    }

    /// The file is here: it becomes a batch, unless the same request made one before.
    async fn finish(&mut self, intent: &Intent<'_>, sha256: &str) -> Outcome<Batch> {
        let mut entry = match self.imports.ledger.begin(intent).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => {
                let first = self.imports.visible(&done.record, &self.actor).await?;
                self.abandon().await;
                return Ok(first);
            }
        };
        let size = i64::try_from(self.size).map_err(|_| self.imports.invalid())?;
        let now = entry.now();
        if !batch::finish_upload(entry.conn(), self.id, size, sha256, now).await? {
            return Err(Fault::new(&reasons::DEADLINE_EXCEEDED));
        }
        let done = Done { record: batch::name(self.id), version: 1 };
        if let Ok(area) = self.actor.root() {
            let detail = format!("uploaded {size} bytes");
            entry.audit(AuditNote { record: done.record.clone(), area, detail });
        }
        let batch = batch::load(entry.conn(), self.id).await?;
        entry.commit(done).await?;
        self.settled = true;
        batch.ok_or_else(|| Fault::new(&reasons::INTERNAL))
    }

    async fn abandon(&mut self) {
        if !std::mem::replace(&mut self.settled, true) {
            remove(self.imports.ledger.db().clone(), self.id).await;
        }
    }
}

impl Drop for Upload<'_> {
    /// The sender went away and its call was dropped.
    fn drop(&mut self) {
        if let (false, Ok(runtime)) = (self.settled, tokio::runtime::Handle::try_current()) {
            runtime.spawn(remove(self.imports.ledger.db().clone(), self.id));
        }
    }
}

async fn remove(db: Db, id: Uuid) {
    let removed = async {
        let tx = db.begin().await?;
        batch::withdraw_upload(tx.conn(), id).await?;
        tx.commit().await?;
        sweep::withdrawn(&db, id).await
    };
    if let Err(fault) = removed.await {
        // The sweep removes it later.
        tracing::warn!(%fault, "the pieces of an ended upload stay for now");
    }
}
