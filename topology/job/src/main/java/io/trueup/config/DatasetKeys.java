package io.trueup.config;

import static org.apache.kafka.common.config.ConfigDef.NO_DEFAULT_VALUE;

import io.trueup.avro.Encoding;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Type;

/** The keys of the cluster, the dataset, its topics, its replicas and its partitions, with their rules and documentation. */
final class DatasetKeys {

    static final String IN_MEMORY = "memory";

    private DatasetKeys() {}

    /** Adds the keys of the cluster, the dataset and its topics. */
    static void addTo(KeyDefinitions keys) {
        keys.group("Cluster and dataset")
                .key(
                        Keys.BOOTSTRAP_SERVERS,
                        Type.LIST,
                        NO_DEFAULT_VALUE,
                        Rules.bootstrapServers(),
                        "Brokers of the Kafka cluster that holds the topics below.")
                .key(
                        Keys.DATASET,
                        Type.STRING,
                        NO_DEFAULT_VALUE,
                        Rules.dataset(),
                        "Name of the dataset: the keys and values that all replicas should agree on. It is part"
                                + " of the application id `trueup-<dataset>-<replica>`, in which each `-` within a name is"
                                + " doubled, and of the default topic names.")
                .key(
                        Keys.REPLICAS,
                        Type.LIST,
                        NO_DEFAULT_VALUE,
                        Rules.replicas(),
                        "Names of all replicas that are compared, hosted here or elsewhere. A name has lower-case"
                                + " letters, digits, `_` and `-`. Must be equal on all reconcilers of the dataset. A"
                                + " running job takes up a change.")
                .key(
                        Keys.HOSTED_REPLICAS,
                        Type.LIST,
                        Keys.ALL,
                        Rules.hostedReplicas(),
                        "The replicas whose reconcilers run in this process. Further processes with the same replicas"
                                + " share the partitions among them. A running job takes up a change.")
                .key(
                        Keys.STATE_DIR,
                        Type.STRING,
                        "trueup-state",
                        Rules.path(),
                        "Directory of the local state: the entries of every hosted replica. A relative path starts at"
                                + " the working directory. If it is lost, the state is restored from Kafka. Two"
                                + " processes must not share it.")
                .key(
                        Keys.STATE_STORE,
                        Type.STRING,
                        "rocksdb",
                        Rules.oneOf("rocksdb", IN_MEMORY),
                        "Where the entries are held. `memory`: in the heap, about 100 bytes and the key for each entry;"
                                + " faster. `rocksdb`: on disk, with 256 MB of memory for all replicas of the process."
                                + " Both have the same changelog topic: after a change, the state is restored from it.")
                .group("Topics")
                .key(
                        Keys.CONTROL_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic to which reconcilers write control messages. If not set, `<dataset>.control`.")
                .key(
                        Keys.CONTROL_TOPICS,
                        Type.LIST,
                        null,
                        Rules.topics(),
                        "Topics from which reconcilers read control messages: with replicas in other clusters, the"
                                + " local one and its mirrors. If not set, `control.topic` alone.")
                .key(
                        Keys.ROUNDS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the round reports. If not set, `<dataset>.rounds`.")
                .key(
                        Keys.DEAD_LETTER_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic to which malformed records are sent, with the reason. If not set,"
                                + " `<dataset>.dead-letters`.")
                .key(
                        Keys.CONFLICTS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the keys for which no entry wins: one `ConflictEvent` per key, a null value once the"
                                + " conflict is settled. It should be compacted. If not set, `<dataset>.conflicts`.")
                .key(
                        Keys.OBSERVATIONS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic to which clients send the keys for which they have read differing answers"
                                + " (`ReadObservation`, or the record key alone). These keys are compared at once, without"
                                + " waiting for a round. The topic must have as many partitions as the writes topics. If not"
                                + " set, no observations are read.")
                .key(
                        Keys.TOPICS_CREATE,
                        Type.BOOLEAN,
                        false,
                        null,
                        "Whether missing topics are created at start, except writes topics. Otherwise a missing topic"
                                + " stops the start with an error that names it. A missing writes topic always does: a new"
                                + " one would be empty, and its replica would be filled as if it had lost everything.")
                .key(
                        Keys.TOPICS_PARTITIONS,
                        Type.INT,
                        null,
                        Rules.between(1, 100_000),
                        "Partitions of topics created at start. All topics of a dataset have the same number. If"
                                + " not set, as many as the existing topics have, or 4 if none exists.")
                .key(
                        Keys.TOPICS_REPLICATION_FACTOR,
                        Type.INT,
                        -1,
                        Rules.replicationFactor(),
                        "Replication factor of topics created at start and of changelog topics. -1 means the"
                                + " brokers' `default.replication.factor`.");
    }

    /** Returns the keys of one replica, without {@code replica.<name>.} before them. */
    static ConfigDef replica() {
        return new KeyDefinitions()
                .group("Per replica")
                .key(
                        Keys.ROLE,
                        Type.STRING,
                        "replica",
                        Rules.oneOf("replica", "source"),
                        "`replica`: compared and repaired; `source`: compared, never repaired: the feed itself or a"
                                + " master. Needs `resolution=primary:<name>` with the name of the source.")
                .key(
                        Keys.PROGRESS,
                        Type.STRING,
                        null,
                        Rules.progress(),
                        "What proves that a write has reached the replica. `writes`: its write events and its progress"
                                + " events, because all writes reach it through one feed, in order; `events`: its progress"
                                + " events alone, because it has writers of its own, whose write events do not show which"
                                + " writes of other replicas it has applied; `group:<consumer group>@<feed topic>`: the offsets"
                                + " that the datastore's consumer group has committed in the feed, for a datastore that sends"
                                + " no progress events. The group must commit what it has applied, not before, and a write"
                                + " event must follow within `grace`; `topic`: its writes topic is the authority, only"
                                + " with `role=source`. A replica whose progress stops counts as lagging; and where an"
                                + " older entry may win (`resolution=primary:<replica>` or `majority`), it replaces nothing that"
                                + " it has not proved to have seen. If not set, `topic` for a source and `writes` otherwise.")
                .key(
                        Keys.WRITES_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the replica's write events. If not set, `<dataset>.writes.<name>`.")
                .key(
                        Keys.WRITES_FORMAT,
                        Type.STRING,
                        "trueup",
                        Rules.oneOf("trueup", "plain", "debezium-json", "debezium-avro"),
                        "`trueup`: Avro `WriteEvent`; `plain`: record key and value as they are, a null value is"
                                + " a delete, and version and position are decimal text in the headers `trueup.version` and"
                                + " `trueup.position`. Without the header, the record timestamp is used; with"
                                + " `compare=version` it must be the producer's (`message.timestamp.type=CreateTime`);"
                                + " `debezium-json`: change events of Debezium's JSON converter, with or without schema, in the"
                                + " envelope or unwrapped. The row is the value. Needs `compare=value` or `writes.version`, and"
                                + " `value.canonical=json`; `debezium-avro`: the same events in Avro, with schemas in a registry"
                                + " (`schema.registry.url`). Row and key become JSON, also in repairs: a key is its columns in"
                                + " the order of their names, such as `{\"id\":1}`.")
                .key(
                        Keys.WRITES_VERSION,
                        Type.STRING,
                        null,
                        Rules.version(),
                        "Where the versions of Debezium's change events come from, with `compare=version`. `column:/version`: a"
                                + " column that the application raises with each change, as a JSON pointer into the row; a whole"
                                + " number, or a time. A delete is newer by one than the row before it, which the database must"
                                + " report; versions must be above 0. `position:<database>`: where the change lies in the log, the `lsn` of PostgreSQL, or"
                                + " file and `pos` of MySQL's binlog; `gtid:<database>`: the number of the transaction in"
                                + " MySQL's GTID. Positions and transactions are of one database: all replicas that are captured must"
                                + " name the same one, in a word of your choice. Events must be in the envelope. If not set, versions are times of each"
                                + " capture, which order nothing between replicas: set `compare=value`.")
                .key(
                        Keys.REPAIRS_TOPIC,
                        Type.STRING,
                        null,
                        Rules.topic(),
                        "Topic of the repair events for the replica. If not set, `<dataset>.repairs.<name>`. A source"
                                + " has none.")
                .key(
                        Keys.REPAIRS_FORMAT,
                        Type.STRING,
                        "trueup",
                        Rules.oneOf("trueup", "plain"),
                        "`trueup`: Avro `RepairEvent`; `plain`: record key and value as they are, a null value is"
                                + " a delete, and details are in `trueup.*` headers, so that any consumer of the feed can"
                                + " consume repairs. A sink that applies plain repairs without checking the version may"
                                + " overwrite a newer write.")
                .key(
                        Keys.REPAIRS_ENCODING,
                        Type.STRING,
                        null,
                        Rules.oneOf(Encoding.names().toArray(String[]::new)),
                        "How repair events of the format `trueup` are written: as `avro.encoding` says, but for this replica"
                                + " alone, so that datastores can be moved to a registry one after the other. If not set, the"
                                + " value of `avro.encoding`.")
                .definition();
    }

    /** Returns the key of one partition, without {@value Keys#PARTITION_PREFIX} before it. */
    static ConfigDef partition() {
        return new KeyDefinitions()
                .group("Per partition")
                .key(
                        "<n>",
                        Type.LIST,
                        null,
                        Rules.owners(),
                        "With `placement=explicit`, the replicas that own partition `<n>`, counted from 0. If not"
                                + " set, all replicas own it. Must be equal on all reconcilers of the dataset. A running job"
                                + " takes up a change.")
                .definition();
    }
}
