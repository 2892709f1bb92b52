// SPDX-License-Identifier: Apache-2.0
// The forms are those of kernel/bpf/disasm.c (Linux 6.18).
#include "bytecode/instruction_text.h"

#include <array>
#include <cstdarg>
#include <cstdint>
#include <cstdio>

namespace weir::bytecode {
namespace {

// Absent from Debian 12's UAPI headers.
constexpr uint8_t kSignedMemory = 0x80;  // BPF_MEMSX
constexpr uint8_t kNoSpeculation = 0xc0;
constexpr uint8_t kJumpByCondition = 0xe0;  // BPF_JCOND: may_goto
constexpr int32_t kLoadAcquire = 0x100;
constexpr int32_t kStoreRelease = 0x110;

__attribute__((format(printf, 1, 2))) std::string print(const char* format, ...) {
  char text[160];
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

const char* signed_size_name(uint8_t code) {
  constexpr const char* kNames[] = {"s32", "s16", "s8", "s64"};
  return kNames[BPF_SIZE(code) >> 3];
}

constexpr const char* kOperators[] = {
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "neg", "%=", "^=", "=", "s>>="};

std::string end_text(const bpf_insn& at) {
  if (BPF_CLASS(at.code) == BPF_ALU64) return print("r%u = bswap%d r%u", at.dst_reg, at.imm, at.dst_reg);
  return print("r%u = %s%d r%u", at.dst_reg, BPF_SRC(at.code) == BPF_TO_BE ? "be" : "le", at.imm, at.dst_reg);
}

/// With a sign's extension, or between address spaces; empty: a plain one.
std::string special_move_text(const bpf_insn& at, char kind) {
  if (BPF_SRC(at.code) != BPF_X || at.off == 0) return {};
  if (at.off == 8 || at.off == 16 || at.off == 32)
    return print("%c%u = (s%d)%c%u", kind, at.dst_reg, at.off, kind, at.src_reg);
  if (at.off == 1 && kind == 'r')
    return print("r%u = addr_space_cast(r%u, %u, %u)", at.dst_reg, at.src_reg,
                 static_cast<uint32_t>(at.imm) >> 16, static_cast<uint32_t>(at.imm) & 0xffff);
  return {};
}

std::string alu_text(const bpf_insn& at) {
  const unsigned operation = BPF_OP(at.code) >> 4;
  const char kind = BPF_CLASS(at.code) == BPF_ALU ? 'w' : 'r';
  const unsigned to = at.dst_reg;
  if (BPF_OP(at.code) == BPF_END) return end_text(at);
  if (BPF_OP(at.code) == BPF_NEG) return print("%c%u = -%c%u", kind, to, kind, to);
  if (operation >= std::size(kOperators)) return print("BUG_alu_%02x", at.code);
  if (BPF_OP(at.code) == BPF_MOV)
    if (std::string text = special_move_text(at, kind); !text.empty()) return text;
  const char* word = kOperators[operation];
  if (at.off == 1 && BPF_OP(at.code) == BPF_DIV) word = "s/=";
  if (at.off == 1 && BPF_OP(at.code) == BPF_MOD) word = "s%=";
  if (BPF_SRC(at.code) == BPF_X) return print("%c%u %s %c%u", kind, to, word, kind, at.src_reg);
  return print("%c%u %s %d", kind, to, word, at.imm);
}

std::string name_or(const std::function<std::string(const bpf_insn&)>& known, const bpf_insn& at) {
  return known ? known(at) : std::string();
}

std::string call_text(const bpf_insn& at, const InstructionNames& names) {
  const std::string name = name_or(names.callee, at);
  if (at.src_reg ==
      BPF_PSEUDO_CALL)  // from the next instruction on; where the offset is, depends on who asks
    return name.empty() ? print("call pc%+d", at.off != 0 ? at.off : at.imm) : "call pc" + name;
  const char* own = at.src_reg == 0 ? helper_name(at.imm) : "unknown";
  return "call " + (name.empty() ? own : name) + print("#%d", at.imm);
}

std::string jump_text(const bpf_insn& at, const InstructionNames& names) {
  constexpr const char* kConditions[] = {"",    "==", ">", ">=", "&",  "!=", "s>",
                                         "s>=", "",   "",  "<",  "<=", "s<", "s<="};
  const unsigned operation = BPF_OP(at.code) >> 4;
  if (at.code == (BPF_JMP | BPF_CALL)) return call_text(at, names);
  if (at.code == (BPF_JMP | BPF_EXIT)) return "exit";
  if (at.code == (BPF_JMP | BPF_JA)) return print("goto pc%+d", at.off);
  if (at.code == (BPF_JMP32 | BPF_JA)) return print("gotol pc%+d", at.imm);
  if (at.code == (BPF_JMP | BPF_JA | BPF_X)) return print("gotox r%u", at.dst_reg);
  if (at.code == (BPF_JMP | kJumpByCondition)) return print("may_goto pc%+d", at.off);
  if (operation >= std::size(kConditions) || *kConditions[operation] == 0)
    return print("BUG_jmp_%02x", at.code);
  const char kind = BPF_CLASS(at.code) == BPF_JMP32 ? 'w' : 'r';
  if (BPF_SRC(at.code) == BPF_X)
    return print("if %c%u %s %c%u goto pc%+d", kind, at.dst_reg, kConditions[operation], kind, at.src_reg,
                 at.off);
  return print("if %c%u %s 0x%x goto pc%+d", kind, at.dst_reg, kConditions[operation],
               static_cast<uint32_t>(at.imm), at.off);
}

std::string atomic_text(const bpf_insn& at) {
  const char* size = size_name(at.code);
  const char* wide = BPF_SIZE(at.code) == BPF_DW ? "64" : "";
  const auto place = print("(%s *)(r%u %+d)", size, at.dst_reg, at.off);
  const char* fetched = nullptr;
  switch (at.imm) {
    case BPF_ADD:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR:
      return print("lock *%s %s r%u", place.c_str(), kOperators[at.imm >> 4], at.src_reg);
    case BPF_ADD | BPF_FETCH:
      fetched = "add";
      break;
    case BPF_AND | BPF_FETCH:
      fetched = "and";
      break;
    case BPF_OR | BPF_FETCH:
      fetched = "or";
      break;
    case BPF_XOR | BPF_FETCH:
      fetched = "xor";
      break;
    case BPF_XCHG:
      return print("r%u = atomic%s_xchg(%s, r%u)", at.src_reg, wide, place.c_str(), at.src_reg);
    case BPF_CMPXCHG:
      return print("r0 = atomic%s_cmpxchg(%s, r0, r%u)", wide, place.c_str(), at.src_reg);
    case kLoadAcquire:
      return print("r%u = load_acquire((%s *)(r%u %+d))", at.dst_reg, size, at.src_reg, at.off);
    case kStoreRelease:
      return print("store_release(%s, r%u)", place.c_str(), at.src_reg);
    default:
      return print("BUG_%02x", at.code);
  }
  return print("r%u = atomic%s_fetch_%s(%s, r%u)", at.src_reg, wide, fetched, place.c_str(), at.src_reg);
}

std::string memory_text(const bpf_insn& at) {
  const char* size = size_name(at.code);
  switch (BPF_CLASS(at.code)) {
    case BPF_LDX:
      if (BPF_MODE(at.code) == kSignedMemory)
        size = signed_size_name(at.code);
      else if (BPF_MODE(at.code) != BPF_MEM)
        return print("BUG_ldx_%02x", at.code);
      return print("r%u = *(%s *)(r%u %+d)", at.dst_reg, size, at.src_reg, at.off);
    case BPF_STX:
      if (BPF_MODE(at.code) == BPF_ATOMIC) return atomic_text(at);
      if (BPF_MODE(at.code) != BPF_MEM) return print("BUG_%02x", at.code);
      return print("*(%s *)(r%u %+d) = r%u", size, at.dst_reg, at.off, at.src_reg);
    default:
      if (BPF_MODE(at.code) == kNoSpeculation) return "nospec";
      if (BPF_MODE(at.code) != BPF_MEM) return print("BUG_st_%02x", at.code);
      return print("*(%s *)(r%u %+d) = %d", size, at.dst_reg, at.off, at.imm);
  }
}

/// LD_ABS and LD_IND.
std::string packet_text(const bpf_insn& at) {
  const char* size = size_name(at.code);
  if (BPF_MODE(at.code) == BPF_ABS) return print("r0 = *(%s *)skb[%d]", size, at.imm);
  return print("r0 = *(%s *)skb[r%u + %d]", size, at.src_reg, at.imm);
}

std::string wide_text(const bpf_insn& at, const bpf_insn& upper, const InstructionNames& names) {
  const std::string name = names.constant ? names.constant(at, upper) : std::string();
  if (!name.empty()) return print("r%u = ", at.dst_reg) + name;
  if (at.src_reg == BPF_PSEUDO_MAP_FD) return print("r%u = map[fd:%d]", at.dst_reg, at.imm);
  const uint64_t value =
      static_cast<uint64_t>(static_cast<uint32_t>(upper.imm)) << 32 | static_cast<uint32_t>(at.imm);
  return print("r%u = 0x%llx", at.dst_reg, static_cast<unsigned long long>(value));
}

std::string load_text(const bpf_insn& at, const bpf_insn& upper, const InstructionNames& names) {
  if (is_wide(at)) return wide_text(at, upper, names);
  if (BPF_MODE(at.code) == BPF_ABS || BPF_MODE(at.code) == BPF_IND) return packet_text(at);
  return print("BUG_ld_%02x", at.code);
}

}  // namespace

const char* helper_name(int32_t helper) {
#define WEIR_HELPER_NAME(name) "bpf_" #name
  constexpr const char* kNames[] = {__BPF_FUNC_MAPPER(WEIR_HELPER_NAME)};
#undef WEIR_HELPER_NAME
  if (helper <= 0 || static_cast<size_t>(helper) >= std::size(kNames)) return "unknown";
  return kNames[helper];
}

bool is_wide(const bpf_insn& at) {
  return at.code == (BPF_LD | BPF_IMM | BPF_DW);
}

std::string instruction_text(const bpf_insn& at, const bpf_insn& upper, const InstructionNames& names) {
  std::string text = print("(%02x) ", at.code);
  switch (BPF_CLASS(at.code)) {
    case BPF_ALU:
    case BPF_ALU64:
      return text + alu_text(at);
    case BPF_JMP:
    case BPF_JMP32:
      return text + jump_text(at, names);
    case BPF_LD:
      return text + load_text(at, upper, names);
    default:
      return text + memory_text(at);
  }
}

std::string program_text(std::span<const bpf_insn> program, const InstructionNames& names) {
  std::string text;
  for (size_t i = 0; i < program.size(); ++i) {
    const bpf_insn& at = program[i];
    const bool cut = is_wide(at) && i + 1 == program.size();
    text += print("%4zu: ", i);
    if (cut)
      text += print("(%02x) BUG_ld_%02x", at.code, at.code);
    else
      text += instruction_text(at, is_wide(at) ? program[i + 1] : at, names);
    text += '\n';
    if (is_wide(at)) ++i;
  }
  return text;
}

}  // namespace weir::bytecode
