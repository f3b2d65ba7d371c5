//! A tenant's colour, and what has to be done to it so that people can read.

use std::fmt::Write as _;

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// What a page in one of its two schemes is drawn on.
#[derive(Debug, Clone, Copy)]
struct Scheme {
    /// The lightest and the darkest of its grounds.
    grounds: [Colour; 2],
    /// Where a colour goes that is too near to them.
    away: Colour,
}

const WHITE: Colour = Colour::new(0xff, 0xff, 0xff);
const BLACK: Colour = Colour::new(0, 0, 0);
const LIGHT: Scheme = Scheme { grounds: [WHITE, Colour::new(0xf3, 0xf4, 0xf7)], away: BLACK };
const DARK: Scheme =
    Scheme { grounds: [Colour::new(0x1b, 0x1e, 0x25), Colour::new(0x10, 0x12, 0x17)], away: WHITE };

/// WCAG 2.2 §1.4.3, for text.
const READABLE: f64 = 4.5;
/// WCAG 2.2 §1.4.11, for the edge of something to press.
const VISIBLE: f64 = 3.0;
/// Below it a filled button looks like one that is not.
const NOTICEABLE: f64 = 1.25;

impl Colour {
    const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// `#` and six hexadecimal digits.
    pub fn parse(raw: &str) -> Option<Self> {
        Self::from_digits(raw.strip_prefix('#')?)
    }

    pub(super) fn from_digits(digits: &str) -> Option<Self> {
        let is_number = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_number.then(|| u32::from_str_radix(digits, 16).ok()).flatten()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self { red, green, blue })
    }

    pub(super) fn digits(self) -> String {
        format!("{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Where the pages find it as a style sheet.
    pub(super) fn style_path(self) -> String {
        format!("/assets/colour.{}.css", self.digits())
    }

    /// What it says in place of the colours in `pages.css`.
    pub(super) fn style(self) -> String {
        let (light, dark) = (self.variables(LIGHT), self.variables(DARK));
        format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
    }

    /// Buttons are filled with the colour itself, with an edge where it differs
    /// little from the ground, or with a shade of it where it differs hardly at
    /// all; words are written in a shade that can be read.
    fn variables(self, scheme: Scheme) -> String {
        let fill = if self.stands_out(scheme) { self } else { self.away_from(scheme, VISIBLE) };
        let mut css = String::new();
        for (name, colour) in [
            ("fill", fill),
            ("on-fill", fill.most_readable_on()),
            ("fill-edge", self.away_from(scheme, VISIBLE)),
            ("accent", self.away_from(scheme, READABLE)),
        ] {
            let _ = write!(css, "--{name}:#{};", colour.digits());
        }
        css
    }

    fn stands_out(self, scheme: Scheme) -> bool {
        scheme.grounds.iter().all(|ground| self.contrast(*ground) >= NOTICEABLE)
    }

    /// One of the two always has 4.5 and more.
    fn most_readable_on(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) { WHITE } else { BLACK }
    }

    /// The nearest shade that has this contrast to both grounds.
    fn away_from(self, scheme: Scheme, contrast: f64) -> Self {
        let fits = |shade: &Self| scheme.grounds.iter().all(|ground| shade.contrast(*ground) >= contrast);
        (0..=u8::MAX).map(|part| self.mixed(scheme.away, part)).find(fits).unwrap_or(scheme.away)
    }

    /// So many of 255 parts of the other.
    fn mixed(self, other: Self, part: u8) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u16::from(own) * u16::from(255 - part) + u16::from(other) * u16::from(part);
            u8::try_from(sum / 255).unwrap_or(u8::MAX)
        };
        Self::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    /// From 1 to 21, as WCAG 2.2 defines it.
    fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::assets::STYLE;
    use super::*;

    #[test]
    fn a_colour_is_six_digits() {
        for (raw, digits) in [
            ("#1a2B3c", Some("1a2b3c")),
            ("#000000", Some("000000")),
            ("1a2b3c", None),
            ("#1a2b3", None),
            ("#1a2b3c4", None),
            ("#+a2b3c", None),
            ("#1a2b3g", None),
            ("red", None),
            ("#ééé", None),
        ] {
            assert_eq!(Colour::parse(raw).map(Colour::digits).as_deref(), digits, "{raw}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        for (one, two, expected) in
            [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#777777", "#ffffff", 4.48)]
        {
            let colour = |raw| Colour::parse(raw).expect(raw);
            assert!((colour(one).contrast(colour(two)) - expected).abs() < 0.01, "{one} {two}");
        }
    }

    #[test]
    fn a_colour_is_used_as_it_is_unless_it_cannot_be_seen() {
        for (raw, light, dark) in [
            ("#7a1fa2", "--fill:#7a1fa2;--on-fill:#ffffff;", "--fill:#7a1fa2;--on-fill:#ffffff;"),
            ("#ffd400", "--fill:#ffd400;--on-fill:#000000;", "--fill:#ffd400;--on-fill:#000000;"),
            ("#ffffff", "--fill:#8d8d8d;--on-fill:#000000;", "--fill:#ffffff;--on-fill:#000000;"),
            ("#101014", "--fill:#101014;--on-fill:#ffffff;", "--fill:#69696b;--on-fill:#ffffff;"),
        ] {
            let colour = Colour::parse(raw).expect(raw);
            for (scheme, expected) in [(LIGHT, light), (DARK, dark)] {
                let found = colour.variables(scheme);
                assert!(found.starts_with(expected), "{raw}: {found}");
            }
        }
    }

    /// A variable of `pages.css`, of the light scheme or the dark one.
    fn own(scheme: usize, name: &str) -> Colour {
        let block = STYLE.split(":root {").nth(scheme + 1).expect("a block for each scheme");
        let value = block.split(&format!("--{name}: ")).nth(1).expect(name).split(';').next().expect(name);
        Colour::parse(value).expect(name)
    }

    #[test]
    fn our_own_colours_can_be_read_in_both_schemes() {
        for (number, scheme) in [LIGHT, DARK].into_iter().enumerate() {
            assert_eq!(scheme.grounds, [own(number, "card"), own(number, "ground")]);
            for (text, ground, least) in [
                ("text", "card", READABLE),
                ("text", "ground", READABLE),
                ("muted", "card", READABLE),
                ("muted", "ground", READABLE),
                ("accent", "card", READABLE),
                ("accent", "ground", READABLE),
                ("on-fill", "fill", READABLE),
                ("danger", "card", READABLE),
                ("danger", "danger-ground", READABLE),
                ("text", "danger-ground", READABLE),
                ("good", "card", READABLE),
                ("text", "quiet", READABLE),
                ("muted", "quiet", READABLE),
                ("edge", "card", VISIBLE),
                ("fill-edge", "card", VISIBLE),
            ] {
                let found = own(number, text).contrast(own(number, ground));
                assert!(found >= least, "{text} on {ground} has {found:.2} in scheme {number}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_colour_can_be_read_in_both_schemes(red: u8, green: u8, blue: u8) {
            let colour = Colour::new(red, green, blue);
            for scheme in [LIGHT, DARK] {
                for fill in [colour, colour.away_from(scheme, VISIBLE)] {
                    prop_assert!(fill.contrast(fill.most_readable_on()) >= READABLE);
                }
                for ground in scheme.grounds {
                    prop_assert!(colour.away_from(scheme, READABLE).contrast(ground) >= READABLE);
                    prop_assert!(colour.away_from(scheme, VISIBLE).contrast(ground) >= VISIBLE);
                }
            }
        }
    }
}
