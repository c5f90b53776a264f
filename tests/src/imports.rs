//! Spreadsheets on their way in, step by step.

use sha2::{Digest, Sha256};
use tokio_stream::iter;
use tonic::Status;
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, ImportBatch, ImportFault,
    ListImportFaultsRequest, UploadImportRequest, ValidateImportBatchRequest,
    WatchImportBatchRequest,
    import_batch::State,
    upload_import_request::{Piece, UploadHeader},
};

use crate::client::Clients;

/// Bytes of one piece; the contract allows 1 MiB.
const PIECE: usize = 256 * 1024;
const FAULTS_A_PAGE: i32 = 1_000;

/// A file to import.
#[derive(Clone, Debug)]
pub struct Upload {
    /// `areas`, `employers`, `unions`, `members`, ...
    pub kind: String,
    /// Its own name.
    pub file_name: String,
    /// Its bytes.
    pub content: Vec<u8>,
    /// A UUID under which the upload is repeated, or nothing.
    pub request_id: String,
}

impl Upload {
    /// A file of employers.
    #[must_use]
    pub fn employers(file_name: &str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            kind: "employers".to_owned(),
            file_name: file_name.to_owned(),
            content: content.into(),
            request_id: String::new(),
        }
    }

    /// Its pieces: the header first.
    #[must_use]
    pub fn pieces(&self) -> Vec<UploadImportRequest> {
        let header = Piece::Header(UploadHeader {
            kind: self.kind.clone(),
            file_name: self.file_name.clone(),
            request_id: self.request_id.clone(),
            file_size_bytes: i64::try_from(self.content.len()).unwrap_or(i64::MAX),
            file_sha256: hex::encode(Sha256::digest(&self.content)),
        });
        let chunks = self.content.chunks(PIECE).map(|bytes| Piece::Chunk(bytes.to_vec().into()));
        let pieces = std::iter::once(header).chain(chunks);
        pieces.map(|piece| UploadImportRequest { piece: Some(piece) }).collect()
    }

    /// Sends it.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn send(&self, clients: &Clients) -> Result<ImportBatch, Status> {
        let mut imports = clients.imports.clone();
        Ok(imports.upload_import(iter(self.pieces())).await?.into_inner())
    }

    /// Sends it and has every row checked.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn check(&self, clients: &Clients) -> Result<ImportBatch, Status> {
        let batch = self.send(clients).await?;
        validate(clients, &batch.name).await
    }
}

/// Has every row of a batch checked.
///
/// # Errors
/// What the server answers.
pub async fn validate(clients: &Clients, batch: &str) -> Result<ImportBatch, Status> {
    let request = ValidateImportBatchRequest { name: batch.to_owned(), request_id: String::new() };
    clients.imports.clone().validate_import_batch(request).await?;
    rested(clients, batch).await
}

/// Commits every row of a batch; any fault refuses it.
///
/// # Errors
/// What the server answers.
pub async fn commit(clients: &Clients, batch: &str) -> Result<ImportBatch, Status> {
    let request = CommitImportBatchRequest {
        name: batch.to_owned(),
        only_valid_rows: false,
        request_id: String::new(),
        etag: String::new(),
    };
    clients.imports.clone().commit_import_batch(request).await?;
    rested(clients, batch).await
}

/// The batch once it rests.
///
/// # Errors
/// What the server answers.
pub async fn rested(clients: &Clients, batch: &str) -> Result<ImportBatch, Status> {
    let mut imports = clients.imports.clone();
    let request = WatchImportBatchRequest { name: batch.to_owned() };
    let mut stream = imports.watch_import_batch(request).await?.into_inner();
    while stream.message().await?.is_some() {}
    let request = GetImportBatchRequest { name: batch.to_owned() };
    Ok(imports.get_import_batch(request).await?.into_inner())
}

/// Every fault of a batch.
///
/// # Errors
/// What the server answers.
pub async fn faults(clients: &Clients, batch: &str) -> Result<Vec<ImportFault>, Status> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListImportFaultsRequest {
            parent: batch.to_owned(),
            page_size: FAULTS_A_PAGE,
            page_token,
        };
        let page = clients.imports.clone().list_import_faults(request).await?.into_inner();
        found.extend(page.import_faults);
        if page.next_page_token.is_empty() {
            return Ok(found);
        }
        page_token = page.next_page_token;
    }
}

/// Whether a batch waits for a caller or is done, rather than being worked on.
#[must_use]
pub fn rests(batch: &ImportBatch) -> bool {
    let works = matches!(batch.state(), State::Validating | State::Applying | State::Undoing);
    batch.failure.is_some() || !works
}
