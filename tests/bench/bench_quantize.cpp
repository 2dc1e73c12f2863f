// SPDX-License-Identifier: MIT
// Time of quantizing a whole file on two threads, from opening it to the finished file. The model is made for the purpose:
// random F16 weights in the shape of a llama, about 90 MB per block of the default width. When WW_LLAMA_LIBS names the folder of
// llama.cpp's libraries, every pass of ours is followed by one of theirs on the same file with the same number of threads, and
// the ratio of processor times is printed. Processor time counts all threads and the system's part of reading and writing;
// the best pass of each counts. "copy" is reading and writing the input through a buffer, the least that any conversion
// does.
//
//   bench_quantize [--blocks N] [--passes N] [--preset NAME]...
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.h"
#include "io/model_file.h"
#include "jobs/export.h"
#include "plan/plan.h"
#include "plan/preset.h"
#include "tests/support/llama_library.h"
#include "tests/support/tiny_llama.h"

namespace {

using namespace ww;
namespace fs = std::filesystem;

constexpr std::size_t kThreads = 2;

struct Options {
    std::uint32_t blocks = 4;
    int passes = 2;
    std::vector<std::string> presets;
};

struct Times {
    double processor = std::numeric_limits<double>::infinity();
    double wall = std::numeric_limits<double>::infinity();
    void take(const Times& pass)
    {
        processor = std::min(processor, pass.processor);
        wall = std::min(wall, pass.wall);
    }
};

double processorSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

template <class Work>
Times timed(Work work)
{
    const auto wall = std::chrono::steady_clock::now();
    const double processor = processorSeconds();
    work();
    return {processorSeconds() - processor, std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count()};
}

[[noreturn]] void stop(const std::string& reason)
{
    std::fprintf(stderr, "%s\n", reason.c_str());
    std::exit(1);
}

/// A folder that vanishes with its files.
struct Folder {
    fs::path path = fs::temp_directory_path() / ("bench_quantize_" + std::to_string(::getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
};

void quantizeHere(const fs::path& from, const fs::path& to, const std::string& preset)
{
    const auto model = openModel(from);
    if (!model) stop(model.error().describe());
    Recipe recipe;
    recipe.preset = preset;
    const auto plan = resolve(recipe, **model);
    if (!plan) stop(plan.error().describe());
    ThreadPool pool(kThreads);
    if (const auto summary = exportGguf(**model, *plan, to, JobContext{pool}); !summary) stop(summary.error().describe());
}

void quantizeThere(test::LlamaLibrary& library, const fs::path& from, const fs::path& to, const std::string& preset)
{
    auto params = library.quantizeDefaultParams();
    params.set<std::int32_t>(test::llama_quantize::kThreads, std::int32_t{kThreads});
    params.set<std::int32_t>(test::llama_quantize::kFileType, static_cast<std::int32_t>(findPreset(preset)->fileType));
    if (library.quantize(from.c_str(), to.c_str(), &params) != 0) stop("llama.cpp: " + library.takeLog());
}

void copyFile(const fs::path& from, const fs::path& to)
{
    std::ifstream in(from, std::ios::binary);
    std::ofstream out(to, std::ios::binary | std::ios::trunc);
    std::vector<char> buffer(std::size_t{1} << 20);
    while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0)
        out.write(buffer.data(), in.gcount());
    if (!out.flush()) stop("Cannot write " + to.string() + ".");
}

bool sameBytes(const fs::path& a, const fs::path& b)
{
    std::ifstream first(a, std::ios::binary);
    std::ifstream second(b, std::ios::binary);
    std::vector<char> left(std::size_t{1} << 20);
    std::vector<char> right(left.size());
    for (;;) {
        first.read(left.data(), static_cast<std::streamsize>(left.size()));
        second.read(right.data(), static_cast<std::streamsize>(right.size()));
        if (first.gcount() != second.gcount()) return false;
        if (first.gcount() == 0) return true;
        if (!std::equal(left.begin(), left.begin() + first.gcount(), right.begin())) return false;
    }
}

Options parse(int argc, char** argv)
{
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        const bool known = name == "--blocks" || name == "--passes" || name == "--preset";
        if (!known || i + 1 == argc) stop("Usage: bench_quantize [--blocks N] [--passes N] [--preset NAME]...");
        const std::string value = argv[++i];
        if (name == "--preset")
            options.presets.push_back(value);
        else if (name == "--blocks")
            options.blocks = static_cast<std::uint32_t>(std::max(1, std::atoi(value.c_str())));
        else
            options.passes = std::max(1, std::atoi(value.c_str()));
    }
    if (options.presets.empty()) options.presets = {"Q4_K_M", "Q6_K", "Q2_K", "Q8_0"};
    for (const std::string& preset : options.presets)
        if (!findPreset(preset)) stop("There is no preset " + preset + ".");
    return options;
}

}  // namespace

int main(int argc, char** argv)
{
    const Options options = parse(argc, argv);
    const Folder folder;
    const fs::path source = folder.path / "source-F16.gguf";
    const test::TinyLlama shape{
        .layers = options.blocks, .embedding = 2048, .feedForward = 5632, .heads = 32, .kvHeads = 16, .type = TensorType::F16};
    if (!test::tinyLlama(shape).write(source)) stop("Cannot write " + source.string() + ".");

    std::string reason;
    auto* library = test::LlamaLibrary::instance(reason);
    if (!library) std::printf("No comparison: %s\n", reason.c_str());
    Times copy;
    for (int pass = 0; pass < options.passes + 1; ++pass) copy.take(timed([&] { copyFile(source, folder.path / "copy.gguf"); }));
    fs::remove(folder.path / "copy.gguf");
    std::printf("Source: %.0f MB of F16, %zu threads. Seconds of processor time (of the clock).\n",
                static_cast<double>(fs::file_size(source)) / 1e6, kThreads);
    std::printf("%-8s %7.2f (%.2f)\n", "copy", copy.processor, copy.wall);

    for (const std::string& preset : options.presets) {
        Times ours;
        Times theirs;
        const fs::path here = folder.path / "ours.gguf";
        const fs::path there = folder.path / "theirs.gguf";
        for (int pass = 0; pass < options.passes; ++pass) {
            ours.take(timed([&] { quantizeHere(source, here, preset); }));
            if (library) theirs.take(timed([&] { quantizeThere(*library, source, there, preset); }));
        }
        std::printf("%-8s %7.2f (%.2f)", preset.c_str(), ours.processor, ours.wall);
        if (library)
            std::printf("   llama.cpp %7.2f (%.2f)   ratio %.1f   %s", theirs.processor, theirs.wall,
                        theirs.processor / ours.processor, sameBytes(here, there) ? "same bytes" : "DIFFERENT BYTES");
        std::printf("\n");
        std::fflush(stdout);
    }
    return 0;
}
