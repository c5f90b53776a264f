//! `ImportService`: the pipeline of kit, for areas and employers.

use std::sync::Arc;

use futures::stream::BoxStream;
use tonic::{Request, Response, Status, Streaming};
use unionhall_kit::{call::Call, imports::Imports};
use unionhall_proto::{common::v1 as proto, registry::v1::import_service_server::ImportService};

/// The handlers of `ImportService`.
#[derive(Clone)]
pub struct ImportCalls(Arc<Imports>);

impl ImportCalls {
    /// The handlers over these imports.
    pub fn new(imports: Arc<Imports>) -> Self {
        Self(imports)
    }
}

#[tonic::async_trait]
impl ImportService for ImportCalls {
    async fn upload_import(
        &self,
        request: Request<Streaming<proto::UploadImportRequest>>,
    ) -> Result<Response<proto::ImportBatch>, Status> {
        // Each message of the stream is checked as it comes.
        self.0.upload(Call::accept(request)?).await.map(Response::new)
    }

    async fn get_import_batch(
        &self,
        request: Request<proto::GetImportBatchRequest>,
    ) -> Result<Response<proto::ImportBatch>, Status> {
        Ok(Response::new(self.0.get(Call::open(request)?).await?))
    }

    async fn list_import_batches(
        &self,
        request: Request<proto::ListImportBatchesRequest>,
    ) -> Result<Response<proto::ListImportBatchesResponse>, Status> {
        Ok(Response::new(self.0.list(Call::open(request)?).await?))
    }

    async fn validate_import_batch(
        &self,
        request: Request<proto::ValidateImportBatchRequest>,
    ) -> Result<Response<proto::ImportBatch>, Status> {
        Ok(Response::new(self.0.validate(Call::open(request)?).await?))
    }

    async fn commit_import_batch(
        &self,
        request: Request<proto::CommitImportBatchRequest>,
    ) -> Result<Response<proto::ImportBatch>, Status> {
        Ok(Response::new(self.0.commit(Call::open(request)?).await?))
    }

    async fn undo_import_batch(
        &self,
        request: Request<proto::UndoImportBatchRequest>,
    ) -> Result<Response<proto::ImportBatch>, Status> {
        Ok(Response::new(self.0.undo(Call::open(request)?).await?))
    }

    type WatchImportBatchStream = BoxStream<'static, Result<proto::ImportBatch, Status>>;

    async fn watch_import_batch(
        &self,
        request: Request<proto::WatchImportBatchRequest>,
    ) -> Result<Response<Self::WatchImportBatchStream>, Status> {
        Ok(Response::new(self.0.watch(Call::open(request)?).await?))
    }

    async fn list_import_faults(
        &self,
        request: Request<proto::ListImportFaultsRequest>,
    ) -> Result<Response<proto::ListImportFaultsResponse>, Status> {
        Ok(Response::new(self.0.faults(Call::open(request)?).await?))
    }

    async fn get_import_template(
        &self,
        request: Request<proto::GetImportTemplateRequest>,
    ) -> Result<Response<proto::ImportTemplate>, Status> {
        Ok(Response::new(self.0.template(Call::open(request)?).await?))
    }
}
