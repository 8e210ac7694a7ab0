// The map: points and labels on a canvas, moved and zoomed by pointer, wheel and keys.

const LEVELS = 32; // colours of the ramp
const LABEL_CELL = 6; // pixels; labels take cells of this size, each one label
const LABEL_ROOM = [8, 5]; // pixels kept free beside and above a label
const MOST_TRIED = 6000; // labels looked at in a frame
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
const MARGIN = 24; // pixels around all of the map
const MOST_ZOOM = 200;

// Lightness falls or rises evenly along these ramps in OKLab (B. Ottosson, 2020): [L, C, hue°] of
// the rarest and the most frequent word.
const RAMPS = {
  light: [[0.8, 0.1, 140], [0.37, 0.15, 285]],
  dark: [[0.43, 0.09, 285], [0.93, 0.13, 105]],
};

function oklch(L, C, degrees) {
  const a = C * Math.cos((degrees * Math.PI) / 180);
  const b = C * Math.sin((degrees * Math.PI) / 180);
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const channels = linear.map((x) => {
    const y = x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055;
    return Math.round(255 * Math.min(1, Math.max(0, y)));
  });
  return `rgb(${channels.join(", ")})`;
}

function rampColours(theme) {
  const [rare, frequent] = RAMPS[theme];
  return Array.from({ length: LEVELS }, (_, level) => {
    const t = level / (LEVELS - 1);
    return oklch(...rare.map((from, i) => from + t * (frequent[i] - from)));
  });
}

// Level of a row by the logarithm of its count, or of its rank. Zipf's law would leave the upper
// half of the ramp to a handful of words, so it ends at the count of row N / 200.
const topRow = Math.floor(N / 200);
const levels = Uint8Array.from({ length: N }, (_, row) => {
  const size = (r) => (counts ? Math.log(counts[r]) : -Math.log(r + 1));
  const [low, high] = [size(N - 1), size(topRow)];
  const t = high > low ? Math.min(1, (size(row) - low) / (high - low)) : 1;
  return Math.round(t * (LEVELS - 1));
});

class WordMap {
  constructor(canvas, onPick) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.onPick = onPick;
    this.xs = Float32Array.from({ length: N }, (_, row) => points[2 * row] / 65535);
    this.ys = Float32Array.from({ length: N }, (_, row) => 1 - points[2 * row + 1] / 65535);
    const reach = (places) => places.reduce((most, at) => Math.max(most, Math.abs(at - 0.5)), 0);
    this.reach = [reach(this.xs), reach(this.ys)]; // of the points from the middle
    this.widths = new Float32Array(N); // of labels at 12 px; 0 as long as not measured
    this.view = { x: 0.5, y: 0.5, scale: 1 }; // middle of the canvas, and pixels a unit
    this.picked = { asked: [], found: [], links: [] };
    this.pointed = -1;
    this.isFitted = true;
    this.#listen();
    this.#resize(); // a word in the address is shown before the observer is called
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  setTheme(theme) {
    const style = getComputedStyle(document.documentElement);
    this.ink = style.getPropertyValue("--ink").trim();
    this.paper = style.getPropertyValue("--paper").trim();
    this.accent = style.getPropertyValue("--accent").trim();
    this.colours = rampColours(theme);
    this.redraw();
  }

  // Rows that are asked for and found, and pairs of rows to join by lines.
  pick(asked, found, links) {
    this.picked = { asked, found, links };
    this.redraw();
  }

  point(row) {
    if (row === this.pointed) return;
    this.pointed = row;
    this.redraw();
  }

  showAll(slowly = true) {
    this.#go(this.#fitted(), slowly);
    this.isFitted = true;
  }

  // Move so that rows are seen, the first of them for sure.
  show(rows) {
    const from = (row) =>
      Math.hypot(this.xs[row] - this.xs[rows[0]], this.ys[row] - this.ys[rows[0]]);
    const near = [...rows]
      .sort((a, b) => from(a) - from(b))
      .slice(0, Math.ceil(0.75 * rows.length)); // a stray neighbour must not shrink the rest
    const ends = [this.xs, this.ys].map((places) => {
      const own = near.map((row) => places[row]);
      return [Math.min(...own), Math.max(...own)];
    });
    const [wide, high] = ends.map(([low, top]) => Math.max(top - low, 1e-4));
    const [x, y] = ends.map(([low, top]) => (low + top) / 2);
    const fit = this.#fitted().scale;
    const scale = Math.min((0.7 * this.width) / wide, (0.76 * this.height) / high);
    this.#go({ x, y, scale: Math.min(Math.max(scale, fit), 14 * fit) }, true);
  }

  zoom(factor, at = [this.width / 2, this.height / 2]) {
    this.#stop();
    const { x, y } = this.#toUnits(at);
    const fit = this.#fitted().scale;
    const scale = this.view.scale * factor;
    this.view.scale = Math.min(Math.max(scale, 0.5 * fit), MOST_ZOOM * fit);
    this.view.x = x - (at[0] - this.width / 2) / this.view.scale;
    this.view.y = y - (at[1] - this.height / 2) / this.view.scale;
    this.#moved();
  }

  move(dx, dy) {
    this.#stop();
    this.view.x -= dx / this.view.scale;
    this.view.y -= dy / this.view.scale;
    this.#moved();
  }

  redraw() {
    if (this.frame === undefined && this.width) {
      this.frame = requestAnimationFrame(() => {
        this.frame = undefined;
        this.#draw();
      });
    }
  }

  #moved() {
    // some of the map stays in sight
    this.view.x = Math.min(Math.max(this.view.x, 0), 1);
    this.view.y = Math.min(Math.max(this.view.y, 0), 1);
    this.isFitted = false;
    this.redraw();
  }

  #fitted() {
    const room = [this.width, this.height].map((pixels, axis) =>
      Math.max(40, pixels - 2 * MARGIN) / (2 * this.reach[axis] || 1));
    return { x: 0.5, y: 0.5, scale: Math.min(...room) };
  }

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.ratio = ratio;
    if (!this.width || !this.height) return;
    if (this.isFitted) this.view = this.#fitted();
    this.#draw();
  }

  #go(target, slowly) {
    this.#stop();
    this.isFitted = false;
    const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (!slowly || isStill) {
      this.view = target;
      this.redraw();
      return;
    }
    const from = { ...this.view };
    const begin = performance.now();
    const step = (now) => {
      const t = Math.min(1, Math.max(0, (now - begin) / 450));
      const eased = 1 - (1 - t) ** 3;
      const scale = from.scale * (target.scale / from.scale) ** eased;
      // the middle moves with the scale, or it would leap at the end that is zoomed in
      const span = 1 / target.scale - 1 / from.scale;
      const share = Math.abs(span) > 1e-9 ? (1 / scale - 1 / from.scale) / span : eased;
      this.view = {
        x: from.x + share * (target.x - from.x),
        y: from.y + share * (target.y - from.y),
        scale,
      };
      this.flight = t < 1 ? requestAnimationFrame(step) : undefined;
      this.#draw();
    };
    this.flight = requestAnimationFrame(step);
  }

  #stop() {
    if (this.flight !== undefined) cancelAnimationFrame(this.flight);
    this.flight = undefined;
  }

  #toUnits([px, py]) {
    return {
      x: this.view.x + (px - this.width / 2) / this.view.scale,
      y: this.view.y + (py - this.height / 2) / this.view.scale,
    };
  }

  #toPixels(row) {
    return [
      (this.xs[row] - this.view.x) * this.view.scale + this.width / 2,
      (this.ys[row] - this.view.y) * this.view.scale + this.height / 2,
    ];
  }

  // The row nearest to a place, -1 if none is near.
  #at([px, py], reach) {
    const { x, y } = this.#toUnits([px, py]);
    let [best, nearest] = [-1, (reach / this.view.scale) ** 2];
    for (let row = 0; row < N; row++) {
      const distance = (this.xs[row] - x) ** 2 + (this.ys[row] - y) ** 2;
      if (distance < nearest) [best, nearest] = [row, distance];
    }
    return best;
  }

  #radius(row) {
    const zoom = this.view.scale / this.#fitted().scale;
    const few = Math.max(1, Math.min(2.2, (20000 / N) ** 0.2));
    const base = Math.min(4, 1.05 * few * zoom ** 0.33);
    return base * (0.8 + (0.9 * levels[row]) / LEVELS);
  }

  #draw() {
    if (!this.colours) return;
    const { context, width, height } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const isPicked = this.picked.asked.length > 0;
    this.#drawPoints(isPicked ? 0.5 : 1);
    this.#drawLinks();
    this.#drawPicked();
    this.#drawLabels(isPicked);
  }

  // All points in one pass, from the rarest: rows of one level are one path.
  #drawPoints(opacity) {
    const { context, width, height, view, xs, ys } = this;
    const [ox, oy] = [width / 2 - view.x * view.scale, height / 2 - view.y * view.scale];
    context.globalAlpha = opacity;
    for (let row = N - 1; row >= 0; ) {
      const level = levels[row];
      const r = this.#radius(row);
      context.beginPath();
      for (; row >= 0 && levels[row] === level; row--) {
        const px = xs[row] * view.scale + ox;
        const py = ys[row] * view.scale + oy;
        if (px < -r || py < -r || px > width + r || py > height + r) continue;
        if (r * this.ratio < 1.5) {
          context.rect(px - r, py - r, 2 * r, 2 * r);
        } else {
          context.moveTo(px + r, py);
          context.arc(px, py, r, 0, 2 * Math.PI);
        }
      }
      context.fillStyle = this.colours[level];
      context.fill();
    }
    context.globalAlpha = 1;
  }

  #drawLinks() {
    const { context } = this;
    context.beginPath();
    for (const [from, to] of this.picked.links) {
      context.moveTo(...this.#toPixels(from));
      context.lineTo(...this.#toPixels(to));
    }
    context.globalAlpha = 0.4;
    context.lineWidth = 1;
    context.strokeStyle = this.accent;
    context.stroke();
    context.globalAlpha = 1;
  }

  #drawPicked() {
    const { context } = this;
    const { asked, found } = this.picked;
    for (const row of [...found, ...asked]) {
      const [px, py] = this.#toPixels(row);
      context.beginPath();
      context.arc(px, py, Math.max(3.2, this.#radius(row)), 0, 2 * Math.PI);
      context.fillStyle = this.accent;
      context.fill();
      if (asked.includes(row)) {
        context.beginPath();
        context.arc(px, py, Math.max(3.2, this.#radius(row)) + 4, 0, 2 * Math.PI);
        context.lineWidth = 1.8;
        context.strokeStyle = this.accent;
        context.stroke();
      }
    }
  }

  // Labels where there is room: picked words first, then by frequency.
  #drawLabels(isPicked) {
    const { context, width, height } = this;
    const columns = Math.ceil(width / LABEL_CELL);
    const taken = new Uint8Array(columns * Math.ceil(height / LABEL_CELL));
    context.lineJoin = "round";
    context.lineWidth = 3;
    context.textBaseline = "middle";
    context.direction = "ltr";
    context.strokeStyle = this.paper;

    const place = (row, size, weight, colour, sides) => {
      const [px, py] = this.#toPixels(row);
      if (px < -20 || py < 0 || px > width || py > height) return;
      context.font = `${weight} ${size}px ${FONT}`;
      const wide = this.#width(row, size, weight);
      const gap = this.#radius(row) + (weight === 400 ? 3 : 7);
      const starts = [
        [px + gap, py],
        [px - gap - wide, py],
        [px - wide / 2, py - gap - 7],
        [px - wide / 2, py + gap + 8],
      ];
      for (const [left, middle] of starts.slice(0, sides)) {
        if (!this.#take(taken, columns, left, middle - size / 2 - 1, wide, size + 2)) continue;
        context.strokeText(words[row], left, middle);
        context.fillStyle = colour;
        context.fillText(words[row], left, middle);
        return;
      }
    };

    const { asked, found } = this.picked;
    const first = new Set([...asked, ...found]);
    for (const row of asked) place(row, 15, 650, this.accent, 4);
    if (this.pointed >= 0 && !asked.includes(this.pointed)) {
      place(this.pointed, 14, 600, this.ink, 4);
      first.add(this.pointed);
    }
    for (const row of found) if (row !== this.pointed) place(row, 13, 500, this.ink, 4);
    context.globalAlpha = isPicked ? 0.45 : 0.92;
    const view = this.view;
    const [wide, high] = [width / 2 / view.scale, height / 2 / view.scale];
    for (let row = 0, tried = 0; row < N && tried < MOST_TRIED; row++) {
      if (first.has(row)) continue;
      if (Math.abs(this.xs[row] - view.x) > wide) continue;
      if (Math.abs(this.ys[row] - view.y) > high) continue;
      tried++;
      place(row, 11 + Math.round((3 * levels[row]) / LEVELS), 400, this.ink, 1);
    }
    context.globalAlpha = 1;
  }

  // Width of a label in the font of the context; those of the usual weight are kept.
  #width(row, size, weight) {
    if (weight !== 400) return this.context.measureText(words[row]).width;
    if (!this.widths[row]) {
      this.widths[row] = (this.context.measureText(words[row]).width * 12) / size;
    }
    return (this.widths[row] * size) / 12;
  }

  // Take the cells of a box, if all of them are free and on the canvas.
  #take(taken, columns, left, top, wide, high) {
    if (left < 0 || top < 0 || left + wide > this.width || top + high > this.height) return false;
    const [i0, i1] = [left, left + wide].map((x) => Math.floor(x / LABEL_CELL));
    const [j0, j1] = [top, top + high].map((y) => Math.floor(y / LABEL_CELL));
    for (let j = j0; j <= j1; j++) {
      for (let i = i0; i <= i1; i++) if (taken[j * columns + i]) return false;
    }
    const [a, b] = [Math.ceil(LABEL_ROOM[0] / LABEL_CELL), Math.ceil(LABEL_ROOM[1] / LABEL_CELL)];
    const rows = taken.length / columns;
    for (let j = Math.max(0, j0 - b); j <= Math.min(rows - 1, j1 + b); j++) {
      taken.fill(1, j * columns + Math.max(0, i0 - a), j * columns + Math.min(columns, i1 + a + 1));
    }
    return true;
  }

  #listen() {
    const { canvas } = this;
    const pointers = new Map();
    let travelled = 0;
    const placeOf = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const hover = (event) => {
      const row = event.pointerType === "touch" ? -1 : this.#at(placeOf(event), 12);
      canvas.classList.toggle("pointing", row >= 0);
      this.point(row);
    };

    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, placeOf(event));
      if (pointers.size === 1) travelled = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (!before) return hover(event);
      const now = placeOf(event);
      travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
      if (pointers.size === 1) {
        if (travelled > 4) {
          canvas.classList.add("dragged");
          this.move(now[0] - before[0], now[1] - before[1]);
        }
      } else if (pointers.size === 2) {
        const [, other] = [...pointers].find(([id]) => id !== event.pointerId);
        const spread = (place) => Math.max(1, Math.hypot(place[0] - other[0], place[1] - other[1]));
        this.move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
        const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
        this.zoom(spread(now) / spread(before), middle);
      }
      pointers.set(event.pointerId, now);
    });
    const release = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      canvas.classList.remove("dragged");
      if (event.type !== "pointerup" || pointers.size || travelled > 4) return;
      const row = this.#at(placeOf(event), event.pointerType === "touch" ? 24 : 12);
      if (row >= 0) this.onPick(row);
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const pixels = event.deltaY * [1, 16, 160][event.deltaMode];
        // a pinch on a touchpad comes as a wheel with ctrl, in small steps
        this.zoom(Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0018)), placeOf(event));
      },
      { passive: false },
    );
    canvas.addEventListener("dblclick", (event) => this.zoom(2, placeOf(event)));
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const ways = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      if (ways[event.key]) this.move(...ways[event.key].map((way) => 80 * way));
      else if (event.key === "+" || event.key === "=") this.zoom(1.4);
      else if (event.key === "-") this.zoom(1 / 1.4);
      else if (event.key === "0") this.showAll();
      else return;
      event.preventDefault();
    });
  }
}
