// SPDX-License-Identifier: MIT
// Calibrations as files: everything that was collected, with the model it belongs to.
#pragma once

#include <filesystem>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "calibration/byte_stream.h"
#include "calibration/calibration.h"

namespace ww {

/// A calibration and what it was made from.
struct StoredCalibration {
    Calibration calibration;
    Hash model;     ///< modelIdentity() of the source
    Hash settings;  ///< of text and options
    std::vector<float> weights{};  ///< weightSample() of the source
    bool operator==(const StoredCalibration&) const = default;
};

/// Own binary form, little-endian, with a checksum at the end; written under a temporary name and renamed. All values come back
/// with their bits.
Result<void> saveCalibration(const StoredCalibration& stored, const std::filesystem::path& path);
/// Refuses what is no such file (the sentence says what it is instead), is cut off or damaged (Corrupt), or comes from a newer program (Unsupported).
Result<StoredCalibration> loadCalibration(const std::filesystem::path& path);

/// One input's statistics as part of such files.
void writeStatistics(ByteWriter& out, const InputStatistics& input);
[[nodiscard]] bool readStatistics(ByteReader& in, InputStatistics& input);

}  // namespace ww
