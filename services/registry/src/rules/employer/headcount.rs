//! Headcounts 职工人数.

use unionhall_kit::fault::Reason;

use crate::rules::{Refusal, reasons};

/// The most employees that one employer can be recorded with.
pub const MAX_EMPLOYEES: u32 = 9_999_999;

/// How many people an employer employs on the day of the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Headcount {
    employees: u32,
    female: Option<u32>,
    migrant: Option<u32>,
}

/// Why numbers are no headcount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeadcountFault {
    /// More than can be.
    #[error("more than 9,999,999 employees")]
    TooMany,
    /// More women than employees.
    #[error("{0} female employees of {1} employees")]
    Female(u32, u32),
    /// More migrant workers than employees.
    #[error("{0} migrant workers of {1} employees")]
    Migrant(u32, u32),
}

impl Headcount {
    /// A headcount: employees, and among them women and migrant workers where they were counted.
    pub fn new(
        employees: u32,
        female: Option<u32>,
        migrant: Option<u32>,
    ) -> Result<Self, HeadcountFault> {
        if employees > MAX_EMPLOYEES {
            return Err(HeadcountFault::TooMany);
        }
        if let Some(part) = female.filter(|part| *part > employees) {
            return Err(HeadcountFault::Female(part, employees));
        }
        if let Some(part) = migrant.filter(|part| *part > employees) {
            return Err(HeadcountFault::Migrant(part, employees));
        }
        Ok(Self { employees, female, migrant })
    }

    /// Employees 职工.
    pub fn employees(self) -> u32 {
        self.employees
    }

    /// Women among them 女职工.
    pub fn female(self) -> Option<u32> {
        self.female
    }

    /// Migrant workers among them 农民工.
    pub fn migrant(self) -> Option<u32> {
        self.migrant
    }
}

impl Refusal for HeadcountFault {
    fn reason(&self) -> &'static Reason {
        &reasons::WORKFORCE_INVALID
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let zh = match self {
            Self::TooMany => "职工人数超过9999999".to_owned(),
            Self::Female(part, whole) => format!("女职工{part}人多于职工{whole}人"),
            Self::Migrant(part, whole) => format!("农民工{part}人多于职工{whole}人"),
        };
        vec![("problem", self.to_string()), ("problem_zh", zh)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_within_the_whole() {
        assert!(Headcount::new(100, Some(100), Some(0)).is_ok());
        assert!(Headcount::new(0, None, None).is_ok());
        assert_eq!(Headcount::new(99, Some(100), None), Err(HeadcountFault::Female(100, 99)));
        assert_eq!(Headcount::new(99, None, Some(100)), Err(HeadcountFault::Migrant(100, 99)));
        assert_eq!(Headcount::new(10_000_000, None, None), Err(HeadcountFault::TooMany));
    }
}
