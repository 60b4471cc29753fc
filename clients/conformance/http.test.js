// Every audit of graphql-http passes, including recommendations. With the statuses of the newer draft, the obligatory ones pass.
import assert from "node:assert/strict";
import { test } from "node:test";

import { serverAudits } from "graphql-http";

const { SERVER, DRAFT } = process.env;
const audits = serverAudits({ url: `${SERVER}/graphql` });
const obligatory = serverAudits({ url: `${DRAFT}/graphql` }).filter(({ name }) => name.startsWith("MUST"));

test("there are as many audits as there were", () => assert.deepEqual([audits.length, obligatory.length], [61, 13]));

for (const [profile, some] of Object.entries({ audits, draft: obligatory })) {
  for (const { id, name, fn } of some) {
    test(`${profile} ${id} ${name}`, async () => {
      const result = await fn();
      assert.equal(result.status, "ok", result.reason);
    });
  }
}

test("a partial success has the draft's own status", async () => {
  const response = await fetch(`${DRAFT}/graphql`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: "{ classifyFeedback(rating: 9) viewer { name } }" }),
  });
  assert.equal(response.status, 294);
  assert.deepEqual((await response.json()).data, { classifyFeedback: null, viewer: { name: "owner" } });
});
