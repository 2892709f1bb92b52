// SPDX-License-Identifier: Apache-2.0
#include "lab/json_record.h"

#include "base/clock.h"
#include "lab/value_printer.h"

namespace weir::lab {

void JsonRecord::begin(std::string_view key) {
  body_ += body_.empty() ? '{' : ',';
  append_quoted(body_, key);
  body_ += ':';
}

JsonRecord& JsonRecord::text(std::string_view key, std::string_view text) {
  if (text.empty()) return *this;
  begin(key);
  append_quoted(body_, text);
  return *this;
}

JsonRecord& JsonRecord::number(std::string_view key, uint64_t number) {
  return raw(key, std::to_string(number));
}

JsonRecord& JsonRecord::signed_number(std::string_view key, int64_t number) {
  return raw(key, std::to_string(number));
}

JsonRecord& JsonRecord::truth(std::string_view key, bool truth) {
  return raw(key, truth ? "true" : "false");
}

JsonRecord& JsonRecord::time(std::string_view key, int64_t unix_ns) {
  char text[base::kRfc3339Bytes];
  base::write_rfc3339(unix_ns, text);
  begin(key);
  append_quoted(body_, {text, sizeof text});
  return *this;
}

JsonRecord& JsonRecord::raw(std::string_view key, std::string_view json) {
  begin(key);
  body_ += json;
  return *this;
}

}  // namespace weir::lab
