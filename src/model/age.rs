//! How old the program's own tables are: quotas, actions, models, Regions and interfaces of libraries, which others change.

use jiff::civil::Date;

/// The day of the oldest table, `YYYY-MM-DD`.
pub const TABLES_AS_OF: &str = "2026-09-26";

/// Days after which a report says that there may be newer facts.
const OLD: i64 = 180;

/// How many days old the tables are, where that is worth a word.
pub fn old(today: Date) -> Option<i64> {
    let of: Date = TABLES_AS_OF.parse().ok()?;
    let days = today.duration_since(of).as_hours() / 24;
    (days > OLD).then_some(days)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn age_is_reported_after_half_a_year() {
        assert_eq!(old(date(2026, 11, 29)), None);
        assert_eq!(old(date(2027, 3, 25)), None);
        assert_eq!(old(date(2027, 3, 26)), Some(181));
    }
}
