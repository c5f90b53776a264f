//! Imports a spreadsheet: upload, validate, report, commit.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use unionhall_kit::sheet::FaultReportWriter;
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, ImportBatch, ListImportFaultsRequest, ValidateImportBatchRequest,
    WatchImportBatchRequest, import_batch::State,
};

use super::{Imports, explained, imports, upload::upload};
use crate::{cli::Import, settings::Settings};

const FAULTS_A_PAGE: i32 = 1_000;
/// Rows have faults, or the file cannot be read (`EX_DATAERR`).
const EXIT_DATA: u8 = 65;

/// Imports a file and tells what happened.
pub(crate) async fn import(ask: &Import, settings: &Settings) -> Result<ExitCode> {
    let mut client = imports(&ask.server, settings).await?;
    let batch = upload(&mut client, ask.kind, ask.file.clone()).await?;
    let request =
        ValidateImportBatchRequest { name: batch.name.clone(), request_id: String::new() };
    println!("{} is here as {}", batch.file_name, batch.name);
    client.validate_import_batch(request).await.map_err(|status| explained(&status))?;
    let batch = follow(&mut client, &batch.name, "checking").await?;
    expect(&batch, &[State::Validated, State::Rejected])?;
    summarise(&batch);
    let report = report(&mut client, ask, &batch).await?;
    if batch.state() == State::Rejected {
        return Ok(refused(report.as_deref(), "the file cannot be read"));
    }
    if ask.dry_run {
        println!("dry run: nothing was written to the register");
        return Ok(verdict(batch.fault_count, report.as_deref()));
    }
    if batch.fault_count > 0 && !ask.only_valid_rows {
        return Ok(refused(
            report.as_deref(),
            "nothing was written; mend the rows, or commit the others with --only-valid-rows",
        ));
    }
    let batch = commit(&mut client, ask, &batch).await?;
    println!(
        "{} rows are in the register; undo with UndoImportBatch {}",
        batch.applied_row_count, batch.name
    );
    Ok(verdict(batch.fault_count, report.as_deref()))
}

async fn commit(client: &mut Imports, ask: &Import, batch: &ImportBatch) -> Result<ImportBatch> {
    let request = CommitImportBatchRequest {
        name: batch.name.clone(),
        only_valid_rows: ask.only_valid_rows,
        request_id: String::new(),
        etag: batch.etag.clone(),
    };
    client.commit_import_batch(request).await.map_err(|status| explained(&status))?;
    let batch = follow(client, &batch.name, "writing").await?;
    expect(&batch, &[State::Applied])?;
    Ok(batch)
}

/// A batch that rests elsewhere met a failure of the service, which tries no further by itself.
fn expect(batch: &ImportBatch, states: &[State]) -> Result<()> {
    if states.contains(&batch.state()) {
        return Ok(());
    }
    bail!(
        "{} rests in {}: the service failed, nothing is lost; call ValidateImportBatch again, or \
         ask the operator for the log",
        batch.name,
        batch.state().as_str_name()
    )
}

fn verdict(faults: i64, report: Option<&Path>) -> ExitCode {
    if faults == 0 { ExitCode::SUCCESS } else { refused(report, "some rows have faults") }
}

fn refused(report: Option<&Path>, why: &str) -> ExitCode {
    println!("{why}");
    if let Some(report) = report {
        println!("every fault with its remedy is in {}", report.display());
    }
    ExitCode::from(EXIT_DATA)
}

/// Shows the progress of a batch until it rests.
async fn follow(client: &mut Imports, name: &str, what: &'static str) -> Result<ImportBatch> {
    let bar = ProgressBar::new_spinner().with_style(style("{pos} rows")?);
    bar.set_message(what);
    let request = WatchImportBatchRequest { name: name.to_owned() };
    let mut stream =
        client.watch_import_batch(request).await.map_err(|status| explained(&status))?.into_inner();
    let mut last = None;
    while let Some(batch) = stream.message().await.map_err(|status| explained(&status))? {
        let rows = if batch.state() == State::Applying {
            batch.applied_row_count
        } else {
            batch.row_count
        };
        bar.set_position(u64::try_from(rows).unwrap_or(0));
        last = Some(batch);
    }
    bar.finish_and_clear();
    last.context("the server ended the watch without a word")
}

pub(super) fn style(numbers: &str) -> Result<ProgressStyle> {
    Ok(ProgressStyle::with_template(&format!("{{msg}} {{bar:30}} {numbers} {{elapsed}}"))?)
}

fn summarise(batch: &ImportBatch) {
    println!(
        "{}: {} rows, {} valid, {} already in the register, {} faults",
        batch.file_name,
        batch.row_count,
        batch.valid_row_count,
        batch.unchanged_row_count,
        batch.fault_count
    );
}

/// Writes every fault as CSV, unless there is none.
async fn report(
    client: &mut Imports,
    ask: &Import,
    batch: &ImportBatch,
) -> Result<Option<PathBuf>> {
    if batch.fault_count == 0 {
        return Ok(None);
    }
    let path = ask.report.clone().unwrap_or_else(|| {
        let mut name = ask.file.clone().into_os_string();
        name.push(".faults.csv");
        PathBuf::from(name)
    });
    let file = File::create(&path).with_context(|| path.display().to_string())?;
    let mut writer = FaultReportWriter::new(BufWriter::new(file))?;
    let mut request = ListImportFaultsRequest {
        parent: batch.name.clone(),
        page_size: FAULTS_A_PAGE,
        page_token: String::new(),
    };
    loop {
        let page = client
            .list_import_faults(request.clone())
            .await
            .map_err(|status| explained(&status))?
            .into_inner();
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
