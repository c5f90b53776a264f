//! `unionhall import` with a suite that goes away amid it, and behind a command that was ended.

use anyhow::{Result, ensure};
use tokio::process::Command;
use unionhall_proto::common::v1::{
    ImportBatch, ListImportBatchesRequest, ListImportFaultsRequest, import_batch::State,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    faults::proxy::Proxy,
    grpcurl::Output,
    imports::Upload,
    on_every_layout, patience, samples,
    suite::{Layout, Suite},
    tools,
};

const ROWS: u32 = 6_000;

async fn batches(clients: &Clients) -> Result<Vec<ImportBatch>> {
    let asked = ListImportBatchesRequest::default();
    Ok(clients.imports.clone().list_import_batches(asked).await?.into_inner().import_batches)
}

fn command(suite: &Suite, words: &[&str]) -> Result<Command> {
    let mut command = Command::new(tools::unionhall()?);
    command.args(words).current_dir(suite.folder());
    Ok(command)
}

/// Waits until some rows of the one batch are behind this pass, or the pass is over already.
async fn midway(suite: &Suite, state: State) -> Result<()> {
    let clients = suite.connect().await?;
    let there = || async {
        let batches = batches(&clients).await.ok()?;
        let batch = batches.first().filter(|batch| batch.state() as i32 >= state as i32)?;
        let done = match state {
            State::Applying => batch.applied_row_count,
            _ => batch.row_count,
        };
        (done > 0).then_some(())
    };
    patience::until("an import midway", there).await
}

on_every_layout!(an_import_outlives_the_restarts_of_the_suite);

async fn an_import_outlives_the_restarts_of_the_suite(
    engine: Engine,
    layout: Layout,
) -> Result<()> {
    let mut suite = Suite::start(engine, layout).await?;
    let door = Proxy::start(suite.address()).await?;
    std::fs::write(suite.folder().join("many.csv"), samples::csv(1..ROWS + 1))?;
    let server = format!("http://{}", door.address());
    let import = command(&suite, &["import", "employers", "many.csv", "--server", &server])?;
    let import = tokio::spawn(Output::of(import));
    midway(&suite, State::Validating).await?;
    suite.kill().await?;
    suite.start_again().await?;
    door.retarget(suite.address());
    midway(&suite, State::Applying).await?;
    // Asked to stop, it says so to those who watch; before, it said nothing.
    suite.stop().await?;
    suite.start_again().await?;
    door.retarget(suite.address());
    let output = import.await??;
    let said = format!("{}\n{}", output.stdout, output.stderr);
    ensure!(output.status.success(), "{said}\n{}", suite.logs());
    let summary = format!("{ROWS} rows, {ROWS} valid, 0 already in the register, 0 faults");
    ensure!(output.stdout.contains(&summary), "{said}");
    ensure!(output.stdout.contains(&format!("{ROWS} rows are in the register")), "{said}");
    ensure!(output.stderr.matches("the suite is away").count() == 1, "told once: {said}");
    let batches = batches(&suite.connect().await?).await?;
    ensure!(batches.len() == 1, "{batches:?}");
    let batch = &batches[0];
    ensure!(batch.state() == State::Applied, "{batch:?}");
    let counts = (batch.row_count, batch.applied_row_count, batch.unchanged_row_count);
    ensure!(counts == (i64::from(ROWS), i64::from(ROWS), 0), "{batch:?}");
    Ok(())
}

on_every_layout!(an_import_is_resumed_wherever_it_stands);

async fn an_import_is_resumed_wherever_it_stands(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let clients = suite.connect().await?;
    let server = format!("http://{}", suite.address());
    let resume = async |name: &str, more: &[&str]| {
        let words = [&["import", "--resume", name, "--server", &server], more].concat();
        suite.command_line(&words).await
    };
    let dirty = samples::csv(1..11).replacen("110102001004", "999", 1);
    let sent = Upload::employers("dirty.csv", dirty).send(&clients).await?;
    // Uploaded, then validated with a fault, then applied, then nothing left to do.
    let refused = resume(&sent.name, &[]).await?;
    ensure!(refused.status.code() == Some(65), "{} {}", refused.stdout, refused.stderr);
    ensure!(suite.folder().join("dirty.csv.faults.csv").exists(), "{}", refused.stdout);
    for _ in 0..2 {
        let some = resume(&sent.name, &["--only-valid-rows"]).await?;
        ensure!(some.status.code() == Some(65), "{} {}", some.stdout, some.stderr);
        ensure!(some.stdout.contains("rows are in the register"), "{}", some.stdout);
    }
    let batch = &batches(&clients).await?[0];
    ensure!(batch.state() == State::Applied, "{batch:?}");
    ensure!(batch.applied_row_count == batch.valid_row_count && batch.valid_row_count < 10);
    let asked = ListImportFaultsRequest { parent: sent.name.clone(), ..Default::default() };
    let faults = clients.imports.clone().list_import_faults(asked).await?.into_inner();
    ensure!(!faults.import_faults.is_empty());
    let clean = Upload::employers("clean.csv", samples::csv(20..30)).send(&clients).await?;
    let all = resume(&clean.name, &[]).await?;
    ensure!(all.status.success(), "{} {}", all.stdout, all.stderr);
    ensure!(all.stdout.contains("10 rows are in the register"), "{}", all.stdout);
    let nobody = resume("importBatches/00000000-0000-7000-8000-000000000001", &[]).await?;
    ensure!(nobody.stderr.contains("NOT_FOUND"), "{}", nobody.stderr);
    let neither = suite.command_line(&["import", "--server", &server]).await?;
    ensure!(neither.status.code() == Some(2), "{}", neither.stderr);
    Ok(())
}
