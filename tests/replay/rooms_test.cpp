// SPDX-License-Identifier: Apache-2.0
// The offline road in one process, for sanitizers: file, parser, flow table, every way out.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/unique_fd.h"
#include "capture_writer.h"
#include "decode/packet.h"
#include "flow/packet_flows.h"
#include "sink/aggregate_sink.h"
#include "sink/field_sink.h"
#include "sink/flow_table_sink.h"
#include "sink/json_sink.h"
#include "sink/line_sink.h"
#include "source/capture_file.h"

namespace weir::tests {
namespace {

struct Totals {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  bool operator==(const Totals&) const = default;
};

struct RoadResult {
  Totals counted;  // by the table
  Totals written;  // the sum of the records
};

/// Reads `path` to its end or tear and writes every flow in every form to /dev/null.
RoadResult travel(const std::string& path) {
  RoadResult result;
  auto reader = source::open_captures({path});
  if (!reader) return result;
  const base::UniqueFd nowhere(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  sink::OutputBuffer output(nowhere.get());
  std::vector<const flow::Field*> all;
  for (const flow::Field& field : flow::fields()) all.push_back(&field);
  std::vector<std::unique_ptr<sink::RecordSink>> sinks;
  sinks.push_back(std::make_unique<sink::JsonSink>(output));
  sinks.push_back(std::make_unique<sink::LineSink>(output, true));
  sinks.push_back(std::make_unique<sink::FlowTableSink>(output, sink::FlowTableForm{.wide = true}));
  sinks.push_back(std::make_unique<sink::FieldSink>(output, all, sink::FieldForm::json));
  sinks.push_back(std::make_unique<sink::FieldSink>(output, all, sink::FieldForm::lines));
  sinks.push_back(std::make_unique<sink::AggregateSink>(
      output, std::vector{flow::find_field("destination"), flow::find_field("port")}, sink::AggregateForm{}));
  flow::PacketFlowsOptions bounded;
  bounded.max_flows = 1000;
  auto flows = flow::PacketFlows::create(bounded, [&](const flow::FlowRecord& record) {
    result.written.packets += record.source.packets + record.destination.packets;
    result.written.bytes += record.source.bytes + record.destination.bytes;
    for (const auto& sink : sinks) sink->write(record);
  });
  EXPECT_TRUE(flows);
  std::array<source::CapturedPacket, 64> packets;
  while (const size_t read = (*reader)->read(packets)) {
    for (const source::CapturedPacket& packet : std::span(packets.data(), read)) {
      const auto link = decode::packet_link((*reader)->interfaces()[packet.interface].link_type);
      flow::FlowPacket parsed{};
      if (!link || !PACKET_HAS_IP(decode::parse_packet(*link, packet.data, packet.captured_bytes,
                                                       packet.wire_bytes, true, parsed.info)))
        continue;
      parsed.time_ns = packet.time_ns;
      parsed.data = packet.data;
      parsed.captured_bytes = packet.captured_bytes;
      flows->add(parsed);
    }
  }
  flows->finish();
  for (const auto& sink : sinks) EXPECT_TRUE(sink->finish());
  const auto counters = flows->counters();
  result.counted = {counters.packets, counters.bytes};
  return result;
}

TEST(OfflineRoad, what_is_written_sums_to_what_was_counted) {
  PcapFile capture;
  for (uint16_t i = 0; i < 3000; ++i)
    capture.add(i, Ethernet{} / IPv4{} / UDP{.source = static_cast<uint16_t>(i % 1500)} / Payload{i % 100u});
  const std::string path = testing::TempDir() + "/offline_road.pcap";
  const base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  ASSERT_EQ(::write(file.get(), capture.bytes().data(), capture.bytes().size()),
            static_cast<ssize_t>(capture.bytes().size()));
  const RoadResult result = travel(path);
  std::filesystem::remove(path);
  EXPECT_EQ(result.counted.packets, 3000u);
  EXPECT_EQ(result.written, result.counted) << "with evictions";
}

TEST(OfflineRoad, public_captures_lose_no_packet_between_table_and_records) {
  const char* folder = std::getenv("WEIR_CAPTURES");
  if (folder == nullptr) GTEST_SKIP() << "WEIR_CAPTURES names no folder of captures";
  constexpr uintmax_t kLargest = 1 << 20;  // sanitizers are slow
  uint64_t with_packets = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.file_size() > kLargest) continue;
    const RoadResult result = travel(entry.path());
    EXPECT_EQ(result.written, result.counted) << entry.path();
    if (result.counted.packets != 0) ++with_packets;
  }
  RecordProperty("captures_with_packets", std::to_string(with_packets));
  EXPECT_GE(with_packets, 1u) << folder;
}

}  // namespace
}  // namespace weir::tests
