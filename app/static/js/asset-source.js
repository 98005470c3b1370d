// One asset with everything that may be shown: from the API, or from the file itself in a saved map.

export async function assetFeature(id, on) {
  const inlined = window.vuurtorenAssets;
  if (inlined) {
    const found = inlined[id];
    if (!found) throw new Error("not in this file");
    return found;
  }
  const day = on ? `?${new URLSearchParams({ on })}` : "";
  const response = await fetch(`/api/v1/collections/assets/items/${Number(id)}${day}`, { headers: { Accept: "application/geo+json" } });
  if (!response.ok) throw new Error(String(response.status));
  return response.json();
}
