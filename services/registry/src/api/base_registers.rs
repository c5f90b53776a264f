//! `BaseRegisterService`: the outside list of enterprises, and the rate that is measured by it.

mod change;
mod encode;
mod findings;
pub mod note;
mod rate;
mod read;

use tonic::{Request, Response, Status};
use unionhall_kit::{call::Call, fault::Outcome};
use unionhall_proto::registry::v1::{
    ActivateBaseRegisterRequest, BaseRegister, CreateBaseRegisterRequest,
    DeactivateBaseRegisterRequest, DeleteBaseRegisterRequest, EstablishmentRate,
    GetBaseRegisterRequest, GetEstablishmentRateRequest, ListBaseRegisterFindingsRequest,
    ListBaseRegisterFindingsResponse, ListBaseRegistersRequest, ListBaseRegistersResponse,
    RetireBaseRegisterRequest, base_register_service_server::BaseRegisterService,
};

use crate::Register;

/// The service.
#[derive(Clone)]
pub struct BaseRegisters {
    register: Register,
}

impl BaseRegisters {
    /// The service over this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }
}

fn answer<T>(outcome: Outcome<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl BaseRegisterService for BaseRegisters {
    async fn get_base_register(
        &self,
        request: Request<GetBaseRegisterRequest>,
    ) -> Result<Response<BaseRegister>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn list_base_registers(
        &self,
        request: Request<ListBaseRegistersRequest>,
    ) -> Result<Response<ListBaseRegistersResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn create_base_register(
        &self,
        request: Request<CreateBaseRegisterRequest>,
    ) -> Result<Response<BaseRegister>, Status> {
        answer(self.create(Call::open(request)?).await)
    }

    async fn activate_base_register(
        &self,
        request: Request<ActivateBaseRegisterRequest>,
    ) -> Result<Response<BaseRegister>, Status> {
        answer(self.activate(Call::open(request)?).await)
    }

    async fn retire_base_register(
        &self,
        request: Request<RetireBaseRegisterRequest>,
    ) -> Result<Response<BaseRegister>, Status> {
        answer(self.retire(Call::open(request)?).await)
    }

    async fn deactivate_base_register(
        &self,
        request: Request<DeactivateBaseRegisterRequest>,
    ) -> Result<Response<BaseRegister>, Status> {
        answer(self.deactivate(Call::open(request)?).await)
    }

    async fn delete_base_register(
        &self,
        request: Request<DeleteBaseRegisterRequest>,
    ) -> Result<Response<()>, Status> {
        answer(self.delete(Call::open(request)?).await)
    }

    async fn list_base_register_findings(
        &self,
        request: Request<ListBaseRegisterFindingsRequest>,
    ) -> Result<Response<ListBaseRegisterFindingsResponse>, Status> {
        answer(self.findings(Call::open(request)?).await)
    }

    async fn get_establishment_rate(
        &self,
        request: Request<GetEstablishmentRateRequest>,
    ) -> Result<Response<EstablishmentRate>, Status> {
        answer(self.rate(Call::open(request)?).await)
    }
}
