//! Whether a founding assembly 成立大会 was held, and elected, as the rules of its day ask: they are those of
//! every other assembly.

use super::{
    fault::FormationFault,
    journal::Journal,
    step::{Assembly, AssemblyKind},
};
use crate::rules::{
    election::is_basic,
    election_rules::{self, Ballot, Check, ElectionRules, Finding},
};

/// Whether the founding assembly was held as the mandatory rules of its day ask.
pub fn judge_assembly(elections: &ElectionRules, journal: &Journal) -> Result<(), FormationFault> {
    let found = assembly_findings(elections, journal);
    match found.into_iter().find(Finding::mandatory) {
        Some(Finding { rule, problem, problem_zh, .. }) => Err(FormationFault::Rule {
            problem: format!("{problem}: {}", rule.remedy_en),
            zh: format!("{problem_zh}：{}", rule.remedy_zh),
            rule: rule.id,
            law: rule.source,
        }),
        None => Ok(()),
    }
}

/// Every rule of its day that the founding assembly breaks. They are those of every other assembly,
/// and so is how a share is compared: to a general meeting the members recruited by then are due, to
/// a congress as many delegates as the table has for them.
pub fn assembly_findings(elections: &ElectionRules, journal: &Journal) -> Vec<Finding> {
    let Some((assembly, day)) = journal.assembly_held() else { return Vec::new() };
    let counted = journal.members_on(day);
    let (members, women) = (counted.map(|(members, _)| members), counted.map(|(_, women)| women));
    let level = journal.plan_on(day).union_level;
    let basic = level.is_none_or(is_basic);
    let held = Held { assembly, members, women, basic };
    let tell = |rule: &election_rules::Rule| {
        let figures = held.breaks(&rule.check)?;
        let en = figures.iter().map(|(name, value)| format!("{name} {value}"));
        let zh = figures.iter().map(|(name, value)| format!("{}{value}", in_chinese(name)));
        let (mut problem, mut problem_zh) =
            (en.collect::<Vec<_>>().join(", "), zh.collect::<Vec<_>>().join("，"));
        if figures.is_empty() {
            let (en, zh) = ("no audit committee is elected", "未同时选举经费审查委员会");
            (problem, problem_zh) = (en.to_owned(), zh.to_owned());
        }
        let (rule, field) = (rule.clone(), "election".to_owned());
        Some(Finding { rule, field, problem, problem_zh, figures })
    };
    elections.on(day).filter_map(tell).collect()
}

/// What a number counts.
fn in_chinese(name: &str) -> &'static str {
    match name {
        "present" => "实到",
        "due" => "应到",
        "delegates" => "代表",
        "members" => "会员",
        "needed" => "应有",
        "women" => "女会员",
        "seats" => "委员名额",
        "candidates" => "候选人",
        "elected" => "当选",
        "least" => "至少",
        _ => "至多",
    }
}

struct Held<'a> {
    assembly: &'a Assembly,
    members: Option<u32>,
    women: Option<u32>,
    basic: bool,
}

impl Held<'_> {
    /// The numbers by which the assembly breaks the rule.
    fn breaks(&self, check: &Check) -> Option<Vec<(&'static str, u32)>> {
        let (present, due) = (self.assembly.present, self.assembly.due);
        let general = self.assembly.kind == AssemblyKind::GeneralMeeting;
        let members = self.members.filter(|_| general);
        let delegates = self.members.filter(|_| !general && self.basic);
        let came = || vec![("present", present), ("due", due)];
        let of_members = |members: u32| vec![("due", due), ("members", members)];
        match check {
            Check::Present(share) => (!share.reached(present, due)).then(came),
            Check::PresentAtMostDue => (present > due).then(came),
            Check::SomebodyDue => (due == 0).then(came),
            Check::DueAtMostAll => members.filter(|members| due > *members).map(of_members),
            Check::DueIsAll => members.filter(|members| due < *members).map(of_members),
            Check::CongressFrom(from) => {
                let few = delegates.filter(|members| members < from);
                few.map(|members| vec![("members", members), ("needed", *from)])
            }
            Check::Delegates(table) => {
                let members = delegates?;
                let (least, most) = table.of(members)?;
                let outside = !(least..=most).contains(&due);
                let numbers = || {
                    vec![("members", members), ("delegates", due), ("least", least), ("most", most)]
                };
                outside.then(numbers)
            }
            check => self.elects(check),
        }
    }

    /// The numbers by which what was elected breaks the rule; none for a committee that is missing. An
    /// organiser has no seats, and of what nobody counted nothing is said.
    fn elects(&self, check: &Check) -> Option<Vec<(&'static str, u32)>> {
        let (seats, elected) = (self.assembly.seats, self.assembly.elected);
        match check {
            Check::Seats(table) => {
                let members = self.members.filter(|_| self.basic && seats > 0)?;
                let (least, most) = table.of(members)?;
                let numbers =
                    vec![("members", members), ("seats", seats), ("least", least), ("most", most)];
                (!(least..=most).contains(&seats)).then_some(numbers)
            }
            Check::AuditElected => {
                (self.assembly.own_accounts && !self.assembly.audit).then(Vec::new)
            }
            Check::WomenElected(from) => {
                let women = self.women.filter(|women| women >= from && !self.assembly.women)?;
                Some(vec![("women", women), ("needed", *from)])
            }
            Check::ElectedAtMostSeats => {
                let elected = elected.filter(|elected| seats > 0 && *elected > seats)?;
                Some(vec![("elected", elected), ("seats", seats)])
            }
            Check::SomebodyElected => {
                let nobody = elected.filter(|elected| *elected == 0)?;
                Some(vec![("elected", nobody)])
            }
            Check::MoreCandidates(Ballot::Committee, points) => {
                let candidates = self.assembly.candidates.filter(|_| seats > 0)?;
                let enough =
                    u64::from(candidates) * 10_000 >= u64::from(seats) * u64::from(10_000 + points);
                (!enough).then(|| vec![("candidates", candidates), ("seats", seats)])
            }
            _ => None,
        }
    }
}
