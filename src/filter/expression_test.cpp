// SPDX-License-Identifier: Apache-2.0
#include "filter/expression.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <span>
#include <tuple>

namespace weir::filter {
namespace {

constexpr uint32_t kEthernet = 1;
constexpr uint32_t kRawIp = 101;  // DLT_RAW is 12: the two number spaces differ here

/// Ethernet, IPv4, TCP from 10.0.0.1:1234 to 10.0.0.2:443.
std::array<uint8_t, 54> tcp_frame() {
  std::array<uint8_t, 54> frame{};
  frame[12] = 0x08;
  uint8_t* ip = &frame[14];
  ip[0] = 0x45;
  ip[3] = 40;
  ip[8] = 64;
  ip[9] = 6;
  const uint8_t addresses[] = {10, 0, 0, 1, 10, 0, 0, 2};
  std::memcpy(ip + 12, addresses, sizeof addresses);
  const uint8_t ports[] = {1234 >> 8, 1234 & 255, 443 >> 8, 443 & 255};
  std::memcpy(ip + 20, ports, sizeof ports);
  ip[32] = 0x50;
  ip[33] = 2;
  return frame;
}

bool verdict(const std::string& text, uint32_t link_type, std::span<const uint8_t> packet,
             uint32_t wire_bytes) {
  auto expression = Expression::compile(text, link_type);
  EXPECT_TRUE(expression.has_value()) << (expression ? "" : expression.error().message);
  return expression && expression->matches(packet.data(), static_cast<uint32_t>(packet.size()), wire_bytes);
}

TEST(Expression, tells_packets_that_match_from_those_that_do_not) {
  const auto frame = tcp_frame();
  EXPECT_TRUE(verdict("tcp port 443 and net 10.0.0.0/8", kEthernet, frame, 54));
  EXPECT_FALSE(verdict("udp", kEthernet, frame, 54));
  EXPECT_FALSE(verdict("src port 443", kEthernet, frame, 54));
  EXPECT_TRUE(verdict("tcp[tcpflags] & tcp-syn != 0", kEthernet, frame, 54));
}

TEST(Expression, knows_link_types_whose_file_number_is_not_libpcaps_own) {
  const auto frame = tcp_frame();
  const auto packet = std::span<const uint8_t>(frame).subspan(14);
  EXPECT_TRUE(verdict("tcp dst port 443", kRawIp, packet, 40));
  EXPECT_FALSE(verdict("tcp dst port 443", kEthernet, packet, 40));
}

TEST(Expression, compares_lengths_with_those_on_the_wire) {
  const auto frame = tcp_frame();
  EXPECT_TRUE(verdict("greater 1000", kEthernet, frame, 1500));
  EXPECT_FALSE(verdict("greater 1000", kEthernet, frame, 54));
}

TEST(Expression, does_not_match_what_was_not_captured) {
  const auto frame = tcp_frame();
  EXPECT_FALSE(verdict("tcp port 443", kEthernet, std::span<const uint8_t>(frame).first(30), 54));
  EXPECT_FALSE(verdict("tcp port 443", kEthernet, {}, 0));
}

TEST(Expression, without_a_word_matches_all) {
  auto empty = Expression::compile("", kEthernet);
  ASSERT_TRUE(empty.has_value());
  EXPECT_TRUE(empty->matches_all());
  EXPECT_TRUE(empty->matches(nullptr, 0, 0));
  auto tcp = Expression::compile("tcp", kEthernet);
  ASSERT_TRUE(tcp.has_value());
  EXPECT_FALSE(tcp->matches_all());
  EXPECT_GT(tcp->classic().size(), 1u);
}

TEST(Expression, names_the_text_and_the_reason_of_an_error_on_one_line) {
  auto wrong = Expression::compile("tcp prot\n443", kEthernet);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().kind, base::ErrorKind::bad_input);
  EXPECT_NE(wrong.error().message.find("filter 'tcp prot 443' on link type EN10MB (1): "), std::string::npos)
      << wrong.error().message;
  EXPECT_NE(wrong.error().message.find("syntax error"), std::string::npos) << wrong.error().message;
  EXPECT_EQ(wrong.error().message.find('\n'), std::string::npos);
}

TEST(Expression, names_a_link_type_that_it_cannot_be_compiled_for) {
  auto wrong = Expression::compile("tcp port 80", 55555);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().kind, base::ErrorKind::bad_input);
  EXPECT_NE(wrong.error().message.find("'tcp port 80' on link type unknown (55555)"), std::string::npos)
      << wrong.error().message;
}

TEST(Expression, of_bsd_loopback_knows_each_systems_number_for_version_6) {
  auto expression = Expression::compile("ip6", 0);
  ASSERT_TRUE(expression.has_value());
  for (const uint8_t family : {2, 10, 24, 28, 30}) {
    std::vector<uint8_t> frame(44);
    frame[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 3] = family;
    frame[4] = 0x60;
    // Of Linux there is no such file: its loopback is Ethernet.
    EXPECT_EQ(expression->matches(frame.data(), 44, 44), family >= 24) << int{family};
  }
}

TEST(Expression, takes_any_snapshot_length) {
  for (const uint32_t snap : {0u, 1u, 96u, 262144u, 0x7fffffffu, 0xffffffffu}) {
    auto expression = Expression::compile("ip", kEthernet, snap);
    ASSERT_TRUE(expression.has_value()) << snap;
    const auto frame = tcp_frame();
    EXPECT_TRUE(expression->matches(frame.data(), frame.size(), frame.size())) << snap;
  }
}

TEST(ExpressionSet, compiles_once_for_each_link_type) {
  ExpressionSet set("tcp");
  auto ethernet = set.of(kEthernet);
  auto raw = set.of(kRawIp);
  auto again = set.of(kEthernet);
  ASSERT_TRUE(ethernet && raw && again);
  EXPECT_EQ(*ethernet, *again);
  EXPECT_NE(*ethernet, *raw);
  EXPECT_FALSE(ExpressionSet("tcp tcp").of(kEthernet).has_value());
}

TEST(Expression, knows_the_direction_when_it_is_told) {
  const auto frame = tcp_frame();
  const auto bytes = static_cast<uint32_t>(frame.size());
  for (const auto& [text, in, out] : {std::tuple{"inbound", true, false},
                                      {"outbound", false, true},
                                      {"outbound and udp", false, false},
                                      {"tcp and not outbound", true, false},
                                      {"tcp", true, true}}) {
    const auto expression = Expression::compile_for_hook(text, FirstHeader::ethernet);
    ASSERT_TRUE(expression) << text;
    EXPECT_EQ(expression->for_direction(Direction::ingress).matches(frame.data(), bytes, bytes), in) << text;
    EXPECT_EQ(expression->for_direction(Direction::egress).matches(frame.data(), bytes, bytes), out) << text;
  }
}

TEST(Expression, is_shown_on_one_line_and_cut_when_it_is_long) {
  EXPECT_EQ(quoted("tcp\nport 80"), "'tcp port 80'");
  const std::string shown = quoted("tcp " + std::string(10'000, 'x') + " port 80");
  EXPECT_LT(shown.size(), 220u);
  EXPECT_TRUE(shown.starts_with("'tcp xxx"));
  EXPECT_TRUE(shown.ends_with("x port 80'"));
  EXPECT_NE(shown.find(" ... "), std::string::npos);
}

}  // namespace
}  // namespace weir::filter
