//! `FormationService`.

mod change;
mod cover;
mod decode;
mod effect;
mod encode;
pub(crate) mod ended;
mod enter;
mod establish;
mod guide;
mod legal;
mod list;
mod read;
mod uncovered;

#[cfg(test)]
mod tests;

use tonic::{Request, Response, Status};
use unionhall_kit::{call::Call, fault::Outcome, scoped::Scoped};
use unionhall_proto::registry::v1::{
    CorrectFormationStepRequest, CoverByJointUnionRequest, CreateFormationCaseRequest,
    EstablishUnionRequest, FormationCase, FormationGuidance, GetFormationCaseRequest,
    GetFormationGuidanceRequest, ListFormationCasesRequest, ListFormationCasesResponse,
    ListFormationStepsRequest, ListFormationStepsResponse, ListUncoveredEmployersRequest,
    ListUncoveredEmployersResponse, RecordFormationStepRequest, RegisterLegalPersonRequest,
    UpdateFormationCaseRequest,
    formation_service_server::{FormationService, FormationServiceServer},
};

use super::{employers::Employers, unions::Unions};
use crate::{Register, store::formations::CaseRecord};

/// The service.
#[derive(Clone)]
pub struct Formations {
    register: Register,
    unions: Unions,
    employers: Employers,
}

impl Formations {
    /// The service over this register.
    pub fn new(register: Register) -> FormationServiceServer<Self> {
        FormationServiceServer::new(Self::over(register))
    }

    /// The service itself, without a server around it.
    pub fn over(register: Register) -> Self {
        let unions = Unions::over(register.clone());
        let employers = Employers::over(register.clone());
        Self { register, unions, employers }
    }
}

/// A case is visible where its employer or territory and the union above are.
fn scoped(record: CaseRecord) -> Scoped<CaseRecord> {
    let (area, affiliation) = (record.area.clone(), record.affiliation.clone());
    Scoped::new(record, Some(area), affiliation)
}

fn answer<T>(outcome: Outcome<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl FormationService for Formations {
    async fn get_formation_case(
        &self,
        request: Request<GetFormationCaseRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn list_formation_cases(
        &self,
        request: Request<ListFormationCasesRequest>,
    ) -> Result<Response<ListFormationCasesResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn list_formation_steps(
        &self,
        request: Request<ListFormationStepsRequest>,
    ) -> Result<Response<ListFormationStepsResponse>, Status> {
        answer(self.list_steps(Call::open(request)?).await)
    }

    async fn get_formation_guidance(
        &self,
        request: Request<GetFormationGuidanceRequest>,
    ) -> Result<Response<FormationGuidance>, Status> {
        answer(self.guide(Call::open(request)?).await)
    }

    async fn list_uncovered_employers(
        &self,
        request: Request<ListUncoveredEmployersRequest>,
    ) -> Result<Response<ListUncoveredEmployersResponse>, Status> {
        answer(self.list_uncovered(Call::open(request)?).await)
    }

    async fn create_formation_case(
        &self,
        request: Request<CreateFormationCaseRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.create(Call::open(request)?).await)
    }

    async fn update_formation_case(
        &self,
        request: Request<UpdateFormationCaseRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.update(Call::open(request)?).await)
    }

    async fn record_formation_step(
        &self,
        request: Request<RecordFormationStepRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.record(Call::open(request)?).await)
    }

    async fn correct_formation_step(
        &self,
        request: Request<CorrectFormationStepRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.correct(Call::open(request)?).await)
    }

    async fn establish_union(
        &self,
        request: Request<EstablishUnionRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.establish(Call::open(request)?).await)
    }

    async fn register_legal_person(
        &self,
        request: Request<RegisterLegalPersonRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.make_legal_person(Call::open(request)?).await)
    }

    async fn cover_by_joint_union(
        &self,
        request: Request<CoverByJointUnionRequest>,
    ) -> Result<Response<FormationCase>, Status> {
        answer(self.cover(Call::open(request)?).await)
    }
}
