// SPDX-License-Identifier: Apache-2.0
#include "filter/ebpf_loads.h"

#include <cstddef>
#include <cstdio>

namespace weir::filter {
namespace {

// The stack, from its top downwards.
constexpr int32_t kMemory = -64;     // M[0] to M[15]
constexpr int32_t kTagHigh = -72;    // tagged: bytes 8 to 15 of the frame on the wire, the first one highest
constexpr int32_t kTagLow = -80;     // tagged: bytes 16 to 19 in the upper half
constexpr int32_t kXdpLength = -88;  // XDP, where the program loads the length
constexpr int32_t kScratch = -96;    // what a helper loads

constexpr uint32_t kTagOffset = 12, kTagEnd = 16, kTagBytes = 4;

// How far X and an offset from it may lie for a load in place: their sum stays below the verifier's 65,535.
constexpr uint32_t kFarthest = 0x7fff;
// Frames shorter than these are rare: as much is proven at once where the program may need it.
constexpr uint32_t kUsualEthernetBytes = 34, kUsualIpBytes = 20;
constexpr size_t kLookAhead = 48;
constexpr uint32_t kAlongWith = 8;

constexpr int32_t at_tagged_end(uint32_t offset) {
  return static_cast<int32_t>(offset - kTagBytes);
}

struct Ancillary {
  uint32_t offset;
  const char* name;
  size_t field;  // of __sk_buff; 0: computed otherwise
  bool big_endian;
};
constexpr Ancillary kAncillary[] = {
    {SKF_AD_PROTOCOL, "#proto", offsetof(__sk_buff, protocol), true},
    {SKF_AD_PKTTYPE, "#type", offsetof(__sk_buff, pkt_type), false},
    {SKF_AD_IFINDEX, "#ifidx", offsetof(__sk_buff, ifindex), false},
    {SKF_AD_MARK, "#mark", offsetof(__sk_buff, mark), false},
    {SKF_AD_QUEUE, "#queue", offsetof(__sk_buff, queue_mapping), false},
    {SKF_AD_RXHASH, "#rxhash", offsetof(__sk_buff, hash), false},
    {SKF_AD_VLAN_TAG, "#vlan_tci", offsetof(__sk_buff, vlan_tci), false},
    {SKF_AD_VLAN_TAG_PRESENT, "#vlan_avail", offsetof(__sk_buff, vlan_present), false},
    {SKF_AD_VLAN_TPID, "#vlan_tpid", offsetof(__sk_buff, vlan_proto), true},
    {SKF_AD_NLATTR, "#nla", 0, false},
    {SKF_AD_NLATTR_NEST, "#nlan", 0, false},
    {SKF_AD_HATYPE, "#hatype", 0, false},
    {SKF_AD_CPU, "#cpu", 0, false},
    {SKF_AD_PAY_OFFSET, "#poff", 0, false},
    {SKF_AD_RANDOM, "#rand", 0, false},
};

const Ancillary* ancillary(uint32_t offset) {
  for (const Ancillary& entry : kAncillary) {
    if (offset - static_cast<uint32_t>(SKF_AD_OFF) == entry.offset) return &entry;
  }
  return nullptr;
}

constexpr uint8_t size_code(uint32_t bytes) {
  return bytes == 8 ? BPF_DW : bytes == 4 ? BPF_W : bytes == 2 ? BPF_H : BPF_B;
}

bool is_packet_load(const sock_filter& at) {
  const uint16_t mode = BPF_MODE(at.code);
  if (BPF_CLASS(at.code) == BPF_LD) return mode == BPF_ABS || mode == BPF_IND;
  return BPF_CLASS(at.code) == BPF_LDX && mode == BPF_MSH;
}

bool writes_x(const sock_filter& at) {
  return BPF_CLASS(at.code) == BPF_LDX || at.code == (BPF_MISC | BPF_TAX);
}

}  // namespace

std::string ancillary_name(uint32_t offset) {
  if (const Ancillary* entry = ancillary(offset)) return entry->name;
  char text[48];
  std::snprintf(text, sizeof text, "an unknown value at 0x%x", offset);
  return text;
}

bool EbpfLoads::has_ancillary(uint32_t offset) const {
  const Ancillary* entry = ancillary(offset);
  if (entry == nullptr) return false;
  if (entry->offset == SKF_AD_PKTTYPE && target_.direction != Direction::of_packet) return true;
  if (target_.hook == Hook::xdp) return entry->offset == SKF_AD_IFINDEX;
  return entry->field != 0;
}

void EbpfLoads::load_data_pointers() {
  const bool xdp = target_.hook == Hook::xdp;
  writer_.load(BPF_W, kData, kContext, xdp ? offsetof(xdp_md, data) : offsetof(__sk_buff, data));
  writer_.load(BPF_W, kDataEnd, kContext, xdp ? offsetof(xdp_md, data_end) : offsetof(__sk_buff, data_end));
}

void EbpfLoads::begin(bool reads_in_place) {
  writer_.move(kContext, R1);
  const bool asks_length = std::any_of(program_.begin(), program_.end(), [](const sock_filter& at) {
    return at.code == (BPF_LD | BPF_LEN) || at.code == (BPF_LDX | BPF_LEN);
  });
  const bool xdp_length = asks_length && target_.hook == Hook::xdp;
  if (xdp_length && target_.xdp_load_bytes) {
    writer_.call(BPF_FUNC_xdp_get_buff_len);
    writer_.store(BPF_DW, R10, kXdpLength, R0);
  }
  if (reads_in_place) load_data_pointers();
  if (xdp_length && !target_.xdp_load_bytes) {
    writer_.move(R0, kDataEnd);
    writer_.alu(BPF_SUB, R0, kData);
    writer_.store(BPF_DW, R10, kXdpLength, R0);
  }
  const ReadUnset unset = registers_read_unset(program_);
  if (unset.a) writer_.move(kA, 0);
  if (unset.x) writer_.move(kX, 0);
  for (uint32_t word = 0; word < kClassicMemoryWords; ++word) {
    if (unset.memory >> word & 1)
      writer_.emit(BPF_ST | BPF_MEM | BPF_W, R10, R0,
                   static_cast<int16_t>(kMemory + 4 * static_cast<int>(word)), 0);
  }
}

void EbpfLoads::jump_if_tag_was_stripped(EbpfWriter::Label label) {
  writer_.load(BPF_W, R0, kContext, offsetof(__sk_buff, vlan_present));
  writer_.jump_if(BPF_JMP | BPF_JNE | BPF_K, R0, 0, label);
}

/// Bytes 8 to 15 of what is there go into one register; the tag comes between its halves.
void EbpfLoads::begin_tagged(bool reads_in_place) {
  const auto load_from_8 = [&](uint32_t bytes) {
    writer_.move(R2, 8);
    call_load_bytes(bytes);
  };
  const auto loaded = writer_.labels();
  load_from_8(8);
  writer_.jump_if(BPF_JMP | BPF_JEQ | BPF_K, R0, 0, loaded);
  load_from_8(6);  // a frame that ends with its Ethernet header; the rest is 0 since the first attempt
  writer_.place(loaded);
  writer_.load(BPF_DW, R1, R10, kScratch);
  writer_.to_host_order(R1, 64);
  writer_.move(R2, R1);
  writer_.alu(BPF_LSH, R2, 32);
  writer_.store(BPF_DW, R10, kTagLow, R2);
  writer_.alu(BPF_RSH, R1, 32);
  writer_.alu(BPF_LSH, R1, 32);
  writer_.load(BPF_W, R2, kContext, offsetof(__sk_buff, vlan_proto));
  writer_.to_host_order(R2, 16);
  writer_.alu(BPF_LSH, R2, 16);
  writer_.alu(BPF_OR, R1, R2);
  writer_.load(BPF_W, R2, kContext, offsetof(__sk_buff, vlan_tci));
  writer_.alu(BPF_AND, R2, 0xffff);
  writer_.alu(BPF_OR, R1, R2);
  writer_.store(BPF_DW, R10, kTagHigh, R1);
  if (reads_in_place) load_data_pointers();
}

void EbpfLoads::store_memory(uint32_t word, EbpfRegister from) {
  writer_.store(BPF_W, R10, kMemory + 4 * static_cast<int32_t>(word), from);
}

bool EbpfLoads::write(const Pass& pass, size_t at, Proven& proven) {
  const sock_filter& load = program_[at];
  const bool to_x = BPF_CLASS(load.code) == BPF_LDX;
  const EbpfRegister to = to_x ? kX : kA;
  bool goes_on = true;
  switch (BPF_MODE(load.code)) {
    case BPF_IMM:
      writer_.emit(BPF_ALU | BPF_MOV | BPF_K, to, R0, 0, static_cast<int32_t>(load.k));
      break;
    case BPF_MEM:
      writer_.load(BPF_W, to, R10, kMemory + 4 * static_cast<int32_t>(load.k));
      break;
    case BPF_LEN:
      write_length(pass, to);
      break;
    case BPF_MSH:
      goes_on = write_packet_load(pass, at, {kX, load.k, 1, false}, proven);
      if (!goes_on) return false;
      writer_.emit(BPF_ALU | BPF_AND | BPF_K, kX, R0, 0, 15);
      writer_.emit(BPF_ALU | BPF_LSH | BPF_K, kX, R0, 0, 2);
      break;
    default:
      if (loads_ancillary(load)) {
        write_ancillary(load.k);
      } else {
        const bool from_x = BPF_MODE(load.code) == BPF_IND;
        goes_on = write_packet_load(pass, at, {kA, load.k, classic_load_bytes(load.code), from_x}, proven);
      }
  }
  if (to_x) proven.at_x = 0;
  return goes_on;
}

void EbpfLoads::write_length(const Pass& pass, EbpfRegister to) {
  if (target_.hook == Hook::xdp) return writer_.load(BPF_DW, to, R10, kXdpLength);
  writer_.load(BPF_W, to, kContext, offsetof(__sk_buff, len));
  if (pass.tagged) writer_.add(to, kTagBytes);
}

void EbpfLoads::write_ancillary(uint32_t offset) {
  const Ancillary& entry = *ancillary(offset);
  if (entry.offset == SKF_AD_PKTTYPE && target_.direction != Direction::of_packet) {
    const auto type = static_cast<int32_t>(packet_type(target_.direction));
    return writer_.emit(BPF_ALU | BPF_MOV | BPF_K, kA, R0, 0, type);
  }
  const size_t field = target_.hook == Hook::xdp ? offsetof(xdp_md, ingress_ifindex) : entry.field;
  writer_.load(BPF_W, kA, kContext, static_cast<int32_t>(field));
  if (entry.big_endian) writer_.to_host_order(kA, 16);
}

/// How many bytes to prove behind the start, or behind X, when `load` is not proven: also what loads nearby
/// are likely to ask for. Proving too much costs time on short packets, never a verdict.
uint32_t EbpfLoads::bytes_worth_proving(const Pass& pass, size_t at, const Load& load) const {
  const uint32_t shift = pass.tagged ? kTagBytes : 0;
  const uint32_t need = load.offset + load.bytes;
  const uint32_t usual =
      load.from_x ? 0 : (has_ethernet_header(target_.hook) ? kUsualEthernetBytes : kUsualIpBytes) + shift;
  const uint32_t most = std::max(need + kAlongWith, usual);
  uint32_t worth = need;
  for (size_t i = at + 1; i < program_.size() && i < at + kLookAhead; ++i) {
    const sock_filter& next = program_[i];
    if (load.from_x && writes_x(next)) break;
    if (!is_packet_load(next) || next.k > kFarthest) continue;
    if ((BPF_MODE(next.code) == BPF_IND) != load.from_x) continue;
    const uint32_t bytes = BPF_CLASS(next.code) == BPF_LDX ? 1 : classic_load_bytes(next.code);
    if (pass.tagged && next.k < kTagEnd && next.k + bytes > kTagOffset) continue;
    if (next.k + bytes <= most) worth = std::max(worth, next.k + bytes);
  }
  return worth;
}

bool EbpfLoads::write_packet_load(const Pass& pass, size_t at, const Load& load, Proven& proven) {
  if (load.offset > INT32_MAX) {
    writer_.jump(reject_);
    return false;
  }
  const bool around_tag =
      pass.tagged && !load.from_x && load.offset < kTagEnd && load.offset + load.bytes > kTagOffset;
  if (around_tag) {
    write_tag_load(load);
  } else if (pass.access == Access::in_place) {
    return write_in_place(pass, at, load, proven);
  } else if (pass.access == Access::exact) {
    return write_exact(load);
  } else if (load.from_x) {
    write_load_from_x(pass, load);
  } else {
    const bool behind_tag = pass.tagged && load.offset >= kTagEnd;
    write_load_at(pass, load.offset - (behind_tag ? kTagBytes : 0), load);
  }
  return true;
}

void EbpfLoads::prove(EbpfRegister from, uint32_t bytes, EbpfWriter::Label otherwise) {
  writer_.move(R1, from);
  writer_.add(R1, static_cast<int32_t>(bytes));
  writer_.jump_if(BPF_JMP | BPF_JGT | BPF_X, R1, kDataEnd, 0, otherwise);
}

bool EbpfLoads::write_in_place(const Pass& pass, size_t at, const Load& load, Proven& proven) {
  const EbpfWriter::Label slow = pass.slow + static_cast<EbpfWriter::Label>(at);
  const bool before_tag = load.offset < kTagEnd;
  // From X the tag may lie anywhere: an offset that leads behind it for every X that is not refused.
  const bool no_way = load.from_x && pass.tagged && load.offset < kTagBytes;
  if (load.offset > kFarthest - load.bytes || no_way) {
    writer_.jump(slow);
    return false;
  }
  if (load.from_x) {
    write_in_place_from_x(pass, at, load, proven);
    return true;
  }
  const uint32_t shift = pass.tagged && !before_tag ? kTagBytes : 0;
  const uint32_t need = load.offset - shift + load.bytes;
  if (proven.at_start < need) {
    const uint32_t worth = bytes_worth_proving(pass, at, load);
    proven.at_start = std::max(need, worth - (pass.tagged && worth > kTagOffset ? kTagBytes : 0));
    prove(kData, proven.at_start, slow);
  }
  writer_.load(size_code(load.bytes), load.to, kData, static_cast<int32_t>(load.offset - shift));
  swap(load.to, load.bytes);
  return true;
}

void EbpfLoads::write_in_place_from_x(const Pass& pass, size_t at, const Load& load, Proven& proven) {
  const EbpfWriter::Label slow = pass.slow + static_cast<EbpfWriter::Label>(at);
  const uint32_t shift = pass.tagged ? kTagBytes : 0;
  if (pass.tagged && load.offset < kTagEnd)
    writer_.jump_if(BPF_JMP32 | BPF_JLT | BPF_K, kX, static_cast<int32_t>(kTagEnd - load.offset), slow);
  if (proven.at_x == 0) {
    writer_.jump_if(BPF_JMP32 | BPF_JGT | BPF_K, kX, kFarthest, slow);
    writer_.move(kAtX, kData);
    writer_.add(kAtX, kX);
  }
  if (proven.at_x < load.offset - shift + load.bytes) {
    proven.at_x = bytes_worth_proving(pass, at, load) - shift;
    prove(kAtX, proven.at_x, slow);
  }
  writer_.load(size_code(load.bytes), load.to, kAtX, static_cast<int32_t>(load.offset - shift));
  swap(load.to, load.bytes);
}

/// Without helper: nothing lies behind data_end.
bool EbpfLoads::write_exact(const Load& load) {
  if (load.offset > UINT16_MAX - load.bytes) {
    writer_.jump(reject_);
    return false;
  }
  const auto offset = static_cast<int32_t>(load.offset);
  writer_.move(R0, kData);
  if (load.from_x) {
    const uint32_t most = UINT16_MAX - load.bytes - load.offset;
    writer_.jump_if(BPF_JMP32 | BPF_JGT | BPF_K, kX, static_cast<int32_t>(most), reject_);
    writer_.add(R0, kX);
  }
  writer_.add(R0, offset);
  prove(R0, load.bytes, reject_);
  writer_.load(size_code(load.bytes), load.to, R0, 0);
  swap(load.to, load.bytes);
  return true;
}

/// Up to 8 bytes at offset R2 into the scratch; R0 is 0 or an error.
void EbpfLoads::call_load_bytes(uint32_t bytes) {
  writer_.move(R1, kContext);
  writer_.move(R3, R10);
  writer_.add(R3, kScratch);
  writer_.move(R4, static_cast<int32_t>(bytes));
  writer_.call(target_.hook == Hook::xdp ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_skb_load_bytes);
}

void EbpfLoads::swap(EbpfRegister value, uint32_t bytes) {
  if (bytes > 1) writer_.to_host_order(value, static_cast<int32_t>(bytes * 8));
}

void EbpfLoads::write_load_at(const Pass& pass, uint32_t offset, const Load& load) {
  if (pass.access == Access::own) {
    writer_.emit(static_cast<uint8_t>(BPF_LD | BPF_ABS | size_code(load.bytes)), R0, R0, 0,
                 static_cast<int32_t>(offset));
    return writer_.move(load.to, R0);
  }
  writer_.move(R2, static_cast<int32_t>(offset));
  write_load_at_r2(pass, load);
}

void EbpfLoads::write_load_at_r2(const Pass& pass, const Load& load) {
  if (pass.access == Access::own) {
    writer_.emit(static_cast<uint8_t>(BPF_LD | BPF_IND | size_code(load.bytes)), R0, R2, 0, 0);
    return writer_.move(load.to, R0);
  }
  call_load_bytes(load.bytes);
  writer_.jump_if(BPF_JMP | BPF_JNE | BPF_K, R0, 0, reject_);
  writer_.load(size_code(load.bytes), load.to, R10, kScratch);
  swap(load.to, load.bytes);
}

void EbpfLoads::write_load_from_x(const Pass& pass, const Load& load) {
  const auto offset = static_cast<int32_t>(load.offset);
  writer_.jump_if(BPF_JMP32 | BPF_JGT | BPF_K, kX, INT32_MAX - offset, reject_);
  writer_.move(R2, kX);
  writer_.add(R2, offset);
  if (!pass.tagged) return write_load_at_r2(pass, load);
  const auto labels = writer_.labels(3);
  const auto before = labels, behind = labels + 1, done = labels + 2;
  writer_.jump_if(BPF_JMP | BPF_JLE | BPF_K, R2, static_cast<int32_t>(kTagOffset - load.bytes), before);
  writer_.jump_if(BPF_JMP | BPF_JGE | BPF_K, R2, kTagEnd, behind);
  write_tag_load_at_r2(load);
  writer_.jump(done);
  writer_.place(behind);
  writer_.add(R2, -static_cast<int32_t>(kTagBytes));
  writer_.place(before);
  write_load_at_r2(pass, load);
  writer_.place(done);
}

/// A load of which some byte lies in the tag: from the 12 bytes that begin_tagged put together.
void EbpfLoads::write_tag_load(const Load& load) {
  const uint32_t end = load.offset + load.bytes;
  if (end > kTagEnd) {
    writer_.load(BPF_W, R1, kContext, offsetof(__sk_buff, len));
    writer_.jump_if(BPF_JMP | BPF_JLT | BPF_K, R1, at_tagged_end(end), reject_);
  }
  writer_.load(BPF_DW, load.to, R10, kTagHigh);
  writer_.alu(BPF_LSH, load.to, static_cast<int32_t>(8 * (load.offset - 8)));
  if (end > kTagEnd) {
    writer_.load(BPF_DW, R1, R10, kTagLow);
    writer_.alu(BPF_RSH, R1, static_cast<int32_t>(8 * (kTagEnd - load.offset)));
    writer_.alu(BPF_OR, load.to, R1);
  }
  writer_.alu(BPF_RSH, load.to, static_cast<int32_t>(64 - 8 * load.bytes));
}

/// The same at the offset in R2, which is 13 - load.bytes to 15.
void EbpfLoads::write_tag_load_at_r2(const Load& load) {
  writer_.load(BPF_W, R1, kContext, offsetof(__sk_buff, len));
  writer_.add(R1, kTagBytes);
  writer_.move(R3, R2);
  writer_.add(R3, static_cast<int32_t>(load.bytes));
  writer_.jump_if(BPF_JMP | BPF_JGT | BPF_X, R3, R1, 0, reject_);
  writer_.alu(BPF_SUB, R2, 8);
  writer_.alu(BPF_LSH, R2, 3);
  writer_.load(BPF_DW, R0, R10, kTagHigh);
  writer_.alu(BPF_LSH, R0, R2);
  writer_.move(R3, 64);
  writer_.alu(BPF_SUB, R3, R2);
  writer_.load(BPF_DW, R1, R10, kTagLow);
  writer_.alu(BPF_RSH, R1, R3);
  writer_.alu(BPF_OR, R0, R1);
  writer_.alu(BPF_RSH, R0, static_cast<int32_t>(64 - 8 * load.bytes));
  writer_.move(load.to, R0);
}

}  // namespace weir::filter
