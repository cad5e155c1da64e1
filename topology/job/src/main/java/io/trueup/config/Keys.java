package io.trueup.config;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigDef.Width;

/** The names of all keys, each beside its rule and its documentation. Immutable. */
public final class Keys {

    public static final String BOOTSTRAP_SERVERS = "bootstrap.servers";
    public static final String DATASET = "dataset";
    public static final String REPLICAS = "replicas";
    public static final String HOSTED_REPLICAS = "hosted.replicas";
    public static final String STATE_DIR = "state.dir";

    /** What follows {@code replica.<name>.}; see {@link #replica}. */
    public static final String ROLE = "role";

    public static final String WRITES_TOPIC = "writes.topic";
    public static final String WRITES_FORMAT = "writes.format";
    public static final String REPAIRS_TOPIC = "repairs.topic";
    public static final String REPAIRS_FORMAT = "repairs.format";

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
    public static final String HASH_SECRET = "hash.secret";
    public static final String HASH_SECRET_FILE = "hash.secret.file";
    public static final String TREE_SEGMENTS = "tree.segments";
    public static final String TREE_STRIDE = "tree.stride";
    public static final String CONTROL_MESSAGE_ENTRIES_MAX = "control.message.entries.max";

    public static final String ROUND_INTERVAL = "round.interval";
    public static final String GRACE = "grace";
    public static final String ROUND_SETTLE = "round.settle";
    public static final String ROUND_DEADLINE = "round.deadline";
    public static final String ROUND_SEGMENTS_MAX = "round.segments.max";
    public static final String LAG_PATIENCE = "lag.patience";
    public static final String LAG_MEASURE = "lag.measure";

    public static final String MODE = "mode";
    public static final String RESOLUTION = "resolution";
    public static final String RESOLUTION_PRIMARY = "resolution.primary";
    public static final String REPAIR_TIMEOUT = "repair.timeout";
    public static final String REPAIR_ATTEMPTS = "repair.attempts";
    public static final String REPAIR_VALIDITY = "repair.validity";
    public static final String REPAIR_VALUE_MAX_BYTES = "repair.value.max.bytes";
    public static final String REPAIR_RATE = "repair.rate";
    public static final String REPAIR_MAX_FRACTION = "repair.max.fraction";
    public static final String REPAIR_FLOOD_MIN_KEYS = "repair.flood.min.keys";
    public static final String TOMBSTONE_RETENTION = "tombstone.retention";

    /** Value of {@link #HOSTED_REPLICAS} that means every replica. */
    static final String ALL = "all";

    /** Comes before the number of a partition; see {@link #partition}. */
    static final String PARTITION_PREFIX = "placement.partition.";

    private static final String REPLICA_PREFIX = "replica.";

    private static final Set<String> LIVE = Set.of(REPLICAS, HOSTED_REPLICAS, PLACEMENT);

    private static final String CLUSTER = "Cluster and dataset";
    private static final String TOPICS = "Topics";
    private static final String COMPARISON = "Comparison";
    private static final String ROUNDS = "Rounds";
    private static final String REPAIRS = "Repairs";
    private static final String PER_REPLICA = "Per replica";
    private static final String PER_PARTITION = "Per partition";

    private static final int MOST_SEGMENTS = 1 << 20;
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(100);
    private static final Duration SHORTEST = Duration.ofMillis(1);

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
     * @param staying replicas that are neither new nor gone: their own settings cannot change
     */
    static boolean isLive(String key, Set<String> staying) {
        boolean ofReplica = key.startsWith(REPLICA_PREFIX);
        return LIVE.contains(key)
                || PlacementKeys.isOwners(key)
                || ofReplica && staying.stream().noneMatch(name -> key.startsWith(REPLICA_PREFIX + name + "."));
    }

    /** All keys but those of single replicas and partitions. */
    static ConfigDef main() {
        return new Section(CLUSTER)
                .key(
                        BOOTSTRAP_SERVERS,
                        Type.LIST,
                        NO_DEFAULT_VALUE,
                        Rules.bootstrapServers(),
                        "Brokers of the Kafka cluster that holds the topics below.")
                .key(
                        DATASET,
                        Type.STRING,
                        NO_DEFAULT_VALUE,
                        Rules.dataset(),
                        "Name of the dataset: the keys and values that all replicas should agree on. It becomes part of"
                                + " the application id `trueup-<dataset>-<replica>` and of the default topic names.")
                .key(
                        REPLICAS,
                        Type.LIST,
                        NO_DEFAULT_VALUE,
                        Rules.replicas(),
                        "Names of all replicas that are compared, hosted here or elsewhere. A name has lower-case"
                                + " letters, digits, `_` and `-`. Must be equal on all reconcilers of the dataset. A"
                                + " running job takes up a change.")
                .key(
                        HOSTED_REPLICAS,
                        Type.LIST,
                        ALL,
                        Rules.hostedReplicas(),
                        "The replicas whose reconcilers run in this process. Further processes with the same replicas"
                                + " share the partitions among them. A running job takes up a change.")
                .key(
                        STATE_DIR,
                        Type.STRING,
                        "trueup-state",
                        Rules.path(),
                        "Directory of the local state: the entries of every hosted replica. A relative path starts at"
                                + " the working directory. If it is lost, the state is restored from Kafka. Two"
                                + " processes must not share it.")
                .group(TOPICS)
                .key(
                        CONTROL_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic into which reconcilers write control messages. If not set, `<dataset>.control`.")
                .key(
                        CONTROL_TOPICS,
                        Type.LIST,
                        null,
                        Rules.topics(),
                        "Topics from which reconcilers read control messages: with replicas in other clusters, the"
                                + " local one and its mirrors. If not set, `control.topic` alone.")
                .key(
                        ROUNDS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the round reports. If not set, `<dataset>.rounds`.")
                .key(
                        DEAD_LETTER_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic into which malformed records go, with the reason. If not set,"
                                + " `<dataset>.dead-letters`.")
                .key(
                        CONFLICTS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the keys for which no entry wins: one `ConflictEvent` per key, a null value once the"
                                + " conflict is settled. It should be compacted. If not set, `<dataset>.conflicts`.")
                .key(
                        OBSERVATIONS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic in which clients name keys that they have read with differing answers (`ReadObservation`,"
                                + " or the record key alone): these are compared at once, without waiting for a round."
                                + " It has as many partitions as the topics of writes. If not set, nothing is read.")
                .key(
                        TOPICS_CREATE,
                        Type.BOOLEAN,
                        false,
                        null,
                        "Whether missing topics are created at start. Otherwise a missing topic ends the start with an"
                                + " error that names it.")
                .key(
                        TOPICS_PARTITIONS,
                        Type.INT,
                        null,
                        Rules.between(1, 100_000),
                        "Partitions of topics created at start. All topics of a dataset have the same number. If not"
                                + " set, as many as the topics have that exist already, or 4 if none does.")
                .key(
                        TOPICS_REPLICATION_FACTOR,
                        Type.INT,
                        -1,
                        Rules.replicationFactor(),
                        "Copies that Kafka keeps of topics created at start and of changelog topics. -1 leaves it to the"
                                + " brokers' `default.replication.factor`.")
                .group(COMPARISON)
                .key(
                        PLACEMENT,
                        Type.STRING,
                        "all",
                        Rules.placement(),
                        "Which replicas own a partition, and so are compared and repaired there. `all`: every replica;"
                                + " `ring:<copies>`: so many replicas, chosen by consistent hashing; `explicit`: those"
                                + " that `placement.partition.<n>` names. Must be equal on all reconcilers of the"
                                + " dataset. A running job takes up a change: only partitions whose owners change are"
                                + " concerned, and no tree is built again.")
                .key(
                        COMPARE,
                        Type.STRING,
                        "version",
                        Rules.oneOf("version", "value"),
                        "What makes two entries equal: `version`: the same version and value; `value`: the same value,"
                                + " for sources whose versions are each replica's own, such as commit times. Must be"
                                + " equal on all reconcilers of the dataset.")
                .key(
                        HASH_SECRET,
                        Type.PASSWORD,
                        null,
                        Rules.secret(),
                        "Key of all hashes, so that nobody can choose record keys or values whose hashes collide. Must"
                                + " be equal on all reconcilers of the dataset. Never printed. If not set,"
                                + " `hash.secret.file` must be.")
                .key(
                        HASH_SECRET_FILE,
                        Type.STRING,
                        null,
                        Rules.path(),
                        "File that holds the secret, such as a mounted one; white space around it does not count. If not"
                                + " set, `hash.secret` must be.")
                .key(
                        TREE_SEGMENTS,
                        Type.INT,
                        4096,
                        Rules.powerOfTwo(2, MOST_SEGMENTS),
                        "Segments of the tree of one partition. A good number is the expected keys of a partition divided"
                                + " by 100: with more segments fewer entries are sent to find a difference, and more"
                                + " memory is used. Must be equal on all reconcilers of the dataset.")
                .key(
                        TREE_STRIDE,
                        Type.INT,
                        null,
                        Rules.between(1, 16),
                        "Levels of the tree that one control message descends. A smaller stride sends fewer hashes, a"
                                + " greater one needs fewer messages one after the other. Must be equal on all"
                                + " reconcilers of the dataset. If not set, 4, or the depth of the tree where that is"
                                + " less.")
                .key(
                        CONTROL_MESSAGE_ENTRIES_MAX,
                        Type.INT,
                        4096,
                        Rules.between(16, 10_000),
                        "Most hashes or entries in one control message. An entry takes about 80 bytes; messages must stay"
                                + " below `max.request.size` of the producer and `max.message.bytes` of the topic.")
                .group(ROUNDS)
                .key(
                        ROUND_INTERVAL,
                        Type.STRING,
                        "60s",
                        Rules.duration(SHORTEST_INTERVAL),
                        "Time from one comparison to the next. An idle round costs one small message per replica and"
                                + " partition. Must be equal on all reconcilers of the dataset.")
                .key(
                        GRACE,
                        Type.STRING,
                        "30s",
                        Rules.duration(SHORTEST),
                        "How long after its cut a round is due: writes may take this long to reach every replica and its"
                                + " writes topic before they count as missing. Must exceed lag, clock skew and longest"
                                + " transaction of normal operation. Must be equal on all reconcilers of the dataset.")
                .key(
                        ROUND_DEADLINE,
                        Type.STRING,
                        null,
                        Rules.duration(SHORTEST),
                        "How long after it is due a round closes; what is not compared by then waits for the next one."
                                + " Less than `round.interval`. If not set, three quarters of `round.interval`.")
                .key(
                        ROUND_SETTLE,
                        Type.STRING,
                        null,
                        Rules.duration(SHORTEST),
                        "How long the roots of silent replicas are waited for before a round goes on without them. Less"
                                + " than `round.deadline`. If not set, a third of `round.deadline`.")
                .key(
                        ROUND_SEGMENTS_MAX,
                        Type.INT,
                        1024,
                        Rules.between(1, MOST_SEGMENTS),
                        "Most segments of one partition whose entries are compared in one round; further ones wait for"
                                + " later rounds. Bounds the control traffic after a large loss. Should be equal on all"
                                + " reconcilers of the dataset.")
                .key(
                        LAG_PATIENCE,
                        Type.STRING,
                        null,
                        Rules.duration(SHORTEST),
                        "How long a replica that lags behind may catch up by itself before what it lacks is repaired. At"
                                + " least 10 × `grace`. If not set, 10 × `grace`.")
                .key(
                        LAG_MEASURE,
                        Type.STRING,
                        "writes",
                        Rules.oneOf("writes", "progress"),
                        "What tells how far a replica has come: `writes`: its write events and its progress events;"
                                + " `progress`: its progress events alone, for replicas that have writers of their own,"
                                + " whose writes say nothing of how far those of others have come. Who then sends no"
                                + " progress events counts as lagging.")
                .group(REPAIRS)
                .key(
                        MODE,
                        Type.STRING,
                        "repair",
                        Rules.oneOf("repair", "observe"),
                        "`repair`: divergences are reported and repaired; `observe`: they are reported only.")
                .key(
                        RESOLUTION,
                        Type.STRING,
                        "latest",
                        Rules.resolution(),
                        "Which entry wins where replicas differ. `latest`: the highest version; `vector`: the version"
                                + " vector that has seen all others, while concurrent ones are conflicts, left to a"
                                + " person; `majority`: the entry that more than half of the owners hold;"
                                + " `primary:<replica>`: what that replica holds, even if it is nothing. `latest` and"
                                + " `vector` need `compare=version`. Must be equal on all reconcilers of the dataset.")
                .key(
                        RESOLUTION_PRIMARY,
                        Type.STRING,
                        null,
                        null,
                        "With `resolution=latest`, the replica whose value wins where replicas hold different values for"
                                + " the same version and no value has a majority. If not set, such keys are conflicts,"
                                + " left to a person. Must be equal on all reconcilers of the dataset.")
                .key(
                        REPAIR_TIMEOUT,
                        Type.STRING,
                        null,
                        Rules.duration(SHORTEST),
                        "How long an emitted repair is waited for before it is emitted again. At least 2 ×"
                                + " `round.interval` + `grace`. If not set, just that.")
                .key(
                        REPAIR_ATTEMPTS,
                        Type.INT,
                        5,
                        Rules.between(1, 1000),
                        "After so many attempts a divergence that still stands is reported as failed. It is tried"
                                + " again, with growing pauses.")
                .key(
                        REPAIR_VALIDITY,
                        Type.STRING,
                        "24h",
                        Rules.duration(SHORTEST),
                        "How long after its emission a datastore may apply a repair. Datastores must remember deletes at"
                                + " least that long. At least `repair.timeout`.")
                .key(
                        REPAIR_VALUE_MAX_BYTES,
                        Type.INT,
                        900_000,
                        Rules.between(0, Integer.MAX_VALUE),
                        "Greatest value that travels inside a repair; a greater one is sent as a reference to the"
                                + " replica that holds it. Must leave 64 KiB of the producer's `max.request.size`.")
                .key(
                        REPAIR_RATE,
                        Type.INT,
                        1_000,
                        Rules.between(1, 10_000_000),
                        "Most repairs per second that one replica's reconciler emits, over all partitions: each partition"
                                + " has an equal share. What is found beyond that waits for later rounds.")
                .key(
                        REPAIR_MAX_FRACTION,
                        Type.DOUBLE,
                        0.1,
                        Rules.fraction(),
                        "The flood guard: where more than this share of a replica's keys in a partition would be"
                                + " repaired, something else is wrong, and nothing is sent until a person approves with"
                                + " `trueup approve`. 1 switches it off.")
                .key(
                        REPAIR_FLOOD_MIN_KEYS,
                        Type.INT,
                        1_000,
                        Rules.between(0, Integer.MAX_VALUE),
                        "The flood guard lets this many keys of a partition pass, whatever their share, unless two replicas hold"
                                + " mostly different keys: another partitioner, another dataset.")
                .key(
                        TOMBSTONE_RETENTION,
                        Type.STRING,
                        "7d",
                        Rules.duration(SHORTEST),
                        "How long deletes are remembered at least, so that a replica that was away brings no deleted key"
                                + " back. They are forgotten later than that, once all owners agree. More than"
                                + " `repair.validity` and `lag.patience`.")
                .definition();
    }

    /** Keys of one replica, without {@code replica.<name>.} before them. */
    static ConfigDef replica() {
        return new Section(PER_REPLICA)
                .key(
                        ROLE,
                        Type.STRING,
                        "replica",
                        Rules.oneOf("replica", "source"),
                        "`replica`: compared and repaired; `source`: compared, never repaired: the feed itself or a"
                                + " master. Needs `resolution=primary:<name>` with the name of the source.")
                .key(
                        WRITES_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the replica's write events. If not set, `<dataset>.writes.<name>`.")
                .key(
                        WRITES_FORMAT,
                        Type.STRING,
                        "trueup",
                        Rules.oneOf("trueup", "plain"),
                        "`trueup`: Avro `WriteEvent`; `plain`: record key and value as they are, a null value is a"
                                + " delete, version and position stand in the headers `trueup.version` and"
                                + " `trueup.position` as decimal text, or else the record timestamp is both.")
                .key(
                        REPAIRS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the repair events for the replica. If not set, `<dataset>.repairs.<name>`. A source"
                                + " has none.")
                .key(
                        REPAIRS_FORMAT,
                        Type.STRING,
                        "trueup",
                        Rules.oneOf("trueup", "plain"),
                        "`trueup`: Avro `RepairEvent`; `plain`: record key and value as they are, a null value deletes,"
                                + " details in `trueup.*` headers, so that whatever consumes the feed can consume"
                                + " repairs. A sink that applies plain repairs without looking at the version may"
                                + " overwrite a newer write.")
                .definition();
    }

    /** The key of one partition, without {@value #PARTITION_PREFIX} before it. */
    static ConfigDef partition() {
        return new Section(PER_PARTITION)
                .key(
                        "<n>",
                        Type.LIST,
                        null,
                        Rules.owners(),
                        "With `placement=explicit`, the replicas that own partition `<n>`, counted from 0. If not set,"
                                + " all replicas own it. Must be equal on all reconcilers of the dataset. A running job takes up a"
                                + " change.")
                .definition();
    }

    /** A definition under construction, group by group. */
    private static final class Section {

        private final ConfigDef definition = new ConfigDef();
        private String group;
        private int order;

        Section(String group) {
            this.group = group;
        }

        Section group(String name) {
            group = name;
            return this;
        }

        Section key(String name, Type type, Object defaultValue, Validator rule, String documentation) {
            Importance importance = defaultValue == NO_DEFAULT_VALUE ? Importance.HIGH : Importance.MEDIUM;
            definition.define(
                    name, type, defaultValue, rule, importance, documentation, group, order++, Width.NONE, name);
            return this;
        }

        ConfigDef definition() {
            return definition;
        }
    }
}
