package io.trueup.replica.table;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Properties;

/** All that differs between the databases. */
enum Dialect {

    /**
     * A file. Written ahead of the table (WAL), so that others can read meanwhile, and forced to the disk at each commit: the
     * feed's offsets are committed afterwards, and a transaction that a power cut could undo would then be a lost write.
     */
    SQLITE("jdbc:sqlite:", "org.sqlite.", "BLOB", 16 * 1024) {

        @Override
        void check(String url) {
            String file = url.substring("jdbc:sqlite:".length()).split("\\?", 2)[0];
            if (file.isEmpty() || file.contains(":memory:") || file.startsWith("file::")) {
                throw new IllegalArgumentException(
                        "a database in memory forgets what it was sent; write jdbc:sqlite:FILE");
            }
        }

        @Override
        Properties writing() {
            Properties properties = new Properties();
            properties.setProperty("journal_mode", "WAL");
            properties.setProperty("synchronous", "FULL");
            properties.setProperty("transaction_mode", "IMMEDIATE");
            properties.setProperty("busy_timeout", BUSY_TIMEOUT_MS);
            properties.setProperty("cache_size", CACHE_KIB);
            return properties;
        }

        @Override
        Properties reading() {
            Properties properties = new Properties();
            properties.setProperty("open_mode", OPEN_EXISTING);
            properties.setProperty("busy_timeout", BUSY_TIMEOUT_MS);
            return properties;
        }

        @Override
        void prepare(Connection connection) throws SQLException {
            execute(connection, "PRAGMA wal_autocheckpoint = " + PAGES_PER_CHECKPOINT);
        }

        @Override
        void restrict(Connection connection) throws SQLException {
            execute(connection, "PRAGMA query_only = 1");
        }

        @Override
        String tableOptions() {
            return " WITHOUT ROWID";
        }
    },

    /** A server. Keys are indexed whole, and an entry of an index must fit three times on a page of 8 KiB. */
    POSTGRESQL("jdbc:postgresql:", "org.postgresql.", "BYTEA", 2_600) {

        @Override
        void check(String url) {
            // whatever the driver takes
        }

        @Override
        Properties writing() {
            Properties properties = new Properties();
            properties.setProperty("ApplicationName", "trueup replica");
            properties.setProperty("tcpKeepAlive", "true");
            properties.setProperty("socketTimeout", SOCKET_TIMEOUT_S);
            return properties;
        }

        @Override
        Properties reading() {
            return writing();
        }

        @Override
        void prepare(Connection connection) {
            // the driver's properties are enough
        }

        @Override
        void restrict(Connection connection) throws SQLException {
            connection.setReadOnly(true);
        }

        @Override
        String tableOptions() {
            return "";
        }
    };

    private static final String BUSY_TIMEOUT_MS = "30000";
    private static final String SOCKET_TIMEOUT_S = "60";

    /** 64 MiB of pages: a page that many transactions change is then written to the table once. */
    private static final int PAGES_PER_CHECKPOINT = 16_384;

    /** A negative number counts KiB. */
    private static final String CACHE_KIB = "-65536";

    /** SQLITE_OPEN_READWRITE without SQLITE_OPEN_CREATE. */
    private static final String OPEN_EXISTING = "2";

    private final String prefix;
    private final String drivers;
    private final String bytesType;
    private final int longestKey;

    Dialect(String prefix, String drivers, String bytesType, int longestKey) {
        this.prefix = prefix;
        this.drivers = drivers;
        this.bytesType = bytesType;
        this.longestKey = longestKey;
    }

    /**
     * The dialect of a JDBC URL.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Dialect of(String url) {
        for (Dialect dialect : values()) {
            if (url.startsWith(dialect.prefix)) {
                return dialect;
            }
        }
        throw new IllegalArgumentException("write a JDBC URL that begins with jdbc:sqlite: or jdbc:postgresql:");
    }

    /** Longest key in bytes: write events have at most 16 KiB, and the table may hold less. */
    int longestKey() {
        return longestKey;
    }

    /**
     * Refuses what cannot keep data.
     *
     * @throws IllegalArgumentException if the URL is such
     */
    abstract void check(String url);

    abstract Properties writing();

    abstract Properties reading();

    /** Sets what no property of the driver sets, for a connection that writes. */
    abstract void prepare(Connection connection) throws SQLException;

    /** Keeps a connection from writing. */
    abstract void restrict(Connection connection) throws SQLException;

    abstract String tableOptions();

    /** What a query that chooses rows to change ends with: rows that somebody else is changing are left out. */
    String skipLocked() {
        return this == SQLITE ? "" : " FOR UPDATE SKIP LOCKED";
    }

    /** Opens a connection that writes, in auto-commit mode, and creates the tables if they are not there. */
    Connection openWriting(JdbcSettings location) throws SQLException {
        Connection connection = connect(location, writing());
        try {
            prepare(connection);
            execute(connection, createTable(location.table()));
            execute(connection, createOffsets(location.table()));
            execute(connection, createIndex(location.table(), "_deleted", "(stored) WHERE deleted"));
            execute(connection, createIndex(location.table(), "_expiring", "(expiry) WHERE expiry IS NOT NULL"));
            connection.setTransactionIsolation(isolation());
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Opens a connection that reads. */
    Connection openReading(JdbcSettings location) throws SQLException {
        Connection connection = connect(location, reading());
        try {
            restrict(connection);
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** SQLite has one writer at a time; PostgreSQL judges the condition of {@link Statements#upsert} on the newest row, locked. */
    private int isolation() {
        return this == SQLITE ? Connection.TRANSACTION_SERIALIZABLE : Connection.TRANSACTION_READ_COMMITTED;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Connection connect(JdbcSettings location, Properties properties) throws SQLException {
        if (location.user() != null) {
            properties.setProperty("user", location.user());
        }
        if (location.password() != null) {
            properties.setProperty("password", location.password());
        }
        return driver(location).connect(location.url(), properties);
    }

    /** Asked for first, because the manager's own error would print the URL, which may hold a password. */
    private static Driver driver(JdbcSettings location) throws SQLException {
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.acceptsURL(location.url())
                    && driver.getClass().getName().startsWith(location.dialect().drivers)) {
                return driver;
            }
        }
        throw new SQLException("no driver understands the JDBC URL: check how it is written");
    }

    private String createTable(String table) {
        return "CREATE TABLE IF NOT EXISTS " + table + " (key " + bytesType
                + " NOT NULL PRIMARY KEY, partition INTEGER NOT"
                + " NULL, value " + bytesType
                + ", version BIGINT NOT NULL, position BIGINT NOT NULL, deleted BOOLEAN NOT"
                + " NULL, expiry BIGINT, vector TEXT, stored BIGINT NOT NULL DEFAULT 0)" + tableOptions();
    }

    /** Only for rows that will have to be purged, so that the others pay nothing for it. */
    private static String createIndex(String table, String suffix, String rows) {
        return "CREATE INDEX IF NOT EXISTS " + table + suffix + " ON " + table + " " + rows;
    }

    private String createOffsets(String table) {
        return "CREATE TABLE IF NOT EXISTS " + Statements.offsetsOf(table)
                + " (topic VARCHAR(249) NOT NULL, partition INTEGER"
                + " NOT NULL, next BIGINT NOT NULL, PRIMARY KEY (topic, partition))" + tableOptions();
    }
}
