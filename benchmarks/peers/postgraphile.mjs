// Serves a schema of a PostgreSQL database by PostGraphile 5, until it is stopped: postgraphile.mjs SOCKET_FOLDER USER DATABASE SCHEMA
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [host, user, database, schema] = process.argv.slice(2);
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool: new pg.Pool({ host, user, database }), schemas: [schema] })],
  grafserv: { graphiql: false, watch: false },
};
const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(0, "127.0.0.1", () => console.log(`Serving http://127.0.0.1:${server.address().port}/graphql`));
