//! The documented commands, run word for word with the real grpcurl.

use std::{collections::BTreeSet, time::Instant};

use anyhow::{Result, ensure};
use tokio_stream::iter;
use unionhall_proto::common::v1::{
    UploadImportRequest,
    upload_import_request::{Piece, UploadHeader},
};
use unionhall_tests::{
    engine::Engine,
    on_every_layout, patience,
    runbook::{Desk, Step, steps},
    suite::{Layout, Suite},
};

const RUNBOOK: &str = include_str!("../../docs/runbook.md");
const README: &str = include_str!("../../README.md");
/// As the documents write the address.
const DOCUMENTED: &str = "127.0.0.1:50051";

/// What the runbook's variables stand for: the first printed name of each collection that stands for
/// no other one.
const LEARNT: &[(&str, &str)] = &[
    ("EMPLOYER", "employers"),
    ("UNION", "unions"),
    ("ABOVE", "unions"),
    ("FORMED", "unions"),
    ("CHANGE", "structureChanges"),
    ("OFFICER", "officers"),
    ("CASE", "formationCases"),
    ("BASE_REGISTER", "baseRegisters"),
    ("ELECTION", "elections"),
    ("MEMBER", "members"),
    ("DUPLICATE", "members"),
    ("REQUEST", "subjectRequests"),
    ("CONGRESS", "elections"),
];

on_every_layout!(the_runbook_works_as_it_stands);

async fn the_runbook_works_as_it_stands(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let mut desk = Desk::beside(&suite, DOCUMENTED);
    desk.variables.push(("BATCH".into(), upload(&suite).await?));
    desk.variables.push(("UNIONHALL_SERVER".into(), format!("http://{}", suite.address())));
    // As an operator's environment has it.
    let url = suite.database_url().map(str::to_owned);
    desk.variables.extend(url.map(|url| ("UNIONHALL__DATABASE__URL".to_owned(), url)));
    let drill = engine.database().await?;
    let drilled = drill.url().unwrap_or("sqlite://drill/registry.db").to_owned();
    desk.variables.push(("DRILL".into(), drilled));
    for step in typed() {
        let output = step.run(&desk).await?;
        ensure!(
            output.status.success(),
            "runbook line {}: {}\n{}{}\n{}",
            step.line,
            step.text,
            output.stdout,
            output.stderr,
            suite.logs()
        );
        if step.text.ends_with("CreateFormationCase") {
            // Of cases, the one that was opened last is meant.
            desk.variables.retain(|(variable, _)| variable != "CASE");
        }
        for (variable, collection) in LEARNT.iter().copied() {
            learn(&mut desk, variable, collection, &output.stdout);
        }
    }
    Ok(())
}

/// What the runbook has its reader type, in order.
fn typed() -> Vec<Step> {
    let programs = ["grpcurl", "unionhall", "printf"];
    let mut typed: Vec<Step> =
        programs.iter().flat_map(|program| steps(RUNBOOK, program)).collect();
    typed.sort_by_key(|step| step.line);
    typed
}

/// Keeps the first name of a collection that is printed, as a reader would.
fn learn(desk: &mut Desk, variable: &str, collection: &str, printed: &str) {
    let known = desk.variables.iter().any(|(name, _)| name == variable);
    let names = printed.split("\"name\": \"").skip(1).filter_map(|rest| rest.split('"').next());
    let stands_in = |name: &&str| name.split('/').rev().nth(1) == Some(collection);
    let new = |name: &&str| desk.variables.iter().all(|(_, other)| other != name);
    let name = names.into_iter().filter(stands_in).find(new);
    if let Some(name) = name.filter(|_| !known) {
        desk.variables.push((variable.into(), name.into()));
    }
}

async fn upload(suite: &Suite) -> Result<String> {
    let file = suite.folder().join("uploaded.csv");
    let made = suite
        .command_line(&["demo", "--employers", "20", "--seed", "7", "--out", "uploaded.csv"])
        .await?;
    ensure!(made.status.success(), "{}", made.stderr);
    let header = UploadHeader {
        kind: "employers".into(),
        file_name: "uploaded.csv".into(),
        ..UploadHeader::default()
    };
    let pieces = [Piece::Header(header), Piece::Chunk(std::fs::read(file)?.into())];
    let messages = pieces.map(|piece| UploadImportRequest { piece: Some(piece) });
    let batch = suite.connect().await?.imports.upload_import(iter(messages)).await?;
    Ok(batch.into_inner().name)
}

#[test]
fn the_runbook_shows_every_method() {
    let called: BTreeSet<String> = steps(RUNBOOK, "grpcurl")
        .iter()
        .filter_map(|step| step.text.split_whitespace().last().map(str::to_owned))
        .collect();
    let methods = unionhall_proto::descriptors()
        .services()
        .filter(|service| service.full_name().starts_with("unionhall."))
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        // grpcurl cannot stream a file: `unionhall import` is the documented way.
        .filter(|method| method.name() != "UploadImport")
        .map(|method| format!("{}/{}", method.parent_service().full_name(), method.name()));
    let missing: Vec<String> = methods.filter(|method| !called.contains(method)).collect();
    assert!(missing.is_empty(), "not in the runbook: {missing:?}");
}

on_every_layout!(the_tour_prints_what_the_readme_says);

async fn the_tour_prints_what_the_readme_says(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let mut desk = Desk::beside(&suite, DOCUMENTED);
    desk.variables.push(("UNIONHALL_SERVER".into(), format!("http://{}", suite.address())));
    let mut tour: Vec<Step> = steps(README, "grpcurl");
    tour.extend(steps(README, "unionhall"));
    tour.sort_by_key(|step| step.line);
    ensure!(!tour.is_empty(), "the README has no tour");
    // Of the demo, to be imported.
    suite.spare("members.csv");
    for step in &tour {
        let ends = Instant::now() + patience::LIMIT;
        // Figures follow some changes within a moment; until then a reader asks again.
        while let Err(error) = step.check(&mut desk).await {
            let follows = step.text.contains("/GetEstablishmentRate") && Instant::now() < ends;
            ensure!(follows, "{error:?}\n{}", suite.logs());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_commands_work_verbatim() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::All).await?;
    let printed = suite.processes()[0].printed();
    let commands: Vec<&String> =
        printed.iter().filter(|line| line.starts_with("grpcurl ")).collect();
    ensure!(commands.len() == 3, "{printed:?}");
    let mut desk = Desk { folder: suite.folder().to_path_buf(), variables: vec![], words: vec![] };
    for text in commands {
        let step = Step { line: 0, text: text.clone(), expected: String::new() };
        step.check(&mut desk).await?;
    }
    Ok(())
}
