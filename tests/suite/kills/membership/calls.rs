//! The calls that writers make. Each bears its request id, so that it can be made again.

use tonic::{Response, Status};
use unionhall_proto::registry::v1::{
    AdmitMemberRequest, AffiliateUnionRequest, ApplyForMembershipRequest, CloseEmployerRequest,
    ConfirmMemberRequest, ConfirmUnionMembersRequest, CorrectDocumentRequest,
    CreateEmployerRequest, CreateMemberRequest, CreateUnionRequest, DecideApplicationRequest,
    DecideTransferRequest, DissolveUnionRequest, Employer, EndMembershipRequest, Member,
    MergeMembersRequest, MergeUnionsRequest, ResumeMembershipRequest, RetainMembershipRequest,
    StructureChange, TransferMemberRequest, Union, UnmergeMembersRequest, UpdateMemberRequest,
};
use unionhall_tests::client::Clients;
use uuid::Uuid;

/// One call.
#[derive(Clone, Debug)]
pub(super) enum Call {
    Create(CreateMemberRequest),
    Update(UpdateMemberRequest),
    Apply(ApplyForMembershipRequest),
    DecideApplication(DecideApplicationRequest),
    Admit(AdmitMemberRequest),
    Transfer(TransferMemberRequest),
    DecideTransfer(DecideTransferRequest),
    Retain(RetainMembershipRequest),
    Resume(ResumeMembershipRequest),
    End(EndMembershipRequest),
    Correct(CorrectDocumentRequest),
    MergeMembers(MergeMembersRequest),
    Unmerge(UnmergeMembersRequest),
    Confirm(ConfirmMemberRequest),
    ConfirmUnion(ConfirmUnionMembersRequest),
    Found(Box<CreateUnionRequest>),
    MergeUnions(MergeUnionsRequest),
    Dissolve(DissolveUnionRequest),
    Affiliate(AffiliateUnionRequest),
    Enter(CreateEmployerRequest),
    Close(CloseEmployerRequest),
}

/// What a call is answered with.
#[derive(Debug)]
pub(super) enum Answer {
    /// The member on whom it acted; of a merge that is taken back the one who remained, too.
    Member(Box<Member>, Option<Box<Member>>),
    /// Members whom it confirmed.
    Confirmed(i64),
    Union(Box<Union>),
    Employer(Box<Employer>),
    Change(Box<StructureChange>),
}

impl Call {
    /// The same under a request id.
    pub(super) fn under(mut self, id: Uuid) -> Self {
        let request_id = match &mut self {
            Self::Create(request) => &mut request.request_id,
            Self::Update(request) => &mut request.request_id,
            Self::Apply(request) => &mut request.request_id,
            Self::DecideApplication(request) => &mut request.request_id,
            Self::Admit(request) => &mut request.request_id,
            Self::Transfer(request) => &mut request.request_id,
            Self::DecideTransfer(request) => &mut request.request_id,
            Self::Retain(request) => &mut request.request_id,
            Self::Resume(request) => &mut request.request_id,
            Self::End(request) => &mut request.request_id,
            Self::Correct(request) => &mut request.request_id,
            Self::MergeMembers(request) => &mut request.request_id,
            Self::Unmerge(request) => &mut request.request_id,
            Self::Confirm(request) => &mut request.request_id,
            Self::ConfirmUnion(request) => &mut request.request_id,
            Self::Found(request) => &mut request.request_id,
            Self::MergeUnions(request) => &mut request.request_id,
            Self::Dissolve(request) => &mut request.request_id,
            Self::Affiliate(request) => &mut request.request_id,
            Self::Enter(request) => &mut request.request_id,
            Self::Close(request) => &mut request.request_id,
        };
        *request_id = id.to_string();
        self
    }

    /// Makes it.
    pub(super) async fn send(self, clients: &Clients) -> Result<Answer, Status> {
        use Answer::{Change, Confirmed};
        let Clients { mut members, mut memberships, mut protection, .. } = clients.clone();
        let Clients { mut confirmations, mut unions, mut employers, .. } = clients.clone();
        match self {
            Self::Create(request) => members.create_member(request).await.map(member),
            Self::Update(request) => members.update_member(request).await.map(member),
            Self::Apply(request) => memberships.apply_for_membership(request).await.map(member),
            Self::DecideApplication(request) => {
                memberships.decide_application(request).await.map(member)
            }
            Self::Admit(request) => memberships.admit_member(request).await.map(member),
            Self::Transfer(request) => memberships.transfer_member(request).await.map(member),
            Self::DecideTransfer(request) => memberships.decide_transfer(request).await.map(member),
            Self::Retain(request) => memberships.retain_membership(request).await.map(member),
            Self::Resume(request) => memberships.resume_membership(request).await.map(member),
            Self::End(request) => memberships.end_membership(request).await.map(member),
            Self::Correct(request) => {
                let answer = protection.correct_document(request).await?.into_inner();
                Ok(pair(answer.member, None))
            }
            Self::MergeMembers(request) => {
                let answer = protection.merge_members(request).await?.into_inner();
                Ok(pair(answer.member, None))
            }
            Self::Unmerge(request) => {
                let answer = protection.unmerge_members(request).await?.into_inner();
                Ok(pair(answer.member, answer.remained))
            }
            Self::Confirm(request) => confirmations.confirm_member(request).await.map(member),
            Self::ConfirmUnion(request) => {
                let answer = confirmations.confirm_union_members(request).await?.into_inner();
                Ok(Confirmed(answer.confirmed_count))
            }
            Self::Found(request) => unions.create_union(*request).await.map(union),
            Self::Dissolve(request) => unions.dissolve_union(request).await.map(union),
            Self::MergeUnions(request) => {
                Ok(Change(Box::new(unions.merge_unions(request).await?.into_inner())))
            }
            Self::Affiliate(request) => {
                Ok(Change(Box::new(unions.affiliate_union(request).await?.into_inner())))
            }
            Self::Enter(request) => employers.create_employer(request).await.map(employer),
            Self::Close(request) => employers.close_employer(request).await.map(employer),
        }
    }
}

fn member(answer: Response<Member>) -> Answer {
    Answer::Member(Box::new(answer.into_inner()), None)
}

fn pair(member: Option<Member>, remained: Option<Member>) -> Answer {
    Answer::Member(Box::new(member.unwrap_or_default()), remained.map(Box::new))
}

fn union(answer: Response<Union>) -> Answer {
    Answer::Union(Box::new(answer.into_inner()))
}

fn employer(answer: Response<Employer>) -> Answer {
    Answer::Employer(Box::new(answer.into_inner()))
}
