//! Areas that unions have as their own 所辖区域: of some types there is one union an area, on every day.

use unionhall_kit::civil::{CivilDate, Period};

use super::{Status, UnionFacts, kind::UnionType};
use crate::rules::area::AreaPath;

/// An area that a union of a type has on some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// Its type on these days.
    pub kind: UnionType,
    /// The area.
    pub area: AreaPath,
    /// The days.
    pub period: Period,
}

/// Everything that the union has or had, by day.
pub fn holdings(facts: &UnionFacts) -> Vec<Holding> {
    let mut found = Vec::new();
    for territory in facts.territories.rows() {
        for kind in facts.types.rows().iter().filter(|row| !row.value.territory().is_empty()) {
            for status in facts.statuses.rows().iter().filter(|row| row.value == Status::Active) {
                let days = common(territory.period, kind.period);
                let Some(period) = days.and_then(|days| common(days, status.period)) else {
                    continue;
                };
                found.push(Holding { kind: kind.value, area: territory.value.clone(), period });
            }
        }
    }
    found.sort_by_key(|holding| holding.period.from());
    found
}

/// What the union has after a change on days on which it did not have it before.
pub fn gained(before: Option<&UnionFacts>, after: &UnionFacts) -> Vec<Holding> {
    let known = before.map(holdings).unwrap_or_default();
    let had = |holding: &Holding| {
        known.iter().any(|known| {
            let same = known.kind == holding.kind && known.area == holding.area;
            same && common(known.period, holding.period) == Some(holding.period)
        })
    };
    holdings(after).into_iter().filter(|holding| !had(holding)).collect()
}

/// What the other one has as well on a common day.
pub fn clash<'a>(holdings: &'a [Holding], other: &UnionFacts) -> Option<&'a Holding> {
    let others = self::holdings(other);
    holdings.iter().find(|holding| {
        let meets = |other: &Holding| {
            let same = other.kind == holding.kind && other.area == holding.area;
            same && other.period.overlaps(holding.period)
        };
        others.iter().any(meets)
    })
}

/// The one of which a refusal tells: what the other one has as well, or the last where nothing is
/// known of the other.
pub fn contested<'a>(holdings: &'a [Holding], other: Option<&UnionFacts>) -> Option<&'a Holding> {
    other.and_then(|other| clash(holdings, other)).or_else(|| holdings.last())
}

/// The days that both have.
fn common(one: Period, other: Period) -> Option<Period> {
    let ends: [Option<CivilDate>; 2] = [one.until(), other.until()];
    let until = ends.into_iter().flatten().min();
    one.overlaps(other).then(|| Period::new(one.from().max(other.from()), until)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn area(label: &str) -> AreaPath {
        AreaPath::parse(label).unwrap()
    }

    const HOME: &str = "110102012004";
    const ELSEWHERE: &str = "110102010002";

    fn joint(home: &str, from: &str, until: Option<&str>) -> UnionFacts {
        let mut facts = UnionFacts::default();
        facts.types.record(Some(UnionType::CommunityJoint), day(from));
        facts.territories.record(Some(area(home)), day(from));
        facts.statuses.record(Some(Status::Active), day(from));
        if let Some(until) = until {
            facts.statuses.record(Some(Status::Dissolved), day(until));
        }
        facts
    }

    #[test]
    fn one_that_ended_had_its_area_until_then() {
        let old = joint(HOME, "2010-01-01", Some("2014-01-01"));
        for (from, clashes) in [("2013-12-31", true), ("2009-06-01", true), ("2014-01-01", false)] {
            let new = joint(HOME, from, None);
            assert_eq!(clash(&gained(None, &new), &old).is_some(), clashes, "{from}");
        }
        let elsewhere = joint(ELSEWHERE, "2013-12-31", None);
        assert_eq!(clash(&gained(None, &elsewhere), &old), None);
        let before = joint(HOME, "2009-01-01", Some("2010-01-01"));
        assert_eq!(clash(&gained(None, &before), &old), None);
    }

    #[test]
    fn a_type_and_an_area_are_held_together_only() {
        let mut turned = joint(HOME, "2010-01-01", None);
        turned.types.record(Some(UnionType::Joint), day("2012-01-01"));
        turned.territories.record(None, day("2012-01-01"));
        let days = holdings(&turned).iter().map(|one| one.period).collect::<Vec<_>>();
        assert_eq!(days, [Period::new(day("2010-01-01"), Some(day("2012-01-01"))).unwrap()]);
        let mut workers = joint(HOME, "2010-01-01", None);
        workers.types = crate::rules::history::History::default();
        workers.types.record(Some(UnionType::CommunityWorkers), day("2010-01-01"));
        assert_eq!(clash(&gained(None, &workers), &turned), None, "of another type");
    }

    #[test]
    fn what_is_only_kept_or_left_is_not_gained() {
        let before = joint(HOME, "2010-01-01", None);
        let ended = joint(HOME, "2010-01-01", Some("2014-01-01"));
        assert_eq!(gained(Some(&before), &ended), []);
        let mut moved = before.clone();
        moved.territories.record(Some(area(ELSEWHERE)), day("2013-01-01"));
        let gains = gained(Some(&before), &moved);
        let period = Period::since(day("2013-01-01"));
        let kind = UnionType::CommunityJoint;
        assert_eq!(gains, [Holding { kind, area: area(ELSEWHERE), period }]);
        assert_eq!(gained(Some(&moved), &before).len(), 1, "and back again for longer");
    }
}
