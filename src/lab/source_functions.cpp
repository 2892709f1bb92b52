// SPDX-License-Identifier: Apache-2.0
#include "lab/source_functions.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace weir::lab {
namespace {

constexpr size_t kMostFunctions = 65536;
/// Words with brackets that stand between a function's head and its body, or in front of it.
constexpr std::array<std::string_view, 8> kNoNames = {"__attribute__", "SEC",    "if",     "while",
                                                      "for",           "switch", "sizeof", "_Static_assert"};

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_';
}

/// Goes through C as far as it must be understood: comments, strings, directives, brackets.
class BracketWalk {
 public:
  explicit BracketWalk(std::string_view source) : source_(source) {}

  std::vector<SourceFunction> run() {
    while (at_ < source_.size() && functions_.size() < kMostFunctions) {
      const char letter = source_[at_];
      if (letter == '\n') line_begins_ = true;
      if (skip_comment() || skip_quoted() || skip_directive()) continue;
      if (!std::isspace(static_cast<unsigned char>(letter))) line_begins_ = false;
      take(letter);
    }
    return std::move(functions_);
  }

 private:
  void step() {
    if (source_[at_++] == '\n') ++line_;
  }

  bool skip_comment() {
    if (source_.substr(at_, 2) == "//") {
      while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      return true;
    }
    if (source_.substr(at_, 2) != "/*") return false;
    const size_t end = source_.find("*/", at_ + 2);
    const size_t stop = end == std::string_view::npos ? source_.size() : end + 2;
    while (at_ < stop) step();
    return true;
  }

  bool skip_quoted() {
    const char quote = source_[at_];
    if (quote != '"' && quote != '\'') return false;
    step();
    while (at_ < source_.size() && source_[at_] != quote && source_[at_] != '\n') {
      if (source_[at_] == '\\' && at_ + 1 < source_.size()) step();
      step();
    }
    if (at_ < source_.size() && source_[at_] == quote) step();
    return true;
  }

  bool skip_directive() {
    if (source_[at_] != '#' || !line_begins_) return false;
    while (at_ < source_.size() && source_[at_] != '\n') {
      if (source_[at_] == '\\' && at_ + 1 < source_.size()) step();
      step();
    }
    return true;
  }

  void take(char letter) {
    if (is_word(letter)) {
      const size_t begin = at_;
      while (at_ < source_.size() && is_word(source_[at_])) ++at_;
      word_ = source_.substr(begin, at_ - begin);
      word_line_ = line_;
      return;
    }
    if (letter == '(' && depth_ == 0 && round_++ == 0)
      take_head();
    else if (letter == '(' && depth_ == 0) {
    }  // counted
    else if (letter == ')' && depth_ == 0 && round_ > 0)
      --round_;
    else if (letter == '{' && depth_++ == 0)
      is_function_ = round_ == 0 && !name_.empty();
    else if (letter == '}' && depth_ > 0 && --depth_ == 0)
      end_block();
    else if ((letter == ';' || letter == '=') && depth_ == 0)
      name_ = {};
    if (!std::isspace(static_cast<unsigned char>(letter))) word_ = {};
    step();
  }

  void take_head() {
    if (word_.empty() || std::find(kNoNames.begin(), kNoNames.end(), word_) != kNoNames.end()) return;
    // BPF_PROG(name, …) and its like: the name is the first word inside.
    std::string_view name = word_;
    if (word_.starts_with("BPF_") || word_.starts_with("BPF")) {
      size_t begin = at_ + 1;
      while (begin < source_.size() && std::isspace(static_cast<unsigned char>(source_[begin]))) ++begin;
      size_t end = begin;
      while (end < source_.size() && is_word(source_[end])) ++end;
      if (end > begin) name = source_.substr(begin, end - begin);
    }
    name_ = name;
    name_line_ = word_line_;
  }

  void end_block() {
    if (is_function_) functions_.push_back({std::string(name_), name_line_, line_});
    is_function_ = false;
    name_ = {};
  }

  std::string_view source_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  bool line_begins_ = true;
  uint32_t depth_ = 0;  // of { }
  uint32_t round_ = 0;  // of ( ) outside { }
  std::string_view word_;
  uint32_t word_line_ = 0;
  std::string_view name_;
  uint32_t name_line_ = 0;
  bool is_function_ = false;
  std::vector<SourceFunction> functions_;
};

}  // namespace

std::vector<SourceFunction> find_functions(std::string_view source) {
  return BracketWalk(source).run();
}

}  // namespace weir::lab
