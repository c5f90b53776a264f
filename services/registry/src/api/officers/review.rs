//! The review of a union's committees.

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::Outcome,
    figures::read::{self, Question},
    path::{Line, Scope},
};
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{
        CommitteeCounts, CommitteeReview, GetCommitteeReviewRequest,
        committee_review::{Item as ItemMessage, Standing as StandingMessage},
        finding::Figure,
    },
};

use super::{Officers, seen_union};
use crate::{
    api::{employers as employer_calls, findings, unions as union_calls, wire},
    rules::{
        committee_review::{Counts, Covered, Item, Standing, review},
        election_rules::Grade,
        member::metric::MemberMetric,
        name::Name,
        union::{EmployerId, UnionFacts, UnionId},
    },
    store::{
        elections, employers, officers,
        unions::{self, UnionRecord},
    },
};

impl Officers {
    pub(super) async fn review(
        &self,
        call: Call<GetCommitteeReviewRequest>,
    ) -> Outcome<CommitteeReview> {
        let message = &call.message;
        let day = wire::day("day", message.day.as_ref())?.unwrap_or_else(|| self.today());
        let reader = self.register.ledger.db().reader();
        let id = union_calls::id(&message.name)?;
        let union = seen_union(reader, &call.caller, id, &message.name).await?;
        let known = officers::of_union(reader, id).await?;
        let offices: Vec<_> = known.into_iter().map(|record| (record.id, record.office)).collect();
        let (counts, election) = match &message.counts {
            Some(given) => (Some(counted(given)), String::new()),
            None => match self.last_counts(id, day).await? {
                (None, _) => (self.registered(&union, day).await?, String::new()),
                elected => elected,
            },
        };
        let covered = covered(reader, &call.caller.scope, (id, &union.facts), day).await?;
        let above = names_above(reader, &union.facts).await?;
        let known = (counts, covered, above.as_slice());
        let items = review(&union.facts, &offices, known, (findings::rules()?, day));
        Ok(CommitteeReview {
            union: union.name(),
            day: Some(day.into()),
            counts: counts.map(shown_counts),
            counts_election: election,
            items: items.iter().map(|found| item(id, found)).collect(),
        })
    }

    /// The numbers of the last founding election or re-election held by the day and filed, and its
    /// name.
    async fn last_counts(
        &self,
        union: UnionId,
        day: CivilDate,
    ) -> Outcome<(Option<Counts>, String)> {
        let reader = self.register.ledger.db().reader();
        let last = elections::last_filed(reader, union, day).await?;
        let counts = last.as_ref().and_then(|last| {
            let record = last.election.stage.record()?;
            let (members, women) = (record.members, record.women);
            let own_accounts = Some(last.election.plan.own_accounts);
            Some(Counts { members, women, own_accounts })
        });
        Ok((counts, last.map(|last| last.name()).unwrap_or_default()))
    }

    /// Who is a member on the day as the register counts, of the union and of those below it. `None`
    /// where it counts nobody: its members are not entered then.
    async fn registered(&self, union: &UnionRecord, day: CivilDate) -> Outcome<Option<Counts>> {
        let db = self.register.ledger.db();
        let paths = unions::paths_of(db.reader(), &[union.id]).await?;
        let path = paths.get(&union.id).and_then(|paths| paths.on(day));
        let node = path.unwrap_or(&union.affiliation).path();
        let question = |metric: MemberMetric| Question {
            metric: metric.id(),
            line: Line::Affiliation,
            node: node.clone(),
            day,
        };
        let asked = [MemberMetric::Members, MemberMetric::Women].map(question);
        let found = read::values(db, &asked).await?;
        let mut found = found.into_iter().map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let members = found.next().filter(|members| *members > 0);
        let women = found.next().unwrap_or_default();
        Ok(members.map(|members| Counts { members, women, own_accounts: None }))
    }
}

/// The names that the unions above had on the union's first day.
async fn names_above(reader: &impl ConnectionTrait, union: &UnionFacts) -> Outcome<Vec<Name>> {
    let Some(first) = union.established_on() else { return Ok(Vec::new()) };
    let superior = union.superiors.on(first).copied();
    let above = union_calls::those_above(reader, superior, first).await?;
    Ok(above.iter().filter_map(|record| record.facts.names.on(first).cloned()).collect())
}

/// What the register knows of the union's employers on the day. The seat of a union can lie elsewhere
/// than its employer: what is known of the employer is told to those who see it.
async fn covered(
    reader: &impl ConnectionTrait,
    scope: &Scope,
    (id, union): (UnionId, &UnionFacts),
    day: CivilDate,
) -> Outcome<Covered> {
    let employers = employers::count_covered_on(reader, id, day).await?;
    let employers = u32::try_from(employers).unwrap_or(u32::MAX);
    let Some(EmployerId(own)) = union.employers.on(day).copied() else {
        return Ok(Covered { employers, employees: None });
    };
    let employer = employers::load(reader, &[own]).await?.remove(&own);
    let employer = employer.and_then(|record| employer_calls::scoped(record).visible(scope));
    let counted = employer.as_ref().and_then(|record| record.facts.workforce_on(day));
    Ok(Covered { employers, employees: counted.map(|(_, count)| count.employees()) })
}

fn counted(given: &CommitteeCounts) -> Counts {
    Counts {
        members: u32::try_from(given.member_count).unwrap_or(0),
        women: u32::try_from(given.women_count).unwrap_or(0),
        own_accounts: Some(given.own_accounts),
    }
}

fn shown_counts(counts: Counts) -> CommitteeCounts {
    CommitteeCounts {
        member_count: i32::try_from(counts.members).unwrap_or(i32::MAX),
        women_count: i32::try_from(counts.women).unwrap_or(i32::MAX),
        own_accounts: counts.own_accounts.unwrap_or_default(),
    }
}

fn item(union: UnionId, item: &Item) -> ItemMessage {
    let rule = &item.rule;
    let figure = |(name, value): &(&'static str, u32)| Figure {
        name: (*name).to_owned(),
        value: i64::from(*value),
    };
    let step = || LocalizedText { zh: rule.remedy_zh.clone(), en: rule.remedy_en.clone() };
    let standing = match item.standing {
        Standing::Met => StandingMessage::Met,
        Standing::NotMet => StandingMessage::NotMet,
        Standing::NotApplicable => StandingMessage::NotApplicable,
        Standing::Unknown => StandingMessage::Unknown,
    };
    ItemMessage {
        rule: rule.id.clone(),
        standing: standing.into(),
        mandatory: rule.grade == Grade::Mandatory,
        figures: item.figures.iter().map(figure).collect(),
        officer: item.office.map(|id| officers::resource_name(union, id)).unwrap_or_default(),
        source: rule.source.clone(),
        next_step: (item.standing == Standing::NotMet).then(step),
        rule_standing: findings::standing(rule.standing).into(),
    }
}
