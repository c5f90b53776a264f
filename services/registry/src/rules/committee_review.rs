//! Whether a union's committees are as the rules of a day want them: a review, which refuses nothing.

use unionhall_kit::civil::CivilDate;

use super::{
    election::is_basic,
    election_rules::{Check, ElectionRules, Rule},
    name::Name,
    office::{Committee, Office, OfficeId, Position, barred},
    union::{
        UnionFacts,
        code::UnionCode,
        kind::{UnionForm, UnionType},
    },
};

/// What is known of those whom the union unites: what the last election told, or else what the
/// register counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Members.
    pub members: u32,
    /// Women among the staff; those among the members where nobody counted the staff.
    pub women: u32,
    /// Whether the union keeps its own accounts, where that was told.
    pub own_accounts: Option<bool>,
}

/// What is known of the employers of the union on the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Covered {
    /// How many it covers.
    pub employers: u32,
    /// Employees of the employer whose own union it is; `None` where nobody counted.
    pub employees: Option<u32>,
}

/// How a union stands to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As the rule wants it.
    Met,
    /// Not so.
    NotMet,
    /// The rule does not concern the union.
    NotApplicable,
    /// What would decide it is not recorded, or the text of the day is not at hand.
    Unknown,
}

/// A rule and how the union stands to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The rule, with source and next step.
    pub rule: Rule,
    /// How the union stands to it.
    pub standing: Standing,
    /// The numbers that were compared, named.
    pub figures: Vec<(&'static str, u32)>,
    /// The office that it concerns, where it is one.
    pub office: Option<OfficeId>,
}

/// Every rule of committees that is in force on `day`, in the order of the table, with the names that
/// the unions `above` had when it was established; of the rules that bar persons those that are broken. Nothing for a union that does not exist on that day.
pub fn review(
    union: &UnionFacts,
    offices: &[(OfficeId, Office)],
    (counts, covered, above): (Option<Counts>, Covered, &[Name]),
    (rules, day): (&ElectionRules, CivilDate),
) -> Vec<Item> {
    if !union.active_on(day) {
        return Vec::new();
    }
    let held = offices.iter().filter(|(_, office)| office.held_on(union, day));
    let held: Vec<&(OfficeId, Office)> = held.collect();
    let asked = Asked { union, held: &held, counts, covered, above, day };
    let mut items: Vec<Item> = rules.on(day).filter_map(|rule| asked.item(rule)).collect();
    let kind = union.types.on(day).copied();
    for (id, office) in &held {
        for finding in barred(&office.bars, office.position, (kind, day), rules, "") {
            let standing = Standing::NotMet;
            let office = Some(*id);
            items.push(Item { rule: finding.rule, standing, figures: Vec::new(), office });
        }
    }
    items
}

/// The checks of committees that a rule may ask of days whose text is not at hand.
const REVIEWED: [&str; 2] = ["women_committee", "women_member"];

type Answer = (Standing, Vec<(&'static str, u32)>);

struct Asked<'a> {
    union: &'a UnionFacts,
    held: &'a [&'a (OfficeId, Office)],
    counts: Option<Counts>,
    covered: Covered,
    above: &'a [Name],
    day: CivilDate,
}

impl Asked<'_> {
    fn item(&self, rule: &Rule) -> Option<Item> {
        let (standing, figures) = match &rule.check {
            Check::HeadPresent => self.elected(self.head()),
            Check::TermRuns => self.elected(self.term()),
            Check::TermKnown => self.elected(met(self.union.term_on(self.day).is_some())),
            Check::WomenCommittee(from) => self.elected(self.women_committee(*from)),
            Check::WomenMember(below) => self.elected(self.women_member(*below)),
            Check::AuditCommittee => self.elected(self.audit()),
            Check::SupervisionCommittee(from) => self.elected(self.supervision(*from)),
            Check::SupervisionSize(least) => self.elected(self.supervisors(*least)),
            Check::SupervisionHead => self.elected(self.supervision_head()),
            Check::Seats(brackets) => self.elected(match self.counts {
                _ if !self.basic() => plain(Standing::NotApplicable),
                None => plain(Standing::Unknown),
                Some(counts) => self.seats(brackets.of(counts.members), counts.members),
            }),
            Check::FullTimeChair(from) => match self.union.types.on(self.day) {
                Some(kind) if rule.judges(Some(*kind)) => self.elected(self.full_time(*from)),
                _ => plain(Standing::NotApplicable),
            },
            Check::CodeCategory(of) => self.code_category(of),
            Check::JointEmployers(least) => self.joint(*least),
            Check::ApprovedAbove => self.elected(self.approved()),
            Check::NotAtHand(about) if REVIEWED.contains(&about.as_str()) => {
                self.elected(plain(Standing::Unknown))
            }
            _ => return None,
        };
        Some(Item { rule: rule.clone(), standing, figures, office: None })
    }

    /// Branches, groups and dispatched bodies elect no committees of their own.
    fn elected(&self, answer: Answer) -> Answer {
        let form = self.union.forms.on(self.day);
        let none = [UnionForm::WorkingCommittee, UnionForm::Branch, UnionForm::Group];
        let elected = form.is_none_or(|form| !none.contains(form));
        if elected { answer } else { plain(Standing::NotApplicable) }
    }

    fn basic(&self) -> bool {
        self.union.levels.on(self.day).is_some_and(|level| is_basic(*level))
    }

    fn on(&self, committee: Committee) -> impl Iterator<Item = &Office> {
        self.held.iter().map(|(_, office)| office).filter(move |one| one.committee == committee)
    }

    fn head(&self) -> Answer {
        met(self.on(Committee::Union).any(|office| office.position.is_head()))
    }

    /// From so many employees on one may be full time, and need not.
    fn full_time(&self, from: u32) -> Answer {
        let leads = |office: &Office| office.position.leads() && office.full_time;
        let there = self.on(Committee::Union).any(leads);
        match self.covered.employees {
            None if there => plain(Standing::Unknown),
            Some(employees) if there || employees >= from => {
                (met(employees >= from).0, vec![("employees", employees), ("needed", from)])
            }
            _ => plain(Standing::NotApplicable),
        }
    }

    fn code_category(&self, of: &[(char, UnionType)]) -> Answer {
        let kind = self.union.types.on(self.day);
        let asked = of.iter().find(|(_, of)| Some(of) == kind);
        let code = self.union.codes.on(self.day).and_then(UnionCode::category);
        match asked.zip(code) {
            Some(((category, _), given)) => met(*category == given),
            None => plain(Standing::NotApplicable),
        }
    }

    /// A joint committee of a type that covers employers; one of flexible employment unites persons.
    fn joint(&self, least: u32) -> Answer {
        let joint = self.union.forms.on(self.day) == Some(&UnionForm::JointCommittee);
        let covers = self.union.types.on(self.day).is_some_and(|kind| kind.cover().is_some());
        if !joint || !covers {
            return plain(Standing::NotApplicable);
        }
        let employers = self.covered.employers;
        (met(employers >= least).0, vec![("employers", employers), ("needed", least)])
    }

    /// Of old unions the register may not know who was above then, nor by which name: it is told, and
    /// refuses nothing.
    fn approved(&self) -> Answer {
        let first = self.union.established_on();
        let first = first.and_then(|first| self.union.approvals.on(first));
        match first.or(self.union.approvals.on(self.day)) {
            Some(approval) if !self.above.is_empty() => met(self.above.contains(&approval.body)),
            _ => plain(Standing::Unknown),
        }
    }

    fn term(&self) -> Answer {
        match self.union.term_on(self.day) {
            None => plain(Standing::Unknown),
            Some(_) => met(!self.union.overdue_on(self.day)),
        }
    }

    fn has(&self, committee: Committee) -> bool {
        self.on(committee).next().is_some()
    }

    fn women_committee(&self, from: u32) -> Answer {
        let there = self.has(Committee::Women);
        match self.counts {
            None if there => plain(Standing::Met),
            None => plain(Standing::Unknown),
            Some(counts) if counts.women < from => plain(Standing::NotApplicable),
            Some(counts) => (met(there).0, vec![("women", counts.women), ("needed", from)]),
        }
    }

    fn women_member(&self, below: u32) -> Answer {
        let member = |office: &Office| office.position == Position::WomenMember;
        let there = self.has(Committee::Women) || self.on(Committee::Union).any(member);
        match self.counts {
            None if there => plain(Standing::Met),
            None => plain(Standing::Unknown),
            Some(Counts { women: 0, .. }) => plain(Standing::NotApplicable),
            Some(counts) if counts.women >= below => plain(Standing::NotApplicable),
            Some(counts) => (met(there).0, vec![("women", counts.women)]),
        }
    }

    fn audit(&self) -> Answer {
        let there = self.has(Committee::Audit);
        match self.counts.and_then(|counts| counts.own_accounts) {
            Some(false) => plain(Standing::NotApplicable),
            None if !there => plain(Standing::Unknown),
            _ => met(there),
        }
    }

    fn supervision(&self, from: u32) -> Answer {
        let there = self.has(Committee::LabourSupervision);
        match self.counts {
            _ if !self.basic() => plain(Standing::NotApplicable),
            None if there => plain(Standing::Met),
            None => plain(Standing::Unknown),
            Some(counts) if counts.members < from => plain(Standing::NotApplicable),
            Some(counts) => (met(there).0, vec![("members", counts.members), ("needed", from)]),
        }
    }

    /// One supervisor of a small union is no committee.
    fn supervisors(&self, least: u32) -> Answer {
        let number = self.on(Committee::LabourSupervision).count();
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let headed = self.supervision_director().is_some();
        if number == 0 || (number == 1 && !headed) {
            return plain(Standing::NotApplicable);
        }
        (met(number >= least).0, vec![("persons", number), ("needed", least)])
    }

    fn supervision_director(&self) -> Option<&Office> {
        self.on(Committee::LabourSupervision).find(|office| office.position.is_head())
    }

    /// Until persons are records, a name is a person.
    fn supervision_head(&self) -> Answer {
        if !self.has(Committee::LabourSupervision) {
            return plain(Standing::NotApplicable);
        }
        let seated = |director: &Office| {
            self.on(Committee::Union).any(|office| office.holder == director.holder)
        };
        match self.supervision_director() {
            None if self.on(Committee::LabourSupervision).count() == 1 => {
                plain(Standing::NotApplicable)
            }
            director => met(director.is_some_and(seated)),
        }
    }

    fn seats(&self, bracket: Option<(u32, u32)>, members: u32) -> Answer {
        let Some((least, most)) = bracket else { return plain(Standing::NotApplicable) };
        let seats = u32::try_from(self.on(Committee::Union).count()).unwrap_or(u32::MAX);
        let figures =
            vec![("members", members), ("seats", seats), ("least", least), ("most", most)];
        (met((least..=most).contains(&seats)).0, figures)
    }
}

fn plain(standing: Standing) -> Answer {
    (standing, Vec::new())
}

fn met(is: bool) -> Answer {
    plain(if is { Standing::Met } else { Standing::NotMet })
}

#[cfg(test)]
mod tests;
