//! Where a refusal is told: in the audit of the service that gave it, or in the log of a gateway
//! that stands alone and has no books. Once, whatever the layout.

use anyhow::{Context, Result, ensure};
use sea_orm::ConnectionTrait;
use tonic::Code;
use unionhall_kit::db::{Db, DbConfig, sql};
use unionhall_migrations::registry::SCHEMA;
use unionhall_proto::common::v1::GetFigureRequest;
use unionhall_proto::registry::v1::{CreateEmployerRequest, UpdateEmployerRequest};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_every_layout,
    refusals::refused,
    samples,
    suite::{Layout, Suite},
};

use super::scope::{OUTSIDE, clients_of, start};

const FIGURE: &str = "/unionhall.registry.v1.Metrics/GetFigure";
const UPDATE: &str = "/unionhall.registry.v1.EmployerService/UpdateEmployer";
const CREATE: &str = "/unionhall.registry.v1.EmployerService/CreateEmployer";

/// What the audit tells: client, detail.
async fn audited(suite: &Suite) -> Result<Vec<(String, String)>> {
    let file = format!("sqlite://{}", suite.data().join(format!("{SCHEMA}.db")).display());
    let url = suite.database_url().map_or(file, str::to_owned);
    let db = Db::open(&DbConfig::new(url, SCHEMA)).await?;
    let text = "SELECT record, detail FROM audit_entry WHERE method = 'denials' ORDER BY id";
    let rows = db.reader().query_all_raw(sql(db.reader(), text, [])).await?;
    let pair =
        |row: &sea_orm::QueryResult| Ok((row.try_get("", "record")?, row.try_get("", "detail")?));
    let pairs = rows.iter().map(pair).collect();
    db.close().await;
    pairs
}

/// How often this client's calls of the method were refused for the reason, by the audit.
fn times(entries: &[(String, String)], client: &str, method: &str, reason: &str) -> Result<u64> {
    let mut times = 0;
    let about = |detail: &str| detail.starts_with(method) && detail.ends_with(reason);
    for (_, detail) in entries.iter().filter(|(who, detail)| who == client && about(detail)) {
        let count = detail.split_once("denied ").and_then(|(_, rest)| rest.split_once(' '));
        times += count.context("a count")?.0.parse::<u64>()?;
    }
    Ok(times)
}

/// The same by the log of the front door.
fn logged(suite: &Suite, client: &str, method: &str, reason: &str) -> Result<usize> {
    let log = suite.processes().last().context("a process")?.log()?;
    let words = ["access was denied", client, method, reason];
    Ok(log.lines().filter(|line| words.iter().all(|word| line.contains(word))).count())
}

async fn create(clients: &Clients) -> Result<tonic::Response<impl std::fmt::Debug>, tonic::Status> {
    let employer = Some(samples::employer(OUTSIDE));
    let request = CreateEmployerRequest { employer, ..CreateEmployerRequest::default() };
    clients.employers.clone().create_employer(request).await
}

async fn refusals_are_told_once(engine: Engine, layout: Layout) -> Result<()> {
    let mut suite = start(engine, layout).await?;
    let (clerk, reader) = (clients_of(&suite, "clerk").await?, clients_of(&suite, "reader").await?);
    for _ in 0..2 {
        let request = GetFigureRequest {
            metric: "metrics/employers".to_owned(),
            node: "areas/110102003".to_owned(),
            ..GetFigureRequest::default()
        };
        let answer = clerk.metrics.clone().get_figure(request).await;
        refused(answer, Code::PermissionDenied, "OUT_OF_SCOPE")?;
    }
    refused(create(&clerk).await, Code::PermissionDenied, "OUT_OF_SCOPE")?;
    refused(create(&reader).await, Code::PermissionDenied, "PERMISSION_DENIED")?;
    let stranger = Clients::connect(suite.address(), "nobody").await?;
    let answer = stranger.employers.clone().update_employer(UpdateEmployerRequest::default()).await;
    refused(answer, Code::Unauthenticated, "UNAUTHENTICATED")?;
    ensure!(suite.stop().await?.iter().all(std::process::ExitStatus::success), "{}", suite.logs());

    let entries = audited(&suite).await?;
    let by_handler = times(&entries, "clerk", FIGURE, "OUT_OF_SCOPE")?;
    ensure!(by_handler == 2, "{entries:?}");
    ensure!(times(&entries, "clerk", CREATE, "OUT_OF_SCOPE")? == 1, "{entries:?}");
    let by_door = times(&entries, "reader", CREATE, "PERMISSION_DENIED")?
        + times(&entries, "", UPDATE, "UNAUTHENTICATED")?;
    let told = logged(&suite, "reader", CREATE, "PERMISSION_DENIED")?
        + logged(&suite, "", UPDATE, "UNAUTHENTICATED")?;
    let alone = layout == Layout::Split;
    ensure!((by_door, told) == if alone { (0, 2) } else { (2, 0) }, "{entries:?} {}", suite.logs());
    ensure!(logged(&suite, "", "", "OUT_OF_SCOPE")? == 0, "{}", suite.logs());
    Ok(())
}

on_every_layout!(refusals_are_told_once);
