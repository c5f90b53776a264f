//! Codes that describe a person: enumerations where rules act on them, codes of a list elsewhere.
//! A test holds the enumerations to their lists.

use crate::rules::{
    employer::code::{NotAListCode, list_codes},
    union::kind::codes,
};

codes! {
    /// Sex 性别 (GB/T 2261.1-2003).
    Sex {
        /// 未知的性别.
        Unknown = "0",
        /// 男性.
        Male = "1",
        /// 女性.
        Female = "2",
        /// 未说明的性别.
        NotStated = "9",
    }
}

impl Sex {
    /// Whether it says anything.
    pub fn is_known(self) -> bool {
        matches!(self, Self::Male | Self::Female)
    }
}

codes! {
    /// How somebody stands to work 就业状态.
    EmploymentStatus {
        /// 在岗.
        Employed = "EMPLOYED",
        /// 下岗待岗: without work, but still attached to the employer; the membership stays.
        LaidOff = "LAID_OFF",
        /// 内退: retired early within the unit and still attached to it; the membership stays.
        EarlyRetired = "EARLY_RETIRED",
        /// 灵活就业.
        Flexible = "FLEXIBLE",
        /// 失业: a ground to retain the membership 保留会籍.
        Unemployed = "UNEMPLOYED",
        /// 退休: a ground to retain the membership.
        Retired = "RETIRED",
        /// 服兵役: a ground to retain the membership.
        Military = "MILITARY",
        /// 其他.
        Other = "OTHER",
    }
}

impl EmploymentStatus {
    /// Whether it is a ground to retain the membership 保留会籍: without dues, vote or candidacy.
    pub fn is_ground_for_retention(self) -> bool {
        matches!(self, Self::Unemployed | Self::Retired | Self::Military)
    }
}

codes! {
    /// The group that a recruitment drive names 职工群体; headings of the list are no groups.
    WorkerGroup {
        /// 货车司机.
        TruckDriver = "TRUCK_DRIVER",
        /// 快递员.
        Courier = "COURIER",
        /// 护工护理员.
        NursingCareWorker = "NURSING_CARE_WORKER",
        /// 家政服务员.
        DomesticWorker = "DOMESTIC_WORKER",
        /// 商场信息员.
        MallInformationWorker = "MALL_INFORMATION_WORKER",
        /// 网约送餐员.
        FoodDeliveryRider = "FOOD_DELIVERY_RIDER",
        /// 房产中介员.
        PropertyAgent = "PROPERTY_AGENT",
        /// 保安员.
        SecurityGuard = "SECURITY_GUARD",
        /// 网约车司机.
        RideHailingDriver = "RIDE_HAILING_DRIVER",
        /// 代驾司机.
        DesignatedDriver = "DESIGNATED_DRIVER",
        /// 网络主播.
        LiveStreamHost = "LIVE_STREAM_HOST",
        /// 社区工作者: staff of a community committee (F034).
        CommunityWorker = "COMMUNITY_WORKER",
        /// 其他.
        Other = "OTHER",
    }
}

impl WorkerGroup {
    /// The eight groups 八大群体 of the drive of 2018.
    pub const EIGHT_OF_2018: [Self; 8] = [
        Self::TruckDriver,
        Self::Courier,
        Self::NursingCareWorker,
        Self::DomesticWorker,
        Self::MallInformationWorker,
        Self::FoodDeliveryRider,
        Self::PropertyAgent,
        Self::SecurityGuard,
    ];

    /// The four groups of the drive from July 2021 to December 2022.
    pub const FOUR_OF_2021: [Self; 4] =
        [Self::TruckDriver, Self::RideHailingDriver, Self::Courier, Self::FoodDeliveryRider];
}

list_codes! {
    /// A code of `ethnicity` 民族 (GB 3304-1991).
    EthnicityCode;
    /// A code of `education` 学历 (GB/T 4658-2006).
    EducationCode;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        reference::{ListId, ReferenceBook},
        rules::{
            employer::code::{CodeLists, List},
            person::document::DocumentKind,
        },
    };

    fn codes_of(id: ListId) -> BTreeSet<&'static str> {
        let heads = |code: &str| {
            let codes = ReferenceBook::shipped().unwrap().list(id).codes();
            codes.iter().any(|below| below.parent.as_deref() == Some(code))
        };
        let codes = ReferenceBook::shipped().unwrap().list(id).codes();
        codes.iter().map(|code| code.code.as_str()).filter(|code| !heads(code)).collect()
    }

    #[test]
    fn the_enumerations_are_the_shipped_lists() {
        let of = |codes: Vec<&'static str>| codes.into_iter().collect::<BTreeSet<_>>();
        let sexes = of(Sex::ALL.iter().map(|sex| sex.code()).collect());
        assert_eq!(sexes, codes_of(ListId::Sex));
        let statuses = of(EmploymentStatus::ALL.iter().map(|status| status.code()).collect());
        assert_eq!(statuses, codes_of(ListId::EmploymentStatus));
        let groups = of(WorkerGroup::ALL.iter().map(|group| group.code()).collect());
        assert_eq!(groups, codes_of(ListId::WorkerGroup));
        let kinds = of(DocumentKind::ALL.iter().map(|kind| kind.code()).collect());
        assert_eq!(kinds, codes_of(ListId::DocumentType));
    }

    #[test]
    fn the_groups_of_the_drives_are_those_of_the_list() {
        let list = ReferenceBook::shipped().unwrap().list(ListId::WorkerGroup);
        let said = |words: &str| {
            let named = list.codes().iter().filter(|code| code.note.contains(words));
            named.map(|code| WorkerGroup::parse(&code.code).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(said("eight groups named in 2018"), WorkerGroup::EIGHT_OF_2018);
        let four: BTreeSet<_> = said("four groups named in 2021").into_iter().collect();
        assert_eq!(four, WorkerGroup::FOUR_OF_2021.into_iter().collect());
    }

    #[test]
    fn documents_are_called_as_in_the_list() {
        let list = ReferenceBook::shipped().unwrap().list(ListId::DocumentType);
        for kind in DocumentKind::ALL {
            let code = list.find(kind.code()).unwrap();
            assert_eq!(code.name_zh, kind.zh());
            assert!(code.name_en.eq_ignore_ascii_case(kind.en()), "{}", code.name_en);
        }
    }

    #[test]
    fn ethnicity_and_education_are_codes_of_their_lists() {
        let book = ReferenceBook::shipped().unwrap();
        let day = "2014-02-27".parse().unwrap();
        for (list, code, known) in [
            (List::Ethnicity, "46", true),
            (List::Ethnicity, "56", true),
            (List::Ethnicity, "57", false),
            (List::Ethnicity, "崩龙族", false),
            (List::Education, "20", true),
            (List::Education, "81", true),
            (List::Education, "99", false),
        ] {
            assert_eq!(book.has(list, code, day), known, "{code}");
        }
        assert_eq!(EthnicityCode::parse("01").unwrap().as_str(), "01");
        assert!(EducationCode::parse("本科").is_err());
    }
}
