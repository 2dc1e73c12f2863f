// SPDX-License-Identifier: MIT
#include "import/open_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/atomic_file.h"
#include "import/hf_card.h"
#include "import/hf_config.h"
#include "import/hf_tensors.h"
#include "model/model_tensors.h"
#include "text/hf_tokenizer.h"

namespace ww {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCachePrefix = "models--";

bool isThere(const fs::path& path)
{
    std::error_code ignored;
    return fs::exists(path, ignored);
}

/// models--ORGANISATION--NAME/snapshots/REVISION: the one that refs/main names, else the newest revision that holds a model.
fs::path snapshotOf(const fs::path& cache)
{
    std::error_code error;
    constexpr std::uint64_t kMaximumReferenceBytes = 256;
    if (isThere(cache / "refs" / "main"))
        if (auto revision = readTextFile(cache / "refs" / "main", kMaximumReferenceBytes)) {
            while (!revision->empty() && (revision->back() == '\n' || revision->back() == '\r' || revision->back() == ' ')) revision->pop_back();
            const bool isName = !revision->empty() && revision->find_first_of(std::string_view("/\\\0", 3)) == std::string::npos && *revision != "..";
            if (isName && isThere(cache / "snapshots" / *revision / "config.json")) return cache / "snapshots" / *revision;
        }
    fs::path best;
    fs::file_time_type newest = fs::file_time_type::min();
    for (fs::directory_iterator it(cache / "snapshots", error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        const auto time = fs::last_write_time(it->path(), ignored);
        if (!isThere(it->path() / "config.json") || (!best.empty() && (time < newest || (time == newest && it->path() < best)))) continue;
        best = it->path();
        newest = time;
    }
    return best;
}

/// What people call the model: the folder, or the repository when the folder is a revision in the cache.
std::string nameOf(const fs::path& folder)
{
    std::error_code error;
    fs::path full = fs::absolute(folder, error).lexically_normal();
    if (full.filename().empty()) full = full.parent_path();
    const std::string repository = full.parent_path().parent_path().filename().string();
    if (full.parent_path().filename() != "snapshots" || !repository.starts_with(kCachePrefix)) return full.filename().string();
    const std::size_t separator = repository.find("--", kCachePrefix.size());
    return repository.substr(separator == std::string::npos ? kCachePrefix.size() : separator + 2);
}

/// "7B", "360M", "8x7B" for the count of parameters.
std::string sizeLabel(std::uint64_t parameters)
{
    constexpr std::array<std::pair<double, char>, 4> kUnits = {{{1e12, 'T'}, {1e9, 'B'}, {1e6, 'M'}, {1e3, 'K'}}};
    for (const auto& [size, letter] : kUnits) {
        const double value = static_cast<double>(parameters) / size;
        if (value >= 0.9995 || letter == 'K') return value < 9.95 && letter == 'B' ? fmt::format("{:.1f}{}", value, letter) : fmt::format("{:.0f}{}", value, letter);
    }
    return {};
}

Result<SafetensorsModel> readWeights(const fs::path& folder)
{
    if (isThere(folder / "model.safetensors.index.json")) return readSafetensorsIndex(folder / "model.safetensors.index.json");
    if (!isThere(folder / "model.safetensors")) {
        if (const auto shards = surplusShards(folder, {}); !shards.empty())
            return fail(ErrorCode::NotFound,
                        fmt::format("This folder has parts of a model ({} and so on), but model.safetensors.index.json, which says what is in which part, is "
                                    "missing; download it.",
                                    shards.front()),
                        folder);
        if (isThere(folder / "pytorch_model.bin") || isThere(folder / "pytorch_model.bin.index.json"))
            return fail(ErrorCode::Unsupported,
                        "The weights in this folder are in PyTorch's own format (pytorch_model.bin), which can run code when it is read; download or make "
                        "the safetensors files of the model.",
                        folder);
        return fail(ErrorCode::NotFound,
                    "This folder has a configuration but no weights: model.safetensors or model.safetensors.index.json is missing.", folder);
    }
    WW_TRY(auto file, MappedFile::open(folder / "model.safetensors"));
    return readSafetensors(std::move(file));
}

/// llama.cpp's number for files in which most values have this type.
std::uint32_t fileTypeOf(const std::vector<TensorInfo>& tensors)
{
    std::map<TensorType, std::uint64_t> values;
    for (const TensorInfo& tensor : tensors) values[tensor.type] += tensor.shape.elements();
    const auto most = std::ranges::max_element(values, {}, [](const auto& entry) { return entry.second; });
    if (most == values.end() || most->first == TensorType::F32) return 0;
    return most->first == TensorType::F16 ? 1 : 32;
}

Result<Metadata> metadataOf(const fs::path& folder, const HfConfig& config, const HfTensors& mapped)
{
    std::uint64_t parameters = 0;
    for (const TensorInfo& tensor : mapped.tensors) parameters += tensor.shape.elements();
    Metadata metadata;
    metadata.append("general.architecture", config.name);
    metadata.append("general.type", std::string("model"));
    for (auto& entry : hfSamplingKeys(folder)) metadata.append(std::move(entry.key), std::move(entry.value));
    for (auto& entry : hfGeneralKeys(folder, nameOf(folder), sizeLabel(parameters))) metadata.append(std::move(entry.key), std::move(entry.value));
    for (const auto& entry : config.keys.entries()) metadata.append(entry.key, entry.value);
    metadata.append("general.file_type", fileTypeOf(mapped.tensors));
    if (mapped.vocabularyRows > 0) metadata.append(fmt::format("{}.vocab_size", config.name), static_cast<std::uint32_t>(mapped.vocabularyRows));
    metadata.append("general.quantization_version", std::uint32_t{2});
    auto tokenizer = readHfTokenizer(folder, mapped.vocabularyRows);
    if (!tokenizer) {
        // A model of an unknown kind may have a tokenizer of an unknown kind; its weights can be quantized all the same.
        if (tokenizer.error().code != ErrorCode::NotFound && config.architecture) return fail(std::move(tokenizer.error()));
        metadata.append("tokenizer.ggml.model", std::string("none"));  // llama.cpp then takes vocab_size
        return metadata;
    }
    for (auto& entry : *tokenizer) metadata.append(std::move(entry.key), std::move(entry.value));
    return metadata;
}

Result<std::shared_ptr<const ModelFile>> openFolder(const fs::path& folder)
{
    WW_TRY(const HfConfig config, readHfConfig(folder));
    WW_TRY(SafetensorsModel weights, readWeights(folder));
    WW_TRY(const HfWeights unpacked, unpackHfWeights(std::move(weights), config.quantization, config.unpacked, folder));
    WW_TRY(HfTensors mapped, config.architecture ? mapHfTensors(unpacked, config, folder) : keepHfTensors(unpacked, folder));
    ModelFile::Parts parts;
    parts.path = folder;
    WW_TRY(parts.metadata, metadataOf(folder, config, mapped));
    parts.tensors = std::move(mapped.tensors);
    parts.sources = std::move(mapped.sources);
    parts.files = unpacked.model->files;
    auto model = std::make_shared<const ModelFile>(std::move(parts));
    // What a forward pass would miss is said now, with the name of the tensor.
    if (config.architecture) {
        WW_TRY(const Architecture architecture, readArchitecture(*model));
        WW_TRY_VOID(bindTensors(*model, architecture));
    }
    return model;
}

/// The folder of a Hugging Face model that `path` means; empty when it means something else.
fs::path folderMeant(const fs::path& path)
{
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        if (isThere(path / "config.json")) return path;
        return isThere(path / "snapshots") ? snapshotOf(path) : fs::path();
    }
    const bool isPart = path.extension() == ".safetensors" || path.filename() == "model.safetensors.index.json" || path.filename() == "config.json";
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    return isPart && isThere(path) && isThere(folder / "config.json") ? folder : fs::path();
}

}  // namespace

std::vector<ImportNote> importNotes(const ModelFile& model)
{
    std::vector<ImportNote> notes;
    const fs::path folder = folderMeant(model.path());
    if (folder.empty()) return notes;
    const auto config = readHfConfig(folder);
    if (!config) return notes;
    std::string method = config->quantization ? config->quantization->method : std::string();
    if (const auto stored = method.empty() ? readWeights(folder) : Result<SafetensorsModel>(); method.empty() && stored)
        for (const SafetensorsTensor& tensor : stored->tensors)
            if (tensor.type == SafetensorsType::F8_E4M3 || tensor.type == SafetensorsType::F8_E5M2) method = "fp8";
    if (!method.empty())
        notes.push_back({ImportNote::Kind::Quantized, method,
                         fmt::format("The weights in this folder were quantized before ({}). They are decoded while they are read; quantizing "
                                     "them again adds a second loss, and all errors are measured against the decoded weights.",
                                     method)});
    if (!config->architecture)
        notes.push_back({ImportNote::Kind::UnknownArchitecture, config->className,
                         fmt::format("Models of the kind {} are not known here: the tensors can be quantized and exported, but perplexity "
                                     "and text generation are off, and llama.cpp may not load the file.",
                                     config->className)});
    std::vector<std::string> used;
    for (const auto& file : model.files()) used.push_back(file->path().filename().string());
    std::string surplus;
    for (const std::string& name : surplusShards(folder, used)) surplus += (surplus.empty() ? "" : ", ") + name;
    if (!surplus.empty())
        notes.push_back({ImportNote::Kind::SurplusFiles, surplus,
                         fmt::format("The folder has files that are no part of this model and were left out: {}.", surplus)});
    for (const std::string& what : config->notFollowed)
        notes.push_back({ImportNote::Kind::NotFollowed, what,
                         fmt::format("The configuration of this model says {}, which llama.cpp does not follow for {} models: the file, and all "
                                     "figures here, compute as llama.cpp does, which can differ from the original model.",
                                     what, config->name)});
    return notes;
}

Result<std::shared_ptr<const ModelFile>> openAnyModel(const std::filesystem::path& path)
{
    try {
        const fs::path folder = folderMeant(path);
        if (!folder.empty()) return openFolder(folder);
        std::error_code ignored;
        if (fs::is_directory(path, ignored))
            return fail(ErrorCode::Unsupported,
                        "This folder holds no model from Hugging Face, which has a config.json; choose such a folder or a GGUF file.", path);
        return openModel(path);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough free memory to open this model.", path);
    } catch (const std::exception& e) {
        return fail(ErrorCode::Corrupt, fmt::format("This model cannot be opened ({}).", e.what()), path);
    }
}

}  // namespace ww
