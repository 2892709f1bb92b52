// SPDX-License-Identifier: Apache-2.0
#include "sink/field_sink.h"

#include <gtest/gtest.h>

#include "sink/aggregate_sink.h"
#include "sink/record_example.h"
#include "sink/written_text.h"

namespace weir::sink {
namespace {

std::vector<const flow::Field*> named(const std::vector<std::string_view>& names) {
  std::vector<const flow::Field*> fields;
  for (const std::string_view name : names) {
    fields.push_back(flow::find_field(name));
    EXPECT_NE(fields.back(), nullptr) << name;
  }
  return fields;
}

std::string chosen(const std::vector<std::string_view>& names, FieldForm form,
                   const flow::FlowRecord& record) {
  return written_text([&](OutputBuffer& output) {
    FieldSink sink(output, named(names), form);
    sink.write(record);
    sink.write(record);
  });
}

TEST(FieldSink, writes_exact_values_between_tabs_and_a_dash_for_what_is_absent) {
  EXPECT_EQ(chosen({"source.address", "bytes", "duration", "destination.process.pid"}, FieldForm::lines,
                   example_flow()),
            "10.0.0.7\t5932\t184000000\t-\n10.0.0.7\t5932\t184000000\t-\n");
}

TEST(FieldSink, a_header_names_the_columns_once) {
  EXPECT_TRUE(chosen({"state", "port", "duration"}, FieldForm::lines_with_header, example_flow())
                  .starts_with("state\tdestination.port\tduration_ns\nclosed\t80\t184000000\n"));
}

TEST(FieldSink, a_tab_in_a_name_does_not_make_a_column) {
  flow::FlowRecord record = example_flow();
  auto process = std::make_shared<decode::Process>(*record.source.process);
  process->comm = "a\tb\\c\n";
  record.source.process = process;
  EXPECT_TRUE(chosen({"source.process.comm"}, FieldForm::lines, record).starts_with("a\\tb\\\\c\\n\n"));
}

TEST(FieldSink, json_nests_along_the_dots_and_leaves_out_what_is_absent) {
  const std::string line =
      R"({"type":"flow","source":{"port":51514,"address":"10.0.0.7"},"state":"closed","rtt_ns":201000})"
      "\n";
  EXPECT_EQ(chosen({"source.port", "state", "source.address", "destination.process.pid",
                    "destination.user.id", "rtt"},
                   FieldForm::json, example_flow()),
            line + line);
  EXPECT_TRUE(chosen({"icmp.type"}, FieldForm::json, example_flow()).starts_with("{\"type\":\"flow\"}\n"));
}

TEST(FieldSink, json_flags_are_booleans) {
  flow::FlowRecord record = example_flow();
  record.partial = true;
  EXPECT_TRUE(chosen({"partial"}, FieldForm::json, record).starts_with(R"({"type":"flow","partial":true})"));
}

std::string aggregated(AggregateForm form, std::vector<std::string_view> by) {
  return written_text([&](OutputBuffer& output) {
    AggregateSink sink(output, named(by), form);
    flow::FlowRecord record = example_flow();
    sink.write(record);
    sink.write(record);
    record.destination.port = 443;
    record.source.process = nullptr;
    record.state = flow::FlowState::reset;
    sink.write(record);
    EXPECT_TRUE(sink.finish());
  });
}

TEST(AggregateSink, sums_by_fields_in_a_table) {
  EXPECT_EQ(aggregated({}, {"process", "port"}),
            "PROCESS  PORT  FLOWS  PKTS ->  BYTES ->  <- PKTS  <- BYTES       RATE  RETR  REFUSED     RTT  "
            "RTT MAX\n"
            "curl       80      2       12   1.62 kB       10   10.2 kB  64.5 kB/s                 201 us   "
            "201 us\n"
            "-         443      1        6     812 B        5   5.12 kB  32.2 kB/s              1  201 us   "
            "201 us\n");
}

TEST(AggregateSink, ordered_by_start_says_it) {
  const std::string text = aggregated({.order = flow::GroupOrder::start}, {"port"});
  EXPECT_NE(text.find("RTT MAX  START\n"), std::string::npos) << text;
  EXPECT_NE(text.find("201 us  09:27:19.123\n"), std::string::npos) << text;
}

TEST(AggregateSink, shows_the_first_rows_and_says_how_many_more_there_are) {
  const std::string text = aggregated({.rows = 1}, {"port"});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_NE(text.find("and 1 more groups"), std::string::npos) << text;
}

TEST(AggregateSink, writes_sums_as_json_lines) {
  const std::string text = aggregated({.json = true}, {"process", "destination.port"});
  EXPECT_EQ(
      text.substr(0, text.find('\n')),
      R"({"type":"aggregate","time":"2025-11-21T09:27:19.307456789Z","by":{"process":"curl","destination":)"
      R"({"port":80}},"flows":2,"records":2,"source":{"packets":12,"bytes":1624},"destination":{"packets":10,)"
      R"("bytes":10240},"retransmits":0,"refused":0,"rtt":{"average_ns":201000,"max_ns":201000},)"
      R"("start":"2025-11-21T09:27:19.123456789Z","end":"2025-11-21T09:27:19.307456789Z"})");
}

TEST(AggregateSink, an_interval_ends_its_sums_and_its_rate_is_over_the_interval) {
  const int64_t begin = example_flow().start_ns - 3'600'000'000'000;
  const std::string text = written_text([&](OutputBuffer& output) {
    AggregateSink sink(output, named({"process"}), {});
    sink.write(example_flow());
    sink.end_interval(begin, begin + 2'000'000'000);
    sink.end_interval(begin + 2'000'000'000, begin + 4'000'000'000);
    EXPECT_TRUE(sink.finish());
  });
  EXPECT_EQ(
      text,
      "2025-11-21T08:27:21Z, the last 2.00 s:\n"
      "PROCESS  FLOWS  PKTS ->  BYTES ->  <- PKTS  <- BYTES       RATE  RETR  REFUSED     RTT  RTT MAX\n"
      "curl         1        6     812 B        5   5.12 kB  2.97 kB/s                 201 us   201 us\n"
      "\n"
      "2025-11-21T08:27:23Z, the last 2.00 s:\n"
      "PROCESS  FLOWS  PKTS ->  BYTES ->  <- PKTS  <- BYTES  RATE  RETR  REFUSED  RTT  RTT MAX\n"
      "\n");
}

}  // namespace
}  // namespace weir::sink
