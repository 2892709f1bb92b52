# The front door: what each target does is said in README.md. All building happens in CMake.
SHELL := /bin/bash
BUILD := build
JOBS ?= $(shell nproc)

.PHONY: all build run check check-all demo bench fuzz install package clean setup setup-test

all: build

setup:
	@scripts/setup build

setup-test:
	@scripts/setup build test

build: setup
	@cmake --preset release -DWEIR_TESTS=OFF -DWEIR_BENCH=OFF > /dev/null
	@cmake --build $(BUILD) -j $(JOBS)

run: build
	@$(BUILD)/weir flows --for 10s

clean:
	rm -rf build build-debug build-sanitize
