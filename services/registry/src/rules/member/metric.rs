//! The figures of members, with the numbers under which they are kept.

use unionhall_kit::figures::MetricId;

use super::confirmation::Span;
use crate::rules::person::code::WorkerGroup;

/// A figure of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemberMetric {
    /// Members with an active membership.
    Members,
    /// Memberships that are retained.
    Retained,
    /// Members who are women.
    Women,
    /// Members who are migrant workers.
    Migrants,
    /// Members whose employer is active: the numerator of the density over all employees.
    Employed,
    /// Those whose employer a union covers: the numerator of the density (F028).
    EmployedInCovered,
    /// Members of a worker group.
    OfGroup(WorkerGroup),
    /// Members whose record was confirmed or changed in the calendar span of the day.
    Confirmed(Span),
    /// Active memberships that began at a union, by whatever way.
    Joined,
    /// Admitted for the first time (F030).
    New,
    /// Admitted once more.
    Readmitted,
    /// Came as members of unions that the register does not know.
    TransferredIn,
    /// Came from another union of the register.
    MovedIn,
    /// Retained memberships that became active again.
    Resumed,
    /// Active memberships that ended at a union, by whatever way.
    Left,
    /// Passed to another union of the register.
    MovedOut,
    /// Left for unions that the register does not know.
    TransferredOut,
    /// Withdrew.
    Withdrawn,
    /// Withdrew by six months without dues.
    DeemedWithdrawn,
    /// Were expelled.
    Expelled,
    /// Died.
    Deceased,
    /// Active memberships that became retained.
    NewlyRetained,
    /// Retained memberships that ended.
    RetainedEnded,
}

use MemberMetric as M;

/// Every figure with its number, which is never given anew, and its name in the contract.
const ALL: [(M, i16, &str); 37] = [
    (M::Members, 100, "members"),
    (M::Retained, 101, "retained_members"),
    (M::Women, 102, "women_members"),
    (M::Migrants, 103, "migrant_members"),
    (M::Employed, 104, "employed_members"),
    (M::EmployedInCovered, 105, "members_in_covered_employers"),
    (M::Joined, 110, "joined_members"),
    (M::New, 111, "new_members"),
    (M::Readmitted, 112, "readmitted_members"),
    (M::TransferredIn, 113, "members_transferred_in"),
    (M::MovedIn, 114, "members_moved_in"),
    (M::Resumed, 115, "members_resumed"),
    (M::Left, 120, "left_members"),
    (M::MovedOut, 121, "members_moved_out"),
    (M::TransferredOut, 122, "members_transferred_out"),
    (M::Withdrawn, 123, "members_withdrawn"),
    (M::DeemedWithdrawn, 124, "members_deemed_withdrawn"),
    (M::Expelled, 125, "members_expelled"),
    (M::Deceased, 126, "members_deceased"),
    (M::NewlyRetained, 127, "members_newly_retained"),
    (M::RetainedEnded, 128, "retained_members_ended"),
    (M::Confirmed(Span::Month), 130, "members_confirmed_in_month"),
    (M::Confirmed(Span::Quarter), 131, "members_confirmed_in_quarter"),
    (M::Confirmed(Span::Year), 132, "members_confirmed_in_year"),
    (M::OfGroup(WorkerGroup::TruckDriver), 140, "members_truck_driver"),
    (M::OfGroup(WorkerGroup::RideHailingDriver), 141, "members_ride_hailing_driver"),
    (M::OfGroup(WorkerGroup::Courier), 142, "members_courier"),
    (M::OfGroup(WorkerGroup::FoodDeliveryRider), 143, "members_food_delivery_rider"),
    (M::OfGroup(WorkerGroup::NursingCareWorker), 144, "members_nursing_care_worker"),
    (M::OfGroup(WorkerGroup::DomesticWorker), 145, "members_domestic_worker"),
    (M::OfGroup(WorkerGroup::MallInformationWorker), 146, "members_mall_information_worker"),
    (M::OfGroup(WorkerGroup::PropertyAgent), 147, "members_property_agent"),
    (M::OfGroup(WorkerGroup::SecurityGuard), 148, "members_security_guard"),
    (M::OfGroup(WorkerGroup::DesignatedDriver), 149, "members_designated_driver"),
    (M::OfGroup(WorkerGroup::LiveStreamHost), 150, "members_live_stream_host"),
    (M::OfGroup(WorkerGroup::CommunityWorker), 151, "members_community_worker"),
    (M::OfGroup(WorkerGroup::Other), 152, "members_other_group"),
];

impl MemberMetric {
    /// Every figure with its number and its name in the contract.
    pub fn all() -> impl Iterator<Item = (Self, MetricId, &'static str)> {
        ALL.into_iter().map(|(metric, id, name)| (metric, MetricId(id), name))
    }

    /// The figure with this number.
    pub fn of_id(id: MetricId) -> Option<Self> {
        ALL.into_iter().find(|(_, known, _)| MetricId(*known) == id).map(|(metric, ..)| metric)
    }

    /// Its number.
    pub fn id(self) -> MetricId {
        match self {
            M::Members => MetricId(100),
            M::Retained => MetricId(101),
            M::Women => MetricId(102),
            M::Migrants => MetricId(103),
            M::Employed => MetricId(104),
            M::EmployedInCovered => MetricId(105),
            M::Joined => MetricId(110),
            M::New => MetricId(111),
            M::Readmitted => MetricId(112),
            M::TransferredIn => MetricId(113),
            M::MovedIn => MetricId(114),
            M::Resumed => MetricId(115),
            M::Left => MetricId(120),
            M::MovedOut => MetricId(121),
            M::TransferredOut => MetricId(122),
            M::Withdrawn => MetricId(123),
            M::DeemedWithdrawn => MetricId(124),
            M::Expelled => MetricId(125),
            M::Deceased => MetricId(126),
            M::NewlyRetained => MetricId(127),
            M::RetainedEnded => MetricId(128),
            M::Confirmed(Span::Month) => MetricId(130),
            M::Confirmed(Span::Quarter) => MetricId(131),
            M::Confirmed(Span::Year) => MetricId(132),
            M::OfGroup(group) => group_id(group),
        }
    }

    /// Whether it is read as a flow: the difference of two days.
    pub fn is_flow(self) -> bool {
        (110..130).contains(&self.id().0)
    }
}

/// The number of the members of a worker group.
pub fn group_id(group: WorkerGroup) -> MetricId {
    MetricId(match group {
        WorkerGroup::TruckDriver => 140,
        WorkerGroup::RideHailingDriver => 141,
        WorkerGroup::Courier => 142,
        WorkerGroup::FoodDeliveryRider => 143,
        WorkerGroup::NursingCareWorker => 144,
        WorkerGroup::DomesticWorker => 145,
        WorkerGroup::MallInformationWorker => 146,
        WorkerGroup::PropertyAgent => 147,
        WorkerGroup::SecurityGuard => 148,
        WorkerGroup::DesignatedDriver => 149,
        WorkerGroup::LiveStreamHost => 150,
        WorkerGroup::CommunityWorker => 151,
        WorkerGroup::Other => 152,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_given_once() {
        for (metric, id, name) in MemberMetric::all() {
            assert_eq!(metric.id(), id, "{name}");
            assert_eq!(MemberMetric::of_id(id), Some(metric));
            let same = MemberMetric::all().filter(|(_, other, text)| *other == id || *text == name);
            assert_eq!(same.count(), 1, "{name}");
        }
    }
}
