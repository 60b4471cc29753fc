// The small schema and the accounts of a folder, with resolvers over them, for servers in JavaScript.
import { readFileSync } from "node:fs";

const folder = process.argv[2];
const accounts = JSON.parse(readFileSync(`${folder}/accounts.json`, "utf8"));
const byKey = new Map(accounts.map((account) => [account.key, account]));

export const typeDefs = readFileSync(`${folder}/schema.graphql`, "utf8");

export const resolvers = {
  Query: {
    account: (_, { key }) => byKey.get(key),
    accounts: (_, { first }) => ({ nodes: accounts.slice(0, first ?? accounts.length) }),
  },
};
