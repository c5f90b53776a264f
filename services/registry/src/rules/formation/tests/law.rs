//! The rules of each day, on both sides of every boundary.

use super::*;
use crate::rules::formation::{
    assembly::{assembly_findings, judge_assembly},
    guidance::{Approved, Obligation, Proposal, Situation, guidance, judge},
    law::Law,
    step::Step,
    uncovered::{days_without, help_due},
};
use crate::rules::{
    election_rules::ElectionRules,
    union::kind::{UnionForm, UnionLevel, UnionType},
};

fn on(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn law() -> Law {
    Law::shipped().unwrap()
}

fn elections() -> &'static ElectionRules {
    ElectionRules::shipped().unwrap()
}

fn situation(day: &str, members: u32, women: u32) -> Situation {
    Situation {
        day: on(day),
        kind: None,
        level: None,
        employees: 0,
        women,
        members: Some(members),
        member_women: 0,
        uncovered_from: None,
        wish: None,
    }
}

fn proposal(form: UnionForm) -> Proposal<'static> {
    let (kind, term_years) = (UnionType::SingleEmployer, TermYears::Three);
    Proposal { kind, form, term_years, womens_committee: false, approved: None }
}

fn asked(at: Situation, subject: &str) -> (String, Obligation, Vec<String>) {
    let law = law();
    let found = guidance(&law, elections(), at).into_iter().find(|one| one.subject == subject);
    let found = found.unwrap();
    (found.id.to_owned(), found.obligation, found.options)
}

#[test]
fn with_24_members_an_organiser_will_do_and_with_25_none() {
    for (day, rule) in [("2014-02-27", "F01A"), ("2021-12-31", "F01A"), ("2022-01-01", "F01B")] {
        assert!(judge(&law(), situation(day, 24, 0), proposal(UnionForm::Organiser)).is_ok());
        let refused = judge(&law(), situation(day, 25, 0), proposal(UnionForm::Organiser));
        let Err(FormationFault::Rule { rule: broken, .. }) = refused else { panic!("{day}") };
        assert_eq!(broken, rule, "of its own day");
        assert!(judge(&law(), situation(day, 25, 0), proposal(UnionForm::Committee)).is_ok());
        let (_, obligation, options) = asked(situation(day, 24, 0), "basic_committee");
        assert_eq!(obligation, Obligation::Optional);
        assert_eq!(options, ["COMMITTEE", "JOINT_COMMITTEE", "ORGANISER"]);
        let (_, obligation, options) = asked(situation(day, 25, 0), "basic_committee");
        assert_eq!((obligation, options), (Obligation::Mandatory, vec!["COMMITTEE".to_owned()]));
    }
}

#[test]
fn each_type_keeps_the_forms_that_the_law_leaves_to_it() {
    let judged = |kind, form, members| {
        let proposal = Proposal { kind, ..proposal(form) };
        judge(&law(), situation("2014-02-27", members, 0), proposal).is_ok()
    };
    let own = UnionType::SingleEmployer;
    assert!(judged(own, UnionForm::Committee, 24) && judged(own, UnionForm::Organiser, 24));
    assert!(!judged(own, UnionForm::JointCommittee, 24), "to share one is to join another's");
    assert!(!judged(own, UnionForm::Group, 25) && !judged(own, UnionForm::Branch, 25));
    let joint = UnionType::CommunityJoint;
    assert!(
        judged(joint, UnionForm::JointCommittee, 25) && !judged(joint, UnionForm::Organiser, 25)
    );
    assert!(judged(joint, UnionForm::Organiser, 24));
    // Guidance leaves open what the judgement lets through.
    for kind in UnionType::ALL.iter().copied() {
        for members in [24, 25] {
            let at = Situation { kind: Some(kind), ..situation("2014-02-27", members, 0) };
            let (_, _, open) = asked(at, "basic_committee");
            for form in UnionForm::ALL.iter().copied() {
                let told = open.contains(&form.code().to_owned());
                assert_eq!(told, judged(kind, form, members), "{kind:?} {form:?} {members}");
            }
        }
    }
}

#[test]
fn a_case_of_2014_is_not_judged_by_the_city_rules_of_2016() {
    let without = proposal(UnionForm::Committee);
    let with = Proposal { womens_committee: true, ..without };
    let judged = |day, women, proposal| judge(&law(), situation(day, 100, women), proposal);
    assert!(judged("2014-02-27", 25, without).is_ok());
    assert!(judged("2015-12-31", 25, without).is_ok(), "the day before the rule");
    assert!(judged("2016-01-01", 25, without).is_err());
    assert!(judged("2016-01-01", 25, with).is_ok());
    assert!(judged("2016-01-01", 24, without).is_ok());
    let told = |day| asked(situation(day, 100, 30), "womens_committee");
    assert_eq!(told("2015-12-31"), ("F03A".to_owned(), Obligation::Unknown, vec![]));
    assert_eq!(told("2016-01-01").1, Obligation::Mandatory);
    let below = asked(situation("2016-01-01", 100, 24), "womens_committee");
    assert_eq!(below.1, Obligation::NotApplicable);
}

#[test]
fn the_union_above_or_one_further_above_approves_by_its_name_of_the_day() {
    let name = |text: &str| Name::parse(text).unwrap();
    let above = [name("某街道总工会"), name("某区总工会")];
    let judged = |day, body: &str, above: &[Name], told: Option<&Name>| {
        let body = &name(body);
        let approved = Some(Approved { body, above, told });
        judge(
            &law(),
            situation(day, 30, 0),
            Proposal { approved, ..proposal(UnionForm::Committee) },
        )
    };
    for (day, rule) in [("2021-12-31", "F02A"), ("2022-01-01", "F02B")] {
        assert_eq!(judged(day, "某街道总工会", &above, None), Ok(()));
        assert_eq!(judged(day, "某区总工会", &above, None), Ok(()), "in its place");
        assert_eq!(judged(day, "别区总工会", &[], None), Ok(()), "nobody is known");
        let refused = judged(day, "别区总工会", &above, Some(&above[0])).unwrap_err();
        let FormationFault::Rule { rule: broken, problem, zh, .. } = refused else { panic!() };
        assert_eq!(broken, rule);
        assert!(problem.ends_with("; name 某街道总工会 or a union further above as the body"));
        assert!(zh.ends_with("，批准机关应为某街道总工会或其上级工会"), "{zh}");
    }
    let hidden = judged("2022-01-01", "别区总工会", &above, None).unwrap_err();
    assert!(!hidden.to_string().contains("某街道"), "{hidden}");
    // A row whose text is not at hand decides nothing.
    const HEAD: &str =
        "id,subject,valid_from,valid_until,standing,argument,text_en,text_zh,source\n";
    let unknown = Law::parse(&format!("{HEAD}F1,approval,1900-01-01,,UNKNOWN,,a,b,c\n")).unwrap();
    let approved = Some(Approved { body: &name("别区总工会"), above: &above, told: None });
    let proposed = Proposal { approved, ..proposal(UnionForm::Committee) };
    assert_eq!(judge(&unknown, situation("2022-01-01", 30, 0), proposed), Ok(()));
}

#[test]
fn help_is_due_after_six_months_since_the_city_says_so() {
    let law = law();
    let from = on("2015-08-31");
    assert_eq!(help_due(&law, from, None, on("2015-12-31")), None);
    let help = help_due(&law, from, None, on("2016-01-01")).unwrap();
    let told = (help.rule, help.due, help.wish);
    let earliest = on("2016-02-29");
    assert_eq!(told, ("F05B", earliest, None), "a month without a 31st gives its last day");
    assert!(!help.is_due(on("2016-02-28")) && help.is_due(earliest));
    let (en, zh) = help.words();
    assert!(en.contains("2016-02-29 on at the earliest") && en.contains("is not recorded"), "{en}");
    assert!(zh.contains("最早应自2016-02-29起") && zh.contains("尚无"), "{zh}");
    let at = |day| Situation { uncovered_from: Some(from), ..situation(day, 0, 0) };
    assert_eq!(asked(at("2016-02-28"), "help_due").1, Obligation::NotApplicable);
    assert_eq!(asked(at("2016-02-29"), "help_due").1, Obligation::Information, "if they want it");
    assert_eq!(asked(at("2014-02-28"), "help_due").1, Obligation::Unknown);
    assert_eq!(days_without(on("2014-02-27"), on("2014-02-27")), 1);
    assert_eq!(days_without(on("2013-12-31"), on("2014-12-31")), 366);
}

#[test]
fn help_is_due_since_the_later_of_six_months_and_the_wish() {
    let law = law();
    let from = on("2016-01-10");
    for (wish, due) in [
        ("2016-07-09", "2016-07-10"),
        ("2016-07-10", "2016-07-10"),
        ("2016-07-11", "2016-07-11"),
        ("2015-12-01", "2016-07-10"),
        ("2018-05-04", "2018-05-04"),
    ] {
        let help = help_due(&law, from, Some(on(wish)), on("2019-01-01")).unwrap();
        assert_eq!((help.due, help.wish), (on(due), Some(on(wish))), "{wish}");
        let (en, zh) = help.words();
        assert!(en.contains(&format!("from {due} on:")) && en.contains(wish), "{en}");
        assert!(zh.contains(&format!("应自{due}起")) && zh.contains(wish), "{zh}");
        let at = |day| Situation {
            uncovered_from: Some(from),
            wish: Some(on(wish)),
            ..situation(day, 0, 0)
        };
        assert_eq!(asked(at(due), "help_due").1, Obligation::Mandatory, "{wish}");
        let before = on(due).previous().to_string();
        assert_eq!(asked(at(&before), "help_due").1, Obligation::NotApplicable, "{wish}");
    }
}

#[test]
fn a_full_time_chair_from_200_employees_and_seats_by_members() {
    let staffed = |employees| Situation { employees, ..situation("2014-02-27", 100, 0) };
    assert_eq!(asked(staffed(199), "full_time_chair").1, Obligation::NotApplicable);
    assert_eq!(asked(staffed(200), "full_time_chair").1, Obligation::Optional);
    let seats = |day, members| asked(situation(day, members, 0), "committee_seats").2;
    assert_eq!(seats("2014-02-27", 200), ["3..7"]);
    assert_eq!(seats("2014-02-27", 201), ["7..15"]);
    assert_eq!(seats("2014-02-27", 25), ["1..1"]);
    assert_eq!(seats("2016-10-08", 24), ["1..1"], "the day before the regulation");
    assert_eq!(seats("2016-10-09", 24), ["1..5"]);
    assert_eq!(seats("2016-10-09", 25), ["3..7"]);
    let at = situation("2019-01-14", 100, 0);
    let before = guidance(&law(), elections(), at).iter().any(|one| one.subject == "delegates");
    assert!(!before);
    assert_eq!(asked(situation("2019-01-15", 100, 0), "delegates").2, ["30..40"]);
}

#[test]
fn the_years_of_a_term_are_those_of_its_level_and_day() {
    let law = law();
    for (day, basic, upper) in [("2014-02-27", "F06A", "F08A"), ("2022-01-01", "F06B", "F08B")] {
        let judged = |level, term_years| {
            let at = Situation { level: Some(level), ..situation(day, 30, 0) };
            let proposed = Proposal { term_years, ..proposal(UnionForm::Committee) };
            match judge(&law, at, proposed) {
                Err(FormationFault::Rule { rule, .. }) => Some(rule),
                _ => None,
            }
        };
        let (three, five) = (TermYears::Three, TermYears::Five);
        for level in [UnionLevel::Subdistrict, UnionLevel::Basic] {
            assert_eq!((judged(level, three), judged(level, five)), (None, None), "{level:?}");
            let lawful = |years: TermYears| years.lawful(&law, Some(level), on(day));
            assert_eq!((lawful(three), lawful(five)), (Ok(()), Ok(())));
        }
        for level in [UnionLevel::District, UnionLevel::DistrictIndustry] {
            let told = (judged(level, three), judged(level, five));
            assert_eq!(told, (Some(upper.to_owned()), None), "{level:?}");
            let lawful = |years: TermYears| years.lawful(&law, Some(level), on(day));
            assert!(lawful(three).is_err() && lawful(five).is_ok());
        }
        let told = |level, subject| {
            let (id, obligation, years) =
                asked(Situation { level, ..situation(day, 30, 0) }, subject);
            (id, obligation, years.join(";"))
        };
        let must = |id: &str, years: &str| (id.to_owned(), Obligation::Mandatory, years.to_owned());
        assert_eq!(told(None, "term_years"), must(basic, "3;5"));
        assert_eq!(told(Some(UnionLevel::District), "upper_term_years"), must(upper, "5"));
        let other = told(Some(UnionLevel::District), "term_years");
        assert_eq!(other.1, Obligation::NotApplicable);
        assert_eq!(told(None, "upper_term_years").1, Obligation::NotApplicable);
    }
}

#[test]
fn two_thirds_present_are_enough_and_one_fewer_is_not() {
    let held = |due, present| judge_assembly(elections(), &assembled(due, assembly(due, present)));
    assert_eq!(held(99, 66), Ok(()));
    for (due, present, id) in [(99, 65, "V01"), (99, 100, "V08"), (0, 0, "V24")] {
        let Err(FormationFault::Rule { rule, law, .. }) = held(due, present) else {
            panic!("{id}")
        };
        assert_eq!(rule, id);
        assert!(!law.is_empty());
    }
}

/// A case with so many members on the day of its assembly; with none where nobody was recruited.
fn assembled(members: u32, election: Deed) -> Journal {
    let at = |number, day: &str, deed| {
        let day = on(day);
        Step { number, place: number, corrects: None, day, deed }
    };
    let recruitment = Deed::Recruitment { members, women: 0 };
    let mut steps = vec![at(1, "2020-02-01", recruitment), at(2, "2020-02-27", election)];
    steps.retain(|step| members > 0 || step.number == 2);
    Journal::stored(on("2020-01-01"), 2, steps)
}

#[test]
fn the_members_recruited_are_due_to_a_general_meeting_and_delegates_by_the_table() {
    let broken = |members, deed| -> Vec<(String, bool)> {
        let found = assembly_findings(elections(), &assembled(members, deed));
        found.iter().map(|one| (one.rule.id.clone(), one.mandatory())).collect()
    };
    let told = |id: &str, mandatory| vec![(id.to_owned(), mandatory)];
    assert_eq!(broken(30, assembly(30, 30)), []);
    assert_eq!(broken(30, assembly(31, 31)), told("V25", true), "more than there are");
    assert_eq!(broken(30, assembly(29, 29)), told("V26", false), "one was not asked");
    assert_eq!(broken(0, assembly(31, 31)), [], "nobody was counted");
    let congress = |delegates| {
        let Deed::Election(held) = assembly(delegates, delegates) else { unreachable!() };
        Deed::Election(Assembly { kind: AssemblyKind::DelegateCongress, seats: 7, ..held })
    };
    assert_eq!(broken(460, congress(60)), []);
    assert_eq!(broken(460, congress(61)), told("V15", false));
    assert_eq!(broken(460, congress(39)), told("V15", false));
    assert_eq!(broken(99, congress(40)), told("V14", false), "too few for a congress");
    let refused = judge_assembly(elections(), &assembled(30, assembly(31, 31)));
    let Err(FormationFault::Rule { rule, problem, zh, .. }) = refused else { panic!() };
    assert_eq!(rule, "V25");
    assert!(problem.starts_with("due 31, members 30"), "{problem}");
    assert!(zh.starts_with("应到31，会员30"), "{zh}");
    assert_eq!(judge_assembly(elections(), &assembled(30, assembly(29, 29))), Ok(()));
}

#[test]
fn what_a_founding_assembly_elects_is_judged_like_every_other_election() {
    let held = |change: fn(&mut Assembly)| {
        let Deed::Election(mut held) = assembly(100, 100) else { unreachable!() };
        change(&mut held);
        let journal = assembled(100, Deed::Election(held));
        let found = assembly_findings(elections(), &journal);
        let found: Vec<(String, bool)> =
            found.iter().map(|one| (one.rule.id.clone(), one.mandatory())).collect();
        (found, judge_assembly(elections(), &journal))
    };
    let told = |change| held(change).0;
    let is = |id: &str, mandatory| vec![(id.to_owned(), mandatory)];
    assert_eq!(told(|_| ()), [], "three seats for a hundred members");
    assert_eq!(told(|held| held.seats = 2), is("V17", false));
    assert_eq!(told(|held| held.seats = 8), is("V17", false));
    assert_eq!(told(|held| held.seats = 0), [], "nobody told, or an organiser");
    let unaudited = |held: &mut Assembly| (held.own_accounts, held.audit) = (true, false);
    assert_eq!(told(unaudited), is("V20", true));
    assert_eq!(told(|held| held.audit = false), [], "without accounts of its own");
    let Err(FormationFault::Rule { rule, problem, zh, .. }) = held(unaudited).1 else { panic!() };
    assert_eq!(rule, "V20");
    assert!(problem.starts_with("no audit committee is elected: "), "{problem}");
    assert!(zh.starts_with("未同时选举经费审查委员会："), "{zh}");
    assert_eq!(told(|held| held.elected = Some(3)), []);
    assert_eq!(told(|held| held.elected = Some(4)), is("V06", true));
    assert_eq!(told(|held| held.elected = Some(0)), is("V09", true));
    assert_eq!(told(|held| held.candidates = Some(4)), []);
    assert_eq!(told(|held| held.candidates = Some(3)), is("V10", false), "none more than seats");
    let women = |count, elected| {
        let Deed::Election(held) = assembly(100, 100) else { unreachable!() };
        let held = Assembly { women: elected, ..held };
        let steps = assembled(100, Deed::Election(held)).steps().to_vec();
        let recount = Deed::Recruitment { members: 100, women: count };
        let steps = steps.into_iter().map(|step| match step.deed {
            Deed::Recruitment { .. } => Step { deed: recount.clone(), ..step },
            _ => step,
        });
        let journal = Journal::stored(on("2020-01-01"), 2, steps.collect());
        let found = assembly_findings(elections(), &journal);
        found.iter().map(|one| one.rule.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(women(25, false), ["V21"]);
    assert_eq!((women(24, false), women(25, true)), (vec![], vec![]));
}

#[test]
fn every_day_has_one_rule_a_subject() {
    let law = law();
    for day in ["1992-04-03", "2014-02-27", "2015-12-31", "2016-01-01", "2021-12-31", "2026-11-22"]
    {
        let mut subjects: Vec<_> = law.on(on(day)).map(|rule| rule.subject).collect();
        subjects.sort_unstable();
        let all = subjects.len();
        subjects.dedup();
        assert_eq!((subjects.len(), all), (8, 8), "{day}");
    }
}

#[test]
fn a_table_that_nobody_can_evaluate_is_refused() {
    const HEAD: &str =
        "id,subject,valid_from,valid_until,standing,argument,text_en,text_zh,source\n";
    let row = |row: &str| Law::parse(&format!("{HEAD}{row}\n"));
    assert!(row("F1,approval,2014-01-01,,STATED,,a,b,c").is_ok());
    for (wrong, told) in [
        ("F1,approvals,2014-01-01,,STATED,,a,b,c", "no subject"),
        ("F1,approval,2014-01-01,,GUESSED,,a,b,c", "no standing"),
        ("F1,approval,2014-01-01,,STATED,7,a,b,c", "no argument"),
        ("F1,basic_committee,2014-01-01,,STATED,0,a,b,c", "no argument"),
        ("F1,term_years,2014-01-01,,STATED,3;4,a,b,c", "no argument"),
        ("F1,help_due,2014-01-01,,UNKNOWN,6,a,b,c", "unknown has no argument"),
        ("F1,approval,,,STATED,,a,b,c", "no first day"),
        ("F1,approval,2014-01-02,2014-01-01,STATED,,a,b,c", "ends before"),
        ("F1,approval,2014-01-01,,STATED,,a,b,", "missing"),
        ("F1,approval,2014-01-01,,STATED,,a,b,c\nF1,funds,2014-01-01,,STATED,1,a,b,c", "twice"),
        (
            "F1,approval,2014-01-01,,STATED,,a,b,c\nF2,approval,2015-01-01,,STATED,,a,b,c",
            "same days",
        ),
    ] {
        let fault = row(wrong).unwrap_err().to_string();
        assert!(fault.contains(told), "{wrong}: {fault}");
    }
    let column = Law::parse("id,subject,note\nF1,approval,x\n").unwrap_err();
    assert_eq!(column.row, "the text");
}
