//! Uploads that are not as they must be, or end half-way.

use anyhow::{Result, ensure};
use prost::Message;
use tokio_stream::iter;
use tonic::Code;
use unionhall_proto::common::v1::{
    CommitImportBatchRequest, GetImportBatchRequest, GetImportTemplateRequest,
    ListImportBatchesRequest, UploadImportRequest, import_batch::State,
    upload_import_request::Piece,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    imports::{self, Upload},
    on_both_layouts, on_every_layout,
    refusals::{fields, refused, unharmed},
    samples,
    suite::{Layout, Suite},
    wire::{self, Wire},
};
use uuid::Uuid;

const UPLOAD: &str = "unionhall.registry.v1.ImportService/UploadImport";

async fn batches(clients: &Clients) -> Result<usize> {
    let request = ListImportBatchesRequest::default();
    let answer = clients.imports.clone().list_import_batches(request).await?.into_inner();
    Ok(answer.import_batches.len())
}

fn framed(piece: &UploadImportRequest) -> bytes::Bytes {
    wire::framed(&piece.encode_to_vec())
}

on_every_layout!(a_client_that_vanishes_leaves_no_batch);

async fn a_client_that_vanishes_leaves_no_batch(engine: Engine, layout: Layout) -> Result<()> {
    let mut suite = Suite::start(engine, layout).await?;
    let pieces = Upload::employers("half.csv", samples::csv(1..20_000)).pieces();
    ensure!(pieces.len() > 5);
    for sent in [1, 2, pieces.len() - 1] {
        let wire = Wire::connect(suite.address(), suite.token()).await?;
        let mut sender = wire.ready().await?;
        let (response, mut upload) = sender.send_request(wire.head(UPLOAD)?, false)?;
        for piece in &pieces[..sent] {
            upload.send_data(framed(piece), false)?;
        }
        // Everything is with the server once its windows are open again.
        let bytes = pieces[..sent].iter().map(|piece| framed(piece).len()).sum::<usize>();
        upload.reserve_capacity(bytes + 1);
        std::future::poll_fn(|context| upload.poll_capacity(context)).await;
        // The whole connection goes, without a word.
        drop((response, upload, sender, wire));
    }
    // A stop ends what is still at work, so afterwards nothing can come any more.
    suite.stop().await?;
    suite.start_again().await?;
    let clients = suite.connect().await?;
    ensure!(batches(&clients).await? == 0, "half an upload became a batch");
    unharmed(&suite)
}

on_both_layouts!(an_upload_is_a_header_and_then_bytes);

async fn an_upload_is_a_header_and_then_bytes(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let whole = Upload::employers("rows.csv", samples::csv(1..3)).pieces();
    let (header, chunk) = (whole[0].clone(), whole[1].clone());
    let nothing = UploadImportRequest { piece: None };
    let large = UploadImportRequest { piece: Some(Piece::Chunk(vec![b'x'; 1_048_577].into())) };
    let wrong: [(&str, Vec<UploadImportRequest>); 6] = [
        ("IMPORT_UPLOAD_INVALID", vec![]),
        ("IMPORT_UPLOAD_INVALID", vec![chunk.clone()]),
        ("IMPORT_UPLOAD_INVALID", vec![chunk.clone(), header.clone()]),
        ("IMPORT_UPLOAD_INVALID", vec![header.clone(), chunk.clone(), header.clone()]),
        ("INVALID_FIELD", vec![header.clone(), nothing]),
        ("INVALID_FIELD", vec![header.clone(), large]),
    ];
    for (reason, pieces) in wrong {
        let answer = clients.imports.clone().upload_import(iter(pieces)).await;
        refused(answer, Code::InvalidArgument, reason)?;
    }
    let mut unknown = Upload::employers("rows.csv", samples::csv(1..3));
    unknown.kind = "unicorns".into();
    refused(unknown.send(&clients).await, Code::InvalidArgument, "IMPORT_KIND_UNKNOWN")?;
    let mut nameless = Upload::employers("", samples::csv(1..3));
    refused(nameless.send(&clients).await, Code::InvalidArgument, "INVALID_FIELD")?;
    nameless.file_name = "长".repeat(201);
    refused(nameless.send(&clients).await, Code::InvalidArgument, "INVALID_FIELD")?;
    ensure!(batches(&clients).await? == 0, "a refused upload became a batch");
    let request = GetImportTemplateRequest { kind: "employers".into(), format: 77 };
    let answer = clients.imports.clone().get_import_template(request).await;
    let status = refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
    ensure!(fields(&status) == ["format"], "{status:?}");
    unharmed(&suite)
}

on_both_layouts!(half_a_file_is_no_file);

async fn half_a_file_is_no_file(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let whole = Upload::employers("half.csv", samples::csv(1..20_000)).pieces();
    ensure!(whole.len() > 3);
    // The sender closes its side between two pieces, as one does that is about to exit.
    for sent in [1, 2, whole.len() - 1] {
        let answer = clients.imports.clone().upload_import(iter(whole[..sent].to_vec())).await;
        refused(answer, Code::InvalidArgument, "IMPORT_FILE_DIFFERS")?;
    }
    ensure!(batches(&clients).await? == 0, "half a file became a batch");
    let answer = clients.imports.clone().upload_import(iter(whole)).await?.into_inner();
    ensure!(answer.state() == State::Uploaded, "{answer:?}");
    unharmed(&suite)
}

on_both_layouts!(an_upload_has_one_content);

async fn an_upload_has_one_content(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let mut upload = Upload::employers("rows.csv", samples::csv(1..3));
    upload.request_id = Uuid::from_u128(rand::random()).to_string();
    let batch = upload.send(&clients).await?;
    ensure!(upload.send(&clients).await? == batch);
    let mut other = upload.clone();
    other.content = samples::csv(4..6).into_bytes();
    refused(other.send(&clients).await, Code::InvalidArgument, "REQUEST_ID_REUSED")?;
    ensure!(batches(&clients).await? == 1);
    unharmed(&suite)
}

on_both_layouts!(a_batch_goes_its_way_in_order);

async fn a_batch_goes_its_way_in_order(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let batch = Upload::employers("rows.csv", samples::csv(1..4)).send(&clients).await?;
    let early = imports::commit(&clients, &batch.name).await;
    refused(early, Code::FailedPrecondition, "IMPORT_STATE")?;

    let checked = imports::validate(&clients, &batch.name).await?;
    ensure!(checked.state() == State::Validated && checked.valid_row_count == 3, "{checked:?}");
    let stale = CommitImportBatchRequest {
        name: batch.name.clone(),
        etag: batch.etag.clone(),
        ..CommitImportBatchRequest::default()
    };
    let answer = clients.imports.clone().commit_import_batch(stale).await;
    refused(answer, Code::Aborted, "ETAG_MISMATCH")?;

    let applied = imports::commit(&clients, &batch.name).await?;
    ensure!(applied.state() == State::Applied && applied.applied_row_count == 3, "{applied:?}");
    let again = imports::commit(&clients, &batch.name).await;
    refused(again, Code::FailedPrecondition, "IMPORT_STATE")?;

    let nobody = format!("importBatches/{}", Uuid::from_u128(7));
    let request = GetImportBatchRequest { name: nobody.clone() };
    let answer = clients.imports.clone().get_import_batch(request).await;
    refused(answer, Code::NotFound, "NOT_FOUND")?;
    let answer = imports::rested(&clients, &nobody).await;
    refused(answer, Code::NotFound, "NOT_FOUND")?;
    unharmed(&suite)
}
