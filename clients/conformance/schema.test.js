// Both linters accept the schema without a message, and report a schema that is wrong.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, writeFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { ESLint } from "eslint";

const SCHEMA = new URL("../../schema.graphql", import.meta.url);
const FAULTY = `${await readFile(SCHEMA, "utf8")}\ntype faulty_type {\n  b: Int @deprecated\n  a: Int\n}\n`;
const run = promisify(execFile);

async function eslint(text) {
  const linter = new ESLint({ cwd: import.meta.dirname });
  const [{ messages }] = await linter.lintText(text, { filePath: join(import.meta.dirname, "schema.graphql") });
  return messages.map(({ line, ruleId, message }) => `${line}: ${ruleId}: ${message}`);
}

async function schemaLinter(text) {
  const path = join(await mkdtemp(join(tmpdir(), "schema-")), "schema.graphql");
  await writeFile(path, text);
  const command = join(import.meta.dirname, "node_modules", ".bin", "graphql-schema-linter");
  const { stdout } = await run(command, ["--format", "json", path], { cwd: import.meta.dirname }).catch((failed) => failed);
  return JSON.parse(stdout).errors.map(({ location, rule, message }) => `${location.line}: ${rule}: ${message}`);
}

for (const [name, lint] of Object.entries({ eslint, schemaLinter })) {
  test(`${name} accepts the schema`, async () => assert.deepEqual(await lint(await readFile(SCHEMA, "utf8")), []));
  test(`${name} reports a wrong schema`, async () => assert.notDeepEqual(await lint(FAULTY), []));
}
