//! Figures and the double record of the facts, after whatever happens.

use proptest::prelude::*;
use unionhall_kit::{
    civil::CivilDate,
    figures::read::{Question, values},
    path::Line,
};
use unionhall_proto::registry::v1::{
    CloseEmployerRequest, DeleteEmployerRequest, RecordWorkforceRequest, ResumeEmployerRequest,
    SuspendEmployerRequest,
};

use super::*;
use crate::{
    rules::{
        area::AreaPath,
        contribution::{Counting, Metric, contributions, worth},
    },
    services,
    store::{
        employers::{self, EmployerRecord, facts, past_facts},
        grounds,
    },
};

const AREAS: [&str; 4] = [HOME, "110102012005", NEIGHBOUR, "110102"];
const EMPLOYERS: usize = 6;

#[derive(Debug, Clone)]
enum Deed {
    Create { area: usize },
    Move { area: usize, since: i32 },
    Industry { since: i32 },
    Phone { since: i32 },
    Count { on: i32, employees: i32 },
    Suspend { since: i32 },
    Resume { since: i32 },
    Close { since: i32 },
    Delete,
}

/// Days from 2013-01-01; the last of them is after today.
fn days() -> std::ops::Range<i32> {
    0..550
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (0..AREAS.len()).prop_map(|area| Deed::Create { area }),
        3 => (0..AREAS.len(), days()).prop_map(|(area, since)| Deed::Move { area, since }),
        2 => days().prop_map(|since| Deed::Industry { since }),
        2 => days().prop_map(|since| Deed::Phone { since }),
        3 => (days(), 0..500).prop_map(|(on, employees)| Deed::Count { on, employees }),
        2 => days().prop_map(|since| Deed::Suspend { since }),
        2 => days().prop_map(|since| Deed::Resume { since }),
        1 => days().prop_map(|since| Deed::Close { since }),
        1 => Just(Deed::Delete),
    ]
}

fn from(offset: i32) -> CivilDate {
    CivilDate::from_epoch_day(crate::testing::day("2013-01-01").epoch_day() + offset).unwrap()
}

impl Desk {
    /// Does it; a refusal is as good as a success here.
    async fn attempt(&self, names: &mut [Option<String>; EMPLOYERS], which: usize, deed: &Deed) {
        let serial = u32::try_from(which).unwrap() + 1;
        if let (Deed::Create { area }, None) = (deed, &names[which]) {
            let given = Employer { actual_address: Some(at(AREAS[*area])), ..employer(serial) };
            names[which] = Some(self.create(given).await.unwrap().name);
        }
        let Some(name) = names[which].clone() else { return };
        let effective = |since: i32| Some(Date::from(from(since)));
        let given = Employer { name: name.clone(), ..employer(serial) };
        let service = &self.service;
        let done = match deed {
            Deed::Create { .. } => return,
            Deed::Move { area, since } => {
                let given = Employer { actual_address: Some(at(AREAS[*area])), ..given };
                service.update_employer(update(given, &["actual_address"], effective(*since))).await
            }
            Deed::Industry { since } => {
                let given = Employer { industry: None, ..given };
                service.update_employer(update(given, &["industry"], effective(*since))).await
            }
            Deed::Phone { since } => {
                let given = Employer { phone: format!("010-6{since:07}"), ..given };
                service.update_employer(update(given, &["phone"], effective(*since))).await
            }
            Deed::Count { on, employees } => {
                let workforce = Workforce {
                    counted_on: effective(*on),
                    employee_count: *employees,
                    ..Default::default()
                };
                let workforce = Some(workforce);
                let message = RecordWorkforceRequest { name, workforce, ..Default::default() };
                service.record_workforce(call(message)).await
            }
            Deed::Suspend { since } => {
                let effective_date = effective(*since);
                let message = SuspendEmployerRequest { name, effective_date, ..Default::default() };
                service.suspend_employer(call(message)).await
            }
            Deed::Resume { since } => {
                let effective_date = effective(*since);
                let message = ResumeEmployerRequest { name, effective_date, ..Default::default() };
                service.resume_employer(call(message)).await
            }
            Deed::Close { since } => {
                let effective_date = effective(*since);
                let message = CloseEmployerRequest { name, effective_date, ..Default::default() };
                service.close_employer(call(message)).await
            }
            Deed::Delete => {
                let message = DeleteEmployerRequest { name, ..Default::default() };
                service.delete_employer(call(message)).await.unwrap();
                names[which] = None;
                return;
            }
        };
        if let Err(refusal) = done {
            let expected = ["EMPLOYER_CLOSED", "EMPLOYER_DATE_INVALID"];
            assert!(expected.contains(&reason(&refusal).as_str()), "{deed:?}: {refusal:?}");
        }
    }

    pub(super) async fn records(&self, names: &[Option<String>; EMPLOYERS]) -> Vec<EmployerRecord> {
        let id = |name: &String| super::super::decode::id(name).unwrap();
        let ids: Vec<_> = names.iter().flatten().map(id).collect();
        let found = employers::load(self.rig.register.ledger.db().reader(), &ids).await.unwrap();
        assert_eq!(found.len(), ids.len());
        found.into_values().collect()
    }

    /// Every figure on every day on which one may change equals a count of the records.
    pub(super) async fn figures_equal_a_recount(&self, records: &[EmployerRecord]) {
        let db = self.rig.register.ledger.db();
        let facts = records.iter().map(|record| &record.facts);
        let grounds = grounds::read(db.reader(), facts).await.unwrap();
        let by = Counting { rules: &self.rig.register.quality, grounds: &grounds };
        let steps = records.iter().flat_map(|record| contributions(&record.facts, by));
        let mut days: Vec<CivilDate> =
            steps.flat_map(|step| [step.day.previous(), step.day]).collect();
        days.extend((0..600).step_by(97).map(from));
        days.sort_unstable();
        days.dedup();
        let ancestors = services::ancestors();
        let mut nodes: Vec<_> = AREAS
            .iter()
            .flat_map(|area| ancestors(Line::Area, AreaPath::parse(area).unwrap().path()))
            .collect();
        nodes.sort_unstable();
        nodes.dedup();
        let mut questions = Vec::new();
        let mut counts = Vec::new();
        for (metric, node) in Metric::ALL.iter().flat_map(|m| nodes.iter().map(move |n| (*m, n))) {
            for day in &days {
                let (line, node, day) = (Line::Area, node.clone(), *day);
                let of = |record: &EmployerRecord| {
                    let found = worth(metric, &record.facts, by, day).into_iter();
                    found.filter(|(leaf, _)| leaf.node.within(&node)).map(|(_, n)| n).sum::<i64>()
                };
                counts.push(records.iter().map(of).sum::<i64>());
                questions.push(Question { metric: metric.id(), line, node, day });
            }
        }
        let kept = values(self.rig.register.ledger.db(), &questions).await.unwrap();
        let wrong = questions.iter().zip(kept.iter().zip(&counts)).find(|(_, (a, b))| a != b);
        assert!(wrong.is_none(), "{wrong:?}");
    }

    /// The facts in the row are those that stand in the record of facts.
    async fn both_records_agree(&self, record: &EmployerRecord) {
        let reader = self.rig.register.ledger.db().reader();
        let past = past_facts(reader, record.id, None, 10_000).await.unwrap();
        let standing = past.into_iter().filter(|fact| fact.superseded_at.is_none());
        assert_eq!(facts(standing.map(|fact| fact.dated)).unwrap(), record.facts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 40, ..Default::default() })]

    #[test]
    fn figures_and_records_stay_true(
        deeds in prop::collection::vec((0..EMPLOYERS, deed()), 20..50)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let desk = desk().await;
            let mut names = [const { None }; EMPLOYERS];
            for (number, (which, deed)) in deeds.iter().enumerate() {
                desk.attempt(&mut names, *which, deed).await;
                if number % 16 == 0 {
                    desk.figures_equal_a_recount(&desk.records(&names).await).await;
                    desk.rig.sequencer.drain().await.unwrap();
                }
            }
            desk.rig.sequencer.drain().await.unwrap();
            let records = desk.records(&names).await;
            desk.figures_equal_a_recount(&records).await;
            for record in &records {
                desk.both_records_agree(record).await;
            }
        });
    }
}
