//! Callers of another sub-district: what lies outside their scope does not exist for them.

use anyhow::{Result, ensure};
use prost_types::FieldMask;
use tonic::{Code, Status};
use unionhall_proto::common::v1::{
    BatchGetFiguresRequest, ExplainRequest, GetFigureRequest, GetSeriesRequest, ListChangesRequest,
};
use unionhall_proto::registry::v1::{
    BatchGetEmployersRequest, CloseEmployerRequest, CreateEmployerRequest, DeleteEmployerRequest,
    Employer, GetEmployerRequest, ListDuplicateCandidatesRequest, ListEmployerFactsRequest,
    ListEmployersRequest, LookupEmployerRequest, RecordWorkforceRequest, ResumeEmployerRequest,
    SuspendEmployerRequest, UpdateEmployerRequest, Workforce,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_every_layout,
    policy::{Policy, UNBOUNDED},
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Plan, Suite},
};
use uuid::Uuid;

/// The clerk's sub-district, and an employer's number in it and outside it.
pub(super) const HOME: &str = "110102001";
pub(super) const INSIDE: u32 = 9;
pub(super) const OUTSIDE: u32 = 2;

pub(super) async fn start(engine: Engine, layout: Layout) -> Result<Suite> {
    let policy = Policy::administrator(UNBOUNDED);
    let policy = policy.client("clerk", &["registry.*"], &[HOME], UNBOUNDED);
    let policy = policy.client("reader", &["registry.employers.read"], &["11"], UNBOUNDED);
    Plan::new(engine, layout).policy(policy.text()).start().await
}

pub(super) async fn clients_of(suite: &Suite, client: &str) -> Result<Clients> {
    Clients::connect(suite.address(), &suite.token_of(client).await?).await
}

async fn create(clients: &Clients, number: u32) -> Result<Employer, Status> {
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(number)),
        ..CreateEmployerRequest::default()
    };
    Ok(clients.employers.clone().create_employer(request).await?.into_inner())
}

/// Every method that names an employer, called for `name`.
async fn calls(clients: &Clients, name: &str) -> Vec<(&'static str, Result<String, Status>)> {
    let mut service = clients.employers.clone();
    let name = name.to_owned();
    let shown = |answer: Result<tonic::Response<Employer>, Status>| {
        answer.map(|employer| format!("{employer:?}"))
    };
    let workforce = Workforce { counted_on: Some(samples::day(2021, 1, 1)), ..Default::default() };
    let update = UpdateEmployerRequest {
        employer: Some(Employer {
            name: name.clone(),
            phone: "010-1".into(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["phone".into()] }),
        ..UpdateEmployerRequest::default()
    };
    let get = GetEmployerRequest { name: name.clone(), day: None };
    let past = GetEmployerRequest { name: name.clone(), day: Some(samples::day(1999, 1, 1)) };
    let batch = BatchGetEmployersRequest { names: vec![name.clone()], day: None };
    let facts = ListEmployerFactsRequest { parent: name.clone(), ..Default::default() };
    let alike = ListDuplicateCandidatesRequest { parent: name.clone(), ..Default::default() };
    let count = RecordWorkforceRequest {
        name: name.clone(),
        workforce: Some(workforce),
        ..RecordWorkforceRequest::default()
    };
    let suspend = SuspendEmployerRequest { name: name.clone(), ..Default::default() };
    let resume = ResumeEmployerRequest { name: name.clone(), ..Default::default() };
    let close = CloseEmployerRequest {
        name: name.clone(),
        // A stale etag must not tell that there is something to be stale.
        etag: "77".into(),
        ..CloseEmployerRequest::default()
    };
    let delete = DeleteEmployerRequest { name, ..Default::default() };
    vec![
        ("get", shown(service.get_employer(get).await)),
        ("get of a day", shown(service.get_employer(past).await)),
        ("batch get", service.batch_get_employers(batch).await.map(|a| format!("{a:?}"))),
        ("facts", service.list_employer_facts(facts).await.map(|a| format!("{a:?}"))),
        ("alike", service.list_duplicate_candidates(alike).await.map(|a| format!("{a:?}"))),
        ("update", shown(service.update_employer(update).await)),
        ("count", shown(service.record_workforce(count).await)),
        ("suspend", shown(service.suspend_employer(suspend).await)),
        ("resume", shown(service.resume_employer(resume).await)),
        ("close", shown(service.close_employer(close).await)),
        ("delete", service.delete_employer(delete).await.map(|a| format!("{a:?}"))),
    ]
}

on_every_layout!(outside_the_scope_is_as_absent);

async fn outside_the_scope_is_as_absent(engine: Engine, layout: Layout) -> Result<()> {
    let suite = start(engine, layout).await?;
    let (administrator, clerk) = (suite.connect().await?, clients_of(&suite, "clerk").await?);
    let hidden = create(&administrator, OUTSIDE).await?;
    let absent = format!("employers/{}", Uuid::from_u128(rand::random()));
    let for_hidden = calls(&clerk, &hidden.name).await;
    let for_absent = calls(&clerk, &absent).await;
    for ((what, one), (_, other)) in for_hidden.into_iter().zip(for_absent) {
        let one = refused(one, Code::NotFound, "NOT_FOUND")?;
        let other = refused(other, Code::NotFound, "NOT_FOUND")?;
        // The same to the letter, but for the name that was asked for.
        let same = |status: &Status, name: &str| {
            let details = String::from_utf8_lossy(status.details()).replace(name, "NAME");
            (status.code(), status.message().replace(name, "NAME"), details)
        };
        let (one, other) = (same(&one, &hidden.name), same(&other, &absent));
        ensure!(one == other, "{what}: {one:?} of what is hidden, {other:?} of what is not");
    }
    let read = GetEmployerRequest { name: hidden.name.clone(), day: None };
    let read = administrator.employers.clone().get_employer(read).await?.into_inner();
    ensure!(read == hidden, "a refused write left a trace: {read:?}");

    for code in [samples::credit_code(OUTSIDE), samples::credit_code(77)] {
        let request = LookupEmployerRequest { code, day: None };
        let answer = clerk.employers.clone().lookup_employer(request).await;
        refused(answer, Code::NotFound, "NOT_FOUND")?;
    }
    unharmed(&suite)
}

on_every_layout!(lists_and_feeds_are_cut_to_the_scope);

async fn lists_and_feeds_are_cut_to_the_scope(engine: Engine, layout: Layout) -> Result<()> {
    let suite = start(engine, layout).await?;
    let (administrator, clerk) = (suite.connect().await?, clients_of(&suite, "clerk").await?);
    let inside = create(&administrator, INSIDE).await?;
    let hidden = create(&administrator, OUTSIDE).await?;
    let last = create(&administrator, INSIDE + 9).await?;

    for filter in ["", "state = ACTIVE", "area = 110102001"] {
        let request = ListEmployersRequest { filter: filter.to_owned(), ..Default::default() };
        let page = clerk.employers.clone().list_employers(request).await?.into_inner();
        let names: Vec<&str> = page.employers.iter().map(|one| one.name.as_str()).collect();
        ensure!(names.len() == 2 && !names.contains(&hidden.name.as_str()), "{names:?}");
    }
    let filter = "area = 110102003".to_owned();
    let request = ListEmployersRequest { filter, ..ListEmployersRequest::default() };
    let answer = clerk.employers.clone().list_employers(request).await;
    let none = answer.as_ref().is_ok_and(|page| page.get_ref().employers.is_empty());
    ensure!(none || refused(answer, Code::PermissionDenied, "OUT_OF_SCOPE").is_ok());

    let mut request = ListChangesRequest {
        wait: Some(prost_types::Duration { seconds: 1, nanos: 0 }),
        ..ListChangesRequest::default()
    };
    let mut records = Vec::new();
    while !records.contains(&last.name) {
        let page = clerk.changes.clone().list_changes(request.clone()).await?.into_inner();
        records.extend(page.changes.into_iter().map(|change| change.record));
        request.cursor = page.next_cursor;
    }
    ensure!(records.contains(&inside.name) && !records.contains(&hidden.name), "{records:?}");
    unharmed(&suite)
}

on_every_layout!(a_node_outside_the_scope_is_refused);

async fn a_node_outside_the_scope_is_refused(engine: Engine, layout: Layout) -> Result<()> {
    let suite = start(engine, layout).await?;
    let clerk = clients_of(&suite, "clerk").await?;
    let metric = "metrics/employers".to_owned();
    let mut service = clerk.metrics.clone();
    // Above, beside and below another: a figure is never silently cut.
    for node in ["areas/11", "areas/110102", "areas/110102003", "areas/110102003015"] {
        let node = node.to_owned();
        let figure = GetFigureRequest {
            metric: metric.clone(),
            node: node.clone(),
            ..GetFigureRequest::default()
        };
        let board = BatchGetFiguresRequest {
            metrics: vec![metric.clone()],
            nodes: vec![format!("areas/{HOME}"), node.clone()],
            ..BatchGetFiguresRequest::default()
        };
        let series = GetSeriesRequest {
            metric: metric.clone(),
            node: node.clone(),
            from_day: Some(samples::day(2014, 1, 1)),
            day: None,
        };
        let explain = ExplainRequest { metric: metric.clone(), node, ..Default::default() };
        refused(service.get_figure(figure).await, Code::PermissionDenied, "OUT_OF_SCOPE")?;
        refused(service.batch_get_figures(board).await, Code::PermissionDenied, "OUT_OF_SCOPE")?;
        refused(service.get_series(series).await, Code::PermissionDenied, "OUT_OF_SCOPE")?;
        refused(service.explain(explain).await, Code::PermissionDenied, "OUT_OF_SCOPE")?;
    }
    refused(create(&clerk, OUTSIDE).await, Code::PermissionDenied, "OUT_OF_SCOPE")?;
    let own = create(&clerk, INSIDE).await?;

    // An employer cannot be pushed over the border either.
    let update = UpdateEmployerRequest {
        employer: Some(Employer {
            name: own.name.clone(),
            actual_address: samples::employer(OUTSIDE).actual_address,
            ..Employer::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["actual_address".into()] }),
        ..UpdateEmployerRequest::default()
    };
    let answer = clerk.employers.clone().update_employer(update).await;
    refused(answer, Code::PermissionDenied, "OUT_OF_SCOPE")?;
    unharmed(&suite)
}

on_every_layout!(a_permission_that_is_missing_is_named);

async fn a_permission_that_is_missing_is_named(engine: Engine, layout: Layout) -> Result<()> {
    let suite = start(engine, layout).await?;
    let reader = clients_of(&suite, "reader").await?;
    let answer = create(&reader, INSIDE).await;
    let status = refused(answer, Code::PermissionDenied, "PERMISSION_DENIED")?;
    ensure!(status.message().contains("registry.employers.write"), "{status:?}");
    let request = ListEmployersRequest::default();
    let page = reader.employers.clone().list_employers(request).await?.into_inner();
    ensure!(page.employers.is_empty(), "{page:?}");
    unharmed(&suite)
}
