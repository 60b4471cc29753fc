// GraphiQL in a browser that reaches this server and nothing else: it loads, runs a query, and shows the documentation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

const { SERVER, CHROMIUM } = process.env;
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
  page.on("request", (request) => request.url().startsWith(SERVER) || /^(data|blob):/.test(request.url()) || elsewhere.push(request.url()));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));

  const response = await page.goto(`${SERVER}/graphiql?query=${encodeURIComponent("{ viewer { name } }")}`);
  assert.match(response.headers()["content-security-policy"], /default-src 'none'/);
  await page.getByRole("button", { name: "Execute query" }).click();
  await page.getByText('"name": "owner"').waitFor();

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.getByRole("link", { name: "Query", exact: true }).first().click(); // known from introspection
  await page.getByText("Everything that can be read.").waitFor();

  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
});

test("the policy of the page lets no script of others run", async () => {
  const page = await browser.newPage();
  await page.goto(`${SERVER}/graphiql`);
  const ran = await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement("script"), { text: "window.ran = true" }));
    return window.ran ?? false;
  });
  assert.equal(ran, false);
});
