// The box round a GeoJSON geometry: west, south, east, north in degrees.

export function boxOf(geometry) {
  if (!geometry) return undefined;
  const flat = geometry.coordinates.flat(Infinity);
  const xs = flat.filter((_, index) => index % 2 === 0);
  const ys = flat.filter((_, index) => index % 2 === 1);
  const least = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  return [least(xs), least(ys), most(xs), most(ys)];
}
