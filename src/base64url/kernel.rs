//! base64url in vector registers: it accepts, and leaves every refusal to the base64 crate.
//!
//! While the decoded bytes are in a register, those that a URL can't hold are counted. A message has a known
//! number of them around its URLs; where that is the number of all, the URLs are printable ASCII, and no one
//! has to look at them again.

use fearless_simd::{Level, Simd, prelude::*, u8x16, u8x32, u8x64};

/// What a decoder may write behind the last byte of a message.
pub(crate) const SLACK: usize = 64;

/// The longest text that is decoded here: what is counted stays within 32 bits by far.
const MAX_LEN: usize = 65_536;

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
    if is_wide(simd) { wide(simd, text, len, out) } else { narrow(simd, text, len, out) }
}

/// True if the machine has vectors that this pays for. Without a table look-up in a register it does not.
pub(crate) fn pays(level: Level) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    let has_none = matches!(level, Level::Sse2(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    let has_none = level.is_fallback();
    !has_none
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

/// True if no bits are left over behind the last whole byte.
#[inline(always)]
fn ends_whole(text: &[u8]) -> bool {
    let free = match text.len() % 4 {
        0 => return true,
        1 => return false,
        2 => 0x0f,
        _ => 0x03,
    };
    let last = text.last().copied().unwrap_or_default();
    VALUES.get(usize::from(last)).is_some_and(|value| value & free == 0)
}

/// 64 characters at a time, with a table of 128 bytes in two registers.
#[inline(always)]
fn wide<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    let low = u8x64::from_slice(simd, &VALUES[..64]);
    let high = u8x64::from_slice(simd, &VALUES[64..]);
    let order = u8x64::from_slice(simd, &ORDER);
    let mut bad = u8x64::splat(simd, 0);
    let mut count = 0;

    let decode = |chars: u8x64<S>, bad: u8x64<S>| {
        let values = simd.concat_swizzle_dyn_u8x64(low, high, chars);
        // A value is below 64; a character beyond ASCII is not in the table.
        let bad = bad | values | chars;
        let pairs = values.bitcast::<fearless_simd::u16x32<S>>();
        let pairs = ((pairs << 6) & 0x0fc0) | (pairs >> 8);
        let weights = fearless_simd::u32x16::splat(simd, 0x0001_1000).bitcast::<fearless_simd::i16x32<S>>();
        let groups = simd.pairwise_dot_product_i16x32(pairs.bitcast(), weights);
        let bytes = simd.swizzle_dyn_u8x64(groups.bitcast(), order);
        (bytes, bad)
    };
    let foreign = |bytes: u8x64<S>| {
        let signed = (bytes + 1).bitcast::<fearless_simd::i8x64<S>>();
        signed.simd_lt(0x22).to_bitmask()
    };

    let whole = len / 64 * 64;
    let mut at = 0;
    let mut to = 0;
    while at < whole {
        let bytes;
        (bytes, bad) = decode(u8x64::from_slice(simd, &text[at..at + 64]), bad);
        count += (foreign(bytes) & 0xffff_ffff_ffff).count_ones();
        bytes.store_slice(&mut out[to..to + 64]);
        at += 64;
        to += 48;
    }
    let left = len - whole;
    if left > 0 {
        let chars = match text.get(at..at + 64) {
            Some(chars) => u8x64::from_slice(simd, chars),
            None => {
                let mut padded = [b'A'; 64];
                padded[..left].copy_from_slice(&text[at..len]);
                u8x64::from_slice(simd, &padded)
            }
        };
        let index = u8x64::from_slice(simd, &INDEX);
        let chars = index.simd_lt(left as u8).select(chars, u8x64::splat(simd, b'A'));
        let bytes;
        (bytes, bad) = decode(chars, bad);
        count += (foreign(bytes) & ((1 << (left * 3 / 4)) - 1)).count_ones();
        bytes.store_slice(&mut out[to..to + 64]);
    }
    let is_good = bad.bitcast::<fearless_simd::i8x64<S>>().simd_lt(0).to_bitmask() == 0;
    is_good.then_some(count)
}

/// 32 characters at a time, with tables of 16 bytes for each half of a byte.
#[inline(always)]
fn narrow<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    let table = |table: [u8; 16]| u8x32::block_splat(u8x16::from_slice(simd, &table));
    // Bit h of entry l is set where the character with the halves h and l is one of base64url.
    let by_low = table([
        0xa8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf8, 0xf0, 0x50, 0x50, 0x54, 0x50, 0x70,
    ]);
    let bit = table([1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0]);
    // What leads from the character to its value, by the upper half; for `_` it is 33 more.
    let offset = |by: i8| by as u8;
    let offsets =
        table([0, 0, 17, 4, offset(-65), offset(-65), offset(-71), offset(-71), 0, 0, 0, 0, 0, 0, 0, 0]);
    let order = table([2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 3, 3, 3, 3]);
    let zero = u8x32::splat(simd, 0);
    let mut bad = simd.splat_mask8x32(false);
    let mut count = 0;

    let decode = |chars: u8x32<S>, bad: fearless_simd::mask8x32<S>| {
        let high = chars >> 4;
        let low = chars & 0x0f;
        let is_char = simd.swizzle_dyn_within_blocks_u8x32(by_low, low)
            & simd.swizzle_dyn_within_blocks_u8x32(bit, high);
        let bad = bad | is_char.simd_eq(zero);
        let underscore = chars.simd_eq(b'_').select(u8x32::splat(simd, 33), zero);
        let values = chars + simd.swizzle_dyn_within_blocks_u8x32(offsets, high) + underscore;
        let pairs = values.bitcast::<fearless_simd::u16x16<S>>();
        let pairs = ((pairs << 6) & 0x0fc0) | (pairs >> 8);
        let weights = fearless_simd::u32x8::splat(simd, 0x0001_1000).bitcast::<fearless_simd::i16x16<S>>();
        let groups = simd.pairwise_dot_product_i16x16(pairs.bitcast(), weights);
        let bytes = simd.swizzle_dyn_within_blocks_u8x32(groups.bitcast(), order);
        (bytes, bad)
    };
    let foreign = |bytes: u8x32<S>| {
        let signed = (bytes + 1).bitcast::<fearless_simd::i8x32<S>>();
        signed.simd_lt(0x22).to_bitmask()
    };
    let store = |bytes: u8x32<S>, out: &mut [u8]| {
        let (first, second) = simd.split_u8x32(bytes);
        first.store_slice(&mut out[..16]);
        second.store_slice(&mut out[12..28]);
    };

    let whole = len / 32 * 32;
    let mut at = 0;
    let mut to = 0;
    while at < whole {
        let bytes;
        (bytes, bad) = decode(u8x32::from_slice(simd, &text[at..at + 32]), bad);
        count += (foreign(bytes) & 0x0fff_0fff).count_ones();
        store(bytes, &mut out[to..to + 28]);
        at += 32;
        to += 24;
    }
    let left = len - whole;
    if left > 0 {
        let chars = match text.get(at..at + 32) {
            Some(chars) => u8x32::from_slice(simd, chars),
            None => {
                let mut padded = [b'A'; 32];
                padded[..left].copy_from_slice(&text[at..len]);
                u8x32::from_slice(simd, &padded)
            }
        };
        let index = u8x32::from_slice(simd, &INDEX[..32]);
        let chars = index.simd_lt(left as u8).select(chars, u8x32::splat(simd, b'A'));
        let bytes;
        (bytes, bad) = decode(chars, bad);
        let foreign = foreign(bytes);
        let foreign = (foreign & 0xfff) | ((foreign >> 4) & 0xff_f000);
        count += (foreign & ((1 << (left * 3 / 4)) - 1)).count_ones();
        store(bytes, &mut out[to..to + 28]);
    }
    (!bad.any_true()).then_some(count)
}
