// How far streets are from a place, reckoned on the phone itself: where someone stands is sent to nobody.

const METRES = 111_320; // in one degree of latitude

// Distance in metres from a point (longitude, latitude) to lines of such points.
export function distance([lng, lat], lines) {
  const flat = Math.cos((lat * Math.PI) / 180);
  const local = ([x, y]) => [(x - lng) * METRES * flat, (y - lat) * METRES];
  let least = Infinity;
  for (const line of lines) {
    const points = line.map(local);
    for (let index = 0; index < points.length; index += 1) {
      least = Math.min(least, toPiece(points[index], points[index + 1] ?? points[index]));
    }
  }
  return least;
}

// From the origin to the piece between two points.
function toPiece([ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(Math.max(-(ax * dx + ay * dy) / length, 0), 1) : 0;
  return Math.hypot(ax + along * dx, ay + along * dy);
}

export function here() {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) reject(new Error("no geolocation"));
    else navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve([coords.longitude, coords.latitude]), reject,
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 },
    );
  });
}
