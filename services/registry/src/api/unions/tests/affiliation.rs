//! Unions that come below another one, with everybody below them.

use std::collections::BTreeMap;

use unionhall_kit::{
    figures::read::{Question, values},
    ledger::{EventKind, feed::Positioned},
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    AffiliateUnionRequest, CoverEmployerRequest, CreateEmployerRequest, DeleteUnionRequest,
    Employer, GetStructureChangeRequest, ListStructureChangesRequest, ListUnionsRequest,
    StructureChange, area_service_server::AreaService, coverage_service_server::CoverageService,
    employer_service_server::EmployerService, structure_change::State,
};

use super::*;
use crate::{
    api::{areas::Areas, employers::Employers},
    jobs::structure::Carrier,
    rules::{contribution::Metric, union::affiliation::MAX_DEPTH},
    testing::call_on_both_lines,
};

const REQUEST_ID: &str = "00000000-0000-7000-8000-0000000000aa";

fn of_union(event: &Positioned) -> bool {
    event.record.starts_with("unions/")
}

fn order(name: &str, superior: &str, from: &str) -> AffiliateUnionRequest {
    AffiliateUnionRequest {
        name: name.to_owned(),
        superior: superior.to_owned(),
        effective_date: date(from),
        ..Default::default()
    }
}

impl Desk {
    async fn affiliate(
        &self,
        name: &str,
        superior: &str,
        from: &str,
    ) -> Result<StructureChange, Status> {
        self.affiliate_with(order(name, superior, from)).await
    }

    async fn affiliate_with(
        &self,
        message: AffiliateUnionRequest,
    ) -> Result<StructureChange, Status> {
        inner(self.service.affiliate_union(call(message)).await)
    }

    /// Another federation of its sub-district.
    async fn neighbour(&self) -> Union {
        let given = Union {
            display_name: "北京市西城区另一街道总工会".to_owned(),
            territory: "areas/110102010".to_owned(),
            seat: at(NEIGHBOUR),
            ..federation()
        };
        self.create(given, "2000-01-01").await.unwrap()
    }

    /// A chain of joint unions, each below the one before.
    pub(super) async fn chain(&self, top: &str, serials: std::ops::Range<u32>) -> Vec<Union> {
        let mut chain: Vec<Union> = Vec::new();
        for serial in serials {
            let above = chain.last().map_or(top.to_owned(), |union| union.name.clone());
            chain.push(self.create(joint(serial, &above), "2010-01-01").await.unwrap());
        }
        chain
    }

    /// An employer that the union covers since 2013.
    pub(super) async fn covered(&self, serial: u32, union: &Union) -> String {
        let employers = Employers::over(self.rig.register.clone());
        let body = CreditCode::compose('9', '1', "110102", &format!("{serial:08}")).unwrap();
        let employer = Employer {
            display_name: format!("北京某某第{serial}商店"),
            credit_code: body.to_string(),
            ownership: "57".to_owned(),
            actual_address: at(HOME),
            ..Default::default()
        };
        let message = CreateEmployerRequest {
            employer: Some(employer),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        let name = inner(employers.create_employer(call(message)).await).unwrap().name;
        let message = CoverEmployerRequest {
            name: name.clone(),
            union: union.name.clone(),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        inner(employers.cover_employer(call(message)).await).unwrap();
        name
    }

    async fn covered_at(&self, affiliation: &str, day: &str) -> i64 {
        let question = Question {
            metric: Metric::CoveredEmployers.id(),
            line: Line::Affiliation,
            node: Path::parse(affiliation).unwrap(),
            day: crate::testing::day(day),
        };
        values(self.rig.register.ledger.db(), &[question]).await.unwrap()[0]
    }

    fn areas(&self) -> Areas {
        Areas::new(self.rig.register.clone())
    }

    pub(super) async fn change(&self, name: &str) -> StructureChange {
        let message = GetStructureChangeRequest { name: name.to_owned() };
        inner(self.areas().get_structure_change(call(message)).await).unwrap()
    }

    /// What tells of a subtree to who sees this path alone.
    pub(super) async fn pairs_below(&self, affiliation: &str) -> Vec<Positioned> {
        let pair = [EventKind::Left as i16, EventKind::Entered as i16];
        let mut seen = self.rig.events_below(affiliation).await;
        seen.retain(|event| of_union(event) && pair.contains(&event.kind));
        seen
    }

    /// Whoever sees this path alone, and does with each change what the contract says, holds
    /// those of the unions that stand there.
    pub(super) async fn mirrored(&self, affiliation: &str, unions: &[String]) {
        let mut there = BTreeMap::new();
        for name in unions {
            there.insert(name.clone(), self.get(name).await.unwrap().affiliation);
        }
        let mut held: BTreeMap<String, String> = BTreeMap::new();
        let seen = self.rig.events_below(affiliation).await;
        for event in seen.into_iter().filter(of_union) {
            let path = event.affiliation.unwrap_or_default();
            let (left, entered) = (EventKind::Left as i16, EventKind::Entered as i16);
            if event.kind == left {
                held.retain(|_, stood| !stood.starts_with(&path));
            } else if event.kind == entered {
                let below = there.iter().filter(|(_, stands)| stands.starts_with(&path));
                held.extend(below.map(|(name, stands)| (name.clone(), stands.clone())));
            } else if event.kind == EventKind::Removed as i16 {
                held.remove(&event.record);
            } else {
                held.insert(event.record, path);
            }
        }
        there.retain(|_, stands| stands.starts_with(affiliation));
        assert_eq!(held, there, "{affiliation}");
    }

    pub(super) async fn carry(&self) {
        let carrier = Carrier::new(self.rig.register.clone());
        while carrier.step().await.unwrap() {}
    }
}

#[tokio::test]
async fn a_union_comes_below_another_one_with_everybody_below_it() {
    let desk = desk().await;
    let (old, new) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&old.name, 1..4).await;
    let (root, last) = (&chain[0], &chain[2]);
    desk.covered(1, root).await;
    desk.covered(2, last).await;
    assert_eq!(desk.covered_at(&old.affiliation, "2014-03-31").await, 2);
    let noted = desk.rig.events().await.len();

    let preview =
        AffiliateUnionRequest { validate_only: true, ..order(&root.name, &new.name, "2014-04-01") };
    let preview = desk.affiliate_with(preview).await.unwrap();
    assert_eq!((preview.name.as_str(), preview.state()), ("", State::Preview));
    assert_eq!((preview.union_count, preview.employer_count), (3, 2));
    assert_eq!(desk.get(&root.name).await.unwrap(), *root, "nothing is written");

    let message = AffiliateUnionRequest {
        request_id: REQUEST_ID.to_owned(),
        etag: root.etag.clone(),
        ..order(&root.name, &new.name, "2014-04-01")
    };
    let change = desk.affiliate_with(message.clone()).await.unwrap();
    assert_eq!((change.state(), change.moved_union_count), (State::Applying, 1));
    let moved = desk.get(&root.name).await.unwrap();
    assert_eq!(moved.superior, new.name);
    assert!(moved.affiliation.starts_with(&new.affiliation));
    assert_eq!(desk.covered_at(&new.affiliation, "2014-04-01").await, 1, "the root's own at once");
    assert_eq!(desk.affiliate_with(message).await.unwrap().name, change.name, "the same request");

    // The first process ended here; another one goes on.
    let other = Carrier::new(desk.rig.another_process().await);
    while other.step().await.unwrap() {}
    let done = desk.change(&change.name).await;
    assert_eq!((done.state(), done.moved_union_count), (State::Done, 3));
    assert_eq!((done.employer_count, done.moved_employer_count), (2, 2));
    let carried = desk.get(&last.name).await.unwrap();
    assert!(carried.affiliation.starts_with(&moved.affiliation));
    assert_eq!((carried.superior.as_str(), carried.etag.as_str()), (&*chain[1].name, "2"));
    for (day, there, here) in [("2014-03-31", 2, 0), ("2014-04-01", 0, 2)] {
        assert_eq!(desk.covered_at(&old.affiliation, day).await, there, "{day}");
        assert_eq!(desk.covered_at(&new.affiliation, day).await, here, "{day}");
    }
    let before = desk.get_on(&root.name, "2014-03-31").await;
    assert_eq!(before.superior, old.name);

    // The root's own event at once, and one pair for its subtree when everybody has arrived.
    let events = desk.rig.events().await;
    assert_eq!(events.len(), noted + 1, "the area line sees the root's own event alone");
    let told = desk.rig.events_below(&moved.affiliation).await;
    let told: Vec<_> = told.iter().map(|event| (event.kind, event.version)).collect();
    assert_eq!(told, [(EventKind::Updated as i16, 2), (EventKind::Entered as i16, 3)]);
    let left = desk.pairs_below(&old.affiliation).await;
    assert_eq!(left.len(), 1, "{left:?}");
    let left = &left[0];
    assert_eq!(left.affiliation.as_deref(), Some(root.affiliation.as_str()));
    assert_eq!((left.record.as_str(), left.version), (root.name.as_str(), 3));
    assert!(left.snapshot.is_empty());
}

#[tokio::test]
async fn a_mirror_of_either_end_holds_what_is_there() {
    let desk = desk().await;
    let (old, new) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&old.name, 1..4).await;
    let names: Vec<String> =
        [&old, &new].into_iter().chain(&chain).map(|union| union.name.clone()).collect();
    desk.affiliate(&chain[0].name, &new.name, "2014-04-01").await.unwrap();
    // One that has not followed yet shows itself at the old end once more.
    desk.mark(&chain[2].name, "AWARD", "2014-05-01").await.unwrap();
    desk.carry().await;
    for end in [&old, &new] {
        desk.mirrored(&end.affiliation, &names).await;
    }
    let pairs = desk.pairs_below(&old.affiliation).await.len();
    assert_eq!((pairs, desk.pairs_below(&new.affiliation).await.len()), (1, 1));
}

#[tokio::test]
async fn the_root_is_not_withdrawn_before_its_subtree_is_told_of() {
    let desk = desk().await;
    let (old, new) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&old.name, 1..3).await;
    desk.affiliate(&chain[0].name, &new.name, "2014-04-01").await.unwrap();
    let withdraw = async |name: &str| {
        let message = DeleteUnionRequest { name: name.to_owned(), ..Default::default() };
        inner(desk.service.delete_union(call(message)).await)
    };
    withdraw(&chain[1].name).await.unwrap();
    assert_eq!(refused(withdraw(&chain[0].name).await), "CONFLICT");
    desk.carry().await;
    withdraw(&chain[0].name).await.unwrap();
    let names = [old.name.clone(), new.name.clone()];
    for end in [&old, &new] {
        desk.mirrored(&end.affiliation, &names).await;
    }
}

#[tokio::test]
async fn directly_affiliated_unions_are_listed() {
    let desk = desk().await;
    let federation = desk.federation().await;
    let chain = desk.chain(&federation.name, 1..3).await;
    let listed = async || {
        let filter = format!("superior = {}", federation.name);
        let message = ListUnionsRequest { filter, ..Default::default() };
        let page = inner(desk.service.list_unions(call(message)).await).unwrap();
        page.unions.into_iter().map(|union| union.name).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [chain[0].name.clone()]);
    desk.affiliate(&chain[1].name, &federation.name, "2014-07-01").await.unwrap();
    let mut both: Vec<String> = chain.iter().map(|union| union.name.clone()).collect();
    both.sort();
    let mut found = listed().await;
    found.sort();
    assert_eq!(found, both);
    let alone = desk.affiliate(&chain[0].name, "", "2014-07-01").await.unwrap();
    assert_eq!((alone.state(), alone.target.as_str()), (State::Done, ""));
    assert_eq!(desk.get(&chain[0].name).await.unwrap().superior, "");
}

#[tokio::test]
async fn what_cannot_be_above_is_refused() {
    let desk = desk().await;
    let federation = desk.federation().await;
    let chain = desk.chain(&federation.name, 1..3).await;
    let (root, below) = (&chain[0], &chain[1]);
    let on = "2014-07-01";
    let refusal =
        async |name: &str, superior: &str| refused(desk.affiliate(name, superior, on).await);
    assert_eq!(refusal(&root.name, &below.name).await, "SUPERIOR_INVALID", "a ring");
    assert_eq!(refusal(&root.name, &root.name).await, "SUPERIOR_INVALID", "itself");
    assert_eq!(refusal(&root.name, &federation.name).await, "SUPERIOR_INVALID", "as it is");
    assert_eq!(refusal(&federation.name, &root.name).await, "SUPERIOR_INVALID", "a lower level");
    let nobody = "unions/00000000-0000-7000-8000-000000000001";
    assert_eq!(refusal(&root.name, nobody).await, "SUPERIOR_INVALID", "unknown");
    assert_eq!(refusal(nobody, &root.name).await, "NOT_FOUND");
    assert_eq!(refused(desk.affiliate(&below.name, "", "2014-07-02").await), "UNION_DATE_INVALID");
    assert_eq!(refused(desk.affiliate(&below.name, "", "2009-12-31").await), "UNION_DATE_INVALID");
    let stale = AffiliateUnionRequest { etag: "7".into(), ..order(&below.name, "", on) };
    assert_eq!(refused(desk.affiliate_with(stale).await), "ETAG_MISMATCH");
    let malformed = desk.affiliate(&below.name, "areas/11", on).await;
    assert_eq!(refused(malformed), "INVALID_FIELD");
    desk.dissolve(&below.name, "2014-06-01").await.unwrap();
    assert_eq!(refused(desk.affiliate(&below.name, "", on).await), "UNION_ENDED");
    let ended = desk.chain(&federation.name, 11..12).await;
    desk.dissolve(&ended[0].name, "2014-06-01").await.unwrap();
    assert_eq!(refusal(&root.name, &ended[0].name).await, "SUPERIOR_INVALID", "it ended");
}

#[tokio::test]
async fn nobody_comes_to_stand_too_deep() {
    let desk = desk().await;
    let federation = desk.federation().await;
    let deep = desk.chain(&federation.name, 1..8).await;
    let other = desk.chain(&federation.name, 11..16).await;
    assert_eq!(MAX_DEPTH, 12);
    let (seventh, sixth) = (&deep[6].name, &deep[5].name);
    let refusal = desk.affiliate(&other[0].name, seventh, "2014-07-01").await;
    assert_eq!(refused(refusal), "SUPERIOR_INVALID", "eight above and five");
    desk.affiliate(&other[0].name, sixth, "2014-07-01").await.unwrap();
    desk.carry().await;
    let shown = desk.get(&other[4].name).await.unwrap();
    assert_eq!(shown.affiliation.len(), 1 + 12 * 10);
}

#[tokio::test]
async fn who_does_not_see_both_ends_is_told_of_neither() {
    let desk = desk().await;
    let (federation, neighbour) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&federation.name, 1..3).await;
    let message = order(&chain[0].name, &neighbour.name, "2014-07-01");
    let as_home = desk.service.affiliate_union(call_within(SUBDISTRICT, message.clone())).await;
    assert_eq!(refused(inner(as_home)), "SUPERIOR_INVALID", "the new end is out of sight");
    let as_neighbour =
        desk.service.affiliate_union(call_within("110102010", message.clone())).await;
    assert_eq!(refused(inner(as_neighbour)), "NOT_FOUND");
    let change = desk.affiliate_with(message).await.unwrap();

    let get = GetStructureChangeRequest { name: change.name.clone() };
    let areas = desk.areas();
    let hidden = areas.get_structure_change(call_within(SUBDISTRICT, get.clone())).await;
    assert_eq!(refused(inner(hidden)), "NOT_FOUND");
    let listed = async |scope| {
        let message = ListStructureChangesRequest::default();
        let page = areas.list_structure_changes(call_within(scope, message)).await;
        inner(page).unwrap().structure_changes.len()
    };
    assert_eq!((listed(SUBDISTRICT).await, listed("11").await), (0, 1));
    let by_line = call_on_both_lines("110102010", &neighbour.affiliation, get);
    inner(areas.get_structure_change(by_line).await).unwrap();
}

#[tokio::test]
async fn what_is_on_its_way_is_left_alone() {
    let desk = desk().await;
    let (federation, neighbour) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&federation.name, 1..4).await;
    let other = desk.chain(&federation.name, 11..12).await.pop().unwrap();
    desk.affiliate(&chain[0].name, &neighbour.name, "2014-05-01").await.unwrap();
    let on = "2014-07-01";
    let conflict = "CONFLICT";
    assert_eq!(refused(desk.affiliate(&chain[2].name, "", on).await), conflict);
    assert_eq!(refused(desk.affiliate(&other.name, &chain[2].name, on).await), conflict);
    assert_eq!(refused(desk.affiliate(&neighbour.name, "", on).await), "SUPERIOR_INVALID");
    assert_eq!(refused(desk.create(joint(9, &chain[1].name), on).await), conflict);
    // What has nothing to do with it goes on, and so does a change of what is on its way.
    desk.affiliate(&other.name, &neighbour.name, on).await.unwrap();
    desk.mark(&chain[2].name, "AWARD", on).await.unwrap();
    desk.covered(1, &chain[2]).await;
    desk.carry().await;
    assert_eq!(desk.covered_at(&neighbour.affiliation, on).await, 1);
    assert_eq!(desk.covered_at(&federation.affiliation, on).await, 0);
    assert_eq!(desk.covered_at(&federation.affiliation, "2014-04-30").await, 1);
    let below = desk.create(joint(9, &chain[1].name), on).await.unwrap();
    assert!(below.affiliation.starts_with(&neighbour.affiliation));
}

#[tokio::test]
async fn a_backdated_change_lasts_until_the_next_that_is_recorded() {
    let desk = desk().await;
    let (federation, neighbour) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&federation.name, 1..3).await;
    desk.covered(1, &chain[1]).await;
    desk.affiliate(&chain[0].name, "", "2014-06-01").await.unwrap();
    desk.carry().await;
    let change = desk.affiliate(&chain[0].name, &neighbour.name, "2014-02-01").await.unwrap();
    assert_eq!((change.union_count, change.employer_count), (2, 1));
    let events = desk.rig.events_below(&neighbour.affiliation).await.len();
    desk.carry().await;
    assert_eq!(
        desk.rig.events_below(&neighbour.affiliation).await.len(),
        events,
        "nobody is there"
    );
    let covered = async |union: &Union, day| desk.covered_at(&union.affiliation, day).await;
    for (day, first, second) in [("2014-01-31", 1, 0), ("2014-02-01", 0, 1), ("2014-06-01", 0, 0)] {
        assert_eq!(covered(&federation, day).await, first, "{day}");
        assert_eq!(covered(&neighbour, day).await, second, "{day}");
    }
    let alone = desk.get(&chain[1].name).await.unwrap();
    assert_eq!(desk.covered_at(&alone.affiliation, "2014-06-01").await, 1);
}

#[tokio::test]
async fn unions_are_listed_by_what_they_unite_and_whom_they_cover() {
    let desk = desk().await;
    let (federation, neighbour) = (desk.federation().await, desk.neighbour().await);
    let chain = desk.chain(&federation.name, 1..3).await;
    let employer = desk.covered(1, &chain[1]).await;
    let listed = async |scope: &str, filter: &str| {
        let message = ListUnionsRequest { filter: filter.to_owned(), ..Default::default() };
        let page = inner(desk.service.list_unions(call_within(scope, message)).await).unwrap();
        page.unions.into_iter().map(|union| union.name).collect::<Vec<_>>()
    };
    // The seats of both lie elsewhere than what they unite would tell.
    assert_eq!(listed("11", &format!("territory = {SUBDISTRICT}")).await, [&*federation.name]);
    let mut both = [federation.name.clone(), neighbour.name.clone()];
    both.sort();
    let mut found = listed("11", "territory = 110102").await;
    found.sort();
    assert_eq!(found, both);
    assert_eq!(listed("11", "territory = 110102 AND state = DISSOLVED").await, [""; 0]);
    assert_eq!(listed("11", &format!("territory = {HOME}")).await, [""; 0], "a larger one");
    desk.dissolve(&neighbour.name, "2014-05-01").await.unwrap();
    let ended = "territory = 110102010 AND state = DISSOLVED";
    assert_eq!(listed("11", ended).await, [&*neighbour.name]);

    let other = Union {
        name: federation.name.clone(),
        territory: "areas/110102003".to_owned(),
        ..Default::default()
    };
    desk.update(other, &["territory"], "2014-06-01").await.unwrap();
    let before = format!("territory = {SUBDISTRICT}");
    assert_eq!(listed("11", &before).await, [""; 0], "it unites another one by now");
    assert_eq!(listed("11", "territory = 110102003").await, [&*federation.name]);

    let of = format!("employer = {employer}");
    assert_eq!(listed("11", &of).await, [&*chain[1].name]);
    assert_eq!(listed("11", &format!("{of} AND territory = 110102")).await, [""; 0]);
    let seated = Union { seat: at(NEIGHBOUR), ..joint(9, &federation.name) };
    let seated = desk.create(seated, "2010-01-01").await.unwrap();
    let elsewhere = desk.covered(2, &seated).await;
    let of_elsewhere = format!("employer = {elsewhere}");
    assert_eq!(listed("11", &of_elsewhere).await, [&*seated.name]);
    let found = listed("110102010", &of_elsewhere).await;
    assert_eq!(found, [""; 0], "who sees the union sees not the employer");
    let nobody = "employer = employers/00000000-0000-7000-8000-000000000001";
    assert_eq!(listed("11", nobody).await, [""; 0]);
    let wrong = ListUnionsRequest { filter: "employer = 7".to_owned(), ..Default::default() };
    assert_eq!(refused(inner(desk.service.list_unions(call(wrong)).await)), "INVALID_FILTER");
}
