// A stretch of one street on the map: it lights up, and two handles are dragged, tapped or moved by arrow keys along it.

import { say, stretchOf, words } from "vuurtoren/place-form";
import { fill } from "vuurtoren/page";

const SNAP_PX = 14;
const STEP_M = 10;
const NAMES = ["from_end", "to_end"];

export class Stretch {
  constructor(map, street, block, colour) {
    Object.assign(this, { map, street, block, form: stretchOf(block) });
    if (!map.getPane("stretch")) {
      const pane = map.createPane("stretch");
      pane.style.zIndex = 450;
      pane.style.pointerEvents = "none";
    }
    const look = { pane: "stretch", interactive: false, lineCap: "round", lineJoin: "round" };
    this.glow = L.polyline([], { ...look, className: "vuurtoren-stretch__glow", weight: 18, opacity: 0.55 }).addTo(map);
    this.line = L.polyline([], { ...look, className: "vuurtoren-stretch__line", weight: 6, color: colour }).addTo(map);
    this.handles = [0, 1].map((which) => this.handle(which));
    this.waiting = false; // for the other end, after the first was tapped
    this.read();
    block.addEventListener("change", (event) => {
      const implied = event.target.dataset?.implies;
      if (implied) this.form.choose(implied);
      if (this.form.way() === "whole") this.form.clear();
      this.read();
      this.tell();
    });
  }

  // --- from the form to the map ---

  read() {
    this.waiting = false;
    const way = this.form.way();
    if (way === "ends") {
      const corners = NAMES.map((name) => this.street.corners.find(({ key }) => key === this.form.end(name)));
      if (corners.every(Boolean)) {
        this.ends = corners.map(({ node }) => this.street.at(node));
        this.draw();
        return;
      }
    }
    const [line] = this.form.lines();
    if (way === "drawn" && line) {
      this.ends = [line.coordinates[0], line.coordinates.at(-1)].map((position) => this.street.nearest(position));
      this.draw();
      return;
    }
    this.whole();
  }

  whole() {
    const { street } = this;
    this.all = true;
    this.ends = street.closed ? [street.placeAt(0), street.placeAt(street.total / 2)] : [street.at(street.corners[0].node), street.at(street.corners.at(-1).node)];
    this.light(street.lines());
    this.place();
  }

  draw() {
    this.all = false;
    this.way = this.street.between(...this.ends);
    this.light([this.street.latlngs(this.way.points)]);
    this.place();
  }

  lightNumbers({ lines, metres }) {
    const latlngs = lines.map((line) => line.map(([longitude, latitude]) => [latitude, longitude]));
    const places = lines.flat().map((position) => this.street.nearest(position)).sort((a, b) => this.street.metresOf(a) - this.street.metresOf(b));
    this.all = false;
    this.ends = [places[0], places.at(-1)];
    this.way = this.street.between(...this.ends);
    this.light(latlngs);
    this.place();
    this.map.fitBounds(L.latLngBounds(latlngs.flat()), { paddingTopLeft: [40, 96], paddingBottomRight: [78, 40], maxZoom: 18 });
    say(fill(words.byNumbers, { metres, street: this.street.name }));
  }

  light(lines) {
    this.glow.setLatLngs(lines);
    this.line.setLatLngs(lines);
  }

  // --- handles ---

  handle(which) {
    const icon = L.divIcon({ className: "vuurtoren-handle", html: "<span></span>", iconSize: [44, 44] });
    const marker = L.marker(this.street.latlngs(this.street.axis)[0], { icon, draggable: true, keyboard: true, zIndexOffset: 900 }).addTo(this.map);
    const element = marker.getElement();
    element.setAttribute("role", "slider");
    element.setAttribute("aria-label", fill(which ? words.lastEnd : words.firstEnd, { street: this.street.name }));
    element.setAttribute("aria-valuemin", "0");
    element.setAttribute("aria-valuemax", String(Math.round(this.street.total)));
    marker.on("drag", () => this.move(which, marker.getLatLng()));
    marker.on("dragend", () => this.done());
    element.addEventListener("keydown", (event) => this.key(which, event));
    return marker;
  }

  place() {
    this.handles.forEach((marker, which) => {
      const [longitude, latitude] = this.street.position(this.ends[which]);
      marker.setLatLng([latitude, longitude]);
      const element = marker.getElement();
      element.setAttribute("aria-valuenow", String(Math.round(this.street.metresOf(this.ends[which]))));
      element.setAttribute("aria-valuetext", this.wordsOf(which));
      element.classList.toggle("vuurtoren-handle--waiting", this.waiting && which === 1);
    });
  }

  wordsOf(which) {
    const corner = this.street.cornerNear(this.ends[which], 1);
    return corner ? corner.label : fill(words.here, { metres: Math.round(this.street.metresOf(this.ends[which])) });
  }

  // A corner draws a handle that comes near; elsewhere it stands where it was put.
  move(which, { lng, lat }) {
    const [east, north] = [this.map.latLngToContainerPoint([lat, lng]), this.map.latLngToContainerPoint([lat + 0.001, lng])];
    const metres = (SNAP_PX * 111.195) / Math.max(1, Math.abs(east.y - north.y));
    const place = this.street.nearest([lng, lat]);
    const corner = this.street.cornerNear(place, metres);
    this.ends[which] = corner ? this.street.at(corner.node) : place;
    this.draw();
  }

  key(which, event) {
    const { street } = this;
    const metres = street.metresOf(this.ends[which]);
    const steps = { ArrowRight: STEP_M, ArrowUp: STEP_M, ArrowLeft: -STEP_M, ArrowDown: -STEP_M };
    const corners = street.corners.map(({ node }) => street.metresOf(street.at(node)));
    let to;
    if (event.key in steps) to = metres + steps[event.key] * (event.shiftKey ? 5 : 1);
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = street.closed ? street.total - 1 : street.total;
    else if (event.key === "PageUp") to = corners.find((at) => at > metres + 1) ?? street.total;
    else if (event.key === "PageDown") to = corners.findLast((at) => at < metres - 1) ?? 0;
    else return;
    event.preventDefault();
    event.stopPropagation();
    const place = street.placeAt(to);
    const corner = street.cornerNear(place, 2);
    this.ends[which] = corner ? street.at(corner.node) : place;
    this.draw();
    this.done();
  }

  // --- tapping: the first end, then the other; after that whichever is nearer ---

  tap({ lng, lat }) {
    if (this.all) {
      this.waiting = true;
      this.ends = [this.street.nearest([lng, lat]), this.street.nearest([lng, lat])];
      this.move(0, { lng, lat });
      this.ends[1] = this.ends[0];
      this.draw();
      say(words.otherEnd);
      return;
    }
    if (this.waiting) {
      this.waiting = false;
      this.move(1, { lng, lat });
    } else {
      const away = this.ends.map((end) => this.street.between(end, this.street.nearest([lng, lat])).metres);
      this.move(away[0] <= away[1] ? 0 : 1, { lng, lat });
    }
    this.done();
  }

  away({ lng, lat }) {
    return this.street.nearest([lng, lat]).away;
  }

  // --- from the map to the form ---

  done() {
    if (this.way.metres < 1) {
      this.form.setLine(undefined);
      this.form.choose("whole");
      this.form.clear();
      this.whole();
      this.form.told();
      return;
    }
    this.waiting = false;
    this.place();
    const corners = this.ends.map((end) => this.street.cornerNear(end, 1));
    NAMES.forEach((name, which) => this.form.setEnd(name, corners[which]?.key));
    if (corners.every(Boolean) && !this.street.closed) {
      this.form.setLine(undefined);
      this.form.choose("ends");
    } else {
      const coordinates = this.way.points.map((point) => this.street.degrees(point).map((one) => Number(one.toFixed(7))));
      this.form.setLine({ type: "LineString", coordinates });
      this.form.choose("drawn");
    }
    this.form.told();
    this.tell();
  }

  tell() {
    const metres = Math.round(this.all ? this.street.metres : this.way.metres);
    const [first, last] = [0, 1].map((which) => this.wordsOf(which));
    say(this.all ? fill(words.wholeStreet, { street: this.street.name, metres }) : fill(words.stretch, { street: this.street.name, metres, first, last }));
  }

  bounds() {
    return L.latLngBounds(this.all ? this.street.lines().flat() : this.street.latlngs(this.way.points));
  }

  remove() {
    for (const layer of [this.glow, this.line, ...this.handles]) layer.remove();
  }
}
