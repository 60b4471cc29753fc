import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { before, describe, test } from 'node:test';

const run = (command, ...args) => {
  try {
    execFileSync(`../node_modules/.bin/${command}`, args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: 'pipe' });
  } catch (failed) {
    assert.fail(`${command} failed:\n${failed.stdout}${failed.stderr}`);
  }
};

describe('graphql-codegen and TypeScript', () => {
  before(() => rmSync(`${import.meta.dirname}/generated`, { recursive: true, force: true }));

  test('the client preset generates with strict scalars', () => run('graphql-codegen', '--config', 'codegen.json'));

  test('tsc accepts correct code and finds the mistakes', () => run('tsc', '--project', '.'));

  test('the compiled app runs the generated query', async () => {
    const { show } = await import('./generated/built/app.js');
    const [late, ...due] = await show({ url: `${process.env.SERVER}/graphql`, key: process.env.KEY }, 'slipping', '2026-03-31');
    assert.match(late, /^\d+ of \d+ late, \d+\.\d\d %, (green|amber|red), up to 2026-03-31$/);
    assert.ok(due.length > 0 && due.every((line) => /^\w+ \S+ until 2026-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(line)), due.join('\n'));
  });
});
