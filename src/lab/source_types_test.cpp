// SPDX-License-Identifier: Apache-2.0
#include "lab/source_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::lab {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SourceTypes, are_the_structs_that_a_file_defines) {
  EXPECT_THAT(find_types(R"(
    // struct no {
    #define MACRO struct neither { \
      int a; }
    struct event { __u32 pid; char comm[16]; struct { int deep; } inner; };
    struct __attribute__((aligned(8))) tight { char c; } ;
    union address { __u32 v4; };
    typedef struct { int x; } data_t;
    typedef struct tagged { int x; } tagged_t;
    struct event;
    struct event* pointer;
    static struct event make(struct event* from) { struct local { int a; }; return *from; }
    static struct later { int b; } variable = {1};
    const char* text = "struct quoted {";
  )"),
              ElementsAre("struct event", "struct tight", "union address", "data_t", "struct tagged",
                          "tagged_t", "struct later"));
}

TEST(SourceTypes, of_maps_without_a_name_are_none) {
  EXPECT_THAT(find_types("struct { __uint(type, 1); } events SEC(\".maps\");\nint f(void* c) { return 0; }\n"
                         "struct after { int a; };"),
              ElementsAre("struct after"));
}

TEST(SourceTypes, of_what_is_no_c_are_found_without_harm) {
  for (const char* text : {"", "}}}}", "{{{{", "struct", "typedef", "struct {", "/*", "\"", "'", "#", "\\",
                           "struct x", "typedef struct {} ;", ")(;"})
    EXPECT_THAT(find_types(text), IsEmpty()) << text;
}

TEST(SourceTypes, are_carried_by_a_function) {
  EXPECT_EQ(type_carrier("/x/a.c", {"struct event", "data_t"}),
            "#include \"/x/a.c\"\nstatic __attribute__((noinline, used)) void weir_types(struct event* "
            "weir_0, data_t* "
            "weir_1) {}\n");
}

}  // namespace
}  // namespace weir::lab
