//! Changing a case: its plan, its steps.

use prost::Message;
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::{
    mask,
    registry::v1::{
        CorrectFormationStepRequest, CoverByJointUnionRequest, EstablishUnionRequest,
        FormationCase, RecordFormationStepRequest, RegisterLegalPersonRequest,
        UpdateFormationCaseRequest,
    },
};

use super::{Formations, decode, encode, scoped};
use crate::{
    api::{
        findings,
        order::{Order, orders},
        unions as union_calls, wire,
    },
    rules::{
        Refusal,
        formation::{assembly::judge_assembly, founded, journal::Journal, step::Deed},
    },
    store::{
        formations::{self, CaseRecord, Taken},
        unions,
    },
};

orders!(
    RecordFormationStepRequest,
    CorrectFormationStepRequest,
    EstablishUnionRequest,
    RegisterLegalPersonRequest,
    CoverByJointUnionRequest
);

/// A change that was begun.
pub(super) enum Opened {
    /// The case as it was when the change began; not held yet.
    Fresh(Box<Entry>, Box<CaseRecord>),
    /// It was done before.
    Replay(Done),
}

impl Formations {
    pub(super) async fn update(
        &self,
        call: Call<UpdateFormationCaseRequest>,
    ) -> Outcome<FormationCase> {
        let message = &call.message;
        let given = message.formation_case.as_ref();
        let given = given.ok_or_else(|| wire::invalid("formation_case", "is required"))?;
        let order = Order {
            name: &given.name,
            etag: &message.etag,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let from = decode::day_of("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let (entry, peeked) = match self.open(&call, order).await? {
            Opened::Fresh(entry, peeked) => (entry, *peeked),
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let present = peeked.journal.plan();
        let mask = mask::paths(message.update_mask.as_ref());
        let plan = decode::amended(encode::settable(&peeked, &present), given, mask, from)?;
        plan.fits(&peeked.subject).map_err(|fault| fault.to_fault())?;
        if let Some(above) = plan.superior.filter(|above| present.superior != Some(*above)) {
            union_calls::superior(&entry, &call.caller, above).await?;
        }
        let held = held(&entry, order, &peeked).await?;
        if plan == present {
            return self.finish(entry, Some(&held), &held, order.validate_only).await;
        }
        let mut journal = held.journal.clone();
        let today = entry.today();
        let added = journal.add(Deed::Plan(Box::new(plan)), from, today);
        added.map_err(|fault| fault.to_fault())?;
        self.keep(&call.caller, entry, (&held, journal), order).await
    }

    pub(super) async fn record(
        &self,
        call: Call<RecordFormationStepRequest>,
    ) -> Outcome<FormationCase> {
        let message = &call.message;
        let order = Order::from(message);
        let given = message.step.as_ref().ok_or_else(|| wire::invalid("step", "is required"))?;
        let day = decode::day_of("step.day", &given.day)?.unwrap_or_else(|| self.today());
        let deed = decode::deed(given)?;
        let (entry, peeked) = match self.open(&call, order).await? {
            Opened::Fresh(entry, peeked) => (entry, *peeked),
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        founded_well(&entry, &peeked, &deed, day).await?;
        let held = held(&entry, order, &peeked).await?;
        let mut journal = held.journal.clone();
        let assembled = counts(&deed);
        journal.add(deed, day, entry.today()).map_err(|fault| fault.to_fault())?;
        held_well(assembled, &journal)?;
        self.keep(&call.caller, entry, (&held, journal), order).await
    }

    pub(super) async fn correct(
        &self,
        call: Call<CorrectFormationStepRequest>,
    ) -> Outcome<FormationCase> {
        let message = &call.message;
        let order = Order::from(message);
        let by = match &message.step {
            None => None,
            Some(given) => {
                let day = decode::day_of("step.day", &given.day)?;
                let (deed, day) = (decode::deed(given)?, day.unwrap_or_else(|| self.today()));
                Some((deed, day))
            }
        };
        let (entry, peeked) = match self.open(&call, order).await? {
            Opened::Fresh(entry, peeked) => (entry, *peeked),
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        if let Some((deed, day)) = &by {
            founded_well(&entry, &peeked, deed, *day).await?;
        }
        let held = held(&entry, order, &peeked).await?;
        let number = u32::try_from(message.number).unwrap_or(u32::MAX);
        let assembled = by.as_ref().is_none_or(|(deed, _)| counts(deed));
        let corrected = held.journal.correct(number, by, entry.today());
        let absent = || not_found(&format!("{}/steps/{}", order.name, message.number));
        let journal = corrected.ok_or_else(absent)?.map_err(|fault| fault.to_fault())?;
        held_well(assembled, &journal)?;
        self.judge_again(&entry, &held, &journal).await?;
        self.keep(&call.caller, entry, (&held, journal), order).await
    }

    /// Saves the steps and commits.
    pub(super) async fn keep(
        &self,
        caller: &Caller,
        entry: Box<Entry>,
        (held, journal): (&CaseRecord, Journal),
        order: Order<'_>,
    ) -> Outcome<FormationCase> {
        match formations::save(entry.conn(), held, &journal, entry.now()).await? {
            Ok(after) => self.finish(entry, Some(held), &after, order.validate_only).await,
            Err(Taken) => {
                entry.discard().await?;
                Err(self.taken(caller, &held.subject, &journal).await?)
            }
        }
    }

    /// Begins a change and looks at the case, from which follows what else is to be held. Cases are
    /// held last, by [`held`]. `NOT_FOUND`, `ETAG_MISMATCH`.
    pub(super) async fn open<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
    ) -> Outcome<Opened> {
        let id = decode::id(order.name)?;
        let entry = match self.register.ledger.begin(&call.intent(order.effective_id())).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return Ok(Opened::Replay(done)),
        };
        let peeked = formations::load(entry.conn(), &[id]).await?.remove(&id);
        let peeked = peeked.ok_or_else(|| not_found(order.name))?;
        let peeked = scoped(peeked).open(&call.caller.scope, order.name)?;
        unchanged(order, &peeked)?;
        Ok(Opened::Fresh(entry, Box::new(peeked)))
    }
}

/// The case, held; `CONFLICT` when it changed since it was looked at, `ETAG_MISMATCH` when the
/// caller said which one it meant.
pub(super) async fn held(
    entry: &Entry,
    order: Order<'_>,
    peeked: &CaseRecord,
) -> Outcome<CaseRecord> {
    let held = formations::load_for_update(entry.conn(), peeked.id).await?;
    let held = held.ok_or_else(|| not_found(order.name))?;
    unchanged(order, &held)?;
    if held.version == peeked.version { Ok(held) } else { Err(Fault::new(&kit_reasons::CONFLICT)) }
}

/// The union to which the case came is there, or gone, as the step asks; it is held.
async fn founded_well(
    entry: &Entry,
    case: &CaseRecord,
    deed: &Deed,
    day: CivilDate,
) -> Outcome<()> {
    let Some(id) = case.journal.founded().map(|founded| founded.union) else { return Ok(()) };
    if !founded::asks(deed) {
        return Ok(());
    }
    let union = unions::hold(entry.conn(), &[id]).await?.into_iter().next();
    let facts = union.as_ref().map(|record| &record.facts);
    let fits = founded::fits(deed, case.journal.state(), facts, day);
    fits.map_err(|fault| fault.to_fault())
}

/// Whether the step says who was due to the assembly, or how many members there were.
fn counts(deed: &Deed) -> bool {
    matches!(deed, Deed::Election(_) | Deed::Recruitment { .. })
}

/// An assembly is judged by the rules of its day.
fn held_well(assembled: bool, journal: &Journal) -> Outcome<()> {
    if !assembled {
        return Ok(());
    }
    judge_assembly(findings::rules()?, journal).map_err(|fault| fault.to_fault())
}

fn unchanged(order: Order<'_>, record: &CaseRecord) -> Outcome<()> {
    if order.etag.is_empty() || order.etag == record.etag() {
        return Ok(());
    }
    Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag))
}
