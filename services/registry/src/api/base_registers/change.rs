//! Editions are entered, activated, retired and withdrawn.

use prost::Message;
use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::{CivilDate, Period},
    fault::{Fault, Outcome},
    ledger::{AuditNote, Begun, Done, Entry},
    path::Line,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        ActivateBaseRegisterRequest, BaseRegister as Shown, CreateBaseRegisterRequest,
        DeactivateBaseRegisterRequest, DeleteBaseRegisterRequest, RetireBaseRegisterRequest,
    },
};

use super::{BaseRegisters, encode, note, read::id};
use crate::{
    api::{
        order::{Order, orders},
        wire,
    },
    rules::{
        Refusal,
        area::AreaPath,
        base_register::{BaseRegister, BaseRegisterFault, BaseRegisterId, Edition},
        name::Name,
        reasons,
    },
    store::{
        base_registers::{self, BaseRegisterRecord, resource_name},
        employers::hold_areas,
    },
};

orders!(
    ActivateBaseRegisterRequest,
    RetireBaseRegisterRequest,
    DeactivateBaseRegisterRequest,
    DeleteBaseRegisterRequest
);

/// The editions of one district, held for a change of one of them.
struct Held {
    entry: Box<Entry>,
    own: BaseRegisterRecord,
    others: Vec<BaseRegisterRecord>,
}

impl Held {
    fn others(&self) -> Vec<(BaseRegisterId, BaseRegister)> {
        self.others.iter().map(|one| (one.id, one.register.clone())).collect()
    }

    fn other(&self, id: Option<BaseRegisterId>) -> Option<BaseRegisterRecord> {
        self.others.iter().find(|one| Some(one.id) == id).cloned()
    }
}

enum Opened {
    Fresh(Held),
    Replay(Done),
}

impl BaseRegisters {
    pub(super) async fn create(&self, call: Call<CreateBaseRegisterRequest>) -> Outcome<Shown> {
        let message = &call.message;
        let given = message.base_register.as_ref();
        let given = given.ok_or_else(|| wire::invalid("base_register", "is required"))?;
        let area = given.area.strip_prefix("areas/").unwrap_or_default();
        let area = AreaPath::parse(area).map_err(|fault| fault.to_fault())?;
        call.caller.require_node(Line::Area, area.path())?;
        let as_of = wire::day("base_register.as_of", given.as_of.as_ref())?;
        let as_of = as_of.ok_or_else(|| wire::invalid("base_register.as_of", "is required"))?;
        let edition = Edition::parse(&given.edition);
        let edition = edition.map_err(|_| BaseRegisterFault::Edition.to_fault())?;
        let source = Name::parse(&given.source).map_err(|fault| fault.to_fault())?;

        let request_id = if message.validate_only { "" } else { &message.request_id };
        let mut entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let areas = hold_areas(entry.conn(), std::slice::from_ref(&area)).await?;
        let called = (edition.clone(), source);
        let draft = BaseRegister::draft(called, (as_of, area.clone()), (entry.today(), &areas));
        let draft = draft.map_err(|fault| fault.to_fault())?;
        let id = BaseRegisterId(self.register.ledger.ids().fresh());
        let inserted = base_registers::insert(entry.conn(), id, draft, entry.now()).await?;
        let Ok(record) = inserted else {
            entry.discard().await?;
            return Err(self.exists(&area, &edition).await?);
        };
        let shown = encode::whole(&record, entry.today());
        if message.validate_only {
            entry.discard().await?;
            return Ok(shown);
        }
        note::changed(&mut entry, &record);
        audit(&mut entry, &record, "entered as a draft");
        entry.commit(done(&record)).await?;
        Ok(shown)
    }

    async fn exists(&self, area: &AreaPath, edition: &Edition) -> Outcome<Fault> {
        let reader = self.register.ledger.db().reader();
        let Some(holder) = base_registers::edition_taken(reader, area, edition).await? else {
            // It was withdrawn between the two statements: another try may succeed.
            return Ok(Fault::new(&kit_reasons::CONFLICT));
        };
        let fault = Fault::new(&reasons::BASE_REGISTER_EXISTS).with("edition", edition);
        Ok(fault.with("base_register", resource_name(holder)))
    }

    pub(super) async fn activate(&self, call: Call<ActivateBaseRegisterRequest>) -> Outcome<Shown> {
        let message = &call.message;
        let order = Order::from(message);
        let from = self.from(&message.effective_date)?;
        let held = match self.open(&call, order).await? {
            Opened::Fresh(held) => held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let decided = held.own.register.activate(&held.others(), from, held.entry.today());
        let activation = decided.map_err(|fault| fault.to_fault())?;
        let mut ended = held.other(activation.ends);
        if let Some(before) = &mut ended {
            let counts = before.register.counts.map(|counts| counts.from());
            let until = Period::new(counts.unwrap_or(from), Some(from));
            *before = before.counting(until);
            before.register.successor = Some(held.own.id);
        }
        standing(&held.entry, held.own.id).await?;
        let own = held.own.counting(Some(activation.counts));
        self.keep(held, own, ended, (order, "activated")).await
    }

    pub(super) async fn retire(&self, call: Call<RetireBaseRegisterRequest>) -> Outcome<Shown> {
        let message = &call.message;
        let order = Order::from(message);
        let from = self.from(&message.effective_date)?;
        let held = match self.open(&call, order).await? {
            Opened::Fresh(held) => held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let retired = held.own.register.retire(from, held.entry.today());
        let own = held.own.counting(Some(retired.map_err(|fault| fault.to_fault())?));
        self.keep(held, own, None, (order, "retired")).await
    }

    pub(super) async fn deactivate(
        &self,
        call: Call<DeactivateBaseRegisterRequest>,
    ) -> Outcome<Shown> {
        let order = Order::from(&call.message);
        let held = match self.open(&call, order).await? {
            Opened::Fresh(held) => held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let decided = held.own.register.deactivate(held.own.id, &held.others());
        let mut resumed = held.other(decided.map_err(|fault| fault.to_fault())?);
        if let Some(before) = &mut resumed {
            standing(&held.entry, before.id).await?;
            let since = before.register.counts.map(|counts| counts.from());
            *before = before.counting(since.map(Period::since));
            before.register.successor = None;
        }
        let own = held.own.counting(None);
        self.keep(held, own, resumed, (order, "deactivated")).await
    }

    pub(super) async fn delete(&self, call: Call<DeleteBaseRegisterRequest>) -> Outcome<()> {
        let order = Order::from(&call.message);
        let held = match self.open(&call, order).await? {
            Opened::Fresh(held) => held,
            Opened::Replay(_) => return Ok(()),
        };
        let Held { mut entry, own, .. } = held;
        // A draft that counted a moment ago has figures that are on their way back.
        if !own.register.is_draft() || own.settled_through.is_some() {
            return Err(BaseRegisterFault::Counts.to_fault());
        }
        let removed = base_registers::remove(entry.conn(), &own, entry.now()).await?;
        if order.validate_only {
            return entry.discard().await;
        }
        note::removed(&mut entry, &removed);
        audit(&mut entry, &removed, "withdrawn");
        entry.commit(done(&removed)).await
    }

    /// Begins a change: every edition of the district is held, for each decides about the others.
    async fn open<M: Message>(&self, call: &Call<M>, order: Order<'_>) -> Outcome<Opened> {
        let id = id(order.name)?;
        let request_id = if order.validate_only { "" } else { order.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return Ok(Opened::Replay(done)),
        };
        let missing = || not_found(order.name);
        let peeked = base_registers::load(entry.conn(), id).await?.ok_or_else(missing)?;
        let area = &peeked.register.area;
        call.caller.require_node(Line::Area, area.path())?;
        // The areas that count again are kept from ending.
        let listed = base_registers::areas_of(entry.conn(), area).await?;
        hold_areas(entry.conn(), &listed).await?;
        let held = base_registers::of_area_for_update(entry.conn(), area).await?;
        let (own, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|one| one.id == id);
        let own = own.into_iter().next().ok_or_else(missing)?;
        if !order.etag.is_empty() && order.etag != own.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        Ok(Opened::Fresh(Held { entry, own, others }))
    }

    /// Keeps what changed of the edition and of the one before it, and calls the job.
    async fn keep(
        &self,
        held: Held,
        own: BaseRegisterRecord,
        before: Option<BaseRegisterRecord>,
        (order, what): (Order<'_>, &str),
    ) -> Outcome<Shown> {
        let mut entry = held.entry;
        let (now, today) = (entry.now(), entry.today());
        if let Some(before) = before {
            let saved = base_registers::save(entry.conn(), &before, now).await?;
            note::changed(&mut entry, &saved);
            audit(&mut entry, &saved, &format!("another edition was {what}"));
        }
        let own = base_registers::save(entry.conn(), &own, now).await?;
        let shown = encode::whole(&own, today);
        if order.validate_only {
            entry.discard().await?;
            return Ok(shown);
        }
        note::changed(&mut entry, &own);
        audit(&mut entry, &own, what);
        entry.commit(done(&own)).await?;
        self.register.list_bell.notify_waiters();
        Ok(shown)
    }

    /// The answer to a request that was done before: the edition as it is now.
    async fn again(&self, caller: &Caller, done: &Done) -> Outcome<Shown> {
        let record = self.seen(&done.record).await?;
        Ok(encode::base_register(&record, self.today(), &caller.scope))
    }

    fn from(&self, given: &Option<Date>) -> Outcome<CivilDate> {
        let from = wire::day("effective_date", given.as_ref())?;
        Ok(from.unwrap_or_else(|| self.today()))
    }
}

/// Nobody is listed where nothing is any more. `BASE_REGISTER_STATE`.
async fn standing(entry: &Entry, id: BaseRegisterId) -> Outcome<()> {
    match base_registers::ended_area(entry.conn(), id).await? {
        Some(area) => Err(BaseRegisterFault::AreaEnded(area).to_fault()),
        None => Ok(()),
    }
}

fn done(record: &BaseRegisterRecord) -> Done {
    Done { record: record.name(), version: record.version }
}

fn audit(entry: &mut Entry, record: &BaseRegisterRecord, what: &str) {
    entry.audit(AuditNote {
        record: record.name(),
        area: record.register.area.path().clone(),
        detail: what.to_owned(),
    });
}
