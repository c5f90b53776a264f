//! Batches and faults as the contract shows them.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use unionhall_proto::common::v1::{ImportBatch, ImportFailure, ImportFault, LocalizedText};

use super::{
    state::State,
    store::{batch::Batch, fault::StoredFault},
};
use crate::fault::Outcome;

impl Batch {
    pub(super) fn contract(&self) -> Outcome<ImportBatch> {
        Ok(ImportBatch {
            name: self.name(),
            kind: self.kind.clone(),
            file_name: self.file_name.clone(),
            file_size_bytes: self.file_size,
            file_sha256: self.file_sha256.clone(),
            state: self.state()?.contract().into(),
            row_count: self.row_count,
            valid_row_count: self.valid_row_count,
            fault_count: self.fault_count,
            unchanged_row_count: self.unchanged_row_count,
            applied_row_count: self.applied_row_count,
            refused_undo_count: self.refused_undo_count,
            client: self.client.clone(),
            create_time: Some(timestamp(self.created_at)),
            update_time: Some(timestamp(self.updated_at)),
            etag: self.version.to_string(),
            failure: self.told_failure()?,
        })
    }

    fn told_failure(&self) -> Outcome<Option<ImportFailure>> {
        if self.failure.is_empty() {
            return Ok(None);
        }
        let (en, zh) = remedies(self.state()?);
        let remedy = Some(LocalizedText { zh: zh.to_owned(), en: en.to_owned() });
        Ok(Some(ImportFailure { reason: self.failure.clone(), remedy }))
    }
}

/// How a batch goes on at which the service failed.
fn remedies(state: State) -> (&'static str, &'static str) {
    match state {
        State::Applying => (
            "the service failed; the rows so far are in the register and none is half there; have \
             the operator look into the log, then CommitImportBatch goes on and UndoImportBatch \
             takes back",
            "服务出错；已入库的行均完整保留。请管理员查看日志，之后可用 CommitImportBatch 继续，\
             或用 UndoImportBatch 撤销",
        ),
        State::Undoing => (
            "the service failed; what is taken back stays so; have the operator look into the \
             log, then UndoImportBatch goes on",
            "服务出错；已撤销的行保持不变。请管理员查看日志，之后用 UndoImportBatch 继续",
        ),
        _ => (
            "the service failed while it checked the rows; nothing is lost and nothing was \
             written; have the operator look into the log, then ValidateImportBatch begins anew",
            "校验时服务出错；未丢失也未写入任何数据。请管理员查看日志，之后用 \
             ValidateImportBatch 重新校验",
        ),
    }
}

impl From<StoredFault> for ImportFault {
    fn from(fault: StoredFault) -> Self {
        Self {
            sheet: fault.sheet,
            line: fault.line,
            column: fault.header,
            value: fault.value,
            code: fault.code,
            remedy: Some(LocalizedText { zh: fault.remedy_zh, en: fault.remedy_en }),
        }
    }
}

fn timestamp(at: DateTime<Utc>) -> Timestamp {
    // Nanoseconds of a second fit.
    Timestamp { seconds: at.timestamp(), nanos: at.timestamp_subsec_nanos().cast_signed() }
}
