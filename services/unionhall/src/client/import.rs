//! Imports a spreadsheet: upload, validate, report, commit. Each step begins where the batch
//! stands, so that an import goes on after whatever ended this command.

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use tonic::Status;
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, ImportBatch, ValidateImportBatchRequest,
    WatchImportBatchRequest, import_batch::State,
};

use super::{
    Imports,
    report::report,
    session::{Patience, Session},
    upload::upload,
};
use crate::{cli::Import, settings::Settings};

/// Rows have faults, or the file cannot be read (`EX_DATAERR`).
const EXIT_DATA: u8 = 65;

/// Imports a file and tells what happened.
pub(crate) async fn import(ask: &Import, settings: &Settings) -> Result<ExitCode> {
    let mut session = Session::open(&ask.server, settings).await?;
    let batch = begin(&mut session, ask).await?;
    let name = batch.name.clone();
    go_on(&mut session, ask, batch)
        .await
        .with_context(|| format!("the file is safe; go on with: unionhall import --resume {name}"))
}

async fn begin(session: &mut Session<'_>, ask: &Import) -> Result<ImportBatch> {
    if let Some(name) = &ask.resume {
        let request = GetImportBatchRequest { name: name.clone() };
        let get = async |mut client: Imports| client.get_import_batch(request.clone()).await;
        return session.ask(get).await;
    }
    let (Some(kind), Some(file)) = (ask.kind, &ask.file) else {
        bail!("name a kind and a file, or --resume a batch")
    };
    let batch = upload(session.client(), kind, file.clone()).await?;
    println!("{} is here as {}", batch.file_name, batch.name);
    Ok(batch)
}

async fn go_on(session: &mut Session<'_>, ask: &Import, batch: ImportBatch) -> Result<ExitCode> {
    let batch = checked(session, batch).await?;
    match batch.state() {
        State::Validated | State::Rejected => decide(session, ask, &batch).await,
        State::Applying | State::Applied => finish(session, ask, &batch).await,
        state => bail!("{} is {}", batch.name, state.as_str_name()),
    }
}

/// The batch once its rows are checked.
async fn checked(session: &mut Session<'_>, batch: ImportBatch) -> Result<ImportBatch> {
    if batch.state() == State::Uploaded {
        let request = ValidateImportBatchRequest {
            name: batch.name.clone(),
            request_id: session.request_id(),
        };
        let validate =
            async |mut client: Imports| client.validate_import_batch(request.clone()).await;
        session.ask(validate).await?;
    } else if batch.state() != State::Validating {
        return Ok(batch);
    }
    let batch = follow(session, &batch.name, "checking").await?;
    unfailed(&batch)?;
    Ok(batch)
}

async fn decide(session: &mut Session<'_>, ask: &Import, batch: &ImportBatch) -> Result<ExitCode> {
    summarise(batch);
    let report = report(session, ask, batch).await?;
    if batch.state() == State::Rejected {
        return Ok(refused(report.as_deref(), "the file cannot be read, or not to its end"));
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
    finish(session, ask, batch).await
}

/// Brings the valid rows into the register, if they are not there yet.
async fn finish(session: &mut Session<'_>, ask: &Import, batch: &ImportBatch) -> Result<ExitCode> {
    let stopped = batch.failure.is_some() || batch.state() == State::Validated;
    if stopped {
        let request = CommitImportBatchRequest {
            name: batch.name.clone(),
            only_valid_rows: ask.only_valid_rows,
            request_id: session.request_id(),
            etag: batch.etag.clone(),
        };
        let commit = async |mut client: Imports| client.commit_import_batch(request.clone()).await;
        session.ask(commit).await?;
    }
    let batch = follow(session, &batch.name, "writing").await?;
    unfailed(&batch)?;
    if batch.state() != State::Applied {
        bail!("{} was taken elsewhere: it is {}", batch.name, batch.state().as_str_name());
    }
    println!(
        "{} rows are in the register; undo with UndoImportBatch {}",
        batch.applied_row_count, batch.name
    );
    // The register may have refused rows that were sound when they were checked.
    let report = report(session, ask, &batch).await?;
    Ok(verdict(batch.fault_count, report.as_deref()))
}

/// A batch at which the service failed says how it goes on.
fn unfailed(batch: &ImportBatch) -> Result<()> {
    let Some(failure) = &batch.failure else { return Ok(()) };
    let remedy = failure.remedy.as_ref().map_or("", |remedy| &remedy.en);
    bail!("{} stopped: {remedy} ({}, see docs/errors/{1}.md)", batch.name, failure.reason)
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

/// Shows the progress of a batch until it rests. A watch that ends before is opened again: the
/// suite started anew, or the time of the stream was over.
async fn follow(session: &mut Session<'_>, name: &str, what: &'static str) -> Result<ImportBatch> {
    let bar = ProgressBar::new_spinner().with_style(style("{pos} rows")?);
    bar.set_message(what);
    let request = WatchImportBatchRequest { name: name.to_owned() };
    let (mut patience, mut seen) = (Patience::default(), String::new());
    loop {
        let watch = async |mut client: Imports| client.watch_import_batch(request.clone()).await;
        let mut stream = session.ask(watch).await?;
        let cut = loop {
            match stream.message().await {
                Ok(Some(batch)) if rests(&batch) => {
                    bar.finish_and_clear();
                    return Ok(batch);
                }
                Ok(Some(batch)) => {
                    bar.set_position(u64::try_from(rows(&batch)).unwrap_or(0));
                    if std::mem::replace(&mut seen, batch.etag.clone()) != batch.etag {
                        patience = Patience::default();
                    }
                }
                Ok(None) => break Status::unavailable("the watch ended too early"),
                Err(status) => break status,
            }
        };
        session.outlast(&cut, &mut patience).await?;
    }
}

fn rests(batch: &ImportBatch) -> bool {
    let works = matches!(batch.state(), State::Validating | State::Applying | State::Undoing);
    batch.failure.is_some() || !works
}

fn rows(batch: &ImportBatch) -> i64 {
    match batch.state() {
        State::Applying => batch.applied_row_count,
        _ => batch.row_count,
    }
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
