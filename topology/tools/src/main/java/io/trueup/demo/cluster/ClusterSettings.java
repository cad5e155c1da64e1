package io.trueup.demo.cluster;

import io.trueup.replica.ReplicaConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** The settings of the job and of the replicas, as their configuration files would hold them. */
final class ClusterSettings {

    private static final int KEYS_PER_SEGMENT = 8;
    private static final int MIN_SEGMENTS = 64;
    private static final int MAX_SEGMENTS = 1 << 16;
    private static final String INTERCEPTORS = "interceptor.classes";

    private final ClusterOptions options;
    private final Path directory;
    private final String secret = UUID.randomUUID().toString();

    /** @param directory where databases and the state of the job are */
    ClusterSettings(ClusterOptions options, Path directory) {
        this.options = options;
        this.directory = directory;
    }

    Map<String, String> job(String bootstrapServers, List<String> members) {
        JobTimes times = options.times();
        Map<String, String> settings = new TreeMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("dataset", Topics.DATASET);
        settings.put("replicas", String.join(",", members));
        if (options.shared()) {
            settings.put("placement", "ring:" + options.copies());
        }
        settings.put("control.topic", Topics.CONTROL);
        settings.put("rounds.topic", Topics.ROUNDS);
        settings.put("conflicts.topic", Topics.CONFLICTS);
        settings.put("observations.topic", Topics.OBSERVATIONS);
        settings.put("dead.letter.topic", Topics.DEAD_LETTERS);
        settings.put("round.interval", times.intervalMs() + "ms");
        settings.put("grace", times.graceMs() + "ms");
        settings.put("lag.patience", times.patienceMs() + "ms");
        settings.put("repair.validity", times.repairValidityMs() + "ms");
        settings.put("tombstone.retention", times.retentionMs() + "ms");
        settings.put("tree.segments", String.valueOf(segments()));
        settings.put("hash.secret", secret);
        settings.put("state.dir", directory.resolve("state").toString());
        for (String replica : members) {
            settings.put("replica." + replica + ".writes.topic", Topics.writes(replica));
            settings.put("replica." + replica + ".repairs.topic", Topics.repairs(replica));
        }
        settings.putAll(options.jobSettings());
        return settings;
    }

    private int segments() {
        int wanted = Math.max(1, options.expectedKeys() / options.partitions() / KEYS_PER_SEGMENT);
        int power = Integer.highestOneBit(Math.max(1, wanted - 1)) << 1;
        return Math.max(MIN_SEGMENTS, Math.min(MAX_SEGMENTS, power));
    }

    Map<String, String> replica(String bootstrapServers, String name) {
        Map<String, String> settings = new TreeMap<>();
        settings.put(ReplicaConfig.NAME, name);
        settings.put(ReplicaConfig.BOOTSTRAP_SERVERS, bootstrapServers);
        settings.put(ReplicaConfig.FEED_TOPIC, Topics.FEED);
        settings.put(ReplicaConfig.WRITES_TOPIC, Topics.writes(name));
        settings.put(ReplicaConfig.REPAIRS_TOPIC, Topics.repairs(name));
        settings.put(ReplicaConfig.DEAD_LETTER_TOPIC, Topics.DEAD_LETTERS);
        settings.put(ReplicaConfig.JDBC_URL, url(name));
        settings.put(ReplicaConfig.PROGRESS_INTERVAL, "500ms");
        for (String peer : options.replicas()) {
            if (!peer.equals(name)) {
                settings.put("peer." + peer + ".jdbc.url", url(peer));
            }
        }
        settings.putAll(options.replicaSettings().getOrDefault(name, Map.of()));
        return settings;
    }

    /** The settings of a replica whose producer sends write events into wrong partitions. */
    Map<String, String> replicaWithWrongPartitioner(String bootstrapServers, String name) {
        Map<String, String> settings = replica(bootstrapServers, name);
        settings.put(ReplicaConfig.KAFKA_PREFIX + INTERCEPTORS, WrongPartitionInterceptor.class.getName());
        settings.put(
                ReplicaConfig.KAFKA_PREFIX + WrongPartitionInterceptor.PARTITIONS,
                String.valueOf(options.partitions()));
        return settings;
    }

    Path database(String replica) {
        return directory.resolve(replica + ".sqlite");
    }

    String url(String replica) {
        return "jdbc:sqlite:" + database(replica);
    }
}
