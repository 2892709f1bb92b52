// SPDX-License-Identifier: Apache-2.0
#include "app/flows_file.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/capture_links.h"
#include "app/flow_sink.h"
#include "app/progress.h"
#include "app/stop_signal.h"
#include "flow/packet_flows.h"
#include "sink/run_summary.h"
#include "source/capture_file.h"

namespace weir::app {
namespace {

using base::Result;

constexpr size_t kBatchPackets = 64;

int tell(const base::Error& error) {
  std::fprintf(stderr, "weir: %s\n", error.message.c_str());
  return base::exit_code(error.kind);
}

flow::PacketFlowsOptions table_options(const config::FlowsOptions& options) {
  flow::PacketFlowsOptions table;
  table.tcp_idle = options.tcp_idle;
  table.other_idle = options.other_idle;
  table.end_wait = options.end_wait;
  table.active = options.active;
  table.max_flows = options.max_flows;
  return table;
}

sink::RunSummary summarize(const CaptureLinks& links, const flow::PacketFlowsCounters& counters,
                           uint64_t written, const config::FlowsOptions& options) {
  sink::RunSummary summary;
  summary.packets = counters.packets;
  summary.bytes = counters.bytes;
  summary.flows = counters.flows;
  summary.records = written;
  links.add_to(summary);
  summary.notes.push_back(
      {"flows evicted: --max-flows " + std::to_string(options.max_flows), counters.evicted});
  summary.notes.push_back(
      {"later fragments without their first: in flows without ports", counters.fragment_orphans});
  summary.notes.push_back(
      {"packets older than the one before: taken as of the same time", counters.times_backwards});
  return summary;
}

}  // namespace

int flows_file(const config::FlowsOptions& options) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  auto stop = StopSignal::create();
  if (!stop) return tell(stop.error());
  sink::OutputBuffer output(STDOUT_FILENO);
  auto sink = make_flow_sink(options, output, terminal);
  if (!sink) return tell(sink.error());
  uint64_t records = 0;
  const uint64_t most_records = options.count.value_or(UINT64_MAX);
  auto flows = flow::PacketFlows::create(table_options(options), [&](const flow::FlowRecord& record) {
    if (records == most_records) return;
    ++records;
    (*sink)->write(record);
  });
  if (!flows) return tell(flows.error());
  auto reader = source::open_captures(options.captures, stop->fd());
  if (!reader) return tell(reader.error());

  CaptureLinks links(options.expression, options.decapsulate);
  Progress progress(terminal);
  std::array<source::CapturedPacket, kBatchPackets> captured;
  std::array<flow::FlowPacket, kBatchPackets> packets;
  std::optional<base::Error> problem;
  std::optional<int64_t> last_time;
  bool ended_early = false;  // -c or --for: what still lives is not the captures' end
  while (!stop->requested() && !output.failed() && !ended_early) {
    const size_t read = (*reader)->read(captured);
    if (read == 0) {
      problem = (*reader)->error();
      break;
    }
    if (auto known = links.learn((*reader)->interfaces(), *flows); !known) {
      problem = known.error();
      break;
    }
    size_t parsed = 0;
    for (const source::CapturedPacket& packet : std::span(captured.data(), read)) {
      if (options.duration && !last_time) last_time = packet.time_ns + options.duration->count();
      if (last_time && packet.time_ns > *last_time) {
        ended_early = true;
        break;
      }
      if (links.parse(packet, packets[parsed])) ++parsed;
    }
    flows->add(std::span(packets.data(), parsed));
    if (records == most_records) ended_early = true;
    // A pipe that has no more for now: what is known goes out before we wait.
    if (read < kBatchPackets) static_cast<void>((*sink)->flush());
    progress.show(flows->counters());
    if (stop->take_report_request())
      std::fputs(summary_text(summarize(links, flows->counters(), records, options)).c_str(), stderr);
  }
  progress.clear();
  flows->finish();
  const auto written = (*sink)->finish();
  const bool failed = !written && written.error().system_errno != EPIPE;  // EPIPE: he has what he wanted
  const uint64_t told_records = written || failed ? records : std::min(records, output.written_lines());
  sink::RunSummary summary = summarize(links, flows->counters(), told_records, options);
  summary.complete = !problem;
  std::fputs(summary_text(summary).c_str(), stderr);
  if (failed) return tell(written.error());
  return problem ? tell(*problem) : 0;
}

}  // namespace weir::app
