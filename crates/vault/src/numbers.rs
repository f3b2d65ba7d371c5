//! Numbers that carry a check digit.

/// Of 13 to 19 digits without anything between them, the last of which checks
/// the others (ISO/IEC 7812-1, Annex B).
pub(crate) fn is_card_number(text: &str) -> bool {
    (13..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) && passes_luhn(text)
}

/// Whether the digits add up; of digits only.
pub(crate) fn passes_luhn(digits: &str) -> bool {
    let weighed = digits.bytes().rev().enumerate().map(|(place, byte)| {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        match (place % 2, digit) {
            (0, digit) => digit,
            (_, 0..=4) => digit * 2,
            _ => digit * 2 - 9,
        }
    });
    weighed.sum::<u32>() % 10 == 0
}

/// Of nine digits, weighed 3, 7 and 1 in turn, as the American Bankers
/// Association has them.
pub(crate) fn is_bank_routing(text: &str) -> bool {
    if text.len() != 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let weighed = text.bytes().zip([3, 7, 1].into_iter().cycle());
    let sum: u32 = weighed.map(|(byte, weight)| u32::from(byte - b'0') * weight).sum();
    sum > 0 && sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_checks_the_others() {
        for (number, good) in [
            ("4242424242424242", true),
            ("4111111111111111", true),
            ("378282246310005", true),
            ("4242424242424241", false),
            ("4242 4242 4242 4242", false),
            ("", false),
        ] {
            assert_eq!(is_card_number(number), good, "{number}");
        }
        for (number, good) in
            [("021000021", true), ("011401533", true), ("021000022", false), ("000000000", false)]
        {
            assert_eq!(is_bank_routing(number), good, "{number}");
        }
    }
}
