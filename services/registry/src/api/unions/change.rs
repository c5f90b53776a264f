//! Changing a union: update, marks.

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
    mask,
    registry::v1::{
        DeleteUnionRequest, DissolveUnionRequest, MarkUnionRequest, Union, UnmarkUnionRequest,
        UpdateUnionRequest,
    },
};

use super::{
    Unions,
    decode::{self, Desk},
    encode,
    end::covers_nobody,
    enter::named_areas,
    merge::no_merger,
    scoped,
};
pub(super) use crate::api::order::Order;
use crate::{
    api::order::orders,
    rules::{
        Refusal,
        area::{AreaPath, tree::AreaTree},
        union::{
            UnionFacts, UnionId,
            change::{Surroundings, UnionChange, amend},
            term::lawful,
        },
    },
    store::{
        employers::hold_areas,
        unions::{self, Placed, UnionRecord, paths_of},
    },
};

orders!(MarkUnionRequest, UnmarkUnionRequest, DissolveUnionRequest, DeleteUnionRequest);

/// A union that is held for a change.
pub(super) struct Held {
    pub(super) entry: Box<Entry>,
    pub(super) before: Placed,
    areas: AreaTree,
    superior: Option<UnionRecord>,
    /// Another union that the change relies on.
    pub(super) beside: Option<UnionRecord>,
}

pub(super) enum Opened {
    Fresh(Box<Held>),
    Replay(Done),
}

impl Held {
    /// The facts that the changes make.
    pub(super) fn amended(&self, changes: &[UnionChange], from: CivilDate) -> Outcome<UnionFacts> {
        let around = Surroundings {
            today: self.entry.today(),
            areas: &self.areas,
            superior: self.superior.as_ref().map(|record| &record.facts),
        };
        let amended = amend(&self.before.record.facts, changes, from, around);
        amended.map_err(|fault| fault.to_fault())
    }
}

impl Unions {
    pub(super) async fn update(&self, call: Call<UpdateUnionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let given = message.union.as_ref().ok_or_else(|| decode::required("union"))?;
        let order = Order {
            name: &given.name,
            etag: &message.etag,
            request_id: &message.request_id,
            validate_only: message.validate_only,
        };
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let mask = mask::paths(message.update_mask.as_ref());
        let named = named_areas(given)?;
        let held = match self.open(&call, order, (&named, from)).await? {
            Opened::Fresh(held) => *held,
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let record = &held.before.record;
        let desk = Desk { vault: &self.register.vault, id: record.id, from, facts: &record.facts };
        let changes = desk.amended(encode::settable(&record.facts, from), given, mask)?;
        within_scope(&call.caller, &changes)?;
        self.change(&call, order, held, (&changes, from), "updated").await
    }

    pub(super) async fn mark(&self, call: Call<MarkUnionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let given = message.mark.as_ref().ok_or_else(|| decode::required("mark"))?;
        let change = decode::mark(given, from)?;
        self.turn(&call, Order::from(message), (change, from), "marked").await
    }

    pub(super) async fn unmark(&self, call: Call<UnmarkUnionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let change = UnionChange::Mark(decode::mark_code(&message.mark, from)?, None);
        self.turn(&call, Order::from(message), (change, from), "unmarked").await
    }

    async fn turn<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        (change, from): (UnionChange, CivilDate),
        what: &str,
    ) -> Outcome<Union> {
        match self.open(call, order, (&[], from)).await? {
            Opened::Fresh(held) => self.change(call, order, *held, (&[change], from), what).await,
            Opened::Replay(done) => self.again(&call.caller, &done).await,
        }
    }

    pub(super) async fn change<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        held: Held,
        (changes, from): (&[UnionChange], CivilDate),
        what: &str,
    ) -> Outcome<Union> {
        let facts = held.amended(changes, from)?;
        let Held { entry, before, .. } = held;
        let known = &before.record.facts;
        let lawful = lawful(&self.register.law, known, &facts);
        lawful.map_err(|fault| fault.to_fault())?;
        if facts.employers != known.employers {
            self.hold_employer(&entry, &call.caller, &facts).await?;
        }
        // What a cover is called follows from what the union was when it began.
        if facts.types != known.types || facts.employers != known.employers {
            covers_nobody(&entry, before.record.id, from).await?;
            no_merger(&entry, before.record.id).await?;
        }
        // None of these changes moves it, and while it is being moved its path is the job's.
        let paths = before.paths.clone();
        let saved = unions::save(entry.conn(), &before, facts.clone(), paths, entry.now()).await?;
        match saved {
            Ok(after) => self.finish(entry, Some(&before), &after, what, order.validate_only).await,
            Err(taken) => {
                entry.discard().await?;
                Err(self.taken(&call.caller, taken, &facts).await?)
            }
        }
    }

    /// Begins a change: areas are held first, then the union above, then the union. Which those are
    /// follows from the union, so that it is looked at before; should that have changed in between,
    /// the caller tries again. `NOT_FOUND`, `ETAG_MISMATCH`, `CONFLICT`.
    pub(super) async fn open<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        relied: (&[AreaPath], CivilDate),
    ) -> Outcome<Opened> {
        self.open_beside(call, order, relied, None).await
    }

    /// The same beside another union that the change relies on.
    pub(super) async fn open_beside<M: Message>(
        &self,
        call: &Call<M>,
        order: Order<'_>,
        (named, day): (&[AreaPath], CivilDate),
        beside: Option<UnionId>,
    ) -> Outcome<Opened> {
        let id = decode::id(order.name)?;
        let request_id = order.effective_id();
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return Ok(Opened::Replay(done)),
        };
        let missing = || not_found(order.name);
        let peeked = unions::load(entry.conn(), &[id]).await?.remove(&id).ok_or_else(missing)?;
        let peeked = scoped(peeked).open(&call.caller.scope, order.name)?;
        let mut wanted = relied_on(&peeked, day);
        wanted.extend_from_slice(named);
        let areas = hold_areas(entry.conn(), &wanted).await?;
        let above = peeked.facts.superiors.on(day).copied();
        let relied: Vec<UnionId> = above.into_iter().chain(beside).collect();
        let mut locked = unions::hold_around(entry.conn(), id, &relied).await?;
        let superior = above.and_then(|above| locked.get(&above).cloned());
        let beside = beside.and_then(|beside| locked.get(&beside).cloned());
        let record = locked.remove(&id).ok_or_else(missing)?;
        let record = scoped(record).open(&call.caller.scope, order.name)?;
        let stands = relied_on(&record, day).iter().all(|area| wanted.contains(area));
        if !stands || record.facts.superiors.on(day).copied() != above {
            return Err(Fault::new(&kit_reasons::CONFLICT));
        }
        if !order.etag.is_empty() && order.etag != record.etag() {
            return Err(Fault::new(&kit_reasons::ETAG_MISMATCH).with("etag", order.etag));
        }
        let before = located(&entry, record).await?;
        Ok(Opened::Fresh(Box::new(Held { entry, before, areas, superior, beside })))
    }
}

/// The union with its paths.
pub(super) async fn located(entry: &Entry, record: UnionRecord) -> Outcome<Placed> {
    let paths = paths_of(entry.conn(), &[record.id]).await?.remove(&record.id);
    let paths = paths.ok_or_else(|| Fault::new(&kit_reasons::INTERNAL))?;
    Ok(Placed { record, paths })
}

/// The areas at which the union stands, and stood on `day`.
fn relied_on(record: &UnionRecord, day: CivilDate) -> Vec<AreaPath> {
    let seat = record.facts.seats.on(day).map(|seat| seat.area());
    let territory = record.facts.territories.on(day);
    [Some(&record.area), seat, territory].into_iter().flatten().cloned().collect()
}

/// Nobody moves a union to where they may not see it.
fn within_scope(caller: &Caller, changes: &[UnionChange]) -> Outcome<()> {
    for change in changes {
        if let UnionChange::Seat(seat) = change {
            caller.require_node(Line::Area, seat.area().path())?;
        }
    }
    Ok(())
}
