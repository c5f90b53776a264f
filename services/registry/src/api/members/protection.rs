//! `MemberProtectionService`.

use tonic::{Request, Response, Status};
use unionhall_kit::call::Call;
use unionhall_proto::registry::v1::{
    CorrectDocumentRequest, CorrectDocumentResponse, EraseMemberRequest, EraseMemberResponse,
    MergeMembersRequest, MergeMembersResponse, RevealMemberRequest, RevealMemberResponse,
    UnmergeMembersRequest, UnmergeMembersResponse,
    member_protection_service_server::MemberProtectionService,
};

use super::{Members, answer};

#[tonic::async_trait]
impl MemberProtectionService for Members {
    async fn reveal_member(
        &self,
        request: Request<RevealMemberRequest>,
    ) -> Result<Response<RevealMemberResponse>, Status> {
        answer(self.reveal(Call::open(request)?).await)
    }

    async fn correct_document(
        &self,
        request: Request<CorrectDocumentRequest>,
    ) -> Result<Response<CorrectDocumentResponse>, Status> {
        answer(self.correct(Call::open(request)?).await)
    }

    async fn merge_members(
        &self,
        request: Request<MergeMembersRequest>,
    ) -> Result<Response<MergeMembersResponse>, Status> {
        answer(self.merge(Call::open(request)?).await)
    }

    async fn unmerge_members(
        &self,
        request: Request<UnmergeMembersRequest>,
    ) -> Result<Response<UnmergeMembersResponse>, Status> {
        answer(self.unmerge(Call::open(request)?).await)
    }

    async fn erase_member(
        &self,
        request: Request<EraseMemberRequest>,
    ) -> Result<Response<EraseMemberResponse>, Status> {
        answer(self.erase(Call::open(request)?).await)
    }
}
