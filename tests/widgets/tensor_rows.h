// SPDX-License-Identifier: GPL-3.0-or-later
// Made-up tensors for the tests of the views: names and shapes like those of a llama model.
#pragma once

#include <QString>
#include <vector>

#include "model/tensor_role.h"
#include "widgets/models/tensor_row.h"

namespace ww::test {

inline TensorRow tensorRow(const QString& name, std::uint64_t columns, std::uint64_t rows, TensorType target)
{
    TensorRow r;
    r.name = name;
    r.identity = identify(name.toStdString());
    r.shapeText = rows > 1 ? QStringLiteral("%1 × %2").arg(columns).arg(rows) : QString::number(columns);
    r.source = rows > 1 ? TensorType::F16 : TensorType::F32;
    r.editable = rows > 1;
    r.target = r.editable ? target : TensorType::F32;
    r.method = r.editable && r.target != r.source ? QStringLiteral("reference") : QString();
    r.methodText = r.method.isEmpty() ? QString() : QStringLiteral("llama.cpp search");
    r.parameters = columns * rows;
    r.bitsPerWeight = traits(r.target).bitsPerWeight();
    r.sizeBytes = static_cast<std::uint64_t>(r.bitsPerWeight * static_cast<double>(r.parameters) / 8);
    return r;
}

/// token_embd, output_norm, output and nine tensors per block, in file order.
inline std::vector<TensorRow> llamaRows(int blocks, TensorType target = TensorType::Q4_K, std::uint64_t width = 4096)
{
    std::vector<TensorRow> rows;
    rows.push_back(tensorRow(QStringLiteral("token_embd.weight"), width, 32000, target));
    for (int b = 0; b < blocks; ++b) {
        const auto add = [&](const char* part, std::uint64_t columns, std::uint64_t count, TensorType type) {
            rows.push_back(tensorRow(QStringLiteral("blk.%1.%2.weight").arg(b).arg(QLatin1String(part)), columns, count, type));
        };
        add("attn_norm", width, 1, target);
        add("ffn_down", width * 11 / 4, width, b % 2 == 0 ? TensorType::Q6_K : target);
        add("ffn_gate", width, width * 11 / 4, target);
        add("ffn_up", width, width * 11 / 4, target);
        add("ffn_norm", width, 1, target);
        add("attn_k", width, width / 4, target);
        add("attn_output", width, width, target);
        add("attn_q", width, width, target);
        add("attn_v", width, width / 4, b % 2 == 0 ? TensorType::Q6_K : target);
    }
    rows.push_back(tensorRow(QStringLiteral("output_norm.weight"), width, 1, target));
    rows.push_back(tensorRow(QStringLiteral("output.weight"), width, 32000, TensorType::Q6_K));
    return rows;
}

}  // namespace ww::test
