// SPDX-License-Identifier: Apache-2.0
// The forms are those of kernel/bpf/disasm.c.
#include "filter/ebpf_text.h"

#include <cstdarg>
#include <cstdint>
#include <cstdio>

namespace weir::filter {
namespace {

__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...) {
  char text[128];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return text;
}

const char* size_name(uint8_t code) {
  constexpr const char* kNames[] = {"u32", "u16", "u8", "u64"};
  return kNames[BPF_SIZE(code) >> 3];
}

std::string alu_text(const bpf_insn& at) {
  constexpr const char* kOperators[] = {
      "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "=", "s>>="};
  const unsigned operation = BPF_OP(at.code) >> 4;
  const char kind = BPF_CLASS(at.code) == BPF_ALU ? 'w' : 'r';
  const unsigned to = at.dst_reg;
  if (BPF_OP(at.code) == BPF_END)
    return print("r%u = %s%d r%u", to, BPF_SRC(at.code) == BPF_TO_BE ? "be" : "le", at.imm, to);
  if (BPF_OP(at.code) == BPF_NEG) return print("%c%u = -%c%u", kind, to, kind, to);
  if (operation >= std::size(kOperators)) return print("BUG_alu_%02x", at.code);
  if (BPF_SRC(at.code) == BPF_X)
    return print("%c%u %s %c%u", kind, to, kOperators[operation], kind, at.src_reg);
  return print("%c%u %s %d", kind, to, kOperators[operation], at.imm);
}

const char* helper_name(int32_t helper) {
  switch (helper) {
#define WEIR_HELPER(name) \
  case BPF_FUNC_##name:   \
    return "bpf_" #name;
    WEIR_HELPER(tail_call)
    WEIR_HELPER(skb_load_bytes)
    WEIR_HELPER(xdp_load_bytes)
    WEIR_HELPER(xdp_get_buff_len)
    WEIR_HELPER(skb_vlan_push)
#undef WEIR_HELPER
    default:
      return "unknown";
  }
}

std::string jump_text(const bpf_insn& at) {
  constexpr const char* kOperators[] = {"",    "==", ">", ">=", "&",  "!=", "s>",
                                        "s>=", "",   "",  "<",  "<=", "s<", "s<="};
  const unsigned operation = BPF_OP(at.code) >> 4;
  if (at.code == (BPF_JMP | BPF_CALL)) return print("call %s#%d", helper_name(at.imm), at.imm);
  if (at.code == (BPF_JMP | BPF_EXIT)) return "exit";
  if (at.code == (BPF_JMP | BPF_JA)) return print("goto pc%+d", at.off);
  if (operation >= std::size(kOperators) || *kOperators[operation] == 0)
    return print("BUG_jmp_%02x", at.code);
  const char kind = BPF_CLASS(at.code) == BPF_JMP32 ? 'w' : 'r';
  if (BPF_SRC(at.code) == BPF_X)
    return print("if %c%u %s %c%u goto pc%+d", kind, at.dst_reg, kOperators[operation], kind, at.src_reg,
                 at.off);
  return print("if %c%u %s 0x%x goto pc%+d", kind, at.dst_reg, kOperators[operation],
               static_cast<uint32_t>(at.imm), at.off);
}

std::string memory_text(const bpf_insn& at) {
  const char* size = size_name(at.code);
  switch (BPF_CLASS(at.code)) {
    case BPF_LDX:
      return print("r%u = *(%s *)(r%u %+d)", at.dst_reg, size, at.src_reg, at.off);
    case BPF_STX:
      return print("*(%s *)(r%u %+d) = r%u", size, at.dst_reg, at.off, at.src_reg);
    default:
      return print("*(%s *)(r%u %+d) = %d", size, at.dst_reg, at.off, at.imm);
  }
}

/// LD_ABS and LD_IND.
std::string packet_text(const bpf_insn& at) {
  const char* size = size_name(at.code);
  if (BPF_MODE(at.code) == BPF_ABS) return print("r0 = *(%s *)skb[%d]", size, at.imm);
  return print("r0 = *(%s *)skb[r%u + %d]", size, at.src_reg, at.imm);
}

std::string wide_text(const bpf_insn& at, const bpf_insn& upper) {
  if (at.src_reg == BPF_PSEUDO_MAP_FD) return print("r%u = map[fd:%d]", at.dst_reg, at.imm);
  const uint64_t value =
      static_cast<uint64_t>(static_cast<uint32_t>(upper.imm)) << 32 | static_cast<uint32_t>(at.imm);
  return print("r%u = 0x%llx", at.dst_reg, static_cast<unsigned long long>(value));
}

}  // namespace

std::string ebpf_text(std::span<const bpf_insn> program) {
  std::string text;
  for (size_t i = 0; i < program.size(); ++i) {
    const bpf_insn& at = program[i];
    text += print("%4zu: (%02x) ", i, at.code);
    switch (BPF_CLASS(at.code)) {
      case BPF_ALU:
      case BPF_ALU64:
        text += alu_text(at);
        break;
      case BPF_JMP:
      case BPF_JMP32:
        text += jump_text(at);
        break;
      case BPF_LD:
        if (at.code == (BPF_LD | BPF_IMM | BPF_DW) && i + 1 < program.size()) {
          text += wide_text(at, program[++i]);
        } else if (BPF_MODE(at.code) == BPF_ABS || BPF_MODE(at.code) == BPF_IND) {
          text += packet_text(at);
        } else {
          text += print("BUG_ld_%02x", at.code);
        }
        break;
      default:
        text += memory_text(at);
    }
    text += '\n';
  }
  return text;
}

}  // namespace weir::filter
