// SPDX-License-Identifier: MIT
// Models whose weights are changed while they are read: what transformations (rotation, scales moved between layers) return.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/model_file.h"

namespace ww {

/// Changes the values of one whole tensor in place. Must be thread-safe and give the same result every time.
using TensorChange = std::function<void(std::vector<float>& values, const Shape& shape)>;

/// Changes by name of the tensor; each list is applied in order.
struct Rewriting {
    std::map<std::string, std::vector<TensorChange>, std::less<>> changes;
    /// Tensors to add, as changed copies of others: name → source. Their changes stand in `changes` under the new name.
    std::map<std::string, std::string, std::less<>> copies;

    void add(std::string_view tensor, TensorChange change) { changes[std::string(tensor)].push_back(std::move(change)); }
};

/// The same model with the changed tensors as F32, all others as they are. A changed tensor is made as a whole when its rows are
/// first asked for and kept until it is released, so that a job holds a few of them at a time. Errors: NotFound for a tensor that
/// is not there, Unsupported for one that has no codec.
Result<std::shared_ptr<const ModelFile>> rewrite(std::shared_ptr<const ModelFile> model, Rewriting rewriting);

/// Some rows of a tensor as floats, or all of them.
Result<std::vector<float>> readTensorRows(const ModelFile& model, const TensorInfo& tensor, std::size_t firstRow, std::size_t rowCount);
Result<std::vector<float>> readTensor(const ModelFile& model, const TensorInfo& tensor);

}  // namespace ww
