//! What the rules of a day ask.

use unionhall_kit::{call::Call, civil::CivilDate, fault::Outcome, path::Scope, scoped::not_found};
use unionhall_proto::registry::v1::{FormationGuidance, GetFormationGuidanceRequest};

use super::{Formations, decode, encode, scoped};
use crate::{
    api::{employers as employer_calls, findings, unions as union_calls},
    rules::{
        employer::EmployerFacts,
        formation::{
            Subject,
            assembly::assembly_findings,
            guidance::{Situation, guidance},
            journal::Journal,
            uncovered::{help_due, uncovered_from},
        },
        union::{EmployerId, UnionId},
    },
    store::{
        elections, employers,
        formations::{self, CaseRecord},
        unions,
    },
};

impl Formations {
    pub(super) async fn guide(
        &self,
        call: Call<GetFormationGuidanceRequest>,
    ) -> Outcome<FormationGuidance> {
        let message = &call.message;
        let day = decode::day_of("day", &message.day)?.unwrap_or_else(|| self.today());
        let reader = self.register.ledger.db().reader();
        let scope = &call.caller.scope;
        let (case, employer) = if message.name.starts_with(employers::COLLECTION) {
            let id = employer_calls::id(&message.name)?;
            let found = employers::load(reader, &[id]).await?.remove(&id);
            let found = found.ok_or_else(|| not_found(&message.name))?;
            let found = employer_calls::scoped(found).open(scope, &message.name)?;
            let cases = formations::of_employers(reader, &[id]).await?;
            let open = cases.into_iter().find(|case| is_open_on(case, day));
            (open.and_then(|case| scoped(case).visible(scope)), Some(found))
        } else {
            let case = self.seen(&call.caller, &message.name).await?;
            let employer = match case.subject {
                // What is known of the employer is told to those who see it.
                Subject::Employer(EmployerId(id)) => {
                    let found = employers::load(reader, &[id]).await?.remove(&id);
                    found.and_then(|found| employer_calls::scoped(found).visible(scope))
                }
                Subject::Area(_) => None,
            };
            (Some(case), employer)
        };
        let journal = case.as_ref().map(|case| &case.journal);
        let facts = employer.as_ref().map(|record| &record.facts);
        let at = situation(journal, facts, day);
        let state = journal.and_then(|journal| journal.state_on(day));
        let missing = case.as_ref().map(|case| {
            let mut missing = case.journal.plan_on(day).missing(&case.subject);
            if state.is_some_and(|(state, _)| !state.is_open()) {
                missing = case.journal.lacking();
            }
            missing
        });
        let next = case.as_ref().map(|case| case.journal.next_steps(&case.subject));
        let words = |list: Option<Vec<&str>>| {
            list.unwrap_or_default().into_iter().map(str::to_owned).collect()
        };
        let founded = journal.and_then(Journal::founded).map(|founded| founded.union);
        let founding_election = match founded {
            Some(union) => self.founding_election(scope, union).await?,
            None => String::new(),
        };
        let elections = findings::rules()?;
        let rules = guidance(&self.register.law, elections, at);
        let assembly = journal.map(|journal| assembly_findings(elections, journal));
        let help = at.uncovered_from;
        let help = help.and_then(|from| help_due(&self.register.law, from, at.wish, day));
        Ok(FormationGuidance {
            name: message.name.clone(),
            day: Some(day.into()),
            state: state.map(|(state, _)| encode::state_message(state).into()).unwrap_or_default(),
            employee_count: encode::count(at.employees),
            female_count: encode::count(at.women),
            member_count: encode::count(at.members.unwrap_or(0)),
            female_member_count: encode::count(at.member_women),
            rules: rules.into_iter().map(encode::applied).collect(),
            next_steps: words(next),
            missing: words(missing),
            assembly_findings: findings::messages(&assembly.unwrap_or_default()),
            founding_election,
            help_due_on: help.map(|help| help.due.into()),
            wish_on: at.wish.map(Into::into),
            help: help.map(|help| encode::words(help.words())),
        })
    }

    /// The record in full of the assembly that founded the union, if the caller sees the union.
    async fn founding_election(&self, scope: &Scope, union: UnionId) -> Outcome<String> {
        let reader = self.register.ledger.db().reader();
        let found = unions::load(reader, &[union]).await?.remove(&union);
        if found.and_then(|found| union_calls::scoped(found).visible(scope)).is_none() {
            return Ok(String::new());
        }
        let election = elections::founding(reader, union, self.today()).await?;
        Ok(election.map(|election| election.name()).unwrap_or_default())
    }
}

/// Whether the formation goes on on the day.
pub(super) fn is_open_on(case: &CaseRecord, day: CivilDate) -> bool {
    case.journal.state_on(day).is_some_and(|(state, _)| state.is_open())
}

/// What the rules look at.
pub(super) fn situation(
    journal: Option<&Journal>,
    employer: Option<&EmployerFacts>,
    day: CivilDate,
) -> Situation {
    let counted = employer.and_then(|facts| facts.workforce_on(day)).map(|(_, count)| count);
    let members = journal.and_then(|journal| journal.members_on(day));
    let goes_on = |journal: &&Journal| journal.state_on(day).is_some_and(|(at, _)| at.is_open());
    Situation {
        day,
        kind: journal.and_then(|journal| journal.plan_on(day).union_type),
        level: journal.and_then(|journal| journal.plan_on(day).union_level),
        employees: counted.map_or(0, |count| count.employees()),
        women: counted.and_then(|count| count.female()).unwrap_or(0),
        members: members.map(|(members, _)| members),
        member_women: members.map_or(0, |(_, women)| women),
        uncovered_from: employer.and_then(|facts| uncovered_from(facts, day)),
        // What somebody wished in a case that was given up is not what they wish now.
        wish: journal.filter(goes_on).and_then(|journal| journal.wish_on(day)),
    }
}
