import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { register } from 'node:module';
import { before, describe, test } from 'node:test';
import { createOperationDescriptor, fetchQuery, getSingularSelector } from 'relay-runtime';
import { withoutComplaints } from '../watching.mjs';

const { SERVER, WITH_PLUGIN, KEY } = process.env;
register('./bundling.mjs', import.meta.url);

describe('Relay', () => {
  withoutComplaints();
  let app, lists;
  before(async () => {
    execFileSync('../node_modules/.bin/relay-compiler', ['relay.config.json'], { cwd: import.meta.dirname, stdio: 'pipe' });
    app = await import('./app.js');
    lists = await import('./lists.js');
  });

  const read = (environment, fragment, parent) => environment.lookup(getSingularSelector(fragment, parent)).data;

  test('relay-compiler takes the schema, and a query with fragments is answered', async () => {
    const environment = app.connect(`${SERVER}/graphql`, KEY);
    const { account } = await fetchQuery(environment, app.account, { key: 'slipping' }).toPromise();
    const { name, metrics } = read(environment, app.shipping, account);
    assert.equal(name, 'Oak & Kettle');
    const card = read(environment, app.card, metrics.lateShipmentRate);
    assert.equal(card.definition.key, 'late_shipment_rate');
    assert.match(card.display, /%$/);
  });

  test('a fragment is fetched again by node(id), and changes the record that it came from', async () => {
    const environment = app.connect(`${SERVER}/graphql`, KEY);
    const { account } = await fetchQuery(environment, app.account, { key: 'slipping' }).toPromise();
    const card = read(environment, app.card, read(environment, app.shipping, account).metrics.lateShipmentRate);
    environment.commitUpdate((store) => store.get(card.id).setValue('stale', 'display'));
    await fetchQuery(environment, app.card.metadata.refetch.operation, { id: card.id }).toPromise();
    assert.deepEqual(read(environment, app.card, read(environment, app.shipping, account).metrics.lateShipmentRate), card);
  });

  test('a metric that the schema of the client lacks is fetched again as well', async () => {
    const environment = app.connect(`${WITH_PLUGIN}/graphql`, KEY);
    const { account } = await fetchQuery(environment, app.account, { key: 'slipping' }).toPromise();
    const cards = account.metricResults.map((result) => read(environment, app.card, result));
    const { id, display } = cards.find((card) => card.definition.key === 'acme_dispatch');
    const { node } = await fetchQuery(environment, app.card.metadata.refetch.operation, { id }).toPromise();
    assert.equal(read(environment, app.card, node).display, display);
  });

  test('node of an id that names nothing is null', async () => {
    const environment = app.connect(`${SERVER}/graphql`, KEY);
    const data = await fetchQuery(environment, app.card.metadata.refetch.operation, { id: 'nothing' }).toPromise();
    assert.deepEqual(data, { node: null });
  });

  test('the pages of the evidence are appended, and together are what was counted', async () => {
    const environment = app.connect(`${SERVER}/graphql`, KEY);
    const { account } = await fetchQuery(environment, app.account, { key: 'slipping' }).toPromise();
    const result = account.metrics.lateShipmentRate;
    const page = app.evidence.metadata.refetch.operation;
    const all = () => read(environment, app.evidence, result);
    assert.equal(all().evidence.edges.length, 5);
    while (all().evidence.pageInfo.hasNextPage) {
      const before = all().evidence.edges.length;
      await fetchQuery(environment, page, { id: result.__id, first: 3, after: all().evidence.pageInfo.endCursor }).toPromise();
      assert.ok(all().evidence.edges.length > before, 'a further page brought nothing');
    }
    const { late, evidence } = all();
    assert.equal(new Set(evidence.edges.map(({ node }) => node.id)).size, late);
    assert.ok(evidence.edges.every(({ node, reason }) => node.label && node.shipBy && reason));
  });

  for (const name of ['orders', 'feedback', 'atRisk', 'reportedHistory']) {
    test(`the pages of ${name} are appended until it is whole`, async () => {
      const environment = app.connect(`${SERVER}/graphql`, KEY);
      const { account } = await fetchQuery(environment, lists.account, { key: 'slipping' }).toPromise();
      const list = () => read(environment, lists[name], account)[name];
      assert.ok(list().pageInfo.hasNextPage, 'it has one page');
      while (list().pageInfo.hasNextPage) {
        const before = list().edges.length;
        const variables = { id: account.__id, first: 100, after: list().pageInfo.endCursor };
        await fetchQuery(environment, lists[name].metadata.refetch.operation, variables).toPromise();
        assert.ok(list().edges.length > before, 'a further page brought nothing');
      }
      assert.equal(list().edges.length, list().totalCount);
      assert.equal(new Set(list().edges.map(({ cursor }) => cursor)).size, list().totalCount);
    });
  }

  test('the next page of a list joins the connection', async () => {
    const environment = app.connect(`${SERVER}/graphql`, KEY);
    const first = createOperationDescriptor(app.portfolio, { first: 3, after: null });
    const { accounts } = await fetchQuery(environment, app.portfolio, first.request.variables).toPromise();
    assert.equal(accounts.pageInfo.hasNextPage, true);
    await fetchQuery(environment, app.portfolio, { first: 3, after: accounts.pageInfo.endCursor }).toPromise();
    const joined = environment.lookup(first.fragment).data.accounts;
    assert.equal(new Set(joined.edges.map(({ node }) => node.key)).size, 4);
    assert.equal(joined.pageInfo.hasNextPage, false);
  });
});
