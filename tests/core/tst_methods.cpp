// SPDX-License-Identifier: MIT
// Specs of methods, and what every method promises.
#include <QtTest>

#include "methods/quantizer.h"
#include "plan/recipe.h"

using namespace ww;

class TestMethods : public QObject {
    Q_OBJECT
private slots:
    void specsAreReadAndWritten()
    {
        const auto plain = parseMethod("");
        QVERIFY(plain);
        QCOMPARE(plain->quantizer->name(), kDefaultMethod);
        QVERIFY(!parseMethod("no-such-method"));
        QVERIFY(!parseMethod("reference:"));
        QVERIFY(!parseMethod("reference:bits=4"));
        for (const Quantizer* method : quantizers()) {
            QCOMPARE(findQuantizer(std::string(method->name()) + ":a=b"), method);
            std::string spec(method->name());
            char separator = ':';
            for (const MethodOption& option : method->options()) {
                spec += separator + std::string(option.name) + '=' + std::string(option.defaultValue);
                separator = ',';
                QVERIFY(!option.title.empty() && !option.description.empty());
            }
            const auto parsed = parseMethod(spec);
            QVERIFY2(parsed, spec.c_str());
            QCOMPARE(methodSpec(*parsed), std::string(method->name()));
            QCOMPARE(parsed->values.values().size(), method->options().size());
        }
    }

    void rulesTakeOptions()
    {
        const auto rule = parseRule("a=b=Q4_K:method:bits=4,group=Q8_0");
        QVERIFY(rule);
        QCOMPARE(rule->pattern, std::string("a=b"));
        QCOMPARE(rule->method, std::string("method:bits=4,group=Q8_0"));
        Recipe recipe;
        recipe.method = "reference";
        const auto read = recipeFromJson(recipeToJson(recipe));
        QVERIFY(read && *read == recipe);
    }
};

QTEST_GUILESS_MAIN(TestMethods)
#include "tst_methods.moc"
