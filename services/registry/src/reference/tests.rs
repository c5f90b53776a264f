use unionhall_proto::registry::v1::AreaLevel;

use super::*;

fn day(text: &str) -> CivilDate {
    text.parse().unwrap()
}

fn book() -> &'static ReferenceBook {
    ReferenceBook::shipped().unwrap()
}

fn code(id: ListId, text: &str) -> &'static str {
    book().list(id).find(text).map_or("", |code| &code.code)
}

#[test]
fn every_list_is_there_and_is_found_by_its_name() {
    assert_eq!(book().lists().len(), 18);
    for id in ListId::ALL {
        assert_eq!(ListId::parse(id.as_str()), Some(id));
        assert_eq!(book().list(id).id(), id);
        assert!(!book().list(id).codes().is_empty());
    }
    assert_eq!(ListId::parse("industries"), None);
}

#[test]
fn editions_and_codes_have_names_that_the_contract_allows() {
    let names: Vec<_> = book().lists().iter().map(CodeList::resource_id).collect();
    assert!(names.contains(&"industry_2011") && names.contains(&"ownership"));
    for (list, name) in book().lists().iter().zip(names) {
        assert_eq!(
            book().by_resource_id(name).map(|l| (l.id(), l.edition())),
            Some((list.id(), list.edition()))
        );
        assert!(
            list.codes()
                .iter()
                .all(|c| c.code.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
        );
    }
    assert!(book().by_resource_id("industry").is_none());
}

#[test]
fn every_code_has_both_names_and_a_source_and_is_found_by_each_text() {
    for list in book().lists() {
        for entry in list.codes() {
            assert!(!entry.name_zh.is_empty() && !entry.name_en.is_empty(), "{entry:?}");
            assert!(!entry.source.is_empty(), "{entry:?}");
            assert_eq!(list.find(&entry.code), Some(entry));
            for alias in &entry.aliases {
                assert_eq!(list.find(alias), Some(entry));
            }
            let by_name = list.find(&entry.name_zh).unwrap();
            assert!(by_name == entry || by_name.parent.as_ref() == Some(&entry.code), "{entry:?}");
        }
    }
}

#[test]
fn both_editions_of_the_industries_are_whole() {
    for (edition, divisions) in [("2011", 96), ("2017", 97)] {
        let list = book().edition(ListId::Industry, edition).unwrap();
        let sections: Vec<_> = list.codes().iter().filter(|c| c.parent.is_none()).collect();
        assert_eq!(sections.len(), 20, "{edition}");
        let letters: String = sections.iter().map(|c| c.code.as_str()).collect();
        assert_eq!(letters, "ABCDEFGHIJKLMNOPQRST");
        let numbers: Vec<_> =
            list.codes().iter().filter(|c| c.parent.is_some()).map(|c| c.code.clone()).collect();
        let expected: Vec<_> = (1..=divisions).map(|n| format!("{n:02}")).collect();
        assert_eq!(numbers, expected, "{edition}");
    }
    assert_eq!(book().edition(ListId::Industry, "2002").map(CodeList::edition), None);
}

#[test]
fn one_industry_code_means_different_things_in_the_two_editions() {
    let name = |edition, code| {
        let list = book().edition(ListId::Industry, edition).unwrap();
        let found = list.find(code).unwrap();
        (found.name_zh.as_str(), found.parent.as_deref().unwrap())
    };
    assert_eq!(name("2011", "82"), ("教育", "P"));
    assert_eq!(name("2017", "83"), ("教育", "P"));
    assert_eq!(name("2017", "82"), ("其他服务业", "O"));
    assert_eq!(name("2011", "94"), ("群众团体、社会团体和其他成员组织", "S"));
    assert_eq!(name("2017", "95"), ("群众团体、社会团体和其他成员组织", "S"));
    assert_eq!(name("2017", "79"), ("土地管理业", "N"));
    assert_eq!(name("2011", "J66"), name("2017", "66"));
    assert_eq!(name("2017", "教育"), ("教育", "P"));
}

#[test]
fn sections_begin_where_the_standard_says() {
    let starts = |edition| {
        let list = book().edition(ListId::Industry, edition).unwrap();
        let mut text = String::new();
        for pair in list.codes().windows(2).filter(|pair| pair[0].parent.is_none()) {
            text += &format!("{}{} ", pair[0].code, pair[1].code);
        }
        text
    };
    assert_eq!(
        starts("2017"),
        "A01 B06 C13 D44 E47 F51 G53 H61 I63 J66 K70 L71 M73 N76 O80 P83 Q84 R86 S91 T97 "
    );
    assert_eq!(
        starts("2011"),
        "A01 B06 C13 D44 E47 F51 G53 H61 I63 J66 K70 L71 M73 N76 O79 P82 Q83 R85 S90 T96 "
    );
}

#[test]
fn a_day_decides_the_edition() {
    let on = |text| book().on(ListId::Industry, day(text)).map(CodeList::edition);
    assert_eq!(on("2011-10-31"), None);
    assert_eq!(on("2014-02-27"), Some("2011"));
    assert_eq!(on("2017-09-30"), Some("2011"));
    assert_eq!(on("2017-10-01"), Some("2017"));
    assert_eq!(book().list(ListId::Industry).edition(), "2017");
    let division = |text, day_text| {
        book().lookup(ListId::Industry, text, day(day_text)).map(|code| code.code.as_str())
    };
    assert_eq!(division("教育", "2014-02-27"), Ok("82"));
    assert_eq!(division("教育", "2018-01-01"), Ok("83"));
    assert_eq!(division("97", "2014-02-27"), Err(Miss::Unknown));
    assert_eq!(division("97", "2001-01-01"), Err(Miss::NotInForce));
}

#[test]
fn ethnicities_follow_the_standard_with_their_old_names() {
    let list = book().list(ListId::Ethnicity);
    assert_eq!(list.codes().len(), 58);
    for (text, expected) in [
        ("汉族", "01"),
        ("汉", "01"),
        ("满族", "11"),
        ("崩龙", "46"),
        ("崩龙族", "46"),
        ("毛难", "36"),
        ("毛南族", "36"),
        ("基诺族", "56"),
        ("其他", "97"),
        ("入籍", "98"),
        ("99", "97"),
    ] {
        assert_eq!(code(ListId::Ethnicity, text), expected, "{text}");
    }
}

#[test]
fn a_look_up_forgives_width_case_and_space_and_nothing_else() {
    assert_eq!(code(ListId::EconomicType, " １７３ "), "173");
    assert_eq!(code(ListId::EconomicType, "国有独资(公司)"), "151");
    assert_eq!(code(ListId::Industry, "ｊ６６"), "66");
    assert_eq!(code(ListId::EmployerStatus, "Active"), "ACTIVE");
    assert_eq!(code(ListId::Sex, "男"), "1");
    assert_eq!(code(ListId::EconomicType, "17 3"), "");
    assert_eq!(code(ListId::EconomicType, ""), "");
}

#[test]
fn a_code_is_refused_outside_its_days() {
    let courier =
        |text| book().lookup(ListId::WorkerGroup, "快递员", day(text)).map(|c| c.code.as_str());
    assert_eq!(courier("2017-12-31"), Err(Miss::NotInForce));
    assert_eq!(courier("2018-01-01"), Ok("COURIER"));
    assert_eq!(
        book().lookup(ListId::WorkerGroup, "网约车司机", day("2021-06-30")),
        Err(Miss::NotInForce)
    );
}

#[test]
fn the_eight_groups_are_eight() {
    let groups = book().list(ListId::WorkerGroup).codes();
    assert_eq!(groups.iter().filter(|c| c.parent.as_deref() == Some("EIGHT_GROUPS")).count(), 8);
}

#[test]
fn credit_code_categories_cover_the_unions_own_authority() {
    let list = book().list(ListId::CreditCodeCategory);
    assert_eq!(list.codes().iter().filter(|c| c.parent.is_none()).count(), 12);
    assert_eq!(list.find("81").map(|c| c.name_zh.as_str()), Some("基层工会"));
    assert_eq!(list.find("91").map(|c| c.name_zh.as_str()), Some("企业"));
    assert_eq!(list.find("83"), None);
}

#[test]
fn a_broken_text_is_an_error_that_names_its_file() {
    const CATALOGUE: &str = "id,edition,name_zh,name_en,valid_from,valid_until,source\n";
    const HEADER: &str = "code,name_zh,name_en,valid_from,valid_until,parent,aliases,note,source\n";
    let read = |row: &str, body: &str| {
        let catalogue = format!("{CATALOGUE}{row}");
        list::read_catalogue(&catalogue, &[("sex", "1", &format!("{HEADER}{body}"))])
            .map(|lists| lists.len())
            .map_err(|error| error.to_string())
    };
    let row = "sex,1,性别,Sex,1900-01-01,,s\n";
    assert_eq!(read(row, "1,男,Male,1900-01-01,,,,,s\n"), Ok(1));
    for (row, body, problem) in [
        (row, "1,男,Male,1900-02-30,,,,,s\n", "1900-02-30"),
        (row, "1,男,Male,1900-01-02,1900-01-01,,,,s\n", "after its end"),
        (row, "1,男,Male,1900-01-01,,0,,,s\n", "before its heading"),
        (row, "1,男,Male,1900-01-01,,,,,s\n2,男,Man,1900-01-01,,,,,s\n", "two meanings"),
        (row, "1,男\n", "found record"),
        ("sex,2,性别,Sex,1900-01-01,,s\n", "", "no text for sex 2"),
        ("", "", "no row for"),
    ] {
        let error = read(row, body).unwrap_err();
        assert!(error.contains(problem), "{error} lacks {problem}");
    }
}

/// The enumeration goes from the province downward, and so do the parents of the codes.
#[test]
fn area_levels_are_those_of_the_contract() {
    let list = book().list(ListId::AreaLevel);
    let mut above = None;
    for number in 1.. {
        let Ok(level) = AreaLevel::try_from(number) else { break };
        let name = level.as_str_name().strip_prefix("AREA_LEVEL_").unwrap();
        let code = list.find(name).unwrap_or_else(|| panic!("no code {name}"));
        assert_eq!(code.parent, above, "above {name}");
        above = Some(code.code.clone());
    }
    assert_eq!(list.codes().len(), 5);
    assert!(list.find("CITY").is_none());
}

#[test]
fn areas_are_those_of_the_edition() {
    let areas = shipped_areas().unwrap();
    let count = |level: &str| areas.iter().filter(|area| area.level == level).count();
    assert_eq!(
        ["PROVINCE", "PREFECTURE", "DISTRICT", "SUBDISTRICT", "COMMUNITY"].map(count),
        [1, 1, 1, 15, 263]
    );
    assert!(areas.iter().all(|a| a.edition == day("2023-06-30") && a.history_unknown));
    assert!(areas.iter().all(|a| a.valid_from == day("1900-01-01")));
    assert_eq!(areas, shipped_areas().unwrap());
    let first: Vec<_> = areas.iter().take(4).map(|area| area.label.as_str()).collect();
    assert_eq!(first, ["11", "1101", "110102", "110102001"]);
}

#[test]
fn every_area_lies_one_level_below_its_parent() {
    let areas = shipped_areas().unwrap();
    let lengths = [2, 4, 6, 9, 12];
    for area in &areas {
        let label = area.label.as_str();
        let depth = lengths.iter().position(|length| *length == label.len()).unwrap();
        assert_eq!(
            area.parent.as_ref().map(|p| p.as_str()),
            match depth {
                0 => None,
                _ => Some(&label[..lengths[depth - 1]]),
            }
        );
        let width = if depth < 3 { 6 } else { 12 };
        assert_eq!(area.official_code, format!("{label:0<width$}"));
    }
    let desheng = areas.iter().find(|area| area.name == "德胜街道").unwrap();
    assert_eq!(desheng.label.as_str(), "110102010");
    assert_eq!(desheng.name_en.as_deref(), Some("Desheng Sub-district"));
    let named = areas.iter().filter(|area| area.name_en.is_some());
    assert_eq!(named.count(), 18);
}
