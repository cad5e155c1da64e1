package io.trueup.plan;

import io.trueup.avro.MalformedRecordException;
import io.trueup.config.TrueupConfig;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** Reads what the targets write from now on. It joins no group. Used by one thread. */
final class AnswerReader implements AutoCloseable {

    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final EventReader events;
    private final Consumer<ByteBuffer, ByteBuffer> consumer;
    private final Map<String, String> targets = new HashMap<>();

    /**
     * Begins at the present ends of the writes topics.
     *
     * @param partitions the partitions that matter, by target
     */
    AnswerReader(TrueupConfig config, EventReader events, SortedMap<String, Set<Integer>> partitions) {
        this.events = events;
        List<TopicPartition> assigned = new ArrayList<>();
        partitions.forEach((target, numbers) -> {
            String topic = config.replica(target).writesTopic();
            targets.put(topic, target);
            numbers.forEach(number -> assigned.add(new TopicPartition(topic, number)));
        });
        consumer = new KafkaConsumer<>(events.consumerProperties("trueup-" + config.dataset() + "-repair-answers"));
        consumer.assign(assigned);
        consumer.endOffsets(assigned).forEach(consumer::seek);
    }

    /** Takes an entry that a target has written. */
    @FunctionalInterface
    interface Sink {
        void written(String target, StoredEvent event);
    }

    /** Passes on new entries, after a wait if there are none. Records that cannot be read are no answers. */
    void poll(Duration wait, Sink sink) {
        for (ConsumerRecord<ByteBuffer, ByteBuffer> record : consumer.poll(wait)) {
            try {
                StoredEvent event = events.decode(record, false);
                if (event != null) {
                    sink.written(targets.get(record.topic()), event);
                }
            } catch (MalformedRecordException e) {
                // the target's reconciler sends it to the dead-letter topic
            }
        }
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
    }
}
