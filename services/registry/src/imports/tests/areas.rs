use super::*;

const HEADER: &str = "区域标识,行政区划代码,代码版本日期,区域名称,上级区域,启用日期\n";

fn file(rows: &[&str]) -> Vec<u8> {
    format!("{HEADER}{}\n", rows.join("\n")).into_bytes()
}

async fn name(desk: &Desk, label: &str, day: &str) -> Option<String> {
    let tree = desk.rig.register.tree().await.unwrap();
    let fact = tree.get(&AreaPath::parse(label).unwrap())?;
    fact.name_on(day.parse().unwrap()).map(ToString::to_string)
}

#[tokio::test]
async fn rows_build_on_rows_before_them_and_are_taken_back_in_turn() {
    let desk = desk().await;
    let rows = [
        "110102900,110102900000,2023-06-30,试验街道,西城区,2015-01-01",
        ",110102900001,2023-06-30,试验社区,试验街道,2015-01-01",
        "110102010,,,德胜新街道,,2016-01-01",
    ];
    let batch = desk.import("areas", &file(&rows)).await;
    assert_eq!(batch.applied_row_count, 3, "{:?}", desk.faults(&batch.name).await);
    assert_eq!(name(&desk, "110102900001", "2015-01-01").await.as_deref(), Some("试验社区"));
    assert_eq!(name(&desk, "110102010", "2015-12-31").await.as_deref(), Some("德胜街道"));
    assert_eq!(name(&desk, "110102010", "2016-01-01").await.as_deref(), Some("德胜新街道"));
    let again = desk.import("areas", &file(&rows)).await;
    assert_eq!((again.applied_row_count, again.unchanged_row_count), (0, 3));

    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0, "{:?}", desk.faults(&batch.name).await);
    assert_eq!(name(&desk, "110102900001", "2024-06-03").await, None);
    assert_eq!(name(&desk, "110102900", "2024-06-03").await, None);
    assert_eq!(name(&desk, "110102010", "2024-06-03").await.as_deref(), Some("德胜街道"));
    let day = desk.rig.clock_day();
    assert!(desk.rig.register.tree().await.unwrap().faults_on(day).is_empty());
}

#[tokio::test]
async fn an_area_in_use_stays() {
    let desk = desk().await;
    let rows = ["110102900,,,试验街道,,2015-01-01", "110102010900,,,试验社区,,2015-01-01"];
    let batch = desk.import("areas", &file(&rows)).await;
    desk.import("areas", &file(&["110102900001,,,下级社区,,2015-01-01"])).await;
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 1);
    assert_eq!(told(&desk.faults(&batch.name).await), [(2, "", "AREA_IN_USE")]);
    assert!(name(&desk, "110102900", "2024-06-03").await.is_some());
    assert!(name(&desk, "110102010900", "2024-06-03").await.is_none());
}

#[tokio::test]
async fn every_fault_of_a_row_is_told_under_its_column() {
    let mut desk = desk().await;
    desk.scope = "110102";
    let cases = [
        ("1101020,,,甲,,", vec![("区域标识", "AREA_LABEL_INVALID")]),
        (",,,甲,,", vec![("区域标识", "MISSING_VALUE")]),
        (",0102,,甲,,", vec![("行政区划代码", "OFFICIAL_CODE_INVALID")]),
        ("110102901,,,,,", vec![("区域名称", "MISSING_VALUE")]),
        ("110102902,,,乙,东城区,", vec![("上级区域", "PARENT_DIFFERS")]),
        ("110101901,,,丙,,", vec![("区域标识", "OUT_OF_SCOPE")]),
        ("110102903001,,,丁,,", vec![("上级区域", "AREA_PARENT_NOT_OPEN")]),
        ("110102904,,,德胜街道,,", vec![("区域名称", "AREA_NAME_TAKEN")]),
        ("110102905,110102010000,,戊,,", vec![("行政区划代码", "OFFICIAL_CODE_TAKEN")]),
        ("110102906,,,己,,2024-06-04", vec![("启用日期", "AREA_DATE_INVALID")]),
    ];
    let rows: Vec<&str> = cases.iter().map(|(row, _)| *row).collect();
    let batch = desk.validate("areas", &file(&rows)).await;
    let faults = desk.faults(&batch.name).await;
    for (line, (row, expected)) in (2..).zip(&cases) {
        let found = told(&faults).into_iter().filter(|(at, ..)| *at == line);
        let found: Vec<_> = found.map(|(_, column, code)| (column, code)).collect();
        assert_eq!(&found, expected, "{row}");
    }
}
