package io.trueup.config;

import io.trueup.avro.Encoding;
import io.trueup.config.ReplicaTopics.Format;
import io.trueup.config.ReplicaTopics.Role;
import io.trueup.config.http.HttpSettings;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.registry.RegistrySettings;
import io.trueup.source.canonical.ValueForm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.kafka.common.config.types.Password;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configuration of one process. An instance is always valid: single values and the relations among them are checked
 * when it is made. {@link Keys} lists the keys. Longer than 450 lines because it has an accessor for each setting. Immutable and
 * thread-safe.
 */
public final class TrueupConfig {

    private static final Logger LOG = LoggerFactory.getLogger(TrueupConfig.class);
    private static final String PRIMARY_PREFIX = "primary:";

    private final Optional<Path> file;
    private final Values values;
    private final byte[] secret;
    private final List<byte[]> controlSecrets;
    private final PassThrough passThrough;
    private final RegistrySettings registry;
    private final HttpSettings http;
    private final KafkaProperties kafka;
    private final List<String> warnings;
    private final Map<String, String> shown;

    private TrueupConfig(Optional<Path> file, Map<String, String> given, Problems problems) {
        this.file = file;
        values = Values.parse(given, problems);
        secret = Secret.ofHashes(values, problems);
        controlSecrets = Secret.ofControl(values, secret, problems);
        passThrough = PassThrough.parse(given, problems);
        registry = RegistrySettings.checked(given, problems::addText);
        http = HttpSettings.checked(given, key -> Secret.ofHttp(key, values, problems), problems::addText);
        kafka = new KafkaProperties(values, passThrough);
        warnings = new ArrayList<>(passThrough.warnings());
        warnings.addAll(new Relations(values, registry, problems).check());
        warnings.addAll(http.warnings());
        if (problems.none()) {
            kafka.check(hostedReplicas(), problems);
        }
        if (!problems.none()) {
            throw problems.exception();
        }
        shown = new TreeMap<>(values.shown());
        shown.putAll(passThrough.shown());
        shown.putAll(registry.shown());
    }

    /**
     * Reads a properties file, replaces its settings by the variables {@code TRUEUP_…}, and logs warnings.
     *
     * @param environment such as {@link System#getenv()}
     * @throws InvalidConfigurationException if anything is wrong; it names all problems
     */
    public static TrueupConfig load(Path file, Map<String, String> environment) {
        Problems problems = new Problems(file.toString());
        Map<String, String> given = PropertiesFile.read(file, problems);
        given.putAll(Environment.settings(environment, problems));
        TrueupConfig config = new TrueupConfig(Optional.of(file), given, problems);
        config.warnings().forEach(LOG::warn);
        return config;
    }

    /**
     * Makes a configuration of settings as in a file.
     *
     * @throws InvalidConfigurationException if anything is wrong; it names all problems
     */
    public static TrueupConfig of(Map<String, String> settings) {
        return new TrueupConfig(Optional.empty(), settings, new Problems("the configuration"));
    }

    /** Warnings about settings that look wrong but may be right; free of secrets. */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** The file that was read, if one was. */
    public Optional<Path> file() {
        return file;
    }

    public String dataset() {
        return values.text(Keys.DATASET);
    }

    /** Brokers as {@code host:port,host:port}. */
    public String bootstrapServers() {
        return String.join(",", values.list(Keys.BOOTSTRAP_SERVERS));
    }

    /** Names of all replicas that are compared, in order of name. */
    public List<String> replicas() {
        return values.list(Keys.REPLICAS).stream().sorted().toList();
    }

    /** Names of the replicas whose reconcilers run in this process, in order of name. */
    public List<String> hostedReplicas() {
        return values.list(Keys.HOSTED_REPLICAS).stream().sorted().toList();
    }

    /**
     * Returns the topics and formats of a replica.
     *
     * @throws IllegalArgumentException if there is no such replica
     */
    public ReplicaTopics replica(String name) {
        requireReplica(name);
        return new ReplicaTopics(
                name,
                choice(Role.class, Keys.replica(name, Keys.ROLE)),
                values.text(name, Keys.WRITES_TOPIC),
                choice(Format.class, Keys.replica(name, Keys.WRITES_FORMAT)),
                values.text(Keys.replica(name, Keys.WRITES_VERSION)),
                isSource(name) ? null : values.text(name, Keys.REPAIRS_TOPIC),
                choice(Format.class, Keys.replica(name, Keys.REPAIRS_FORMAT)),
                repairsEncoding(name));
    }

    private Encoding repairsEncoding(String replica) {
        String encoding = values.text(replica, Keys.REPAIRS_ENCODING);
        return encoding == null ? registry.writes() : Encoding.of(encoding);
    }

    /** What it says about a schema registry. */
    public RegistrySettings registry() {
        return registry;
    }

    /** What it says about HTTP. */
    public HttpSettings http() {
        return http;
    }

    /** Where metrics are sent by OTLP; empty if they are not. */
    public Optional<String> otlpUrl() {
        return Optional.ofNullable(values.text(Keys.OTLP_URL));
    }

    public Duration otlpInterval() {
        return values.duration(Keys.OTLP_INTERVAL);
    }

    /**
     * The consumer group whose committed offsets show what has reached a replica; empty if something else does.
     *
     * @throws IllegalArgumentException if there is no such replica
     */
    public Optional<FeedGroup> feed(String replica) {
        requireReplica(replica);
        String progress = values.text(replica, Keys.PROGRESS);
        return FeedGroup.isNamedBy(progress) ? Optional.of(FeedGroup.of(progress)) : Optional.empty();
    }

    /** Topic into which control messages are written. */
    public String controlTopic() {
        return values.text(Keys.CONTROL_TOPIC);
    }

    /** The secrets of control messages and round reports: the first signs, all verify. */
    public List<byte[]> controlSecrets() {
        return controlSecrets.stream().map(byte[]::clone).toList();
    }

    /** Topics from which control messages are read. */
    public List<String> controlTopics() {
        return values.list(Keys.CONTROL_TOPICS);
    }

    /** Whether an empty replica is filled only once a person approves. */
    public boolean approvesFills() {
        return values.text(Keys.SEEDING).equals(ReconciliationKeys.APPROVE);
    }

    public String roundsTopic() {
        return values.text(Keys.ROUNDS_TOPIC);
    }

    public String deadLetterTopic() {
        return values.text(Keys.DEAD_LETTER_TOPIC);
    }

    /** Topic of the keys for which no entry wins. */
    public String conflictsTopic() {
        return values.text(Keys.CONFLICTS_TOPIC);
    }

    /** Topic of keys for which clients have read differing answers, if there is one. */
    public Optional<String> observationsTopic() {
        return Optional.ofNullable(values.text(Keys.OBSERVATIONS_TOPIC));
    }

    /** The replicas that own a partition, in order of name. */
    public List<String> owners(int partition) {
        return new PlacementKeys(values).placement().owners(partition);
    }

    /** The highest partition whose owners are set explicitly, if there is one. */
    public OptionalInt highestPlacedPartition() {
        return new PlacementKeys(values)
                .owners().keySet().stream().mapToInt(Integer::intValue).max();
    }

    /** Whether missing topics are created at start. */
    public boolean topicsCreate() {
        return values.flag(Keys.TOPICS_CREATE);
    }

    /** Partitions of topics created at start; if empty, as many as the existing topics have. */
    public OptionalInt topicsPartitions() {
        return values.has(Keys.TOPICS_PARTITIONS)
                ? OptionalInt.of(values.number(Keys.TOPICS_PARTITIONS))
                : OptionalInt.empty();
    }

    /** Replication factor of topics created at start; -1 means the brokers' default. */
    public short topicsReplicationFactor() {
        return (short) values.number(Keys.TOPICS_REPLICATION_FACTOR);
    }

    public Path stateDir() {
        return Path.of(values.text(Keys.STATE_DIR));
    }

    /** Whether entries are held in the heap, and not in RocksDB. */
    public boolean stateInMemory() {
        return values.text(Keys.STATE_STORE).equals(DatasetKeys.IN_MEMORY);
    }

    public Duration roundInterval() {
        return values.duration(Keys.ROUND_INTERVAL);
    }

    /** How long control messages are kept where the job creates their topic: ten rounds, an hour, and as long as a choice is valid. */
    public Duration controlRetention() {
        return Stream.of(roundInterval().multipliedBy(10), Duration.ofHours(1), repairValidity())
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    public Duration grace() {
        return values.duration(Keys.GRACE);
    }

    /** Maximum size of a value that is sent inside a repair; larger ones are sent as references. */
    public int repairValueMaxBytes() {
        return values.number(Keys.REPAIR_VALUE_MAX_BYTES);
    }

    /** Maximum size of a repair event in bytes. */
    public int repairMaxBytes() {
        return repairValueMaxBytes() + KafkaProperties.ENVELOPE_BYTES;
    }

    /** The share of a replica's keys above which the flood guard trips. */
    public double repairMaxFraction() {
        return values.fraction(Keys.REPAIR_MAX_FRACTION);
    }

    /** Maximum number of repairs per second that one replica's reconciler emits over all partitions. */
    public int repairRate() {
        return values.number(Keys.REPAIR_RATE);
    }

    /** Minimum time for which deletes are remembered. */
    public Duration tombstoneRetention() {
        return values.duration(Keys.TOMBSTONE_RETENTION);
    }

    public Duration repairValidity() {
        return values.duration(Keys.REPAIR_VALIDITY);
    }

    /**
     * Returns the settings of the reconciler of a replica.
     *
     * @param partitions partitions of the dataset, which share {@code repair.rate}
     * @throws IllegalArgumentException if there is no such replica
     */
    public Settings settings(String replica, int partitions) {
        return settings(replica)
                .changed()
                .repairsPerRound(perRound(repairRate(), partitions))
                .windows(values.windows().windows(perSecond -> perRound(perSecond, partitions)))
                .build();
    }

    private int perRound(int perSecond, int partitions) {
        long perRound = perSecond * roundInterval().toMillis() / (1_000L * partitions);
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, perRound));
    }

    /**
     * Returns the settings of the reconciler of a replica, without a bound on the repairs of a round.
     *
     * @throws IllegalArgumentException if there is no such replica
     */
    public Settings settings(String replica) {
        requireReplica(replica);
        String resolution = values.text(Keys.RESOLUTION);
        boolean byPrimary = resolution.startsWith(PRIMARY_PREFIX);
        return new Settings.Builder(
                        dataset(),
                        replica,
                        replicas(),
                        Secret.forForm(secret, valueForm().identity()))
                .placement(new PlacementKeys(values).placement())
                .sources(replicas().stream().filter(this::isSource).toList())
                .segmentBits(Integer.numberOfTrailingZeros(values.number(Keys.TREE_SEGMENTS)))
                .stride(values.number(Keys.TREE_STRIDE))
                .symbols(values.text(Keys.EXCHANGE).equals(ReconciliationKeys.SKETCH) ? Settings.KEPT_SYMBOLS : 0)
                .intervalMs(roundInterval().toMillis())
                .graceMs(grace().toMillis())
                .compareValues(values.text(Keys.COMPARE).equals("value"))
                .resolution(byPrimary ? Resolution.PRIMARY : choice(Resolution.class, Keys.RESOLUTION))
                .primary(
                        byPrimary
                                ? resolution.substring(PRIMARY_PREFIX.length())
                                : values.text(Keys.RESOLUTION_PRIMARY))
                .observeOnly(values.text(Keys.MODE).equals("observe"))
                .patienceMs(values.duration(Keys.LAG_PATIENCE).toMillis())
                .progress(
                        feed(replica).isPresent()
                                ? Progress.GROUP
                                : choice(Progress.class, Keys.replica(replica, Keys.PROGRESS)))
                .settleMs(values.duration(Keys.ROUND_SETTLE).toMillis())
                .deadlineMs(values.duration(Keys.ROUND_DEADLINE).toMillis())
                .repairTimeoutMs(values.duration(Keys.REPAIR_TIMEOUT).toMillis())
                .repairAttempts(values.number(Keys.REPAIR_ATTEMPTS))
                .repairValidityMs(repairValidity().toMillis())
                .floodFraction(values.fraction(Keys.REPAIR_MAX_FRACTION))
                .floodMinKeys(values.number(Keys.REPAIR_FLOOD_MIN_KEYS))
                .approveFills(approvesFills())
                .tombstoneRetentionMs(tombstoneRetention().toMillis())
                .maxSegmentsPerRound(values.number(Keys.ROUND_SEGMENTS_MAX))
                .maxEntriesPerMessage(values.number(Keys.CONTROL_MESSAGE_ENTRIES_MAX))
                .build();
    }

    /** What of a value is compared. */
    public ValueForm valueForm() {
        return ValueForm.of(values.text(Keys.VALUE_CANONICAL), values.list(Keys.VALUE_IGNORE));
    }

    /** Returns {@code trueup-<dataset>-<replica>}, where each {@code -} within a name is doubled. */
    public String applicationId(String replica) {
        requireReplica(replica);
        return kafka.applicationId(replica);
    }

    /**
     * Returns the properties of the Kafka Streams application of a replica, except its exception handlers. The caller may
     * change the map.
     *
     * @throws IllegalArgumentException if there is no such replica
     */
    public Map<String, Object> streamsProperties(String replica) {
        requireReplica(replica);
        return kafka.streams(replica);
    }

    /** Returns the properties of an admin client. The caller names it by {@code client.id} and may change the map. */
    public Map<String, Object> adminProperties() {
        return kafka.admin();
    }

    /**
     * Returns the properties of a consumer of bytes that reads committed records without a group, and fails where an
     * offset is gone. The caller names it by {@code client.id} and may change the map.
     */
    public Map<String, Object> consumerProperties() {
        return kafka.consumer();
    }

    /** Returns the properties of a producer of bytes. The caller names it by {@code client.id} and may change the map. */
    public Map<String, Object> producerProperties() {
        return kafka.producer();
    }

    /** The largest request of a producer, in bytes. */
    public int maxRequestBytes() {
        return kafka.maxRequestBytes();
    }

    /**
     * Returns, in order, the keys in which another configuration differs and whose change needs a restart. A running job
     * can take up changes of the replicas, of the hosted replicas, of settings of added and removed replicas, and of the
     * owners of partitions.
     */
    public List<String> keysThatNeedARestart(TrueupConfig changed) {
        Set<String> staying = new TreeSet<>(replicas());
        staying.retainAll(changed.replicas());
        Map<String, Object> before = all();
        Map<String, Object> now = changed.all();
        Set<String> keys = new TreeSet<>(before.keySet());
        keys.addAll(now.keySet());
        keys.removeIf(key -> Objects.equals(before.get(key), now.get(key)) || Keys.isLive(key, staying));
        if (!Arrays.equals(secret, changed.secret)) {
            keys.add(changed.values.has(Keys.HASH_SECRET_FILE) ? Keys.HASH_SECRET_FILE : Keys.HASH_SECRET);
        }
        if (!Secret.ofControlAreTheSame(values, controlSecrets, changed.values, changed.controlSecrets)) {
            keys.add(changed.values.has(Keys.CONTROL_SECRETS_FILE) ? Keys.CONTROL_SECRETS_FILE : Keys.CONTROL_SECRETS);
        }
        return List.copyOf(keys);
    }

    /** All settings but the secrets, which may have moved from one key to another. */
    private Map<String, Object> all() {
        Map<String, Object> all = values.all();
        all.putAll(passThrough.all());
        all.putAll(registry.passedOn());
        all.keySet().removeAll(Keys.SECRETS);
        return all;
    }

    /** All settings in effect, by key, with {@value Password#HIDDEN} for what may be a secret. */
    public Map<String, String> shown() {
        return new TreeMap<>(shown);
    }

    /** One line without secrets. */
    @Override
    public String toString() {
        return "dataset " + dataset() + " on " + bootstrapServers() + ": replicas " + String.join(", ", replicas())
                + (hostedReplicas().equals(replicas()) ? "" : "; hosted here " + String.join(", ", hostedReplicas()))
                + "; a round every " + values.text(Keys.ROUND_INTERVAL) + ", grace " + values.text(Keys.GRACE) + "; "
                + values.text(Keys.MODE) + ", " + values.text(Keys.RESOLUTION) + " wins";
    }

    private boolean isSource(String replica) {
        return values.text(replica, Keys.ROLE).equals("source");
    }

    private <E extends Enum<E>> E choice(Class<E> type, String key) {
        return Enum.valueOf(type, values.text(key).toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    private void requireReplica(String name) {
        if (!values.list(Keys.REPLICAS).contains(name)) {
            throw new IllegalArgumentException("there is no replica " + name + " among " + replicas());
        }
    }
}
