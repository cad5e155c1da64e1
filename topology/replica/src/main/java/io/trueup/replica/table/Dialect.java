package io.trueup.replica.table;

import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Properties;

/** The differences between the databases. */
enum Dialect {

    /**
     * A file. It has a write-ahead log (WAL), so that others can read while it is written. Each commit is forced to the disk: the
     * offsets of the feed are committed afterwards, so a transaction that a power failure could undo would be a lost write.
     */
    SQLITE("jdbc:sqlite:", "org.sqlite.", "BLOB", 16 * 1024) {

        @Override
        void checkDurable(String url) {
            String file = url.substring("jdbc:sqlite:".length()).split("\\?", 2)[0];
            if (file.isEmpty() || file.contains(":memory:") || file.startsWith("file::")) {
                throw new IllegalArgumentException(
                        "an in-memory database does not keep its data; use jdbc:sqlite:FILE");
            }
        }

        @Override
        Properties writeProperties() {
            Properties properties = new Properties();
            properties.setProperty("journal_mode", "WAL");
            properties.setProperty("synchronous", "FULL");
            properties.setProperty("transaction_mode", "IMMEDIATE");
            properties.setProperty("busy_timeout", BUSY_TIMEOUT_MS);
            properties.setProperty("cache_size", CACHE_KIB);
            return properties;
        }

        @Override
        Properties readProperties() {
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
        void makeReadOnly(Connection connection) throws SQLException {
            execute(connection, "PRAGMA query_only = 1");
        }

        @Override
        String tableOptions() {
            return " WITHOUT ROWID";
        }
    },

    /** A server. Whole keys are indexed, and an index entry must fit three times on a page of 8 KiB. */
    POSTGRESQL("jdbc:postgresql:", "org.postgresql.", "BYTEA", 2_600) {

        @Override
        void checkDurable(String url) {
            // every URL that the driver accepts
        }

        @Override
        Properties writeProperties() {
            Properties properties = new Properties();
            properties.setProperty("ApplicationName", "trueup replica");
            properties.setProperty("tcpKeepAlive", "true");
            properties.setProperty("socketTimeout", SOCKET_TIMEOUT_S);
            return properties;
        }

        @Override
        Properties readProperties() {
            return writeProperties();
        }

        @Override
        void prepare(Connection connection) {
            // the properties of the driver are enough
        }

        @Override
        void makeReadOnly(Connection connection) throws SQLException {
            connection.setReadOnly(true);
        }

        @Override
        String tableOptions() {
            return "";
        }
    };

    private static final String BUSY_TIMEOUT_MS = "30000";
    private static final String SOCKET_TIMEOUT_S = "60";

    /** 64 MiB of pages: a page that is changed by many transactions is written to the table only once. */
    private static final int PAGES_PER_CHECKPOINT = 16_384;

    /** A negative number is a size in KiB. */
    private static final String CACHE_KIB = "-65536";

    /** SQLITE_OPEN_READWRITE without SQLITE_OPEN_CREATE. */
    private static final String OPEN_EXISTING = "2";

    private final String prefix;
    private final String driverPackage;
    private final String bytesType;
    private final int maxKeyBytes;

    Dialect(String prefix, String driverPackage, String bytesType, int maxKeyBytes) {
        this.prefix = prefix;
        this.driverPackage = driverPackage;
        this.bytesType = bytesType;
        this.maxKeyBytes = maxKeyBytes;
    }

    /**
     * The dialect of a JDBC URL.
     *
     * @throws IllegalArgumentException if the URL is for another kind of database
     */
    static Dialect of(String url) {
        for (Dialect dialect : values()) {
            if (url.startsWith(dialect.prefix)) {
                return dialect;
            }
        }
        throw new IllegalArgumentException("use a JDBC URL that begins with jdbc:sqlite: or jdbc:postgresql:");
    }

    /** The longest key in bytes. Write events have keys of at most 16 KiB; the limit of the table may be lower. */
    int maxKeyBytes() {
        return maxKeyBytes;
    }

    /**
     * Refuses the URL of a database that does not keep its data.
     *
     * @throws IllegalArgumentException if the URL is of this kind
     */
    abstract void checkDurable(String url);

    /** Properties of the driver for a connection that writes. */
    abstract Properties writeProperties();

    /** Properties of the driver for a connection that only reads. */
    abstract Properties readProperties();

    /** Makes the settings of a connection that writes for which the driver has no property. */
    abstract void prepare(Connection connection) throws SQLException;

    /** Makes a connection read-only. */
    abstract void makeReadOnly(Connection connection) throws SQLException;

    /** The end of a statement that creates a table. */
    abstract String tableOptions();

    /** The end of a query that selects rows to change: rows that another transaction is changing are left out. */
    String skipLocked() {
        return this == SQLITE ? "" : " FOR UPDATE SKIP LOCKED";
    }

    /** Opens a connection that writes, in auto-commit mode, and creates the tables if they do not exist. */
    Connection openWriting(JdbcSettings settings) throws SQLException {
        Connection connection = connect(settings, writeProperties());
        try {
            prepare(connection);
            execute(connection, createTable(settings.table()));
            execute(connection, createOffsets(settings.table()));
            execute(connection, createIndex(settings.table(), "_deleted", "(stored) WHERE deleted"));
            execute(connection, createIndex(settings.table(), "_expiring", "(expiry) WHERE expiry IS NOT NULL"));
            connection.setTransactionIsolation(isolation());
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Opens a connection that only reads. */
    Connection openReading(JdbcSettings settings) throws SQLException {
        Connection connection = connect(settings, readProperties());
        try {
            makeReadOnly(connection);
            connection.setAutoCommit(false);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** SQLite has one writer at a time. PostgreSQL checks the condition of {@link Statements#upsert} on the newest row, which it locks. */
    private int isolation() {
        return this == SQLITE ? Connection.TRANSACTION_SERIALIZABLE : Connection.TRANSACTION_READ_COMMITTED;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static Connection connect(JdbcSettings settings, Properties properties) throws SQLException {
        if (settings.user() != null) {
            properties.setProperty("user", settings.user());
        }
        if (settings.password() != null) {
            properties.setProperty("password", settings.password());
        }
        return driver(settings).connect(settings.url(), properties);
    }

    /** Looks for the driver first, because the error of {@link DriverManager} would print the URL, which may contain a password. */
    private static Driver driver(JdbcSettings settings) throws SQLException {
        for (Driver driver : Collections.list(DriverManager.getDrivers())) {
            if (driver.acceptsURL(settings.url())
                    && driver.getClass().getName().startsWith(settings.dialect().driverPackage)) {
                return driver;
            }
        }
        throw new SQLException("no driver accepts the JDBC URL: check its syntax");
    }

    private String createTable(String table) {
        return "CREATE TABLE IF NOT EXISTS " + table + " (key " + bytesType
                + " NOT NULL PRIMARY KEY, partition INTEGER NOT"
                + " NULL, value " + bytesType
                + ", version BIGINT NOT NULL, position BIGINT NOT NULL, deleted BOOLEAN NOT"
                + " NULL, expiry BIGINT, vector TEXT, stored BIGINT NOT NULL DEFAULT 0)" + tableOptions();
    }

    /** A partial index of the rows that will be purged, so that it costs nothing for the others. */
    private static String createIndex(String table, String suffix, String rows) {
        return "CREATE INDEX IF NOT EXISTS " + table + suffix + " ON " + table + " " + rows;
    }

    private String createOffsets(String table) {
        return "CREATE TABLE IF NOT EXISTS " + Statements.offsetsOf(table)
                + " (topic VARCHAR(249) NOT NULL, partition INTEGER"
                + " NOT NULL, next BIGINT NOT NULL, PRIMARY KEY (topic, partition))" + tableOptions();
    }
}
