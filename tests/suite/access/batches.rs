//! Batches belong to who uploaded them, and their rows to who may write there.

use anyhow::{Result, ensure};
use tonic::Code;
use unionhall_proto::common::v1::{
    GetImportBatchRequest, ListImportBatchesRequest, ListImportFaultsRequest,
};
use unionhall_tests::{
    engine::Engine,
    imports::{self, Upload},
    on_every_layout,
    refusals::{refused, unharmed},
    samples,
    suite::Layout,
};

use super::scope::{INSIDE, OUTSIDE, clients_of, start};

on_every_layout!(a_batch_belongs_to_its_client);

async fn a_batch_belongs_to_its_client(engine: Engine, layout: Layout) -> Result<()> {
    let suite = start(engine, layout).await?;
    let (administrator, clerk) = (suite.connect().await?, clients_of(&suite, "clerk").await?);
    let batch = Upload::employers("rows.csv", samples::csv(1..4)).check(&administrator).await?;
    let mut service = clerk.imports.clone();
    let get = GetImportBatchRequest { name: batch.name.clone() };
    refused(service.get_import_batch(get).await, Code::NotFound, "NOT_FOUND")?;
    let faults = ListImportFaultsRequest { parent: batch.name.clone(), ..Default::default() };
    refused(service.list_import_faults(faults).await, Code::NotFound, "NOT_FOUND")?;
    let answer = imports::commit(&clerk, &batch.name).await;
    refused(answer, Code::NotFound, "NOT_FOUND")?;
    let list = service.list_import_batches(ListImportBatchesRequest::default()).await?.into_inner();
    ensure!(list.import_batches.is_empty(), "{list:?}");

    let reader = clients_of(&suite, "reader").await?;
    let answer = Upload::employers("rows.csv", samples::csv(1..3)).send(&reader).await;
    refused(answer, Code::PermissionDenied, "PERMISSION_DENIED")?;

    // Rows of another sub-district are faults of their rows, whoever may import otherwise.
    let rows = Upload::employers("rows.csv", samples::csv([INSIDE, OUTSIDE]));
    let batch = rows.check(&clerk).await?;
    ensure!(batch.row_count == 2 && batch.valid_row_count == 1, "{batch:?}");
    unharmed(&suite)
}
