package io.trueup.datastore;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A rebalance of a consumer group that does not end: a member that has joined before does not join again. Ends with {@link #close}. */
final class StalledRebalance implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(50);

    private final String group;
    private final String topic;
    private final KafkaConsumer<byte[], byte[]> idle;
    private final KafkaConsumer<byte[], byte[]> newcomer;

    /**
     * @param settings of the consumers of the group
     * @param topic the topic to which they subscribe
     */
    StalledRebalance(Map<String, Object> settings, String topic) {
        group = (String) settings.get("group.id");
        this.topic = topic;
        Map<String, Object> consumer = new HashMap<>(settings);
        consumer.put("enable.auto.commit", false);
        idle = new KafkaConsumer<>(consumer, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        newcomer = new KafkaConsumer<>(consumer, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Returns when the rebalance is in progress. */
    void begin(Admin admin) {
        idle.subscribe(List.of(topic));
        await().atMost(LibraryFixture.PATIENCE).until(() -> {
            idle.poll(POLL);
            return !idle.assignment().isEmpty();
        });
        newcomer.subscribe(List.of(topic));
        await().atMost(LibraryFixture.PATIENCE).until(() -> {
            newcomer.poll(POLL);
            return admin.describeConsumerGroups(List.of(group))
                            .describedGroups()
                            .get(group)
                            .get()
                            .groupState()
                    == GroupState.PREPARING_REBALANCE;
        });
    }

    @Override
    public void close() {
        idle.close(); // first: the newcomer waits for it, also when it leaves
        newcomer.close();
    }
}
