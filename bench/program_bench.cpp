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

namespace {

constexpr uint32_t kRepeats = 1'000'000;
constexpr int kRounds = 9;
constexpr uint32_t kSource4Offset = 26;
constexpr uint32_t kSource6Offset = 34;

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
  if (!flows || !vary) return std::fprintf(stderr, "cannot load (root?)\n"), 1;
  const_cast<flow_config*>(&flows->rodata->flow_config)->at_interface = 0;
  bpf_map__set_max_entries(flows->maps.flows4, 1'000'000);
  bpf_map__set_max_entries(flows->maps.flows6, 1'000'000);
  bpf_map__set_max_entries(flows->maps.flow_details, 2'000'000);
  if (flows_bpf__load(flows) != 0) return std::fprintf(stderr, "cannot load the flow programs\n"), 1;

  using namespace weir::tests;
  // The same segment again and again: each run also counts a retransmission, the dearest of the common ways.
  const std::array<Load, 2> loads = {
      {{"IPv4 TCP", (Ethernet{} / IPv4{} / TCP{} / Payload{100}).bytes(), kSource4Offset},
       {"IPv6 TCP", (Ethernet{} / IPv6{} / TCP{} / Payload{100}).bytes(), kSource6Offset}}};

  std::printf("%-28s %10s %8s %8s %8s\n", "program", "packet", "1", "16k", "256k");
  const auto row = [&](const char* name, const char* packet, int target, int wrapper, int array,
                       const Bytes& frame, uint32_t offset) {
    std::printf("%-28s %10s", name, packet);
    for (const uint32_t count : {1u, 16384u, 262144u}) {
      const uint32_t zero = 0;
      bpf_map_update_elem(array, &zero, &target, BPF_ANY);
      vary->bss->vary_offset = offset;
      vary->bss->vary_mask = count == 1 ? 0 : (count - 1);
      nanoseconds(wrapper, frame, 4 * count, 1);  // makes the entries
      std::printf(" %8.0f", nanoseconds(wrapper, frame));
    }
    std::printf("\n");
    forget(bpf_map__fd(flows->maps.flows4), 20);
    forget(bpf_map__fd(flows->maps.flows6), 44);
    forget(bpf_map__fd(flows->maps.flow_details), 44);
  };
  const int vary_xdp = bpf_program__fd(vary->progs.vary_xdp), vary_tc = bpf_program__fd(vary->progs.vary_tc);
  const int xdp_array = bpf_map__fd(vary->maps.xdp_target), tc_array = bpf_map__fd(vary->maps.tc_target);
  for (const Load& load : loads) {
    row("XDP_PASS (floor)", load.name, bpf_program__fd(vary->progs.floor_xdp), vary_xdp, xdp_array,
        load.frame, load.source_offset);
    row("weir_xdp", load.name, bpf_program__fd(flows->progs.weir_xdp), vary_xdp, xdp_array, load.frame,
        load.source_offset);
    row("TC_ACT_OK (floor)", load.name, bpf_program__fd(vary->progs.floor_tc), vary_tc, tc_array, load.frame,
        load.source_offset);
    row("weir_tc_in", load.name, bpf_program__fd(flows->progs.weir_tc_in), vary_tc, tc_array, load.frame,
        load.source_offset);
    row("weir_tc_out", load.name, bpf_program__fd(flows->progs.weir_tc_out), vary_tc, tc_array, load.frame,
        load.source_offset);
    std::printf("%-28s %10s %8.0f\n", "cgroup return 1 (floor)", load.name,
                nanoseconds(bpf_program__fd(vary->progs.floor_cgroup), load.frame));
    std::printf("%-28s %10s %8.0f\n", "weir_cg_in", load.name,
                nanoseconds(bpf_program__fd(flows->progs.weir_cg_in), load.frame));
    std::printf("%-28s %10s %8.0f\n", "weir_cg_out", load.name,
                nanoseconds(bpf_program__fd(flows->progs.weir_cg_out), load.frame));
  }
  // Another's tc program beside ours: program_bench OBJECT PROGRAM.
  if (argc == 3) {
    bpf_object* other = bpf_object__open_file(argv[1], nullptr);
    if (!other || bpf_object__load(other) != 0) return std::fprintf(stderr, "cannot load %s\n", argv[1]), 1;
    for (const Load& load : loads)
      row(argv[2], load.name, bpf_program__fd(bpf_object__find_program_by_name(other, argv[2])), vary_tc,
          tc_array, load.frame, load.source_offset);
    bpf_object__close(other);
  }
  vary_bpf__destroy(vary);
  flows_bpf__destroy(flows);
}
