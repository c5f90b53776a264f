//! What is planned in a case: whole, so that a later plan takes the place of an earlier one.

use serde::{Deserialize, Serialize};
use unionhall_kit::civil::CivilDate;

use super::{Subject, fault::FormationFault};
use crate::rules::{
    area::AreaPath,
    employer::address::Address,
    name::Name,
    union::{
        UnionId,
        change::UnionFault,
        kind::{UnionForm, UnionLevel, UnionType, codes},
    },
};

codes! {
    /// How an application comes 建会方式.
    Channel {
        /// 线下.
        Offline = "OFFLINE",
        /// 线上.
        Online = "ONLINE",
    }
}

/// Who follows a case up 跟进, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The plain name of a person or an office.
    pub assignee: Name,
    /// What comes next.
    pub next_action: String,
    /// By when.
    pub due_on: Option<CivilDate>,
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// What is to be formed.
    pub union_type: Option<UnionType>,
    /// How it is to be organised.
    pub union_form: Option<UnionForm>,
    /// Where it is to stand.
    pub union_level: Option<UnionLevel>,
    /// Proposed name.
    pub name: Option<Name>,
    /// The union above, which approves.
    pub superior: Option<UnionId>,
    /// The seat.
    #[serde(with = "seat")]
    pub seat: Option<Address>,
    /// How the application comes.
    pub channel: Option<Channel>,
    /// Who follows it up.
    pub follow_up: Option<FollowUp>,
}

impl Plan {
    /// Whether type and subject fit each other.
    pub fn fits(&self, subject: &Subject) -> Result<(), FormationFault> {
        let kind = match (self.union_type, subject) {
            (None, Subject::Employer(_)) => return Ok(()),
            (None, Subject::Area(_)) => return Err(FormationFault::Incomplete(vec!["union_type"])),
            (Some(kind), _) => kind,
        };
        let fits = match subject {
            Subject::Employer(_) => kind.cover().is_some(),
            Subject::Area(area) => {
                let levels = kind.territory();
                !kind.is_single_employer() && (levels.is_empty() || levels.contains(&area.level()))
            }
        };
        if fits {
            return Ok(());
        }
        Err(FormationFault::Union(match subject {
            Subject::Employer(_) => UnionFault::EmployerField(kind),
            Subject::Area(_) => UnionFault::TerritoryField(kind),
        }))
    }

    /// What is still missing before the union can be established.
    pub fn missing(&self, subject: &Subject) -> Vec<&'static str> {
        let fields = [
            ("display_name", self.name.is_none()),
            ("union_type", self.union_type.is_none()),
            ("union_form", self.union_form.is_none()),
            ("union_level", self.union_level.is_none()),
            ("superior", self.superior.is_none()),
            ("seat", self.seat.is_none() && subject.area().is_some()),
        ];
        fields.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| field).collect()
    }

    /// The area of the case that no other open case of the type may have: the type is one an area.
    pub fn place<'a>(&self, subject: &'a Subject) -> Option<(UnionType, &'a AreaPath)> {
        let kind = self.union_type.filter(|kind| !kind.territory().is_empty())?;
        Some((kind, subject.area()?))
    }

    /// Whether the next action was due before `day`.
    pub fn overdue_on(&self, day: CivilDate) -> bool {
        self.follow_up.as_ref().and_then(|follow_up| follow_up.due_on).is_some_and(|due| due < day)
    }
}

/// How a seat is written: its area and its line.
mod seat {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::rules::{area::AreaPath, employer::address::Address};

    /// Writes it.
    pub(super) fn serialize<S: Serializer>(
        seat: &Option<Address>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        seat.as_ref().map(|seat| (seat.area(), seat.line())).serialize(out)
    }

    /// Reads it.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Address>, D::Error> {
        let form = Option::<(AreaPath, String)>::deserialize(from)?;
        let address = |(area, line): (AreaPath, String)| Address::new(area, &line);
        form.map(address).transpose().map_err(D::Error::custom)
    }
}
