// GraphiQL in a browser that reaches this server and nothing else: it loads, runs a query, and shows the documentation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

const { KEYED, KEY, CHROMIUM } = process.env;
const VIEWER = encodeURIComponent("{ viewer { name } }");
let browser;

before(async () => {
  // No host name resolves, so nothing but this machine can be reached.
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"] });
});
after(() => browser?.close());

test("GraphiQL works with the network cut off and without an error on its console", async () => {
  const page = await browser.newPage();
  const elsewhere = [];
  const complaints = [];
  page.on("request", (request) => request.url().startsWith(KEYED) || /^(data|blob):/.test(request.url()) || elsewhere.push(request.url()));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));

  const response = await page.goto(`${KEYED}/graphiql?query=${VIEWER}#key=${KEY}`);
  assert.match(response.headers()["content-security-policy"], /default-src 'none'/);
  await page.getByRole("button", { name: "Execute query" }).click();
  await page.getByText('"name": "owner"').waitFor();

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByRole("link", { name: "Query", exact: true }).first().click(); // known from introspection
  await page.getByText("Everything that can be read.").waitFor();

  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
});

test("the key of the link stays in its tab, and nowhere else", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const requested = [];
  page.on("request", (request) => requested.push(request.url(), request.headers().referer ?? ""));
  const execute = async (text) => {
    await page.getByRole("button", { name: "Execute query" }).click();
    await page.getByText(text).waitFor();
  };

  await page.goto(`${KEYED}/graphiql?query=${VIEWER}`);
  await execute('"code": "UNAUTHENTICATED"');
  await page.evaluate((fragment) => (location.hash = fragment), `key=${KEY}`); // as when another link is opened in this tab
  await page.waitForURL(`${KEYED}/graphiql?query=${VIEWER}`);
  await execute('"name": "owner"');
  await page.reload();
  await execute('"name": "owner"');

  assert.equal(page.url(), `${KEYED}/graphiql?query=${VIEWER}`);
  assert.deepEqual(requested.filter((url) => url.includes(KEY)), []);
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, cookie: document.cookie })).then((kept) => kept.includes(KEY)), false);

  const another = await context.newPage(); // of the same browser, without the link
  await another.goto(`${KEYED}/graphiql?query=${VIEWER}`);
  await another.getByRole("button", { name: "Execute query" }).click();
  await another.getByText('"code": "UNAUTHENTICATED"').waitFor();
  await context.close();
});

test("the policy of the page lets no script of others run", async () => {
  const page = await browser.newPage();
  await page.goto(`${KEYED}/graphiql`);
  const ran = await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement("script"), { text: "window.ran = true" }));
    return window.ran ?? false;
  });
  assert.equal(ran, false);
});
