//! Whether an election is valid: every rule of its day that it breaks, with the numbers.

mod congress;

use unionhall_kit::civil::CivilDate;

use super::{
    Contest, ContestResult, Election, ElectionKind, Papers, Proposal, Record, Turnout, is_basic,
};
use crate::rules::{
    election_rules::{Ballot, Brackets, Check, ElectionRules, Finding, Rule, Share},
    office::{Committee, Position, barred},
    union::{UnionFacts, term::BegunTerm},
};

type Figures = Vec<(&'static str, u32)>;

/// A broken rule before it is told: where, with which numbers, and what in two languages.
struct Broken {
    field: String,
    figures: Figures,
    en: String,
    zh: String,
}

fn broken(field: impl Into<String>, figures: Figures, en: &str, zh: &str) -> Broken {
    let numbers: Vec<String> =
        figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let told = |text: &str| match numbers.is_empty() {
        true => text.to_owned(),
        false => format!("{text}: {}", numbers.join(", ")),
    };
    Broken { field: field.into(), en: told(en), zh: told(zh), figures }
}

/// Every rule that the election breaks, in the order of the table. What can only be seen after it
/// was held is asked of the record alone.
pub fn findings(election: &Election, union: &UnionFacts, rules: &ElectionRules) -> Vec<Finding> {
    let day = election.day();
    let asked = Asked { election, union, record: election.stage.record(), day };
    let mut found = Vec::new();
    for rule in rules.on(day) {
        let tell = |broken: Broken| Finding {
            rule: rule.clone(),
            field: broken.field,
            figures: broken.figures,
            problem: broken.en,
            problem_zh: broken.zh,
        };
        found.extend(asked.broken(rule).into_iter().map(tell));
    }
    found.extend(asked.barred(rules));
    found.sort_by_key(|one| one.rule.grade);
    found
}

struct Asked<'a> {
    election: &'a Election,
    union: &'a UnionFacts,
    record: Option<&'a Record>,
    day: CivilDate,
}

impl<'a> Asked<'a> {
    fn broken(&self, rule: &Rule) -> Vec<Broken> {
        match &rule.check {
            Check::AuditElected => self.audit_elected(),
            Check::PostponedMonths(months) => self.postponed(*months),
            check => self.record.map_or_else(Vec::new, |record| self.of_record(check, record)),
        }
    }

    fn of_record(&self, check: &Check, record: &'a Record) -> Vec<Broken> {
        match check {
            Check::Present(share) => self.turnouts(record, |turnout| {
                (!share.reached(turnout.present, turnout.due))
                    .then_some(("too few of those due were present", "到会人数不足"))
            }),
            Check::PresentAtMostDue => self.turnouts(record, |turnout| {
                let more = turnout.present > turnout.due;
                more.then_some(("more were present than due", "到会人数多于应到会人数"))
            }),
            Check::IssuedAtMostPresent => self.issued(record),
            Check::SomebodyDue => self.somebody_due(record),
            Check::DueAtMostAll => Self::due_of_all(record, |due, all| {
                let more = ("more are due than there are in all", "应到人数多于会员（代表）总数");
                (due > all).then_some(more)
            }),
            Check::DueIsAll => Self::due_of_all(record, |due, all| {
                let fewer = ("fewer are due than there are in all", "应到人数少于会员（代表）总数");
                (due < all).then_some(fewer)
            }),
            Check::ElectedBy(share) => self.elected_by(*share, record),
            Check::ReturnedAtMostIssued => self.papers(record, |papers| {
                let more = papers.returned > papers.issued;
                let text = ("more ballots came back than were issued", "收回选票多于发出选票");
                more.then(|| (vec![("issued", papers.issued), ("returned", papers.returned)], text))
            }),
            Check::ValidAtMostReturned => self.papers(record, |papers| {
                let more = papers.valid > papers.returned;
                let text = ("more ballots are valid than came back", "有效票多于收回选票");
                more.then(|| (vec![("returned", papers.returned), ("valid", papers.valid)], text))
            }),
            Check::VotesAtMostValid => self.votes(record),
            Check::ElectedAtMostSeats => self.seats_filled(record),
            Check::MostVotesFirst => self.passed_over(record),
            Check::SomebodyElected => Self::somebody(record),
            Check::MoreCandidates(ballot, points) => self.candidates(*ballot, *points, record),
            Check::PostedDays(days) => self.posted(*days, record),
            Check::CongressFrom(members) => self.congress(*members, record),
            Check::Delegates(brackets) => self.delegates(brackets, record),
            Check::LotsAreDelegates => Self::lots_summed(record),
            Check::LotsWithinAllotment => Self::lots_within(record),
            Check::Seats(brackets) => self.seats(brackets, record),
            Check::RemovedBy(share) => self.removed_by(*share, record),
            Check::ProposedBy(share) => self.proposed_by(*share, record),
            Check::SupervisionSize(least) => self.supervision(*least),
            Check::WomenElected(from) => self.women(*from, record),
            _ => Vec::new(),
        }
    }

    fn contests(
        &self,
        record: &'a Record,
    ) -> impl Iterator<Item = (usize, &'a Contest, &'a ContestResult)> + use<'a> {
        let contests = self.election.plan.contests.iter().zip(&record.results);
        contests.enumerate().map(|(at, (contest, result))| (at, contest, result))
    }

    /// Those of the assembly, and of every ballot on which a committee votes.
    fn turnouts(
        &self,
        record: &'a Record,
        broken_by: impl Fn(Turnout) -> Option<(&'static str, &'static str)>,
    ) -> Vec<Broken> {
        let own = |(at, _, result): (usize, _, &ContestResult)| {
            Some((format!("record.results[{at}]"), result.turnout?))
        };
        let all = std::iter::once(("record".to_owned(), record.turnout));
        let all = all.chain(self.contests(record).filter_map(own));
        let one = |(field, turnout): (String, Turnout)| {
            let (en, zh) = broken_by(turnout)?;
            Some(broken(field, vec![("present", turnout.present), ("due", turnout.due)], en, zh))
        };
        all.filter_map(one).collect()
    }

    /// Who is present receives one ballot at most; where the committee votes, those of it.
    fn issued(&self, record: &'a Record) -> Vec<Broken> {
        let results = self.contests(record).map(|(at, _, result)| {
            let present = result.turnout.unwrap_or(record.turnout).present;
            (format!("record.results[{at}]"), result.papers.issued, present)
        });
        let removals = record.removals.iter().enumerate().map(|(at, vote)| {
            let field = format!("record.removal_results[{at}]");
            (field, vote.papers.issued, record.turnout.present)
        });
        let more = results.chain(removals).filter(|(_, issued, present)| issued > present);
        more.map(|(field, issued, present)| {
            let figures = vec![("issued", issued), ("present", present)];
            let (en, zh) =
                ("more ballots were issued than voters were present", "发出选票多于实到人数");
            broken(field, figures, en, zh)
        })
        .collect()
    }

    /// A share of nobody is reached by nobody.
    fn somebody_due(&self, record: &'a Record) -> Vec<Broken> {
        let mut found = self.turnouts(record, |turnout| {
            (turnout.due == 0).then_some(("nobody was due", "未填报应到人数"))
        });
        if record.members == 0 {
            let figures = vec![("members", record.members)];
            found.push(broken("record", figures, "no member may vote", "未填报会员人数"));
        }
        found
    }

    /// Those due to the assembly beside those of whom it consists.
    fn due_of_all(
        record: &Record,
        broken_by: impl Fn(u32, u32) -> Option<(&'static str, &'static str)>,
    ) -> Vec<Broken> {
        let (due, all) = (record.turnout.due, record.delegates.unwrap_or(record.members));
        let told = broken_by(due, all);
        let one = |(en, zh)| broken("record", vec![("due", due), ("all", all)], en, zh);
        told.map(one).into_iter().collect()
    }

    fn papers(
        &self,
        record: &'a Record,
        broken_by: impl Fn(Papers) -> Option<(Figures, (&'static str, &'static str))>,
    ) -> Vec<Broken> {
        let results = self
            .contests(record)
            .map(|(at, _, result)| (format!("record.results[{at}]"), result.papers));
        let removals = record.removals.iter().enumerate();
        let removals =
            removals.map(|(at, vote)| (format!("record.removal_results[{at}]"), vote.papers));
        let one = |(field, papers)| {
            let (figures, (en, zh)) = broken_by(papers)?;
            Some(broken(field, figures, en, zh))
        };
        results.chain(removals).filter_map(one).collect()
    }

    fn elected_by(&self, share: Share, record: &'a Record) -> Vec<Broken> {
        let mut found = Vec::new();
        for (at, _, result) in self.contests(record) {
            let due = result.turnout.unwrap_or(record.turnout).due;
            for (which, candidate) in result.candidates.iter().enumerate() {
                if candidate.elected && !share.exceeded(candidate.votes, due) {
                    found.push(broken(
                        candidate_field(at, which),
                        vec![("votes", candidate.votes), ("due", due)],
                        "declared elected without more than half of those due",
                        "得票未过应到会人数的半数而当选",
                    ));
                }
            }
        }
        found
    }

    fn votes(&self, record: &'a Record) -> Vec<Broken> {
        let (en, zh) = ("more votes than valid ballots can give", "得票多于有效票");
        let mut found = Vec::new();
        for (at, contest, result) in self.contests(record) {
            let valid = result.papers.valid;
            for (which, candidate) in result.candidates.iter().enumerate() {
                if candidate.votes > valid {
                    let figures = vec![("votes", candidate.votes), ("valid", valid)];
                    found.push(broken(candidate_field(at, which), figures, en, zh));
                }
            }
            let all: u64 = result.candidates.iter().map(|one| u64::from(one.votes)).sum();
            if all > u64::from(valid) * u64::from(contest.seats) {
                let all = u32::try_from(all).unwrap_or(u32::MAX);
                let figures = vec![("votes", all), ("valid", valid), ("seats", contest.seats)];
                found.push(broken(format!("record.results[{at}]"), figures, en, zh));
            }
        }
        for (at, vote) in record.removals.iter().enumerate() {
            if vote.votes > vote.papers.valid {
                let figures = vec![("votes", vote.votes), ("valid", vote.papers.valid)];
                found.push(broken(format!("record.removal_results[{at}]"), figures, en, zh));
            }
        }
        found
    }

    fn seats_filled(&self, record: &'a Record) -> Vec<Broken> {
        let one = |(at, contest, result): (usize, &Contest, &ContestResult)| {
            let elected = count(result.candidates.iter().filter(|one| one.elected).count());
            (elected > contest.seats).then(|| {
                broken(
                    format!("record.results[{at}]"),
                    vec![("elected", elected), ("seats", contest.seats)],
                    "more are declared elected than there are seats",
                    "当选人数多于应选名额",
                )
            })
        };
        self.contests(record).filter_map(one).collect()
    }

    /// Somebody has the majority and is not declared elected, although one with no more votes is, or
    /// all with as many votes have seats. Those who tie for the last seat may all leave it vacant.
    fn passed_over(&self, record: &'a Record) -> Vec<Broken> {
        let half = Share::new(1, 2);
        let mut found = Vec::new();
        for (at, contest, result) in self.contests(record) {
            let due = result.turnout.unwrap_or(record.turnout).due;
            let elected = result.candidates.iter().filter(|one| one.elected);
            let least = elected.map(|one| one.votes).min();
            let candidates = &result.candidates;
            let seated = |votes| {
                let as_many = candidates.iter().filter(|other| other.votes >= votes).count();
                count(as_many) <= contest.seats
            };
            for (which, candidate) in result.candidates.iter().enumerate() {
                let majority = half.is_some_and(|half| half.exceeded(candidate.votes, due));
                let as_many = least.is_some_and(|least| least <= candidate.votes);
                if !candidate.elected && majority && (as_many || seated(candidate.votes)) {
                    let least = least.unwrap_or_default();
                    found.push(broken(
                        candidate_field(at, which),
                        vec![("votes", candidate.votes), ("least_elected", least)],
                        "passed over with the majority and no fewer votes than one elected",
                        "得票过半且不少于当选人而未当选",
                    ));
                }
            }
        }
        found
    }

    /// A removal that fails is a result: the person stays.
    fn somebody(record: &Record) -> Vec<Broken> {
        let mut elected = record.results.iter().flat_map(|result| &result.candidates);
        let nobody = !record.results.is_empty() && !elected.any(|one| one.elected);
        let nobody = nobody.then(|| broken("record", Vec::new(), "nobody is elected", "无人当选"));
        nobody.into_iter().collect()
    }

    fn candidates(&self, ballot: Ballot, points: u32, record: &'a Record) -> Vec<Broken> {
        let meant = |contest: &Contest| match ballot {
            Ballot::Committee => contest.position == Position::Member && !contest.standing,
            Ballot::Standing => contest.standing,
            Ballot::Chair => contest.position == Position::Chair,
        };
        let one = |(at, contest, result): (usize, &Contest, &ContestResult)| {
            let (candidates, seats) = (result.candidates.len() as u64, u64::from(contest.seats));
            let enough = candidates * 10_000 >= seats * u64::from(10_000 + points);
            (meant(contest) && !enough).then(|| {
                let candidates = count(result.candidates.len());
                broken(
                    format!("record.results[{at}]"),
                    vec![("candidates", candidates), ("seats", contest.seats)],
                    "too few candidates for the seats",
                    "候选人数不足",
                )
            })
        };
        self.contests(record).filter_map(one).collect()
    }

    fn posted(&self, days: u32, record: &'a Record) -> Vec<Broken> {
        let lasted = record.posted_on.map_or(0, |posted| {
            u32::try_from(record.held_on.epoch_day() - posted.epoch_day()).unwrap_or(0)
        });
        let one = |(at, contest, _): (usize, &Contest, _)| {
            (contest.position == Position::Chair && lasted < days).then(|| {
                broken(
                    format!("record.results[{at}]"),
                    vec![("days", lasted), ("needed", days)],
                    "the candidates for the chair were posted too short",
                    "主席候选人公示时间不足",
                )
            })
        };
        self.contests(record).filter_map(one).collect()
    }

    fn seats(&self, brackets: &Brackets, record: &Record) -> Vec<Broken> {
        if !self.basic() || !self.election.plan.kind.begins_term() {
            return Vec::new();
        }
        let whole = |one: &&Contest| {
            one.committee == Committee::Union && one.position == Position::Member && !one.standing
        };
        let Some(at) = self.election.plan.contests.iter().position(|one| whole(&one)) else {
            return Vec::new();
        };
        let numbers = (record.members, self.election.plan.contests[at].seats);
        let texts = ("the number of seats is not that of the table", "委员名额与规定不符");
        outside(brackets, numbers, "seats", &format!("contests[{at}]"), texts)
    }

    /// More than half of all, not of those who came.
    fn removed_by(&self, share: Share, record: &Record) -> Vec<Broken> {
        let all = record.delegates.unwrap_or(record.members);
        let short = |(at, vote): (usize, &super::RemovalResult)| {
            (vote.removed && !share.exceeded(vote.votes, all)).then(|| {
                broken(
                    format!("record.removal_results[{at}]"),
                    vec![("votes", vote.votes), ("all", all)],
                    "declared removed without more than half of all",
                    "未经全体过半数通过而罢免",
                )
            })
        };
        record.removals.iter().enumerate().filter_map(short).collect()
    }

    fn proposed_by(&self, share: Share, record: &Record) -> Vec<Broken> {
        let Some(Proposal::Members(proposers)) = self.election.plan.proposal else {
            return Vec::new();
        };
        let short = !share.reached(proposers, record.members);
        let figures = || vec![("proposers", proposers), ("members", record.members)];
        let (en, zh) = ("too few members asked for the assembly", "提议会员人数不足");
        short.then(|| broken("proposing_member_count", figures(), en, zh)).into_iter().collect()
    }

    fn audit_elected(&self) -> Vec<Broken> {
        let plan = &self.election.plan;
        let elected = plan.contests.iter().any(|one| one.committee == Committee::Audit);
        let missing = plan.kind.begins_term() && plan.own_accounts && !elected;
        let (en, zh) = ("no audit committee is elected", "未同时选举经费审查委员会");
        missing.then(|| broken("contests", Vec::new(), en, zh)).into_iter().collect()
    }

    fn women(&self, from: u32, record: &Record) -> Vec<Broken> {
        let plan = &self.election.plan;
        let elected = plan.contests.iter().any(|one| one.committee == Committee::Women);
        let missing = plan.kind.begins_term() && record.women >= from && !elected;
        let (en, zh) = ("no women's committee is elected", "未同时选举女职工委员会");
        let figures = || vec![("women", record.women), ("needed", from)];
        missing.then(|| broken("contests", figures(), en, zh)).into_iter().collect()
    }

    /// A committee for labour-law supervision that is elected has so many seats.
    fn supervision(&self, least: u32) -> Vec<Broken> {
        let plan = &self.election.plan;
        let meant = |one: &&Contest| one.committee == Committee::LabourSupervision;
        let contests = plan.contests.iter().filter(meant);
        let seats = contests.fold(0_u32, |all, one| all.saturating_add(one.seats));
        let few = plan.kind.begins_term() && (1..least).contains(&seats);
        let (en, zh) = ("too few seats for labour-law supervision", "劳动法律监督委员会名额不足");
        let figures = || vec![("seats", seats), ("needed", least)];
        few.then(|| broken("contests", figures(), en, zh)).into_iter().collect()
    }

    fn postponed(&self, months: u32) -> Vec<Broken> {
        let plan = &self.election.plan;
        let (Some(postponement), ElectionKind::ReElection) = (&plan.postponement, plan.kind) else {
            return Vec::new();
        };
        // Once the next term has begun, the one before it is the one that was prolonged.
        let mut prolonged = self.union.terms.rows().iter().map(BegunTerm::of);
        let number = plan.term.map(|(number, _)| number.get());
        let before = |term: &BegunTerm| number.is_none_or(|number| term.term.number.get() < number);
        let prolonged = prolonged.rfind(before);
        let late =
            prolonged.is_some_and(|term| postponement.to > term.ends_on().plus_months(months));
        let (en, zh) = ("the re-election is postponed for long", "延期换届时间过长");
        late.then(|| broken("postponed_to", Vec::new(), en, zh)).into_iter().collect()
    }

    fn barred(&self, rules: &ElectionRules) -> Vec<Finding> {
        let Some(record) = self.record else { return Vec::new() };
        // A union that is founded has its type from the day of its establishment.
        let types = &self.union.types;
        let kind = types.on(self.day).or_else(|| types.rows().first().map(|row| &row.value));
        let on = (kind.copied(), self.day);
        let mut found = Vec::new();
        for (at, contest, result) in self.contests(record) {
            for (which, candidate) in result.candidates.iter().enumerate() {
                let field = candidate_field(at, which);
                found.extend(barred(&candidate.bars, contest.position, on, rules, &field));
            }
        }
        found
    }

    fn basic(&self) -> bool {
        // A union that is founded has its level from the day of its establishment.
        let level = self.union.levels.on(self.day);
        let level = level.or_else(|| self.union.levels.rows().first().map(|row| &row.value));
        level.is_some_and(|level| is_basic(*level))
    }
}

fn candidate_field(contest: usize, candidate: usize) -> String {
    format!("record.results[{contest}].candidates[{candidate}]")
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A number that the table does not have for so many members.
fn outside(
    brackets: &Brackets,
    (members, chosen): (u32, u32),
    what: &'static str,
    field: &str,
    (en, zh): (&str, &str),
) -> Vec<Broken> {
    let Some((least, most)) = brackets.of(members) else { return Vec::new() };
    if (least..=most).contains(&chosen) {
        return Vec::new();
    }
    let figures = vec![("members", members), (what, chosen), ("least", least), ("most", most)];
    vec![broken(field, figures, en, zh)]
}
