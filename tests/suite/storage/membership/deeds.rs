//! What writers do with members, each with whoever comes to hand and for any day.

use anyhow::Result;
use rand::rngs::StdRng;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        AdmitMemberRequest, ApplicationOutcome, ApplyForMembershipRequest, CreateMemberRequest,
        DecideApplicationRequest, DecideTransferRequest, DeleteMemberRequest, DissolveUnionRequest,
        EndMembershipRequest, IdentityDocument, Member, MembershipOutcome, ResumeMembershipRequest,
        RetainMembershipRequest, RetentionCause, TakeBackPassageRequest, TransferMemberRequest,
        TransferOutcome, UpdateMemberRequest, WayIn, WayOut, member_service_server::MemberService,
        membership_outcome::Outcome, membership_service_server::MembershipService,
        union::EndReason, union_service_server::UnionService,
    },
};

use super::super::{
    affiliation::{deeds::Dice, hall::Hall},
    restructure::everywhere,
};

const GROUPS: [&str; 4] = ["", "COURIER", "TRUCK_DRIVER", "SECURITY_GUARD"];
const SEXES: [&str; 3] = ["", "1", "2"];
const NOTE: &str = "某某";

impl Hall {
    /// Does one thing with a member, or with a union or an employer below some, or is refused.
    pub(in crate::storage) async fn member_deed(&self, random: &mut StdRng) -> Result<()> {
        let dice = Dice::cast(random);
        if self.wants_unions() && dice.kind.is_multiple_of(4) {
            return self.create_union(&dice).await;
        }
        if self.wants_members() && dice.kind.is_multiple_of(3) {
            return self.create_member(&dice).await;
        }
        match dice.kind {
            0..150 => self.deed(random).await,
            150..180 => self.merge_unions(&dice).await,
            180..200 => self.split_union(&dice).await,
            200..230 => self.dissolve_with_members(&dice).await,
            230..240 => self.close_employer(&dice).await,
            240..300 => self.apply(&dice).await,
            300..380 => self.decide_application(&dice).await,
            380..440 => self.admit(&dice).await,
            440..530 => self.transfer(&dice).await,
            530..630 => self.decide_transfer(&dice).await,
            630..680 => self.retain(&dice).await,
            680..730 => self.resume(&dice).await,
            730..780 => self.end_membership(&dice).await,
            780..820 => self.take_back(&dice).await,
            820..920 => self.update_member(&dice).await,
            920..930 => self.delete_member(&dice).await,
            _ if self.has_members() => self.transfer(&dice).await,
            _ => self.create_member(&dice).await,
        }
    }

    /// Mostly one of the last days, on which many steps meet.
    fn step_day(&self, dice: &Dice) -> Option<Date> {
        self.date(if dice.third.is_multiple_of(4) { dice.day } else { dice.day / 6 })
    }

    async fn create_member(&self, dice: &Dice) -> Result<()> {
        // Now and then somebody who is in the register.
        let serial = if dice.third.is_multiple_of(12) {
            u32::try_from(dice.other % 200)?
        } else {
            self.serial()
        };
        let document = IdentityDocument {
            document_type: "414".to_owned(),
            number: format!("E{serial:08}"),
            ..IdentityDocument::default()
        };
        let member = Member {
            display_name: NOTE.to_owned(),
            documents: vec![document],
            sex: SEXES[dice.third % SEXES.len()].to_owned(),
            employer: if dice.one.is_multiple_of(2) {
                String::new()
            } else {
                self.some_employer(dice)
            },
            worker_group: GROUPS[dice.other % GROUPS.len()].to_owned(),
            migrant_worker: dice.one.is_multiple_of(3).then_some(dice.one.is_multiple_of(2)),
            ..Member::default()
        };
        let way_in = [WayIn::Admitted, WayIn::Applied, WayIn::Admitted, WayIn::Transferred];
        let request = CreateMemberRequest {
            member: Some(member),
            union: self.union(dice.one).unwrap_or_default(),
            way_in: way_in[dice.third % way_in.len()].into(),
            effective_date: self.date(dice.day / 3),
            validate_only: dice.third.is_multiple_of(15),
            ..CreateMemberRequest::default()
        };
        let trial = request.validate_only;
        let answer = self.members.create_member(everywhere(request)).await;
        if let Some(member) = self.answered("enter a member", answer)?.filter(|_| !trial) {
            self.member_came(member.name);
        }
        Ok(())
    }

    fn some_employer(&self, dice: &Dice) -> String {
        let none = dice.other.is_multiple_of(4);
        self.employer(dice.other).filter(|_| !none).unwrap_or_default()
    }

    /// By a decision that says what becomes of members.
    async fn dissolve_with_members(&self, dice: &Dice) -> Result<()> {
        let (Some(name), Some(keeper)) = (self.union(dice.one), self.union(dice.other)) else {
            return Ok(());
        };
        let leaves = dice.third.is_multiple_of(4);
        let reason = if leaves { EndReason::MergedElsewhere } else { EndReason::Other };
        let membership = if leaves {
            MembershipOutcome { outcome: Outcome::ToSuccessor.into(), union: String::new() }
        } else {
            MembershipOutcome { outcome: Outcome::Retained.into(), union: keeper }
        };
        let request = DissolveUnionRequest {
            name: name.clone(),
            effective_date: self.date(dice.day),
            reason: reason.into(),
            decision: self.decision(),
            membership: Some(membership),
            ..DissolveUnionRequest::default()
        };
        let answer = self.unions.dissolve_union(everywhere(request)).await;
        self.ended(&name, dice, self.answered("dissolve a union with members", answer)?.is_some());
        Ok(())
    }

    async fn apply(&self, dice: &Dice) -> Result<()> {
        let (Some(name), Some(union)) = (self.member(dice.one), self.union(dice.other)) else {
            return Ok(());
        };
        let effective_date = self.step_day(dice);
        let request =
            ApplyForMembershipRequest { name, union, effective_date, ..Default::default() };
        let answer = self.members.apply_for_membership(everywhere(request)).await;
        self.answered("apply", answer).map(drop)
    }

    async fn decide_application(&self, dice: &Dice) -> Result<()> {
        use ApplicationOutcome::{Admitted, Refused, TakenBack};
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let outcomes = [Admitted, Refused, Admitted, TakenBack, Admitted];
        let request = DecideApplicationRequest {
            name,
            outcome: outcomes[dice.other % outcomes.len()].into(),
            effective_date: self.step_day(dice),
            note: NOTE.to_owned(),
            ..DecideApplicationRequest::default()
        };
        let answer = self.members.decide_application(everywhere(request)).await;
        self.answered("decide an application", answer).map(drop)
    }

    async fn admit(&self, dice: &Dice) -> Result<()> {
        let (Some(name), Some(union)) = (self.member(dice.one), self.union(dice.other)) else {
            return Ok(());
        };
        let request = AdmitMemberRequest {
            name,
            union,
            effective_date: self.step_day(dice),
            transferred: dice.third.is_multiple_of(5),
            note: NOTE.to_owned(),
            ..AdmitMemberRequest::default()
        };
        let answer = self.members.admit_member(everywhere(request)).await;
        self.answered("admit", answer).map(drop)
    }

    async fn transfer(&self, dice: &Dice) -> Result<()> {
        let (Some(name), Some(union)) = (self.member(dice.one), self.union(dice.other)) else {
            return Ok(());
        };
        let effective_date = self.step_day(dice);
        let request = TransferMemberRequest { name, union, effective_date, ..Default::default() };
        let answer = self.members.transfer_member(everywhere(request)).await;
        self.answered("ask for a transfer", answer).map(drop)
    }

    async fn decide_transfer(&self, dice: &Dice) -> Result<()> {
        use TransferOutcome::{Accepted, Cancelled, Refused};
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let outcomes = [Accepted, Refused, Accepted, Cancelled, Accepted];
        let outcome = outcomes[dice.other % outcomes.len()];
        let employer = if outcome == Accepted { self.some_employer(dice) } else { String::new() };
        let request = DecideTransferRequest {
            name,
            outcome: outcome.into(),
            effective_date: self.step_day(dice),
            note: NOTE.to_owned(),
            employer,
            ..DecideTransferRequest::default()
        };
        let answer = self.members.decide_transfer(everywhere(request)).await;
        self.answered("decide a transfer", answer).map(drop)
    }

    async fn retain(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let request = RetainMembershipRequest {
            name,
            cause: RetentionCause::Unemployed.into(),
            effective_date: self.step_day(dice),
            ..RetainMembershipRequest::default()
        };
        let answer = self.members.retain_membership(everywhere(request)).await;
        self.answered("retain", answer).map(drop)
    }

    async fn resume(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let effective_date = self.step_day(dice);
        let request = ResumeMembershipRequest { name, effective_date, ..Default::default() };
        let answer = self.members.resume_membership(everywhere(request)).await;
        self.answered("resume", answer).map(drop)
    }

    async fn end_membership(&self, dice: &Dice) -> Result<()> {
        use WayOut::{Deceased, DeemedWithdrawn, Expelled, Transferred, Withdrawn};
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let ways = [Withdrawn, DeemedWithdrawn, Expelled, Withdrawn, Transferred, Deceased];
        let request = EndMembershipRequest {
            name,
            way_out: ways[dice.other % ways.len()].into(),
            effective_date: self.step_day(dice),
            note: NOTE.to_owned(),
            ..EndMembershipRequest::default()
        };
        let answer = self.members.end_membership(everywhere(request)).await;
        self.answered("end a membership", answer).map(drop)
    }

    async fn take_back(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let request = TakeBackPassageRequest { name, ..Default::default() };
        let answer = self.members.take_back_passage(everywhere(request)).await;
        self.answered("take a step back", answer).map(drop)
    }

    async fn update_member(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let member = Member {
            name,
            employer: self.some_employer(dice),
            worker_group: GROUPS[dice.third % GROUPS.len()].to_owned(),
            migrant_worker: Some(dice.third.is_multiple_of(2)),
            ..Member::default()
        };
        let paths = [vec!["employer"], vec!["worker_group"], vec!["migrant_worker", "employer"]];
        let paths = paths[dice.other % 3].iter().map(|path| (*path).to_owned()).collect();
        let request = UpdateMemberRequest {
            member: Some(member),
            update_mask: Some(prost_types::FieldMask { paths }),
            effective_date: self.date(dice.day),
            ..UpdateMemberRequest::default()
        };
        let answer = self.members.update_member(everywhere(request)).await;
        self.answered("update a member", answer).map(drop)
    }

    async fn delete_member(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.member(dice.one) else { return Ok(()) };
        let request = DeleteMemberRequest { name: name.clone(), ..Default::default() };
        let answer = self.members.delete_member(everywhere(request)).await;
        if self.answered("withdraw a member", answer)?.is_some() {
            self.went(&name);
        }
        Ok(())
    }
}
