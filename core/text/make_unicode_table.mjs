// SPDX-License-Identifier: MIT
// Writes unicode_categories.inc from the npm package @unicode/unicode-15.1.0 (the Unicode Character Database as
// JavaScript arrays). Run with Node in a folder where that package is installed:
//     node make_unicode_table.mjs > unicode_categories.inc
const version = '15.1.0';
const kinds = ['Other', 'Letter', 'Number', 'Punctuation', 'Symbol', 'Mark', 'WhiteSpace'];
const codePoints = async (path) => (await import(`@unicode/unicode-${version}/${path}/code-points.mjs`)).default;

const kindOf = new Uint8Array(0x110000);
for (const kind of kinds.slice(1, -1))
    for (const codePoint of await codePoints(`General_Category/${kind}`)) kindOf[codePoint] = kinds.indexOf(kind);
for (const codePoint of await codePoints('Binary_Property/White_Space')) kindOf[codePoint] = kinds.indexOf('WhiteSpace');

const runs = [];
for (let codePoint = 0; codePoint < kindOf.length; ++codePoint)
    if (codePoint === 0 || kindOf[codePoint] !== kindOf[codePoint - 1])
        runs.push('0x' + (codePoint * 8 + kindOf[codePoint]).toString(16));

console.log('// SPDX-License-Identifier: MIT AND Unicode-3.0');
console.log(`// Made by make_unicode_table.mjs from the Unicode Character Database ${version}. Each number starts a run of code`);
console.log('// points of one kind: first code point * 8 + kind. Kinds:');
console.log(`// ${kinds.map((kind, i) => `${i} ${kind}`).join(', ')}.`);
console.log('// clang-format off');
for (let i = 0; i < runs.length; i += 14) console.log(runs.slice(i, i + 14).join(',') + ',');
