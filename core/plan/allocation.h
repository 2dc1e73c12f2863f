// SPDX-License-Identifier: MIT
// Which format for which tensor, so that a file of a given size does the least damage, or a given damage the smallest file.
// Pure functions over plain values: sizes and predicted damage come from the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/multiple_choice.h"
#include "tensor/tensor_info.h"
#include "tensor/tensor_type.h"

namespace ww {

/// One way to store a tensor.
struct AllocationCandidate {
    TensorType format = TensorType::F16;
    std::uint64_t bytes = 0;   ///< exact, with its padding in the file
    double cost = 0;           ///< predicted damage; finite, not negative; adds up over tensors
    std::uint32_t method = 0;  ///< for the caller; of several candidates with one format the better ones are used
};

struct AllocationTensor {
    std::string name;  ///< for messages
    std::vector<AllocationCandidate> candidates;
    std::optional<TensorType> pin;      ///< this format and no other; also if the allowed ones lack it
    std::optional<TensorType> minimum;  ///< at least as many bits per weight as this
    std::uint32_t group = 0;            ///< tensors with the same number take the same format; 0: alone
};

struct Allocation {
    std::vector<std::uint32_t> choice;  ///< per tensor an index into its candidates
    std::uint64_t bytes = 0;
    double cost = 0;
    bool optimal = false;  ///< proven to be the best there is, up to 1e-5 of its cost (or size)
};

/// What changing one tensor (with its group) to the neighbouring point of its hull would do.
struct AllocationStep {
    std::uint32_t candidate = 0;  ///< of this tensor
    std::int64_t bytes = 0;       ///< change of the file size
    double cost = 0;              ///< change of the damage
};
struct AllocationPrices {
    std::optional<AllocationStep> up;    ///< more bytes, less damage; empty at the top
    std::optional<AllocationStep> down;  ///< fewer bytes, more damage; empty at the bottom
};

/// Prepared once for a model (n log n); then every budget is answered at once. Immutable and thread-safe.
class Allocator {
public:
    /// `allowed`: empty for all formats that have candidates. InvalidArgument names a tensor whose pin, minimum, group and
    /// allowed formats leave nothing, and costs that are not numbers.
    static Result<Allocator> create(std::vector<AllocationTensor> tensors, std::span<const TensorType> allowed = {});

    struct Point {
        std::uint64_t bytes = 0;
        double cost = 0;
    };
    /// The best cost of every size that single steps reach, from the smallest file to the best one: bytes strictly increase and
    /// costs strictly decrease. For the slider and the Pareto plot.
    [[nodiscard]] const std::vector<Point>& curve() const { return m_curve; }

    /// For the slider: within a fraction of one step of the optimum. TooShort when no choice is as small as `bytes`.
    [[nodiscard]] Result<Allocation> quick(std::uint64_t bytes) const;
    /// When the slider is released: the optimum.
    [[nodiscard]] Result<Allocation> best(std::uint64_t bytes) const;
    /// Smallest file with at most this damage (up to the twelfth digit), as point of the curve and exactly. InvalidArgument when
    /// no choice is as good.
    [[nodiscard]] Result<Allocation> quickForCost(double cost) const;
    [[nodiscard]] Result<Allocation> bestForCost(double cost) const;
    /// No allocation within `bytes` costs less than this.
    [[nodiscard]] double lowerBound(std::uint64_t bytes) const;

    /// Per tensor, what the next step up and down would change.
    [[nodiscard]] std::vector<AllocationPrices> prices(const Allocation& allocation) const;

private:
    /// A tensor or a group of them: a point per format, with the candidate that each member takes.
    struct Item {
        std::vector<std::uint32_t> tensors;
        std::vector<std::vector<std::uint32_t>> candidates;  ///< [point][member]
    };
    Allocator(std::vector<Item> items, MultipleChoice choice, std::size_t tensorCount);
    [[nodiscard]] Allocation expand(const ChoiceSolution& solution) const;
    [[nodiscard]] std::vector<std::uint32_t> pointsOf(const Allocation& allocation) const;

    std::vector<Item> m_items;
    MultipleChoice m_choice;
    std::vector<Point> m_curve;
    std::size_t m_tensorCount = 0;
};

/// Formats worth offering for a tensor, without repetition, largest first: each allowed one that fits the rows, or its
/// replacement; not those that need importance where there is none.
[[nodiscard]] std::vector<TensorType> candidateFormats(const TensorInfo& tensor, std::span<const TensorType> allowed,
                                                       bool haveImportance);

}  // namespace ww
