// What a browser does with code that got into a page: as if something had been written into it unescaped.

const FOREIGN = "https://foreign.localhost";

// Name: what is put into the page. Whatever gets its way sets window.ran.
const INJECTED = {
  "a script": "<script>window.ran = true</script>",
  "a script of another site": `<script src="${FOREIGN}/a.js"></script>`,
  "a script as data": `<script src="data:text/javascript,window.ran=true"></script>`,
  "a module": `<script type="module">window.ran = true</script>`,
  "an event handler": `<img src="/static/nope" onerror="window.ran = true">`,
  "a javascript: address": `<a id="bait" href="javascript:void(window.ran = true)">bait</a>`,
  "a style": "<style>body { --ran: true }</style>",
  "a style attribute": `<p id="styled" style="--ran: true">x</p>`,
  "a style sheet of another site": `<link rel="stylesheet" href="${FOREIGN}/a.css">`,
  "a picture of another site, to tell it something": `<img src="${FOREIGN}/a.png">`,
  "a frame": `<iframe src="${FOREIGN}/"></iframe>`,
  "a plugin": `<object data="${FOREIGN}/a.swf"></object>`,
  "a base of another site": `<base href="${FOREIGN}/">`,
  "a form to another site": `<form id="form" action="${FOREIGN}/" method="post"></form>`,
};

const WITH_A_SCRIPT = {
  "text as code": () => setTimeout("window.ran = true"),
  "a request to another site": (foreign) => fetch(foreign).catch(() => {}),
  "a WebSocket to another site": (foreign) => void new WebSocket(foreign.replace("https", "wss")),
};

// Opens `path` for each case and puts the case into it, through the parser, as the page's author would. Returns, by
// case, the directive of the policy that stopped it; "ran" where its code ran, or its request went out.
export async function inject(context, path) {
  const page = await context.newPage();
  const outcomes = {};
  let html = "";
  let went = false;
  await page.route(`${FOREIGN}/**`, (route) => { went = true; return route.abort(); });
  await page.route((url) => url.pathname === path && !url.href.startsWith(FOREIGN), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace("</body>", `${html}</body>`) });
  });
  for (const [name, act] of [...Object.keys(INJECTED).map((name) => [name, null]), ...Object.entries(WITH_A_SCRIPT)]) {
    html = INJECTED[name] ?? "";
    went = false;
    await page.addInitScript(() => {
      window.stopped = new Promise((resolve) => {
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => resolve(effectiveDirective));
      });
    });
    await page.goto(path, { waitUntil: "domcontentloaded" });
    if (act) await page.evaluate(act, FOREIGN);
    if (html.includes("bait")) await page.locator("#bait").evaluate((link) => link.click());
    if (html.includes('"form"')) await page.locator("#form").evaluate((form) => form.submit());
    const stopped = await page.evaluate(() => Promise.race([
      window.stopped,
      new Promise((resolve) => { setTimeout(resolve, 3000, "nothing"); }),
    ]));
    const ran = await page.evaluate(() => Boolean(window.ran)
      || document.baseURI.startsWith("https://foreign")
      || [document.body, document.querySelector("#styled")].some(
        (it) => it && getComputedStyle(it).getPropertyValue("--ran")));
    outcomes[name] = ran || went ? "ran" : stopped;
  }
  await page.close();
  return outcomes;
}
