//! Synthetic members: the people of covered employers, and people in new forms of employment whom
//! the joint unions of the communities take in; ten years of joining and leaving.

use unionhall_kit::civil::CivilDate;

pub use super::member_dirt::MemberDirt;
use super::{
    DemoCell, DemoRow, DirtShares, Row,
    dice::Dice,
    dirt::{Plan, WHOLE},
    employer::{Facts, text},
    member_dirt::{Earlier, plant},
    person::Person,
    place::Places,
    union::{Employers, community_code, cover, day, employers, filled, later},
};
use crate::{
    columns::{Column, member},
    reference::ReferenceError,
};

/// Members are drawn apart from employers.
const MEMBERS: u64 = 0x3E3B;
/// So are the communities of those without an employer.
const ALONE_SEED: u64 = 0xA10E;
/// Of a thousand employees of a covered employer so many are members (F028: 96.65 %).
const DENSITY: u32 = 966;
/// Members that an employer of the demonstration has on average, over the years.
const AN_EMPLOYER: u32 = 40;
/// One of so many has no employer.
const ALONE: u32 = 10;
/// The first and the last day on which somebody joins or leaves.
const YEARS: (i32, i32) = (2014, 2023);
const GROUPS: [&str; 8] = [
    "货车司机",
    "快递员",
    "网约送餐员",
    "网约车司机",
    "家政服务员",
    "护工护理员",
    "保安员",
    "房产中介员",
];
/// Codes of education, with weights.
const EDUCATION: [(&str, u32); 5] = [("14", 8), ("21", 40), ("31", 27), ("61", 15), ("71", 10)];
/// Codes of ethnicity, with weights.
const ETHNICITY: [(&str, u32); 5] = [("01", 95), ("02", 1), ("03", 2), ("11", 1), ("15", 1)];

/// A row of the member sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoMember {
    /// The line in the file; the header is line 1.
    pub line: u32,
    /// The cells in the order of the columns.
    pub cells: [DemoCell; member::ALL.len()],
    /// The one fault of a dirty row, and the line that a duplicate repeats.
    pub planted: Option<(MemberDirt, Option<u32>)>,
}

impl DemoMember {
    /// The cell of a column.
    pub fn cell(&self, column: Column) -> &DemoCell {
        let at = member::ALL.iter().position(|other| *other == column);
        at.map_or(&DemoCell::Empty, |at| &self.cells[at])
    }

    pub(super) fn set(&mut self, column: Column, cell: DemoCell) {
        if let Some(at) = member::ALL.iter().position(|other| *other == column) {
            self.cells[at] = cell;
        }
    }
}

impl Row for DemoMember {
    const SHEET: (&'static str, &'static [Column]) = (member::SHEET, &member::ALL);

    fn cells(&self) -> &[DemoCell] {
        &self.cells
    }
}

/// How many employers it takes for so many members.
pub fn employers_for(members: u32) -> u32 {
    members.div_ceil(AN_EMPLOYER)
}

/// `count` members beside the `(employers, seed, shares)` of the other files, of which so many in
/// ten thousand carry each kind of fault.
pub fn generate_members(
    count: u32,
    (employed_by, seed, shares): (u32, u64, DirtShares),
    dirty: u16,
) -> Result<impl Iterator<Item = DemoMember>, ReferenceError> {
    let most = WHOLE / u16::try_from(MemberDirt::ALL.len()).unwrap_or(WHOLE);
    let all = employers(employed_by, seed, shares)?;
    let room = all.filter_map(|(facts, row)| Post::at(&facts, &row, seed));
    let posts = Posts {
        employers: employers(employed_by, seed, shares)?,
        places: Places::shipped()?,
        seed,
        share: Share::of(count, room.map(|(_, room)| u64::from(room)).sum()),
        communities: 0,
        current: None,
    };
    let mut plan = Plan::new([dirty.min(most); MemberDirt::ALL.len()], seed ^ MEMBERS);
    let mut earlier: Option<Earlier> = None;
    Ok((0..count).zip(posts).map(move |(index, post)| {
        let mut dice = Dice::of_row(seed ^ MEMBERS, index);
        let person = Person::of(seed ^ MEMBERS, index, &mut dice);
        let mut row = row(index + 2, &person, &post, &mut dice);
        let can = |kind: usize| {
            MemberDirt::ALL[kind].fits(&person)
                && (earlier.is_some() || MemberDirt::ALL[kind] != MemberDirt::DuplicateInFile)
        };
        match plan.next(can).map(|kind| MemberDirt::ALL[kind]) {
            Some(kind) => plant(&mut row, kind, &person, earlier.as_ref()),
            None => earlier = Some(Earlier::of(&row)),
        }
        row
    }))
}

/// Where somebody is a member.
#[derive(Debug, Clone)]
struct Post {
    /// The code of the union.
    union: String,
    /// The credit code of the employer.
    employer: Option<String>,
    /// The community in which people of here live.
    community: String,
    /// Nobody joined before.
    from: CivilDate,
}

impl Post {
    /// At an employer that a union covers, and how many it has room for over the years.
    fn at(facts: &Facts, row: &DemoRow, seed: u64) -> Option<(Self, u32)> {
        let (union, from) = cover(facts, row, seed)?;
        let mut dice = Dice::of_row(seed ^ MEMBERS, u32::MAX - facts.number);
        let [employees, ..] = facts.headcount;
        let members = (employees * DENSITY + dice.below(1_000)) / 1_000;
        let gone = employees * dice.between(5, 40) / 100;
        let post = Self {
            union,
            employer: Some(facts.credit_code.clone()),
            community: facts.actual.0.clone(),
            from: from.max(opening()),
        };
        Some((post, members + gone))
    }
}

fn opening() -> CivilDate {
    CivilDate::new(YEARS.0, 1, 1).unwrap_or(CivilDate::FIRST)
}

/// Spreads the members over the employers, by the room that each has.
#[derive(Debug, Clone, Copy)]
struct Share {
    /// Members of employers, of so much room.
    members: u64,
    room: u64,
    /// The room of the employers before.
    before: u64,
}

impl Share {
    fn of(count: u32, room: u64) -> Self {
        let members = u64::from(count - count / ALONE).min(room);
        Self { members, room: room.max(1), before: 0 }
    }

    /// How many of its room the next employer takes.
    fn take(&mut self, room: u32) -> u32 {
        let upto = |room: u64| room * self.members / self.room;
        let (before, after) = (self.before, self.before + u64::from(room));
        let taken = upto(after) - upto(before);
        self.before = after;
        // Never more than the room.
        u32::try_from(taken).unwrap_or(room)
    }
}

/// A place for each member: employer by employer, then people without one.
struct Posts {
    employers: Employers,
    places: Places,
    seed: u64,
    share: Share,
    /// How many communities took people in who have no employer.
    communities: u32,
    /// The employer that is being filled, and how many it still takes.
    current: Option<(Post, u32)>,
}

impl Iterator for Posts {
    type Item = Post;

    fn next(&mut self) -> Option<Post> {
        loop {
            if let Some((post, left)) = &mut self.current
                && *left > 0
            {
                *left -= 1;
                return Some(post.clone());
            }
            self.current = Some(self.fill());
        }
    }
}

impl Posts {
    /// The next employer that a union covers; a community where there is none.
    fn fill(&mut self) -> (Post, u32) {
        for (facts, row) in self.employers.by_ref() {
            if let Some((post, room)) = Post::at(&facts, &row, self.seed) {
                return (post, self.share.take(room));
            }
        }
        self.communities += 1;
        let mut dice = Dice::of_row(self.seed ^ MEMBERS ^ ALONE_SEED, self.communities);
        let community = self.places.draw(&mut dice).label.clone();
        let union = community_code(&community, self.seed);
        (Post { union, employer: None, community, from: opening() }, dice.between(1, 30))
    }
}

fn row(line: u32, person: &Person, post: &Post, dice: &mut Dice) -> DemoMember {
    let (kind, number) = &person.document;
    let mut cells = vec![
        (member::NAME, text(&person.name)),
        (member::DOCUMENT_TYPE, text(kind)),
        (member::DOCUMENT_NUMBER, text(number)),
        (member::DOCUMENT_VALIDITY, text(if dice.percent(40) { "长期" } else { "2035-06-30" })),
        (member::BIRTH_DATE, day(person.birth_date)),
        (member::SEX, text(if person.is_woman { "女" } else { "男" })),
        (member::ETHNICITY, text(dice.weighted(&ETHNICITY, |code| code.1).0)),
        (member::EDUCATION, text(dice.weighted(&EDUCATION, |code| code.1).0)),
        (member::RESIDENCE, text(&post.community)),
        (member::MIGRANT_WORKER, text(if dice.percent(20) { "是" } else { "否" })),
        (member::UNION, text(&post.union)),
        (member::WAY_IN, text("批准入会")),
    ];
    if dice.percent(90) {
        cells.push((member::MOBILE, text(&person.mobile)));
    }
    match &post.employer {
        Some(employer) => {
            cells.push((member::EMPLOYER, text(employer)));
            cells.push((member::EMPLOYMENT_STATUS, text("在岗")));
        }
        None => {
            cells.push((member::EMPLOYMENT_STATUS, text("灵活就业")));
            cells.push((member::WORKER_GROUP, text(dice.pick::<&str>(&GROUPS))));
        }
    }
    cells.extend(passage(post.from, dice));
    DemoMember { line, cells: filled(member::ALL, &cells), planted: None }
}

/// When somebody came, and went.
fn passage(from: CivilDate, dice: &mut Dice) -> Vec<(Column, DemoCell)> {
    let years = u32::try_from(YEARS.1 + 1 - from.year()).unwrap_or(1).max(1);
    // Half of them came with the union, the others over the years.
    let wait = if dice.percent(50) { dice.below(60) } else { dice.below(365 * years) };
    let joined = later(from, wait);
    let mut cells = vec![(member::JOINED_ON, day(joined))];
    if dice.percent(15) {
        let left = later(joined, dice.between(30, 1_500));
        if left > joined {
            let way = dice
                .weighted(
                    &[("退会", 3), ("转出", 4), ("死亡", 1), ("退休保留会籍", 2)],
                    |way| way.1,
                )
                .0;
            cells.push((member::WAY_OUT, text(way)));
            cells.push((member::LEFT_ON, day(left)));
        }
    }
    cells
}
