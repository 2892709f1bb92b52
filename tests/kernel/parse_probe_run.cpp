// SPDX-License-Identifier: Apache-2.0
#include "tests/kernel/parse_probe_run.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <cstring>

#include "packet/link.h"
#include "parse_probe.skel.h"

namespace weir::tests {

ParseProbe::ParseProbe() {
  object_ = parse_probe_bpf__open_and_load();
  if (object_ == nullptr) {
    denied_ = errno == EPERM;
    failure_ = std::string("parse_probe does not load: ") + std::strerror(errno);
    return;
  }
  auto add = [&](bpf_program* program, int link, bool behind_ethernet) {
    const char* name = bpf_program__name(program);
    const std::string text = name;
    const bool decapsulate = text.size() > 3 && text.compare(text.size() - 3, 3, "_in") == 0;
    programs_.push_back({name, link, decapsulate, behind_ethernet, bpf_program__fd(program)});
  };
  const auto& programs = object_->progs;
  for (bpf_program* program : {programs.xdp_ethernet, programs.xdp_ethernet_in, programs.tc_span,
                               programs.tc_span_in, programs.tc_load, programs.tc_load_in, programs.xdp_plain,
                               programs.xdp_plain_in, programs.tc_plain, programs.tc_plain_in})
    add(program, PACKET_LINK_ETHERNET, false);
  for (bpf_program* program : {programs.socket_load, programs.socket_load_in})
    add(program, PACKET_LINK_ETHERNET, true);
  for (bpf_program* program : {programs.xdp_ip, programs.xdp_ip_in}) add(program, PACKET_LINK_IP, false);
  for (bpf_program* program :
       {programs.cgroup_load, programs.cgroup_load_in, programs.cgroup_plain, programs.cgroup_plain_in})
    add(program, PACKET_LINK_IP, true);
}

ParseProbe::~ParseProbe() {
  parse_probe_bpf__destroy(object_);
}

ParseRun ParseProbe::run(const ParseProgram& program, const Bytes& frame) {
  const Bytes given = program.behind_ethernet ? (Ethernet{} / Payload{}).bytes() : Bytes{};
  Bytes input = given;
  put(input, frame);
  bpf_test_run_opts options{};
  options.sz = sizeof options;
  options.data_in = input.data();
  options.data_size_in = static_cast<uint32_t>(input.size());
  options.repeat = 1;
  ParseRun run;
  run.error = -bpf_prog_test_run_opts(program.fd, &options);
  if (run.error != 0) return run;
  const uint32_t key = 0;
  run.error = -bpf_map_lookup_elem(bpf_map__fd(object_->maps.parsed), &key, &run.found);
  plain_ = run.found.plain;
  if (run.error == 0 && run.found.runs != ++runs_) run.error = ENODATA;  // the program did not run
  return run;
}

}  // namespace weir::tests
