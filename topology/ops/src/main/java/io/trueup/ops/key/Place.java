package io.trueup.ops.key;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Where a record lies.
 *
 * @param topic its topic
 * @param partition its partition of that topic
 * @param offset its offset
 * @param timeMs its timestamp in milliseconds since the epoch
 */
public record Place(String topic, int partition, long offset, long timeMs) {

    static Place of(ConsumerRecord<?, ?> record) {
        return new Place(record.topic(), record.partition(), record.offset(), record.timestamp());
    }

    /** As {@code orders.repairs.eu-0@17}. */
    @Override
    public String toString() {
        return topic + "-" + partition + "@" + offset;
    }
}
