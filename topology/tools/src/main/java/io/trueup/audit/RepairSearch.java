package io.trueup.audit;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.RepairEvent;
import io.trueup.audit.result.DivergentKey.Repairs;
import io.trueup.topic.BrokerRefusal;
import io.trueup.topic.GapCause;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.Place;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.ReadFailedException;
import io.trueup.topic.TopicInspector;
import io.trueup.topic.TopicReader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Looks for repair events of divergent keys in the repairs topics: events of the key, not before the replicas began to
 * differ and not after the moment of the audit. Reasons why events may be missing are added to the result. Used by one thread.
 */
final class RepairSearch {

    /** How many events of a key are kept; further ones are only counted. */
    static final int MAX_EVENTS = 10;

    private final AuditRequest request;
    private final TopicInspector inspector;
    private final ProgressCounter progress;
    private final Map<Integer, Map<ByteBuffer, Found>> wanted = new TreeMap<>();

    RepairSearch(AuditRequest request, TopicInspector inspector, ProgressCounter progress) {
        this.request = request;
        this.inspector = inspector;
        this.progress = progress;
    }

    /** Events of one key. */
    private static final class Found {

        private final DivergentKey key;
        private final Deque<RepairEvent> last = new ArrayDeque<>();
        private final List<String> unknown = new ArrayList<>();
        private long count;

        Found(DivergentKey key) {
            this.key = key;
        }

        /** Events of one topic come in order of offset. */
        void add(RepairEvent event) {
            count++;
            last.add(event);
            if (last.size() > MAX_EVENTS * 2) {
                trim();
            }
        }

        private void trim() {
            List<RepairEvent> sorted = sorted();
            last.clear();
            last.addAll(sorted);
        }

        private List<RepairEvent> sorted() {
            return last.stream()
                    .sorted(Comparator.comparingLong(event -> event.place().timeMs()))
                    .skip(Math.max(0, last.size() - MAX_EVENTS))
                    .toList();
        }

        Repairs repairs() {
            return new Repairs(count, sorted(), List.copyOf(unknown));
        }
    }

    /** What was read of one partition of a repairs topic. */
    private static final class Seen {
        private long firstMs = Long.MAX_VALUE;
        private long records;
        private boolean later;
    }

    /** Adds what is known about repairs to each key: replaces the elements of the list. */
    void find(List<DivergentKey> keys, RecordBound bound) {
        keys.forEach(key -> wanted.computeIfAbsent(key.partition(), partition -> new HashMap<>())
                .put(ByteBuffer.wrap(key.key()), new Found(key)));
        try (TopicReader reader = new TopicReader(
                "trueup-audit-repairs", progress, request.bounds().patience())) {
            for (AuditedReplica replica : request.replicas()) {
                if (replica.repairsTopic().isPresent()) {
                    search(reader, replica, replica.repairsTopic().get(), bound);
                } else if (!request.settings().rules().sources().contains(replica.name())) {
                    unknown(wanted.keySet(), "no repairs topic of " + replica.name() + " is given");
                }
            }
        }
        keys.replaceAll(key -> key.with(
                wanted.get(key.partition()).get(ByteBuffer.wrap(key.key())).repairs()));
    }

    /** Adds a reason, which becomes part of a sentence. */
    private void unknown(Iterable<Integer> partitions, String reason) {
        String part = reason.endsWith(".") ? reason.substring(0, reason.length() - 1) : reason;
        partitions.forEach(partition -> wanted.get(partition).values().forEach(found -> found.unknown.add(part)));
    }

    private void search(TopicReader reader, AuditedReplica replica, String topic, RecordBound bound) {
        try {
            TopicInspector.Topic repairs = inspector.inspect(replica.cluster(), topic);
            List<OffsetRange> ranges = ranges(replica, topic, repairs);
            ranges.forEach(range -> progress.expect(range.length()));
            List<Seen> seen = ranges.stream().map(range -> new Seen()).toList();
            Map<Integer, Long> unfinished = reader.read(ranges, (i, record) -> {
                Seen partition = seen.get(i);
                partition.records++;
                partition.firstMs = Math.min(partition.firstMs, record.timestamp());
                partition.later |= !bound.includes(record.timestamp());
                take(replica, record, bound);
            });
            for (int i = 0; i < ranges.size(); i++) {
                addUnknown(ranges.get(i), seen.get(i), repairs.gapCause(false));
            }
            unfinished.forEach((i, position) -> unknown(
                    List.of(ranges.get(i).partition().partition()),
                    ranges.get(i).partition() + " could not be read from offset " + position
                            + " on (an open transaction, or brokers that do not answer)"));
        } catch (TopicInspector.InspectionFailedException e) {
            unknown(wanted.keySet(), e.getMessage());
        } catch (ReadFailedException e) {
            unknown(wanted.keySet(), e.getMessage());
        } catch (KafkaException e) {
            unknown(wanted.keySet(), BrokerRefusal.describe(topic, replica.cluster(), e));
        }
    }

    private List<OffsetRange> ranges(AuditedReplica replica, String topic, TopicInspector.Topic repairs) {
        List<OffsetRange> ranges = new ArrayList<>();
        for (int partition : wanted.keySet()) {
            if (partition < repairs.partitions()) {
                ranges.add(new OffsetRange(
                        replica.cluster(),
                        new TopicPartition(topic, partition),
                        repairs.starts().get(partition),
                        repairs.ends().get(partition)));
            } else {
                unknown(List.of(partition), topic + " has no partition " + partition);
            }
        }
        return ranges;
    }

    private void take(AuditedReplica replica, ConsumerRecord<ByteBuffer, ByteBuffer> record, RecordBound bound) {
        Found found =
                record.key() == null ? null : wanted.get(record.partition()).get(record.key());
        if (found != null && record.timestamp() >= found.key.since().timeMs() && bound.includes(record.timestamp())) {
            found.add(new RepairEvent(
                    replica.name(),
                    new Place(record.topic(), record.partition(), record.offset(), record.timestamp())));
        }
    }

    /** Events from before the beginning of the topic are deleted; in a compacted topic, later events may have replaced others. */
    private void addUnknown(OffsetRange range, Seen seen, GapCause gapCause) {
        long gaps = range.length() - seen.records;
        boolean replaced = gapCause == GapCause.COMPACTION && gaps > 0;
        for (Found found : wanted.get(range.partition().partition()).values()) {
            if (range.start() > 0 && seen.firstMs > found.key.since().timeMs()) {
                found.unknown.add(
                        range.partition() + " begins at offset " + range.start() + ": earlier records were deleted");
            }
            if (replaced && (seen.later || found.count == 0)) {
                found.unknown.add(range.partition() + " is compacted, and " + gaps + " of its offsets hold no record");
            }
        }
    }
}
