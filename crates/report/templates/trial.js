(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("trial").textContent);
  const { times, shown, sides, services } = data;
  const last = times.length - 1;
  const HOUR = 3600000;
  const get = (id) => document.getElementById(id);
  const within = (t, [from, to]) => from <= t && t < to;

  /** State of an asset at a moment: attack, off, or up. */
  function stateOf(side, asset, t) {
    let state = "up";
    for (const [place, from, attacked, back] of side.absences) {
      if (place !== asset || !within(t, [from, back])) continue;
      if (attacked !== null && attacked <= t) return "attack";
      state = "off";
    }
    return state;
  }

  /** What the table of a side shows at a moment. */
  function tally(side, t) {
    const sum = { unusable: 0, off: 0, services: 0, tenants: 0, people: 0, attack: 0, containment: 0 };
    for (const asset of new Set(side.absences.map(([place]) => place))) {
      const state = stateOf(side, asset, t);
      if (state === "attack") sum.unusable += 1;
      if (state === "off") sum.off += 1;
    }
    const down = new Set();
    for (const hosting of side.hostings) {
      if (hosting.any.some((span) => within(t, span))) {
        sum.tenants += hosting.tenants;
        sum.people += hosting.people;
      }
      for (const [place, spans] of hosting.services) {
        if (hosting.tenants > 0 && spans.some((span) => within(t, span))) down.add(place);
      }
      for (const [from, to, byAttack] of hosting.any) {
        const hours = Math.max(0, Math.min(to, t) - from) / HOUR;
        sum[byAttack ? "attack" : "containment"] += hours * hosting.people;
      }
    }
    sum.services = down.size;
    sum.names = [...down].map((place) => services[place]);
    return sum;
  }

  const UNITS = [[1e9, " bn"], [1e6, " M"], [1e3, " k"]];
  function rough(number) {
    const [size, word] = UNITS.find(([unit]) => number >= unit) ?? [1, ""];
    const scaled = number / size;
    const digits = Number(scaled.toPrecision(2));
    return `${size === 1 ? Math.round(number) : digits}${word}`;
  }

  const marks = sides.map((_, n) => [...document.querySelectorAll(`[id^="s${n}a"]`)]);
  const cursors = sides.map((_, n) => document.querySelector(`.cursor${n}`));
  const lists = sides.map((_, n) => [...get(`list${n}`).children]);
  const [slider, clock, said, play, select] = ["moment", "clock", "said", "play", "landmark"].map(get);

  function show(place, speak) {
    const at = Math.max(0, Math.min(last, place));
    const t = times[at];
    slider.value = String(at);
    slider.setAttribute("aria-valuetext", shown[at]);
    clock.textContent = shown[at];
    const heard = [shown[at]];
    sides.forEach((side, n) => {
      for (const mark of marks[n]) {
        const state = stateOf(side, Number(mark.id.slice(`s${n}a`.length)), t);
        mark.setAttribute("class", state === "up" ? "live" : `live is-${state}`);
        mark.querySelector(".mark").textContent = { up: "", attack: "✕", off: "○" }[state];
      }
      const sum = tally(side, t);
      for (const cell of get(`tally${n}`).querySelectorAll("[data-of]")) cell.textContent = rough(sum[cell.dataset.of]);
      get(`tally${n}`).querySelector('[data-of="services"]').title = sum.names.join(", ");
      const cursor = cursors[n];
      const [from, to] = [Number(cursor.dataset.from ??= cursor.getAttribute("x1")), 510];
      const x = from + ((to - from) * at) / Math.max(1, last);
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
      let current = -1;
      side.events.forEach((event, k) => {
        lists[n][k].classList.toggle("later", event > t);
        lists[n][k].removeAttribute("aria-current");
        if (event <= t) current = k;
      });
      if (current >= 0) {
        lists[n][current].setAttribute("aria-current", "step");
        if (side.events[current] === t) heard.push(`${side.name}: ${lists[n][current].textContent}`);
      }
      heard.push(`${side.name}: ${sum.services} services down, ${sum.tenants} tenants`);
    });
    if (speak) said.textContent = heard.join(". ");
  }

  let timer = null;
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }
  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (Number(slider.value) === last) show(0, false);
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      const next = Number(slider.value) + 1;
      show(next, true);
      if (next >= last) stop();
    }, 700);
  });
  slider.addEventListener("input", () => { stop(); show(Number(slider.value), true); });
  const placeOf = (at) => times.indexOf(at);
  for (const [at, what] of data.landmarks) {
    const option = document.createElement("option");
    option.value = String(placeOf(at));
    option.textContent = `${shown[placeOf(at)]}: ${what}`;
    select.append(option);
  }
  select.addEventListener("change", () => { if (select.value !== "") { stop(); show(Number(select.value), true); } });
  get("later").addEventListener("change", (event) => document.body.classList.toggle("hiding", event.target.checked));
  const stops = [...new Set(data.landmarks.map(([at]) => placeOf(at)))].sort((a, b) => a - b);
  addEventListener("keydown", (event) => {
    if (event.target === select) return;
    const now = Number(slider.value);
    const to = {
      ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: last,
      PageDown: stops.find((s) => s > now) ?? last, PageUp: [...stops].reverse().find((s) => s < now) ?? 0,
    }[event.key];
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stop();
    show(to, true);
  });
  get("controls").hidden = false;
  get("controls").addEventListener("submit", (event) => event.preventDefault());
  show(0, false);
})();
