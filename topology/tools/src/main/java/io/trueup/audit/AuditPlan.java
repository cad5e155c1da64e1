package io.trueup.audit;

import io.trueup.audit.checkpoint.ComparedPartition;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.TopicInspector;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * Which offsets an audit reads. Inspects the writes topics, and adds a doubt for everything that does not allow them to be
 * compared, or not for certain. Used by one thread.
 */
final class AuditPlan {

    private final AuditRequest request;
    private final Caveats caveats;
    private final Map<String, TopicInspector.Topic> topics = new TreeMap<>();

    AuditPlan(AuditRequest request, Caveats caveats) {
        this.request = request;
        this.caveats = caveats;
    }

    /** The topics by replica, as far as they could be inspected. */
    Map<String, TopicInspector.Topic> topics() {
        return topics;
    }

    /** Whether the records of which an earlier run has compared a partition are still there, as far as offsets show. */
    boolean stillHolds(ComparedPartition earlier) {
        return earlier.summaries().stream().allMatch(summary -> {
            TopicInspector.Topic topic = topics.get(summary.place().replica());
            return topic != null
                    && earlier.partition() < topic.partitions()
                    && summary.end() <= topic.ends().get(earlier.partition());
        });
    }

    /** Inspects all topics, and returns the partitions to read; none if the topics cannot be compared. */
    List<Integer> inspect(TopicInspector inspector) {
        for (AuditedReplica replica : request.replicas()) {
            try {
                topics.put(replica.name(), inspector.inspect(replica.cluster(), replica.topic()));
            } catch (TopicInspector.InspectionFailedException e) {
                caveats.doubt(e.getMessage());
            }
        }
        if (topics.size() < request.replicas().size() || !areDifferentTopics() || !haveEqualPartitionCounts()) {
            return List.of();
        }
        int count = topics.values().iterator().next().partitions();
        List<Integer> partitions = new ArrayList<>();
        for (int partition = 0; partition < count; partition++) {
            if (request.partitions().isEmpty() || request.partitions().contains(partition)) {
                partitions.add(partition);
            }
        }
        request.partitions().stream()
                .filter(partition -> partition >= count)
                .forEach(partition ->
                        caveats.doubt("There is no partition " + partition + ": the topics have " + count + "."));
        return partitions;
    }

    /** A topic is always equal to itself. */
    private boolean areDifferentTopics() {
        Map<Uuid, String> replicas = new HashMap<>();
        boolean different = true;
        for (Map.Entry<String, TopicInspector.Topic> topic : topics.entrySet()) {
            String other = replicas.put(topic.getValue().id(), topic.getKey());
            if (other != null && !topic.getValue().id().equals(Uuid.ZERO_UUID)) {
                caveats.doubt(
                        other + " and " + topic.getKey() + " name one and the same topic, which would be compared with"
                                + " itself. Check --replica, and which cluster each file leads to.");
                different = false;
            }
        }
        return different;
    }

    private boolean haveEqualPartitionCounts() {
        Map<String, Integer> counts = new TreeMap<>();
        request.replicas()
                .forEach(replica -> counts.put(
                        replica.topic() + " on " + replica.cluster(),
                        topics.get(replica.name()).partitions()));
        boolean equal = new HashSet<>(counts.values()).size() == 1;
        if (!equal) {
            caveats.doubt("The topics have different numbers of partitions, so a key lies in different partitions: "
                    + counts + ". They cannot be compared. Create those that differ again with the same number.");
        }
        return equal;
    }

    /**
     * The sources of a partition: its owners, in order of name.
     *
     * @param caveats receives the doubts about the partition
     */
    List<ReplicaSource> sources(int partition, Caveats caveats) {
        List<String> owners = request.settings().placement().owners(partition);
        return request.replicas().stream()
                .sorted(Comparator.comparing(AuditedReplica::name))
                .filter(replica -> owners.contains(replica.name()))
                .map(replica -> source(replica, partition, caveats))
                .toList();
    }

    private ReplicaSource source(AuditedReplica replica, int partition, Caveats caveats) {
        TopicInspector.Topic topic = topics.get(replica.name());
        long start = topic.starts().get(partition);
        long latest = topic.ends().get(partition);
        long end = end(new ReplicaPartition(replica.name(), partition), latest, caveats);
        TopicPartition topicPartition = new TopicPartition(replica.topic(), partition);
        if (start > 0) {
            caveats.doubt(topicPartition + " begins at offset " + start + ": earlier records were deleted ("
                    + (topic.cleanupPolicy().orElse("").contains("delete")
                            ? "by retention"
                            : "by retention or on demand")
                    + "), so " + replica.name() + " may hold a key that it seems to lack. Keep write events"
                    + " (cleanup.policy=compact, or retention.ms=-1 and retention.bytes=-1), and let `trueup scrub` or another"
                    + " scan send the rows of " + replica.name() + " again.");
        }
        return new ReplicaSource(
                replica,
                new OffsetRange(replica.cluster(), topicPartition, start, Math.max(start, end)),
                topic.gapCause(request.neverCompacted()),
                end < latest);
    }

    private long end(ReplicaPartition partition, long latest, Caveats caveats) {
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public Long latest(AuditPoint.Latest point) {
                return latest;
            }

            @Override
            public Long time(AuditPoint.Time point) {
                return latest;
            }

            @Override
            public Long offsets(AuditPoint.Offsets point) {
                return given(partition, point.ends().get(partition), latest, caveats);
            }
        });
    }

    /** @param end the offset that the user has given; null: none */
    private static long given(ReplicaPartition partition, Long end, long latest, Caveats caveats) {
        if (end == null) {
            caveats.doubt("No offset is given for " + partition + ": add a line for it, or leave its partition out with"
                    + " --partitions.");
            return 0;
        }
        if (end > latest) {
            caveats.doubt("The offset given for " + partition + " is " + end + ", but its topic ends at " + latest
                    + ": it was created again, or truncated.");
            return latest;
        }
        return end;
    }
}
