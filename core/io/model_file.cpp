// SPDX-License-Identifier: MIT
#include "io/model_file.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "io/gguf_reader.h"
#include "io/split_gguf.h"

namespace ww {

ModelFile::ModelFile(Parts parts)
    : m_path(std::move(parts.path)), m_metadata(std::move(parts.metadata)), m_tensors(std::move(parts.tensors)),
      m_files(std::move(parts.files)), m_alignment(parts.alignment)
{
    m_byName.reserve(m_tensors.size());
    for (std::size_t i = 0; i < m_tensors.size(); ++i) {
        m_byName.emplace(m_tensors[i].name, i);
        m_parameters += m_tensors[i].shape.elements();
    }
}

const TensorInfo* ModelFile::find(std::string_view tensorName) const
{
    const auto it = m_byName.find(tensorName);
    return it == m_byName.end() ? nullptr : &m_tensors[it->second];
}

TensorView ModelFile::view(const TensorInfo& tensor) const
{
    return {tensor.type, tensor.shape, m_files[tensor.file]->bytes().subspan(tensor.offset, tensor.sizeBytes)};
}

Result<void> ModelFile::checkUnchanged() const
{
    for (const auto& file : m_files) WW_TRY_VOID(file->checkUnchanged());
    return {};
}

void ModelFile::prefetch(const TensorInfo& tensor) const
{
    m_files[tensor.file]->prefetch(tensor.offset, tensor.sizeBytes);
}

void ModelFile::release(const TensorInfo& tensor) const
{
    m_files[tensor.file]->release(tensor.offset, tensor.sizeBytes);
}

std::uint64_t ModelFile::fileSizeBytes() const
{
    std::uint64_t sum = 0;
    for (const auto& file : m_files) sum += file->bytes().size();
    return sum;
}

double ModelFile::bitsPerWeight() const
{
    return m_parameters == 0 ? 0.0 : 8.0 * static_cast<double>(fileSizeBytes()) / static_cast<double>(m_parameters);
}

std::string_view ModelFile::architecture() const
{
    return m_metadata.string("general.architecture").value_or("");
}

std::string ModelFile::displayName() const
{
    const auto name = m_metadata.string("general.name");
    return name && !name->empty() ? displayText(MetadataValue(std::string(*name))) : m_path.filename().string();
}

bool ModelFile::isSameFile(const std::filesystem::path& path) const
{
    return std::ranges::any_of(m_files, [&path](const auto& file) { return file->isSameFile(path); });
}

namespace {

bool startsWith(std::span<const std::byte> bytes, std::string_view text)
{
    return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

/// A safetensors file begins with the u64 length of its JSON header and then the header's brace.
bool looksLikeSafetensors(std::span<const std::byte> bytes)
{
    std::uint64_t length = 0;
    if (bytes.size() < sizeof length + 2) return false;
    std::memcpy(&length, bytes.data(), sizeof length);
    return length <= bytes.size() - sizeof length && bytes[sizeof length] == std::byte{'{'};
}

/// What people open by mistake, with the way out.
std::string sentenceForOtherContent(std::span<const std::byte> bytes)
{
    struct Known {
        std::string_view start;
        const char* sentence;
    };
    using namespace std::string_view_literals;
    static constexpr std::array kKnown = {
        Known{"ggml"sv, nullptr},
        Known{"ggjt"sv, nullptr},
        Known{"ggla"sv, nullptr},
        Known{"lmgg"sv, nullptr},
        Known{"tjgg"sv, nullptr},
        Known{"PK\x03\x04"sv,
              "This is a PyTorch checkpoint or another zip archive; convert the model to GGUF first (convert_hf_to_gguf.py of "
              "llama.cpp does this)."},
        Known{"\x80\x02"sv,
              "This is a Python pickle, probably a PyTorch checkpoint; convert the model to GGUF first (convert_hf_to_gguf.py of "
              "llama.cpp does this)."},
        Known{"version https://git-lfs"sv,
              "This is only the Git LFS pointer to a model, not the model itself; fetch the content with git lfs pull."},
        Known{"<!DOCTYPE"sv, "This is a web page, not a model; the download probably ended on a login or error page."},
        Known{"<html"sv, "This is a web page, not a model; the download probably ended on a login or error page."},
    };
    for (const Known& known : kKnown)
        if (startsWith(bytes, known.start))
            return known.sentence ? known.sentence
                                  : "This model file is older than the GGUF format; convert the original model again with a "
                                    "current llama.cpp.";
    if (looksLikeSafetensors(bytes))
        return "This is a safetensors file; convert the model to GGUF first (convert_hf_to_gguf.py of llama.cpp does this).";
    return "This is not a model file that Weightwright knows: it does not begin with the letters GGUF.";
}

Result<std::shared_ptr<const ModelFile>> openByContent(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return fail(ErrorCode::Unsupported, "This is a folder; choose the GGUF file of a model instead.", path);
    WW_TRY(auto file, MappedFile::open(path));
    if (file->bytes().empty()) return fail(ErrorCode::Corrupt, "The file is empty; perhaps a download or copy failed.", path);
    if (!looksLikeGguf(file->bytes())) return fail(ErrorCode::Unsupported, sentenceForOtherContent(file->bytes()), path);
    WW_TRY(ModelFile::Parts parts, readGguf(std::move(file)));
    if (isSplit(parts.metadata)) {
        WW_TRY(parts, joinSplitGguf(std::move(parts)));
    }
    return std::make_shared<const ModelFile>(std::move(parts));
}

}  // namespace

Result<std::shared_ptr<const ModelFile>> openModel(const std::filesystem::path& path)
{
    try {
        return openByContent(path);
    } catch (const std::bad_alloc&) {
        return fail(ErrorCode::OutOfMemory, "There is not enough free memory to open this model.", path);
    }
}

}  // namespace ww
