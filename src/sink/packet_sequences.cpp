// SPDX-License-Identifier: Apache-2.0
#include "sink/packet_sequences.h"

#include <cstring>

namespace weir::sink {
namespace {

uint64_t mix(uint64_t value) {
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93ull;
  value ^= value >> 32;
  value *= 0xd6e8feb86659fd93ull;
  return value ^ value >> 32;
}

uint64_t hash(const ConnectionKey& key) {
  std::array<uint64_t, 4> words;
  std::memcpy(words.data(), key.low_address.data(), 16);
  std::memcpy(words.data() + 2, key.high_address.data(), 16);
  const uint64_t ports = uint64_t{key.low_port} << 24 | uint64_t{key.high_port} << 8 | key.version;
  return mix(mix(mix(words[0] + ports) + words[1]) + mix(words[2] ^ mix(words[3])));
}

}  // namespace

PacketSequences::PacketSequences(uint32_t sets) : sets_(sets) {}

PacketSequences::Found PacketSequences::find(const ConnectionKey& key) {
  if (entries_.empty()) entries_.resize(size_t{sets_} * kWays);
  Entry* const set = &entries_[size_t{static_cast<uint32_t>(hash(key)) % sets_} * kWays];
  if (++clock_ == 0) {  // after 4 G segments all are of the same age
    clock_ = 2;
    for (Entry& entry : entries_)
      if (entry.used != 0) entry.used = 1;
  }
  Entry* oldest = set;
  for (Entry* entry = set; entry != set + kWays; ++entry) {
    if (entry->used != 0 && entry->key == key) {
      entry->used = clock_;
      return {&entry->sequences, true};
    }
    if (entry->used < oldest->used) oldest = entry;
  }
  if (oldest->used != 0) ++evicted_;
  oldest->key = key;
  oldest->sequences = {};
  oldest->used = clock_;
  return {&oldest->sequences, false};
}

}  // namespace weir::sink
