//! Synthetic employers, each made from a number, and spreadsheets of them.
//!
//! The check digits are computed here by themselves, so that the tests do not believe the code
//! that they test.

use unionhall_proto::google::r#type::Date;
use unionhall_proto::registry::v1::{
    Address, CreateUnionRequest, Employer, Industry, Union, Workforce,
};

/// The alphabet of GB 32100-2015: digits and letters without I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Communities that ship with the project, in seven sub-districts.
pub const COMMUNITIES: [&str; 9] = [
    "110102001004",
    "110102001007",
    "110102003015",
    "110102003020",
    "110102007003",
    "110102010002",
    "110102011001",
    "110102012001",
    "110102020001",
];

/// Employers are entered with 1 to this many employees.
const FIRST_HEADCOUNTS: u32 = 90;

/// The header of the employer spreadsheet, as the template writes it.
pub const HEADER: &str = "单位名称,统一社会信用代码,单位性质,行业代码,行业标准版本,实际所在社区,\
    实际地址,成立日期,职工人数,人数统计日期,联系电话";

/// A civil day.
#[must_use]
pub fn day(year: i32, month: i32, day: i32) -> Date {
    Date { year, month, day }
}

/// The organisation code (GB 11714) of a synthetic body.
#[must_use]
pub fn organisation_code(number: u32) -> String {
    let mut code = String::from("U");
    let mut rest = number;
    for _ in 0..7 {
        code.push(char::from(ALPHABET[(rest % 31) as usize]));
        rest /= 31;
    }
    code.push(organisation_check(&code));
    code
}

/// The unified social credit code (GB 32100-2015) of a synthetic enterprise.
#[must_use]
pub fn credit_code(number: u32) -> String {
    let mut code = format!("91110102{}", organisation_code(number));
    code.push(credit_check(&code));
    code
}

/// The resident identity number (GB 11643-1999) of a synthetic person, born 1880 to 1899.
#[must_use]
pub fn resident_number(number: u32) -> String {
    let (rest, sequence) = (number / 999, number % 999 + 1);
    let (rest, day) = (rest / 28, rest % 28 + 1);
    let (year, month) = (1880 + rest / 12 % 20, rest % 12 + 1);
    let mut text = format!("110102{year:04}{month:02}{day:02}{sequence:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = text.bytes().zip(weights).map(|(b, w)| usize::from(b - b'0') * w).sum();
    text.push(char::from(b"10X98765432"[sum % 11]));
    text
}

/// The invented name of a synthetic person.
#[must_use]
pub fn person_name(number: u32) -> String {
    let stems: Vec<char> = "甲乙丙丁戊己庚辛壬癸".chars().collect();
    let digits = number.to_string();
    let given = digits.chars().filter_map(|c| c.to_digit(10)).map(|at| stems[at as usize]);
    format!("某{}", given.collect::<String>())
}

/// The mobile number of a synthetic person.
#[must_use]
pub fn mobile(number: u32) -> String {
    format!("139{number:08}")
}

/// The header of the sheets of members.
pub const MEMBER_HEADER: &str = "姓名,证件号码,手机号码,民族,学历,所在工会,入会日期,信息确认";

/// A sheet of the members with these numbers, all of the union with this name. `more` says the
/// education and whether the record is confirmed.
#[must_use]
pub fn member_csv(
    numbers: std::ops::Range<u32>,
    union: &str,
    (education, confirmed): (&str, &str),
) -> String {
    let mut file = format!("{MEMBER_HEADER}\n");
    for number in numbers {
        let (name, document) = (person_name(number), resident_number(number));
        let (mobile, month) = (mobile(number), number % 12 + 1);
        file.push_str(&format!(
            "{name},{document},{mobile},汉族,{education},{union},2013-{month:02}-15,{confirmed}\n"
        ));
    }
    file
}

/// Letters count from A = 10 here, unlike in the credit code.
fn organisation_check(body: &str) -> char {
    let values = body.chars().filter_map(|c| c.to_digit(36));
    let sum: u32 =
        values.zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(value, weight)| value * weight).sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => char::from_digit(digit, 10).unwrap_or('0'),
    }
}

fn credit_check(body: &str) -> char {
    let (mut sum, mut weight) = (0, 1);
    for character in body.bytes() {
        let value = ALPHABET.iter().position(|one| *one == character).unwrap_or(0);
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    char::from(ALPHABET[(31 - sum % 31) % 31])
}

/// The community of an employer.
#[must_use]
pub fn community(number: u32) -> &'static str {
    COMMUNITIES[number as usize % COMMUNITIES.len()]
}

/// The day of its establishment, from 2013 to 2020.
#[must_use]
pub fn established_on(number: u32) -> Date {
    let spread = i32::try_from(number % 2_688).unwrap_or(0);
    day(2013 + spread / 336, 1 + spread / 28 % 12, 1 + spread % 28)
}

/// A complete enterprise: no quality rule fails on the days after its headcount.
#[must_use]
pub fn employer(number: u32) -> Employer {
    let established = established_on(number);
    Employer {
        display_name: format!("北京试样{number}号贸易有限公司"),
        credit_code: credit_code(number),
        ownership: "50".to_owned(),
        industry: Some(Industry { edition: "2017".to_owned(), code: "51".to_owned() }),
        actual_address: Some(address(community(number), number)),
        established_on: Some(established),
        phone: phone(number),
        workforce: Some(Workforce {
            counted_on: Some(established),
            employee_count: i32::try_from(1 + number % FIRST_HEADCOUNTS).unwrap_or(1),
            ..Workforce::default()
        }),
        ..Employer::default()
    }
}

/// A joint union of a community.
#[must_use]
pub fn joint(number: i32) -> Union {
    Union {
        display_name: format!("北京某某第{number}联合工会"),
        union_type: "JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(Address { area: "areas/110102010002".to_owned(), line: String::new() }),
        ..Union::default()
    }
}

/// The same, formed on 2010-01-01; it takes in whoever comes.
#[must_use]
pub fn joint_union(number: i32) -> CreateUnionRequest {
    CreateUnionRequest {
        union: Some(joint(number)),
        effective_date: Some(day(2010, 1, 1)),
        ..CreateUnionRequest::default()
    }
}

/// A headcount that no other number has and no employer is entered with, so that recording it is
/// always a change.
#[must_use]
pub fn headcount(number: u32) -> i32 {
    i32::try_from(FIRST_HEADCOUNTS + number).unwrap_or(i32::MAX)
}

/// The name of a synthetic union.
#[must_use]
pub fn union_name(number: u32) -> String {
    format!("北京试样{number}号联合工会")
}

/// What a mark says that no other number gives.
#[must_use]
pub fn note(number: u32) -> String {
    format!("第{number}号")
}

/// An address in a community.
#[must_use]
pub fn address(community: &str, number: u32) -> Address {
    Address { area: format!("areas/{community}"), line: format!("示范路{number}号") }
}

/// A telephone number that nobody has: local numbers never begin with 1.
#[must_use]
pub fn phone(number: u32) -> String {
    format!("010-1{number:07}")
}

/// The row of an employer below [`HEADER`].
#[must_use]
pub fn row(number: u32) -> String {
    let employer = employer(number);
    let established = established_on(number);
    let written = format!("{}-{:02}-{:02}", established.year, established.month, established.day);
    format!(
        "{},{},50,51,2017,{},示范路{number}号,{written},{},{written},{}",
        employer.display_name,
        employer.credit_code,
        community(number),
        1 + number % FIRST_HEADCOUNTS,
        employer.phone,
    )
}

/// A spreadsheet of the employers with these numbers, as CSV.
#[must_use]
pub fn csv(numbers: impl IntoIterator<Item = u32>) -> String {
    let mut lines = vec![HEADER.to_owned()];
    lines.extend(numbers.into_iter().map(row));
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_those_of_the_standards() {
        // The worked examples of GB 11714 and of GB 32100-2015.
        assert_eq!(organisation_check("D2143569"), 'X');
        assert_eq!(credit_check("91350100M000100Y4"), '3');
        assert_eq!(credit_code(0).len(), 18);
        assert_eq!(resident_number(8).len(), 18);
        assert_ne!(resident_number(998), resident_number(999));
        assert_ne!(credit_code(1), credit_code(31));
    }

    #[test]
    fn a_spreadsheet_has_a_row_for_each_number() {
        let text = csv(3..6);
        let columns = |line: &str| line.split(',').count();
        assert_eq!(text.lines().count(), 4);
        assert!(text.lines().all(|line| columns(line) == columns(HEADER)));
    }
}
