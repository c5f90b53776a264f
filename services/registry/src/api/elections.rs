//! `ElectionService`: elections of unions, from the approval of the assembly to the filed result.

mod change;
mod codes;
mod decode;
mod effect;
mod encode;
mod file;
mod list;
mod order;

#[cfg(test)]
mod tests;

use tonic::{Request, Response, Status};
use unionhall_kit::{
    access::Caller,
    call::Call,
    fault::{Fault, Outcome},
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    CallElectionRequest, CancelElectionRequest, Election, FileElectionRequest, GetElectionRequest,
    HoldElectionRequest, ListElectionsRequest, ListElectionsResponse, OrderReElectionRequest,
    PostponeElectionRequest, Union, VoidElectionRequest, election_service_server::ElectionService,
};

use super::officers::seen_union;
use crate::{Register, store::elections};

/// The service.
#[derive(Clone)]
pub struct Elections {
    register: Register,
}

impl Elections {
    /// The service over this register.
    pub fn new(register: Register) -> Self {
        Self { register }
    }

    async fn get(&self, call: Call<GetElectionRequest>) -> Outcome<Election> {
        self.shown(&call.caller, &call.message.name).await
    }

    /// The election as it is now, if the caller sees its union.
    async fn shown(&self, caller: &Caller, name: &str) -> Outcome<Election> {
        let (union, id) = decode::name(name)?;
        let reader = self.register.ledger.db().reader();
        let union = seen_union(reader, caller, union, name).await?;
        let found = elections::load(reader, union.id, id).await?;
        encode::election(&found.ok_or_else(|| not_found(name))?, &union.facts)
    }
}

fn answer<T>(outcome: Result<T, Fault>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl ElectionService for Elections {
    async fn get_election(
        &self,
        request: Request<GetElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn list_elections(
        &self,
        request: Request<ListElectionsRequest>,
    ) -> Result<Response<ListElectionsResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn call_election(
        &self,
        request: Request<CallElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.call(Call::open(request)?).await)
    }

    async fn postpone_election(
        &self,
        request: Request<PostponeElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.postpone(Call::open(request)?).await)
    }

    async fn order_re_election(
        &self,
        request: Request<OrderReElectionRequest>,
    ) -> Result<Response<Union>, Status> {
        answer(self.order(Call::open(request)?).await)
    }

    async fn hold_election(
        &self,
        request: Request<HoldElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.hold(Call::open(request)?).await)
    }

    async fn file_election(
        &self,
        request: Request<FileElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.file(Call::open(request)?).await)
    }

    async fn cancel_election(
        &self,
        request: Request<CancelElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.cancel(Call::open(request)?).await)
    }

    async fn void_election(
        &self,
        request: Request<VoidElectionRequest>,
    ) -> Result<Response<Election>, Status> {
        answer(self.void(Call::open(request)?).await)
    }
}
