// SPDX-License-Identifier: Apache-2.0
#include "filter/alternatives.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace weir::filter {
namespace {

// With these an alternative stands for itself, whatever is before it (pcap-filter(7), "qualifiers").
constexpr std::array<std::string_view, 24> kBeginnings = {
    "host", "net",  "port",  "portrange", "src",     "dst",       "ip",    "ip6",
    "tcp",  "udp",  "icmp",  "icmp6",     "sctp",    "igmp",      "esp",   "ah",
    "arp",  "rarp", "ether", "less",      "greater", "broadcast", "proto", "multicast"};
// With these the headers behind lie elsewhere, for all that follows in the expression.
constexpr std::array<std::string_view, 6> kShifts = {"vlan", "mpls", "pppoes", "pppoed", "geneve", "vxlan"};

constexpr std::array<std::string_view, 4> kJoins = {"or", "||", "and", "&&"};

template <size_t size>
bool is_one_of(std::string_view word, const std::array<std::string_view, size>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_space(char byte) {
  return std::isspace(static_cast<unsigned char>(byte)) != 0;
}

/// Words, parentheses, `!`, `||` and `&&`; what stands in brackets belongs to its word.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  /// Empty at the end.
  std::string_view next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    begin_ = at_;
    if (at_ == text_.size()) return {};
    if (is_sign(text_[at_])) {
      const bool twice = text_.substr(at_, 2) == "||" || text_.substr(at_, 2) == "&&";
      at_ += twice ? 2 : 1;
    } else {
      int brackets = 0;
      for (; at_ < text_.size(); ++at_) {
        if (text_[at_] == '[') ++brackets;
        if (text_[at_] == ']') --brackets;
        if (brackets <= 0 && (is_space(text_[at_]) || is_sign(text_[at_]))) break;
      }
    }
    return text_.substr(begin_, at_ - begin_);
  }
  /// Where the last word begins, in octets.
  size_t begin() const { return begin_; }

 private:
  static bool is_sign(char byte) {
    return byte == '(' || byte == ')' || byte == '!' || byte == '|' || byte == '&';
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t begin_ = 0;
};

/// Between two alternatives.
struct Cut {
  size_t end;                   // of the one before
  size_t begin;                 // of the one behind
  std::string_view qualifiers;  // that the one behind takes from those before: the `host` of `host a or b`
};

/// Empty where `text` is not alternatives alone.
std::optional<std::vector<Cut>> cuts_of(std::string_view text) {
  std::vector<Cut> cuts;
  Words words(text);
  int depth = 0;
  size_t in_alternative = 0;  // words, without `not`
  bool plain = true;          // it is qualifiers, and a name, so far
  bool named = false;
  size_t qualifiers_begin = 0;  // of the last plain one that has them
  std::string_view qualifiers;  // empty: what is before is not plain
  std::string_view last;
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (is_one_of(word, kShifts)) return std::nullopt;
    const bool joins = is_one_of(word, kJoins);
    if (joins && (last == "src" || last == "dst")) continue;  // `src or dst`
    const std::string_view before = std::exchange(last, word);
    if (word == "(" || word == ")") {
      depth += word == "(" ? 1 : -1;
      if (depth < 0) return std::nullopt;
      plain = false;
    } else if (joins && depth == 0) {
      if (in_alternative == 0 || word == "and" || word == "&&")
        return std::nullopt;  // `and` takes all before it
      if (!plain || !named) qualifiers = {};
      cuts.push_back({words.begin(), words.begin() + word.size(), {}});
      in_alternative = 0;
      plain = true;
      named = false;
    } else if (word != "not" && word != "!") {
      const bool qualifies = is_one_of(word.substr(0, word.find('[')), kBeginnings);
      if (in_alternative++ == 0) {
        if (qualifies) {
          qualifiers_begin = words.begin();
        } else if (depth > 0 || cuts.empty() || qualifiers.empty() || before == "not" || before == "!") {
          return std::nullopt;
        } else {
          cuts.back().qualifiers = qualifiers;
          named = true;
        }
      } else if (!is_one_of(before, kBeginnings) || before == "less" || before == "greater") {
        plain = false;
      } else if (!qualifies && plain) {
        named = true;
        qualifiers = text.substr(qualifiers_begin, words.begin() - qualifiers_begin);
      }
    }
  }
  if (depth != 0 || in_alternative == 0) return std::nullopt;
  return cuts;
}

/// `CONDITION and (` before the alternatives, and `)` behind: empty where they stand alone.
struct Frame {
  std::string_view before;
  std::string_view body;
  std::string_view behind;
};
Frame frame_of(std::string_view text) {
  const Frame alone{{}, text, {}};
  Words words(text);
  int depth = 0;
  bool after_and = false;     // the last word
  size_t body = text.size();  // of the last parenthesis at the top that is behind an `and`
  size_t end = text.size();   // where it is closed
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    if (end != text.size()) return alone;  // something behind it
    if (depth == 0 && (word == "or" || word == "||")) return alone;
    if (word == "(" && depth++ == 0 && after_and) body = words.begin() + 1;
    if (word == ")" && --depth == 0 && body != text.size()) end = words.begin();
    after_and = word == "and" || word == "&&";
  }
  if (end == text.size()) return alone;
  return {text.substr(0, body), text.substr(body, end - body), text.substr(end)};
}

}  // namespace

std::vector<std::string> alternatives(std::string_view expression, size_t most) {
  const Frame frame = frame_of(expression);
  const auto cuts = cuts_of(frame.body);
  if (!cuts || cuts->size() < most) return {std::string(expression)};
  std::vector<std::string> groups;
  std::string_view qualifiers;
  const auto add = [&](size_t begin, size_t end) {
    std::string group(frame.before);
    group += qualifiers;
    group += frame.body.substr(begin, end - begin);
    groups.push_back(group.append(frame.behind));
  };
  size_t begin = 0;
  for (size_t i = most - 1; i < cuts->size(); i += most) {
    add(begin, (*cuts)[i].end);
    begin = (*cuts)[i].begin;
    qualifiers = (*cuts)[i].qualifiers;
  }
  add(begin, frame.body.size());
  return groups;
}

ClassicProgram any_of(const std::vector<ClassicProgram>& programs) {
  ClassicProgram all;
  for (const ClassicProgram& program : programs) {
    const bool last = &program == &programs.back();
    const size_t next = all.size() + program.size();
    bool rejects = false;
    for (const sock_filter& at : program) {
      const bool reject = at.code == (BPF_RET | BPF_K) && at.k == 0;
      rejects |= reject;
      // The next one begins where this one ends; a jump counts from behind itself.
      all.push_back(reject && !last
                        ? sock_filter{BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(next - all.size() - 1)}
                        : at);
    }
    if (!rejects) break;  // accepts all that gets here
  }
  return all;
}

}  // namespace weir::filter
