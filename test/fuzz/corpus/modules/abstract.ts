export abstract class Base1600000000000 implements MigrationInterface { abstract up(); }
export default class extends Base1600000000000 { name = `Derived1600000000001`; up() {} down() {} }
Object.defineProperty(exports, "__esModule", { value: true });
