// SPDX-License-Identifier: MIT
#include "model/tensor_role.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ww {
namespace {

enum class Place : std::uint8_t { Outside, InBlock, Anywhere };

struct RoleEntry {
    TensorRole role;
    std::string_view name;  ///< for Outside and InBlock also the tensor name without "blk.N." and ".weight"
    Place place;
    bool weightMatrix;
};

using enum TensorRole;

// One line per role, in the order of the enumeration. Routers (ffn_gate_inp) and position embeddings are matrices that
// quantizers leave alone: they are small and their errors are expensive.
constexpr std::array kRoles = {
    RoleEntry{TokenEmbedding, "token_embd", Place::Outside, true},
    RoleEntry{Output, "output", Place::Outside, true},
    RoleEntry{OutputNorm, "output_norm", Place::Outside, false},
    RoleEntry{PositionEmbedding, "position_embd", Place::Outside, false},
    RoleEntry{AttnNorm, "attn_norm", Place::InBlock, false},
    RoleEntry{AttnQkv, "attn_qkv", Place::InBlock, true},
    RoleEntry{AttnQ, "attn_q", Place::InBlock, true},
    RoleEntry{AttnK, "attn_k", Place::InBlock, true},
    RoleEntry{AttnV, "attn_v", Place::InBlock, true},
    RoleEntry{AttnOutput, "attn_output", Place::InBlock, true},
    RoleEntry{AttnQNorm, "attn_q_norm", Place::InBlock, false},
    RoleEntry{AttnKNorm, "attn_k_norm", Place::InBlock, false},
    RoleEntry{PostAttentionNorm, "post_attention_norm", Place::InBlock, false},
    RoleEntry{FfnNorm, "ffn_norm", Place::InBlock, false},
    RoleEntry{FfnGateInp, "ffn_gate_inp", Place::InBlock, false},
    RoleEntry{FfnGate, "ffn_gate", Place::InBlock, true},
    RoleEntry{FfnUp, "ffn_up", Place::InBlock, true},
    RoleEntry{FfnDown, "ffn_down", Place::InBlock, true},
    RoleEntry{FfnGateExps, "ffn_gate_exps", Place::InBlock, true},
    RoleEntry{FfnUpExps, "ffn_up_exps", Place::InBlock, true},
    RoleEntry{FfnDownExps, "ffn_down_exps", Place::InBlock, true},
    RoleEntry{FfnGateShexp, "ffn_gate_shexp", Place::InBlock, true},
    RoleEntry{FfnUpShexp, "ffn_up_shexp", Place::InBlock, true},
    RoleEntry{FfnDownShexp, "ffn_down_shexp", Place::InBlock, true},
    RoleEntry{PostFfwNorm, "post_ffw_norm", Place::InBlock, false},
    RoleEntry{Bias, "bias", Place::Anywhere, false},
    RoleEntry{Other, "other", Place::Anywhere, false},
};

constexpr bool inEnumerationOrder()
{
    for (std::size_t i = 0; i < kRoles.size(); ++i)
        if (static_cast<std::size_t>(kRoles[i].role) != i) return false;
    return kRoles.size() == static_cast<std::size_t>(Other) + 1;
}
static_assert(inEnumerationOrder());

constexpr auto kAllRoles = [] {
    std::array<TensorRole, kRoles.size()> roles{};
    for (std::size_t i = 0; i < roles.size(); ++i) roles[i] = kRoles[i].role;
    return roles;
}();

/// Cuts "blk.N." off the front of `name` and returns N; leaves the name alone if it does not start like that.
std::optional<std::uint32_t> takeBlock(std::string_view& name)
{
    constexpr std::string_view kPrefix = "blk.";
    if (!name.starts_with(kPrefix)) return std::nullopt;
    const char* end = name.data() + name.size();
    std::uint32_t block = 0;
    const auto [rest, error] = std::from_chars(name.data() + kPrefix.size(), end, block);
    if (error != std::errc() || rest == end || *rest != '.') return std::nullopt;
    name.remove_prefix(static_cast<std::size_t>(rest + 1 - name.data()));
    return block;
}

bool contains(std::string_view text, std::string_view part)
{
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TensorIdentity identify(std::string_view tensorName)
{
    TensorIdentity identity;
    identity.block = takeBlock(tensorName);
    if (tensorName.ends_with(".bias")) {
        identity.role = Bias;
        return identity;
    }
    constexpr std::string_view kWeight = ".weight";
    if (!tensorName.ends_with(kWeight)) return identity;
    tensorName.remove_suffix(kWeight.size());

    const Place place = identity.block ? Place::InBlock : Place::Outside;
    const auto known =
        std::find_if(kRoles.begin(), kRoles.end(), [&](const RoleEntry& e) { return e.place == place && e.name == tensorName; });
    if (known != kRoles.end()) {
        identity.role = known->role;
        identity.isWeightMatrix = known->weightMatrix;
    } else {
        // Linear maps that have no row of their own in the layer map (state-space projections, attn_kv_b …).
        identity.isWeightMatrix = !contains(tensorName, "norm") && !tensorName.starts_with("rope_") && tensorName != "token_types";
    }
    return identity;
}

std::string_view roleName(TensorRole role)
{
    const auto index = static_cast<std::size_t>(role);
    return index < kRoles.size() ? kRoles[index].name : std::string_view("other");
}

std::optional<TensorRole> roleFromName(std::string_view name)
{
    for (const auto& entry : kRoles)
        if (entry.name == name) return entry.role;
    return std::nullopt;
}

std::span<const TensorRole> allRoles()
{
    return kAllRoles;
}

}  // namespace ww
