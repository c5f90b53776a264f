//! Unions that are split into others.

use unionhall_kit::{
    figures::read::{Question, values},
    ledger::EventKind,
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    AssetAudit, CloseEmployerRequest, CoverEmployerRequest, GetEmployerRequest, ListUnionsRequest,
    MembershipOutcome, SplitUnionRequest, StructureChange, UnionDecision, UnionPart,
    coverage_service_server::CoverageService, employer_service_server::EmployerService,
    lineage::Kind, membership_outcome::Outcome, structure_change::State,
    union::State as UnionState,
};

use super::{merging::decision, *};
use crate::{
    api::employers::{self, Employers},
    rules::contribution::{Counting, Metric, worth},
    store::{employers as records, grounds},
};

const ON: &str = "2014-02-01";
const REQUEST_ID: &str = "00000000-0000-7000-8000-0000000000ac";

fn part(serial: u32, employers: &[&String], unions: &[&Union]) -> UnionPart {
    UnionPart {
        union: Some(joint(serial, "")),
        employers: employers.iter().map(|name| (*name).clone()).collect(),
        unions: unions.iter().map(|union| union.name.clone()).collect(),
    }
}

fn division(of: &Union, parts: Vec<UnionPart>, ends: bool) -> SplitUnionRequest {
    SplitUnionRequest {
        name: of.name.clone(),
        parts,
        ends,
        decision: decision("2014-01-15"),
        effective_date: date(ON),
        ..Default::default()
    }
}

impl Desk {
    async fn split(&self, message: SplitUnionRequest) -> Result<StructureChange, Status> {
        inner(self.service.split_union(call(message)).await)
    }

    /// A part that takes nobody over.
    pub(super) async fn split_off(&self, of: &Union, serial: u32) -> String {
        let change = self.split(division(of, vec![part(serial, &[], &[])], false)).await.unwrap();
        change.parts[0].clone()
    }

    async fn coverage(&self, employer: &str, day: &str) -> String {
        let employers = Employers::over(self.rig.register.clone());
        let message = GetEmployerRequest { name: employer.to_owned(), day: date(day) };
        let employer = inner(employers.get_employer(call(message)).await).unwrap();
        employer.coverage.map(|coverage| coverage.union).unwrap_or_default()
    }

    /// Every figure of these employers on some days at every union and area, against the facts.
    async fn employers_recounted(&self, names: &[String], unions: &[&Union]) {
        let db = self.rig.register.ledger.db();
        let ids: Vec<_> = names.iter().map(|name| employers::id(name).unwrap()).collect();
        let found = records::load(db.reader(), &ids).await.unwrap();
        let facts = found.values().map(|record| &record.facts);
        let grounds = grounds::read(db.reader(), facts).await.unwrap();
        let by = Counting { rules: &self.rig.register.quality, grounds: &grounds };
        let lines = unions.iter().map(|union| (Line::Affiliation, union.affiliation.clone()));
        let nodes = lines.chain([(Line::Area, HOME.to_owned())]);
        let nodes: Vec<_> = nodes.map(|(line, node)| (line, Path::parse(&node).unwrap())).collect();
        for metric in Metric::ALL {
            for (line, node) in &nodes {
                for day in ["2013-06-01", "2014-01-31", ON, "2014-03-01", "2014-07-01"] {
                    let day = crate::testing::day(day);
                    let question =
                        Question { metric: metric.id(), line: *line, node: node.clone(), day };
                    let kept = values(db, &[question]).await.unwrap()[0];
                    let of = |record: &records::EmployerRecord| {
                        let there = worth(metric, &record.facts, by, day).into_iter();
                        let there =
                            there.filter(|(leaf, _)| leaf.line == *line && leaf.node.within(node));
                        there.map(|(_, value)| value).sum::<i64>()
                    };
                    let counted: i64 = found.values().map(of).sum();
                    assert_eq!(kept, counted, "{metric:?} {node:?} {day}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_part_takes_over_whom_it_names_and_the_rest_stays() {
    let desk = desk().await;
    let top = desk.federation().await;
    // The first is split; the second and all below it go to the part, the fourth stays.
    let chain = desk.chain(&top.name, 1..4).await;
    let stays = desk.create(joint(4, &chain[0].name), "2010-01-01").await.unwrap();
    let mut names = Vec::new();
    for (serial, union) in [(1, &chain[0]), (2, &chain[0]), (3, &chain[2]), (4, &stays)] {
        names.push(desk.covered(serial, union).await);
    }
    let message = division(&chain[0], vec![part(9, &[&names[0]], &[&chain[1]])], false);
    let preview = SplitUnionRequest { validate_only: true, ..message.clone() };
    let preview = desk.split(preview).await.unwrap();
    assert_eq!((preview.state(), preview.kind()), (State::Preview, Kind::UnionSplit));
    assert_eq!((preview.union_count, preview.employer_count), (2, 2));
    assert!(preview.parts.is_empty() && preview.name.is_empty());
    assert_eq!(desk.get(&chain[0].name).await.unwrap().split_into, [""; 0], "nothing is written");

    let message = SplitUnionRequest { request_id: REQUEST_ID.to_owned(), ..message };
    let change = desk.split(message.clone()).await.unwrap();
    assert_eq!(
        (change.state(), change.sources.as_slice()),
        (State::Applying, &[chain[0].name.clone()][..])
    );
    let again = desk.split(message).await.unwrap();
    assert_eq!((again.name, again.parts.clone()), (change.name.clone(), change.parts.clone()));
    let new = desk.get(&change.parts[0]).await.unwrap();
    assert_eq!(
        (new.superior.as_str(), new.split_from.as_str()),
        (top.name.as_str(), chain[0].name.as_str())
    );
    assert_eq!(new.established_on, date(ON));
    assert_eq!(new.approval, decision("2014-01-15").unwrap().approval, "of the split");
    // What is on its way is left alone.
    for name in [&chain[0].name, &new.name] {
        assert_eq!(refused(desk.dissolve(name, "2014-07-01").await), "CONFLICT");
    }
    desk.carry().await;
    let done = desk.change(&change.name).await;
    assert_eq!((done.state(), done.moved_union_count, done.union_count), (State::Done, 2, 2));
    assert_eq!((done.employer_count, done.moved_employer_count), (2, 2));

    let old = desk.get(&chain[0].name).await.unwrap();
    assert_eq!((old.state(), old.split_into), (UnionState::Active, vec![new.name.clone()]));
    assert_eq!(desk.get_on(&chain[0].name, "2014-01-31").await.split_into, [""; 0]);
    assert_eq!(desk.get(&chain[1].name).await.unwrap().superior, new.name);
    let last = desk.get(&chain[2].name).await.unwrap();
    assert!(last.affiliation.starts_with(&new.affiliation));
    assert_eq!(desk.get(&stays.name).await.unwrap().superior, chain[0].name);
    assert_eq!(desk.coverage(&names[0], "2014-01-31").await, chain[0].name);
    assert_eq!(desk.coverage(&names[0], ON).await, new.name);
    assert_eq!(desk.coverage(&names[1], "2014-07-01").await, chain[0].name);
    let entered = desk.pairs_below(&new.affiliation).await;
    let entered: Vec<_> = entered.iter().map(|event| event.record.as_str()).collect();
    assert_eq!(entered, [&*chain[1].name], "its subtree came, once");
    let left = desk.pairs_below(&chain[0].affiliation).await;
    let left: Vec<_> = left.iter().map(|event| event.kind).collect();
    assert_eq!(left, [EventKind::Left as i16]);

    let mut unions: Vec<String> = chain.iter().map(|union| union.name.clone()).collect();
    unions.extend([top.name.clone(), stays.name.clone(), new.name.clone()]);
    for end in [&top, &chain[0], &new] {
        desk.mirrored(&end.affiliation, &unions).await;
    }
    desk.recount(&unions, &[365, 395, 396, 540]).await;
    desk.employers_recounted(&names, &[&top, &chain[0], &new, &last]).await;
    let home = (Line::Area, HOME);
    assert_eq!(desk.figure(Metric::NewlyCovered, home, "2014-07-01").await, 4, "nobody is new");
    let there = (Line::Affiliation, new.affiliation.as_str());
    assert_eq!(desk.figure(Metric::CoveredEmployers, there, ON).await, 2);
}

#[tokio::test]
async fn a_union_that_ends_hands_everybody_over() {
    let desk = desk().await;
    let top = desk.federation().await;
    let chain = desk.chain(&top.name, 1..3).await;
    let below = &chain[1];
    let mut names = Vec::new();
    for serial in 1..4 {
        names.push(desk.covered(serial, &chain[0]).await);
    }
    // One that has ended by then needs no union any more.
    let gone = desk.covered(4, &chain[0]).await;
    let close = CloseEmployerRequest {
        name: gone.clone(),
        effective_date: date("2014-01-10"),
        ..Default::default()
    };
    let employers = Employers::over(desk.rig.register.clone());
    inner(employers.close_employer(call(close)).await).unwrap();
    let parts = vec![part(8, &[&names[0]], &[]), part(9, &[&names[1]], &[])];
    let refusal = desk.split(division(&chain[0], parts, true)).await.unwrap_err();
    let info = refusal.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.reason, "UNION_SPLIT_REMAINS");
    assert_eq!((info.metadata["count"].as_str(), &info.metadata["employers"]), ("1", &names[2]));

    let own = Union {
        union_type: "SINGLE_EMPLOYER".to_owned(),
        union_form: "COMMITTEE".to_owned(),
        employer: names[2].clone(),
        superior: below.name.clone(),
        ..joint(7, "")
    };
    let single = UnionPart { union: Some(own), ..part(7, &[&names[2]], &[]) };
    let parts = vec![part(8, &[&names[0], &names[1]], &[]), single];
    let outcome = MembershipOutcome { outcome: Outcome::Retained.into(), union: top.name.clone() };
    let decided = UnionDecision {
        asset_audit: Some(AssetAudit {
            number: "审〔2014〕2号".to_owned(),
            audited_on: date("2014-03-01"),
        }),
        approver: top.name.clone(),
        ..decision("2014-01-15").unwrap()
    };
    let message = SplitUnionRequest {
        decision: Some(decided.clone()),
        membership: Some(outcome.clone()),
        ..division(&chain[0], parts, true)
    };
    // A part cannot stand below what ends.
    assert_eq!(refused(desk.split(message.clone()).await), "UNION_SPLIT_INVALID");
    let mut message = message;
    message.parts[1].union.as_mut().unwrap().superior = top.name.clone();
    let change = desk.split(message).await.unwrap();
    assert_eq!(change.target, top.name, "whom no part names goes up");
    desk.carry().await;
    assert_eq!(desk.change(&change.name).await.state(), State::Done);
    let ended = desk.get(&chain[0].name).await.unwrap();
    assert_eq!((ended.state(), ended.split_into), (UnionState::Split, change.parts.clone()));
    assert_eq!((ended.decision, ended.membership), (Some(decided), Some(outcome)));
    assert_eq!(desk.get_on(&chain[0].name, "2014-01-31").await.membership, None);
    assert_eq!(desk.get(&below.name).await.unwrap().superior, top.name);
    for (name, part) in [(&names[0], 0), (&names[1], 0), (&names[2], 1)] {
        assert_eq!(desk.coverage(name, ON).await, change.parts[part]);
    }
    let message = ListUnionsRequest { filter: "state = SPLIT".to_owned(), ..Default::default() };
    let listed = inner(desk.service.list_unions(call(message)).await).unwrap().unions;
    assert_eq!(listed.len(), 1);
    let parts = [&change.parts[0], &change.parts[1], &chain[0].name, &below.name, &top.name];
    let unions: Vec<String> = parts.into_iter().cloned().collect();
    desk.recount(&unions, &[365, 395, 396, 540]).await;
    let first = desk.get(&change.parts[0]).await.unwrap();
    names.push(gone);
    desk.employers_recounted(&names, &[&top, &chain[0], &first]).await;
}

#[tokio::test]
async fn what_cannot_be_split_so_is_refused() {
    let desk = desk().await;
    let top = desk.federation().await;
    let chain = desk.chain(&top.name, 1..3).await;
    let (one, two) = (desk.covered(1, &chain[0]).await, desk.covered(2, &chain[1]).await);
    let refusal =
        async |parts: Vec<UnionPart>| refused(desk.split(division(&chain[0], parts, false)).await);
    assert_eq!(refusal(vec![part(9, &[&two], &[])]).await, "UNION_SPLIT_INVALID", "not its own");
    let twice = vec![part(8, &[&one], &[]), part(9, &[&one], &[])];
    assert_eq!(refusal(twice).await, "UNION_SPLIT_INVALID", "named twice");
    assert_eq!(refusal(vec![part(9, &[], &[&top])]).await, "UNION_SPLIT_INVALID", "not below");
    let nobody = "employers/00000000-0000-7000-8000-000000000001".to_owned();
    assert_eq!(refusal(vec![part(9, &[&nobody], &[])]).await, "NOT_FOUND");
    let federation = Union { union_type: "AREA_FEDERATION".to_owned(), ..joint(9, "") };
    let federation = UnionPart { union: Some(federation), ..part(9, &[&one], &[]) };
    assert_eq!(refusal(vec![federation]).await, "UNION_SPLIT_INVALID", "it covers nobody");
    let branch = Union { union_level: "BRANCH".to_owned(), ..joint(9, "") };
    let branch = UnionPart { union: Some(branch), ..part(9, &[], &[&chain[1]]) };
    assert_eq!(refusal(vec![branch]).await, "UNION_SPLIT_INVALID", "a lower level");
    assert_eq!(refusal(vec![part(1, &[&one], &[])]).await, "UNION_EXISTS", "the code is taken");
    assert_eq!(refusal(Vec::new()).await, "INVALID_FIELD");
    let given = |change: fn(&mut SplitUnionRequest)| {
        let mut message = division(&chain[0], vec![part(9, &[&one], &[])], false);
        change(&mut message);
        message
    };
    let refusal = async |change| refused(desk.split(given(change)).await);
    assert_eq!(refusal(|it| it.etag = "9".into()).await, "ETAG_MISMATCH");
    assert_eq!(refusal(|it| it.decision = None).await, "INVALID_FIELD");
    assert_eq!(refusal(|it| it.decision = decision("2014-02-02")).await, "UNION_DECISION_INVALID");
    assert_eq!(refusal(|it| it.effective_date = date("2014-07-02")).await, "UNION_DATE_INVALID");
    assert_eq!(refusal(|it| it.effective_date = date("2009-07-02")).await, "UNION_DATE_INVALID");
    let retained = |it: &mut SplitUnionRequest| {
        let outcome = MembershipOutcome { outcome: Outcome::Retained.into(), ..Default::default() };
        it.membership = Some(outcome);
    };
    assert_eq!(refusal(retained).await, "UNION_DECISION_INVALID", "retained nowhere");
    let approver = |it: &mut SplitUnionRequest| {
        let own = it.name.clone();
        it.decision.as_mut().unwrap().approver = own;
    };
    assert_eq!(refusal(approver).await, "UNION_DECISION_INVALID", "it is not above itself");
    let out_of_scope = desk.service.split_union(call_within("110102010", given(|_| ()))).await;
    assert_eq!(refused(inner(out_of_scope)), "OUT_OF_SCOPE", "where the part would stand");
    let mut elsewhere = given(|_| ());
    elsewhere.parts[0].union.as_mut().unwrap().seat = at(NEIGHBOUR);
    let out_of_scope = desk.service.split_union(call_within("110102010", elsewhere)).await;
    assert_eq!(refused(inner(out_of_scope)), "NOT_FOUND");
    let whole = division(
        &top,
        vec![UnionPart { union: Some(federation_of(NEIGHBOUR)), ..part(9, &[], &[]) }],
        true,
    );
    assert_eq!(refused(desk.split(whole).await), "UNION_SPLIT_INVALID", "nobody stands above");
    // Without anybody who follows it is done at once.
    let done = desk.split(division(&chain[1], vec![part(9, &[], &[])], false)).await.unwrap();
    assert_eq!(done.state(), State::Done);
    let all = division(&chain[1], vec![part(10, &[&two], &[])], true);
    desk.split(all).await.unwrap();
    desk.carry().await;
    let again = desk.split(division(&chain[1], vec![part(11, &[], &[])], false)).await;
    assert_eq!(refused(again), "UNION_ENDED");
}

fn federation_of(area: &str) -> Union {
    Union {
        union_type: "AREA_FEDERATION".to_owned(),
        territory: String::new(),
        seat: at(area),
        ..federation()
    }
}

#[tokio::test]
async fn an_employer_that_went_elsewhere_meanwhile_is_left_there() {
    let desk = desk().await;
    let top = desk.federation().await;
    let chain = desk.chain(&top.name, 1..2).await;
    let other = desk.create(joint(5, &top.name), "2010-01-01").await.unwrap();
    let names = [desk.covered(1, &chain[0]).await, desk.covered(2, &chain[0]).await];
    let message = division(&chain[0], vec![part(9, &[&names[0], &names[1]], &[])], false);
    let change = desk.split(message).await.unwrap();
    let employers = Employers::over(desk.rig.register.clone());
    let message = CoverEmployerRequest {
        name: names[0].clone(),
        union: other.name.clone(),
        previous_union: chain[0].name.clone(),
        effective_date: date("2014-03-01"),
        ..Default::default()
    };
    inner(employers.cover_employer(call(message)).await).unwrap();
    desk.carry().await;
    let part = desk.get(&change.parts[0]).await.unwrap();
    assert_eq!(desk.coverage(&names[0], "2014-02-28").await, part.name);
    assert_eq!(desk.coverage(&names[0], "2014-03-01").await, other.name);
    assert_eq!(desk.coverage(&names[1], "2014-03-01").await, part.name);
    desk.employers_recounted(&names, &[&top, &chain[0], &part, &other]).await;
}
