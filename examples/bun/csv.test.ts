import { expect, test } from "bun:test";
import { line } from "./csv";

test("plain fields stay as they are", () => {
  expect(line(["shoes", "42"])).toBe("shoes,42");
});

test("a field with a comma is quoted", () => {
  expect(line(["shoes, red", "42"])).toBe('"shoes, red",42');
});

test("every quote within a field is doubled", () => {
  expect(line(['7" and 10"'])).toBe('"7"" and 10"""');
});
