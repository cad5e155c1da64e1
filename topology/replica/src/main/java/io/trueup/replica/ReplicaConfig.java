package io.trueup.replica;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import io.trueup.replica.table.JdbcSettings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/** Configuration of one reference replica: every key beside its documentation and its rule. Immutable. */
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

    /** Settings with this prefix go to Kafka's clients. */
    public static final String KAFKA_PREFIX = "kafka.";

    private static final String TRUEUP = "trueup";
    private static final String PLAIN = "plain";

    private static final Pattern PEER =
            Pattern.compile("peer\\.([a-z0-9][a-z0-9_-]*)\\.(jdbc\\.(?:url|user|password|table))");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9}) ?(ms|s|m|h|d)");

    private static final int SHORTEST_INTERVAL_MS = 10;
    private static final int MOST_DAYS = 36_500;

    /** What losing no write rests on, and what has a key of its own. */
    private static final Set<String> OWN = Set.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            ProducerConfig.ACKS_CONFIG,
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
            ConsumerConfig.GROUP_ID_CONFIG,
            ConsumerConfig.GROUP_PROTOCOL_CONFIG,
            ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
            ConsumerConfig.ISOLATION_LEVEL_CONFIG,
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
            ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
            ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
            ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
            ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG);

    private static final ConfigDef DEFINITION = new ConfigDef()
            .define(
                    NAME,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    matches("[a-z0-9][a-z0-9_-]{0,59}", "use at most 60 lower-case letters, digits, '_' and '-'"),
                    Importance.HIGH,
                    "Name of the replica. Repairs for another one are refused.")
            .define(
                    BOOTSTRAP_SERVERS,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    new ConfigDef.NonEmptyString(),
                    Importance.HIGH,
                    "Brokers, as host:port, separated by commas.")
            .define(
                    FEED_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic of the writes to store: plain records, a null value deletes. Version: header `trueup.version`, or"
                            + " else the offset. Position: header `trueup.position`, or else the record timestamp."
                            + " A header `trueup.vector` (`name=counter,name=counter`) takes the place of the version: a"
                            + " write is stored if its vector dominates the one that is held. One that is concurrent to what"
                            + " is held is not: the replica keeps what came first, tells that again, and leaves the conflict to"
                            + " the comparison with other replicas.")
            .define(
                    WRITES_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic into which the replica writes what it holds. As many partitions as the feed.")
            .define(
                    WRITES_FORMAT,
                    Type.STRING,
                    TRUEUP,
                    ConfigDef.ValidString.in(TRUEUP, PLAIN),
                    Importance.MEDIUM,
                    "`trueup`: Avro `WriteEvent`; `plain`: key and value as they are, with `trueup.*` headers, but without version"
                            + " vectors and scrubs.")
            .define(
                    REPAIRS_TOPIC,
                    Type.STRING,
                    NO_DEFAULT_VALUE,
                    topic(),
                    Importance.HIGH,
                    "Topic of the repair events for this replica. As many partitions as the feed.")
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
                    "Topic into which malformed records go as they are, with the reason in headers. Must not be compacted.")
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
                    "The table. Created if it is not there. Replicas that share a database need one each.")
            .define(
                    PROGRESS_INTERVAL,
                    Type.STRING,
                    "1s",
                    interval(),
                    Importance.MEDIUM,
                    "How often a partition in which nothing happens says that everything is applied.")
            .define(
                    BATCH_RECORDS_MAX,
                    Type.INT,
                    5_000,
                    ConfigDef.Range.between(1, 100_000),
                    Importance.MEDIUM,
                    "Most records that one database transaction applies.")
            .define(
                    PURGE_INTERVAL,
                    Type.STRING,
                    "1m",
                    interval(),
                    Importance.LOW,
                    "How often expired values and old tombstones are looked for. They are removed in small transactions, and no"
                            + " write event tells about it: to purge is not to write.")
            .define(
                    EXPIRED_RETENTION,
                    Type.STRING,
                    "10m",
                    interval(),
                    Importance.LOW,
                    "How long a value is kept after its expiry. Then only its tombstone is left, which keeps older writes"
                            + " and repairs away. Longer than the job's `grace`, which still compares at cuts before the expiry.")
            .define(
                    TOMBSTONE_RETENTION,
                    Type.STRING,
                    "7d",
                    interval(),
                    Importance.MEDIUM,
                    "How long a delete is remembered, counted from its position and from when it was stored, whichever is later."
                            + " Longer than the job's `repair.validity`, and than the feed or a repair can come late: once the"
                            + " tombstone is gone, an older write of the key that comes late is stored, and the key is back.")
            .define(
                    GROUP_ID,
                    Type.STRING,
                    null,
                    Importance.MEDIUM,
                    "Consumer group of the replica's instances, which share one database. If not set,"
                            + " `trueup-replica-<name>`.");

    private final Map<String, Object> values;
    private final Map<String, Object> kafka;
    private final Map<String, JdbcSettings> peers;
    private final JdbcSettings location;

    private ReplicaConfig(Map<String, String> settings) {
        values = DEFINITION.parse(settings);
        checkUnknown(settings.keySet());
        location = location(
                JDBC_URL, text(JDBC_URL), text(JDBC_USER), (Password) values.get(JDBC_PASSWORD), text(JDBC_TABLE));
        kafka = kafka(settings);
        peers = peers(settings);
        checkDistinct(FEED_TOPIC, WRITES_TOPIC, REPAIRS_TOPIC, DEAD_LETTER_TOPIC);
    }

    /**
     * Reads a properties file in UTF-8.
     *
     * @throws ConfigException if the file cannot be read or something in it is wrong; names the key, never a secret
     */
    public static ReplicaConfig load(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException("cannot read " + file + " as a properties file: " + e);
        }
        Map<String, String> settings = new TreeMap<>();
        properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
        return of(settings);
    }

    /**
     * Takes settings by key.
     *
     * @throws ConfigException if one of them is wrong; names the key, never a secret
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
    public String groupId() {
        String groupId = text(GROUP_ID);
        return groupId == null ? "trueup-replica-" + name() : groupId;
    }

    /** Where the table lies. */
    public JdbcSettings location() {
        return location;
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

    /** Tables of other replicas, from which values are fetched that a repair only refers to. */
    Map<String, JdbcSettings> peers() {
        return peers;
    }

    Map<String, Object> consumer() {
        Map<String, Object> settings = client(ConsumerConfig.configNames());
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, groupId());
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, values.get(BATCH_RECORDS_MAX));
        settings.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
        return settings;
    }

    Map<String, Object> producer() {
        Map<String, Object> settings = client(ProducerConfig.configNames());
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        return settings;
    }

    Map<String, Object> admin() {
        return client(AdminClientConfig.configNames());
    }

    /** What a client knows, and what no client knows: plug-ins may. */
    private Map<String, Object> client(Set<String> known) {
        Map<String, Object> settings = new HashMap<>();
        kafka.forEach((key, value) -> {
            boolean foreign = ConsumerConfig.configNames().contains(key)
                    || ProducerConfig.configNames().contains(key);
            if (known.contains(key) || !foreign) {
                settings.put(key, value);
            }
        });
        settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, text(BOOTSTRAP_SERVERS));
        return settings;
    }

    private String text(String key) {
        return (String) values.get(key);
    }

    private static void checkUnknown(Set<String> keys) {
        for (String key : new TreeSet<>(keys)) {
            boolean known = DEFINITION.names().contains(key)
                    || key.startsWith(KAFKA_PREFIX)
                    || PEER.matcher(key).matches();
            if (!known) {
                throw new ConfigException(key + " is not a key of a replica; use one of "
                        + String.join(", ", new TreeSet<>(DEFINITION.names()))
                        + ", peer.<name>.jdbc.url and kafka.<setting of Kafka's clients>");
            }
        }
    }

    private void checkDistinct(String... keys) {
        Map<String, String> seen = new HashMap<>();
        for (String key : keys) {
            String other = seen.put(text(key), key);
            if (other != null) {
                throw new ConfigException(key, text(key), "is the topic of " + other + ", too; use a topic of its own");
            }
        }
    }

    private static Map<String, Object> kafka(Map<String, String> settings) {
        Map<String, Object> kafka = new HashMap<>();
        settings.forEach((key, value) -> {
            if (key.startsWith(KAFKA_PREFIX)) {
                String setting = key.substring(KAFKA_PREFIX.length());
                if (OWN.contains(setting)) {
                    throw new ConfigException(key + " cannot be set: the replica sets it itself");
                }
                kafka.put(setting, value);
            }
        });
        return kafka;
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
        return location(
                prefix + JDBC_URL,
                url,
                settings.get(prefix + JDBC_USER),
                password == null ? null : new Password(password),
                settings.getOrDefault(prefix + JDBC_TABLE, text(JDBC_TABLE)));
    }

    private static JdbcSettings location(String key, String url, String user, Password password, String table) {
        try {
            return new JdbcSettings(url, user, password == null ? null : password.value(), table);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(key + " or its table: " + e.getMessage());
        }
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
                    if (interval.toMillis() < SHORTEST_INTERVAL_MS) {
                        throw new ConfigException(key, value, "use at least " + SHORTEST_INTERVAL_MS + "ms");
                    }
                    if (interval.toDays() > MOST_DAYS) {
                        throw new ConfigException(key, value, "use at most " + MOST_DAYS + "d");
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
            throw new ConfigException(key, text, "write a whole number and one of ms, s, m, h, d, such as 500ms");
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
