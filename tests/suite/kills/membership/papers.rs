//! What the writers know together: who there is, what was sent, and what was answered.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use anyhow::{Result, ensure};
use parking_lot::Mutex;
use tokio::sync::watch;
use tonic::Status;
use unionhall_kit::civil::CivilDate;
use unionhall_proto::registry::v1::{Member, member::State};
use unionhall_tests::client::reason;
use uuid::Uuid;

use super::{
    calls::Answer,
    deed::{Deed, Operation, Wrote},
    feed::days,
};
use crate::kills::{history::Outcome, workload::refusal};

const EXISTS: &str = "MEMBER_EXISTS";
/// Why one of two clerks is refused: the other one won, is at it, or the union or employer of his own
/// ended meanwhile.
const BEATEN: [&str; 5] = [
    EXISTS,
    "MEMBERSHIP_STEP_INVALID",
    "CONFLICT",
    "MEMBERSHIP_UNION_INVALID",
    "MEMBER_EMPLOYER_INVALID",
];

/// A member as the last answer showed the record.
#[derive(Clone, Debug)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) state: State,
    /// Whether a transfer was asked for.
    pub(super) asked: bool,
    pub(super) dead: bool,
    /// The days of the first step and of the last.
    pub(super) days: [i32; 2],
    pub(super) steps: usize,
}

impl Card {
    fn learn(&mut self, member: &Member, version: i64) {
        // Another writer may have been answered first.
        if version < self.version {
            return;
        }
        self.version = version;
        self.state = member.state();
        let open = member.membership.as_ref();
        self.asked = open.is_some_and(|open| !open.transfer_to.is_empty());
        self.steps = member.passages.len();
        self.dead = member.passages.last().is_some_and(|last| last.kind == "DECEASED");
        let day = |date| CivilDate::try_from(&date).map_or(0, CivilDate::epoch_day);
        if let Some((first, last)) = days(member) {
            self.days = [day(first), day(last)];
        }
    }
}

/// What became of two clerks who did one thing at one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Race {
    pub(super) won: usize,
    pub(super) refused: Vec<String>,
}

/// The papers. Nobody holds them while a call is on its way.
#[derive(Clone, Debug, Default)]
pub(super) struct Papers {
    pub(super) cards: Vec<Card>,
    pub(super) places: HashMap<String, usize>,
    /// Those with whom something is still done.
    pub(super) lively: Vec<usize>,
    /// Those who are kept for confirmations one by one.
    pub(super) kept_apart: Vec<String>,
    pub(super) unions: Vec<String>,
    pub(super) federations: Vec<String>,
    pub(super) employers: Vec<String>,
    /// Records that were merged, and where they went.
    pub(super) merged: Vec<(String, String)>,
    /// Numbers of documents, each with the records of which it was acknowledged.
    pub(super) documents: BTreeMap<String, BTreeSet<String>>,
    pub(super) serial: u32,
    /// What was sent and not answered.
    pub(super) open: HashMap<Uuid, Operation>,
    pub(super) wrote: Vec<Wrote>,
    /// The last acknowledged version of a union or employer.
    pub(super) others: HashMap<String, i64>,
    pub(super) changes: HashSet<String>,
    /// Members confirmed with their union, as it was acknowledged.
    pub(super) confirmed: i64,
    pub(super) races: BTreeMap<Uuid, Race>,
    pub(super) done: BTreeMap<Deed, usize>,
    pub(super) refused: usize,
    /// Operations that were done and asked for once more.
    pub(super) asked_again: usize,
    /// What was answered wrongly.
    pub(super) faults: Vec<String>,
    /// Those about whom something was acknowledged since they were last looked at.
    pub(super) touched: BTreeSet<usize>,
}

impl Papers {
    /// The last version that was acknowledged or seen; 0 of nobody.
    pub(super) fn version(&self, name: &str) -> i64 {
        self.places.get(name).map_or(0, |at| self.cards[*at].version)
    }

    /// Takes what the register shows of a member.
    pub(super) fn learn(&mut self, member: &Member) {
        let Ok(version) = member.etag.parse() else { return };
        let at = match self.places.get(&member.name).copied() {
            Some(at) => at,
            None => {
                let at = self.cards.len();
                self.cards.push(Card {
                    name: member.name.clone(),
                    version: 0,
                    state: State::Unknown,
                    asked: false,
                    dead: false,
                    days: [0; 2],
                    steps: 0,
                });
                self.places.insert(member.name.clone(), at);
                self.lively.push(at);
                at
            }
        };
        self.cards[at].learn(member, version);
        self.touched.insert(at);
    }

    /// Nothing more is done with the member.
    pub(super) fn let_rest(&mut self, name: &str) {
        let at = self.places.get(name).copied();
        self.lively.retain(|lively| Some(*lively) != at);
    }

    fn acknowledge(&mut self, operation: &Operation, answer: &Answer) {
        *self.done.entry(operation.deed).or_default() += 1;
        if let Some(race) = operation.race {
            self.races.entry(race).or_default().won += 1;
        }
        match answer {
            Answer::Member(member, remained) => {
                self.learn(member);
                if let Some(remained) = remained {
                    self.learn(remained);
                }
                self.claim(operation, member, remained.as_deref());
                self.note_member(operation, member);
            }
            Answer::Confirmed(count) => self.confirmed += count,
            Answer::Union(union) => {
                self.note_other(&union.name, &union.etag);
                match operation.deed {
                    Deed::Found => self.unions.push(union.name.clone()),
                    _ => self.unions.retain(|known| *known != union.name),
                }
            }
            Answer::Employer(employer) => {
                self.note_other(&employer.name, &employer.etag);
                match operation.deed {
                    Deed::Enter => self.employers.push(employer.name.clone()),
                    _ => self.employers.retain(|known| *known != employer.name),
                }
            }
            Answer::Change(change) => {
                self.changes.insert(change.name.clone());
                if operation.deed == Deed::MergeUnions {
                    self.unions.retain(|known| !change.sources.contains(known));
                }
            }
        }
    }

    /// For which versions the write is answerable.
    fn claim(&mut self, operation: &Operation, member: &Member, remained: Option<&Member>) {
        let version = |member: &Member| member.etag.parse().unwrap_or(0);
        let deed = operation.deed;
        // One who was confirmed today is not once more.
        let exact = !operation.sent_before && deed != Deed::Confirm;
        let [behind, other_behind] = operation.known;
        let name = member.name.clone();
        let (own, source) = (version(member), deed == Deed::Unmerge);
        self.wrote.push(Wrote { record: name, version: own, behind, exact, deed, source });
        if !matches!(deed, Deed::MergeMembers | Deed::Unmerge) {
            return;
        }
        self.wrote.push(Wrote {
            record: operation.other.clone(),
            version: remained.map_or(i64::MAX, version),
            behind: other_behind,
            exact: exact && remained.is_some(),
            deed,
            source: deed == Deed::MergeMembers,
        });
    }

    fn note_member(&mut self, operation: &Operation, member: &Member) {
        if !operation.document.is_empty() {
            let holders = self.documents.entry(operation.document.clone()).or_default();
            holders.insert(member.name.clone());
        }
        match operation.deed {
            Deed::MergeMembers => {
                let source = operation.other.clone();
                self.let_rest(&source);
                self.merged.push((source, member.name.clone()));
            }
            Deed::Unmerge => {
                self.merged.retain(|(source, _)| *source != member.name);
                if let Some(at) = self.places.get(&member.name) {
                    self.lively.push(*at);
                }
            }
            Deed::Die => self.let_rest(&member.name),
            _ => {}
        }
    }

    fn note_other(&mut self, name: &str, etag: &str) {
        let version = self.others.entry(name.to_owned()).or_default();
        *version = (*version).max(etag.parse().unwrap_or(0));
    }
}

/// What an answer told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done,
    /// Refused because of how the member stands.
    Refused,
    /// Nothing.
    Nothing,
}

/// The papers on a desk that all writers share. Clones share it too.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) papers: Arc<Mutex<Papers>>,
    answered: Arc<watch::Sender<usize>>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self { papers: Arc::default(), answered: Arc::new(watch::Sender::new(0)) }
    }

    /// Operations that were answered, how often one sees them.
    pub(super) fn answered(&self) -> watch::Receiver<usize> {
        self.answered.subscribe()
    }

    /// Notes that an operation is sent: until it is answered anything can have come of it.
    pub(super) fn sent(&self, operation: Operation) -> Operation {
        let mut papers = self.papers.lock();
        let known = [&operation.record, &operation.other].map(|name| papers.version(name));
        let operation = Operation { known, ..operation };
        papers.open.insert(operation.id, operation.clone());
        operation
    }

    /// Operations whose outcome is unknown.
    pub(super) fn open(&self) -> Vec<Operation> {
        self.papers.lock().open.values().cloned().collect()
    }

    /// Notes what came back.
    pub(super) fn note(&self, operation: &Operation, answer: &Result<Answer, Status>) -> Told {
        let mut papers = self.papers.lock();
        let told = match answer {
            Ok(answer) => {
                papers.acknowledge(operation, answer);
                Told::Done
            }
            Err(status) => match refusal(status) {
                Outcome::Refused(_) => {
                    papers.refused += 1;
                    if let (Some(race), Some(why)) = (operation.race, reason(status)) {
                        papers.races.entry(race).or_default().refused.push(why);
                    }
                    Told::Refused
                }
                _ => Told::Nothing,
            },
        };
        if told == Told::Nothing {
            if let Some(open) = papers.open.get_mut(&operation.id) {
                open.sent_before = true;
            }
        } else {
            papers.open.remove(&operation.id);
            self.answered.send_modify(|answered| *answered += 1);
        }
        told
    }

    /// One clerk of two won each, and the other one was told why not.
    pub(super) fn judge_races(&self) -> Result<usize> {
        let mut papers = self.papers.lock();
        let mut won = 0;
        for (id, race) in std::mem::take(&mut papers.races) {
            let told = race.refused.iter().all(|why| BEATEN.contains(&why.as_str()));
            let fair = match race.won {
                // Something was in the way of both, and it was not each other.
                0 => race.refused.len() == 2 && race.refused.iter().any(|why| why != EXISTS),
                1 => race.refused.len() == 1 && told,
                _ => false,
            };
            ensure!(fair, "the clerks of {id}: {race:?}");
            won += usize::from(race.won == 1);
        }
        Ok(won)
    }
}
