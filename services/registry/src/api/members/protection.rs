//! `MemberProtectionService`.

use tonic::{Request, Response, Status};
use unionhall_kit::call::Call;
use unionhall_proto::registry::v1::{
    RevealMemberRequest, RevealMemberResponse,
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
}
