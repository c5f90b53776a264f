//! `AreaService`: the tree of areas and its changes.

mod change;
mod draft;
pub(crate) mod note;
mod read;
pub(crate) mod structure;
pub(crate) mod view;

use tonic::{Request, Response, Status};
use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    scoped::not_found,
};
use unionhall_proto::registry::v1::{self as proto, area_service_server::AreaService};

use crate::{
    register::Register,
    rules::{Refusal, area::AreaPath},
};

/// The handlers of `AreaService`.
#[derive(Clone)]
pub struct Areas {
    register: Register,
}

impl Areas {
    /// The handlers over this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }
}

/// The label in `areas/{area}`. What is no label names nothing.
fn named(name: &str) -> Outcome<AreaPath> {
    let label = name.strip_prefix("areas/").unwrap_or_default();
    AreaPath::parse(label).map_err(|_| not_found(name))
}

fn refused(refusal: impl Refusal) -> Fault {
    refusal.to_fault()
}

#[tonic::async_trait]
impl AreaService for Areas {
    async fn get_area(
        &self,
        request: Request<proto::GetAreaRequest>,
    ) -> Result<Response<proto::Area>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(read::get(&self.register, &call).await?))
    }

    async fn list_areas(
        &self,
        request: Request<proto::ListAreasRequest>,
    ) -> Result<Response<proto::ListAreasResponse>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(read::list(&self.register, &call).await?))
    }

    async fn get_area_tree(
        &self,
        request: Request<proto::GetAreaTreeRequest>,
    ) -> Result<Response<proto::AreaTree>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(read::tree(&self.register, &call).await?))
    }

    async fn list_area_facts(
        &self,
        request: Request<proto::ListAreaFactsRequest>,
    ) -> Result<Response<proto::ListAreaFactsResponse>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(read::facts(&self.register, &call).await?))
    }

    async fn create_area(
        &self,
        request: Request<proto::CreateAreaRequest>,
    ) -> Result<Response<proto::Area>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(change::create(&self.register, &call).await?))
    }

    async fn rename_area(
        &self,
        request: Request<proto::RenameAreaRequest>,
    ) -> Result<Response<proto::Area>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(change::rename(&self.register, &call).await?))
    }

    async fn assign_official_code(
        &self,
        request: Request<proto::AssignOfficialCodeRequest>,
    ) -> Result<Response<proto::Area>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(change::assign_code(&self.register, &call).await?))
    }

    async fn move_area(
        &self,
        request: Request<proto::MoveAreaRequest>,
    ) -> Result<Response<proto::StructureChange>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(structure::move_area(&self.register, &call).await?))
    }

    async fn merge_areas(
        &self,
        request: Request<proto::MergeAreasRequest>,
    ) -> Result<Response<proto::StructureChange>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(structure::merge(&self.register, &call).await?))
    }

    async fn close_area(
        &self,
        request: Request<proto::CloseAreaRequest>,
    ) -> Result<Response<proto::Area>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(change::close(&self.register, &call).await?))
    }

    async fn get_structure_change(
        &self,
        request: Request<proto::GetStructureChangeRequest>,
    ) -> Result<Response<proto::StructureChange>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(structure::get(&self.register, &call).await?))
    }

    async fn list_structure_changes(
        &self,
        request: Request<proto::ListStructureChangesRequest>,
    ) -> Result<Response<proto::ListStructureChangesResponse>, Status> {
        let call = Call::open(request)?;
        Ok(Response::new(structure::list(&self.register, &call).await?))
    }
}

#[cfg(test)]
mod tests;
