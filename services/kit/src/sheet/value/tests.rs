use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn column(kind: ColumnKind) -> Column {
    Column::new("key", &["列"], kind)
}

fn text(kind: ColumnKind, given: &str) -> Result<Value, &'static str> {
    read(&column(kind), &Cell::Text(given.to_owned())).map_err(|wrong| wrong.kind.code)
}

fn number(kind: ColumnKind, given: &str) -> Result<Value, &'static str> {
    read(&column(kind), &Cell::Number(given.to_owned())).map_err(|wrong| wrong.kind.code)
}

fn sexes() -> ColumnKind {
    let entry = |code: &str, zh: &str, en: &str| CodeEntry {
        code: code.into(),
        zh: zh.into(),
        en: en.into(),
    };
    ColumnKind::Code(Arc::new(CodeList::new([
        entry("1", "男", "Male"),
        entry("2", "女", "Female"),
    ])))
}

#[test]
fn text_is_trimmed_and_composed_and_keeps_its_width() {
    assert_eq!(text(ColumnKind::Text, " e\u{301}　"), Ok(Value::Text("é".into())));
    assert_eq!(text(ColumnKind::Text, "Ａ座 ３层"), Ok(Value::Text("Ａ座 ３层".into())));
    for given in ["a\nb", "a\u{200B}b", "😀"] {
        assert_eq!(text(ColumnKind::Text, given), Err("FORBIDDEN_CHARACTER"), "{given:?}");
    }
    assert_eq!(text(ColumnKind::Text, &"字".repeat(32_768)), Err("CELL_TOO_LONG"));
    assert!(text(ColumnKind::Text, &"字".repeat(32_767)).is_ok());
}

#[test]
fn numbers_in_text_are_taken_only_where_nothing_is_lost() {
    assert_eq!(number(ColumnKind::Text, "12"), Ok(Value::Text("12".into())));
    assert_eq!(number(ColumnKind::Text, "1234567890123456"), Err("NUMERIC_TEXT"));
    assert_eq!(number(ColumnKind::Text, "0.5"), Err("NUMERIC_TEXT"));
    let date = Cell::Date(CivilDate::new(2024, 3, 1).unwrap());
    let wrong = read(&column(ColumnKind::Text), &date).unwrap_err();
    assert_eq!(wrong.kind, &kinds::DATE_FOR_TEXT);
}

#[test]
fn identifiers_lose_spaces_and_width_but_no_digit() {
    let given = " ９１１１ 0102　MA001 ";
    assert_eq!(text(ColumnKind::Identifier, given), Ok(Value::Text("91110102MA001".into())));
    assert_eq!(text(ColumnKind::Identifier, "0012"), Ok(Value::Text("0012".into())));
    assert_eq!(text(ColumnKind::Identifier, "1.10102E+17"), Err("NUMERIC_IDENTIFIER"));
    assert_eq!(text(ColumnKind::Identifier, "9E1"), Ok(Value::Text("9E1".into())));
    for given in ["12", "0", "1.10102E+17", "13800000000"] {
        assert_eq!(number(ColumnKind::Identifier, given), Err("NUMERIC_IDENTIFIER"));
    }
}

#[test]
fn a_typed_date_is_taken_and_a_bare_day_number_is_not() {
    let day = Value::Date(CivilDate::new(2014, 2, 27).unwrap());
    assert_eq!(number(ColumnKind::Date, "20140227"), Ok(day.clone()));
    assert_eq!(text(ColumnKind::Date, "２０１４年２月２７日"), Ok(day));
    assert_eq!(number(ColumnKind::Date, "41697"), Err("INVALID_DATE"));
    assert_eq!(number(ColumnKind::Date, "20140230"), Err("IMPOSSIBLE_DATE"));
}

#[test]
fn counts_are_whole_and_without_unit() {
    for (given, value) in
        [("0", 0), ("120", 120), ("1,234", 1234), ("１，２３４，５６７", 1_234_567)]
    {
        assert_eq!(text(ColumnKind::Count, given), Ok(Value::Count(value)), "{given}");
    }
    assert_eq!(number(ColumnKind::Count, "120.0"), Ok(Value::Count(120)));
    for given in [
        "120人",
        "-1",
        "1.5",
        "12,34",
        "1234,567",
        ",123",
        "1,,234",
        "一百",
        "99999999999999999999",
    ] {
        assert_eq!(text(ColumnKind::Count, given), Err("INVALID_COUNT"), "{given}");
    }
    assert_eq!(number(ColumnKind::Count, "1.5"), Err("INVALID_COUNT"));
}

#[test]
fn codes_come_as_code_or_name_and_the_remedy_names_them() {
    for given in ["1", "１", "男", "male"] {
        assert_eq!(text(sexes(), given), Ok(Value::Code("1".into())), "{given}");
    }
    assert_eq!(number(sexes(), "2"), Ok(Value::Code("2".into())));
    let wrong = read(&column(sexes()), &Cell::Text("3".into())).unwrap_err();
    assert_eq!(wrong.places, vec![("known", "1 男, 2 女".to_owned())]);
}

#[test]
fn what_is_no_value_is_a_fault_in_every_kind_of_column() {
    let cells = [
        (Cell::Formula("A1".into()), "FORMULA_CELL"),
        (Cell::Error("#N/A".into()), "ERROR_CELL"),
        (Cell::Bool(true), "BOOLEAN_CELL"),
        (Cell::BadQuote("a".into()), "BAD_QUOTE"),
    ];
    for kind in [ColumnKind::Text, ColumnKind::Identifier, ColumnKind::Date, ColumnKind::Count] {
        for (cell, code) in &cells {
            assert_eq!(read(&column(kind.clone()), cell).unwrap_err().kind.code, *code);
        }
        let required = column(kind).required();
        assert_eq!(read(&required, &Cell::Empty).unwrap_err().kind.code, "MISSING_VALUE");
    }
}

proptest! {
    #[test]
    fn grouped_digits_mean_the_same_number(value in 0u64..1_000_000_000_000) {
        let plain = value.to_string();
        let mut grouped = String::new();
        for (at, digit) in plain.chars().enumerate() {
            if at > 0 && (plain.len() - at).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        prop_assert_eq!(text(ColumnKind::Count, &grouped), Ok(Value::Count(value)));
    }

    #[test]
    fn reading_is_stable(given in "\\PC{0,20}") {
        for kind in [ColumnKind::Text, ColumnKind::Identifier] {
            if let Ok(Value::Text(once)) = text(kind.clone(), &given) {
                prop_assert_eq!(text(kind, &once), Ok(Value::Text(once)));
            }
        }
    }
}
