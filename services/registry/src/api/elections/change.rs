//! Steps of an election up to its result.

use prost::Message;
use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::Done,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{
    CallElectionRequest, CancelElectionRequest, Election as ElectionMessage, ElectionRecord,
    FileElectionRequest, HoldElectionRequest, PostponeElectionRequest, VoidElectionRequest,
};

use super::{Elections, decode, effect, encode};
use crate::{
    api::{
        officers::{Held, Opened, open, required},
        order::{Order, orders},
        unions, wire,
    },
    rules::{
        Refusal,
        area::AreaPath,
        election::{
            Election, ElectionFault, ElectionKind, Stage, call, cancel, hold, postpone, void,
        },
        office::ElectionId,
        union::{
            change::{UnionFault, with_begun},
            term::Postponement,
        },
    },
    store::{
        elections::{self, ElectionRecord as Kept, Taken},
        employers::find_areas,
        officers,
        unions::UnionRecord,
    },
};

orders!(
    PostponeElectionRequest,
    HoldElectionRequest,
    FileElectionRequest,
    CancelElectionRequest,
    VoidElectionRequest,
);

/// An election that is held for a step.
pub(super) struct HeldElection {
    pub(super) held: Held,
    pub(super) before: Kept,
}

/// A step that is begun, or the answer to one that was done before.
pub(super) enum Step {
    Fresh(Box<HeldElection>),
    Done(Box<ElectionMessage>),
}

impl Elections {
    pub(super) async fn call(
        &self,
        request: Call<CallElectionRequest>,
    ) -> Outcome<ElectionMessage> {
        let message = &request.message;
        let given = message.election.as_ref().ok_or_else(|| required("election"))?;
        let union = unions::id(&message.parent)?;
        let (plan, years) = decode::plan(union, given)?;
        let order = Order {
            name: &message.parent,
            etag: "",
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let held = match open(&self.register, &request, order, union).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.shown(&request.caller, &done.record).await,
        };
        let conn = held.entry.conn();
        // Only a founding election asks whether there was one.
        let (founding, today) = (plan.kind == ElectionKind::Founding, held.entry.today());
        let founded = founding && elections::founded(conn, union, today).await?;
        let called = call(plan, years, &held.union.facts, (founded, today));
        let plan = called.map_err(|fault| fault.to_fault())?;
        if let Some((_, years)) = plan.term {
            // The term begins when the assembly is held; the filing judges by that day again.
            let level = held.union.facts.levels.rows().last().map(|row| row.value);
            let lawful = years.lawful(&self.register.law, level, plan.planned_on);
            lawful.map_err(|fault| UnionFault::Term(fault).to_fault())?;
        }
        for id in &plan.removals {
            let name = officers::resource_name(union, *id);
            officers::load(conn, union, *id).await?.ok_or_else(|| not_found(&name))?;
        }
        let id = ElectionId(self.register.ledger.ids().fresh());
        let election = Election { plan, stage: Stage::Planned };
        match elections::insert(conn, (id, union), election, held.entry.now()).await? {
            Ok(record) => {
                let union = held.union.clone();
                self.finish(held, union, record, ("called", order.validate_only)).await
            }
            Err(Taken) => {
                held.entry.discard().await?;
                let reader = self.register.ledger.db().reader();
                // It may have been closed between the two statements: another try succeeds then.
                let open = elections::find_open(reader, union).await?;
                let open = open.ok_or_else(|| Fault::new(&kit_reasons::CONFLICT))?;
                Err(ElectionFault::Open.to_fault().with("election", open.name()))
            }
        }
    }

    pub(super) async fn hold(&self, call: Call<HoldElectionRequest>) -> Outcome<ElectionMessage> {
        let message = &call.message;
        let given = message.record.as_ref().ok_or_else(|| required("record"))?;
        self.constituencies(given).await?;
        self.step(&call, Order::from(message), "held", |held| {
            let election = &held.before.election;
            let record = decode::record(given, &election.plan.venue)?;
            let (facts, today) = (&held.held.union.facts, held.held.entry.today());
            hold(election, record, facts, today).map_err(|fault| fault.to_fault())
        })
        .await
    }

    /// The areas that elected delegates were there on the day. Areas stay once they are recorded, so
    /// nothing is held.
    async fn constituencies(&self, given: &ElectionRecord) -> Outcome<()> {
        let lots = given.delegate_lots.iter().map(|lot| lot.constituency.as_str());
        let areas = lots.filter(|name| name.starts_with("areas/")).map(unions::area);
        let areas: Vec<AreaPath> = areas.collect::<Outcome<_>>()?;
        if areas.is_empty() {
            return Ok(());
        }
        let day = decode::day("record.held_on", &given.held_on)?;
        let found = find_areas(self.register.ledger.db().reader(), &areas).await?;
        let there = |area: &&AreaPath| found.get(area).is_some_and(|fact| fact.period.covers(day));
        match areas.iter().find(|area| !there(area)) {
            Some(area) => Err(UnionFault::AreaNotOpen(area.clone(), day).to_fault()),
            None => Ok(()),
        }
    }

    pub(super) async fn cancel(
        &self,
        call: Call<CancelElectionRequest>,
    ) -> Outcome<ElectionMessage> {
        let message = &call.message;
        let reason = decode::note("reason", &message.reason)?;
        let on = wire::day("effective_date", message.effective_date.as_ref())?;
        self.step(&call, Order::from(message), "cancelled", |held| {
            let today = held.held.entry.today();
            let on = decided_on(on.unwrap_or(today), today)?;
            cancel(&held.before.election, on, reason.clone()).map_err(|fault| fault.to_fault())
        })
        .await
    }

    pub(super) async fn void(&self, call: Call<VoidElectionRequest>) -> Outcome<ElectionMessage> {
        let message = &call.message;
        let reason = decode::note("reason", &message.reason)?;
        let on = wire::day("effective_date", message.effective_date.as_ref())?;
        self.step(&call, Order::from(message), "declared void", |held| {
            let today = held.held.entry.today();
            let on = decided_on(on.unwrap_or(today), today)?;
            void(&held.before.election, on, reason.clone()).map_err(|fault| fault.to_fault())
        })
        .await
    }

    pub(super) async fn postpone(
        &self,
        call: Call<PostponeElectionRequest>,
    ) -> Outcome<ElectionMessage> {
        let message = &call.message;
        let order = Order::from(message);
        let approval = message.approval.as_ref().ok_or_else(|| required("approval"))?;
        let postponement = Postponement {
            to: decode::day("postponed_to", &message.postponed_to)?,
            approved_on: Some(decode::day("approved_on", &message.approved_on)?),
            approval: Some(unions::approval(approval)?),
        };
        let HeldElection { mut held, before } = match self.begin(&call, order).await? {
            Step::Fresh(held) => *held,
            Step::Done(shown) => return Ok(*shown),
        };
        let today = held.entry.today();
        let put_off = postpone(&before.election, postponement, &held.union.facts, today);
        let (election, term) = put_off.map_err(|fault| fault.to_fault())?;
        let mut facts = held.union.facts.clone();
        if let Some(term) = term {
            facts = with_begun(&facts, term, today).map_err(|fault| fault.to_fault())?;
        }
        let union =
            effect::keep_terms(&mut held.entry, &held.union, facts, "re-election postponed")
                .await?;
        let after = elections::save(held.entry.conn(), &before, election, held.entry.now()).await?;
        self.finish(held, union, after, ("postponed", order.validate_only)).await
    }

    /// A step that changes the election alone.
    async fn step<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        what: &str,
        decide: impl Fn(&HeldElection) -> Outcome<Election>,
    ) -> Outcome<ElectionMessage> {
        let held = match self.begin(call, order).await? {
            Step::Fresh(held) => *held,
            Step::Done(shown) => return Ok(*shown),
        };
        let election = decide(&held)?;
        let HeldElection { held, before } = held;
        let after = elections::save(held.entry.conn(), &before, election, held.entry.now()).await?;
        let union = held.union.clone();
        self.finish(held, union, after, (what, order.validate_only)).await
    }

    /// Begins a step: the union is held, then the election read. `NOT_FOUND`, `ETAG_MISMATCH`.
    pub(super) async fn begin<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
    ) -> Outcome<Step> {
        let (union, id) = decode::name(order.name)?;
        let held = match open(&self.register, call, order, union).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => {
                return Ok(Step::Done(Box::new(self.shown(&call.caller, &done.record).await?)));
            }
        };
        let found = elections::load(held.entry.conn(), union, id).await?;
        let before = found.ok_or_else(|| not_found(order.name))?;
        if !order.etag.is_empty() && order.etag != before.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        Ok(Step::Fresh(Box::new(HeldElection { held, before })))
    }

    /// Notes a step in the books and commits it; with `validate_only` takes everything back.
    /// `union` is the union as the step leaves it.
    pub(super) async fn finish(
        &self,
        held: Held,
        union: UnionRecord,
        record: Kept,
        (what, validate_only): (&str, bool),
    ) -> Outcome<ElectionMessage> {
        let mut entry = held.entry;
        let shown = encode::election(&record, &union.facts)?;
        if validate_only {
            entry.discard().await?;
            return Ok(shown);
        }
        entry.not_before(record.updated_at);
        entry.event(effect::event(&record, &union)?);
        entry.audit(effect::audit(&record, &union, what));
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        Ok(shown)
    }
}

/// The day of a decision, which has been taken.
fn decided_on(on: CivilDate, today: CivilDate) -> Outcome<CivilDate> {
    if on > today {
        return Err(ElectionFault::Day(on, "it is after today", "晚于今日").to_fault());
    }
    Ok(on)
}
