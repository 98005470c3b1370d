// What a street's energy is made of, in a map saved as one file: added up here from what is in the file.
// The rule is that of assets/energy.py: sqrt(participants), halved every so many days, while the entry counts.

import { settings } from "vuurtoren/page";

const DAY = 86400000;

function counts(giver, day) {
  return giver.countsOn.some(([first, until]) => (!first || first <= day) && (!until || day < until));
}

// As the API's answer: {activities, others}, the heaviest first. Of areas the file holds figures only.
export async function madeOffline(what, key, day, limit) {
  const { givers, shares, halfLife } = settings.inlinedMade;
  const found = [];
  for (const [id, share] of (what === "streets" && shares[key]) || []) {
    const giver = givers[id];
    if (!counts(giver, day)) continue;
    for (const [held_on, participants, kind] of giver.deeds) {
      if (held_on > day) continue;
      const days = (Date.parse(day) - Date.parse(held_on)) / DAY;
      found.push({ asset_id: id, title: giver.title, held_on, participants, kind, weight: share * Math.sqrt(participants) * 2 ** (-days / halfLife) });
    }
  }
  found.sort((a, b) => b.weight - a.weight);
  const others = found.slice(limit).reduce((sum, one) => sum + one.weight, 0);
  return { activities: found.slice(0, limit), others };
}
