use super::*;
use crate::rules::{
    election_rules::{ElectionRules, Finding},
    employer::tests::day,
    union::{
        Status, UnionId,
        kind::{UnionForm, UnionType},
        term::{Postponement, Term, TermYears},
    },
};

fn union(kind: UnionType, form: UnionForm) -> UnionFacts {
    let mut facts = UnionFacts::default();
    let since = day("2010-01-01");
    facts.statuses.record(Some(Status::Active), since);
    facts.types.record(Some(kind), since);
    facts.forms.record(Some(form), since);
    let term = Term::new(NonZeroU16::new(2).unwrap(), TermYears::Three);
    facts.terms.record(Some(term), day("2012-01-01"));
    facts
}

fn joint() -> UnionFacts {
    union(UnionType::Joint, UnionForm::JointCommittee)
}

fn office(committee: Committee, position: Position, from: &str) -> Office {
    Office {
        holder: Name::parse("某某").unwrap(),
        committee,
        position,
        full_time: false,
        term: None,
        way_in: WayIn::Elected,
        bars: BTreeSet::new(),
        election: None,
        from: day(from),
        end: None,
    }
}

fn chair(from: &str) -> Office {
    office(Committee::Union, Position::Chair, from)
}

fn filled(
    office: &Office,
    union: &UnionFacts,
    others: &[Office],
) -> Result<Vec<Finding>, OfficeFault> {
    appoint(office, union, others, ElectionRules::shipped().unwrap(), day("2020-07-01"))
}

fn rules_on(today: &str) -> (&'static ElectionRules, CivilDate) {
    (ElectionRules::shipped().unwrap(), day(today))
}

fn order(on: &str, way: WayOut) -> EndOrder {
    EndOrder { on: day(on), way, committee_consents: false, consent: None }
}

fn ended(office: &Office, on: &str, way: WayOut) -> Result<Office, OfficeFault> {
    end(office, &joint(), order(on, way), rules_on("2020-07-01"))
}

#[test]
fn a_postponement_binds_whom_it_found_in_office_from_its_approval_on() {
    let mut facts = joint();
    let number = NonZeroU16::new(2).unwrap();
    let approved_on = Some(day("2015-03-01"));
    let put_off = Postponement { approved_on, ..Postponement::told(day("2015-09-01")) };
    let term = Term { postponements: vec![put_off], ..Term::new(number, TermYears::Three) };
    facts.terms = Default::default();
    facts.terms.record(Some(term), day("2012-01-01"));
    let leaves =
        |on: &str, way| end(&chair("2012-01-01"), &facts, order(on, way), rules_on("2020-07-01"));
    assert!(leaves("2014-12-31", WayOut::Moved).is_err(), "during the term, without consent");
    assert!(leaves("2015-02-28", WayOut::Moved).is_ok(), "it had run out, and nobody approved yet");
    assert!(leaves("2015-03-01", WayOut::Moved).is_err(), "it runs again");
    assert!(leaves("2014-12-31", WayOut::TermEnded).is_err());
    assert!(leaves("2015-04-01", WayOut::TermEnded).is_ok(), "nobody is bound beyond the years");
}

#[test]
fn a_committee_has_one_head_at_a_time() {
    let first = chair("2012-01-01");
    assert!(filled(&first, &joint(), &[]).is_ok());
    let second = filled(&chair("2014-01-01"), &joint(), std::slice::from_ref(&first));
    assert_eq!(second, Err(OfficeFault::Taken(Committee::Union, day("2012-01-01"))));
    let organiser = office(Committee::Union, Position::Organiser, "2014-01-01");
    assert!(filled(&organiser, &joint(), std::slice::from_ref(&first)).is_err());
    let director = office(Committee::Audit, Position::Director, "2014-01-01");
    assert!(filled(&director, &joint(), std::slice::from_ref(&first)).is_ok());
    let vice = office(Committee::Union, Position::ViceChair, "2014-01-01");
    assert!(filled(&vice, &joint(), std::slice::from_ref(&first)).is_ok());
    let gone = ended(&first, "2014-01-01", WayOut::Resigned).unwrap();
    assert!(filled(&chair("2014-01-01"), &joint(), std::slice::from_ref(&gone)).is_ok());
    assert!(filled(&chair("2013-12-31"), &joint(), std::slice::from_ref(&gone)).is_err());
    // Whoever was entered in error never stood in the way.
    let corrected = ended(&gone, "2020-01-01", WayOut::Corrected).unwrap();
    assert!(filled(&chair("2013-12-31"), &joint(), &[corrected]).is_ok());
}

#[test]
fn positions_belong_to_committees_and_ways_to_unions() {
    let refused = |office: &Office, union: &UnionFacts| filled(office, union, &[]).unwrap_err();
    let wrong = office(Committee::Audit, Position::Chair, "2014-01-01");
    let fault = OfficeFault::Position(Committee::Audit, Position::Chair);
    assert_eq!(refused(&wrong, &joint()), fault);
    let wrong = office(Committee::Union, Position::Director, "2014-01-01");
    assert!(matches!(refused(&wrong, &joint()), OfficeFault::Position(..)));
    let way = |way_in| Office { way_in, ..chair("2014-01-01") };
    let dispatched = union(UnionType::Joint, UnionForm::WorkingCommittee);
    assert!(matches!(refused(&way(WayIn::Appointed), &joint()), OfficeFault::WayIn(..)));
    assert!(matches!(refused(&way(WayIn::Elected), &dispatched), OfficeFault::WayIn(..)));
    assert!(filled(&way(WayIn::Appointed), &dispatched, &[]).is_ok());
    assert!(filled(&way(WayIn::Recommended), &joint(), &[]).is_ok());
    let federation = union(UnionType::SubdistrictFederation, UnionForm::GeneralFederation);
    let outsider = |from: &str| Office { way_in: WayIn::Recommended, ..chair(from) };
    let OfficeFault::Outsider(rule) = refused(&outsider("2014-01-01"), &federation) else {
        panic!()
    };
    assert_eq!(rule.id, "B11");
    let mut early = federation.clone();
    early.types.record(Some(UnionType::SubdistrictFederation), day("2000-01-01"));
    early.statuses.record(Some(Status::Active), day("2000-01-01"));
    assert!(filled(&outsider("2008-07-24"), &early, &[]).is_ok(), "the text of it is not at hand");
    let refused_then = refused(&outsider("2008-07-25"), &early);
    assert!(matches!(refused_then, OfficeFault::Outsider(_)), "{refused_then}");
    let member = Office {
        way_in: WayIn::Recommended,
        ..office(Committee::Union, Position::Member, "2014-01-01")
    };
    assert!(matches!(refused(&member, &joint()), OfficeFault::WayIn(..)));
}

#[test]
fn an_office_lies_in_the_union_and_in_its_term() {
    let refused = |office: &Office| filled(office, &joint(), &[]).unwrap_err();
    assert_eq!(refused(&chair("2020-07-02")), OfficeFault::InFuture(day("2020-07-02")));
    let early = OfficeFault::BeforeEstablishment(day("2009-12-31"), day("2010-01-01"));
    assert_eq!(refused(&chair("2009-12-31")), early);
    let term = |number, from| Office { term: NonZeroU16::new(number), ..chair(from) };
    assert!(filled(&term(2, "2012-01-01"), &joint(), &[]).is_ok());
    assert_eq!(refused(&term(1, "2012-01-01")), OfficeFault::Term);
    assert_eq!(refused(&term(2, "2011-12-31")), OfficeFault::Term);
    let mut gone = joint();
    gone.statuses.record(Some(Status::Merged(UnionId(Uuid::nil()))), day("2014-01-01"));
    let late = filled(&chair("2014-01-01"), &gone, &[]);
    assert_eq!(late, Err(OfficeFault::UnionEnded(day("2014-01-01"))));
    let held = chair("2013-01-01");
    assert_eq!(held.ended(&gone), Some((day("2014-01-01"), WayOut::UnionEnded)));
    assert!(held.held_on(&gone, day("2013-12-31")) && !held.held_on(&gone, day("2014-01-01")));
}

#[test]
fn who_is_barred_follows_from_the_position_and_the_day() {
    let with = |bar, position, from| Office {
        bars: BTreeSet::from([bar]),
        ..office(Committee::Union, position, from)
    };
    let rule = |office: &Office| match filled(office, &joint(), &[]) {
        Err(OfficeFault::Barred(finding)) => finding.rule.id,
        Ok(advice) => advice.iter().map(|finding| format!("({})", finding.rule.id)).collect(),
        Err(other) => other.to_string(),
    };
    let (chair, member) = (Position::Chair, Position::Member);
    assert_eq!(rule(&with(Bar::RelativeOfPrincipal, member, "2014-01-01")), "B01");
    assert_eq!(rule(&with(Bar::LegalRepresentative, chair, "2015-12-31")), "");
    assert_eq!(rule(&with(Bar::LegalRepresentative, chair, "2016-01-01")), "B02");
    assert_eq!(rule(&with(Bar::LegalRepresentative, member, "2016-01-01")), "");
    assert_eq!(rule(&with(Bar::PersonnelManager, member, "2016-01-01")), "(B03)");
    assert_eq!(rule(&with(Bar::ForeignEmployee, chair, "2014-01-01")), "B09");
    assert_eq!(rule(&with(Bar::RetainedMember, member, "2016-10-09")), "B10");
}

#[test]
fn the_bars_of_enterprises_are_not_for_the_chairs_of_federations() {
    let head = |bar| Office { bars: BTreeSet::from([bar]), ..chair("2014-01-01") };
    let federation = union(UnionType::SubdistrictFederation, UnionForm::GeneralFederation);
    let park = union(UnionType::Park, UnionForm::JointCommittee);
    for bar in [
        Bar::AdministrativeHead,
        Bar::DeputyAdministrativeHead,
        Bar::Partner,
        Bar::RelativeOfAdministration,
        Bar::HeadOfHr,
        Bar::ForeignEmployee,
    ] {
        assert_eq!(filled(&head(bar), &federation, &[]), Ok(Vec::new()), "{bar:?}");
        let refused = filled(&head(bar), &park, &[]);
        assert!(matches!(refused, Err(OfficeFault::Barred(_))), "{bar:?}");
    }
    let relative = filled(&head(Bar::RelativeOfPrincipal), &federation, &[]);
    assert!(matches!(relative, Err(OfficeFault::Barred(_))), "the law itself binds every union");
}

#[test]
fn an_office_ends_once_and_a_chair_is_not_moved_alone() {
    let held = chair("2012-01-01");
    let early = OfficeFault::BeforeOffice(day("2011-12-31"), day("2012-01-01"));
    assert_eq!(ended(&held, "2011-12-31", WayOut::Resigned), Err(early));
    assert!(ended(&held, "2012-01-01", WayOut::Death).is_ok(), "on the first day");
    assert!(matches!(ended(&held, "2020-07-02", WayOut::Death), Err(OfficeFault::InFuture(_))));
    let gone = ended(&held, "2013-01-01", WayOut::Resigned).unwrap();
    let again = ended(&gone, "2014-01-01", WayOut::Resigned);
    assert_eq!(again, Err(OfficeFault::Ended(day("2013-01-01"))));
    for way in [WayOut::Removed, WayOut::UnionEnded, WayOut::OtherPosition] {
        assert!(matches!(ended(&held, "2013-01-01", way), Err(OfficeFault::WayOut(..))), "{way:?}");
    }
    let Err(OfficeFault::Moved(rule)) = ended(&held, "2013-01-01", WayOut::Moved) else { panic!() };
    assert_eq!(rule.id, "V29");
    assert!(rule.source.contains("art. 18"), "{}", rule.source);
    assert!(ended(&held, "2015-01-01", WayOut::Moved).is_ok(), "the term has run out");
    let approval = serde_json::from_str(r#"{"body": "某某总工会", "number": "1号"}"#).unwrap();
    let consented = EndOrder {
        committee_consents: true,
        consent: Some(approval),
        ..order("2013-01-01", WayOut::Moved)
    };
    assert!(end(&held, &joint(), consented.clone(), rules_on("2020-07-01")).is_ok());
    let alone = EndOrder { committee_consents: false, ..consented };
    assert!(end(&held, &joint(), alone, rules_on("2020-07-01")).is_err());
    let member = office(Committee::Union, Position::Member, "2012-01-01");
    assert!(ended(&member, "2013-01-01", WayOut::Moved).is_ok());
    let corrected = ended(&gone, "2013-01-01", WayOut::Corrected).unwrap();
    assert!(!corrected.held_on(&joint(), day("2012-01-01")));
    assert!(ended(&corrected, "2013-01-01", WayOut::Corrected).is_err());
}

#[test]
fn a_term_ends_nobodys_office_while_it_runs() {
    let refused = |held: &Office, on: &str| {
        matches!(ended(held, on, WayOut::TermEnded), Err(OfficeFault::WayOut(..)))
    };
    let of_second = Office { term: NonZeroU16::new(2), ..chair("2012-01-01") };
    assert!(refused(&of_second, "2014-12-31"), "in mid-term");
    assert!(!refused(&of_second, "2015-01-01"), "the three years have passed");
    let of_first = Office { term: NonZeroU16::new(1), ..chair("2011-01-01") };
    assert!(refused(&of_first, "2011-06-01"), "no term is recorded then");
    assert!(!refused(&of_first, "2012-01-01"), "the second has begun");
    assert!(!refused(&chair("2011-01-01"), "2012-01-01"));
    assert!(refused(&chair("2012-01-01"), "2012-06-01"));
}
