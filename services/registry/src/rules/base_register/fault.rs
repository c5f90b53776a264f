//! Why the register refuses a change of the base register.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{Edition, MAX_EDITION_CHARS};
use crate::rules::{Refusal, area::AreaPath, reasons};

/// Why an edition is not entered, or does not begin or cease to count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseRegisterFault {
    /// The text names no edition.
    #[error("an edition has 1 to {MAX_EDITION_CHARS} characters")]
    Edition,
    /// The day has not come yet.
    #[error("{0} has not come yet")]
    InFuture(CivilDate),
    /// Only districts have a base register.
    #[error("areas/{0} is no district")]
    NotADistrict(AreaPath),
    /// The district is not there.
    #[error("areas/{0} is not open on {1}")]
    AreaNotOpen(AreaPath, CivilDate),
    /// The day is too early; the first that is possible.
    #[error("{0} is too early, {1} is the first possible day")]
    BeforeItsDay(CivilDate, CivilDate),
    /// Enterprises are listed in an area that has ended, out of which nobody would carry them.
    #[error("it lists enterprises in areas/{0}, which has ended; import it anew")]
    AreaEnded(AreaPath),
    /// It has no entries.
    #[error("it has no entries; import some first")]
    Empty,
    /// It counts, so it is no draft.
    #[error("it counts; deactivate it first")]
    Counts,
    /// It is a draft.
    #[error("it is a draft that never counted")]
    Draft,
    /// It counts no more.
    #[error("it counts no more")]
    Ended,
    /// A later edition stands in the way; from which day on it does not.
    #[error("edition {0} counts beside it; take a day after it, or deactivate that one")]
    NotTheLatest(Edition, CivilDate),
}

impl Refusal for BaseRegisterFault {
    fn reason(&self) -> &'static Reason {
        match self {
            Self::Edition
            | Self::InFuture(_)
            | Self::NotADistrict(_)
            | Self::AreaNotOpen(..)
            | Self::BeforeItsDay(..) => &reasons::BASE_REGISTER_INVALID,
            Self::AreaEnded(_)
            | Self::Empty
            | Self::Counts
            | Self::Draft
            | Self::Ended
            | Self::NotTheLatest(..) => &reasons::BASE_REGISTER_STATE,
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::Edition => format!("版本名称应为1至{MAX_EDITION_CHARS}个字符"),
            Self::InFuture(day) => format!("{day}尚未到来"),
            Self::NotADistrict(area) => format!("{area}不是区级"),
            Self::AreaNotOpen(area, day) => format!("区域{area}在{day}不存在"),
            Self::BeforeItsDay(day, first) => format!("{day}过早，最早为{first}"),
            Self::AreaEnded(area) => format!("列有已撤销区域{area}内的企业，请重新导入"),
            Self::Empty => "尚无企业，请先导入".to_owned(),
            Self::Counts => "正在使用，请先停用".to_owned(),
            Self::Draft => "尚未启用".to_owned(),
            Self::Ended => "已停止使用".to_owned(),
            Self::NotTheLatest(edition, day) => {
                format!("版本{edition}自{day}前后仍在使用，请选择其后的日期或先停用该版本")
            }
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}
