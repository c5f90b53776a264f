//! The head of the audit's chain leaves the machine with the log, and tells a cut chain.

use std::fs;

use anyhow::{Context, Result, ensure};
use unionhall_kit::ledger::audit::head::Head;
use unionhall_proto::registry::v1::CreateEmployerRequest;
use unionhall_tests::{
    engine::Engine,
    on_both_engines, patience, samples,
    suite::{Layout, Suite},
};

on_both_engines!(a_logged_head_is_looked_for);

async fn a_logged_head_is_looked_for(engine: Engine) -> Result<()> {
    let mut suite = Suite::start(engine, Layout::All).await?;
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(1)),
        ..CreateEmployerRequest::default()
    };
    suite.connect().await?.employers.create_employer(request).await?;
    let process = suite.processes().first().context("a process")?;
    let line = patience::until("a head in the log", || async {
        let log = process.log().ok()?;
        log.lines().find(|line| line.contains("the audit's head")).map(str::to_owned)
    })
    .await?;
    ensure!(line.contains("registry"), "{line}");
    let file = suite.folder().join("collected.log");
    fs::write(&file, format!("something else\n{line}\n"))?;
    suite.stop().await?;

    let heads_file = file.display().to_string();
    verify(&suite, &["--heads-file", &heads_file], Ok("1 of 1 heads are in the chain")).await?;
    let head = Head::all_in(&line).pop().context("a head in the line")?;
    ensure!(head.mac.is_some(), "{line}");
    verify(&suite, &["--head", &head.to_string()], Ok("the chain holds")).await?;
    let ahead = Head { sequence: head.sequence + 1_000, mac: None, ..head.clone() };
    verify(&suite, &["--head", &ahead.to_string()], Err("THE CHAIN WAS CUT")).await?;
    let other = Head { hash: vec![7; 32], mac: None, ..head.clone() };
    verify(&suite, &["--head", &other.to_string()], Err("THE CHAIN WAS REWRITTEN")).await?;
    let forged = Head { sequence: head.sequence + 1_000, ..head };
    verify(&suite, &["--head", &forged.to_string()], Err("A STRANGE HEAD")).await?;
    fs::write(&file, "nothing of the kind\n")?;
    verify(&suite, &["--heads-file", &heads_file], Err("names no head")).await
}

/// Runs `audit verify`; what it says must be there, and its exit code fit.
async fn verify(suite: &Suite, more: &[&str], expected: Result<&str, &str>) -> Result<()> {
    let data = suite.data().display().to_string();
    let mut words = vec!["audit", "verify", "--data", &data];
    words.extend(suite.database_url().iter().flat_map(|url| ["--database-url", url]));
    words.extend(more);
    let output = suite.command_line(&words).await?;
    let told = format!("{}{}", output.stdout, output.stderr);
    let (Ok(text) | Err(text)) = expected;
    ensure!(told.contains(text) && output.status.success() == expected.is_ok(), "{more:?}: {told}");
    Ok(())
}
