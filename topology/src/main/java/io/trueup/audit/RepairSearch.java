package io.trueup.audit;

import io.trueup.audit.DivergentKey.Place;
import io.trueup.audit.DivergentKey.RepairEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/**
 * Looks for repair events of divergent keys in the repairs topics: those with the key, not before the replicas began to
 * differ and not after the moment of the audit. Used by one thread.
 */
final class RepairSearch {

    private final AuditRequest request;
    private final Survey survey;
    private final Gauge gauge;
    private final Doubts doubts;

    RepairSearch(AuditRequest request, Survey survey, Gauge gauge, Doubts doubts) {
        this.request = request;
        this.survey = survey;
        this.gauge = gauge;
        this.doubts = doubts;
    }

    /** Returns the events of each key that has any, in order of time, by identity of the key. */
    IdentityHashMap<DivergentKey, List<RepairEvent>> find(List<DivergentKey> keys, Bound bound) {
        Map<Integer, Map<ByteBuffer, DivergentKey>> wanted = new TreeMap<>();
        keys.forEach(key -> wanted.computeIfAbsent(key.partition(), partition -> new HashMap<>())
                .put(ByteBuffer.wrap(key.key()), key));
        IdentityHashMap<DivergentKey, List<RepairEvent>> found = new IdentityHashMap<>();
        try (TopicReader reader = new TopicReader("trueup-audit-repairs", gauge, request.patience())) {
            for (AuditedReplica replica : request.replicas()) {
                replica.repairsTopic().ifPresent(topic -> search(reader, replica, topic, wanted, bound, found));
            }
        }
        found.values()
                .forEach(events -> events.sort(
                        Comparator.comparingLong(event -> event.place().timeMs())));
        return found;
    }

    private void search(
            TopicReader reader,
            AuditedReplica replica,
            String topic,
            Map<Integer, Map<ByteBuffer, DivergentKey>> wanted,
            Bound bound,
            IdentityHashMap<DivergentKey, List<RepairEvent>> found) {
        try {
            Survey.Topic repairs = survey.topic(replica.cluster(), topic);
            List<Stretch> stretches = new ArrayList<>();
            for (int partition : wanted.keySet()) {
                if (partition < repairs.partitions()) {
                    stretches.add(new Stretch(
                            replica.cluster(),
                            new TopicPartition(topic, partition),
                            repairs.starts().get(partition),
                            repairs.ends().get(partition)));
                }
            }
            stretches.forEach(stretch -> gauge.expect(stretch.end() - stretch.start()));
            reader.read(stretches, (i, record) -> {
                DivergentKey key = record.key() == null
                        ? null
                        : wanted.get(record.partition()).get(record.key());
                if (key != null && record.timestamp() >= key.since().timeMs() && bound.includes(record.timestamp())) {
                    found.computeIfAbsent(key, any -> new ArrayList<>())
                            .add(new RepairEvent(
                                    replica.name(),
                                    new Place(topic, record.partition(), record.offset(), record.timestamp())));
                }
            });
        } catch (Survey.SurveyException e) {
            doubts.note("Repair events for " + replica.name() + " are not known. " + e.getMessage());
        } catch (KafkaException e) {
            doubts.note("Repair events for " + replica.name() + " are not known. "
                    + Refusal.words(topic, replica.cluster(), e));
        }
    }
}
