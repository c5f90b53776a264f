//! Figures after whatever happens: on both lines, every node and day equals a recount.

use proptest::prelude::*;
use unionhall_kit::{
    civil::CivilDate,
    figures::read::{Question, values},
    path::Line,
};
use unionhall_proto::registry::v1::{DeleteUnionRequest, Term};

use super::*;
use crate::{
    rules::{
        contribution::Paths,
        union::{
            UnionId,
            contribution::{UnionMetric, worth},
        },
    },
    services,
    store::unions::{UnionRecord, load, paths_of},
};

const AREAS: [&str; 3] = [HOME, NEIGHBOUR, "110102012005"];
const MARKS: [&str; 3] = ["SERVICE_STATION", "WORKERS_HOME", "DEMONSTRATION_UNIT"];
const UNIONS: usize = 5;

#[derive(Debug, Clone)]
enum Deed {
    /// Below the federation, or below another of the unions.
    Create {
        area: usize,
        below: usize,
        since: i32,
    },
    Move {
        area: usize,
        since: i32,
    },
    Level {
        since: i32,
    },
    Mark {
        mark: usize,
        since: i32,
    },
    Unmark {
        mark: usize,
        since: i32,
    },
    /// A term of three years, which runs out by itself.
    Term {
        number: i32,
        since: i32,
    },
    Dissolve {
        since: i32,
    },
    Delete,
}

/// Days from 2013-01-01; the last of them is after today.
fn days() -> std::ops::Range<i32> {
    0..550
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..AREAS.len(), 0..UNIONS * 2, days())
            .prop_map(|(area, below, since)| Deed::Create { area, below, since }),
        3 => (0..AREAS.len(), days()).prop_map(|(area, since)| Deed::Move { area, since }),
        1 => days().prop_map(|since| Deed::Level { since }),
        4 => (0..MARKS.len(), days()).prop_map(|(mark, since)| Deed::Mark { mark, since }),
        2 => (0..MARKS.len(), days()).prop_map(|(mark, since)| Deed::Unmark { mark, since }),
        3 => (1..4, days()).prop_map(|(number, since)| Deed::Term { number, since }),
        1 => days().prop_map(|since| Deed::Dissolve { since }),
        1 => Just(Deed::Delete),
    ]
}

fn from(offset: i32) -> CivilDate {
    CivilDate::from_epoch_day(crate::testing::day("2013-01-01").epoch_day() + offset).unwrap()
}

impl Desk {
    /// Does it; a refusal is as good as a success here.
    async fn attempt(&self, names: &mut [Option<String>], which: usize, deed: &Deed, top: &str) {
        let serial = u32::try_from(which).unwrap() + 1;
        if let (Deed::Create { area, below, since }, None) = (deed, &names[which]) {
            let superior = names.get(*below).cloned().flatten();
            let superior = superior.unwrap_or_else(|| top.to_owned());
            let given = Union { seat: at(AREAS[*area]), ..joint(serial, &superior) };
            let entered = self.create(given, &from(*since).to_string()).await;
            names[which] = entered.ok().map(|union| union.name);
        }
        let Some(name) = names[which].clone() else { return };
        let text = |since: &i32| from(*since).to_string();
        let given = Union { name: name.clone(), ..joint(serial, top) };
        match deed {
            Deed::Create { .. } => {}
            Deed::Move { area, since } => {
                let given = Union { seat: at(AREAS[*area]), ..given };
                let _ = self.update(given, &["seat"], &text(since)).await;
            }
            Deed::Level { since } => {
                let given = Union { union_level: "COMMUNITY".into(), ..given };
                let _ = self.update(given, &["union_level"], &text(since)).await;
            }
            Deed::Mark { mark, since } => {
                let _ = self.mark(&name, MARKS[*mark], &text(since)).await;
            }
            Deed::Unmark { mark, since } => {
                let _ = self.unmark(&name, MARKS[*mark], &text(since)).await;
            }
            Deed::Term { number, since } => {
                let term = Term { number: *number, years: 3, ..Default::default() };
                let given = Union { term: Some(term), ..given };
                let _ = self.update(given, &["term"], &text(since)).await;
            }
            Deed::Dissolve { since } => {
                let _ = self.dissolve(&name, &text(since)).await;
            }
            Deed::Delete => {
                let message = DeleteUnionRequest { name, ..Default::default() };
                if self.service.delete_union(call(message)).await.is_ok() {
                    names[which] = None;
                }
            }
        }
    }

    /// Every figure of every node on some days, against the facts.
    pub(super) async fn recount(&self, names: &[String], looked_at: &[i32]) {
        let db = self.rig.register.ledger.db();
        let id = |name: &String| super::super::decode::id(name).unwrap();
        let ids: Vec<UnionId> = names.iter().map(id).collect();
        let records = load(db.reader(), &ids).await.unwrap();
        let paths = paths_of(db.reader(), &ids).await.unwrap();
        let mut questions = Vec::new();
        for (leaf, ancestors) in nodes(&paths) {
            for node in ancestors {
                for (metric, id, _) in UnionMetric::all() {
                    for day in looked_at {
                        let question = Question {
                            metric: id,
                            line: leaf,
                            node: node.clone(),
                            day: from(*day),
                        };
                        questions.push((metric, question));
                    }
                }
            }
        }
        let asked: Vec<Question> = questions.iter().map(|(_, asked)| asked.clone()).collect();
        let kept = values(db, &asked).await.unwrap();
        for ((metric, asked), kept) in questions.iter().zip(kept) {
            let counted: i64 =
                records.values().map(|record| share(*metric, record, &paths, asked)).sum();
            assert_eq!(kept, counted, "{metric:?} {asked:?}");
        }
    }
}

fn share(metric: UnionMetric, record: &UnionRecord, paths: &Paths, asked: &Question) -> i64 {
    let there = worth(metric, &record.facts, &paths[&record.id], asked.day).into_iter();
    let there = there.filter(|(leaf, _)| leaf.line == asked.line && leaf.node.within(&asked.node));
    there.map(|(_, value)| value).sum()
}

fn nodes(paths: &Paths) -> Vec<(Line, Vec<unionhall_kit::path::Path>)> {
    let ancestors = services::ancestors();
    let areas = AREAS.iter().map(|area| unionhall_kit::path::Path::parse(area).unwrap());
    let areas = areas.map(|area| (Line::Area, ancestors(Line::Area, &area)));
    let unions = paths.values().flat_map(|history| history.rows().iter());
    let unions =
        unions.map(|row| (Line::Affiliation, ancestors(Line::Affiliation, row.value.path())));
    areas.chain(unions).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn figures_equal_a_recount_on_both_lines(
        deeds in prop::collection::vec((0..UNIONS, deed()), 1..30),
        looked_at in prop::collection::vec(prop_oneof![3 => days(), 1 => 1_090..1_650], 8)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = desk().await;
            let top = desk.federation().await.name;
            let mut names = vec![None; UNIONS];
            for (which, deed) in &deeds {
                desk.attempt(&mut names, *which, deed, &top).await;
            }
            let mut all: Vec<String> = names.iter().flatten().cloned().collect();
            all.push(top);
            desk.recount(&all, &looked_at).await;
            let folded = desk.rig.sequencer.drain().await;
            folded.unwrap();
            desk.recount(&all, &looked_at).await;
        });
    }
}
