// SPDX-License-Identifier: Apache-2.0
// Prints a capture's packets as text, for the comparison with tcpdump: packet_lines_run [tcpdump's letters]
// FILE.
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "sink/output_buffer.h"
#include "sink/packet_text.h"
#include "source/capture_file.h"

namespace {

using weir::decode::PacketInterface;
using weir::decode::PacketRecord;
using weir::sink::PacketDump;
using weir::sink::PacketText;
using weir::sink::PacketTextOptions;
using weir::sink::PacketTime;

/// The letters whose repetition means something, counted.
struct Letters {
  int time = 0;
  int hex = 0;
  int hex_ascii = 0;
  int ascii = 0;
};

bool take_letter(char letter, PacketTextOptions& options, Letters& letters) {
  switch (letter) {
    case 'n':
      return true;
    case 'e':
      return options.link_header = true;
    case 'q':
      return options.quiet = true;
    case 'v':
      return ++options.verbosity != 0;
    case 'S':
      return options.absolute_sequences = true;
    case 'K':
      options.verify_checksums = false;
      return true;
    case '#':
      return options.number = true;
    case 't':
      return ++letters.time != 0;
    case 'x':
      return ++letters.hex != 0;
    case 'X':
      return ++letters.hex_ascii != 0;
    case 'A':
      return ++letters.ascii != 0;
    default:
      return false;
  }
}

PacketDump dump_of(const Letters& letters) {
  if (letters.hex_ascii > 0)
    return letters.hex_ascii > 1 ? PacketDump::hex_ascii_with_link : PacketDump::hex_ascii;
  if (letters.hex > 0) return letters.hex > 1 ? PacketDump::hex_with_link : PacketDump::hex;
  if (letters.ascii > 0) return letters.ascii > 1 ? PacketDump::ascii_with_link : PacketDump::ascii;
  return PacketDump::none;
}

int print_file(const std::string& path, const PacketTextOptions& options) {
  auto reader = weir::source::open_captures({path});
  if (!reader) {
    std::fprintf(stderr, "%s\n", reader.error().message.c_str());
    return 2;
  }
  weir::sink::OutputBuffer output(STDOUT_FILENO);
  PacketText text(options);
  std::deque<PacketInterface> interfaces;
  std::vector<weir::source::CapturedPacket> packets(256);
  for (;;) {
    const size_t count = (*reader)->read(packets);
    if (count == 0) break;
    for (size_t i = interfaces.size(); i < (*reader)->interfaces().size(); ++i) {
      const weir::source::CaptureInterface& known = (*reader)->interfaces()[i];
      PacketInterface& interface = interfaces.emplace_back();
      interface.name = known.name;
      interface.link_type = known.link_type;
    }
    for (size_t i = 0; i < count; ++i) {
      PacketRecord record;
      record.time_ns = packets[i].time_ns;
      record.data = {packets[i].data, packets[i].captured_bytes};
      record.wire_bytes = packets[i].wire_bytes;
      record.interface = &interfaces[packets[i].interface];
      output.append(text.line(record));
    }
  }
  return output.flush() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  PacketTextOptions options;
  Letters letters;
  std::string path;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--nano") {
      options.nanoseconds = true;
    } else if (word.size() > 1 && word[0] == '-') {
      for (size_t letter = 1; letter < word.size(); ++letter)
        if (!take_letter(word[letter], options, letters)) return 2;
    } else {
      path = word;
    }
  }
  constexpr PacketTime kTimes[] = {PacketTime::clock,      PacketTime::none, PacketTime::epoch,
                                   PacketTime::since_last, PacketTime::date, PacketTime::since_first};
  if (path.empty() || letters.time > 5) return 2;
  options.time = kTimes[letters.time];
  options.dump = dump_of(letters);
  return print_file(path, options);
}
