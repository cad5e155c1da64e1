package io.trueup.bench;

import io.trueup.audit.Audit;
import io.trueup.audit.AuditPoint;
import io.trueup.audit.AuditRequest;
import io.trueup.audit.AuditedReplica;
import io.trueup.audit.result.AuditResult;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.WriteEvent;
import io.trueup.source.TrueupHeaders;
import io.trueup.topic.Cluster;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Measures the speed of an audit next to that of consumers that read the same topics and do nothing with the records: on a
 * broker of its own, one after the other, with the same number of threads. The plain consumer has Kafka's own settings, the tuned
 * one those of the audit.
 */
public final class AuditBench {

    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final byte[] SECRET = "the benchmark's secret".getBytes(StandardCharsets.UTF_8);
    private static final SingleObjectCodec<WriteEvent> CODEC = SingleObjectCodec.of(WriteEvent.class);
    private static final int PRODUCER_BATCH_BYTES = 256 * 1024;

    private final Load load;
    private final PrintWriter out;

    /**
     * The data and the readers.
     *
     * @param events write events in each of the two topics
     * @param keys number of keys, to which the events belong at random
     * @param partitions partitions of each topic
     * @param valueBytes length of a value
     * @param format format of the write events
     * @param threads threads of the audit, and of each consumer
     * @param runs how often each of them reads everything
     */
    public record Load(int events, int keys, int partitions, int valueBytes, String format, int threads, int runs) {}

    /**
     * Medians of the measurements.
     *
     * @param plain records per second of the plain consumer
     * @param tuned records per second of the tuned consumer
     * @param audit records per second of the audit
     * @param tableBytesPerKey memory of the key tables per key and replica, in bytes
     */
    public record Figures(double plain, double tuned, double audit, double tableBytesPerKey) {

        /** The audit's rate divided by the plain consumer's. */
        public double ratio() {
            return audit / plain;
        }

        /** The audit's rate divided by the tuned consumer's. */
        public double ratioToTuned() {
            return audit / tuned;
        }
    }

    public AuditBench(Load load, PrintWriter out) {
        this.load = load;
        this.out = out;
    }

    /** Fills the topics and runs the measurements. Prints each run and the medians. */
    public Figures run() {
        try (EmbeddedBroker broker = EmbeddedBroker.start()) {
            print(
                    "2 topics of %,d write events (%s) each over %,d keys, %d partitions, values of %d bytes",
                    load.events(), load.format(), load.keys(), load.partitions(), load.valueBytes());
            produce(broker.bootstrapServers());
            return measure(new Cluster(
                    Map.of("bootstrap.servers", broker.bootstrapServers()),
                    Map.of("bootstrap.servers", broker.bootstrapServers())));
        }
    }

    private Figures measure(Cluster cluster) {
        Map<String, Object> tunedProperties = cluster.consumerProperties("bench-consumer");
        PlainRead plain = consumer(plainProperties(cluster, tunedProperties));
        PlainRead tuned = consumer(tunedProperties);
        print(
                "%d threads each on %d cores shared with the broker; consumers of byte arrays without a group, read committed: plain with Kafka's settings, tuned with the audit's:",
                load.threads(), Machine.current().cores());
        plain.run();
        tuned.run();
        audit(cluster);
        double[] plainRates = new double[load.runs()];
        double[] tunedRates = new double[load.runs()];
        double[] audited = new double[load.runs()];
        double bytesPerKey = 0;
        print(
                "%6s %18s %18s %18s %9s %9s",
                "run", "plain, records/s", "tuned, records/s", "audit, records/s", "by plain", "by tuned");
        for (int run = 0; run < load.runs(); run++) {
            plainRates[run] = plain.run();
            tunedRates[run] = tuned.run();
            AuditResult result = audit(cluster);
            audited[run] = result.effort().rate();
            bytesPerKey = result.effort().bytesPerKey();
            row(String.valueOf(run + 1), new Figures(plainRates[run], tunedRates[run], audited[run], bytesPerKey));
        }
        Figures figures = new Figures(median(plainRates), median(tunedRates), median(audited), bytesPerKey);
        row("median", figures);
        print(
                "The audit reads at %.0f %% of the plain consumer's rate, at %.0f %% of the tuned one's; its tables take %.1f bytes per key and replica.",
                100 * figures.ratio(), 100 * figures.ratioToTuned(), figures.tableBytesPerKey());
        return figures;
    }

    private void row(String name, Figures figures) {
        print(
                "%6s %,18.0f %,18.0f %,18.0f %9.2f %9.2f",
                name, figures.plain(), figures.tuned(), figures.audit(), figures.ratio(), figures.ratioToTuned());
    }

    private PlainRead consumer(Map<String, Object> properties) {
        return new PlainRead(
                properties, REPLICAS.stream().map(AuditBench::topic).toList(), load.partitions(), load.threads());
    }

    /** Kafka's own settings, except that a fetch at the end of a partition waits no longer than that of an audit. */
    private static Map<String, Object> plainProperties(Cluster cluster, Map<String, Object> tuned) {
        Map<String, Object> properties = new HashMap<>(cluster.consumer());
        List.of(
                        ConsumerConfig.CLIENT_ID_CONFIG,
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG)
                .forEach(name -> properties.put(name, tuned.get(name)));
        return properties;
    }

    private AuditResult audit(Cluster cluster) {
        List<AuditedReplica> replicas = REPLICAS.stream()
                .map(name -> new AuditedReplica(name, topic(name), load.format(), Optional.empty(), cluster))
                .toList();
        AuditResult result = new Audit(new AuditRequest(
                        replicas,
                        new Settings.Builder("bench", "eu", REPLICAS, SECRET).build(),
                        new AuditPoint.Latest(),
                        Duration.ZERO,
                        Set.of(),
                        Optional.empty(),
                        false,
                        new AuditRequest.Bounds(
                                load.threads(), Runtime.getRuntime().maxMemory() / 2, 1, Duration.ofSeconds(30)),
                        false,
                        Optional.empty(),
                        RecordCodecs.embedded()))
                .run();
        if (result.verdict() != AuditResult.Verdict.EQUAL) {
            throw new IllegalStateException("the topics are equal, but the audit reports " + result.verdict() + " "
                    + result.doubts() + " " + result.divergent());
        }
        return result;
    }

    private void produce(String bootstrapServers) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                        Map.of(
                                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                                bootstrapServers,
                                // a new topic's leader may refuse a first batch and accept the second, and records
                                // then stay in the wrong order
                                ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
                                1,
                                ProducerConfig.LINGER_MS_CONFIG,
                                50,
                                ProducerConfig.BATCH_SIZE_CONFIG,
                                PRODUCER_BATCH_BYTES),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            List<NewTopic> topics = new ArrayList<>();
            REPLICAS.forEach(replica -> topics.add(
                    new NewTopic(topic(replica), load.partitions(), (short) 1).configs(Map.of("retention.ms", "-1"))));
            admin.createTopics(topics).all().get();
            SplittableRandom random = new SplittableRandom(1);
            AtomicReference<Exception> failed = new AtomicReference<>();
            for (int i = 0; i < load.events(); i++) {
                int key = random.nextInt(load.keys());
                byte[] value = new byte[load.valueBytes()];
                random.nextBytes(value);
                for (String replica : REPLICAS) {
                    var unused = producer.send(event(replica, key, i + 1, value), (sent, failure) -> {
                        if (failure != null) {
                            failed.compareAndSet(null, failure);
                        }
                    });
                }
            }
            producer.flush();
            if (failed.get() != null) {
                throw new IllegalStateException("cannot fill the topics: " + failed.get(), failed.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private ProducerRecord<byte[], byte[]> event(String replica, int key, long version, byte[] value) {
        byte[] keyBytes = ("order-" + key).getBytes(StandardCharsets.UTF_8);
        int partition = key % load.partitions();
        long positionMs = System.currentTimeMillis();
        if (load.format().equals("plain")) {
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic(replica), partition, keyBytes, value);
            TrueupHeaders.add(record.headers(), HeaderNames.VERSION, version);
            TrueupHeaders.add(record.headers(), HeaderNames.POSITION, positionMs);
            return record;
        }
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setValue(ByteBuffer.wrap(value))
                .build();
        return new ProducerRecord<>(topic(replica), partition, keyBytes, CODEC.encode("", event));
    }

    private static String topic(String replica) {
        return "bench.writes." + replica;
    }

    private static double median(double[] figures) {
        double[] sorted = figures.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void print(String format, Object... arguments) {
        out.println(String.format(Locale.ROOT, format, arguments));
        out.flush();
    }
}
