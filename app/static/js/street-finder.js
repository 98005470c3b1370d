// Streets by a name that is typed with errors or without accents; searched in a list that is there already.

export function plain(text) {
  return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

function pairs(text) {
  const found = new Set();
  for (let index = 0; index < text.length - 1; index += 1) found.add(text.slice(index, index + 2));
  return found;
}

// 0 is nothing alike, 1 the same (Dice's coefficient of pairs of letters).
function likeness(a, b) {
  const [left, right] = [pairs(a), pairs(b)];
  let both = 0;
  for (const pair of left) if (right.has(pair)) both += 1;
  return left.size + right.size ? (2 * both) / (left.size + right.size) : 0;
}

// The best first: names that begin with it, then names that hold it; when there are none, names that look like it.
export function finder(streets) {
  const known = streets.map((street) => ({ street, name: plain(street.name) }));
  return (typed, most) => {
    const wanted = plain(typed);
    if (!wanted) return [];
    const scored = known.map(({ street, name }) => {
      if (name.startsWith(wanted)) return { street, score: 3 };
      if (name.includes(wanted)) return { street, score: 2 };
      return { street, score: wanted.length > 2 ? Math.max(likeness(wanted, name), likeness(wanted, name.slice(0, wanted.length))) : 0 };
    });
    const exact = scored.filter(({ score }) => score >= 2);
    const good = exact.length ? exact : scored.filter(({ score }) => score > 0.45);
    return good.sort((a, b) => b.score - a.score || a.street.name.localeCompare(b.street.name)).slice(0, most).map(({ street }) => street);
  };
}
