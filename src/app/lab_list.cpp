// SPDX-License-Identifier: Apache-2.0
// `weir lab list`: what is loaded and attached.
#include <unistd.h>

#include <cstdio>
#include <map>

#include "app/lab_commands.h"
#include "app/lab_records.h"
#include "base/clock.h"
#include "kernel/cgroup_mount.h"
#include "kernel/neighbours.h"
#include "lab/json_record.h"
#include "lab/link_details.h"
#include "lab/map_info.h"
#include "lab/object_holders.h"
#include "lab/program_details.h"
#include "sink/human_text.h"
#include "sink/output_buffer.h"
#include "sink/text_table.h"

namespace weir::app {
namespace {

using base::Result;
using config::LabOptions;
using config::LabOutput;
using config::LabSubject;
using lab::ObjectKind;

template <class Info>
Result<std::vector<Info>> all_of(ObjectKind kind, Result<Info> (*ask)(int)) {
  const auto ids = lab::object_ids(kind);
  if (!ids) return tl::unexpected<base::Error>(ids.error());
  std::vector<Info> all;
  for (const uint32_t id : *ids)
    if (const auto fd = lab::open_id(kind, id))  // else it has gone meanwhile
      if (auto info = ask(fd->get())) all.push_back(std::move(*info));
  return all;
}

std::string number_list(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (const uint32_t number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  return text;
}

/// Writes one kind of object after another.
class Listing {
 public:
  explicit Listing(const LabOptions& options) : options_(options), output_(STDOUT_FILENO) {
    if (options.output != LabOutput::names) holders_ = lab::ObjectHolders::find();
  }

  Result<> programs() {
    const auto all = all_of<lab::ProgramDetails>(ObjectKind::program, lab::program_details);
    if (!all) return tl::unexpected<base::Error>(all.error());
    const auto places = places_of_programs();
    sink::TextTable table({{"ID", true},
                           {"TYPE"},
                           {"NAME"},
                           {"TAG"},
                           {"LOADED"},
                           {"UID", true},
                           {"XLATED", true},
                           {"JITED", true},
                           {"MEMORY", true},
                           {"MAPS"},
                           {"ATTACHED"},
                           {"HELD BY"}});
    for (const lab::ProgramDetails& one : *all) {
      const lab::Held& held = holders_.of(ObjectKind::program, one.id);
      const auto place = places.find(one.id);
      const std::string attached = place == places.end() ? "" : place->second;
      if (options_.output == LabOutput::json)
        output_.append(program_record(one, held, attached).line());
      else if (options_.output == LabOutput::names)
        name(one.name);
      else
        table.add_row({{std::to_string(one.id)},
                       {one.type_name},
                       {sink::printable(one.name), sink::Style::bold},
                       {one.tag, sink::Style::dim},
                       {seconds_text(one.loaded_unix_ns)},
                       {std::to_string(one.user)},
                       {std::to_string(one.xlated_bytes)},
                       {std::to_string(one.jited_bytes)},
                       {sink::human_bytes(one.memory_bytes)},
                       {number_list(one.maps)},
                       {sink::printable(attached)},
                       {shown_holders(held)}});
    }
    return finish("programs", table);
  }

  Result<> maps() {
    const auto all = all_of<lab::MapInfo>(ObjectKind::map, lab::map_info);
    if (!all) return tl::unexpected<base::Error>(all.error());
    sink::TextTable table({{"ID", true},
                           {"TYPE"},
                           {"NAME"},
                           {"KEY", true},
                           {"VALUE", true},
                           {"ENTRIES", true},
                           {"FLAGS"},
                           {"MEMORY", true},
                           {"BTF", true},
                           {"HELD BY"}});
    for (const lab::MapInfo& one : *all) {
      const lab::Held& held = holders_.of(ObjectKind::map, one.id);
      char flags[16];
      std::snprintf(flags, sizeof flags, "0x%x", one.flags);
      if (options_.output == LabOutput::json)
        output_.append(map_record(one, held).line());
      else if (options_.output == LabOutput::names)
        name(one.name);
      else
        table.add_row({{std::to_string(one.id)},
                       {one.type_name},
                       {sink::printable(one.name), sink::Style::bold},
                       {std::to_string(one.key_bytes)},
                       {std::to_string(one.value_bytes)},
                       {std::to_string(one.max_entries)},
                       {std::string(flags) + (one.frozen ? " frozen" : "")},
                       {sink::human_bytes(one.memory_bytes)},
                       {one.btf_id != 0 ? std::to_string(one.btf_id) : ""},
                       {shown_holders(held)}});
    }
    return finish("maps", table);
  }

  Result<> links() {
    const auto all = all_of<lab::LinkDetails>(ObjectKind::link, lab::link_details);
    if (!all) return tl::unexpected<base::Error>(all.error());
    sink::TextTable table({{"ID", true}, {"TYPE"}, {"PROGRAM", true}, {"WHERE"}, {"HELD BY"}});
    for (const lab::LinkDetails& one : *all) {
      const lab::Held& held = holders_.of(ObjectKind::link, one.id);
      if (options_.output == LabOutput::json)
        output_.append(link_record(one, held).line());
      else if (options_.output == LabOutput::names)
        name(std::to_string(one.id));
      else
        table.add_row({{std::to_string(one.id)},
                       {one.type_name},
                       {std::to_string(one.program)},
                       {sink::printable(describe_place(one)), sink::Style::bold},
                       {shown_holders(held)}});
    }
    return finish("links", table);
  }

  Result<> net() {
    const auto mount = kernel::open_cgroup2();
    const auto found = kernel::find_neighbours(mount ? mount->root.get() : -1);
    sink::TextTable table({{"WHERE"}, {"HOOK"}, {"PROGRAM", true}, {"NAME"}, {"HELD BY"}});
    for (const kernel::Neighbour& one : found.neighbours) {
      lab::Held held = holders_.of(ObjectKind::program, one.program_id);
      if (options_.output == LabOutput::json)
        output_.append(net_line(one, held));
      else if (options_.output == LabOutput::names)
        name(one.program_name);
      else
        table.add_row({{one.place, sink::Style::bold},
                       {one.hook},
                       {one.program_id != 0 ? std::to_string(one.program_id) : one.kind},
                       {sink::printable(one.program_name)},
                       {shown_holders(held)}});
    }
    if (found.neighbours.empty() && !found.notes.empty())
      return base::fail(base::ErrorKind::permission,
                        found.notes.front() + "; CAP_NET_ADMIN and CAP_SYS_ADMIN are needed");
    for (const std::string& note : found.notes) std::fprintf(stderr, "weir lab list: %s\n", note.c_str());
    return finish("net", table);
  }

  void tell_what_was_hidden() const {
    if (options_.output == LabOutput::names) return;
    if (holders_.hidden_processes() != 0)
      std::fprintf(
          stderr,
          "weir lab list: %llu processes could not be looked at; CAP_SYS_PTRACE shows what they hold\n",
          static_cast<unsigned long long>(holders_.hidden_processes()));
    if (holders_.pins_cut())
      std::fprintf(stderr, "weir lab list: only the first %llu pins were looked at\n",
                   static_cast<unsigned long long>(lab::ObjectHolders::kMostPins));
  }

 private:
  void name(const std::string& text) {
    if (!text.empty()) output_.append(sink::printable(text) + '\n');
  }

  std::map<uint32_t, std::string> places_of_programs() {
    std::map<uint32_t, std::string> places;
    if (options_.output == LabOutput::names) return places;
    if (const auto links = all_of<lab::LinkDetails>(ObjectKind::link, lab::link_details))
      for (const lab::LinkDetails& link : *links) {
        std::string& place = places[link.program];
        const std::string words = describe_place(link);
        place += (place.empty() ? "" : "; ") + (words.empty() ? link.type_name : words);
      }
    return places;
  }

  std::string net_line(const kernel::Neighbour& one, const lab::Held& held) {
    lab::JsonRecord record;
    record.text("object", "net").text("devname", one.place).text("hook", one.hook);
    record.some("id", one.program_id).text("name", one.program_name).text("kind", one.kind);
    record.some("priority", one.priority);
    put_holders(record, held);
    return record.line();
  }

  Result<> finish(const char* title, const sink::TextTable& table) {
    if (options_.output == LabOutput::table) {
      if (options_.subject == LabSubject::all) {
        if (!first_) output_.append("\n");
        output_.append(std::string(title) + '\n');
      }
      table.write_to(output_, options_.colour && isatty(STDOUT_FILENO) == 1);
    }
    first_ = false;
    return output_.flush();
  }

  const LabOptions& options_;
  sink::OutputBuffer output_;
  lab::ObjectHolders holders_;
  bool first_ = true;
};

}  // namespace

Result<> lab_list(const LabOptions& options) {
  Listing listing(options);
  const auto asked = [&](LabSubject subject) {
    return options.subject == subject || options.subject == LabSubject::all;
  };
  Result<> result;
  if (asked(LabSubject::programs)) result = listing.programs();
  if (result && asked(LabSubject::maps)) result = listing.maps();
  if (result && asked(LabSubject::links)) result = listing.links();
  if (result && asked(LabSubject::net)) result = listing.net();
  if (result) listing.tell_what_was_hidden();
  return result;
}

}  // namespace weir::app
