//! Decodes base64url in vector registers: 64 characters to 48 bytes per step.
//!
//! The kernel returns only whether the encoded text is valid; the base64 crate finds the error. While the decoded bytes
//! are in a register, the kernel also finds those that a URL cannot contain, all but `!` to `~`. A message has a known
//! number of such bytes outside of its URLs. If the total is that number, the URLs are printable ASCII and need no
//! second pass.
//!
//! The pipeline of [`Batch::push_lines`](crate::Batch::push_lines) validates the decoded bytes later, in the finished column,
//! and collects the faults of many steps in one register.
//!
//! ```text
//! characters   aaaaaaaa bbbbbbbb cccccccc dddddddd
//! look-up      00aaaaaa 00bbbbbb 00cccccc 00dddddd     6-bit values
//! 16-bit lanes     0000aaaa aabbbbbb ccccccdd dddd…    pairs: two values, the first one above the second
//! 32-bit lanes 00000000 aaaaaabb bbbbcccc ccdddddd     groups: pair 1 × 2^12 + pair 2
//! swizzle      aaaaaabb bbbbcccc ccdddddd              the three lower bytes, most significant first
//! ```

#[cfg(target_arch = "x86")]
use std::arch::x86::{_mm256_maddubs_epi16, _mm256_set1_epi16, _mm512_maddubs_epi16, _mm512_set1_epi16};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{_mm256_maddubs_epi16, _mm256_set1_epi16, _mm512_maddubs_epi16, _mm512_set1_epi16};

use fearless_simd::{
    Level, Simd, i8x32, i8x64, i16x16, i16x32, prelude::*, u8x16, u8x32, u8x64, u16x16, u16x32, u32x8, u32x16,
};

/// The number of characters and of bytes in a step.
pub(crate) const CHARS: usize = 64;
pub(crate) const BYTES: usize = CHARS / 4 * 3;

/// The number of bytes that a step stores: a whole vector. The last step starts at the last decoded byte at the latest,
/// so a buffer needs this much padding after the decoded bytes.
pub(crate) const STORE: usize = 64;
const _: () = assert!(STORE >= BYTES);

/// The value of characters that are not base64url.
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

/// The bits of the first value in a 16-bit lane of a pair.
const PAIR_MASK: u16 = 0x0fc0;

/// The weights of two values in a pair, in the order of a 16-bit lane's bytes: 2^6 and 1.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
const PAIR_WEIGHTS: i16 = 0x0140;

/// The weights of two pairs in 16-bit lanes: 2^12 and 1.
const WEIGHTS: u32 = 0x0001_1000;

/// A byte is printable (`!` to `~`) if the byte plus one, as a signed number, is at least this.
const PRINTABLE: i8 = 0x22;

/// The number of possible values of `skip`, 0 to 3.
pub(crate) const SKIPS: usize = 4;

/// A table whose rows do not cross cache lines.
#[repr(align(64))]
struct Aligned<T>(T);

/// The byte order of a swizzle of the lanes of two steps, which moves their three lower bytes to the front, most significant
/// first. The first byte in this order is byte `start` of all decoded bytes; the lanes are those of the steps `step` and
/// `step + 1`.
const fn order_from(start: usize, step: usize) -> [u8; 64] {
    let mut order = [0; 64];
    let mut i = 0;
    while i < order.len() {
        let (of_step, byte) = ((start + i) / BYTES, (start + i) % BYTES);
        order[i] = ((of_step - step) * 64 + byte / 3 * 4 + 2 - byte % 3) as u8;
        i += 1;
    }
    order
}

/// The orders for the bytes of the first step. The index of a row is the number of bytes to skip at the start.
const ORDERS: Aligned<[[u8; 64]; SKIPS]> =
    Aligned([order_from(0, 0), order_from(1, 0), order_from(2, 0), order_from(3, 0)]);

/// The orders for the second and the third vector of the bytes of four steps.
const LATER_ORDERS: Aligned<[[u8; 64]; 2]> = Aligned([order_from(64, 1), order_from(128, 2)]);

/// The byte order of a swizzle within two blocks of 16 bytes. The index of a row is the number of bytes to skip at the
/// start of the first block.
const BLOCK_ORDERS: Aligned<[[u8; 32]; SKIPS]> = {
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
    Aligned(orders)
};

/// For each number of bytes: a mask of the characters that encode them, and a mask of the bytes.
pub(crate) const MASKS: [(u64, u64); 64] = {
    let mut masks = [(0, 0); 64];
    let mut i = 1;
    while i <= BYTES {
        masks[i] = (u64::MAX >> (CHARS - (i * 4).div_ceil(3)), u64::MAX >> (64 - i));
        i += 1;
    }
    masks
};

/// The maximum number of steps that [`Kernel::decode_steps`] takes. The index of each of their characters fits in a `u8`.
pub(crate) const MAX_STEPS: usize = 4;

/// The number of characters in [`MAX_STEPS`] steps.
const MAX_CHARS: usize = MAX_STEPS * CHARS;
const _: () = assert!(MAX_CHARS <= u8::MAX as usize + 1);

/// The number of bytes that [`MAX_STEPS`] steps decode to, three vectors.
const MAX_BYTES: usize = MAX_STEPS * BYTES;
const _: () = assert!(MAX_BYTES == 3 * 64);

/// The indices of the characters in [`MAX_STEPS`] steps.
const INDICES: Aligned<[[u8; CHARS]; MAX_STEPS]> = {
    let mut indices = [[0; CHARS]; MAX_STEPS];
    let mut i = 0;
    while i < MAX_CHARS {
        indices[i / CHARS][i % CHARS] = i as u8;
        i += 1;
    }
    Aligned(indices)
};

/// The masks of prefixes: the slice that starts at `MAX_CHARS - len` selects the first `len` of [`MAX_CHARS`] characters.
///
/// ```text
/// len 3    [253..509]   ff ff ff 00 00 … 00
/// ```
const SELECTED: [u8; 2 * MAX_CHARS] = {
    let mut selected = [0; 2 * MAX_CHARS];
    let mut i = 0;
    while i < MAX_CHARS {
        selected[i] = 0xff;
        i += 1;
    }
    selected
};

/// Decodes the first `len` characters of `text` to the front of `out`. Returns the number of decoded bytes that are not
/// printable, or `None` if the text is not canonical base64url or `out` is shorter than the bytes and [`STORE`].
///
/// The characters of `text` after `len`, if there are any, are loaded with the last step, which then needs no copy.
#[inline(always)]
pub(crate) fn decode<S: Simd>(simd: S, text: &[u8], len: usize, out: &mut [u8]) -> Option<u32> {
    if len > text.len() || out.len() < len / 4 * 3 + STORE || !has_canonical_end(&text[..len]) {
        return None;
    }
    let kernel = Kernel::new(simd);
    let (mut invalid, mut count, mut to) = (0, 0, 0);
    let (steps, remainder) = text[..len].as_chunks::<CHARS>();
    for chars in steps {
        let faults = kernel.decode(chars, 0, out[to..].first_chunk_mut()?);
        invalid |= faults.invalid;
        count += (faults.nonprintable & MASKS[BYTES].1).count_ones();
        to += BYTES;
    }
    let left = remainder.len();
    if left > 0 {
        let mut padded = [b'A'; CHARS];
        let chars = match text[len - left..].first_chunk() {
            Some(chars) => chars,
            None => {
                padded[..left].copy_from_slice(remainder);
                &padded
            }
        };
        let faults = kernel.decode(chars, 0, out[to..].first_chunk_mut()?);
        invalid |= faults.invalid & ((1 << left) - 1);
        count += (faults.nonprintable & ((1 << (left * 3 / 4)) - 1)).count_ones();
    }
    (invalid == 0).then_some(count)
}

/// Returns `true` if the last character leaves no bits over after the last whole byte, and the length is not 4n + 1.
///
/// There is no branch on the length: its four remainders are about equally frequent, so that it would be mispredicted
/// two times in three.
#[inline(always)]
pub(crate) fn has_canonical_end(text: &[u8]) -> bool {
    // The bits of the last value that must be 0; for a length of 4n + 1, a bit that is always set.
    const FREE: [u16; 4] = [0, 0x100, 0x0f, 0x03];
    let last = text.last().copied().unwrap_or_default();
    // A non-ASCII character is rejected elsewhere.
    let value = u16::from(VALUES[usize::from(last & 0x7f)]) | 0x100;
    value & FREE[text.len() % 4] == 0
}

/// The faults in the input and output of a step.
pub(crate) struct Faults {
    /// A bit for each character that is not base64url.
    pub(crate) invalid: u64,
    /// A bit for each byte that is not printable, counted without the skipped ones. Bits after the last byte are undefined.
    pub(crate) nonprintable: u64,
}

/// The kernel with its tables in registers.
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

    /// Decodes 64 characters to 48 bytes at the front of `out`, leaving out the first `skip` bytes, at most 3.
    #[inline(always)]
    pub(crate) fn decode(&self, chars: &[u8; CHARS], skip: usize, out: &mut [u8; STORE]) -> Faults {
        let skip = skip % SKIPS;
        if is_wide(self.simd) {
            self.wide.decode(chars, skip, out)
        } else {
            self.narrow.decode(chars, skip, out)
        }
    }

    /// Returns the number of steps that [`decode_steps`](Self::decode_steps) takes, a constant when a function is compiled for a
    /// level. There are more with vectors of 64 bytes, because these make a step cheap.
    #[inline(always)]
    pub(crate) fn steps(&self) -> usize {
        if is_wide(self.simd) { MAX_STEPS } else { 3 }
    }

    /// Decodes the first [`steps`](Self::steps) steps of a text of `len` characters, at least one, which may be shorter or longer
    /// than these steps, to the front of `out`, leaving out the first `skip` bytes, at most 3. Decoded bytes are not checked, and
    /// what follows those of the text is undefined. Adds the faults of the text's characters to `invalid`.
    ///
    /// Returns `None` if `chars` has fewer steps, or if `out` is shorter than what is stored, at most the bytes of all steps but one
    /// and [`STORE`].
    #[inline(always)]
    pub(crate) fn decode_steps(
        &self,
        chars: &[[u8; CHARS]],
        len: usize,
        skip: usize,
        out: &mut [u8],
        invalid: &mut Invalid<S>,
    ) -> Option<()> {
        let skip = skip % SKIPS;
        if is_wide(self.simd) {
            let out = out.first_chunk_mut()?;
            self.wide.decode_four(chars.first_chunk()?, len, skip, out, &mut invalid.wide);
            return Some(());
        }
        for step in 0..self.steps() {
            let (skip, at) = if step == 0 { (skip, 0) } else { (0, step * BYTES - skip) };
            let out = out.get_mut(at..at + STORE)?.first_chunk_mut()?;
            self.narrow.decode_into(chars.get(step)?, len, step, skip, out, &mut invalid.narrow);
        }
        Some(())
    }

    /// Decodes one step like [`decode_steps`](Self::decode_steps), without skipping bytes.
    #[inline(always)]
    pub(crate) fn decode_step(
        &self,
        chars: &[u8; CHARS],
        len: usize,
        out: &mut [u8; STORE],
        invalid: &mut Invalid<S>,
    ) {
        if is_wide(self.simd) {
            self.wide.decode_into(chars, len, out, &mut invalid.wide);
        } else {
            self.narrow.decode_into(chars, len, 0, 0, out, &mut invalid.narrow);
        }
    }

    /// Decodes 16 groups of four characters. Returns the three bytes of each group as one number, and for each group a
    /// second number, in which the bytes of invalid characters are not 0; the least significant byte is that of the
    /// first character. An invalid character does not change the decoded bits of the others.
    #[inline(always)]
    pub(crate) fn groups(&self, chars: u32x16<S>) -> ([u32; 16], [u32; 16]) {
        let chars = chars.bitcast::<u8x64<S>>();
        if is_wide(self.simd) { self.wide.to_groups(chars) } else { self.narrow.to_groups(chars) }
    }

    /// Returns `true` if `text` consists of characters of base64url.
    #[inline(always)]
    pub(crate) fn is_base64url(&self, text: &[u8]) -> bool {
        let mut invalid = Invalid::new(self.simd);
        let (vectors, _) = text.as_chunks::<32>();
        let Some(last) = text.last_chunk::<32>() else {
            return text.iter().all(|&byte| VALUES[usize::from(byte & 0x7f)] | byte < INVALID);
        };
        for vector in vectors {
            invalid.narrow |= self.narrow.values(self.narrow.load(vector));
        }
        // The last vector overlaps with the one before, so that no second loop for a remainder is needed.
        invalid.narrow |= self.narrow.values(self.narrow.load(last));
        !invalid.any()
    }
}

/// The faults of many steps: the OR of vectors in which only invalid characters set certain bits.
pub(crate) struct Invalid<S: Simd> {
    /// The top bit is set for invalid characters.
    wide: u8x64<S>,
    /// The bits of [`NO_VALUE`] are set for invalid characters.
    narrow: u8x32<S>,
}

impl<S: Simd> Invalid<S> {
    #[inline(always)]
    pub(crate) fn new(simd: S) -> Self {
        Invalid { wide: u8x64::splat(simd, 0), narrow: u8x32::splat(simd, 0) }
    }

    /// Returns `true` if any of the characters was invalid.
    #[inline(always)]
    pub(crate) fn any(&self) -> bool {
        (top_bits(self.wide) != 0) | (self.narrow & NO_VALUE).simd_eq(0).any_false()
    }
}

/// Returns the top bit of each byte.
#[inline(always)]
fn top_bits<S: Simd>(bytes: u8x64<S>) -> u64 {
    bytes.bitcast::<i8x64<S>>().simd_lt(0).to_bitmask()
}

/// Returns `true` if the kernel decodes 64 characters in one vector.
#[inline(always)]
pub(crate) fn is_wide<S: Simd>(simd: S) -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return matches!(simd.level(), Level::Avx512(_));
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
    {
        let _ = simd;
        false
    }
}

/// 64 characters in one vector, with a table of 128 bytes in two registers.
struct Wide<S: Simd> {
    simd: S,
    low: u8x64<S>,
    high: u8x64<S>,
    weights: i16x32<S>,
    one: u8x64<S>,
    printable: i8x64<S>,
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
            one: u8x64::splat(simd, 1),
            printable: i8x64::splat(simd, PRINTABLE),
        }
    }

    /// Returns the value of each character, and a vector whose top bit is set for each invalid character.
    #[inline(always)]
    fn values(&self, chars: u8x64<S>) -> (u8x64<S>, u8x64<S>) {
        let values = self.simd.concat_swizzle_dyn_u8x64(self.low, self.high, chars);
        // The top bit is set in `INVALID` and in non-ASCII characters.
        (values, values | chars)
    }

    #[inline(always)]
    fn groups(&self, values: u8x64<S>) -> u32x16<S> {
        self.simd.pairwise_dot_product_i16x32(wide_pairs(self.simd, values), self.weights).bitcast()
    }

    #[inline(always)]
    fn to_groups(&self, chars: u8x64<S>) -> ([u32; 16], [u32; 16]) {
        let (values, invalid) = self.values(chars);
        let (mut out, mut of_groups) = ([0; 16], [0; 16]);
        self.groups(values & !INVALID).store_slice(&mut out);
        (invalid & INVALID).bitcast::<u32x16<S>>().store_slice(&mut of_groups);
        (out, of_groups)
    }

    #[inline(always)]
    fn store(&self, groups: u32x16<S>, skip: usize, out: &mut [u8; STORE]) -> u8x64<S> {
        let order = u8x64::from_slice(self.simd, &ORDERS.0[skip]);
        let bytes = self.simd.swizzle_dyn_u8x64(groups.bitcast(), order);
        bytes.store_slice(out);
        bytes
    }

    /// Returns the groups of a step, which is step `step` of a text, and adds the faults of the characters up to `last` to
    /// `all_invalid`. `last` has the index of the text's last character in each lane.
    #[inline(always)]
    fn decode_lanes(
        &self,
        chars: &[u8; CHARS],
        last: u8x64<S>,
        step: usize,
        all_invalid: &mut u8x64<S>,
    ) -> u32x16<S> {
        let (values, invalid) = self.values(u8x64::from_slice(self.simd, chars));
        // Comparing indices is faster than loading a mask, which crosses a cache line.
        let is_selected = u8x64::from_slice(self.simd, &INDICES.0[step]).simd_le(last);
        *all_invalid |= is_selected.select(invalid, u8x64::splat(self.simd, 0));
        self.groups(values)
    }

    /// Returns the index of the last of `len` characters of a text, in each lane. It is the same for [`MAX_CHARS`] and more.
    #[inline(always)]
    fn last(&self, len: usize) -> u8x64<S> {
        u8x64::splat(self.simd, (len.min(MAX_CHARS) - 1) as u8)
    }

    #[inline(always)]
    fn decode_into(
        &self,
        chars: &[u8; CHARS],
        len: usize,
        out: &mut [u8; STORE],
        all_invalid: &mut u8x64<S>,
    ) {
        self.store(self.decode_lanes(chars, self.last(len), 0, all_invalid), 0, out);
    }

    /// Decodes four steps. Their bytes are stored as three vectors, because a store of 64 bytes nearly always crosses a cache
    /// line and then takes as long as the rest of a step.
    ///
    /// ```text
    /// lanes    |aaa.aaa. … aaa.|bbb.bbb. … bbb.|ccc.ccc. … ccc.|ddd.ddd. … ddd.|
    /// bytes    |aaaaaaaaaaaabbbb|bbbbbbbbcccccccc|ccccdddddddddddd|
    /// ```
    #[inline(always)]
    fn decode_four(
        &self,
        chars: &[[u8; CHARS]; MAX_STEPS],
        len: usize,
        skip: usize,
        out: &mut [u8; MAX_BYTES],
        all_invalid: &mut u8x64<S>,
    ) {
        let last = self.last(len);
        let [a, b, c, d] = std::array::from_fn(|step| {
            self.decode_lanes(&chars[step], last, step, all_invalid).bitcast::<u8x64<S>>()
        });
        let join = |first, second, order| {
            self.simd.concat_swizzle_dyn_u8x64(first, second, u8x64::from_slice(self.simd, order))
        };
        let [second, third] = &LATER_ORDERS.0;
        join(a, b, &ORDERS.0[skip]).store_slice(&mut out[..64]);
        join(b, c, second).store_slice(&mut out[64 - skip..128 - skip]);
        join(c, d, third).store_slice(&mut out[128 - skip..192 - skip]);
    }

    #[inline(always)]
    fn decode(&self, chars: &[u8; CHARS], skip: usize, out: &mut [u8; STORE]) -> Faults {
        let (values, invalid) = self.values(u8x64::from_slice(self.simd, chars));
        let invalid = top_bits(invalid);
        let bytes = self.store(self.groups(values), skip, out);
        let nonprintable = (bytes + self.one).bitcast::<i8x64<S>>().simd_lt(self.printable).to_bitmask();
        Faults { invalid, nonprintable }
    }
}

/// Tables of the look-up with 16 entries each: `value = character + OFFSETS[BY_HIGH[high half] | BY_LOW[low half]]`.
///
/// They were found by an exhaustive search, so that any character that is not base64url gets a value with one of the bits of
/// [`NO_VALUE`]. No comparison is needed. An index of 128 yields the offset 0: the character itself, which is not ASCII.
const BY_HIGH: [u8; 16] = [4, 4, 2, 3, 7, 0, 1, 6, 128, 128, 128, 128, 128, 128, 128, 128];
const BY_LOW: [u8; 16] = [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 12, 12, 10, 12, 8];
const OFFSETS: [i8; 16] = [-65, -71, -65, 4, -65, -71, -71, -65, -32, -71, 17, -71, 53, -71, 51, -65];

/// The bits that no 6-bit value has.
const NO_VALUE: u8 = 0xc0;

/// 64 characters in two vectors, with tables of 16 bytes for each half of a character.
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
        Narrow {
            simd,
            by_low: block_table(simd, BY_LOW),
            by_high: block_table(simd, BY_HIGH),
            offsets: block_table(simd, OFFSETS.map(|offset| offset as u8)),
            weights: u32x8::splat(simd, WEIGHTS).bitcast(),
        }
    }

    #[inline(always)]
    fn load(&self, chars: &[u8; 32]) -> u8x32<S> {
        u8x32::from_slice(self.simd, chars)
    }

    /// Returns the value of each of 32 characters, with a bit of [`NO_VALUE`] if it is not base64url.
    #[inline(always)]
    fn values(&self, chars: u8x32<S>) -> u8x32<S> {
        let simd = self.simd;
        // A character that is not ASCII may index beyond the table: x86 then yields 0 or uses the lower half of the index.
        // Its offset is 0 all the same, because of `BY_HIGH`.
        let low = if cfg!(any(target_arch = "x86", target_arch = "x86_64")) { chars } else { chars & 0x0f };
        let row = simd.swizzle_dyn_within_blocks_u8x32(self.by_high, chars >> 4)
            | simd.swizzle_dyn_within_blocks_u8x32(self.by_low, low);
        chars + simd.swizzle_dyn_within_blocks_u8x32(self.offsets, row)
    }

    #[inline(always)]
    fn groups(&self, values: u8x32<S>) -> u32x8<S> {
        self.simd.pairwise_dot_product_i16x16(narrow_pairs(self.simd, values), self.weights).bitcast()
    }

    #[inline(always)]
    fn to_groups(&self, chars: u8x64<S>) -> ([u32; 16], [u32; 16]) {
        let (mut out, mut of_groups) = ([0; 16], [0; 16]);
        let halves = out.as_chunks_mut::<8>().0.iter_mut().zip(of_groups.as_chunks_mut::<8>().0);
        let (first, second) = self.simd.split_u8x64(chars);
        for (chars, (out, invalid)) in [first, second].into_iter().zip(halves) {
            let values = self.values(chars);
            self.groups(values & !NO_VALUE).store_slice(out);
            (values & NO_VALUE).bitcast::<u32x8<S>>().store_slice(invalid);
        }
        (out, of_groups)
    }

    /// Stores the bytes of 64 characters. Each block of 16 characters becomes 12 bytes, so there are four stores of 16 bytes,
    /// each of which overwrites the last four bytes of the one before.
    #[inline(always)]
    fn store(&self, groups: [u32x8<S>; 2], skip: usize, out: &mut [u8; STORE]) -> [u8x32<S>; 2] {
        let simd = self.simd;
        let [first, second] = groups;
        let order = u8x32::from_slice(simd, &BLOCK_ORDERS.0[skip]);
        let first = simd.swizzle_dyn_within_blocks_u8x32(first.bitcast(), order);
        let order = u8x32::from_slice(simd, &BLOCK_ORDERS.0[0]);
        let second = simd.swizzle_dyn_within_blocks_u8x32(second.bitcast(), order);
        let (a, b) = simd.split_u8x32(first);
        let (c, d) = simd.split_u8x32(second);
        a.store_slice(&mut out[..16]);
        b.store_slice(&mut out[12 - skip..28 - skip]);
        c.store_slice(&mut out[24 - skip..40 - skip]);
        d.store_slice(&mut out[36 - skip..52 - skip]);
        [first, second]
    }

    #[inline(always)]
    fn decode_into(
        &self,
        chars: &[u8; CHARS],
        len: usize,
        step: usize,
        skip: usize,
        out: &mut [u8; STORE],
        all_invalid: &mut u8x32<S>,
    ) {
        let [first, second] = halves(chars);
        let (first, second) = (self.values(self.load(first)), self.values(self.load(second)));
        let selected = &SELECTED[MAX_CHARS - len.min(MAX_CHARS) + CHARS * step..][..CHARS];
        *all_invalid |= first & u8x32::from_slice(self.simd, &selected[..32]);
        *all_invalid |= second & u8x32::from_slice(self.simd, &selected[32..]);
        self.store([self.groups(first), self.groups(second)], skip, out);
    }

    #[inline(always)]
    fn decode(&self, chars: &[u8; CHARS], skip: usize, out: &mut [u8; STORE]) -> Faults {
        let [first, second] = halves(chars);
        let (first, second) = (self.values(self.load(first)), self.values(self.load(second)));
        let invalid = |values: u8x32<S>| !(values & NO_VALUE).simd_eq(0).to_bitmask() & 0xffff_ffff;
        let invalid = invalid(first) | invalid(second) << 32;
        let [first, second] = self.store([self.groups(first), self.groups(second)], skip, out);
        let first = self.nonprintable(first);
        let second = self.nonprintable(second);
        let head = first & (0xfff >> skip);
        let tail = (first >> 16) | (second & 0xfff) << 12 | (second >> 16) << 24;
        Faults { invalid, nonprintable: head | tail << (12 - skip) }
    }

    /// Returns a bit for each byte that is not printable, of the first 12 in each block.
    #[inline(always)]
    fn nonprintable(&self, bytes: u8x32<S>) -> u64 {
        (bytes + 1).bitcast::<i8x32<S>>().simd_lt(PRINTABLE).to_bitmask() & 0x0fff_0fff
    }
}

#[inline(always)]
fn halves(chars: &[u8; CHARS]) -> &[[u8; 32]; 2] {
    match chars.as_chunks().0.first_chunk() {
        Some(halves) => halves,
        None => unreachable!(),
    }
}

#[inline(always)]
fn block_table<S: Simd>(simd: S, table: [u8; 16]) -> u8x32<S> {
    u8x32::block_splat(u8x16::from_slice(simd, &table))
}

/// Combines two values each in a 16-bit lane, the first one above the second. x86 has one instruction for this; other
/// machines need three for the shifts and the mask.
#[inline(always)]
fn narrow_pairs<S: Simd>(simd: S, values: u8x32<S>) -> i16x16<S> {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Level::Avx2(avx2) = simd.level() {
        let values: u8x32<fearless_simd::Avx2> = <[u8; 32]>::from(values).simd_into(avx2);
        return <[i16; 16]>::from(pairs_avx2(avx2, values)).simd_into(simd);
    }
    let pairs = values.bitcast::<u16x16<S>>();
    (((pairs << 6) & PAIR_MASK) | (pairs >> 8)).bitcast()
}

/// Combines 64 values as [`narrow_pairs`] combines 32.
#[inline(always)]
fn wide_pairs<S: Simd>(simd: S, values: u8x64<S>) -> i16x32<S> {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    if let Level::Avx512(avx512) = simd.level() {
        let values: u8x64<fearless_simd::Avx512> = <[u8; 64]>::from(values).simd_into(avx512);
        return <[i16; 32]>::from(pairs_avx512(avx512, values)).simd_into(simd);
    }
    let pairs = values.bitcast::<u16x32<S>>();
    (((pairs << 6) & PAIR_MASK) | (pairs >> 8)).bitcast()
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fearless_simd::kernel!(
    #[inline(always)]
    fn pairs_avx2(avx2: Avx2, values: u8x32<fearless_simd::Avx2>) -> i16x16<fearless_simd::Avx2> {
        _mm256_maddubs_epi16(values.into(), _mm256_set1_epi16(PAIR_WEIGHTS)).simd_into(avx2)
    }
);

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fearless_simd::kernel!(
    #[inline(always)]
    fn pairs_avx512(avx512: Avx512, values: u8x64<fearless_simd::Avx512>) -> i16x32<fearless_simd::Avx512> {
        _mm512_maddubs_epi16(values.into(), _mm512_set1_epi16(PAIR_WEIGHTS)).simd_into(avx512)
    }
);
