// SPDX-License-Identifier: Apache-2.0
// Any classic BPF program that passes our check, on any packet: libpcap's validator takes it too, and the
// program as x86-64 and as eBPF for every kind of hook gives the verdict of libpcap's interpreter.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "filter/classic_program.h"
#include "filter/ebpf_filter.h"
#include "filter/ebpf_loads.h"
#include "filter/native_filter.h"
#include "fuzz/ebpf_machine.h"

// <pcap/bpf.h> has another bpf_insn than <linux/bpf.h>: the one that is sock_filter here.
extern "C" unsigned bpf_filter(const sock_filter*, const uint8_t*, unsigned wire_bytes,
                               unsigned captured_bytes);
extern "C" int bpf_validate(const sock_filter*, int count);

namespace {

using namespace weir;
using filter::ClassicProgram;
using filter::EbpfTarget;
using filter::Hook;
using fuzz::require;
using Bytes = std::vector<uint8_t>;

constexpr size_t kUsualBytes = 64;

class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t byte() { return size_ > 0 ? (--size_, *data_++) : 0; }
  uint32_t word() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }
  /// What is left, made up to a packet with room for headers.
  Bytes packet() const {
    Bytes bytes(data_, data_ + size_);
    while (bytes.size() < kUsualBytes) bytes.push_back(static_cast<uint8_t>(bytes.size() * 37 + 1));
    return bytes;
  }

 private:
  const uint8_t* data_;
  size_t size_;
};

constexpr uint16_t kCodes[] = {
    BPF_LD | BPF_W | BPF_ABS,
    BPF_LD | BPF_H | BPF_ABS,
    BPF_LD | BPF_B | BPF_ABS,
    BPF_LD | BPF_W | BPF_IND,
    BPF_LD | BPF_H | BPF_IND,
    BPF_LD | BPF_B | BPF_IND,
    BPF_LDX | BPF_B | BPF_MSH,
    BPF_LD | BPF_W | BPF_LEN,
    BPF_LDX | BPF_W | BPF_LEN,
    BPF_LD | BPF_IMM,
    BPF_LDX | BPF_IMM,
    BPF_LD | BPF_MEM,
    BPF_LDX | BPF_MEM,
    BPF_ST,
    BPF_STX,
    BPF_ALU | BPF_ADD | BPF_K,
    BPF_ALU | BPF_SUB | BPF_K,
    BPF_ALU | BPF_MUL | BPF_K,
    BPF_ALU | BPF_DIV | BPF_K,
    BPF_ALU | BPF_MOD | BPF_K,
    BPF_ALU | BPF_AND | BPF_K,
    BPF_ALU | BPF_OR | BPF_K,
    BPF_ALU | BPF_XOR | BPF_K,
    BPF_ALU | BPF_LSH | BPF_K,
    BPF_ALU | BPF_RSH | BPF_K,
    BPF_ALU | BPF_NEG,
    BPF_ALU | BPF_ADD | BPF_X,
    BPF_ALU | BPF_SUB | BPF_X,
    BPF_ALU | BPF_MUL | BPF_X,
    BPF_ALU | BPF_DIV | BPF_X,
    BPF_ALU | BPF_MOD | BPF_X,
    BPF_ALU | BPF_AND | BPF_X,
    BPF_ALU | BPF_OR | BPF_X,
    BPF_ALU | BPF_XOR | BPF_X,
    BPF_ALU | BPF_LSH | BPF_X,
    BPF_ALU | BPF_RSH | BPF_X,
    BPF_JMP | BPF_JA,
    BPF_JMP | BPF_JEQ | BPF_K,
    BPF_JMP | BPF_JGT | BPF_K,
    BPF_JMP | BPF_JGE | BPF_K,
    BPF_JMP | BPF_JSET | BPF_K,
    BPF_JMP | BPF_JEQ | BPF_X,
    BPF_JMP | BPF_JGT | BPF_X,
    BPF_JMP | BPF_JGE | BPF_X,
    BPF_JMP | BPF_JSET | BPF_X,
    BPF_RET | BPF_K,
    BPF_RET | BPF_A,
    BPF_MISC | BPF_TAX,
    BPF_MISC | BPF_TXA,
};

/// Some number that is worth trying: small, beside a limit, any.
uint32_t constant(Input& input) {
  const uint8_t how = input.byte();
  switch (how & 3) {
    case 0:
      return input.byte();
    case 1:
      return 10u + (how >> 2 & 31);  // about a tag, the end of two headers, the bits of a word
    case 2:
      return (how & 4 ? 0x7fff'ffffu : how & 8 ? 0xffffu : 0x7fffu) - (how >> 4) + 8;
    default:
      return input.word();
  }
}

/// A program that is one as far as its form goes.
ClassicProgram well_formed_program(Input& input) {
  ClassicProgram program(1 + input.byte() % 64);
  for (size_t i = 0; i < program.size(); ++i) {
    const auto behind = static_cast<uint8_t>(program.size() - 1 - i);
    sock_filter& at = program[i];
    at.code = kCodes[input.byte() % std::size(kCodes)];
    at.k = constant(input);
    const uint16_t kind = BPF_CLASS(at.code);
    if (kind == BPF_ST || kind == BPF_STX ||
        ((kind == BPF_LD || kind == BPF_LDX) && BPF_MODE(at.code) == BPF_MEM))
      at.k %= filter::kClassicMemoryWords;
    if (kind == BPF_ALU && (BPF_OP(at.code) == BPF_LSH || BPF_OP(at.code) == BPF_RSH)) at.k &= 31;
    if (kind == BPF_ALU && (BPF_OP(at.code) == BPF_DIV || BPF_OP(at.code) == BPF_MOD))
      at.k |= BPF_SRC(at.code) == BPF_K;
    if (kind != BPF_JMP || behind == 0) continue;
    if (BPF_OP(at.code) == BPF_JA) at.k %= behind;
    at.jt = input.byte() % behind;
    at.jf = input.byte() % behind;
  }
  program.back() = {static_cast<uint16_t>(BPF_RET | (input.byte() & 1 ? BPF_A : BPF_K)), 0, 0, input.byte()};
  return program;
}

/// Bytes as they come.
ClassicProgram raw_program(Input& input) {
  ClassicProgram program(1 + input.byte() % 16);
  for (sock_filter& at : program)
    at = {static_cast<uint16_t>(input.byte() | (input.byte() & 1) << 8), input.byte(), input.byte(),
          input.word()};
  return program;
}

/// libpcap's interpreter begins with whatever lies in its memory: what is read before is stored as 0.
ClassicProgram with_memory_set(const ClassicProgram& program) {
  const uint32_t unset = filter::registers_read_unset(program).memory;
  ClassicProgram whole;
  for (uint32_t word = 0; word < filter::kClassicMemoryWords; ++word)
    if (unset >> word & 1) whole.push_back({BPF_ST, 0, 0, word});
  whole.insert(whole.end(), program.begin(), program.end());
  return whole;
}

uint32_t interpreted(const ClassicProgram& program, const Bytes& packet) {
  const auto bytes = static_cast<unsigned>(packet.size());
  return bpf_filter(program.data(), packet.data(), bytes, bytes);
}

bool returns_constant(const sock_filter& at) {
  return at.code == (BPF_RET | BPF_K) && at.k != 0;
}

/// The value that decided, in the upper half, and 1.
std::vector<bpf_insn> accept_with_value() {
  filter::EbpfWriter writer;
  writer.move(filter::R0, filter::kA);
  writer.alu(BPF_LSH, filter::R0, 32);
  writer.alu(BPF_OR, filter::R0, 1);
  writer.exit();
  return writer.take();
}

struct Packet {
  Bytes bytes;
  size_t in_place_bytes;
};

void compare_native(const ClassicProgram& program, const std::vector<Packet>& packets, uint32_t wire_more) {
  const auto native = filter::NativeFilter::compile(program);
#ifdef __x86_64__
  require(native != nullptr);
#endif
  if (!native) return;
  for (const Packet& packet : packets) {
    const auto bytes = static_cast<unsigned>(packet.bytes.size());
    require(native->run(packet.bytes.data(), bytes, bytes + wire_more) ==
            bpf_filter(program.data(), packet.bytes.data(), bytes + wire_more, bytes));
  }
}

constexpr Hook kHooks[] = {Hook::xdp, Hook::tc_ethernet, Hook::tc_raw, Hook::cgroup_skb, Hook::socket};

/// A program in one form, run over packets.
class Form {
 public:
  Form(const ClassicProgram& program, Hook hook, bool direct_access) : program_(program) {
    target_.hook = hook;
    target_.direct_access = direct_access;
    target_.reject = 0;
    value_known_ = std::none_of(program.begin(), program.end(), returns_constant);
    target_.accept = value_known_ ? accept_with_value() : filter::accept_by_value(1);
  }
  Form& without_xdp_helper() { return target_.xdp_load_bytes = false, *this; }
  Form& transparent() { return target_.vlan_transparent = true, *this; }

  void make() {
    auto made = filter::translate_to_ebpf(program_, target_);
    require(made.has_value());
    instructions_ = std::move(*made);
  }

  void compare(const Packet& packet) const {
    // Without the helper XDP has no fragments: all of the packet is in place.
    const bool whole = target_.hook == Hook::xdp && !target_.xdp_load_bytes;
    const size_t in_place = whole ? packet.bytes.size() : packet.in_place_bytes;
    compare({packet.bytes, in_place, target_.hook == Hook::xdp}, packet.bytes);
  }

  /// As it was on the wire, with its tag; transparent: without.
  void compare_tagged(const Packet& packet, uint16_t protocol, uint16_t control) const {
    if (packet.bytes.size() < kEthernetBytes) return;
    Bytes wire(packet.bytes.begin(), packet.bytes.begin() + kTagOffset);
    if (!target_.vlan_transparent) {
      for (const uint16_t part : {protocol, control})
        wire.push_back(static_cast<uint8_t>(part >> 8)), wire.push_back(static_cast<uint8_t>(part));
    }
    wire.insert(wire.end(), packet.bytes.begin() + kTagOffset, packet.bytes.end());
    compare({packet.bytes, packet.in_place_bytes, false, protocol, control}, wire);
  }

 private:
  static constexpr size_t kEthernetBytes = 14, kTagOffset = 12;

  void compare(const fuzz::LivePacket& packet, const Bytes& wire) const {
    const uint64_t found = fuzz::EbpfMachine(instructions_, packet).run();
    const uint32_t wanted = interpreted(program_, wire);
    require((found & 1) == (wanted != 0));
    if (found != 0 && value_known_) require(found >> 32 == wanted);
  }

  const ClassicProgram& program_;
  EbpfTarget target_;
  bool value_known_;  // what is returned is what the register A held
  std::vector<bpf_insn> instructions_;
};

void compare_ebpf(const ClassicProgram& program, Hook hook, const std::vector<Packet>& packets,
                  uint32_t tag) {
  std::vector<Form> forms = {Form(program, hook, true), Form(program, hook, false)};
  if (hook == Hook::xdp) forms.push_back(Form(program, hook, true).without_xdp_helper());
  const bool tags = hook == Hook::tc_ethernet || hook == Hook::socket;
  if (tags) forms.push_back(Form(program, hook, true).transparent());
  for (Form& form : forms) {
    form.make();
    for (const Packet& packet : packets) {
      form.compare(packet);
      if (tags) form.compare_tagged(packet, static_cast<uint16_t>(tag >> 16 | 1), static_cast<uint16_t>(tag));
    }
  }
}

/// The packet, and cut off at some places.
std::vector<Packet> cut(const Bytes& whole, size_t in_place_share) {
  std::vector<Packet> packets;
  for (const size_t eighths : {8, 7, 5, 3, 1, 0}) {
    const size_t bytes = whole.size() * eighths / 8;
    packets.push_back({Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes)),
                       std::min(bytes, whole.size() * in_place_share / 255)});
  }
  return packets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const uint8_t how = input.byte();
  ClassicProgram made = how & 1 ? well_formed_program(input) : raw_program(input);
  if (how & 0x80)
    for (sock_filter& at : made)
      if (returns_constant(at)) at.code = BPF_RET | BPF_A;
  const Hook hook = kHooks[(how >> 2) % std::size(kHooks)];
  const size_t in_place_share = input.byte();
  const uint32_t tag = input.word();
  const uint32_t wire_more = how & 2 ? tag & 0xffff : 0;
  if (!filter::check_classic(made)) return 0;
  require(bpf_validate(made.data(), static_cast<int>(made.size())) != 0);
  const ClassicProgram program = with_memory_set(made);
  const std::vector<Packet> packets = cut(input.packet(), in_place_share);
  compare_native(program, packets, wire_more);
  // What the kernel alone knows has no verdict of libpcap's.
  if (std::any_of(program.begin(), program.end(), filter::loads_ancillary)) return 0;
  compare_ebpf(program, hook, packets, tag);
  return 0;
}
