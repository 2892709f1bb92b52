// SPDX-License-Identifier: Apache-2.0
#include "app/lab_records.h"

#include "base/clock.h"
#include "lab/value_printer.h"
#include "sink/human_text.h"

namespace weir::app {

std::string shown_holders(const lab::Held& held) {
  constexpr size_t kShown = 3;
  std::string text;
  for (size_t i = 0; i < held.holders.size() && i < kShown; ++i)
    text += (i != 0 ? " " : "") + sink::printable(held.holders[i].command) + '/' +
            std::to_string(held.holders[i].pid);
  const uint64_t more = held.more_holders + (held.holders.size() > kShown ? held.holders.size() - kShown : 0);
  if (more != 0) text += " +" + std::to_string(more);
  for (const std::string& pin : held.pins) text += (text.empty() ? "" : " ") + sink::printable(pin);
  return text;
}

void put_holders(lab::JsonRecord& record, const lab::Held& held) {
  record.list("pids", held.holders, [](const lab::Holder& holder, std::string& to) {
    to += lab::JsonRecord()
              .number("pid", static_cast<uint64_t>(holder.pid))
              .text("comm", holder.command)
              .object();
  });
  record.some("more_pids", held.more_holders);
  record.list("pinned", held.pins,
              [](const std::string& pin, std::string& to) { lab::append_quoted(to, pin); });
}

lab::JsonRecord program_record(const lab::ProgramDetails& one, const lab::Held& held,
                               const std::string& attached) {
  lab::JsonRecord record;
  record.text("object", "program").number("id", one.id).text("type", one.type_name).text("name", one.name);
  record.text("tag", one.tag)
      .truth("gpl_compatible", one.gpl_compatible)
      .time("loaded_at", one.loaded_unix_ns);
  record.number("uid", one.user)
      .number("bytes_xlated", one.xlated_bytes)
      .truth("jited", one.jited_bytes != 0);
  record.some("bytes_jited", one.jited_bytes).some("bytes_memlock", one.memory_bytes);
  record.numbers("map_ids", one.maps).some("btf_id", one.btf_id).some("ifindex", one.interface);
  record.some("verified_insns", one.verified_instructions).some("run_cnt", one.runs);
  record.some("run_time_ns", one.run_time_ns).some("recursion_misses", one.recursion_misses);
  record.text("attached", attached);
  put_holders(record, held);
  return record;
}

lab::JsonRecord map_record(const lab::MapInfo& one, const lab::Held& held) {
  lab::JsonRecord record;
  record.text("object", "map").number("id", one.id).text("type", one.type_name).text("name", one.name);
  record.number("flags", one.flags).number("bytes_key", one.key_bytes).number("bytes_value", one.value_bytes);
  record.number("max_entries", one.max_entries).some("bytes_memlock", one.memory_bytes);
  record.truth("frozen", one.frozen).some("btf_id", one.btf_id).some("ifindex", one.interface);
  if (one.owner_program_type != 0) {
    record.text("owner_prog_type", lab::program_type_name(one.owner_program_type));
    record.truth("owner_jited", one.owner_jited);
  }
  put_holders(record, held);
  return record;
}

lab::JsonRecord link_record(const lab::LinkDetails& one, const lab::Held& held) {
  lab::JsonRecord record;
  record.text("object", "link")
      .number("id", one.id)
      .text("type", one.type_name)
      .number("prog_id", one.program);
  record.text(one.type == 1 ? "tp_name" : "target_name", one.target_name);
  if (one.attach_type) record.text("attach_type", lab::attach_type_name(*one.attach_type));
  record.some("target_obj_id", one.target_object).some("target_btf_id", one.target_type);
  record.some("cgroup_id", one.cgroup).some("netns_ino", one.network_namespace);
  record.some("ifindex", one.interface).some("map_id", one.map);
  put_holders(record, held);
  return record;
}

std::string seconds_text(int64_t unix_ns) {
  char text[base::kRfc3339Bytes];
  base::write_rfc3339(unix_ns, text);
  return std::string(text, 10) + ' ' + std::string(text + 11, 8);
}

}  // namespace weir::app
