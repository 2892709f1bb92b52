// SPDX-License-Identifier: Apache-2.0
#include "app/hook_filter.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/in.h>

namespace weir::app {
namespace {

using filter::FirstHeader;
using kernel::FilterPlace;
using kernel::FilterRequest;
using kernel::Traffic;

/// From 10.0.0.7:51514 to 10.0.0.9:443, or the same as fd00::7 and fd00::9.
socket_listing connection(uint8_t version = 4) {
  socket_listing listing{};
  listing.version = version;
  listing.protocol = IPPROTO_TCP;
  listing.local_port = htons(51514);
  listing.remote_port = htons(443);
  const int family = version == 4 ? AF_INET : AF_INET6;
  EXPECT_EQ(inet_pton(family, version == 4 ? "10.0.0.7" : "fd00::7", listing.local_address), 1);
  EXPECT_EQ(inet_pton(family, version == 4 ? "10.0.0.9" : "fd00::9", listing.remote_address), 1);
  return listing;
}

bool matches(const std::string& text, const socket_listing& listing) {
  HookFilter filter(text);
  const auto compiled = filter.compile(FirstHeader::ip);
  EXPECT_TRUE(compiled) << (compiled ? "" : compiled.error().message);
  return filter.matches(listing);
}

TEST(HookFilter, without_an_expression_everything_matches_and_no_filter_is_made) {
  HookFilter filter("");
  EXPECT_TRUE(filter.compile(FirstHeader::ip));
  EXPECT_FALSE(filter.maker());
  EXPECT_TRUE(filter.matches(connection()));
}

TEST(HookFilter, a_connection_matches_by_its_tuple_in_either_direction) {
  for (const char* text : {"tcp", "ip", "tcp port 443", "src port 443", "dst port 443", "host 10.0.0.7",
                           "src host 10.0.0.9", "src 10.0.0.7 and dst port 443", "net 10.0.0.0/24"})
    EXPECT_TRUE(matches(text, connection())) << text;
  for (const char* text : {"udp", "ip6", "port 80", "host 10.0.0.8", "src 10.0.0.7 and src port 443",
                           "not tcp", "net 192.168.0.0/16"})
    EXPECT_FALSE(matches(text, connection())) << text;
}

TEST(HookFilter, a_connection_over_ipv6_matches_as_such) {
  EXPECT_TRUE(matches("ip6 and tcp port 443 and host fd00::9", connection(6)));
  EXPECT_TRUE(matches("ip6[6] = 6 and ip6[4:2] = 20", connection(6)));
  EXPECT_FALSE(matches("ip", connection(6)));
}

TEST(HookFilter, an_ipv4_socket_of_either_family_is_one_of_ipv4) {
  EXPECT_TRUE(matches("ip[0] = 0x45 and ip[2:2] = 40 and ip[8] = 64", connection()));
}

TEST(HookFilter, a_connection_is_a_bare_ack_to_the_expression) {
  EXPECT_TRUE(matches("tcp[tcpflags] = tcp-ack", connection()));
  EXPECT_TRUE(matches("len = 40", connection()));
  EXPECT_FALSE(matches("tcp[tcpflags] & tcp-syn != 0", connection()));
  EXPECT_FALSE(matches("greater 41", connection()));
}

TEST(HookFilter, inbound_is_what_arrives_at_the_sockets_own_end) {
  EXPECT_TRUE(matches("inbound and dst port 51514", connection()));
  EXPECT_TRUE(matches("outbound and dst port 443", connection()));
  EXPECT_FALSE(matches("inbound and dst port 443", connection()));
  EXPECT_FALSE(matches("outbound and src port 443", connection()));
}

TEST(HookFilter, refuses_a_word_that_the_hooks_packets_cannot_answer) {
  HookFilter filter("ether host 02:00:00:00:00:01");
  const auto at_ip = filter.compile(FirstHeader::ip);
  ASSERT_FALSE(at_ip);
  EXPECT_EQ(at_ip.error().kind, base::ErrorKind::bad_input);
  EXPECT_NE(at_ip.error().message.find("'ether' needs a link header"), std::string::npos);
  EXPECT_TRUE(filter.compile(FirstHeader::ethernet));
}

TEST(HookFilter, makes_instructions_for_every_place_that_it_was_compiled_for) {
  HookFilter filter("tcp port 443 and inbound");
  ASSERT_TRUE(filter.compile(FirstHeader::ethernet));
  ASSERT_TRUE(filter.compile(FirstHeader::ip));
  const kernel::FilterMaker make = filter.maker();
  ASSERT_TRUE(make);
  for (const FilterPlace place : {FilterPlace::cgroup, FilterPlace::tc, FilterPlace::tc_layer3,
                                  FilterPlace::xdp, FilterPlace::socket}) {
    const auto in_place = make({place, Traffic::ingress, 7, true, true});
    ASSERT_TRUE(in_place) << in_place.error().message;
    const auto by_helper = make({place, Traffic::ingress, 7, false, true});
    ASSERT_TRUE(by_helper) << by_helper.error().message;
    EXPECT_GT(in_place->size(), 10u);
    if (place != FilterPlace::socket) {
      EXPECT_NE(in_place->size(), by_helper->size());
    }
  }
}

TEST(HookFilter, a_header_that_it_was_not_compiled_for_is_an_error) {
  HookFilter filter("tcp");
  ASSERT_TRUE(filter.compile(FirstHeader::ip));
  const auto made = filter.maker()({FilterPlace::xdp, Traffic::ingress, 7, true, true});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, base::ErrorKind::internal);
}

}  // namespace
}  // namespace weir::app
