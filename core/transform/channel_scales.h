// SPDX-License-Identifier: MIT
// The choice of scales per input channel: what SmoothQuant (Xiao et al. 2023) and AWQ (Lin et al. 2024) make of the statistics of
// an input and of the matrices that read it. Where the scales go is channel_scaling's matter.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "calibration/calibration.h"
#include "methods/method_spec.h"
#include "tensor/tensor_type.h"

namespace ww {

struct ScalingOptions {
    enum class Rule : std::uint8_t {
        Smooth,  ///< largest input^alpha / largest weight^(1 − alpha): evens out the ranges for 8-bit products
        Awq      ///< mean |input|^alpha, alpha from 0, 0.05, … 0.95 by the least output error of `target`
    };
    Rule rule = Rule::Smooth;
    double alpha = 0.5;
    bool searchAlpha = false;  ///< of Smooth: for each input what is best for its sample, of 0.30, 0.35, … 0.95 and leaving it alone
    std::string target = "Q4_0";        ///< as parseScalingTarget() reads it
    std::optional<double> awqAlpha{};  ///< this one for all inputs instead; 0 leaves the model as it is
};

/// What AWQ tries its scales with.
struct ScalingTarget {
    std::string text;                     ///< canonical
    TensorType format = TensorType::F32;  ///< that `method` writes; F32 for analysis methods
    Method method;
};
/// The name of a format ("Q4_0"; also for an empty text) or the spec of an analysis method that needs no data ("nf4",
/// "affine:bits=3,group=64"). Error InvalidArgument says what is allowed.
Result<ScalingTarget> parseScalingTarget(std::string_view text);

/// A matrix that reads an input.
struct ScaledReader {
    std::vector<float> rows;     ///< of it, or a sample of them; columns as the input
    std::vector<float> largest;  ///< magnitude of each column, over all its rows
    std::size_t allRows = 0;     ///< those of the matrix
    double share = 1;            ///< of the tokens that reach it; experts see a part
};

/// `values` are all rows; no more than `keptRows` of them are kept, spread evenly.
ScaledReader scaledReader(std::vector<float> values, std::size_t columns, std::size_t keptRows);

/// One input of a block: its channels and who reads them.
struct ScaledInput {
    const InputStatistics* statistics = nullptr;
    std::vector<ScaledReader> readers;
    std::size_t period = 0;      ///< scales repeat: channel c has that of sharedOf(c)
    std::size_t headLength = 0;  ///< of v → output: channels of a head
    std::size_t repeats = 1;     ///< query heads per value head

    [[nodiscard]] std::size_t sharedOf(std::size_t channel) const
    {
        if (headLength == 0) return channel;
        return channel / headLength / repeats * headLength + channel % headLength;
    }
    /// Scales of all channels.
    [[nodiscard]] std::vector<float> spread(const std::vector<float>& scales) const;
};

using Scales = std::shared_ptr<const std::vector<float>>;

/// `period` scales; null when nothing is to change: with AWQ also where the best scales do not clearly lose less than none.
/// Errors: InvalidArgument when AWQ has no Gram matrix or the search of SmoothQuant no sample.
Result<Scales> chooseScales(const ScaledInput& input, const ScalingOptions& options, const ScalingTarget& target, const JobContext& context);

}  // namespace ww
