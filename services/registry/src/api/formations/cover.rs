//! A joint union takes the employer in, and the case ends.

use unionhall_kit::{
    call::Call,
    fault::{Fault, Outcome},
    reasons as kit_reasons,
    scoped::not_found,
};
use unionhall_proto::registry::v1::{CoverByJointUnionRequest, FormationCase};

use super::{
    Formations,
    change::{Opened, held},
    decode,
    establish::again,
};
use crate::{
    api::{
        employers::{effect as employer_effect, scoped as scoped_employer},
        order::Order,
        unions as union_calls,
    },
    rules::{
        Refusal,
        employer::cover::{Candidate, CoverFault, cover},
        formation::{fault::FormationFault, step::Deed},
        union::EmployerId,
    },
    store::{
        employers::{self, hold_areas},
        grounds, unions,
    },
};

impl Formations {
    pub(super) async fn cover(
        &self,
        call: Call<CoverByJointUnionRequest>,
    ) -> Outcome<FormationCase> {
        let message = &call.message;
        let order = Order::from(message);
        let from = decode::day_of("effective_date", &message.effective_date)?;
        let from = from.unwrap_or_else(|| self.today());
        let id = union_calls::id(&message.union)?;
        let previous = Some(message.previous_union.as_str()).filter(|name| !name.is_empty());
        let previous = previous.map(union_calls::id).transpose()?;
        let (mut entry, peeked) = match self.open(&call, order).await? {
            Opened::Fresh(entry, peeked) => (entry, *peeked),
            Opened::Replay(done) => return self.again(&call.caller, &done).await,
        };
        let mut journal = peeked.journal.clone();
        let added = journal.add(Deed::Coverage(id), from, entry.today());
        added.map_err(|fault| fault.to_fault())?;
        let Some(EmployerId(employer)) = peeked.subject.employer() else {
            let (problem, zh) =
                ("the case is that of an area".to_owned(), "该事项不针对单位".to_owned());
            let state = peeked.journal.state();
            let fault = FormationFault::OutOfOrder { state, step: "coverage", problem, zh };
            return Err(fault.to_fault());
        };
        let name = employers::resource_name(employer);
        let found = employers::load(entry.conn(), &[employer]).await?.remove(&employer);
        let found = found.ok_or_else(|| not_found(&name))?;
        let found = scoped_employer(found).open(&call.caller.scope, &name)?;
        hold_areas(entry.conn(), std::slice::from_ref(&found.area)).await?;
        let union = unions::hold(entry.conn(), &[id]).await?.into_iter().next();
        let union = union.ok_or_else(|| not_found(&message.union))?;
        let union = union_calls::scoped(union).open(&call.caller.scope, &message.union)?;
        let employer = again(&entry, &found).await?;
        let held = held(&entry, order, &peeked).await?;

        let kind = union.facts.types.on(from).and_then(|kind| kind.cover());
        if kind.is_some_and(|kind| !kind.is_joint()) {
            return Err(CoverFault::NotJoint.to_fault());
        }
        let decided = cover(
            (EmployerId(employer.id), &employer.facts),
            Candidate { id, facts: &union.facts },
            previous,
            (from, entry.today()),
        );
        let facts = match decided {
            Ok(facts) => facts,
            Err(fault) => return Err(self.employers.refused(&call.caller, fault).await?),
        };
        let saved = employers::save(entry.conn(), &employer, facts, entry.now()).await?;
        // Coverage takes no code from anybody.
        let after = saved.map_err(|taken| Fault::new(&kit_reasons::INTERNAL).caused_by(taken))?;
        if after.version > employer.version {
            let found = grounds::held(entry.conn(), [&employer.facts, &after.facts]).await?;
            employer_effect::note_alone(
                &self.register,
                &mut entry,
                Some(&employer),
                &after,
                &found,
            )
            .await?;
            entry.audit(employer_effect::audit(Some(&employer), &after, "covered"));
        }
        self.keep(&call.caller, entry, (&held, journal), order).await
    }
}
