// A program in TypeScript that knows the console by its description alone: it makes a
// user, finds the user again, and reads why a request was refused.
import createClient from "openapi-fetch";
import type { components, paths } from "./console.js";

declare const process: { env: Record<string, string | undefined> };

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function wanted<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what}`);
  return value;
}

const at = { path: { ws: setting("WORKSPACE"), org: setting("ORGANIZATION") } };
const client = createClient<paths>({ baseUrl: setting("CONSOLE"), headers: { Authorization: `Bearer ${setting("TOKEN")}` } });

const fields: components["schemas"]["CreateUserFields"] = { username: "ts.client", status: "active", aliases: ["ts"] };
const made = await client.POST("/api/v1/w/{ws}/o/{org}/actions/create-user", { params: at, body: { run_id: crypto.randomUUID(), fields } });
const outcome = wanted(made.data, `user: ${JSON.stringify(made.error)}`);
if (outcome.state !== "applied" || typeof outcome.result !== "object" || outcome.result.user_id !== outcome.created_id) {
  throw new Error(JSON.stringify(outcome));
}

const list = wanted((await client.GET("/api/v1/w/{ws}/o/{org}/users", { params: { ...at, query: { limit: 500 } } })).data, "users");
const user: components["schemas"]["DuoUser"] = wanted(list.items.find((u) => u.username === "ts.client"), "ts.client");

// @ts-expect-error a number is no text
const wrong: components["schemas"]["CreateBypassCodeForUserFields"] = { user_id: wanted(user.user_id, "id"), count: "many" };
const refused = await client.POST("/api/v1/w/{ws}/o/{org}/actions/create-bypass-code-for-user", { params: at, body: { run_id: crypto.randomUUID(), fields: wrong } });
if (refused.response.status !== 422 || refused.error?.code !== "invalid_fields" || refused.error.errors?.[0]?.field !== "count") {
  throw new Error(JSON.stringify(refused));
}
console.log(`created ${user.username}`);
