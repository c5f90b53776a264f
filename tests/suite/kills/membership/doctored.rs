//! What the feed tells is seen not to be what was acknowledged, wherever it is not.

use std::collections::HashMap;

use super::{
    claims::{Rest, assign},
    deed::{Deed, Effect, Wrote},
    feed::Life,
    papers::Papers,
};

const WHO: &str = "members/1";

fn wrote(deed: Deed, version: i64, exact: bool) -> Wrote {
    Wrote { record: WHO.to_owned(), version, behind: 0, exact, deed, source: false }
}

fn stepped(kind: &str) -> Effect {
    Effect::Stepped { kind: kind.to_owned(), by_rule: false }
}

/// What is found of one member with these writes and this life.
fn judged(wrote: Vec<Wrote>, effects: Vec<Effect>) -> Result<Rest, String> {
    let papers = Papers { wrote, ..Papers::default() };
    let lives = HashMap::from([(WHO.to_owned(), Life { effects, ..Life::default() })]);
    assign(&papers, &lives, &[]).map_err(|error| error.to_string())
}

#[test]
fn what_was_acknowledged_and_shows_is_well() {
    let wrote = vec![
        wrote(Deed::Create, 1, true),
        wrote(Deed::Retain, 2, true),
        // Its first answer was lost: by the time of the second a version more was there.
        wrote(Deed::Resume, 4, false),
        wrote(Deed::Mobile, 4, true),
    ];
    let carried = Effect::Stepped { kind: "CARRIED".to_owned(), by_rule: true };
    let life = vec![
        Effect::Entered,
        stepped("RETAINED"),
        stepped("RESUMED"),
        Effect::Changed,
        carried,
        Effect::Confirmed,
    ];
    assert_eq!(judged(wrote, life), Ok(Rest { followed: 1, confirmed: 1 }));
}

#[test]
fn a_lost_write_is_seen() {
    let wrote = vec![wrote(Deed::Create, 1, true), wrote(Deed::Retain, 2, true)];
    let found = judged(wrote, vec![Effect::Entered]).unwrap_err();
    assert!(found.contains("but lost"), "{found}");
}

#[test]
fn another_write_in_its_place_is_seen() {
    let wrote = vec![wrote(Deed::Create, 1, true), wrote(Deed::Retain, 2, true)];
    let found = judged(wrote, vec![Effect::Entered, stepped("WITHDRAWN")]).unwrap_err();
    assert!(found.contains("but lost"), "{found}");
    assert!(found.contains("nobody asked"), "{found}");
}

#[test]
fn a_write_with_two_effects_is_seen() {
    let wrote = vec![wrote(Deed::Create, 1, true), wrote(Deed::Mobile, 3, false)];
    let life = vec![Effect::Entered, Effect::Changed, Effect::Changed];
    let found = judged(wrote, life).unwrap_err();
    assert!(found.contains("version 3: nobody asked"), "{found}");
}

#[test]
fn two_writes_with_one_effect_are_seen() {
    let wrote = vec![
        wrote(Deed::Create, 1, true),
        wrote(Deed::Mobile, 2, true),
        wrote(Deed::Mobile, 2, true),
    ];
    let found = judged(wrote, vec![Effect::Entered, Effect::Changed]).unwrap_err();
    assert!(found.contains("but lost"), "{found}");
}

#[test]
fn somebody_whom_nobody_entered_is_seen() {
    let found = judged(Vec::new(), vec![Effect::Entered]).unwrap_err();
    assert!(found.contains("version 1: nobody asked"), "{found}");
}
