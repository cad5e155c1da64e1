package io.trueup.ops.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.config.MeterFilterReply;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.streams.KafkaStreams;

/**
 * Kafka's own metrics of the hosted replicas: those of Kafka Streams and of its consumers and producers that show whether it works.
 * Kafka has hundreds, many of them for each topic partition or task; only the listed ones are passed on, and none of them is for a
 * partition. Not thread-safe.
 */
final class KafkaMeters implements AutoCloseable {

    private static final String PREFIX = "kafka.";

    /** All that is passed on, as Micrometer names it. */
    private static final Set<String> PASSED_ON = Set.of(
            "kafka.stream.alive.stream.threads",
            "kafka.stream.failed.stream.threads",
            "kafka.stream.thread.process.total",
            "kafka.stream.thread.process.latency.avg",
            "kafka.stream.thread.commit.total",
            "kafka.stream.thread.commit.latency.avg",
            "kafka.stream.thread.commit.latency.max",
            "kafka.stream.thread.punctuate.latency.max",
            "kafka.stream.thread.poll.ratio",
            "kafka.stream.thread.process.ratio",
            "kafka.stream.thread.punctuate.ratio",
            "kafka.stream.thread.commit.ratio",
            "kafka.stream.thread.task.created.total",
            "kafka.stream.thread.task.closed.total",
            "kafka.consumer.coordinator.assigned.partitions",
            "kafka.consumer.coordinator.rebalance.total",
            "kafka.consumer.coordinator.failed.rebalance.total",
            "kafka.consumer.coordinator.last.heartbeat.seconds.ago",
            "kafka.consumer.time.between.poll.max",
            "kafka.consumer.fetch.manager.fetch.latency.avg",
            "kafka.producer.record.send.total",
            "kafka.producer.record.error.total",
            "kafka.producer.record.retry.total",
            "kafka.producer.request.latency.avg",
            "kafka.producer.buffer.available.bytes");

    private final MeterRegistry registry;
    private final Map<String, Bound> bound = new TreeMap<>();

    private record Bound(KafkaStreams streams, KafkaStreamsMetrics metrics) {}

    KafkaMeters(MeterRegistry registry) {
        this.registry = registry;
        registry.config().meterFilter(new MeterFilter() {
            @Override
            public MeterFilterReply accept(Meter.Id id) {
                return id.getName().startsWith(PREFIX) && !PASSED_ON.contains(id.getName())
                        ? MeterFilterReply.DENY
                        : MeterFilterReply.NEUTRAL;
            }
        });
    }

    /** Binds the applications that run now, and forgets those that are gone. */
    void update(Map<String, KafkaStreams> running) {
        bound.entrySet().removeIf(known -> {
            boolean gone = running.get(known.getKey()) != known.getValue().streams();
            if (gone) {
                known.getValue().metrics().close();
            }
            return gone;
        });
        running.forEach((replica, streams) -> bound.computeIfAbsent(replica, name -> bind(name, streams)));
    }

    private Bound bind(String replica, KafkaStreams streams) {
        KafkaStreamsMetrics metrics = new KafkaStreamsMetrics(streams, Tags.of(RoundMeters.REPLICA, replica));
        metrics.bindTo(registry);
        return new Bound(streams, metrics);
    }

    @Override
    public void close() {
        bound.values().forEach(one -> one.metrics().close());
        bound.clear();
    }
}
