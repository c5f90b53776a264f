//! Messages that cannot be what they say: too large, of unknown fields, of another type, no message.

use anyhow::{Result, ensure};
use bytes::{Bytes, BytesMut};
use prost_types::FieldMask;
use tonic::Code;
use unionhall_proto::registry::v1::{
    CreateEmployerRequest, Employer, GetEmployerRequest, UpdateEmployerRequest,
};
use unionhall_tests::{
    engine::Engine,
    on_both_engines, on_both_layouts,
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Suite},
    wire::{Wire, framed},
};

const CREATE: &str = "unionhall.registry.v1.EmployerService/CreateEmployer";

on_both_layouts!(a_message_of_five_megabytes_is_refused);

async fn a_message_of_five_megabytes_is_refused(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let mut employer = samples::employer(1);
    employer.actual_address = Some(samples::address(&"9".repeat(5_000_000), 1));
    let request =
        CreateEmployerRequest { employer: Some(employer), ..CreateEmployerRequest::default() };
    let answer = clients.employers.clone().create_employer(request).await;
    refused(answer, Code::ResourceExhausted, "MESSAGE_TOO_LARGE")?;
    // The connection and the register go on.
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(1)),
        ..CreateEmployerRequest::default()
    };
    clients.employers.clone().create_employer(request).await?;
    unharmed(&suite)
}

on_both_layouts!(bytes_that_are_no_message_are_refused);

async fn bytes_that_are_no_message_are_refused(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let wire = Wire::connect(suite.address(), suite.token()).await?;
    // A length that never ends, a field that ends early, a wrong wire type, random bytes.
    let garbage: [&[u8]; 5] =
        [&[0xff; 40], &[0x0a, 0x7f, 0x01], &[0x08, 0x01], &[0x0a], &[0x5a; 300]];
    for bytes in garbage {
        let answer = wire.call(CREATE, framed(bytes)).await?;
        ensure!(answer.code() != Some(0), "{bytes:?} was taken: {answer:?}");
        ensure!(answer.code() != Some(2), "{bytes:?}: an unknown error: {answer:?}");
    }
    // A frame that promises more bytes than come, and no frame at all.
    let mut short = BytesMut::from(&framed(&[1, 2, 3])[..]);
    short.truncate(6);
    for bytes in [short.freeze(), Bytes::new()] {
        let answer = wire.call(CREATE, bytes.clone()).await?;
        ensure!(answer.code() != Some(0), "{bytes:?} was taken: {answer:?}");
    }
    unharmed(&suite)
}

on_both_engines!(a_mask_with_an_unknown_path_changes_nothing);

async fn a_mask_with_an_unknown_path_changes_nothing(engine: Engine) -> Result<()> {
    let suite = Suite::start(engine, Layout::All).await?;
    let clients = suite.connect().await?;
    let request = CreateEmployerRequest {
        employer: Some(samples::employer(1)),
        ..CreateEmployerRequest::default()
    };
    let made = clients.employers.clone().create_employer(request).await?.into_inner();
    for path in ["nickname", "phone.number", "actual_address.floor", "Phone"] {
        let employer = Employer { phone: samples::phone(2), ..made.clone() };
        let paths = vec!["phone".to_owned(), path.to_owned()];
        let request = UpdateEmployerRequest {
            employer: Some(employer),
            update_mask: Some(FieldMask { paths }),
            ..UpdateEmployerRequest::default()
        };
        let answer = clients.employers.clone().update_employer(request).await;
        let status = refused(answer, Code::InvalidArgument, "UNKNOWN_MASK_PATH")?;
        ensure!(status.message().contains(path), "{status:?}");
    }
    let request = GetEmployerRequest { name: made.name.clone(), day: None };
    let read = clients.employers.clone().get_employer(request).await?.into_inner();
    ensure!(read == made, "{read:?} after refused updates of {made:?}");
    unharmed(&suite)
}
