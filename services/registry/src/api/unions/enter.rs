//! Entering a union.

use unionhall_kit::{
    access::Caller,
    call::Call,
    fault::{Fault, Outcome},
    ledger::{Begun, Done, Entry},
    path::Line,
    reasons as kit_reasons,
};
use unionhall_proto::registry::v1::{CreateUnionRequest, Union};

use super::{
    Unions,
    affiliate::settled,
    change::located,
    decode::{self, Desk},
    effect, encode, scoped,
};
use crate::{
    api::members::follow as members,
    rules::{
        Refusal,
        area::AreaPath,
        history::History,
        reasons,
        union::{
            EmployerId, UnionFacts, UnionId,
            affiliation::{AffiliationPath, paths},
            change::{SuperiorFault, Surroundings, UnionFault, enter},
            place::{contested, holdings},
            term::lawful,
        },
    },
    store::{
        employers::{self, hold_areas},
        unions::{self, NewUnion, Placed, Taken, UnionRecord, paths_of, resource_name},
    },
};

impl Unions {
    pub(super) async fn create(&self, call: Call<CreateUnionRequest>) -> Outcome<Union> {
        let message = &call.message;
        let given = message.union.as_ref().ok_or_else(|| decode::required("union"))?;
        let from = decode::day("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let id = UnionId(self.register.ledger.ids().fresh());
        let nothing = UnionFacts::default();
        let desk = Desk { vault: &self.register.vault, id, from, facts: &nothing };
        let changes = desk.entered(given)?;
        let areas = named_areas(given)?;
        let seat = areas.first().ok_or_else(|| decode::required("union.seat"))?;
        call.caller.require_node(Line::Area, seat.path())?;

        let request_id = if message.validate_only { "" } else { &message.request_id };
        let entry = match self.register.ledger.begin(&call.intent(request_id)).await? {
            Begun::Fresh(entry) => entry,
            Begun::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let held = hold_areas(entry.conn(), &areas).await?;
        let superior = match given.superior.as_str() {
            "" => None,
            name => Some(superior(&entry, &call.caller, decode::id(name)?).await?),
        };
        let around = Surroundings {
            today: entry.today(),
            areas: &held,
            superior: superior.as_ref().map(|record| &record.facts),
        };
        let facts = enter(&changes, from, around).map_err(|fault| fault.to_fault())?;
        let lawful = lawful(&self.register.law, &nothing, &facts);
        lawful.map_err(|fault| fault.to_fault())?;
        self.hold_employer(&entry, &call.caller, &facts).await?;
        let paths = placed(&entry, id, &facts).await?;
        let new = NewUnion { id, facts, paths };
        match unions::insert(entry.conn(), new.clone(), entry.now()).await? {
            Ok(after) => self.finish(entry, None, &after, "entered", message.validate_only).await,
            Err(taken) => {
                entry.discard().await?;
                Err(self.taken(&call.caller, taken, &new.facts).await?)
            }
        }
    }

    /// Notes a change in the books and commits it; with `validate_only` takes everything back.
    /// The answer is the union as it is, or would be, today.
    pub(super) async fn finish(
        &self,
        mut entry: Box<Entry>,
        before: Option<&Placed>,
        after: &Placed,
        what: &str,
        validate_only: bool,
    ) -> Outcome<Union> {
        let today = entry.today();
        let record = &after.record;
        if validate_only {
            entry.discard().await?;
            return Ok(encode::union(record, today));
        }
        effect::note(&mut entry, before, after, what);
        members::unions(&mut entry, before.map(|before| (before, after))).await?;
        entry.commit(Done { record: record.name(), version: record.version }).await?;
        Ok(encode::union(record, today))
    }

    /// The answer to a request that was done before: the record as it is now, if the caller still
    /// sees it.
    pub(super) async fn again(&self, caller: &Caller, done: &Done) -> Outcome<Union> {
        let record = self.seen(caller, decode::id(&done.record)?, &done.record).await?;
        Ok(self.shown(&record, None))
    }

    /// The employer whose own union it is exists, and the caller sees it.
    pub(super) async fn hold_employer(
        &self,
        entry: &Entry,
        caller: &Caller,
        facts: &UnionFacts,
    ) -> Outcome<()> {
        let last = facts.employers.rows().last().filter(|row| row.period.until().is_none());
        let Some(EmployerId(id)) = last.map(|row| row.value) else { return Ok(()) };
        let name = employers::resource_name(id);
        let held = employers::load_for_update(entry.conn(), &[id]).await?;
        let employer = held.first();
        caller.require_sight(&name, employer.map(|record| record.area.path()), None)
    }

    /// Why something that only one union has could not be taken. Who holds it is told only to
    /// those who see the holder.
    pub(in crate::api) async fn taken(
        &self,
        caller: &Caller,
        taken: Taken,
        facts: &UnionFacts,
    ) -> Outcome<Fault> {
        let reader = self.register.ledger.db().reader();
        let conflict = || Fault::new(&kit_reasons::CONFLICT);
        let (holder, fault) = match taken {
            Taken::Code => {
                let Some(row) = facts.codes.rows().last() else { return Ok(conflict()) };
                let fault = Fault::new(&reasons::UNION_EXISTS).with("code", &row.value);
                (unions::find_by_code(reader, &row.value).await?, fault)
            }
            Taken::Place(rival) => {
                let known = match rival {
                    Some(rival) => unions::load(reader, &[rival]).await?.remove(&rival),
                    None => None,
                };
                let places = holdings(facts);
                let place = contested(&places, known.as_ref().map(|known| &known.facts));
                let Some(place) = place else { return Ok(conflict()) };
                let holder = match known {
                    Some(known) => Some(known.id),
                    None => unions::find_by_place(reader, place.kind, &place.area).await?,
                };
                let fault = Fault::new(&reasons::UNION_PLACE_TAKEN);
                (holder, fault.with("type", place.kind.code()).with("area", &place.area))
            }
            Taken::Employer => {
                let Some(row) = facts.employers.rows().last() else { return Ok(conflict()) };
                let EmployerId(id) = row.value;
                let fault = Fault::new(&reasons::EMPLOYER_HAS_UNION);
                let fault = fault.with("employer", employers::resource_name(id));
                (unions::find_by_employer(reader, row.value).await?, fault)
            }
        };
        // It was given free between the two statements: another try may succeed.
        let Some(holder) = holder else { return Ok(conflict()) };
        let found = unions::load(reader, &[holder]).await?.remove(&holder);
        let visible = found.and_then(|record| scoped(record).visible(&caller.scope)).is_some();
        let name = if visible { resource_name(holder) } else { "-".to_owned() };
        Ok(fault.with("union", name))
    }
}

/// The areas that a request relies on, that of the seat first.
pub(super) fn named_areas(given: &Union) -> Outcome<Vec<AreaPath>> {
    let seat = given.seat.as_ref().map(|seat| seat.area.as_str());
    let territory = Some(given.territory.as_str()).filter(|name| !name.is_empty());
    seat.into_iter().chain(territory).map(decode::area).collect()
}

/// The union above, held from ending and moving, if the caller sees it. `CONFLICT` while it is on its
/// way to another place.
pub(in crate::api) async fn superior(
    entry: &Entry,
    caller: &Caller,
    id: UnionId,
) -> Outcome<UnionRecord> {
    unions::share_affiliation(entry.conn()).await?;
    let held = unions::hold(entry.conn(), &[id]).await?;
    let visible = held.into_iter().next().and_then(|record| scoped(record).visible(&caller.scope));
    let absent = || UnionFault::Superior(SuperiorFault::Absent).to_fault();
    let above = located(entry, visible.ok_or_else(absent)?).await?;
    settled(entry, std::iter::once(&above.paths), &[]).await?;
    Ok(above.record)
}

/// Where the union stands on every day.
pub(in crate::api) async fn placed(
    entry: &Entry,
    id: UnionId,
    facts: &UnionFacts,
) -> Outcome<History<AffiliationPath>> {
    let above: Vec<UnionId> = facts.superiors.rows().iter().map(|row| row.value).collect();
    let known = paths_of(entry.conn(), &above).await?;
    let too_deep = |_| UnionFault::Superior(SuperiorFault::TooDeep).to_fault();
    paths(id, facts, |above| known.get(&above)).map_err(too_deep)
}
