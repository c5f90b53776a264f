//! Rules of elections and committees: dated, with the law that each comes from, and kept as data.
//!
//! An election of 2014 is judged by the rules of 2014. Tables that differ from place to place, such
//! as the seats of a committee, are rows like any other.

mod table;

use std::{fmt, num::NonZeroU32, sync::OnceLock};

use unionhall_kit::civil::{CivilDate, Period};

pub use self::table::RuleTableFault;
use super::{
    office::{Bar, Position},
    standing::Standing,
    union::kind::UnionType,
};

/// What follows when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The register refuses; in a review of a union something is missing.
    Mandatory,
    /// It is told, and nothing is held up: the figure is custom, or not in the law itself.
    Advisory,
}

/// A part of a whole as two integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    of: NonZeroU32,
    parts: u32,
}

impl Share {
    /// `parts` of `of` equal parts.
    pub fn new(parts: u32, of: u32) -> Option<Self> {
        Some(Self { of: NonZeroU32::new(of)?, parts })
    }

    /// Whether `count` is at least this share of `whole` 以上.
    pub fn reached(self, count: u32, whole: u32) -> bool {
        u64::from(count) * u64::from(self.of.get()) >= u64::from(whole) * u64::from(self.parts)
    }

    /// Whether `count` is more than this share of `whole` 过.
    pub fn exceeded(self, count: u32, whole: u32) -> bool {
        u64::from(count) * u64::from(self.of.get()) > u64::from(whole) * u64::from(self.parts)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.parts, self.of)
    }
}

/// One row of a table: from how many members to how many, how few and how many are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bracket {
    from: u32,
    to: Option<u32>,
    least: u32,
    most: u32,
}

/// How many are chosen, by the number of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brackets(Vec<Bracket>);

impl Brackets {
    /// The least and the most for so many members; `None` where the table says nothing.
    pub fn of(&self, members: u32) -> Option<(u32, u32)> {
        let covers = |row: &&Bracket| row.from <= members && row.to.is_none_or(|to| members <= to);
        self.0.iter().find(covers).map(|row| (row.least, row.most))
    }
}

/// The ballots for which a rule asks for more candidates than seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ballot {
    /// Members of a committee.
    Committee,
    /// Members of its standing committee.
    Standing,
    /// The chair.
    Chair,
}

/// What a rule looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Somebody with a fact does not take certain positions; none named means all.
    Barred(Bar, Option<Position>),
    /// Those present are this share of those due.
    Present(Share),
    /// Not more are present than due.
    PresentAtMostDue,
    /// Not more ballots are issued than voters were present.
    IssuedAtMostPresent,
    /// The assembly has members, and somebody was due.
    SomebodyDue,
    /// Not more are due than there are members, of a congress delegates.
    DueAtMostAll,
    /// All members are due, of a congress all delegates.
    DueIsAll,
    /// Who is elected has more than this share of those due.
    ElectedBy(Share),
    /// Not more ballots come back than were issued.
    ReturnedAtMostIssued,
    /// Not more ballots are valid than came back.
    ValidAtMostReturned,
    /// Votes fit the valid ballots.
    VotesAtMostValid,
    /// Not more are elected than seats.
    ElectedAtMostSeats,
    /// Nobody is passed over who has as many votes.
    MostVotesFirst,
    /// Somebody is elected.
    SomebodyElected,
    /// More candidates than seats, by basis points of the seats.
    MoreCandidates(Ballot, u32),
    /// The candidates for the chair were posted for so many days.
    PostedDays(u32),
    /// A delegate congress takes the place of the general meeting from so many members.
    CongressFrom(u32),
    /// So many delegates.
    Delegates(Brackets),
    /// The delegates of all constituencies are those of the congress.
    LotsAreDelegates,
    /// No constituency elects more delegates than it was allotted.
    LotsWithinAllotment,
    /// So many seats.
    Seats(Brackets),
    /// Who is removed has more than this share of all against them.
    RemovedBy(Share),
    /// An extraordinary assembly is proposed by this share of the members.
    ProposedBy(Share),
    /// A union with own accounts elects its audit committee.
    AuditElected,
    /// The women's committee is chosen from so many women.
    WomenElected(u32),
    /// A postponement lasts so many months at most.
    PostponedMonths(u32),
    /// The union's committee has its head.
    HeadPresent,
    /// The term has not run out.
    TermRuns,
    /// A term is recorded.
    TermKnown,
    /// There is a women's committee from so many women.
    WomenCommittee(u32),
    /// There is a women's member with fewer women.
    WomenMember(u32),
    /// There is an audit committee.
    AuditCommittee,
    /// There is a committee for labour-law supervision from so many members.
    SupervisionCommittee(u32),
    /// A committee for labour-law supervision has at least so many persons.
    SupervisionSize(u32),
    /// Somebody of the union's committee heads it.
    SupervisionHead,
    /// A vacancy is filled within so many months; of no position named every one.
    VacancyMonths(Option<Position>, u32),
    /// Whoever has one of these positions is moved during the term with the consent of the own committee
    /// and of the higher union.
    MovedWithConsent(Vec<Position>),
    /// An outsider takes this position in the unions of the rule's types alone.
    Outsider(Position),
    /// The chair or a vice-chair may be full time from so many employees.
    FullTimeChair(u32),
    /// The second character of the union's own code, by its type; of other types it may be either.
    CodeCategory(Vec<(char, UnionType)>),
    /// A joint committee unites at least so many employers.
    JointEmployers(u32),
    /// Who approved the establishment was above on its day, by the names of that day.
    ApprovedAbove,
    /// What is named so; its text of those days is not at hand, and it decides nothing.
    NotAtHand(String),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Stable id, for instance `V01`.
    pub id: String,
    /// The days that it judges.
    pub period: Period,
    /// How far its text is at hand.
    pub standing: Standing,
    /// What follows when it is broken.
    pub grade: Grade,
    /// What it looks at.
    pub check: Check,
    /// The types of unions for which it was made; none named means all.
    pub unions: Vec<UnionType>,
    /// The next step, in English.
    pub remedy_en: String,
    /// The next step, in Chinese.
    pub remedy_zh: String,
    /// Where the rule comes from.
    pub source: String,
}

impl Rule {
    /// Whether it judges a union of this type; one whose type is not known is not let off.
    pub fn judges(&self, kind: Option<UnionType>) -> bool {
        self.unions.is_empty() || kind.is_none_or(|kind| self.unions.contains(&kind))
    }
}

/// All rules, of all times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElectionRules(Vec<Rule>);

const SHIPPED: &str = include_str!("../../data/election_rules.csv");

impl ElectionRules {
    /// The shipped rules, parsed on the first call and shared from then on.
    pub fn shipped() -> Result<&'static Self, &'static RuleTableFault> {
        static RULES: OnceLock<Result<ElectionRules, RuleTableFault>> = OnceLock::new();
        RULES.get_or_init(|| table::read(SHIPPED)).as_ref()
    }

    /// The rules of a table in CSV with the header of the shipped one.
    pub fn parse(text: &str) -> Result<Self, RuleTableFault> {
        table::read(text)
    }

    /// The rules in force on `day`, in the order of the table.
    pub fn on(&self, day: CivilDate) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(move |rule| rule.period.covers(day))
    }
}

/// Where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The field of the record that it looks at, for instance `contests[0].candidates[2]`.
    pub field: String,
    /// The numbers that it compares, named.
    pub figures: Vec<(&'static str, u32)>,
    /// What is wrong, in English.
    pub problem: String,
    /// What is wrong, in Chinese.
    pub problem_zh: String,
}

impl Finding {
    /// Whether it holds something up.
    pub fn mandatory(&self) -> bool {
        self.rule.grade == Grade::Mandatory
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::employer::tests::day;

    #[test]
    fn the_shipped_rules_can_be_read_and_are_dated() {
        let rules = ElectionRules::shipped().unwrap();
        let ids =
            |on: &str| -> Vec<String> { rules.on(day(on)).map(|rule| rule.id.clone()).collect() };
        let of_2014 = ids("2014-02-27");
        assert!(of_2014.contains(&"V16".to_owned()) && !of_2014.contains(&"V17".to_owned()));
        assert!(!of_2014.contains(&"R04".to_owned()), "the law of 2014 says many women, no number");
        let of_2016 = ids("2016-10-09");
        assert!(of_2016.contains(&"V17".to_owned()) && !of_2016.contains(&"V16".to_owned()));
        assert!(ids("2016-01-01").contains(&"R04".to_owned()));
    }

    #[test]
    fn a_rule_whose_text_is_not_at_hand_is_told_as_such_and_looks_at_nothing() {
        let rules = ElectionRules::shipped().unwrap();
        let of = |on: &str, ids: [&str; 5]| {
            let found = rules.on(day(on)).filter(|rule| ids.contains(&rule.id.as_str()));
            found.cloned().collect::<Vec<_>>()
        };
        let unknown = of("2015-12-31", ["B02A", "B03A", "V21A", "R04A", "R05A"]);
        assert_eq!(unknown.len(), 5, "the city's text before its revision");
        for rule in unknown {
            assert_eq!(rule.standing, Standing::Unknown);
            assert!(matches!(rule.check, Check::NotAtHand(_)), "{}", rule.id);
        }
        let known = of("2016-01-01", ["B02", "B03", "V21", "R04", "R05"]);
        assert_eq!(known.len(), 5);
        assert!(known.iter().all(|rule| rule.standing == Standing::Stated));
        for (day, id, standing) in [
            ("2021-12-31", "V18", Standing::Assumed),
            ("2022-01-01", "V18B", Standing::Stated),
            ("2022-01-01", "V17", Standing::Assumed),
        ] {
            assert_eq!(of(day, [id; 5])[0].standing, standing, "{id} {day}");
        }
    }

    #[test]
    fn a_table_with_a_fault_is_refused() {
        let header = SHIPPED.lines().next().unwrap();
        let row = "X01,1900-01-01,,STATED,MANDATORY,present,2/3,,a,b,c";
        let unknown = "X01,1900-01-01,,UNKNOWN,MANDATORY,present,,,a,b,c";
        assert!(ElectionRules::parse(&format!("{header}\n{unknown}\n")).is_ok());
        assert!(ElectionRules::parse(&format!("{header}\n{row}\n")).is_ok());
        for (broken, problem) in [
            (row.replace("present", "absent"), "no check"),
            (row.replace("2/3", "2/0"), "no argument"),
            (row.replace("STATED", "GUESSED"), "no standing"),
            (row.replace("STATED", "UNKNOWN"), "unknown has no argument"),
            (unknown.replace("present", "absent"), "no check"),
            (row.replace("MANDATORY", "STRICT"), "no grade"),
            (row.replace("2/3,", "2/3,JOINT;CLUB"), "no union type 'CLUB'"),
            (row.replace("1900-01-01", ""), "no first day"),
            (row.replace(",c", ", "), "missing"),
            (row.replace("present,2/3", "barred,PARTNER=KING"), "no argument"),
            (row.replace("present,2/3", "seats,0-9=3"), "no argument"),
            (row.replace("present,2/3", "seats,9-0=1-3"), "no argument"),
        ] {
            let fault = ElectionRules::parse(&format!("{header}\n{broken}\n")).unwrap_err();
            assert!(fault.to_string().contains(problem), "{broken}: {fault}");
        }
        let twice = format!("{header}\n{row}\n{row}\n");
        assert!(ElectionRules::parse(&twice).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn shares_are_exact_at_their_edges() {
        let (third, half) = (Share::new(2, 3).unwrap(), Share::new(1, 2).unwrap());
        assert!(third.reached(2, 3) && third.reached(67, 100) && !third.reached(66, 100));
        assert!(!half.exceeded(50, 100) && half.exceeded(51, 100) && half.exceeded(50, 99));
        assert!(third.reached(0, 0) && !half.exceeded(0, 0));
        assert!(third.reached(u32::MAX, u32::MAX));
    }
}
