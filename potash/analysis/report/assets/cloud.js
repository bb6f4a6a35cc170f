// Numbers of all studies of a kind against each other, or how often each occurs; drawn on a canvas, which bears 10⁵ dots.
(function () {
  const box = document.getElementById("cloud"), form = box.querySelector("form"), canvas = box.querySelector("canvas");
  const said = form.querySelector("output"), { of, x, y } = form.elements;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const EDGE = { left: 62, right: 14, top: 10, bottom: 46 }, BARS = 40;
  let dots = [], shown = DATA.rows.map((row, i) => ({ row, i })), near = null;

  const fill = (select, options) => select.replaceChildren(...options.map(([words, value]) => {
    const option = make("option", words);
    option.value = value;
    return option;
  }));

  function choices() {
    const names = DATA.kinds[of.value].map(([name, unit], k) => [unit ? `${name} (${unit})` : name, k]);
    fill(x, names);
    fill(y, [...names, ["how many", -1]]);
    y.value = names.length > 1 ? 1 : -1;
  }

  function ticks(low, high) {
    const raw = (high - low) / 6, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
    const made = [];
    for (let n = Math.ceil(low / step); n * step <= high + 1e-9 * step; n++) made.push(n * step);
    return [made, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))];
  }

  function range(values) {
    let low = Infinity, high = -Infinity;
    for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
    const room = 0.04 * (high - low) || Math.abs(high) * 0.01 || 1;
    return [low - room, high + room];
  }

  function draw() {
    const width = canvas.clientWidth, height = canvas.clientHeight, scale = window.devicePixelRatio || 1;
    canvas.width = width * scale; canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    pen.scale(scale, scale);
    pen.font = `13px ${css("--sans")}`;
    const a = Number(x.value), b = Number(y.value), number = (row, k) => row[NUMBERS][k];
    const ok = (value) => typeof value === "number";
    const mine = shown.filter(({ row }) => row[KIND] === of.value && row[STATUS] === "done" && ok(number(row, a)) && (b < 0 || ok(number(row, b))));
    said.textContent = `${mine.length} studies`;
    dots = []; near = null;
    if (!mine.length) return;
    const across = range(mine.map(({ row }) => number(row, a)));
    const bars = b < 0 ? Array(BARS).fill(0) : null;
    if (bars) for (const { row } of mine) bars[Math.min(BARS - 1, Math.floor((number(row, a) - across[0]) / (across[1] - across[0]) * BARS))] += 1;
    const up = bars ? [0, 1.05 * Math.max(...bars)] : range(mine.map(({ row }) => number(row, b)));
    const room = [width - EDGE.left - EDGE.right, height - EDGE.top - EDGE.bottom];
    const px = (v) => EDGE.left + (v - across[0]) / (across[1] - across[0]) * room[0];
    const py = (v) => EDGE.top + (1 - (v - up[0]) / (up[1] - up[0])) * room[1];
    axes(pen, across, up, px, py, width, height, b);
    pen.fillStyle = css("--blue");
    if (bars) {
      bars.forEach((count, k) => {
        const left = EDGE.left + k * room[0] / BARS;
        pen.fillRect(left + 0.5, py(count), room[0] / BARS - 1, py(0) - py(count));
      });
      return;
    }
    pen.globalAlpha = Math.max(0.12, Math.min(0.8, 40 / Math.sqrt(mine.length)));
    for (const { row, i } of mine) {
      const dot = { i, u: px(number(row, a)), v: py(number(row, b)), words: `${row[SYSTEM]}: ${number(row, a).toPrecision(5)}, ${number(row, b).toPrecision(5)}` };
      dots.push(dot);
      pen.beginPath();
      pen.arc(dot.u, dot.v, mine.length > 2000 ? 2 : 3.2, 0, 7);
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  function axes(pen, across, up, px, py, width, height, b) {
    const [columns, places] = ticks(...across), [lines, digits] = ticks(...up);
    const words = (value, count) => value.toFixed(count).replace("-", "−");
    pen.strokeStyle = css("--line"); pen.fillStyle = css("--faint");
    pen.textAlign = "right"; pen.textBaseline = "middle";
    for (const value of lines) {
      pen.beginPath(); pen.moveTo(EDGE.left, py(value)); pen.lineTo(width - EDGE.right, py(value)); pen.stroke();
      pen.fillText(words(value, digits), EDGE.left - 8, py(value));
    }
    pen.textAlign = "center"; pen.textBaseline = "top";
    for (const value of columns) pen.fillText(words(value, places), px(value), height - EDGE.bottom + 8);
    const label = (select) => select.selectedOptions[0].textContent;
    pen.fillText(label(x), EDGE.left + (width - EDGE.left - EDGE.right) / 2, height - 18);
    pen.save(); pen.translate(14, (height - EDGE.bottom) / 2); pen.rotate(-Math.PI / 2);
    pen.textBaseline = "middle"; pen.fillText(b < 0 ? "how many studies" : label(y), 0, 0); pen.restore();
  }

  canvas.addEventListener("mousemove", (event) => {
    let best = 64;
    near = null;
    for (const dot of dots) {
      const far = (dot.u - event.offsetX) ** 2 + (dot.v - event.offsetY) ** 2;
      if (far < best) { best = far; near = dot; }
    }
    canvas.style.cursor = near ? "pointer" : "default";
    said.textContent = near ? near.words : `${dots.length} studies`;
  });
  canvas.addEventListener("click", () => { if (near) location.hash = `#study-${near.i + 1}`; });

  const kinds = Object.keys(DATA.kinds).filter((kind) => DATA.kinds[kind].length);
  if (!kinds.length) { box.hidden = true; list.find(); return; }
  fill(of, kinds.map((kind) => [kind, kind]));
  choices();
  form.addEventListener("input", (event) => { if (event.target === of) choices(); draw(); });
  window.addEventListener("resize", draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  list.watch((found) => { shown = found; draw(); });
  list.find();
})();
