//! What the rules of a day ask of a case.

use unionhall_kit::civil::{CivilDate, Period};

use super::{
    fault::FormationFault,
    law::{Ask, Law, Rule},
    uncovered::help_day,
};
use crate::rules::{
    election_rules::{self, Check, ElectionRules},
    name::Name,
    standing::Standing,
    union::{
        kind::{UnionForm, UnionLevel, UnionType, codes},
        term::TermYears,
    },
};

codes! {
    /// What a rule asks of a case.
    Obligation {
        /// It must be so.
        Mandatory = "MANDATORY",
        /// One of the options, or none.
        Optional = "OPTIONAL",
        /// To be known.
        Information = "INFORMATION",
        /// It does not reach the case.
        NotApplicable = "NOT_APPLICABLE",
        /// What held on the day is not known here.
        Unknown = "UNKNOWN",
    }
}

/// What the rules look at, on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The day.
    pub day: CivilDate,
    /// What is to be formed; `None` while an employer has not decided.
    pub kind: Option<UnionType>,
    /// Where it is to stand, if that is planned.
    pub level: Option<UnionLevel>,
    /// Employees by the last headcount; 0 where nobody counted.
    pub employees: u32,
    /// Women among them.
    pub women: u32,
    /// Members by the last count; `None` before there are any.
    pub members: Option<u32>,
    /// Women among the members.
    pub member_women: u32,
    /// Since when the employer has no union; `None` for one that has, and for an area.
    pub uncovered_from: Option<CivilDate>,
    /// The day by which the workers had made it known that they want a union, if that is recorded.
    pub wish: Option<CivilDate>,
}

impl Situation {
    /// Whether what is to be formed is elected for the years of the district and above.
    fn is_upper(self) -> bool {
        self.level.is_some_and(UnionLevel::is_upper)
    }
}

/// A rule and what it asks of a situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied<'a> {
    /// Its stable id.
    pub id: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// What it asks.
    pub obligation: Obligation,
    /// What it says, in English and Chinese.
    pub text: (&'a str, &'a str),
    /// The law that it comes from.
    pub source: &'a str,
    /// How far its text is at hand.
    pub standing: Standing,
    /// The days that it judges.
    pub period: Period,
    /// Ways that it leaves open.
    pub options: Vec<String>,
}

/// Every rule of the day with what it asks: those of formation, then those of assemblies that a
/// founding one is planned by.
pub fn guidance<'a>(
    law: &'a Law,
    elections: &'a ElectionRules,
    situation: Situation,
) -> Vec<Applied<'a>> {
    let formation = law.on(situation.day).map(|rule| applied(rule, situation));
    let members = situation.members.unwrap_or(situation.employees);
    let assembly = elections.on(situation.day).filter_map(|rule| planned_by(rule, members));
    formation.chain(assembly).collect()
}

/// A rule of assemblies with what it says for so many members, and one whose text is not at hand;
/// `None` for one that looks at how it was held.
fn planned_by(rule: &election_rules::Rule, members: u32) -> Option<Applied<'_>> {
    let range = |(least, most): (u32, u32)| format!("{least}..{most}");
    let (subject, option) = match &rule.check {
        Check::NotAtHand(about) => (about.as_str(), None),
        Check::Seats(table) => ("committee_seats", table.of(members).map(range)),
        Check::Delegates(table) => ("delegates", table.of(members).map(range)),
        Check::CongressFrom(least) => ("delegate_congress", Some(format!("{least}"))),
        _ => return None,
    };
    Some(Applied {
        id: &rule.id,
        subject,
        obligation: match rule.standing {
            Standing::Unknown => Obligation::Unknown,
            _ => Obligation::Information,
        },
        text: (&rule.remedy_en, &rule.remedy_zh),
        source: &rule.source,
        standing: rule.standing,
        period: rule.period,
        options: option.into_iter().collect(),
    })
}

fn applied(rule: &Rule, at: Situation) -> Applied<'_> {
    let (obligation, options) = match &rule.ask {
        Some(ask) => asked(ask, at),
        None => (Obligation::Unknown, Vec::new()),
    };
    Applied {
        id: &rule.id,
        subject: rule.subject,
        obligation,
        text: (&rule.text_en, &rule.text_zh),
        source: &rule.source,
        standing: rule.standing,
        period: rule.period,
        options,
    }
}

/// The forms that the law leaves to a union of a type with so many members, where so many ask for a
/// committee. An employer's own union is a committee or, below, one organiser; to share one with
/// others is to join theirs. A union of several keeps its choice, but is no organiser from then on.
fn forms(kind: Option<UnionType>, members: u32, least: u32) -> Vec<UnionForm> {
    use UnionForm::{Committee, JointCommittee, Organiser};
    match (kind, members >= least) {
        (None | Some(UnionType::SingleEmployer), true) => vec![Committee],
        (Some(UnionType::SingleEmployer), false) => vec![Committee, Organiser],
        (None, false) => vec![Committee, JointCommittee, Organiser],
        (Some(_), many) => {
            UnionForm::ALL.iter().copied().filter(|form| !many || *form != Organiser).collect()
        }
    }
}

fn asked(ask: &Ask, at: Situation) -> (Obligation, Vec<String>) {
    match ask {
        Ask::BasicCommittee(least) => {
            // Whoever becomes a member counts; before anybody has, every employee may.
            let members = at.members.unwrap_or(at.employees);
            let open = forms(at.kind, members, *least);
            let must = if open.len() == 1 { Obligation::Mandatory } else { Obligation::Optional };
            (must, open.into_iter().map(|form| form.code().to_owned()).collect())
        }
        Ask::Approval => (Obligation::Mandatory, Vec::new()),
        Ask::WomensCommittee(least) => (reached(women(at) >= *least), Vec::new()),
        Ask::FullTimeChair(least) if at.employees >= *least => (Obligation::Optional, Vec::new()),
        Ask::FullTimeChair(_) => (Obligation::NotApplicable, Vec::new()),
        Ask::HelpDue(months) => {
            let due = at.uncovered_from.map(|from| help_day(from, *months, at.wish));
            let obligation = match due.is_some_and(|due| due <= at.day) {
                // Nobody must help those who may not want it.
                true if at.wish.is_none() => Obligation::Information,
                is => reached(is),
            };
            (obligation, Vec::new())
        }
        Ask::TermYears(years) => (reached(!at.is_upper()), counts(years)),
        Ask::UpperTermYears(years) => (reached(at.is_upper()), counts(years)),
        Ask::Funds(points) => (Obligation::Information, vec![format!("{points} bp")]),
    }
}

fn counts(years: &[TermYears]) -> Vec<String> {
    years.iter().map(|years| years.count().to_string()).collect()
}

fn reached(is: bool) -> Obligation {
    if is { Obligation::Mandatory } else { Obligation::NotApplicable }
}

/// The law counts women among the employees; where nobody counted them, those among the members
/// are known at least.
fn women(at: Situation) -> u32 {
    at.women.max(at.member_women)
}

/// Who approved, and whose approval counts, by their names of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Approved<'a> {
    /// The approving union, as the document has it.
    pub body: &'a Name,
    /// The union above and those above it, from below upwards; none where none has a name on the
    /// day. One further above may approve in place of the next one.
    pub above: &'a [Name],
    /// The union above, if whoever asks sees it.
    pub told: Option<&'a Name>,
}

impl Approved<'_> {
    /// Whether the body is none of those whose approval counts. Without a name nothing is compared.
    fn by_another(&self) -> bool {
        !self.above.is_empty() && !self.above.contains(self.body)
    }

    /// Who approves, in English and Chinese.
    fn remedy(&self) -> (String, String) {
        match self.told {
            Some(name) => (
                format!("; name {name} or a union further above as the body"),
                format!("，批准机关应为{name}或其上级工会"),
            ),
            None => (
                "; name the union above or one further above as the body".to_owned(),
                "，批准机关应为上一级工会或其上级工会".to_owned(),
            ),
        }
    }
}

/// What is to be established, as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// What it unites.
    pub kind: UnionType,
    /// How it is organised.
    pub form: UnionForm,
    /// Years of its first term.
    pub term_years: TermYears,
    /// Whether a women's committee was elected.
    pub womens_committee: bool,
    /// Who approved it; `None` before anybody did.
    pub approved: Option<Approved<'a>>,
}

/// Whether the rules of the day let it be established.
pub fn judge(law: &Law, at: Situation, proposal: Proposal<'_>) -> Result<(), FormationFault> {
    for (rule, ask) in law.asks(at.day) {
        let mut remedy = (String::new(), String::new());
        let broken = match ask {
            Ask::BasicCommittee(least) => {
                let open = forms(Some(proposal.kind), at.members.unwrap_or(0), *least);
                !open.contains(&proposal.form)
            }
            Ask::WomensCommittee(least) => women(at) >= *least && !proposal.womens_committee,
            Ask::TermYears(years) => !at.is_upper() && !years.contains(&proposal.term_years),
            Ask::UpperTermYears(years) => at.is_upper() && !years.contains(&proposal.term_years),
            Ask::Approval => {
                let other = proposal.approved.filter(Approved::by_another);
                remedy = other.map(|approved| approved.remedy()).unwrap_or_default();
                other.is_some()
            }
            _ => false,
        };
        if broken {
            return Err(FormationFault::Rule {
                rule: rule.id.clone(),
                law: rule.source.clone(),
                problem: format!("{}{}", rule.text_en, remedy.0),
                zh: format!("{}{}", rule.text_zh, remedy.1),
            });
        }
    }
    Ok(())
}
