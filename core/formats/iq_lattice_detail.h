// SPDX-License-Identifier: MIT
// What the scalar and the vector encoder of the lattice formats share: parameters, the result of the search, the bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "formats/iq_codebooks.h"

namespace ww::lattice {

enum class Bare : std::uint8_t { Refused, SquarePlusQuarterVariance, Square };
enum class Refine : std::uint8_t { AllAlways, OffGridOnly, AllIfAnyOffGrid };

/// What distinguishes the five lattice formats when encoding.
struct LatticeSpec {
    IqCodebook book;
    std::size_t run;       ///< values that share a scale
    float varianceFactor;  ///< times Σx²/256
    Bare bare;
    bool signParity;   ///< the number of minus signs of eight values must be even
    float emptyBelow;  ///< a run with a smaller maximum is empty; 0: only an all-zero run
    int tries;         ///< multipliers -tries … tries
    float step;
    bool startScale;    ///< the tries span around a scale that is searched first
    bool onGridBefore;  ///< groups count as on the grid before a try is accepted
    Refine refine;
    float storedFactor;  ///< on the super-block scale as stored
};

inline constexpr LatticeSpec kIq2XxsSpec = {IqCodebook::Iq2Xxs, 32, 1, Bare::Refused, true, 1e-15F, 6, 0.1F, true, false,
                                            Refine::AllAlways,  1};
inline constexpr LatticeSpec kIq2XsSpec = {IqCodebook::Iq2Xs,   16, 1, Bare::Refused, true, 1e-15F, 9, 0.1F, false, true,
                                           Refine::OffGridOnly, 1};
inline constexpr LatticeSpec kIq2SSpec = {
    IqCodebook::Iq2S, 16, 2, Bare::SquarePlusQuarterVariance, false, 1e-8F, 9, 0.1F, false, true, Refine::OffGridOnly, 0.9875F};
inline constexpr LatticeSpec kIq3XxsSpec = {IqCodebook::Iq3Xxs,  32,     2, Bare::Square, true, 1e-8F, 15, 0.2F, false, true,
                                            Refine::OffGridOnly, 1.0125F};
inline constexpr LatticeSpec kIq3SSpec = {IqCodebook::Iq3S,        32,    2, Bare::Square, false, 0, 9, 0.2F, false, false,
                                          Refine::AllIfAnyOffGrid, 1.033F};

inline constexpr std::size_t kMaxRun = 32;
inline constexpr std::size_t kMaxGroups = 8;

struct EncodedRun {
    float scale = 0;
    bool empty = true;
    std::array<std::uint16_t, kMaxGroups> index{};
    std::array<std::uint8_t, 4> signs{};  ///< one mask per eight values
};

struct EncodedBlock {
    std::array<EncodedRun, 16> runs;
    std::array<unsigned, 16> scaleCode{};
    std::uint16_t d = 0;
    bool zero = true;  ///< no run has a scale: d and all scale codes are 0
};

/// Layouts; `out` holds one block of the format and is zero before.
void writeIq2Xxs(const EncodedBlock& block, std::byte* out);
void writeIq2Xs(const EncodedBlock& block, std::byte* out);
void writeIq2S(const EncodedBlock& block, std::byte* out);
void writeIq3Xxs(const EncodedBlock& block, std::byte* out);
/// ownPlaces false: llama.cpp's bytes, in which an empty run moves the following ones one place forward.
void writeIq3S(const EncodedBlock& block, std::byte* out, bool ownPlaces);

/// Signs (with the parity rule), magnitudes v and weights w of one run; `root` gets √w.
void prepareRun(const LatticeSpec& spec, const float* x, const float* importance, float variance, float* w, float* root, float* v,
                EncodedRun& out);

/// Scale codes and the stored super-block scale, once block.runs have their scales.
void finishBlock(const LatticeSpec& spec, EncodedBlock& block);

}  // namespace ww::lattice
