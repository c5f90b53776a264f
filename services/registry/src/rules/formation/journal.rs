//! The journal of a case: its steps in their order, and where they lead.

use unionhall_kit::civil::CivilDate;

use super::{
    Subject,
    fault::FormationFault,
    plan::Plan,
    stage::{Stage, State},
    step::{Deed, DocumentKind, Outcome, Step},
};
use crate::rules::union::{UnionId, approval::Approval, term::Term};

/// The most steps that stand in one case.
pub const MAX_STEPS: usize = 1_000;

/// The documents without which no union is active 刻章、开户、经费登记.
const CHAIN: [(DocumentKind, &str); 3] = [
    (DocumentKind::Seal, "document SEAL"),
    (DocumentKind::BankAccount, "document BANK_ACCOUNT"),
    (DocumentKind::FundsRegistration, "document FUNDS_REGISTRATION"),
];

/// The steps that stand, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    opened_on: CivilDate,
    /// Counts the steps that were ever recorded.
    numbers: u32,
    steps: Vec<Step>,
}

/// An establishment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founded {
    /// The union.
    pub union: UnionId,
    /// Its first day.
    pub on: CivilDate,
    /// Its first term.
    pub term: Term,
    /// Who approved it.
    pub approval: Approval,
    /// What was planned by then.
    pub plan: Plan,
}

/// Where the steps lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reached {
    stage: Stage,
    /// The side state in which it rests or ended.
    beside: Option<State>,
    /// The day of the last step of the path.
    last: CivilDate,
    /// The day of the step that led to the state.
    since: CivilDate,
}

impl Reached {
    fn state(self) -> State {
        self.beside.unwrap_or(State::at(self.stage))
    }
}

impl Journal {
    /// Opens a case.
    pub fn open(plan: Plan, on: CivilDate, today: CivilDate) -> Result<Self, FormationFault> {
        let mut journal = Self { opened_on: on, numbers: 0, steps: Vec::new() };
        journal.add(Deed::Plan(Box::new(plan)), on, today)?;
        Ok(journal)
    }

    /// The journal of stored steps, in their order.
    pub fn stored(opened_on: CivilDate, numbers: u32, steps: Vec<Step>) -> Self {
        Self { opened_on, numbers, steps }
    }

    /// The day on which the case was opened.
    pub fn opened_on(&self) -> CivilDate {
        self.opened_on
    }

    /// How many steps were ever recorded.
    pub fn numbers(&self) -> u32 {
        self.numbers
    }

    /// The steps that stand, in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Adds a step. Nothing changes where it is refused.
    pub fn add(
        &mut self,
        deed: Deed,
        day: CivilDate,
        today: CivilDate,
    ) -> Result<&Step, FormationFault> {
        if self.steps.len() >= MAX_STEPS {
            let (problem, zh) = ("a case has at most 1000 steps", "一个建会事项至多1000个步骤");
            return Err(FormationFault::Step { step: deed.name(), problem, zh });
        }
        deed.check()?;
        if day > today {
            return Err(FormationFault::Date(day, "after today".to_owned(), "晚于今日".to_owned()));
        }
        self.follow(self.reached(None), &deed, day)?;
        self.numbers += 1;
        let at = self.steps.len();
        self.steps.push(Step {
            number: self.numbers,
            place: self.numbers,
            corrects: None,
            day,
            deed,
        });
        Ok(&self.steps[at])
    }

    /// Ends the case by itself, for what it is about ended elsewhere on a day; after the last step, if
    /// that was later. `None` where it does not go on, or for one whose union is there where only
    /// such that are `open` end.
    pub fn end(
        &self,
        (outcome, union): (Outcome, Option<UnionId>),
        day: CivilDate,
    ) -> Option<Self> {
        let reached = self.reached(None);
        let ends = match outcome {
            Outcome::CoveredElsewhere | Outcome::OtherCaseGoesOn => reached.state().is_open(),
            Outcome::EmployerEnded | Outcome::EmployerWithdrawn | Outcome::UnionEnded => {
                reached.state().goes_on()
            }
        };
        if !ends {
            return None;
        }
        let mut ended = self.clone();
        ended.numbers += 1;
        let (number, day) = (ended.numbers, day.max(reached.last));
        let deed = Deed::Closing { outcome, union };
        ended.steps.push(Step { number, place: number, corrects: None, day, deed });
        Some(ended)
    }

    /// Puts another step in the place of one, or none; what follows must still follow. `None`
    /// where no such step stands.
    pub fn correct(
        &self,
        number: u32,
        by: Option<(Deed, CivilDate)>,
        today: CivilDate,
    ) -> Option<Result<Self, FormationFault>> {
        let at = self.steps.iter().position(|step| step.number == number)?;
        Some(self.corrected(at, by, today))
    }

    fn corrected(
        &self,
        at: usize,
        by: Option<(Deed, CivilDate)>,
        today: CivilDate,
    ) -> Result<Self, FormationFault> {
        let old = &self.steps[at];
        let plan = matches!(old.deed, Deed::Plan(_));
        if old.deed.is_fixed() || plan {
            return Err(FormationFault::Fixed(old.deed.name()));
        }
        let mut corrected = self.clone();
        match by {
            None => {
                corrected.steps.remove(at);
            }
            Some((deed, _)) if deed.name() != old.deed.name() => {
                let (problem, zh) =
                    ("a correction is of the same kind", "更正后的步骤须为同一类型");
                return Err(FormationFault::Step { step: deed.name(), problem, zh });
            }
            Some((deed, day)) => {
                deed.check()?;
                if day > today {
                    let (problem, zh) = ("after today".to_owned(), "晚于今日".to_owned());
                    return Err(FormationFault::Date(day, problem, zh));
                }
                corrected.numbers += 1;
                let (number, place) = (corrected.numbers, old.place);
                corrected.steps[at] = Step { number, place, corrects: Some(old.number), day, deed };
            }
        }
        corrected.replayed()?;
        Ok(corrected)
    }

    /// Whether every step can follow on those before it.
    fn replayed(&self) -> Result<(), FormationFault> {
        let mut past = Self { steps: Vec::new(), ..self.clone() };
        for step in &self.steps {
            past.follow(past.reached(None), &step.deed, step.day)?;
            past.steps.push(step.clone());
        }
        Ok(())
    }

    /// Whether the step can follow.
    fn follow(&self, reached: Reached, deed: &Deed, day: CivilDate) -> Result<(), FormationFault> {
        // A plan of a case that ended changes nothing; what is only noted may come at any time.
        let planned = matches!(deed, Deed::Plan(_));
        let talked_again =
            matches!(deed, Deed::Contact { .. }) && reached.stage >= Stage::Contacted;
        if talked_again || (deed.is_noted_only() && !planned) {
            return Ok(());
        }
        let state = reached.state();
        let refused = |problem: String, zh: String| {
            Err(FormationFault::OutOfOrder { state, step: deed.name(), problem, zh })
        };
        if state.has_ended() {
            return refused("the case has ended".to_owned(), "该事项已终结".to_owned());
        }
        let before = if planned { self.opened_on } else { reached.last };
        if day < before {
            let (problem, zh) = (format!("before {before}"), format!("早于上一步骤日期{before}"));
            return Err(FormationFault::Date(day, problem, zh));
        }
        if planned {
            return Ok(());
        }
        let resumes = matches!(deed, Deed::Resumption(_));
        if resumes != (state == State::Suspended)
            && !matches!(deed, Deed::Abandonment(_) | Deed::Refusal(_) | Deed::Closing { .. })
        {
            return match resumes {
                true => refused("the case does not rest".to_owned(), "该事项未中止".to_owned()),
                false => refused(
                    "the case rests; resume it first".to_owned(),
                    "该事项已中止，请先恢复".to_owned(),
                ),
            };
        }
        match deed.stage() {
            Some(stage) => self.leads_on(reached, stage, deed),
            // Whether the union is gone is asked of the union: `founded::fits`.
            None if matches!(deed, Deed::Abandonment(_) | Deed::Closing { .. }) => Ok(()),
            None if reached.stage >= Stage::Established => {
                refused("the union is established".to_owned(), "工会已批复成立".to_owned())
            }
            None => Ok(()),
        }
    }

    /// Whether the path leads on to the stage.
    fn leads_on(&self, reached: Reached, stage: Stage, deed: &Deed) -> Result<(), FormationFault> {
        let refused = |problem: String, zh: String| {
            let (state, step) = (reached.state(), deed.name());
            Err(FormationFault::OutOfOrder { state, step, problem, zh })
        };
        let counts_again = stage == Stage::Recruiting && reached.stage == Stage::Recruiting;
        let late = stage == Stage::Registered && reached.stage == Stage::Active;
        let twice = self.steps.iter().any(|step| step.deed.stage() == Some(stage));
        if (stage <= reached.stage && !counts_again && !late) || (twice && !counts_again) {
            let zh = "该步骤已完成，请更正已有步骤".to_owned();
            return refused("it was taken already; correct that step".to_owned(), zh);
        }
        let missing: Vec<&str> =
            stage.missing_from(reached.stage).into_iter().map(Stage::step).collect();
        if !missing.is_empty() {
            let list = missing.join(", ");
            return refused(format!("missing before it: {list}"), format!("之前尚缺：{list}"));
        }
        if stage == Stage::Active {
            let lacking = self.lacking();
            if !lacking.is_empty() {
                return Err(FormationFault::Incomplete(lacking));
            }
        }
        Ok(())
    }

    /// The documents of the practical chain that are not there yet.
    pub fn lacking(&self) -> Vec<&'static str> {
        let has = |kind| {
            let is =
                |step: &Step| matches!(&step.deed, Deed::Document(found) if found.kind == kind);
            self.steps.iter().any(is)
        };
        CHAIN.into_iter().filter(|(kind, _)| !has(*kind)).map(|(_, name)| name).collect()
    }

    /// Where the steps up to the day lead.
    fn reached(&self, day: Option<CivilDate>) -> Reached {
        let opened = self.opened_on;
        let mut reached =
            Reached { stage: Stage::Prospect, beside: None, last: opened, since: opened };
        let known = |step: &&Step| day.is_none_or(|day| step.day <= day);
        for step in self.steps.iter().filter(known).filter(|step| !step.deed.is_noted_only()) {
            let before = reached.state();
            // One who talks again goes no further, whenever it was.
            if matches!(step.deed, Deed::Contact { .. }) && reached.stage >= Stage::Contacted {
                continue;
            }
            match &step.deed {
                Deed::Coverage(_) => reached.beside = Some(State::Covered),
                Deed::Abandonment(_) => reached.beside = Some(State::Abandoned),
                Deed::Refusal(_) => reached.beside = Some(State::Refused),
                Deed::Closing { .. } => reached.beside = Some(State::Ended),
                Deed::Suspension(_) => reached.beside = Some(State::Suspended),
                Deed::Resumption(_) => reached.beside = None,
                deed => reached.stage = reached.stage.max(deed.stage().unwrap_or(reached.stage)),
            }
            reached.last = reached.last.max(step.day);
            if reached.state() != before {
                reached.since = step.day;
            }
        }
        reached
    }

    /// The state as it stands.
    pub fn state(&self) -> State {
        self.reached(None).state()
    }

    /// The state on `day` and since when; `None` before the case was opened.
    pub fn state_on(&self, day: CivilDate) -> Option<(State, CivilDate)> {
        let reached = self.reached(Some(day));
        (day >= self.opened_on).then(|| (reached.state(), reached.since))
    }

    /// The last plan.
    pub fn plan(&self) -> Plan {
        self.plan_by(|_| true)
    }

    /// The plan on `day`.
    pub fn plan_on(&self, day: CivilDate) -> Plan {
        self.plan_by(|step| step.day <= day)
    }

    /// Whether the next action was due before `day`, and something is still to be done.
    pub fn overdue_on(&self, day: CivilDate) -> bool {
        let goes_on = self.state_on(day).is_some_and(|(state, _)| state.goes_on());
        goes_on && self.plan_on(day).overdue_on(day)
    }

    fn plan_by(&self, known: impl Fn(&Step) -> bool) -> Plan {
        let plan = |step: &Step| match &step.deed {
            Deed::Plan(plan) => Some(plan.as_ref().clone()),
            _ => None,
        };
        let found = self.steps.iter().rev().filter(|step| known(step)).find_map(plan);
        found.unwrap_or_default()
    }

    /// Members and women among them by the last count up to `day`.
    pub fn members_on(&self, day: CivilDate) -> Option<(u32, u32)> {
        self.steps.iter().rev().filter(|step| step.day <= day).find_map(|step| match step.deed {
            Deed::Recruitment { members, women } => Some((members, women)),
            _ => None,
        })
    }

    /// The first day by which the workers had made it known that they want a union, as known on `day`.
    pub fn wish_on(&self, day: CivilDate) -> Option<CivilDate> {
        let wishes = self.steps.iter().filter(|step| matches!(step.deed, Deed::Wish { .. }));
        wishes.map(|step| step.day).filter(|on| *on <= day).min()
    }

    /// The founding assembly.
    pub fn assembly(&self) -> Option<&super::step::Assembly> {
        self.assembly_held().map(|(assembly, _)| assembly)
    }

    /// The founding assembly and its day.
    pub fn assembly_held(&self) -> Option<(&super::step::Assembly, CivilDate)> {
        self.steps.iter().rev().find_map(|step| match &step.deed {
            Deed::Election(assembly) => Some((assembly, step.day)),
            _ => None,
        })
    }

    /// The establishment, with the plan that it followed.
    pub fn founded(&self) -> Option<Founded> {
        let mut plan = Plan::default();
        for step in &self.steps {
            match &step.deed {
                Deed::Plan(later) => plan = later.as_ref().clone(),
                Deed::Establishment { approval, union, term } => {
                    let (term, approval) = (term.clone(), approval.clone());
                    return Some(Founded { union: *union, on: step.day, term, approval, plan });
                }
                _ => {}
            }
        }
        None
    }

    /// The union to which the case came by `day`.
    pub fn union_on(&self, day: CivilDate) -> Option<UnionId> {
        self.steps.iter().rev().filter(|step| step.day <= day).find_map(|step| match &step.deed {
            Deed::Establishment { union, .. } | Deed::Coverage(union) => Some(*union),
            _ => None,
        })
    }

    /// The steps of the path that stand on `day`.
    pub fn path_on(&self, day: CivilDate) -> impl Iterator<Item = &Step> {
        let shown = move |step: &&Step| step.day <= day && !step.deed.is_noted_only();
        self.steps.iter().filter(shown)
    }

    /// The steps that may be taken next, by their names in the contract.
    pub fn next_steps(&self, subject: &Subject) -> Vec<&'static str> {
        let reached = self.reached(None);
        let mut next = Vec::new();
        match reached.state() {
            ended if ended.has_ended() => {}
            State::Suspended => next.extend(["resumption", "abandonment", "refusal"]),
            _ => {
                let mut stages = Stage::ALL.iter().filter(|stage| **stage > reached.stage);
                for stage in stages.by_ref() {
                    next.push(stage.step());
                    if !stage.is_optional() {
                        break;
                    }
                }
                if reached.stage < Stage::Established {
                    let cover = subject.employer().map(|_| "coverage");
                    next.extend(cover);
                    next.extend(["suspension", "abandonment", "refusal"]);
                }
            }
        }
        next
    }
}
