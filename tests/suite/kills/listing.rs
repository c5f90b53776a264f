//! The register is killed while the enterprises of a base register come to count, or no longer do.
//! Whoever is left behind follows after the restart: both sides of the establishment rate are as the
//! list has them.

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::{BatchGetFiguresRequest, import_batch::State},
    registry::v1::{
        ActivateBaseRegisterRequest, BaseRegister, CoverEmployerRequest, CreateBaseRegisterRequest,
        CreateEmployerRequest, CreateUnionRequest, DeactivateBaseRegisterRequest,
        GetBaseRegisterRequest, Union,
    },
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    imports::{Upload, commit},
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples, soak,
    suite::{Layout, Plan},
};

const CYCLES: usize = 6;
/// Several chunks.
const LISTED: u32 = 3_000;
/// Of them, those that a union covers; spread, so that each chunk has some.
const COVERED: u32 = 30;
const EDITION: &str = "2021-12";
const DISTRICT: &str = "areas/110102";

on_both_engines!(soak_kill_amid_listing);

async fn soak_kill_amid_listing(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let clients = suite.connect().await?;
    cover(&clients).await?;
    let name = list(&clients).await?;
    let mut interrupted = 0;
    for cycle in 1..=CYCLES {
        let counts = cycle % 2 == 1;
        turn(&suite.connect().await?, &name, counts).await?;
        suite.kill().await?;
        suite.start_again().await?;
        let clients = suite.connect().await?;
        interrupted += usize::from(!settled(&clients, &name).await?);
        let follows = patience::until("the last enterprise to follow", || async {
            settled(&clients, &name).await.ok()?.then_some(())
        });
        follows.await.with_context(|| suite.logs())?;
        let within = || format!("cycle {cycle}\n{}", suite.logs());
        recount(&clients, counts).await.with_context(within)?;
    }
    ensure!(interrupted > 0, "every list had settled before the register was killed");
    soak::record(
        &format!("kill -9 while a base register comes to count, {engine:?}"),
        &format!(
            "{CYCLES} kills, {interrupted} amid {LISTED} enterprises on their way: both sides of the \
             rate as listed"
        ),
    )
}

/// Employers under a union.
async fn cover(clients: &Clients) -> Result<()> {
    let union = Union {
        display_name: "北京某某联合工会".to_owned(),
        union_type: "JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(samples::address(samples::COMMUNITIES[0], 1)),
        ..Union::default()
    };
    let request = CreateUnionRequest {
        union: Some(union),
        effective_date: Some(samples::day(2010, 1, 1)),
        ..CreateUnionRequest::default()
    };
    let union = clients.unions.clone().create_union(request).await?.into_inner().name;
    for number in (0..LISTED).step_by((LISTED / COVERED) as usize) {
        let employer = Some(samples::employer(number));
        let request = CreateEmployerRequest { employer, ..CreateEmployerRequest::default() };
        let name = clients.employers.clone().create_employer(request).await?.into_inner().name;
        let request = CoverEmployerRequest {
            name,
            union: union.clone(),
            effective_date: Some(samples::day(2021, 1, 1)),
            ..CoverEmployerRequest::default()
        };
        clients.coverage.clone().cover_employer(request).await?;
    }
    Ok(())
}

/// An edition that does not count yet.
async fn list(clients: &Clients) -> Result<String> {
    let edition = BaseRegister {
        edition: EDITION.to_owned(),
        source: "某某局".to_owned(),
        as_of: Some(samples::day(2021, 12, 31)),
        area: DISTRICT.to_owned(),
        ..BaseRegister::default()
    };
    let request = CreateBaseRegisterRequest { base_register: Some(edition), ..Default::default() };
    let mut service = clients.base_registers.clone();
    let name = service.create_base_register(request).await?.into_inner().name;
    let mut lines = vec!["底册版本,单位名称,统一社会信用代码,单位性质,所属地区".to_owned()];
    for number in 0..LISTED {
        let (code, community) = (samples::credit_code(number), samples::community(number));
        lines.push(format!("{EDITION},北京试样{number}号贸易有限公司,{code},50,{community}"));
    }
    let upload = Upload {
        kind: "base_register".to_owned(),
        file_name: "base-register.csv".to_owned(),
        content: (lines.join("\n") + "\n").into_bytes(),
        request_id: String::new(),
    };
    let checked = upload.check(clients).await?;
    let done = commit(clients, &checked.name).await?;
    ensure!(done.state() == State::Applied, "{done:?}");
    Ok(name)
}

async fn turn(clients: &Clients, name: &str, counts: bool) -> Result<()> {
    let (mut service, name) = (clients.base_registers.clone(), name.to_owned());
    if counts {
        let request = ActivateBaseRegisterRequest {
            name,
            effective_date: Some(samples::day(2022, 1, 1)),
            ..ActivateBaseRegisterRequest::default()
        };
        service.activate_base_register(request).await?;
    } else {
        let request = DeactivateBaseRegisterRequest { name, ..Default::default() };
        service.deactivate_base_register(request).await?;
    }
    Ok(())
}

async fn settled(clients: &Clients, name: &str) -> Result<bool> {
    let request = GetBaseRegisterRequest { name: name.to_owned() };
    Ok(clients.base_registers.clone().get_base_register(request).await?.into_inner().settled)
}

/// Who is listed, and who of them is covered, from the first day on which the list counts.
async fn recount(clients: &Clients, counts: bool) -> Result<()> {
    for (year, counts) in [(2021, false), (2022, counts)] {
        let metrics = ["listed_enterprises", "listed_covered_enterprises"];
        let request = BatchGetFiguresRequest {
            metrics: metrics.map(|metric| format!("metrics/{metric}")).to_vec(),
            nodes: vec![DISTRICT.to_owned()],
            day: Some(samples::day(year, 12, 31)),
            from_day: None,
        };
        let answer = clients.metrics.clone().batch_get_figures(request).await?.into_inner();
        let kept: Vec<i64> = answer.figures.into_iter().map(|figure| figure.value).collect();
        let all = [LISTED, COVERED].map(|count| i64::from(counts) * i64::from(count));
        ensure!(kept == all, "{year}: {kept:?}, not {all:?}");
    }
    Ok(())
}
