// SPDX-License-Identifier: MIT
#include "io/model_identity.h"

#include <algorithm>
#include <vector>

namespace ww {
namespace {

// Bytes of each tensor that are looked at, about.
constexpr std::uint64_t kSampleBytes = std::uint64_t{256} << 10;
constexpr std::uint64_t kMostRows = 64;

}  // namespace

Result<Hash> modelIdentity(const ModelFile& model)
{
    WW_TRY_VOID(model.checkUnchanged());
    Hasher hasher;
    std::vector<std::byte> row;
    for (const TensorInfo& tensor : model.tensors()) {
        hasher.text(tensor.name).number(static_cast<std::uint64_t>(tensor.type));
        for (const std::uint64_t size : tensor.shape.ne) hasher.number(size);
        const auto bytes = rowBytes(tensor.type, tensor.shape.columns());
        const std::uint64_t rows = tensor.shape.rows();
        if (!bytes || *bytes == 0 || rows == 0) continue;
        row.resize(static_cast<std::size_t>(*bytes));
        const std::uint64_t count = std::min(rows, std::clamp<std::uint64_t>(kSampleBytes / *bytes, 2, kMostRows));
        for (std::uint64_t i = 0; i < count; ++i) {
            WW_TRY_VOID(model.readRows(tensor, i * rows / count, 1, row.data()));
            hasher.bytes(row);
        }
    }
    return hasher.finish();
}

}  // namespace ww
