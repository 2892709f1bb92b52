// SPDX-License-Identifier: Apache-2.0
// Runs the eBPF of a generated filter in user space, as strictly as a verifier: every access must lie in the
// packet's part that is in place or on the stack, every register that is read must hold something, every jump
// goes ahead. Knows the instructions, helpers and context fields that filters use; aborts on any other.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>

namespace weir::fuzz {

inline void require(bool condition) {
  if (!condition) std::abort();
}

/// What the kernel shows of a packet.
struct LivePacket {
  std::span<const uint8_t> bytes;
  size_t in_place_bytes = 0;  // of the first ones: data to data_end; helpers read the others too
  bool xdp = false;
  uint16_t tag_protocol = 0;  // of a VLAN tag that was stripped; 0: none
  uint16_t tag_control = 0;
};

class EbpfMachine {
 public:
  EbpfMachine(std::span<const bpf_insn> program, const LivePacket& packet)
      : program_(program), packet_(packet) {
    set(BPF_REG_1, kContext);
    set(BPF_REG_10, stack_end());
  }

  /// What the program returns.
  uint64_t run() {
    for (size_t at = 0;;) {
      require(at < program_.size());
      const bpf_insn& now = program_[at++];
      switch (BPF_CLASS(now.code)) {
        case BPF_ALU:
        case BPF_ALU64:
          calculate(now);
          break;
        case BPF_LDX:
          load(now);
          break;
        case BPF_LD:
          if (!load_from_packet(now)) return 0;
          break;
        case BPF_ST:
        case BPF_STX:
          store(now);
          break;
        case BPF_JMP:
        case BPF_JMP32:
          if (now.code == (BPF_JMP | BPF_EXIT)) return get(BPF_REG_0);
          if (now.code == (BPF_JMP | BPF_CALL)) {
            call(now.imm);
            break;
          }
          require(now.off >= 0);
          if (jumps(now)) at += static_cast<size_t>(now.off);
          break;
        default:
          std::abort();
      }
    }
  }

 private:
  static constexpr uint64_t kContext = 0x100;  // no address: only its fields are read

  uint64_t stack_begin() const { return reinterpret_cast<uint64_t>(stack_.data()); }
  uint64_t stack_end() const { return stack_begin() + stack_.size(); }
  uint64_t data() const { return reinterpret_cast<uint64_t>(packet_.bytes.data()); }

  uint64_t get(uint8_t number) const {
    require(number < registers_.size() && registers_[number]);
    return *registers_[number];
  }
  void set(uint8_t number, uint64_t value) {
    require(number < registers_.size());
    registers_[number] = value;
  }
  uint64_t operand(const bpf_insn& now) const {
    return BPF_SRC(now.code) == BPF_X ? get(now.src_reg) : static_cast<uint64_t>(int64_t{now.imm});
  }

  void calculate(const bpf_insn& now) {
    const bool wide = BPF_CLASS(now.code) == BPF_ALU64;
    const uint8_t operation = BPF_OP(now.code);
    if (operation == BPF_MOV) {
      const uint64_t value = operand(now);
      return set(now.dst_reg, wide ? value : static_cast<uint32_t>(value));
    }
    const uint64_t left = get(now.dst_reg);
    if (operation == BPF_END) {
      require(!wide && BPF_SRC(now.code) == BPF_TO_BE && now.imm >= 16);
      const uint64_t swapped = __builtin_bswap64(left);
      return set(now.dst_reg, swapped >> (64 - now.imm));
    }
    const uint64_t right = operation == BPF_NEG ? 0 : operand(now);
    const uint64_t value =
        wide ? calculated<uint64_t>(operation, left, right)
             : calculated<uint32_t>(operation, static_cast<uint32_t>(left), static_cast<uint32_t>(right));
    set(now.dst_reg, value);
  }

  template <class Word>
  static Word calculated(uint8_t operation, Word left, Word right) {
    constexpr Word kShiftMask = sizeof(Word) * 8 - 1;
    switch (operation) {
      case BPF_ADD:
        return left + right;
      case BPF_SUB:
        return left - right;
      case BPF_MUL:
        return left * right;
      case BPF_DIV:
        return right != 0 ? left / right : 0;
      case BPF_MOD:
        return right != 0 ? left % right : left;
      case BPF_AND:
        return left & right;
      case BPF_OR:
        return left | right;
      case BPF_XOR:
        return left ^ right;
      case BPF_LSH:
        return left << (right & kShiftMask);
      case BPF_RSH:
        return left >> (right & kShiftMask);
      case BPF_NEG:
        return static_cast<Word>(0) - left;
      default:
        std::abort();
    }
  }

  bool jumps(const bpf_insn& now) const {
    if (BPF_OP(now.code) == BPF_JA) return true;
    uint64_t left = get(now.dst_reg), right = operand(now);
    if (BPF_CLASS(now.code) == BPF_JMP32)
      left = static_cast<uint32_t>(left), right = static_cast<uint32_t>(right);
    switch (BPF_OP(now.code)) {
      case BPF_JEQ:
        return left == right;
      case BPF_JNE:
        return left != right;
      case BPF_JGT:
        return left > right;
      case BPF_JGE:
        return left >= right;
      case BPF_JLT:
        return left < right;
      case BPF_JLE:
        return left <= right;
      case BPF_JSET:
        return (left & right) != 0;
      default:
        std::abort();
    }
  }

  static size_t bytes_of(uint8_t code) {
    const uint8_t size = BPF_SIZE(code);
    return size == BPF_DW ? 8 : size == BPF_W ? 4 : size == BPF_H ? 2 : 1;
  }

  void load(const bpf_insn& now) {
    require(BPF_MODE(now.code) == BPF_MEM);
    const uint64_t base = get(now.src_reg);
    if (base == kContext) return set(now.dst_reg, field(now));
    const uint64_t from = base + static_cast<uint64_t>(int64_t{now.off});
    const size_t bytes = bytes_of(now.code);
    const bool in_packet = from >= data() && from + bytes <= data() + packet_.in_place_bytes;
    require(in_packet || in_stack(from, bytes));
    if (!in_packet)
      for (size_t i = 0; i < bytes; ++i) require(written_[from - stack_begin() + i]);
    uint64_t value = 0;  // little endian: the lower bytes
    std::memcpy(&value, reinterpret_cast<const void*>(from), bytes);
    set(now.dst_reg, value);
  }

  /// LD_ABS and LD_IND; false: past the end.
  bool load_from_packet(const bpf_insn& now) {
    const bool by_register = BPF_MODE(now.code) == BPF_IND;
    require((by_register || BPF_MODE(now.code) == BPF_ABS) && !packet_.xdp && get(BPF_REG_6) == kContext);
    const uint64_t offset = static_cast<uint64_t>(int64_t{now.imm}) + (by_register ? get(now.src_reg) : 0);
    require(offset <= INT32_MAX);  // from here on offsets are no places in the packet
    const size_t bytes = bytes_of(now.code);
    for (uint8_t number = BPF_REG_1; number <= BPF_REG_5; ++number) registers_[number].reset();
    if (offset + bytes > packet_.bytes.size()) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | packet_.bytes[offset + i];
    set(BPF_REG_0, value);
    return true;
  }

  void store(const bpf_insn& now) {
    require(BPF_MODE(now.code) == BPF_MEM);
    const uint64_t to = get(now.dst_reg) + static_cast<uint64_t>(int64_t{now.off});
    const uint64_t value =
        BPF_CLASS(now.code) == BPF_ST ? static_cast<uint64_t>(int64_t{now.imm}) : get(now.src_reg);
    write(to, &value, bytes_of(now.code));
  }

  bool in_stack(uint64_t from, size_t bytes) const {
    return from >= stack_begin() && from + bytes <= stack_end();
  }

  void write(uint64_t to, const void* from, size_t bytes) {
    require(in_stack(to, bytes));
    const size_t at = to - stack_begin();
    std::memcpy(&stack_[at], from, bytes);
    for (size_t i = 0; i < bytes; ++i) written_[at + i] = true;
  }

  uint64_t field(const bpf_insn& now) const {
    require(BPF_SIZE(now.code) == BPF_W);
    const auto at = static_cast<size_t>(now.off);
    if (packet_.xdp) {
      if (at == offsetof(xdp_md, data)) return data();
      require(at == offsetof(xdp_md, data_end));
      return data() + packet_.in_place_bytes;
    }
    switch (at) {
      case offsetof(__sk_buff, data):
        return data();
      case offsetof(__sk_buff, data_end):
        return data() + packet_.in_place_bytes;
      case offsetof(__sk_buff, len):
        return packet_.bytes.size();
      case offsetof(__sk_buff, vlan_present):
        return packet_.tag_protocol != 0;
      case offsetof(__sk_buff, vlan_tci):
        return packet_.tag_control;
      case offsetof(__sk_buff, vlan_proto):
        return __builtin_bswap16(packet_.tag_protocol);
      default:
        std::abort();
    }
  }

  void call(int32_t helper) {
    uint64_t result = 0;
    switch (helper) {
      case BPF_FUNC_skb_load_bytes:
      case BPF_FUNC_xdp_load_bytes:
        require(packet_.xdp == (helper == BPF_FUNC_xdp_load_bytes));
        require(get(BPF_REG_1) == kContext);
        result = static_cast<uint64_t>(load_bytes(static_cast<uint32_t>(get(BPF_REG_2)), get(BPF_REG_3),
                                                  static_cast<uint32_t>(get(BPF_REG_4))));
        break;
      case BPF_FUNC_xdp_get_buff_len:
        require(packet_.xdp && get(BPF_REG_1) == kContext);
        result = packet_.bytes.size();
        break;
      default:
        std::abort();
    }
    for (uint8_t number = BPF_REG_1; number <= BPF_REG_5; ++number) registers_[number].reset();
    set(BPF_REG_0, result);
  }

  /// net/core/filter.c bpf_skb_load_bytes: a failure clears what was asked for.
  int64_t load_bytes(uint32_t offset, uint64_t to, uint32_t bytes) {
    constexpr int64_t kFault = -14;
    const std::array<uint8_t, 16> nothing{};
    require(bytes > 0 && bytes <= nothing.size());
    const bool there = offset <= INT32_MAX && size_t{offset} + bytes <= packet_.bytes.size();
    write(to, there ? packet_.bytes.data() + offset : nothing.data(), bytes);
    return there ? 0 : kFault;
  }

  std::span<const bpf_insn> program_;
  LivePacket packet_;
  std::array<std::optional<uint64_t>, 11> registers_{};
  alignas(8) std::array<uint8_t, 512> stack_{};
  std::array<bool, 512> written_{};
};

}  // namespace weir::fuzz
