//! Numbers by their text: compared and added digit by digit, whatever their length, never through a double.

use std::cmp::Ordering;

/// Longer results than this are not computed: `1e999999999` is a legal JSON number.
const LONGEST: i64 = 1_000;

/// A number as JSON writes it, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Decimal<'a> {
    /// The text is a JSON number; of any other text the digits count.
    pub(super) fn read(text: &'a str) -> Self {
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        Self { negative: mantissa.starts_with('-'), whole, fraction, exponent: saturated(exponent) }
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self.sign(), other.sign()) {
            (0, 0) => Ordering::Equal,
            (1, 1) => self.compare_magnitude(other),
            (-1, -1) => other.compare_magnitude(self),
            (one, another) => one.cmp(&another),
        }
    }

    /// Digits behind the point; negative where zeros are left out before it.
    pub(super) fn scale(self) -> i64 {
        (self.fraction.len() as i64).saturating_sub(self.exponent)
    }

    /// The digits of the number times 10^`scale`, without its sign; digits behind that are cut off. `None` if they are too many.
    fn scaled(self, scale: i64) -> Option<Vec<u8>> {
        let mut digits: Vec<u8> = self.digits().collect();
        let zeros = scale.checked_sub(self.scale())?;
        if zeros.checked_add(digits.len() as i64)? > LONGEST {
            return None;
        }
        let length = (digits.len() as i64 + zeros).max(0);
        digits.resize(usize::try_from(length).ok()?, 0);
        Some(digits)
    }

    /// The number times 10^`scale` as an integer, digits behind that cut off.
    pub(super) fn to_integer(self, scale: i64) -> Option<i128> {
        let magnitude = self
            .scaled(scale)?
            .iter()
            .try_fold(0_i128, |number, digit| number.checked_mul(10)?.checked_add(i128::from(*digit)))?;
        Some(if self.negative { -magnitude } else { magnitude })
    }

    fn sign(self) -> i8 {
        match (self.digits().all(|digit| digit == 0), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    fn digits(self) -> impl Iterator<Item = u8> + 'a {
        self.whole.bytes().chain(self.fraction.bytes()).map(|byte| byte.wrapping_sub(b'0'))
    }

    /// Both are not zero.
    fn compare_magnitude(self, other: Self) -> Ordering {
        let leading = |number: Self| number.digits().take_while(|digit| *digit == 0).count();
        let (skip, other_skip) = (leading(self), leading(other));
        let point = |number: Self, skip: usize| {
            number.exponent.saturating_add(number.whole.len() as i64 - skip as i64)
        };
        let digits = |number: Self, skip: usize| number.digits().skip(skip).chain(std::iter::repeat(0));
        let most = self.whole.len() + self.fraction.len() + other.whole.len() + other.fraction.len();
        point(self, skip)
            .cmp(&point(other, other_skip))
            .then_with(|| digits(self, skip).take(most).cmp(digits(other, other_skip).take(most)))
    }
}

/// `value` minus or plus `by` (which is not negative). An integer stays one, rounded away from `value`; a number with a
/// fraction keeps at least its digits. `None` if the digits are too many.
pub(super) fn shifted(value: &str, by: &str, down: bool) -> Option<String> {
    let (number, step) = (Decimal::read(value), Decimal::read(by));
    let is_integer = !value.contains(['.', 'e', 'E']);
    let scale = number.scale().max(step.scale()).max(0);
    let (digits, step) = (number.scaled(scale)?, step.scaled(scale)?);
    let (mut negative, mut sum) = signed_sum((number.negative, digits), (down, step));
    let mut scale = usize::try_from(scale).ok()?;
    if is_integer {
        let cut = sum.split_off(sum.len().saturating_sub(scale));
        // Away from the value: down for a lower bound, up for an upper one.
        if cut.iter().any(|digit| *digit != 0) && negative == down {
            sum = add(&sum, &[1]);
        }
        scale = 0;
    }
    negative &= sum.iter().any(|digit| *digit != 0);
    Some(written(negative, &sum, scale))
}

fn signed_sum((negative, value): (bool, Vec<u8>), (down, step): (bool, Vec<u8>)) -> (bool, Vec<u8>) {
    if negative == down {
        return (negative, add(&value, &step));
    }
    match compare_integers(&value, &step) {
        Ordering::Less => (down, subtract(&step, &value)),
        Ordering::Equal | Ordering::Greater => (negative, subtract(&value, &step)),
    }
}

fn compare_integers(one: &[u8], other: &[u8]) -> Ordering {
    let bare = |digits: &[u8]| digits.iter().copied().skip_while(|digit| *digit == 0).collect::<Vec<_>>();
    let (one, other) = (bare(one), bare(other));
    one.len().cmp(&other.len()).then_with(|| one.cmp(&other))
}

fn add(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut sum: Vec<u8> = from_the_right(one, other)
        .map(|(a, b)| {
            let digit = a + b + carry;
            carry = digit / 10;
            digit % 10
        })
        .collect();
    sum.push(carry);
    sum.reverse();
    sum
}

/// `larger` is not less than `smaller`.
fn subtract(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = from_the_right(larger, smaller)
        .map(|(a, b)| {
            let digit = a + 10 - b - borrow;
            borrow = u8::from(digit < 10);
            digit % 10
        })
        .collect();
    difference.reverse();
    difference
}

fn from_the_right<'a>(one: &'a [u8], other: &'a [u8]) -> impl Iterator<Item = (u8, u8)> + 'a {
    let padded = |digits: &'a [u8]| digits.iter().rev().copied().chain(std::iter::repeat(0));
    padded(one).zip(padded(other)).take(one.len().max(other.len()))
}

fn written(negative: bool, digits: &[u8], scale: usize) -> String {
    let mut text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    while text.len() <= scale {
        text.insert(0, '0');
    }
    let fraction = text.split_off(text.len() - scale);
    let whole = text.trim_start_matches('0');
    let sign = if negative { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    format!("{sign}{}{point}{fraction}", if whole.is_empty() { "0" } else { whole })
}

fn saturated(exponent: &str) -> i64 {
    let limit = i64::MAX / 4; // sums of two stay within bounds
    match exponent.parse::<i64>() {
        Ok(exponent) => exponent.clamp(-limit, limit),
        Err(_) if exponent.starts_with('-') => -limit,
        Err(_) => limit,
    }
}
