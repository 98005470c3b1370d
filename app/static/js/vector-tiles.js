// The Leaflet layer behind Folium's VectorTiles: base map with names below, symbols above, one set of tiles for both.

import { onSchemeChange, palette } from "vuurtoren/colours";
import { lightRules } from "vuurtoren/energy-look";
import { STREETS_FROM } from "vuurtoren/energy-months";
import { pick } from "vuurtoren/hit-test";
import { FAMILY, labelRules, overlayLabels, overlayRules, paintRules } from "vuurtoren/map-style";
import { settings } from "vuurtoren/page";
import { TileSource } from "vuurtoren/tile-source";
import { turn } from "vuurtoren/turns";

const LABELLED_TILES = 64;

// The address of the tiles for a question about streets: their states for a theme on a date.
export function tileAddress(url, question = settings.tiles) {
  return question ? `${url}?${new URLSearchParams(question)}` : url;
}

function fonts() {
  return [500, 700].map((weight) => document.fonts.load(`${weight} 14px ${FAMILY}`));
}

// Tiles that come in together are drawn one after another, each in a task of its own.
class InTurns extends protomapsL.View {
  async getDisplayTile(tile) {
    const made = await super.getDisplayTile(tile);
    await turn();
    return made;
  }
}

class VectorTiles {
  constructor({ look, url, deepestDataZoom, style }) {
    this.deepest = deepestDataZoom;
    this.view = {
      look,
      style,
      family: FAMILY,
      shapes: style.shapes,
      colours: palette(style),
      kinds: new Set(), // none chosen: all shown
      theme: "",
      freshness: new Set(),
      open: false, // only where newcomers are welcome
      gift: "",
      only: undefined, // numbers of entries; all when undefined
      facet: "", // what the numbers in tiles of a country are about
      several: false, // more is chosen than those numbers know of
      words: false, // words are asked for, of which they know nothing
      marked: new Set(), // ids pointed at or opened
      markedStreets: new Set(),
      focus: "",
      energy: { streetLook: () => "", areaLook: () => "" }, // told by the energy page once it knows
      shown: (feature) => this.isShown(feature),
      chosen: (feature) => this.view.marked.has(Number(feature.props.id ?? feature.id)),
      chosenStreet: (feature) => this.view.markedStreets.has(Number(feature.props.id ?? feature.id)),
      inFocus: (feature) => !this.view.focus || feature.props.code === this.view.focus,
    };
    const tasks = fonts();
    const common = { url, maxDataZoom: deepestDataZoom, attribution: "", tasks, maxZoom: 19 };
    this.base = protomapsL.leafletLayer({ ...common, paintRules: paintRules(this.view), labelRules: look === "energy" ? [] : labelRules(this.view), backgroundColor: this.ground() });
    this.overlay = protomapsL.leafletLayer({ ...common, paintRules: overlayRules(this.view), labelRules: overlayLabels(this.view), pane: "overlayPane" });
    this.layers = [this.base, this.overlay];
    if (look === "energy") {
      this.light = protomapsL.leafletLayer({ ...common, paintRules: lightRules(this.view), labelRules: [] });
      this.layers.splice(1, 0, this.light);
    }
    for (const layer of this.layers) layer.labelers.maxLabeledTiles = LABELLED_TILES;
    this.setAddress(tileAddress(url));
    onSchemeChange(() => this.recolour());
  }

  addTo(map) {
    this.map = map;
    for (const layer of this.layers) layer.addTo(map);
    return this;
  }

  ground() {
    return this.view.colours["map-outside"];
  }

  isShown(feature) {
    const { kinds, theme, freshness, open, gift, only } = this.view;
    const kind = feature.props.kind ?? "street_initiative";
    if (only && !only.has(Number(feature.props.id ?? feature.id))) return false;
    if (open && !feature.props.open) return false;
    if (gift && !String(feature.props.gifts ?? "").split(",").includes(gift)) return false;
    if (kinds.size && !kinds.has(kind)) return false;
    if (freshness.size && !freshness.has(feature.props.freshness)) return false;
    return !theme || String(feature.props.themes ?? "").split(",").includes(theme);
  }

  // Other tiles from now on: the layers share one cache, so each tile is fetched and read once.
  setAddress(url) {
    this.address = url;
    const cache = new protomapsL.TileCache(new TileSource(url, () => this.view.facet), 512);
    const view = new InTurns(cache, this.deepest, 1);
    const views = new Map([["", view]]);
    for (const layer of this.layers) layer.views = views;
  }

  reload(url) {
    this.setAddress(url);
    for (const layer of this.layers) {
      layer.clearLayout();
      layer.labelers.maxLabeledTiles = LABELLED_TILES;
      layer.redraw(); // a drawing of the old tiles that is still under way finds its canvas gone
    }
  }

  filter({ kinds, theme, freshness, open, gift }) {
    const asked = JSON.stringify([[...kinds], theme ?? "", [...(freshness ?? [])], Boolean(open), gift ?? ""]);
    if (asked === (this.asked ?? '[[],"",[],false,""]')) return; // drawn so already
    this.asked = asked;
    this.view.kinds = new Set(kinds);
    this.view.freshness = new Set(freshness);
    this.view.theme = theme ?? "";
    this.view.open = Boolean(open);
    this.view.gift = gift ?? "";
    this.count([theme, [...this.view.freshness].length === 1 ? [...this.view.freshness][0] : "", open ? "open" : "", gift].filter(Boolean));
    this.redraw();
  }

  // Numbers in tiles are about one choice beside the kind: other tiles for another one, and none for several.
  count(chosen) {
    const facet = chosen.length === 1 ? chosen[0] : "";
    this.view.several = chosen.length > 1;
    if (facet === this.view.facet) return;
    this.view.facet = facet;
    if (this.map) this.reload(this.address);
  }

  // Whether words are asked for: numbers know nothing of them, and the list says which entries have them.
  ask(words) {
    if (!words) this.only(undefined);
    if (words === this.view.words) return;
    this.view.words = words;
    this.redraw();
  }

  // Only these entries, by number; undefined for all.
  only(ids) {
    const known = this.view.only;
    if (!known && !ids) return;
    if (known && ids && known.size === ids.length && ids.every((id) => known.has(id))) return;
    this.view.only = ids && new Set(ids);
    this.redraw();
  }

  focusOn(code) {
    if (this.view.focus === (code ?? "")) return;
    this.view.focus = code ?? "";
    this.redraw();
  }

  mark(ids) {
    const marked = new Set([...ids].map(Number));
    if (!marked.size && !this.view.marked.size) return; // drawing costs: nothing was marked and nothing is
    this.view.marked = marked;
    this.overlay.rerenderTiles();
  }

  markStreets(ids) {
    this.view.markedStreets = new Set([...ids].map(Number));
    this.overlay.rerenderTiles();
  }

  under(latlng) {
    const layers = this.view.look === "public" ? ["assets", "initiatives"] : ["streets"];
    return pick(this.base, latlng, layers, this.view.shown);
  }

  areaUnder(latlng) {
    return pick(this.base, latlng, ["areas"], () => true)?.features.find((area) => area.finest);
  }

  countUnder(latlng) {
    return pick(this.base, latlng, ["clusters", "asset_counts"], () => true)?.features[0];
  }

  recolour() {
    Object.assign(this.view.colours, palette(this.view.style));
    this.base.backgroundColor = this.ground();
    this.redraw();
  }

  redraw() {
    for (const layer of this.layers) layer.rerenderTiles();
  }

  // Only what another month changes: the light on the streets, or zoomed out the areas.
  redrawEnergy() {
    (this.map.getZoom() >= STREETS_FROM ? this.light : this.base).rerenderTiles();
  }
}

export function vectorTiles(settings) {
  return new VectorTiles(settings);
}
