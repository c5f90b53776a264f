//! What the writers do with terms: begun, corrected, put off and taken back by a clerk, or by an
//! election that is called, put off, held and filed.

use anyhow::Result;
use unionhall_kit::civil::CivilDate;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        CallElectionRequest, CancelElectionRequest, Candidate, CommitteeKind, Contest,
        ContestResult, Election, ElectionRecord, FileElectionRequest, GetUnionRequest,
        HoldElectionRequest, OfficePosition, OrderReElectionRequest, PostponeElectionRequest, Term,
        Union, UpdateUnionRequest, VoidElectionRequest,
        election::{Assembly, Kind},
        election_service_server::ElectionService,
        union_service_server::UnionService,
    },
};

use super::{
    deeds::{Dice, mask},
    hall::Hall,
};
use crate::storage::restructure::{call, everywhere};

impl Hall {
    /// The next term, or another one in the place of the one that stands, or a day to which its end
    /// is put off, or none.
    pub(super) async fn set_term(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.union(dice.one) else { return Ok(()) };
        let day = self.date(dice.day);
        let Some(found) = self.term_of(&name, day).await? else { return Ok(()) };
        let years = [3, 5][dice.other % 2];
        let term = match (found.term, dice.third % 8) {
            (None, _) => Some(Term { number: 1, years, ..Term::default() }),
            (Some(_), 0) => None,
            (Some(term), 1..3) => {
                let begins_on = self.date(dice.day + i32::try_from(dice.other % 3)?);
                Some(Term { number: term.number, years, begins_on, ..Term::default() })
            }
            (Some(term), 3..5) => {
                let postponed_to = after(term.ends_on, 1 + dice.other % 300);
                Some(Term { postponed_to, ..term })
            }
            (Some(term), _) => Some(Term { number: term.number + 1, years, ..Term::default() }),
        };
        let union = Union { name, term, ..Union::default() };
        let request = UpdateUnionRequest {
            union: Some(union),
            update_mask: mask(&["term"]),
            effective_date: day,
            ..UpdateUnionRequest::default()
        };
        let answer = self.unions.update_union(call(request)).await;
        self.answered("set a term", answer).map(drop)
    }

    async fn term_of(&self, name: &str, day: Option<Date>) -> Result<Option<Union>> {
        let read = GetUnionRequest { name: name.to_owned(), day };
        let read = self.unions.get_union(everywhere(read)).await;
        self.answered("read a term", read)
    }

    /// Calls an election, now and then puts it off, holds and files it; what fails is called off,
    /// so that another can be called.
    pub(super) async fn elect(&self, dice: &Dice) -> Result<()> {
        let Some(parent) = self.union(dice.one) else { return Ok(()) };
        let held_on = self.date(dice.day);
        let Some(found) = self.term_of(&parent, held_on).await? else { return Ok(()) };
        if dice.other.is_multiple_of(5) {
            return self.order(parent, dice).await;
        }
        let kind = if found.term.is_some() { Kind::ReElection } else { Kind::Founding };
        let election = Election {
            kind: kind.into(),
            assembly: Assembly::GeneralMeeting.into(),
            planned_on: self.date_before(dice.day, 3),
            venue: "多功能厅".to_owned(),
            plan_approval: approval(self),
            plan_approved_on: self.date_before(dice.day, 16),
            contests: [(OfficePosition::Member, 3), (OfficePosition::Chair, 1)].map(contest).into(),
            term_years: [3, 5][dice.other % 2],
            ..Election::default()
        };
        let request = CallElectionRequest {
            parent,
            election: Some(election),
            ..CallElectionRequest::default()
        };
        let called = self.elections.call_election(everywhere(request)).await;
        let Some(called) = self.answered("call an election", called)? else { return Ok(()) };
        let name = called.name;
        if dice.third.is_multiple_of(2) {
            let ends_on = found.term.and_then(|term| term.ends_on);
            // Beyond the end of the term, or from one of the days to another one.
            let far = after(ends_on, 1 + dice.other % 300);
            let postponed_to = far.filter(|_| dice.third.is_multiple_of(4)).or(held_on);
            let request = PostponeElectionRequest {
                name: name.clone(),
                postponed_to,
                approval: approval(self),
                approved_on: self.date_before(dice.day, 2),
                ..PostponeElectionRequest::default()
            };
            let put_off = self.elections.postpone_election(everywhere(request)).await;
            self.answered("put an election off", put_off)?;
        }
        let posted_on = self.date_before(dice.day, 9);
        self.finish(name, record(held_on, posted_on)).await
    }

    async fn finish(&self, name: String, record: ElectionRecord) -> Result<()> {
        let request = HoldElectionRequest {
            name: name.clone(),
            record: Some(record),
            ..HoldElectionRequest::default()
        };
        let held = self.elections.hold_election(everywhere(request)).await;
        if self.answered("hold an election", held)?.is_none() {
            let reason = "作罢".to_owned();
            let request = CancelElectionRequest { name, reason, ..Default::default() };
            let gone = self.elections.cancel_election(everywhere(request)).await;
            return self.answered("call an election off", gone).map(drop);
        }
        let request = FileElectionRequest {
            name: name.clone(),
            approval: approval(self),
            ..FileElectionRequest::default()
        };
        let filed = self.elections.file_election(everywhere(request)).await;
        if self.answered("file an election", filed)?.is_some() {
            return Ok(());
        }
        let request =
            VoidElectionRequest { name, reason: "无效".to_owned(), ..Default::default() };
        let gone = self.elections.void_election(everywhere(request)).await;
        self.answered("declare an election void", gone).map(drop)
    }

    async fn order(&self, name: String, dice: &Dice) -> Result<()> {
        let ordered_on = self.date(dice.day);
        let request = OrderReElectionRequest {
            name,
            ordered_on,
            due_by: after(ordered_on, 30),
            order: approval(self),
            ..OrderReElectionRequest::default()
        };
        let ordered = self.elections.order_re_election(everywhere(request)).await;
        self.answered("order an election", ordered).map(drop)
    }
}

fn approval(hall: &Hall) -> Option<unionhall_proto::registry::v1::Approval> {
    hall.decision().and_then(|decision| decision.approval)
}

/// So many days after a day.
fn after(day: Option<Date>, days: usize) -> Option<Date> {
    let day = CivilDate::try_from(&day?).ok()?;
    Some(day.plus_days(days as u64).into())
}

fn contest((position, seat_count): (OfficePosition, i32)) -> Contest {
    Contest {
        committee: CommitteeKind::Union.into(),
        position: position.into(),
        seat_count,
        ..Contest::default()
    }
}

/// Sixty members, of whom forty came and all voted.
fn record(held_on: Option<Date>, candidates_posted_on: Option<Date>) -> ElectionRecord {
    let members = [("甲某", 40, true), ("乙某", 38, true), ("丙某", 31, true), ("丁某", 11, false)];
    let chairs = [("甲某", 31, true), ("乙某", 9, false)];
    ElectionRecord {
        held_on,
        member_count: 60,
        women_count: 20,
        due_count: 60,
        present_count: 40,
        candidates_posted_on,
        results: vec![result(&members), result(&chairs)],
        ..ElectionRecord::default()
    }
}

fn result(candidates: &[(&str, i32, bool)]) -> ContestResult {
    let candidate = |(name, vote_count, elected): &(&str, i32, bool)| Candidate {
        display_name: (*name).to_owned(),
        vote_count: *vote_count,
        elected: *elected,
        ..Candidate::default()
    };
    ContestResult {
        issued_count: 40,
        returned_count: 40,
        valid_count: 40,
        candidates: candidates.iter().map(candidate).collect(),
        ..ContestResult::default()
    }
}
