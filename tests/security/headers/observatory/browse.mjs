// Uses the site in Chromium, on each gateway's pinned host, and listens to what the browser complains of: visitors'
// pages on each; on those that are named thorough the admin too, and code put into the pages `into`. One argument,
// JSON: {"scheme": "http", "gateways": [...], "thorough": [...], "into": [...], "name": ..., "password": ...}. One JSON
// object on standard output, by gateway:
//
//   steps       what was done; a step that cannot be done ends the program
//   complaints  policies that were violated, errors on the console or thrown, requests that the browser blocked
//   injected    what became of code that was put into the pages: the policy's directive that stopped it, or "ran"
//
// With SCREENSHOTS, a folder, a picture of each step.
import { chromium } from "playwright-core";
import { useAdmin } from "./admin.mjs";
import { inject } from "./inject.mjs";
import { httpsPort, openSite } from "./site.mjs";
import { visit } from "./visit.mjs";

const { scheme, gateways, thorough, into, name, password } = JSON.parse(process.argv[2]);
const WAIT = 60_000; // milliseconds

async function browse(browser, gateway) {
  const port = scheme === "https" ? httpsPort : 80;
  // The certificate is not what is looked at here, and its authority not one that Chromium knows.
  const baseURL = `${scheme}://${gateway}.localhost:${port}`;
  const context = await browser.newContext({ baseURL, ignoreHTTPSErrors: true });
  context.setDefaultTimeout(WAIT);
  const steps = [];
  const complaints = [];
  await context.exposeBinding("complain", (source, text) => complaints.push(text));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI, sourceFile }) => {
      window.complain(`${location.pathname}: ${effectiveDirective} stopped ${blockedURI} ${sourceFile}`);
    });
  });
  context.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  context.on("weberror", (error) => complaints.push(`thrown: ${error.error().message}`));
  context.on("requestfailed", (request) => {
    const { errorText } = request.failure();
    if (errorText !== "net::ERR_ABORTED") complaints.push(`${request.url()}: ${errorText}`);
  });

  const page = await context.newPage();
  const step = async (title, act) => {
    try {
      await act();
    } catch (error) {
      throw new Error(`${gateway}, ${title}, at ${page.url()}: ${error.message}`);
    }
    steps.push(title);
    if (process.env.SCREENSHOTS) {
      const name = `${gateway}-${steps.length}-${title.replaceAll(/\W+/g, "-")}`;
      await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` });
    }
  };
  const submit = (button) => Promise.all([page.waitForEvent("load"), button.click()]);
  const see = (text) => page.getByText(text).first().waitFor();

  const hands = { page, step, submit, see };
  await visit(hands, gateway, gateways);
  const injected = {};
  if (thorough.includes(gateway)) {
    await useAdmin(hands, name, password);
    const heard = [...complaints];
    for (const path of into) injected[path] = await inject(context, path);
    complaints.splice(0, complaints.length, ...heard); // what is said of the injected is expected
  }
  await context.close();
  return { steps, complaints, injected };
}

await openSite();
// The container is the sandbox: Chromium's own needs namespaces that a container may not make.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium-headless-shell", chromiumSandbox: false });
const found = await Promise.all(gateways.map(async (gateway) => [gateway, await browse(browser, gateway)]));
await browser.close();
console.log(JSON.stringify(Object.fromEntries(found)));
process.exit();
