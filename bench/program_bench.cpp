// SPDX-License-Identifier: Apache-2.0
// ns a packet of each flow program beside the empty program of its kind, by BPF_PROG_TEST_RUN in one run.
// The figures are the kernel's own average and include its floor and the program that varies the flow.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "wire/flow.h"

#include "flows.skel.h"
#include "tests/packet_builder.h"
#include "vary.skel.h"
#include "vary_cgroup.skel.h"

namespace {

constexpr uint32_t kRepeats = 1'000'000;
constexpr int kRounds = 9;

using weir::tests::Bytes;

/// Median of kRounds averages over kRepeats runs; negative: the kernel refused.
double nanoseconds(int program, const Bytes& frame, uint32_t repeats = kRepeats, int rounds = kRounds) {
  std::vector<double> figures;
  for (int round = 0; round < rounds; round++) {
    DECLARE_LIBBPF_OPTS(bpf_test_run_opts, options);
    options.data_in = frame.data();
    options.data_size_in = static_cast<uint32_t>(frame.size());
    options.repeat = static_cast<int>(repeats);
    if (bpf_prog_test_run_opts(program, &options) != 0) return -1;
    figures.push_back(options.duration);
  }
  std::nth_element(figures.begin(), figures.begin() + static_cast<long>(figures.size() / 2), figures.end());
  return figures[figures.size() / 2];
}

struct Load {
  const char* name;
  Bytes frame;
  uint32_t source_offset;
  uint32_t sequence_offset;
};

/// Empties a map between programs.
void forget(int map, size_t key_bytes) {
  std::vector<std::vector<uint8_t>> keys;
  std::vector<uint8_t> key(key_bytes);
  while (bpf_map_get_next_key(map, keys.empty() ? nullptr : keys.back().data(), key.data()) == 0)
    keys.push_back(key);
  for (const auto& old : keys) bpf_map_delete_elem(map, old.data());
}

}  // namespace

int main(int argc, char** argv) {
  if (!std::getenv("WEIR_LIBBPF_LOG")) libbpf_set_print(nullptr);
  flows_bpf* flows = flows_bpf__open();
  vary_bpf* vary = vary_bpf__open_and_load();
  vary_cgroup_bpf* cgroup = vary_cgroup_bpf__open();
  if (!flows || !vary || !cgroup) return std::fprintf(stderr, "cannot load (root?)\n"), 1;
  const_cast<flow_config*>(&flows->rodata->flow_config)->at_interface = 0;
  if (flows_bpf__load(flows) != 0 || vary_cgroup_bpf__load(cgroup) != 0)
    return std::fprintf(stderr, "cannot load the flow programs\n"), 1;

  using namespace weir::tests;
  const std::array<Load, 2> loads = {
      {{"IPv4 TCP", (Ethernet{} / IPv4{} / TCP{} / Payload{100}).bytes(), 26, 38},
       {"IPv6 TCP", (Ethernet{} / IPv6{} / TCP{} / Payload{100}).bytes(), 34, 58}}};

  std::printf("%-28s %10s %8s %8s %8s\n", "program", "packet", "1", "16k", "256k");
  const auto columns = [&](const char* name, const Load& load, const auto& measure) {
    std::printf("%-28s %10s", name, load.name);
    for (const uint32_t count : {1u, 16384u, 262144u}) std::printf(" %8.0f", measure(count));
    std::printf("\n");
    std::fflush(stdout);
    forget(bpf_map__fd(flows->maps.flows4), sizeof(flow_key4));
    forget(bpf_map__fd(flows->maps.flows6), sizeof(flow_key6));
    forget(bpf_map__fd(flows->maps.flow_details), sizeof(flow_key6));
    forget(bpf_map__fd(cgroup->maps.flows4), sizeof(flow_key4));
    forget(bpf_map__fd(cgroup->maps.flows6), sizeof(flow_key6));
    forget(bpf_map__fd(cgroup->maps.flow_details), sizeof(flow_key6));
  };
  const auto row = [&](const char* name, const Load& load, int target, int wrapper, int array) {
    const uint32_t zero = 0;
    bpf_map_update_elem(array, &zero, &target, BPF_ANY);
    vary->bss->vary_offset = load.source_offset;
    vary->bss->sequence_offset = load.sequence_offset;
    columns(name, load, [&](uint32_t count) {
      vary->bss->vary_mask = count - 1;
      nanoseconds(wrapper, load.frame, 4 * count, 1);  // makes the entries
      return nanoseconds(wrapper, load.frame);
    });
  };
  const auto cgroup_row = [&](const char* name, const Load& load, int program) {
    columns(name, load, [&](uint32_t count) {
      cgroup->bss->vary_mask = count - 1;
      nanoseconds(program, load.frame, 4 * count, 1);
      return nanoseconds(program, load.frame);
    });
  };
  const int vary_xdp = bpf_program__fd(vary->progs.vary_xdp), vary_tc = bpf_program__fd(vary->progs.vary_tc);
  const int xdp_array = bpf_map__fd(vary->maps.xdp_target), tc_array = bpf_map__fd(vary->maps.tc_target);
  for (const Load& load : loads) {
    cgroup_row("cgroup return 1 (floor)", load, bpf_program__fd(vary->progs.floor_cgroup));
    cgroup_row("weir_cg_in", load, bpf_program__fd(cgroup->progs.weir_cg_in));
    cgroup_row("weir_cg_out", load, bpf_program__fd(cgroup->progs.weir_cg_out));
    row("XDP_PASS (floor)", load, bpf_program__fd(vary->progs.floor_xdp), vary_xdp, xdp_array);
    row("weir_xdp", load, bpf_program__fd(flows->progs.weir_xdp), vary_xdp, xdp_array);
    row("TC_ACT_OK (floor)", load, bpf_program__fd(vary->progs.floor_tc), vary_tc, tc_array);
    row("weir_tc_in", load, bpf_program__fd(flows->progs.weir_tc_in), vary_tc, tc_array);
    row("weir_tc_out", load, bpf_program__fd(flows->progs.weir_tc_out), vary_tc, tc_array);
  }
  // Another's tc program beside ours: program_bench OBJECT PROGRAM.
  if (argc == 3) {
    bpf_object* other = bpf_object__open_file(argv[1], nullptr);
    if (!other || bpf_object__load(other) != 0) return std::fprintf(stderr, "cannot load %s\n", argv[1]), 1;
    for (const Load& load : loads)
      row(argv[2], load, bpf_program__fd(bpf_object__find_program_by_name(other, argv[2])), vary_tc,
          tc_array);
    bpf_object__close(other);
  }
  vary_bpf__destroy(vary);
  vary_cgroup_bpf__destroy(cgroup);
  flows_bpf__destroy(flows);
}
