//! What persons ask of the register 个人行使权利 (Personal Information Protection Law arts. 44 to 50): when
//! it came, by when it is due, and what was answered.

use unionhall_kit::{civil::CivilDate, fault::Reason};

use super::{
    Refusal,
    purpose::Purpose,
    reasons,
    retention::{Retention, Subject},
};

/// The articles on which a refusal can rest.
const ARTICLES: std::ops::RangeInclusive<u16> = 44..=50;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// To see what is recorded 查阅.
    Access,
    /// A copy of it 复制.
    Copy,
    /// To put it right 更正、补充.
    Correction,
    /// To erase it 删除.
    Erasure,
    /// To be told the rules 解释说明.
    Explanation,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done as asked; perhaps with words.
    Granted(Option<Purpose>),
    /// Refused for this reason, which rests on this article.
    Refused(Purpose, u16),
    /// The person took it back.
    TakenBack(Option<Purpose>),
}

/// An answer and its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The day.
    pub on: CivilDate,
    /// What came of it.
    pub outcome: Outcome,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectRequest {
    /// What was asked for.
    pub kind: Kind,
    /// The day on which it came.
    pub received_on: CivilDate,
    /// The last day on which it is answered in time.
    pub due_on: CivilDate,
    /// The answer, once there is one.
    pub answer: Option<Answer>,
}

/// Why a request or its answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubjectRequestFault {
    /// The day is after today.
    #[error("{0} is after today")]
    InFuture(CivilDate),
    /// The answer is before the request.
    #[error("{0} is before the request came")]
    BeforeReceipt(CivilDate),
    /// It was answered before.
    #[error("it was answered on {0}")]
    Answered(CivilDate),
    /// A refusal rests on an article of the law.
    #[error("a refusal has a reason and the article that it rests on, 44 to 50")]
    Unfounded,
    /// Only a refusal does.
    #[error("only a refusal rests on an article")]
    Founded,
}

impl Outcome {
    /// A refusal. `Unfounded` without an article of the rights of persons.
    pub fn refused(reason: Option<Purpose>, article: u16) -> Result<Self, SubjectRequestFault> {
        match reason {
            Some(reason) if ARTICLES.contains(&article) => Ok(Self::Refused(reason, article)),
            _ => Err(SubjectRequestFault::Unfounded),
        }
    }

    /// What is not refused rests on no article.
    pub fn unfounded(self, article: u16) -> Result<Self, SubjectRequestFault> {
        if article == 0 { Ok(self) } else { Err(SubjectRequestFault::Founded) }
    }

    /// The words of the answer.
    pub fn words(&self) -> Option<&Purpose> {
        match self {
            Self::Granted(words) | Self::TakenBack(words) => words.as_ref(),
            Self::Refused(reason, _) => Some(reason),
        }
    }

    /// The article that a refusal rests on.
    pub fn article(&self) -> Option<u16> {
        match self {
            Self::Refused(_, article) => Some(*article),
            _ => None,
        }
    }
}

impl SubjectRequest {
    /// A request that came on a day.
    pub fn received(
        kind: Kind,
        on: CivilDate,
        today: CivilDate,
        rules: &Retention,
    ) -> Result<Self, SubjectRequestFault> {
        if on > today {
            return Err(SubjectRequestFault::InFuture(on));
        }
        let days = rules.on(Subject::Answer, on).map_or(0, |rule| rule.span);
        Ok(Self { kind, received_on: on, due_on: on.plus_days(days.into()), answer: None })
    }

    /// The request with its answer.
    pub fn answered(self, answer: Answer, today: CivilDate) -> Result<Self, SubjectRequestFault> {
        if let Some(earlier) = self.answer {
            return Err(SubjectRequestFault::Answered(earlier.on));
        }
        if answer.on > today {
            return Err(SubjectRequestFault::InFuture(answer.on));
        }
        if answer.on < self.received_on {
            return Err(SubjectRequestFault::BeforeReceipt(answer.on));
        }
        Ok(Self { answer: Some(answer), ..self })
    }
}

impl Refusal for SubjectRequestFault {
    fn reason(&self) -> &'static Reason {
        &reasons::SUBJECT_REQUEST_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::InFuture(day) => format!("{day}晚于今日"),
            Self::BeforeReceipt(day) => format!("{day}早于收到请求之日"),
            Self::Answered(day) => format!("已于{day}答复"),
            Self::Unfounded => "拒绝须说明理由和所依据的条款（第四十四条至第五十条）".to_owned(),
            Self::Founded => "仅拒绝时填写所依据的条款".to_owned(),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> CivilDate {
        text.parse().unwrap()
    }

    fn received() -> SubjectRequest {
        let rules = Retention::shipped().unwrap();
        SubjectRequest::received(Kind::Erasure, day("2026-03-01"), day("2026-03-05"), &rules)
            .unwrap()
    }

    #[test]
    fn a_request_is_due_by_rule_and_answered_once() {
        let rules = Retention::shipped().unwrap();
        let today = day("2026-03-05");
        let early = SubjectRequest::received(Kind::Access, day("2026-03-06"), today, &rules);
        assert_eq!(early, Err(SubjectRequestFault::InFuture(day("2026-03-06"))));
        assert_eq!(received().due_on, day("2026-03-31"));
        let on = |text| Answer { on: day(text), outcome: Outcome::Granted(None) };
        for (text, fault) in [
            ("2026-03-06", SubjectRequestFault::InFuture(day("2026-03-06"))),
            ("2026-02-28", SubjectRequestFault::BeforeReceipt(day("2026-02-28"))),
        ] {
            assert_eq!(received().answered(on(text), today), Err(fault));
        }
        let answered = received().answered(on("2026-03-05"), today).unwrap();
        let again = answered.answered(on("2026-03-05"), today);
        assert_eq!(again, Err(SubjectRequestFault::Answered(today)));
    }

    #[test]
    fn a_refusal_rests_on_an_article() {
        let reason = || Purpose::parse("保存期限未满").ok();
        for (reason, article) in [(None, 47), (reason(), 0), (reason(), 43), (reason(), 51)] {
            assert_eq!(Outcome::refused(reason, article), Err(SubjectRequestFault::Unfounded));
        }
        let refused = Outcome::refused(reason(), 47).unwrap();
        assert_eq!((refused.article(), refused.words()), (Some(47), reason().as_ref()));
        let granted = Outcome::Granted(None).unfounded(47);
        assert_eq!(granted, Err(SubjectRequestFault::Founded));
    }
}
