//! What becomes of the members of a union that ends or is divided.
//!
//! The membership follows the employment 一次入会、动态接转 (rules on members of 2016, art. 3): whose
//! employer a part of a split takes over passes to that part. With a merger everybody passes to the
//! union that takes over. Otherwise the membership may be retained 会籍可以保留 (Trade Union Law
//! art. 13), at the union that the decision names, else at the one that ended until another accepts
//! the person. Who counts with one employer of several unions stays where the union goes on: that an
//! employer ended does not end a membership of a joint union.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;
use uuid::Uuid;

use super::{
    MemberFacts,
    membership::{Membership, Relation, Standing},
    passage::{Passage, Passages, RetentionCause, Step},
};
use crate::rules::union::{EmployerId, UnionId, mark::Note};

/// What becomes of those whom no part takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The union goes on, and they with it.
    Stay,
    /// They pass to another union; so do applications, and transfers that were asked for.
    Pass(UnionId),
    /// Another union keeps the membership, which is retained.
    Keep(UnionId, RetentionCause),
    /// The membership is retained where it was.
    Retain(RetentionCause),
    /// They go to a union that the register does not know.
    Leave,
}

/// A part of a union that was split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heir {
    /// The part.
    pub union: UnionId,
    /// The employers whose people pass to it.
    pub employers: BTreeSet<Uuid>,
}

/// What becomes of the members of unions from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aftermath {
    /// The unions that end, or the one that is divided.
    pub unions: Vec<UnionId>,
    /// The first day of it.
    pub on: CivilDate,
    /// The parts of a split.
    pub heirs: Vec<Heir>,
    /// What becomes of the rest.
    pub rest: Fate,
}

/// What is said of an application to a union that ended: nobody is left to approve it.
const NOBODY_DECIDES: &str = "所申请的工会已终止";
/// What is said of members of a union that went into one outside this register.
const WENT_ELSEWHERE: &str = "所在工会并入本系统以外的工会";

impl Aftermath {
    /// The unions to which somebody comes.
    pub fn targets(&self) -> impl Iterator<Item = UnionId> {
        let rest = match self.rest {
            Fate::Pass(union) | Fate::Keep(union, _) => Some(union),
            Fate::Stay | Fate::Retain(_) | Fate::Leave => None,
        };
        self.heirs.iter().map(|heir| heir.union).chain(rest)
    }

    /// Whether the unions end, so that nobody is left who could decide anything.
    pub fn ends(&self) -> bool {
        self.rest != Fate::Stay
    }

    /// Whether it may concern somebody who stands so.
    pub fn concerns(&self, standing: Standing) -> bool {
        let own = match standing {
            Standing::Applicant { union, .. } => Some(union),
            Standing::Member { membership, .. } => Some(membership.union),
            Standing::Nobody | Standing::Former { .. } => None,
        };
        let asked = standing.transfer().filter(|_| self.ends());
        own.into_iter().chain(asked).any(|union| self.unions.contains(&union))
    }

    /// The person's passages with what follows for them put in; `None` where nothing does. It stands
    /// at the day of the end, or at the day on which the person came to the union if that is later:
    /// either was recorded without knowing of the other. What is recorded of later days stays. A
    /// second time changes nothing, so that a broken-off job can begin again.
    pub fn follow(&self, facts: &MemberFacts) -> Option<Passages> {
        let mut steps = facts.passages.all().to_vec();
        let mut at = steps.iter().take_while(|passage| passage.on <= self.on).count();
        let (mut followed, first) = (None, at);
        while at <= steps.len() && (at == first || self.ends()) {
            // What counts is how they stand at the end of a day.
            let evening = at == 0 || steps.get(at).is_none_or(|next| next.on > steps[at - 1].on);
            if !evening {
                at += 1;
                continue;
            }
            match self.put(facts, &steps, at) {
                Some((passages, count)) => {
                    steps = passages.all().to_vec();
                    followed = Some(passages);
                    at += count + 1;
                }
                None => at += 1,
            }
        }
        followed
    }

    /// The passages with what follows put in behind the first `at`, and how many steps that is.
    fn put(&self, facts: &MemberFacts, steps: &[Passage], at: usize) -> Option<(Passages, usize)> {
        let (before, after) = steps.split_at(at);
        let standing = Passages::new(before.to_vec()).ok()?.last_standing();
        let on = before.last().map_or(self.on, |last| last.on.max(self.on));
        let with = |put: Vec<Step>| {
            let count = put.len();
            let put = put.into_iter().map(|step| Passage { on, step });
            let all = before.iter().cloned().chain(put).chain(after.iter().cloned()).collect();
            // What was recorded of later days does not follow from every way.
            Passages::new(all).ok().map(|passages| (passages, count))
        };
        let ways = self.ways(standing, facts.employer_on(on));
        ways.into_iter().filter(|put| !put.is_empty()).find_map(with)
    }

    /// What follows for somebody who stands so and works for the employer, the best way first.
    fn ways(&self, standing: Standing, employer: Option<EmployerId>) -> Vec<Vec<Step>> {
        if !self.concerns(standing) {
            return Vec::new();
        }
        let heir = employer
            .and_then(|EmployerId(id)| self.heirs.iter().find(|heir| heir.employers.contains(&id)));
        let fate = heir.map_or(self.rest, |heir| Fate::Pass(heir.union));
        match standing {
            Standing::Applicant { .. } => vec![applicant(fate)],
            Standing::Member { membership, transfer }
                if self.unions.contains(&membership.union) =>
            {
                let transfer = transfer.filter(|to| !self.unions.contains(to));
                member(fate, membership, transfer)
            }
            // Whom a part takes over decides nothing of a stranger who asked the whole.
            Standing::Member { membership, .. } => vec![stranger(self.rest, membership)],
            Standing::Nobody | Standing::Former { .. } => Vec::new(),
        }
    }
}

fn applicant(fate: Fate) -> Vec<Step> {
    match fate {
        Fate::Stay => Vec::new(),
        Fate::Pass(to) => vec![Step::Carried(to)],
        Fate::Keep(..) | Fate::Retain(_) | Fate::Leave => vec![Step::Refused(note(NOBODY_DECIDES))],
    }
}

fn member(fate: Fate, membership: Membership, transfer: Option<UnionId>) -> Vec<Vec<Step>> {
    let active = membership.relation == Relation::Active;
    // A wish to pass to a third union goes on.
    let asks = |of: UnionId| transfer.filter(|to| *to != of).map(Step::TransferAsked);
    let steps = |steps: Vec<Step>, of: UnionId| -> Vec<Step> {
        steps.into_iter().chain(asks(of)).collect()
    };
    match fate {
        Fate::Stay => Vec::new(),
        Fate::Pass(to) => vec![steps(vec![Step::Carried(to)], to), vec![Step::Carried(to)]],
        Fate::Keep(at, cause) if active => vec![
            steps(vec![Step::Carried(at), Step::Retained(cause)], at),
            vec![Step::Carried(at), Step::Retained(cause)],
            // It was retained later for a cause of its own.
            vec![Step::Carried(at)],
        ],
        Fate::Keep(at, _) => vec![steps(vec![Step::Carried(at)], at), vec![Step::Carried(at)]],
        Fate::Retain(cause) if active => {
            vec![steps(vec![Step::Retained(cause)], membership.union), vec![Step::Retained(cause)]]
        }
        Fate::Retain(_) => Vec::new(),
        Fate::Leave => vec![vec![Step::TransferredOut(note(WENT_ELSEWHERE))]],
    }
}

/// Somebody of another union asked to pass to one that ended.
fn stranger(fate: Fate, membership: Membership) -> Vec<Step> {
    match fate {
        Fate::Stay => Vec::new(),
        Fate::Pass(to) if to != membership.union => {
            vec![Step::TransferCancelled, Step::TransferAsked(to)]
        }
        _ => vec![Step::TransferCancelled],
    }
}

fn note(text: &str) -> Note {
    // The texts above are short.
    Note::parse(text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
