// Scans pages with Mozilla's HTTP Observatory. One argument a page, as JSON: {"name": ..., "host": ..., "path": ...,
// "cookie": ...}. One JSON object on standard output: for each name the grade, the score and the ten tests.
//
// The package's own scan() knows hosts alone and refuses a page of 404; this is its scan() with a path, a cookie and
// any status. What the ten tests say of an answer, what each is worth, and which grade that makes, is the package's.
import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";
import { MINIMUM_SCORE_FOR_EXTRA_CREDIT } from "@mdn/mdn-http-observatory/src/grader/charts.js";
import { getGradeForScore, getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { retrieve } from "@mdn/mdn-http-observatory/src/retriever/retriever.js";
import { scan as scanHost } from "@mdn/mdn-http-observatory/src/scanner/index.js";
import { httpsPort, openSite } from "./site.mjs";

const ACCEPT = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async function scan({ host, path, cookie }) {
  const headers = cookie ? [ACCEPT, `Cookie: ${cookie}`] : [ACCEPT];
  const requests = await retrieve(host, { path, httpsPort, headers });
  if (!requests.responses.auto) throw new Error(`${host}${path} does not answer`);
  const outputs = ALL_TESTS.map((test) => test(requests));
  const modifiers = outputs.map(({ result }) => getScoreModifier(result));
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 100);
  const strict = sum(modifiers.filter((modifier) => modifier < 0));
  const { grade, score } = getGradeForScore(strict >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? sum(modifiers) : strict);
  const tests = outputs.map((output) => [output.constructor.name, { pass: output.pass, result: output.result }]);
  return { status: requests.responses.auto.status, grade, score, tests: Object.fromEntries(tests) };
}

await openSite();
const pages = process.argv.slice(2).map((page) => JSON.parse(page));
const scanned = {};
// A few at a time: all at once, the last would wait for the answer too long.
while (pages.length) {
  await Promise.all(pages.splice(0, 6).map(async (page) => { scanned[page.name] = await scan(page); }));
}
// What the package says by itself of the one page that it knows: scan() above has to agree.
const { scan: { grade, score }, tests } = await scanHost("localhost");
scanned["by itself"] = { grade, score, tests };
console.log(JSON.stringify(scanned));
process.exit();
