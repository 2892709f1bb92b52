// SPDX-License-Identifier: Apache-2.0
#include "sink/field_sink.h"

#include "sink/json_sink.h"

namespace weir::sink {
namespace {

void append_escaped(std::string_view value, std::string& to) {
  for (const char character : value) {
    switch (character) {
      case '\t':
        to += "\\t";
        break;
      case '\n':
        to += "\\n";
        break;
      case '\\':
        to += "\\\\";
        break;
      default:
        to += character;
    }
  }
}

}  // namespace

FieldSink::FieldSink(OutputBuffer& output, std::vector<const flow::Field*> fields, FieldForm form)
    : output_(output), fields_(std::move(fields)), form_(form), json_(fields_), values_(fields_.size()) {
  if (form_ != FieldForm::lines_with_header) return;
  std::string line;
  for (const flow::Field* field : fields_) line += (line.empty() ? "" : "\t") + field_key(*field);
  output_.append(line + '\n');
}

void FieldSink::write(const flow::FlowRecord& record) {
  for (size_t i = 0; i < fields_.size(); ++i) {
    std::string value = values_[i] ? std::move(*values_[i]) : std::string();
    value.clear();
    if (flow::append_field(*fields_[i], record, value))
      values_[i] = std::move(value);
    else
      values_[i].reset();
  }
  std::string line;
  if (form_ == FieldForm::json) {
    line = R"({"type":"flow",)";
    const size_t members = line.size();
    json_.append_members(values_, line);
    if (line.size() == members) line.pop_back();  // none is there: no comma
    line += '}';
  } else {
    for (size_t i = 0; i < values_.size(); ++i) {
      if (i != 0) line += '\t';
      append_escaped(values_[i] ? *values_[i] : "-", line);
    }
  }
  line += '\n';
  output_.append(line);
}

void FieldSink::write(const flow::LossRecord& record) {
  if (form_ == FieldForm::json) return JsonSink(output_).write(record);
  output_.append("# lost " + std::to_string(record.count) + ' ' + record.unit + ": " + record.stage + '\n');
}

}  // namespace weir::sink
