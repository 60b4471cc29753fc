// For the tests: what a client asks of the server, and a console on which it must not complain.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

export function counting() {
  const asked = [];
  const fetch = (address, options = {}) => {
    const url = new URL(address);
    const body = options.body ? JSON.parse(options.body) : Object.fromEntries(url.searchParams);
    asked.push({ method: options.method ?? 'GET', text: Boolean(body.query) });
    return globalThis.fetch(address, options);
  };
  return { asked, fetch };
}

export function withoutComplaints() {
  const complaints = [];
  const { warn, error } = console;
  before(() => {
    console.warn = console.error = (...words) => complaints.push(words.join(' '));
  });
  after(() => {
    Object.assign(console, { warn, error });
    assert.deepEqual(complaints, [], 'the client complained on the console');
  });
}
