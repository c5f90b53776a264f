//! What the writers do with unions that are one an area, with types, levels and long histories.

use anyhow::Result;
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        CreateUnionRequest, GetUnionRequest, Term, Union, UpdateUnionRequest,
        union_service_server::UnionService,
    },
};

use super::{
    deeds::{Dice, mask},
    hall::Hall,
};
use crate::storage::restructure::{call, everywhere};

/// Types and levels of unions, of which one after the other has its turn; so none is left out.
const KINDS: [(&str, &str); 12] = [
    ("GROUP_COMPANY", "BASIC"),
    ("FLEXIBLE_EMPLOYMENT_JOINT", "COMMUNITY_FLEXIBLE"),
    ("INDUSTRY_FEDERATION", "DISTRICT_INDUSTRY"),
    ("INDUSTRY_FEDERATION", "NATIONAL"),
    ("JOINT", "BRANCH"),
    ("AREA_FEDERATION", "SUBDISTRICT"),
    ("INDUSTRY", "GROUP"),
    ("PARK", "COMMUNITY"),
    ("GROUP_COMPANY", "DISTRICT"),
    ("MUNICIPAL_FEDERATION", "MUNICIPAL"),
    ("JOINT", "BASIC"),
    ("INDUSTRY", "MUNICIPAL"),
];
const LEVELS: [&str; 6] =
    ["DISTRICT_INDUSTRY", "SUBDISTRICT", "COMMUNITY", "BASIC", "BRANCH", "GROUP"];
const ABOVE: [&str; 4] = ["NATIONAL", "MUNICIPAL", "DISTRICT", "DISTRICT_INDUSTRY"];
/// Days of three years, and of five.
const THREE_YEARS: i32 = 1_096;
const FIVE_YEARS: i32 = 1_826;

impl Hall {
    /// A union of a community or of the staff of the communities of a sub-district; several clerks
    /// may be about the same one.
    pub(super) async fn create_placed(&self, dice: &Dice) -> Result<()> {
        let community = self.community(dice.other);
        let workers = dice.third.is_multiple_of(3);
        let (union_type, union_level, territory) = if workers {
            ("COMMUNITY_WORKERS", "BASIC", community[..community.len() - 3].to_owned())
        } else {
            ("COMMUNITY_JOINT", "COMMUNITY", community)
        };
        let union = Union {
            union_type: union_type.to_owned(),
            union_level: union_level.to_owned(),
            territory,
            ..self.stranger(dice)
        };
        self.enter(union, dice).await
    }

    /// A union of the next kind, mostly one that answers to nobody, or is asked to later.
    pub(super) async fn create_other(&self, dice: &Dice) -> Result<()> {
        let (union_type, union_level) = KINDS[self.turn() % KINDS.len()];
        let municipal = union_type == "MUNICIPAL_FEDERATION";
        let union = Union {
            union_type: union_type.to_owned(),
            union_level: union_level.to_owned(),
            territory: if municipal { "areas/11".to_owned() } else { String::new() },
            superior: String::new(),
            ..self.stranger(dice)
        };
        self.enter(union, dice).await
    }

    fn stranger(&self, dice: &Dice) -> Union {
        let nobody = dice.third.is_multiple_of(4);
        Union {
            display_name: format!("北京某某第{}工会", self.serial()),
            union_form: "COMMITTEE".to_owned(),
            superior: if nobody { String::new() } else { self.federation_at(dice.one) },
            seat: Some(self.at(dice.one)),
            ..Union::default()
        }
    }

    /// With a term that it has from its first day, or without one. Of those that were there long
    /// before, it runs out on one of the days.
    pub(super) async fn enter(&self, mut union: Union, dice: &Dice) -> Result<()> {
        // Those above are elected for five years (Trade Union Law art. 16).
        let high = ABOVE.contains(&union.union_level.as_str());
        let years = if high || dice.other.is_multiple_of(3) { 5 } else { 3 };
        let effective_date = self.first_day(dice);
        if dice.other % 4 < 3 {
            let number = 1 + i32::try_from(dice.third % 3)?;
            union.term = Some(Term { number, years, ..Term::default() });
        }
        let request =
            CreateUnionRequest { union: Some(union), effective_date, ..Default::default() };
        let answer = self.unions.create_union(call(request)).await;
        if let Some(union) = self.answered("create a union", answer)? {
            self.came(union.name, union.display_name);
        }
        Ok(())
    }

    fn first_day(&self, dice: &Dice) -> Option<Date> {
        match dice.other % 5 {
            0..2 => self.date_before(dice.day, THREE_YEARS),
            2 => self.date_before(dice.day, FIVE_YEARS),
            _ => self.date(dice.day),
        }
    }

    /// Another level, or a union of several that becomes one of a community, that becomes one of
    /// another community, or of none.
    pub(super) async fn turn_union(&self, dice: &Dice) -> Result<()> {
        let Some(name) = self.union(dice.one) else { return Ok(()) };
        let day = self.date(dice.day);
        let read = GetUnionRequest { name: name.clone(), day };
        let read = self.unions.get_union(everywhere(read)).await;
        let Some(found) = self.answered("read a union", read)? else { return Ok(()) };
        let (union_type, territory, paths): (_, _, &[&str]) = match found.union_type.as_str() {
            _ if dice.third.is_multiple_of(2) => ("", String::new(), &["union_level"]),
            "COMMUNITY_JOINT" if dice.third.is_multiple_of(3) => {
                ("JOINT", String::new(), &["union_type", "territory"])
            }
            "COMMUNITY_WORKERS" => ("JOINT", String::new(), &["union_type", "territory"]),
            _ => ("COMMUNITY_JOINT", self.community(dice.other), &["union_type", "territory"]),
        };
        let union = Union {
            name,
            union_type: union_type.to_owned(),
            union_level: LEVELS[dice.other % LEVELS.len()].to_owned(),
            territory,
            ..Union::default()
        };
        let request = UpdateUnionRequest {
            union: Some(union),
            update_mask: mask(paths),
            effective_date: day,
            ..UpdateUnionRequest::default()
        };
        let answer = self.unions.update_union(call(request)).await;
        self.answered("turn a union", answer).map(drop)
    }
}
