//! What the rules of a day ask of a case.

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

use super::{
    fault::FormationFault,
    law::{Ask, Law, Rule},
};
use crate::rules::union::{
    kind::{UnionForm, codes},
    term::TermYears,
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
}

/// A rule and what it asks of a situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// What it asks.
    pub obligation: Obligation,
    /// Ways that it leaves open.
    pub options: Vec<String>,
}

/// Every rule of the day with what it asks.
pub fn guidance(law: &Law, situation: Situation) -> Vec<Applied<'_>> {
    law.on(situation.day).map(|rule| applied(rule, situation)).collect()
}

fn applied(rule: &Rule, at: Situation) -> Applied<'_> {
    let Some(ask) = &rule.ask else {
        return Applied { rule, obligation: Obligation::Unknown, options: Vec::new() };
    };
    let forms = |forms: &[UnionForm]| forms.iter().map(|form| form.code().to_owned()).collect();
    let (obligation, options) = match ask {
        // Whoever becomes a member counts; before anybody has, every employee may.
        Ask::BasicCommittee(least) if at.members.unwrap_or(at.employees) >= *least => {
            (Obligation::Mandatory, forms(&[UnionForm::Committee]))
        }
        Ask::BasicCommittee(_) => {
            let open = [UnionForm::Committee, UnionForm::JointCommittee, UnionForm::Organiser];
            (Obligation::Optional, forms(&open))
        }
        Ask::Approval => (Obligation::Mandatory, Vec::new()),
        Ask::WomensCommittee(least) => (reached(women(at) >= *least), Vec::new()),
        Ask::FullTimeChair(least) if at.employees >= *least => (Obligation::Optional, Vec::new()),
        Ask::FullTimeChair(_) => (Obligation::NotApplicable, Vec::new()),
        Ask::HelpDue(months) => {
            let due = at.uncovered_from.map(|from| from.plus_months(*months));
            (reached(due.is_some_and(|due| due <= at.day)), Vec::new())
        }
        Ask::TermYears(years) => {
            (Obligation::Mandatory, years.iter().map(|years| years.count().to_string()).collect())
        }
        Ask::CommitteeSeats(table) => {
            let members = at.members.unwrap_or(at.employees);
            let row = table.iter().find(|row| row.members.is_none_or(|most| members <= most));
            let options = row.map(|row| format!("{}..{}", row.least, row.most));
            (Obligation::Information, options.into_iter().collect())
        }
        Ask::Funds(points) => (Obligation::Information, vec![format!("{points} bp")]),
    };
    Applied { rule, obligation, options }
}

fn reached(is: bool) -> Obligation {
    if is { Obligation::Mandatory } else { Obligation::NotApplicable }
}

/// The law counts women among the employees; where nobody counted them, those among the members
/// are known at least.
fn women(at: Situation) -> u32 {
    at.women.max(at.member_women)
}

/// What is to be established, as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    /// How it is organised.
    pub form: UnionForm,
    /// Years of its first term.
    pub term_years: TermYears,
    /// Whether a women's committee was elected.
    pub womens_committee: bool,
}

/// Whether the rules of the day let it be established.
pub fn judge(law: &Law, at: Situation, proposal: Proposal) -> Result<(), FormationFault> {
    for (rule, ask) in law.asks(at.day) {
        let broken = match ask {
            Ask::BasicCommittee(least) => {
                proposal.form == UnionForm::Organiser && at.members.unwrap_or(0) >= *least
            }
            Ask::WomensCommittee(least) => women(at) >= *least && !proposal.womens_committee,
            Ask::TermYears(years) => !years.contains(&proposal.term_years),
            _ => false,
        };
        if broken {
            return Err(FormationFault::Rule {
                rule: rule.id.clone(),
                law: rule.source.clone(),
                problem: rule.text_en.clone(),
                zh: rule.text_zh.clone(),
            });
        }
    }
    Ok(())
}
