// SPDX-License-Identifier: Apache-2.0
#include "filter/classic_assembler.h"

#include <map>

#include "filter/classic_names.h"
#include "filter/classic_scanner.h"

namespace weir::filter {
namespace {

/// Where an instruction's operand may come from: the addressing modes of filter.rst.
enum Mode : uint16_t {
  kNone = 1,
  kX = 2,           // x, %x
  kA = 4,           // a, %a
  kAbsolute = 8,    // [k]
  kFromX = 16,      // [x + k]
  kMemory = 32,     // M[k]
  kConstant = 64,   // #k
  kHeader = 128,    // 4*([k]&0xf)
  kLabel = 256,     // L
  kAncillary = 512  // len, #len, proto ...
};

struct Mnemonic {
  std::string_view name;
  uint16_t code;
  uint16_t modes;
  bool inverted = false;  // a jump written with its opposite: its labels change places
};

constexpr uint16_t kJumpModes = kConstant | kX;
constexpr uint16_t kAluModes = kConstant | kX;
constexpr Mnemonic kMnemonics[] = {
    {"ld", BPF_LD | BPF_W, kAbsolute | kFromX | kMemory | kConstant | kAncillary},
    {"ldi", BPF_LD | BPF_W, kConstant},
    {"ldh", BPF_LD | BPF_H, kAbsolute | kFromX | kAncillary},
    {"ldb", BPF_LD | BPF_B, kAbsolute | kFromX | kAncillary},
    {"ldx", BPF_LDX | BPF_W, kMemory | kConstant | kHeader | kAncillary},
    {"ldxi", BPF_LDX | BPF_W, kConstant},
    {"ldxb", BPF_LDX | BPF_W, kHeader},
    {"st", BPF_ST, kMemory},
    {"stx", BPF_STX, kMemory},
    {"jmp", BPF_JMP | BPF_JA, kLabel},
    {"ja", BPF_JMP | BPF_JA, kLabel},
    {"jeq", BPF_JMP | BPF_JEQ, kJumpModes},
    {"jneq", BPF_JMP | BPF_JEQ, kJumpModes, true},
    {"jne", BPF_JMP | BPF_JEQ, kJumpModes, true},
    {"jlt", BPF_JMP | BPF_JGE, kJumpModes, true},
    {"jle", BPF_JMP | BPF_JGT, kJumpModes, true},
    {"jgt", BPF_JMP | BPF_JGT, kJumpModes},
    {"jge", BPF_JMP | BPF_JGE, kJumpModes},
    {"jset", BPF_JMP | BPF_JSET, kJumpModes},
    {"add", BPF_ALU | BPF_ADD, kAluModes},
    {"sub", BPF_ALU | BPF_SUB, kAluModes},
    {"mul", BPF_ALU | BPF_MUL, kAluModes},
    {"div", BPF_ALU | BPF_DIV, kAluModes},
    {"mod", BPF_ALU | BPF_MOD, kAluModes},
    {"neg", BPF_ALU | BPF_NEG, kNone},
    {"and", BPF_ALU | BPF_AND, kAluModes},
    {"or", BPF_ALU | BPF_OR, kAluModes},
    {"xor", BPF_ALU | BPF_XOR, kAluModes},
    {"lsh", BPF_ALU | BPF_LSH, kAluModes},
    {"rsh", BPF_ALU | BPF_RSH, kAluModes},
    {"tax", BPF_MISC | BPF_TAX, kNone},
    {"txa", BPF_MISC | BPF_TXA, kNone},
    {"ret", BPF_RET, kConstant | kA},
};

const Mnemonic* mnemonic_of(std::string_view name) {
  for (const Mnemonic& one : kMnemonics) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

struct Operand {
  Mode mode = kNone;
  uint32_t value = 0;
  bool is_length = false;  // kAncillary: len
};

bool is_x(const ClassicToken& token) {
  return token.is("x") || token.is("%x");
}

/// Thrown nowhere: the first error is kept, and from then on nothing is taken.
class Assembler {
 public:
  explicit Assembler(std::vector<ClassicToken> tokens) : tokens_(std::move(tokens)) {}

  base::Result<ClassicProgram> run() {
    while (at_ < tokens_.size() && !failed_) line();
    for (const Jump& jump : jumps_) {
      if (!failed_) resolve(jump);
    }
    if (failed_) return tl::unexpected<base::Error>(std::move(error_));
    auto checked = check_classic(program_);
    if (!checked) return tl::unexpected<base::Error>(located(std::move(checked.error())));
    return std::move(program_);
  }

 private:
  enum class Way : uint8_t { always, yes, no };
  struct Jump {
    size_t from;
    Way way;
    ClassicToken label;
  };

  const ClassicToken& peek() const { return tokens_[at_]; }
  bool at_end() const { return peek().kind == ClassicTokenKind::end_of_line; }
  ClassicToken next() { return at_end() ? peek() : tokens_[at_++]; }

  void fail(const ClassicToken& at, const std::string& what) {
    if (failed_) return;
    failed_ = true;
    error_ = classic_error(at, what);
  }
  /// `what` stands here and `wanted` should.
  void fail_instead(const ClassicToken& at, const std::string& wanted) {
    fail(at, at.text.empty() ? "the line ends where " + wanted + " should stand"
                             : "stands where " + wanted + " should");
  }
  bool take(std::string_view text) {
    if (!peek().is(text) || at_end()) return false;
    ++at_;
    return true;
  }
  void want(std::string_view text) {
    if (!take(text)) fail_instead(peek(), "'" + std::string(text) + "'");
  }

  void line() {
    while (peek().kind == ClassicTokenKind::word && tokens_[at_ + 1].is(":")) {
      const ClassicToken label = next();
      next();
      if (!labels_.emplace(label.text, program_.size()).second) return fail(label, "names two places");
    }
    if (!at_end()) instruction();
    if (!failed_ && !at_end()) fail(peek(), "stands behind the instruction's end");
    ++at_;
  }

  void instruction() {
    const ClassicToken word = next();
    const Mnemonic* mnemonic = mnemonic_of(word.text);
    if (mnemonic == nullptr) return fail(word, "is no instruction");
    if (program_.size() == kMostClassicInstructions) return fail(word, "is one too many; at most 4096");
    sock_filter made{mnemonic->code, 0, 0, 0};
    lines_.push_back(word);
    if ((mnemonic->modes & kNone) == 0) {
      if (mnemonic->modes == kLabel) {
        want_label(Way::always);
      } else {
        const ClassicToken first = peek();
        const Operand found = operand(*mnemonic);
        if (!failed_ && (found.mode & mnemonic->modes) == 0)
          fail(first, "is no operand that " + std::string(word.text) + " takes");
        put(made, found);
        if (BPF_CLASS(made.code) == BPF_JMP) jump_labels(*mnemonic);
      }
    }
    program_.push_back(made);
  }

  Operand operand(const Mnemonic& mnemonic) {
    if (take("#")) return behind_hash();
    if (peek().is("[")) return in_brackets();
    if (peek().is("M")) {
      next();
      want("[");
      const Operand memory{kMemory, number()};
      want("]");
      return memory;
    }
    if (is_x(peek())) return next(), Operand{kX};
    if (peek().is("a") || peek().is("%a")) return next(), Operand{kA};
    if (peek().kind == ClassicTokenKind::number) return header_length();
    if (peek().kind == ClassicTokenKind::word && mnemonic.modes & kAncillary) {
      const Operand found = ancillary();
      if (found.mode == kAncillary) return found;
    }
    const std::string of = "operand of " + std::string(mnemonic.name);
    fail(peek(), at_end() ? "the line ends without an " + of : "is no " + of);
    return {};
  }

  Operand ancillary() {
    if (peek().is("len") || peek().is("pktlen")) return next(), Operand{kAncillary, 0, true};
    const auto offset = named_ancillary(peek().text);
    if (!offset) return {};
    return next(), Operand{kAncillary, *offset};
  }

  Operand behind_hash() {
    if (peek().kind != ClassicTokenKind::word) return {kConstant, number()};
    const ClassicToken name = peek();
    const Operand live = ancillary();
    if (live.mode == kAncillary) return live;
    next();
    if (const auto value = named_constant(name.text)) return {kConstant, *value};
    // The paper's underscores are often printed as spaces.
    if (peek().kind == ClassicTokenKind::word) {
      const auto value = named_constant(std::string(name.text) + "_" + std::string(peek().text));
      if (value) return next(), Operand{kConstant, *value};
    }
    fail(name, "is no number and no name of one");
    return {};
  }

  Operand in_brackets() {
    want("[");
    Operand found{kAbsolute};
    if (is_x(peek())) {
      next();
      found.mode = kFromX;
      if (peek().is("+") || peek().is("-")) found.value = number();
    } else {
      found.value = number();
      if (take("+")) {
        if (!is_x(peek())) fail_instead(peek(), "x");
        next();
        found.mode = kFromX;
      }
    }
    want("]");
    return found;
  }

  /// 4*([k]&0xf): four times the lower half of a byte.
  Operand header_length() {
    const ClassicToken factor = next();
    if (factor.value != 4) fail_instead(factor, "4*([k]&0xf)");
    want("*");
    want("(");
    want("[");
    const Operand found{kHeader, number()};
    want("]");
    want("&");
    const ClassicToken mask = peek();
    if (number() != 0xf) fail(mask, "is no 0xf: only the lower half of a byte can be loaded so");
    want(")");
    return found;
  }

  uint32_t number() {
    const bool negative = take("-");
    if (!negative) take("+");
    const ClassicToken found = next();
    if (found.kind != ClassicTokenKind::number) fail_instead(found, "a number");
    return negative ? 0 - found.value : found.value;
  }

  static void put(sock_filter& made, const Operand& found) {
    made.k = found.value;
    switch (found.mode) {
      case kX:
        made.code |= BPF_X;
        break;
      case kA:
        made.code |= BPF_A;
        break;
      case kAbsolute:
        made.code |= BPF_ABS;
        break;
      case kFromX:
        made.code |= BPF_IND;
        break;
      case kMemory:
        if (BPF_CLASS(made.code) == BPF_LD || BPF_CLASS(made.code) == BPF_LDX) made.code |= BPF_MEM;
        break;
      case kHeader:
        made.code |= BPF_MSH | BPF_B;
        break;
      case kAncillary:
        made.code =
            found.is_length ? static_cast<uint16_t>(BPF_CLASS(made.code) | BPF_LEN) : made.code | BPF_ABS;
        break;
      default:  // BPF_IMM and BPF_K are 0
        break;
    }
  }

  void jump_labels(const Mnemonic& mnemonic) {
    want(",");
    want_label(mnemonic.inverted ? Way::no : Way::yes);
    if (take(",")) want_label(mnemonic.inverted ? Way::yes : Way::no);
  }

  void want_label(Way way) {
    const ClassicToken label = next();
    if (label.kind != ClassicTokenKind::word) return fail_instead(label, "a label");
    jumps_.push_back({program_.size(), way, label});
  }

  void resolve(const Jump& jump) {
    const auto found = labels_.find(jump.label.text);
    if (found == labels_.end()) return fail(jump.label, "is no label");
    if (found->second <= jump.from) return fail(jump.label, "lies behind; classic BPF jumps forward only");
    if (found->second >= program_.size()) return fail(jump.label, "has no instruction behind it");
    const size_t distance = found->second - jump.from - 1;
    sock_filter& from = program_[jump.from];
    if (jump.way == Way::always) {
      from.k = static_cast<uint32_t>(distance);
    } else if (distance > UINT8_MAX) {
      fail(jump.label, "is " + std::to_string(distance) + " instructions away; a condition reaches 255");
    } else {
      (jump.way == Way::yes ? from.jt : from.jf) = static_cast<uint8_t>(distance);
    }
  }

  /// check_classic counts instructions; the writer counts lines.
  base::Error located(base::Error error) const {
    constexpr std::string_view kBegin = "instruction ";
    if (error.message.compare(0, kBegin.size(), kBegin) != 0) return error;
    const size_t end = error.message.find(' ', kBegin.size());
    const size_t number = std::stoul(error.message.substr(kBegin.size(), end - kBegin.size()));
    return classic_error(lines_[number], error.message.substr(end + 1));
  }

  std::vector<ClassicToken> tokens_;
  size_t at_ = 0;
  ClassicProgram program_;
  std::vector<ClassicToken> lines_;  // by instruction: its first word
  std::map<std::string_view, size_t> labels_;
  std::vector<Jump> jumps_;
  bool failed_ = false;
  base::Error error_;
};

}  // namespace

base::Result<ClassicProgram> assemble_classic(std::string_view source) {
  auto tokens = scan_classic(source);
  if (!tokens) return tl::unexpected<base::Error>(std::move(tokens.error()));
  return Assembler(std::move(*tokens)).run();
}

}  // namespace weir::filter
