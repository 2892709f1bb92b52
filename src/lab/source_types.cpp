// SPDX-License-Identifier: Apache-2.0
#include "lab/source_types.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace weir::lab {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostSourceBytes = size_t{4} << 20;
constexpr size_t kMostFiles = 32;

bool is_word(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) || letter == '_';
}

/// Words and signs of C; comments, strings and directives are left out.
class Tokens {
 public:
  explicit Tokens(std::string_view source) : rest_(source) {}

  /// Empty at the end.
  std::string_view next() {
    while (!rest_.empty() && skip()) {
    }
    if (rest_.empty()) return {};
    size_t end = 1;
    if (is_word(rest_[0]))
      while (end < rest_.size() && is_word(rest_[end])) ++end;
    line_begins_ = false;
    return take(end);
  }

 private:
  std::string_view take(size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  bool skip() {
    const char letter = rest_[0];
    if (std::isspace(static_cast<unsigned char>(letter))) {
      line_begins_ |= letter == '\n';
      take(1);
      return true;
    }
    if (rest_.starts_with("//") || (letter == '#' && line_begins_)) {
      size_t end = rest_.find('\n');
      while (end != std::string_view::npos && end > 0 && rest_[end - 1] == '\\')
        end = rest_.find('\n', end + 1);
      take(std::min(end, rest_.size()));
      return true;
    }
    if (rest_.starts_with("/*")) {
      const size_t end = rest_.find("*/", 2);
      take(end == std::string_view::npos ? rest_.size() : end + 2);
      return true;
    }
    if (letter != '"' && letter != '\'') return false;
    size_t end = 1;
    while (end < rest_.size() && rest_[end] != letter && rest_[end] != '\n')
      end += rest_[end] == '\\' ? 2 : 1;
    take(end + 1);
    return true;
  }

  std::string_view rest_;
  bool line_begins_ = true;
};

void add_once(std::vector<std::string>& to, std::string name) {
  if (to.size() < kMostSourceTypes && std::find(to.begin(), to.end(), name) == to.end())
    to.push_back(std::move(name));
}

/// `#include "…"` of the file, beside it.
std::vector<fs::path> own_headers(const fs::path& file, const std::string& source) {
  std::vector<fs::path> headers;
  for (size_t at = 0; (at = source.find("#include", at)) != std::string::npos; ++at) {
    const size_t begin = source.find_first_not_of(" \t", at + 8);
    if (begin == std::string::npos || source[begin] != '"') continue;
    const size_t end = source.find_first_of("\"\n", begin + 1);
    if (end == std::string::npos || source[end] != '"') continue;
    const fs::path name = source.substr(begin + 1, end - begin - 1);
    if (name.filename() != "vmlinux.h") headers.push_back(file.parent_path() / name);
  }
  return headers;
}

std::string read_source(const fs::path& path) {
  std::error_code problem;
  if (!fs::is_regular_file(path, problem)) return {};
  std::ifstream file(path, std::ios::binary);
  std::string text(kMostSourceBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

}  // namespace

std::vector<std::string> find_types(std::string_view source) {
  /// What is known of the declaration that the walk is in.
  struct Declaration {
    bool is_typedef = false;
    bool is_function = false;
    bool has_body = false;
    std::string kind, tag;  // of the struct that it begins with
    std::string last;       // word outside of brackets
  };
  std::vector<std::string> types;
  Tokens tokens(source);
  Declaration now;
  size_t depth = 0;
  bool attribute = false;  // its brackets follow
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    const bool opens = token == "{" || token == "(" || token == "[";
    const bool closes = token == "}" || token == ")" || token == "]";
    if (opens && depth++ == 0) {
      if (token == "(" && !attribute) now.is_function = true;
      if (token == "{" && !now.kind.empty() && !now.is_function) {
        now.has_body = true;
        if (!now.tag.empty()) add_once(types, now.kind + " " + now.tag);
      }
      attribute = false;
    }
    if (closes && depth > 0 && --depth == 0 && token == "}" && now.is_function) now = {};
    if (opens || closes || depth > 0) continue;
    if (token == ";") {
      if (now.is_typedef && now.has_body && !now.last.empty()) add_once(types, now.last);
      now = {};
    } else if (token == "__attribute__") {
      attribute = true;
    } else if (token == "typedef") {
      now.is_typedef = true;
    } else if (token == "struct" || token == "union") {
      now.kind = token;
      now.tag.clear();
    } else if (token == "=" || token == "*") {
      now.kind.clear();  // a variable's type, or a function's
    } else if (is_word(token[0])) {
      if (!now.has_body && now.tag.empty()) now.tag = token;
      now.last = token;
    }
  }
  return types;
}

std::vector<std::string> find_types_of_file(const std::string& path) {
  std::vector<std::string> types;
  std::vector<fs::path> files = {path};
  for (size_t i = 0; i < files.size() && i < kMostFiles; ++i) {
    const std::string source = read_source(files[i]);
    for (std::string& type : find_types(source)) add_once(types, std::move(type));
    for (fs::path& header : own_headers(files[i], source))
      if (std::find(files.begin(), files.end(), header) == files.end()) files.push_back(std::move(header));
  }
  return types;
}

std::string type_carrier(const std::string& path, const std::vector<std::string>& types) {
  std::error_code problem;
  const fs::path whole = fs::absolute(path, problem);
  std::string parameters;
  for (size_t i = 0; i < types.size(); ++i)
    parameters += (i ? ", " : "") + types[i] + "* weir_" + std::to_string(i);
  return "#include \"" + (problem ? path : whole.string()) + "\"\n" +
         "static __attribute__((noinline, used)) void weir_types(" +
         (parameters.empty() ? "void" : parameters) + ") {}\n";
}

}  // namespace weir::lab
