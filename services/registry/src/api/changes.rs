//! `ChangeFeed`: what kit answers, over the register's books.

use tonic::{Request, Response, Status};
use unionhall_kit::ledger::feed::desk::FeedDesk;
use unionhall_proto::{
    common::v1::{ListChangesRequest, ListChangesResponse},
    registry::v1::change_feed_server::ChangeFeed,
};

use crate::Register;

/// The service.
pub struct Changes(FeedDesk);

impl Changes {
    /// The feed of this register.
    pub fn new(register: Register) -> Self {
        Self(FeedDesk::new(register.ledger, register.pager))
    }
}

#[tonic::async_trait]
impl ChangeFeed for Changes {
    async fn list_changes(
        &self,
        request: Request<ListChangesRequest>,
    ) -> Result<Response<ListChangesResponse>, Status> {
        self.0.list_changes(request).await
    }
}
