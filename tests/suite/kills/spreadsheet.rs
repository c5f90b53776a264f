//! A spreadsheet whose import is killed at any step, and goes on.

use std::ops::Range;

use anyhow::{Result, bail};
use tonic::Status;
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, ImportBatch, ValidateImportBatchRequest, import_batch::State,
};
use unionhall_tests::{
    client::Clients,
    imports::{self, Upload},
    samples,
};
use uuid::Uuid;

/// An import, wherever it stands.
#[derive(Debug)]
pub(crate) struct Spreadsheet {
    numbers: Range<u32>,
    upload: Upload,
    batch: String,
    applied: bool,
}

impl Spreadsheet {
    /// A spreadsheet of the employers with these numbers.
    pub(crate) fn new(numbers: Range<u32>) -> Self {
        let mut upload = Upload::employers("employers.csv", samples::csv(numbers.clone()));
        upload.request_id = Uuid::from_u128(rand::random()).to_string();
        Self { numbers, upload, batch: String::new(), applied: false }
    }

    /// The employers in it.
    pub(crate) fn numbers(&self) -> Range<u32> {
        self.numbers.clone()
    }

    /// Goes on until every row is applied or an answer does not come, and gives itself back.
    pub(crate) async fn go_on_until_cut(mut self, clients: Clients) -> Self {
        while !self.applied && self.step(&clients).await.is_ok() {}
        self
    }

    /// Goes on with a register that serves.
    pub(crate) async fn finish(&mut self, clients: &Clients) -> Result<()> {
        while !self.applied {
            if let Err(status) = self.step(clients).await {
                bail!("{} with a register that serves: {status}", self.batch);
            }
        }
        Ok(())
    }

    /// One step from wherever the batch stands. A step whose answer was lost is repeated.
    async fn step(&mut self, clients: &Clients) -> Result<(), Status> {
        if self.batch.is_empty() {
            self.batch = self.upload.send(clients).await?.name;
        }
        let name = self.batch.clone();
        let batch = imports::rested(clients, &name).await?;
        let mut service = clients.imports.clone();
        match batch.state() {
            State::Uploaded => {
                let request = ValidateImportBatchRequest { name, request_id: String::new() };
                service.validate_import_batch(request).await?;
            }
            State::Validated => {
                let request =
                    CommitImportBatchRequest { name, ..CommitImportBatchRequest::default() };
                service.commit_import_batch(request).await?;
            }
            State::Applied => self.applied = complete(&batch, self.numbers.len())?,
            // A step that the kill met half-way goes on by itself; the watch ends with it.
            _ if !imports::rests(&batch) => {}
            _ => return Err(Status::internal(format!("the batch rests: {batch:?}"))),
        }
        Ok(())
    }
}

/// An applied batch has every row, and none twice.
fn complete(batch: &ImportBatch, rows: usize) -> Result<bool, Status> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let exact = batch.row_count == rows && batch.applied_row_count == rows;
    if exact { Ok(true) } else { Err(Status::internal(format!("of {rows} rows: {batch:?}"))) }
}
