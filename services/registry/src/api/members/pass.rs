//! What happens to a membership: one step a call.

use prost::Message;
use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::Entry,
    reasons as kit_reasons,
};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        AdmitMemberRequest, ApplicationOutcome, ApplyForMembershipRequest,
        DecideApplicationRequest, DecideTransferRequest, EndMembershipRequest, Member,
        ResumeMembershipRequest, RetainMembershipRequest, RetentionCause as CauseMessage,
        TakeBackPassageRequest, TransferMemberRequest, TransferOutcome, WayOut,
    },
};

use super::{
    Members,
    change::{Named, Opened, Opening},
    decode,
    enter::{visible_employer, visible_union},
    paths,
};
use crate::{
    api::{
        order::{Order, orders},
        unions::id as union_id,
    },
    rules::{
        Refusal,
        member::{
            Employment, MemberFault,
            change::{MemberChange, Surroundings, amend, concerned, pass, take_back},
            membership::Standing,
            passage::{Passage, RetentionCause, Step},
        },
        union::{EmployerId, UnionId},
    },
    store::{
        members::{MemberRecord, Numbers, Stand},
        structure_changes,
    },
};

orders!(
    ApplyForMembershipRequest,
    DecideApplicationRequest,
    AdmitMemberRequest,
    TransferMemberRequest,
    DecideTransferRequest,
    RetainMembershipRequest,
    ResumeMembershipRequest,
    EndMembershipRequest,
    TakeBackPassageRequest,
);

/// Whose step it is, which a caller must see to record it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The union of the person.
    Own,
    /// The union to which the membership is to pass.
    Other,
}

/// A step that a call asks for.
struct Asked<'a> {
    /// The step, given how the person stands.
    step: Box<dyn Fn(Standing) -> Outcome<Step> + Send + Sync + 'a>,
    day: &'a Option<Date>,
    side: Side,
    /// A union that the caller names and has to see.
    union: Option<UnionId>,
    /// The union to which the membership is to pass: to be named it need not be seen.
    target: Option<UnionId>,
    /// Where the person works from that day on.
    employer: Option<EmployerId>,
    /// What the audit calls it.
    what: &'static str,
}

impl<'a> Asked<'a> {
    fn new(step: Step, day: &'a Option<Date>, what: &'static str) -> Self {
        let step = Box::new(move |_| Ok(step.clone()));
        Self { step, day, side: Side::Own, union: None, target: None, employer: None, what }
    }
}

impl Members {
    pub(super) async fn apply(&self, call: Call<ApplyForMembershipRequest>) -> Outcome<Member> {
        let message = &call.message;
        let union = union_id(&message.union)?;
        let asked = Asked::new(Step::Applied(union), &message.effective_date, "applied");
        self.step(&call, Order::from(message), Asked { union: Some(union), ..asked }).await
    }

    pub(super) async fn decide_application(
        &self,
        call: Call<DecideApplicationRequest>,
    ) -> Outcome<Member> {
        let message = &call.message;
        let day = &message.effective_date;
        let asked = match message.outcome() {
            ApplicationOutcome::Admitted => {
                let step = Box::new(|standing| match standing {
                    Standing::Applicant { union, .. } => Ok(Step::Admitted(union)),
                    other => Err(MemberFault::Step("ADMITTED", other.code()).to_fault()),
                });
                Asked { step, ..Asked::new(Step::TakenBack, day, "admitted") }
            }
            ApplicationOutcome::Refused => {
                Asked::new(Step::Refused(decode::needed_note(&message.note)?), day, "refused")
            }
            ApplicationOutcome::TakenBack => Asked::new(Step::TakenBack, day, "taken back"),
            ApplicationOutcome::Unspecified => return Err(decode::required("outcome")),
        };
        self.step(&call, Order::from(message), asked).await
    }

    pub(super) async fn admit(&self, call: Call<AdmitMemberRequest>) -> Outcome<Member> {
        let message = &call.message;
        let union = union_id(&message.union)?;
        let step = if message.transferred {
            Step::TransferredIn(union, decode::note(&message.note)?)
        } else {
            Step::Admitted(union)
        };
        let asked = Asked::new(step, &message.effective_date, "admitted");
        self.step(&call, Order::from(message), Asked { union: Some(union), ..asked }).await
    }

    pub(super) async fn transfer(&self, call: Call<TransferMemberRequest>) -> Outcome<Member> {
        let message = &call.message;
        let union = union_id(&message.union)?;
        let day = &message.effective_date;
        let asked = Asked::new(Step::TransferAsked(union), day, "transfer asked");
        self.step(&call, Order::from(message), Asked { target: Some(union), ..asked }).await
    }

    pub(super) async fn decide_transfer(
        &self,
        call: Call<DecideTransferRequest>,
    ) -> Outcome<Member> {
        let message = &call.message;
        let day = &message.effective_date;
        let employer = decode::employer("employer", &message.employer)?;
        let asked = match message.outcome() {
            TransferOutcome::Accepted => Asked {
                side: Side::Other,
                employer,
                ..Asked::new(Step::TransferAccepted, day, "transfer accepted")
            },
            _ if employer.is_some() => {
                let why = "goes with acceptance only";
                return Err(Fault::new(&kit_reasons::INVALID_FIELD).violation("employer", why));
            }
            TransferOutcome::Refused => {
                let step = Step::TransferRefused(decode::needed_note(&message.note)?);
                Asked { side: Side::Other, ..Asked::new(step, day, "transfer refused") }
            }
            TransferOutcome::Cancelled => {
                Asked::new(Step::TransferCancelled, day, "transfer cancelled")
            }
            TransferOutcome::Unspecified => return Err(decode::required("outcome")),
        };
        self.step(&call, Order::from(message), asked).await
    }

    pub(super) async fn retain(&self, call: Call<RetainMembershipRequest>) -> Outcome<Member> {
        let message = &call.message;
        let cause = match message.cause() {
            CauseMessage::Retired => RetentionCause::Retired,
            CauseMessage::Unemployed => RetentionCause::Unemployed,
            CauseMessage::MilitaryService => RetentionCause::MilitaryService,
            CauseMessage::EmployerEnded => RetentionCause::EmployerEnded,
            CauseMessage::UnionEnded => RetentionCause::UnionEnded,
            CauseMessage::Other => RetentionCause::Other,
            CauseMessage::Unspecified => return Err(decode::required("cause")),
        };
        let asked = Asked::new(Step::Retained(cause), &message.effective_date, "retained");
        self.step(&call, Order::from(message), asked).await
    }

    pub(super) async fn resume(&self, call: Call<ResumeMembershipRequest>) -> Outcome<Member> {
        let message = &call.message;
        let asked = Asked::new(Step::Resumed, &message.effective_date, "resumed");
        self.step(&call, Order::from(message), asked).await
    }

    pub(super) async fn end(&self, call: Call<EndMembershipRequest>) -> Outcome<Member> {
        let message = &call.message;
        let step = match message.way_out() {
            WayOut::Withdrawn => Step::Withdrawn,
            WayOut::DeemedWithdrawn => Step::DeemedWithdrawn,
            WayOut::Expelled => Step::Expelled(decode::needed_note(&message.note)?),
            WayOut::Transferred => Step::TransferredOut(decode::note(&message.note)?),
            WayOut::Deceased => Step::Deceased,
            WayOut::Unspecified => return Err(decode::required("way_out")),
        };
        let asked = Asked::new(step, &message.effective_date, "membership ended");
        self.step(&call, Order::from(message), asked).await
    }

    pub(super) async fn take_back(&self, call: Call<TakeBackPassageRequest>) -> Outcome<Member> {
        let order = Order::from(&call.message);
        let opening = match self.open(&call, order, Named::default()).await? {
            Opened::Fresh(opening) => *opening,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        sees(&call, &opening.record, Side::Own, order.name)?;
        arrived(&opening).await?;
        let Opening { entry, record, held, .. } = &opening;
        let union = |id: UnionId| held.unions.get(&id).map(|union| &union.facts);
        let facts = take_back(&record.facts, entry.today(), union);
        let facts = facts.map_err(|fault: MemberFault| fault.to_fault())?;
        self.keep(&call, order, opening, (facts, Numbers::default()), "step taken back").await
    }

    async fn step<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        asked: Asked<'_>,
    ) -> Outcome<Member> {
        let on = decode::day("effective_date", asked.day)?.unwrap_or_else(|| self.today());
        let named = Named {
            unions: asked.union.or(asked.target).into_iter().collect(),
            employers: asked.employer.into_iter().collect(),
            ..Named::default()
        };
        let opening = match self.open(call, order, named).await? {
            Opened::Fresh(opening) => *opening,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        sees(call, &opening.record, asked.side, order.name)?;
        arrived(&opening).await?;
        let facts = self.passed(call, &opening, &asked, on)?;
        self.keep(call, order, opening, (facts, Numbers::default()), asked.what).await
    }

    fn passed<M>(
        &self,
        call: &Call<M>,
        opening: &Opening,
        asked: &Asked<'_>,
        on: CivilDate,
    ) -> Outcome<crate::rules::member::MemberFacts> {
        let Opening { entry, record, held, areas } = opening;
        if let Some(union) = asked.union {
            visible_union(&call.caller, held, union)?;
        }
        let standing = record.facts.passages.last_standing();
        let step = (asked.step)(standing)?;
        let union =
            concerned(&step, standing).and_then(|id| held.unions.get(&id).map(|u| (id, &u.facts)));
        let employer = visible_employer(&call.caller, held, asked.employer)?;
        let around = Surroundings {
            today: entry.today(),
            areas,
            lists: self.register.reference,
            union,
            employer,
        };
        let refused = |fault: MemberFault| fault.to_fault();
        let mut facts = pass(&record.facts, Passage { on, step }, around).map_err(refused)?;
        if let Some((employer, _)) = employer {
            let status = facts.employments.on(on).and_then(|employment| employment.status);
            let employment = Employment { employer: Some(employer), status };
            let change = MemberChange::Employment(Some(employment));
            facts = amend(&facts, &[change], on, around).map_err(refused)?;
        }
        Ok(facts)
    }
}

/// `CONFLICT` while the person is still to follow the end or the split of a union: the next step
/// follows from where that leaves them.
async fn arrived(opening: &Opening) -> Outcome<()> {
    followed(&opening.entry, &opening.record).await
}

/// As [`arrived`], of a person who is held.
pub(super) async fn followed(entry: &Entry, record: &MemberRecord) -> Outcome<()> {
    let stands = [(record.id, record.facts.passages.last_standing())];
    let under_way = structure_changes::awaited(entry.conn(), stands).await?;
    if under_way { Err(Fault::new(&kit_reasons::CONFLICT)) } else { Ok(()) }
}

/// Who may see a person through the union to which the membership is to pass may accept or refuse,
/// and nothing else.
pub(super) fn sees<M>(
    call: &Call<M>,
    record: &MemberRecord,
    side: Side,
    name: &str,
) -> Outcome<()> {
    let stand: Option<&Stand> = match side {
        Side::Own => record.stand.as_ref(),
        // Without a transfer the step itself is refused, which says more.
        Side::Other => record.transfer.as_ref().or(record.stand.as_ref()),
    };
    let (area, path) = paths(stand);
    call.caller.require_sight(name, area.as_ref(), path.as_ref())
}
