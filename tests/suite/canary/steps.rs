//! What happens to members once they are entered: steps of the membership, confirmations, and sheets
//! to confirm by.

use anyhow::{Result, ensure};
use unionhall_proto::{
    common::v1::TemplateFormat,
    registry::v1::{
        ConfirmMemberRequest, ConfirmUnionMembersRequest, DecideTransferRequest,
        GetConfirmationSheetRequest, ListUnconfirmedUnionsRequest, ResumeMembershipRequest,
        RetainMembershipRequest, RetentionCause, TakeBackPassageRequest, TransferMemberRequest,
        TransferOutcome, WayIn,
    },
};
use unionhall_tests::samples::day;

use super::{Canary, of_kind, person};

impl Canary {
    /// Somebody who goes to another union and comes to rest there.
    pub(super) async fn steps(&mut self, other: &str) -> Result<()> {
        let documents = vec![of_kind("111", self.card())];
        let mobile = self.mobile();
        let entry = self.entry(person(documents, mobile), WayIn::Admitted, day(2014, 3, 1));
        let name = self.create(entry).await?;
        let mut memberships = self.clients.memberships.clone();
        let transfer = TransferMemberRequest {
            name: name.clone(),
            union: other.to_owned(),
            ..TransferMemberRequest::default()
        };
        self.net.told("TransferMember", memberships.transfer_member(transfer)).await?;
        let decision = DecideTransferRequest {
            name: name.clone(),
            outcome: TransferOutcome::Accepted.into(),
            ..DecideTransferRequest::default()
        };
        self.net.told("DecideTransfer", memberships.decide_transfer(decision)).await?;
        let retention = RetainMembershipRequest {
            name: name.clone(),
            cause: RetentionCause::Retired.into(),
            ..RetainMembershipRequest::default()
        };
        self.net.told("RetainMembership", memberships.retain_membership(retention)).await?;
        let resumption =
            ResumeMembershipRequest { name: name.clone(), ..ResumeMembershipRequest::default() };
        self.net.told("ResumeMembership", memberships.resume_membership(resumption)).await?;
        let taken = TakeBackPassageRequest { name, ..TakeBackPassageRequest::default() };
        self.net.told("TakeBackPassage", memberships.take_back_passage(taken)).await?;
        Ok(())
    }

    /// The work list, the sheets to confirm by, and confirmations of one and of all.
    pub(super) async fn confirm(&mut self, member: &str) -> Result<()> {
        let mut confirmations = self.clients.confirmations.clone();
        let list = ListUnconfirmedUnionsRequest {
            parent: "areas/-".to_owned(),
            confirmed_before: Some(day(2999, 1, 1)),
            ..ListUnconfirmedUnionsRequest::default()
        };
        let listed = confirmations.list_unconfirmed_unions(list);
        let listed = self.net.told("ListUnconfirmedUnions", listed).await?;
        ensure!(!listed.unconfirmed_unions.is_empty(), "nobody is to be confirmed");
        for format in [TemplateFormat::Csv, TemplateFormat::Xlsx] {
            let request = GetConfirmationSheetRequest {
                name: self.union.clone(),
                confirmed_before: Some(day(2999, 1, 1)),
                format: format.into(),
                ..GetConfirmationSheetRequest::default()
            };
            let sheet = confirmations.get_confirmation_sheet(request);
            let sheet = self.net.told("GetConfirmationSheet", sheet).await?;
            ensure!(sheet.member_count > 2, "{} members", sheet.member_count);
            self.net.keep_sheet("GetConfirmationSheet", sheet.content.to_vec())?;
        }
        let request =
            ConfirmMemberRequest { name: member.to_owned(), ..ConfirmMemberRequest::default() };
        self.net.told("ConfirmMember", confirmations.confirm_member(request)).await?;
        let request = ConfirmUnionMembersRequest {
            name: self.union.clone(),
            ..ConfirmUnionMembersRequest::default()
        };
        let confirmed = confirmations.confirm_union_members(request);
        self.net.told("ConfirmUnionMembers", confirmed).await?;
        Ok(())
    }
}
