//! What is asked of a delegate congress.

use super::{Asked, Broken, broken, outside};
use crate::rules::{
    election::{Assembly, Record},
    election_rules::Brackets,
};

impl Asked<'_> {
    pub(super) fn congress(&self, from: u32, record: &Record) -> Vec<Broken> {
        let congress = self.election.plan.assembly == Assembly::DelegateCongress;
        let early = self.basic() && congress && record.members < from;
        let figures = || vec![("members", record.members), ("needed", from)];
        let (en, zh) =
            ("too few members for a delegate congress", "会员人数不足以召开会员代表大会");
        early.then(|| broken("record", figures(), en, zh)).into_iter().collect()
    }

    pub(super) fn delegates(&self, brackets: &Brackets, record: &Record) -> Vec<Broken> {
        let Some(delegates) = record.delegates.filter(|_| self.basic()) else { return Vec::new() };
        let numbers = (record.members, delegates);
        let texts = ("the number of delegates is not that of the table", "代表名额与规定不符");
        outside(brackets, numbers, "delegates", "record", texts)
    }

    /// The delegates of all constituencies together are those of the congress.
    pub(super) fn lots_summed(record: &Record) -> Vec<Broken> {
        let elected = record.lots.iter().fold(0_u32, |all, lot| all.saturating_add(lot.elected));
        let all = record.delegates.unwrap_or_default();
        let differ = !record.lots.is_empty() && elected != all;
        let (en, zh) =
            ("the constituencies elected another number", "各选区当选代表合计与代表总数不符");
        let figures = || vec![("elected", elected), ("delegates", all)];
        differ.then(|| broken("record", figures(), en, zh)).into_iter().collect()
    }

    pub(super) fn lots_within(record: &Record) -> Vec<Broken> {
        let more = record.lots.iter().enumerate().filter(|(_, lot)| lot.elected > lot.allotted);
        more.map(|(at, lot)| {
            let figures = vec![("elected", lot.elected), ("allotted", lot.allotted)];
            let (en, zh) =
                ("more delegates were elected than allotted", "当选代表人数多于分配名额");
            broken(format!("record.delegate_lots[{at}]"), figures, en, zh)
        })
        .collect()
    }
}
