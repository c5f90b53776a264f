//! Two records of one person become one 合并重复会员.
//!
//! What the record that remains knows of a day stands; on the other days stands what the other one
//! knows. Memberships follow each other: nobody is a member twice.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{
    MemberFacts, MemberFault,
    correction::always,
    finding::Finding,
    membership::Standing,
    passage::{Passage, Passages},
};
use crate::rules::{Refusal, history::History, reasons, union::UnionId};

/// What a merge makes of two records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The facts of the record that remains.
    pub facts: MemberFacts,
    /// What stays with the other one: numbers for which there is no free day.
    pub left: MemberFacts,
    /// What the records said differently.
    pub findings: Vec<Finding>,
}

/// Why two records are not merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeFault {
    /// A record cannot go into itself.
    #[error("they are one record")]
    Itself,
    /// Two memberships hold on one day.
    #[error(
        "a membership that begins on {0} overlaps one of the other record; end it, or take its steps back, so that they follow each other"
    )]
    Overlap(CivilDate),
    /// A record was merged into the one that is to go.
    #[error("{0} was merged into it; take that back first")]
    Holds(String),
    /// The steps do not follow from each other.
    #[error(transparent)]
    Member(#[from] MemberFault),
}

/// Merges the facts of `source` into `target`; `sealed` is `source` with its numbers sealed for
/// `target`.
pub fn merge(
    target: &MemberFacts,
    source: &MemberFacts,
    sealed: &MemberFacts,
) -> Result<Merged, MergeFault> {
    let passages = follow_up(&target.passages, &source.passages)?;
    let mut facts = MemberFacts {
        names: target.names.filled_by(&source.names),
        ethnicities: target.ethnicities.filled_by(&source.ethnicities),
        educations: target.educations.filled_by(&source.educations),
        mobiles: target.mobiles.filled_by(&sealed.mobiles),
        residences: target.residences.filled_by(&source.residences),
        employments: target.employments.filled_by(&source.employments),
        worker_groups: target.worker_groups.filled_by(&source.worker_groups),
        migrants: target.migrants.filled_by(&source.migrants),
        passages,
        ..target.clone()
    };
    let first = facts.first_day();
    let mut findings = Vec::new();
    let births = [&target.births, &source.births].map(last);
    findings.extend(differ(births).then_some(Finding::Births));
    let sexes = [&target.sexes, &source.sexes].map(last);
    let known = sexes.map(|sex| sex.filter(|sex| sex.is_known()));
    findings.extend(differ(known).then_some(Finding::Sexes));
    if let Some(first) = first {
        let [own, other] = births;
        facts.births = always(own.or(other), first);
        let [own, other] = known;
        facts.sexes = always(own.or(other).or(sexes[0]).or(sexes[1]), first);
    }
    let mut left = MemberFacts::default();
    for (kind, history) in &source.documents {
        let Some(sealed) = sealed.documents.get(kind) else { continue };
        let own = facts.documents.entry(*kind).or_default();
        let merged = own.filled_by(sealed);
        let stays = unplaced(history, sealed, &merged);
        if !stays.rows().is_empty() {
            findings.push(Finding::TwoDocuments(*kind));
            left.documents.insert(*kind, stays);
        }
        *own = merged;
    }
    left.mobiles = unplaced(&source.mobiles, &sealed.mobiles, &facts.mobiles);
    for day in source.confirmations.days() {
        facts.confirmations.note(*day);
    }
    Ok(Merged { facts, left, findings })
}

fn last<T: Copy + PartialEq>(history: &History<T>) -> Option<T> {
    history.rows().last().map(|row| row.value)
}

fn differ<T: PartialEq + Copy>([one, other]: [Option<T>; 2]) -> bool {
    one.is_some() && other.is_some() && one != other
}

/// The rows of `own` whose value, as it is sealed for the other record, has no day there.
fn unplaced<T: Clone + PartialEq>(
    own: &History<T>,
    sealed: &History<T>,
    merged: &History<T>,
) -> History<T> {
    let placed = |value: &T| merged.rows().iter().any(|row| row.value == *value);
    let rows = own.rows().iter().zip(sealed.rows());
    let rows = rows.filter(|(_, sealed)| !placed(&sealed.value)).map(|(row, _)| row.clone());
    // Some rows of a history overlap no more than all of them.
    History::new(rows.collect()).unwrap_or_default()
}

/// What happened from an application or admission until the person belonged to no union again.
#[derive(Debug, Clone)]
struct Spell {
    from: CivilDate,
    /// The first day of the membership, if it came to one.
    joined: Option<CivilDate>,
    until: Option<CivilDate>,
    steps: Vec<Passage>,
}

impl Spell {
    /// The union, where there was but one.
    fn union(&self) -> Option<UnionId> {
        let mut unions = self.steps.iter().filter_map(|passage| passage.step.union());
        let first = unions.next()?;
        unions.all(|union| union == first).then_some(first)
    }

    /// Whether the other one lies within it, at the same union: on no day was the person a member by
    /// the other one alone.
    fn holds(&self, other: &Self) -> bool {
        let ends = match (self.until, other.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => other <= own,
        };
        let joined = match (self.joined, other.joined) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(own), Some(other)) => own <= other,
        };
        let same = self.union().is_some() && self.union() == other.union();
        same && joined && self.from <= other.from && ends
    }
}

fn spells(passages: &Passages) -> Vec<Spell> {
    let mut spells: Vec<Spell> = Vec::new();
    let mut open = false;
    for (passage, (on, standing)) in passages.all().iter().zip(passages.standings()) {
        match spells.last_mut().filter(|_| open) {
            Some(spell) => spell.steps.push(passage.clone()),
            None => {
                let steps = vec![passage.clone()];
                spells.push(Spell { from: on, joined: None, until: None, steps });
            }
        }
        if let Some(spell) = spells.last_mut().filter(|_| standing.membership().is_some()) {
            spell.joined = spell.joined.or(Some(on));
        }
        open = !matches!(standing, Standing::Nobody | Standing::Former { .. });
        if let Some(spell) = spells.last_mut().filter(|_| !open) {
            spell.until = Some(on);
        }
    }
    spells
}

/// The steps of both, in order.
fn follow_up(target: &Passages, source: &Passages) -> Result<Passages, MergeFault> {
    let (mut own, mut others) = (spells(target), spells(source));
    others.retain(|other| !own.iter().any(|spell| spell.holds(other)));
    own.retain(|spell| !others.iter().any(|other| other.holds(spell)));
    own.append(&mut others);
    // Of two on one day, the one that ended is the earlier.
    own.sort_by_key(|spell| (spell.from, spell.until.is_none(), spell.until));
    for pair in own.windows(2) {
        if pair[0].until.is_none_or(|until| pair[1].from < until) {
            return Err(MergeFault::Overlap(pair[1].from));
        }
    }
    let steps = own.into_iter().flat_map(|spell| spell.steps).collect();
    Ok(Passages::new(steps)?)
}

/// Why a merge is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnmergeFault {
    /// It never was.
    #[error("the record was merged into none")]
    NotMerged,
    /// The record that remained has changed since.
    #[error("the record into which it was merged has changed since: {0}")]
    Changed(String),
}

impl Refusal for MergeFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Member(fault) => fault.reason(),
            _ => &reasons::MEMBER_MERGE_INVALID,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Itself => "两者是同一条记录".to_owned(),
            Self::Overlap(day) => {
                format!("自{day}起的会籍与另一条记录的会籍重叠，请先办理终止或撤回有误的会籍变动")
            }
            Self::Holds(name) => format!("{name}已并入该记录，请先撤销该合并"),
            Self::Member(fault) => return fault.places(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

impl Refusal for UnmergeFault {
    fn reason(&self) -> &'static Reason {
        &reasons::MEMBER_UNMERGE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::NotMerged => "该记录未被合并".to_owned(),
            Self::Changed(fields) => format!("合并后的记录此后已变更：{fields}"),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests;
