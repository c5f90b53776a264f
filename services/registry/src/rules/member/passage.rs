//! Passages 会籍变动: what happens to a membership, each on its day. How a person stands to the
//! unions is what the passages up to a day make of them.
//!
//! Joining is by application and approval of the basic union; the membership follows the employment
//! 一次入会、动态接转 (rules on members of 2016, art. 3); withdrawal is free; expulsion is
//! decided by the union's committee.

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

use super::{
    MemberFault,
    membership::{Membership, Relation, Standing},
};
use crate::rules::{
    history::History,
    union::{UnionId, mark::Note},
};

/// Why a membership is retained 保留会籍: no dues, no vote, no candidacy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RetentionCause {
    /// Retired 退休.
    Retired,
    /// Unemployed 失业.
    Unemployed,
    /// Military service 服兵役.
    MilitaryService,
    /// The employer ended (Trade Union Law art. 13).
    EmployerEnded,
    /// The union ended (Trade Union Law art. 13).
    UnionEnded,
    /// Another cause.
    Other,
}

impl RetentionCause {
    /// Every cause.
    pub const ALL: [Self; 6] = [
        Self::Retired,
        Self::Unemployed,
        Self::MilitaryService,
        Self::EmployerEnded,
        Self::UnionEnded,
        Self::Other,
    ];

    /// Its code in the contract.
    pub fn code(self) -> &'static str {
        match self {
            Self::Retired => "RETIRED",
            Self::Unemployed => "UNEMPLOYED",
            Self::MilitaryService => "MILITARY_SERVICE",
            Self::EmployerEnded => "EMPLOYER_ENDED",
            Self::UnionEnded => "UNION_ENDED",
            Self::Other => "OTHER",
        }
    }
}

/// One thing that happens to a membership.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The person applied to a union 入会申请.
    Applied(UnionId),
    /// The union refused 不予批准.
    Refused(Note),
    /// The person took the application back 撤回申请.
    TakenBack,
    /// The union admitted the person 批准入会; after an earlier membership: once more 重新入会.
    Admitted(UnionId),
    /// The person came as a member of a union that the register does not know 转入.
    TransferredIn(UnionId, Note),
    /// The person asks to pass to another union 会籍转移; the membership stays until that accepts.
    TransferAsked(UnionId),
    /// The other union accepted 接收.
    TransferAccepted,
    /// The other union refused 拒绝接收.
    TransferRefused(Note),
    /// The transfer was called off 取消转移.
    TransferCancelled,
    /// The person left for a union that the register does not know 转出.
    TransferredOut(Note),
    /// The membership is retained 保留会籍.
    Retained(RetentionCause),
    /// It is active again 恢复会籍.
    Resumed,
    /// The person withdrew 退会.
    Withdrawn,
    /// Six months without dues and without taking part count as withdrawal 自动退会.
    DeemedWithdrawn,
    /// The person was expelled 开除会籍, by this decision.
    Expelled(Note),
    /// The person died 死亡.
    Deceased,
    /// The union became another one (合并, 分立, 撤销): the membership goes along and is not new.
    Carried(UnionId),
}

impl Step {
    /// Its code in the contract.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Applied(_) => "APPLIED",
            Self::Refused(_) => "REFUSED",
            Self::TakenBack => "TAKEN_BACK",
            Self::Admitted(_) => "ADMITTED",
            Self::TransferredIn(..) => "TRANSFERRED_IN",
            Self::TransferAsked(_) => "TRANSFER_ASKED",
            Self::TransferAccepted => "TRANSFER_ACCEPTED",
            Self::TransferRefused(_) => "TRANSFER_REFUSED",
            Self::TransferCancelled => "TRANSFER_CANCELLED",
            Self::TransferredOut(_) => "TRANSFERRED_OUT",
            Self::Retained(_) => "RETAINED",
            Self::Resumed => "RESUMED",
            Self::Withdrawn => "WITHDRAWN",
            Self::DeemedWithdrawn => "DEEMED_WITHDRAWN",
            Self::Expelled(_) => "EXPELLED",
            Self::Deceased => "DECEASED",
            Self::Carried(_) => "CARRIED",
        }
    }

    /// The union that it names.
    pub fn union(&self) -> Option<UnionId> {
        match self {
            Self::Applied(union)
            | Self::Admitted(union)
            | Self::TransferredIn(union, _)
            | Self::TransferAsked(union)
            | Self::Carried(union) => Some(*union),
            _ => None,
        }
    }

    /// What its note says, if it has one.
    pub fn note(&self) -> Option<&Note> {
        match self {
            Self::Refused(note)
            | Self::TransferredIn(_, note)
            | Self::TransferRefused(note)
            | Self::TransferredOut(note)
            | Self::Expelled(note) => Some(note),
            _ => None,
        }
    }
}

/// A step and its day.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passage {
    /// The day.
    pub on: CivilDate,
    /// What happened.
    pub step: Step,
}

/// What happened to a membership, in order; every step follows from the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passages(Vec<Passage>);

impl Passages {
    /// The passages of these steps. They were recorded through [`Passages::record`], which is
    /// asked again.
    pub fn new(steps: Vec<Passage>) -> Result<Self, MemberFault> {
        let mut passages = Self::default();
        for passage in steps {
            passages.record(passage)?;
        }
        Ok(passages)
    }

    /// The passages, in order.
    pub fn all(&self) -> &[Passage] {
        &self.0
    }

    /// How the person stands after everything that is recorded.
    pub fn last_standing(&self) -> Standing {
        self.standings().last().map_or(Standing::Nobody, |(_, standing)| standing)
    }

    /// How the person stands at the end of `day`.
    pub fn standing_on(&self, day: CivilDate) -> Standing {
        let until = self.standings().take_while(|(on, _)| *on <= day);
        until.last().map_or(Standing::Nobody, |(_, standing)| standing)
    }

    /// Each day with a passage, and how the person stands after each.
    pub fn standings(&self) -> impl Iterator<Item = (CivilDate, Standing)> {
        let next = |standing: &mut Standing, passage: &Passage| {
            // Only steps that follow were recorded.
            if let Ok(after) = follow(*standing, &passage.step) {
                *standing = after;
            }
            Some((passage.on, *standing))
        };
        self.0.iter().scan(Standing::Nobody, next)
    }

    /// The membership of every day.
    pub fn memberships(&self) -> History<Membership> {
        let mut history = History::default();
        for (on, standing) in self.standings() {
            history.record(standing.membership(), on);
        }
        history
    }

    /// The union that the person belongs to, or last belonged or applied to.
    pub fn last_union(&self) -> Option<UnionId> {
        let unions = self.standings().filter_map(|(_, standing)| standing.union());
        unions.last()
    }

    /// Every union that is named.
    pub fn unions(&self) -> impl Iterator<Item = UnionId> {
        self.0.iter().filter_map(|passage| passage.step.union())
    }

    /// Adds what happened after everything that is recorded.
    pub fn record(&mut self, passage: Passage) -> Result<(), MemberFault> {
        if let Some(last) = self.0.last().filter(|last| passage.on < last.on) {
            return Err(MemberFault::BeforePassage(passage.on, last.on));
        }
        follow(self.last_standing(), &passage.step)?;
        self.0.push(passage);
        Ok(())
    }

    /// Takes the last passage back, which was recorded in error.
    pub fn take_back(&mut self) -> Option<Passage> {
        self.0.pop()
    }
}

/// How a person stands after a step. The one place that says what follows what.
fn follow(standing: Standing, step: &Step) -> Result<Standing, MemberFault> {
    use Relation::{Active, Retained};
    use Standing::{Applicant, Former, Member, Nobody};
    let refused = || MemberFault::Step(step.code(), standing.code());
    let member = |relation| match standing {
        Member { membership, .. } => {
            Ok(Member { membership: Membership { relation, ..membership }, transfer: None })
        }
        _ => Err(refused()),
    };
    let moved = |union| match standing {
        Member { membership, .. } => {
            Ok(Member { membership: Membership { union, ..membership }, transfer: None })
        }
        _ => Err(refused()),
    };
    let joined = |union, number: u16| Member {
        membership: Membership { union, relation: Active, number },
        transfer: None,
    };
    let left = || match standing {
        Member { membership, .. } => {
            Ok(Former { union: membership.union, number: membership.number, dead: false })
        }
        _ => Err(refused()),
    };
    let before = standing.number();
    match (step, standing) {
        (_, Former { dead: true, .. }) => Err(refused()),
        (Step::Applied(union), Nobody | Former { .. }) => {
            Ok(Applicant { union: *union, number: before })
        }
        (Step::Refused(_) | Step::TakenBack, Applicant { union, number }) => {
            Ok(Former { union, number, dead: false })
        }
        // An application is decided by the union to which it was made.
        (Step::Admitted(to), Applicant { union, .. }) if *to == union => {
            Ok(joined(*to, before + 1))
        }
        (Step::Admitted(to) | Step::TransferredIn(to, _), Nobody | Former { .. }) => {
            Ok(joined(*to, before + 1))
        }
        (Step::TransferAsked(to), Member { membership, transfer: None })
            if *to != membership.union =>
        {
            Ok(Member { membership, transfer: Some(*to) })
        }
        (Step::TransferAccepted, Member { transfer: Some(to), .. }) => {
            let Member { membership, .. } = moved(to)? else { return Err(refused()) };
            Ok(joined(to, membership.number))
        }
        (
            Step::TransferRefused(_) | Step::TransferCancelled,
            Member { membership, transfer: Some(_) },
        ) => Ok(Member { membership, transfer: None }),
        (Step::Retained(_), Member { membership, .. }) if membership.relation == Active => {
            member(Retained)
        }
        (Step::Resumed, Member { membership, .. }) if membership.relation == Retained => {
            member(Active)
        }
        (
            Step::TransferredOut(_) | Step::Withdrawn | Step::DeemedWithdrawn | Step::Expelled(_),
            Member { .. },
        ) => left(),
        (Step::Deceased, Member { membership, .. }) => {
            Ok(Former { union: membership.union, number: membership.number, dead: true })
        }
        (Step::Carried(to), Member { membership, .. }) if *to != membership.union => moved(*to),
        (Step::Carried(to), Applicant { union, number }) if *to != union => {
            Ok(Applicant { union: *to, number })
        }
        _ => Err(refused()),
    }
}
