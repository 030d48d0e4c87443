//! What a letter costs.

/// Up to so many grams, so many cents.
const TIERS: [(u32, u32); 4] = [(20, 95), (50, 110), (500, 180), (1000, 290)];

/// Cents for a letter of this weight; `None` if it is too heavy for one.
///
/// ```
/// assert_eq!(postage::cents(20), Some(95));
/// ```
pub fn cents(grams: u32) -> Option<u32> {
    let tier = TIERS.iter().find(|(most, _)| grams <= *most);
    tier.map(|(_, cents)| *cents)
}

#[cfg(test)]
mod tests {
    use super::cents;

    #[test]
    fn a_card_is_a_letter_of_the_first_tier() {
        assert_eq!(cents(5), Some(95));
    }

    #[test]
    fn the_heaviest_letter_of_a_tier_belongs_to_it() {
        assert_eq!((cents(50), cents(51)), (Some(110), Some(180)));
    }

    #[test]
    fn a_parcel_is_no_letter() {
        assert_eq!(cents(1001), None);
    }
}
