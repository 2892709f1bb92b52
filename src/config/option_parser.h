// SPDX-License-Identifier: Apache-2.0
// A verb's options and their help, and the words given to them; what the words mean is settled elsewhere.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weir::config {

class OptionParser {
 public:
  /// `verb`'s help begins and ends with verb_head and verb_tail.
  explicit OptionParser(std::string_view verb);
  ~OptionParser();
  OptionParser(const OptionParser&) = delete;
  OptionParser& operator=(const OptionParser&) = delete;

  /// The heading in the help of the options that follow.
  void group(std::string title) { group_ = std::move(title); }

  // `names` is "-c" or "-h,--help"; `to` must outlive `parse`.
  /// Takes one word, once.
  void word(const char* names, std::string& to, const char* type, const std::string& text);
  /// Takes one word, again and again.
  void words(const char* names, std::vector<std::string>& to, const char* type, const std::string& text);
  /// Takes a list with commas, again and again.
  void list(const char* names, std::vector<std::string>& to, const char* type, const std::string& text);
  void flag(const char* names, bool& to, const std::string& text);
  /// A flag that counts: -v, -vv.
  void count(const char* names, int& to, const std::string& text);

  struct Parsed {
    bool help = false;                // -h or --help: print `help_text`
    std::vector<std::string> others;  // words that are no option's
  };
  /// Fails with bad_input for options that we do not have and words that are missing; names the verb. -h and
  /// --help are added here, to the last group.
  base::Result<Parsed> parse(std::vector<std::string> arguments);
  std::string help_text() const;
  /// "weir flows"
  const std::string& name() const { return name_; }

 private:
  struct Parser;
  std::string name_;
  std::string group_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace weir::config
