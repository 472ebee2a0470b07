// SPDX-License-Identifier: MIT
import { useRedis } from "../support/redis.mjs";
import { describeMatrix } from "./matrix.mjs";

describeMatrix("streams", useRedis());
