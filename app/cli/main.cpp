// SPDX-License-Identifier: MIT
#include <new>

#include <cstdio>

#include "app/cli/command_line.h"
#include "base/heap.h"

int main(int argc, char** argv)
{
    ww::returnLargeBlocks();
    try {
        ww::cli::CommandLine commands;
        return commands.run(argc, argv);
    } catch (const std::bad_alloc&) {
        std::fputs("error: There is not enough memory to start.\n", stderr);
        return ww::cli::kFailure;
    }
}
