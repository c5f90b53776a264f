//! Two records of one person.

use unionhall_kit::{
    figures::read::{self, Question},
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    MergeMembersRequest, MergeMembersResponse, UnmergeMembersRequest, UnmergeMembersResponse,
    member_protection_service_server::MemberProtectionService,
};

use super::*;
use crate::{
    rules::member::{contribution::contributions, metric::MemberMetric},
    store::members::{self, Wanted, read_grounds},
};

const DAYS: [&str; 7] = [
    "2010-01-01",
    "2012-01-01",
    "2012-06-01",
    "2014-02-27",
    "2014-04-01",
    "2014-07-01",
    "2015-01-01",
];

impl Desk {
    pub(super) async fn merge_members(
        &self,
        target: &str,
        source: &str,
    ) -> Result<MergeMembersResponse, Status> {
        let message = MergeMembersRequest {
            name: target.to_owned(),
            source: source.to_owned(),
            ..Default::default()
        };
        inner(self.service.merge_members(call(message)).await)
    }

    async fn unmerge_members(&self, name: &str) -> Result<UnmergeMembersResponse, Status> {
        let message = UnmergeMembersRequest { name: name.to_owned(), ..Default::default() };
        inner(self.service.unmerge_members(call(message)).await)
    }

    /// Every figure of members in the district, as it is kept.
    pub(super) async fn figures(&self) -> Vec<i64> {
        self.rig.sequencer.drain().await.unwrap();
        let ask = |(metric, day): (MemberMetric, &&str)| Question {
            metric: metric.id(),
            line: Line::Area,
            node: Path::parse("110102").unwrap(),
            day: crate::testing::day(day),
        };
        let questions: Vec<Question> = MemberMetric::all()
            .flat_map(|(metric, ..)| DAYS.iter().map(move |day| (metric, day)))
            .map(ask)
            .collect();
        read::values(self.rig.register.ledger.db(), &questions).await.unwrap()
    }

    /// The same, counted from the facts of these.
    pub(super) async fn counted(&self, names: &[&str]) -> Vec<i64> {
        let reader = self.rig.register.ledger.db().reader();
        let ids: Vec<_> =
            names.iter().map(|name| super::super::decode::id(name).unwrap()).collect();
        let records = members::load(reader, &ids).await.unwrap();
        let wanted = Wanted::of(records.values().map(|record| &record.facts));
        let grounds = read_grounds(reader, &wanted).await.unwrap();
        let steps: Vec<_> =
            records.values().flat_map(|record| contributions(&record.facts, &grounds)).collect();
        let node = Path::parse("110102").unwrap();
        MemberMetric::all()
            .flat_map(|(metric, ..)| DAYS.iter().map(move |day| (metric, day)))
            .map(|(metric, day)| {
                let day = crate::testing::day(day);
                let counts = steps.iter().filter(|step| {
                    step.metric == metric.id()
                        && step.day <= day
                        && step.leaf.line == Line::Area
                        && step.leaf.node.within(&node)
                });
                counts.map(|step| step.delta).sum()
            })
            .collect()
    }
}

/// The same person twice: with a passport in 2012, and with the card since 2014.
async fn twice(desk: &Desk) -> (String, String) {
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let card = desk.create(person(0), &home, "2014-02-27").await.unwrap();
    let passport = IdentityDocument { document_type: "414".to_owned(), ..document("E00000017") };
    let earlier = Member {
        documents: vec![passport],
        sex: "1".to_owned(),
        birth_date: date("1888-08-08"),
        worker_group: "COURIER".to_owned(),
        mobile: "13900000009".to_owned(),
        ..person(0)
    };
    let earlier = desk.create(earlier, &other, "2012-01-01").await.unwrap();
    desk.end(&earlier.name, WayOut::Withdrawn, "2012-06-01").await.unwrap();
    (card.name, earlier.name)
}

async fn with_passport(desk: &Desk) -> Vec<Member> {
    let document = IdentityDocument { document_type: "414".to_owned(), ..document("E00000017") };
    let message = LookupMembersRequest { document: Some(document), ..Default::default() };
    inner(desk.service.lookup_members(call(message)).await).unwrap().members
}

#[tokio::test]
async fn two_records_become_one_and_two_again() {
    let desk = desk().await;
    let (target, source) = twice(&desk).await;
    let was =
        [desk.get_as("11", &target).await.unwrap(), desk.get_as("11", &source).await.unwrap()];
    let figures = desk.figures().await;
    assert_eq!(figures, desk.counted(&[&target, &source]).await);

    let check = MergeMembersRequest {
        name: target.clone(),
        source: source.clone(),
        validate_only: true,
        ..Default::default()
    };
    let checked = inner(desk.service.merge_members(call(check)).await).unwrap().member.unwrap();
    assert_eq!(checked.documents.len(), 2);
    assert_eq!(desk.get_as("11", &target).await.unwrap(), was[0]);

    let events = desk.rig.events().await.len();
    let merged = desk.merge_members(&target, &source).await.unwrap();
    assert_eq!(merged.findings, []);
    let member = merged.member.unwrap();
    assert_eq!(member.membership.as_ref().unwrap().number, 2, "it is a re-admission");
    assert_eq!(member.passages.len(), 3);
    assert_eq!((member.documents.len(), member.worker_group.as_str()), (2, "COURIER"));
    assert_eq!(member.masked_mobile, was[0].masked_mobile);
    let pointer = desk.get_as("11", &source).await.unwrap();
    assert_eq!(
        (pointer.merged_into.as_str(), pointer.display_name.as_str()),
        (target.as_str(), "")
    );
    assert_eq!(desk.rig.events().await.len(), events + 2);
    assert_eq!(desk.figures().await, desk.counted(&[&target, &source]).await);
    // Every document finds the one record.
    assert_eq!(with_passport(&desk).await[0].name, target);
    // What became a pointer changes no more.
    let refusal = desk.end(&source, WayOut::Withdrawn, "2014-06-01").await;
    assert_eq!(refused(refusal), "MEMBER_ERASED");
    let message = DeleteMemberRequest { name: target.clone(), ..Default::default() };
    assert_eq!(
        refused(inner(desk.service.delete_member(call(message)).await)),
        "MEMBER_MERGE_INVALID"
    );

    let back = desk.unmerge_members(&source).await.unwrap();
    for (was, is) in was.iter().zip([back.remained.unwrap(), back.member.unwrap()]) {
        assert_eq!(desk.get_as("11", &was.name).await.unwrap(), is);
        let same = Member { etag: is.etag.clone(), update_time: is.update_time, ..was.clone() };
        assert_eq!(is, same);
    }
    assert_eq!(desk.figures().await, figures);
    assert_eq!(with_passport(&desk).await[0].name, source);
    assert_eq!(refused(desk.unmerge_members(&source).await), "MEMBER_UNMERGE_INVALID");
    desk.merge_members(&source, &target).await.unwrap();
    assert_eq!(with_passport(&desk).await[0].name, source);
    assert_eq!(desk.figures().await, desk.counted(&[&target, &source]).await);
}

#[tokio::test]
async fn what_came_later_stands_in_the_way() {
    let desk = desk().await;
    let (target, source) = twice(&desk).await;
    desk.merge_members(&target, &source).await.unwrap();
    desk.end(&target, WayOut::Withdrawn, "2014-06-01").await.unwrap();
    let refusal = desk.unmerge_members(&source).await.unwrap_err();
    let info = refusal.get_error_details().error_info().cloned().unwrap();
    assert_eq!(info.reason, "MEMBER_UNMERGE_INVALID");
    assert!(info.metadata["problem"].ends_with("membership"), "{info:?}");
    // The remedy.
    let message = TakeBackPassageRequest { name: target.clone(), ..Default::default() };
    desk.service.take_back_passage(call(message)).await.unwrap();
    desk.unmerge_members(&source).await.unwrap();
    let confirmed = desk.get_as("11", &target).await.unwrap().confirmed_on;
    assert_eq!(confirmed, date("2014-07-01"), "what confirmed the person since stays");
    assert_eq!(desk.figures().await, desk.counted(&[&target, &source]).await);
}

#[tokio::test]
async fn nobody_is_a_member_twice() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    let one = desk.create(person(0), &home, "2014-02-27").await.unwrap().name;
    let two = desk.create(person(1), &other, "2014-03-01").await.unwrap().name;
    assert_eq!(refused(desk.merge_members(&one, &two).await), "MEMBER_MERGE_INVALID");
    assert_eq!(refused(desk.merge_members(&one, &one).await), "MEMBER_MERGE_INVALID");
    desk.end(&two, WayOut::Withdrawn, "2014-04-01").await.unwrap();
    assert_eq!(refused(desk.merge_members(&one, &two).await), "MEMBER_MERGE_INVALID");
    for (etag, source_etag) in [("7", ""), ("", "7")] {
        let message = MergeMembersRequest {
            name: one.clone(),
            source: two.clone(),
            etag: etag.to_owned(),
            source_etag: source_etag.to_owned(),
            ..Default::default()
        };
        assert_eq!(
            refused(inner(desk.service.merge_members(call(message)).await)),
            "ETAG_MISMATCH"
        );
    }
    let message =
        MergeMembersRequest { name: one.clone(), source: two.clone(), ..Default::default() };
    let outside = desk.service.merge_members(call_within("110102012", message)).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
    // Entered twice at one union: the longer membership is the one.
    let three = desk.create(person(2), &home, "2014-05-01").await.unwrap().name;
    let merged = desk.merge_members(&three, &one).await.unwrap();
    let member = merged.member.unwrap();
    assert_eq!(member.membership.unwrap().joined_on, date("2014-02-27"));
    let fields: Vec<&str> = merged.findings.iter().map(|finding| finding.field.as_str()).collect();
    assert_eq!(fields, ["birth_date"], "the other number is the person's up to the later day");
    assert_eq!(desk.figures().await, desk.counted(&[&one, &two, &three]).await);
    // Every number finds the one who remains.
    assert_eq!(desk.lookup_as("11", NUMBERS[0]).await[0].name, three);
    assert_eq!(refused(desk.create(person(0), &home, "2014-06-01").await), "MEMBER_EXISTS");
}

/// Merged two ways at once: one of them comes too late.
#[tokio::test]
async fn two_merges_at_once_leave_one_record() {
    let desk = desk().await;
    let (target, source) = twice(&desk).await;
    let (one, two) =
        tokio::join!(desk.merge_members(&target, &source), desk.merge_members(&source, &target));
    assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
    assert_eq!(desk.figures().await, desk.counted(&[&target, &source]).await);
}
