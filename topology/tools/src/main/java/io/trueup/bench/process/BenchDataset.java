package io.trueup.bench.process;

import io.trueup.bench.Answers;
import io.trueup.config.TrueupConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.common.TopicPartition;

/**
 * A dataset whose replicas hold the same. Repairs are not sent ({@code mode=observe}): while topics are filled, one replica may be ahead of
 * the others. Immutable.
 *
 * @param name names the dataset and its topics
 * @param replicas all replicas
 * @param partitions partitions of the dataset
 * @param interval {@code round.interval}
 * @param grace {@code grace}
 * @param settings further settings of the jobs; they replace those of the benchmark
 */
public record BenchDataset(
        String name,
        List<String> replicas,
        int partitions,
        Duration interval,
        Duration grace,
        Map<String, String> settings) {

    /** The replica that is measured. */
    public static final String MEASURED = "eu";
    /** The replica with which it is compared. */
    public static final String PEER = "us";

    public BenchDataset {
        replicas = List.copyOf(replicas);
        settings = Map.copyOf(settings);
    }

    /** A dataset of the replica that is measured and of its peer, each of which has a job of its own. */
    public static BenchDataset ofTwo(
            String name, int partitions, Duration interval, Duration grace, Map<String, String> settings) {
        return new BenchDataset(name, List.of(MEASURED, PEER), partitions, interval, grace, settings);
    }

    /** Writes topic of a replica. */
    public String writes(String replica) {
        return name + ".writes." + replica;
    }

    /** Creates the writes topics, and waits until they can be written. The jobs create the others. */
    public void createTopics(Admin admin) {
        List<NewTopic> topics = new ArrayList<>();
        replicas.forEach(replica ->
                topics.add(new NewTopic(writes(replica), partitions, (short) 1).configs(Map.of("retention.ms", "-1"))));
        Answers.of(admin.createTopics(topics).all());
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (NewTopic topic : topics) {
            for (int partition = 0; partition < partitions; partition++) {
                ends.put(new TopicPartition(topic.name(), partition), OffsetSpec.latest());
            }
        }
        Answers.of(admin.listOffsets(ends).all()); // answered once each partition has a leader
    }

    /** Removes all topics of the dataset. */
    public void removeTopics(Admin admin) {
        remove(
                admin,
                topic -> topic.startsWith(name + ".")
                        || replicas.stream().anyMatch(replica -> topic.startsWith(applicationId(replica) + "-")));
    }

    /**
     * Removes the changelogs of the measured replica's state while its job is stopped. Removes the static member from its group, too: Kafka
     * Streams creates a changelog when it assigns partitions, and a static member that comes back is given its partitions without that. It would
     * wait for the changelog until its requests time out.
     */
    public void removeChangelogs(Admin admin) {
        Set<String> removed =
                remove(admin, topic -> topic.startsWith(applicationId(MEASURED) + "-") && topic.endsWith("-changelog"));
        if (removed.isEmpty()) {
            throw new IllegalStateException(applicationId(MEASURED) + " has no changelog");
        }
        Answers.of(admin.removeMembersFromConsumerGroup(
                        applicationId(MEASURED), new RemoveMembersFromConsumerGroupOptions())
                .all());
    }

    private static Set<String> remove(Admin admin, Predicate<String> which) {
        Set<String> topics =
                Answers.of(admin.listTopics().names()).stream().filter(which).collect(Collectors.toSet());
        Answers.of(admin.deleteTopics(topics).all());
        return topics;
    }

    /** The topic through which reconcilers compare. */
    public String control() {
        return config().controlTopic();
    }

    private TrueupConfig config() {
        return TrueupConfig.of(settings("unused:1", replicas, Path.of("unused")));
    }

    /** Id of the application of a replica, which is its consumer group, too. */
    String applicationId(String replica) {
        return config().applicationId(replica);
    }

    /**
     * The configuration of a job. A restarted process takes over the partitions of the one before at once, as a static member of its
     * group: otherwise one that was killed would be waited for.
     *
     * @param hosted the replicas that the job hosts
     */
    Map<String, String> settings(String bootstrapServers, List<String> hosted, Path stateDir) {
        Map<String, String> all = new HashMap<>();
        all.put("bootstrap.servers", bootstrapServers);
        all.put("dataset", name);
        all.put("replicas", String.join(",", replicas));
        all.put("hosted.replicas", String.join(",", hosted));
        all.put("hash.secret", "the secret of a benchmark, which protects nothing");
        all.put("state.dir", stateDir.toString());
        all.put("topics.create", "true");
        all.put("topics.replication.factor", "1");
        all.put("mode", "observe");
        all.put("round.interval", interval.toMillis() + "ms");
        all.put("grace", grace.toMillis() + "ms");
        all.put("streams.consumer.group.instance.id", "bench");
        for (String name : replicas) {
            all.put("replica." + name + ".writes.topic", writes(name));
            all.put("replica." + name + ".writes.format", "plain");
        }
        all.putAll(settings);
        return all;
    }
}
