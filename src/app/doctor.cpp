// SPDX-License-Identifier: Apache-2.0
#include "app/doctor.h"

#include <net/if.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "app/diagnosis.h"
#include "app/doctor_text.h"
#include "app/printed_text.h"
#include "kernel/load_log.h"

namespace weir::app {
namespace {

using Json = nlohmann::ordered_json;

/// Absent is absent.
void put_text(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

std::string interface_name(unsigned ifindex) {
  char name[IF_NAMESIZE];
  return if_indextoname(ifindex, name) != nullptr ? name : "";
}

Json to_json(const kernel::TcFilter& filter) {
  Json json{{"direction", filter.traffic == kernel::Traffic::ingress ? "ingress" : "egress"},
            {"name", filter.name},
            {"handle", filter.handle},
            {"priority", filter.priority},
            {"program", {{"id", filter.program_id}}}};
  put_text(json["network"]["interface"], "name", interface_name(filter.ifindex));
  return json;
}

Json to_json(const kernel::FeatureAnswer& answer, const kernel::KernelRelease& release) {
  Json json{{"name", answer.key}, {"title", answer.title}};
  if (answer.verdict != kernel::Verdict::unknown) json["works"] = answer.verdict == kernel::Verdict::yes;
  put_text(json, "since", std::string(answer.since));
  put_text(json, "reason", explain(answer, release));
  if (!answer.missing.empty()) json["missing_options"] = answer.missing;
  if (!answer.suspected.empty()) json["suspected_options"] = answer.suspected;
  return json;
}

Json to_json(const kernel::Neighbour& one) {
  Json json{{"hook", one.hook}, {"place", one.place}, {"exclusive", one.exclusive}, {"weir", one.weirs}};
  if (one.program_id != 0) json["program"]["id"] = one.program_id;
  if (!one.program_name.empty()) json["program"]["name"] = one.program_name;
  put_text(json, "kind", one.kind);
  if (one.priority != 0) json["priority"] = one.priority;
  for (const kernel::Owner& owner : one.owners)
    json["owners"].push_back({{"process", {{"pid", owner.pid}, {"executable", {{"name", owner.name}}}}}});
  return json;
}

Json to_json(const Diagnosis& found) {
  Json json{{"type", "doctor"}, {"exit_code", found.exit_code}};
  json["kernel"] = {{"release", found.release.text}, {"architecture", found.architecture}};
  put_text(json["kernel"], "config", found.config_source);
  put_text(json["kernel"], "lockdown", found.lockdown);
  put_text(json["kernel"], "security_modules", found.security_modules);
  json["capabilities"] = Json::array();
  for (const kernel::Capability& one : found.capabilities)
    json["capabilities"].push_back({{"name", one.name}, {"held", one.held}, {"purpose", one.purpose}});
  put_text(json, "missing_capabilities", found.missing_capabilities);
  json["cgroup2"] = {{"found", found.cgroup.found}, {"notes", found.cgroup.notes}};
  if (found.cgroup.found) {
    json["cgroup2"]["whole_node"] = found.cgroup.whole_node;
    json["cgroup2"]["detached"] = found.cgroup.path.empty();
    put_text(json["cgroup2"], "path", found.cgroup.path);
  }
  json["features"] = Json::array();
  for (const kernel::FeatureAnswer& one : found.features)
    json["features"].push_back(to_json(one, found.release));
  json["neighbours"] = Json::array();
  for (const kernel::Neighbour& one : found.neighbourhood.neighbours)
    json["neighbours"].push_back(to_json(one));
  json["notes"] = found.neighbourhood.notes;
  json["left_behind"] = Json::array();
  for (const kernel::TcFilter& one : found.dead_filters) json["left_behind"].push_back(to_json(one));
  json["uses"] = Json::array();
  for (const Use& one : found.uses) {
    Json use{{"verb", one.verb}, {"works", one.works}};
    put_text(use, "hook", one.hook);
    put_text(use, "reason", one.reason);
    put_text(use, "not_seen", one.misses);
    json["uses"].push_back(std::move(use));
  }
  json["parts"] = Json::array();
  for (const Part& one : found.parts)
    json["parts"].push_back({{"subject", one.subject}, {"source", one.source}, {"full", one.full}});
  return json;
}

std::string to_line(const Json& json) {
  // Names of processes and programs may be any bytes.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

int clean(const config::DoctorOptions& options) {
  const auto removed = kernel::remove_dead_filters();
  if (!removed) {
    std::fprintf(stderr, "weir doctor --clean: %s\n", removed.error().message.c_str());
    return base::exit_code(removed.error().kind);
  }
  std::string text;
  if (options.json) {
    Json json{{"type", "doctor_clean"}, {"removed", Json::array()}};
    for (const kernel::TcFilter& filter : *removed) json["removed"].push_back(to_json(filter));
    text = to_line(json);
  } else {
    for (const kernel::TcFilter& filter : *removed) text += "removed " + describe_filter(filter) + "\n";
    if (removed->empty()) text = "nothing of a dead Weir's is left\n";
  }
  return print_text(text, "weir doctor --clean") ? 0 : 1;
}

}  // namespace

int doctor(const config::DoctorOptions& options) {
  if (options.verbosity == 0) kernel::silence_libbpf();
  if (options.clean) return clean(options);
  const Diagnosis found = diagnose();
  const bool colour = options.colour && isatty(STDOUT_FILENO) != 0;
  const bool written =
      print_text(options.json ? to_line(to_json(found)) : doctor_text(found, colour), "weir doctor");
  return written ? found.exit_code : 1;
}

}  // namespace weir::app
