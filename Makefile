# The front door: what each target does is said in README.md. All building happens in CMake.
SHELL := /bin/bash
BUILD := build
JOBS ?= $(shell nproc)
AS_ROOT := $(shell [ $$(id -u) = 0 ] || command -v sudo)
DURATION ?= 10s
FUZZ_SECONDS ?= 300
PREFIX ?= /usr/local

.PHONY: all build run check check-all demo bench fuzz install package format clean

all: build

build:
	@scripts/setup build
	@cmake --preset release > $(BUILD).log || { cat $(BUILD).log; exit 1; }
	@rm -f $(BUILD).log
	@cmake --build $(BUILD) -j $(JOBS) --target weir

run: build
	@$(AS_ROOT) $(BUILD)/weir flows --for $(DURATION)

check:
	@scripts/setup build test
	@scripts/check

check-all:
	@scripts/setup build test
	@WEIR_CHECK_ALL=1 scripts/check

demo: build
	@scripts/setup test
	@$(AS_ROOT) scripts/demo

bench:
	@scripts/setup build test bench
	@scripts/bench

fuzz:
	@scripts/setup build test
	@scripts/fuzz $(FUZZ_SECONDS)

install: build
	@DESTDIR=$(DESTDIR) cmake --install $(BUILD) --prefix $(PREFIX)

package: build
	@cmake -E chdir $(BUILD) cpack -G DEB

format:
	@git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format -i

clean:
	rm -rf build build-*
