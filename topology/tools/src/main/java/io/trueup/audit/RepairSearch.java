package io.trueup.audit;

import io.trueup.audit.DivergentKey.Place;
import io.trueup.audit.DivergentKey.RepairEvent;
import io.trueup.audit.DivergentKey.Repairs;
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
 * Looks for repair events of divergent keys in the repairs topics: those with the key, not before the replicas began to
 * differ and not after the moment of the audit. What cannot be known of them is told with them. Used by one thread.
 */
final class RepairSearch {

    /** Events of a key that are kept; further ones are counted. */
    static final int MOST_EVENTS = 10;

    private final AuditRequest request;
    private final Survey survey;
    private final Gauge gauge;
    private final Map<Integer, Map<ByteBuffer, Found>> wanted = new TreeMap<>();

    RepairSearch(AuditRequest request, Survey survey, Gauge gauge) {
        this.request = request;
        this.survey = survey;
        this.gauge = gauge;
    }

    /** What was found for one key. */
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
            if (last.size() > MOST_EVENTS * 2) {
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
                    .skip(Math.max(0, last.size() - MOST_EVENTS))
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

    /** Replaces each key by the same with what is known of its repairs. */
    void find(List<DivergentKey> keys, Bound bound) {
        keys.forEach(key -> wanted.computeIfAbsent(key.partition(), partition -> new HashMap<>())
                .put(ByteBuffer.wrap(key.key()), new Found(key)));
        try (TopicReader reader = new TopicReader("trueup-audit-repairs", gauge, request.patience())) {
            for (AuditedReplica replica : request.replicas()) {
                if (replica.repairsTopic().isPresent()) {
                    search(reader, replica, replica.repairsTopic().get(), bound);
                } else {
                    unknown(wanted.keySet(), "no repairs topic of " + replica.name() + " is given");
                }
            }
        }
        keys.replaceAll(key -> key.with(
                wanted.get(key.partition()).get(ByteBuffer.wrap(key.key())).repairs()));
    }

    private void unknown(Iterable<Integer> partitions, String why) {
        partitions.forEach(partition -> wanted.get(partition).values().forEach(found -> found.unknown.add(why)));
    }

    private void search(TopicReader reader, AuditedReplica replica, String topic, Bound bound) {
        try {
            Survey.Topic repairs = survey.topic(replica.cluster(), topic);
            List<Stretch> stretches = stretches(replica, topic, repairs);
            stretches.forEach(stretch -> gauge.expect(stretch.end() - stretch.start()));
            List<Seen> seen = stretches.stream().map(stretch -> new Seen()).toList();
            Map<Integer, Long> unfinished = reader.read(stretches, (i, record) -> {
                Seen partition = seen.get(i);
                partition.records++;
                partition.firstMs = Math.min(partition.firstMs, record.timestamp());
                partition.later |= !bound.includes(record.timestamp());
                take(replica, record, bound);
            });
            for (int i = 0; i < stretches.size(); i++) {
                judge(stretches.get(i), seen.get(i), repairs.gaps(false));
            }
            unfinished.forEach((i, position) -> unknown(
                    List.of(stretches.get(i).partition().partition()),
                    stretches.get(i).partition() + " gives nothing from offset " + position
                            + " on (an open transaction, or brokers that do not answer)"));
        } catch (Survey.SurveyException e) {
            unknown(wanted.keySet(), e.getMessage());
        } catch (KafkaException e) {
            unknown(wanted.keySet(), Refusal.words(topic, replica.cluster(), e));
        }
    }

    private List<Stretch> stretches(AuditedReplica replica, String topic, Survey.Topic repairs) {
        List<Stretch> stretches = new ArrayList<>();
        for (int partition : wanted.keySet()) {
            if (partition < repairs.partitions()) {
                stretches.add(new Stretch(
                        replica.cluster(),
                        new TopicPartition(topic, partition),
                        repairs.starts().get(partition),
                        repairs.ends().get(partition)));
            } else {
                unknown(List.of(partition), topic + " has no partition " + partition);
            }
        }
        return stretches;
    }

    private void take(AuditedReplica replica, ConsumerRecord<ByteBuffer, ByteBuffer> record, Bound bound) {
        Found found =
                record.key() == null ? null : wanted.get(record.partition()).get(record.key());
        if (found != null && record.timestamp() >= found.key.since().timeMs() && bound.includes(record.timestamp())) {
            found.add(new RepairEvent(
                    replica.name(),
                    new Place(record.topic(), record.partition(), record.offset(), record.timestamp())));
        }
    }

    /** Events may be missing since before what is left begins; a compacted topic may have lost those that later ones replaced. */
    private void judge(Stretch stretch, Seen seen, Gaps gaps) {
        long holes = stretch.end() - stretch.start() - seen.records;
        boolean replaced = gaps == Gaps.COMPACTION && holes > 0;
        for (Found found : wanted.get(stretch.partition().partition()).values()) {
            if (stretch.start() > 0 && seen.firstMs > found.key.since().timeMs()) {
                found.unknown.add(stretch.partition() + " begins at offset " + stretch.start()
                        + ": what was before it is deleted");
            }
            if (replaced && (seen.later || found.count == 0)) {
                found.unknown.add(
                        stretch.partition() + " is compacted, and " + holes + " of its offsets hold no record");
            }
        }
    }
}
