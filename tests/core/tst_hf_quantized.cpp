// SPDX-License-Identifier: MIT
// Checkpoints that other programs quantized: random codes, packed as those programs do, must come back as the numbers that their
// papers define.
#include <QtTest>

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <random>

#include <fmt/format.h>

#include "import/open_model.h"
#include "tensor/float_convert.h"
#include "tests/support/forward.h"
#include "tests/support/hf_folder.h"
#include "tests/support/verify.h"

using namespace ww;
using Floats = std::vector<float>;
using Entries = std::vector<test::SafetensorsEntry>;

namespace {

constexpr std::size_t kGroup = 32;

template <class T>
std::string bytesOf(const std::vector<T>& values)
{
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// Makes the parts of one matrix [rows × columns] and the numbers they mean.
class Coder {
public:
    explicit Coder(std::string kind) : m_kind(std::move(kind)) {}

    Floats add(Entries& entries, const std::string& stem, std::size_t rows, std::size_t columns)
    {
        if (m_kind.starts_with("gptq")) return gptq(entries, stem, rows, columns);
        if (m_kind.starts_with("awq")) return awq(entries, stem, rows, columns);
        if (m_kind.starts_with("nf4")) return nf4(entries, stem, rows, columns);
        if (m_kind == "int8") return int8(entries, stem, rows, columns);
        return fp8(entries, stem, rows, columns);
    }
    [[nodiscard]] std::string config() const
    {
        if (m_kind == "gptq by an older file" || m_kind == "awq by an older file" || m_kind == "fp8 only") return {};
        if (m_kind == "gptq one group") return R"(, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": -1, "desc_act": false, "sym": true})";
        if (m_kind.starts_with("gptq ") && m_kind.ends_with(" bits"))
            return fmt::format(R"(, "quantization_config": {{"quant_method": "gptq", "bits": {}, "group_size": 32, "sym": false, "checkpoint_format": "gptq"}})", bits());
        if (m_kind == "gptq v2")
            return R"(, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32, "checkpoint_format": "gptq_v2"})";
        if (m_kind.starts_with("gptq")) return R"(, "quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 32, "desc_act": true})";
        if (m_kind == "awq one group") return R"(, "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": -1, "version": "GEMM"})";
        if (m_kind.starts_with("awq")) return R"(, "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 32, "zero_point": true})";
        if (m_kind == "int8") return R"(, "quantization_config": {"quant_method": "bitsandbytes", "load_in_8bit": true})";
        if (m_kind.starts_with("nf4"))
            return R"(, "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "nf4"})";
        if (m_kind == "fp8 ragged blocks") return R"(, "quantization_config": {"quant_method": "fp8", "weight_block_size": [40, 24], "activation_scheme": "dynamic"})";
        if (m_kind == "fp8 blocks") return R"(, "quantization_config": {"quant_method": "fp8", "weight_block_size": [32, 16]})";
        return R"(, "quantization_config": {"quant_method": "compressed-tensors", "format": "float-quantized"})";
    }

private:
    [[nodiscard]] unsigned bits() const { return m_kind.ends_with(" bits") ? static_cast<unsigned>(m_kind[5] - '0') : 4; }
    [[nodiscard]] std::size_t groupSize(std::size_t columns) const { return m_kind.ends_with("one group") ? columns : kGroup; }
    /// Bit by bit, lowest first, as if all words were one long number.
    static void pack(std::vector<std::uint32_t>& words, std::size_t first, std::size_t stride, std::size_t index, unsigned bits, std::uint32_t code)
    {
        for (unsigned b = 0; b < bits; ++b) {
            const std::size_t at = index * bits + b;
            words[first + at / 32 * stride] |= (code >> b & 1U) << at % 32;
        }
    }
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(m_random() % n); }
    float half() { return fromHalf(toHalf(0.001F + 0.01F * static_cast<float>(below(1000)) / 1000)); }
    static std::string halves(const Floats& values)
    {
        std::vector<std::uint16_t> bits;
        for (const float value : values) bits.push_back(toHalf(value));
        return bytesOf(bits);
    }

    Floats gptq(Entries& entries, const std::string& stem, std::size_t rows, std::size_t columns)
    {
        const unsigned bits = this->bits();
        const std::size_t size = groupSize(columns);
        const std::size_t groups = columns / size;
        std::vector<std::uint32_t> codes(columns * bits / 32 * rows), zeros(groups * rows * bits / 32), groupOf(columns);
        Floats scales(groups * rows), values(rows * columns);
        std::vector<int> zero(groups * rows);
        for (std::size_t i = 0; i < columns; ++i) groupOf[i] = static_cast<std::uint32_t>(i / size);
        if (m_kind == "gptq act-order") std::shuffle(groupOf.begin(), groupOf.end(), m_random);
        for (std::size_t i = 0; i < zero.size(); ++i) {
            zero[i] = static_cast<int>(below(1U << bits));
            scales[i] = half();
            // The first version stores one less, and writes 0 as the largest number.
            const std::uint32_t stored = static_cast<std::uint32_t>(m_kind == "gptq v2" ? zero[i] : zero[i] - 1) & ((1U << bits) - 1);
            const std::size_t row = i % rows;
            pack(zeros, i / rows * (rows * bits / 32), 1, row, bits, stored);
        }
        for (std::size_t r = 0; r < rows; ++r)
            for (std::size_t c = 0; c < columns; ++c) {
                const std::uint32_t code = below(1U << bits);
                pack(codes, r, rows, c, bits, code);
                values[r * columns + c] = scales[groupOf[c] * rows + r] * static_cast<float>(static_cast<int>(code) - zero[groupOf[c] * rows + r]);
            }
        entries.push_back({stem + ".qweight", "I32", {columns * bits / 32, rows}, bytesOf(codes)});
        entries.push_back({stem + ".qzeros", "I32", {groups, rows * bits / 32}, bytesOf(zeros)});
        entries.push_back({stem + ".scales", "F16", {groups, rows}, halves(scales)});
        if (m_kind != "gptq by an older file") entries.push_back({stem + ".g_idx", "I32", {columns}, bytesOf(groupOf)});
        entries.push_back({stem + ".bias", "F16", {rows}, std::string(2 * rows, '\0')});  // written although there is none
        return values;
    }

    Floats awq(Entries& entries, const std::string& stem, std::size_t rows, std::size_t columns)
    {
        constexpr std::array<std::size_t, 8> kOrder = {0, 2, 4, 6, 1, 3, 5, 7};
        const std::size_t size = groupSize(columns);
        const std::size_t groups = columns / size;
        std::vector<std::uint32_t> codes(columns * rows / 8), zeros(groups * rows / 8);
        Floats scales(groups * rows), values(rows * columns);
        std::vector<std::uint32_t> zero(groups * rows);
        const auto pack = [&](std::vector<std::uint32_t>& words, std::size_t line, std::size_t row, std::uint32_t code) {
            const auto place = static_cast<std::size_t>(std::ranges::find(kOrder, row % 8) - kOrder.begin());
            words[line * (rows / 8) + row / 8] |= code << 4 * place;
        };
        for (std::size_t g = 0; g < groups; ++g)
            for (std::size_t r = 0; r < rows; ++r) {
                scales[g * rows + r] = half();
                pack(zeros, g, r, zero[g * rows + r] = below(16));
            }
        for (std::size_t c = 0; c < columns; ++c)
            for (std::size_t r = 0; r < rows; ++r) {
                const std::uint32_t code = below(16);
                pack(codes, c, r, code);
                const std::size_t at = c / size * rows + r;
                values[r * columns + c] = scales[at] * static_cast<float>(static_cast<int>(code) - static_cast<int>(zero[at]));
            }
        entries.push_back({stem + ".qweight", "I32", {columns, rows / 8}, bytesOf(codes)});
        entries.push_back({stem + ".qzeros", "I32", {groups, rows / 8}, bytesOf(zeros)});
        entries.push_back({stem + ".scales", "F16", {groups, rows}, halves(scales)});
        return values;
    }

    Floats nf4(Entries& entries, const std::string& stem, std::size_t rows, std::size_t columns)
    {
        const bool nested = m_kind == "nf4 nested";
        constexpr std::size_t kBlock = 64, kNestedBlock = 16;
        const std::size_t count = rows * columns;
        const std::size_t blocks = count / kBlock;
        Floats table(16), scaleTable(256), nestedScales((blocks + kNestedBlock - 1) / kNestedBlock), scales(blocks), values(count);
        for (std::size_t i = 0; i < 16; ++i) table[i] = static_cast<float>(i) / 7.5F - 1;
        for (std::size_t i = 0; i < 256; ++i) scaleTable[i] = static_cast<float>(i) / 128 - 1;
        for (float& scale : nestedScales) scale = half();
        std::vector<std::uint8_t> scaleCodes(blocks), codes(count / 2);
        constexpr float kOffset = 0.125F;
        for (std::size_t b = 0; b < blocks; ++b) {
            scaleCodes[b] = static_cast<std::uint8_t>(below(256));
            scales[b] = nested ? scaleTable[scaleCodes[b]] * nestedScales[b / kNestedBlock] + kOffset : half();
        }
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint32_t code = below(16);
            codes[i / 2] = static_cast<std::uint8_t>(codes[i / 2] | code << (i % 2 == 0 ? 4 : 0));
            values[i] = table[code] * scales[i / kBlock];
        }
        const std::string weight = stem + ".weight";
        entries.push_back({weight, "U8", {count / 2, 1}, bytesOf(codes)});
        entries.push_back({weight + ".quant_map", "F32", {16}, bytesOf(table)});
        if (nested) {
            entries.push_back({weight + ".absmax", "U8", {blocks}, bytesOf(scaleCodes)});
            entries.push_back({weight + ".nested_absmax", "F32", {nestedScales.size()}, bytesOf(nestedScales)});
            entries.push_back({weight + ".nested_quant_map", "F32", {256}, bytesOf(scaleTable)});
        } else {
            entries.push_back({weight + ".absmax", "F32", {blocks}, bytesOf(scales)});
        }
        const std::string state =
            fmt::format(R"({{"quant_type": "nf4", "blocksize": {}, "dtype": "float16", "shape": [{}, {}]{}}})", kBlock, rows, columns,
                        nested ? fmt::format(R"(, "nested_blocksize": {}, "nested_dtype": "float32", "nested_offset": {})", kNestedBlock, kOffset) : "");
        entries.push_back({weight + ".quant_state.bitsandbytes__nf4", "U8", {state.size()}, state});
        return values;
    }

    Floats int8(Entries& entries, const std::string& stem, std::size_t rows, std::size_t columns)
    {
        Floats scales(rows), values(rows * columns);
        std::vector<std::int8_t> codes(rows * columns);
        for (float& scale : scales) scale = half() * 100;
        for (std::size_t i = 0; i < codes.size(); ++i) {
            codes[i] = static_cast<std::int8_t>(static_cast<int>(below(255)) - 127);
            values[i] = static_cast<float>(codes[i]) * scales[i / columns] / 127;
        }
        entries.push_back({stem + ".weight", "I8", {rows, columns}, bytesOf(codes)});
        entries.push_back({stem + ".SCB", "F32", {rows}, bytesOf(scales)});
        return values;
    }

    static float fp8Value(unsigned byte, bool e5m2)
    {
        const int mantissaBits = e5m2 ? 2 : 3;
        const int exponent = static_cast<int>(byte >> mantissaBits) & (e5m2 ? 31 : 15);
        const int bias = e5m2 ? 15 : 7;
        const double fraction = (byte & ((1U << mantissaBits) - 1)) / std::pow(2.0, mantissaBits);
        const double value = exponent == 0 ? fraction * std::pow(2.0, 1 - bias) : (1 + fraction) * std::pow(2.0, exponent - bias);
        return static_cast<float>(byte & 0x80 ? -value : value);
    }
    Floats fp8(Entries& entries, const std::string& stem, std::size_t rows, std::size_t columns)
    {
        const bool e5m2 = m_kind == "fp8 e5m2";
        const bool blocks = m_kind.ends_with("blocks");
        const std::size_t blockRows = m_kind == "fp8 ragged blocks" ? 40 : blocks ? 32 : m_kind == "fp8 rows" ? 1 : rows;
        const std::size_t blockColumns = m_kind == "fp8 ragged blocks" ? 24 : blocks ? 16 : columns;
        const std::size_t across = (columns + blockColumns - 1) / blockColumns;
        Floats scales((rows + blockRows - 1) / blockRows * across), values(rows * columns);
        for (float& scale : scales) scale = e5m2 ? 1 : half();
        std::vector<std::uint8_t> codes(rows * columns);
        for (std::size_t i = 0; i < codes.size(); ++i) {
            codes[i] = static_cast<std::uint8_t>(below(256));
            if ((codes[i] & 0x7F) >= (e5m2 ? 0x5C : 0x7F)) codes[i] = 0x30;  // no infinities, and nothing that drowns the rest
            values[i] = fp8Value(codes[i], e5m2) * scales[i / columns / blockRows * across + i % columns / blockColumns];
        }
        entries.push_back({stem + ".weight", e5m2 ? "F8_E5M2" : "F8_E4M3", {rows, columns}, bytesOf(codes)});
        if (blocks)
            entries.push_back({stem + ".weight_scale_inv", "F32", {scales.size() / across, across}, bytesOf(scales)});
        else if (m_kind == "fp8 rows")
            entries.push_back({stem + ".weight_scale", "F32", {rows, 1}, bytesOf(scales)});
        else if (!e5m2)
            entries.push_back({stem + ".weight_scale", "F32", {}, bytesOf(scales)});
        if (!e5m2) entries.push_back({stem + ".input_scale", "F32", {1}, bytesOf(Floats{1})});
        return values;
    }

    std::string m_kind;
    std::mt19937_64 m_random{7};
};

/// Rows of heads of 16 in the order of llama.cpp.
Floats interleaved(const Floats& values, std::size_t columns)
{
    Floats result(values.size());
    for (std::size_t row = 0; row < values.size() / columns; ++row) {
        const std::size_t from = row / 16 * 16 + row % 16 / 2 + row % 2 * 8;
        std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(from * columns), columns, result.begin() + static_cast<std::ptrdiff_t>(row * columns));
    }
    return result;
}

}  // namespace

class TestHfQuantized : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    [[nodiscard]] std::filesystem::path path() const { return m_folder->path().toStdString(); }

    /// A llama folder whose projections are coded; the numbers by the name of the matrix.
    std::map<std::string, Floats> writeModel(const std::string& kind, const std::function<void(Entries&)>& change = {}) const
    {
        test::HfCase model{"LlamaForCausalLM", {.layers = 1}};
        Coder coder(kind);
        model.config = coder.config() + R"(, "torch_dtype": "float16")";
        Entries entries;
        std::map<std::string, Floats> expected;
        for (auto& entry : test::hfTensors(model.options, test::randomModel(model.options))) {
            const std::size_t end = entry.name.rfind("_proj.weight");
            if (end == std::string::npos)
                entries.push_back(std::move(entry));
            else
                expected[entry.name] = coder.add(entries, entry.name.substr(0, end + 5), entry.shape[0], entry.shape[1]);
        }
        if (change) change(entries);
        if (kind == "gptq by an older file" && !test::writeFile(path() / "quantize_config.json", R"({"bits": 4, "group_size": 32, "desc_act": false, "damp_percent": 0.1})")) return {};
        if (kind == "awq by an older file" && !test::writeFile(path() / "quant_config.json", R"({"w_bit": 4, "q_group_size": 32, "zero_point": true, "version": "GEMM"})")) return {};
        if (!test::writeHfFolder(path(), model) || !test::writeFile(path() / "model.safetensors", test::safetensorsFile(entries))) return {};
        return expected;
    }

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void decodes_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"gptq", "gptq act-order", "gptq 2 bits", "gptq 3 bits", "gptq 8 bits", "gptq v2", "gptq one group", "gptq by an older file", "awq", "awq one group", "awq by an older file", "fp8 only", "nf4", "nf4 nested", "int8", "fp8", "fp8 rows", "fp8 blocks", "fp8 ragged blocks", "fp8 e5m2"})
            QTest::newRow(kind) << QString(kind);
    }
    void decodes()
    {
        QFETCH(QString, kind);
        const auto expected = writeModel(kind.toStdString());
        QVERIFY(!expected.empty());
        const auto opened = openAnyModel(path());
        WW_VERIFY(opened);
        const ModelFile& model = **opened;
        const std::map<std::string, std::string> names = {{"self_attn.q", "attn_q"}, {"self_attn.k", "attn_k"}, {"self_attn.v", "attn_v"}, {"self_attn.o", "attn_output"},
                                                          {"mlp.gate", "ffn_gate"}, {"mlp.up", "ffn_up"},    {"mlp.down", "ffn_down"}};
        QCOMPARE(expected.size(), names.size());
        for (const auto& [hf, gguf] : names) {
            const TensorInfo* tensor = model.find("blk.0." + gguf + ".weight");
            QVERIFY2(tensor, gguf.c_str());
            QCOMPARE(tensor->type, TensorType::F16);
            Floats values = expected.at("model.layers.0." + hf + "_proj.weight");
            if (gguf == "attn_q" || gguf == "attn_k") values = interleaved(values, tensor->shape.columns());
            QCOMPARE(tensor->shape.elements(), values.size());
            std::vector<std::uint16_t> read(values.size());
            WW_VERIFY(model.readRows(*tensor, 0, tensor->shape.rows(), reinterpret_cast<std::byte*>(read.data())));
            for (std::size_t i = 0; i < values.size(); ++i)
                QVERIFY2(std::abs(fromHalf(read[i]) - values[i]) <= 1e-3F * std::abs(values[i]) + 1e-7F, qPrintable(QString("%1 %2: %3 %4").arg(gguf.c_str()).arg(i).arg(fromHalf(read[i])).arg(values[i])));
        }
        QVERIFY(!model.find("blk.0.ffn_up.bias"));
        const auto notes = importNotes(model);
        QCOMPARE(notes.size(), std::size_t{1});
        QVERIFY(notes[0].sentence.find("second loss") != std::string::npos);

        const auto language = test::loadLanguageModel(path());
        WW_VERIFY(language);
        ThreadPool pool(1);
        const auto logits = test::logitsOf(**language, {1, 70, 80}, 3, JobContext{pool});
        WW_VERIFY(logits);
        QVERIFY(std::isfinite((*logits)[5]));
    }

    void refuses()
    {
        const auto remove = [](const char* ending) {
            return [ending](Entries& entries) { std::erase_if(entries, [&](const auto& entry) { return entry.name.ends_with(ending); }); };
        };
        QVERIFY(!writeModel("gptq", remove("q_proj.scales")).empty());
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "scales");
        QVERIFY(!writeModel("gptq", remove("q_proj.qzeros")).empty());
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "another type or shape");
        QVERIFY(!writeModel("gptq", [](Entries& entries) {
            for (auto& entry : entries)
                if (entry.name.ends_with("down_proj.g_idx")) entry.data.replace(0, 4, "\xFF\xFF\xFF\x7F");
        }).empty());
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "another type or shape");
        QVERIFY(!writeModel("nf4 nested", remove("nested_absmax")).empty());
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "another type or shape");
        QVERIFY(!writeModel("nf4", [](Entries& entries) {
            for (auto& entry : entries)
                if (entry.name.ends_with("nf4")) std::ranges::fill(entry.data, '[');
        }).empty());
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "shape");
        QVERIFY(!writeModel("fp8 blocks", [](Entries& entries) {
            for (auto& entry : entries)
                if (entry.name.ends_with("up_proj.weight_scale_inv")) {
                    entry.shape[0] -= 1;
                    entry.data.resize(entry.shape[0] * entry.shape[1] * 4);
                }
        }).empty());
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "another type or shape");
        const auto config = [&](const char* text) {
            return test::writeFile(path() / "config.json", std::string(R"({"architectures": ["LlamaForCausalLM"], "quantization_config": )") + text + "}");
        };
        QVERIFY(config(R"({"quant_method": "hqq"})"));
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Unsupported, "hqq");
        for (const char* order : {R"("is_marlin_format": true)", R"("checkpoint_format": "marlin")", R"("checkpoint_format": "bitblas")", R"("version": "gemv")"}) {
            QVERIFY(config((std::string(R"({"quant_method": "gptq", "bits": 4, )") + order + "}").c_str()));
            WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Unsupported, "order");
        }
        QVERIFY(!writeModel("gptq 8 bits").empty());
        QVERIFY(config(R"({"quant_method": "gptq", "bits": 5})"));
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "");
        QVERIFY(!writeModel("gptq by an older file").empty());
        std::filesystem::remove(path() / "quantize_config.json");
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "says how they were made");
        QVERIFY(config(R"({"quant_method": "gptq", "bits": -4})"));
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Corrupt, "bits");
        QVERIFY(config("7"));
        WW_VERIFY_FAILS(openAnyModel(path()), ErrorCode::Unsupported, "unknown");
    }
};

QTEST_GUILESS_MAIN(TestHfQuantized)
#include "tst_hf_quantized.moc"
