//! Decisions about dissolutions 撤销 (Trade Union Law art. 13, Beijing's measures art. 16).

use unionhall_kit::civil::CivilDate;

use super::{
    Status, UnionFacts, UnionId,
    approval::{Decision, EndReason, MembershipOutcome},
    change::{DecisionFault, Surroundings, UnionChange, UnionFault, amend},
    ending::{approved, kept},
};
use crate::rules::area::tree::AreaTree;

/// A dissolution as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Dissolution<'a> {
    /// Why it ends, where that is known.
    pub reason: Option<EndReason>,
    /// The decision of the union above, or the report to it.
    pub decision: Option<&'a Decision>,
    /// What becomes of the members.
    pub membership: Option<MembershipOutcome>,
    /// The union that is to keep memberships, if the register knows it.
    pub keeper: Option<&'a UnionFacts>,
}

impl Dissolution<'_> {
    /// The end of an employer's own union with the employer; the report comes later.
    pub const WITH_ITS_EMPLOYER: Dissolution<'static> = Dissolution {
        reason: Some(EndReason::EmployerEnded),
        decision: None,
        membership: None,
        keeper: None,
    };

    /// Whether anything is said beside the end itself.
    fn says_more(&self) -> bool {
        self.reason.is_some() || self.decision.is_some() || self.membership.is_some()
    }
}

/// What becomes of a union that is dissolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dissolved {
    /// It ends.
    Ends(UnionFacts),
    /// It had ended that day, and what was left out then is filed.
    Filed(UnionFacts),
}

/// Ends the union on a day, or files what was left out when it ended that day.
pub fn dissolve(
    (id, facts): (UnionId, &UnionFacts),
    order: Dissolution<'_>,
    (from, today): (CivilDate, CivilDate),
) -> Result<Dissolved, UnionFault> {
    if order.reason.is_some() && order.decision.is_none() {
        return Err(UnionFault::Decision(DecisionFault::Unapproved));
    }
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: None };
    let lacking = facts.decisions.on(from).is_none();
    let ended = facts.status_on(from) == Some(Status::Dissolved)
        && facts.ended_on() == Some(from)
        && lacking
        && order.says_more();
    if ended {
        let known = facts.end_reasons.on(from).copied();
        let reason = order.reason.or(known);
        if order.reason.is_some() && known.is_some() && order.reason != known {
            return Err(UnionFault::Ended(from));
        }
        said((id, facts), Dissolution { reason, ..order }, (from, today))?;
        return Ok(Dissolved::Filed(recorded(facts, Dissolution { reason, ..order }, from)));
    }
    let end = amend(facts, &[UnionChange::Status(Status::Dissolved)], from, around)?;
    said((id, facts), order, (from, today))?;
    Ok(Dissolved::Ends(recorded(&end, order, from)))
}

/// Ends an employer's own union with the employer.
pub fn end_with_employer(
    facts: &UnionFacts,
    (from, today): (CivilDate, CivilDate),
) -> Result<UnionFacts, UnionFault> {
    let areas = AreaTree::default();
    let around = Surroundings { today, areas: &areas, superior: None };
    let end = amend(facts, &[UnionChange::Status(Status::Dissolved)], from, around)?;
    Ok(recorded(&end, Dissolution::WITH_ITS_EMPLOYER, from))
}

fn recorded(facts: &UnionFacts, order: Dissolution<'_>, from: CivilDate) -> UnionFacts {
    let mut facts = facts.clone();
    if let Some(reason) = order.reason {
        facts.end_reasons.record(Some(reason), from);
    }
    if let Some(decision) = order.decision {
        facts.decisions.record(Some(decision.clone()), from);
    }
    if let Some(outcome) = order.membership {
        facts.memberships.record(Some(outcome), from);
    }
    facts
}

/// Whether reason, decision and members fit each other and the union.
fn said(
    (id, facts): (UnionId, &UnionFacts),
    order: Dissolution<'_>,
    (from, today): (CivilDate, CivilDate),
) -> Result<(), UnionFault> {
    let refused = |fault| Err(UnionFault::Decision(fault));
    let reported = order.reason == Some(EndReason::EmployerEnded);
    let own = facts.types.on(from).is_some_and(|kind| kind.is_single_employer());
    if reported && !own {
        return refused(DecisionFault::NoEmployer);
    }
    if let Some(decision) = order.decision {
        match (decision.decided_on > from, decision.decided_on > today) {
            (true, _) if !reported => return refused(DecisionFault::Later),
            (_, true) => return refused(DecisionFault::ReportInFuture),
            _ => {}
        }
        approved(decision, &[facts.superiors.on(from).copied()], today)?;
    }
    let Some(outcome) = order.membership else { return Ok(()) };
    let elsewhere = order.reason == Some(EndReason::MergedElsewhere);
    if outcome == MembershipOutcome::ToSuccessor && !elsewhere {
        return refused(DecisionFault::NoSuccessor);
    }
    kept(id, outcome, order.keeper, from)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::rules::{
        name::Name,
        union::{
            EmployerId,
            approval::{Approval, DocumentNumber},
            kind::UnionType,
            mark::Note,
        },
    };

    fn day(offset: i32) -> CivilDate {
        CivilDate::from_epoch_day(offset).unwrap()
    }

    fn id(number: u128) -> UnionId {
        UnionId(Uuid::from_u128(number))
    }

    fn union(kind: UnionType) -> UnionFacts {
        let mut facts = UnionFacts::default();
        facts.statuses.record(Some(Status::Active), day(0));
        facts.types.record(Some(kind), day(0));
        if kind.is_single_employer() {
            facts.employers.record(Some(EmployerId(Uuid::from_u128(9))), day(0));
        }
        facts
    }

    fn decision(on: i32) -> Decision {
        Decision {
            approval: Approval {
                body: Name::parse("北京市西城区总工会").unwrap(),
                number: DocumentNumber::parse("西工发〔2014〕1号").unwrap(),
            },
            decided_on: day(on),
            assets: Note::parse("").unwrap(),
            audit: None,
            approver: None,
        }
    }

    fn asked(
        facts: &UnionFacts,
        reason: Option<EndReason>,
        decided: Option<i32>,
    ) -> Result<Dissolved, UnionFault> {
        let decision = decided.map(decision);
        let order =
            Dissolution { reason, decision: decision.as_ref(), membership: None, keeper: None };
        dissolve((id(1), facts), order, (day(20), day(100)))
    }

    fn refused<T>(fault: DecisionFault) -> Result<T, UnionFault> {
        Err(UnionFault::Decision(fault))
    }

    #[test]
    fn with_a_reason_comes_a_decision_and_before_the_end() {
        let joint = union(UnionType::Joint);
        let reason = Some(EndReason::NoMembers);
        assert_eq!(asked(&joint, reason, None), refused(DecisionFault::Unapproved));
        assert_eq!(asked(&joint, reason, Some(21)), refused(DecisionFault::Later));
        let Ok(Dissolved::Ends(ended)) = asked(&joint, reason, Some(20)) else { panic!() };
        assert_eq!(ended.end_reasons.on(day(20)), Some(&EndReason::NoMembers));
        assert_eq!(ended.decisions.on(day(19)), None);
        assert_eq!(ended.decisions.on(day(20)), Some(&decision(20)));
        // Of ends long past neither may be known.
        let Ok(Dissolved::Ends(ended)) = asked(&joint, None, None) else { panic!() };
        assert!(ended.end_reasons.rows().is_empty());
        let own = Some(EndReason::EmployerEnded);
        assert_eq!(asked(&joint, own, Some(20)), refused(DecisionFault::NoEmployer));
    }

    #[test]
    fn an_end_with_the_employer_is_reported_once_and_up_to_today() {
        let own = union(UnionType::SingleEmployer);
        let ended = end_with_employer(&own, (day(20), day(100))).unwrap();
        assert_eq!(ended.end_reasons.on(day(20)), Some(&EndReason::EmployerEnded));
        let reason = Some(EndReason::EmployerEnded);
        assert_eq!(asked(&ended, reason, Some(101)), refused(DecisionFault::ReportInFuture));
        let other = asked(&ended, Some(EndReason::NoMembers), Some(20));
        assert_eq!(other, Err(UnionFault::Ended(day(20))));
        let Ok(Dissolved::Filed(filed)) = asked(&ended, None, Some(100)) else { panic!() };
        assert_eq!(filed.decisions.on(day(20)), Some(&decision(100)));
        assert_eq!(filed.ended_on(), Some(day(20)));
        assert_eq!(asked(&filed, reason, Some(100)), Err(UnionFault::Ended(day(20))));
        assert_eq!(asked(&ended, None, None), Err(UnionFault::Ended(day(20))));
    }

    #[test]
    fn members_pass_to_a_successor_only_where_there_is_one() {
        let joint = union(UnionType::Joint);
        let decision = decision(20);
        let judged = |reason, membership| {
            let order = Dissolution {
                reason: Some(reason),
                decision: Some(&decision),
                membership: Some(membership),
                keeper: Some(&joint),
            };
            dissolve((id(1), &joint), order, (day(20), day(100))).map(|_| ())
        };
        use MembershipOutcome::{Retained, ToSuccessor};
        assert_eq!(judged(EndReason::MergedElsewhere, ToSuccessor), Ok(()));
        let nobody = refused(DecisionFault::NoSuccessor);
        assert_eq!(judged(EndReason::NoMembers, ToSuccessor), nobody);
        assert_eq!(judged(EndReason::NoMembers, Retained(id(2))), Ok(()));
        let itself = refused(DecisionFault::KeeperGone);
        assert_eq!(judged(EndReason::NoMembers, Retained(id(1))), itself);
    }
}
