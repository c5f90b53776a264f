//! Batches and faults as the contract shows them.

use chrono::{DateTime, Utc};
use prost_types::Timestamp;
use unionhall_proto::common::v1::{ImportBatch, ImportFault, LocalizedText};

use super::store::{batch::Batch, fault::StoredFault};
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
        })
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
