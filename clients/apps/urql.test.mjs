import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gql } from '@urql/core';
import { LISTS } from './lists.mjs';
import { recording, withoutComplaints } from './watching.mjs';
import { introspection } from './schema.mjs';
import { connect } from './urql.mjs';

const { SERVER, WITH_PLUGIN, KEY } = process.env;
const variables = { key: 'slipping' };

const SHIPPING = gql`
  query Shipping($key: String!) { account(key: $key) { id name metrics { id lateShipmentRate { id display late } } } }
`;
const ALL = gql`
  query All($key: String!) {
    account(key: $key) { id metricResults { __typename id ...Card scope { channel } headroom { used } } }
  }
  fragment Card on MetricResult { display definition { id key } }
`;

describe('urql', () => {
  withoutComplaints();

  for (const [method, preferGetMethod] of [['GET', 'force'], ['POST', false]]) {
    test(`a query by ${method} is answered`, async () => {
      const { requests, fetch } = recording();
      const client = connect(`${SERVER}/graphql`, KEY, introspection, { fetch, preferGetMethod });
      const { data, error } = await client.query(SHIPPING, variables);
      assert.equal(error, undefined);
      assert.equal(data.account.name, 'Oak & Kettle');
      assert.deepEqual(requests, [{ method, text: true }]);
    });
  }

  test('a failed field and a request that cannot be executed give GraphQL errors with their codes', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, introspection);
    const { data, error: failed } = await client.query(gql`{ account(key: "slipping") { id } accounts(first: 1000) { totalCount } }`, {});
    assert.ok(data.account.id);
    assert.equal(failed.graphQLErrors[0]?.extensions.code, 'BAD_USER_INPUT', String(failed));
    const { error: wrong } = await client.query(gql`query ($key: String!) { account(key: $key) { id } }`, {});
    assert.equal(wrong.networkError, undefined);
    assert.match(wrong.graphQLErrors[0]?.message, /\$key/);
  });

  test('a key that is not valid gives a GraphQL error', async () => {
    const { error } = await connect(`${SERVER}/graphql`, `${KEY}x`, introspection).query(SHIPPING, variables);
    assert.equal(error.networkError, undefined);
    assert.equal(error.graphQLErrors[0]?.extensions.code, 'UNAUTHENTICATED');
    assert.equal(error.response.status, 401);
  });

  test('graphcache answers a smaller query from its cache', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, introspection);
    const first = await client.query(SHIPPING, variables);
    await client.query(gql`query ($key: String!) { account(key: $key) { id metrics { id lateShipmentRate { id orders } } } }`, variables);
    const part = gql`query ($key: String!) { account(key: $key) { id metrics { id lateShipmentRate { id late orders } } } }`;
    const { data, error } = await client.query(part, variables, { requestPolicy: 'cache-only' });
    assert.equal(error, undefined);
    assert.equal(data?.account.metrics.lateShipmentRate.late, first.data.account.metrics.lateShipmentRate.late);
  });

  test('graphcache reads a list with a metric that its schema lacks, and fetches that metric again', async () => {
    const client = connect(`${WITH_PLUGIN}/graphql`, KEY, introspection);
    const { error } = await client.query(ALL, variables);
    assert.equal(error, undefined);
    const { data } = await client.query(ALL, variables, { requestPolicy: 'cache-only' });
    const thirdParty = data?.account.metricResults.find((result) => result.definition.key === 'acme_dispatch');
    assert.equal(thirdParty?.__typename, 'AnyMetric');
    const again = gql`query ($id: ID!) { node(id: $id) { __typename id ... on MetricResult { display } } }`;
    const { data: fetched } = await client.query(again, { id: thirdParty.id }, { requestPolicy: 'network-only' });
    assert.deepEqual(fetched.node, { __typename: 'AnyMetric', id: thirdParty.id, display: thirdParty.display });
  });

  for (const [name, { query: text, read, first }] of Object.entries(LISTS)) {
    test(`graphcache joins the pages of ${name} until it is whole`, async () => {
      const client = connect(`${SERVER}/graphql`, KEY, introspection);
      let after, list;
      do {
        const { data, error } = await client.query(gql(text), { first, after });
        assert.equal(error, undefined);
        list = read(data);
        assert.notEqual(list.pageInfo.endCursor, after, 'a further page brought nothing');
        after = list.pageInfo.endCursor;
      } while (list.pageInfo.hasNextPage);
      assert.ok(list.totalCount > first, 'it has one page');
      assert.equal(list.edges.length, list.totalCount);
      assert.equal(new Set(list.edges.map(({ cursor }) => cursor)).size, list.totalCount);
    });
  }

  test('graphcache joins the pages of a connection', async () => {
    const client = connect(`${SERVER}/graphql`, KEY, introspection);
    const page = gql`
      query ($key: String!, $after: String) {
        account(key: $key) {
          id
          metrics {
            id
            lateShipmentRate {
              id
              late
              evidence(measure: "late", first: 5, after: $after) { edges { node { id label } } pageInfo { hasNextPage endCursor } }
            }
          }
        }
      }
    `;
    let after, result;
    do {
      const { data, error } = await client.query(page, { ...variables, after });
      assert.equal(error, undefined);
      result = data.account.metrics.lateShipmentRate;
      assert.notEqual(result.evidence.pageInfo.endCursor, after, 'a further page brought nothing');
      after = result.evidence.pageInfo.endCursor;
    } while (result.evidence.pageInfo.hasNextPage);
    assert.equal(new Set(result.evidence.edges.map(({ node }) => node.id)).size, result.late);
  });
});
