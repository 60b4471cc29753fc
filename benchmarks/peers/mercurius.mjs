// Serves the accounts of a folder by mercurius with graphql-jit, which compiles a document when it comes for the second time.
import Fastify from "fastify";
import mercurius from "mercurius";
import { resolvers, typeDefs } from "./memory.mjs";

const app = Fastify();
app.register(mercurius, { schema: typeDefs, resolvers, jit: 1 });
console.log(`Serving ${await app.listen({ host: "127.0.0.1", port: 0 })}/graphql`);
