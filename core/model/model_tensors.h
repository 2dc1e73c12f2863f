// SPDX-License-Identifier: MIT
// Which tensor of a file plays which part in the forward pass.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/architecture.h"

namespace ww {

/// weight {n}, bias {n} or null. Without a weight there is no norm at this place.
struct NormTensors {
    const TensorInfo* weight = nullptr;
    const TensorInfo* bias = nullptr;
    explicit operator bool() const { return weight != nullptr; }
};

/// A linear map of one or more tensors stacked by rows, e.g. q, k and v, or one fused attn_qkv: y = W·x + b.
struct LinearTensors {
    struct Part {
        const TensorInfo* weight;
        const TensorInfo* bias;  ///< null: zeros
        std::size_t rows;
    };
    std::vector<Part> parts;
    std::size_t inputs = 0;
    std::size_t outputs = 0;
    [[nodiscard]] bool hasBias() const;
};

/// Expert matrices are stacked over their third dimension: rows [e·outputs, (e+1)·outputs) belong to expert e.
struct ExpertTensors {
    LinearTensors router;                       ///< ffn_gate_inp {d, E}
    const TensorInfo* gate = nullptr;           ///< {d, Fe, E}
    const TensorInfo* up = nullptr;             ///< {d, Fe, E}
    const TensorInfo* down = nullptr;           ///< {Fe, d, E}
    std::optional<LinearTensors> sharedGateUp;  ///< rows of the gate, then of up
    std::optional<LinearTensors> sharedDown;
    std::optional<LinearTensors> sharedRouter;  ///< {d, 1}
};

struct BlockTensors {
    NormTensors attnNorm, ffnNorm, postAttentionNorm, postFfwNorm, qNorm, kNorm;
    LinearTensors qkv;                     ///< {d, H·hk + G·hk + G·hv}
    LinearTensors attnOutput;              ///< {H·hv, d}
    LinearTensors gateUp;                  ///< {d, 2F}: rows of the gate first; {d, F} in plain networks
    LinearTensors down;                    ///< {F, d}
    std::optional<ExpertTensors> experts;  ///< instead of gateUp and down
};

struct ModelTensors {
    const TensorInfo* tokenEmbedding = nullptr;     ///< {d, V}
    const TensorInfo* positionEmbedding = nullptr;  ///< {d, context}
    NormTensors outputNorm;
    LinearTensors output;                          ///< {d, V}; the token embedding in tied models
    const TensorInfo* ropeFactors = nullptr;       ///< {dims / 2}, for any length of context
    const TensorInfo* ropeFactorsShort = nullptr;  ///< up to the original context
    const TensorInfo* ropeFactorsLong = nullptr;
    std::vector<BlockTensors> blocks;
};

/// Finds every tensor the architecture needs and checks its shape. The pointers live as long as `model`. Errors: Corrupt for
/// a missing tensor, a wrong shape, or a tensor that the architecture does not know (numbers without it would be wrong).
Result<ModelTensors> bindTensors(const ModelFile& model, const Architecture& architecture);

}  // namespace ww
