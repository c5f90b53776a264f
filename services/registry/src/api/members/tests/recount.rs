//! Counts members again, from their facts and day by day, and compares with what is kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ConnectionTrait, FromQueryResult};
use unionhall_kit::{
    civil::CivilDate,
    db::sql,
    figures::{
        MetricId,
        read::{Question, values},
    },
    path::{Line, Path},
};
use uuid::Uuid;

use super::Desk;
use crate::{
    rules::{
        employer::address::Address,
        member::{
            MemberFacts, MemberId,
            confirmation::Span,
            contribution::{Grounds, contributions, worth},
            membership::Relation,
            metric::{MemberMetric as M, group_id},
        },
        person::code::Sex,
        steps::Leaf,
        union::{UnionId, affiliation::Label},
    },
    services,
    store::{
        members::{self, MemberRecord, Wanted, read_grounds},
        unions::{self, UnionRecord},
    },
};

/// Everything that the figures of members follow from.
pub(super) struct Books<'a> {
    desk: &'a Desk,
    members: Vec<MemberRecord>,
    unions: HashMap<UnionId, UnionRecord>,
    grounds: Grounds,
}

type Cell = (MetricId, Line, Path, CivilDate);

impl Desk {
    pub(super) async fn books(&self) -> Books<'_> {
        let conn = self.rig.register.ledger.db().reader();
        let ids = |ids: Vec<Uuid>| ids.into_iter().map(MemberId).collect::<Vec<_>>();
        let found = all(conn, "member").await;
        let members: Vec<_> =
            members::load(conn, &ids(found)).await.unwrap().into_values().collect();
        let found: Vec<UnionId> = all(conn, "trade_union").await.into_iter().map(UnionId).collect();
        let unions = unions::load(conn, &found).await.unwrap();
        let wanted = Wanted::of(members.iter().map(|member| &member.facts));
        let grounds = read_grounds(conn, &wanted).await.unwrap();
        Books { desk: self, members, unions, grounds }
    }
}

async fn all(conn: &impl ConnectionTrait, table: &str) -> Vec<Uuid> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let text = format!("SELECT id FROM {table} WHERE deleted_at IS NULL");
    let rows = Row::find_by_statement(sql(conn, &text, [])).all(conn).await.unwrap();
    rows.into_iter().map(|row| row.id).collect()
}

impl Books<'_> {
    /// Every figure of members at every node, on every day on which any of them turns and on the day
    /// before, is what the facts say; and one person has one open membership at most.
    pub(super) async fn agree(&self) {
        self.desk.rig.sequencer.drain().await.unwrap();
        let steps = self.members.iter().flat_map(|one| contributions(&one.facts, &self.grounds));
        let mut days: BTreeSet<CivilDate> = steps.map(|step| step.day).collect();
        days.insert(self.desk.rig.clock_day());
        days = days.iter().flat_map(|day| [day.previous(), *day]).collect();
        let ancestors = services::ancestors();
        let mut counted: BTreeMap<Cell, i64> = BTreeMap::new();
        let mut nodes: BTreeSet<(Line, Path)> = self.known_nodes();
        for day in &days {
            for member in &self.members {
                for (metric, leaf) in self.worth(&member.facts, *day) {
                    for node in ancestors(leaf.line, &leaf.node) {
                        nodes.insert((leaf.line, node.clone()));
                        *counted.entry((metric, leaf.line, node, *day)).or_default() += 1;
                    }
                }
            }
        }
        let mut asked = Vec::new();
        for (line, node) in &nodes {
            for (_, metric, _) in M::all() {
                let ask = |day| Question { metric, line: *line, node: node.clone(), day };
                asked.extend(days.iter().copied().map(ask));
            }
        }
        let kept = values(self.desk.rig.register.ledger.db(), &asked).await.unwrap();
        for (asked, kept) in asked.into_iter().zip(kept) {
            let cell = (asked.metric, asked.line, asked.node.clone(), asked.day);
            let told = M::all().find(|(_, id, _)| *id == asked.metric).map(|(.., name)| name);
            let counted = counted.get(&cell).copied().unwrap_or_default();
            assert_eq!(kept, counted, "{told:?} of {:?} on {}", asked.node, asked.day);
        }
    }

    /// Where unions ever stood, by what they are now: nothing is left over there.
    fn known_nodes(&self) -> BTreeSet<(Line, Path)> {
        let areas = self.unions.values().map(|union| (Line::Area, union.area.path().clone()));
        let paths = self.unions.values().map(|u| (Line::Affiliation, u.affiliation.path().clone()));
        areas.chain(paths).collect()
    }

    /// What a member is worth on a day. Levels are counted here once more from the facts; flows are
    /// held to the levels by a property of the rules.
    fn worth(&self, facts: &MemberFacts, day: CivilDate) -> Vec<(MetricId, Leaf)> {
        let flows = M::all().filter(|(metric, ..)| metric.is_flow());
        let flows = flows.flat_map(|(metric, id, _)| {
            worth(metric, facts, &self.grounds, day).into_iter().flat_map(move |(leaf, times)| {
                std::iter::repeat_n((id, leaf), usize::try_from(times).unwrap())
            })
        });
        let mut worth: Vec<_> = flows.collect();
        let Some(membership) = facts.standing_on(day).membership() else { return worth };
        let union = &self.unions[&membership.union];
        let employer = facts.employer_on(day).and_then(|id| self.grounds.employers.get(&id));
        let works = employer.and_then(|employer| employer.counted_at(day));
        let area = works.unwrap_or_else(|| union.facts.seats.on(day).map(Address::area).unwrap());
        let leaves = [
            Leaf { line: Line::Area, node: area.path().clone() },
            Leaf { line: Line::Affiliation, node: self.led(union, day) },
        ];
        let mut metrics = Vec::new();
        if membership.relation == Relation::Retained {
            metrics.push(M::Retained.id());
        } else {
            let covered = employer.is_some_and(|employer| employer.covers.on(day).is_some());
            let confirmed = |span: Span| facts.confirmations.within(span, day);
            let of = [
                (true, M::Members.id()),
                (facts.sexes.on(day) == Some(&Sex::Female), M::Women.id()),
                (facts.migrants.on(day) == Some(&true), M::Migrants.id()),
                (works.is_some(), M::Employed.id()),
                (works.is_some() && covered, M::EmployedInCovered.id()),
                (confirmed(Span::Month), M::Confirmed(Span::Month).id()),
                (confirmed(Span::Quarter), M::Confirmed(Span::Quarter).id()),
                (confirmed(Span::Year), M::Confirmed(Span::Year).id()),
            ];
            metrics.extend(of.into_iter().filter(|(counts, _)| *counts).map(|(_, id)| id));
            metrics.extend(facts.worker_groups.on(day).map(|group| group_id(*group)));
        }
        for metric in metrics {
            worth.extend(leaves.iter().map(|leaf| (metric, leaf.clone())));
        }
        worth
    }

    /// Where the superiors of the union lead on a day.
    fn led(&self, union: &UnionRecord, day: CivilDate) -> Path {
        let (mut labels, mut at) = (vec![Label::of(union.id).to_string()], union);
        while let Some(superior) = at.facts.superiors.on(day) {
            at = &self.unions[superior];
            labels.push(Label::of(at.id).to_string());
        }
        labels.reverse();
        Path::parse(&format!("u{}", labels.concat())).unwrap()
    }
}
