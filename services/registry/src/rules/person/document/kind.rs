//! The kinds of identity documents 证件类型 that a member can have.

use crate::rules::union::kind::codes;

codes! {
    /// An identity document. The codes are those of the list `document_type` (GA/T 517).
    DocumentKind {
        /// 居民身份证 (GB 11643-1999).
        ResidentId = "111",
        /// 临时居民身份证: shows the same number.
        TemporaryResidentId = "112",
        /// 中国人民解放军军官证.
        OfficerCard = "114",
        /// 中国人民武装警察部队警官证.
        ArmedPoliceCard = "115",
        /// 普通护照 of any country.
        Passport = "414",
        /// 台湾居民来往大陆通行证.
        TaiwanPermit = "511",
        /// 港澳居民来往内地通行证.
        HkMacaoPermit = "516",
        /// 外国人永久居留身份证: 15 characters in the edition of 2017, 18 in that of 2023. Both are
        /// valid, and the number tells which.
        ForeignPermanentResidence = "553",
        /// 港澳台居民居住证: an own code, for none of GA/T 517 is known.
        ResidencePermit = "RP",
    }
}

impl DocumentKind {
    /// The kinds whose numbers have a check character: what fits one of them is hardly another.
    pub(super) const CHECKED: [Self; 3] =
        [Self::ResidentId, Self::ResidencePermit, Self::ForeignPermanentResidence];

    /// The English name, as within a sentence.
    pub fn en(self) -> &'static str {
        match self {
            Self::ResidentId => "resident identity card",
            Self::TemporaryResidentId => "temporary resident identity card",
            Self::OfficerCard => "officer card of the People's Liberation Army",
            Self::ArmedPoliceCard => "officer card of the People's Armed Police",
            Self::Passport => "ordinary passport",
            Self::TaiwanPermit => "mainland travel permit for Taiwan residents",
            Self::HkMacaoPermit => "mainland travel permit for Hong Kong and Macao residents",
            Self::ForeignPermanentResidence => "foreign permanent resident ID card",
            Self::ResidencePermit => "residence permit for Hong Kong, Macao and Taiwan residents",
        }
    }

    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Self::ResidentId => "居民身份证",
            Self::TemporaryResidentId => "临时居民身份证",
            Self::OfficerCard => "中国人民解放军军官证",
            Self::ArmedPoliceCard => "中国人民武装警察部队警官证",
            Self::Passport => "普通护照",
            Self::TaiwanPermit => "台湾居民来往大陆通行证",
            Self::HkMacaoPermit => "港澳居民来往内地通行证",
            Self::ForeignPermanentResidence => "外国人永久居留身份证",
            Self::ResidencePermit => "港澳台居民居住证",
        }
    }

    /// What the number looks like, in English and Chinese.
    pub(super) fn form(self) -> (&'static str, &'static str) {
        match self {
            Self::ResidentId | Self::TemporaryResidentId | Self::ResidencePermit => {
                ("18 characters", "18位")
            }
            Self::ForeignPermanentResidence => {
                ("18 or (edition of 2017) 15 characters", "18位或2017版15位")
            }
            Self::HkMacaoPermit => (
                "H or M and 8 or 10 digits, on older permits a letter and 6 or 7 digits",
                "H或M加8位或10位数字（旧证为字母加6至7位数字）",
            ),
            Self::TaiwanPermit => ("8 digits", "8位数字"),
            Self::Passport => ("5 to 12 letters and digits", "5至12位字母和数字"),
            Self::OfficerCard | Self::ArmedPoliceCard => {
                ("at most 4 Chinese characters before 4 to 10 digits", "至多4个汉字加4至10位数字")
            }
        }
    }

    /// Whether its number stays with the person for life, so that an equal number is the same
    /// person. Other numbers change with each document, and those of passports are unique within
    /// their country only.
    pub fn is_lifelong(self) -> bool {
        !matches!(self, Self::Passport | Self::OfficerCard | Self::ArmedPoliceCard)
    }

    /// What keeps the blind indexes of different numbers apart. The temporary card repeats the
    /// number of the resident identity card, so both are one.
    pub fn index_kind(self) -> &'static str {
        match self {
            Self::ResidentId | Self::TemporaryResidentId => "document.111",
            Self::OfficerCard => "document.114",
            Self::ArmedPoliceCard => "document.115",
            Self::Passport => "document.414",
            Self::TaiwanPermit => "document.511",
            Self::HkMacaoPermit => "document.516",
            Self::ForeignPermanentResidence => "document.553",
            Self::ResidencePermit => "document.RP",
        }
    }
}
