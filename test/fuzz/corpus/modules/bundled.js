"use strict";
var Backfill1710000000002 = class {
  constructor() { this.name = "Backfill1710000000002"; }
  async up(q) { return /class [X/]1/.test(q) ? 1 / 2 : q }
  async down(q) {}
};
0 && (module.exports = { Backfill1710000000002 });
