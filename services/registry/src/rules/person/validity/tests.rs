use proptest::prelude::*;

use super::*;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn period(from: &str, until: &str) -> Validity {
    Validity::new(Some(day(from)), Until::parse(until).unwrap()).unwrap()
}

#[test]
fn long_term_has_many_writings() {
    for given in [
        "长期",
        " 长 期 ",
        "长期有效",
        "永久",
        "永久有效",
        "long-term",
        "Long_Term",
        "9999-12-31",
        "99991231",
        "9999/12/31",
        "9999.12.31",
        "9999年12月31日",
        "９９９９１２３１",
    ] {
        assert_eq!(Until::parse(given), Ok(Until::LongTerm), "{given}");
        assert_eq!(Validity::parse(given).unwrap().until(), Until::LongTerm, "{given}");
    }
    for given in ["", "无", "长", "99991232", "9999", "2034-02-30", "长期长期"] {
        assert_eq!(Until::parse(given), Err(ValidityFault::Unreadable), "{given}");
    }
}

#[test]
fn a_cell_holds_the_last_day_or_the_whole_period() {
    let whole = period("2014-08-08", "2034-08-08");
    for given in [
        "2014.08.08-2034.08.08",
        "2014-08-08-2034-08-08",
        "2014-8-8 - 2034-8-8",
        "20140808-20340808",
        "2014/08/08至2034/08/08",
        "2014年8月8日—2034年8月8日",
        "２０１４.０８.０８～２０３４.０８.０８",
    ] {
        assert_eq!(Validity::parse(given), Ok(whole), "{given}");
    }
    assert_eq!(Validity::parse("2014.08.08-长期"), Ok(period("2014-08-08", "长期")));
    let last = Validity::parse("2034-08-08").unwrap();
    assert_eq!((last.from(), last.until()), (None, Until::Day(day("2034-08-08"))));
    for given in ["2014.08.08-", "-2034.08.08", "2014.08.08-2034", "长期-2034.08.08"] {
        assert_eq!(Validity::parse(given), Err(ValidityFault::Unreadable), "{given}");
    }
    let reversed = Validity::parse("2034.08.08-2014.08.08").unwrap_err();
    assert_eq!(reversed, ValidityFault::Reversed(day("2034-08-08"), day("2014-08-08")));
    for fault in [reversed, ValidityFault::Unreadable] {
        let fault = fault.to_fault();
        assert!(!fault.english().contains('{') && !fault.chinese().contains('{'));
    }
}

#[test]
fn a_document_serves_on_its_last_day() {
    let validity = period("2014-08-08", "2034-08-08");
    for (on, standing) in [
        ("2014-08-07", Standing::NotYet),
        ("2014-08-08", Standing::Valid),
        ("2034-08-08", Standing::Valid),
        ("2034-08-09", Standing::Expired),
    ] {
        assert_eq!(validity.standing_on(day(on)), standing, "{on}");
        assert_eq!(validity.is_expired_on(day(on)), standing == Standing::Expired, "{on}");
    }
    assert!(!period("1900-01-01", "长期").is_expired_on(day("9999-12-31")));
}

#[test]
fn unusual_spans_are_doubted_and_let_through() {
    let (id, born) = (DocumentKind::ResidentId, Some(day("1888-08-08")));
    let doubt = |from, until, born| period(from, until).doubt(id, born);
    for (from, until, expected) in [
        ("1904-08-07", "1909-08-07", None),
        ("1904-08-07", "1914-08-07", Some(ValidityDoubt::Age(15))),
        ("1904-08-08", "1914-08-08", None),
        ("1914-08-07", "1924-08-07", None),
        ("1914-08-08", "1924-08-08", Some(ValidityDoubt::Age(26))),
        ("1914-08-08", "1934-08-08", None),
        ("1934-08-07", "1954-08-07", None),
        ("1934-08-08", "长期", None),
        ("1934-08-08", "1954-08-08", Some(ValidityDoubt::Age(46))),
        ("1914-08-08", "1934-08-09", Some(ValidityDoubt::Span)),
        ("1914-08-08", "1929-08-08", Some(ValidityDoubt::Span)),
    ] {
        assert_eq!(doubt(from, until, born), expected, "{from} {until}");
    }
    assert_eq!(doubt("1914-08-08", "1924-08-08", None), None, "the age is not known");
    // 2028 is a leap year, 2033 is none.
    for last in ["2033-02-28", "2033-03-01"] {
        assert_eq!(doubt("2028-02-29", last, None), None, "{last}");
    }
    let permit = |until| period("2018-09-01", until).doubt(DocumentKind::ResidencePermit, born);
    assert_eq!(permit("2023-09-01"), None);
    assert_eq!(permit("2028-09-01"), Some(ValidityDoubt::Span));
    assert_eq!(period("2018-09-01", "2019-01-01").doubt(DocumentKind::Passport, born), None);
}

proptest! {
    #[test]
    fn what_is_shown_is_read(from in -30_000_i32..30_000, days in 0_i32..9_000, ends: bool) {
        let from = CivilDate::from_epoch_day(from);
        let last = from.map(|from| from.plus_days(days.unsigned_abs().into())).unwrap();
        let until = if ends { Until::Day(last) } else { Until::LongTerm };
        for from in [from, None] {
            let validity = Validity::new(from, until).unwrap();
            prop_assert_eq!(validity.to_string().parse(), Ok(validity));
            let json = serde_json::to_string(&validity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Validity>(&json).unwrap(), validity);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,32}") {
        let _ = Validity::parse(&text);
    }
}
