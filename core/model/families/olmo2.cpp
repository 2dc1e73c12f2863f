// SPDX-License-Identifier: MIT
// OLMo 2 and 3: norms on the output of the branches instead of their input, and RMS norms over all heads of q and of k. With
// a sliding window every fourth layer is full; the windowed layers rotate without scaling.
#include "model/families/families.h"

namespace ww::families {

Result<void> olmo2(const KeyReader& keys, Architecture& architecture)
{
    architecture.pairing = RopePairing::Halves;
    architecture.preNorms = false;
    architecture.postNorms = true;
    architecture.headNorm = HeadNorm::WholeProjection;
    architecture.output = OutputMatrix::Required;
    WW_TRY(const std::uint32_t window, keys.count("attention.sliding_window", 0));
    if (window == 0) return {};
    RopeSettings local = architecture.ropes.front();
    local.scaling = RopeScaling::None;
    local.scale = 1;
    local.attnFactor = 1;
    architecture.ropes.push_back(local);
    useWindows(architecture, window, 4, 1);
    return {};
}

}  // namespace ww::families
