//! What a writer asks for of a member.

use rand::{Rng, seq::IndexedRandom};
use unionhall_proto::registry::v1::{
    AdmitMemberRequest, ApplicationOutcome, ApplyForMembershipRequest, ConfirmMemberRequest,
    ConfirmUnionMembersRequest, CorrectDocumentRequest, CreateMemberRequest,
    DecideApplicationRequest, DecideTransferRequest, EndMembershipRequest, IdentityDocument,
    Member, MergeMembersRequest, ResumeMembershipRequest, RetainMembershipRequest, RetentionCause,
    TransferMemberRequest, TransferOutcome, UnmergeMembersRequest, UpdateMemberRequest, WayIn,
    WayOut,
};
use unionhall_tests::samples;
use uuid::Uuid;

use super::{
    NOTE,
    calls::Call,
    choices::{Chooser, DAYS},
    deed::{Deed, Operation},
    papers::Card,
};

/// Members whom one call confirms with their union.
const CONFIRMED_A_CALL: i32 = 4;
const GROUPS: [&str; 4] = ["", "COURIER", "TRUCK_DRIVER", "SECURITY_GUARD"];

impl Chooser<'_> {
    /// A number that nobody had, or now and then one that was given before.
    fn number(&mut self, again: bool) -> String {
        if again && self.random.random_range(0..8) == 0 {
            let given = self.random.random_range(0..self.papers.documents.len().max(1));
            if let Some(number) = self.papers.documents.keys().nth(given) {
                return number.clone();
            }
        }
        document_number(self.serial())
    }

    pub(super) fn create(&mut self) -> Operation {
        let number = self.number(true);
        let union = self.union();
        self.create_with(Deed::Create, number, union)
    }

    /// Two clerks of two unions enter one person.
    pub(super) fn race_to_enter(&mut self) -> Vec<Operation> {
        let number = self.number(false);
        let unions = [self.union(), self.union()];
        self.race(unions.map(|union| (number.clone(), union)), |own, (number, union)| {
            own.create_with(Deed::CreateBeside, number, union)
        })
    }

    pub(super) fn race<T>(
        &mut self,
        of: [T; 2],
        make: impl Fn(&mut Self, T) -> Operation,
    ) -> Vec<Operation> {
        let race = Some(Uuid::from_u128(self.random.random()));
        of.into_iter().map(|one| Operation { race, ..make(self, one) }).collect()
    }

    fn create_with(&mut self, deed: Deed, number: String, union: String) -> Operation {
        let way_in = [WayIn::Admitted, WayIn::Admitted, WayIn::Applied, WayIn::Transferred];
        let member = Member {
            display_name: samples::person_name(self.papers.serial),
            documents: vec![document(&number)],
            mobile: samples::mobile(self.papers.serial),
            employer: self.employer(),
            worker_group: (*GROUPS.choose(self.random).unwrap_or(&"")).to_owned(),
            ..Member::default()
        };
        let earliest = self.random.random_range(DAYS / 2..DAYS);
        let request = CreateMemberRequest {
            member: Some(member),
            union,
            way_in: (*way_in.choose(self.random).unwrap_or(&WayIn::Admitted)).into(),
            effective_date: self.day(earliest),
            ..CreateMemberRequest::default()
        };
        Operation { document: number, ..self.operation(deed, "", Call::Create(request)) }
    }

    pub(super) fn confirm(&mut self) -> Operation {
        let name = self.papers.kept_apart.choose(self.random).cloned().unwrap_or_default();
        let request = ConfirmMemberRequest { name: name.clone(), ..Default::default() };
        self.operation(Deed::Confirm, &name, Call::Confirm(request))
    }

    /// But for those who are confirmed one by one.
    pub(super) fn confirm_union(&mut self) -> Operation {
        let name = self.union();
        let request = ConfirmUnionMembersRequest {
            name: name.clone(),
            except_members: self.papers.kept_apart.clone(),
            page_size: CONFIRMED_A_CALL,
            ..ConfirmUnionMembersRequest::default()
        };
        self.operation(Deed::ConfirmUnion, &name, Call::ConfirmUnion(request))
    }

    /// The last that were merged, before much else happens to them.
    pub(super) fn unmerge(&mut self) -> Operation {
        let last = self.papers.merged.len().saturating_sub(4);
        let Some((name, other)) = self.papers.merged[last..].choose(self.random).cloned() else {
            return self.create();
        };
        let request = UnmergeMembersRequest { name: name.clone(), ..Default::default() };
        Operation { other, ..self.operation(Deed::Unmerge, &name, Call::Unmerge(request)) }
    }

    pub(super) fn of_member(&mut self, deed: Deed, card: &Card) -> Operation {
        match deed {
            Deed::Mobile | Deed::Employment | Deed::WorkerGroup => self.update(deed, card),
            Deed::Correct => self.correct(card),
            Deed::MergeMembers => self.merge_members(card),
            _ => self.step(deed, card),
        }
    }

    fn step(&mut self, deed: Deed, card: &Card) -> Operation {
        let (name, effective_date, union) = (card.name.clone(), self.next_day(card), self.union());
        let note = NOTE.to_owned();
        let call = match deed {
            Deed::Apply => Call::Apply(ApplyForMembershipRequest {
                name,
                union,
                effective_date,
                ..Default::default()
            }),
            Deed::AdmitApplicant | Deed::RefuseApplicant | Deed::TakeBackApplication => {
                let outcome = match deed {
                    Deed::AdmitApplicant => ApplicationOutcome::Admitted,
                    Deed::RefuseApplicant => ApplicationOutcome::Refused,
                    _ => ApplicationOutcome::TakenBack,
                };
                Call::DecideApplication(DecideApplicationRequest {
                    name,
                    outcome: outcome.into(),
                    effective_date,
                    note,
                    ..Default::default()
                })
            }
            Deed::AdmitAgain | Deed::ComeIn => Call::Admit(AdmitMemberRequest {
                name,
                union,
                effective_date,
                note,
                transferred: deed == Deed::ComeIn,
                ..Default::default()
            }),
            Deed::Transfer => Call::Transfer(TransferMemberRequest {
                name,
                union,
                effective_date,
                ..Default::default()
            }),
            Deed::AcceptTransfer | Deed::RefuseTransfer | Deed::CancelTransfer => {
                let (outcome, employer) = match deed {
                    Deed::AcceptTransfer => (TransferOutcome::Accepted, self.employer()),
                    Deed::RefuseTransfer => (TransferOutcome::Refused, String::new()),
                    _ => (TransferOutcome::Cancelled, String::new()),
                };
                Call::DecideTransfer(DecideTransferRequest {
                    name,
                    outcome: outcome.into(),
                    effective_date,
                    note,
                    employer,
                    ..Default::default()
                })
            }
            Deed::Retain => {
                let causes = [RetentionCause::Unemployed, RetentionCause::Retired];
                let cause = *causes.choose(self.random).unwrap_or(&RetentionCause::Other);
                Call::Retain(RetainMembershipRequest {
                    name,
                    cause: cause.into(),
                    effective_date,
                    ..Default::default()
                })
            }
            Deed::Resume => {
                Call::Resume(ResumeMembershipRequest { name, effective_date, ..Default::default() })
            }
            _ => {
                let way_out = match deed {
                    Deed::DeemWithdrawn => WayOut::DeemedWithdrawn,
                    Deed::Expel => WayOut::Expelled,
                    Deed::LeaveFor => WayOut::Transferred,
                    Deed::Die => WayOut::Deceased,
                    _ => WayOut::Withdrawn,
                };
                Call::End(EndMembershipRequest {
                    name,
                    way_out: way_out.into(),
                    effective_date,
                    note,
                    ..Default::default()
                })
            }
        };
        self.operation(deed, &card.name, call)
    }

    fn update(&mut self, deed: Deed, card: &Card) -> Operation {
        let path = match deed {
            Deed::Mobile => "mobile",
            Deed::Employment => "employer",
            _ => "worker_group",
        };
        let serial = self.serial();
        let member = Member {
            name: card.name.clone(),
            mobile: samples::mobile(serial),
            employer: self.employer(),
            worker_group: (*GROUPS.choose(self.random).unwrap_or(&"")).to_owned(),
            ..Member::default()
        };
        let number = self.random.random_range(0..DAYS);
        let request = UpdateMemberRequest {
            member: Some(member),
            update_mask: Some(prost_types::FieldMask { paths: vec![path.to_owned()] }),
            effective_date: self.day(number),
            ..UpdateMemberRequest::default()
        };
        self.operation(deed, &card.name, Call::Update(request))
    }

    fn correct(&mut self, card: &Card) -> Operation {
        let number = self.number(true);
        let request = CorrectDocumentRequest {
            name: card.name.clone(),
            document: Some(document(&number)),
            ..CorrectDocumentRequest::default()
        };
        let operation = self.operation(Deed::Correct, &card.name, Call::Correct(request));
        Operation { document: number, ..operation }
    }

    /// Into somebody whose first step came when the last one of this record was past, where there is
    /// anybody: what overlaps is refused.
    fn merge_members(&mut self, card: &Card) -> Operation {
        let cards = self.papers.lively.iter().map(|at| &self.papers.cards[*at]);
        let later = cards.filter(|other| other.days[0] >= card.days[1] && other.name != card.name);
        let later: Vec<&String> = later.map(|other| &other.name).collect();
        let name = later.choose(self.random).map(|name| (*name).clone());
        let name = name.or_else(|| self.card().map(|card| card.name)).unwrap_or_default();
        let request = MergeMembersRequest {
            name: name.clone(),
            source: card.name.clone(),
            ..MergeMembersRequest::default()
        };
        let operation = self.operation(Deed::MergeMembers, &name, Call::MergeMembers(request));
        Operation { other: card.name.clone(), ..operation }
    }
}

/// The number of the passport of somebody who is no other sample.
pub(super) fn document_number(serial: u32) -> String {
    format!("E{serial:08}")
}

pub(super) fn document(number: &str) -> IdentityDocument {
    IdentityDocument {
        document_type: "414".to_owned(),
        number: number.to_owned(),
        ..IdentityDocument::default()
    }
}
