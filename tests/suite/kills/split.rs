//! The register is killed while the employers of a union pass to the part that was split off it.
//! Whoever is left behind follows after the restart, once and to no other union; nobody is new once
//! more.

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::BatchGetFiguresRequest,
    registry::v1::{
        Approval, CoverEmployerRequest, CreateEmployerRequest, GetStructureChangeRequest,
        GetUnionRequest, SplitUnionRequest, StructureChange, UnionDecision, UnionPart,
        structure_change::State,
    },
};
use unionhall_tests::{
    client::{Clients, repeated, request_id},
    engine::Engine,
    lanes, on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples, soak,
    suite::{Layout, Plan},
};

const CYCLES: i32 = 4;
/// Several chunks.
const EMPLOYERS: u32 = 800;

on_both_engines!(soak_kill_amid_split);

async fn soak_kill_amid_split(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let clients = suite.connect().await?;
    let mut home = found(&clients).await?;
    let employers = enter(&clients, &home).await?;
    let mut interrupted = 0;
    for cycle in 1..=CYCLES {
        let clients = suite.connect().await?;
        let change = split(&clients, &home, &employers, cycle).await?;
        suite.kill().await?;
        suite.start_again().await?;
        let clients = suite.connect().await?;
        let found = look(&clients, &change.name).await?;
        interrupted += usize::from(found.moved_employer_count < i64::from(EMPLOYERS));
        let done = patience::until("the last employer to pass", || async {
            let change = look(&clients, &change.name).await.ok()?;
            (change.state() == State::Done).then_some(change)
        });
        let done = done.await.with_context(|| suite.logs())?;
        ensure!(done.moved_employer_count == i64::from(EMPLOYERS), "cycle {cycle}: {done:?}");
        let request = GetUnionRequest { name: home.clone(), day: None };
        let parts = clients.unions.clone().get_union(request).await?.into_inner().split_into;
        let [part] = parts.as_slice() else { anyhow::bail!("cycle {cycle}: {parts:?}") };
        let within = || format!("cycle {cycle}\n{}", suite.logs());
        recount(&clients, (&home, part), cycle).await.with_context(within)?;
        home.clone_from(part);
    }
    ensure!(interrupted > 0, "every split was done before the register was killed");
    soak::record(
        &format!("kill -9 while a union is split, {engine:?}"),
        &format!(
            "{CYCLES} kills, {interrupted} amid {EMPLOYERS} employers on their way: nobody left \
             behind, nobody new once more, figures as counted"
        ),
    )
}

async fn found(clients: &Clients) -> Result<String> {
    Ok(clients.unions.clone().create_union(samples::joint_union(0)).await?.into_inner().name)
}

/// Employers that the union covers.
async fn enter(clients: &Clients, home: &str) -> Result<Vec<String>> {
    let (clients, home) = (clients.clone(), home.to_owned());
    lanes::each((1..=EMPLOYERS).collect(), move |number| {
        let (clients, union) = (clients.clone(), home.clone());
        async move {
            let request = CreateEmployerRequest {
                employer: Some(samples::employer(number)),
                request_id: request_id(),
                ..CreateEmployerRequest::default()
            };
            let entered = repeated(request, |request| {
                let mut employers = clients.employers.clone();
                async move { employers.create_employer(request).await }
            });
            let name = entered.await?.name;
            let request = CoverEmployerRequest {
                name: name.clone(),
                union,
                effective_date: Some(samples::day(2021, 1, 1)),
                request_id: request_id(),
                ..CoverEmployerRequest::default()
            };
            let covered = repeated(request, |request| {
                let mut coverage = clients.coverage.clone();
                async move { coverage.cover_employer(request).await }
            });
            covered.await?;
            Ok(name)
        }
    })
    .await
}

/// Everybody goes to the part, from the first day of the month after the cycle's on.
async fn split(
    clients: &Clients,
    home: &str,
    employers: &[String],
    cycle: i32,
) -> Result<StructureChange> {
    let approval = Approval { body: "某某总工会".to_owned(), number: "1号".to_owned() };
    let decision = UnionDecision {
        approval: Some(approval),
        decided_on: Some(samples::day(2021, 12, 1)),
        ..UnionDecision::default()
    };
    let part = UnionPart {
        union: Some(samples::joint(cycle)),
        employers: employers.to_vec(),
        ..UnionPart::default()
    };
    let request = SplitUnionRequest {
        name: home.to_owned(),
        parts: vec![part],
        decision: Some(decision),
        effective_date: Some(samples::day(2022, cycle + 1, 1)),
        ..SplitUnionRequest::default()
    };
    Ok(clients.unions.clone().split_union(request).await?.into_inner())
}

async fn look(clients: &Clients, name: &str) -> Result<StructureChange> {
    let request = GetStructureChangeRequest { name: name.to_owned() };
    Ok(clients.areas.clone().get_structure_change(request).await?.into_inner())
}

/// What both unions cover on the day of the split and on the day before, and who is new in the year.
async fn recount(clients: &Clients, (from, to): (&str, &str), cycle: i32) -> Result<()> {
    let figures = async |metric: &str, nodes: [&str; 2], month, day| -> Result<Vec<i64>> {
        let request = BatchGetFiguresRequest {
            metrics: vec![format!("metrics/{metric}")],
            nodes: nodes.map(str::to_owned).to_vec(),
            day: Some(samples::day(2022, month, day)),
            from_day: None,
        };
        let answer = clients.metrics.clone().batch_get_figures(request).await?.into_inner();
        Ok(answer.figures.into_iter().map(|figure| figure.value).collect())
    };
    let all = i64::from(EMPLOYERS);
    let after = figures("covered_employers", [from, to], cycle + 1, 1).await?;
    ensure!(after == [0, all], "the day of cycle {cycle}: {after:?}");
    let before = figures("covered_employers", [from, "areas/110102"], cycle, 28).await?;
    ensure!(before == [all, all], "the day before cycle {cycle}: {before:?}");
    let nodes = [to, "areas/110102"];
    let new = figures("new_union_organisations", nodes, cycle + 1, 28).await?;
    ensure!(new == [0, 0], "new in cycle {cycle}: {new:?}");
    Ok(())
}
