// The words of Flyway's command line, for its library:
//     flyway -url=URL [-postgresql.transactional.lock=false] migrate|repair
// with the migrations in sql/, where the command line looks by default, too.

import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.flywaydb.database.postgresql.PostgreSQLConfigurationExtension;

public class FlywayWords {
    public static void main(String[] words) {
        FluentConfiguration settings = Flyway.configure().locations("filesystem:sql");
        for (String word : words) {
            if (word.startsWith("-url=")) {
                settings.dataSource(word.substring(5), null, null);
            } else if (word.equals("-postgresql.transactional.lock=false")) {
                settings.getConfigurationExtension(PostgreSQLConfigurationExtension.class)
                    .setTransactionalLock(false);
            } else if (word.equals("migrate")) {
                settings.load().migrate();
            } else if (word.equals("repair")) {
                settings.load().repair();
            } else {
                throw new IllegalArgumentException(word);
            }
        }
    }
}
