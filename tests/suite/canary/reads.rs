//! Everything that shows members.

use anyhow::{Result, ensure};
use unionhall_proto::{
    common::v1::{ExplainRequest, ListChangesRequest},
    registry::v1::{
        BatchGetMembersRequest, DiscloseMemberRequest, GetMemberRequest, ListMemberFactsRequest,
        ListMembersRequest, ListSubjectRequestsRequest, ListUnionFactsRequest, ListUnionsRequest,
    },
};

use super::Canary;

impl Canary {
    /// Everything that shows members.
    pub(super) async fn read(&mut self, names: &[String]) -> Result<()> {
        let mut members = self.clients.members.clone();
        let request = BatchGetMembersRequest { names: names.to_vec(), day: None };
        self.net.told("BatchGetMembers", members.batch_get_members(request)).await?;
        let request = ListMembersRequest::default();
        let listed = self.net.told("ListMembers", members.list_members(request)).await?;
        ensure!(!listed.members.is_empty(), "nobody is listed");
        for name in names {
            let request = GetMemberRequest { name: name.clone(), day: None };
            self.net.told("GetMember", members.get_member(request)).await?;
            let request = ListMemberFactsRequest {
                parent: name.clone(),
                ..ListMemberFactsRequest::default()
            };
            self.net.told("ListMemberFacts", members.list_member_facts(request)).await?;
            let mut subjects = self.clients.subjects.clone();
            let request = DiscloseMemberRequest {
                name: name.clone(),
                reason: "本人查阅".to_owned(),
                ..DiscloseMemberRequest::default()
            };
            let disclosed =
                self.net.told("DiscloseMember", subjects.disclose_member(request)).await?;
            ensure!(!disclosed.acts.is_empty(), "nobody did anything");
        }
        let mut subjects = self.clients.subjects.clone();
        let request = ListSubjectRequestsRequest {
            parent: "members/-".to_owned(),
            ..ListSubjectRequestsRequest::default()
        };
        let listed = subjects.list_subject_requests(request);
        self.net.told("ListSubjectRequests", listed).await?;
        let mut unions = self.clients.unions.clone();
        let request = ListUnionFactsRequest {
            parent: self.union.clone(),
            ..ListUnionFactsRequest::default()
        };
        self.net.told("ListUnionFacts", unions.list_union_facts(request)).await?;
        let request = ListUnionsRequest::default();
        self.net.told("ListUnions", unions.list_unions(request)).await?;
        let mut metrics = self.clients.metrics.clone();
        let request = ExplainRequest {
            metric: "metrics/members".to_owned(),
            node: self.union.clone(),
            ..ExplainRequest::default()
        };
        self.net.told("Explain", metrics.explain(request)).await?;
        self.changes().await
    }

    async fn changes(&mut self) -> Result<()> {
        let (mut cursor, mut seen) = (String::new(), 0);
        loop {
            let mut changes = self.clients.changes.clone();
            // What was committed last may not be in the feed yet.
            let wait = Some(prost_types::Duration { seconds: 2, nanos: 0 });
            let request = ListChangesRequest { cursor, page_size: 100, wait };
            let page = self.net.told("ListChanges", changes.list_changes(request)).await?;
            seen += page.changes.len();
            if page.changes.is_empty() {
                ensure!(seen > 10, "{seen} changes");
                return Ok(());
            }
            cursor = page.next_cursor;
        }
    }
}
