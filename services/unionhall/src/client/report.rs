//! The faults of a batch as a file.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use unionhall_kit::sheet::FaultReportWriter;
use unionhall_proto::common::v1::{ImportBatch, ListImportFaultsRequest};

use super::{Imports, session::Session};
use crate::cli::Import;

const FAULTS_A_PAGE: i32 = 1_000;

/// Writes every fault as CSV, unless there is none.
pub(super) async fn report(
    session: &mut Session<'_>,
    ask: &Import,
    batch: &ImportBatch,
) -> Result<Option<PathBuf>> {
    if batch.fault_count == 0 {
        return Ok(None);
    }
    let path = ask.report.clone().unwrap_or_else(|| beside(ask, batch));
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    let mut writer = FaultReportWriter::new(BufWriter::new(file))?;
    let mut request = ListImportFaultsRequest {
        parent: batch.name.clone(),
        page_size: FAULTS_A_PAGE,
        page_token: String::new(),
    };
    loop {
        let page = session
            .ask(async |mut client: Imports| client.list_import_faults(request.clone()).await)
            .await?;
        for fault in page.import_faults {
            let remedy = fault.remedy.unwrap_or_default();
            let line = u32::try_from(fault.line).unwrap_or(0);
            let remedies = [remedy.zh.as_str(), &remedy.en];
            let (sheet, column, value) = (&fault.sheet, &fault.column, &fault.value);
            writer.write_parts(sheet, line, column, value, &fault.code, remedies)?;
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    writer.finish()?;
    Ok(Some(path))
}

/// Beside the file; of a batch that is resumed only the file's own name is known.
fn beside(ask: &Import, batch: &ImportBatch) -> PathBuf {
    let own = Path::new(&batch.file_name).file_name().unwrap_or_default();
    let file = ask.file.as_deref().unwrap_or(Path::new(own));
    let mut name = file.as_os_str().to_owned();
    name.push(".faults.csv");
    PathBuf::from(name)
}
