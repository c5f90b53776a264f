//! Whether a union's committees are as the rules of a day want them: a review, which refuses nothing.

use unionhall_kit::civil::CivilDate;

use super::{
    election::is_basic,
    election_rules::{Check, ElectionRules, Rule},
    office::{Committee, Office, OfficeId, Position, barred},
    union::{
        UnionFacts,
        code::UnionCode,
        kind::{UnionForm, UnionType},
    },
};

/// What is known of those whom the union unites. The register counts members with a later issue;
/// until then the last election tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Members.
    pub members: u32,
    /// Women among the staff.
    pub women: u32,
    /// Whether the union keeps its own accounts.
    pub own_accounts: bool,
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

/// Every rule of committees that is in force on `day`, in the order of the table; of the rules that
/// bar persons those that are broken. Nothing for a union that does not exist on that day.
pub fn review(
    union: &UnionFacts,
    offices: &[(OfficeId, Office)],
    (counts, covered): (Option<Counts>, Covered),
    (rules, day): (&ElectionRules, CivilDate),
) -> Vec<Item> {
    if !union.active_on(day) {
        return Vec::new();
    }
    let held = offices.iter().filter(|(_, office)| office.held_on(union, day));
    let held: Vec<&(OfficeId, Office)> = held.collect();
    let asked = Asked { union, held: &held, counts, covered, day };
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
        match self.counts.map(|counts| counts.own_accounts) {
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
mod tests {
    use std::collections::BTreeSet;

    use uuid::Uuid;

    use super::*;
    use crate::rules::{
        credit_code::CreditCode,
        employer::tests::day,
        name::Name,
        office::{Bar, WayIn},
        union::{
            Status,
            kind::UnionLevel,
            term::{Term, TermYears},
        },
    };

    fn union(form: UnionForm) -> UnionFacts {
        let mut facts = UnionFacts::default();
        let since = day("2010-01-01");
        facts.statuses.record(Some(Status::Active), since);
        facts.forms.record(Some(form), since);
        facts.levels.record(Some(UnionLevel::Basic), since);
        let number = std::num::NonZeroU16::MIN;
        let term = Term::new(number, TermYears::Three);
        facts.terms.record(Some(term), day("2014-01-01"));
        facts
    }

    fn office(number: u128, committee: Committee, position: Position) -> (OfficeId, Office) {
        let office = Office {
            holder: Name::parse("甲某").unwrap(),
            committee,
            position,
            full_time: false,
            term: None,
            way_in: WayIn::Elected,
            bars: BTreeSet::new(),
            election: None,
            from: day("2014-01-01"),
            end: None,
        };
        (OfficeId(Uuid::from_u128(number)), office)
    }

    fn standings(
        union: &UnionFacts,
        offices: &[(OfficeId, Office)],
        counts: Option<Counts>,
        on: &str,
    ) -> Vec<(String, Standing)> {
        let rules = ElectionRules::shipped().unwrap();
        let items = review(union, offices, (counts, Covered::default()), (rules, day(on)));
        items.into_iter().map(|item| (item.rule.id, item.standing)).collect()
    }

    fn of(rule: &str, standings: &[(String, Standing)]) -> Option<Standing> {
        standings.iter().find(|(id, _)| id == rule).map(|(_, standing)| *standing)
    }

    const COUNTS: Counts = Counts { members: 60, women: 25, own_accounts: true };

    #[test]
    fn what_is_missing_is_told_with_the_rules_of_the_day() {
        let union = union(UnionForm::Committee);
        let bare = standings(&union, &[], Some(COUNTS), "2016-06-01");
        for rule in ["R01", "R04", "R06", "V16"] {
            assert_eq!(of(rule, &bare), Some(Standing::NotMet), "{rule}");
        }
        assert_eq!(of("R02", &bare), Some(Standing::Met));
        assert_eq!(of("R05", &bare), Some(Standing::NotApplicable));
        let before = standings(&union, &[], Some(COUNTS), "2015-12-31");
        assert_eq!((of("R04", &before), of("R04A", &before)), (None, Some(Standing::Unknown)));
        let overdue = standings(&union, &[], Some(COUNTS), "2017-01-01");
        assert_eq!(of("R02", &overdue), Some(Standing::NotMet));
        assert_eq!((of("V16", &overdue), of("V17", &overdue)), (None, Some(Standing::NotMet)));
        let offices = [
            office(1, Committee::Union, Position::Chair),
            office(2, Committee::Union, Position::Member),
            office(3, Committee::Union, Position::Member),
            office(4, Committee::Women, Position::Director),
            office(5, Committee::Audit, Position::Director),
            office(6, Committee::LabourSupervision, Position::Director),
            office(7, Committee::LabourSupervision, Position::Member),
            office(8, Committee::LabourSupervision, Position::Member),
        ];
        let whole = standings(&union, &offices, Some(COUNTS), "2016-06-01");
        assert!(whole.iter().all(|(_, standing)| *standing != Standing::NotMet), "{whole:?}");
        assert!(standings(&union, &offices, Some(COUNTS), "2009-12-31").is_empty());
    }

    #[test]
    fn what_nobody_counted_is_unknown_and_what_does_not_apply_is_not_missed() {
        let union_ = union(UnionForm::Committee);
        let unknown = standings(&union_, &[], None, "2016-06-01");
        for rule in ["R04", "R05", "R06", "V16"] {
            assert_eq!(of(rule, &unknown), Some(Standing::Unknown), "{rule}");
        }
        let few = Counts { women: 24, own_accounts: false, ..COUNTS };
        let few = standings(&union_, &[], Some(few), "2016-06-01");
        assert_eq!(of("R04", &few), Some(Standing::NotApplicable));
        assert_eq!(of("R05", &few), Some(Standing::NotMet));
        assert_eq!(of("R06", &few), Some(Standing::NotApplicable));
        let dispatched = union(UnionForm::WorkingCommittee);
        let dispatched = standings(&dispatched, &[], Some(COUNTS), "2016-06-01");
        assert!(dispatched.iter().all(|(_, standing)| *standing == Standing::NotApplicable));
    }

    #[test]
    fn the_committee_for_labour_law_supervision_is_advised_and_composed() {
        let union = union(UnionForm::Committee);
        let supervision = Committee::LabourSupervision;
        let named = |mut office: (OfficeId, Office), name: &str| {
            office.1.holder = Name::parse(name).unwrap();
            office
        };
        let told = |offices: &[(OfficeId, Office)], counts: Option<Counts>| {
            let found = standings(&union, offices, counts, "2014-06-01");
            ["R09", "R10", "R11"].map(|rule| of(rule, &found).unwrap())
        };
        use Standing::{Met, NotApplicable, NotMet, Unknown};
        let none = NotApplicable;
        assert_eq!(told(&[], Some(COUNTS)), [NotMet, none, none]);
        assert_eq!(told(&[], None), [Unknown, none, none]);
        assert_eq!(told(&[], Some(Counts { members: 25, ..COUNTS })), [NotMet, none, none]);
        assert_eq!(told(&[], Some(Counts { members: 24, ..COUNTS })), [none, none, none]);
        let supervisor = office(1, supervision, Position::Member);
        assert_eq!(told(std::slice::from_ref(&supervisor), None), [Met, none, none]);
        let director = named(office(2, supervision, Position::Director), "乙某");
        let two = [supervisor, director];
        assert_eq!(told(&two, Some(COUNTS)), [Met, NotMet, NotMet], "two, and an outsider");
        let third = named(office(3, supervision, Position::Member), "丙某");
        let seat = named(office(4, Committee::Union, Position::Member), "乙某");
        let [first, second] = two;
        let whole = [first.clone(), second, third.clone(), seat];
        assert_eq!(told(&whole, Some(COUNTS)), [Met, Met, Met]);
        assert_eq!(told(&[first, third], Some(COUNTS)), [Met, NotMet, NotMet], "nobody heads it");
        let dispatched =
            standings(&self::union(UnionForm::WorkingCommittee), &whole, None, "2014-06-01");
        assert_eq!(of("R10", &dispatched), Some(NotApplicable));
    }

    #[test]
    fn a_full_time_chair_is_told_from_200_employees_on() {
        let mut own = union(UnionForm::Committee);
        own.types.record(Some(UnionType::SingleEmployer), day("2010-01-01"));
        let mut full = office(1, Committee::Union, Position::ViceChair);
        full.1.full_time = true;
        let told = |union: &UnionFacts, full_time: bool, employees, on: &str| {
            let mut office = full.clone();
            office.1.full_time = full_time;
            let rules = ElectionRules::shipped().unwrap();
            let known = (None, Covered { employees, ..Covered::default() });
            let items = review(union, &[office], known, (rules, day(on)));
            let found = items.into_iter().find(|item| item.rule.id.starts_with("R12")).unwrap();
            (found.rule.id, found.standing)
        };
        use Standing::{Met, NotApplicable, NotMet, Unknown};
        let of_2014 = |full_time, employees| told(&own, full_time, employees, "2014-06-01").1;
        assert_eq!(of_2014(true, Some(199)), NotMet);
        assert_eq!(of_2014(true, Some(200)), Met);
        assert_eq!((of_2014(false, Some(200)), of_2014(false, Some(199))), (Met, NotApplicable));
        assert_eq!((of_2014(true, None), of_2014(false, None)), (Unknown, NotApplicable));
        assert_eq!(told(&own, true, Some(199), "2021-12-31"), ("R12".to_owned(), NotMet));
        assert_eq!(told(&own, true, Some(199), "2022-01-01"), ("R12B".to_owned(), NotMet));
        let mut joint = own.clone();
        joint.types.record(Some(UnionType::Joint), day("2010-01-01"));
        assert_eq!(told(&joint, true, Some(199), "2014-06-01").1, NotApplicable);
    }

    #[test]
    fn the_code_of_a_basic_union_and_that_of_a_general_federation_begin_as_they_must() {
        let told = |kind, code: &str| {
            let mut union = union(UnionForm::Committee);
            union.types.record(Some(kind), day("2010-01-01"));
            if let Ok(code) = CreditCode::parse(code) {
                union.codes.record(UnionCode::try_from(code).ok(), day("2016-01-01"));
            }
            of("R13", &standings(&union, &[], None, "2016-06-01")).unwrap()
        };
        let (basic, other) = ("81110102T0000001XK", "89110102T0000001XT");
        use Standing::{Met, NotApplicable, NotMet};
        for kind in [UnionType::SingleEmployer, UnionType::Joint] {
            assert_eq!((told(kind, basic), told(kind, other)), (Met, NotMet), "{kind:?}");
        }
        for kind in [UnionType::DistrictFederation, UnionType::MunicipalFederation] {
            assert_eq!((told(kind, basic), told(kind, other)), (NotMet, Met), "{kind:?}");
        }
        // Community unions are registered like basic ones; which of the two is not certain.
        let community = UnionType::CommunityJoint;
        let either = (told(community, basic), told(community, other));
        assert_eq!(either, (NotApplicable, NotApplicable));
        assert_eq!(told(UnionType::SingleEmployer, ""), NotApplicable, "no code yet");
    }

    #[test]
    fn a_joint_committee_unites_two_employers() {
        let told = |kind, form, employers, on: &str| {
            let mut union = union(form);
            union.types.record(Some(kind), day("2010-01-01"));
            let rules = ElectionRules::shipped().unwrap();
            let known = (None, Covered { employers, ..Covered::default() });
            let items = review(&union, &[], known, (rules, day(on)));
            let found = items.into_iter().find(|item| item.rule.id.starts_with("R14")).unwrap();
            (found.rule.id, found.standing)
        };
        use Standing::{Met, NotApplicable, NotMet};
        let (joint, committee) = (UnionForm::JointCommittee, UnionForm::Committee);
        for (on, id) in [("2021-12-31", "R14"), ("2022-01-01", "R14B")] {
            let of = |employers| told(UnionType::CommunityJoint, joint, employers, on);
            assert_eq!(of(1), (id.to_owned(), NotMet));
            assert_eq!(of(2), (id.to_owned(), Met));
        }
        let persons = UnionType::FlexibleEmploymentJoint;
        assert_eq!(told(persons, joint, 0, "2014-06-01").1, NotApplicable);
        assert_eq!(told(UnionType::Joint, committee, 1, "2014-06-01").1, NotApplicable);
    }

    #[test]
    fn who_came_to_be_barred_is_named() {
        let mut member = office(7, Committee::Union, Position::Member);
        member.1.bars = BTreeSet::from([Bar::PersonnelManager]);
        let union = union(UnionForm::Committee);
        let rules = ElectionRules::shipped().unwrap();
        let on = |on: &str| {
            let known = (None, Covered::default());
            let items = review(&union, std::slice::from_ref(&member), known, (rules, day(on)));
            items.into_iter().filter_map(|item| item.office).collect::<Vec<_>>()
        };
        assert!(on("2015-12-31").is_empty());
        assert_eq!(on("2016-01-01"), [member.0]);
    }
}
