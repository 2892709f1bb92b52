// SPDX-License-Identifier: Apache-2.0
// The ways out that people read: lines, the final table, the summary.
#include <gtest/gtest.h>

#include "sink/flow_columns.h"
#include "sink/flow_table_sink.h"
#include "sink/line_sink.h"
#include "sink/record_example.h"
#include "sink/run_summary.h"
#include "sink/written_text.h"

namespace weir::sink {
namespace {

TEST(LineSink, writes_one_readable_line_a_flow) {
  const std::string text = written_text([](OutputBuffer& output) {
    LineSink sink(output, false);
    sink.write(example_flow());
  });
  EXPECT_EQ(text,
            "2025-11-21T09:27:19.123456Z  184 ms tcp   10.0.0.7:51514 (curl/4121) -> 10.0.0.9:80           "
            "     6 pkts   812 B <-      5 pkts 5.12 kB closed rtt 201 us\n");
}

TEST(LineSink, writes_a_loss_as_a_line) {
  const std::string text = written_text([](OutputBuffer& output) {
    LineSink sink(output, false);
    sink.write(flow::LossRecord{
        .stage = "ring full", .unit = "packets", .count = 1200, .total = 1200, .time_ns = 0});
  });
  EXPECT_EQ(text, "1970-01-01T00:00:00.000000Z lost 1,200 packets: ring full\n");
}

std::string table(FlowTableForm form, const std::vector<flow::FlowRecord>& records) {
  return written_text([&](OutputBuffer& output) {
    FlowTableSink sink(output, form);
    for (const auto& record : records) sink.write(record);
    EXPECT_TRUE(sink.finish());
  });
}

TEST(FlowTableSink, aligns_columns_and_leaves_out_those_without_a_word) {
  EXPECT_EQ(table({}, {example_flow()}),
            "PROTO  SOURCE          OWNER      DESTINATION  PKTS ->  BYTES ->  <- PKTS  <- BYTES     RTT    "
            "TIME  STATE\n"
            "tcp    10.0.0.7:51514  curl/4121  10.0.0.9:80        6     812 B        5   5.12 kB  201 us  "
            "184 ms  closed\n");
}

TEST(FlowTableSink, keeps_the_largest_rows_and_sums_the_others) {
  std::vector<flow::FlowRecord> records;
  for (uint64_t i = 1; i <= 10; ++i) {
    records.push_back(example_flow());
    records.back().source.bytes = i * 1000;
    records.back().destination.bytes = 0;
  }
  const std::string text = table({.rows = 3}, records);
  EXPECT_LT(text.find("10.0 kB"), text.find("9.00 kB"));
  EXPECT_LT(text.find("9.00 kB"), text.find("8.00 kB"));
  EXPECT_EQ(text.find("7.00 kB"), std::string::npos);
  EXPECT_NE(text.find("and 7 more: 77 packets, 28.0 kB (--top N shows more rows, -o lines all)\n"),
            std::string::npos)
      << text;
}

TEST(FlowTableSink, the_wide_table_has_flags_and_the_community_id) {
  const std::string text = table({.wide = true}, {example_flow()});
  EXPECT_NE(text.find("SPAF"), std::string::npos) << text;
  EXPECT_NE(text.find("COMMUNITY ID"), std::string::npos);
}

TEST(FlowTableSink, without_flows_prints_the_titles) {
  EXPECT_TRUE(table({}, {}).starts_with("PROTO  SOURCE"));
}

TEST(FlowTableSink, colours_only_when_told) {
  EXPECT_EQ(table({}, {example_flow()}).find('\x1b'), std::string::npos);
  EXPECT_NE(table({.colour = true}, {example_flow()}).find("\x1b[1m"), std::string::npos);
}

TEST(FlowSortValue, orders_by_each_key) {
  const flow::FlowRecord record = example_flow();
  EXPECT_EQ(flow_sort_value(record, "bytes"), 5932);
  EXPECT_EQ(flow_sort_value(record, "packets"), 11);
  EXPECT_EQ(flow_sort_value(record, "rtt"), 201'000);
  EXPECT_EQ(flow_sort_value(record, "retransmits"), 0);
}

TEST(RunSummary, tells_what_was_seen_and_that_nothing_was_lost) {
  RunSummary summary;
  summary.packets = 3'000'000;
  summary.bytes = 2'100'000'000;
  summary.flows = 1;
  summary.records = 1;
  EXPECT_EQ(summary_text(summary),
            "weir: seen 3,000,000 packets, 2.10 GB, in 1 flow, 1 record\n"
            "weir: lost nothing\n");
}

TEST(RunSummary, names_refusals_and_losses_with_their_counts) {
  RunSummary summary;
  summary.not_counted = {{"truncated link header", 2}, {"not IP (ARP 10)", 10}, {"bad IP header", 0}};
  summary.without_ports = {{"truncated transport header", 4}};
  summary.notes = {{"flows evicted: --max-flows 10", 3}, {"fragments", 0}};
  summary.lost = {{.stage = "ring full", .unit = "packets", .count = 1, .total = 5, .time_ns = 0}};
  EXPECT_EQ(summary_text(summary),
            "weir: seen 0 packets, 0 B, in 0 flows, 0 records\n"
            "weir: in no flow 12 packets: 10 not IP (ARP 10), 2 truncated link header\n"
            "weir: in a flow without ports 4 packets: 4 truncated transport header\n"
            "weir: 3 flows evicted: --max-flows 10\n"
            "weir: lost 5 packets: ring full\n");
}

TEST(RunSummary, tells_that_records_are_lost_when_the_output_fails) {
  RunSummary summary;
  summary.output_failed = true;
  const std::string text = summary_text(summary);
  EXPECT_NE(text.find("weir: lost the records that could not be written\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("lost nothing"), std::string::npos) << text;
}

TEST(RunSummary, does_not_say_that_nothing_was_lost_behind_a_tear) {
  RunSummary summary;
  summary.complete = false;
  const std::string text = summary_text(summary);
  EXPECT_EQ(text.find("lost nothing"), std::string::npos) << text;
  EXPECT_NE(text.find("lost what comes after"), std::string::npos) << text;
}

}  // namespace
}  // namespace weir::sink
