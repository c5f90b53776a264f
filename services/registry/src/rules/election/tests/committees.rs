//! Committees that belong to an election.

use super::*;

#[test]
fn committees_that_belong_to_the_election_are_missed() {
    let mut election = held(ElectionKind::ReElection, Record { women: 25, ..record() });
    assert_eq!(broken(&election), ids(&[]), "2014 knows no number of women");
    election.plan.own_accounts = true;
    assert_eq!(broken(&election), ids(&["V20"]));
    election.stage = Stage::Held(Record { women: 25, held_on: day("2016-01-01"), ..record() });
    assert_eq!(broken(&election), ids(&["V20", "V21"]));
    let supervision = Committee::LabourSupervision;
    election.plan.contests.push(contest(supervision, Position::Member, 2));
    let mut results = record().results;
    results.extend(results.clone());
    let held_on = day("2016-01-01");
    election.stage = Stage::Held(Record { women: 25, held_on, results, ..record() });
    assert_eq!(
        broken(&election),
        ids(&["R10", "V05", "V06", "V20", "V21"]),
        "two seats and three elected"
    );
    election.plan.contests[1].seats = 3;
    assert_eq!(broken(&election), ids(&["V20", "V21"]));
    election.plan.contests.pop();
    election.stage = Stage::Held(Record { women: 25, held_on, ..record() });
    election.plan.contests.push(contest(Committee::Audit, Position::Member, 3));
    election.plan.contests.push(contest(Committee::Women, Position::Member, 3));
    assert_eq!(broken(&election), ids(&[]));
}
