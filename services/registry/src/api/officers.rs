//! `OfficerService`: who holds which office of a union.

mod change;
mod codes;
mod decode;
pub(in crate::api) mod effect;
pub(in crate::api) mod encode;
mod list;
mod open;
mod review;
mod vacancies;

#[cfg(test)]
mod tests;

use tonic::{Request, Response, Status};
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    AppointOfficerRequest, CommitteeReview, EndOfficeRequest, GetCommitteeReviewRequest,
    GetOfficerRequest, GetVacanciesRequest, ListOfficersRequest, ListOfficersResponse,
    OfficeVacancies, Officer, officer_service_server::OfficerService,
};

pub(in crate::api) use self::{
    codes::{bar_message, committee, committee_message, pairs, position, position_message},
    decode::{bars, below, holder, name as office_name, required},
    list::{listed_place, page_place},
    open::{Held, Opened, open, seen_union},
};
use crate::{Register, rules::office::OfficeId, store::officers};

/// The service.
#[derive(Clone)]
pub struct Officers {
    register: Register,
}

impl Officers {
    /// The service over this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }

    async fn get(&self, call: Call<GetOfficerRequest>) -> Outcome<Officer> {
        self.shown(&call.caller, &call.message.name).await
    }

    /// The office as it is today, if the caller sees its union.
    async fn shown(&self, caller: &Caller, name: &str) -> Outcome<Officer> {
        let (union, OfficeId(id)) = decode::name(name)?;
        let reader = self.register.ledger.db().reader();
        let union = seen_union(reader, caller, union, name).await?;
        let found = officers::load(reader, union.id, OfficeId(id)).await?;
        let record = found.ok_or_else(|| not_found(name))?;
        encode::officer(&record, &union.facts)
    }

    fn today(&self) -> CivilDate {
        self.register.clock().today()
    }
}

fn answer<T>(outcome: Result<T, Fault>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl OfficerService for Officers {
    async fn get_officer(
        &self,
        request: Request<GetOfficerRequest>,
    ) -> Result<Response<Officer>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn list_officers(
        &self,
        request: Request<ListOfficersRequest>,
    ) -> Result<Response<ListOfficersResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn get_committee_review(
        &self,
        request: Request<GetCommitteeReviewRequest>,
    ) -> Result<Response<CommitteeReview>, Status> {
        answer(self.review(Call::open(request)?).await)
    }

    async fn get_vacancies(
        &self,
        request: Request<GetVacanciesRequest>,
    ) -> Result<Response<OfficeVacancies>, Status> {
        answer(self.vacancies(Call::open(request)?).await)
    }

    async fn appoint_officer(
        &self,
        request: Request<AppointOfficerRequest>,
    ) -> Result<Response<Officer>, Status> {
        answer(self.appoint(Call::open(request)?).await)
    }

    async fn end_office(
        &self,
        request: Request<EndOfficeRequest>,
    ) -> Result<Response<Officer>, Status> {
        answer(self.end(Call::open(request)?).await)
    }
}
