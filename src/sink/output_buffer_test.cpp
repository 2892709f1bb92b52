// SPDX-License-Identifier: Apache-2.0
#include "sink/output_buffer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <string>

#include "base/unique_fd.h"

namespace weir::sink {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  std::string take() const {
    std::string text(65536, '\0');
    const ssize_t got = ::read(reader.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
  }
  base::UniqueFd reader, writer;
};

TEST(OutputBuffer, holds_text_back_until_it_is_flushed) {
  const Pipe pipe;
  OutputBuffer output(pipe.writer.get(), 64);
  output.append("one\n");
  EXPECT_EQ(pipe.take(), "");
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(pipe.take(), "one\n");
  EXPECT_EQ(output.written_lines(), 1u);
  EXPECT_EQ(output.written_bytes(), 4u);
}

TEST(OutputBuffer, writes_out_by_itself_when_it_is_full) {
  const Pipe pipe;
  OutputBuffer output(pipe.writer.get(), 8);
  output.append("12345\n");
  output.append("67890\n");
  EXPECT_EQ(pipe.take(), "12345\n");
}

TEST(OutputBuffer, grows_for_a_piece_larger_than_itself) {
  const Pipe pipe;
  OutputBuffer output(pipe.writer.get(), 8);
  output.append("a");
  output.append(std::string(1000, 'b'));
  EXPECT_TRUE(output.flush());
  EXPECT_EQ(pipe.take(), "a" + std::string(1000, 'b'));
}

TEST(OutputBuffer, says_that_the_reader_has_gone_and_keeps_saying_so) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.reader.reset();
  OutputBuffer output(pipe.writer.get(), 8);
  output.append("x\n");
  const auto flushed = output.flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().system_errno, EPIPE);
  EXPECT_TRUE(output.failed());
  output.append("thrown away\n");
  EXPECT_FALSE(output.flush());
}

TEST(OutputBuffer, a_full_disk_is_an_error_that_counts_what_was_written) {
  const base::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  OutputBuffer output(full.get());
  output.append("x\n");
  const auto flushed = output.flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().system_errno, ENOSPC);
  EXPECT_EQ(flushed.error().message,
            "cannot write the output after 0 lines (0 bytes): No space left on device");
}

TEST(OutputBuffer, waits_for_a_reader_that_is_slow) {
  const Pipe pipe;
  ASSERT_GE(::fcntl(pipe.writer.get(), F_SETPIPE_SZ, 4096), 4096);
  OutputBuffer output(pipe.writer.get(), 1 << 16);
  for (int line = 0; line < 5000; ++line) output.append("0123456789\n");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(output.flush() ? 0 : 1);
  size_t bytes = 0;
  int status = -1;
  while (::waitpid(child, &status, WNOHANG) == 0) bytes += pipe.take().size();
  for (std::string rest = pipe.take(); !rest.empty(); rest = pipe.take()) bytes += rest.size();
  EXPECT_EQ(status, 0);
  EXPECT_EQ(bytes, 55000u);
}

}  // namespace
}  // namespace weir::sink
