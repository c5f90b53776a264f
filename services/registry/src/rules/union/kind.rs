//! Types, forms and levels of unions: three classifications that stand apart.
//!
//! The codes are those of the lists `union_type`, `union_form` and `union_level`, which give them
//! names; a test holds the two together.

use crate::rules::area::AreaLevel;

macro_rules! codes {
    ($(#[$of:meta])* $name:ident { $($(#[$meta:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$of])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$meta])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every one, in the order of the code list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// The one with this code.
            pub fn parse(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.code() == code)
            }
        }
    };
}

pub(in crate::rules) use codes;

codes! {
    /// What a union unites 组织类型.
    UnionType {
        /// 独立基层工会: the union of one employer (F031).
        SingleEmployer = "SINGLE_EMPLOYER",
        /// 联合基层工会: one union of several employers.
        Joint = "JOINT",
        /// 社区联合工会: the joint union of a community (F050).
        CommunityJoint = "COMMUNITY_JOINT",
        /// 行业工会: of one trade.
        Industry = "INDUSTRY",
        /// 集团工会: of a group of companies.
        GroupCompany = "GROUP_COMPANY",
        /// 园区工会: of a business park.
        Park = "PARK",
        /// 社区工作者工会: of the staff of the communities of a sub-district (F034).
        CommunityWorkers = "COMMUNITY_WORKERS",
        /// 灵活就业联合工会: of people in flexible employment.
        FlexibleEmploymentJoint = "FLEXIBLE_EMPLOYMENT_JOINT",
        /// 街道总工会 (F044).
        SubdistrictFederation = "SUBDISTRICT_FEDERATION",
        /// 区域工会联合会: of unions of an area below the sub-district.
        AreaFederation = "AREA_FEDERATION",
        /// 行业工会联合会, 产业工会, 系统工会.
        IndustryFederation = "INDUSTRY_FEDERATION",
        /// 区总工会 (F001).
        DistrictFederation = "DISTRICT_FEDERATION",
        /// 市总工会 (F013).
        MunicipalFederation = "MUNICIPAL_FEDERATION",
    }
}

codes! {
    /// How a union is organised 组织形式.
    UnionForm {
        /// 总工会.
        GeneralFederation = "GENERAL_FEDERATION",
        /// 工会.
        Union = "UNION",
        /// 工会联合会.
        Federation = "FEDERATION",
        /// 工会委员会.
        Committee = "COMMITTEE",
        /// 联合工会委员会.
        JointCommittee = "JOINT_COMMITTEE",
        /// 工会工作委员会: a dispatched body, which is not elected.
        WorkingCommittee = "WORKING_COMMITTEE",
        /// 工会组织员: one elected organiser instead of a committee (Trade Union Law art. 11).
        Organiser = "ORGANISER",
        /// 分会.
        Branch = "BRANCH",
        /// 小组.
        Group = "GROUP",
    }
}

codes! {
    /// Where a union stands in the hierarchy 组织层级, the highest first.
    UnionLevel {
        /// 全国.
        National = "NATIONAL",
        /// 市.
        Municipal = "MUNICIPAL",
        /// 区.
        District = "DISTRICT",
        /// 区产业.
        DistrictIndustry = "DISTRICT_INDUSTRY",
        /// 街道.
        Subdistrict = "SUBDISTRICT",
        /// 社区.
        Community = "COMMUNITY",
        /// 社区下属灵活就业联合工会.
        CommunityFlexible = "COMMUNITY_FLEXIBLE",
        /// 基层.
        Basic = "BASIC",
        /// 分会.
        Branch = "BRANCH",
        /// 小组.
        Group = "GROUP",
    }
}

impl UnionType {
    /// The levels of the area that a union of this type unites, where it is one an area. A
    /// municipality under the central government is an area of the highest level.
    pub fn territory(self) -> &'static [AreaLevel] {
        match self {
            Self::CommunityJoint => &[AreaLevel::Community],
            Self::CommunityWorkers | Self::SubdistrictFederation => &[AreaLevel::Subdistrict],
            Self::DistrictFederation => &[AreaLevel::District],
            Self::MunicipalFederation => &[AreaLevel::Province, AreaLevel::Prefecture],
            _ => &[],
        }
    }

    /// Whether it is one employer's own.
    pub fn is_single_employer(self) -> bool {
        self == Self::SingleEmployer
    }

    /// How it covers employers 覆盖, if it does. A federation unites unions, and one of flexible
    /// employment unites persons.
    pub fn cover(self) -> Option<CoverKind> {
        match self {
            Self::SingleEmployer => Some(CoverKind::Own),
            Self::Joint | Self::GroupCompany | Self::CommunityWorkers => Some(CoverKind::Joint),
            Self::CommunityJoint => Some(CoverKind::Community),
            Self::Industry => Some(CoverKind::Industry),
            Self::Park => Some(CoverKind::Park),
            _ => None,
        }
    }
}

impl UnionLevel {
    /// Whether it is the district, above it, or an industry of the district: the law has terms of
    /// their own for these.
    pub fn is_upper(self) -> bool {
        self <= Self::DistrictIndustry
    }

    /// Whether a union of this level may be affiliated to one of `superior`: never to a lower one.
    /// Equal levels occur: a bureau's basic union has basic unions of its schools below it.
    pub fn may_answer_to(self, superior: Self) -> bool {
        superior <= self
    }
}

codes! {
    /// How an employer is covered 建会方式.
    CoverKind {
        /// 独立建会: by its own union (F031).
        Own = "OWN",
        /// 联合工会涵盖: by a joint union (F032).
        Joint = "JOINT",
        /// 社区联合工会涵盖.
        Community = "COMMUNITY",
        /// 行业工会涵盖.
        Industry = "INDUSTRY",
        /// 园区工会涵盖.
        Park = "PARK",
    }
}

impl CoverKind {
    /// Whether statistics count it as coverage by a joint union 涵盖建会 (F032): all but one's own.
    pub fn is_joint(self) -> bool {
        self != Self::Own
    }
}
