//! Writes on what has changed since, and request ids that come again.

use anyhow::{Result, ensure};
use prost_types::FieldMask;
use tonic::Code;
use tonic_types::StatusExt;
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, CreateEmployerRequest, Employer, GetEmployerRequest,
    ListEmployersRequest, RecordWorkforceRequest, UpdateEmployerRequest, Workforce,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_every_layout,
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Suite},
};
use uuid::Uuid;

async fn create(clients: &Clients, number: u32, request_id: &str) -> Result<Employer> {
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(number)),
        request_id: request_id.to_owned(),
        ..CreateEmployerRequest::default()
    };
    Ok(clients.employers.clone().create_employer(request).await?.into_inner())
}

async fn read(clients: &Clients, name: &str) -> Result<Employer> {
    let request = GetEmployerRequest { name: name.to_owned(), day: None };
    Ok(clients.employers.clone().get_employer(request).await?.into_inner())
}

fn call(employer: &Employer, number: u32, etag: &str) -> UpdateEmployerRequest {
    UpdateEmployerRequest {
        employer: Some(Employer {
            name: employer.name.clone(),
            phone: samples::phone(number),
            ..Employer::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["phone".to_owned()] }),
        etag: etag.to_owned(),
        ..UpdateEmployerRequest::default()
    }
}

on_every_layout!(a_stale_etag_changes_nothing);

async fn a_stale_etag_changes_nothing(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let clients = suite.connect().await?;
    let made = create(&clients, 1, "").await?;
    let mut service = clients.employers.clone();
    let changed = service.update_employer(call(&made, 2, &made.etag)).await?.into_inner();
    ensure!(changed.etag != made.etag, "an update left the etag {}", made.etag);

    let (name, etag) = (made.name.clone(), made.etag.clone());
    let counted =
        Workforce { counted_on: made.established_on, employee_count: 7, ..Workforce::default() };
    let close =
        CloseEmployerRequest { name: name.clone(), etag: etag.clone(), ..Default::default() };
    let count = RecordWorkforceRequest {
        name: name.clone(),
        etag: etag.clone(),
        workforce: Some(counted),
        ..RecordWorkforceRequest::default()
    };
    let answers = [
        service.update_employer(call(&made, 3, &etag)).await,
        service.update_employer(call(&made, 3, "no etag of ours")).await,
        service.close_employer(close).await,
        service.record_workforce(count).await,
    ];
    for answer in answers {
        let status = refused(answer, Code::Aborted, "ETAG_MISMATCH")?;
        let info = status.get_details_error_info().unwrap();
        ensure!(info.metadata.contains_key("etag"), "{info:?}");
    }
    ensure!(read(&clients, &name).await? == changed, "a refused write left a trace");
    unharmed(&suite)
}

on_every_layout!(a_request_id_has_one_body);

async fn a_request_id_has_one_body(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let clients = suite.connect().await?;
    let id = Uuid::from_u128(rand::random()).to_string();
    let made = create(&clients, 1, &id).await?;
    ensure!(create(&clients, 1, &id).await? == made);

    let other = CreateEmployerRequest {
        employer: Some(samples::employer(2)),
        request_id: id.clone(),
        ..CreateEmployerRequest::default()
    };
    let answer = clients.employers.clone().create_employer(other).await;
    refused(answer, Code::InvalidArgument, "REQUEST_ID_REUSED")?;
    let request = ListEmployersRequest::default();
    let all = clients.employers.clone().list_employers(request).await?.into_inner().employers;
    ensure!(all == [made], "{all:?}");

    let bad = CreateEmployerRequest {
        employer: Some(samples::employer(3)),
        request_id: "not a uuid".into(),
        ..CreateEmployerRequest::default()
    };
    let answer = clients.employers.clone().create_employer(bad).await;
    refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
    unharmed(&suite)
}

on_every_layout!(a_replay_shows_the_record_as_it_is_now);

async fn a_replay_shows_the_record_as_it_is_now(engine: Engine, layout: Layout) -> Result<()> {
    let suite = Suite::start(engine, layout).await?;
    let clients = suite.connect().await?;
    let id = Uuid::from_u128(rand::random()).to_string();
    let made = create(&clients, 1, &id).await?;
    let mut service = clients.employers.clone();
    let changed = service.update_employer(call(&made, 2, "")).await?.into_inner();
    // A rehearsal claims no id.
    let again = Uuid::from_u128(rand::random()).to_string();
    let mut rehearsal = call(&made, 3, "");
    (rehearsal.validate_only, rehearsal.request_id) = (true, again.clone());
    service.update_employer(rehearsal.clone()).await?;
    ensure!(read(&clients, &made.name).await? == changed, "a rehearsal left a trace");
    ensure!(create(&clients, 1, &id).await? == changed, "a replay is not read again");
    let in_earnest = UpdateEmployerRequest { validate_only: false, ..rehearsal };
    let done = service.update_employer(in_earnest).await?.into_inner();
    ensure!(done.phone == samples::phone(3), "{done:?}");
    unharmed(&suite)
}
