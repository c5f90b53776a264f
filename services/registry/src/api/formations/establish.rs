//! The union is established: it is entered and, if it is an employer's own, covers the employer, in
//! one transaction with the step of the case.

use std::num::NonZeroU16;

use unionhall_kit::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    ledger::Entry,
    path::Line,
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{EstablishUnionRequest, FormationCase};

use super::{
    Formations,
    change::{Opened, held},
    decode,
};
use crate::{
    api::{
        employers::{effect as employer_effect, scoped as scoped_employer},
        order::Order,
        unions::{self as union_calls, effect as union_effect},
        wire,
    },
    rules::{
        Refusal,
        employer::{
            EmployerFacts,
            address::Address,
            cover::{Candidate, cover},
        },
        formation::{
            Subject,
            fault::FormationFault,
            guidance::{Approved, Proposal, judge},
            journal::{Founded, Journal},
            plan::Plan,
            step::Deed,
        },
        name::Name,
        union::{
            EmployerId, UnionFacts, UnionId,
            approval::Approval,
            change::{Surroundings, UnionChange, UnionFault, enter},
            term::{BegunTerm, Term, TermYears},
        },
    },
    store::{
        employers::{self, EmployerRecord, hold_areas},
        formations::CaseRecord,
        grounds,
        unions::{self, NewUnion, Placed, UnionRecord},
    },
};

/// What the request brings beside the plan.
struct Grant {
    approval: Approval,
    term: Term,
    previous: Option<UnionId>,
    from: CivilDate,
}

/// Who approved, and the names of those above on the day, from below upwards.
struct Bodies<'a> {
    body: &'a Name,
    above: Vec<Name>,
    told: Option<Name>,
}

impl<'a> Bodies<'a> {
    async fn of(
        entry: &Entry,
        caller: &Caller,
        (body, superior): (&'a Name, Option<UnionId>),
        on: CivilDate,
    ) -> Outcome<Self> {
        let above = union_calls::those_above(entry.conn(), superior, on).await?;
        let named = |record: &UnionRecord| record.facts.names.on(on).cloned();
        let next = above.first().filter(|record| Some(record.id) == superior);
        let seen = next.and_then(|next| union_calls::scoped(next.clone()).visible(&caller.scope));
        let told = seen.as_ref().and_then(named);
        Ok(Self { body, above: above.iter().filter_map(named).collect(), told })
    }

    fn approved(&self) -> Approved<'_> {
        Approved { body: self.body, above: &self.above, told: self.told.as_ref() }
    }
}

impl Formations {
    pub(super) async fn establish(
        &self,
        call: Call<EstablishUnionRequest>,
    ) -> Outcome<FormationCase> {
        let order = Order::from(&call.message);
        let grant = self.grant(&call.message)?;
        let (entry, peeked) = match self.open(&call, order).await? {
            Opened::Fresh(entry, peeked) => (entry, *peeked),
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let id = UnionId(self.register.ledger.ids().fresh());
        let deed = Deed::Establishment {
            approval: grant.approval.clone(),
            union: id,
            term: grant.term.clone(),
        };
        let mut journal = peeked.journal.clone();
        journal.add(deed, grant.from, entry.today()).map_err(|fault| fault.to_fault())?;
        let plan = peeked.journal.plan();
        let missing = plan.missing(&peeked.subject);
        if !missing.is_empty() {
            return Err(FormationFault::Incomplete(missing).to_fault());
        }

        let employer = self.employer_of(&entry, &call.caller, &peeked).await?;
        let seat = seat(&plan, employer.as_ref(), grant.from)?;
        call.caller.require_node(Line::Area, seat.area().path())?;
        let mut areas = vec![seat.area().clone()];
        areas.extend(peeked.subject.area().cloned());
        areas.extend(employer.iter().map(|record| record.area.clone()));
        let areas = hold_areas(entry.conn(), &areas).await?;
        let Some(above) = plan.superior else { return Err(Fault::new(&kit_reasons::INTERNAL)) };
        let above = union_calls::superior(&entry, &call.caller, above).await?;
        let employer = match employer {
            Some(peeked) => Some(again(&entry, &peeked).await?),
            None => None,
        };
        let held = held(&entry, order, &peeked).await?;
        let employer_facts = employer.as_ref().map(|record| &record.facts);
        let body = &grant.approval.body;
        let bodies = Bodies::of(&entry, &call.caller, (body, Some(above.id)), grant.from).await?;
        let days = (grant.term.years, grant.from);
        self.judge(&held.journal, employer_facts, (&plan, Some(bodies.approved())), days)?;

        let around =
            Surroundings { today: entry.today(), areas: &areas, superior: Some(&above.facts) };
        let changes = changes(&held.subject, plan, seat, &grant);
        let facts = enter(&changes, grant.from, around).map_err(|fault| fault.to_fault())?;
        let placed = match self.entered(&entry, id, facts.clone()).await? {
            Ok(placed) => placed,
            Err(taken) => {
                entry.discard().await?;
                return Err(self.unions.taken(&call.caller, taken, &facts).await?);
            }
        };
        let mut entry = entry;
        union_effect::note(&mut entry, None, &placed, "entered");
        if let Some(employer) = employer {
            self.put_under(&mut entry, &call.caller, (&employer, &placed), &grant).await?;
        }
        self.keep(&call.caller, entry, (&held, journal), order).await
    }

    fn grant(&self, message: &EstablishUnionRequest) -> Outcome<Grant> {
        let approval = message.approval.as_ref();
        let approval = approval.ok_or_else(|| wire::invalid("approval", "is required"))?;
        let years = u8::try_from(message.term_years).ok();
        let years = years.and_then(|years| TermYears::try_from(years).ok());
        let number = u16::try_from(message.term_number).ok().and_then(NonZeroU16::new);
        let previous = Some(message.previous_union.as_str()).filter(|name| !name.is_empty());
        let from = decode::day_of("effective_date", &message.effective_date)?;
        Ok(Grant {
            approval: union_calls::decode::approval(approval)?,
            term: Term::new(
                number.unwrap_or(NonZeroU16::MIN),
                years.ok_or_else(|| wire::invalid("term_years", "must be 3 or 5"))?,
            ),
            previous: previous.map(union_calls::id).transpose()?,
            from: from.unwrap_or_else(|| self.today()),
        })
    }

    /// The employer whose own union it is to be, not held yet.
    async fn employer_of(
        &self,
        entry: &Entry,
        caller: &Caller,
        case: &CaseRecord,
    ) -> Outcome<Option<EmployerRecord>> {
        let Some(EmployerId(id)) = case.subject.employer() else { return Ok(None) };
        let plan = case.journal.plan();
        if let Some(kind) = plan.union_type.filter(|kind| !kind.is_single_employer()) {
            // A joint union is not one employer's to form: the employer joins it.
            return Err(UnionFault::EmployerField(kind).to_fault());
        }
        let name = employers::resource_name(id);
        let found = employers::load(entry.conn(), &[id]).await?.remove(&id);
        let found = found.ok_or_else(|| not_found(&name))?;
        scoped_employer(found).open(&caller.scope, &name).map(Some)
    }

    /// Whether the rules of the day let the union be established so.
    fn judge(
        &self,
        journal: &Journal,
        employer: Option<&EmployerFacts>,
        (plan, approved): (&Plan, Option<Approved<'_>>),
        (term_years, on): (TermYears, CivilDate),
    ) -> Outcome<()> {
        let Some((kind, form)) = plan.union_type.zip(plan.union_form) else { return Ok(()) };
        let proposal = Proposal {
            kind,
            form,
            term_years,
            womens_committee: journal.assembly().is_some_and(|assembly| assembly.women),
            approved,
        };
        let situation = super::guide::situation(Some(journal), employer, on);
        judge(&self.register.law, situation, proposal).map_err(|fault| fault.to_fault())
    }

    /// A correction of what an established union rests on is judged as the establishment was, but for
    /// who approved: no correction changes that, for the plan and the establishment are fixed.
    pub(super) async fn judge_again(
        &self,
        entry: &Entry,
        case: &CaseRecord,
        corrected: &Journal,
    ) -> Outcome<()> {
        let Some(Founded { on, term, plan, .. }) = corrected.founded() else { return Ok(()) };
        let employer = match case.subject.employer() {
            Some(EmployerId(id)) => employers::load(entry.conn(), &[id]).await?.remove(&id),
            None => None,
        };
        let facts = employer.as_ref().map(|record| &record.facts);
        self.judge(corrected, facts, (&plan, None), (term.years, on))
    }

    async fn entered(
        &self,
        entry: &Entry,
        id: UnionId,
        facts: UnionFacts,
    ) -> Outcome<Result<Placed, unions::Taken>> {
        let paths = union_calls::placed(entry, id, &facts).await?;
        unions::insert(entry.conn(), NewUnion { id, facts, paths }, entry.now()).await
    }

    /// The union covers its employer from its first day on.
    async fn put_under(
        &self,
        entry: &mut Entry,
        caller: &Caller,
        (employer, union): (&EmployerRecord, &Placed),
        grant: &Grant,
    ) -> Outcome<()> {
        let decided = cover(
            (EmployerId(employer.id), &employer.facts),
            Candidate { id: union.record.id, facts: &union.record.facts },
            grant.previous,
            (grant.from, entry.today()),
        );
        let facts = match decided {
            Ok(facts) => facts,
            Err(fault) => return Err(self.employers.refused(caller, fault).await?),
        };
        let saved = employers::save(entry.conn(), employer, facts, entry.now()).await?;
        // Coverage takes no code from anybody.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        let found = grounds::held(entry.conn(), [&employer.facts, &after.facts]).await?;
        employer_effect::note_alone(&self.register, entry, Some(employer), &after, &found).await?;
        entry.audit(employer_effect::audit(Some(employer), &after, "covered"));
        Ok(())
    }
}

/// The employer, held. `CONFLICT` when it changed since it was looked at.
pub(super) async fn again(entry: &Entry, peeked: &EmployerRecord) -> Outcome<EmployerRecord> {
    let held = employers::load_for_update(entry.conn(), &[peeked.id]).await?.into_iter().next();
    let same = |held: &EmployerRecord| held.version == peeked.version;
    held.filter(same).ok_or_else(|| Fault::new(&kit_reasons::CONFLICT))
}

/// The seat that is planned, or else where the employer works.
fn seat(plan: &Plan, employer: Option<&EmployerRecord>, day: CivilDate) -> Outcome<Address> {
    let works = employer.and_then(|record| record.facts.actual_addresses.on(day));
    let seat = plan.seat.as_ref().or(works).cloned();
    seat.ok_or_else(|| FormationFault::Incomplete(vec!["seat"]).to_fault())
}

fn changes(subject: &Subject, plan: Plan, seat: Address, grant: &Grant) -> Vec<UnionChange> {
    let kind = plan.union_type;
    let territory =
        subject.area().filter(|_| kind.is_some_and(|kind| !kind.territory().is_empty()));
    let planned = [
        plan.name.map(UnionChange::Name),
        kind.map(UnionChange::Type),
        plan.union_form.map(UnionChange::Form),
        plan.union_level.map(UnionChange::Level),
        subject.employer().map(|employer| UnionChange::Employer(Some(employer))),
        plan.superior.map(|above| UnionChange::Superior(Some(above))),
        territory.map(|area| UnionChange::Territory(Some(area.clone()))),
    ];
    let mut changes: Vec<UnionChange> = planned.into_iter().flatten().collect();
    changes.push(UnionChange::Seat(seat));
    changes.push(UnionChange::Approval(Some(grant.approval.clone())));
    let term = BegunTerm { term: grant.term.clone(), begins_on: grant.from };
    changes.push(UnionChange::Term(Some(term)));
    changes
}
