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

for (const file of process.argv.slice(2)) {
  const url = pathToFileURL(resolve(file)).href;
  const { context, page, errors, requests } = await open(url, { viewport: { width: 1280, height: 900 } });
  const isReport = await page.evaluate(() => document.getElementById("record") !== null);
  report(`${file}: nothing is blocked, nothing is loaded`, [...errors, ...requests]);
  report(`${file}: only its own style and script work`, await page.evaluate(policy));
  await context.close();
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
