// SPDX-License-Identifier: Apache-2.0
#include "lab/object_reference.h"

#include <gtest/gtest.h>

#include "lab/map_info.h"

namespace weir::lab {
namespace {

using Form = ObjectReference::Form;

ReadReference read(const std::vector<std::string>& words) {
  auto reference = read_reference(words);
  EXPECT_TRUE(reference);
  return reference ? *reference : ReadReference{};
}

TEST(ObjectReference, is_an_id_a_name_or_a_pin_by_its_form) {
  EXPECT_EQ(read({"12"}).reference.form, Form::id);
  EXPECT_EQ(read({"12"}).reference.id, 12u);
  EXPECT_EQ(read({"flows4"}).reference.form, Form::name);
  EXPECT_EQ(read({"12th"}).reference.text, "12th");
  EXPECT_EQ(read({"/sys/fs/bpf/x"}).reference.form, Form::pin);
}

TEST(ObjectReference, takes_two_words_where_the_first_says_what_comes) {
  EXPECT_EQ(read({"id", "12", "get"}).reference.id, 12u);
  EXPECT_EQ(read({"id", "12", "get"}).words, 2u);
  EXPECT_EQ(read({"name", "12"}).reference.form, Form::name);
  EXPECT_EQ(read({"pinned", "x"}).reference.form, Form::pin);
  EXPECT_EQ(read({"id"}).reference.form, Form::name);  // a map may be called so
  EXPECT_FALSE(read_reference(std::vector<std::string>{"id", "x"}));
  EXPECT_FALSE(read_reference(std::vector<std::string>{}));
}

TEST(DescriptorNumber, stands_behind_its_whole_key) {
  const std::string text = "pos:\t0\nmap_type:\t1\nmap_id:\t42\nmemlock:\t4096\nfrozen:\t0\n";
  EXPECT_EQ(descriptor_number(text, "map_id"), 42u);
  EXPECT_EQ(descriptor_number(text, "frozen"), 0u);
  EXPECT_EQ(descriptor_number(text, "id"), std::nullopt);
  EXPECT_EQ(descriptor_number("map_id:\t", "map_id"), std::nullopt);
  EXPECT_EQ(descriptor_number("", "map_id"), std::nullopt);
}

}  // namespace
}  // namespace weir::lab
