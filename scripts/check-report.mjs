// The checks behind scripts/check-report; see there.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const { chromium } = await import(pathToFileURL(process.env.PLAYWRIGHT).href);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
  ],
});

let failed = 0;
function report(name, faults) {
  if (faults.length > 0) failed += 1;
  console.log(`${faults.length === 0 ? "ok  " : "FAIL"}  ${name}${faults.length === 0 ? "" : `: ${faults.slice(0, 3).join("; ")}`}`);
}

/** Opens a report and collects console errors and requests that leave the file. */
async function open(url, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url && !request.url().startsWith("data:")) requests.push(request.url());
  });
  await page.goto(url, { waitUntil: "load" });
  return { context, page, errors, requests };
}

const overflow = () => {
  const wide = document.scrollingElement.scrollWidth;
  return wide <= window.innerWidth ? [] : [`${wide} px wide in a window of ${window.innerWidth}`];
};

/** Text that sticks out of its drawing is cut off or runs into its neighbour. */
const drawings = () => {
  const faults = [];
  for (const svg of document.querySelectorAll("figure svg.chart")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 8 || box.right > frame.right + 8) faults.push(`“${text.textContent}” leaves its drawing`);
    }
  }
  return faults;
};

const twins = () => {
  const faults = [];
  for (const figure of document.querySelectorAll("figure")) {
    const charts = figure.querySelectorAll("svg:not(.mini)");
    const twin = [...figure.querySelectorAll("figcaption, table, ul, ol")].some((e) => e.textContent.trim().length > 3);
    if (!twin) faults.push(`no text twin: ${figure.textContent.trim().slice(0, 60)}`);
    for (const chart of charts) {
      for (const part of ["title", "desc"]) {
        if (!chart.querySelector(`:scope > ${part}`)?.textContent.trim()) faults.push(`a chart has no ${part}`);
      }
    }
  }
  return faults;
};

const record = () => {
  try {
    const read = JSON.parse(document.getElementById("record").textContent);
    return typeof read.version === "number" ? [] : ["it has no version"];
  } catch (error) {
    return [String(error)];
  }
};

/** What the page's policy lets through: its own style, and neither a script nor a style put in. */
const policy = async () => {
  const faults = [];
  if (![...document.styleSheets].some((s) => s.cssRules.length > 5)) faults.push("its own style sheet is blocked");
  const script = document.createElement("script");
  script.textContent = "window.intruder = true";
  const style = document.createElement("style");
  style.textContent = "body { outline: 7px solid rgb(1, 2, 3) }";
  document.body.append(script, style);
  await new Promise((done) => setTimeout(done, 50));
  if (window.intruder) faults.push("a script put into the page has run");
  if (getComputedStyle(document.body).outlineWidth === "7px") faults.push("a style put into the page is applied");
  script.remove();
  style.remove();
  return faults;
};

const names = () =>
  [...document.querySelectorAll("a, button, [role=button], input")].filter((e) => {
    const label = e.textContent.trim() || e.getAttribute("aria-label") || e.closest("label")?.textContent.trim();
    return !label;
  }).map((e) => `${e.tagName} has no name`);

/** A trial on a slider: what it shows at the end, at the start, and by key. Returns whether it is one. */
async function open_trial(url) {
  for (const [width, colorScheme] of [[1280, "light"], [390, "dark"]]) {
    const { context, page, errors } = await open(url, { viewport: { width, height: 900 }, colorScheme });
    if (!(await page.evaluate(() => document.getElementById("trial") !== null))) {
      await context.close();
      return false;
    }
    const at = `trial, ${width} px, ${colorScheme}`;
    const state = () => page.evaluate(() => ({
      place: Number(document.getElementById("moment").value),
      later: document.querySelectorAll(".moments li.later").length,
      gone: document.querySelectorAll(".live.is-attack, .live.is-off").length,
      cells: [...document.querySelectorAll("td[data-of]")].map((cell) => [cell.dataset.of, cell.textContent]),
      said: document.getElementById("said").textContent,
    }));
    const written = await page.evaluate(async () => {
      const { sides, times } = JSON.parse(document.getElementById("trial").textContent);
      return { last: times.length - 1, totals: sides.map((side) => [side.attack, side.containment]) };
    });
    const faults = [];
    await page.keyboard.press("End");
    const end = await state();
    if (end.place !== written.last) faults.push(`End leads to ${end.place} of ${written.last}`);
    if (end.later !== 0) faults.push(`${end.later} moments are still to come at the end`);
    if (end.gone !== 0) faults.push(`${end.gone} assets are down when all are back`);
    const hours = (kind) => end.cells.filter(([of]) => of === kind).map(([, text]) => text);
    const close = (text, number) => {
      const unit = { bn: 1e9, M: 1e6, k: 1e3 }[text.split(" ")[1]] ?? 1;
      return Math.abs(parseFloat(text) * unit - number) <= 0.051 * number + 0.5;
    };
    written.totals.forEach(([attack, containment], n) => {
      if (!close(hours("attack")[n], attack)) faults.push(`${hours("attack")[n]} by attack, the record has ${attack}`);
      if (!close(hours("containment")[n], containment)) faults.push(`${hours("containment")[n]} by containment, the record has ${containment}`);
    });
    if (!/services down/.test(end.said)) faults.push("nothing is said to a screen reader");
    await page.keyboard.press("PageUp");
    if ((await state()).place >= end.place) faults.push("Page Up does not lead to a landmark");
    await page.keyboard.press("Home");
    const start = await state();
    if (start.place !== 0 || start.gone !== 0) faults.push("Home does not lead to the start");
    await page.keyboard.press("ArrowRight");
    if ((await state()).place !== 1) faults.push("the right arrow does not lead on");
    report(`${at}: the slider`, [...faults, ...errors]);
    report(`${at}: no overflow`, await page.evaluate(overflow));
    report(`${at}: every control has a name`, await page.evaluate(names));
    await context.close();
  }
  const { context, page } = await open(url, { viewport: { width: 390, height: 900 }, javaScriptEnabled: false });
  const text = await page.locator("main").innerText();
  report("trial: readable without script", /What happens/.test(text) && text.length > 500 ? [] : ["the text is missing"]);
  await context.close();
  return true;
}

for (const file of process.argv.slice(2)) {
  const url = pathToFileURL(resolve(file)).href;
  const { context, page, errors, requests } = await open(url, { viewport: { width: 1280, height: 900 } });
  const isReport = await page.evaluate(() => document.getElementById("record") !== null);
  report(`${file}: nothing is blocked, nothing is loaded`, [...errors, ...requests]);
  report(`${file}: only its own style and script work`, await page.evaluate(policy));
  await context.close();
  if (await open_trial(url)) continue;
  // The other pages are sheets of paper: they have no record, no chart of the report, no dark side.
  if (!isReport) continue;
  for (const width of [1280, 390]) {
    for (const colorScheme of ["light", "dark"]) {
      const { context, page, errors, requests } = await open(url, { viewport: { width, height: 900 }, colorScheme });
      const at = `${width} px, ${colorScheme}`;
      report(`${at}: no overflow`, await page.evaluate(overflow));
      await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
      report(`${at}: no overflow with everything unfolded`, await page.evaluate(overflow));
      report(`${at}: text stays inside its drawing`, await page.evaluate(drawings));
      report(`${at}: no console error`, errors);
      report(`${at}: no request to the outside`, requests);
      const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const dark = (paper.match(/\d+/g) ?? []).slice(0, 3).every((part) => Number(part) < 80);
      report(`${at}: the page is ${colorScheme}`, dark === (colorScheme === "dark") ? [] : [paper]);
      await context.close();
    }
  }
  {
    const { context, page, errors } = await open(url, { viewport: { width: 1280, height: 900 } });
    report("every chart has a text twin, a title and a description", await page.evaluate(twins));
    report("the record in the page can be read", await page.evaluate(record));
    report("every link, button and field has a name", await page.evaluate(names));
    const button = page.locator("table.sortable th [role=button]").first();
    if (await button.count()) {
      await button.click();
      report("tables can be sorted", errors);
    }
    await context.close();
  }
  {
    const { context, page } = await open(url, { viewport: { width: 390, height: 900 }, javaScriptEnabled: false });
    const text = await page.locator("main").innerText();
    report("readable without script", /What was tested/.test(text) && text.length > 500 ? [] : ["the text is missing"]);
    await context.close();
  }
}
await browser.close();
if (failed > 0) console.log(`${failed} checks failed`);
process.exit(failed > 0 ? 1 : 0);
