package io.trueup.replica;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import io.trueup.registry.RegistrySettings;
import io.trueup.replica.table.JdbcSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** Configuration of a reference replica. Each key is defined next to its documentation and its validation. Immutable. */
public final class ReplicaConfig {

    public static final String NAME = "name";
    public static final String BOOTSTRAP_SERVERS = "bootstrap.servers";
    public static final String FEED_TOPIC = "feed.topic";
    public static final String WRITES_TOPIC = "writes.topic";
    public static final String WRITES_FORMAT = "writes.format";
    public static final String REPAIRS_TOPIC = "repairs.topic";
    public static final String REPAIRS_FORMAT = "repairs.format";
    public static final String DEAD_LETTER_TOPIC = "dead.letter.topic";
    public static final String JDBC_URL = "jdbc.url";
    public static final String JDBC_USER = "jdbc.user";
    public static final String JDBC_PASSWORD = "jdbc.password";
    public static final String JDBC_TABLE = "jdbc.table";
    public static final String PROGRESS_INTERVAL = "progress.interval";
    public static final String BATCH_RECORDS_MAX = "batch.records.max";
    public static final String PURGE_INTERVAL = "purge.interval";
    public static final String TOMBSTONE_RETENTION = "tombstone.retention";
    public static final String EXPIRED_RETENTION = "expired.retention";
    public static final String GROUP_ID = "group.id";

    /** Settings with this prefix are passed to the Kafka clients. */
    public static final String KAFKA_PREFIX = "kafka.";

    private static final String TRUEUP = "trueup";
    private static final String PLAIN = "plain";

    private static final Pattern PEER =
            Pattern.compile("peer\\.([a-z0-9][a-z0-9_-]*)\\.(jdbc\\.(?:url|user|password|table))");
    private static final Pattern ADDRESS = Pattern.compile("[^/\\s]+:(\\d{1,6})");
    private static final int MAX_PORT = 65_535;

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9}) ?(ms|s|m|h|d)");

    private static final int MIN_INTERVAL_MS = 10;
    private static final int MAX_INTERVAL_DAYS = 36_500;

    private static final ConfigDef DEFINITION = new ConfigDef()
            .define(
                    NAME,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    matches("[a-z0-9][a-z0-9_-]{0,59}", "use at most 60 lower-case letters, digits, '_' and '-'"),
                    Importance.HIGH,
                    "Name of the replica. Repairs for other replicas are refused.")
            .define(
                    BOOTSTRAP_SERVERS,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    brokers(),
                    Importance.HIGH,
                    "Brokers, as host:port, separated by commas.")
            .define(
                    FEED_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic of the writes to store. Its records are plain; a null value deletes the key. The version is the header"
                            + " `trueup.version`, or else the offset. The position is the header `trueup.position`, or else"
                            + " the record timestamp. A header `trueup.vector` (`name=counter,name=counter`) replaces the"
                            + " version: a write is stored if its vector dominates the vector of the held entry. A write that"
                            + " is concurrent to the held entry is not stored: the replica keeps the entry that came first,"
                            + " sends a write event for it again, and leaves the conflict to the comparison with other"
                            + " replicas.")
            .define(
                    WRITES_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic to which the replica sends its write events. It must have as many partitions as the feed.")
            .define(
                    WRITES_FORMAT,
                    Type.STRING,
                    TRUEUP,
                    ConfigDef.ValidString.in(TRUEUP, PLAIN),
                    Importance.MEDIUM,
                    "`trueup`: Avro `WriteEvent`; `plain`: key and value as they are, with `trueup.*` headers, but without version"
                            + " vectors and without scrubs.")
            .define(
                    REPAIRS_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic of the repair events for this replica. It must have as many partitions as the feed.")
            .define(
                    REPAIRS_FORMAT,
                    Type.STRING,
                    TRUEUP,
                    ConfigDef.ValidString.in(TRUEUP, PLAIN),
                    Importance.MEDIUM,
                    "`trueup`: Avro `RepairEvent`; `plain`: key and value as they are, with `trueup.*` headers, but without version"
                            + " vectors.")
            .define(
                    DEAD_LETTER_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic to which malformed records are sent as they are, with the reason in headers. It must not be compacted.")
            .define(
                    JDBC_URL,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    Importance.HIGH,
                    "The database: `jdbc:sqlite:FILE` or `jdbc:postgresql://HOST/DATABASE`.")
            .define(JDBC_USER, Type.STRING, null, Importance.MEDIUM, "Database user.")
            .define(JDBC_PASSWORD, Type.PASSWORD, null, Importance.MEDIUM, "The user's password. Never printed.")
            .define(
                    JDBC_TABLE,
                    Type.STRING,
                    JdbcSettings.DEFAULT_TABLE,
                    Importance.MEDIUM,
                    "The table. It is created if it does not exist. Replicas that share a database need a table each.")
            .define(
                    PROGRESS_INTERVAL,
                    Type.STRING,
                    "1s",
                    interval(),
                    Importance.MEDIUM,
                    "How often a progress event is sent for an idle partition: every write up to now is applied.")
            .define(
                    BATCH_RECORDS_MAX,
                    Type.INT,
                    5_000,
                    ConfigDef.Range.between(1, 100_000),
                    Importance.MEDIUM,
                    "Maximum number of records that one database transaction applies.")
            .define(
                    PURGE_INTERVAL,
                    Type.STRING,
                    "1m",
                    interval(),
                    Importance.LOW,
                    "How often the replica looks for expired values and old tombstones. They are removed in small transactions."
                            + " No write events are sent for them, because a purge is not a write.")
            .define(
                    EXPIRED_RETENTION,
                    Type.STRING,
                    "10m",
                    interval(),
                    Importance.LOW,
                    "How long a value is kept after its expiry. After that only its tombstone is kept, which prevents older"
                            + " writes and repairs from being stored. Must be longer than the `grace` of the job, which still"
                            + " compares at cuts before the expiry.")
            .define(
                    TOMBSTONE_RETENTION,
                    Type.STRING,
                    "7d",
                    interval(),
                    Importance.MEDIUM,
                    "How long a tombstone is kept after its position or after the time when it was stored, whichever is later."
                            + " Must be longer than the `repair.validity` of the job, and longer than a feed record or a"
                            + " repair can be delayed: once the tombstone is deleted, a delayed older write of the key is"
                            + " stored, and the deleted key is back.")
            .define(
                    GROUP_ID,
                    Type.STRING,
                    null,
                    Importance.MEDIUM,
                    "Consumer group of the replica's instances, which share one database. If not set,"
                            + " `trueup-replica-<name>`.");

    private final Map<String, Object> values;
    private final RegistrySettings registry;
    private final KafkaClientSettings clients;
    private final Map<String, JdbcSettings> peers;
    private final JdbcSettings jdbc;

    private ReplicaConfig(Map<String, String> settings) {
        values = DEFINITION.parse(settings);
        checkUnknown(settings.keySet());
        registry = registry(settings);
        jdbc = jdbc(JDBC_URL, text(JDBC_URL), text(JDBC_USER), (Password) values.get(JDBC_PASSWORD), text(JDBC_TABLE));
        clients = new KafkaClientSettings(
                settings, text(BOOTSTRAP_SERVERS), groupId(), (Integer) values.get(BATCH_RECORDS_MAX));
        peers = peers(settings);
        checkDistinct(FEED_TOPIC, WRITES_TOPIC, REPAIRS_TOPIC, DEAD_LETTER_TOPIC);
    }

    /**
     * Reads a properties file in UTF-8.
     *
     * @throws ConfigException if the file cannot be read or a setting is wrong; the message names the key and never a secret
     */
    public static ReplicaConfig load(Path file) {
        Map<String, String> settings = ReplicaFile.read(file);
        try {
            return of(settings);
        } catch (ConfigException e) {
            throw new ConfigException(file + ": " + e.getMessage());
        }
    }

    /**
     * A configuration of settings by key.
     *
     * @throws ConfigException if a setting is wrong; the message names the key and never a secret
     */
    public static ReplicaConfig of(Map<String, String> settings) {
        return new ReplicaConfig(settings);
    }

    public String name() {
        return text(NAME);
    }

    public String feedTopic() {
        return text(FEED_TOPIC);
    }

    public String writesTopic() {
        return text(WRITES_TOPIC);
    }

    public String repairsTopic() {
        return text(REPAIRS_TOPIC);
    }

    public String deadLetterTopic() {
        return text(DEAD_LETTER_TOPIC);
    }

    /** The consumer group. */
    String groupId() {
        String groupId = text(GROUP_ID);
        return groupId == null ? "trueup-replica-" + name() : groupId;
    }

    /** The database and the table. */
    JdbcSettings jdbc() {
        return jdbc;
    }

    boolean plainWrites() {
        return text(WRITES_FORMAT).equals(PLAIN);
    }

    boolean plainRepairs() {
        return text(REPAIRS_FORMAT).equals(PLAIN);
    }

    Duration progressInterval() {
        return interval(PROGRESS_INTERVAL);
    }

    Duration purgeInterval() {
        return interval(PURGE_INTERVAL);
    }

    Duration tombstoneRetention() {
        return interval(TOMBSTONE_RETENTION);
    }

    Duration expiredRetention() {
        return interval(EXPIRED_RETENTION);
    }

    /** Tables of other replicas, by name. From them, values are fetched to which repairs refer. */
    Map<String, JdbcSettings> peers() {
        return peers;
    }

    /** What it says about a schema registry. */
    public RegistrySettings registry() {
        return registry;
    }

    /** Settings of the Kafka clients. */
    KafkaClientSettings clients() {
        return clients;
    }

    private String text(String key) {
        return (String) values.get(key);
    }

    private static void checkUnknown(Set<String> keys) {
        for (String key : new TreeSet<>(keys)) {
            boolean known = DEFINITION.names().contains(key)
                    || key.startsWith(KAFKA_PREFIX)
                    || RegistrySettings.isKey(key)
                    || PEER.matcher(key).matches();
            if (!known) {
                throw new ConfigException(key + " is not a key of a replica; use one of "
                        + String.join(", ", new TreeSet<>(DEFINITION.names()))
                        + ", peer.<name>.jdbc.url, kafka.<setting of the Kafka clients> and the settings of a schema registry"
                        + " that a job has");
            }
        }
    }

    private static RegistrySettings registry(Map<String, String> settings) {
        RegistrySettings registry = RegistrySettings.of(settings);
        registry.problems().values().stream().findFirst().ifPresent(problem -> {
            throw new ConfigException(problem);
        });
        return registry;
    }

    private void checkDistinct(String... keys) {
        Map<String, String> seen = new HashMap<>();
        for (String key : keys) {
            String other = seen.put(text(key), key);
            if (other != null) {
                throw new ConfigException(key, text(key), "is also the topic of " + other + "; use a topic of its own");
            }
        }
    }

    private Map<String, JdbcSettings> peers(Map<String, String> settings) {
        Map<String, JdbcSettings> found = new TreeMap<>();
        for (String key : settings.keySet()) {
            Matcher peer = PEER.matcher(key);
            if (peer.matches()) {
                found.computeIfAbsent(peer.group(1), name -> peer(settings, name));
            }
        }
        return found;
    }

    private JdbcSettings peer(Map<String, String> settings, String name) {
        String prefix = "peer." + name + ".";
        String url = settings.get(prefix + JDBC_URL);
        if (url == null) {
            throw new ConfigException(prefix + JDBC_URL + " is not set, but other settings of this peer are");
        }
        String password = settings.get(prefix + JDBC_PASSWORD);
        return jdbc(
                prefix + JDBC_URL,
                url,
                settings.get(prefix + JDBC_USER),
                password == null ? null : new Password(password),
                settings.getOrDefault(prefix + JDBC_TABLE, text(JDBC_TABLE)));
    }

    private static JdbcSettings jdbc(String key, String url, String user, Password password, String table) {
        try {
            return new JdbcSettings(url, user, password == null ? null : password.value(), table);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(key + " or its table: " + e.getMessage());
        }
    }

    private static Validator brokers() {
        return ConfigDef.LambdaValidator.with(
                (key, value) -> {
                    for (String address : ((String) value).split(",", -1)) {
                        if (!hasPort(address.strip())) {
                            throw new ConfigException(
                                    key, value, "write host:port, without http://, and with a port from 1 to 65535");
                        }
                    }
                },
                () -> "host:port, separated by commas");
    }

    private static boolean hasPort(String address) {
        Matcher form = ADDRESS.matcher(address);
        return form.matches() && Integer.parseInt(form.group(1)) >= 1 && Integer.parseInt(form.group(1)) <= MAX_PORT;
    }

    private static Validator topic() {
        return matches("[a-zA-Z0-9._-]{1,249}", "use letters, digits, '.', '_' and '-'");
    }

    private static Validator matches(String pattern, String advice) {
        return ConfigDef.LambdaValidator.with(
                (key, value) -> {
                    if (!((String) value).matches(pattern)) {
                        throw new ConfigException(key, value, advice);
                    }
                },
                () -> pattern);
    }

    private static Validator interval() {
        return ConfigDef.LambdaValidator.with(
                (key, value) -> {
                    Duration interval = duration(key, (String) value);
                    if (interval.toMillis() < MIN_INTERVAL_MS) {
                        throw new ConfigException(key, value, "use at least " + MIN_INTERVAL_MS + "ms");
                    }
                    if (interval.toDays() > MAX_INTERVAL_DAYS) {
                        throw new ConfigException(key, value, "use at most " + MAX_INTERVAL_DAYS + "d");
                    }
                },
                () -> "a duration such as 500ms or 1s");
    }

    private Duration interval(String key) {
        return duration(key, text(key));
    }

    private static Duration duration(String key, String text) {
        Matcher form = DURATION.matcher(text);
        if (!form.matches()) {
            throw new ConfigException(key, text, "use a whole number and one of ms, s, m, h, d, such as 500ms");
        }
        long number = Long.parseLong(form.group(1));
        return switch (form.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            default -> Duration.ofDays(number);
        };
    }
}
