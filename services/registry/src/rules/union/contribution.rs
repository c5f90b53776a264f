//! Figures: what one union contributes to each metric, node and day, on both lines.

use std::collections::BTreeSet;

use unionhall_kit::{civil::CivilDate, figures::MetricId, path::Line};

use super::{
    UnionFacts,
    affiliation::AffiliationPath,
    kind::{UnionLevel, UnionType},
    mark::UnionMark,
    term::BegunTerm,
};
use crate::rules::{
    history::History,
    steps::{self, Leaf, Step},
};

/// A figure of unions. On the area line they count at the seat, unless told otherwise; on the line
/// of affiliation at the union itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnionMetric {
    /// Unions that exist on the day.
    Unions,
    /// Those of a type.
    OfType(UnionType),
    /// Those of a level.
    OfLevel(UnionLevel),
    /// Those that are union, station and home in one (F081).
    Integrated,
    /// Demonstration units (F054).
    DemonstrationUnits,
    /// Communities that have a joint union (F051); counted at the community.
    JointUnionCommunities,
    /// Unions whose term has run out without a new one.
    OverdueTerms,
    /// Sub-districts that have a union of community workers (F049); counted at the sub-district.
    WorkersUnionSubdistricts,
}

/// The figures that stand for themselves, with number and name.
const SINGLE: [(UnionMetric, i16, &str); 6] = [
    (UnionMetric::Unions, 20, "unions"),
    (UnionMetric::Integrated, 70, "integrated_unions"),
    (UnionMetric::DemonstrationUnits, 71, "demonstration_units"),
    (UnionMetric::JointUnionCommunities, 72, "joint_union_communities"),
    (UnionMetric::WorkersUnionSubdistricts, 73, "workers_union_subdistricts"),
    (UnionMetric::OverdueTerms, 74, "overdue_terms"),
];

const TYPES: [(UnionType, i16, &str); 13] = [
    (UnionType::SingleEmployer, 30, "unions_single_employer"),
    (UnionType::Joint, 31, "unions_joint"),
    (UnionType::CommunityJoint, 32, "unions_community_joint"),
    (UnionType::Industry, 33, "unions_industry"),
    (UnionType::GroupCompany, 34, "unions_group_company"),
    (UnionType::Park, 35, "unions_park"),
    (UnionType::CommunityWorkers, 36, "unions_community_workers"),
    (UnionType::FlexibleEmploymentJoint, 37, "unions_flexible_employment_joint"),
    (UnionType::SubdistrictFederation, 38, "unions_subdistrict_federation"),
    (UnionType::AreaFederation, 39, "unions_area_federation"),
    (UnionType::IndustryFederation, 40, "unions_industry_federation"),
    (UnionType::DistrictFederation, 41, "unions_district_federation"),
    (UnionType::MunicipalFederation, 42, "unions_municipal_federation"),
];

const LEVELS: [(UnionLevel, i16, &str); 10] = [
    (UnionLevel::National, 50, "unions_level_national"),
    (UnionLevel::Municipal, 51, "unions_level_municipal"),
    (UnionLevel::District, 52, "unions_level_district"),
    (UnionLevel::DistrictIndustry, 53, "unions_level_district_industry"),
    (UnionLevel::Subdistrict, 54, "unions_level_subdistrict"),
    (UnionLevel::Community, 55, "unions_level_community"),
    (UnionLevel::CommunityFlexible, 56, "unions_level_community_flexible"),
    (UnionLevel::Basic, 57, "unions_level_basic"),
    (UnionLevel::Branch, 58, "unions_level_branch"),
    (UnionLevel::Group, 59, "unions_level_group"),
];

impl UnionMetric {
    /// Every figure with its number, which is never given anew, and its name in the contract.
    pub fn all() -> impl Iterator<Item = (Self, MetricId, &'static str)> {
        let types = TYPES.iter().map(|(kind, id, name)| (Self::OfType(*kind), *id, *name));
        let levels = LEVELS.iter().map(|(level, id, name)| (Self::OfLevel(*level), *id, *name));
        let all = SINGLE.iter().copied().chain(types).chain(levels);
        all.map(|(metric, id, name)| (metric, MetricId(id), name))
    }

    /// The figure with this number.
    pub fn of_id(id: MetricId) -> Option<Self> {
        Self::all().find(|(_, known, _)| *known == id).map(|(metric, ..)| metric)
    }

    fn counts(self, facts: &UnionFacts, day: CivilDate) -> bool {
        let of_type = |kind| facts.types.on(day) == Some(&kind);
        facts.active_on(day)
            && match self {
                Self::Unions => true,
                Self::OfType(kind) => of_type(kind),
                Self::OfLevel(level) => facts.levels.on(day) == Some(&level),
                Self::Integrated => facts.integrated_on(day),
                Self::DemonstrationUnits => facts.marked_on(UnionMark::DemonstrationUnit, day),
                Self::OverdueTerms => facts.overdue_on(day),
                Self::JointUnionCommunities => of_type(UnionType::CommunityJoint),
                Self::WorkersUnionSubdistricts => of_type(UnionType::CommunityWorkers),
            }
    }
}

/// What the union is worth to `metric` on `day`, and at which leaves; empty where it does not count.
pub fn worth(
    metric: UnionMetric,
    facts: &UnionFacts,
    paths: &History<AffiliationPath>,
    day: CivilDate,
) -> Vec<(Leaf, i64)> {
    if !metric.counts(facts, day) {
        return Vec::new();
    }
    let area = match metric {
        UnionMetric::JointUnionCommunities | UnionMetric::WorkersUnionSubdistricts => {
            facts.territories.on(day)
        }
        _ => facts.counted_at(day),
    };
    let area = area.map(|area| Leaf { line: Line::Area, node: area.path().clone() });
    let path = paths.on(day);
    let path = path.map(|path| Leaf { line: Line::Affiliation, node: path.path().clone() });
    area.into_iter().chain(path).map(|leaf| (leaf, 1)).collect()
}

/// What the union contributes: its steps, ascending by metric, leaf and day.
pub fn contributions(facts: &UnionFacts, paths: &History<AffiliationPath>) -> Vec<Step> {
    let days = turning_days(facts, paths);
    let metrics = UnionMetric::all().map(|(_, id, _)| id);
    steps::steps(metrics, &days, |id, day| match UnionMetric::of_id(id) {
        Some(metric) => worth(metric, facts, paths, day),
        None => Vec::new(),
    })
}

/// Every day on which some worth can change.
fn turning_days(facts: &UnionFacts, paths: &History<AffiliationPath>) -> BTreeSet<CivilDate> {
    let mut days: BTreeSet<CivilDate> = facts.types.days().collect();
    days.extend(facts.levels.days());
    days.extend(facts.territories.days());
    days.extend(facts.seats.days());
    days.extend(facts.statuses.days());
    days.extend(facts.marks.values().flat_map(History::days));
    // The day on which a term runs out may be yet to come: the step that it makes waits for it.
    days.extend(facts.terms.days());
    days.extend(facts.terms.rows().iter().flat_map(|row| BegunTerm::of(row).turning_days()));
    days.extend(paths.days());
    days
}
