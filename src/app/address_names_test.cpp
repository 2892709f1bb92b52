// SPDX-License-Identifier: Apache-2.0
#include "app/address_names.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace weir::app {
namespace {

using namespace std::chrono_literals;

decode::IpAddress address(uint8_t last) {
  const uint8_t bytes[4] = {10, 0, 0, last};
  return decode::IpAddress::v4(bytes);
}

/// A name server that answers when it is told to.
struct Server {
  std::mutex mutex;
  std::condition_variable told;
  bool open = false;
  int asked = 0;
  void answer_from_now_on() {
    const std::scoped_lock lock(mutex);
    open = true;
    told.notify_all();
  }
};
Server* server = nullptr;

/// Kept for ever: a look-up may outlive its test.
Server* new_server() {
  static auto* all = new std::deque<Server>;
  return &all->emplace_back();
}

std::string held_up(const decode::IpAddress& of) {
  std::unique_lock lock(server->mutex);
  ++server->asked;
  server->told.wait(lock, [] { return server->open; });
  return "host" + std::to_string(of.bytes[3]);
}

std::string at_once(const decode::IpAddress& of) {
  return of.bytes[3] == 9 ? "" : "host" + std::to_string(of.bytes[3]);
}

TEST(AddressNames, with_patience_the_first_question_is_answered) {
  AddressNames names(10s, at_once);
  EXPECT_EQ(names.name_of(address(1)), "host1");
  EXPECT_EQ(names.name_of(address(2)), "host2");
  EXPECT_EQ(names.name_of(address(1)), "host1");
  EXPECT_EQ(names.name_of(address(9)), "");
}

TEST(AddressNames, without_patience_the_stream_never_waits_and_each_address_is_asked_once) {
  server = new_server();
  AddressNames names(0ms, held_up);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(names.name_of(address(1)), "");
  server->answer_from_now_on();
  while (names.name_of(address(1)).empty()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(names.name_of(address(1)), "host1");
  const std::scoped_lock lock(server->mutex);
  EXPECT_EQ(server->asked, 1);
}

TEST(AddressNames, a_flood_of_addresses_waits_in_a_bounded_queue) {
  server = new_server();
  AddressNames names(0ms, held_up);
  for (uint32_t i = 0; i < 100'000; ++i) EXPECT_EQ(names.name_of(decode::IpAddress::v4(&i)), "");
  // An address that found the queue full is asked about when it is seen again.
  server->answer_from_now_on();
  const decode::IpAddress late = address(77);
  while (names.name_of(late).empty()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(names.name_of(late), "host77");
}

TEST(AddressNames, ending_does_not_wait_for_a_name_server) {
  server = new_server();
  {
    AddressNames names(0ms, held_up);
    EXPECT_EQ(names.name_of(address(1)), "");
  }
  server->answer_from_now_on();
}

TEST(AddressNames, the_machines_own_table_is_asked) {
  const uint8_t loopback[4] = {127, 0, 0, 1};
  EXPECT_EQ(look_name_up(decode::IpAddress::v4(loopback)), "localhost");
}

}  // namespace
}  // namespace weir::app
