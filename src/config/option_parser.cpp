// SPDX-License-Identifier: Apache-2.0
// The only file that knows CLI11. It hands out words, and complains in our own.
#include "config/option_parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "config/help.h"
#include "config/nearest_word.h"

namespace weir::config {
namespace {

using base::ErrorKind;
using base::Result;

constexpr size_t kHelpColumns = 100;
constexpr size_t kTextColumn = 24;

/// One option: its name, and its text wrapped beside it.
std::string option_help(const std::string& name, const std::string& text) {
  std::string help;
  std::string line = "  " + name;
  if (line.size() >= kTextColumn) {
    help = line + '\n';
    line.clear();
  }
  line.append(kTextColumn - line.size() - 1, ' ');
  size_t words = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (words != 0 && line.size() + 1 + end - begin > kHelpColumns) {
      help += line + '\n';
      line.assign(kTextColumn - 1, ' ');
    }
    line += ' ' + text.substr(begin, end - begin);
    begin = end + 1;
    ++words;
  }
  return help + line + '\n';
}

/// Options by their groups, in the order in which both were added.
struct Layout : CLI::Formatter {
  explicit Layout(std::string_view of_verb) : verb(of_verb) {}
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    std::vector<std::pair<std::string, std::string>> groups;
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_group().empty()) continue;  // taken, but not spoken of
      auto group = std::find_if(groups.begin(), groups.end(),
                                [&](const auto& known) { return known.first == option->get_group(); });
      if (group == groups.end()) group = groups.insert(groups.end(), {option->get_group(), ""});
      const std::string type = option->get_type_size() != 0 ? ' ' + option->get_type_name() : "";
      std::string name = option->get_name(false, true);
      for (size_t comma = 0; (comma = name.find(',', comma)) != std::string::npos; ++comma)
        name.insert(comma + 1, " ");
      if (name.size() + type.size() + 2 >= kTextColumn) name = name.substr(0, name.find(','));
      name += type;
      group->second += option_help(name, option->get_description());
    }
    std::string help = verb_head(verb);
    for (const auto& [title, options] : groups) help += '\n' + title + '\n' + options;
    return help + '\n' + verb_tail(verb);
  }
  std::string verb;
};

std::vector<std::string_view> option_names(const CLI::App& app, std::vector<std::string>& storage) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) storage.push_back("--" + name);
    for (const std::string& name : option->get_snames()) storage.push_back("-" + name);
  }
  return {storage.begin(), storage.end()};
}

/// CLI11's complaint about the number of words in ours; it begins with "--for: " or, of a flag, with "cost
/// was".
std::string mismatch_sentence(const CLI::App& app, const CLI::ArgumentMismatch& mismatch) {
  const std::string what = mismatch.what();
  const std::string name = what.substr(0, what.find_first_of(": "));
  const CLI::Option* option = app.get_option_no_throw(name);
  if (option == nullptr) return "--" + name + " takes no word; leave out what follows the =";
  if (option->get_expected_max() == 1 && option->count() > 1)
    return name + " is given " + std::to_string(option->count()) + " times; once is all it takes";
  return name + " needs a word: " + name + ' ' + option->get_type_name();
}

}  // namespace

struct OptionParser::Parser {
  explicit Parser(const std::string& name) : app(std::string(), name) {}
  CLI::App app;
};

OptionParser::OptionParser(std::string_view verb)
    : name_("weir " + std::string(verb)), parser_(std::make_unique<Parser>(name_)) {
  parser_->app.formatter(std::make_shared<Layout>(verb));
  parser_->app.allow_extras();
  parser_->app.set_help_flag();
}

OptionParser::~OptionParser() = default;

void OptionParser::word(const char* names, std::string& to, const char* type, const std::string& text) {
  parser_->app.add_option(names, to, text)->type_name(type)->group(group_);
}

void OptionParser::words(const char* names, std::vector<std::string>& to, const char* type,
                         const std::string& text) {
  parser_->app.add_option(names, to, text)->allow_extra_args(false)->type_name(type)->group(group_);
}

void OptionParser::list(const char* names, std::vector<std::string>& to, const char* type,
                        const std::string& text) {
  parser_->app.add_option(names, to, text)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name(type)
      ->group(group_);
}

void OptionParser::flag(const char* names, bool& to, const std::string& text) {
  parser_->app.add_flag(names, to, text)->disable_flag_override()->group(group_);
}

void OptionParser::count(const char* names, int& to, const std::string& text) {
  parser_->app.add_flag(names, to, text)->disable_flag_override()->group(group_);
}

Result<OptionParser::Parsed> OptionParser::parse(std::vector<std::string> arguments) {
  CLI::App& app = parser_->app;
  app.set_help_flag("-h,--help", "this text")->group(group_);
  try {
    std::reverse(arguments.begin(), arguments.end());
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return Parsed{.help = true, .others = {}};
  } catch (const CLI::ArgumentMismatch& mismatch) {
    return base::fail(ErrorKind::bad_input, name_ + ": " + mismatch_sentence(app, mismatch));
  } catch (const CLI::ParseError& error) {
    return base::fail(ErrorKind::bad_input,
                      name_ + ": " + error.what() + " (" + name_ + " --help shows all options)");
  }
  Parsed parsed;
  parsed.others = app.remaining();
  for (const std::string& word : parsed.others) {
    if (word.size() < 2 || word[0] != '-') continue;
    std::vector<std::string> storage;
    const auto known = option_names(app, storage);
    const std::string option = word.substr(0, word.find('='));
    return base::fail(ErrorKind::bad_input, name_ + ": unknown option " + option +
                                                did_you_mean(option, known) + " (" + name_ +
                                                " --help shows all)");
  }
  return parsed;
}

std::string OptionParser::help_text() const {
  return parser_->app.help();
}

}  // namespace weir::config
