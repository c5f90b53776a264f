//! Unions that go into another one.

use unionhall_kit::{
    figures::read::{Question, values},
    ledger::EventKind,
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    Approval, GetEmployerRequest, LookupUnionRequest, MergeUnionsRequest, StructureChange,
    UnionDecision, employer_service_server::EmployerService, lineage::Kind,
    structure_change::State, union::State as UnionState,
};

use super::*;
use crate::{api::employers::Employers, rules::contribution::Metric};

pub(super) fn decision(decided_on: &str) -> Option<UnionDecision> {
    Some(UnionDecision {
        approval: Some(Approval {
            body: "北京市西城区某某街道总工会".to_owned(),
            number: "某工发〔2014〕3号".to_owned(),
        }),
        decided_on: date(decided_on),
        asset_note: "经费、财产移交接收工会".to_owned(),
        ..Default::default()
    })
}

fn merger(target: &str, sources: &[&Union], from: &str) -> MergeUnionsRequest {
    MergeUnionsRequest {
        name: target.to_owned(),
        sources: sources.iter().map(|union| union.name.clone()).collect(),
        decision: decision("2014-01-15"),
        effective_date: date(from),
        ..Default::default()
    }
}

impl Desk {
    async fn merge(&self, message: MergeUnionsRequest) -> Result<StructureChange, Status> {
        inner(self.service.merge_unions(call(message)).await)
    }

    pub(super) async fn figure(
        &self,
        metric: Metric,
        (line, node): (Line, &str),
        day: &str,
    ) -> i64 {
        let question = Question {
            metric: metric.id(),
            line,
            node: Path::parse(node).unwrap(),
            day: crate::testing::day(day),
        };
        values(self.rig.register.ledger.db(), &[question]).await.unwrap()[0]
    }
}

#[tokio::test]
async fn whom_they_cover_and_who_stands_below_passes_to_the_one_that_takes_over() {
    let desk = desk().await;
    let top = desk.federation().await;
    let source = desk.chain(&top.name, 1..4).await;
    let target = desk.create(joint(9, &top.name), "2010-01-01").await.unwrap();
    let mut names = Vec::new();
    for (serial, union) in [(1, &source[0]), (2, &source[0]), (3, &source[2])] {
        names.push(desk.covered(serial, union).await);
    }
    let preview = MergeUnionsRequest {
        validate_only: true,
        ..merger(&target.name, &[&source[0]], "2014-02-01")
    };
    let preview = desk.merge(preview).await.unwrap();
    assert_eq!((preview.state(), preview.kind()), (State::Preview, Kind::UnionsMerged));
    assert_eq!((preview.union_count, preview.employer_count), (2, 3));

    let message = MergeUnionsRequest {
        request_id: "00000000-0000-7000-8000-0000000000ab".to_owned(),
        ..merger(&target.name, &[&source[0]], "2014-02-01")
    };
    let change = desk.merge(message.clone()).await.unwrap();
    assert_eq!(change.state(), State::Applying);
    assert_eq!(desk.merge(message).await.unwrap().name, change.name, "the same request");
    // What is still on its way is left alone, and who takes over stays.
    assert_eq!(refused(desk.dissolve(&target.name, "2014-07-01").await), "CONFLICT");
    let later = desk.create(joint(10, &target.name), "2014-07-01").await.unwrap();
    desk.carry().await;
    let done = desk.change(&change.name).await;
    assert_eq!((done.state(), done.moved_union_count), (State::Done, 2));
    assert_eq!((done.employer_count, done.moved_employer_count), (3, 3));

    let ended = desk.get(&source[0].name).await.unwrap();
    assert_eq!((ended.state(), ended.successor), (UnionState::Merged, target.name.clone()));
    assert_eq!(ended.decision, decision("2014-01-15"));
    assert_eq!(desk.get_on(&source[0].name, "2014-01-31").await.state(), UnionState::Active);
    let below = desk.get(&source[1].name).await.unwrap();
    assert_eq!(below.superior, target.name);
    let last = desk.get(&source[2].name).await.unwrap();
    assert!(last.affiliation.starts_with(&target.affiliation));
    let employers = Employers::over(desk.rig.register.clone());
    let read = GetEmployerRequest { name: names[0].clone(), day: date("2014-02-01") };
    let read = inner(employers.get_employer(call(read)).await).unwrap();
    assert_eq!(read.coverage.unwrap().union, target.name);

    let pairs = desk.pairs_below(&top.affiliation).await;
    let pairs: Vec<_> = pairs.iter().map(|event| (event.kind, event.record.as_str())).collect();
    let (left, entered) = (EventKind::Left as i16, EventKind::Entered as i16);
    assert_eq!(pairs, [(left, &*source[0].name), (entered, &*target.name)]);
    let mut unions: Vec<String> = source.iter().map(|union| union.name.clone()).collect();
    unions.extend([top.name.clone(), target.name.clone(), later.name]);
    for end in [&top, &source[0], &target] {
        desk.mirrored(&end.affiliation, &unions).await;
    }

    let home = (Line::Area, HOME);
    let there = (Line::Affiliation, target.affiliation.as_str());
    let here = (Line::Affiliation, source[0].affiliation.as_str());
    for (node, before, after) in [(home, 3, 3), (there, 0, 3), (here, 3, 0)] {
        let metric = Metric::CoveredEmployers;
        assert_eq!(desk.figure(metric, node, "2014-01-31").await, before, "{node:?}");
        assert_eq!(desk.figure(metric, node, "2014-02-01").await, after, "{node:?}");
    }
    assert_eq!(desk.figure(Metric::NewlyCovered, home, "2014-07-01").await, 3, "nobody is new");
    let lookup = LookupUnionRequest { code: source[0].credit_code.clone(), day: None };
    let lookup = inner(desk.service.lookup_union(call(lookup)).await);
    assert_eq!(refused(lookup), "NOT_FOUND", "its code is free");
}

#[tokio::test]
async fn what_cannot_become_one_is_refused() {
    let desk = desk().await;
    let top = desk.federation().await;
    let chain = desk.chain(&top.name, 1..3).await;
    let other = desk.create(joint(9, &top.name), "2010-01-01").await.unwrap();
    desk.covered(1, &chain[0]).await;
    let on = "2014-02-01";
    let refusal = async |target: &Union, source: &Union| {
        refused(desk.merge(merger(&target.name, &[source], on)).await)
    };
    assert_eq!(refusal(&other, &other).await, "UNION_MERGE_INVALID", "into itself");
    assert_eq!(refusal(&chain[1], &chain[0]).await, "UNION_MERGE_INVALID", "it stands below");
    assert_eq!(refusal(&other, &top).await, "UNION_MERGE_INVALID", "a lower level");
    assert_eq!(refusal(&top, &chain[0]).await, "UNION_MERGE_INVALID", "a federation covers nobody");
    let late = MergeUnionsRequest {
        decision: decision("2014-02-02"),
        ..merger(&other.name, &[&chain[0]], on)
    };
    assert_eq!(refused(desk.merge(late).await), "UNION_DECISION_INVALID", "decided later");
    let future = desk.merge(merger(&other.name, &[&chain[0]], "2014-07-02")).await;
    assert_eq!(refused(future), "UNION_DATE_INVALID");
    let stale =
        MergeUnionsRequest { etag: "9".to_owned(), ..merger(&other.name, &[&chain[0]], on) };
    assert_eq!(refused(desk.merge(stale).await), "ETAG_MISMATCH");
    let unknown =
        Union { name: "unions/00000000-0000-7000-8000-000000000001".into(), ..other.clone() };
    assert_eq!(refusal(&other, &unknown).await, "NOT_FOUND");
    let message = merger(&other.name, &[&chain[0]], on);
    let out_of_scope = desk.service.merge_unions(call_within("110102010", message)).await;
    assert_eq!(refused(inner(out_of_scope)), "NOT_FOUND");
    let undecided = MergeUnionsRequest { decision: None, ..merger(&other.name, &[&chain[0]], on) };
    assert_eq!(refused(desk.merge(undecided).await), "INVALID_FIELD");
    // One that covers nobody and has nobody below it is done at once.
    let done = desk.merge(merger(&chain[0].name, &[&chain[1], &other], on)).await.unwrap();
    assert_eq!((done.state(), done.sources.len()), (State::Done, 2));
    assert_eq!(refusal(&chain[0], &other).await, "UNION_ENDED");
}
