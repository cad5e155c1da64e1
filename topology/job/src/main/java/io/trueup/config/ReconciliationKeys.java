package io.trueup.config;

import java.time.Duration;
import org.apache.kafka.common.config.ConfigDef.Type;

/** The keys of comparison, rounds and repairs, with their rules and documentation. */
final class ReconciliationKeys {

    /** Value of {@link Keys#SEEDING}. */
    static final String APPROVE = "approve";
    /** Value of {@link Keys#EXCHANGE}. */
    static final String SKETCH = "sketch";

    private static final int MAX_SEGMENTS = 1 << 20;
    private static final Duration MIN_INTERVAL = Duration.ofMillis(100);
    private static final Duration MIN_DURATION = Duration.ofMillis(1);

    private ReconciliationKeys() {}

    static void addTo(KeyDefinitions keys) {
        keys.group("Comparison")
                .key(
                        Keys.PLACEMENT,
                        Type.STRING,
                        "all",
                        Rules.placement(),
                        "Which replicas own a partition, and so are compared and repaired there. `all`: every"
                                + " replica; `ring:<copies>`: that many replicas, chosen by consistent hashing; `explicit`:"
                                + " those that `placement.partition.<n>` names. Must be equal on all reconcilers of the"
                                + " dataset. A running job takes up a change: it affects only partitions whose owners"
                                + " change, and no tree is rebuilt.")
                .key(
                        Keys.COMPARE,
                        Type.STRING,
                        "version",
                        Rules.oneOf("version", "value"),
                        "What makes two entries equal. `version`: the same version and value; `value`: the same"
                                + " value, for sources whose versions are each replica's own, such as commit times. Must be"
                                + " equal on all reconcilers of the dataset.")
                .key(
                        Keys.VALUE_CANONICAL,
                        Type.STRING,
                        "none",
                        Rules.oneOf("none", "json", "avro"),
                        "When two values are equal. `none`: their bytes are; `json`: they are the same JSON document, however"
                                + " its members are ordered, its numbers and strings are written, and it is indented; `avro`:"
                                + " they are Avro records with the same names of fields and the same values, whatever their"
                                + " schemas. `avro` reads values in the wire format of Confluent's serializers, and needs"
                                + " `schema.registry.url`, or `avro.deserializer`. A value that is no JSON document, or does not"
                                + " begin as a record of a registry, is compared by its bytes. A `valueDigest` in a write event is"
                                + " taken as it is. Must be equal on all reconcilers of the dataset; a change needs `trueup reset`.")
                .key(
                        Keys.VALUE_IGNORE,
                        Type.LIST,
                        null,
                        Rules.members(),
                        "Members of a JSON document, or fields of a record, that are not compared, as JSON pointers (RFC 6901),"
                                + " such as `/updatedAt, /meta/etag`. A repair carries them all the same. Needs"
                                + " `value.canonical=json` or `value.canonical=avro`. Must be equal on all reconcilers of the dataset; a change needs"
                                + " `trueup reset`. If not set, all members are compared.")
                .key(
                        Keys.HASH_SECRET,
                        Type.PASSWORD,
                        null,
                        Rules.secret(),
                        "Key of all hashes, so that clients cannot choose record keys or values whose hashes"
                                + " collide. Must be equal on all reconcilers of the dataset. Never printed. If not set,"
                                + " `hash.secret.file` must be set.")
                .key(
                        Keys.HASH_SECRET_FILE,
                        Type.STRING,
                        null,
                        Rules.path(),
                        "File that contains the secret, such as a mounted one; leading and trailing white space"
                                + " is ignored. If not set, `hash.secret` must be set.")
                .key(
                        Keys.CONTROL_SECRETS,
                        Type.PASSWORD,
                        null,
                        Rules.secrets(),
                        "Secrets that show that a control message or a round report comes from a reconciler or a"
                                + " command of this dataset, separated by commas or white space. The first signs, all"
                                + " verify, so that they can be replaced one after the other: see"
                                + " [SECURITY.md](SECURITY.md). A message that none of them verifies is counted and"
                                + " ignored. The word `derived` stands for the one that is derived if none is set. Never"
                                + " printed. If not set, `control.secrets.file` counts; if that is not set"
                                + " either, one secret is derived from `hash.secret`.")
                .key(
                        Keys.CONTROL_SECRETS_FILE,
                        Type.STRING,
                        null,
                        Rules.path(),
                        "File that contains these secrets, such as a mounted one, separated by line breaks, other white"
                                + " space or commas. If not set, see `control.secrets`.")
                .key(
                        Keys.TREE_SEGMENTS,
                        Type.INT,
                        4096,
                        Rules.powerOfTwo(2, MAX_SEGMENTS),
                        "Number of segments of the tree of one partition. A good value is the expected number of"
                                + " keys in a partition divided by 100. With more segments, fewer entries are sent to find a"
                                + " difference, and more memory is used. Must be equal on all reconcilers of the dataset.")
                .key(
                        Keys.TREE_STRIDE,
                        Type.INT,
                        null,
                        Rules.between(1, 16),
                        "Levels of the tree that one control message descends. A smaller stride sends fewer"
                                + " hashes, a greater one needs fewer consecutive messages. Must be equal on all reconcilers"
                                + " of the dataset. If not set, 4, or the depth of the tree if that is less.")
                .key(
                        Keys.EXCHANGE,
                        Type.STRING,
                        "tree",
                        Rules.oneOf("tree", SKETCH),
                        "How replicas that differ find the keys. `tree`: they descend their trees, and send all entries of"
                                + " the segments that differ; `sketch`: they send sketches, of which the keys that differ are"
                                + " decoded, and the entries of these keys alone; where that does not suffice, they descend"
                                + " their trees. `sketch` sends fewer bytes and messages, and takes more time for each write"
                                + " event. Should be equal on all reconcilers of the dataset: one with `tree` and one with"
                                + " `sketch` descend their trees.")
                .key(
                        Keys.CONTROL_MESSAGE_ENTRIES_MAX,
                        Type.INT,
                        4096,
                        Rules.between(16, 10_000),
                        "Maximum number of hashes or entries in one control message. An entry takes about 80"
                                + " bytes; messages must stay below `max.request.size` of the producer and"
                                + " `max.message.bytes` of the topic.")
                .group("Rounds")
                .key(
                        Keys.ROUND_INTERVAL,
                        Type.STRING,
                        "60s",
                        Rules.duration(MIN_INTERVAL),
                        "Time from one comparison to the next. An idle round costs one small message per replica and"
                                + " partition. Must be equal on all reconcilers of the dataset.")
                .key(
                        Keys.GRACE,
                        Type.STRING,
                        "30s",
                        Rules.duration(MIN_DURATION),
                        "How long after its cut a round is due: writes may take this long to reach every replica"
                                + " and its writes topic before they count as missing. Must exceed the lag, the clock skew"
                                + " and the longest transaction of normal operation together. Must be equal on all"
                                + " reconcilers of the dataset.")
                .key(
                        Keys.ROUND_DEADLINE,
                        Type.STRING,
                        null,
                        Rules.duration(MIN_DURATION),
                        "How long after it is due a round closes; keys that are not compared by then wait for the"
                                + " next round. Less than `round.interval`. If not set, three quarters of `round.interval`.")
                .key(
                        Keys.ROUND_SETTLE,
                        Type.STRING,
                        null,
                        Rules.duration(MIN_DURATION),
                        "How long a round waits for the roots of silent replicas before it continues without"
                                + " them. Less than `round.deadline`. If not set, a third of `round.deadline`.")
                .key(
                        Keys.ROUND_SEGMENTS_MAX,
                        Type.INT,
                        1024,
                        Rules.between(1, MAX_SEGMENTS),
                        "Maximum number of segments of one partition whose entries are compared in one round;"
                                + " further segments wait for later rounds, and so do those beyond 100 000 entries of a replica."
                                + " Bounds the control traffic after a large loss."
                                + " Should be equal on all reconcilers of the dataset.")
                .key(
                        Keys.LAG_PATIENCE,
                        Type.STRING,
                        null,
                        Rules.duration(MIN_DURATION),
                        "How long a lagging replica may catch up by itself. Writes in flight are left alone; a"
                                + " write that is still missing after this time is delivered as a repair. At least 10 ×"
                                + " `grace`. If not set, 10 × `grace`.")
                .group("Repairs")
                .key(
                        Keys.MODE,
                        Type.STRING,
                        "repair",
                        Rules.oneOf("repair", "observe"),
                        "`repair`: divergences are reported and repaired; `observe`: they are reported only.")
                .key(
                        Keys.RESOLUTION,
                        Type.STRING,
                        "latest",
                        Rules.resolution(),
                        "Which entry wins where replicas differ. `latest`: the highest version; `vector`: the"
                                + " version vector that dominates all others, while concurrent ones are conflicts, left to a"
                                + " person; `majority`: the entry that more than half of the owners hold;"
                                + " `primary:<replica>`: what that replica holds, even if it holds nothing. `latest` and"
                                + " `vector` need `compare=version`. Must be equal on all reconcilers of the dataset.")
                .key(
                        Keys.RESOLUTION_PRIMARY,
                        Type.STRING,
                        null,
                        Rules.replicaName(),
                        "With `resolution=latest`, the replica whose value wins where replicas hold different values for"
                                + " the same version and no value has a majority. If not set, such keys are conflicts,"
                                + " left to a person. Must be equal on all reconcilers of the dataset.")
                .key(
                        Keys.REPAIR_TIMEOUT,
                        Type.STRING,
                        null,
                        Rules.duration(MIN_DURATION),
                        "How long an emitted repair may stay unanswered before it is emitted again. At least 2 ×"
                                + " `round.interval` + `grace`. If not set, exactly that.")
                .key(
                        Keys.REPAIR_ATTEMPTS,
                        Type.INT,
                        5,
                        Rules.between(1, 1000),
                        "Number of attempts after which a divergence that remains is reported as failed. Further"
                                + " attempts follow, with growing pauses.")
                .key(
                        Keys.REPAIR_VALIDITY,
                        Type.STRING,
                        "24h",
                        Rules.duration(MIN_DURATION),
                        "How long after its emission a datastore may apply a repair. Datastores must remember deletes at"
                                + " least that long. At least `repair.timeout`.")
                .key(
                        Keys.REPAIR_VALUE_MAX_BYTES,
                        Type.INT,
                        900_000,
                        Rules.between(0, Integer.MAX_VALUE),
                        "Maximum size of a value that is sent inside a repair; a larger value is sent as a"
                                + " reference to the replica that holds it. Must leave 64 KiB of the producer's"
                                + " `max.request.size`.")
                .key(
                        Keys.REPAIR_RATE,
                        Type.INT,
                        1_000,
                        Rules.between(1, 10_000_000),
                        "Maximum number of repairs per second that one replica's reconciler emits, over all"
                                + " partitions: each partition has an equal share. Further repairs wait for later rounds.")
                .key(
                        Keys.MAINTENANCE_WINDOWS,
                        Type.STRING,
                        "",
                        Rules.windows(),
                        "Windows in which no repairs are sent, or fewer, separated by semicolons. Each is a cron expression of"
                                + " five fields, when it begins, and how long it lasts: `0 2 * * SUN for 3h`. `replicas us,ap`"
                                + " after that limits it to the repairs of these replicas; `rate 10` lets each reconciler send them"
                                + " that many repairs per second, over all partitions, where without it none are sent. Rounds go"
                                + " on; what differs is repaired after the window. Where several windows cover a replica, the"
                                + " slowest counts. Should be equal on all reconcilers of the dataset.")
                .key(
                        Keys.MAINTENANCE_ZONE,
                        Type.STRING,
                        "UTC",
                        Rules.zone(),
                        "Time zone of the cron expressions in `maintenance.windows`, such as `Europe/Berlin`.")
                .key(
                        Keys.REPAIR_MAX_FRACTION,
                        Type.DOUBLE,
                        0.1,
                        Rules.fraction(),
                        "Limit of the flood guard: if more than this share of a replica's keys would be repaired, in one"
                                + " partition or in all partitions together, a configuration error is likely, and no repair is"
                                + " sent until a person approves with `trueup approve`. 1 switches the guard off.")
                .key(
                        Keys.REPAIR_FLOOD_MIN_KEYS,
                        Type.INT,
                        10,
                        Rules.between(0, Integer.MAX_VALUE),
                        "The flood guard lets the repairs of fewer keys of a replica pass, whatever their share, unless two"
                                + " replicas hold mostly different keys, because of another partitioner or another dataset."
                                + " All partitions count together: where a partition has fewer divergences, but all partitions"
                                + " together could have as many, its repairs wait for about one round until the others have"
                                + " reported to `rounds.topic`, and for three rounds at most.")
                .key(
                        Keys.SEEDING,
                        Type.STRING,
                        "automatic",
                        Rules.oneOf("automatic", APPROVE),
                        "What happens when a replica holds nothing, or next to nothing, of a partition. `automatic`: the log"
                                + " announces it with the number of keys that it lacks, and it is filled at `repair.rate`;"
                                + " `approve`: nothing is sent to it until a person approves with `trueup approve`. The"
                                + " approval must last until it is filled.")
                .key(
                        Keys.TOMBSTONE_RETENTION,
                        Type.STRING,
                        "7d",
                        Rules.duration(MIN_DURATION),
                        "Minimum time for which deletes are remembered, so that a replica that was away brings no"
                                + " deleted key back. They are forgotten after it, once all owners agree. A write that is older than"
                                + " a delete, by version, must reach the replicas within this time of the delete: a later one"
                                + " may bring the key back. More than `repair.validity` and `lag.patience`.");
    }
}
