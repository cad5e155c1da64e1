package io.trueup.config;

import io.trueup.avro.Encoding;
import io.trueup.registry.RegistrySettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks the relations among values, each of which is valid by itself. */
final class Relations {

    private static final String DEBEZIUM_AVRO = "debezium-avro";
    private static final Set<String> DEBEZIUM = Set.of("debezium-json", DEBEZIUM_AVRO);
    private static final String COLUMN_PREFIX = "column:";
    private static final String COMPARE_VALUES = "set compare=value with resolution=majority or primary:<replica>";
    private static final String PRIMARY_PREFIX = "primary:";

    private final Values values;
    private final RegistrySettings registry;
    private final Problems problems;
    private final List<String> warnings = new ArrayList<>();

    Relations(Values values, RegistrySettings registry, Problems problems) {
        this.values = values;
        this.registry = registry;
        this.problems = problems;
    }

    /** Adds violated relations to the problems; returns those that are probably mistakes as warnings. */
    List<String> check() {
        checkTimes();
        checkTree();
        checkIgnoredMembers();
        checkRegistryOfValues();
        if (!problems.concern(Keys.REPLICAS, Keys.DATASET)) {
            checkHosted();
            checkResolution();
            checkPrimaryOfLatest();
            checkSources();
            values.list(Keys.REPLICAS).forEach(this::checkCapture);
            checkRepairsEncoding();
            warnAboutRepairsThatLookLikeWrites();
            new PlacementKeys(values).check(primary(), problems, warnings);
            checkTopics();
            checkWindows();
        }
        return warnings;
    }

    private void checkTimes() {
        Duration grace = values.duration(Keys.GRACE);
        Duration interval = values.duration(Keys.ROUND_INTERVAL);
        atLeast(Keys.LAG_PATIENCE, grace.multipliedBy(10), "10 × grace", Keys.GRACE);
        atLeast(
                Keys.REPAIR_TIMEOUT,
                interval.multipliedBy(2).plus(grace),
                "2 × round.interval + grace",
                Keys.ROUND_INTERVAL,
                Keys.GRACE);
        below(Keys.ROUND_DEADLINE, Keys.ROUND_INTERVAL);
        below(Keys.ROUND_SETTLE, Keys.ROUND_DEADLINE);
        atLeast(
                Keys.REPAIR_VALIDITY,
                values.duration(Keys.REPAIR_TIMEOUT),
                Keys.REPAIR_TIMEOUT,
                Keys.REPAIR_TIMEOUT,
                Keys.ROUND_INTERVAL,
                Keys.GRACE);
        below(Keys.REPAIR_VALIDITY, Keys.TOMBSTONE_RETENTION);
        below(Keys.LAG_PATIENCE, Keys.TOMBSTONE_RETENTION);
    }

    private void atLeast(String key, Duration min, String meaning, String... dependsOn) {
        boolean known = !problems.concern(key) && !problems.concern(dependsOn);
        if (known && values.duration(key).compareTo(min) < 0) {
            problems.add(key, values.text(key), "use at least " + meaning + " = " + Durations.format(min));
        }
    }

    private void below(String key, String limit) {
        boolean known = !problems.concern(key, limit);
        if (known && values.duration(key).compareTo(values.duration(limit)) >= 0) {
            problems.add(key, values.text(key), "must be less than " + limit + " = " + values.text(limit));
        }
    }

    private void checkIgnoredMembers() {
        if (!problems.concern(Keys.VALUE_CANONICAL, Keys.VALUE_IGNORE)
                && values.text(Keys.VALUE_CANONICAL).equals("none")
                && !values.list(Keys.VALUE_IGNORE).isEmpty()) {
            problems.add(
                    Keys.VALUE_IGNORE,
                    String.join(", ", values.list(Keys.VALUE_IGNORE)),
                    "members can be left out of documents only: set value.canonical=json or value.canonical=avro");
        }
    }

    private void checkRegistryOfValues() {
        if (!problems.concern(Keys.VALUE_CANONICAL)
                && values.text(Keys.VALUE_CANONICAL).equals("avro")
                && !registry.isConfigured()) {
            problems.add(
                    Keys.VALUE_CANONICAL,
                    "avro",
                    "values are read by their schemas, and there is no registry: set schema.registry.url, or"
                            + " avro.deserializer");
        }
    }

    /** The positions of a capture are its own, and so is the way in which it writes a row. */
    private void checkCapture(String replica) {
        String key = Keys.replica(replica, Keys.WRITES_FORMAT);
        if (problems.concern(key, Keys.COMPARE, Keys.VALUE_CANONICAL)) {
            return;
        }
        checkVersion(replica);
        if (!DEBEZIUM.contains(values.text(key))) {
            return;
        }
        String format = values.text(key);
        if (format.equals(DEBEZIUM_AVRO) && !registry.isConfigured()) {
            problems.add(
                    key,
                    format,
                    "keys and values are read by their schemas, and there is no registry: set schema.registry.url, or"
                            + " avro.deserializer");
        }
        if (!values.text(Keys.COMPARE).equals("value") && values.text(replica, Keys.WRITES_VERSION) == null) {
            problems.add(
                    key,
                    format,
                    "the positions of a change event are those of its database, so they order nothing between replicas: "
                            + COMPARE_VALUES
                            + ". If the rows have a version, name its column: writes.version=column:/<name>");
        }
        if (!values.text(Keys.VALUE_CANONICAL).equals("json")) {
            problems.add(key, format, "each capture writes a row in its own way: set value.canonical=json");
        }
    }

    /** Versions of change events order something only if they mean the same on all replicas that are captured. */
    private void checkVersion(String replica) {
        String key = Keys.replica(replica, Keys.WRITES_VERSION);
        String version = values.text(key);
        if (version == null || problems.concern(key)) {
            return;
        }
        if (!DEBEZIUM.contains(values.text(replica, Keys.WRITES_FORMAT))) {
            problems.add(key, version, "only change events of Debezium have such versions; remove it");
            return;
        }
        if (values.text(Keys.COMPARE).equals("value")) {
            warnings.add(key + " has no effect, because compare=value");
            return;
        }
        if (version.startsWith(COLUMN_PREFIX)) {
            return;
        }
        List<String> replicas = values.list(Keys.REPLICAS);
        for (String other : replicas) {
            String otherVersion = values.text(other, Keys.WRITES_VERSION);
            boolean isFirst = replicas.indexOf(replica) < replicas.indexOf(other);
            if (otherVersion != null
                    && !otherVersion.equals(version)
                    && (isFirst || otherVersion.startsWith(COLUMN_PREFIX))) {
                problems.add(
                        key,
                        version,
                        "replica " + other + " has " + otherVersion
                                + ", and positions of two databases do not compare: " + COMPARE_VALUES
                                + ", or take a column that both have: column:/<name>");
                return;
            }
        }
    }

    private void checkTree() {
        if (problems.concern(Keys.TREE_SEGMENTS, Keys.TREE_STRIDE)) {
            return;
        }
        int segments = values.number(Keys.TREE_SEGMENTS);
        int depth = Integer.numberOfTrailingZeros(segments);
        int stride = values.number(Keys.TREE_STRIDE);
        if (stride > depth) {
            problems.add(
                    Keys.TREE_STRIDE,
                    stride,
                    "a tree of " + segments + " segments has only " + depth + " levels; use at most " + depth);
        }
        int entries = values.number(Keys.CONTROL_MESSAGE_ENTRIES_MAX);
        if (!problems.concern(Keys.CONTROL_MESSAGE_ENTRIES_MAX) && 1 << stride > entries) {
            problems.add(
                    Keys.TREE_STRIDE,
                    stride,
                    "the " + (1 << stride) + " hashes below one node exceed " + Keys.CONTROL_MESSAGE_ENTRIES_MAX + " = "
                            + entries + "; use at most " + (31 - Integer.numberOfLeadingZeros(entries)));
        }
    }

    private void checkHosted() {
        if (problems.concern(Keys.HOSTED_REPLICAS)) {
            return;
        }
        List<String> replicas = values.list(Keys.REPLICAS);
        for (String hosted : values.list(Keys.HOSTED_REPLICAS)) {
            if (!replicas.contains(hosted)) {
                problems.add(Keys.HOSTED_REPLICAS, hosted, notAReplica(hosted, replicas));
            }
        }
    }

    private void checkWindows() {
        if (problems.concern(Keys.MAINTENANCE_WINDOWS, Keys.MAINTENANCE_ZONE)) {
            return;
        }
        List<String> replicas = values.list(Keys.REPLICAS);
        for (String named : values.windows().replicas()) {
            if (!replicas.contains(named)) {
                problems.add(Keys.MAINTENANCE_WINDOWS, named, notAReplica(named, replicas));
            }
        }
    }

    private void checkResolution() {
        if (problems.concern(Keys.RESOLUTION, Keys.COMPARE)) {
            return;
        }
        String resolution = values.text(Keys.RESOLUTION);
        List<String> replicas = values.list(Keys.REPLICAS);
        if (List.of("latest", "vector").contains(resolution)
                && values.text(Keys.COMPARE).equals("value")) {
            problems.add(
                    Keys.RESOLUTION,
                    resolution,
                    "with compare=value the versions of different replicas cannot be ordered; use majority or"
                            + " primary:<replica>");
        }
        if (primary() != null && !replicas.contains(primary())) {
            problems.add(Keys.RESOLUTION, resolution, notAReplica(primary(), replicas));
        }
        if (resolution.equals("vector")) {
            replicas.forEach(this::checkFormatsOfVectors);
        }
        if (resolution.equals("majority") && replicas.size() == 2) {
            warnings.add("resolution=majority with two replicas: neither is a majority, so divergences are only"
                    + " reported; add a third replica, or use latest or primary:<replica>");
        }
    }

    private void checkFormatsOfVectors(String replica) {
        for (String format : List.of(Keys.WRITES_FORMAT, Keys.REPAIRS_FORMAT)) {
            String key = Keys.replica(replica, format);
            if (!problems.concern(key) && "plain".equals(values.text(key))) {
                problems.add(
                        key, "plain", "the plain format has no version vectors; use trueup with resolution=vector");
            }
        }
    }

    private void checkPrimaryOfLatest() {
        String primary = values.text(Keys.RESOLUTION_PRIMARY);
        if (primary == null || problems.concern(Keys.RESOLUTION)) {
            return;
        }
        if (!values.text(Keys.RESOLUTION).equals("latest")) {
            problems.add(
                    Keys.RESOLUTION_PRIMARY,
                    primary,
                    "it has an effect only with resolution=latest; remove it, or write resolution=" + PRIMARY_PREFIX
                            + primary);
        } else if (!values.list(Keys.REPLICAS).contains(primary)) {
            problems.add(Keys.RESOLUTION_PRIMARY, primary, notAReplica(primary, values.list(Keys.REPLICAS)));
        }
    }

    private void checkSources() {
        if (problems.concern(Keys.RESOLUTION)) {
            return;
        }
        for (String replica : values.list(Keys.REPLICAS)) {
            String key = Keys.replica(replica, Keys.ROLE);
            if (!isSource(replica)) {
                if (values.text(replica, Keys.PROGRESS).equals("topic")) {
                    problems.add(
                            Keys.replica(replica, Keys.PROGRESS),
                            "topic",
                            "the writes topic of a replica shows what it has stored, not what has reached it: use writes or"
                                    + " events, or role=source");
                }
                continue;
            }
            if (!replica.equals(primary())) {
                problems.add(
                        key,
                        "source",
                        "a source is never repaired, so it must win: set resolution=" + PRIMARY_PREFIX + replica
                                + ", or role=replica");
            }
            if (values.has(Keys.replica(replica, Keys.REPAIRS_TOPIC))) {
                warnings.add(Keys.replica(replica, Keys.REPAIRS_TOPIC)
                        + " has no effect: the replica is a source and never repaired");
            }
        }
    }

    private void checkRepairsEncoding() {
        for (String replica : values.list(Keys.REPLICAS)) {
            String key = Keys.replica(replica, Keys.REPAIRS_ENCODING);
            if (Encoding.REGISTRY.label().equals(values.text(key)) && !registry.canWrite(Encoding.REGISTRY)) {
                problems.add(
                        key,
                        values.text(key),
                        "there is no registry; set schema.registry.url, or avro.serializer and avro.deserializer");
            }
        }
    }

    /** Plain write events without headers have the time of their records as version, also those that answer repairs. */
    private void warnAboutRepairsThatLookLikeWrites() {
        if (problems.concern(Keys.COMPARE) || values.text(Keys.COMPARE).equals("value")) {
            return;
        }
        for (String replica : values.list(Keys.REPLICAS)) {
            if (!isSource(replica)
                    && "plain".equals(values.text(replica, Keys.WRITES_FORMAT))
                    && "plain".equals(values.text(replica, Keys.REPAIRS_FORMAT))) {
                warnings.add(Keys.replica(replica, Keys.WRITES_FORMAT) + " and "
                        + Keys.replica(replica, Keys.REPAIRS_FORMAT)
                        + " are plain, with compare=version: the write event that answers a repair must have the repair's"
                        + " header trueup.version. Without it, each applied repair looks like a newer write, and the replicas"
                        + " repair each other for ever; if the datastore does not keep that header, use compare=value with"
                        + " resolution=majority or primary:<replica>");
            }
        }
    }

    private void checkTopics() {
        Map<String, String> keys = new HashMap<>();
        List<String> hosted = values.list(Keys.HOSTED_REPLICAS);
        for (String topic : values.list(Keys.CONTROL_TOPICS)) {
            keys.put(topic, Keys.CONTROL_TOPICS);
        }
        if (!values.list(Keys.CONTROL_TOPICS).contains(values.text(Keys.CONTROL_TOPIC))) {
            distinct(Keys.CONTROL_TOPIC, keys);
            if (hosted.size() > 1) {
                warnings.add("control.topics does not contain control.topic = " + values.text(Keys.CONTROL_TOPIC)
                        + ", so the replicas hosted here do not receive messages from each other");
            }
        }
        distinct(Keys.ROUNDS_TOPIC, keys);
        distinct(Keys.DEAD_LETTER_TOPIC, keys);
        distinct(Keys.CONFLICTS_TOPIC, keys);
        distinct(Keys.OBSERVATIONS_TOPIC, keys);
        for (String replica : values.list(Keys.REPLICAS)) {
            if (!isSource(replica)) {
                distinct(Keys.replica(replica, Keys.REPAIRS_TOPIC), keys);
            }
        }
        hosted.forEach(replica -> distinct(Keys.replica(replica, Keys.WRITES_TOPIC), keys));
        warnAboutForeignWrites(hosted, keys);
    }

    private void distinct(String key, Map<String, String> keys) {
        String topic = values.text(key);
        String other = topic == null ? null : keys.putIfAbsent(topic, key);
        if (other != null) {
            problems.add(key, topic, "the topic is also " + other + "; every purpose needs a topic of its own");
        }
    }

    /** Replicas hosted elsewhere may be in other clusters, where the same name means another topic. */
    private void warnAboutForeignWrites(List<String> hosted, Map<String, String> keys) {
        for (String replica : values.list(Keys.REPLICAS)) {
            String key = Keys.replica(replica, Keys.WRITES_TOPIC);
            String other = hosted.contains(replica) ? null : keys.get(values.text(key));
            if (other != null) {
                warnings.add(key + " = " + values.text(key) + " is also " + other
                        + "; this is right only if the replicas are in different clusters");
            }
        }
    }

    private boolean isSource(String replica) {
        return values.text(replica, Keys.ROLE).equals("source");
    }

    /** Returns the replica that resolution names, or null. */
    private String primary() {
        String resolution = values.text(Keys.RESOLUTION);
        return resolution.startsWith(PRIMARY_PREFIX) ? resolution.substring(PRIMARY_PREFIX.length()) : null;
    }

    static String notAReplica(String name, List<String> replicas) {
        return "'" + name + "' is not in replicas (" + String.join(", ", replicas) + ")" + Similar.hint(name, replicas);
    }
}
