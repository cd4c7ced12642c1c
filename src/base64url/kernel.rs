//! base64url in vector registers: it accepts, and leaves every refusal to the base64 crate. On a machine whose
//! vectors are no help, the base64 crate decodes, too.
//!
//! While the decoded bytes are in a register, those that a URL can't hold are counted. A message has a known
//! number of them around its URLs; where that is the number of all, the URLs are printable ASCII, and no one
//! has to look at them again.

use fearless_simd::{
    Level, Simd, i8x32, i8x64, i16x16, i16x32, mask8x32, prelude::*, u8x16, u8x32, u8x64, u16x16, u16x32,
    u32x8, u32x16,
};

use crate::link::MAX_LEN;

/// What a decoder may write behind the last byte of a message.
pub(crate) const SLACK: usize = 64;

/// No character of base64url.
const INVALID: u8 = 0x80;

/// The value of each ASCII character.
const VALUES: [u8; 128] = {
    let mut values = [INVALID; 128];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut value = 0;
    while value < 64 {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Of two values in 16 bits, the first one's six bits go above the second one's.
const PAIR_MASK: u16 = 0x0fc0;

/// Of two pairs in 32 bits, the first one counts 2^12 times.
const WEIGHTS: u32 = 0x0001_1000;

/// A byte is one of a URL, `!` to `~`, if one more than it is not below this, as a signed number.
const FOREIGN: i8 = 0x22;

/// 0, 1, 2, …
const INDEX: [u8; 64] = {
    let mut index = [0; 64];
    let mut i = 0;
    while i < 64 {
        index[i] = i as u8;
        i += 1;
    }
    index
};

/// Of each group of four bytes the lower three, upper ones first, all of them at the front.
const ORDER: [u8; 64] = {
    let mut order = [3; 64];
    let mut i = 0;
    while i < 48 {
        order[i] = (i / 3 * 4 + 2 - i % 3) as u8;
        i += 1;
    }
    order
};

/// Decodes the first `len` bytes of `text` to the front of `out` and counts the decoded bytes that no URL
/// holds: all but `!` to `~`. None if they are not canonical base64url, or out is shorter than the message and
/// [`SLACK`].
///
/// What stands in `text` behind them is loaded with them where it is there, so that the last vector need not
/// be copied.
#[inline(always)]
pub(crate) fn decode<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    if len > MAX_LEN || len > text.len() || out.len() < len / 4 * 3 + SLACK || !ends_whole(&text[..len]) {
        return None;
    }
    if !pays(simd) {
        return without_vectors(&text[..len], out);
    }
    if is_wide(simd) { wide(simd, text, len, out) } else { narrow(simd, text, len, out) }
}

/// True if the level has a table look-up in a register. Without it, as on plain SSE2, each would be 16 or 32 loads.
#[inline(always)]
fn pays<S: Simd>(simd: S) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let has_none = matches!(simd.level(), Level::Sse2(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let has_none = false;
    !has_none && !simd.level().is_fallback()
}

/// The same by the base64 crate.
#[inline(never)]
fn without_vectors(text: &[u8], out: &mut [u8]) -> Option<u32> {
    let len = super::decode(text, out).ok()?;
    Some(out[..len].iter().map(|byte| u32::from(!byte.is_ascii_graphic())).sum())
}

#[inline(always)]
fn is_wide<S: Simd>(simd: S) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return matches!(simd.level(), Level::Avx512(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    {
        let _ = simd;
        false
    }
}

/// True if no bits are left over behind the last whole byte. Without a branch: the four lengths are about
/// equally frequent, so that each would be guessed wrong two times in three.
#[inline(always)]
fn ends_whole(text: &[u8]) -> bool {
    // What must not be set in the last value; no length of 4n + 1 is whole.
    const FREE: [u16; 4] = [0, 0x100, 0x0f, 0x03];
    let last = text.last().copied().unwrap_or_default();
    // A character beyond ASCII is refused elsewhere.
    let value = u16::from(VALUES[usize::from(last & 0x7f)]) | 0x100;
    value & FREE[text.len() % 4] == 0
}

/// 64 characters at a time, with a table of 128 bytes in two registers.
struct Wide<S: Simd> {
    simd: S,
    low: u8x64<S>,
    high: u8x64<S>,
    order: u8x64<S>,
    weights: i16x32<S>,
    /// Characters and values seen so far, one on the other: a value is below 64, and so is a character ASCII.
    seen: u8x64<S>,
}

impl<S: Simd> Wide<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        Wide {
            simd,
            low: u8x64::from_slice(simd, &VALUES[..64]),
            high: u8x64::from_slice(simd, &VALUES[64..]),
            order: u8x64::from_slice(simd, &ORDER),
            weights: u32x16::splat(simd, WEIGHTS).bitcast(),
            seen: u8x64::splat(simd, 0),
        }
    }

    /// The 48 bytes of 64 characters, at the front.
    #[inline(always)]
    fn decode(&mut self, chars: u8x64<S>) -> u8x64<S> {
        let values = self.simd.concat_swizzle_dyn_u8x64(self.low, self.high, chars);
        self.seen = self.seen | values | chars;
        let pairs = values.bitcast::<u16x32<S>>();
        let pairs = ((pairs << 6) & PAIR_MASK) | (pairs >> 8);
        let groups = self.simd.pairwise_dot_product_i16x32(pairs.bitcast(), self.weights);
        self.simd.swizzle_dyn_u8x64(groups.bitcast(), self.order)
    }

    /// A bit for each byte that no URL holds.
    #[inline(always)]
    fn foreign(&self, bytes: u8x64<S>) -> u64 {
        (bytes + 1).bitcast::<i8x64<S>>().simd_lt(FOREIGN).to_bitmask()
    }
}

#[inline(always)]
fn wide<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    let mut wide = Wide::new(simd);
    let mut count = 0;
    let (whole, rest) = text[..len].as_chunks::<64>();
    let mut to = 0;
    for chars in whole {
        let bytes = wide.decode(u8x64::from_slice(simd, chars));
        count += (wide.foreign(bytes) & 0xffff_ffff_ffff).count_ones();
        bytes.store_slice(&mut out[to..to + 64]);
        to += 48;
    }
    let left = rest.len();
    if left > 0 {
        let chars = match text.get(len - left..len - left + 64) {
            Some(chars) => u8x64::from_slice(simd, chars),
            None => {
                let mut padded = [b'A'; 64];
                padded[..left].copy_from_slice(rest);
                u8x64::from_slice(simd, &padded)
            }
        };
        let index = u8x64::from_slice(simd, &INDEX);
        let chars = index.simd_lt(left as u8).select(chars, u8x64::splat(simd, b'A'));
        let bytes = wide.decode(chars);
        count += (wide.foreign(bytes) & ((1 << (left * 3 / 4)) - 1)).count_ones();
        bytes.store_slice(&mut out[to..to + 64]);
    }
    let is_good = wide.seen.bitcast::<i8x64<S>>().simd_lt(0).to_bitmask() == 0;
    is_good.then_some(count)
}

/// 32 characters at a time, with tables of 16 bytes for each half of a byte.
struct Narrow<S: Simd> {
    simd: S,
    by_low: u8x32<S>,
    by_high: u8x32<S>,
    offsets: u8x32<S>,
    order: u8x32<S>,
    weights: i16x16<S>,
    /// Ones in the bytes of characters that are none of base64url.
    bad: mask8x32<S>,
}

impl<S: Simd> Narrow<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        // Bit h of entry l is set where the character with the halves h and l is one of base64url.
        let by_low =
            [0xa8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf0, 0x50, 0x50, 0x54, 0x50, 0x70];
        let by_high = [1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0];
        // What leads from the character to its value, by the upper half; for `_` it is 33 more.
        let (upper, lower) = (-65_i8 as u8, -71_i8 as u8);
        let offsets = [0, 0, 17, 4, upper, upper, lower, lower, 0, 0, 0, 0, 0, 0, 0, 0];
        let order = [2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3];
        Narrow {
            simd,
            by_low: block_table(simd, by_low),
            by_high: block_table(simd, by_high),
            offsets: block_table(simd, offsets),
            order: block_table(simd, order),
            weights: u32x8::splat(simd, WEIGHTS).bitcast(),
            bad: mask8x32::splat(simd, false),
        }
    }

    /// The 24 bytes of 32 characters, 12 at the front of each half.
    #[inline(always)]
    fn decode(&mut self, chars: u8x32<S>) -> u8x32<S> {
        let simd = self.simd;
        let high = chars >> 4;
        let low = chars & 0x0f;
        let is_char = simd.swizzle_dyn_within_blocks_u8x32(self.by_low, low)
            & simd.swizzle_dyn_within_blocks_u8x32(self.by_high, high);
        self.bad |= is_char.simd_eq(0);
        let underscore = chars.simd_eq(b'_').select(u8x32::splat(simd, 33), u8x32::splat(simd, 0));
        let values = chars + simd.swizzle_dyn_within_blocks_u8x32(self.offsets, high) + underscore;
        let pairs = values.bitcast::<u16x16<S>>();
        let pairs = ((pairs << 6) & PAIR_MASK) | (pairs >> 8);
        let groups = simd.pairwise_dot_product_i16x16(pairs.bitcast(), self.weights);
        simd.swizzle_dyn_within_blocks_u8x32(groups.bitcast(), self.order)
    }

    /// A bit for each byte that no URL holds.
    #[inline(always)]
    fn foreign(&self, bytes: u8x32<S>) -> u64 {
        (bytes + 1).bitcast::<i8x32<S>>().simd_lt(FOREIGN).to_bitmask()
    }

    #[inline(always)]
    fn store(&self, bytes: u8x32<S>, out: &mut [u8]) {
        let (first, second) = self.simd.split_u8x32(bytes);
        first.store_slice(&mut out[..16]);
        second.store_slice(&mut out[12..28]);
    }
}

#[inline(always)]
fn block_table<S: Simd>(simd: S, table: [u8; 16]) -> u8x32<S> {
    u8x32::block_splat(u8x16::from_slice(simd, &table))
}

#[inline(always)]
fn narrow<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    let mut narrow = Narrow::new(simd);
    let mut count = 0;
    let (whole, rest) = text[..len].as_chunks::<32>();
    let mut to = 0;
    for chars in whole {
        let bytes = narrow.decode(u8x32::from_slice(simd, chars));
        count += (narrow.foreign(bytes) & 0x0fff_0fff).count_ones();
        narrow.store(bytes, &mut out[to..to + 28]);
        to += 24;
    }
    let left = rest.len();
    if left > 0 {
        let chars = match text.get(len - left..len - left + 32) {
            Some(chars) => u8x32::from_slice(simd, chars),
            None => {
                let mut padded = [b'A'; 32];
                padded[..left].copy_from_slice(rest);
                u8x32::from_slice(simd, &padded)
            }
        };
        let index = u8x32::from_slice(simd, &INDEX[..32]);
        let chars = index.simd_lt(left as u8).select(chars, u8x32::splat(simd, b'A'));
        let bytes = narrow.decode(chars);
        let foreign = narrow.foreign(bytes);
        let foreign = (foreign & 0xfff) | ((foreign >> 4) & 0xff_f000);
        count += (foreign & ((1 << (left * 3 / 4)) - 1)).count_ones();
        narrow.store(bytes, &mut out[to..to + 28]);
    }
    (!narrow.bad.any_true()).then_some(count)
}
