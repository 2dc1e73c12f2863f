// SPDX-License-Identifier: MIT
#include "tests/support/golden_rows.h"

#include <QCryptographicHash>

#include <cmath>

namespace ww::test {

std::uint64_t SplitMix::next()
{
    m_state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = m_state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    return z ^ z >> 31;
}

double SplitMix::bell()
{
    double sum = uniform();
    sum += uniform();
    sum += uniform();
    sum += uniform();
    return sum - 2;
}

std::vector<float> goldenRow(std::size_t row)
{
    SplitMix random(1000 + row);
    std::vector<float> values(kGoldenColumns);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double b = row == 2 || row == 6 ? 0 : random.bell();
        double value = b;
        switch (row) {
        case 0: value = b * 0x1p-4; break;
        case 1: value = b / (random.uniform() + 0x1p-6) * 0x1p-6; break;
        case 2: value = i < 512 ? 0.3125 : -0.3125; break;
        case 3: value = i % 256 != 77 ? b * 0x1p-10 : i < 512 ? 8 : -8; break;
        case 4: value = i / 16 % 3 != 0 ? b : i % 2 == 0 ? 0.0 : -0.0; break;
        case 5: value = b * 0x1p-130; break;
        case 6: value = -(random.uniform() * 0x1p-5); break;
        default: value = std::ldexp(b, static_cast<int>(random.next() % 41) - 30); break;
        }
        values[i] = static_cast<float>(value);
    }
    return values;
}

std::vector<float> goldenImportance()
{
    SplitMix random(2000);
    std::vector<float> weights(kGoldenColumns);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double u = random.uniform();
        double value = u * u * 4;
        if (i % 50 == 11) value *= 64;
        if (i % 7 == 3) value = 0;
        weights[i] = static_cast<float>(value);
    }
    return weights;
}

QByteArray sha256(std::span<const std::byte> bytes)
{
    QCryptographicHash hash(QCryptographicHash::Sha256);
    hash.addData(QByteArrayView(reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())));
    return hash.result().toHex();
}

}  // namespace ww::test
