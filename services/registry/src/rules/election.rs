//! Elections of a union's committees (2.3 of the domain reference): called, held, filed.
//!
//! An election is a case. It is called with the approval of the higher union 大会请示批复, held with
//! its figures, and its result is filed 结果报批; only then do the elected enter their offices. What
//! is recorded as held is what was reported; whether it is valid is decided by the rules of the day.

pub mod check;
mod content;
mod decide;
mod fault;
mod order;
mod outcome;

use std::{collections::BTreeSet, num::NonZeroU16};

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

pub use self::{
    content::{call, held_record},
    decide::{cancel, hold, postpone, void},
    fault::ElectionFault,
    order::order_re_election,
    outcome::{Outcome, file},
};
use super::{
    area::AreaPath,
    name::Name,
    office::{Bar, Committee, OfficeId, Position},
    union::{
        approval::Approval,
        kind::{UnionLevel, codes},
        mark::Note,
        term::{Postponement, TermYears},
    },
};

codes! {
    /// What an election is for.
    ElectionKind {
        /// 成立选举: of the first committee (F036).
        Founding = "FOUNDING",
        /// 换届选举: of the next committee.
        ReElection = "RE_ELECTION",
        /// 补选: of a vacancy during the term.
        ByElection = "BY_ELECTION",
        /// 罢免 (Trade Union Law art. 18).
        Removal = "REMOVAL",
        /// 临时会议 (Trade Union Law art. 17).
        Extraordinary = "EXTRAORDINARY",
    }
}

impl ElectionKind {
    /// Whether a term begins with it.
    pub fn begins_term(self) -> bool {
        matches!(self, Self::Founding | Self::ReElection)
    }
}

codes! {
    /// Who meets.
    Assembly {
        /// 会员大会.
        GeneralMeeting = "GENERAL_MEETING",
        /// 会员代表大会 (F037): not the representative congress of staff and workers.
        DelegateCongress = "DELEGATE_CONGRESS",
    }
}

/// One ballot: whom it elects, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    /// The committee.
    pub committee: Committee,
    /// The position that the elected take; who also wins a higher one has that alone.
    pub position: Position,
    /// Whether it is for the standing committee 常务委员会.
    pub standing: bool,
    /// Whether the committee votes, as it may on its chair, and not the assembly (P4).
    pub by_committee: bool,
    /// Seats.
    pub seats: u32,
}

/// Who asked for an extraordinary assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proposal {
    /// The union's committee.
    Committee,
    /// So many members.
    Members(u32),
}

/// What is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What for.
    pub kind: ElectionKind,
    /// Who meets.
    pub assembly: Assembly,
    /// The day on which it is to be held.
    pub planned_on: CivilDate,
    /// Where.
    pub venue: Note,
    /// The approval of the higher union 大会请示批复.
    pub approval: Approval,
    /// When it approved.
    pub approved_on: CivilDate,
    /// The ballots; none for a removal.
    pub contests: Vec<Contest>,
    /// The offices from which somebody is to be removed; for a removal only.
    pub removals: Vec<OfficeId>,
    /// The term that begins with it.
    pub term: Option<(NonZeroU16, TermYears)>,
    /// Whether the union keeps its own accounts 独立管理经费.
    pub own_accounts: bool,
    /// Who asked for an extraordinary assembly.
    pub proposal: Option<Proposal>,
    /// The last postponement.
    pub postponement: Option<Postponement>,
}

/// A candidate and what became of the candidature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who; within one ballot no name stands twice.
    pub name: Name,
    /// Votes 得票.
    pub votes: u32,
    /// Whether the assembly declared the candidate elected.
    pub elected: bool,
    /// Full-time 专职.
    pub full_time: bool,
    /// Recommended from outside by the higher union.
    pub recommended: bool,
    /// What was declared.
    pub bars: BTreeSet<Bar>,
}

/// Ballot papers of one vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Papers {
    /// Issued 发出.
    pub issued: u32,
    /// Returned 收回.
    pub returned: u32,
    /// Valid 有效.
    pub valid: u32,
}

/// How many were to vote, and came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turnout {
    /// Due 应到会.
    pub due: u32,
    /// Present 实到会.
    pub present: u32,
}

/// How a ballot went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContestResult {
    /// Of the committee, where it votes; otherwise that of the assembly holds.
    pub turnout: Option<Turnout>,
    /// Ballot papers.
    pub papers: Papers,
    /// The candidates.
    pub candidates: Vec<Candidate>,
}

/// How a vote on a removal went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemovalResult {
    /// Ballot papers.
    pub papers: Papers,
    /// Votes for the removal.
    pub votes: u32,
    /// Whether the assembly declared the person removed.
    pub removed: bool,
}

/// Who elects delegates 选区.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Constituency {
    /// An area, for instance a community (F037).
    Area(AreaPath),
    /// Another one, by its name: a department, a group of employers.
    Named(Name),
}

/// The delegates of one constituency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegateLot {
    /// Who elects them.
    pub constituency: Constituency,
    /// How many it was to elect 代表名额.
    pub allotted: u32,
    /// How many it elected.
    pub elected: u32,
}

/// What is reported of an assembly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The day.
    pub held_on: CivilDate,
    /// Where.
    pub venue: Note,
    /// Members of the union who may vote.
    pub members: u32,
    /// Women among those whom it unites.
    pub women: u32,
    /// Delegates; of a delegate congress only.
    pub delegates: Option<u32>,
    /// The delegates by constituency; none where nobody told.
    #[serde(default)]
    pub lots: Vec<DelegateLot>,
    /// Due and present.
    pub turnout: Turnout,
    /// The first day on which the candidates for the chair were posted 公示.
    pub posted_on: Option<CivilDate>,
    /// One a contest, in their order.
    pub results: Vec<ContestResult>,
    /// One a removal, in their order.
    pub removals: Vec<RemovalResult>,
}

/// The filed result 结果报批.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// Who approved it, under which number.
    pub approval: Approval,
    /// When.
    pub on: CivilDate,
}

/// Why an election came to nothing, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// The day of the decision.
    pub on: CivilDate,
    /// The reason.
    pub reason: Note,
}

/// How far an election is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Called.
    Planned,
    /// Held; the record can still be corrected.
    Held(Record),
    /// Its result is filed; nothing changes any more.
    Filed(Record, Filing),
    /// Called off before it was held.
    Cancelled(Broken),
    /// Held and void.
    Void(Record, Broken),
}

impl Stage {
    /// The name of the state.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Planned => "PLANNED",
            Self::Held(_) => "HELD",
            Self::Filed(..) => "FILED",
            Self::Cancelled(_) => "CANCELLED",
            Self::Void(..) => "VOID",
        }
    }

    /// What was reported of the assembly.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Held(record) | Self::Filed(record, _) | Self::Void(record, _) => Some(record),
            Self::Planned | Self::Cancelled(_) => None,
        }
    }

    /// Whether it can still come to a result.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Planned | Self::Held(_))
    }
}

/// An election.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Election {
    /// What was called.
    pub plan: Plan,
    /// How far it is.
    pub stage: Stage,
}

impl Election {
    /// The day by whose rules it is judged: on which it was held, or is to be.
    pub fn day(&self) -> CivilDate {
        self.stage.record().map_or(self.plan.planned_on, |record| record.held_on)
    }
}

/// Whether the regulations of basic unions apply: to what stands below the sub-district and unites
/// persons.
pub fn is_basic(level: UnionLevel) -> bool {
    matches!(level, UnionLevel::Community | UnionLevel::CommunityFlexible | UnionLevel::Basic)
}

#[cfg(test)]
mod tests;
