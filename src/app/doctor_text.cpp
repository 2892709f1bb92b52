// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_text.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace weir::app {
namespace {

using kernel::Verdict;

constexpr size_t kFeatureColumn = 67;  // the longest title
constexpr size_t kSubjectColumn = 18;
constexpr size_t kVerbColumn = 36;

enum class Ink : uint8_t { bold, green, red, yellow };

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}

  void heading(std::string_view title) {
    if (!text_.empty()) text_ += '\n';
    ink(Ink::bold, title);
    text_ += '\n';
  }
  void ink(Ink ink, std::string_view words) {
    constexpr std::array<std::string_view, 4> kCodes{"\033[1m", "\033[32m", "\033[31m", "\033[33m"};
    if (colour_) text_ += kCodes[static_cast<size_t>(ink)];
    text_ += words;
    if (colour_) text_ += "\033[0m";
  }
  void plain(std::string_view words) { text_ += words; }
  void padded(std::string_view words, size_t width) {
    text_ += words;
    text_.append(words.size() < width ? width - words.size() : 0, ' ');
  }
  void line(std::string_view subject, std::string_view words) {
    plain("  ");
    padded(subject, kSubjectColumn);
    plain(words);
    plain("\n");
  }
  std::string take() { return std::move(text_); }

 private:
  bool colour_;
  std::string text_;
};

std::string or_unread(const std::string& text) {
  return text.empty() ? "not to be read" : text;
}

void write_kernel(Page& page, const Diagnosis& found) {
  page.heading("Kernel");
  page.line("release", "Linux " + found.release.text + " " + found.architecture);
  page.line("configuration", found.config_source.empty() ? "not to be read (/proc/config.gz, /boot/config-*)"
                                                         : found.config_source);
  page.line("lockdown", or_unread(found.lockdown));
  page.line("security modules", or_unread(found.security_modules));
}

void write_capabilities(Page& page, const Diagnosis& found) {
  page.heading("You");
  for (const kernel::Capability& one : found.capabilities) {
    page.plain("  ");
    page.padded(one.name, kSubjectColumn);
    one.held ? page.ink(Ink::green, "held   ") : page.ink(Ink::yellow, "missing");
    page.plain("  " + std::string(one.purpose) + "\n");
  }
}

void write_cgroup(Page& page, const Diagnosis& found) {
  page.heading("cgroup2");
  if (found.cgroup.found) {
    page.line("root", found.cgroup.path.empty() ? "a detached mount" : found.cgroup.path);
    page.line("covers", found.cgroup.whole_node ? "the whole node" : "a subtree");
  }
  for (const std::string& note : found.cgroup.notes) page.line("", note);
}

void write_features(Page& page, const Diagnosis& found) {
  page.heading("Hooks and features, as tried here");
  for (const kernel::FeatureAnswer& one : found.features) {
    page.plain("  ");
    page.padded(one.title, kFeatureColumn);
    if (one.verdict == Verdict::yes) page.ink(Ink::green, "yes");
    if (one.verdict == Verdict::no) page.ink(Ink::red, "no ");
    if (one.verdict == Verdict::unknown) page.ink(Ink::yellow, "?  ");
    const std::string why = explain(one, found.release);
    page.plain((why.empty() ? "" : "  " + why) + "\n");
  }
}

std::string describe_neighbour(const kernel::Neighbour& one) {
  std::string text = one.program_name.empty() ? "" : one.program_name + " ";
  text +=
      one.program_id != 0 ? "(program " + std::to_string(one.program_id) + ")" : "(" + one.kind + " filter)";
  if (one.priority != 0) text += ", priority " + std::to_string(one.priority);
  if (!one.owners.empty()) text += ", held by ";
  for (size_t i = 0; i < one.owners.size(); ++i)
    text += (i > 0 ? ", " : "") + one.owners[i].name + "[" + std::to_string(one.owners[i].pid) + "]";
  if (one.weirs) text += ", a Weir's";
  if (one.exclusive) text += "; no other program can be attached beside it";
  return text;
}

void write_neighbours(Page& page, const Diagnosis& found) {
  page.heading("Neighbours at the same hooks, in this network namespace");
  if (found.neighbourhood.neighbours.empty() && found.neighbourhood.notes.empty()) page.plain("  none\n");
  for (const kernel::Neighbour& one : found.neighbourhood.neighbours) {
    page.plain("  ");
    page.padded(one.place, kSubjectColumn);
    page.padded(one.hook, 26);
    page.plain(" " + describe_neighbour(one) + "\n");
  }
  for (const std::string& note : found.neighbourhood.notes) page.plain("  " + note + "\n");
  for (const kernel::TcFilter& filter : found.dead_filters) {
    page.plain("  ");
    page.ink(Ink::yellow, "left by a Weir that was killed");
    page.plain(": " + describe_filter(filter) + "; `weir doctor --clean` removes it\n");
  }
}

void write_uses(Page& page, const Diagnosis& found) {
  page.heading("What Weir uses here");
  if (!found.missing_capabilities.empty()) page.plain("  " + found.missing_capabilities + "\n");
  for (const Use& use : found.uses) {
    page.plain("  ");
    page.padded(use.verb, kVerbColumn);
    if (!use.works) {
      page.ink(Ink::red, "cannot run");
      page.plain((use.reason == found.missing_capabilities ? "" : ": " + use.reason) + "\n");
      continue;
    }
    page.ink(Ink::green, use.hook);
    page.plain("\n");
    if (!use.reason.empty()) page.plain("      because    " + use.reason + "\n");
    page.plain("      not seen   " + use.misses + "\n");
  }
  page.plain("  ");
  page.padded("weir flows -r FILE", kVerbColumn);
  page.ink(Ink::green, "works anywhere, without privileges");
  page.plain("\n");
  if (!found.missing_capabilities.empty()) return;
  for (const Part& part : found.parts) {
    page.plain("  ");
    page.padded(part.subject, 46);
    part.full ? page.plain(part.source) : page.ink(Ink::yellow, part.source);
    page.plain("\n");
  }
}

}  // namespace

std::string describe_filter(const kernel::TcFilter& filter) {
  char interface[IF_NAMESIZE] = "?";
  if_indextoname(filter.ifindex, interface);
  std::array<char, 16> handle{};
  std::snprintf(handle.data(), handle.size(), "0x%08x", filter.handle);
  return std::string(interface) + (filter.traffic == kernel::Traffic::ingress ? " ingress " : " egress ") +
         filter.name + " (handle " + handle.data() + ", priority " + std::to_string(filter.priority) + ")";
}

std::string doctor_text(const Diagnosis& diagnosis, bool colour) {
  Page page(colour);
  write_kernel(page, diagnosis);
  write_capabilities(page, diagnosis);
  write_cgroup(page, diagnosis);
  write_features(page, diagnosis);
  write_neighbours(page, diagnosis);
  write_uses(page, diagnosis);
  return page.take();
}

}  // namespace weir::app
