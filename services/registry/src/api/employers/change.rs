//! Changing an employer: update, headcount, state, withdrawal.

use prost::Message;
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    path::Line,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::{
    google::r#type::Date,
    mask,
    registry::v1::{
        CloseEmployerRequest, CoverEmployerRequest, DeleteEmployerRequest, Employer,
        RecordWorkforceRequest, ResumeEmployerRequest, SuspendEmployerRequest,
        UncoverEmployerRequest, UpdateEmployerRequest,
    },
};

use super::{Employers, decode, effect, encode, scoped};
pub(super) use crate::api::order::Order;
use crate::{
    api::order::orders,
    rules::{
        Refusal,
        area::{AreaPath, tree::AreaTree},
        employer::{
            EmployerFacts, Status,
            change::{EmployerChange, Surroundings, amend},
        },
        reasons,
        union::{EmployerId, UnionId},
    },
    store::{
        employers::{self, EmployerRecord, Taken, hold_areas},
        grounds,
        unions::{self, UnionRecord},
    },
};

orders!(
    RecordWorkforceRequest,
    SuspendEmployerRequest,
    ResumeEmployerRequest,
    CloseEmployerRequest,
    DeleteEmployerRequest,
    CoverEmployerRequest,
    UncoverEmployerRequest
);

/// An employer that is held for a change.
pub(super) struct Held {
    pub(super) entry: Box<Entry>,
    pub(super) record: EmployerRecord,
    pub(super) areas: AreaTree,
    /// The unions that the change relies on, or makes.
    pub(super) unions: Vec<UnionRecord>,
}

/// What a change relies on beside the employer: areas, a day, and unions.
pub(super) type Relied<'a> = (&'a [AreaPath], CivilDate, &'a [UnionId]);

/// How a change holds the unions that it names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Grip {
    /// It relies on them.
    Rely,
    /// It changes them.
    Change,
}

pub(super) enum Opened {
    Fresh(Box<Held>),
    Replay(Done),
}

impl Employers {
    pub(super) async fn update(&self, call: Call<UpdateEmployerRequest>) -> Outcome<Employer> {
        let message = &call.message;
        let given = message.employer.as_ref().ok_or_else(|| decode::required("employer"))?;
        let order = Order {
            name: &given.name,
            etag: &message.etag,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let mask = mask::paths(message.update_mask.as_ref());
        let masked = |path: &String| path == "*" || path.starts_with("actual_address");
        let moves = mask.is_empty() || mask.iter().any(masked);
        let named = match &given.actual_address {
            // Not every masked address is whole; one without an area keeps the present one.
            Some(address) if moves && !address.area.is_empty() => vec![decode::area(address)?],
            _ => Vec::new(),
        };
        let decide = |record: &EmployerRecord, around: Surroundings<'_>| {
            let present = encode::settable(&record.facts, from);
            let changes = decode::amended(&present, given, mask, from)?;
            within_scope(&call.caller, &changes)?;
            amend(&record.facts, &changes, from, around).map_err(|fault| fault.to_fault())
        };
        self.change(&call, order, (&named, from, &[]), "updated", decide).await
    }

    pub(super) async fn count(&self, call: Call<RecordWorkforceRequest>) -> Outcome<Employer> {
        let message = &call.message;
        let given = message.workforce.as_ref().ok_or_else(|| decode::required("workforce"))?;
        let counted_on = decode::day("workforce.counted_on", &given.counted_on)?;
        let counted_on = counted_on.ok_or_else(|| decode::required("workforce.counted_on"))?;
        let change = decode::headcount(given)?;
        let decide = |record: &EmployerRecord, around: Surroundings<'_>| {
            // A count may be older than the record, whose first day bounds every other fact.
            let from = record.facts.first_day().map_or(counted_on, |first| first.max(counted_on));
            amend(&record.facts, &[change], from, around).map_err(|fault| fault.to_fault())
        };
        let order = Order::from(message);
        self.change(&call, order, (&[], counted_on, &[]), "headcount recorded", decide).await
    }

    /// Suspends or resumes.
    pub(super) async fn turn<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        effective_date: Option<Date>,
        status: Status,
    ) -> Outcome<Employer> {
        let from = decode::day("effective_date", &effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let decide = |record: &EmployerRecord, around: Surroundings<'_>| {
            let change = [EmployerChange::Status(status)];
            amend(&record.facts, &change, from, around).map_err(|fault| fault.to_fault())
        };
        self.change(call, order, (&[], from, &[]), "state set", decide).await
    }

    pub(super) async fn delete(&self, call: Call<DeleteEmployerRequest>) -> Outcome<()> {
        let order = Order::from(&call.message);
        let held = match self.open(&call, order, (&[], self.today(), &[])).await? {
            Opened::Fresh(held) => held,
            Opened::Replay(_) => return Ok(()),
        };
        let Held { mut entry, record: before, .. } = *held;
        if unions::find_by_employer(entry.conn(), EmployerId(before.id)).await?.is_some() {
            let fault = Fault::new(&reasons::EMPLOYER_HAS_UNION).with("employer", before.name());
            return Err(fault.with("union", "-"));
        }
        let after = employers::remove(entry.conn(), &before, entry.now()).await?;
        if order.validate_only {
            return entry.discard().await;
        }
        let grounds = grounds::held(entry.conn(), [&before.facts]).await?;
        effect::note_removal(&self.register, &mut entry, &before, &after, &grounds).await?;
        entry.audit(effect::audit(Some(&before), &after, "withdrawn"));
        entry.commit(Done { record: after.name(), version: after.version }).await
    }

    async fn change<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        relied: Relied<'_>,
        what: &str,
        decide: impl FnOnce(&EmployerRecord, Surroundings<'_>) -> Outcome<EmployerFacts>,
    ) -> Outcome<Employer> {
        let Held { entry, record: before, areas, .. } = match self.open(call, order, relied).await?
        {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let around =
            Surroundings { today: entry.today(), areas: &areas, lists: self.register.reference };
        let facts = decide(&before, around)?;
        match employers::save(entry.conn(), &before, facts.clone(), entry.now()).await? {
            Ok(after) => self.finish(entry, Some(&before), &after, what, order.validate_only).await,
            Err(Taken) => {
                entry.discard().await?;
                Err(self.exists(&call.caller, &facts).await?)
            }
        }
    }

    /// Begins a change: areas are held first, then unions, then the employer. Which areas those are follows
    /// from the employer, so that it is looked at before; should it have moved in between, the
    /// caller tries again. `NOT_FOUND`, `ETAG_MISMATCH`, `CONFLICT`.
    pub(super) async fn open<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        relied: Relied<'_>,
    ) -> Outcome<Opened> {
        self.open_with(call, order, relied, Grip::Rely).await
    }

    /// The same, for a change of the unions too.
    pub(super) async fn open_with<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        (named, day, unions): Relied<'_>,
        grip: Grip,
    ) -> Outcome<Opened> {
        let id = decode::id(order.name)?;
        let request_id = order.effective_id();
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return Ok(Opened::Replay(done)),
        };
        let missing = || not_found(order.name);
        let peeked = employers::load(entry.conn(), &[id]).await?.remove(&id).ok_or_else(missing)?;
        let peeked = scoped(peeked).open(&call.caller.scope, order.name)?;
        let mut wanted = relied_on(&peeked, day);
        wanted.extend_from_slice(named);
        let areas = hold_areas(entry.conn(), &wanted).await?;
        let unions = match grip {
            Grip::Rely => unions::hold(entry.conn(), unions).await?,
            Grip::Change => unions::load_for_update(entry.conn(), unions).await?,
        };
        let locked = employers::load_for_update(entry.conn(), &[id]).await?;
        let record = locked.into_iter().next().ok_or_else(missing)?;
        let record = scoped(record).open(&call.caller.scope, order.name)?;
        if !relied_on(&record, day).iter().all(|area| wanted.contains(area)) {
            return Err(Fault::new(&kit_reasons::CONFLICT));
        }
        if !order.etag.is_empty() && order.etag != record.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        Ok(Opened::Fresh(Box::new(Held { entry, record, areas, unions })))
    }
}

/// The areas at which the employer stands, and stood on `day`.
fn relied_on(record: &EmployerRecord, day: CivilDate) -> Vec<AreaPath> {
    [Some(&record.area), record.facts.actual_area_on(day)].into_iter().flatten().cloned().collect()
}

/// Nobody moves an employer to where they may not see it.
fn within_scope(caller: &Caller, changes: &[EmployerChange]) -> Outcome<()> {
    for change in changes {
        if let EmployerChange::ActualAddress(address) = change {
            caller.require_node(Line::Area, address.area().path())?;
        }
    }
    Ok(())
}
