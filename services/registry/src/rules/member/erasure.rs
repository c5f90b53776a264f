//! When what is personal goes 删除 (Personal Information Protection Law art. 47), and what stays: the
//! dates, codes and unions that figures follow from.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{
    MemberFacts,
    membership::Standing,
    passage::{Passage, Passages, Step},
};
use crate::rules::{
    Refusal, reasons,
    retention::{Retention, Subject},
    union::mark::Note,
};

/// Why a person is not erased.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErasureFault {
    /// A membership or an application is open.
    #[error("a membership or application is open; end or decide it first")]
    Open,
    /// The record is kept for some time.
    #[error("it is kept until {0} by rule {1}")]
    Kept(CivilDate, String),
}

/// Whether a person may be erased today.
pub fn may_erase(
    facts: &MemberFacts,
    rules: &Retention,
    today: CivilDate,
) -> Result<(), ErasureFault> {
    match facts.passages.last_standing() {
        Standing::Nobody | Standing::Former { .. } => {}
        Standing::Applicant { .. } | Standing::Member { .. } => return Err(ErasureFault::Open),
    }
    let Some(last) = facts.passages.all().last() else { return Ok(()) };
    // The rule of the day on which it ended judges.
    let Some(rule) = rules.on(Subject::Membership, last.on) else { return Ok(()) };
    let until = last.on.plus_months(rule.span);
    if today < until { Err(ErasureFault::Kept(until, rule.id.clone())) } else { Ok(()) }
}

/// What stays of the facts.
pub fn impersonal(facts: &MemberFacts) -> MemberFacts {
    let steps = facts.passages.all().iter();
    let steps = steps.map(|passage| Passage { on: passage.on, step: without_note(&passage.step) });
    MemberFacts {
        sexes: facts.sexes.clone(),
        employments: facts.employments.clone(),
        worker_groups: facts.worker_groups.clone(),
        migrants: facts.migrants.clone(),
        // They followed from each other before their notes went.
        passages: Passages::new(steps.collect()).unwrap_or_default(),
        confirmations: facts.confirmations.clone(),
        ..MemberFacts::default()
    }
}

/// A step without what somebody wrote of it.
pub fn without_note(step: &Step) -> Step {
    let nothing = Note::default;
    match step {
        Step::Refused(_) => Step::Refused(nothing()),
        Step::TransferredIn(union, _) => Step::TransferredIn(*union, nothing()),
        Step::TransferRefused(_) => Step::TransferRefused(nothing()),
        Step::TransferredOut(_) => Step::TransferredOut(nothing()),
        Step::Expelled(_) => Step::Expelled(nothing()),
        other => other.clone(),
    }
}

impl Refusal for ErasureFault {
    fn reason(&self) -> &'static Reason {
        &reasons::MEMBER_ERASURE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Open => "尚有会籍或未办结的入会申请".to_owned(),
            Self::Kept(day, rule) => format!("按规则{rule}应保存至{day}"),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::{member::correction::always, person::name::PersonName, union::UnionId};

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn facts(steps: Vec<(&str, Step)>) -> MemberFacts {
        let steps = steps.into_iter().map(|(on, step)| Passage { on: day(on), step });
        MemberFacts {
            names: always(PersonName::parse("丁某").ok(), day("2014-01-01")),
            migrants: always(Some(true), day("2014-01-01")),
            passages: Passages::new(steps.collect()).unwrap(),
            ..MemberFacts::default()
        }
    }

    #[test]
    fn what_is_open_or_kept_is_not_erased() {
        let rules = Retention::shipped().unwrap();
        let union = UnionId(uuid::Uuid::from_u128(1));
        let joined = ("2014-01-01", Step::Admitted(union));
        let open = facts(vec![joined.clone()]);
        assert_eq!(may_erase(&open, &rules, day("2099-01-01")), Err(ErasureFault::Open));
        let applied = facts(vec![("2014-01-01", Step::Applied(union))]);
        assert_eq!(may_erase(&applied, &rules, day("2099-01-01")), Err(ErasureFault::Open));
        let left = facts(vec![joined, ("2014-06-30", Step::Withdrawn)]);
        let kept = ErasureFault::Kept(day("2017-06-30"), "R01A".to_owned());
        assert_eq!(may_erase(&left, &rules, day("2017-06-29")), Err(kept));
        assert_eq!(may_erase(&left, &rules, day("2017-06-30")), Ok(()));
    }

    #[test]
    fn what_figures_follow_from_stays() {
        let union = UnionId(uuid::Uuid::from_u128(1));
        let note = |text: &str| Note::parse(text).unwrap();
        let before = facts(vec![
            ("2014-01-01", Step::TransferredIn(union, note("外区某工会"))),
            ("2014-06-30", Step::Expelled(note("某人的决定"))),
        ]);
        let after = impersonal(&before);
        assert!(after.names.rows().is_empty());
        assert_eq!(after.migrants, before.migrants);
        assert_eq!(after.passages.last_standing(), before.passages.last_standing());
        let notes = after.passages.all().iter().filter_map(|passage| passage.step.note());
        assert!(notes.into_iter().all(|note| note.to_string().is_empty()));
    }
}
