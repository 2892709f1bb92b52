// SPDX-License-Identifier: Apache-2.0
#include "filter/native_filter.h"

#ifdef __x86_64__
#define XBYAK_NO_OP_NAMES
#include <xbyak/xbyak.h>

namespace weir::filter {
namespace {

// Room for the longest classic instruction, a load from X, is 64 bytes; the frame's entry and exit are less.
constexpr size_t kBytesEach = 80;
constexpr size_t kBytesAround = 512;

bool asks_memory(ClassicSpan program) {
  for (const sock_filter& at : program) {
    const uint16_t kind = BPF_CLASS(at.code);
    if (kind == BPF_ST || kind == BPF_STX) return true;
    if ((kind == BPF_LD || kind == BPF_LDX) && BPF_MODE(at.code) == BPF_MEM) return true;
  }
  return false;
}

}  // namespace

/// The calling convention is System V's: rdi data, esi captured bytes, edx wire bytes; the verdict in eax.
class NativeFilter::Code : public Xbyak::CodeGenerator {
 public:
  explicit Code(ClassicSpan program)
      : Xbyak::CodeGenerator(program.size() * kBytesEach + kBytesAround, Xbyak::DontSetProtectRWE),
        program_(program),
        at_(program.size()),
        proven_(program.size(), UINT32_MAX),
        has_memory_(asks_memory(program)) {
    begin();
    proven_[0] = 0;
    for (size_t i = 0; i < program_.size(); ++i) {
      L(at_[i]);
      if (proven_[i] != UINT32_MAX) write(i);  // else no way leads here
    }
    L(reject_);
    xor_(eax, eax);
    L(end_);
    if (has_memory_) add(rsp, kMemoryBytes);
    ret();
    setProtectModeRE();
  }

 private:
  static constexpr uint32_t kMemoryBytes = 4 * kClassicMemoryWords + 8;  // 8: the stack stays aligned to 16

  void begin() {
    if (has_memory_) sub(rsp, kMemoryBytes);
    mov(r11d, edx);  // div needs edx
    mov(esi, esi);   // the upper halves are not defined
    const ReadUnset unset = registers_read_unset(program_);
    if (unset.a) xor_(eax, eax);
    if (unset.x) xor_(x_, x_);
    for (uint32_t word = 0; word < kClassicMemoryWords; ++word) {
      if (unset.memory >> word & 1) mov(memory(word), 0);
    }
  }

  Xbyak::Address memory(uint32_t word) const { return dword[rsp + 4 * static_cast<int>(word)]; }

  void lead(size_t to, uint32_t proven) { proven_[to] = std::min(proven_[to], proven); }

  void write(size_t i) {
    const sock_filter& at = program_[i];
    uint32_t proven = proven_[i];  // so many bytes are captured on every way to here
    switch (BPF_CLASS(at.code)) {
      case BPF_LD:
      case BPF_LDX:
        write_load(at, proven);
        break;
      case BPF_ST:
        mov(memory(at.k), eax);
        break;
      case BPF_STX:
        mov(memory(at.k), x_);
        break;
      case BPF_ALU:
        if (BPF_SRC(at.code) == BPF_X) {
          write_arithmetic_with_x(BPF_OP(at.code));
        } else {
          write_arithmetic(BPF_OP(at.code), at.k);
        }
        break;
      case BPF_JMP:
        return write_jump(i, proven);
      case BPF_RET:
        if (at.code == (BPF_RET | BPF_K)) {
          if (at.k == 0) return jmp(reject_, T_NEAR);
          mov(eax, at.k);
        }
        return jmp(end_, T_NEAR);
      default:
        if (BPF_MISCOP(at.code) == BPF_TAX) {
          mov(x_, eax);
        } else {
          mov(eax, x_);
        }
    }
    lead(i + 1, proven);
  }

  void write_load(const sock_filter& at, uint32_t& proven) {
    const Xbyak::Reg32 to = BPF_CLASS(at.code) == BPF_LDX ? x_ : Xbyak::Reg32(eax);
    switch (BPF_MODE(at.code)) {
      case BPF_IMM:
        return mov(to, at.k);
      case BPF_MEM:
        return mov(to, memory(at.k));
      case BPF_LEN:
        return mov(to, r11d);
      case BPF_IND:
        return write_load_from_x(at);
      default:
        break;
    }
    const uint32_t bytes = BPF_MODE(at.code) == BPF_MSH ? 1 : classic_load_bytes(at.code);
    if (at.k > INT32_MAX - bytes) return jmp(reject_, T_NEAR);
    if (at.k + bytes > proven) {
      cmp(esi, at.k + bytes);
      jb(reject_, T_NEAR);
      proven = at.k + bytes;
    }
    read(to, rdi + at.k, bytes);
    if (BPF_MODE(at.code) == BPF_MSH) {
      and_(to, 15);
      shl(to, 2);
    }
  }

  void write_load_from_x(const sock_filter& at) {
    const uint32_t bytes = classic_load_bytes(at.code);
    if (at.k > INT32_MAX - bytes) return jmp(reject_, T_NEAR);
    lea(r9, ptr[x_.cvt64() + (at.k + bytes)]);  // both below 2^32: no overflow
    cmp(r9, rsi);
    ja(reject_, T_NEAR);
    read(eax, rdi + x_.cvt64() + at.k, bytes);
  }

  void read(const Xbyak::Reg32& to, const Xbyak::RegExp& from, uint32_t bytes) {
    if (bytes == 1) return movzx(to, byte[from]);
    if (bytes == 4) {
      mov(to, dword[from]);
      return bswap(to);
    }
    movzx(to, word[from]);
    rol(to.cvt16(), 8);
  }

  void write_arithmetic(uint16_t operation, uint32_t k) {
    switch (operation) {
      case BPF_ADD:
        return add(eax, k);
      case BPF_SUB:
        return sub(eax, k);
      case BPF_MUL:
        return imul(eax, eax, static_cast<int>(k));
      case BPF_AND:
        return and_(eax, k);
      case BPF_OR:
        return or_(eax, k);
      case BPF_XOR:
        return xor_(eax, k);
      case BPF_LSH:
        return shl(eax, static_cast<int>(k));
      case BPF_RSH:
        return shr(eax, static_cast<int>(k));
      case BPF_NEG:
        return neg(eax);
      default:  // BPF_DIV, BPF_MOD
        mov(ecx, k);
        xor_(edx, edx);
        div(ecx);
        if (operation == BPF_MOD) mov(eax, edx);
    }
  }

  void write_arithmetic_with_x(uint16_t operation) {
    switch (operation) {
      case BPF_ADD:
        return add(eax, x_);
      case BPF_SUB:
        return sub(eax, x_);
      case BPF_MUL:
        return imul(eax, x_);
      case BPF_AND:
        return and_(eax, x_);
      case BPF_OR:
        return or_(eax, x_);
      case BPF_XOR:
        return xor_(eax, x_);
      case BPF_LSH:
      case BPF_RSH:
        return write_shift_by_x(operation == BPF_LSH);
      default:  // BPF_DIV, BPF_MOD
        test(x_, x_);
        jz(reject_, T_NEAR);
        xor_(edx, edx);
        div(x_);
        if (operation == BPF_MOD) mov(eax, edx);
    }
  }

  /// The processor shifts by the lower five bits; classic BPF shifts everything out.
  void write_shift_by_x(bool left) {
    mov(ecx, x_);
    if (left) {
      shl(eax, cl);
    } else {
      shr(eax, cl);
    }
    xor_(r9d, r9d);
    cmp(ecx, 31);
    cmova(eax, r9d);
  }

  void write_jump(size_t i, uint32_t proven) {
    const sock_filter& at = program_[i];
    if (BPF_OP(at.code) == BPF_JA) {
      lead(i + 1 + at.k, proven);
      return jmp(at_[i + 1 + at.k], T_NEAR);
    }
    const size_t yes = i + 1 + at.jt, no = i + 1 + at.jf;
    lead(yes, proven);
    lead(no, proven);
    const bool by_x = BPF_SRC(at.code) == BPF_X;
    if (BPF_OP(at.code) == BPF_JSET) {
      if (by_x)
        test(eax, x_);
      else
        test(eax, at.k);
    } else {
      if (by_x)
        cmp(eax, x_);
      else
        cmp(eax, at.k);
    }
    if (at.jt != 0) jump_if(BPF_OP(at.code), at_[yes]);
    if (at.jt == 0 && at.jf != 0) return jump_unless(BPF_OP(at.code), at_[no]);
    if (at.jf != 0) jmp(at_[no], T_NEAR);
  }

  void jump_if(uint16_t operation, const Xbyak::Label& to) {
    if (operation == BPF_JEQ) return je(to, T_NEAR);
    if (operation == BPF_JGT) return ja(to, T_NEAR);
    if (operation == BPF_JGE) return jae(to, T_NEAR);
    jnz(to, T_NEAR);
  }
  void jump_unless(uint16_t operation, const Xbyak::Label& to) {
    if (operation == BPF_JEQ) return jne(to, T_NEAR);
    if (operation == BPF_JGT) return jbe(to, T_NEAR);
    if (operation == BPF_JGE) return jb(to, T_NEAR);
    jz(to, T_NEAR);
  }

  ClassicSpan program_;
  std::vector<Xbyak::Label> at_;
  std::vector<uint32_t> proven_;
  bool has_memory_;
  Xbyak::Label reject_, end_;
  const Xbyak::Reg32 x_{r8d};
};

std::unique_ptr<NativeFilter> NativeFilter::compile(ClassicSpan program) {
  if (!check_classic(program, kMostNativeInstructions)) return nullptr;
  try {
    auto code = std::make_unique<Code>(program);
    const auto function = code->getCode<Function>();
    return std::unique_ptr<NativeFilter>(new NativeFilter(std::move(code), function));
  } catch (const std::exception&) {  // Xbyak throws where memory cannot be had or made executable
    return nullptr;
  }
}

}  // namespace weir::filter
#else

namespace weir::filter {

class NativeFilter::Code {};

std::unique_ptr<NativeFilter> NativeFilter::compile(ClassicSpan) {
  return nullptr;
}

}  // namespace weir::filter
#endif

namespace weir::filter {

NativeFilter::NativeFilter(std::unique_ptr<Code> code, Function function)
    : code_(std::move(code)), function_(function) {}
NativeFilter::~NativeFilter() = default;

}  // namespace weir::filter
