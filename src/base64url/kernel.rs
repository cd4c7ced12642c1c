//! base64url in vector registers: it accepts, and leaves every refusal to the base64 crate. On a machine whose
//! vectors are no help, the base64 crate decodes, too.
//!
//! While the decoded bytes are in a register, those that a URL can't hold are counted. A message has a known
//! number of them around its URLs; where that is the number of all, the URLs are printable ASCII, and no one
//! has to look at them again.

use fearless_simd::{
    Level, Simd, i8x32, i8x64, i16x16, i16x32, prelude::*, u8x16, u8x32, u8x64, u16x16, u16x32, u32x8, u32x16,
};

use crate::limits::MAX_INPUT_LEN;

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

/// Of each group of four bytes the lower three, upper ones first, all of them at the front; then bytes that are 0.
const ORDER: [u8; 64 + SKIPS] = {
    let mut order = [3; 64 + SKIPS];
    let mut i = 0;
    while i < 48 {
        order[i] = (i / 3 * 4 + 2 - i % 3) as u8;
        i += 1;
    }
    order
};

/// The same in blocks of 16 bytes, the first of which leaves out as many of its bytes as the index says.
const BLOCK_ORDERS: [[u8; 32]; SKIPS] = {
    let mut orders = [[3; 32]; SKIPS];
    let mut skip = 0;
    while skip < SKIPS {
        let mut i = 0;
        while i < 12 {
            let from = (i / 3 * 4 + 2 - i % 3) as u8;
            if i >= skip {
                orders[skip][i - skip] = from;
            }
            orders[skip][16 + i] = from;
            i += 1;
        }
        skip += 1;
    }
    orders
};

/// Decodes the first `len` bytes of `text` to the front of `out` and counts the decoded bytes that no URL
/// holds: all but `!` to `~`. None if they are not canonical base64url, or out is shorter than the message and
/// [`SLACK`].
///
/// What stands in `text` behind them is loaded with them where it is there, so that the last vector need not
/// be copied.
#[inline(always)]
pub(crate) fn decode<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    if len > MAX_INPUT_LEN || len > text.len() || out.len() < len / 4 * 3 + SLACK || !ends_whole(&text[..len])
    {
        return None;
    }
    if !pays(simd) {
        return without_vectors(&text[..len], out);
    }
    let kernel = Kernel::new(simd);
    let (mut invalid, mut count, mut to) = (0, 0, 0);
    let (whole, rest) = text[..len].as_chunks::<CHARS>();
    for chars in whole {
        let faults = kernel.decode(chars, 0, out[to..].first_chunk_mut()?);
        invalid |= faults.invalid;
        count += (faults.foreign & (u64::MAX >> (64 - BYTES))).count_ones();
        to += BYTES;
    }
    let left = rest.len();
    if left > 0 {
        let mut padded = [b'A'; CHARS];
        let chars = match text[len - left..].first_chunk() {
            Some(chars) => chars,
            None => {
                padded[..left].copy_from_slice(rest);
                &padded
            }
        };
        let faults = kernel.decode(chars, 0, out[to..].first_chunk_mut()?);
        invalid |= faults.invalid & ((1 << left) - 1);
        count += (faults.foreign & ((1 << (left * 3 / 4)) - 1)).count_ones();
    }
    (invalid == 0).then_some(count)
}

/// How many characters and bytes a vector has.
pub(crate) const CHARS: usize = 64;
pub(crate) const BYTES: usize = 48;

/// How many bytes can be left out at the front of a vector: less than so many.
const SKIPS: usize = 4;

/// A bit for each of the first characters, and one for each of the first bytes, by the number of bytes.
pub(crate) const FIRST: [(u64, u64); 64] = {
    let mut first = [(0, 0); 64];
    let mut i = 1;
    while i <= BYTES {
        first[i] = (u64::MAX >> (CHARS - (i * 4).div_ceil(3)), u64::MAX >> (64 - i));
        i += 1;
    }
    first
};

/// What is wrong with a vector.
pub(crate) struct Faults {
    /// A bit for each character that is none of base64url.
    pub(crate) invalid: u64,
    /// A bit for each byte that no URL holds, of those that are not left out; of bits above these nothing is said.
    pub(crate) foreign: u64,
}

/// The tables, in registers.
pub(crate) struct Kernel<S: Simd> {
    simd: S,
    wide: Wide<S>,
    narrow: Narrow<S>,
}

impl<S: Simd> Kernel<S> {
    #[inline(always)]
    pub(crate) fn new(simd: S) -> Self {
        Kernel { simd, wide: Wide::new(simd), narrow: Narrow::new(simd) }
    }

    /// Decodes 64 characters to 48 bytes at the front of `out`, without the first `skip` of them, 3 at most.
    #[inline(always)]
    pub(crate) fn decode(&self, chars: &[u8; CHARS], skip: usize, out: &mut [u8; 64]) -> Faults {
        let skip = skip % SKIPS;
        if is_wide(self.simd) {
            self.wide.decode(chars, skip, out)
        } else {
            self.narrow.decode(chars, skip, out)
        }
    }

    /// Three bytes of each four characters, the first one in the highest place.
    #[inline(always)]
    pub(crate) fn groups(&self, chars: &[u8; CHARS]) -> [u32; 16] {
        if is_wide(self.simd) { self.wide.to_groups(chars).0 } else { self.narrow.to_groups(chars).0 }
    }

    /// A bit for each character that is none of base64url.
    #[inline(always)]
    pub(crate) fn invalid(&self, chars: &[u8; CHARS]) -> u64 {
        if is_wide(self.simd) { self.wide.to_groups(chars).1 } else { self.narrow.to_groups(chars).1 }
    }
}

/// True if the level has a table look-up in a register. Without it, as on plain SSE2, each would be 16 or 32 loads.
#[inline(always)]
pub(crate) fn pays<S: Simd>(simd: S) -> bool {
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
pub(crate) fn ends_whole(text: &[u8]) -> bool {
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
    weights: i16x32<S>,
    pair_mask: u16x32<S>,
    first: u8x64<S>,
    foreign: i8x64<S>,
}

impl<S: Simd> Wide<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        let values = &VALUES;
        Wide {
            simd,
            low: u8x64::from_slice(simd, &values[..64]),
            high: u8x64::from_slice(simd, &values[64..]),
            weights: u32x16::splat(simd, WEIGHTS).bitcast(),
            pair_mask: u16x32::splat(simd, PAIR_MASK),
            first: u8x64::splat(simd, 1),
            foreign: i8x64::splat(simd, FOREIGN),
        }
    }

    /// Three bytes in each 32 bits, and a bit for each character that is none of base64url.
    #[inline(always)]
    fn groups(&self, chars: &[u8; CHARS]) -> (u32x16<S>, u64) {
        let chars = u8x64::from_slice(self.simd, chars);
        let values = self.simd.concat_swizzle_dyn_u8x64(self.low, self.high, chars);
        // A value is below 64, and so is a character ASCII.
        let invalid = (values | chars).bitcast::<i8x64<S>>().simd_lt(0).to_bitmask();
        let pairs = values.bitcast::<u16x32<S>>();
        let pairs = ((pairs << 6) & self.pair_mask) | (pairs >> 8);
        (self.simd.pairwise_dot_product_i16x32(pairs.bitcast(), self.weights).bitcast(), invalid)
    }

    #[inline(always)]
    fn to_groups(&self, chars: &[u8; CHARS]) -> ([u32; 16], u64) {
        let (groups, invalid) = self.groups(chars);
        let mut out = [0; 16];
        groups.store_slice(&mut out);
        (out, invalid)
    }

    #[inline(always)]
    fn decode(&self, chars: &[u8; CHARS], skip: usize, out: &mut [u8; 64]) -> Faults {
        let (groups, invalid) = self.groups(chars);
        let order = u8x64::from_slice(self.simd, &ORDER[skip..skip + 64]);
        let bytes = self.simd.swizzle_dyn_u8x64(groups.bitcast(), order);
        bytes.store_slice(out);
        let foreign = (bytes + self.first).bitcast::<i8x64<S>>().simd_lt(self.foreign).to_bitmask();
        Faults { invalid, foreign }
    }
}

/// 32 characters at a time, with tables of 16 bytes for each half of a byte.
struct Narrow<S: Simd> {
    simd: S,
    by_low: u8x32<S>,
    by_high: u8x32<S>,
    offsets: u8x32<S>,
    weights: i16x16<S>,
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
        Narrow {
            simd,
            by_low: block_table(simd, by_low),
            by_high: block_table(simd, by_high),
            offsets: block_table(simd, offsets),
            weights: u32x8::splat(simd, WEIGHTS).bitcast(),
        }
    }

    /// Three bytes in each 32 bits, and a bit for each character that is none of base64url.
    #[inline(always)]
    fn groups(&self, chars: &[u8]) -> (u32x8<S>, u64) {
        let simd = self.simd;
        let chars = u8x32::from_slice(simd, chars);
        let high = chars >> 4;
        let low = chars & 0x0f;
        let is_char = simd.swizzle_dyn_within_blocks_u8x32(self.by_low, low)
            & simd.swizzle_dyn_within_blocks_u8x32(self.by_high, high);
        let invalid = is_char.simd_eq(0).to_bitmask();
        let underscore = chars.simd_eq(b'_').select(u8x32::splat(simd, 33), u8x32::splat(simd, 0));
        let values = chars + simd.swizzle_dyn_within_blocks_u8x32(self.offsets, high) + underscore;
        let pairs = values.bitcast::<u16x16<S>>();
        let pairs = ((pairs << 6) & PAIR_MASK) | (pairs >> 8);
        (simd.pairwise_dot_product_i16x16(pairs.bitcast(), self.weights).bitcast(), invalid)
    }

    #[inline(always)]
    fn to_groups(&self, chars: &[u8; CHARS]) -> ([u32; 16], u64) {
        let (first, first_invalid) = self.groups(&chars[..32]);
        let (second, second_invalid) = self.groups(&chars[32..]);
        let mut out = [0; 16];
        first.store_slice(&mut out[..8]);
        second.store_slice(&mut out[8..]);
        (out, first_invalid | second_invalid << 32)
    }

    #[inline(always)]
    fn decode(&self, chars: &[u8; CHARS], skip: usize, out: &mut [u8; 64]) -> Faults {
        let simd = self.simd;
        let (first, first_invalid) = self.groups(&chars[..32]);
        let (second, second_invalid) = self.groups(&chars[32..]);
        let order = u8x32::from_slice(simd, &BLOCK_ORDERS[skip]);
        let first = simd.swizzle_dyn_within_blocks_u8x32(first.bitcast(), order);
        let order = u8x32::from_slice(simd, &BLOCK_ORDERS[0]);
        let second = simd.swizzle_dyn_within_blocks_u8x32(second.bitcast(), order);
        let (a, b) = simd.split_u8x32(first);
        let (c, d) = simd.split_u8x32(second);
        a.store_slice(&mut out[..16]);
        b.store_slice(&mut out[12 - skip..28 - skip]);
        c.store_slice(&mut out[24 - skip..40 - skip]);
        d.store_slice(&mut out[36 - skip..52 - skip]);
        let first = self.foreign(first);
        let second = self.foreign(second);
        let head = first & (0xfff >> skip);
        let tail = (first >> 16) | (second & 0xfff) << 12 | (second >> 16) << 24;
        Faults { invalid: first_invalid | second_invalid << 32, foreign: head | tail << (12 - skip) }
    }

    /// A bit for each byte that no URL holds.
    #[inline(always)]
    fn foreign(&self, bytes: u8x32<S>) -> u64 {
        (bytes + 1).bitcast::<i8x32<S>>().simd_lt(FOREIGN).to_bitmask() & 0x0fff_0fff
    }
}

#[inline(always)]
fn block_table<S: Simd>(simd: S, table: [u8; 16]) -> u8x32<S> {
    u8x32::block_splat(u8x16::from_slice(simd, &table))
}
