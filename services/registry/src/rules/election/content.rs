//! What is called and reported fits together, whatever the law says of it.

use std::{collections::BTreeSet, num::NonZeroU16};

use unionhall_kit::civil::CivilDate;

use super::{Assembly, Contest, ElectionFault, ElectionKind, Plan, Record};
use crate::rules::{
    office::{Committee, Position},
    union::{
        UnionFacts,
        kind::UnionForm,
        term::{Term, TermYears},
    },
};

/// Completes and checks what is called: the number of the term follows from the union's terms.
/// `founded` says whether a founding election of the union is filed already.
pub fn call(
    mut plan: Plan,
    years: Option<TermYears>,
    union: &UnionFacts,
    (founded, today): (bool, CivilDate),
) -> Result<Plan, ElectionFault> {
    if plan.approved_on > today {
        return Err(ElectionFault::Day(plan.approved_on, "it is after today", "晚于今日"));
    }
    if plan.planned_on < plan.approved_on {
        return Err(before_approval(plan.planned_on));
    }
    if let Some(ended) = union.ended_on() {
        return Err(ElectionFault::UnionEnded(ended));
    }
    if union.forms.rows().last().map(|row| row.value) == Some(UnionForm::WorkingCommittee) {
        return content("nobody elects a working committee", "工会工作委员会不经选举产生");
    }
    contests(&plan)?;
    plan.term = term(&plan, years, (union, founded))?;
    Ok(plan)
}

pub(super) fn before_approval(day: CivilDate) -> ElectionFault {
    ElectionFault::Day(day, "it is before the approval of the assembly", "早于大会请示批复日期")
}

pub(super) fn content<T>(en: &'static str, zh: &'static str) -> Result<T, ElectionFault> {
    Err(ElectionFault::Content(en, zh))
}

fn contests(plan: &Plan) -> Result<(), ElectionFault> {
    let removal = plan.kind == ElectionKind::Removal;
    if removal != plan.contests.is_empty() || removal == plan.removals.is_empty() {
        return content(
            "a removal names offices and no contests, every other kind contests and no offices",
            "罢免须填写任职而非选举项，其他类型反之",
        );
    }
    let offices: BTreeSet<_> = plan.removals.iter().collect();
    let kinds: BTreeSet<_> =
        plan.contests.iter().map(|one| (one.committee, one.position, one.standing)).collect();
    if offices.len() != plan.removals.len() || kinds.len() != plan.contests.len() {
        return content("the same contest or office stands twice", "同一选举项或任职重复");
    }
    if plan.proposal.is_some() != (plan.kind == ElectionKind::Extraordinary) {
        return content(
            "who proposed it is told of an extraordinary assembly, and of no other",
            "仅临时会议须填写提议方",
        );
    }
    let of_union = |one: &&Contest| one.committee == Committee::Union && !one.standing;
    if plan.kind.begins_term() && !plan.contests.iter().any(|one| of_union(&one)) {
        return content(
            "the union's committee is not among the contests",
            "选举项中缺少工会委员会",
        );
    }
    let seats = plan.contests.iter().fold(0_u32, |all, one| all.saturating_add(one.seats));
    if seats > MOST_SEATS {
        return content(
            "all contests together have at most 400 seats",
            "全部选举项的应选名额合计不得超过400名",
        );
    }
    plan.contests.iter().try_for_each(contest)
}

/// One filing enters every elected and ends everybody before them, in one transaction with an event
/// each, and the largest committees have some 50 seats.
const MOST_SEATS: u32 = 400;

fn contest(contest: &Contest) -> Result<(), ElectionFault> {
    if !contest.position.fits(contest.committee) {
        return content("the committee has no such position", "该委员会没有这一职务");
    }
    if contest.standing && contest.position != Position::Member {
        return content("a standing committee has members", "常务委员会只选举委员");
    }
    if contest.seats == 0 || (contest.position.is_head() && contest.seats != 1) {
        return content("a contest has seats, and a head one", "选举项名额有误，负责人只有一名");
    }
    Ok(())
}

/// The term that begins: the first, or the one after the last that is recorded. A union that was
/// founded by a case, or taken over, has its first term before the congress is recorded: the congress
/// is tied to that term.
fn term(
    plan: &Plan,
    years: Option<TermYears>,
    (union, founded): (&UnionFacts, bool),
) -> Result<Option<(NonZeroU16, TermYears)>, ElectionFault> {
    let last = union.terms.rows().last().map(|row| row.value.number);
    let (number, years) = match (plan.kind, last, years) {
        (ElectionKind::Founding, Some(_), years) => {
            return match first_term(union).filter(|_| !founded) {
                Some(first) => of_first_term(&first, years).map(Some),
                None => content(
                    "the union was founded by an election, or has another term than its first",
                    "该工会已办成立选举，或已有首届以外的届次",
                ),
            };
        }
        (ElectionKind::Founding, None, Some(years)) => (NonZeroU16::MIN, years),
        (ElectionKind::ReElection, None, _) => {
            return content("record the running term first", "请先补录现任届次");
        }
        (ElectionKind::ReElection, Some(last), Some(years)) => {
            (last.checked_add(1).unwrap_or(last), years)
        }
        (ElectionKind::Founding | ElectionKind::ReElection, _, None) => {
            return content(
                "a term of 3 or 5 years begins; say which",
                "请填写任期年数（三年或五年）",
            );
        }
        (_, _, None) => return Ok(None),
        (_, _, Some(_)) => {
            return content("no term begins with such an election", "此类选举不产生新一届");
        }
    };
    Ok(Some((number, years)))
}

/// The first term, while no other one is recorded.
fn first_term(union: &UnionFacts) -> Option<Term> {
    let [only] = union.terms.rows() else { return None };
    (only.value.number == NonZeroU16::MIN).then(|| only.value.clone())
}

/// A congress that founded a union elected its committee for the years of the first term.
fn of_first_term(
    first: &Term,
    years: Option<TermYears>,
) -> Result<(NonZeroU16, TermYears), ElectionFault> {
    if years.is_some_and(|years| years != first.years) {
        return content(
            "the first term is recorded with other years",
            "首届任期已登记，与所填任期年数不符",
        );
    }
    Ok((first.number, first.years))
}

/// What is reported belongs to what was called.
pub fn held_record(
    plan: &Plan,
    record: &Record,
    union: &UnionFacts,
    today: CivilDate,
) -> Result<(), ElectionFault> {
    let day = record.held_on;
    if day > today {
        return Err(ElectionFault::Day(day, "it is after today", "晚于今日"));
    }
    if day < plan.approved_on {
        return Err(before_approval(day));
    }
    if let Some(ended) = union.ended_on().filter(|ended| *ended <= day) {
        return Err(ElectionFault::UnionEnded(ended));
    }
    // A union that is founded is established after its founding congress.
    if plan.kind != ElectionKind::Founding && !union.active_on(day) {
        let fault = ("the union was not established yet", "工会当时尚未建立");
        return Err(ElectionFault::Day(day, fault.0, fault.1));
    }
    if let Some(posted) = record.posted_on.filter(|posted| *posted > day) {
        let fault = ("the candidates were posted after the assembly", "公示日期晚于会议日期");
        return Err(ElectionFault::Day(posted, fault.0, fault.1));
    }
    if record.delegates.is_some() != (plan.assembly == Assembly::DelegateCongress) {
        return content(
            "the number of delegates belongs to a delegate congress, which needs it",
            "代表人数仅用于会员代表大会，且为其必填项",
        );
    }
    lots(record)?;
    counted(plan, record)
}

/// Delegates are chosen for a congress, and every constituency chooses once.
fn lots(record: &Record) -> Result<(), ElectionFault> {
    if record.delegates.is_none() && !record.lots.is_empty() {
        return content(
            "constituencies elect delegates of a delegate congress only",
            "仅会员代表大会须填写各选区代表名额",
        );
    }
    let places: BTreeSet<_> = record.lots.iter().map(|lot| &lot.constituency).collect();
    if places.len() != record.lots.len() {
        return content("a constituency stands twice", "选区重复");
    }
    Ok(())
}

fn counted(plan: &Plan, record: &Record) -> Result<(), ElectionFault> {
    let fits = record.results.len() == plan.contests.len();
    if !fits || record.removals.len() != plan.removals.len() {
        return content(
            "every contest and every removal has one result, in their order",
            "每个选举项或罢免项应按顺序各有一个结果",
        );
    }
    for (contest, result) in plan.contests.iter().zip(&record.results) {
        let names: BTreeSet<_> = result.candidates.iter().map(|one| &one.name).collect();
        if names.len() != result.candidates.len() {
            return content(
                "two candidates of a contest have one name; tell them apart",
                "同一选举项有同名候选人，请加以区分",
            );
        }
        if result.turnout.is_some() != contest.by_committee {
            return content(
                "due and present of a contest are told where the committee votes",
                "由委员会选举的选举项须填写应到与实到人数",
            );
        }
        let outside = result.candidates.iter().any(|one| one.recommended);
        if outside && contest.position != Position::Chair {
            return content("an outsider is recommended as a chair", "推荐的外部人选只能任主席");
        }
    }
    Ok(())
}
