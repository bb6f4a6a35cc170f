"use strict";
// Structures that turn. Each is made when it is scrolled into view; until then, and without WebGL, its still drawing stands.
(function () {
  const BOND = 0.11, STEP = 12, PACE = 260;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const point = (p) => ({ x: p[0], y: p[1], z: p[2] });

  function webgl() {
    if (typeof window.$3Dmol === "undefined") return false;
    const canvas = document.createElement("canvas");
    try { return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl")); } catch (error) { return false; }
  }

  function atomsOf(scene, frame) {
    const atoms = scene.symbols.map((elem, i) => {
      const [x, y, z] = scene.frames[frame][i];
      return { elem, x, y, z, serial: i, bonds: [], bondOrder: [] };
    });
    for (const [i, j] of scene.bonds[frame]) {
      atoms[i].bonds.push(j); atoms[i].bondOrder.push(1);
      atoms[j].bonds.push(i); atoms[j].bondOrder.push(1);
    }
    return atoms;
  }

  class Structure {
    constructor(figure) {
      this.figure = figure;
      this.box = figure.querySelector(".viewer");
      this.scenes = JSON.parse(figure.querySelector(".scenes").textContent);
      this.slider = figure.querySelector(".play input");
      this.go = figure.querySelector(".play .go");
      this.view = 0; this.frame = 0; this.timer = null; this.way = 1;
      for (const button of figure.querySelectorAll(".views button"))
        button.addEventListener("click", () => this.show(Number(button.dataset.view)));
      this.slider.addEventListener("input", () => { this.stop(); this.step(Number(this.slider.value)); });
      this.go.addEventListener("click", () => (this.timer ? this.stop() : this.start()));
      this.box.addEventListener("keydown", (event) => this.key(event));
      // The wheel scrolls the page unless the structure was chosen by a click or the keyboard.
      this.box.addEventListener("wheel", (event) => {
        if (document.activeElement !== this.box && !event.ctrlKey) event.stopPropagation();
      }, { capture: true });
      this.box.addEventListener("pointerdown", () => this.box.focus({ preventScroll: true }));
    }

    make() {
      if (this.viewer) return;
      this.viewer = window.$3Dmol.createViewer(this.box.querySelector(".stage"), {
        backgroundColor: css("--card"), antialias: true, disableFog: true, lowerZoomLimit: 4, upperZoomLimit: 400,
      });
      this.show(0);
      this.box.classList.add("turns");
    }

    get scene() { return this.scenes[this.view]; }

    show(view) {
      this.stop();
      this.view = view; this.frame = 0;
      this.figure.querySelectorAll(".views button").forEach((button, i) => button.setAttribute("aria-pressed", String(i === view)));
      this.figure.querySelector(".about").textContent = this.scene.about;
      const last = this.scene.frames.length - 1;
      this.figure.querySelector(".play").hidden = !this.viewer || last < 1;
      this.slider.max = String(last);
      if (!this.viewer) return;
      this.frameWork();
      this.draw();
      this.home();
      this.step(0);
    }

    // As the still drawing shows it: unturned, and as large as the box allows.
    home() {
      this.viewer.zoomTo();
      this.viewer.setView([0, 0, 0, this.viewer.getView()[3], 0, 0, 0, 1]);
      const { symbols, elements, frames, cell } = this.scene;
      const rims = frames[0].flatMap((p, i) => {
        const r = elements[symbols[i]].radius;
        return [[p[0] - r, p[1] - r, p[2]], [p[0] + r, p[1] + r, p[2]]];
      });
      const points = rims.concat(...cell).map(point);
      const room = this.box.getBoundingClientRect();
      // Nearer by is larger: the second pass corrects what the first one's perspective changed.
      for (let pass = 0; pass < 2; pass++) {
        const seen = points.map((p) => this.viewer.modelToScreen(p));
        const spread = (key) => Math.max(1, Math.max(...seen.map((p) => p[key])) - Math.min(...seen.map((p) => p[key])));
        this.viewer.zoom(Math.min(2.5, (0.88 * room.width) / spread("x"), (0.88 * room.height) / spread("y")));
      }
    }

    // The cell, the hops of a network, the way of the hopping atom: what stays while the images change.
    frameWork() {
      this.viewer.removeAllShapes();
      for (const [start, end] of this.scene.cell)
        this.viewer.addCylinder({ start: point(start), end: point(end), radius: 0.025, color: css("--faint"), fromCap: 1, toCap: 1 });
      for (const [start, end, color, radius] of this.scene.links)
        this.viewer.addCylinder({ start: point(start), end: point(end), radius, color, fromCap: 1, toCap: 1 });
      for (const place of this.scene.path)
        this.viewer.addSphere({ center: point(place), radius: 0.13, color: css("--mover") });
    }

    draw() {
      this.viewer.removeAllModels();
      const model = this.viewer.addModel();
      model.addAtoms(atomsOf(this.scene, this.frame));
      for (const [elem, look] of Object.entries(this.scene.elements))
        model.setStyle({ elem }, { sphere: { radius: look.radius, color: look.colour }, stick: { radius: BOND, color: look.colour } });
      for (const serial of this.scene.movers) {
        model.setStyle({ serial }, { sphere: { radius: this.scene.mover, color: css("--mover") }, stick: { radius: BOND, color: css("--mover") } });
      }
      this.viewer.render();
    }

    step(frame) {
      this.frame = frame;
      this.slider.value = String(frame);
      const label = this.scene.labels[frame] || "";
      this.figure.querySelector(".play output").textContent = label;
      this.slider.setAttribute("aria-valuetext", label);
      this.mark(frame);
      this.draw();
    }

    // The image that is shown is marked in the energy profile beside it.
    mark(frame) {
      for (const dot of this.figure.closest("section").querySelectorAll(".plot .on")) dot.classList.remove("on");
      if (this.scene.frames.length < 2) return;
      const dot = document.getElementById(`${this.figure.dataset.study}-${this.scene.marks}${frame}`);
      if (dot) dot.classList.add("on");
    }

    start() {
      this.go.textContent = "❚❚"; this.go.setAttribute("aria-label", "Stop the band");
      this.timer = setInterval(() => {
        const last = this.scene.frames.length - 1;
        if (this.frame + this.way > last || this.frame + this.way < 0) this.way = -this.way;
        this.step(this.frame + this.way);
      }, PACE);
    }

    stop() {
      if (!this.timer) return;
      clearInterval(this.timer); this.timer = null;
      this.go.textContent = "▶"; this.go.setAttribute("aria-label", "Play the band");
    }

    key(event) {
      if (!this.viewer || event.ctrlKey || event.metaKey || event.altKey) return;
      const turns = { ArrowLeft: ["y", -STEP], ArrowRight: ["y", STEP], ArrowUp: ["x", -STEP], ArrowDown: ["x", STEP] };
      if (event.key in turns) this.viewer.rotate(turns[event.key][1], turns[event.key][0]);
      else if (event.key === "+" || event.key === "=") this.viewer.zoom(1.15);
      else if (event.key === "-") this.viewer.zoom(1 / 1.15);
      else if (event.key === "0") this.home();
      else return;
      event.preventDefault();
      this.viewer.render();
    }

    recolour() {
      if (!this.viewer) return;
      this.viewer.setBackgroundColor(css("--card"));
      this.frameWork();
      this.draw();
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    const structures = new Map();
    const turns = webgl();
    for (const figure of document.querySelectorAll(".structure")) {
      if (turns) structures.set(figure, new Structure(figure));
      else figure.querySelector(".about").append(" (this browser draws no WebGL: the structure stands still)");
    }
    const watcher = new IntersectionObserver((seen) => {
      for (const { target, isIntersecting } of seen)
        if (isIntersecting) { structures.get(target).make(); watcher.unobserve(target); }
    }, { rootMargin: "300px" });
    structures.forEach((structure, figure) => {
      const place = figure.getBoundingClientRect();
      if (place.top < window.innerHeight && place.bottom > 0) structure.make();
      else watcher.observe(figure);
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => structures.forEach((one) => one.recolour()));
  });
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    opened.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => opened.forEach((one) => { one.open = false; }));
})();
