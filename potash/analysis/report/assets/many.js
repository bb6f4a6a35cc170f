"use strict";
// The table of many studies: searched, sorted, a page at a time; a study's section is loaded when it is opened.
const DATA = JSON.parse(document.getElementById("data").textContent);
const [ID, SYSTEM, KIND, STATUS, VALUE, NAME, PASSED, CHECKED, VERDICTS, NUMBERS] = Array(10).keys();
const PAGE = 50;
const make = (tag, words, name) => {
  const made = document.createElement(tag);
  if (words !== undefined) made.textContent = words;
  if (name) made.className = name;
  return made;
};
const badge = (status) => make("span", `${DATA.status[status][1]} ${status}`, `badge ${DATA.status[status][0]}`);

const list = (function () {
  const form = document.getElementById("filters"), summary = document.getElementById("summary");
  const body = summary.querySelector("tbody"), pager = summary.querySelector(".pager");
  const all = DATA.rows.map((row, i) => ({ row, i, text: `${row[ID]} ${row[SYSTEM]} ${row[NAME]} ${row[VERDICTS].join(" ")}`.toLowerCase() }));
  const state = { found: all, page: 0, by: null, down: false };
  const listeners = [];

  for (const [name, column] of [["status", STATUS], ["kind", KIND]]) {
    const counts = new Map();
    for (const { row } of all) counts.set(row[column], (counts.get(row[column]) || 0) + 1);
    for (const [value, count] of counts) {
      const option = make("option", `${value} (${count})`);
      option.value = value;
      form.elements[name].append(option);
    }
  }

  function key({ row, i }) {
    if (state.by === null) return i;
    return state.by === "value" ? parseFloat(row[VALUE].replace("−", "-")) : row[Number(state.by)];
  }

  function find() {
    const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { value: status } = form.elements.status, { value: kind } = form.elements.kind;
    state.found = all.filter(({ row, text }) =>
      (!status || row[STATUS] === status) && (!kind || row[KIND] === kind) && words.every((word) => text.includes(word)));
    if (state.by !== null) {
      const known = (value) => value === value && value !== "";
      const order = new Map(state.found.map((one) => [one, key(one)]));
      state.found.sort((a, b) => {
        const p = order.get(a), q = order.get(b);
        if (known(p) !== known(q)) return known(p) ? -1 : 1;  // what has no value stands last either way
        return (p < q ? -1 : p > q ? 1 : 0) * (state.down ? -1 : 1) || a.i - b.i;
      });
    }
    state.page = 0;
    form.querySelector("output").textContent = `${state.found.length} of ${all.length}`;
    show();
    for (const listener of listeners) listener(state.found);
  }

  function show() {
    const from = state.page * PAGE;
    body.replaceChildren(...state.found.slice(from, from + PAGE).map(line));
    const to = Math.min(from + PAGE, state.found.length);
    pager.querySelector("output").textContent = state.found.length ? `${from + 1}–${to} of ${state.found.length}` : "no study fits";
    pager.querySelector("[data-step='-1']").disabled = from === 0;
    pager.querySelector("[data-step='1']").disabled = to >= state.found.length;
  }

  function line({ row, i }) {
    const tr = make("tr"), head = make("th"), link = make("a", row[SYSTEM]);
    head.scope = "row";
    link.href = `#study-${i + 1}`;
    head.append(link, make("small", row[KIND]));
    const status = make("td"), result = make("td"), checks = make("td", row[CHECKED] ? "" : "–", "num"), published = make("td");
    status.append(badge(row[STATUS]));
    if (row[VALUE]) result.append(make("b", row[VALUE], "num"), make("small", row[NAME]));
    else result.append(make("small", row[NAME], "reason"));
    if (row[CHECKED]) checks.append(make("span", `${row[PASSED]}/${row[CHECKED]}`, row[PASSED] === row[CHECKED] ? "all" : "some"));
    published.append(make("small", row[VERDICTS].join(", ") || "–"));
    [status, result, checks, published].forEach((cell, k) => { cell.dataset.label = ["Status", "Result", "Checks", "Published"][k]; });
    tr.append(head, status, result, checks, published);
    return tr;
  }

  form.addEventListener("input", find);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(find));
  for (const button of summary.querySelectorAll("thead button"))
    button.addEventListener("click", () => {
      state.down = state.by === button.dataset.by ? !state.down : false;
      state.by = button.dataset.by;
      for (const other of summary.querySelectorAll("thead button")) other.removeAttribute("aria-sort");
      button.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      find();
    });
  for (const button of pager.querySelectorAll("button"))
    button.addEventListener("click", () => { state.page += Number(button.dataset.step); show(); });
  return { watch: (listener) => listeners.push(listener), find };
})();

// Sections come as scripts: a page on a disk may load those, but read no file.
(function () {
  const place = document.getElementById("opened"), loaded = new Map();
  window.takeStudies = (number, sections) => loaded.get(number).take(sections);

  function load(number) {
    if (!loaded.has(number)) {
      const script = make("script");
      script.src = `studies/${String(number).padStart(4, "0")}.js`;
      const entry = {};
      entry.sections = new Promise((take, fail) => { entry.take = take; script.onerror = fail; });
      loaded.set(number, entry);
      document.head.append(script);
    }
    return loaded.get(number).sections;
  }

  async function open() {
    const found = /^#study-(\d+)$/.exec(location.hash), i = found ? Number(found[1]) - 1 : -1;
    if (!(i in DATA.rows)) { place.replaceChildren(); return; }
    let words = "The section of this study cannot be loaded: is the folder 'studies' beside this page?";
    try {
      const [id, section] = (await load(Math.floor(i / DATA.chunk)))[i % DATA.chunk];
      words = id === DATA.rows[i][ID] ? "" : "The report was written anew since this page was opened: load it again.";
      if (!words) place.innerHTML = section;
    } catch (error) { /* said below */ }
    if (words) place.replaceChildren(make("p", words, "banner bad"));
    else place.querySelector(".title").append(step(i - 1, "‹ before"), step(i + 1, "next ›"));
    place.scrollIntoView();
  }

  function step(i, words) {
    const link = make("a", words);
    if (i in DATA.rows) link.href = `#study-${i + 1}`;
    return link;
  }

  window.addEventListener("hashchange", open);
  open();
})();
