"use strict";

// What the page holds: N words by falling count, their vectors in int8 and their points.

const data = JSON.parse(document.getElementById("data").textContent);
const words = data.words;
const counts = data.counts; // or null, where they are not known
const N = words.length;
const d = data.dimensions;

function decode(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

const vectors = new Int8Array(decode(data.vectors).buffer); // N × d
const points = new Uint16Array(decode(data.points).buffer); // N × 2, 0 … 65535

// Scales of rows were dropped: these norms stand for them in every cosine.
const inverseNorms = Float64Array.from({ length: N }, (_, row) => {
  let squares = 0;
  for (let i = row * d; i < (row + 1) * d; i++) squares += vectors[i] * vectors[i];
  return squares > 0 ? 1 / Math.sqrt(squares) : 0;
});

// As KeyedVectors.most_similar: the rows of largest cosine with the sum of the unit vectors of
// `positive` less those of `negative`, nearest first, those asked for left out.
function mostSimilar(positive, negative = [], topn = 10) {
  const query = new Float64Array(d);
  for (const [rows, sign] of [[positive, 1], [negative, -1]]) {
    for (const row of rows) {
      const scale = sign * inverseNorms[row];
      for (let i = 0; i < d; i++) query[i] += scale * vectors[row * d + i];
    }
  }
  const norm = Math.hypot(...query);
  if (!(norm > 1e-9)) return []; // a zero vector has no direction
  const asked = new Set([...positive, ...negative]);
  const found = [];
  for (let row = 0; row < N; row++) {
    if (asked.has(row)) continue;
    let product = 0;
    for (let i = 0, j = row * d; i < d; i++, j++) product += query[i] * vectors[j];
    const cosine = (product * inverseNorms[row]) / norm;
    if (found.length === topn && cosine <= found[topn - 1].cosine) continue;
    if (found.length === topn) found.pop();
    let place = found.length;
    while (place > 0 && found[place - 1].cosine < cosine) place--;
    found.splice(place, 0, { row, cosine });
  }
  return found;
}

const folded = words.map((word) => word.toLowerCase());
const rowOf = new Map();
for (let row = N - 1; row >= 0; row--) rowOf.set(words[row], row);
const rowOfFolded = new Map();
for (let row = N - 1; row >= 0; row--) rowOfFolded.set(folded[row], row);

// The row of a word as it was typed, or undefined.
function lookUp(text) {
  const typed = text.trim();
  return rowOf.get(text) ?? rowOf.get(typed) ?? rowOfFolded.get(typed.toLowerCase());
}

// Rows of words to propose: the word itself, those that begin so, those that hold it; frequent
// words first.
function complete(text, most = 8) {
  const typed = text.trim().toLowerCase();
  if (!typed) return [];
  const exact = lookUp(text);
  const found = exact === undefined ? [] : [exact];
  const inside = [];
  for (let row = 0; row < N && found.length < most; row++) {
    if (row === exact) continue;
    const place = folded[row].indexOf(typed);
    if (place === 0) found.push(row);
    else if (place > 0 && inside.length < most) inside.push(row);
  }
  return found.concat(inside).slice(0, most);
}
