package io.trueup.config;

import java.util.Set;

/** The names of all keys. {@code DatasetKeys} and {@code ReconciliationKeys} define each key with its rule and documentation. */
public final class Keys {

    public static final String BOOTSTRAP_SERVERS = "bootstrap.servers";
    public static final String DATASET = "dataset";
    public static final String REPLICAS = "replicas";
    public static final String HOSTED_REPLICAS = "hosted.replicas";
    public static final String STATE_DIR = "state.dir";
    public static final String STATE_STORE = "state.store";

    /** This key and those that follow up to {@link #REPAIRS_ENCODING} come after {@code replica.<name>.}; see {@link #replica}. */
    public static final String ROLE = "role";
    /** What proves that a write has reached the replica. */
    public static final String PROGRESS = "progress";

    public static final String WRITES_TOPIC = "writes.topic";
    public static final String WRITES_FORMAT = "writes.format";
    public static final String WRITES_VERSION = "writes.version";
    public static final String REPAIRS_TOPIC = "repairs.topic";
    public static final String REPAIRS_FORMAT = "repairs.format";
    public static final String REPAIRS_ENCODING = "repairs.encoding";

    public static final String CONTROL_TOPIC = "control.topic";
    public static final String CONTROL_TOPICS = "control.topics";
    public static final String ROUNDS_TOPIC = "rounds.topic";
    public static final String DEAD_LETTER_TOPIC = "dead.letter.topic";
    public static final String CONFLICTS_TOPIC = "conflicts.topic";
    public static final String OBSERVATIONS_TOPIC = "observations.topic";
    public static final String TOPICS_CREATE = "topics.create";
    public static final String TOPICS_PARTITIONS = "topics.partitions";
    public static final String TOPICS_REPLICATION_FACTOR = "topics.replication.factor";

    public static final String PLACEMENT = "placement";
    public static final String COMPARE = "compare";
    public static final String VALUE_CANONICAL = "value.canonical";
    public static final String VALUE_IGNORE = "value.ignore";
    public static final String HASH_SECRET = "hash.secret";
    public static final String HASH_SECRET_FILE = "hash.secret.file";
    public static final String CONTROL_SECRETS = "control.secrets";
    public static final String CONTROL_SECRETS_FILE = "control.secrets.file";
    public static final String TREE_SEGMENTS = "tree.segments";
    public static final String TREE_STRIDE = "tree.stride";
    public static final String EXCHANGE = "exchange";
    public static final String CONTROL_MESSAGE_ENTRIES_MAX = "control.message.entries.max";

    public static final String ROUND_INTERVAL = "round.interval";
    public static final String GRACE = "grace";
    public static final String ROUND_SETTLE = "round.settle";
    public static final String ROUND_DEADLINE = "round.deadline";
    public static final String ROUND_SEGMENTS_MAX = "round.segments.max";
    public static final String LAG_PATIENCE = "lag.patience";

    public static final String OTLP_URL = "otlp.url";
    public static final String OTLP_INTERVAL = "otlp.interval";

    public static final String MODE = "mode";
    public static final String RESOLUTION = "resolution";
    public static final String RESOLUTION_PRIMARY = "resolution.primary";
    public static final String REPAIR_TIMEOUT = "repair.timeout";
    public static final String REPAIR_ATTEMPTS = "repair.attempts";
    public static final String REPAIR_VALIDITY = "repair.validity";
    public static final String REPAIR_VALUE_MAX_BYTES = "repair.value.max.bytes";
    public static final String REPAIR_RATE = "repair.rate";
    public static final String MAINTENANCE_WINDOWS = "maintenance.windows";
    public static final String MAINTENANCE_ZONE = "maintenance.zone";
    public static final String REPAIR_MAX_FRACTION = "repair.max.fraction";
    public static final String REPAIR_FLOOD_MIN_KEYS = "repair.flood.min.keys";
    public static final String SEEDING = "seeding";
    public static final String TOMBSTONE_RETENTION = "tombstone.retention";

    /** Value of {@link #HOSTED_REPLICAS} that means every replica. */
    static final String ALL = "all";

    /** Prefix of the number of a partition; see {@link #partition}. */
    static final String PARTITION_PREFIX = "placement.partition.";

    private static final String REPLICA_PREFIX = "replica.";

    private static final Set<String> LIVE = Set.of(REPLICAS, HOSTED_REPLICAS, PLACEMENT);

    /** The secrets that all reconcilers share. */
    static final Set<String> SECRETS = Set.of(HASH_SECRET, HASH_SECRET_FILE, CONTROL_SECRETS, CONTROL_SECRETS_FILE);

    private Keys() {}

    /** Returns the full key of a setting of one replica, such as {@code replica.eu.writes.topic}. */
    public static String replica(String name, String key) {
        return REPLICA_PREFIX + name + "." + key;
    }

    /** Returns the key of the owners of one partition, such as {@code placement.partition.3}. */
    public static String partition(int partition) {
        return PARTITION_PREFIX + partition;
    }

    /**
     * Whether a running job can take up a change of a key.
     *
     * @param staying replicas in both configurations: their own settings cannot change
     */
    static boolean isLive(String key, Set<String> staying) {
        boolean ofReplica = key.startsWith(REPLICA_PREFIX);
        return LIVE.contains(key)
                || PlacementKeys.isOwners(key)
                || ofReplica && staying.stream().noneMatch(name -> key.startsWith(REPLICA_PREFIX + name + "."));
    }
}
