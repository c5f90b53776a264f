//! `EmployerService`.

mod change;
mod close;
mod cover;
mod decode;
pub mod effect;
mod encode;
mod enter;
mod list;
mod read;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tonic::{Request, Response, Status};
use unionhall_kit::{call::Call, fault::Outcome, loader::Loader, scoped::Scoped};
use unionhall_proto::registry::v1::{
    BatchGetEmployersRequest, BatchGetEmployersResponse, CloseEmployerRequest,
    CreateEmployerRequest, DeleteEmployerRequest, Employer, GetEmployerRequest,
    ListDuplicateCandidatesRequest, ListDuplicateCandidatesResponse, ListEmployerFactsRequest,
    ListEmployerFactsResponse, ListEmployersRequest, ListEmployersResponse, LookupEmployerRequest,
    RecordWorkforceRequest, ResumeEmployerRequest, SuspendEmployerRequest, UpdateEmployerRequest,
    coverage_service_server::CoverageServiceServer,
    employer_service_server::{EmployerService, EmployerServiceServer},
};
use uuid::Uuid;

pub(super) use self::decode::id;
pub use self::encode::employer as encoded;
use crate::{
    Register,
    rules::employer::Status as EmployerStatus,
    store::employers::{self, EmployerRecord},
};

/// The service.
#[derive(Clone)]
pub struct Employers {
    register: Register,
    loader: Loader<Uuid, Scoped<EmployerRecord>>,
}

impl Employers {
    /// The services over this register: employers, and their coverage. Starts the readers, which
    /// end with the last clone.
    pub fn new(register: Register) -> (EmployerServiceServer<Self>, CoverageServiceServer<Self>) {
        let employers = Self::over(register);
        (EmployerServiceServer::new(employers.clone()), CoverageServiceServer::new(employers))
    }

    /// The handlers over this register. Starts the readers, which end with the last clone.
    pub fn over(register: Register) -> Self {
        let db = register.ledger.db().clone();
        let loader = Loader::start(move |ids: Vec<Uuid>| {
            let db = db.clone();
            async move {
                let found = employers::load(db.lookups(), &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, record)| (id, scoped(record)))
                    .collect::<HashMap<_, _>>())
            }
        });
        Self { register, loader }
    }
}

/// An employer is visible through the area of its actual address, and through the union that covers
/// it.
pub(super) fn scoped(record: EmployerRecord) -> Scoped<EmployerRecord> {
    let area = record.area.path().clone();
    let affiliation = record.affiliation.as_ref().map(|path| path.path().clone());
    Scoped::new(record, Some(area), affiliation)
}

fn answer<T>(outcome: Outcome<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl EmployerService for Employers {
    async fn get_employer(
        &self,
        request: Request<GetEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn batch_get_employers(
        &self,
        request: Request<BatchGetEmployersRequest>,
    ) -> Result<Response<BatchGetEmployersResponse>, Status> {
        answer(self.batch_get(Call::open(request)?).await)
    }

    async fn lookup_employer(
        &self,
        request: Request<LookupEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.lookup(Call::open(request)?).await)
    }

    async fn list_employers(
        &self,
        request: Request<ListEmployersRequest>,
    ) -> Result<Response<ListEmployersResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn list_employer_facts(
        &self,
        request: Request<ListEmployerFactsRequest>,
    ) -> Result<Response<ListEmployerFactsResponse>, Status> {
        answer(self.list_facts(Call::open(request)?).await)
    }

    async fn list_duplicate_candidates(
        &self,
        request: Request<ListDuplicateCandidatesRequest>,
    ) -> Result<Response<ListDuplicateCandidatesResponse>, Status> {
        answer(self.list_candidates(Call::open(request)?).await)
    }

    async fn create_employer(
        &self,
        request: Request<CreateEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.create(Call::open(request)?).await)
    }

    async fn update_employer(
        &self,
        request: Request<UpdateEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.update(Call::open(request)?).await)
    }

    async fn record_workforce(
        &self,
        request: Request<RecordWorkforceRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.count(Call::open(request)?).await)
    }

    async fn suspend_employer(
        &self,
        request: Request<SuspendEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        let call = Call::open(request)?;
        let order = change::Order::from(&call.message);
        let turn = self.turn(&call, order, call.message.effective_date, EmployerStatus::Suspended);
        answer(turn.await)
    }

    async fn resume_employer(
        &self,
        request: Request<ResumeEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        let call = Call::open(request)?;
        let order = change::Order::from(&call.message);
        let turn = self.turn(&call, order, call.message.effective_date, EmployerStatus::Active);
        answer(turn.await)
    }

    async fn close_employer(
        &self,
        request: Request<CloseEmployerRequest>,
    ) -> Result<Response<Employer>, Status> {
        answer(self.close(Call::open(request)?).await)
    }

    async fn delete_employer(
        &self,
        request: Request<DeleteEmployerRequest>,
    ) -> Result<Response<()>, Status> {
        answer(self.delete(Call::open(request)?).await)
    }
}
