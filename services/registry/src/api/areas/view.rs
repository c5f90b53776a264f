//! Areas and structure changes as the contract shows them.

use unionhall_kit::civil::CivilDate;
use unionhall_proto::registry::v1::{self as proto, area, lineage, structure_change};

use crate::{
    api::wire::timestamp,
    rules::area::{
        AreaLevel, AreaPath,
        tree::{AreaFact, Lineage, LineageKind},
    },
    store::{
        areas::{FactValue, Recorded, RecordedFact},
        structure_changes::{Progress, StructureChange, UnionChangeKind, Work},
        unions::resource_name,
    },
};

/// `areas/{label}`.
pub(crate) fn name(path: &AreaPath) -> String {
    format!("areas/{path}")
}

/// An area as it was on `day`; `None` where it was never recorded.
pub(crate) fn area(recorded: &Recorded, path: &AreaPath, day: CivilDate) -> Option<proto::Area> {
    let fact = recorded.tree.get(path)?;
    let mark = recorded.marks.get(path)?;
    let before = recorded.tree.lineage_of(path).filter(|step| step.successor == *path);
    let after = recorded.tree.lineage_of(path).filter(|step| step.predecessor == *path);
    Some(proto::Area {
        name: name(path),
        display_name: fact.called_on(day).map(ToString::to_string).unwrap_or_default(),
        level: level(path.level()).into(),
        parent: path.parent().as_ref().map(name).unwrap_or_default(),
        official_code: fact.code_on(day).map(|dated| proto::OfficialCode {
            code: dated.code.twelve_digits(),
            edition: dated.edition.to_string(),
        }),
        valid_from: Some(fact.period.from().into()),
        valid_until: fact.period.until().map(Into::into),
        history_unknown: fact.history_unknown,
        state: state(fact, day).into(),
        predecessors: before.map(|step| link(&step.predecessor, step)).collect(),
        successors: after.map(|step| link(&step.successor, step)).collect(),
        create_time: Some(timestamp(mark.created_at)),
        update_time: Some(timestamp(mark.updated_at)),
        etag: mark.version.to_string(),
    })
}

/// Whether an area exists on `day`.
pub(super) fn state(fact: &AreaFact, day: CivilDate) -> area::State {
    if fact.period.covers(day) {
        area::State::Open
    } else if day < fact.period.from() {
        area::State::Planned
    } else {
        area::State::Closed
    }
}

pub(super) fn level(level: AreaLevel) -> proto::AreaLevel {
    match level {
        AreaLevel::Province => proto::AreaLevel::Province,
        AreaLevel::Prefecture => proto::AreaLevel::Prefecture,
        AreaLevel::District => proto::AreaLevel::District,
        AreaLevel::Subdistrict => proto::AreaLevel::Subdistrict,
        AreaLevel::Community => proto::AreaLevel::Community,
    }
}

fn link(other: &AreaPath, step: &Lineage) -> proto::Lineage {
    proto::Lineage {
        area: name(other),
        effective_date: Some(step.on.into()),
        kind: kind(step.kind).into(),
    }
}

fn kind(kind: LineageKind) -> lineage::Kind {
    match kind {
        LineageKind::Moved => lineage::Kind::Moved,
        LineageKind::Merged => lineage::Kind::Merged,
        LineageKind::Succeeded => lineage::Kind::Succeeded,
    }
}

pub(super) fn fact(recorded: &RecordedFact) -> proto::AreaFact {
    let fact = match &recorded.value {
        FactValue::Name(name) => proto::area_fact::Fact::DisplayName(name.to_string()),
        FactValue::Code(code, edition) => {
            proto::area_fact::Fact::OfficialCode(proto::OfficialCode {
                code: code.twelve_digits(),
                edition: edition.to_string(),
            })
        }
    };
    proto::AreaFact {
        valid_from: Some(recorded.period.from().into()),
        valid_until: recorded.period.until().map(Into::into),
        record_time: Some(timestamp(recorded.recorded_at)),
        supersede_time: recorded.superseded_at.map(timestamp),
        fact: Some(fact),
    }
}

/// A structure change; one that is not recorded has no name.
pub(crate) fn structure_change(change: &StructureChange) -> proto::StructureChange {
    let (name, state) = match change.progress {
        Progress::Preview => (String::new(), structure_change::State::Preview),
        Progress::Applying => (change.name(), structure_change::State::Applying),
        Progress::Done => (change.name(), structure_change::State::Done),
    };
    let (kind, sources, target) = match &change.work {
        Work::Areas(work) => {
            let sources = work.sources.iter().map(self::name).collect();
            (kind(work.kind), sources, self::name(&work.target))
        }
        Work::Unions(work) => {
            let sources = work.sources.iter().copied().map(resource_name).collect();
            let target = work.target.map(resource_name).unwrap_or_default();
            (union_kind(work.kind), sources, target)
        }
    };
    // The unions of a preview are none yet.
    let made = change.of_unions().filter(|_| change.progress != Progress::Preview);
    let parts = made.into_iter().flat_map(|work| &work.parts);
    proto::StructureChange {
        name,
        kind: kind.into(),
        sources,
        target,
        effective_date: Some(change.on.into()),
        state: state.into(),
        area_count: change.area_count,
        employer_count: change.employer_count,
        moved_employer_count: change.moved_employer_count,
        union_count: change.union_count,
        moved_union_count: change.moved_union_count,
        member_count: change.member_count,
        moved_member_count: change.moved_member_count,
        parts: parts.map(|part| resource_name(part.union)).collect(),
        create_time: Some(timestamp(change.created_at)),
        update_time: Some(timestamp(change.updated_at)),
    }
}

fn union_kind(kind: UnionChangeKind) -> lineage::Kind {
    match kind {
        UnionChangeKind::Affiliated => lineage::Kind::Affiliated,
        UnionChangeKind::Merged => lineage::Kind::UnionsMerged,
        UnionChangeKind::Split => lineage::Kind::UnionSplit,
        UnionChangeKind::Dissolved => lineage::Kind::UnionDissolved,
    }
}
