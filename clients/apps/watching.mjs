// For the tests: records the requests of a client, and fails when it complains on the console.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';

export function recording() {
  const requests = [];
  const fetch = (address, options = {}) => {
    const url = new URL(address);
    const body = options.body ? JSON.parse(options.body) : Object.fromEntries(url.searchParams);
    requests.push({ method: options.method ?? 'GET', text: Boolean(body.query) });
    return globalThis.fetch(address, options);
  };
  return { requests, fetch };
}

export function withoutComplaints() {
  const complaints = [];
  const { warn, error } = console;
  before(() => {
    console.warn = console.error = (...args) => complaints.push(args.join(' '));
  });
  after(() => {
    Object.assign(console, { warn, error });
    assert.deepEqual(complaints, [], 'the client complained on the console');
  });
}
