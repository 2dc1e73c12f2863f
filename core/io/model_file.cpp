// SPDX-License-Identifier: MIT
#include "io/model_file.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "io/foreign_content.h"
#include "io/gguf_reader.h"
#include "io/split_gguf.h"

namespace ww {

ModelFile::ModelFile(Parts parts)
    : m_path(std::move(parts.path)), m_metadata(std::move(parts.metadata)), m_tensors(std::move(parts.tensors)),
      m_files(std::move(parts.files)), m_sources(std::move(parts.sources)), m_alignment(parts.alignment)
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

const RowSource* ModelFile::sourceOf(const TensorInfo& tensor) const
{
    if (m_sources.empty()) return nullptr;
    const auto it = m_byName.find(tensor.name);
    return it == m_byName.end() ? nullptr : m_sources[it->second].get();
}

Result<void> ModelFile::readRows(const TensorInfo& tensor, std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const
{
    const auto bytes = rowBytes(tensor.type, tensor.shape.columns());
    if (!bytes || firstRow > tensor.shape.rows() || rowCount > tensor.shape.rows() - firstRow)
        return fail(Error{ErrorCode::InvalidArgument, "The tensor does not have the rows that were asked for.", m_path, tensor.name, {}});
    if (const RowSource* source = sourceOf(tensor)) return source->readRows(firstRow, rowCount, out);
    const auto from = view(tensor).bytes.subspan(firstRow * *bytes, rowCount * *bytes);
    if (!from.empty()) std::memcpy(out, from.data(), from.size());
    return {};
}

TensorView ModelFile::view(const TensorInfo& tensor) const
{
    if (!hasView(tensor)) return {tensor.type, tensor.shape, {}};
    return {tensor.type, tensor.shape, m_files[tensor.file]->bytes().subspan(tensor.offset, tensor.sizeBytes)};
}

Result<void> ModelFile::checkUnchanged() const
{
    for (const auto& file : m_files) WW_TRY_VOID(file->checkUnchanged());
    return {};
}

void ModelFile::prefetch(const TensorInfo& tensor) const
{
    if (const RowSource* source = sourceOf(tensor)) return source->prefetch();
    m_files[tensor.file]->prefetch(tensor.offset, tensor.sizeBytes);
}

void ModelFile::release(const TensorInfo& tensor) const
{
    if (const RowSource* source = sourceOf(tensor)) return source->release();
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
    if (std::ranges::any_of(m_files, [&path](const auto& file) { return file->isSameFile(path); })) return true;
    // A folder's configuration and vocabulary were read, too; GGUF files in it are what people export there.
    std::error_code error;
    for (std::filesystem::directory_iterator entry(m_path, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code missing;
        if (entry->path().extension() != ".gguf" && entry->is_regular_file(missing) && std::filesystem::equivalent(entry->path(), path, missing) && !missing) return true;
    }
    return false;
}

namespace {

Result<std::shared_ptr<const ModelFile>> openByContent(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        return fail(ErrorCode::Unsupported, "This is a folder; choose the GGUF file of a model instead.", path);
    WW_TRY(auto file, MappedFile::open(path));
    if (!looksLikeGguf(file->bytes())) {
        const ErrorCode code = file->bytes().empty() ? ErrorCode::Corrupt : ErrorCode::Unsupported;
        return fail(code, foreignContent(file->bytes()), path);
    }
    auto read = readGguf(file);
    WW_TRY_VOID(file->checkUnchanged());  // else the file is called damaged that is being copied or downloaded just now
    WW_TRY(ModelFile::Parts parts, std::move(read));
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
