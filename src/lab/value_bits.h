// SPDX-License-Identifier: Apache-2.0
// Numbers of any width at any bit of a value's bytes, as the kernel of this machine lays them out.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace weir::lab {

static_assert(std::endian::native == std::endian::little, "bitfields of big-endian machines begin elsewhere");

__extension__ typedef unsigned __int128 WideNumber;

/// A run of bits. A plain int is one whose offset and size are multiples of 8.
struct BitRange {
  uint64_t offset = 0;
  uint32_t size = 0;  // at most 128
};

inline bool within(const BitRange& range, size_t bytes) {
  return range.size <= 128 && range.offset <= uint64_t{bytes} * 8 &&
         range.size <= uint64_t{bytes} * 8 - range.offset;
}

/// Nothing where the range leaves `bytes`.
inline std::optional<WideNumber> read_bits(std::span<const std::byte> bytes, const BitRange& range) {
  if (!within(range, bytes.size())) return std::nullopt;
  WideNumber number = 0;
  for (uint32_t done = 0; done < range.size;) {
    const uint64_t at = range.offset + done;
    const uint32_t skipped = at % 8;
    const uint32_t taken = std::min(8 - skipped, range.size - done);
    const uint32_t part = std::to_integer<uint32_t>(bytes[at / 8]) >> skipped & ((1u << taken) - 1);
    number |= WideNumber{part} << done;
    done += taken;
  }
  return number;
}

/// False where the range leaves `bytes`; the bits around it stay.
inline bool write_bits(std::span<std::byte> bytes, const BitRange& range, WideNumber number) {
  if (!within(range, bytes.size())) return false;
  for (uint32_t done = 0; done < range.size;) {
    const uint64_t at = range.offset + done;
    const uint32_t skipped = at % 8;
    const uint32_t taken = std::min(8 - skipped, range.size - done);
    const uint32_t mask = ((1u << taken) - 1) << skipped;
    const uint32_t part = static_cast<uint32_t>(number >> done) << skipped & mask;
    bytes[at / 8] = static_cast<std::byte>((std::to_integer<uint32_t>(bytes[at / 8]) & ~mask) | part);
    done += taken;
  }
  return true;
}

/// The two's complement number that the lowest `bits` (1 to 64) of `number` stand for.
inline int64_t sign_extended(uint64_t number, uint32_t bits) {
  const uint32_t rest = 64 - bits;
  return static_cast<int64_t>(number << rest) >> rest;
}

}  // namespace weir::lab
