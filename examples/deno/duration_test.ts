import assert from "node:assert/strict";
import { seconds } from "duration";

Deno.test("a duration of one part", () => {
  assert.equal(seconds("45s"), 45);
});

Deno.test("the parts of a duration are added", () => {
  assert.equal(seconds("1h30m"), 5400);
});

Deno.test("a number without a unit is no duration", () => {
  assert.equal(seconds("90"), undefined);
  assert.equal(seconds("1h30"), undefined);
});
