//! What a writer does next, and with whom: mostly what follows from how the person stands, for any day
//! that follows, and now and then anything at all.

use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use unionhall_kit::civil::CivilDate;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{AdmitMemberRequest, member::State},
};
use uuid::Uuid;

use super::{
    calls::Call,
    deed::{Deed, Operation},
    papers::{Card, Papers},
};

/// Unions that writers want beside each other, and employers.
const UNIONS: usize = 12;
const EMPLOYERS: usize = 10;
/// Members with whom everybody has something to do.
const SOUGHT_AFTER: usize = 10;
/// Whatever happens, happens on one of so many days, so that much of it happens on the same.
pub(super) const DAYS: i32 = 24;
/// From one of them to the next.
const STEP: i32 = 17;

/// Chooses for one writer.
pub(super) struct Chooser<'p> {
    pub(super) papers: &'p mut Papers,
    pub(super) random: &'p mut StdRng,
    pub(super) today: CivilDate,
    /// Members whom the writers want.
    pub(super) members: usize,
}

impl Chooser<'_> {
    /// One operation, or those of two clerks who do one thing at one time.
    pub(super) fn next(&mut self) -> Vec<Operation> {
        let roll: u32 = self.random.random_range(0..1_000);
        if self.papers.unions.len() < UNIONS && roll < 300 {
            return vec![self.found()];
        }
        if self.papers.employers.len() < EMPLOYERS && roll < 400 {
            return vec![self.enter_employer()];
        }
        if self.papers.lively.len() < self.members && roll < 700 {
            return if roll.is_multiple_of(3) { self.race_to_enter() } else { vec![self.create()] };
        }
        match roll {
            0..8 => vec![self.merge_unions()],
            8..16 => vec![self.dissolve()],
            16..36 => vec![self.affiliate()],
            36..46 => vec![self.close_employer()],
            46..70 => vec![self.create()],
            70..95 => self.race_to_enter(),
            95..140 => vec![self.confirm_union()],
            140..165 => vec![self.confirm()],
            165..200 => vec![self.unmerge()],
            _ => self.with_member(),
        }
    }

    pub(super) fn operation(&mut self, deed: Deed, record: &str, call: Call) -> Operation {
        let id = Uuid::from_u128(self.random.random());
        Operation {
            id,
            deed,
            call: call.under(id),
            race: None,
            record: record.to_owned(),
            other: String::new(),
            known: [0; 2],
            document: String::new(),
            sent_before: false,
        }
    }

    /// One of the days, the last of which is today.
    pub(super) fn day(&self, number: i32) -> Option<Date> {
        let today = self.today.epoch_day();
        CivilDate::from_epoch_day(today - STEP * number.rem_euclid(DAYS)).map(Into::into)
    }

    /// One of the next days that follow what is recorded, or now and then any.
    pub(super) fn next_day(&mut self, card: &Card) -> Option<Date> {
        let after = (self.today.epoch_day() - card.days[1]).div_euclid(STEP).clamp(0, DAYS - 1);
        let any = self.random.random_range(0..12) == 0;
        let number =
            self.random.random_range(if any { 0..DAYS } else { (after - 1).max(0)..after + 1 });
        self.day(number)
    }

    pub(super) fn serial(&mut self) -> u32 {
        self.papers.serial += 1;
        self.papers.serial
    }

    pub(super) fn union(&mut self) -> String {
        let strange = self.random.random_range(0..60) == 0;
        let some = if strange { &self.papers.federations } else { &self.papers.unions };
        let some = if some.is_empty() { &self.papers.federations } else { some };
        some.choose(self.random).cloned().unwrap_or_default()
    }

    pub(super) fn employer(&mut self) -> String {
        let none = self.random.random_range(0..4) == 0;
        let some = self.papers.employers.choose(self.random).filter(|_| !none);
        some.cloned().unwrap_or_default()
    }

    pub(super) fn card(&mut self) -> Option<Card> {
        let all = &self.papers.lively;
        let sought = self.random.random_range(0..4) == 0;
        let some = if sought { &all[..all.len().min(SOUGHT_AFTER)] } else { all };
        let at = some.choose(self.random)?;
        Some(self.papers.cards[*at].clone())
    }

    fn with_member(&mut self) -> Vec<Operation> {
        let Some(card) = self.card() else { return vec![self.create()] };
        if card.dead || (card.steps > 30 && self.random.random_range(0..20) == 0) {
            self.papers.let_rest(&card.name);
        }
        let deed = self.fitting(&card);
        if deed == Deed::AdmitBeside {
            // Nobody else is to come between the two.
            self.papers.let_rest(&card.name);
            let unions = [self.union(), self.union()];
            return self.race(unions, |own, union| {
                let request = AdmitMemberRequest {
                    name: card.name.clone(),
                    union,
                    effective_date: own.day(0),
                    ..AdmitMemberRequest::default()
                };
                own.operation(deed, &card.name, Call::Admit(request))
            });
        }
        vec![self.of_member(deed, &card)]
    }

    /// What follows from how the person stands; sometimes what does not.
    fn fitting(&mut self, card: &Card) -> Deed {
        use Deed::{
            AcceptTransfer, AdmitAgain, AdmitApplicant, AdmitBeside, Apply, CancelTransfer, ComeIn,
            Correct, DeemWithdrawn, Die, Employment, Expel, LeaveFor, MergeMembers, Mobile,
            RefuseApplicant, RefuseTransfer, Resume, Retain, TakeBackApplication, Transfer,
            Withdraw, WorkerGroup,
        };
        let any = self.random.random_range(0..12) == 0;
        let fitting: &[Deed] = match card.state {
            _ if any => &[Transfer, AcceptTransfer, Retain, Resume, Withdraw, Apply, AdmitAgain],
            State::Applicant => {
                &[AdmitApplicant, AdmitApplicant, RefuseApplicant, TakeBackApplication]
            }
            State::Active if card.asked => &[
                AcceptTransfer,
                AcceptTransfer,
                AcceptTransfer,
                RefuseTransfer,
                CancelTransfer,
                Mobile,
            ],
            State::Active => &[
                Transfer,
                Transfer,
                Transfer,
                Transfer,
                Transfer,
                Transfer,
                Retain,
                Retain,
                Retain,
                Withdraw,
                DeemWithdrawn,
                Expel,
                LeaveFor,
                Mobile,
                Mobile,
                Employment,
                Employment,
                WorkerGroup,
                Correct,
                Correct,
            ],
            State::Retained => &[Resume, Resume, Resume, Transfer, Withdraw, Employment, Die],
            _ => {
                &[Apply, AdmitAgain, AdmitBeside, ComeIn, MergeMembers, MergeMembers, MergeMembers]
            }
        };
        *fitting.choose(self.random).unwrap_or(&Mobile)
    }
}
