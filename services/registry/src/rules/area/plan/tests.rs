use proptest::prelude::*;

use super::{
    super::tree::{LOOKS, LineageKind},
    *,
};

const TODAY: &str = "2015-03-18";

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn path(label: &str) -> AreaPath {
    AreaPath::parse(label).unwrap()
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn wish(label: &str, text: &str, from: &str) -> NewArea {
    NewArea { path: path(label), name: name(text), from: day(from), history_unknown: false }
}

/// Two sub-districts with three communities, all since 1900.
fn tree() -> AreaTree {
    let mut tree = AreaTree::default();
    for (label, text) in [
        ("11", "北京市"),
        ("1101", "市辖区"),
        ("110102", "西城区"),
        ("110102010", "德胜街道"),
        ("110102012", "什刹海街道"),
        ("110102010001", "新康社区"),
        ("110102010002", "新外社区"),
        ("110102012001", "西海社区"),
    ] {
        let wish = wish(label, text, "1900-01-01");
        let plan = plan_create(&tree, wish, day(TODAY)).unwrap();
        tree.apply(&plan);
    }
    tree
}

fn apply(tree: &mut AreaTree, plan: Result<AreaPlan, AreaFault>) -> AreaPlan {
    let plan = plan.unwrap();
    tree.apply(&plan);
    for text in ["1899-12-31", "1900-01-01", "2014-06-30", "2014-07-01", TODAY] {
        assert_eq!(tree.faults_on(day(text)), [], "{text}");
    }
    plan
}

#[test]
fn creation_asks_for_an_open_parent_a_fresh_label_and_a_free_name() {
    let tree = tree();
    let create = |wish| plan_create(&tree, wish, day(TODAY));
    assert_eq!(
        create(wish("110102010001", "北广社区", "2014-01-01")),
        Err(AreaFault::LabelTaken(path("110102010001")))
    );
    assert_eq!(
        create(wish("110102099001", "北广社区", "2014-01-01")),
        Err(AreaFault::ParentNotOpen(path("110102099"), day("2014-01-01")))
    );
    assert_eq!(
        create(wish("110102010003", "新康社区", "2014-01-01")),
        Err(AreaFault::NameTaken(path("110102010001"), name("新康社区")))
    );
    assert_eq!(
        create(wish("110102010003", "北广社区", "2015-03-19")),
        Err(AreaFault::InFuture(day("2015-03-19")))
    );
    assert_eq!(
        create(wish("110102010003", "北广社区", "1899-12-31")),
        Err(AreaFault::ParentNotOpen(path("110102010"), day("1899-12-31")))
    );
    assert!(create(wish("110102012002", "新康社区", TODAY)).is_ok(), "another parent");
}

#[test]
fn a_rename_keeps_the_label_and_dates_the_name() {
    let mut tree = tree();
    let rename = |tree: &AreaTree, label: &str, text: &str, from: &str| {
        plan_rename(tree, &path(label), name(text), day(from), day(TODAY))
    };
    let plan = rename(&tree, "110102010001", "新风社区", "2014-07-01");
    apply(&mut tree, plan);
    let fact = tree.get(&path("110102010001")).unwrap();
    assert_eq!(fact.name_on(day("2014-06-30")), Some(&name("新康社区")));
    assert_eq!(fact.name_on(day("2014-07-01")), Some(&name("新风社区")));
    assert_eq!(
        rename(&tree, "110102010001", "北广社区", "2014-06-30"),
        Err(AreaFault::TooEarly(path("110102010001"), day("2014-07-01")))
    );
    assert_eq!(rename(&tree, "110102010001", "新风社区", TODAY), Ok(AreaPlan::default()));
    assert!(rename(&tree, "110102010002", "新康社区", "2014-06-30").is_err(), "borne that day");
    assert!(rename(&tree, "110102010002", "新康社区", "2014-07-01").is_ok(), "free since");
}

#[test]
fn a_move_takes_the_subtree_to_fresh_labels_with_lineage() {
    let mut tree = tree();
    let plan = plan_create(&tree, wish("110101", "东城区", "1900-01-01"), day(TODAY));
    apply(&mut tree, plan);
    let on = day("2014-07-01");
    let plan = plan_move(&tree, &path("110102010"), &path("110101030"), on, day(TODAY));
    let plan = apply(&mut tree, plan);
    let carried: Vec<_> = plan
        .relocations()
        .map(|link| (link.predecessor.to_string(), link.successor.to_string()))
        .collect();
    let pair = |old: &str, new: &str| (old.to_owned(), new.to_owned());
    assert_eq!(
        carried,
        [
            pair("110102010", "110101030"),
            pair("110102010001", "110101030001"),
            pair("110102010002", "110101030002"),
        ]
    );
    let moved = tree.get(&path("110101030001")).unwrap();
    assert_eq!(moved.name_on(on), Some(&name("新康社区")));
    assert_eq!(tree.get(&path("110102010001")).unwrap().name_on(on), None);
    // The old label stays taken, and what came out of the move cannot end before it.
    assert_eq!(
        plan_create(&tree, wish("110102010", "德胜街道", TODAY), day(TODAY)),
        Err(AreaFault::LabelTaken(path("110102010")))
    );
}

#[test]
fn a_move_is_refused_where_it_cannot_be_true() {
    let mut tree = tree();
    let on = day("2014-07-01");
    let carry = |tree: &AreaTree, old: &str, new: &str, on| {
        plan_move(tree, &path(old), &path(new), on, day(TODAY))
    };
    assert_eq!(
        carry(&tree, "110102010001", "110102012", on),
        Err(AreaFault::Level(path("110102010001"), path("110102012")))
    );
    assert_eq!(
        carry(&tree, "110102010001", "110102010009", on),
        Err(AreaFault::ParentUnchanged(path("110102010001")))
    );
    assert_eq!(
        carry(&tree, "110102010001", "110102012001", on),
        Err(AreaFault::LabelTaken(path("110102012001")))
    );
    assert_eq!(
        carry(&tree, "110102010009", "110102012009", on),
        Err(AreaFault::Unknown(path("110102010009")))
    );
    let late = plan_create(&tree, wish("110102010003", "北广社区", TODAY), day(TODAY));
    apply(&mut tree, late);
    let another = plan_create(&tree, wish("110101", "东城区", "1900-01-01"), day(TODAY));
    apply(&mut tree, another);
    assert_eq!(
        carry(&tree, "110102010", "110101030", on),
        Err(AreaFault::TooEarly(path("110102010003"), day(TODAY)))
    );
}

#[test]
fn a_merge_ends_its_sources_with_lineage() {
    let mut tree = tree();
    let on = day("2014-07-01");
    let (source, target) = (path("110102010001"), path("110102010002"));
    let plan = plan_merge(&tree, std::slice::from_ref(&source), &target, on, day(TODAY));
    let plan = apply(&mut tree, plan);
    assert!(plan.relocations().all(|link| link.kind == LineageKind::Merged));
    assert_eq!(plan.relocations().count(), 1);
    assert_eq!(tree.get(&source).unwrap().period.until(), Some(on));
    // The merged area cannot be closed on a day before it absorbed the other.
    assert_eq!(
        plan_close(&tree, &target, None, 0, day("2014-06-30"), day(TODAY)),
        Err(AreaFault::TooEarly(target, on))
    );
}

#[test]
fn a_merge_is_refused_for_wrong_participants() {
    let tree = tree();
    let merge = |sources: &[&str], target| {
        let sources: Vec<_> = sources.iter().map(|label| path(label)).collect();
        plan_merge(&tree, &sources, &path(target), day("2014-07-01"), day(TODAY))
    };
    let (one, two, other) = ("110102010001", "110102010002", "110102012001");
    assert_eq!(merge(&[], one), Err(AreaFault::Participants));
    assert_eq!(merge(&[one], one), Err(AreaFault::Participants));
    assert_eq!(merge(&[one, one], two), Err(AreaFault::Participants));
    assert_eq!(merge(&[one], "110102012"), Err(AreaFault::Level(path(one), path("110102012"))));
    assert_eq!(
        merge(&["110102010"], "110102012"),
        Err(AreaFault::HasChildren(path("110102010"), path(one)))
    );
    assert!(merge(&[one, other], two).is_ok(), "from another sub-district too");
}

#[test]
fn closing_asks_for_no_children_and_a_successor_for_employers() {
    let mut tree = tree();
    let on = day("2014-07-01");
    let close = |tree: &AreaTree, label: &str, successor: Option<&str>, occupants| {
        let successor = successor.map(path);
        plan_close(tree, &path(label), successor.as_ref(), occupants, on, day(TODAY))
    };
    assert_eq!(
        close(&tree, "110102012", None, 0),
        Err(AreaFault::HasChildren(path("110102012"), path("110102012001")))
    );
    assert_eq!(
        close(&tree, "110102012001", None, 3),
        Err(AreaFault::Occupied(path("110102012001"), 3))
    );
    let plan = close(&tree, "110102012001", Some("110102010001"), 3);
    let plan = apply(&mut tree, plan);
    assert_eq!(plan.relocations().next().unwrap().kind, LineageKind::Succeeded);
    assert_eq!(
        close(&tree, "110102012001", None, 0),
        Err(AreaFault::NotOpen(path("110102012001"), on))
    );
    let plan = close(&tree, "110102012", None, 0);
    apply(&mut tree, plan);
}

#[test]
fn an_official_code_has_one_holder_at_a_time() {
    let mut tree = tree();
    let code = |text| OfficialCode::parse(text).unwrap();
    let give = |tree: &AreaTree, label: &str, text, from| {
        plan_code(tree, &path(label), code(text), day("2013-12-31"), day(from), day(TODAY))
    };
    let plan = give(&tree, "110102010001", "110102010001", "2014-01-01");
    apply(&mut tree, plan);
    assert_eq!(
        give(&tree, "110102010002", "110102010001", "2014-06-01"),
        Err(AreaFault::CodeTaken(path("110102010001"), code("110102010001")))
    );
    assert!(give(&tree, "110102010001", "110102010009", "2013-12-31").is_err(), "too early");
    let plan = give(&tree, "110102010001", "110102010009", "2014-06-01");
    apply(&mut tree, plan);
    let plan = give(&tree, "110102010002", "110102010001", "2014-06-01");
    apply(&mut tree, plan);
    let fact = tree.get(&path("110102010001")).unwrap();
    assert_eq!(fact.code_on(day("2014-05-31")).unwrap().code, code("110102010001"));
    assert_eq!(fact.code_on(day("2014-06-01")).unwrap().code, code("110102010009"));
}

#[test]
fn every_refusal_fills_its_texts() {
    let (one, two) = (path("110102010001"), path("110102010002"));
    for fault in [
        AreaFault::Unknown(one.clone()),
        AreaFault::NotOpen(one.clone(), day(TODAY)),
        AreaFault::ParentNotOpen(one.clone(), day(TODAY)),
        AreaFault::LabelTaken(one.clone()),
        AreaFault::NameTaken(one.clone(), name("新康社区")),
        AreaFault::HasChildren(one.clone(), two.clone()),
        AreaFault::Occupied(one.clone(), 3),
        AreaFault::InFuture(day(TODAY)),
        AreaFault::TooEarly(one.clone(), day(TODAY)),
        AreaFault::Level(one.clone(), two),
        AreaFault::ParentUnchanged(one.clone()),
        AreaFault::Participants,
        AreaFault::CodeTaken(one, OfficialCode::parse("110102").unwrap()),
    ] {
        let refusal = fault.to_fault();
        assert!(!refusal.english().contains('{'), "{refusal}");
        assert!(!refusal.chinese().contains('{'), "{refusal}");
    }
}

/// An import decides once a row: what a decision costs must not grow with the tree.
#[test]
fn a_decision_looks_at_few_areas_however_many_there_are() {
    let mut tree = tree();
    let mut looks = |what: &str, decide: &mut dyn FnMut(&AreaTree) -> AreaPlan| {
        LOOKS.set(0);
        let plan = decide(&tree);
        let looks = LOOKS.get();
        assert!(looks <= 12, "{looks} areas looked at: {what}");
        tree.apply(&plan);
    };
    for n in 0..20_000 {
        let label = match n % 1_000 {
            0 => format!("110103{:03}", n / 1_000),
            rest => format!("110103{:03}{rest:03}", n / 1_000),
        };
        if n == 0 {
            let above = wish("110103", "崇文区", "1900-01-01");
            looks("a district", &mut |tree| plan_create(tree, above.clone(), day(TODAY)).unwrap());
        }
        let code = OfficialCode::parse(&format!("{label:0<12}")).unwrap();
        let coded = Some((code, day("2014-06-30")));
        let wish = wish(&label, &format!("第{n}号"), "1900-01-01");
        looks(&label, &mut |tree| {
            plan_create_coded(tree, wish.clone(), coded.clone(), day(TODAY)).unwrap()
        });
    }
    let (one, other) = (path("110103007008"), OfficialCode::parse("110103999999").unwrap());
    looks("a rename", &mut |tree| {
        plan_rename(tree, &one, name("新名"), day("2014-01-01"), day(TODAY)).unwrap()
    });
    looks("a code", &mut |tree| {
        let (edition, from) = (day("2014-06-30"), day("2014-01-01"));
        plan_code(tree, &one, other.clone(), edition, from, day(TODAY)).unwrap()
    });
    looks("an end", &mut |tree| {
        plan_close(tree, &one, None, 0, day("2014-07-01"), day(TODAY)).unwrap()
    });
    assert_eq!(tree.children(Some(&path("110103007"))).count(), 999);
    assert_eq!(tree.bearers(Some(&path("110103007")), &name("新名")).count(), 1);
}

/// A wish drawn from small sets, so that wishes meet.
fn wished(tree: &AreaTree, draw: (u8, u8, u8, u8)) -> Result<AreaPlan, AreaFault> {
    let (kind, first, second, when) = draw;
    let label = |n: u8| path(&format!("11010201{}{:03}", n % 4, (n / 4) % 8));
    let text = |n: u8| name(["甲社区", "乙社区", "丙社区", "丁社区"][usize::from(n % 4)]);
    let (on, today) = (day("2014-01-01").plus_days(u64::from(when)), day(TODAY));
    match kind % 5 {
        0 => {
            let (path, name) = (label(first), text(second));
            plan_create(tree, NewArea { path, name, from: on, history_unknown: false }, today)
        }
        1 => plan_rename(tree, &label(first), text(second), on, today),
        2 => plan_move(tree, &label(first), &label(second), on, today),
        3 => plan_merge(tree, &[label(first)], &label(second), on, today),
        _ => plan_close(tree, &label(first), None, 0, on, today),
    }
}

proptest! {
    #[test]
    fn no_accepted_plan_leaves_a_day_without_a_valid_tree(
        draws in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 1..60)
    ) {
        let mut tree = tree();
        for (label, text) in [("110102011", "金融街街道"), ("110102013", "大栅栏街道")] {
            let plan = plan_create(&tree, wish(label, text, "1900-01-01"), day(TODAY)).unwrap();
            tree.apply(&plan);
        }
        for draw in draws {
            if let Ok(plan) = wished(&tree, draw) {
                tree.apply(&plan);
            }
        }
        for offset in 0..300 {
            let faults = tree.faults_on(day("2013-12-31").plus_days(offset));
            prop_assert_eq!(faults, []);
        }
    }
}
