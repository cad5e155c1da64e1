package io.trueup.replica.table;

import java.util.regex.Pattern;

/**
 * The database and the table of a replica. The URL may contain secrets: neither the whole URL nor the password is ever printed.
 *
 * @param url JDBC URL, {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql://HOST/DATABASE}
 * @param user database user, or null
 * @param password its password, or null
 * @param table name of the table: letters, digits and underscores
 */
public record JdbcSettings(String url, String user, String password, String table) {

    /** The name of the table if none is configured. */
    public static final String DEFAULT_TABLE = "trueup_entries";

    private static final Pattern TABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,53}");

    /**
     * Checks URL and table name.
     *
     * @throws IllegalArgumentException if the URL is for another kind of database or for one that does not keep its data, or if the
     *     table name is not allowed; the message does not contain the URL
     */
    public JdbcSettings {
        Dialect.of(url).checkDurable(url);
        if (!TABLE.matcher(table).matches()) {
            throw new IllegalArgumentException("'" + table
                    + "' is not a table name; use at most 54 letters, digits and '_', and do not begin with a digit");
        }
    }

    /** The default table of a database that needs no user. */
    public static JdbcSettings of(String url) {
        return new JdbcSettings(url, null, null, DEFAULT_TABLE);
    }

    Dialect dialect() {
        return Dialect.of(url);
    }

    /** URL and table, without user, password and parameters. */
    @Override
    public String toString() {
        String path = url.split("[?;]", 2)[0].replaceFirst("//[^/@]*@", "//");
        return path + " table " + table;
    }
}
