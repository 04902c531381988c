import { MigrationInterface, QueryRunner } from "typeorm";

export class AddUsers1700000000001 implements MigrationInterface {
    public async up(queryRunner: QueryRunner): Promise<void> {
        await queryRunner.query(`DELETE FROM migrations WHERE name = 'Old1600000000001' ${this.x ? `and ${1}` : ""}`);
    }

    public async down(queryRunner: QueryRunner): Promise<void> {}
}
