//! What is not asked of anybody (最小必要: Personal Information Protection Law art. 6 and 28).
//!
//! Spreadsheets of other systems have columns for it. Whoever sends one is told to take the column
//! out: to drop it silently would leave the personal data in the uploaded file for nothing.

use unionhall_kit::text;

/// A matter that is not collected 不采集, with the headings under which it occurs.
#[derive(Debug, PartialEq, Eq)]
pub struct NotCollected {
    /// What it is, in English.
    pub en: &'static str,
    /// What it is, in Chinese.
    pub zh: &'static str,
    /// Headings, in the form of [`folded`]; a heading that contains one means it.
    headings: &'static [&'static str],
}

/// Everything that is not collected.
pub const NOT_COLLECTED: [NotCollected; 8] = [
    NotCollected {
        en: "marriage",
        zh: "婚姻状况",
        headings: &["婚姻", "婚否", "已婚", "配偶", "marital", "marriage", "spouse"],
    },
    NotCollected {
        en: "children",
        zh: "子女情况",
        headings: &["子女", "孩子", "独生", "children"],
    },
    NotCollected {
        en: "births", zh: "生育状况", headings: &["生育", "孕", "计生", "育龄"]
    },
    NotCollected {
        en: "health",
        zh: "健康状况",
        headings: &[
            "健康",
            "病史",
            "疾病",
            "血型",
            "残疾",
            "伤残",
            "health",
            "disabilit",
            "disabled",
            "bloodtype",
        ],
    },
    NotCollected {
        en: "religion", zh: "宗教信仰", headings: &["宗教", "信仰", "religion"]
    },
    NotCollected {
        en: "political status",
        zh: "政治面貌",
        headings: &["政治面貌", "政治面目", "入党", "入团", "党派", "politicalstatus"],
    },
    NotCollected {
        en: "biometrics",
        zh: "生物识别信息",
        headings: &["指纹", "人脸", "虹膜", "掌纹", "声纹", "biometric", "fingerprint"],
    },
    NotCollected {
        en: "the image of a document",
        zh: "证件影像",
        headings: &["身份证照", "身份证复印", "身份证扫描", "证件照片", "证件复印", "证件扫描"],
    },
];

/// What a column with this heading asks for, if that is not collected.
pub fn of_heading(heading: &str) -> Option<&'static NotCollected> {
    let heading = folded(heading);
    NOT_COLLECTED.iter().find(|matter| matter.headings.iter().any(|part| heading.contains(part)))
}

/// Narrow letters in lower case, without spaces and punctuation.
fn folded(heading: &str) -> String {
    let half = text::half_width(heading);
    half.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_other_systems_are_recognised() {
        for (heading, matter) in [
            ("婚姻状况", "婚姻状况"),
            (" 婚 否（必填）", "婚姻状况"),
            ("Marital status", "婚姻状况"),
            ("marital_status", "婚姻状况"),
            ("子女数", "子女情况"),
            ("是否独生子女", "子女情况"),
            ("生育状况", "生育状况"),
            ("健康状况", "健康状况"),
            ("是否残疾", "健康状况"),
            ("宗教信仰", "宗教信仰"),
            ("政治面貌*", "政治面貌"),
            ("Political status", "政治面貌"),
            ("Blood type", "健康状况"),
            ("Fingerprint", "生物识别信息"),
            ("入党日期", "政治面貌"),
            ("身份证照片", "证件影像"),
        ] {
            assert_eq!(of_heading(heading).map(|matter| matter.zh), Some(matter), "{heading}");
        }
    }

    #[test]
    fn what_the_register_asks_for_is_collected() {
        for heading in [
            "姓名",
            "性别",
            "出生日期",
            "民族",
            "学历",
            "证件类型",
            "证件号码",
            "有效期止",
            "手机号码",
            "就业状态",
            "职工群体",
            "是否农民工",
            "入会日期",
            "工作单位",
            "所属工会",
            "会员状态",
        ] {
            assert_eq!(of_heading(heading), None, "{heading}");
        }
    }

    #[test]
    fn every_matter_has_headings_in_the_compared_form() {
        for matter in &NOT_COLLECTED {
            for heading in matter.headings {
                assert_eq!(folded(heading), **heading);
            }
        }
    }
}
