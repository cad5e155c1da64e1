package io.trueup.replica.table;

import java.util.regex.Pattern;

/**
 * Where a datastore lies. The URL may hold secrets: it is never printed whole, and nor is the password.
 *
 * @param url JDBC URL, {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql://HOST/DATABASE}
 * @param user database user, or null
 * @param password its password, or null
 * @param table the table: letters, digits and underscores
 */
public record JdbcSettings(String url, String user, String password, String table) {

    /** The table where none is named. */
    public static final String DEFAULT_TABLE = "trueup_entries";

    private static final Pattern TABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,53}");

    /**
     * @throws IllegalArgumentException if the URL is for another database, keeps nothing, or if the table's name is none;
     *     the message does not contain the URL
     */
    public JdbcSettings {
        Dialect.of(url).check(url);
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

    /** Without user, password and parameters. */
    @Override
    public String toString() {
        String path = url.split("[?;]", 2)[0].replaceFirst("//[^/@]*@", "//");
        return path + " table " + table;
    }
}
