//! `MemberService`, `MembershipService`, `MemberProtectionService`, `SubjectRequestService` and
//! `ConfirmationService`.

mod change;
mod confirm;
mod correct;
mod decode;
pub mod desk;
mod disclose;
pub mod effect;
mod encode;
mod enter;
mod erase;
pub mod follow;
mod list;
mod merge;
mod pass;
mod protection;
mod read;
mod reveal;
mod subject;
mod unconfirmed;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use tonic::{Request, Response, Status};
use unionhall_kit::{call::Call, fault::Outcome, loader::Loader, path::Path, scoped::Scoped};
use unionhall_proto::registry::v1::{
    AdmitMemberRequest, ApplyForMembershipRequest, BatchGetMembersRequest, BatchGetMembersResponse,
    CreateMemberRequest, DecideApplicationRequest, DecideTransferRequest, DeleteMemberRequest,
    EndMembershipRequest, GetMemberRequest, ListMemberFactsRequest, ListMemberFactsResponse,
    ListMembersRequest, ListMembersResponse, LookupMembersRequest, LookupMembersResponse, Member,
    ResumeMembershipRequest, RetainMembershipRequest, TakeBackPassageRequest,
    TransferMemberRequest, UpdateMemberRequest,
    confirmation_service_server::ConfirmationServiceServer,
    member_protection_service_server::MemberProtectionServiceServer,
    member_service_server::{MemberService, MemberServiceServer},
    membership_service_server::{MembershipService, MembershipServiceServer},
    subject_request_service_server::SubjectRequestServiceServer,
};

use crate::{
    Register,
    rules::member::MemberId,
    store::members::{self, MemberRecord, Stand},
};

/// The services.
#[derive(Clone)]
pub struct Members {
    register: Register,
    loader: Loader<MemberId, Scoped<MemberRecord>>,
}

/// The services of members.
pub struct Servers {
    /// Entering, finding and changing members.
    pub members: MemberServiceServer<Members>,
    /// What happens to memberships.
    pub memberships: MembershipServiceServer<Members>,
    /// What is protected.
    pub protection: MemberProtectionServiceServer<Members>,
    /// What persons ask for.
    pub requests: SubjectRequestServiceServer<Members>,
    /// Currency of the records.
    pub confirmations: ConfirmationServiceServer<Members>,
}

impl Members {
    /// The services over this register. Starts the readers, which end with the last clone.
    pub fn servers(register: Register) -> Servers {
        let members = Self::over(register);
        Servers {
            members: MemberServiceServer::new(members.clone()),
            memberships: MembershipServiceServer::new(members.clone()),
            protection: MemberProtectionServiceServer::new(members.clone()),
            requests: SubjectRequestServiceServer::new(members.clone()),
            confirmations: ConfirmationServiceServer::new(members),
        }
    }

    /// The handlers over this register. Starts the readers, which end with the last clone.
    pub fn over(register: Register) -> Self {
        let db = register.ledger.db().clone();
        let loader = Loader::start(move |ids: Vec<MemberId>| {
            let db = db.clone();
            async move {
                let found = members::load(db.lookups(), &ids).await?;
                Ok(found
                    .into_iter()
                    .map(|(id, record)| (id, scoped(record)))
                    .collect::<HashMap<_, _>>())
            }
        });
        Self { register, loader }
    }
}

/// A member is visible through the area and the affiliation of the union, and while the membership
/// is to pass to another one through that as well.
fn scoped(record: MemberRecord) -> Scoped<MemberRecord> {
    let (area, path) = paths(record.stand.as_ref());
    let transfer = record.transfer.clone();
    let scoped = Scoped::new(record, area, path);
    match transfer {
        Some(stand) => {
            let (area, path) = paths(Some(&stand));
            scoped.or(area, path)
        }
        None => scoped,
    }
}

/// Where a stand lies on both lines.
fn paths(stand: Option<&Stand>) -> (Option<Path>, Option<Path>) {
    let area = stand.map(|stand| stand.area.path().clone());
    (area, stand.map(|stand| stand.affiliation.path().clone()))
}

fn answer<T>(outcome: Outcome<T>) -> Result<Response<T>, Status> {
    outcome.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl MemberService for Members {
    async fn get_member(
        &self,
        request: Request<GetMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.get(Call::open(request)?).await)
    }

    async fn batch_get_members(
        &self,
        request: Request<BatchGetMembersRequest>,
    ) -> Result<Response<BatchGetMembersResponse>, Status> {
        answer(self.batch_get(Call::open(request)?).await)
    }

    async fn lookup_members(
        &self,
        request: Request<LookupMembersRequest>,
    ) -> Result<Response<LookupMembersResponse>, Status> {
        answer(self.lookup(Call::open(request)?).await)
    }

    async fn list_members(
        &self,
        request: Request<ListMembersRequest>,
    ) -> Result<Response<ListMembersResponse>, Status> {
        answer(self.list(Call::open(request)?).await)
    }

    async fn list_member_facts(
        &self,
        request: Request<ListMemberFactsRequest>,
    ) -> Result<Response<ListMemberFactsResponse>, Status> {
        answer(self.list_facts(Call::open(request)?).await)
    }

    async fn create_member(
        &self,
        request: Request<CreateMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.create(Call::open(request)?).await)
    }

    async fn update_member(
        &self,
        request: Request<UpdateMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.update(Call::open(request)?).await)
    }

    async fn delete_member(
        &self,
        request: Request<DeleteMemberRequest>,
    ) -> Result<Response<()>, Status> {
        answer(self.delete(Call::open(request)?).await)
    }
}

#[tonic::async_trait]
impl MembershipService for Members {
    async fn apply_for_membership(
        &self,
        request: Request<ApplyForMembershipRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.apply(Call::open(request)?).await)
    }

    async fn decide_application(
        &self,
        request: Request<DecideApplicationRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.decide_application(Call::open(request)?).await)
    }

    async fn admit_member(
        &self,
        request: Request<AdmitMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.admit(Call::open(request)?).await)
    }

    async fn transfer_member(
        &self,
        request: Request<TransferMemberRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.transfer(Call::open(request)?).await)
    }

    async fn decide_transfer(
        &self,
        request: Request<DecideTransferRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.decide_transfer(Call::open(request)?).await)
    }

    async fn retain_membership(
        &self,
        request: Request<RetainMembershipRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.retain(Call::open(request)?).await)
    }

    async fn resume_membership(
        &self,
        request: Request<ResumeMembershipRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.resume(Call::open(request)?).await)
    }

    async fn end_membership(
        &self,
        request: Request<EndMembershipRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.end(Call::open(request)?).await)
    }

    async fn take_back_passage(
        &self,
        request: Request<TakeBackPassageRequest>,
    ) -> Result<Response<Member>, Status> {
        answer(self.take_back(Call::open(request)?).await)
    }
}
