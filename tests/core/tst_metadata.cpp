// SPDX-License-Identifier: MIT
#include <QtTest>

#include <limits>
#include <string>
#include <vector>

#include "io/metadata.h"

using namespace ww;

namespace {

std::vector<std::string> keysOf(const Metadata& metadata)
{
    std::vector<std::string> keys;
    for (const auto& entry : metadata.entries()) keys.push_back(entry.key);
    return keys;
}

Metadata threeKeys()
{
    Metadata metadata;
    metadata.append("a", std::uint32_t{1});
    metadata.append("b", std::uint32_t{2});
    metadata.append("c", std::uint32_t{3});
    return metadata;
}

}  // namespace

class TestMetadata : public QObject {
    Q_OBJECT
private slots:
    void keepsOrderAndUniqueKeys()
    {
        Metadata metadata = threeKeys();
        QVERIFY(!metadata.append("b", std::string("again")));
        QCOMPARE(keysOf(metadata), (std::vector<std::string>{"a", "b", "c"}));
        QCOMPARE(metadata.unsignedInteger("b"), std::optional<std::uint64_t>(2));

        metadata.set("a", std::string("new"));
        metadata.set("d", true);
        QCOMPARE(keysOf(metadata), (std::vector<std::string>{"a", "b", "c", "d"}));
        QCOMPARE(metadata.string("a"), std::optional<std::string_view>("new"));

        metadata.setLast("b", std::uint32_t{9});
        metadata.setLast("e", std::uint32_t{5});
        QCOMPARE(keysOf(metadata), (std::vector<std::string>{"a", "c", "d", "b", "e"}));
        QCOMPARE(metadata.unsignedInteger("b"), std::optional<std::uint64_t>(9));

        QVERIFY(metadata.remove("a"));
        QVERIFY(!metadata.remove("a"));
        QVERIFY(!metadata.contains("a"));
        QCOMPARE(keysOf(metadata), (std::vector<std::string>{"c", "d", "b", "e"}));
        QCOMPARE(metadata.unsignedInteger("c"), std::optional<std::uint64_t>(3));
        QCOMPARE(metadata.boolean("d"), std::optional(true));
        QCOMPARE(metadata.unsignedInteger("e"), std::optional<std::uint64_t>(5));
        QCOMPARE(metadata.size(), std::size_t{4});
    }
    void changingAKeyThroughItsOwnTextIsSafe()
    {
        Metadata metadata = threeKeys();
        metadata.setLast(metadata.entries()[0].key, std::uint32_t{7});
        QCOMPARE(keysOf(metadata), (std::vector<std::string>{"b", "c", "a"}));
        QVERIFY(metadata.remove(metadata.entries()[1].key));
        QCOMPARE(keysOf(metadata), (std::vector<std::string>{"b", "a"}));
    }
    void copiesAreIndependent()
    {
        const Metadata original = threeKeys();
        Metadata copy = original;
        copy.remove("a");
        copy.set("b", std::uint32_t{20});
        QCOMPARE(original.unsignedInteger("a"), std::optional<std::uint64_t>(1));
        QCOMPARE(original.unsignedInteger("b"), std::optional<std::uint64_t>(2));
        QCOMPARE(copy.unsignedInteger("c"), std::optional<std::uint64_t>(3));
    }

    void typedLookUps_data()
    {
        QTest::addColumn<MetadataValue>("value");
        QTest::addColumn<std::optional<std::uint64_t>>("asUnsigned");
        QTest::addColumn<std::optional<std::int64_t>>("asSigned");
        QTest::addColumn<std::optional<double>>("asReal");
        QTest::addColumn<std::optional<bool>>("asBoolean");
        using U = std::optional<std::uint64_t>;
        using I = std::optional<std::int64_t>;
        using R = std::optional<double>;
        using B = std::optional<bool>;
        const auto row = [](const char* name, MetadataValue value, U u, I i, R r, B b) {
            QTest::newRow(name) << value << u << i << r << b;
        };
        row("u8", std::uint8_t{200}, 200, 200, 200.0, {});
        row("i8", std::int8_t{-3}, {}, -3, -3.0, {});
        row("u16", std::uint16_t{60000}, 60000, 60000, 60000.0, {});
        row("i16", std::int16_t{5}, 5, 5, 5.0, {});
        row("u32", std::uint32_t{4000000000U}, 4000000000U, 4000000000, 4e9, {});
        row("i32", std::int32_t{-1}, {}, -1, -1.0, {});
        row("u64 beyond i64", std::numeric_limits<std::uint64_t>::max(), std::numeric_limits<std::uint64_t>::max(), {},
            18446744073709551616.0, {});
        row("i64", std::numeric_limits<std::int64_t>::min(), {}, std::numeric_limits<std::int64_t>::min(), -9223372036854775808.0,
            {});
        row("f32", 0.5F, {}, {}, 0.5, {});
        row("f64", 0.1, {}, {}, 0.1, {});
        row("bool", true, {}, {}, {}, true);
        row("string", std::string("7"), {}, {}, {}, {});
        row("array", MetadataArray(std::vector<std::uint32_t>{7}), {}, {}, {}, {});
    }
    void typedLookUps()
    {
        QFETCH(MetadataValue, value);
        QFETCH(std::optional<std::uint64_t>, asUnsigned);
        QFETCH(std::optional<std::int64_t>, asSigned);
        QFETCH(std::optional<double>, asReal);
        QFETCH(std::optional<bool>, asBoolean);
        Metadata metadata;
        metadata.append("k", value);
        QCOMPARE(metadata.unsignedInteger("k"), asUnsigned);
        QCOMPARE(metadata.integer("k"), asSigned);
        QCOMPARE(metadata.real("k"), asReal);
        QCOMPARE(metadata.boolean("k"), asBoolean);
        QCOMPARE(metadata.unsignedInteger("missing"), std::optional<std::uint64_t>());
        QCOMPARE(metadata.real("missing"), std::optional<double>());
    }
    void arrays()
    {
        Metadata metadata;
        metadata.append("strings", MetadataArray(std::vector<std::string>{"x"}));
        metadata.append("floats", MetadataArray(std::vector<float>{1.5F}));
        metadata.append("ids", MetadataArray(std::vector<std::int32_t>{-1, 2}));
        metadata.append("large", MetadataArray(std::vector<std::uint64_t>{std::uint64_t{1} << 63}));
        metadata.append("flags", MetadataArray(std::vector<BoolByte>{{1}}));
        metadata.append("scalar", std::string("x"));
        QVERIFY(metadata.stringArray("strings") && metadata.stringArray("strings")->front() == "x");
        QVERIFY(!metadata.stringArray("floats") && !metadata.stringArray("scalar") && !metadata.stringArray("missing"));
        QVERIFY(metadata.floatArray("floats") && metadata.floatArray("floats")->front() == 1.5F);
        QVERIFY(!metadata.floatArray("ids"));
        QCOMPARE(metadata.integerArray("ids"), (std::optional<std::vector<std::int64_t>>({-1, 2})));
        for (const char* key : {"large", "flags", "floats", "scalar", "missing"}) QVERIFY2(!metadata.integerArray(key), key);
    }

    void display_data()
    {
        QTest::addColumn<MetadataValue>("value");
        QTest::addColumn<std::string>("text");
        const auto row = [](const char* name, MetadataValue value, const char* text) {
            QTest::newRow(name) << value << std::string(text);
        };
        row("u8", std::uint8_t{65}, "65");
        row("i8", std::int8_t{-65}, "-65");
        row("f32 shortest", 1e-5F, "1e-05");
        row("f32 tenth", 0.1F, "0.1");
        row("f64", 0.1, "0.1");
        row("bool", false, "false");
        row("u64", std::numeric_limits<std::uint64_t>::max(), "18446744073709551615");
        row("string", std::string("Grüße"), "Grüße");
        row("control characters", std::string("a\n\t\x01\x7F"), "a\\n\\t\\x01\\x7f");
        row("not UTF-8", std::string("a\xFF\xC3(\xED\xA0\x80z"), "a\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFDz");
        row("long string", std::string("0123456789012345678901234567890"), "012345678901234567890123…");
        row("cut between characters", std::string("0123456789012345678901234567ü"), "012345678901234567890123…");
        row("array", MetadataArray(std::vector<std::uint8_t>{1, 2, 3}), "[3 × u8] 1, 2, 3");
        row("empty array", MetadataArray(std::vector<std::string>{}), "[0 × string]");
        row("bools", MetadataArray(std::vector<BoolByte>{{1}, {0}}), "[2 × bool] true, false");
        row("long array", MetadataArray(std::vector<std::int32_t>(1000, 7)), "[1000 × i32] 7, 7, 7, 7, …");
        row("strings", MetadataArray(std::vector<std::string>{"a", "b\n"}), "[2 × string] a, b\\n");
    }
    void display()
    {
        QFETCH(MetadataValue, value);
        QFETCH(std::string, text);
        QCOMPARE(QString::fromStdString(displayText(value, 24)), QString::fromStdString(text));
    }
    void types()
    {
        QCOMPARE(typeOf(MetadataValue(true)), MetadataType::Bool);
        QCOMPARE(typeOf(MetadataValue(std::string())), MetadataType::String);
        const MetadataArray array(std::vector<double>{1, 2});
        QCOMPARE(typeOf(MetadataValue(array)), MetadataType::Array);
        QCOMPARE(elementTypeOf(array), MetadataType::F64);
        QCOMPARE(sizeOf(array), std::size_t{2});
        QCOMPARE(elementTypeOf(MetadataArray(std::vector<BoolByte>{})), MetadataType::Bool);
    }
};

QTEST_APPLESS_MAIN(TestMetadata)
#include "tst_metadata.moc"
