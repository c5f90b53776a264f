//! Each check is seen to fail on a history that breaks what it stands for.

use std::collections::BTreeSet;

use unionhall_tests::samples;
use uuid::Uuid;

use super::{
    check::violations,
    history::{Deed, Face, Operation, Outcome, Version},
};

const HERE: &str = "110102001004";
const THERE: &str = "110102003015";

struct History {
    operations: Vec<Operation>,
    feed: Vec<Version>,
    imported: BTreeSet<u32>,
}

fn acknowledged(record: &str, version: i64) -> Outcome {
    Outcome::Acknowledged { record: record.to_owned(), version, repeated: false }
}

fn operation(number: u32, deed: Deed, target: &str, outcome: Outcome) -> Operation {
    Operation {
        request_id: Uuid::from_u128(number.into()),
        number,
        deed,
        target: target.to_owned(),
        union: String::new(),
        outcome,
    }
}

fn face(number: u32) -> Face {
    Face {
        identity: samples::credit_code(number),
        phone: samples::phone(number),
        employees: 1,
        address: samples::address("", number).line,
        ..Face::default()
    }
}

fn version(position: i64, record: &str, version: i64, face: Face) -> Version {
    let record = record.to_owned();
    let area = HERE.to_owned();
    Version {
        position,
        transaction: position,
        record,
        version,
        area,
        left: false,
        face: Some(face),
    }
}

/// An area, two employers that writers entered and changed, two that one transaction imported.
fn honest() -> History {
    let called = Face { phone: samples::phone(3), ..face(1) };
    let counted = Face { employees: samples::headcount(5), ..called.clone() };
    let moved = Face { address: samples::address("", 6).line, ..counted.clone() };
    let closed = Face { closed: true, ..moved.clone() };
    let area = Version {
        position: 1,
        transaction: 1,
        record: "areas/11".to_owned(),
        version: 1,
        area: "11".to_owned(),
        left: false,
        face: None,
    };
    let mut feed = vec![
        area,
        version(2, "employers/a", 1, face(1)),
        version(3, "employers/b", 1, face(2)),
        version(4, "employers/a", 2, called),
        version(5, "employers/a", 3, counted),
        version(6, "employers/c", 1, face(90)),
        version(7, "employers/d", 1, face(91)),
        version(8, "employers/a", 4, moved),
        version(9, "employers/a", 5, closed),
    ];
    feed[6].transaction = feed[5].transaction;
    let operations = vec![
        operation(1, Deed::Create, "", acknowledged("employers/a", 1)),
        operation(2, Deed::Create, "", acknowledged("employers/b", 1)),
        operation(3, Deed::Phone, "employers/a", acknowledged("employers/a", 2)),
        operation(4, Deed::Close, "employers/b", Outcome::Refused("ETAG_MISMATCH".to_owned())),
        operation(5, Deed::Headcount, "employers/a", acknowledged("employers/a", 3)),
        operation(6, Deed::Move, "employers/a", acknowledged("employers/a", 4)),
        operation(7, Deed::Close, "employers/a", acknowledged("employers/a", 5)),
    ];
    History { operations, feed, imported: BTreeSet::from([90, 91]) }
}

/// The violations of the honest history after `doctor` had it.
fn after(doctor: impl FnOnce(&mut History)) -> String {
    let mut history = honest();
    doctor(&mut history);
    violations(&history.operations, &history.feed, &history.imported).join("\n")
}

/// Closes the ranks after a change was taken out of the feed.
fn renumber(feed: &mut [Version]) {
    for (position, change) in (1..).zip(feed) {
        change.position = position;
    }
}

#[test]
fn an_honest_history_passes() {
    assert_eq!(after(|_| {}), "");
}

#[test]
fn a_lost_acknowledged_write_is_seen() {
    // As an acknowledgement before the commit loses it: the register never knew.
    let found = after(|history| {
        history.feed.pop();
    });
    assert!(found.contains("Close 7") && found.contains("but lost"), "{found}");
    let found = after(|history| {
        history.feed.remove(2);
        renumber(&mut history.feed);
    });
    assert!(found.contains("Create 2") && found.contains("but lost"), "{found}");
}

#[test]
fn a_change_that_a_reader_skipped_is_seen() {
    // As a reader by id skips what was committed late, in the middle of a record.
    let found = after(|history| {
        history.feed.remove(4);
    });
    assert!(found.contains("the feed leaps to position 6"), "{found}");
    assert!(found.contains("version 4 follows version 2"), "{found}");
}

#[test]
fn an_effect_that_came_twice_is_seen() {
    let found = after(|history| {
        let once = &history.feed[8];
        let open = Face { closed: false, ..once.face.clone().unwrap() };
        let again = Face { phone: samples::phone(3), ..open.clone() };
        let other = Face { phone: samples::phone(1), ..open };
        history.feed.truncate(8);
        history.feed.push(version(9, "employers/a", 5, other));
        history.feed.push(version(10, "employers/a", 6, again));
    });
    assert!(found.contains("Phone 3") && found.contains("2 effects"), "{found}");
    // A second record with the same code.
    let found = after(|history| {
        history.feed.push(version(10, "employers/e", 1, face(2)));
    });
    assert!(found.contains("Create 2") && found.contains("2 effects"), "{found}");
}

#[test]
fn an_effect_of_a_refused_write_is_seen() {
    let found = after(|history| {
        history.operations[2].outcome = Outcome::Refused("CONFLICT".to_owned());
    });
    assert!(found.contains("Phone 3") && found.contains("yet it had an effect"), "{found}");
}

#[test]
fn an_effect_that_nobody_asked_for_is_seen() {
    let found = after(|history| {
        let stray = Face { phone: samples::phone(77), ..face(2) };
        history.feed.push(version(10, "employers/b", 2, stray));
    });
    assert!(found.contains("employers/b version 2: nobody asked for it"), "{found}");
    // Two writes in one version: one of them overwrote the other's version.
    let found = after(|history| {
        let both = Face { phone: samples::phone(3), employees: samples::headcount(5), ..face(1) };
        history.feed[3].face = Some(both);
    });
    assert!(found.contains("employers/a version 2: nobody asked for it"), "{found}");
}

#[test]
fn another_version_than_the_acknowledged_one_is_seen() {
    let found = after(|history| {
        history.operations[2].outcome = acknowledged("employers/a", 3);
    });
    assert!(found.contains("acknowledged as employers/a 3, but lost"), "{found}");
    // A repetition may show a later version, never an earlier one.
    let repeated = |version| {
        let record = "employers/a".to_owned();
        after(move |history| {
            history.operations[2].outcome =
                Outcome::Acknowledged { record, version, repeated: true };
        })
    };
    assert_eq!(repeated(4), "");
    assert!(repeated(1).contains("but lost"));
}

#[test]
fn an_outcome_that_was_never_learnt_is_seen() {
    let found = after(|history| history.operations[0].outcome = Outcome::Unknown);
    assert!(found.contains("never learnt"), "{found}");
}

#[test]
fn imported_rows_are_there_once() {
    let found = after(|history| {
        history.imported.insert(92);
    });
    assert!(found.contains("row 92 is missing"), "{found}");
    let found = after(|history| {
        history.feed.push(version(10, "employers/e", 1, face(90)));
    });
    assert!(found.contains("row 90 was entered twice"), "{found}");
}

#[test]
fn a_split_transaction_is_seen() {
    let found = after(|history| history.feed[7].transaction = history.feed[5].transaction);
    assert_eq!(found, "");
    let found = after(|history| history.feed[8].transaction = history.feed[5].transaction);
    assert!(found.contains("is split"), "{found}");
}

#[test]
fn a_move_that_is_told_by_halves_is_seen() {
    // The last version stands elsewhere, and those who follow the old place learn that it left.
    let moved = |then: fn(&mut Vec<Version>)| {
        after(|history| {
            let feed = &mut history.feed;
            let left = Version { left: true, face: None, ..feed[8].clone() };
            feed.insert(8, left);
            (feed[9].position, feed[9].area) = (10, THERE.to_owned());
            then(feed);
        })
    };
    assert_eq!(moved(|_| {}), "");
    let silent = moved(|feed| {
        feed.remove(8);
        renumber(feed);
    });
    assert_eq!(silent, "employers/a version 5 moved and did not leave");
    let lost = moved(|feed| feed.truncate(9));
    assert!(lost.contains("employers/a version 5 left and came nowhere"), "{lost}");
    let split = moved(|feed| feed[9].transaction = 10);
    assert!(split.contains("employers/a version 5 left and came nowhere"), "{split}");
    let elsewhere = moved(|feed| feed[8].area = THERE.to_owned());
    assert!(elsewhere.contains("left where it did not stand"), "{elsewhere}");
}

/// A union that was entered and marked, and an employer that it covered for a time.
fn covered(doctor: impl FnOnce(&mut History)) -> String {
    after(|history| {
        let union = "unions/u";
        let bare = Face { identity: samples::union_name(10), ..Face::default() };
        let marked = Face { note: samples::note(11), ..bare.clone() };
        let under = Face { union: union.to_owned(), ..face(2) };
        let feed = &mut history.feed;
        feed.push(version(10, union, 1, bare));
        feed.push(version(11, union, 2, marked));
        feed.push(version(12, "employers/b", 2, under));
        let gone = version(14, "employers/b", 3, face(2));
        let left = Version {
            left: true,
            face: None,
            area: String::new(),
            position: 13,
            transaction: 14,
            ..gone.clone()
        };
        feed.extend([left, gone]);
        let cover = operation(12, Deed::Cover, "employers/b", acknowledged("employers/b", 2));
        history.operations.extend([
            operation(10, Deed::Found, "", acknowledged(union, 1)),
            operation(11, Deed::Mark, union, acknowledged(union, 2)),
            Operation { union: union.to_owned(), ..cover },
            operation(13, Deed::Uncover, "employers/b", acknowledged("employers/b", 3)),
        ]);
        doctor(history);
    })
}

#[test]
fn deeds_of_unions_are_seen_once_each() {
    assert_eq!(covered(|_| {}), "");
    let lost = covered(|history| history.feed.truncate(12));
    assert!(lost.contains("Uncover 13") && lost.contains("but lost"), "{lost}");
    let lost = covered(|history| history.feed.truncate(10));
    assert!(lost.contains("Mark 11") && lost.contains("Cover 12"), "{lost}");
    let refused = covered(|history| {
        for operation in history.operations.iter_mut().filter(|one| one.number == 12) {
            operation.outcome = Outcome::Refused("EMPLOYER_COVERED".to_owned());
        }
    });
    assert!(refused.contains("employers/b version 2: nobody asked for it"), "{refused}");
    let twice = covered(|history| {
        history.feed.push(version(15, "unions/v", 1, history.feed[9].face.clone().unwrap()));
    });
    assert!(twice.contains("Found 10") && twice.contains("2 effects"), "{twice}");
    let stray = covered(|history| {
        let note = samples::note(99);
        let face = Face { note, ..history.feed[10].face.clone().unwrap() };
        history.feed.push(version(15, "unions/u", 3, face));
    });
    assert!(stray.contains("unions/u version 3: nobody asked for it"), "{stray}");
}
