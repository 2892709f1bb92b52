// SPDX-License-Identifier: Apache-2.0
#include "sink/screen_model.h"

#include <gtest/gtest.h>

#include "sink/record_example.h"

namespace weir::sink {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kWall = 1'763'717'240'000'000'000;

flow::FlowRecord living_flow(uint16_t port, const std::string& name, uint64_t bytes) {
  flow::FlowRecord record = example_flow();
  auto process = std::make_shared<decode::Process>(*record.source.process);
  process->executable = name;
  record.source.process = process;
  record.source.port = port;
  record.source.bytes = bytes;
  record.source.packets = bytes / 100;
  record.destination.bytes = 0;
  record.destination.packets = 0;
  record.state = flow::FlowState::established;
  return record;
}

/// What the screen would show, a line each.
std::vector<std::string> picture(ScreenModel& model, size_t width = 160, size_t height = 24) {
  std::vector<std::string> text;
  for (const ScreenLine& line : model.lines(width, height)) text.push_back(line.text());
  return text;
}

/// Whether some line holds `what`.
bool shows(ScreenModel& model, const std::string& what, size_t width = 160, size_t height = 24) {
  for (const std::string& line : picture(model, width, height))
    if (line.find(what) != std::string::npos) return true;
  return false;
}

size_t line_of(ScreenModel& model, const std::string& what) {
  const std::vector<std::string> lines = picture(model);
  for (size_t i = 0; i < lines.size(); ++i)
    if (lines[i].find(what) != std::string::npos) return i;
  return SIZE_MAX;
}

void snapshot(ScreenModel& model, int64_t second, const std::vector<flow::FlowRecord>& flows) {
  model.begin_snapshot(second * kSecond, kWall + second * kSecond);
  for (const flow::FlowRecord& record : flows) model.add(record);
  model.end_snapshot();
}

ScreenWish press(ScreenModel& model, char32_t letter) {
  return model.press({ScreenKey::Kind::character, letter});
}
ScreenWish press(ScreenModel& model, ScreenKey::Kind kind) {
  return model.press({kind, 0});
}
void type(ScreenModel& model, const std::u32string& text) {
  for (const char32_t letter : text) press(model, letter);
}

TEST(screen_model, orders_by_the_rate_between_two_snapshots) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "old", 900'000), living_flow(2, "busy", 1000)});
  snapshot(model, 2, {living_flow(1, "old", 900'000), living_flow(2, "busy", 51'000)});
  EXPECT_LT(line_of(model, "busy/4121"), line_of(model, "old/4121"));
  EXPECT_TRUE(shows(model, "50.0 k"));
  EXPECT_TRUE(shows(model, "50.0 kB/s"));  // of all
}

TEST(screen_model, groups_ordered_by_age_show_their_age) {
  ScreenModel model({.top = true, .by = {flow::find_field("container")}});
  flow::FlowRecord record = living_flow(1, "old", 100);
  record.start_ns = kWall - 39 * kSecond;
  snapshot(model, 1, {record});
  press(model, 'a');
  for (const size_t width : {160, 60}) {
    EXPECT_TRUE(shows(model, "AGE", width));
    EXPECT_TRUE(shows(model, "40.0 s", width));
  }
}

TEST(screen_model, orders_by_the_key_that_was_pressed_and_turns_round_on_the_second_press) {
  ScreenModel model({});
  flow::FlowRecord slow = living_flow(1, "slow", 100);
  slow.srtt_ns = 90'000'000;
  slow.source.retransmits = 7;
  snapshot(model, 1, {slow, living_flow(2, "large", 900'000)});
  press(model, 'b');
  EXPECT_LT(line_of(model, "large/"), line_of(model, "slow/"));
  press(model, 't');
  EXPECT_LT(line_of(model, "slow/"), line_of(model, "large/"));
  press(model, 'p');
  EXPECT_LT(line_of(model, "large/"), line_of(model, "slow/"));
  press(model, 'x');
  EXPECT_LT(line_of(model, "slow/"), line_of(model, "large/"));
  EXPECT_TRUE(shows(model, "ordered by retransmits"));
  press(model, 'x');
  EXPECT_LT(line_of(model, "large/"), line_of(model, "slow/"));
}

TEST(screen_model, orders_the_youngest_first_by_age) {
  ScreenModel model({});
  flow::FlowRecord young = living_flow(2, "young", 100);
  young.start_ns += kSecond / 2;
  snapshot(model, 1, {living_flow(1, "elder", 900'000), young});
  press(model, 'a');
  EXPECT_LT(line_of(model, "young/"), line_of(model, "elder/"));
}

TEST(screen_model, shows_the_rows_that_hold_the_typed_words) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "nginx", 100), living_flow(2, "curl", 100)});
  press(model, '/');
  type(model, U"NGI");
  EXPECT_TRUE(shows(model, "filter: NGI_"));
  EXPECT_TRUE(shows(model, "nginx/"));
  EXPECT_FALSE(shows(model, "curl/"));
  press(model, ScreenKey::Kind::enter);
  snapshot(model, 2, {living_flow(1, "nginx", 100), living_flow(2, "curl", 100)});
  EXPECT_FALSE(shows(model, "curl/"));
  press(model, ScreenKey::Kind::escape);
  EXPECT_TRUE(shows(model, "curl/"));
}

TEST(screen_model, leaves_out_rows_that_hold_an_excluded_word) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "nginx", 100), living_flow(2, "curl", 100)});
  press(model, '/');
  type(model, U"tcp !nginx");
  EXPECT_FALSE(shows(model, "nginx/"));
  EXPECT_TRUE(shows(model, "curl/"));
}

TEST(screen_model, takes_letters_as_text_while_the_filter_is_typed) {
  ScreenModel model({});
  press(model, '/');
  EXPECT_EQ(press(model, 'q'), ScreenWish::nothing);
  press(model, U'ü');
  press(model, ScreenKey::Kind::backspace);
  EXPECT_TRUE(shows(model, "filter: q_"));
  press(model, ScreenKey::Kind::escape);
  EXPECT_EQ(press(model, 'q'), ScreenWish::quit);
}

TEST(screen_model, stands_still_while_paused_and_counts_on) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "first", 100)});
  EXPECT_TRUE(model.wants_snapshot());
  press(model, ' ');
  EXPECT_FALSE(model.wants_snapshot());
  EXPECT_TRUE(shows(model, "PAUSED"));
  flow::FlowRecord last = living_flow(1, "first", 100);
  last.state = flow::FlowState::closed;
  model.take(last, kSecond);
  EXPECT_EQ(press(model, ' '), ScreenWish::snapshot);
  snapshot(model, 2, {});
  EXPECT_TRUE(shows(model, "0 of 1 flows open"));
}

TEST(screen_model, keeps_an_ended_flow_dimmed_for_five_seconds) {
  ScreenModel model({});
  flow::FlowRecord record = living_flow(1, "brief", 100);
  record.state = flow::FlowState::closed;
  model.take(record, 10 * kSecond);
  snapshot(model, 14, {});
  const std::vector<ScreenLine> lines = model.lines(160, 24);
  EXPECT_NE(lines[3].text().find("brief/"), std::string::npos);
  EXPECT_EQ(lines[3].spans[0].style, Style::dim);
  snapshot(model, 16, {});
  EXPECT_FALSE(shows(model, "brief/"));
}

TEST(screen_model, sums_groups_of_ended_and_living_flows) {
  ScreenModel model({.top = true, .by = {}, .sort = "bytes"});
  flow::FlowRecord ended = living_flow(1, "curl", 2000);
  ended.state = flow::FlowState::closed;
  model.take(ended, kSecond);
  snapshot(model, 1, {living_flow(2, "curl", 3000), living_flow(3, "nginx", 100)});
  EXPECT_TRUE(shows(model, "by process"));
  EXPECT_TRUE(shows(model, "5.00 kB"));
  EXPECT_LT(line_of(model, "curl "), line_of(model, "nginx "));
  EXPECT_TRUE(shows(model, "2 of 3 flows open"));
}

TEST(screen_model, goes_through_the_groupings_and_back_to_flows) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "curl", 100)});
  for (const char* grouping : {"by process", "by container", "by destination", "by port", "by source"}) {
    EXPECT_EQ(press(model, 'g'), ScreenWish::snapshot);
    snapshot(model, 2, {living_flow(1, "curl", 100)});
    EXPECT_TRUE(shows(model, grouping)) << grouping;
  }
  press(model, 'g');
  snapshot(model, 3, {living_flow(1, "curl", 100)});
  EXPECT_TRUE(shows(model, "curl/4121"));
}

TEST(screen_model, shows_no_rows_of_one_grouping_in_the_columns_of_another) {
  ScreenModel model(
      {.top = true, .by = {flow::find_field("process"), flow::find_field("port")}, .sort = "bytes"});
  snapshot(model, 1, {living_flow(1, "curl", 100)});
  for (size_t i = 0; i < 8; ++i) {
    press(model, 'g');
    press(model, '/');
    press(model, 'c');
    EXPECT_EQ(picture(model).size(), 24u);
    press(model, ScreenKey::Kind::escape);
    snapshot(model, 2, {living_flow(1, "curl", 100)});
    EXPECT_EQ(picture(model).size(), 24u);
  }
}

TEST(screen_model, takes_a_snapshot_that_was_begun_before_the_grouping_changed) {
  ScreenModel model({});
  model.begin_snapshot(kSecond, kWall);
  press(model, 'g');
  model.add(living_flow(1, "curl", 100));
  model.end_snapshot();
  EXPECT_TRUE(shows(model, "by process"));
  EXPECT_FALSE(shows(model, "curl"));
  snapshot(model, 2, {living_flow(1, "curl", 100)});
  EXPECT_TRUE(shows(model, "curl"));
}

TEST(screen_model, opens_the_flows_of_a_group_and_returns_to_the_groups) {
  ScreenModel model({.top = true, .by = {}, .sort = "bytes"});
  const std::vector<flow::FlowRecord> flows = {living_flow(1, "curl", 3000), living_flow(2, "nginx", 100)};
  snapshot(model, 1, flows);
  press(model, ScreenKey::Kind::enter);
  EXPECT_TRUE(shows(model, "curl/4121"));
  EXPECT_FALSE(shows(model, "nginx/4121"));
  EXPECT_EQ(press(model, ScreenKey::Kind::escape), ScreenWish::snapshot);
  snapshot(model, 2, flows);
  EXPECT_TRUE(shows(model, "by process"));
  EXPECT_TRUE(shows(model, "nginx"));
}

TEST(screen_model, tells_all_about_the_selected_flow) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "curl", 3000)});
  press(model, ScreenKey::Kind::down);
  press(model, ScreenKey::Kind::enter);
  EXPECT_TRUE(shows(model, "source.process.executable.name"));
  EXPECT_TRUE(shows(model, "10.0.0.7:1 -> 10.0.0.9:80"));
  press(model, ScreenKey::Kind::escape);
  EXPECT_TRUE(shows(model, "DESTINATION"));
}

TEST(screen_model, follows_the_selected_flow_where_it_goes) {
  ScreenModel model({.top = false, .by = {}, .sort = "bytes"});
  snapshot(model, 1, {living_flow(1, "one", 3000), living_flow(2, "two", 2000)});
  press(model, ScreenKey::Kind::home);
  snapshot(model, 2, {living_flow(1, "one", 3000), living_flow(2, "two", 9000)});
  const std::vector<ScreenLine> lines = model.lines(160, 24);
  EXPECT_NE(lines[3].text().find("two/"), std::string::npos);
  EXPECT_FALSE(lines[3].reversed);
  EXPECT_NE(lines[4].text().find("one/"), std::string::npos);
  EXPECT_TRUE(lines[4].reversed);
}

TEST(screen_model, scrolls_to_the_last_row) {
  ScreenModel model({.top = false, .by = {}, .sort = "bytes"});
  std::vector<flow::FlowRecord> flows;
  for (uint16_t port = 1; port <= 500; ++port) flows.push_back(living_flow(port, "p", port * 100u));
  snapshot(model, 1, flows);
  EXPECT_TRUE(shows(model, "10.0.0.7:500 "));
  EXPECT_FALSE(shows(model, "10.0.0.7:1 "));
  press(model, ScreenKey::Kind::end);
  EXPECT_TRUE(shows(model, "10.0.0.7:1 "));
  press(model, ScreenKey::Kind::home);
  EXPECT_TRUE(shows(model, "10.0.0.7:500 "));
}

TEST(screen_model, keeps_the_first_rows_by_the_order_when_there_are_very_many) {
  ScreenModel model({.top = false, .by = {}, .sort = "bytes"});
  std::vector<flow::FlowRecord> flows;
  for (uint32_t port = 1; port <= 10'000; ++port)
    flows.push_back(living_flow(static_cast<uint16_t>(port), "p", port * 100));
  snapshot(model, 1, flows);
  EXPECT_TRUE(shows(model, "10.0.0.7:10000"));
  EXPECT_TRUE(shows(model, "10,000 of 10,000 flows open"));
  EXPECT_TRUE(shows(model, "6,000 flows are beyond"));
  press(model, '/');
  type(model, U"10.0.0.7:17 ");
  snapshot(model, 2, flows);
  EXPECT_TRUE(shows(model, "10.0.0.7:17 "));
}

TEST(screen_model, says_where_it_listens_until_the_first_packet) {
  ScreenModel model({});
  ScreenFacts facts;
  facts.listening = "cgroup_skb at /sys/fs/cgroup";
  model.set_facts(facts);
  flow::FlowRecord open = living_flow(1, "sshd", 0);
  snapshot(model, 1, {open});
  EXPECT_TRUE(shows(model, "no packet yet; listening: cgroup_skb at /sys/fs/cgroup"));
  EXPECT_TRUE(shows(model, "sshd/"));
  snapshot(model, 2, {living_flow(1, "sshd", 500)});
  EXPECT_FALSE(shows(model, "no packet yet"));
}

TEST(screen_model, shows_losses_in_the_style_of_an_alarm_and_first) {
  ScreenModel model({});
  ScreenFacts facts;
  facts.summary.lost.push_back({"ring full", "packets", 12, 12, 0});
  facts.summary.not_counted.push_back({"not IP", 10});
  facts.map_entries = 5;
  facts.map_capacity = 100;
  facts.kernel_cost = KernelCost{61.6, 0.0123};
  model.set_facts(facts);
  const std::vector<ScreenLine> lines = model.lines(200, 24);
  const ScreenLine& foot = lines[lines.size() - 2];
  EXPECT_EQ(foot.spans[0].text, "LOST 12 packets: ring full");
  EXPECT_EQ(foot.spans[0].style, Style::alarm);
  EXPECT_NE(foot.text().find("10 packets in no flow: 10 not IP"), std::string::npos);
  EXPECT_NE(foot.text().find("kernel map 5 of 100"), std::string::npos);
  EXPECT_NE(foot.text().find("62 ns a packet, 1.23 % of a CPU"), std::string::npos);
}

TEST(screen_model, shows_the_first_rows_only_with_a_limit) {
  ScreenModel model({.top = false, .by = {}, .sort = "bytes", .rows = 1});
  snapshot(model, 1, {living_flow(1, "one", 3000), living_flow(2, "two", 2000)});
  EXPECT_TRUE(shows(model, "one/"));
  EXPECT_FALSE(shows(model, "two/"));
}

TEST(screen_model, asks_for_the_kernel_cost_by_its_key) {
  ScreenModel model({});
  EXPECT_EQ(press(model, 'c'), ScreenWish::cost);
}

TEST(screen_model, fits_every_width_and_height_in_every_view) {
  flow::FlowRecord wide = living_flow(1, "東京-データベース-\xff\x1b[2J-é", 123'456'789);
  const uint8_t six[16] = {0xfd, 0xed, 0xbe, 0xef, 0x12, 0x34, 0x56, 0x78,
                           0x9a, 0xbc, 0xde, 0xf0, 1,    2,    3,    4};
  flow::FlowRecord long_one = living_flow(2, "a-very-long-name-of-a-process-that-somebody-chose", 99);
  long_one.source.address = long_one.destination.address = decode::IpAddress::v6(six);
  long_one.destination.retransmits = 1234567;
  ScreenFacts facts;
  facts.listening = "cgroup_skb at /sys/fs/cgroup/unified: packets as sockets see them";
  facts.summary.lost.push_back({"kernel map and ring full", "packets", 12, 123456789, 0});
  facts.summary.not_counted.push_back({"not IP", 10});
  facts.elapsed_ns = 4000 * kSecond;
  for (const char* keys : {"", "g", "ggg", "?", "/", " "}) {
    ScreenModel model({});
    model.set_facts(facts);
    snapshot(model, 1, {wide, long_one});
    for (const char* key = keys; *key != '\0'; ++key) {
      press(model, static_cast<char32_t>(*key));
      snapshot(model, 2, {wide, long_one});
    }
    for (const bool detailed : {false, true}) {
      if (detailed) press(model, ScreenKey::Kind::enter);
      for (size_t width = 1; width <= 250; ++width) {
        for (const size_t height : {1u, 2u, 3u, 5u, 8u, 15u, 50u}) {
          const std::vector<ScreenLine> lines = model.lines(width, height);
          ASSERT_EQ(lines.size(), height);
          for (const ScreenLine& line : lines)
            ASSERT_LE(terminal_columns(line.text()), width)
                << keys << ' ' << width << 'x' << height << ": " << line.text();
        }
      }
    }
  }
}

TEST(screen_model, shows_the_column_it_orders_by_from_forty_columns_on) {
  ScreenModel model({});
  snapshot(model, 1, {living_flow(1, "curl", 3000)});
  const std::pair<char32_t, const char*> orders[] = {{'r', "B/S ->"}, {'b', "BYTES ->"}, {'p', "PKTS"},
                                                     {'t', "RTT"},    {'x', "RETR"},     {'a', "AGE"}};
  for (const auto& [key, title] : orders) {
    press(model, key);
    for (size_t width = 40; width <= 250; ++width) {
      EXPECT_TRUE(shows(model, title, width)) << title << " in " << width;
      EXPECT_TRUE(shows(model, "DESTINATION", width)) << title << " in " << width;
    }
  }
}

}  // namespace
}  // namespace weir::sink
