// SPDX-License-Identifier: MIT
#include "tests/support/synthetic_model.h"

#include <fmt/format.h>

#include <utility>

namespace ww::test {

TensorInfo tensorInfo(std::string name, std::vector<std::uint64_t> shape, TensorType type)
{
    TensorInfo info;
    info.name = std::move(name);
    info.type = type;
    info.shape.dims = static_cast<std::uint32_t>(shape.size());
    for (std::size_t i = 0; i < shape.size(); ++i) info.shape.ne[i] = shape[i];
    return info;
}

std::shared_ptr<const ModelFile> makeModel(Metadata metadata, std::vector<TensorInfo> tensors, std::uint32_t alignment)
{
    ModelFile::Parts parts;
    parts.path = "synthetic.gguf";
    parts.metadata = std::move(metadata);
    parts.alignment = alignment;
    std::uint64_t offset = 4096;
    for (auto& tensor : tensors) {
        tensor.sizeBytes = rowBytes(tensor.type, tensor.shape.columns()).value_or(0) * tensor.shape.rows();
        tensor.offset = offset;
        offset += (tensor.sizeBytes + alignment - 1) / alignment * alignment;
    }
    parts.tensors = std::move(tensors);
    return std::make_shared<const ModelFile>(std::move(parts));
}

std::shared_ptr<const ModelFile> makeModel(const SyntheticModel& m)
{
    const auto key = [&m](const char* name) { return m.architecture + name; };
    Metadata metadata;
    metadata.append("general.architecture", m.architecture);
    metadata.append(key(".block_count"), m.layers);
    metadata.append(key(".embedding_length"), static_cast<std::uint32_t>(m.embedding));
    metadata.append(key(".attention.head_count"), m.heads);
    metadata.append(key(".attention.head_count_kv"), m.keyHeads);
    if (m.experts > 0) metadata.append(key(".expert_count"), m.experts);

    const std::uint64_t keySize = m.embedding / m.heads * m.keyHeads;
    std::vector<TensorInfo> tensors;
    tensors.push_back(tensorInfo("token_embd.weight", {m.embedding, m.vocabulary}, m.type));
    tensors.push_back(tensorInfo("output_norm.weight", {m.embedding}));
    if (m.separateOutput) tensors.push_back(tensorInfo("output.weight", {m.embedding, m.vocabulary}, m.type));
    for (std::uint32_t layer = 0; layer < m.layers; ++layer) {
        const auto add = [&](const char* name, std::vector<std::uint64_t> shape, TensorType type) {
            tensors.push_back(tensorInfo(fmt::format("blk.{}.{}.weight", layer, name), std::move(shape), type));
        };
        add("attn_norm", {m.embedding}, TensorType::F32);
        if (m.fusedAttention) {
            add("attn_qkv", {m.embedding, m.embedding + 2 * keySize}, m.type);
        } else {
            add("attn_q", {m.embedding, m.embedding}, m.type);
            add("attn_k", {m.embedding, keySize}, m.type);
            add("attn_v", {m.embedding, keySize}, m.type);
        }
        add("attn_output", {m.embedding, m.embedding}, m.type);
        if (m.experts > 0) {
            add("ffn_gate_inp", {m.embedding, m.experts}, TensorType::F32);
            add("ffn_gate_exps", {m.embedding, m.feedForward, m.experts}, m.type);
            add("ffn_up_exps", {m.embedding, m.feedForward, m.experts}, m.type);
            add("ffn_down_exps", {m.feedForward, m.embedding, m.experts}, m.type);
        } else {
            if (!m.fusedAttention) add("ffn_gate", {m.embedding, m.feedForward}, m.type);
            add("ffn_up", {m.embedding, m.feedForward}, m.type);
            add("ffn_down", {m.feedForward, m.embedding}, m.type);
        }
    }
    return makeModel(std::move(metadata), std::move(tensors));
}

}  // namespace ww::test
