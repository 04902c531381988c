exports.Old1600000000001 = void 0;
var Old1600000000001 = /** @class */ (function () {
    function Old1600000000001() { this.name = 'Old1600000000001'; }
    Old1600000000001.prototype.up = function (q) { };
    return Old1600000000001;
}());
