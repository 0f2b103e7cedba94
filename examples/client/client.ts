// A client of the service whose types are made from its description.
//
//   REWARDS_URL=http://127.0.0.1:3009 SERVICE_TOKEN=... MANAGER_TOKEN=... npm run types && npm start
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

const baseUrl = setting("REWARDS_URL");
const client = (token: string) => createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const service = client(setting("SERVICE_TOKEN"));
const manager = client(setting("MANAGER_TOKEN"));

const transaction = { id: "client-t1", amount: "80.00", currency: "USD", occurred_at: "2026-03-01T12:00:00Z" };
const posted = await service.POST("/api/v1/cashback/calculate", { body: { user_id: "client-1", transaction } });
if (!posted.data) throw new Error(`it was not posted: ${JSON.stringify(posted.error)}`);
console.log(`${posted.data.totals.total} ${posted.data.currency} cashback`);

const points = await manager.GET("/api/v1/rewards/{user_id}", { params: { path: { user_id: "client-1" } } });
if (!points.data) throw new Error(`points cannot be read: ${JSON.stringify(points.error)}`);
for (const program of points.data.programs) console.log(`${program.program}: ${program.available} points`);

const refused = await manager.POST("/api/v1/cashback/calculate", { body: { user_id: "client-1", transaction } });
console.log(`a manager may not post: ${refused.response.status}`);
if (refused.response.status !== 403) throw new Error("a manager posted a purchase");
