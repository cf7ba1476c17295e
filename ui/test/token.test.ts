import { expect, test } from "vitest";

import { tokenIn } from "../src/app/token";

test.each([
  ["http://127.0.0.1:8321/#token=Ab-_9", "Ab-_9"],
  ["#token=myown%26secret%23token%2F", "myown&secret#token/"],
  ["#token=a.b~c!d", "a.b~c!d"],
  ["#token=50%", "50%"],
  ["#token=abc&more=1", "abc"],
  ["  http://[::1]:8321/#token=abc  \n", "abc"],
  ["http://127.0.0.1:8321/", ""],
  ["#token=", ""],
])("the token in %j", (address, token) => expect(tokenIn(address)).toBe(token));
