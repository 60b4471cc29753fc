// Serves the accounts of a folder by Apollo Server, alone as its documentation starts it.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { resolvers, typeDefs } from "./memory.mjs";

const { url } = await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), { listen: { host: "127.0.0.1", port: 0 } });
console.log(`Serving ${url}`);
