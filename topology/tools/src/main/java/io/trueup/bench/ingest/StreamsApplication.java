package io.trueup.bench.ingest;

import io.trueup.bench.Guarantee;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.Stores;

/** A topology beside which the job is measured: Kafka Streams' own settings, but for guarantee, commit interval and isolation. */
final class StreamsApplication implements Application {

    /** There are no global stores: true only prevents a warning at every start. */
    private static final String GLOBAL_STORE_HANDLER = "processing.exception.handler.global.enabled";

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(30);

    private final String applicationId;
    private final KafkaStreams streams;
    private final AtomicReference<String> failure = new AtomicReference<>();

    StreamsApplication(
            String bootstrapServers, String applicationId, Topology topology, Guarantee guarantee, Path stateDir) {
        this.applicationId = applicationId;
        Properties properties = new Properties();
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, applicationId);
        properties.put(StreamsConfig.CLIENT_ID_CONFIG, applicationId);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee.label());
        properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, IngestBench.COMMIT_INTERVAL_MS);
        properties.put(StreamsConfig.consumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), "read_committed");
        properties.put(GLOBAL_STORE_HANDLER, true);
        properties.put(StreamsConfig.mainConsumerPrefix(GLOBAL_STORE_HANDLER), true);
        streams = new KafkaStreams(topology, properties);
        streams.setUncaughtExceptionHandler(thrown -> {
            failure.compareAndSet(null, thrown.toString());
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    }

    /** A source, and a processor that does nothing. */
    static Topology empty(String topic) {
        Topology topology = new Topology();
        topology.addSource("source", new ByteArrayDeserializer(), new ByteArrayDeserializer(), topic);
        topology.addProcessor("nothing", Nothing::new, "source");
        return topology;
    }

    /** An outer join of two tables, with a store and a changelog each. Nothing is done with its result. */
    static Topology outerJoin(List<String> topics) {
        StreamsBuilder builder = new StreamsBuilder();
        table(builder, topics.get(0), "left")
                .outerJoin(table(builder, topics.get(1), "right"), (left, right) -> left == null ? right : left)
                .toStream()
                .process(Nothing::new);
        return builder.build();
    }

    private static KTable<byte[], byte[]> table(StreamsBuilder builder, String topic, String store) {
        return builder.table(
                topic,
                Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()),
                Materialized.as(Stores.persistentKeyValueStore(store)));
    }

    @Override
    public String applicationId() {
        return applicationId;
    }

    @Override
    public void start() {
        streams.start();
    }

    @Override
    public Optional<String> failure() {
        return Optional.ofNullable(failure.get());
    }

    @Override
    public void close() {
        if (!streams.close(CLOSE_TIMEOUT)) {
            throw new IllegalStateException(applicationId + " did not stop within " + CLOSE_TIMEOUT.toSeconds() + " s");
        }
    }

    /** Drops each record. */
    private static final class Nothing implements Processor<byte[], byte[], Void, Void> {

        @Override
        public void process(Record<byte[], byte[]> record) {
            // that is what it is for
        }
    }
}
