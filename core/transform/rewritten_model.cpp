// SPDX-License-Identifier: MIT
#include "transform/rewritten_model.h"

#include <cstring>
#include <mutex>
#include <new>
#include <utility>

#include "formats/block_format.h"

namespace ww {
namespace {

class RewrittenRows final : public RowSource {
public:
    RewrittenRows(std::shared_ptr<const ModelFile> model, const TensorInfo& source, std::vector<TensorChange> changes)
        : m_model(std::move(model)), m_source(source), m_changes(std::move(changes))
    {
    }

    Result<void> readRows(std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const override
    {
        const std::scoped_lock lock(m_mutex);
        try {
            if (m_values.empty()) {
                WW_TRY(m_values, readTensor(*m_model, m_source));
                for (const TensorChange& change : m_changes) change(m_values, m_source.shape);
            }
        } catch (const std::bad_alloc&) {
            m_values = {};
            return fail(Error{ErrorCode::OutOfMemory, "There is not enough memory to change this tensor.", {}, m_source.name, {}});
        }
        const std::uint64_t columns = m_source.shape.columns();
        std::memcpy(out, m_values.data() + firstRow * columns, rowCount * columns * sizeof(float));
        return {};
    }
    void prefetch() const override { m_model->prefetch(m_source); }
    void release() const override
    {
        const std::scoped_lock lock(m_mutex);
        m_values = {};
        m_model->release(m_source);
    }

private:
    std::shared_ptr<const ModelFile> m_model;
    const TensorInfo& m_source;
    std::vector<TensorChange> m_changes;
    mutable std::mutex m_mutex;
    mutable std::vector<float> m_values;  ///< empty until the rows are asked for
};

/// Rows as they are, of a tensor that had no view before.
class SameRows final : public RowSource {
public:
    SameRows(std::shared_ptr<const ModelFile> model, const TensorInfo& source) : m_model(std::move(model)), m_source(source) {}
    Result<void> readRows(std::uint64_t firstRow, std::uint64_t rowCount, std::byte* out) const override
    {
        return m_model->readRows(m_source, firstRow, rowCount, out);
    }
    void prefetch() const override { m_model->prefetch(m_source); }
    void release() const override { m_model->release(m_source); }

private:
    std::shared_ptr<const ModelFile> m_model;
    const TensorInfo& m_source;
};

}  // namespace

Result<std::vector<float>> readTensorRows(const ModelFile& model, const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount)
{
    const std::size_t columns = tensor.shape.columns();
    const auto row = rowBytes(tensor.type, columns);
    if (!findBlockFormat(tensor.type) || !row)
        return fail(Error{ErrorCode::Unsupported, "The format of this tensor cannot be read as numbers.", model.path(), tensor.name, {}});
    std::vector<std::byte> bytes(rowCount * *row);
    std::vector<float> values(rowCount * columns);
    WW_TRY_VOID(model.readRows(tensor, firstRow, rowCount, bytes.data()));
    WW_TRY_VOID(decodeRows(tensor.type, bytes, 0, rowCount, columns, values.data()));
    return values;
}

Result<std::vector<float>> readTensor(const ModelFile& model, const TensorInfo& tensor)
{
    return readTensorRows(model, tensor, 0, tensor.shape.rows());
}

Result<std::shared_ptr<const ModelFile>> rewrite(std::shared_ptr<const ModelFile> model, Rewriting rewriting)
{
    ModelFile::Parts parts;
    parts.path = model->path();
    parts.metadata = model->metadata();
    parts.files.assign(model->files().begin(), model->files().end());
    parts.alignment = model->alignment();
    const auto addChanged = [&](const TensorInfo& source, const std::string& name) -> Result<void> {
        if (!findBlockFormat(source.type))
            return fail(Error{ErrorCode::Unsupported, "The format of this tensor cannot be changed.", model->path(), source.name, {}});
        TensorInfo info = source;
        info.name = name;
        info.type = TensorType::F32;
        info.sizeBytes = source.shape.elements() * sizeof(float);
        parts.tensors.push_back(std::move(info));
        parts.sources.push_back(std::make_shared<const RewrittenRows>(model, source, std::move(rewriting.changes[name])));
        rewriting.changes.erase(name);
        return {};
    };
    for (const TensorInfo& tensor : model->tensors()) {
        if (rewriting.changes.contains(tensor.name)) {
            WW_TRY_VOID(addChanged(tensor, tensor.name));
            continue;
        }
        parts.tensors.push_back(tensor);
        parts.sources.push_back(model->hasView(tensor) ? nullptr : std::make_shared<const SameRows>(model, tensor));
    }
    for (const auto& [name, from] : rewriting.copies) {
        const TensorInfo* source = model->find(from);
        if (!source || model->find(name))
            return fail(Error{ErrorCode::NotFound, "The tensor to copy is not there, or its copy is already.", model->path(), from, {}});
        WW_TRY_VOID(addChanged(*source, name));
    }
    if (!rewriting.changes.empty())
        return fail(Error{ErrorCode::NotFound, "The model has no tensor of this name.", model->path(), rewriting.changes.begin()->first, {}});
    return std::make_shared<const ModelFile>(std::move(parts));
}

}  // namespace ww
