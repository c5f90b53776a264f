//! What is decided of the end of a union, or of its split: by whom, and what becomes of the members.

use unionhall_kit::civil::CivilDate;

use super::{
    UnionFacts, UnionId,
    approval::{Decision, MembershipOutcome},
    change::{DecisionFault, UnionChange, UnionFault},
};

/// What is decided.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// The decision of the higher union.
    pub decision: &'a Decision,
    /// What becomes of the members, where that is said.
    pub membership: Option<MembershipOutcome>,
    /// The union that is to keep memberships, if the register knows it.
    pub keeper: Option<&'a UnionFacts>,
}

impl Ending<'_> {
    /// What it changes of the union `id`, which has one of the unions `above` it on the day.
    pub fn changes(
        self,
        id: UnionId,
        above: &[Option<UnionId>],
        (from, today): (CivilDate, CivilDate),
    ) -> Result<Vec<UnionChange>, UnionFault> {
        if self.decision.decided_on > from {
            return Err(UnionFault::Decision(DecisionFault::Later));
        }
        approved(self.decision, above, today)?;
        let mut changes = vec![UnionChange::Decision(self.decision.clone())];
        if let Some(outcome) = self.membership {
            kept(id, outcome, self.keeper, from)?;
            changes.push(UnionChange::Membership(outcome));
        }
        Ok(changes)
    }
}

/// Whether the decision is by one of the unions above, and its audit is not of tomorrow.
pub(super) fn approved(
    decision: &Decision,
    above: &[Option<UnionId>],
    today: CivilDate,
) -> Result<(), UnionFault> {
    let refused = |fault| Err(UnionFault::Decision(fault));
    if decision.audit.as_ref().is_some_and(|audit| audit.audited_on > today) {
        return refused(DecisionFault::AuditInFuture);
    }
    if decision.approver.is_some() && !above.contains(&decision.approver) {
        return refused(DecisionFault::NotAbove);
    }
    Ok(())
}

/// Whether the document is of the union that approved, by its name of the day; one that had none then
/// is not compared.
pub fn signed(decision: &Decision, approver: &UnionFacts) -> Result<(), UnionFault> {
    match approver.names.on(decision.decided_on) {
        Some(name) if *name != decision.approval.body => {
            Err(UnionFault::Decision(DecisionFault::OtherBody))
        }
        _ => Ok(()),
    }
}

/// Whether the union that is to keep memberships can.
pub(super) fn kept(
    id: UnionId,
    outcome: MembershipOutcome,
    keeper: Option<&UnionFacts>,
    from: CivilDate,
) -> Result<(), UnionFault> {
    let MembershipOutcome::Retained(at) = outcome else { return Ok(()) };
    let lasts = keeper.is_some_and(|keeper| keeper.active_on(from) && keeper.ended_on().is_none());
    if at != id && lasts {
        return Ok(());
    }
    Err(UnionFault::Decision(DecisionFault::KeeperGone))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::rules::union::{
        Status,
        approval::{Approval, AssetAudit, DocumentNumber},
        mark::Note,
    };

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn id(number: u128) -> UnionId {
        UnionId(Uuid::from_u128(number))
    }

    fn decision() -> Decision {
        Decision {
            approval: Approval {
                body: crate::rules::name::Name::parse("北京市西城区总工会").unwrap(),
                number: DocumentNumber::parse("西工发〔2014〕1号").unwrap(),
            },
            decided_on: day("2014-01-15"),
            assets: Note::parse("").unwrap(),
            audit: None,
            approver: None,
        }
    }

    fn fault(decision: &Decision, membership: Option<MembershipOutcome>) -> Option<DecisionFault> {
        let mut keeper = UnionFacts::default();
        keeper.statuses.record(Some(Status::Active), day("2010-01-01"));
        let ending = Ending { decision, membership, keeper: Some(&keeper) };
        let days = (day("2014-02-01"), day("2014-07-01"));
        match ending.changes(id(1), &[Some(id(2)), None], days) {
            Err(UnionFault::Decision(fault)) => Some(fault),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    }

    #[test]
    fn a_decision_is_of_the_union_above_and_not_later_than_its_effect() {
        assert_eq!(fault(&decision(), None), None);
        let of_the_day = Decision { decided_on: day("2014-02-01"), ..decision() };
        assert_eq!(fault(&of_the_day, None), None);
        let later = Decision { decided_on: day("2014-02-02"), ..decision() };
        assert_eq!(fault(&later, None), Some(DecisionFault::Later));
        let by = |approver| Decision { approver: Some(id(approver)), ..decision() };
        assert_eq!(fault(&by(2), None), None);
        assert_eq!(fault(&by(3), None), Some(DecisionFault::NotAbove));
        let number = DocumentNumber::parse("审〔2014〕1号").unwrap();
        let audited = |on: &str| Decision {
            audit: Some(AssetAudit { number: number.clone(), audited_on: day(on) }),
            ..decision()
        };
        assert_eq!(fault(&audited("2014-07-01"), None), None);
        assert_eq!(fault(&audited("2014-07-02"), None), Some(DecisionFault::AuditInFuture));
    }

    #[test]
    fn the_document_is_of_the_approving_union_by_its_name_of_the_day() {
        let mut approver = UnionFacts::default();
        assert_eq!(signed(&decision(), &approver), Ok(()), "it had no name then");
        let name = |text| Some(crate::rules::name::Name::parse(text).unwrap());
        approver.names.record(name("北京市西城区总工会"), day("2010-07-01"));
        approver.names.record(name("北京市西城总工会"), day("2014-01-16"));
        assert_eq!(signed(&decision(), &approver), Ok(()));
        let later = Decision { decided_on: day("2014-01-16"), ..decision() };
        let other = Err(UnionFault::Decision(DecisionFault::OtherBody));
        assert_eq!(signed(&later, &approver), other);
    }

    #[test]
    fn memberships_are_kept_by_a_union_that_goes_on() {
        use MembershipOutcome::{Retained, ToSuccessor};
        assert_eq!(fault(&decision(), Some(ToSuccessor)), None);
        assert_eq!(fault(&decision(), Some(Retained(id(5)))), None);
        assert_eq!(fault(&decision(), Some(Retained(id(1)))), Some(DecisionFault::KeeperGone));
        let decision = decision();
        let ending =
            Ending { decision: &decision, membership: Some(Retained(id(5))), keeper: None };
        let days = (day("2014-02-01"), day("2014-07-01"));
        let gone = ending.changes(id(1), &[], days).unwrap_err();
        assert_eq!(gone, UnionFault::Decision(DecisionFault::KeeperGone));
    }
}
