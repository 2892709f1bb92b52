// SPDX-License-Identifier: Apache-2.0
#include "sink/human_text.h"

#include <gtest/gtest.h>

#include "sink/record_example.h"

namespace weir::sink {
namespace {

TEST(HumanText, bytes_have_three_digits_and_a_unit) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.00 kB");
  EXPECT_EQ(human_bytes(5120), "5.12 kB");
  EXPECT_EQ(human_bytes(999'499), "999 kB");
  EXPECT_EQ(human_bytes(999'500), "1.00 MB");
  EXPECT_EQ(human_bytes(1'250'000'000), "1.25 GB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "18.4 EB");
}

TEST(HumanText, counts_have_a_unit_from_a_thousand_on) {
  EXPECT_EQ(human_count(999), "999");
  EXPECT_EQ(human_count(3400), "3.40 k");
  EXPECT_EQ(human_count(12'345), "12.3 k");
}

TEST(HumanText, durations_fit_their_size) {
  EXPECT_EQ(human_duration(0), "0 ns");
  EXPECT_EQ(human_duration(184'000), "184 us");
  EXPECT_EQ(human_duration(999'600), "1.00 ms");
  EXPECT_EQ(human_duration(1'250'000'000), "1.25 s");
  EXPECT_EQ(human_duration(59'990'000'000), "1m00s");
  EXPECT_EQ(human_duration(200'000'000'000), "3m20s");
  EXPECT_EQ(human_duration(7'500'000'000'000), "2h05m");
  EXPECT_EQ(human_duration(90'000'000'000'000), "1d01h");
}

TEST(HumanText, groups_digits) {
  EXPECT_EQ(grouped_digits(7), "7");
  EXPECT_EQ(grouped_digits(999), "999");
  EXPECT_EQ(grouped_digits(1000), "1,000");
  EXPECT_EQ(grouped_digits(3'000'000), "3,000,000");
}

TEST(HumanText, a_name_cannot_steer_the_terminal) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a?[31mb?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "2J"),
            "?2J");
  EXPECT_EQ(printable("gr\xC3\xBC\xff"), "gr\xC3\xBC?");
}

TEST(HumanText, ipv6_endpoints_have_brackets_where_a_port_follows) {
  flow::FlowRecord record = example_flow();
  EXPECT_EQ(endpoint_text(record.source, true), "10.0.0.7:51514");
  std::array<uint8_t, 16> address{0xfe, 0x80};
  address[15] = 1;
  record.source.address = decode::IpAddress::v6(address.data());
  EXPECT_EQ(endpoint_text(record.source, true), "[fe80::1]:51514");
  EXPECT_EQ(endpoint_text(record.source, false), "fe80::1");
}

TEST(HumanText, owners_and_protocols_have_short_names) {
  EXPECT_EQ(owner_text(example_flow().source), "curl/4121");
  EXPECT_EQ(owner_text(example_flow().destination), "");
  EXPECT_EQ(protocol_text(58), "icmp6");
  EXPECT_EQ(protocol_text(253), "proto-253");
}

TEST(HumanText, width_counts_code_points) {
  EXPECT_EQ(display_width("gr\xC3\xBC\xC3\x9F"), 4u);
}

}  // namespace
}  // namespace weir::sink
